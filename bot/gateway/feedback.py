"""'Đúng ý / Chưa đúng' under an answer, where the messenger shows no other way to say so; never put to Rasa."""

from __future__ import annotations

import re

from django.utils import timezone

from bot.gateway.models import InboxMessage, Turn, UnansweredQuestion
from bot.gateway.outbox import PULLED
from bot.gateway.rasa_client import Reply, TurnResult
from bot.gateway.sentences import say
from bot.turn import TurnRecord

JUDGED = {"answered", "clarify", "not_covered", "stale", "out_of_scope", "not_understood", "place", "dossier", "guide"}
"""What can be judged at all; the page has a place of its own for it."""
IN_THE_MIDDLE = {"guide"}
MOST_OTHERS = 3
"""Buttons that an answer may have besides: Zalo shows five."""
VALUES = ("good", "bad")
PRESSED = re.compile(r"feedback:(good|bad):(\d{1,18})")


def with_buttons(turn: Turn, replies: list[Reply]) -> list[Reply]:
    """The replies, the last with the two buttons where this turn may be judged by them."""
    if turn.message.conversation.channel in PULLED or turn.status not in JUDGED - IN_THE_MIDDLE or not replies:
        return replies
    *others, last = replies
    if len(last.buttons) > MOST_OTHERS:
        return replies
    two = [
        {"title": say(f"utter_feedback_{value}_button"), "payload": f"feedback:{value}:{turn.pk}"} for value in VALUES
    ]
    return [*others, Reply(last.text, [*last.buttons, *two])]


def answer(message: InboxMessage) -> TurnResult | None:
    """What a press of one of the two comes to, None for any other message. A second press says nothing new.

    The caller holds the transaction and the conversation's row.
    """
    pressed = PRESSED.fullmatch(message.payload)
    if pressed is None:
        return None
    value, turn_id = pressed.groups()
    own = Turn.objects.filter(pk=int(turn_id), message__conversation=message.conversation, feedback="")
    turn = own.select_related("message").first()
    if turn is None:
        return TurnResult([], TurnRecord("smalltalk"))
    note(turn, value)
    return TurnResult([Reply(say(f"utter_feedback_{value}"), [])], TurnRecord("smalltalk"))


def note(turn: Turn, value: str) -> None:
    """Writes down what a citizen thought of a turn; staff see what was not right."""
    turn.feedback, turn.feedback_at = value, timezone.now()
    turn.save(update_fields=["feedback", "feedback_at"])
    if value == "bad":
        defaults = {"text": turn.message.text, "status": turn.status}
        UnansweredQuestion.objects.get_or_create(turn=turn, defaults=defaults)
