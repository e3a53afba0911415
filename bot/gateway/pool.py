"""Threads of a process that work again and again, woken by the database; they bring the embedded one back."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import partial
from typing import Protocol

import psycopg
from django.db import InterfaceError, OperationalError, connection

from bot import settings
from bot.gateway import database
from bot.gateway.inbox import WAKE
from bot.settings import Settings

logger = logging.getLogger(__name__)

POLL_SECONDS = 1.0


class Works(Protocol):
    """What a pool's thread does again and again."""

    def work_one(self) -> bool:
        """True where something was done, False where nothing waits."""
        ...


class Pool:
    """Threads that work, woken by a notification on the channel ``wake`` or once a second."""

    def __init__(
        self, make_worker: Callable[[], Works], threads: int, known: Settings | None = None, wake: str = WAKE
    ) -> None:
        self._make_worker, self._known, self._channel = make_worker, known or settings.load(), wake
        self._stop = threading.Event()
        self._wake, self._news = threading.Condition(), 0
        self._threads = [threading.Thread(target=self._work, name=f"worker-{n}") for n in range(threads)]
        self._listener = threading.Thread(target=self._listen, name="listener")

    def run(self) -> None:
        """Works until ``stop``; then finishes what is under way."""
        for thread in (self._listener, *self._threads):
            thread.start()
        for thread in (self._listener, *self._threads):
            thread.join()

    def stop(self) -> None:
        self._stop.set()
        self._tell()

    def _tell(self) -> None:
        with self._wake:
            self._news += 1
            self._wake.notify_all()

    def _work(self) -> None:
        worker = self._make_worker()
        while not self._stop.is_set():
            seen = self._news
            try:
                busy = worker.work_one()
            except Exception as error:  # noqa: BLE001  # boundary of the thread: it goes on once the trouble is over
                logger.error("a worker thread failed: %s", type(error).__name__)
                connection.close()
                busy = False
            if not busy:
                with self._wake:  # what came in since the look is news already, and not waited for
                    self._wake.wait_for(partial(self._news_since, seen), POLL_SECONDS)
        connection.close()

    def _news_since(self, seen: int) -> bool:
        return self._news != seen

    def _listen(self) -> None:
        """Wakes the threads when the inbox tells; what it misses while disconnected the poll finds."""
        while not self._stop.is_set():
            try:
                self._pass_on()
            except (OperationalError, InterfaceError, psycopg.Error):
                connection.close()
                self._bring_back_database()
                self._stop.wait(POLL_SECONDS)
        connection.close()

    def _bring_back_database(self) -> None:
        """Nobody else watches over the embedded database: killed, it is started again from here."""
        try:
            database.ensure(self._known)
        except database.DatabaseError as error:
            logger.error("%s", error)

    def _pass_on(self) -> None:
        connection.ensure_connection()
        raw = connection.connection
        raw.autocommit = True
        raw.execute(f"LISTEN {self._channel}")
        while not self._stop.is_set():
            for _ in raw.notifies(timeout=POLL_SECONDS):
                self._tell()
