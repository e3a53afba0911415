"""The buttons under a message, with Telegram's limits."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from bot.channels.telegram.stand_in.constants import LONGEST_DATA_BYTES, MOST_A_ROW, MOST_BUTTONS
from bot.channels.telegram.stand_in.errors import bad

Row = list[dict[str, Any]]


def inline_keyboard(markup: Any) -> list[Row]:
    """The rows of an inline keyboard, [] for none. Raises ApiError."""
    if markup is None:
        return []
    if not isinstance(markup, dict) or not isinstance(rows := markup.get("inline_keyboard"), list):
        raise bad("object expected as reply markup")
    found = [[_button(button) for button in _row(row)] for row in rows]
    if sum(map(len, found)) > MOST_BUTTONS or any(len(row) > MOST_A_ROW for row in found):
        raise bad("REPLY_MARKUP_TOO_LONG")
    return [row for row in found if row]


def _row(row: Any) -> list[Any]:
    if not isinstance(row, list):
        raise bad('field "inline_keyboard" of the InlineKeyboardMarkup should be an Array of Arrays')
    return row


def _button(button: Any) -> dict[str, Any]:
    if not isinstance(button, dict) or not isinstance(text := button.get("text"), str):
        raise bad('can\'t parse inline keyboard button: Field "text" must be of type String')
    if not text.strip():
        raise bad("inline keyboard button text is empty")
    if isinstance(url := button.get("url"), str):
        if urlsplit(url).scheme not in ("http", "https", "tg") or not urlsplit(url).netloc:
            raise bad("BUTTON_URL_INVALID")
        return {"text": text, "url": url}
    data = button.get("callback_data")
    if data is None:
        raise bad("text buttons are unallowed in the inline keyboard")
    if not isinstance(data, str) or not 0 < len(data.encode("utf-8", "surrogatepass")) <= LONGEST_DATA_BYTES:
        raise bad("BUTTON_DATA_INVALID")
    return {"text": text, "callback_data": data}
