"""The stand-in's clock: the machine's, and however far the tests have moved it."""

from __future__ import annotations

import time
from collections.abc import Callable


class Clock:
    """Milliseconds since 1970, as Zalo counts. ``base`` gives seconds."""

    def __init__(self, base: Callable[[], float] = time.time) -> None:
        self._base = base
        self._ahead_ms = 0

    def now_ms(self) -> int:
        """The moment at the stand-in."""
        return int(self._base() * 1000) + self._ahead_ms

    def forward(self, seconds: float) -> None:
        """Moves the clock on; back where seconds are below 0."""
        self._ahead_ms += int(seconds * 1000)

    @property
    def ahead_seconds(self) -> float:
        """How far it is ahead of the machine's."""
        return self._ahead_ms / 1000
