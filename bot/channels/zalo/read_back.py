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

MOST_PAGES = 20
"""A lively conversation has some in two minutes; who writes without end stays unknown."""
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


@dataclass(frozen=True)
class Read:
    """Messages of ours, the oldest first. ``whole``: there are no others of that time."""

    shown: Sequence[Shown]
    whole: bool


def arrived(parts: Sequence[Part], read: Read) -> list[str] | None:
    """Zalo's ids of the parts, from the first on, that are in the conversation; None where that cannot be told."""
    found: list[str] = []
    for one in read.shown:
        if len(found) < len(parts) and _shows(one, parts[len(found)]):
            found.append(one.id)
    certain = read.whole and all(one.text for one in read.shown)
    return found if certain or len(found) == len(parts) else None


def ours_since(page: Page, account: str, since: datetime, others: Collection[str]) -> Read:
    """Our messages since then but for ``others``.

    Not whole where the conversation does not go back so far within ``MOST_PAGES`` pages, or shows nothing at all, which
    no conversation with somebody who wrote to us does.
    """
    earliest = (since - CLOCKS_APART).timestamp() * 1000
    shown: dict[str, Shown] = {}
    whole = False
    for number in range(MOST_PAGES):
        messages = page(number * MOST_READ)
        if not messages and not number:
            break
        recent = [one for one in messages if _at_ms(one, earliest) >= earliest]
        for one in recent:  # what comes in between two pages moves the rest on: then one is seen twice
            if _is_ours(one, account):
                shown.setdefault(_id(one), Shown(_id(one), _words(one.get("message"))))
        if len(recent) < len(messages) or len(messages) < MOST_READ:
            whole = True
            break
    return Read([one for one in reversed(shown.values()) if one.id not in others], whole)


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
