"""How Telegram is spared: about one message a second in a chat and thirty a second in all, short bursts allowed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

CHAT_GAP_SECONDS, CHAT_BURST = 1.0, 3
"""Telegram lets a few messages of one answer through at once; what goes on for longer is spaced."""
ALL_GAP_SECONDS, ALL_BURST = 1 / 30, 10
FORGET_ABOVE = 1000


class Pace:
    """For all threads of this process. Several processes share the bot's limit: then Telegram's own 429 counts."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        chat_gap_seconds: float = CHAT_GAP_SECONDS,
        all_gap_seconds: float = ALL_GAP_SECONDS,
    ) -> None:
        self._clock, self._sleep = clock, sleep
        self._chat_gap, self._all_gap = chat_gap_seconds, all_gap_seconds
        self._lock = threading.Lock()
        self._free: dict[str, float] = {}
        self._all_free = 0.0

    def wait(self, chat: str) -> None:
        """Waits for a place. One sender at a time speaks in a chat, so this is about a second at most."""
        with self._lock:
            now = self._clock()
            chat_at, self._free[chat] = _place(self._free.get(chat, 0.0), now, self._chat_gap, CHAT_BURST)
            all_at, self._all_free = _place(self._all_free, now, self._all_gap, ALL_BURST)
            if len(self._free) > FORGET_ABOVE:
                self._free = {known: free for known, free in self._free.items() if free > now}
            seconds = max(chat_at, all_at) - now
        if seconds > 0:
            self._sleep(seconds)


def _place(free: float, now: float, gap: float, burst: int) -> tuple[float, float]:
    """When the next one may go, and from when on nothing is owed any more. ``burst`` may go ahead of the gap."""
    owed_until = max(free, now) + gap
    return max(now, owed_until - burst * gap), owed_until
