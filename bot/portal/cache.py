"""What was found a short while ago, so that a question asked twice is one request. In memory only, and bounded.

Kept are dossiers that the right second factor opened, under a digest of code and factor, without the owner. Nothing is
kept of a refusal or a failure: a second look must not be quicker or slower for a dossier that exists.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace

from bot.portal.dossier import LookUp, Outcome
from bot.portal.second_factor import SecondFactor

LONGEST_SECONDS = 600.0
MOST = 1000


class Cache:
    """``seconds``: how long a look-up is kept, at most ten minutes."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock = min(seconds, LONGEST_SECONDS), clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[float, LookUp]] = OrderedDict()

    def get(self, code: str, factor: SecondFactor) -> LookUp | None:
        """The look-up kept, marked ``from_cache``, with the moment at which the portal was really asked."""
        with self._lock:
            until, kept = self._kept.get(_key(code, factor), (0.0, None))
            return kept if kept and self._clock() < until else None

    def keep(self, code: str, factor: SecondFactor, found: LookUp) -> None:
        if found.outcome is not Outcome.FOUND or found.dossier is None:
            return
        kept = replace(found, dossier=replace(found.dossier, owner_masked=""), from_cache=True)
        with self._lock:
            self._kept[_key(code, factor)] = (self._clock() + self._seconds, kept)
            self._kept.move_to_end(_key(code, factor))
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)


def _key(code: str, factor: SecondFactor) -> str:
    return hashlib.sha256(f"{code}|{factor.salt}|{factor.digest}".encode()).hexdigest()
