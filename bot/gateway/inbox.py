"""Accepting a message: masked, stored once, and the worker told. Nothing is worked out here, so it is fast."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection, transaction

from bot.gateway import digits
from bot.gateway.models import Conversation, InboxMessage, OutboxMessage
from bot.language.masking import mask

WAKE = "motcua_inbox"
LONGEST_TEXT = 2000
LONGEST_KEY = 200
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
ORDER_LOCK = 5_170_002
BUTTON = re.compile(r"(\d{1,18}):(\d{1,2})")


class InboxError(ValueError):
    """A message that cannot be accepted; its text says why."""


@dataclass(frozen=True)
class Accepted:
    """What became of a message. ``new`` is False where it had been accepted before."""

    inbox_id: int
    new: bool
    masked: tuple[str, ...] = ()


def conversation_of(channel: str, key: str) -> Conversation:
    """The conversation of a person on a channel, made at their first message. Raises InboxError."""
    if not 0 < len(key) <= LONGEST_KEY:
        raise InboxError(f"a conversation key has 1 to {LONGEST_KEY} characters")
    return Conversation.objects.get_or_create(channel=channel, key=key)[0]


def accept_text(conversation: Conversation, message_id: str, text: str) -> Accepted:
    """A typed message. Longer than ``LONGEST_TEXT`` characters it is cut: no question is that long.

    Of the last digits of a phone that open a dossier only the keyed digest is stored.
    """
    storable = UNSTORABLE.sub(" ", text)
    with _in_order(conversation):
        given = digits.take_out(conversation, storable)
        masked = mask(given.text if given else storable)
        kinds = (*masked.kinds, digits.DIGITS) if given else masked.kinds
        payload = given.payload if given else ""
        return _store(conversation, message_id, kinds, text=masked.text[:LONGEST_TEXT], payload=payload)


def accept_button(conversation: Conversation, message_id: str, button: str) -> Accepted:
    """A press of a button that this conversation was offered. Raises InboxError for any other.

    ``button`` is ``<outbox id>:<place>``; what it stands for never leaves the server, so it cannot be forged.
    """
    match = BUTTON.fullmatch(button)
    offered = OutboxMessage.objects.filter(pk=match.group(1), conversation=conversation).first() if match else None
    place = int(match.group(2)) if match else 0
    if offered is None or place >= len(offered.buttons):
        raise InboxError("there is no such button in this conversation")
    chosen = offered.buttons[place]
    with _in_order(conversation):
        return _store(conversation, message_id, (), text=chosen["title"], payload=chosen["payload"])


@contextmanager
def _in_order(conversation: Conversation) -> Iterator[None]:
    """One transaction, one message of a conversation at a time.

    Ids are given before they are committed: without this lock a later id could be seen, and worked out, first.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [ORDER_LOCK, conversation.pk % 2**31])
        yield


def _store(conversation: Conversation, message_id: str, kinds: tuple[str, ...], text: str, payload: str) -> Accepted:
    row, new = InboxMessage.objects.get_or_create(
        conversation=conversation, message_id=message_id, defaults={"text": text, "payload": payload}
    )
    if new:
        with connection.cursor() as cursor:
            cursor.execute(f"NOTIFY {WAKE}")
    return Accepted(row.pk, new, kinds)
