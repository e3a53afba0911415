"""Handing replies over to a messenger: in order, each at most once, whatever the messenger does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from django.db import connection

from bot.channels.base import Delivery, Outcome, Outgoing
from bot.gateway import outbox
from bot.gateway.inbox import accept_text, conversation_of
from bot.gateway.models import OutboxMessage
from bot.gateway.outbox import Sender
from bot.gateway.pool import Pool
from bot.settings import Settings
from tests.gateway.fake_rasa import FakeRasa
from tests.gateway.services import wait_until

SENT = Delivery(Outcome.SENT)


class Messenger:
    """A messenger that notes what reaches it; ``outcomes`` are used up first to last, then all is well."""

    name = "zalo"

    def __init__(self, *outcomes: Delivery | Exception, seconds: float = 0) -> None:
        self.outcomes, self.seconds = list(outcomes), seconds
        self.reached: list[tuple[str, Outgoing]] = []

    def send(self, recipient: str, message: Outgoing) -> Delivery:
        self.reached.append((recipient, message))
        time.sleep(self.seconds)
        outcome = self.outcomes.pop(0) if self.outcomes else SENT
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def texts(self, recipient: str) -> list[str]:
        return [message.text for to, message in self.reached if to == recipient]


@pytest.fixture(autouse=True)
def at_once(tables: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "BACKOFF_SECONDS", (0, 0, 0))
    monkeypatch.setattr(outbox, "LOOK_AFTER_SECONDS", 0)


def put(key: str, *texts: str, channel: str = "zalo") -> None:
    conversation = conversation_of(channel, key)
    for text in texts:
        OutboxMessage.objects.create(
            conversation=conversation, text=text, buttons=[{"title": "Lệ phí", "payload": "/ask_fee"}]
        )


def send_all(messenger: Messenger) -> None:
    sender = Sender({"zalo": messenger})
    while sender.work_one():
        pass


def states() -> list[str]:
    return list(OutboxMessage.objects.order_by("pk").values_list("state", flat=True))


def test_messages_reach_the_citizen_in_order_with_tokens_for_buttons() -> None:
    put("an", "một", "hai")
    messenger = Messenger()
    send_all(messenger)
    assert messenger.texts("an") == ["một", "hai"]
    first = OutboxMessage.objects.earliest("pk")
    assert [(b.id, b.title) for b in messenger.reached[0][1].buttons] == [(f"{first.pk}:0", "Lệ phí")]
    assert states() == ["sent", "sent"]


def test_what_is_fetched_by_its_reader_is_not_sent() -> None:
    put("an", "một", channel="web")
    messenger = Messenger()
    send_all(messenger)
    assert messenger.reached == []


def test_a_message_certainly_not_delivered_is_sent_again_and_those_behind_it_wait() -> None:
    put("an", "một", "hai")
    messenger = Messenger(Delivery(Outcome.RETRY, "busy"))
    send_all(messenger)
    assert messenger.texts("an") == ["một", "một", "hai"]
    assert states() == ["sent", "sent"]


def test_the_wait_that_the_messenger_asks_for_is_kept() -> None:
    put("an", "một")
    messenger = Messenger(Delivery(Outcome.RETRY, "limit", retry_after_seconds=60))
    send_all(messenger)
    assert len(messenger.reached) == 1
    assert states() == ["waiting"]


def test_after_the_last_try_it_is_given_up() -> None:
    put("an", "một")
    messenger = Messenger(*[Delivery(Outcome.RETRY, "busy")] * 9)
    send_all(messenger)
    assert len(messenger.reached) == 4
    assert states() == ["failed"]


def test_a_message_refused_is_not_sent_again_and_the_next_one_is_sent() -> None:
    put("an", "một", "hai")
    messenger = Messenger(Delivery(Outcome.GIVE_UP, "window_closed"))
    send_all(messenger)
    assert messenger.texts("an") == ["một", "hai"]
    assert states() == ["failed", "sent"]


@pytest.mark.parametrize("outcome", [Delivery(Outcome.UNKNOWN, "timeout"), ValueError("?")])
def test_a_message_that_may_have_arrived_is_never_sent_again(outcome: Delivery | Exception) -> None:
    put("an", "một", "hai")
    messenger = Messenger(outcome)
    send_all(messenger)
    send_all(messenger)
    assert messenger.texts("an") == ["một", "hai"]
    assert states() == ["unknown", "sent"]


class Killed(BaseException):
    """What a killed process is to the code it ran: nothing after it happens."""


def test_a_sender_killed_while_sending_leaves_the_outcome_unknown() -> None:
    put("an", "một", "hai")

    class Deadly(Messenger):
        def send(self, recipient: str, message: Outgoing) -> Delivery:
            super().send(recipient, message)
            raise Killed

    with pytest.raises(Killed):
        Sender({"zalo": Deadly()}).work_one()
    after = Messenger()
    send_all(after)
    assert after.texts("an") == ["hai"]
    assert states() == ["unknown", "sent"]


def test_many_senders_send_each_message_once_and_in_order() -> None:
    said = [f"câu {n}" for n in range(8)]
    for key in ("an", "binh", "chi"):
        put(key, *said)
    messenger = Messenger(seconds=0.005)

    def send() -> None:
        while OutboxMessage.objects.filter(state="waiting").exists():
            Sender({"zalo": messenger}).work_one()
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {key: messenger.texts(key) for key in ("an", "binh", "chi")} == dict.fromkeys(("an", "binh", "chi"), said)


def test_an_answer_on_a_messenger_is_sent_by_the_pool(
    rasa: FakeRasa, work_all: Callable[[], None], database_url: str
) -> None:
    messenger = Messenger()
    accept_text(conversation_of("zalo", "an"), "m1", "khai sinh")
    work_all()
    assert states() == ["waiting"]
    pool = Pool(lambda: Sender({"zalo": messenger}), 1, Settings(database_url=database_url))
    running = threading.Thread(target=pool.run)
    running.start()
    wait_until(lambda: states() == ["sent"])
    pool.stop()
    running.join()
    assert messenger.texts("an") == ["Dạ: khai sinh"]
