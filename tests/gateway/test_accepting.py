"""Accepting a message: once, masked, fast, and only what may be accepted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from django.apps import apps
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.gateway import inbox
from bot.gateway.inbox import InboxError, accept_button, accept_text, conversation_of
from bot.gateway.models import InboxMessage, OutboxMessage
from bot.gateway.worker import Worker
from tests.examples import examples
from tests.gateway.fake_rasa import FakeRasa
from tests.gateway.services import wait_until

PERSONAL = "Tôi tên Nguyễn Văn Thử, số căn cước 075099000123, điện thoại 0901 234 567"


def everything_stored() -> str:
    """Every value of every table of the gateway, as one text."""
    models = apps.get_app_config("gateway").get_models()
    return "\n".join(str(row) for model in models for row in model.objects.values_list())


def test_a_message_delivered_twice_is_stored_once(tables: None) -> None:
    conversation = conversation_of("web", "an")
    first = accept_text(conversation, "m1", "khai sinh")
    second = accept_text(conversation, "m1", "khai sinh")
    assert (first.new, second.new) == (True, False)
    assert first.inbox_id == second.inbox_id
    assert InboxMessage.objects.count() == 1


def test_twenty_deliveries_at_the_same_moment_are_stored_once(tables: None) -> None:
    together = threading.Barrier(20)
    outcomes: list[bool] = []

    def deliver() -> None:
        together.wait()
        outcomes.append(accept_text(conversation_of("web", "an"), "m1", "khai sinh").new)
        connection.close()

    threads = [threading.Thread(target=deliver) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [False] * 19 + [True]


def test_the_same_id_in_two_conversations_is_two_messages(tables: None) -> None:
    assert accept_text(conversation_of("web", "an"), "m1", "một").new
    assert accept_text(conversation_of("web", "binh"), "m1", "hai").new


def test_personal_numbers_reach_neither_a_table_nor_rasa(rasa: FakeRasa, work_all: Callable[[], None]) -> None:
    accepted = accept_text(conversation_of("web", "an"), "m1", PERSONAL)
    work_all()
    assert accepted.masked
    for place in (everything_stored(), str(rasa.requests)):
        assert "075099000123" not in place
        assert "234" not in place


def test_a_number_at_the_cut_of_a_long_text_leaves_no_rest(tables: None) -> None:
    text = "a" * (inbox.LONGEST_TEXT - 6) + " 075099000123"
    accept_text(conversation_of("web", "an"), "m1", text)
    assert "0750" not in everything_stored()


def test_a_long_text_is_cut(tables: None) -> None:
    accept_text(conversation_of("web", "an"), "m1", "khai sinh " * 10_000)
    assert len(InboxMessage.objects.get().text) == inbox.LONGEST_TEXT


def test_an_empty_message_becomes_an_ordinary_turn(rasa: FakeRasa, work_all: Callable[[], None]) -> None:
    accept_text(conversation_of("web", "an"), "m1", "")
    work_all()
    assert rasa.worked["web:an"] == ["…"]


@given(text=st.text())
@settings(max_examples=examples(50), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_typed_is_accepted(tables: None, text: str) -> None:
    InboxMessage.objects.all().delete()
    assert accept_text(conversation_of("web", "an"), "m1", text).new


def test_control_characters_and_half_letters_are_accepted(tables: None) -> None:
    accept_text(conversation_of("web", "an"), "m1", "khai\x00sinh \ud83d xong")
    assert InboxMessage.objects.get().text == "khai sinh   xong"


def offer(key: str, *titles: str) -> OutboxMessage:
    return OutboxMessage.objects.create(
        conversation=conversation_of("web", key),
        text="Mình hỏi thủ tục nào?",
        buttons=[{"title": t, "payload": f'/choose{{"procedure":"{t}"}}'} for t in titles],
    )


def test_a_button_stands_for_the_payload_that_was_offered(rasa: FakeRasa, work_all: Callable[[], None]) -> None:
    offered = offer("an", "Khai sinh", "Khai tử")
    accept_button(conversation_of("web", "an"), "m1", f"{offered.pk}:1")
    work_all()
    assert rasa.requests[0]["payload"] == '/choose{"procedure":"Khai tử"}'
    assert InboxMessage.objects.get().text == "Khai tử"


def test_a_button_of_another_conversation_is_refused(tables: None) -> None:
    offered = offer("an", "Khai sinh")
    with pytest.raises(InboxError):
        accept_button(conversation_of("web", "binh"), "m1", f"{offered.pk}:0")
    assert not InboxMessage.objects.exists()


FORGED = ["", "1", "1:", "1:1", "9999:0", "1:-1", "1:00000", "/choose", "٣:٠", "9" * 30 + ":0"]


@pytest.mark.parametrize("button", FORGED)
def test_a_button_that_was_never_offered_is_refused(tables: None, button: str) -> None:
    assert offer("an", "Khai sinh").pk == 1
    with pytest.raises(InboxError):
        accept_button(conversation_of("web", "an"), "m1", button)


def test_a_typed_text_is_never_a_payload(rasa: FakeRasa, work_all: Callable[[], None]) -> None:
    accept_text(conversation_of("web", "an"), "m1", '/choose{"procedure":"1.001193"}')
    work_all()
    assert "payload" not in rasa.requests[0]


@pytest.mark.parametrize("key", ["", "a" * 201])
def test_a_conversation_key_has_a_sensible_length(tables: None, key: str) -> None:
    with pytest.raises(InboxError):
        conversation_of("web", key)


def test_a_message_is_accepted_at_once_while_the_one_before_is_worked_out(rasa: FakeRasa, worker: Worker) -> None:
    rasa.seconds = 0.8
    conversation = conversation_of("web", "an")
    accept_text(conversation, "m1", "một")

    def work() -> None:
        worker.work_one()
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    wait_until(lambda: rasa.requests)
    began = time.monotonic()
    accept_text(conversation, "m2", "hai")
    assert time.monotonic() - began < 0.4
    assert rasa.busy["web:an"] == 1
    thread.join()


def test_ids_follow_the_order_in_which_messages_are_seen(tables: None) -> None:
    """An id given early and committed late would let a later message be worked out first."""
    conversation = conversation_of("web", "an")
    seen: list[int] = []
    done = threading.Event()

    def deliver(name: str) -> None:
        for number in range(15):
            accept_text(conversation, f"{name}{number}", "…")
        connection.close()

    def look() -> None:
        while not done.is_set():
            ids = set(InboxMessage.objects.values_list("pk", flat=True)) - set(seen)
            seen.extend(sorted(ids))
        connection.close()

    looking = threading.Thread(target=look)
    delivering = [threading.Thread(target=deliver, args=(name,)) for name in "abcd"]
    for thread in (looking, *delivering):
        thread.start()
    for thread in delivering:
        thread.join()
    done.set()
    looking.join()
    assert seen == sorted(seen)
