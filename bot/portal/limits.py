"""Guessing must not pay: codes are sequential, and four digits are only ten thousand.

An attempt is a look-up with a second factor. It is written down before the portal is asked and taken back when it was
right or the portal failed, so that attempts made at once count too. What remains is a miss: wrong digits, or no such
dossier; both count alike, or the block would tell them apart. Senders and codes are kept as keyed digests.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import math
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from bot.portal.client import Portal
from bot.portal.dossier import LookUp, Outcome, Source
from bot.portal.second_factor import SecondFactor

LOG = logging.getLogger(__name__)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MISSES = {Outcome.NEED_VERIFY, Outcome.NOT_FOUND}


@dataclass(frozen=True)
class Limits:
    """Misses that are allowed within a window; the next attempt waits until the oldest has left it."""

    pair_a_day: int = 3
    """One sender, one code: as the reference has it."""
    sender_an_hour: int = 6
    sender_a_day: int = 20
    code_a_day: int = 10
    """One code, all senders: of ten thousand possible digits, a thousandth a day."""
    alarm_an_hour: int = 60
    """All together: from here staff are told, and a sender has one miss an hour."""
    all_an_hour: int = 300
    """All together: from here nobody is asked for digits until the hour is over."""


class AttemptStore(Protocol):
    """Where attempts are written down. Keys hold no personal data. A day after, an attempt may be deleted."""

    def add(self, keys: Sequence[str], at: datetime) -> None:
        """Writes one attempt down under each key."""
        ...

    def remove(self, keys: Sequence[str], at: datetime) -> None:
        """Takes one attempt back."""
        ...

    def clear(self, key: str) -> None:
        """Takes all attempts under a key back."""
        ...

    def since(self, key: str, moment: datetime) -> Sequence[datetime]:
        """The attempts under a key after a moment, in order."""
        ...


class MemoryStore:
    """For tests and the terminal: forgets when the process ends."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._attempts: defaultdict[str, list[datetime]] = defaultdict(list)

    def add(self, keys: Sequence[str], at: datetime) -> None:
        with self._lock:
            for key in keys:
                self._attempts[key] = sorted([*(a for a in self._attempts[key] if a > at - DAY), at])

    def remove(self, keys: Sequence[str], at: datetime) -> None:
        with self._lock:
            for key in keys:
                if at in self._attempts[key]:
                    self._attempts[key].remove(at)

    def clear(self, key: str) -> None:
        with self._lock:
            self._attempts.pop(key, None)

    def since(self, key: str, moment: datetime) -> Sequence[datetime]:
        with self._lock:
            return [at for at in self._attempts[key] if at > moment]


@dataclass(frozen=True)
class Attempt:
    """One attempt written down: ``pair, sender, code, all``."""

    keys: tuple[str, str, str, str]
    at: datetime


@dataclass(frozen=True)
class Blocked:
    """No attempt for so many seconds."""

    seconds: int


class Attempts:
    """Counts them. ``key``: the installation's, for the digests (``second_factor.key_of``)."""

    def __init__(
        self,
        store: AttemptStore,
        key: bytes,
        limits: Limits | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store, self._key, self._limits, self._now = store, key, limits or Limits(), now

    def begin(self, sender: str, code: str) -> Attempt | Blocked:
        """Writes an attempt down, or says how long there may be none. ``code`` in its normal form."""
        attempt = Attempt(self._keys(sender, code), self._now())
        self._store.add(attempt.keys, attempt.at)
        blocked = self._blocked(attempt)
        if blocked:
            self._store.remove(attempt.keys, attempt.at)
            return blocked
        return attempt

    def left(self, sender: str, code: str) -> int:
        """How many more misses this sender may have with this code."""
        misses = self._store.since(self._keys(sender, code)[0], self._now() - DAY)
        return max(0, self._limits.pair_a_day - len(misses))

    def right(self, attempt: Attempt) -> None:
        """It was right: it and this sender's misses with this code no longer count."""
        self._store.remove(attempt.keys, attempt.at)
        self._store.clear(attempt.keys[0])

    def void(self, attempt: Attempt) -> None:
        """The portal could not say: it does not count."""
        self._store.remove(attempt.keys, attempt.at)

    def _blocked(self, attempt: Attempt) -> Blocked | None:
        allowed = self._limits
        pair, sender, code, everybody = attempt.keys
        last_hour = len(self._store.since(everybody, attempt.at - HOUR)) - 1
        if last_hour == allowed.alarm_an_hour:
            LOG.warning("portal: %d wrong attempts within an hour; somebody may be guessing", last_hour)
        sender_an_hour = 1 if last_hour >= allowed.alarm_an_hour else allowed.sender_an_hour
        rules = (
            (pair, DAY, allowed.pair_a_day),
            (sender, HOUR, sender_an_hour),
            (sender, DAY, allowed.sender_a_day),
            (code, DAY, allowed.code_a_day),
            (everybody, HOUR, allowed.all_an_hour),
        )
        for key, window, most in rules:
            earlier = list(self._store.since(key, attempt.at - window))[:-1]
            if len(earlier) >= most:
                free = earlier[len(earlier) - most] + window
                return Blocked(max(1, math.ceil((free - attempt.at).total_seconds())))
        return None

    def _keys(self, sender: str, code: str) -> tuple[str, str, str, str]:
        return (
            self._digest("pair", sender, code),
            self._digest("sender", sender),
            self._digest("code", code),
            "all",
        )

    def _digest(self, *parts: str) -> str:
        return parts[0] + ":" + hmac.new(self._key, "|".join(parts).encode(), hashlib.sha256).hexdigest()[:32]


@dataclass(frozen=True)
class Tried:
    """A look-up within the limits. ``tries_left``: how often this sender may still give digits for this code today.

    ``blocked``: the portal was not asked; the look-up is RATE_LIMITED and says for how long.
    """

    looked_up: LookUp
    tries_left: int
    blocked: bool = False


def look_up(portal: Portal, attempts: Attempts, sender: str, code: str, second_factor: SecondFactor | None) -> Tried:
    """A look-up for the sender of a message. Following asks the portal itself: its second factor was right once."""
    if second_factor is None:
        return Tried(portal.lookup(code, None), attempts.left(sender, code))
    begun = attempts.begin(sender, code)
    if isinstance(begun, Blocked):
        unasked = portal.lookup(code, None)
        limited = replace(unasked, outcome=Outcome.RATE_LIMITED, retry_after_seconds=begun.seconds)
        return Tried(limited, attempts.left(sender, code), blocked=True)
    found = portal.lookup(code, second_factor)
    if found.outcome is Outcome.FOUND:
        attempts.right(begun)
    elif found.outcome not in MISSES or found.source is Source.MANUAL:
        attempts.void(begun)
    return Tried(found, attempts.left(sender, code))
