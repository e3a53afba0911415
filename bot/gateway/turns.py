"""Writing a turn down: record, replies, what staff must see, and the message done; all in one transaction."""

from __future__ import annotations

from django.utils import timezone

from bot.gateway.models import InboxMessage, OutboxMessage, Turn, UnansweredQuestion
from bot.gateway.rasa_client import TurnResult

FOR_STAFF = {"not_covered", "not_understood", "stale", "error", "handoff"}
PULLED = {"web", "cli"}
"""Channels whose readers fetch their replies: a reply is handed over when it is written."""


def write(message: InboxMessage, result: TurnResult) -> Turn:
    """Writes a turn; the caller holds the transaction and the conversation's row."""
    record = result.record
    turn = Turn.objects.create(
        message=message, status=record.status, procedures=record.procedures, candidates=record.candidates,
        aspects=record.aspects, reason=record.reason, confidence=record.confidence,
    )  # fmt: skip
    pulled = message.conversation.channel in PULLED
    OutboxMessage.objects.bulk_create(
        OutboxMessage(
            conversation=message.conversation, turn=turn, position=position, text=reply.text, buttons=reply.buttons,
            state=OutboxMessage.State.SENT if pulled else OutboxMessage.State.WAITING, next_try_at=timezone.now(),
        )
        for position, reply in enumerate(result.replies)
    )  # fmt: skip
    if record.status in FOR_STAFF:
        UnansweredQuestion.objects.create(turn=turn, text=message.text, status=record.status)
    message.state = InboxMessage.State.DONE
    message.save(update_fields=["state"])
    return turn
