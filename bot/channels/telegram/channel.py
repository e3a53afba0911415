"""Telegram as a channel: sends, fetches photos and voice, ends the spinner of a pressed button."""

from __future__ import annotations

import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

from telegram import LinkPreviewOptions, Message
from telegram.constants import ChatAction, ParseMode
from telegram.error import TelegramError

from bot.channels.base import Delivery, Kind, MediaError, Outcome, Outgoing
from bot.channels.telegram.messages import MessageError, Part, parts_of
from bot.channels.telegram.outcomes import delivery_of, is_parse_error
from bot.channels.telegram.pace import Pace
from bot.channels.telegram.wire import READ_SECONDS, Wire
from bot.settings import TelegramSettings

NAME = "telegram"
SEND_SECONDS = 35.0
"""More than connecting, writing and reading may take together."""
FETCH_SECONDS = 60.0
REST_TRIES, REST_WAIT_SECONDS, LONGEST_REST_WAIT_SECONDS = 3, 1.0, 10.0
"""How often a later part of a message is tried while the first is already out; the wait between, and the longest that
Telegram may ask for."""
MOST_ATTENDED = 100
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


class Begun:
    """Calls ``begin`` and keeps what it raises apart from what Telegram does."""

    def __init__(self, begin: Callable[[], None]) -> None:
        self._begin = begin
        self.error: BaseException | None = None

    def __call__(self) -> None:
        try:
            self._begin()
        except BaseException as error:
            self.error = error
            raise


class TelegramChannel:
    """Channel, Punctual, MediaSource and Attentive, for all threads of a process. A recipient: a private chat's id."""

    def __init__(self, settings: TelegramSettings, pace: Pace | None = None) -> None:
        self._wire, self._pace = Wire(settings), pace or Pace(chat_gap_seconds=settings.pace_seconds)
        self._attended: set[Future[None]] = set()
        self._refused: set[str] = set()
        self._lock = threading.Lock()
        self._stopped = threading.Event()

    @property
    def name(self) -> str:
        return NAME

    def send(self, recipient: str, message: Outgoing) -> Delivery:
        """As ``send_at``."""
        return self.send_at(recipient, message, lambda: None)

    def send_at(self, recipient: str, message: Outgoing, begin: Callable[[], None]) -> Delivery:
        """Hands a message over, in several parts where it is long. Never raises for what Telegram or the network does.

        Once the first part is out the outcome is never RETRY: a part that still fails leaves UNKNOWN, "rest_not_sent:"
        and why. ``platform_id``: Telegram's ids of what is out, with commas.
        """
        try:
            parts = parts_of(message)
        except MessageError as error:
            return Delivery(Outcome.GIVE_UP, str(error))
        sent: list[str] = []
        for part in parts:
            delivery = self._rest(recipient, part) if sent else self._first(recipient, part, begin)
            if delivery.outcome is not Outcome.SENT:
                return _partly(delivery, sent) if sent else delivery
            sent.append(delivery.platform_id)
        return Delivery(Outcome.SENT, platform_id=",".join(sent))

    def _first(self, recipient: str, part: Part, begin: Callable[[], None]) -> Delivery:
        self._pace.wait(recipient)
        begun = Begun(begin)
        delivery = self._send(recipient, part, begun)
        if begun.error is not None:
            raise begun.error
        return delivery

    def _rest(self, recipient: str, part: Part) -> Delivery:
        tries = REST_TRIES
        while True:
            self._pace.wait(recipient)
            delivery = self._send(recipient, part)
            tries -= 1
            if delivery.outcome is not Outcome.RETRY or not tries:
                return delivery
            wait = delivery.retry_after_seconds or REST_WAIT_SECONDS
            if wait > LONGEST_REST_WAIT_SECONDS or self._stopped.wait(wait):
                return delivery

    def _send(self, recipient: str, part: Part, begin: Callable[[], None] | None = None) -> Delivery:
        try:
            try:
                sent = self._message(recipient, part, part.html, ParseMode.HTML, begin)
            except TelegramError as error:
                if not is_parse_error(error):
                    raise
                sent = self._message(recipient, part, part.plain, None)
        except Exception as error:  # noqa: BLE001  # boundary to Telegram: whatever happened is an outcome
            return delivery_of(error)
        return Delivery(Outcome.SENT, platform_id=str(sent.message_id))

    def _message(
        self, recipient: str, part: Part, text: str, mode: ParseMode | None, begin: Callable[[], None] | None = None
    ) -> Message:
        work = self._wire.bot.send_message(
            recipient, text, parse_mode=mode, reply_markup=part.keyboard, link_preview_options=NO_PREVIEW
        )
        return self._wire.run_held(work, SEND_SECONDS, begin) if begin else self._wire.run(work, SEND_SECONDS)

    def fetch(self, media: str, most_bytes: int) -> bytes:
        """A photo or a recording by its file id, into memory; Telegram gives 20 MB at most. Raises MediaError."""
        problem = ""
        try:
            content = self._wire.run(self._fetch(media, most_bytes), FETCH_SECONDS)
        except MediaError:
            raise
        except Exception as error:  # noqa: BLE001  # boundary to Telegram
            problem = delivery_of(error).error_class
        if problem:  # raised out here, so that the error with the file's address is not its context
            raise MediaError(problem)
        return content

    async def _fetch(self, media: str, most_bytes: int) -> bytes:
        file = await self._wire.bot.get_file(media)
        if (file.file_size or 0) > most_bytes:
            raise MediaError("too_large")
        content = bytes(await file.download_as_bytearray(read_timeout=READ_SECONDS))
        if len(content) > most_bytes:
            raise MediaError("too_large")
        return content

    def attend(self, recipient: str, incoming: Kind, media: str) -> None:
        """Ends the spinner of a press and takes the buttons away, so that a second tap does nothing; else shows typing.

        Does not wait for Telegram.
        """
        self._begin(self._end_press(recipient, media) if incoming is Kind.BUTTON else self._type(recipient))

    async def _type(self, recipient: str) -> None:
        await self._wire.bot.send_chat_action(recipient, ChatAction.TYPING)

    async def _end_press(self, recipient: str, media: str) -> None:
        callback, _, shown = media.partition(":")
        if callback:
            await _quietly(self._wire.bot.answer_callback_query(callback))
        if shown.isdecimal():
            await self._wire.bot.edit_message_reply_markup(recipient, int(shown), reply_markup=None)

    def refuse_group(self, chat_id: str, text: str) -> None:
        """Says once in a group that we speak in private only, and leaves it. Does not wait, never raises."""
        with self._lock:
            if chat_id in self._refused:
                return
            if len(self._refused) >= MOST_ATTENDED:
                self._refused.clear()
            self._refused.add(chat_id)
        self._begin(self._leave(chat_id, text))

    async def _leave(self, chat_id: str, text: str) -> None:
        await _quietly(self._wire.bot.send_message(chat_id, text))
        await _quietly(self._wire.bot.leave_chat(chat_id))
        with self._lock:
            self._refused.discard(chat_id)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Starts what nothing depends on; while Telegram hangs, no more than 100 at once."""
        with self._lock:
            if len(self._attended) >= MOST_ATTENDED or self._stopped.is_set():
                work.close()
                return
            quiet = _quietly(work)
            try:
                under_way = self._wire.start(quiet)
            except TelegramError:  # no token
                quiet.close()
                work.close()
                return
            self._attended.add(under_way)
        under_way.add_done_callback(self._forget)

    def _forget(self, under_way: Future[None]) -> None:
        with self._lock:
            self._attended.discard(under_way)

    def close(self) -> None:
        """Ends the connections."""
        self._stopped.set()
        self._wire.close()


async def _quietly(work: Coroutine[Any, Any, Any]) -> None:
    try:
        await work
    except Exception:  # noqa: BLE001  # nothing depends on it, and its words may hold the token
        return


def _partly(delivery: Delivery, sent: list[str]) -> Delivery:
    """The outcome where earlier parts are out: sending again would send them twice."""
    unknown = replace(delivery, outcome=Outcome.UNKNOWN, error_class=f"rest_not_sent:{delivery.error_class}")
    return replace(unknown, retry_after_seconds=None, platform_id=",".join(sent))
