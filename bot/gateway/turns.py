"""Writing a turn down in one transaction: record, replies, what staff must see, what is followed, the message done."""

from __future__ import annotations

from django.utils import timezone

from bot.gateway import followed
from bot.gateway.models import InboxMessage, OutboxMessage, Turn, UnansweredQuestion
from bot.gateway.outbox import PULLED
from bot.gateway.rasa_client import TurnResult

FOR_STAFF = {"not_covered", "not_understood", "stale", "error", "handoff"}


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
    followed.write(message.conversation, result)
    message.state = InboxMessage.State.DONE
    message.save(update_fields=["state"])
    return turn
