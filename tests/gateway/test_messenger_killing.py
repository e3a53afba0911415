"""The worker process killed while it works out and hands over: nothing lost, told twice or told out of order."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Iterator

import pytest
from django.utils import timezone

from bot import settings
from bot.channels.zalo.oauth import TokenPair
from bot.channels.zalo.stand_in.constants import FIRST_ID, OA_ID
from bot.channels.zalo.stand_in.doors import Doors
from bot.gateway.messengers import zalo_tokens
from bot.gateway.models import Conversation, InboxMessage, OutboxMessage
from tests.channels.zalo.zalo_standing_in import serving
from tests.gateway.fake_rasa import FakeRasa
from tests.gateway.messenger_calls import ZALO, gateway_serving
from tests.gateway.services import StartWorker, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.slow]

USERS, EACH, KILLS = [str(FIRST_ID + 500 + n) for n in range(8)], 6, 5


@pytest.fixture
def zalo(tables: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Doors]:
    for name, value in ZALO.items():
        monkeypatch.setenv(name, value)
    with gateway_serving() as web, serving() as doors:
        monkeypatch.setenv("MOTCUA_ZALO_API", doors.address)
        monkeypatch.setenv("MOTCUA_ZALO_OAUTH", doors.address)
        doors.switch(webhook=f"{web}/webhooks/zalo")
        pair = doors.bootstrap()
        zalo_tokens(settings.load().zalo).store(TokenPair(pair["access_token"], pair["refresh_token"], 90_000))
        for user in USERS:
            Conversation.objects.create(channel="zalo", key=f"{OA_ID}:{user}", noticed_at=timezone.now())
        yield doors


def unfinished() -> bool:
    waiting = InboxMessage.objects.filter(state="waiting").exists()
    return waiting or OutboxMessage.objects.filter(state="waiting").exists()


def test_a_worker_killed_at_random_loses_doubles_and_reorders_nothing(
    zalo: Doors, rasa: FakeRasa, start_worker: StartWorker
) -> None:
    rasa.seconds, rasa.record["status"] = 0.05, "smalltalk"
    said = [f"việc {number}" for number in range(EACH)]
    for text in said:
        for user in USERS:
            zalo.write(user, text, copies=2, ordered=True)
    dice, workers = random.Random(9), [start_worker()]
    wait_until(lambda: zalo.calls("/v3.0/oa/message/cs"), 30)
    for _ in range(KILLS):
        time.sleep(dice.uniform(0.2, 0.6))
        workers[-1].send_signal(signal.SIGKILL)
        workers[-1].wait(5)
        workers.append(start_worker())
    zalo.settle()
    wait_until(lambda: not unfinished(), 90)
    assert InboxMessage.objects.count() == len(USERS) * EACH
    for user in USERS:
        assert rasa.worked[f"zalo:{OA_ID}:{user}"] == said
        written = OutboxMessage.objects.filter(conversation__key=f"{OA_ID}:{user}").order_by("pk")
        assert [row.text for row in written] == [f"Dạ: {text}" for text in said]
        heard = [message.text for message in zalo.received(user)]
        assert len(heard) == len(set(heard)), "nothing is told twice"
        told = [row.text for row in written if row.state == "sent" or row.text in heard]
        assert heard == told, "in order, and all that was sent"
        assert {row.state for row in written} <= {"sent", "unknown"}
    assert OutboxMessage.objects.filter(state="unknown").count() <= KILLS * settings.load().worker_threads
