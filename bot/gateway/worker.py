"""The worker: takes a conversation that waits, asks Rasa, writes the turn.

A conversation is claimed by locking its row for as long as its message is worked out. A worker that is killed loses
its connection, and with it the lock: nothing waits for a lease to run out, and two workers never hold one
conversation. The lock, the turn and the message's end are one transaction, so a message is worked out once.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import psycopg

from bot import settings
from bot.gateway import database

database.set_up_django()

from django.db import DatabaseError, connection, transaction  # noqa: E402  # Django must be set up first
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
    FOR UPDATE OF c SKIP LOCKED LIMIT 1"""


class Worker:
    """Works conversations out until told to stop; several may run, in one process or many."""

    def __init__(self, rasa: RasaClient, sorry: Callable[[], str]) -> None:
        self._rasa, self._sorry = rasa, sorry

    def work_one(self) -> bool:
        """Works out the first message of one waiting conversation; False where none waits."""
        failed: InboxMessage | None = None
        with transaction.atomic():
            conversation = self._claim()
            if conversation is None:
                return False
            message = self._first_due(conversation)
            if message is None:
                return True
            result = self._ask(message)
            if result is None:
                failed = message
            else:
                turns.write(message, result)
        if failed is not None:
            self._put_off(failed)
        return True

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

    def _ask(self, message: InboxMessage) -> TurnResult | None:
        """The turn; after the last try a kind sentence; None where it is to be tried again."""
        sender = message.conversation.sender
        try:
            return self._rasa.ask(sender, message.message_id, message.text or "…", message.payload)
        except TurnFailed as error:
            logger.warning("message %s, try %s: %s", message.pk, message.attempts + 1, error)
        if message.attempts + 1 < len(BACKOFF_SECONDS):
            return None
        return TurnResult([Reply(self._sorry(), [])], TurnRecord("error", reason="part_failed", confidence=0.0))

    @staticmethod
    def _put_off(message: InboxMessage) -> None:
        wait = BACKOFF_SECONDS[min(message.attempts, len(BACKOFF_SECONDS) - 1)]
        InboxMessage.objects.filter(pk=message.pk, state=InboxMessage.State.WAITING).update(
            attempts=message.attempts + 1, next_try_at=timezone.now() + timedelta(seconds=wait)
        )


class Pool:
    """Threads that work, woken by a notification or once a second."""

    def __init__(self, make_worker: Callable[[], Worker], threads: int) -> None:
        self._make_worker = make_worker
        self._stop = threading.Event()
        self._wake = threading.Condition()
        self._threads = [threading.Thread(target=self._work, name=f"worker-{n}") for n in range(threads)]
        self._listener = threading.Thread(target=self._listen, name="listener", daemon=True)

    def run(self) -> None:
        """Works until ``stop``; then finishes what is under way."""
        self._listener.start()
        for thread in self._threads:
            thread.start()
        for thread in self._threads:
            thread.join()

    def stop(self) -> None:
        self._stop.set()
        with self._wake:
            self._wake.notify_all()

    def _work(self) -> None:
        worker = self._make_worker()
        while not self._stop.is_set():
            try:
                busy = worker.work_one()
            except (DatabaseError, psycopg.Error) as error:
                logger.warning("the database failed: %s", type(error).__name__)
                connection.close()
                busy = False
            if not busy:
                with self._wake:
                    self._wake.wait(POLL_SECONDS)
        connection.close()

    def _listen(self) -> None:
        """Wakes the threads when the inbox tells; what it misses while disconnected the poll finds."""
        while not self._stop.is_set():
            try:
                connection.ensure_connection()
                raw = connection.connection
                raw.autocommit = True
                raw.execute(f"LISTEN {WAKE}")
                for _ in raw.notifies(timeout=30):
                    with self._wake:
                        self._wake.notify_all()
                    if self._stop.is_set():
                        break
            except (DatabaseError, psycopg.Error):
                connection.close()
                time.sleep(POLL_SECONDS)


def main() -> None:
    """The worker process."""
    known = settings.load()
    Conversation.objects.exists()  # fails here, once and clearly, where the tables are missing

    def sorry() -> str:
        return Phrases.load(known.data / "responses").say(PART_FAILED)

    pool = Pool(lambda: Worker(RasaClient(known.rasa_url, known.rasa_timeout_seconds), sorry), known.worker_threads)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: pool.stop())
    pool.run()


if __name__ == "__main__":
    main()
