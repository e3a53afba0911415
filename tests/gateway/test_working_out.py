"""Working messages out: each once, in order, whatever Rasa does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from bot.gateway.inbox import accept_button, accept_text, conversation_of
from bot.gateway.models import InboxMessage, OutboxMessage, Turn, UnansweredQuestion
from bot.gateway.pool import Pool
from bot.gateway.worker import BACKOFF_SECONDS, Worker
from tests.gateway.fake_rasa import AFTER_WORK, BEFORE_WORK, FakeRasa
from tests.gateway.services import SORRY, wait_until

Run = Callable[[], None]
FAULTS = [*BEFORE_WORK, *(name for name in AFTER_WORK if name)]


def say(key: str, *texts: str) -> None:
    conversation = conversation_of("web", key)
    for number, text in enumerate(texts):
        accept_text(conversation, f"{text}-{number}", text)


def answers(key: str) -> list[str]:
    """What the conversation was answered, in the order of writing."""
    rows = OutboxMessage.objects.filter(conversation__key=key).order_by("pk")
    return list(rows.values_list("text", flat=True))


def test_a_turn_is_written_with_its_record_its_replies_and_the_message_done(rasa: FakeRasa, work_all: Run) -> None:
    rasa.record = {
        "status": "answered", "procedures": ["1.001193"], "candidates": ["1.004884"], "aspects": ["fee"],
        "reason": None, "confidence": 0.93,
    }  # fmt: skip
    rasa.buttons = [{"title": "Lệ phí", "payload": "/ask_fee"}]
    say("an", "khai sinh")
    work_all()
    turn = Turn.objects.get()
    assert {name: getattr(turn, name) for name in rasa.record} == rasa.record
    reply = turn.replies.get()
    assert (reply.text, reply.buttons, reply.state) == ("Dạ: khai sinh", rasa.buttons, OutboxMessage.State.SENT)
    assert InboxMessage.objects.get().state == InboxMessage.State.DONE


def test_the_turn_record_is_not_said_to_the_citizen(rasa: FakeRasa, work_all: Run) -> None:
    say("an", "khai sinh")
    work_all()
    assert answers("an") == ["Dạ: khai sinh"]


def test_a_conversation_is_worked_out_in_the_order_it_came(rasa: FakeRasa, work_all: Run) -> None:
    said = [f"câu {n}" for n in range(20)]
    say("an", *said)
    work_all()
    assert rasa.worked["web:an"] == said
    assert answers("an") == [f"Dạ: {text}" for text in said]


def test_several_threads_never_work_on_one_conversation_at_once(rasa: FakeRasa, pool: Pool) -> None:
    rasa.seconds = 0.01
    said = [f"câu {n}" for n in range(15)]
    for key in ("an", "binh"):
        say(key, *said)
    wait_until(lambda: not InboxMessage.objects.filter(state="waiting").exists())
    assert rasa.most_at_once == 1
    assert rasa.worked == {"web:an": said, "web:binh": said}


def test_different_conversations_are_worked_out_side_by_side(rasa: FakeRasa, pool: Pool) -> None:
    rasa.seconds = 0.3
    for key in "abcd":
        say(key, "khai sinh")
    wait_until(lambda: sum(rasa.busy.values()) == 4, 2)


def test_a_new_message_wakes_the_worker(rasa: FakeRasa, pool: Pool) -> None:
    say("an", "một")
    wait_until(lambda: answers("an"))  # now the listener listens and the threads sleep
    began = timezone.now()
    say("an", "hai")
    wait_until(lambda: len(answers("an")) == 2)
    assert Turn.objects.latest("pk").created_at - began < timedelta(seconds=0.5)


@pytest.mark.usefixtures("quick_retries")
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_rasa_is_tried_again_and_answered_once(rasa: FakeRasa, work_all: Run, fault: str) -> None:
    rasa.faults = [fault, fault]
    say("an", "khai sinh")
    work_all()
    assert rasa.worked["web:an"] == ["khai sinh"]
    assert answers("an") == ["Dạ: khai sinh"]
    assert len({request["message_id"] for request in rasa.requests}) == 1


@pytest.mark.usefixtures("quick_retries")
@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault != "hang"])
def test_after_the_last_try_the_citizen_is_told_kindly(rasa: FakeRasa, work_all: Run, fault: str) -> None:
    rasa.always = fault
    say("an", "khai sinh")
    work_all()
    turn = Turn.objects.get()
    assert (turn.status, turn.reason) == ("error", "part_failed")
    assert answers("an") == [SORRY]
    assert UnansweredQuestion.objects.get().text == "khai sinh"


@pytest.mark.usefixtures("quick_retries")
def test_after_a_message_that_could_not_be_answered_the_next_one_is(rasa: FakeRasa, work_all: Run) -> None:
    rasa.faults = ["500"] * 4
    say("an", "một", "hai")
    work_all()
    assert answers("an") == [SORRY, "Dạ: hai"]


def test_later_messages_wait_for_the_one_that_failed(rasa: FakeRasa, work_all: Run) -> None:
    rasa.faults = ["500"]
    say("an", "một", "hai")
    work_all()
    assert answers("an") == []
    wait_until(lambda: work_all() or len(answers("an")) == 2)
    assert answers("an") == ["Dạ: một", "Dạ: hai"]


def test_a_failing_conversation_does_not_hold_up_another(rasa: FakeRasa, work_all: Run) -> None:
    rasa.faults = ["500"]
    say("an", "một")
    say("binh", "hai")
    work_all()
    assert answers("binh") == ["Dạ: hai"]


def test_tries_go_on_long_enough_for_a_part_to_be_started_again() -> None:
    assert 60 < sum(BACKOFF_SECONDS[:-1]) < 180


def test_a_worker_thread_outlives_an_answer_that_cannot_be_stored(rasa: FakeRasa, pool: Pool) -> None:
    rasa.faults = ["unstorable"] * 8
    for key in "abcdefgh":
        say(key, "khai sinh")
    wait_until(lambda: all(answers(key) for key in "abcdefgh"))


def test_a_worker_thread_outlives_a_lost_connection(rasa: FakeRasa, pool: Pool) -> None:
    say("an", "một")
    wait_until(lambda: answers("an"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    say("an", "hai")
    wait_until(lambda: len(answers("an")) == 2)


def test_a_connection_lost_in_the_middle_of_a_turn_loses_and_doubles_nothing(rasa: FakeRasa, pool: Pool) -> None:
    rasa.seconds = 0.3
    say("an", "một", "hai")
    wait_until(lambda: rasa.busy["web:an"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    wait_until(lambda: len(answers("an")) == 2)
    assert rasa.worked["web:an"] == ["một", "hai"]
    assert answers("an") == ["Dạ: một", "Dạ: hai"]


def test_told_to_stop_the_worker_finishes_what_is_under_way(rasa: FakeRasa, pool: Pool) -> None:
    rasa.seconds = 0.5
    say("an", "một", "hai")
    wait_until(lambda: rasa.busy["web:an"])
    pool.stop()
    wait_until(lambda: not [t for t in threading.enumerate() if t.name.startswith("worker-")])
    assert answers("an") == ["Dạ: một"]
    assert InboxMessage.objects.get(text="hai").state == InboxMessage.State.WAITING


STAFF = ["not_covered", "not_understood", "stale", "error", "handoff"]


@pytest.mark.parametrize("status", [*STAFF, "answered", "smalltalk", "refused", "clarify", "place"])
def test_staff_see_the_questions_that_need_them(rasa: FakeRasa, work_all: Run, status: str) -> None:
    rasa.record = {"status": status}
    say("an", "cấp phép bay")
    work_all()
    assert UnansweredQuestion.objects.exists() == (status in STAFF)


def test_a_double_press_of_a_button_is_one_turn(rasa: FakeRasa, work_all: Run) -> None:
    rasa.buttons = [{"title": "Lệ phí", "payload": "/ask_fee"}]
    say("an", "khai sinh")
    work_all()
    button = f"{OutboxMessage.objects.get().pk}:0"
    for _ in range(2):
        accept_button(conversation_of("web", "an"), "press", button)
    work_all()
    assert rasa.worked["web:an"] == ["khai sinh", "/ask_fee"]


def test_two_workers_that_reach_for_one_conversation_get_it_once(rasa: FakeRasa, worker: Worker) -> None:
    """Many threads against few messages: most find a conversation locked, or just worked out."""
    for round_ in range(10):
        say(f"k{round_}", "một", "hai")

    def work() -> None:
        while InboxMessage.objects.filter(state="waiting").exists():
            worker.work_one()
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(rasa.requests) == 20
    assert rasa.most_at_once == 1
