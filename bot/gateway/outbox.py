"""Handing replies over to messengers that must be sent to: in order, each at most once.

A row is marked ``unknown`` before it is sent and gets its real outcome afterwards. So a sender that is killed in
between leaves the truth behind: nobody knows whether the citizen got it, and it is not sent again. One sender at a
time holds a conversation, by a lock of its database session, which ends with the session.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import Max
from django.utils import timezone

from bot.channels.base import Channel, Delivery, Outcome, Outgoing, OutgoingButton, PushWindow
from bot.gateway.models import Conversation, OutboxMessage

logger = logging.getLogger(__name__)

SEND_LOCK, PUSH_LOCK = 5_170_003, 5_170_004
PULLED = {"web", "cli"}
"""Channels whose readers fetch their replies: a reply is handed over when it is written."""
WINDOW_CLOSED = "window_closed"
AT_ONCE = 50
BACKOFF_SECONDS = (1, 2, 5, 10, 30, 60, 120, 300, 600)
"""Waits between tries where the messenger names none: about 20 minutes in all."""
HEADS = """
    SELECT m.conversation_id FROM gateway_outboxmessage m JOIN gateway_conversation c ON c.id = m.conversation_id
    WHERE m.state = 'waiting' AND m.next_try_at <= now() AND c.channel = ANY(%s)
      AND NOT EXISTS (
        SELECT 1 FROM gateway_outboxmessage e
        WHERE e.conversation_id = m.conversation_id AND e.state = 'waiting' AND e.id < m.id)
    ORDER BY m.id LIMIT %s"""


def push(conversation: Conversation, text: str, buttons: list[dict[str, str]]) -> None:
    """Writes a message that nobody asked for just now; the caller holds the transaction.

    One at a time in a conversation: a page that has seen one id must not miss a lower one that is committed later.
    """
    _run("SELECT pg_advisory_xact_lock(%s, %s)", PUSH_LOCK, conversation.pk % 2**31)
    pulled = conversation.channel in PULLED
    OutboxMessage.objects.create(
        conversation=conversation, text=text, buttons=buttons, next_try_at=timezone.now(),
        state=OutboxMessage.State.SENT if pulled else OutboxMessage.State.WAITING,
    )  # fmt: skip


class Sender:
    """Sends the first waiting message of one conversation at a time; several may run. ``channels`` by their names."""

    def __init__(self, channels: Mapping[str, Channel]) -> None:
        self._channels = channels

    def work_one(self) -> bool:
        """Sends one message; False where none is due."""
        conversation = self._claim()
        if conversation is None:
            return False
        try:
            message = self._first_due(conversation)
            if message is not None:
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
        """Its first waiting message. Between the look and the lock another sender may have sent it: then None."""
        waiting = OutboxMessage.objects.filter(conversation_id=conversation, state=OutboxMessage.State.WAITING)
        message = waiting.select_related("conversation").order_by("id").first()
        return message if message and message.next_try_at <= timezone.now() else None

    def _send(self, message: OutboxMessage) -> None:
        if message.turn_id is None and not self._may_push(message.conversation):
            message.state, message.error = OutboxMessage.State.TEMPLATE, WINDOW_CLOSED
            message.save(update_fields=["state", "error"])
            logger.warning("outbox %s: %s, waits for a template", message.pk, message.error)
            return
        message.state = OutboxMessage.State.UNKNOWN
        message.save(update_fields=["state"])
        buttons = tuple(OutgoingButton(f"{message.pk}:{n}", b["title"]) for n, b in enumerate(message.buttons))
        channel = self._channels[message.conversation.channel]
        try:
            delivery = channel.send(message.conversation.key, Outgoing(message.text, buttons))
        except Exception as error:  # noqa: BLE001  # boundary to a messenger: what it did before it broke is not known
            delivery = Delivery(Outcome.UNKNOWN, type(error).__name__)
        _note(message, delivery)

    def _may_push(self, conversation: Conversation) -> bool:
        """Whether the messenger takes news for this citizen now; a messenger without such a rule always does."""
        channel = self._channels[conversation.channel]
        if not isinstance(channel, PushWindow):
            return True
        seen = conversation.inbox.aggregate(last=Max("received_at"))["last"]
        return seen is not None and channel.may_push(seen)


def _note(message: OutboxMessage, delivery: Delivery) -> None:
    """Writes down how a send ended; a retry only where the message was certainly not delivered."""
    states = {
        Outcome.SENT: OutboxMessage.State.SENT,
        Outcome.UNKNOWN: OutboxMessage.State.UNKNOWN,
        Outcome.GIVE_UP: OutboxMessage.State.FAILED,
        Outcome.RETRY: OutboxMessage.State.WAITING,
    }
    message.state, message.error = states[delivery.outcome], delivery.error_class[:200]
    if delivery.outcome is Outcome.RETRY:
        if message.attempts < len(BACKOFF_SECONDS):
            wait = max(BACKOFF_SECONDS[message.attempts], delivery.retry_after_seconds or 0)
            message.next_try_at = timezone.now() + timedelta(seconds=wait)
        else:
            message.state = OutboxMessage.State.FAILED
    message.attempts += 1
    message.save(update_fields=["state", "error", "attempts", "next_try_at"])
    if delivery.outcome is not Outcome.SENT:
        logger.warning("outbox %s, try %s: %s %s", message.pk, message.attempts, message.state, message.error)


def _run(query: str, *values: int | list[str]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
