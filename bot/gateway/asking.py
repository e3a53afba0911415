"""One question in, one answer out, the way every message goes: for the terminal and for evaluations."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import connection

from bot.gateway import inbox
from bot.gateway.models import Conversation, OutboxMessage, Turn

POLL_SECONDS = 0.02
CONVERSATIONS_AT_ONCE = 4


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


def conversation(turns: Sequence[str], forget: bool = False) -> list[Answer]:
    """The turns of one conversation of its own, one after the other.

    ``forget`` takes it out of the tables again, so that staff do not find it among the questions to look at.
    Raises NoAnswer.
    """
    key = f"ask-{uuid.uuid4()}"
    try:
        return [ask(key, text) for text in turns]
    finally:
        if forget:
            Conversation.objects.filter(channel="cli", key=key).delete()
        connection.close()


def conversations(many: Iterable[Sequence[str]], forget: bool = False) -> Iterator[list[Answer]]:
    """The answers of many conversations, in their order; some are held at the same time. Raises NoAnswer."""
    with ThreadPoolExecutor(CONVERSATIONS_AT_ONCE) as pool:
        yield from pool.map(partial(conversation, forget=forget), many)


def news(key: str, after: int) -> list[tuple[int, str]]:
    """What this conversation was told unasked since ``after``: id and text, in order."""
    rows = OutboxMessage.objects.filter(conversation__channel="cli", conversation__key=key, turn=None, pk__gt=after)
    return list(rows.order_by("pk").values_list("pk", "text"))


def answer_of(turn: Turn) -> Answer:
    """A stored turn with its replies."""
    replies = [{"text": r.text, "buttons": r.buttons} for r in turn.replies.order_by("position")]
    record = {
        name: getattr(turn, name) for name in ("status", "procedures", "candidates", "aspects", "reason", "confidence")
    }
    return Answer(turn.message.text, replies, record)
