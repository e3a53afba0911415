"""The worker: takes a conversation that waits, asks Rasa, writes the turn.

A conversation is claimed by locking its row for as long as its message is worked out. A worker that is killed loses
its connection, and with it the lock: nothing waits for a lease to run out, and two workers never hold one
conversation. The lock, the turn and the message's end are one transaction, so a message is worked out once.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Protocol

import psycopg

from bot import settings
from bot.gateway import database
from bot.settings import Settings

database.set_up_django()

from django.db import InterfaceError, OperationalError, connection, transaction  # noqa: E402  # Django must be set up first
from django.utils import timezone  # noqa: E402

from bot.catalogue.phrases import Phrases  # noqa: E402
from bot.gateway import turns  # noqa: E402
from bot.gateway.inbox import WAKE  # noqa: E402
from bot.gateway.models import Conversation, InboxMessage  # noqa: E402
from bot.gateway.rasa_client import RasaClient, Reply, TurnFailed, TurnResult  # noqa: E402
from bot.turn import TurnRecord  # noqa: E402

logger = logging.getLogger(__name__)

POLL_SECONDS = 1.0
BACKOFF_SECONDS = (0.3, 0.5, 1, 2, 3, 5, 5, 5, 10, 10, 10, 15, 15, 15)
"""Waits between tries: about 100 s in all, for a part that is being started again takes up to 40 s."""
PART_FAILED = "utter_part_failed"
CLAIM = """
    SELECT c.id FROM gateway_conversation c
    WHERE EXISTS (
        SELECT 1 FROM gateway_inboxmessage m
        WHERE m.conversation_id = c.id AND m.state = 'waiting' AND m.next_try_at <= now()
          AND NOT EXISTS (
            SELECT 1 FROM gateway_inboxmessage e
            WHERE e.conversation_id = c.id AND e.state = 'waiting' AND e.id < m.id))
    ORDER BY (SELECT min(m.id) FROM gateway_inboxmessage m WHERE m.conversation_id = c.id AND m.state = 'waiting')
    FOR NO KEY UPDATE OF c SKIP LOCKED LIMIT 1"""
"""NO KEY: a plain FOR UPDATE would make the next message of the conversation wait at the door for the whole turn."""


class Worker:
    """Works conversations out until told to stop; several may run, in one process or many."""

    def __init__(self, rasa: RasaClient, sorry: Callable[[], str]) -> None:
        self._rasa, self._sorry = rasa, sorry

    def work_one(self) -> bool:
        """Works out the first message of one waiting conversation; False where none waits."""
        with transaction.atomic():
            conversation = self._claim()
            if conversation is None:
                return False
            message = self._first_due(conversation)
            if message is not None:
                self._work_out(message)
        return True

    def _work_out(self, message: InboxMessage) -> None:
        """Writes the message's turn down; where none comes of it, puts it off or, after the last try, apologises."""
        try:
            result = self._rasa.ask(
                message.conversation.sender, message.message_id, message.text or "…", message.payload
            )
            with transaction.atomic():
                turns.write(message, result)
        except (OperationalError, InterfaceError):
            raise  # the database itself: all is rolled back, and no try is counted
        except TurnFailed as error:
            logger.warning("message %s, try %s: %s", message.pk, message.attempts + 1, error)
            self._fail(message)
        except Exception as error:  # noqa: BLE001  # boundary of a turn: an answer that cannot be stored ends no thread
            logger.error("message %s, try %s: %s", message.pk, message.attempts + 1, type(error).__name__)
            self._fail(message)

    def _fail(self, message: InboxMessage) -> None:
        if message.attempts + 1 < len(BACKOFF_SECONDS):
            message.next_try_at = timezone.now() + timedelta(seconds=BACKOFF_SECONDS[message.attempts])
            message.attempts += 1
            message.save(update_fields=["next_try_at", "attempts"])
        else:
            sorry = Reply(self._sorry(), [])
            turns.write(message, TurnResult([sorry], TurnRecord("error", reason="part_failed", confidence=0.0)))

    @staticmethod
    def _claim() -> int | None:
        """The id of a waiting conversation whose row is now ours until the transaction ends."""
        with connection.cursor() as cursor:
            cursor.execute(CLAIM)
            row = cursor.fetchone()
        return row[0] if row else None

    @staticmethod
    def _first_due(conversation: int) -> InboxMessage | None:
        """Its first waiting message. Between the look and the lock another worker may have worked it out: then None."""
        waiting = InboxMessage.objects.filter(conversation_id=conversation, state=InboxMessage.State.WAITING)
        message = waiting.select_related("conversation").order_by("id").first()
        return message if message and message.next_try_at <= timezone.now() else None


class Works(Protocol):
    """What a pool's thread does again and again."""

    def work_one(self) -> bool:
        """True where something was done, False where nothing waits."""
        ...


class Pool:
    """Threads that work, woken by a notification or once a second."""

    def __init__(self, make_worker: Callable[[], Works], threads: int, known: Settings | None = None) -> None:
        self._make_worker, self._known = make_worker, known or settings.load()
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
        raw.execute(f"LISTEN {WAKE}")
        while not self._stop.is_set():
            for _ in raw.notifies(timeout=POLL_SECONDS):
                self._tell()


def main() -> None:
    """The worker process."""
    known = settings.load()
    database.ensure(known)
    Conversation.objects.exists()  # fails here, once and clearly, where the tables are missing

    def sorry() -> str:
        return Phrases.load(known.data / "responses").say(PART_FAILED)

    def make_worker() -> Worker:
        return Worker(RasaClient(known.rasa_url, known.rasa_timeout_seconds), sorry)

    pool = Pool(make_worker, known.worker_threads, known)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: pool.stop())
    pool.run()


if __name__ == "__main__":
    main()
