"""Messages that did not go out, or may not have: staff see them, and may send one again. Nothing does so by itself."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from bot.gateway import audit
from bot.gateway.models import OutboxMessage
from bot.gateway.outbox import SEND_LOCK, WAKE

S = OutboxMessage.State
STATES = (S.FAILED, S.UNKNOWN, S.TEMPLATE)


class ResendError(ValueError):
    """A message that cannot be sent again; says why."""


def dead_letters(state: str = "") -> QuerySet[OutboxMessage]:
    """The newest last; all of them, or those of one state. Raises ResendError for a state that is none."""
    if state and state not in STATES:
        raise ResendError(f"there is no state {state!r}; there are {', '.join(STATES)}")
    chosen = [state] if state else STATES
    return OutboxMessage.objects.filter(state__in=chosen).select_related("conversation").order_by("pk")


def resend(ids: Iterable[int], who: str) -> int:
    """Puts messages back to be sent, each once, all or none; how many. Raises ResendError.

    One whose outcome is unknown may reach the citizen twice by this: that is for a person to decide, and is audited.
    """
    if not who.strip():
        raise ResendError("say who sends it again")
    wanted = sorted(set(ids))
    with transaction.atomic():
        for pk in wanted:
            _put_back(pk, who)
        with connection.cursor() as cursor:
            cursor.execute(f"NOTIFY {WAKE}")
    return len(wanted)


def _put_back(pk: int, who: str) -> None:
    found = OutboxMessage.objects.filter(pk=pk).values_list("conversation_id", flat=True).first()
    if found is None:
        raise ResendError(f"there is no message {pk}")
    with connection.cursor() as cursor:  # one that is being sent just now reads as unknown: its sender ends first
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [SEND_LOCK, found % 2**31])
    message = OutboxMessage.objects.select_for_update().get(pk=pk)
    if message.state not in STATES:
        raise ResendError(f"message {pk} is {message.state}; only {', '.join(STATES)} are sent again")
    detail = {"was": str(message.state), "error": message.error}
    message.state, message.attempts, message.next_try_at, message.error = S.WAITING, 0, timezone.now(), ""
    message.unknown_since = None
    message.save(update_fields=["state", "attempts", "next_try_at", "error", "unknown_since"])
    audit.record(who, "outbox_resend", str(pk), detail)
