"""Writing a turn down in one transaction: record, replies, what staff must see, what is followed, the message done."""

from __future__ import annotations

from django.utils import timezone

from bot.gateway import deletion, feedback, followed, memory, outbox
from bot.gateway.models import Conversation, InboxMessage, OutboxMessage, Turn, UnansweredQuestion
from bot.gateway.rasa_client import TurnResult

FOR_STAFF = {"not_covered", "not_understood", "stale", "error", "handoff"}


def write(message: InboxMessage, result: TurnResult) -> Turn:
    """Writes a turn; the caller holds the transaction and the conversation's row."""
    record, conversation = result.record, message.conversation
    replies = memory.with_notice(conversation, result)
    if result.delete:
        deletion.delete_all(conversation)
    if result.memory:
        memory.write(conversation, result.memory)
    turn = Turn.objects.create(
        message=message, status=record.status, procedures=record.procedures, candidates=record.candidates,
        aspects=record.aspects, reason=record.reason, confidence=record.confidence,
    )  # fmt: skip
    outbox.put(
        OutboxMessage(conversation=conversation, turn=turn, position=position, text=reply.text, buttons=reply.buttons)
        for position, reply in enumerate(feedback.with_buttons(turn, replies))
    )
    if record.status in FOR_STAFF:
        UnansweredQuestion.objects.create(turn=turn, text=message.text, status=record.status)
    followed.write(conversation, result)
    _reachable(conversation, True)
    _done(message)
    return turn


def left(message: InboxMessage) -> None:
    """Somebody told the messenger that they take nothing from us any more; the caller holds as in ``write``."""
    _reachable(message.conversation, False)
    _done(message)


def _reachable(conversation: Conversation, yes: bool) -> None:
    """Who writes is reachable again. Written only where it changes, and under the row that the caller holds."""
    if yes == bool(conversation.unreachable_at):
        conversation.unreachable_at = None if yes else timezone.now()
        conversation.save(update_fields=["unreachable_at"])


def _done(message: InboxMessage) -> None:
    """Nothing leads to a photo or a voice message any more."""
    message.state, message.media = InboxMessage.State.DONE, ""
    message.save(update_fields=["state", "text", "payload", "media"])
