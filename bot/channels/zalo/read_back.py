"""What of a message is in the conversation as Zalo shows it: how a send that nobody saw the end of is made good.

What Zalo shows of a message with buttons is in no document, so only a text that can be read is taken as proof either
way: one message of ours without words, and nothing is known.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.channels.zalo.api import MOST_READ
from bot.channels.zalo.messages import Part
from bot.channels.zalo.oauth import number_of
from bot.language.unicode import nfc

MOST_PAGES = 5
CLOCKS_APART = timedelta(minutes=2)
"""How far Zalo's clock and ours may be apart: a message taken for too old would be sent twice."""
BY_ACCOUNT = 0
Page = Callable[[int], list[dict[str, Any]]]
"""The messages from an offset on, the newest first."""


@dataclass(frozen=True)
class Shown:
    """A message of ours in the conversation; ``text`` is empty where Zalo shows none."""

    id: str
    text: str


def arrived(parts: Sequence[Part], shown: Sequence[Shown] | None) -> list[str] | None:
    """Zalo's ids of the parts, from the first on, that are in the conversation; None where that cannot be told.

    ``shown``: what ``ours_since`` gives.
    """
    found: list[str] = []
    for one in shown or ():
        if len(found) < len(parts) and _shows(one, parts[len(found)]):
            found.append(one.id)
    certain = shown is not None and all(one.text for one in shown)
    return found if certain or len(found) == len(parts) else None


def ours_since(page: Page, account: str, since: datetime, others: Collection[str]) -> list[Shown] | None:
    """Our messages since then but for ``others``, the oldest first.

    None where the conversation does not go back so far within ``MOST_PAGES`` pages, or shows nothing at all, which no
    conversation with somebody who wrote to us does.
    """
    earliest = (since - CLOCKS_APART).timestamp() * 1000
    shown: dict[str, Shown] = {}
    for number in range(MOST_PAGES):
        messages = page(number * MOST_READ)
        if not messages and not number:
            return None
        recent = [one for one in messages if _at_ms(one, earliest) >= earliest]
        for one in recent:  # what comes in between two pages moves the rest on: then one is seen twice
            if _is_ours(one, account):
                shown.setdefault(_id(one), Shown(_id(one), _words(one.get("message"))))
        if len(recent) < len(messages) or len(messages) < MOST_READ:
            return [one for one in reversed(shown.values()) if one.id not in others]
    return None


def _is_ours(message: Mapping[str, Any], account: str) -> bool:
    """By the sender's id, else by ``src``, about which sources differ."""
    sender = str(message.get("from_id") or "")
    return sender == account if sender else number_of(message.get("src")) == BY_ACCOUNT


def _at_ms(message: Mapping[str, Any], otherwise: float) -> float:
    try:
        return float(message.get("time") or otherwise)
    except (TypeError, ValueError):
        return otherwise


def _id(message: Mapping[str, Any]) -> str:
    return str(message.get("message_id") or message.get("msg_id") or "")


def _words(text: object) -> str:
    """The text whatever its spaces and line ends have become on the way."""
    return " ".join(nfc(text).split()) if isinstance(text, str) else ""


def _shows(shown: Shown, part: Part) -> bool:
    """With buttons also the form that has them as a list below, for an account that may not show any."""
    words = _words(part.text)
    return shown.text == words or (bool(part.buttons) and shown.text.startswith(f"{words} "))
