"""Deleting all that is kept of a conversation, as the person wishes. What stays: that it was asked, and proofs."""

from __future__ import annotations

from django.db import connection

from bot.consent import MEMORY
from bot.gateway import audit, memory
from bot.gateway.models import Conversation, InboxMessage, OutboxMessage, Turn

CITIZEN = "citizen"
BLANK = {"text": "", "payload": "", "media": ""}


def delete_all(conversation: Conversation) -> None:
    """Everything up to now; the caller holds the transaction and the conversation's row, and writes the reply after.

    Messages worked out leave their id behind, so that one told again is not answered again; the nightly job takes it.
    What still waits in the inbox came later than the wish, and is worked out.
    """
    counts = {
        "messages": conversation.inbox.filter(state=InboxMessage.State.DONE).update(**BLANK),
        "turns": Turn.objects.filter(message__conversation=conversation).delete()[1].get("gateway.Turn", 0),
        "news": OutboxMessage.objects.filter(conversation=conversation).delete()[0],
        "followed": conversation.followed.all().delete()[0],
    }
    forget_talk(conversation)
    memory.prove(conversation, MEMORY, agreed=False)
    audit.record(CITIZEN, "delete_my_data", memory.person_of(conversation), counts)
    conversation.memory, conversation.noticed_at = Conversation.Memory.UNASKED, None
    conversation.save(update_fields=["memory", "noticed_at"])


def forget_talk(conversation: Conversation) -> None:
    """What Rasa remembers of the conversation (bot.engine.tracker_store), where it ever had one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('rasa_tracker') IS NOT NULL")
        if cursor.fetchone() == (True,):
            cursor.execute("DELETE FROM rasa_tracker WHERE sender_id = %s", [conversation.sender])
