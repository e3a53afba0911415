"""The one way to a dossier's status: ``Portal.lookup``. Every failure is an outcome; nothing is raised.

Without a second factor no request is made at all, so neither the answer nor its time says whether a dossier exists.
The factor is compared here, once for all systems, before anything else of the reply is used.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Protocol

from bot import settings
from bot.language.codes import find_dossier_codes
from bot.portal.cache import Cache
from bot.portal.deadline import Deadline
from bot.portal.dossier import LookUp, Outcome, Source
from bot.portal.fields import Candidate
from bot.portal.igate import IGate, StatusOf
from bot.portal.manual import Manual
from bot.portal.ngsp import Ngsp
from bot.portal.pace import Breaker, Failure, LeftAlone, Pace
from bot.portal.second_factor import SecondFactor, key_of
from bot.portal.transport import TOTAL_SECONDS, Transport

LOG = logging.getLogger(__name__)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


class Portal(Protocol):
    """What everybody else uses. A look-up takes at most about 8 seconds and never raises."""

    def lookup(self, code: str, second_factor: SecondFactor | None = None) -> LookUp:
        """The dossier with this code, for somebody who knows the last four digits of its phone."""
        ...


class Adapter(Protocol):
    """One system's contract."""

    @property
    def source(self) -> Source: ...

    def fetch(self, code: str, deadline: Deadline) -> list[Candidate]:
        """The dossiers of a code in its normal form. Raises Failure, nothing else."""
        ...


class Client:
    """A portal behind an adapter. Safe for threads. ``key``: of the second factor's digests (``key_of``)."""

    def __init__(
        self,
        adapter: Adapter,
        key: bytes,
        breaker: Breaker,
        cache: Cache | None = None,
        now: Callable[[], datetime] = settings.now,
        total_seconds: float = TOTAL_SECONDS,
    ) -> None:
        self._adapter, self._key, self._breaker, self._cache = adapter, key, breaker, cache
        self._now, self._total = now, total_seconds

    def lookup(self, code: str, second_factor: SecondFactor | None = None) -> LookUp:
        if second_factor is None:
            return self._ended(Outcome.NEED_VERIFY)
        normal = _one_code(code)
        if normal is None:
            return self._ended(Outcome.NOT_FOUND)
        kept = self._cache.get(normal, second_factor) if self._cache else None
        if kept is not None:
            return kept
        begun = time.monotonic()
        looked_up = self._asked(normal, second_factor)
        LOG.debug("%s: %s in %.2f s", self._named(normal), looked_up.outcome.value, time.monotonic() - begun)
        if self._cache:
            self._cache.keep(normal, second_factor, looked_up)
        return looked_up

    def _asked(self, code: str, second_factor: SecondFactor) -> LookUp:
        try:
            with self._breaker.watching():
                found = self._adapter.fetch(code, Deadline(self._total))
        except Failure as failure:
            LOG.log(_level(failure), "%s: %s", self._named(code), failure)
            return self._ended(failure.outcome, failure.retry_after_seconds)
        if not found:
            return self._ended(Outcome.NOT_FOUND)
        if len(found) > 1:
            LOG.warning("%s: %d dossiers with this code", self._named(code), len(found))
        newest = max(found, key=lambda candidate: candidate.updated or EARLIEST)
        if not second_factor.matches(newest.phone, self._key):
            return self._ended(Outcome.NEED_VERIFY)
        return LookUp(Outcome.FOUND, self._adapter.source, self._now(), newest.dossier)

    def _ended(self, outcome: Outcome, retry_after_seconds: int | None = None) -> LookUp:
        return LookUp(outcome, self._adapter.source, self._now(), retry_after_seconds=retry_after_seconds)

    def _named(self, code: str) -> str:
        """System and code as a log may hold them: ``igate H19.12-…0007``."""
        return f"{self._adapter.source.value} {code.split('-')[0]}-…{code[-4:]}"


def _level(failure: Failure) -> int:
    """How loudly a failure is told: staff must act on a refused access, on a lasting failure the breaker tells."""
    if isinstance(failure, LeftAlone) or failure.outcome is Outcome.NOT_FOUND:
        return logging.DEBUG
    return logging.ERROR if failure.outcome is Outcome.AUTH_EXPIRED else logging.WARNING


def _one_code(text: str) -> str | None:
    """The code that a text is, None for any other text: identity numbers and phones are never sent."""
    found = find_dossier_codes(text)
    return found[0].value if len(found) == 1 and text.strip() == text[found[0].start : found[0].end] else None


def portal_of(
    known: settings.Settings,
    status_of: StatusOf,
    headers: Mapping[str, str] | None = None,
    share: float = 1 - settings.FOLLOWING_SHARE,
) -> Portal:
    """The portal that the settings name; the official page where nobody could be shown to be the right person.

    ``headers`` go with every request (the fault matrix needs one). ``status_of`` reads an installation's status ids
    and names; the national ten are known without it. ``share``: this process's part of the requests a second that all
    may make; what is left when dossiers are followed, if not told.
    """
    if not known.portal_can_verify:
        return Manual()
    transport = Transport(Pace(known.portal_a_second * share), headers)
    where = (transport, known.portal_url, known.portal_token_url, known.portal_client, known.portal_secret, status_of)
    adapter = IGate(*where) if known.portal == "igate" else Ngsp(*where, known.portal_unit, known.portal_dstcode)
    breaker = Breaker(known.portal_failures, known.portal_rest_seconds)
    return Client(
        adapter, key_of(settings.secret_key(known.var / "secret_key")), breaker, Cache(known.portal_cache_seconds)
    )
