"""A send of unknown outcome is made good where the messenger's conversation can be read, in order and never twice."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from bot.channels.base import Delivery, Outcome, Outgoing
from bot.gateway import outbox
from bot.gateway.dead_letters import resend
from bot.gateway.inbox import conversation_of
from bot.gateway.models import ChannelSwitch, Conversation, OutboxMessage
from bot.gateway.outbox import Sender
from tests.gateway.test_sending import Killed, Messenger, put, send_all, states

NOT_ARRIVED, ARRIVED = Delivery(Outcome.RETRY, "not_arrived"), Delivery(Outcome.SENT, platform_id="m1")
CANNOT_TELL, LATER = Delivery(Outcome.UNKNOWN, "cannot_be_read"), Delivery(Outcome.UNKNOWN, "not_read", 0.0)
TIMEOUT = Delivery(Outcome.UNKNOWN, "timeout")


class Readable(Messenger):
    """``finds``: what reading the conversation comes to, first to last."""

    def __init__(self, *outcomes: Delivery | Exception, finds: list[Delivery | Exception]) -> None:
        super().__init__(*outcomes)
        self.finds = finds
        self.looked: list[tuple[str, datetime, set[str]]] = []

    def complete(self, recipient: str, message: Outgoing, since: datetime, others: Collection[str]) -> Delivery:
        self.looked.append((message.text, since, set(others)))
        found = self.finds.pop(0)
        if isinstance(found, Exception):
            raise found
        return found


class Deadly(Readable):
    """Its first send kills the process."""

    def send(self, recipient: str, message: Outgoing) -> Delivery:
        if not self.reached:
            super().send(recipient, message)
            raise Killed
        return super().send(recipient, message)


@pytest.fixture(autouse=True)
def at_once(tables: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "BACKOFF_SECONDS", (0, 0, 0))
    monkeypatch.setattr(outbox, "LOOK_AFTER_SECONDS", 0)


def killed_once(messenger: Deadly) -> None:
    with pytest.raises(Killed):
        Sender({"zalo": messenger}).work_one()


def test_what_did_not_arrive_is_sent_again_before_what_comes_after_it() -> None:
    put("an", "một", "hai")
    messenger = Deadly(finds=[NOT_ARRIVED])
    killed_once(messenger)
    send_all(messenger)
    assert messenger.texts("an") == ["một", "một", "hai"]
    assert states() == ["sent", "sent"]


def test_what_arrived_is_not_sent_again() -> None:
    put("an", "một", "hai")
    messenger = Deadly(finds=[ARRIVED])
    killed_once(messenger)
    send_all(messenger)
    assert messenger.texts("an") == ["một", "hai"]
    first = OutboxMessage.objects.earliest("pk")
    assert (first.state, first.platform_id, first.unknown_since) == ("sent", "m1", None)
    assert first.sent_at


def test_an_answer_that_did_not_come_is_looked_into_too() -> None:
    put("an", "một")
    messenger = Readable(TIMEOUT, finds=[NOT_ARRIVED])
    send_all(messenger)
    assert messenger.texts("an") == ["một", "một"]


def test_while_nothing_is_known_yet_what_comes_after_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "LOOK_AFTER_SECONDS", 60)
    put("an", "một", "hai")
    messenger = Readable(TIMEOUT, finds=[])
    send_all(messenger)
    assert states() == ["unknown", "waiting"]
    put("binh", "ba")
    send_all(messenger)
    assert messenger.texts("binh") == ["ba"], "other conversations go on"


def test_it_is_looked_again_while_the_messenger_cannot_be_asked() -> None:
    put("an", "một", "hai")
    messenger = Readable(TIMEOUT, finds=[LATER, LATER, ValueError("?")])
    send_all(messenger)
    assert len(messenger.looked) == 3
    assert states() == ["unknown", "sent"], "what nobody can find out is left to staff"
    assert OutboxMessage.objects.earliest("pk").error == "ValueError"


def test_after_a_few_minutes_staff_have_it_and_the_conversation_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "LOOK_FOR_SECONDS", 0)
    put("an", "một", "hai")
    messenger = Readable(TIMEOUT, finds=[LATER])
    send_all(messenger)
    assert states() == ["unknown", "sent"]


def test_what_cannot_be_told_is_left_to_staff_at_once() -> None:
    put("an", "một", "hai")
    messenger = Readable(TIMEOUT, finds=[CANNOT_TELL])
    send_all(messenger)
    assert states() == ["unknown", "sent"]
    assert messenger.texts("an") == ["một", "hai"]


def test_it_is_told_apart_from_messages_whose_names_are_known() -> None:
    put("an", "một", "hai", "ba")
    named = [Delivery(Outcome.SENT, platform_id="a1,a2"), Delivery(Outcome.SENT, platform_id="b1")]
    messenger = Readable(*named, TIMEOUT, finds=[ARRIVED])
    send_all(messenger)
    ((text, since, others),) = messenger.looked
    assert (text, others) == ("ba", {"a1", "a2", "b1"})
    assert since == OutboxMessage.objects.get(text="ba").created_at


def test_a_killed_send_counts_as_a_try() -> None:
    put("an", "một")
    messenger = Readable(*[TIMEOUT] * 9, finds=[NOT_ARRIVED] * 9)
    send_all(messenger)
    assert states() == ["failed"]


def test_news_outside_the_window_are_left_to_staff() -> None:
    """They go out in a form whose words are the messenger's."""

    class Closed(Readable):
        def may_push(self, recipient_last_seen: datetime) -> bool:
            return False

        def send_late(self, recipient: str, text: str) -> Delivery:
            return TIMEOUT

    outbox.push(conversation_of("zalo", "an"), "Tin mới", [])
    messenger = Closed(finds=[])
    send_all(messenger)
    assert (states(), messenger.looked) == (["unknown"], [])


def test_a_messenger_that_cannot_be_read_holds_nothing_up() -> None:
    put("an", "một", "hai")
    messenger = Messenger(TIMEOUT)
    send_all(messenger)
    assert states() == ["unknown", "sent"]
    assert not OutboxMessage.objects.filter(unknown_since__isnull=False).exists()


class Punctual(Messenger):
    """``ready``: what happens before a message is about to leave."""

    def __init__(self, ready: Callable[[], None] = lambda: None) -> None:
        super().__init__()
        self.ready = ready

    def send_at(self, recipient: str, message: Outgoing, begin: Callable[[], None]) -> Delivery:
        self.ready()
        begin()
        return self.send(recipient, message)


def test_a_send_is_marked_when_the_messenger_is_about_to_send_it() -> None:
    """Who is killed before has sent nothing, and the next one knows it."""

    def killed() -> None:
        assert states() == ["waiting"]
        raise Killed

    put("an", "một")
    with pytest.raises(Killed):
        Sender({"zalo": Punctual(killed)}).work_one()
    assert states() == ["waiting"]
    after = Punctual()
    send_all(after)
    assert (states(), after.texts("an")) == (["sent"], ["một"])


def test_an_outcome_is_written_down_once_the_database_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.gateway.outbox.time.sleep", lambda seconds: None)
    tried: list[int] = []

    def write() -> None:
        tried.append(1)
        if len(tried) < 3:
            raise OperationalError

    outbox._insist(write)
    assert len(tried) == 3


def test_a_database_that_stays_away_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "INSIST_SECONDS", 0)
    monkeypatch.setattr("bot.gateway.outbox.time.sleep", lambda seconds: None)

    def write() -> None:
        raise OperationalError

    with pytest.raises(OperationalError):
        outbox._insist(write)


def test_a_mark_that_may_not_be_in_the_database_is_taken_back_and_nothing_is_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put("an", "một")
    messenger = Messenger()
    marked = OutboxMessage.objects.all()
    whole = type(marked).update

    def broken(self: object, **columns: object) -> int:
        whole(self, **columns)  # it was committed, and nobody heard so
        monkeypatch.setattr(type(marked), "update", whole)
        raise OperationalError

    monkeypatch.setattr(type(marked), "update", broken)
    with pytest.raises(OperationalError):
        Sender({"zalo": messenger}).work_one()
    assert (messenger.reached, states()) == ([], ["waiting"])
    send_all(messenger)
    assert messenger.texts("an") == ["một"]


def test_an_outcome_that_comes_late_does_not_undo_what_was_found_out() -> None:
    """A sender that lost its lock with the database tells that it does not know; somebody has looked meanwhile."""
    put("an", "một")
    message = OutboxMessage.objects.select_related("conversation").get()
    OutboxMessage.objects.update(state="sent", sent_at=timezone.now())
    outbox._note(message, TIMEOUT, look_after=0)
    assert states() == ["sent"]
    OutboxMessage.objects.update(state="unknown")
    outbox._note(message, ARRIVED)
    assert states() == ["sent"]


def test_staff_may_send_one_again_that_is_still_looked_into(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "LOOK_AFTER_SECONDS", 60)
    put("an", "một")
    messenger = Readable(TIMEOUT, finds=[])
    send_all(messenger)
    resend([OutboxMessage.objects.get().pk], "chị Mẫu")
    send_all(messenger)
    assert (states(), messenger.texts("an")) == (["sent"], ["một", "một"])


def test_news_wait_while_their_channel_is_off_also_when_their_outcome_is_unknown() -> None:
    conversation = Conversation.objects.create(channel="zalo", key="an")
    OutboxMessage.objects.create(
        conversation=conversation, text="Tin mới", state="unknown", unknown_since=timezone.now() - timedelta(minutes=1)
    )
    ChannelSwitch.objects.create(channel="zalo", off_since=timezone.now())
    messenger = Readable(finds=[])
    send_all(messenger)
    assert messenger.looked == []
