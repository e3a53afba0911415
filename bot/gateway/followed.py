"""Writing down what a turn asks about followed dossiers: follow this one, or no more. Actions only speak."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from bot import settings
from bot.consent import FOLLOWING
from bot.gateway import memory
from bot.gateway.models import Conversation, FollowedDossier, OutboxMessage
from bot.gateway.rasa_client import TurnResult
from bot.gateway.sentences import say
from bot.portal.following import FollowRequest, UnfollowRequest, next_look

MOST_FOLLOWED = 20
"""Dossiers that one conversation may follow at a time: a family's, or a volunteer's day; not a list of strangers."""


def write(conversation: Conversation, result: TurnResult) -> None:
    """Inside the turn's transaction, so once a message; the caller holds the conversation's row."""
    if result.unfollow:
        _unfollow(conversation, result.unfollow)
    if result.follow:
        _follow(conversation, result.follow)


def _follow(conversation: Conversation, asked: FollowRequest) -> None:
    """A consent given again renews the consent; what was told before stays known, so nothing is told twice."""
    others = FollowedDossier.objects.filter(conversation=conversation, ended_at=None).exclude(code=asked.code)
    if others.count() >= MOST_FOLLOWED:
        _take_back(conversation, say("utter_follow_full", code=asked.code, count=MOST_FOLLOWED))
        return
    now = timezone.now()
    consent = {
        "digest": asked.factor.digest, "salt": asked.factor.salt, "consent_text": asked.consent_text,
        "consented_at": now,
    }  # fmt: skip
    hour = timedelta(seconds=settings.load().follow_seconds)
    first = {"status": asked.status, "next_poll_at": next_look(asked.code, asked.status, now, hour)}
    FollowedDossier.objects.update_or_create(
        conversation=conversation, code=asked.code, ended_at=None, defaults=consent, create_defaults=consent | first
    )
    memory.prove(conversation, FOLLOWING, True, asked.consent_text)


def _take_back(conversation: Conversation, instead: str) -> None:
    """This turn's words have promised to follow; how many are followed is known only here. None was handed over yet."""
    said = OutboxMessage.objects.filter(conversation=conversation).exclude(turn=None).latest("pk")
    said.text = instead
    said.save(update_fields=["text"])


def _unfollow(conversation: Conversation, asked: UnfollowRequest) -> None:
    wanted = FollowedDossier.objects.filter(conversation=conversation, ended_at=None)
    if asked.code:
        wanted = wanted.filter(code=asked.code)
    rows = list(wanted.order_by("pk").select_for_update(no_key=True))
    for row in rows:
        row.end(FollowedDossier.Why.ASKED, timezone.now())
        row.save()
    if rows and not asked.code:
        memory.prove(conversation, FOLLOWING, False, rows[-1].consent_text)
