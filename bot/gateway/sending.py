"""Handing over in the worker process: a pool of senders for each messenger, and a token that is kept fresh.

Each messenger has threads of its own, so that one that does not answer holds up no other.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import partial

from bot.channels.base import Channel
from bot.gateway.messengers import zalo_tokens
from bot.gateway.outbox import WAKE, Sender
from bot.gateway.pool import Pool
from bot.gateway.zalo_tokens import keep_fresh
from bot.settings import Settings


class Sending:
    """Runs beside the working out; ``stop`` lets what is under way come to its end."""

    def __init__(self, channels: Mapping[str, Channel], known: Settings) -> None:
        self._stopped = threading.Event()
        self._pools = [
            Pool(partial(Sender, {name: channel}), known.worker_threads, known, WAKE)
            for name, channel in channels.items()
        ]
        work: list[Callable[[], None]] = [pool.run for pool in self._pools]
        if "zalo" in channels:
            work.append(partial(keep_fresh, zalo_tokens(known.zalo), self._stopped))
        self._threads = [threading.Thread(target=each, name="sending") for each in work]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stopped.set()
        for pool in self._pools:
            pool.stop()

    def join(self) -> None:
        for thread in self._threads:
            thread.join()
