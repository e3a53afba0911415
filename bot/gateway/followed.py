"""Writing down what a turn asks about followed dossiers: follow this one, or no more. Actions only speak."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from bot import settings
from bot.gateway.models import Conversation, FollowedDossier
from bot.gateway.rasa_client import TurnResult
from bot.portal.following import FollowRequest, UnfollowRequest, next_look


def write(conversation: Conversation, result: TurnResult) -> None:
    """Inside the turn's transaction, so once a message; the caller holds the conversation's row."""
    if result.unfollow:
        _unfollow(conversation, result.unfollow)
    if result.follow:
        _follow(conversation, result.follow)


def _follow(conversation: Conversation, asked: FollowRequest) -> None:
    """A consent given again renews the consent; what was told before stays known, so nothing is told twice."""
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


def _unfollow(conversation: Conversation, asked: UnfollowRequest) -> None:
    wanted = FollowedDossier.objects.filter(conversation=conversation, ended_at=None)
    if asked.code:
        wanted = wanted.filter(code=asked.code)
    for row in wanted.order_by("pk").select_for_update(no_key=True):
        row.end(FollowedDossier.Why.ASKED, timezone.now())
        row.save()
