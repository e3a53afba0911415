"""Whether a person is remembered: told at the first contact, asked plainly, chosen by them, and proved.

Until they choose they are not remembered, and everything works all the same. docs/decisions/0019-memory.md
"""

from __future__ import annotations

import functools
import hashlib
import hmac

from django.utils import timezone

from bot import settings
from bot.consent import FOLLOWING, MEMORY, NOTICE_TEXT, MemoryChoice, choices
from bot.gateway.models import ConsentProof, Conversation
from bot.gateway.rasa_client import Reply, TurnResult
from bot.gateway.sentences import say

NOTICED = frozenset({"web", "zalo", "telegram"})
"""Channels of citizens; the terminal is the operator's own."""
PURPOSE = b"motcua: who consented"


def with_notice(conversation: Conversation, result: TurnResult) -> list[Reply]:
    """The turn's replies, at the first contact the notice before them. The caller holds the conversation's row."""
    first = conversation.noticed_at is None and conversation.channel in NOTICED
    if not first or not result.replies or result.record.reason == "channel_off":
        return result.replies
    conversation.noticed_at = timezone.now()
    conversation.save(update_fields=["noticed_at"])
    return [notice(), *result.replies]


def notice() -> Reply:
    """Who runs this, what is kept, and the two choices, neither taken beforehand."""
    titles = say("utter_notice_agree"), say("utter_notice_refuse")
    buttons = [{"title": title, "payload": payload} for title, payload in zip(titles, choices(), strict=True)]
    return Reply(say("utter_notice", operator=settings.load().operator), buttons)


def write(conversation: Conversation, choice: MemoryChoice) -> None:
    """What the person chose, with its proof; inside the turn's transaction, so once a message."""
    conversation.memory = Conversation.Memory.AGREED if choice.agreed else Conversation.Memory.REFUSED
    conversation.save(update_fields=["memory"])
    prove(conversation, MEMORY, choice.agreed, choice.text)


def prove(conversation: Conversation, purpose: str, agreed: bool, text: str = NOTICE_TEXT) -> None:
    """Writes down that this person chose so, ``text`` being the version of the words. The caller's transaction."""
    assert purpose in (MEMORY, FOLLOWING)
    ConsentProof.objects.create(
        person=person_of(conversation), purpose=purpose, agreed=agreed, text_version=text, at=timezone.now()
    )


def person_of(conversation: Conversation) -> str:
    """Who this is, as 64 letters that lead to nobody without the installation's secret."""
    return hmac.new(_key(), conversation.sender.encode(), hashlib.sha256).hexdigest()


@functools.cache
def _key() -> bytes:
    secret = settings.secret_key(settings.load().var / "secret_key")
    return hmac.new(secret.encode(), PURPOSE, hashlib.sha256).digest()
