"""A message of ours as Telegram takes it: HTML in parts of at most 4,096 characters, buttons under the last one."""

from __future__ import annotations

import html
from dataclasses import dataclass

from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.constants import InlineKeyboardButtonLimit, InlineKeyboardMarkupLimit, MessageLimit

from bot.channels.base import Outgoing, OutgoingButton
from bot.language.splitting import split
from bot.language.unicode import nfc

LONGEST = int(MessageLimit.MAX_TEXT_LENGTH)
LONGEST_DATA_BYTES = int(InlineKeyboardButtonLimit.MAX_CALLBACK_DATA)
MOST_BUTTONS = int(InlineKeyboardMarkupLimit.TOTAL_BUTTON_NUMBER)
LONGEST_TITLE = 60
"""Characters of a button that a narrow phone still shows; Telegram itself cuts what does not fit."""


class MessageError(ValueError):
    """A message that Telegram would refuse; its text is a short name for logs."""


@dataclass(frozen=True)
class Part:
    """One message of Telegram's: ``plain`` is what ``html`` shows."""

    plain: str
    keyboard: InlineKeyboardMarkup | None = None

    @property
    def html(self) -> str:
        return html.escape(self.plain, quote=False)


def parts_of(message: Outgoing) -> list[Part]:
    """The message in order, at least one part. Titles too long for a button stand in full, numbered, in the text.

    Raises MessageError: empty, more than 100 buttons, a button whose id is not 1 to 64 bytes.
    """
    buttons = [OutgoingButton(button.id, " ".join(nfc(button.title).split())) for button in message.buttons]
    _check(buttons)
    text = nfc(message.text)
    numbered = any(len(button.title) > LONGEST_TITLE for button in buttons)
    if numbered:
        text += "\n\n" + "\n".join(f"{number}. {button.title}" for number, button in enumerate(buttons, 1))
    texts = split(text, LONGEST)  # before escaping: Telegram counts the characters that are shown
    if not texts:
        raise MessageError("empty_text")
    *first, last = texts
    return [*map(Part, first), Part(last, _keyboard(buttons, numbered))]


def _check(buttons: list[OutgoingButton]) -> None:
    if len(buttons) > MOST_BUTTONS:
        raise MessageError("too_many_buttons")
    for button in buttons:
        if not 0 < len(button.id.encode("utf-8", "replace")) <= LONGEST_DATA_BYTES:
            raise MessageError("button_id_length")
        if not button.title:
            raise MessageError("button_without_title")


def _keyboard(buttons: list[OutgoingButton], numbered: bool) -> InlineKeyboardMarkup | None:
    """One button a row, so that each has the whole width."""
    rows = [
        [InlineKeyboardButton(shortened(f"{number}. {b.title}" if numbered else b.title), callback_data=b.id)]
        for number, b in enumerate(buttons, 1)
    ]
    return InlineKeyboardMarkup(rows) if rows else None


def shortened(title: str) -> str:
    """At most 60 characters, cut between words where there is one in the second half."""
    if len(title) <= LONGEST_TITLE:
        return title
    cut = title[: LONGEST_TITLE - 1]
    blank = cut.rfind(" ")
    return (cut[:blank] if blank > LONGEST_TITLE // 2 else cut).rstrip(" ,.;:-–") + "…"
