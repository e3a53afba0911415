"""Flood control: a burst in a chat, then a message a second; thirty a second in all."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from bot.channels.telegram.stand_in.constants import ALL_A_SECOND, CHAT_BURST


class Flood:
    """Not for several threads at once: the world's lock guards it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._chats: dict[int, float] = {}
        self._all = 0.0

    def wait(self, chat: int) -> int:
        """Seconds to wait before another message may go to this chat, rounded up; 0 lets it through."""
        now = self._clock()
        free, everywhere = max(self._chats.get(chat, 0.0), now) + 1.0, max(self._all, now) + 1.0 / ALL_A_SECOND
        late = max(free - now - CHAT_BURST, everywhere - now - 1.0)
        if late > 1e-6:
            return max(1, math.ceil(late))
        self._chats[chat], self._all = free, everywhere
        return 0
