"""The worker: takes a conversation that waits, asks Rasa, writes the turn.

A conversation is claimed by locking its row for as long as its message is worked out. A worker that is killed loses
its connection, and with it the lock: nothing waits for a lease to run out, and two workers never hold one
conversation. The lock, the turn and the message's end are one transaction, so a message is worked out once.
"""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from bot import settings
from bot.gateway import database
from bot.settings import SettingError

database.set_up_django()

from django.db import InterfaceError, OperationalError, connection, transaction  # noqa: E402  # Django must be set up first
from django.utils import timezone  # noqa: E402

from bot.catalogue.phrases import Phrases  # noqa: E402
from bot.channels.base import Kind  # noqa: E402
from bot.channels.speech import Transcriber, transcriber_of  # noqa: E402
from bot.gateway import feedback, media, switches, turns  # noqa: E402
from bot.gateway.messengers import Attention, channels_of, close  # noqa: E402
from bot.gateway.models import Conversation, InboxMessage  # noqa: E402
from bot.gateway.pool import Pool  # noqa: E402
from bot.gateway.rasa_client import RasaClient, Reply, TurnFailed, TurnResult  # noqa: E402
from bot.gateway.sending import Sending  # noqa: E402
from bot.turn import TurnRecord  # noqa: E402

logger = logging.getLogger(__name__)

BACKOFF_SECONDS = (0.3, 0.5, 1, 2, 3, 5, 5, 5, 10, 10, 10, 15, 15, 15)
"""Waits between tries: about 100 s in all, for a part that is being started again takes up to 40 s."""
PART_FAILED = "utter_part_failed"
TURN_SECONDS = 0.0005
"""How long a thread keeps the others waiting, a tenth of Python's own: between the mark of a send and the send itself
two threads change places, and whoever is killed just then leaves a message of which nobody knows (outbox)."""
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

    def __init__(
        self,
        rasa: RasaClient,
        sorry: Callable[[], str],
        reader: media.Reader | None = None,
        attend: Callable[[InboxMessage], None] = lambda message: None,
    ) -> None:
        self._rasa, self._sorry = rasa, sorry
        self._reader, self._attend = reader or media.Reader(), attend

    def work_one(self) -> bool:
        """Works out the first message of one waiting conversation; False where none waits."""
        with transaction.atomic():
            conversation = self._claim()
            if conversation is None:
                return False
            message = self._first_due(conversation)
            if message is not None and message.kind == Kind.UNFOLLOW:
                turns.left(message)
            elif message is not None:
                self._attend(message)
                self._work_out(message)
        return True

    def _work_out(self, message: InboxMessage) -> None:
        """Writes the message's turn down; where none comes of it, puts it off or, after the last try, apologises."""
        try:
            result = self._answer(message)
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

    def _answer(self, message: InboxMessage) -> TurnResult:
        """The whole turn. Raises TurnFailed."""
        if (told := switches.answer(message)) is not None:
            return told
        found = self._reader.read(message)
        if isinstance(found, TurnResult):
            return found
        if (pressed := feedback.answer(message)) is not None:
            return pressed
        sender = message.conversation.sender
        return found.answered(self._rasa.ask(sender, message.message_id, found.text, found.payload))

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


def _transcriber(folder: Path | None) -> Transcriber | None:
    """A model that cannot be used is told, and voice goes unheard; it keeps no question from its answer."""
    try:
        return transcriber_of(folder)
    except SettingError as error:
        logger.error("%s", error)
        return None


def main() -> None:
    """The worker process: works messages out, and hands replies over to the messengers."""
    sys.setswitchinterval(TURN_SECONDS)
    known = settings.load()
    database.ensure(known)
    Conversation.objects.exists()  # fails here, once and clearly, where the tables are missing
    channels = channels_of(known)
    reader, attention = media.Reader(channels, _transcriber(known.speech_model)), Attention(channels)

    def sorry() -> str:
        return Phrases.load(known.data / "responses").say(PART_FAILED)

    def make_worker() -> Worker:
        return Worker(RasaClient(known.rasa_url, known.rasa_timeout_seconds), sorry, reader, attention.show)

    pool, sending = Pool(make_worker, known.worker_threads, known), Sending(channels, known)

    def stop(*_: object) -> None:
        pool.stop()
        sending.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    sending.start()
    pool.run()
    sending.join()
    attention.close()
    close(channels)


if __name__ == "__main__":
    main()
