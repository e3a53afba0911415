"""Worker processes killed at random: every message is answered once, in order."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from bot.gateway.inbox import accept_text, conversation_of
from bot.gateway.models import Conversation, InboxMessage, OutboxMessage
from tests.gateway.fake_rasa import FakeRasa
from tests.gateway.services import StartWorker, wait_until

pytestmark = pytest.mark.stack

CONVERSATIONS, EACH = 50, 4


def fill() -> None:
    for number in range(EACH):
        for key in range(CONVERSATIONS):
            accept_text(conversation_of("web", f"c{key}"), f"m{number}", f"câu {number}")
    Conversation.objects.update(noticed_at=timezone.now())


def waiting() -> int:
    return InboxMessage.objects.filter(state="waiting").count()


def assert_all_answered_once_in_order(rasa: FakeRasa) -> None:
    said = [f"câu {number}" for number in range(EACH)]
    for key in range(CONVERSATIONS):
        rows = OutboxMessage.objects.filter(conversation__key=f"c{key}").order_by("pk")
        assert list(rows.values_list("text", flat=True)) == [f"Dạ: {text}" for text in said]
        assert rasa.worked[f"web:c{key}"] == said


def test_workers_killed_at_random_lose_double_and_reorder_nothing(rasa: FakeRasa, start_worker: StartWorker) -> None:
    rasa.seconds = 0.05
    fill()
    dice = random.Random(7)
    workers = [start_worker(), start_worker()]
    kills = 0
    wait_until(lambda: rasa.requests)
    while waiting() and kills < 8:
        time.sleep(dice.uniform(0.1, 0.5))
        victim = dice.randrange(2)
        if any(rasa.busy.values()):
            workers[victim].send_signal(signal.SIGKILL)
            workers[victim].wait(5)
            workers[victim] = start_worker()
            kills += 1
    wait_until(lambda: not waiting(), 60)
    assert kills >= 3
    assert_all_answered_once_in_order(rasa)


def test_rasa_that_fails_now_and_then_loses_doubles_and_reorders_nothing(
    rasa: FakeRasa, start_worker: StartWorker
) -> None:
    dice = random.Random(11)
    rasa.faults = [dice.choice(["", "", "500", "empty", "html", "drop", "twice"]) for _ in range(150)]
    fill()
    start_worker()
    wait_until(lambda: not waiting(), 90)
    assert_all_answered_once_in_order(rasa)


def test_rasa_away_for_a_while_is_waited_for(rasa: FakeRasa, start_worker: StartWorker) -> None:
    fill()
    port = rasa.server_address[1]
    rasa.close()
    start_worker()
    wait_until(lambda: InboxMessage.objects.filter(attempts__gte=2).count() == CONVERSATIONS)
    back = FakeRasa(port)
    try:
        wait_until(lambda: not waiting(), 60)
        assert_all_answered_once_in_order(back)
    finally:
        back.close()


def test_the_embedded_database_killed_is_brought_back_and_nothing_is_lost(
    rasa: FakeRasa, start_worker: StartWorker, var: Path
) -> None:
    rasa.seconds = 0.02
    fill()
    start_worker()
    wait_until(lambda: rasa.requests)
    postmaster = int((var / "postgres" / "postmaster.pid").read_text().split()[0])
    os.kill(postmaster, signal.SIGKILL)
    connection.close()

    def settled() -> bool:
        try:
            return not waiting()
        except (OperationalError, InterfaceError):
            connection.close()
            return False

    wait_until(settled, 60)
    assert_all_answered_once_in_order(rasa)


def test_asked_to_stop_a_worker_ends_cleanly_with_its_turn_written(rasa: FakeRasa, start_worker: StartWorker) -> None:
    rasa.seconds = 0.5
    accept_text(conversation_of("web", "an"), "m", "câu")
    Conversation.objects.update(noticed_at=timezone.now())
    process = start_worker()
    wait_until(lambda: any(rasa.busy.values()))
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    assert OutboxMessage.objects.get().text == "Dạ: câu"
