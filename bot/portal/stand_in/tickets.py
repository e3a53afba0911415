"""Tokens and sessions: given out, worn out, and refused on purpose."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable


class Tickets:
    """What proves that a caller may search; forgotten when the process ends, as tokens of a restarted system are."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._until: dict[str, float] = {}
        self._trusted: set[str] = set()
        self._refused_one = False

    def issue(self, seconds: float) -> str:
        """A new ticket that holds for so many seconds."""
        ticket = secrets.token_urlsafe(24)
        with self._lock:
            now = self._clock()
            self._until = {known: until for known, until in self._until.items() if until > now}
            self._trusted &= self._until.keys()
            self._until[ticket] = now + seconds
            if self._refused_one:
                self._trusted.add(ticket)
                self._refused_one = False
        return ticket

    def holds(self, ticket: str) -> bool:
        """True where it was given out here and is not worn out."""
        return self._until.get(ticket, 0) > self._clock()

    def refuse_once(self, ticket: str) -> bool:
        """True where this ticket is to be refused: each is, but for the one fetched right after a refusal."""
        with self._lock:
            if ticket in self._trusted:
                return False
            self._until.pop(ticket, None)
            self._refused_one = True
            return True
