"""One question in, one answer out, the way every message goes: for the terminal and for evaluations."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from typing import Any

from bot.gateway import inbox
from bot.gateway.models import Turn

POLL_SECONDS = 0.02


class NoAnswer(RuntimeError):
    """No turn came within the time allowed."""


@dataclass(frozen=True)
class Answer:
    """A turn as the caller sees it: the masked text, the replies with their buttons, the turn record."""

    text: str
    replies: list[dict[str, Any]]
    turn: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        return {"text": self.text, "replies": self.replies, "turn": self.turn}


def ask(key: str, text: str, timeout_seconds: float = 150) -> Answer:
    """Asks in the conversation ``key`` of the channel ``cli`` and waits for the turn. Raises NoAnswer."""
    accepted = inbox.accept_text(inbox.conversation_of("cli", key), str(uuid.uuid4()), text)
    deadline = time.monotonic() + timeout_seconds
    while time.monotonic() < deadline:
        turn = Turn.objects.filter(message_id=accepted.inbox_id).select_related("message").first()
        if turn is not None:
            return answer_of(turn)
        time.sleep(POLL_SECONDS)
    raise NoAnswer(f"no answer within {timeout_seconds:g} s; is the worker running?")


def answer_of(turn: Turn) -> Answer:
    """A stored turn with its replies."""
    replies = [{"text": r.text, "buttons": r.buttons} for r in turn.replies.order_by("position")]
    record = {
        name: getattr(turn, name) for name in ("status", "procedures", "candidates", "aspects", "reason", "confidence")
    }
    return Answer(turn.message.text, replies, record)
