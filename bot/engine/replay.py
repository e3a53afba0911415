"""What a conversation already holds of a message that comes again: its replies, or a half turn to forget.

Works on serialised tracker events (dicts), so that it can be tested without Rasa.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

EventDict = dict[str, Any]
Reply = dict[str, Any]


@dataclass(frozen=True)
class Earlier:
    """A message that the conversation holds already. ``start``: where its events begin; ``replies``: what was said."""

    start: int
    replies: list[Reply]

    @property
    def complete(self) -> bool:
        """True where the turn ended with its record."""
        return has_record(self.replies)


def has_record(replies: Sequence[Reply]) -> bool:
    """True where exactly one of the replies carries a turn record."""
    return sum(1 for r in replies if isinstance(r.get("custom"), dict) and "turn" in r["custom"]) == 1


def find(events: Sequence[EventDict], message_id: str) -> Earlier | None:
    """The turn of a message id in a conversation's events, None where it was never seen."""
    for start, event in enumerate(events):
        if event.get("event") == "user" and event.get("message_id") == message_id:
            return Earlier(start, _replies(events[start + 1 :]))
    return None


def _replies(events: Sequence[EventDict]) -> list[Reply]:
    """The replies of the turn whose events these are, up to the next message of the citizen."""
    replies: list[Reply] = []
    for event in events:
        if event.get("event") == "user":
            break
        if event.get("event") != "bot":
            continue
        data = event.get("data") or {}
        reply = {"text": event.get("text"), "buttons": data.get("buttons"), "custom": data.get("custom")}
        replies.append({key: value for key, value in reply.items() if value})
    return replies
