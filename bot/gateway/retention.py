"""What is kept no longer: texts of whoever is not remembered after an hour, of everybody after 30 days.

A turn record stays for statistics, without text and parted from the person: it moves to a conversation that is
nobody's. All goes in small transactions, so a run that is killed is gone on with by the next one.
docs/decisions/0019-memory.md
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.utils import timezone

from bot.gateway.deletion import BLANK, forget_talk
from bot.gateway.models import (
    ConsentProof,
    Conversation,
    FollowedDossier,
    InboxMessage,
    OutboxMessage,
    Turn,
    UnansweredQuestion,
)

logger = logging.getLogger(__name__)

UNREMEMBERED = timedelta(hours=1)
"""After the last message of a conversation: it is over by then."""
REMEMBERED = timedelta(days=30)
IDS, WINDOW = timedelta(hours=72), timedelta(days=8)
"""Messengers tell a message again for 48 hours at most: so long its id must be known. Where a dossier is followed, the
day of the last message says for a week whether news may be sent."""
PROOFS = timedelta(days=730)
BATCH = 500
LOCK = 5_170_005
BY_THE_HOUR, BY_NIGHT = 1, 2
NOBODY = ""
"""The key of the conversation that turns without a person belong to; no person can have it."""
WAITING = InboxMessage.State.WAITING
OLD_TALKS = """
    DELETE FROM rasa_tracker WHERE sender_id IN (
        SELECT sender_id FROM rasa_tracker t WHERE saved_at < %(before)s OR EXISTS (
            SELECT 1 FROM json_array_elements(t.events::json) e
            WHERE e ->> 'event' = 'user' AND (e ->> 'timestamp')::float < extract(epoch FROM %(before)s::timestamptz))
        LIMIT %(batch)s)"""
"""A talk that goes on is forgotten too once it holds a message too old."""


def forget_unremembered(now: datetime | None = None) -> int:
    """Forgets the talks of those who did not agree to be remembered, an hour after the last message; how many."""
    before = (now or timezone.now()) - UNREMEMBERED
    with _alone(BY_THE_HOUR) as ours:
        if not ours:
            return 0
        forgotten = sum(_forget(pk, before) for pk in list(_over(before).values_list("pk", flat=True)))
    if forgotten:
        logger.info("%s talks of people who are not remembered are forgotten", forgotten)
    return forgotten


def forget_old(now: datetime | None = None) -> dict[str, int]:
    """The nightly work: what is older than it may be kept; how many rows of each kind."""
    now = now or timezone.now()
    with _alone(BY_NIGHT) as ours:
        if not ours:
            return {}
        old = now - REMEMBERED
        done = {
            "messages": _again(lambda: _forget_messages(old)),
            "replies": _delete(OutboxMessage.objects.filter(created_at__lt=old)),
            "unanswered": _delete(UnansweredQuestion.objects.filter(created_at__lt=old)),
            "talks": _forget_old_talks(old),
            "followed": _delete(FollowedDossier.objects.filter(ended_at__lt=old)),
            "ids": _delete(_bare(now)),
            "conversations": _delete(_empty().filter(created_at__lt=now - IDS)),
            "proofs": _delete(ConsentProof.objects.filter(at__lt=now - PROOFS)),
        }
    logger.info("forgotten: %s", ", ".join(f"{count} {what}" for what, count in done.items()))
    return done


@contextmanager
def _alone(work: int) -> Iterator[bool]:
    """True where nobody else does this work now, as long as the block lasts; a killed process holds nothing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK, work])
        ours = cursor.fetchone() == (True,)
    try:
        yield ours
    finally:
        if ours:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK, work])


def _over(before: datetime) -> QuerySet[Conversation]:
    """Conversations of people who are not remembered, quiet since ``before``, with something to forget."""
    inbox = InboxMessage.objects.filter(conversation=OuterRef("pk"))
    going_on = inbox.filter(Q(received_at__gte=before) | Q(state=WAITING))
    kept = inbox.filter(~Q(**BLANK) | Q(turn__isnull=False))
    people = Conversation.objects.exclude(memory=Conversation.Memory.AGREED).exclude(key=NOBODY)
    return people.filter(Exists(kept) & ~Exists(going_on))


@transaction.atomic
def _forget(pk: int, before: datetime) -> bool:
    """One conversation, unless it goes on meanwhile. Replies that still wait are left for the next run."""
    conversation = _over(before).filter(pk=pk).select_for_update(skip_locked=True, no_key=True).first()
    if conversation is None:
        return False
    turns = Turn.objects.filter(message__conversation=conversation)
    turns = turns.exclude(replies__state=OutboxMessage.State.WAITING)
    _part_from_person(list(turns.select_related("message__conversation")))
    conversation.inbox.filter(state=InboxMessage.State.DONE, turn=None).update(**BLANK)
    forget_talk(conversation)
    return True


@transaction.atomic
def _forget_messages(before: datetime) -> int:
    """A batch of messages worked out and received before."""
    old = InboxMessage.objects.filter(state=InboxMessage.State.DONE, received_at__lt=before)
    old = old.exclude(conversation__key=NOBODY).filter(~Q(**BLANK) | Q(turn__isnull=False))
    batch = list(old.order_by("pk").values_list("pk", flat=True)[:BATCH])
    _part_from_person(list(Turn.objects.filter(message__in=batch).select_related("message__conversation")))
    InboxMessage.objects.filter(pk__in=batch).update(**BLANK)
    return len(batch)


def _part_from_person(turns: list[Turn]) -> None:
    """Moves turn records, and what staff must see of them, to nobody's conversation; their replies are deleted."""
    OutboxMessage.objects.filter(turn__in=turns).delete()
    channels = {turn.message.conversation.channel for turn in turns}
    nobody = {c: Conversation.objects.get_or_create(channel=c, key=NOBODY)[0] for c in channels}
    for turn in turns:
        message = turn.message
        turn.message = InboxMessage.objects.create(
            conversation=nobody[message.conversation.channel], message_id=uuid.uuid4().hex, kind=message.kind,
            state=InboxMessage.State.DONE,
        )  # fmt: skip
    Turn.objects.bulk_update(turns, ["message"])


def _bare(now: datetime) -> QuerySet[InboxMessage]:
    """Messages worked out that nothing refers to, and that are not told again."""
    quiet = Q(received_at__lt=now - WINDOW) | Q(received_at__lt=now - IDS, conversation__followed=None)
    return InboxMessage.objects.filter(quiet, state=InboxMessage.State.DONE, turn=None)


def _empty() -> QuerySet[Conversation]:
    """Conversations of people who chose nothing and left nothing."""
    nothing = {"inbox": None, "outbox": None, "followed": None}
    return Conversation.objects.filter(memory=Conversation.Memory.UNASKED, **nothing).exclude(key=NOBODY)


def _forget_old_talks(before: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('rasa_tracker') IS NOT NULL")
        if cursor.fetchone() != (True,):
            return 0

        def batch() -> int:
            cursor.execute(OLD_TALKS, {"before": before, "batch": BATCH})
            return int(cursor.rowcount)

        return _again(batch)


def _delete(rows: QuerySet[Model]) -> int:
    """Deletes rows in batches."""

    def batch() -> int:
        some = list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH])
        rows.model._default_manager.filter(pk__in=some).delete()
        return len(some)

    return _again(batch)


def _again(batch: Callable[[], int]) -> int:
    """Until nothing is left; how many in all."""
    total = 0
    while done := batch():
        total += done
    return total
