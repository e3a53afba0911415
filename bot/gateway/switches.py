"""Switching a channel off and on. While it is off nothing reaches Rasa, and citizens are told so; news wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from bot.gateway import audit
from bot.gateway.models import ChannelSwitch, InboxMessage, Turn
from bot.gateway.rasa_client import Reply, TurnResult
from bot.gateway.sentences import say
from bot.turn import TurnRecord

CHANNELS = ("web", "zalo", "telegram")
OFF = TurnRecord("error", reason="channel_off", confidence=0.0)
TOLD_AGAIN = timedelta(hours=1)
LONGEST_TEXT = 500


class SwitchError(ValueError):
    """A switch that cannot be thrown; says why."""


@dataclass(frozen=True)
class Switch:
    """A channel now. ``text``: what citizens read while it is off."""

    channel: str
    off_since: datetime | None
    text: str


def switches() -> list[Switch]:
    """Every channel of citizens, in a fixed order."""
    thrown = {row.channel: row for row in ChannelSwitch.objects.all()}
    return [
        Switch(channel, row.off_since, row.text) if (row := thrown.get(channel)) else Switch(channel, None, "")
        for channel in CHANNELS
    ]


@transaction.atomic
def switch_off(channel: str, who: str, text: str = "") -> None:
    """Off, or off with another text; without one a standing sentence is said. Raises SwitchError."""
    _check(channel, who)
    if len(text) > LONGEST_TEXT:
        raise SwitchError(f"the text has {len(text)} characters; at most {LONGEST_TEXT} are read")
    row, _ = ChannelSwitch.objects.select_for_update().get_or_create(channel=channel)
    row.off_since, row.text = row.off_since or timezone.now(), text
    row.save()
    audit.record(who, "channel_off", channel, {"text": text})


@transaction.atomic
def switch_on(channel: str, who: str) -> None:
    """On again; news that waited are sent. Raises SwitchError, also for a channel that is on."""
    _check(channel, who)
    if not ChannelSwitch.objects.filter(channel=channel, off_since__isnull=False).update(off_since=None):
        raise SwitchError(f"{channel} is on already")
    audit.record(who, "channel_on", channel)


def told_while_off(channel: str) -> str:
    """What citizens read of a channel that is off; empty where it is on."""
    row = ChannelSwitch.objects.filter(channel=channel, off_since__isnull=False).first()
    return (row.text or say("utter_channel_off")) if row else ""


def answer(message: InboxMessage) -> TurnResult | None:
    """The turn of a message on a channel that is off, None on one that is on. Nobody is told twice within an hour.

    The caller holds the conversation's row.
    """
    text = told_while_off(message.conversation.channel)
    if not text:
        return None
    since = timezone.now() - TOLD_AGAIN
    turns = Turn.objects.filter(message__conversation=message.conversation, reason=OFF.reason, created_at__gt=since)
    return TurnResult([] if turns.filter(replies__isnull=False).exists() else [Reply(text, [])], OFF)


def _check(channel: str, who: str) -> None:
    if channel not in CHANNELS:
        raise SwitchError(f"there is no channel {channel!r}; there are {', '.join(CHANNELS)}")
    if not who.strip():
        raise SwitchError("say who throws the switch")
