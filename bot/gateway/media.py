"""What a citizen did besides typing, made into a question for Rasa, or answered here.

Photos and voice are fetched and read in memory, in a few threads of their own: nothing of them is written, and what is
read of them is what a citizen could have typed. Meanwhile the worker keeps its transaction alive.
"""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from typing import TypeVar

from django.db import connection

from bot.channels import speech
from bot.channels.base import Channel, Kind, MediaError, MediaSource
from bot.channels.speech import SpeechError, SpeechReason, Transcriber
from bot.gateway import inbox, numbered
from bot.gateway.models import InboxMessage
from bot.gateway.rasa_client import Reply, TurnResult
from bot.gateway.sentences import say
from bot.language.codes import find_dossier_codes
from bot.portal.photo import MOST_BYTES, PhotoOutcome, read_receipt
from bot.turn import Reason, Status, TurnRecord

logger = logging.getLogger(__name__)
T = TypeVar("T")

AT_ONCE = 2
"""A photo decoded takes up to 100 MB."""
PATIENCE_SECONDS = 60.0
PULSE_SECONDS = 5.0
"""How long the database is left without a word: it ends a transaction that is silent for much longer."""
GREET = "/greet"
LABELS = {
    Kind.PHOTO: "[hình]", Kind.VOICE: "[tin nhắn thoại]", Kind.VIDEO: "[phim]", Kind.FILE: "[tệp]",
    Kind.STICKER: "[nhãn dán]", Kind.LOCATION: "[vị trí]", Kind.CONTACT: "[danh thiếp]",
    Kind.BUTTON: "[nút không còn dùng]", Kind.FOLLOW: "[bắt đầu]",
}  # fmt: skip
"""What stands for a message without words, for staff to read."""
ANSWERS: dict[Kind, tuple[str, Status]] = {
    Kind.STICKER: ("utter_messenger_sticker", "smalltalk"),
    Kind.LOCATION: ("utter_messenger_location", "clarify"),
    Kind.CONTACT: ("utter_messenger_contact", "refused"),
    Kind.VIDEO: ("utter_messenger_video", "refused"),
    Kind.FILE: ("utter_messenger_file", "refused"),
    Kind.BUTTON: ("utter_bad_button", "smalltalk"),
}
"""Kinds that are answered by one sentence, unopened."""
TOO_MUCH = {SpeechReason.TOO_LONG, SpeechReason.TOO_LARGE}


@dataclass(frozen=True)
class Asked:
    """What Rasa is asked, and what the answer begins with."""

    text: str
    payload: str = ""
    before: str = ""

    def answered(self, result: TurnResult) -> TurnResult:
        """The turn with its beginning."""
        if not self.before:
            return result
        first, *others = result.replies
        return replace(result, replies=[Reply(f"{self.before}\n{first.text}", first.buttons), *others])


class Reader:
    """Makes questions of messages; ``channels`` by their names, for what must be fetched."""

    def __init__(self, channels: Mapping[str, Channel] | None = None, transcriber: Transcriber | None = None) -> None:
        self._channels, self._transcriber = channels or {}, transcriber
        self._threads = ThreadPoolExecutor(AT_ONCE, "media")

    def read(self, message: InboxMessage) -> Asked | TurnResult:
        """What to ask Rasa, or the whole turn where it need not be asked.

        The caller holds the conversation's row in a transaction. What was read of a photo or a voice message is stored
        as the message's text, so that a later try asks the same.
        """
        if message.kind == inbox.TOO_FAST:
            return _turn(say("utter_too_fast"), "smalltalk")
        kind = Kind(message.kind)
        if kind is Kind.PHOTO:
            found = self._photo(message)
        elif kind is Kind.VOICE:
            found = self._voice(message)
        elif kind is Kind.FOLLOW:
            found = Asked("", GREET)
        elif kind is Kind.TEXT or (kind is Kind.BUTTON and message.payload):
            numbered.press(message)
            return Asked(message.text or "…", message.payload)
        else:
            sentence, status = ANSWERS[kind]
            found = self._with_words(message, _turn(say(sentence), status))
        message.text = message.text or LABELS[kind]
        return found

    @staticmethod
    def _with_words(message: InboxMessage, turn: TurnResult) -> Asked | TurnResult:
        """What was sent with words is answered by them too."""
        return Asked(message.text, message.payload, turn.replies[0].text) if message.text else turn

    def _photo(self, message: InboxMessage) -> Asked | TurnResult:
        gone = say("utter_messenger_photo_not_kept")
        if not message.media and find_dossier_codes(message.text):
            return Asked(message.text, before=gone)  # read at an earlier try, or typed beside it
        reading = self._in_memory(message, MOST_BYTES, read_receipt)
        if reading and reading.outcome is PhotoOutcome.CODES:
            _keep(message, " ".join(["tra cứu", *reading.codes]))
            return Asked(message.text, before=gone)
        name = f"utter_dossier_photo_{reading.outcome.value}" if reading else "utter_messenger_photo_not_fetched"
        identity = reading is not None and reading.outcome is PhotoOutcome.IDENTITY
        warning = "" if identity else " " + say("utter_messenger_photo_warning")
        sentence = f"{say(name)}\n{gone}{warning}"
        status: Status = "refused" if identity else "dossier"
        return self._with_words(message, _turn(sentence, status, "identity_photo" if identity else None))

    def _voice(self, message: InboxMessage) -> Asked | TurnResult:
        name = "utter_messenger_voice_unread"
        if not message.text and self._transcriber:
            heard = self._in_memory(message, speech.MOST_BYTES, functools.partial(_hear, self._transcriber))
            if heard in TOO_MUCH:
                name = "utter_messenger_voice_too_long"
            elif heard and not isinstance(heard, SpeechReason):
                text, payload, _ = inbox.take_in(message.conversation, heard)
                _keep(message, text, payload)
        if message.text:
            return Asked(message.text, message.payload, say("utter_messenger_heard", heard=message.text))
        return _turn(say(name), "not_understood", "voice_unread")

    def _in_memory(self, message: InboxMessage, most_bytes: int, read: Callable[[bytes], T]) -> T | None:
        """What ``read`` makes of the message's media; None where it cannot be fetched, or not in time."""
        source = self._channels.get(message.conversation.channel)
        if not message.media or not isinstance(source, MediaSource):
            return None
        job = self._threads.submit(_fetch_and_read, source, message.media, most_bytes, read)
        return job.result() if _patiently(job) else None


def _fetch_and_read(source: MediaSource, media: str, most_bytes: int, read: Callable[[bytes], T]) -> T | None:
    try:
        return read(source.fetch(media, most_bytes))
    except MediaError as error:
        logger.warning("media not fetched: %s", error)
    except Exception as error:  # noqa: BLE001  # boundary to a messenger and to decoders: the citizen is told kindly
        logger.error("media not read: %s", type(error).__name__)
    finally:
        connection.close()
    return None


def _patiently(job: Future[T]) -> bool:
    """Waits for the job; False where it took too long. The worker's transaction hears from us meanwhile."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if wait([job], PULSE_SECONDS).done:
            return True
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    job.cancel()
    return False


def _hear(transcriber: Transcriber, audio: bytes) -> str | SpeechReason:
    try:
        return transcriber.transcribe(audio)
    except SpeechError as error:
        logger.warning("voice not heard: %s", error.reason)
        return error.reason


def _keep(message: InboxMessage, text: str, payload: str = "") -> None:
    """What was read takes the place of the media."""
    message.text, message.payload, message.media = text, payload, ""
    message.save(update_fields=["text", "payload", "media"])


def _turn(text: str, status: Status, reason: Reason | None = None) -> TurnResult:
    return TurnResult([Reply(text, [])], TurnRecord(status, reason=reason))
