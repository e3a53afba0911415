"""How a portal is spared: at most N requests a second, and none for a while when it is down or asks for a rest."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bot.portal.dossier import Outcome

LOG = logging.getLogger(__name__)
LONGEST_REST = 3600.0
"""Seconds. A portal that asks to be left alone for longer is asked again after an hour all the same."""
PROBLEMS = {Outcome.UPSTREAM_DOWN, Outcome.AUTH_EXPIRED, Outcome.CAPTCHA_REQUIRED}


class Failure(Exception):
    """A look-up that ended without the portal's data.

    The message is for the log: it holds nothing of the reply and no code. ``of_all``: the portal itself fails, not
    only this dossier's reply. ``may_pass``: asking once more may help.
    """

    def __init__(
        self,
        outcome: Outcome,
        why: str,
        retry_after_seconds: int | None = None,
        *,
        of_all: bool = True,
        may_pass: bool = False,
    ) -> None:
        super().__init__(why)
        self.outcome, self.retry_after_seconds = outcome, retry_after_seconds
        self.of_all, self.may_pass = of_all, may_pass


class LeftAlone(Failure):
    """Nobody was asked: the portal rests."""


class Pace:
    """At most ``a_second`` requests a second, evenly spaced; for all threads of this process."""

    def __init__(
        self,
        a_second: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._gap, self._clock, self._sleep = 1 / a_second, clock, sleep
        self._lock = threading.Lock()
        self._next = clock()

    def wait(self, longest: float) -> None:
        """Waits for a place, at most ``longest`` seconds. Raises Failure (RATE_LIMITED) where that is too short."""
        with self._lock:
            now = self._clock()
            wait = max(0.0, self._next - now)
            if wait > longest:
                raise Failure(Outcome.RATE_LIMITED, "our own limit of requests a second", math.ceil(wait), of_all=False)
            self._next = max(self._next, now) + self._gap
        if wait:
            self._sleep(wait)


class Breaker:
    """A circuit breaker. Closed: all pass. Open, after ``failures`` in a row: none, for ``rest_seconds``. Then one may
    try; it closes the breaker or opens it again. A portal that says 429 is left alone for as long as it asks.
    """

    def __init__(
        self, failures: int = 5, rest_seconds: float = 30.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most, self._rest, self._clock = failures, rest_seconds, clock
        self._lock = threading.Lock()
        self._failed = 0
        self._open_until = self._resting_until = clock()
        self._trying = False
        self._last = Outcome.UPSTREAM_DOWN

    @contextmanager
    def watching(self) -> Iterator[None]:
        """One look-up. Raises Failure at once while it is open; else passes on what the look-up raises."""
        trying = self._enter()
        try:
            yield
        except Failure as failure:
            self._failure(failure)
            raise
        else:
            self._success()
        finally:
            if trying:
                with self._lock:
                    self._trying = False

    def _enter(self) -> bool:
        """Whether this is the one that tries whether the portal is back."""
        with self._lock:
            now = self._clock()
            if now < self._resting_until:
                wait = math.ceil(self._resting_until - now)
                raise LeftAlone(Outcome.RATE_LIMITED, "the portal asked to be left alone", wait)
            if self._failed < self._most:
                return False
            if now < self._open_until or self._trying:
                raise LeftAlone(self._last, "failures in a row")
            self._trying = True
            return True

    def _failure(self, failure: Failure) -> None:
        with self._lock:
            now = self._clock()
            if failure.outcome in PROBLEMS and failure.of_all:
                self._failed += 1
                self._last = failure.outcome
                self._open_until = now + self._rest
                if self._failed >= self._most:
                    LOG.error("left alone for %g s: %d failures in a row (%s)", self._rest, self._failed, failure)
            elif failure.outcome is Outcome.RATE_LIMITED:
                if failure.of_all:
                    rest = min(float(failure.retry_after_seconds or 0), LONGEST_REST)
                    self._resting_until = max(self._resting_until, now + rest)
            else:
                self._failed = 0

    def _success(self) -> None:
        with self._lock:
            self._failed = 0
