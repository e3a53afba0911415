"""A message as ``/v3.0/oa/message/cs`` takes it: parts of 2,000 characters, up to five buttons under the last one.

Buttons there work but are in no document of Zalo's and may stop (zalo.md 4). So whatever can be pressed can be read
as a numbered list too, and the list alone is the form without buttons.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.channels.base import Outgoing, OutgoingButton
from bot.language.splitting import split
from bot.language.unicode import nfc

LONGEST_TEXT = 2000
MOST_BUTTONS = 5
LONGEST_TITLE = 20
"""What a phone shows of a title."""
PRESS_MARK = "#"
"""Before the id in a button's payload, which comes back as a text (``events.PRESS``)."""


@dataclass(frozen=True)
class Part:
    """One message of Zalo's. ``listed``: its text names the buttons already."""

    text: str
    buttons: tuple[OutgoingButton, ...] = ()
    listed: bool = False

    def body(self, user: str) -> dict[str, Any]:
        """The request to send it to a user of the account."""
        message: dict[str, Any] = {"text": self.text}
        if self.buttons:
            buttons = [_button(number, button, self.listed) for number, button in enumerate(self.buttons, 1)]
            message["attachment"] = {"type": "template", "payload": {"buttons": buttons}}
        return {"recipient": {"user_id": user}, "message": message}


def parts_of(message: Outgoing, with_buttons: bool) -> list[Part]:
    """The message in order; [] for one that says nothing."""
    text = nfc(message.text).strip()
    buttons = tuple(replace(button, title=_one_line(button.title)) for button in message.buttons)
    pressable = with_buttons and 0 < len(buttons) <= MOST_BUTTONS
    listed = bool(buttons) and not (pressable and text and all(len(b.title) <= LONGEST_TITLE for b in buttons))
    if listed:
        text = _with_list(text, buttons)
    parts = [Part(part) for part in split(text, LONGEST_TEXT)]
    if parts and pressable:
        parts[-1] = Part(parts[-1].text, buttons, listed)
    return parts


def without_buttons(part: Part) -> list[Part]:
    """A part whose buttons were refused: they are read instead."""
    text = part.text if part.listed else _with_list(part.text, part.buttons)
    return [Part(piece) for piece in split(text, LONGEST_TEXT)]


def _with_list(text: str, buttons: Sequence[OutgoingButton]) -> str:
    choices = "\n".join(f"{number}. {button.title}" for number, button in enumerate(buttons, 1))
    return f"{text}\n\n{choices}".strip()


def _button(number: int, button: OutgoingButton, numbered: bool) -> dict[str, str]:
    title = textwrap.shorten(f"{number}. {button.title}", LONGEST_TITLE, placeholder="…") if numbered else button.title
    return {"title": title, "type": "oa.query.hide", "payload": f"{PRESS_MARK}{button.id}"}


def _one_line(title: str) -> str:
    """A title of several lines would break the list."""
    return " ".join(nfc(title).split())
