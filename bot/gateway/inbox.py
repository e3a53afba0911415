"""Accepting a message: masked, stored once, and the worker told. Nothing is worked out here, so it is fast."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import F, Q

from bot import settings
from bot.channels.base import Incoming, Kind
from bot.gateway import digits
from bot.gateway.models import Conversation, InboxMessage, OutboxMessage
from bot.language.masking import mask

WAKE = "motcua_inbox"
LONGEST_TEXT = 2000
LONGEST_KEY = 200
LONGEST_ID = 250
LONGEST_MEDIA = 2000
MOST_DELIVERIES = 1000
TOO_FAST = "too_fast"
"""The kind of a message that came while too many waited: nothing it said is kept, it is answered in its turn."""
SAID = {Kind.TEXT, Kind.PHOTO, Kind.VIDEO, Kind.FILE}
"""Kinds whose words are the citizen's own. A place's or a contact's name is not a question, and is dropped."""
FETCHED = {Kind.PHOTO, Kind.VOICE, Kind.BUTTON}
HIDDEN_BUTTON = re.compile(r"#(\d{1,18}:\d{1,2})")
"""A press as Zalo tells it: a text that the citizen did not see, which Zalo wants to begin with a hash."""
COMMANDS = {"/xoa": "/delete_my_data", "/xóa": "/delete_my_data"}
"""Typed words that mean one thing on every messenger, however sure the understanding of sentences is."""
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
ORDER_LOCK = 5_170_002
BUTTON = re.compile(r"(\d{1,18}):(\d{1,2})")


class InboxError(ValueError):
    """A message that cannot be accepted; its text says why."""


@dataclass(frozen=True)
class Accepted:
    """What became of a message. ``new`` is False where it had been accepted before.

    ``inbox_id`` is 0 where nothing is stored: too many messages wait, or somebody unknown left.
    """

    inbox_id: int
    new: bool
    masked: tuple[str, ...] = ()


def conversation_of(channel: str, key: str) -> Conversation:
    """The conversation of a person on a channel, made at their first message. Raises InboxError."""
    _check("conversation key", key, LONGEST_KEY)
    return Conversation.objects.get_or_create(channel=channel, key=key)[0]


def _check(what: str, value: str, longest: int) -> None:
    if not 0 < len(value) <= longest or UNSTORABLE.search(value):
        raise InboxError(f"a {what} has 1 to {longest} characters that can be stored")


def accept(channel: str, incoming: Incoming) -> Accepted:
    """Whatever a messenger tells: stored once, nothing fetched. Raises InboxError for ids that cannot be stored.

    A button that was never offered is stored as a press of nothing, and answered as such. While too many messages of
    the conversation wait, one is answered with a plea for patience and the others are dropped.
    """
    _check("conversation key", incoming.key, LONGEST_KEY)
    _check("message id", incoming.message_id, LONGEST_ID)
    if incoming.kind is Kind.UNFOLLOW and not Conversation.objects.filter(channel=channel, key=incoming.key).exists():
        return Accepted(0, True)
    conversation = conversation_of(channel, incoming.key)
    with _in_order(conversation):
        same_or_waiting = Q(message_id=incoming.message_id) | Q(state=InboxMessage.State.WAITING)
        rows = list(conversation.inbox.filter(same_or_waiting).values_list("pk", "message_id", "kind"))
        earlier = next((pk for pk, message_id, _ in rows if message_id == incoming.message_id), None)
        if earlier:
            told_before = conversation.inbox.filter(pk=earlier, deliveries__lt=MOST_DELIVERIES)
            told_before.update(deliveries=F("deliveries") + 1)
            return Accepted(earlier, False)
        if len(rows) < settings.load().most_waiting:
            return _store_incoming(conversation, incoming)
        if any(kind == TOO_FAST for _, _, kind in rows):
            return Accepted(0, True)
        return _insert(conversation, incoming.message_id, (), text="", payload="", kind=TOO_FAST)


def _store_incoming(conversation: Conversation, incoming: Incoming) -> Accepted:
    """The caller holds the conversation's order."""
    kind, button = incoming.kind, incoming.button
    if kind is Kind.TEXT and (hidden := HIDDEN_BUTTON.fullmatch(incoming.text.strip())):
        kind, button = Kind.BUTTON, hidden.group(1)
    media = incoming.media if kind in FETCHED and len(incoming.media) <= LONGEST_MEDIA else ""
    rest = {"kind": kind.value, "media": UNSTORABLE.sub("", media)}
    if kind is Kind.BUTTON:
        chosen = _offered(conversation, button) or {"title": "", "payload": ""}
        return _insert(conversation, incoming.message_id, (), chosen["title"], chosen["payload"], **rest)
    text, payload, kinds = take_in(conversation, incoming.text) if kind in SAID and incoming.text else ("", "", ())
    return _insert(conversation, incoming.message_id, kinds, text, payload, **rest)


def accept_text(conversation: Conversation, message_id: str, text: str) -> Accepted:
    """A typed message. Longer than ``LONGEST_TEXT`` characters it is cut: no question is that long."""
    with _in_order(conversation):
        stored, payload, kinds = take_in(conversation, text)
        return _store(conversation, message_id, kinds, text=stored, payload=payload)


def take_in(conversation: Conversation, text: str) -> tuple[str, str, tuple[str, ...]]:
    """Text, payload, and the kinds of numbers masked. The caller holds the conversation's order.

    Of the last digits of a phone that open a dossier only the keyed digest is stored.
    """
    storable = UNSTORABLE.sub(" ", text)
    given = digits.take_out(conversation, storable)
    masked = mask(given.text if given else storable)
    kinds = (*masked.kinds, digits.DIGITS) if given else masked.kinds
    payload = given.payload if given else COMMANDS.get(storable.strip().casefold(), "")
    return masked.text[:LONGEST_TEXT], payload, kinds


def accept_button(conversation: Conversation, message_id: str, button: str) -> Accepted:
    """A press of a button that this conversation was offered. Raises InboxError for any other.

    ``button`` is ``<outbox id>:<place>``; what it stands for never leaves the server, so it cannot be forged.
    """
    chosen = _offered(conversation, button)
    if chosen is None:
        raise InboxError("there is no such button in this conversation")
    with _in_order(conversation):
        return _store(conversation, message_id, (), text=chosen["title"], payload=chosen["payload"])


def _offered(conversation: Conversation, button: str) -> dict[str, str] | None:
    """The button with its payload, None where this conversation was never offered it."""
    match = BUTTON.fullmatch(button)
    offered = OutboxMessage.objects.filter(pk=match.group(1), conversation=conversation).first() if match else None
    place = int(match.group(2)) if match else 0
    if offered is None or place >= len(offered.buttons):
        return None
    chosen: dict[str, str] = offered.buttons[place]
    return chosen


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
    """The caller holds the conversation's order, as in ``_insert``."""
    earlier = conversation.inbox.filter(message_id=message_id).values_list("pk", flat=True).first()
    return Accepted(earlier, False, kinds) if earlier else _insert(conversation, message_id, kinds, text, payload)


def _insert(
    conversation: Conversation, message_id: str, kinds: tuple[str, ...], text: str, payload: str, **rest: str
) -> Accepted:
    """Stores a message that is not there yet; within the order of its conversation nobody else can store it."""
    row = InboxMessage.objects.create(
        conversation=conversation, message_id=message_id, text=text, payload=payload, **rest
    )
    with connection.cursor() as cursor:
        cursor.execute(f"NOTIFY {WAKE}")
    return Accepted(row.pk, True, kinds)
