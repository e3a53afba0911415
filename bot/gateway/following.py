"""The poller: looks followed dossiers up, evenly over the hour, and tells what has moved.

A batch is claimed by moving ``next_poll_at`` on by a lease; no transaction is open while the portal is asked. What
comes back is written only where the lease still stands: news and what is remembered of it in one transaction, so a
poller killed anywhere tells everything once. docs/decisions/0014-following.md
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from typing import Literal

from bot import settings
from bot.gateway import database
from bot.settings import FOLLOWING_SHARE, Settings

database.set_up_django()

from django.db import InterfaceError, OperationalError, connection, transaction  # noqa: E402  # Django must be set up first
from django.utils import timezone  # noqa: E402

from bot.catalogue.live import LiveCatalogue  # noqa: E402
from bot.gateway import outbox  # noqa: E402
from bot.gateway.models import FollowedDossier  # noqa: E402
from bot.portal.answers import DossierTeller  # noqa: E402
from bot.portal.client import Portal, portal_of  # noqa: E402
from bot.portal.dossier import Dossier, DossierStatus, LookUp, Outcome  # noqa: E402
from bot.portal.following import (  # noqa: E402
    HOUR,
    KEPT_AFTER_RETURN,
    LONGEST_FOLLOWED,
    LONGEST_UNSEEN,
    State,
    doubtful,
    move_between,
    next_look,
    next_try,
    reminder_is_due,
    soon,
    state_of,
)
from bot.portal.live import LiveTables, Tables  # noqa: E402
from bot.portal.news import NewsTeller  # noqa: E402
from bot.portal.second_factor import SecondFactor  # noqa: E402

logger = logging.getLogger(__name__)

BATCH = 50
MOST_THREADS = 32
THREADS_PER_REQUEST = 1.5
"""Threads for each request a second: a look-up waits for its place in our own limit less than the 2 s allowed there."""
LEASE = timedelta(minutes=3)
LEASE_MARGIN_SECONDS = 30.0
"""A look-up is not begun in the last seconds of its lease: it must have ended before anybody else may begin one."""
POLL_SECONDS = 1.0
REST_SECONDS, LONGEST_REST_SECONDS = 30.0, 3600.0
TROUBLE = {Outcome.UPSTREAM_DOWN, Outcome.AUTH_EXPIRED, Outcome.CAPTCHA_REQUIRED, Outcome.RATE_LIMITED}
Why = FollowedDossier.Why
Asked = tuple[FollowedDossier, "Future[LookUp | None]"]


class Poller:
    """Looks due dossiers up until told to stop; several may run.

    ``hour`` is what counts as an hour between two looks, ``a_second`` how many requests the portal may get from here.
    """

    def __init__(
        self,
        portal: Portal,
        tables: Callable[[], Tables],
        news: Callable[[], NewsTeller],
        hour: timedelta = HOUR,
        a_second: float = 36.0,
        now: Callable[[], datetime] = timezone.now,
        today: Callable[[], date] = settings.today,
    ) -> None:
        self._portal, self._tables, self._news = portal, tables, news
        self._hour, self._now, self._today = hour, now, today
        threads = max(1, min(MOST_THREADS, int(a_second * THREADS_PER_REQUEST)))
        self._pool = ThreadPoolExecutor(threads, "look-up")
        self._stop = threading.Event()
        self._under_way: list[Asked] = []

    def run(self, bring_back_database: Callable[[], None] = lambda: None) -> None:
        """Works until ``stop``; then what has been looked up is written down, the rest is left to its lease."""
        while not self._stop.is_set():
            try:
                if not self.work():
                    self._stop.wait(POLL_SECONDS)
            except (OperationalError, InterfaceError) as error:  # all is rolled back; the lease brings it up again
                logger.error("the database failed: %s", type(error).__name__)
                connection.close()
                bring_back_database()
                self._stop.wait(POLL_SECONDS)
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._write([asked for asked in self._under_way if not asked[1].cancelled()])
        connection.close()

    def stop(self) -> None:
        self._stop.set()

    def work(self) -> bool:
        """Claims a batch and writes down the one before, whose look-ups ran meanwhile; False where nothing is left."""
        finished, self._under_way = self._under_way, []
        self._under_way = self._claim()
        rest = self._write(finished)
        if rest:
            logger.warning("the portal fails; the next look in %.0f s", rest)
            self._stop.wait(rest)
        return bool(finished or self._under_way)

    def _claim(self) -> list[Asked]:
        """Due dossiers that nobody else looks up, their look-ups begun."""
        now = self._now()
        with transaction.atomic():
            due = FollowedDossier.objects.filter(ended_at=None, next_poll_at__lte=now).order_by("next_poll_at")
            rows = list(due.select_for_update(skip_locked=True, no_key=True)[:BATCH])
            FollowedDossier.objects.filter(pk__in=[row.pk for row in rows]).update(next_poll_at=now + LEASE)
        until = time.monotonic() + LEASE.total_seconds() - LEASE_MARGIN_SECONDS
        for row in rows:
            row.next_poll_at = now + LEASE
        return [(row, self._pool.submit(self._look_up, row, until)) for row in rows]

    def _look_up(self, row: FollowedDossier, until: float) -> LookUp | None:
        if time.monotonic() > until:
            return None
        return self._portal.lookup(row.code, SecondFactor(row.digest, row.salt))

    def _write(self, batch: Sequence[Asked]) -> float:
        """Writes a batch down, what the citizen must act on first. Seconds for which the portal is left alone."""
        seen = [(row, found) for row, future in batch if (found := future.result()) is not None]
        for row, found in sorted(seen, key=lambda pair: self._rank(pair[1])):
            try:
                self._write_one(row, found)
            except (OperationalError, InterfaceError):
                raise
            except Exception as error:  # noqa: BLE001  # boundary of a dossier: one that cannot be told stops no other
                logger.error("followed dossier %s: %s", row.pk, type(error).__name__)
        if seen and all(found.outcome in TROUBLE for _, found in seen):
            asked = max(found.retry_after_seconds or 0 for _, found in seen)
            return min(max(REST_SECONDS, asked), LONGEST_REST_SECONDS)
        return 0.0

    def _rank(self, found: LookUp) -> int:
        known = self._tables().statuses.get(found.dossier.status) if found.dossier else None
        return known.push if known else 11

    @transaction.atomic
    def _write_one(self, claimed: FollowedDossier, found: LookUp) -> None:
        """What a look-up came to, unless the dossier was unfollowed or our lease has run out meanwhile."""
        ours = FollowedDossier.objects.filter(pk=claimed.pk, ended_at=None, next_poll_at=claimed.next_poll_at)
        row = ours.select_for_update(no_key=True).first()
        if row is None:
            return
        _wait_for_the_disk("off")  # a look that a crash of the machine takes away is made again
        if found.outcome is Outcome.FOUND and found.dossier:
            self._seen(row, found, found.dossier)
        else:
            self._missed(row, found)
        row.save()

    def _seen(self, row: FollowedDossier, found: LookUp, dossier: Dossier) -> None:
        """News, a doubt, or nothing new; a reminder; the end; and when to look again."""
        now, before, state = self._now(), _remembered(row), state_of(dossier)
        first = row.last_good_at is None
        move = move_between(before, state, first)
        row.failures, row.last_good_at = 0, now
        if move and doubtful(before, state) and row.doubted != state.mark:
            row.doubted = state.mark
            row.next_poll_at = soon(row.code, now, self._hour)
            return
        self._remember(row, state, now)
        nearly_over = self._reminds(row, dossier)
        if move:
            self._push(row, self._news().news(found, dossier, move), [self._news().stop_button(row.code)])
        elif nearly_over and not first:  # with the first look the citizen has just been told the day
            self._push(row, self._news().reminder(found, dossier), [self._news().stop_button(row.code)])
        row.next_poll_at = next_look(row.code, dossier.status, now, self._hour)
        self._end_in_time(row, now)

    @staticmethod
    def _remember(row: FollowedDossier, state: State, now: datetime) -> None:
        row.status, row.wording, row.doubted = state.status, state.wording, ""
        row.supplement = state.supplement or row.supplement
        row.due_on, row.as_of = state.due_on or row.due_on, state.as_of or row.as_of
        returned = state.status is DossierStatus.RETURNED
        row.returned_since = (row.returned_since or now) if returned else None

    def _reminds(self, row: FollowedDossier, dossier: Dossier) -> bool:
        """True once, where the time for papers is nearly over; news told now say the day themselves."""
        if dossier.status is not DossierStatus.SUPPLEMENT_REQUIRED or not dossier.supplements:
            return False
        until = dossier.supplements[0].until
        if (
            until is None
            or until == row.reminded_for
            or not reminder_is_due(until, self._today(), self._tables().calendar)
        ):
            return False
        row.reminded_for = until
        return True

    def _missed(self, row: FollowedDossier, found: LookUp) -> None:
        now = self._now()
        if now - (row.last_good_at or row.consented_at) > LONGEST_UNSEEN:
            self._end(row, Why.UNSEEN, now)
            return
        row.failures = min(row.failures + (found.outcome is not Outcome.RATE_LIMITED), 1000)
        row.next_poll_at = next_try(row.code, row.failures, now, self._hour)

    def _end_in_time(self, row: FollowedDossier, now: datetime) -> None:
        if row.returned_since and now - row.returned_since > KEPT_AFTER_RETURN:
            row.end(Why.RETURNED, now)
        elif now - row.consented_at > LONGEST_FOLLOWED:
            self._end(row, Why.YEAR, now)

    def _end(self, row: FollowedDossier, why: FollowedDossier.Why, now: datetime) -> None:
        """Ends and says so: nobody asked for it."""
        self._push(row, self._news().ended(row.code, why.value), [])
        row.end(why, now)

    @staticmethod
    def _push(row: FollowedDossier, text: str, buttons: list[dict[str, str]]) -> None:
        _wait_for_the_disk("on")  # what was shown must not be forgotten, or it is told twice
        outbox.push(row.conversation, text, buttons)


def _wait_for_the_disk(value: Literal["on", "off"]) -> None:
    """Whether the transaction's commit waits until it is on the disk."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL synchronous_commit TO {value}")


def _remembered(row: FollowedDossier) -> State:
    return State(DossierStatus(row.status), row.wording, row.supplement, row.due_on, row.as_of)


def poller_of(known: Settings) -> Poller:
    """The poller that the settings name. The catalogue is loaded when there is first something to tell."""
    tables = LiveTables(known.data)

    @cache
    def live() -> LiveCatalogue:
        return LiveCatalogue.of(known)

    def news() -> NewsTeller:
        catalogue, now = live().current(), tables.current()
        return NewsTeller(catalogue.phrases, DossierTeller(catalogue, now.statuses, now.calendar, settings.today()))

    uncached = replace(known, portal_cache_seconds=0.0)
    portal = portal_of(uncached, tables.status_of, share=FOLLOWING_SHARE)
    hour, a_second = timedelta(seconds=known.follow_seconds), known.portal_a_second * FOLLOWING_SHARE
    return Poller(portal, tables.current, news, hour, a_second)


def main() -> None:
    """The following process."""
    known = settings.load()
    database.ensure(known)
    FollowedDossier.objects.exists()  # fails here, once and clearly, where the tables are missing
    poller = poller_of(known)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: poller.stop())

    def bring_back_database() -> None:
        try:
            database.ensure(known)
        except database.DatabaseError as error:
            logger.error("%s", error)

    poller.run(bring_back_database)


if __name__ == "__main__":
    main()
