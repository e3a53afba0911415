"""A number typed after a numbered list: the press of that button. Messengers may show a list in place of buttons."""

from __future__ import annotations

import re

from bot.channels.base import Kind
from bot.gateway.models import InboxMessage, OutboxMessage
from bot.gateway.outbox import PULLED
from bot.language.unicode import fold

NUMBER = re.compile(r"(?:(?:so|nut|muc|chon)\s*)?([1-9][0-9]?)\s*[.)]?")


def press(message: InboxMessage) -> None:
    """Makes the message the press that its number means, if it means one; the caller saves.

    Looked at when the message is worked out, so that the list is the one that stood before it.
    """
    if message.kind != Kind.TEXT or message.payload or message.conversation.channel in PULLED:
        return
    match = NUMBER.fullmatch(fold(message.text).strip())
    buttons = _offered_last(message) if match else []
    place = int(match.group(1)) - 1 if match else 0
    if place < len(buttons):
        message.text, message.payload = buttons[place]["title"], buttons[place]["payload"]


def _offered_last(message: InboxMessage) -> list[dict[str, str]]:
    """The buttons of what was said last: of news, or of the last reply of a turn that has any."""
    said = OutboxMessage.objects.filter(conversation=message.conversation).order_by("-id")
    last = said.first()
    if last is None:
        return []
    of_one_turn = said.filter(turn=last.turn_id) if last.turn_id else [last]
    return next((reply.buttons for reply in of_one_turn if reply.buttons), [])
