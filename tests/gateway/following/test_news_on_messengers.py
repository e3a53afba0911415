"""How news get to the citizen of a messenger that takes them for some time only."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime

from bot.channels.base import Delivery, Outcome, Outgoing
from bot.gateway.inbox import accept_text, conversation_of
from bot.gateway.models import OutboxMessage
from bot.gateway.outbox import Sender
from bot.portal.following import DAY
from tests.gateway.fake_rasa import FakeRasa
from tests.gateway.following.followers import (
    Portal,
    Run,
    S,
    follow,
    say,
)


class Messenger:
    """A messenger with a window: it takes news within a week of the citizen's last message."""

    name = "zalo"

    def __init__(self) -> None:
        self.reached: dict[str, list[str]] = defaultdict(list)

    def send(self, recipient: str, message: Outgoing) -> Delivery:
        self.reached[recipient].append(message.text)
        return Delivery(Outcome.SENT)

    def may_push(self, recipient_last_seen: datetime) -> bool:
        return datetime.now(UTC) - recipient_last_seen < 7 * DAY


def test_inside_a_messengers_window_news_are_sent_and_outside_they_wait_for_a_template(
    portal: Portal, look: Run
) -> None:
    for key, days in (("an", 1), ("binh", 8)):
        follow(S.IN_PROGRESS, channel="zalo", key=key)
        conversation = conversation_of("zalo", key)
        accept_text(conversation, "m", "báo cho tôi")
        conversation.inbox.update(received_at=datetime.now(UTC) - days * DAY)
    portal.is_now(S.DONE)
    look()
    messenger = Messenger()
    sender = Sender({"zalo": messenger})
    while sender.work_one():
        pass
    assert {key: len(texts) for key, texts in messenger.reached.items()} == {"an": 1}
    waiting = OutboxMessage.objects.get(conversation__key="binh")
    assert (waiting.state, waiting.error) == ("template", "window_closed")


def test_an_answer_is_sent_whatever_the_window(rasa: FakeRasa, work_all: Run) -> None:
    say(rasa, work_all, "hỏi", channel="zalo")
    conversation_of("zalo", "an").inbox.update(received_at=datetime.now(UTC) - 30 * DAY)
    messenger = Messenger()
    assert Sender({"zalo": messenger}).work_one()
    assert messenger.reached["an"] == ["Dạ"]
