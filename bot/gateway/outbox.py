"""Handing replies over to messengers that must be sent to: in order, each at most once.

A row is marked ``unknown`` right before it is sent and gets its real outcome afterwards. So a sender that is killed in
between leaves the truth behind: nobody knows whether the citizen got it. Where the messenger can be asked, it is, and
the conversation's later messages wait for what it says; else it is not sent again, and staff see it. One sender at a
time holds a conversation, by a lock of its database session, which ends with the session.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, connection
from django.db.models import Exists, Max, OuterRef, Q
from django.utils import timezone

from bot.channels.base import (
    Channel,
    Delivery,
    LateNews,
    Outcome,
    Outgoing,
    OutgoingButton,
    Punctual,
    PushWindow,
    ReadBack,
)
from bot.gateway.counters import count
from bot.gateway.models import ChannelSwitch, Conversation, OutboxMessage

logger = logging.getLogger(__name__)

SEND_LOCK, PUSH_LOCK = 5_170_003, 5_170_004
PULLED = {"web", "cli"}
"""Channels whose readers fetch their replies: a reply is handed over when it is written."""
WAKE = "motcua_outbox"
WINDOW_CLOSED, NO_TEMPLATE, UNREACHABLE = "window_closed", "no_template", "unreachable"
FOR_A_TEMPLATE = {NO_TEMPLATE, "no_dossier_code"}
"""News that did not go out for want of an approved form: staff find them among those that wait for a template."""
AT_ONCE = 50
BACKOFF_SECONDS = (1, 2, 5, 10, 30, 60, 120, 300, 600)
"""Waits between tries where the messenger names none: about 20 minutes in all."""
LOOK_AFTER_SECONDS = 15.0
"""After a send began, or ended without an answer: longer than a call takes, so that none of it is still under way."""
LOOK_FOR_SECONDS = 180.0
"""How long an unknown outcome may hold up what comes after it."""
INSIST_SECONDS = 30.0
LATEST = 100
"""Of the messages sent in a conversation, those whose names are left out when it is read."""
OPEN = Q(state=OutboxMessage.State.WAITING) | Q(unknown_since__isnull=False)
HEADS = """
    SELECT m.conversation_id FROM gateway_outboxmessage m JOIN gateway_conversation c ON c.id = m.conversation_id
    LEFT JOIN gateway_channelswitch off ON off.channel = c.channel AND off.off_since IS NOT NULL
    WHERE (m.state = 'waiting' OR m.unknown_since IS NOT NULL) AND m.next_try_at <= now() AND c.channel = ANY(%s)
      AND (off.channel IS NULL OR m.turn_id IS NOT NULL)
      AND NOT EXISTS (
        SELECT 1 FROM gateway_outboxmessage e
        WHERE e.conversation_id = m.conversation_id AND (e.state = 'waiting' OR e.unknown_since IS NOT NULL)
          AND e.id < m.id
          AND (off.channel IS NULL OR e.turn_id IS NOT NULL))
    ORDER BY m.id LIMIT %s"""
"""News wait while their channel is switched off, and hold up no reply."""


def push(conversation: Conversation, text: str, buttons: list[dict[str, str]]) -> None:
    """Writes a message that nobody asked for just now; the caller holds the transaction.

    One at a time in a conversation: a page that has seen one id must not miss a lower one that is committed later.
    """
    _run("SELECT pg_advisory_xact_lock(%s, %s)", PUSH_LOCK, conversation.pk % 2**31)
    put([OutboxMessage(conversation=conversation, text=text, buttons=buttons)])


def put(messages: Iterable[OutboxMessage]) -> None:
    """Writes messages of one conversation and wakes the senders; what a reader fetches is handed over with it."""
    rows = list(messages)
    for row in rows:
        row.next_try_at = timezone.now()
        if row.conversation.channel in PULLED:
            row.state, row.sent_at = OutboxMessage.State.SENT, timezone.now()
    OutboxMessage.objects.bulk_create(rows)
    if any(row.state == OutboxMessage.State.WAITING for row in rows):
        with connection.cursor() as cursor:
            cursor.execute(f"NOTIFY {WAKE}")  # heard when the transaction is committed


class Sender:
    """Sends the first open message of one conversation at a time; several may run. ``channels`` by their names."""

    def __init__(self, channels: Mapping[str, Channel]) -> None:
        self._channels = channels

    def work_one(self) -> bool:
        """Sends one message, or finds out what became of one; False where none is due."""
        conversation = self._claim()
        if conversation is None:
            return False
        try:
            message = self._first_due(conversation)
            if message is not None and message.unknown_since:
                self._look_up(message)
            elif message is not None:
                self._send(message)
        finally:
            _run("SELECT pg_advisory_unlock(%s, %s)", SEND_LOCK, conversation % 2**31)
        return True

    def _claim(self) -> int | None:
        """A conversation with a due message that no other sender holds; it is now ours."""
        for (conversation,) in _run(HEADS, list(self._channels), AT_ONCE):
            if _run("SELECT pg_try_advisory_lock(%s, %s)", SEND_LOCK, conversation % 2**31) == [(True,)]:
                return int(conversation)
        return None

    @staticmethod
    def _first_due(conversation: int) -> OutboxMessage | None:
        """Its first open message. Between the look and the lock another sender may have sent it: then None."""
        waiting = OutboxMessage.objects.filter(OPEN, conversation_id=conversation)
        off = ChannelSwitch.objects.filter(channel=OuterRef("conversation__channel"), off_since__isnull=False)
        waiting = waiting.filter(Q(turn__isnull=False) | ~Exists(off))
        message = waiting.select_related("conversation").order_by("id").first()
        return message if message and message.next_try_at <= timezone.now() else None

    def _send(self, message: OutboxMessage) -> None:
        if message.conversation.unreachable_at:
            _note(message, Delivery(Outcome.GIVE_UP, UNREACHABLE))
            return
        channel, key, late = self._channels[message.conversation.channel], message.conversation.key, self._late(message)
        try:
            if isinstance(channel, Punctual) and not late:
                delivery = channel.send_at(key, _wire(message), lambda: _mark(message))
            else:
                _mark(message)
                delivery = _send_late(channel, message) if late else channel.send(key, _wire(message))
        except (OperationalError, InterfaceError):
            raise  # the database itself
        except Exception as error:  # noqa: BLE001  # boundary to a messenger: what it did before it broke is not known
            delivery = Delivery(Outcome.UNKNOWN, type(error).__name__)
        _note(message, delivery, look_after=LOOK_AFTER_SECONDS if isinstance(channel, ReadBack) and not late else None)
        if delivery.unreachable:
            Conversation.objects.filter(pk=message.conversation_id).update(unreachable_at=timezone.now())

    def _look_up(self, message: OutboxMessage) -> None:
        """What became of a message whose sender was killed or got no answer. A messenger that cannot be asked, or does
        not know in time, leaves it to staff.
        """
        channel, conversation = self._channels[message.conversation.channel], message.conversation
        if not isinstance(channel, ReadBack) or self._late(message):
            _note(message, Delivery(Outcome.UNKNOWN, message.error or "sender_killed"), counted="looks")
            return
        sent = conversation.outbox.exclude(pk=message.pk).exclude(platform_id="").order_by("-pk")[:LATEST]
        others = {name for names in sent.values_list("platform_id", flat=True) for name in names.split(",")}
        try:
            delivery = channel.complete(conversation.key, _wire(message), message.created_at, others)
        except Exception as error:  # noqa: BLE001  # boundary to a messenger
            delivery = Delivery(Outcome.UNKNOWN, type(error).__name__)
        assert message.unknown_since is not None
        in_time = timezone.now() - message.unknown_since < timedelta(seconds=LOOK_FOR_SECONDS)
        _note(message, delivery, look_after=delivery.retry_after_seconds if in_time else None, counted="looks")

    def _late(self, message: OutboxMessage) -> bool:
        """News outside the messenger's window."""
        return message.turn_id is None and not self._may_push(message.conversation)

    def _may_push(self, conversation: Conversation) -> bool:
        """Whether the messenger takes news for this citizen now; a messenger without such a rule always does."""
        channel = self._channels[conversation.channel]
        if not isinstance(channel, PushWindow):
            return True
        seen = conversation.inbox.aggregate(last=Max("received_at"))["last"]
        return seen is not None and channel.may_push(seen)


def _wire(message: OutboxMessage) -> Outgoing:
    """As the messenger sees it: a button is a token."""
    buttons = (OutgoingButton(f"{message.pk}:{n}", button["title"]) for n, button in enumerate(message.buttons))
    return Outgoing(message.text, tuple(buttons))


def _send_late(channel: Channel, message: OutboxMessage) -> Delivery:
    """News outside the messenger's window: in its approved form, where there is one."""
    if isinstance(channel, LateNews):
        return channel.send_late(message.conversation.key, message.text)
    return Delivery(Outcome.GIVE_UP, NO_TEMPLATE)


def _mark(message: OutboxMessage) -> None:
    """Writes down that a send begins. Where the database goes away just then, nothing is sent."""
    now = timezone.now()
    marked = OutboxMessage.objects.filter(pk=message.pk)
    message.state, message.unknown_since = OutboxMessage.State.UNKNOWN, now
    begun = {"state": message.state, "unknown_since": now, "next_try_at": now + timedelta(seconds=LOOK_AFTER_SECONDS)}
    try:
        marked.update(**begun)
    except (OperationalError, InterfaceError):
        unmarked = {"state": OutboxMessage.State.WAITING, "unknown_since": None, "next_try_at": now}
        _insist(lambda: marked.filter(unknown_since=now).update(**unmarked))
        raise


def _insist(write: Callable[[], object]) -> None:
    """Writes, through a restart of the database too: what a sender knows now nobody finds out later."""
    deadline = time.monotonic() + INSIST_SECONDS
    while True:
        try:
            write()
            return
        except (OperationalError, InterfaceError):
            connection.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(0.3)


def _note(message: OutboxMessage, delivery: Delivery, look_after: float | None = None, counted: str = "sends") -> None:
    """Writes down how a send ended; a retry only where the message was certainly not delivered.

    ``look_after``: in so many seconds an unknown outcome is looked into; None leaves it to staff.
    """
    states = {
        Outcome.SENT: OutboxMessage.State.SENT,
        Outcome.UNKNOWN: OutboxMessage.State.UNKNOWN,
        Outcome.GIVE_UP: OutboxMessage.State.FAILED,
        Outcome.RETRY: OutboxMessage.State.WAITING,
    }
    message.state, message.error = states[delivery.outcome], delivery.error_class[:200]
    message.platform_id = delivery.platform_id[:250] or message.platform_id
    if delivery.outcome is Outcome.SENT:
        message.sent_at = timezone.now()
    if message.turn_id is None and delivery.outcome is Outcome.GIVE_UP and delivery.error_class in FOR_A_TEMPLATE:
        message.state, message.error = OutboxMessage.State.TEMPLATE, WINDOW_CLOSED
    if delivery.outcome is Outcome.RETRY:
        if message.attempts < len(BACKOFF_SECONDS):
            wait = max(BACKOFF_SECONDS[message.attempts], delivery.retry_after_seconds or 0)
            message.next_try_at = timezone.now() + timedelta(seconds=wait)
        else:
            message.state = OutboxMessage.State.FAILED
    if delivery.outcome is not Outcome.UNKNOWN or look_after is None:
        message.unknown_since = None
    else:
        message.next_try_at = timezone.now() + timedelta(seconds=look_after)
    message.attempts += counted == "sends" or delivery.outcome is Outcome.RETRY  # a killed send was a try too
    noted = ("state", "error", "attempts", "next_try_at", "platform_id", "sent_at", "unknown_since")
    rows = OutboxMessage.objects.filter(pk=message.pk)
    if delivery.outcome is not Outcome.SENT:  # somebody may have found out meanwhile, had the lock been lost
        rows = rows.exclude(state=OutboxMessage.State.SENT)
    _insist(lambda: rows.update(**{name: getattr(message, name) for name in noted}))
    count(counted, channel=message.conversation.channel, outcome=delivery.outcome.value)
    if delivery.outcome is not Outcome.SENT:
        tell = logger.error if delivery.alarm else logger.warning
        tell("outbox %s, try %s: %s %s", message.pk, message.attempts, message.state, message.error)


def _run(query: str, *values: int | list[str]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
