"""The web page's wire format: what its script posts. Neither database nor Rasa."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

MOST_BYTES = 64 * 1024
BUTTON = re.compile(r"[0-9]{1,18}:[0-9]{1,2}", re.ASCII)

Judgement = Literal["good", "bad"]


class WireError(ValueError):
    """A body that is not in the page's format; its text says what is wrong, without the content."""


@dataclass(frozen=True)
class Incoming:
    """One message of a citizen. ``id`` is the page's own; exactly one of ``text`` and ``button`` counts."""

    id: str
    text: str = ""
    button: str = ""


def _object(body: bytes) -> dict[str, Any]:
    if len(body) > MOST_BYTES:
        raise WireError(f"more than {MOST_BYTES} bytes")
    try:
        # Digits are turned to text, not numbers: a number of 60,000 digits would cost seconds.
        parsed = json.loads(body, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        raise WireError("not JSON in UTF-8") from None
    if not isinstance(parsed, dict):
        raise WireError("not a JSON object")
    return parsed


def read_message(body: bytes) -> Incoming:
    """The message in a posted body: ``{"id", "text"}`` or ``{"id", "button"}``. Raises WireError."""
    fields = _object(body)
    try:
        known = str(UUID(fields.get("id")))
    except (ValueError, TypeError, AttributeError):
        raise WireError("'id' is not a UUID") from None
    text, button = fields.get("text"), fields.get("button")
    if (text is None) == (button is None):
        raise WireError("exactly one of 'text' and 'button' is needed")
    if button is None:
        if not isinstance(text, str):
            raise WireError("'text' is not a text")
        return Incoming(known, text=text)
    if not isinstance(button, str) or not BUTTON.fullmatch(button):
        raise WireError("'button' is not a button's id")
    return Incoming(known, button=button)


def read_feedback(body: bytes) -> tuple[int, Judgement]:
    """Turn and judgement in a posted body ``{"turn", "value"}``. Raises WireError."""
    fields = _object(body)
    turn, value = fields.get("turn"), fields.get("value")
    if not isinstance(turn, str) or not re.fullmatch(r"[0-9]{1,18}", turn, re.ASCII):
        raise WireError("'turn' is not a turn's number")
    if value == "good":
        return int(turn), "good"
    if value == "bad":
        return int(turn), "bad"
    raise WireError("'value' is neither 'good' nor 'bad'")
