"""Polling, for a laptop without a public address: Telegram is asked for updates instead of telling them."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from contextlib import closing
from threading import Event
from typing import Any

from telegram.error import Conflict, TelegramError

from bot.channels.telegram.outcomes import delivery_of
from bot.channels.telegram.updates import ALLOWED
from bot.channels.telegram.wire import Wire
from bot.settings import TelegramSettings

logger = logging.getLogger(__name__)

LONG_POLL_SECONDS, SPARE_SECONDS = 25, 10.0
"""How long Telegram holds a question while nothing comes, and how much longer the answer may take."""
BACKOFF_SECONDS = (1.0, 2.0, 5.0, 10.0, 30.0)
LOOK_SECONDS = 0.2
"""How often the stop is looked at while Telegram holds the question."""
WEBHOOK_SET = (
    "telegram polling: a webhook is set, so nothing comes here; 'motcua telegram delete-webhook' takes it away"
)
ANOTHER_POLLS = "telegram polling: another process polls with the same token; stop one of the two"


def poll(
    settings: TelegramSettings,
    accept: Callable[[bytes], None],
    stop: Event,
    long_poll_seconds: int = LONG_POLL_SECONDS,
    backoff_seconds: tuple[float, ...] = BACKOFF_SECONDS,
) -> None:
    """Hands each update to ``accept`` as the bytes that a webhook would bring, in order, until ``stop`` is set.

    Telegram forgets an update only after ``accept`` has returned for it, so one may come twice after a crash. What goes
    wrong, also in ``accept``, is logged once until it goes well again, and tried again after a while. It never takes a
    webhook away by itself.
    """
    with closing(Wire(settings)) as wire:
        offset, failures, told = 0, 0, ""
        while not stop.is_set():
            problem = ""
            try:
                for update in _updates(wire, offset, long_poll_seconds, stop):
                    accept(json.dumps(update, ensure_ascii=False).encode("utf-8", "surrogatepass"))
                    offset = max(offset, int(update["update_id"]) + 1)
            except Exception as error:  # noqa: BLE001  # boundary: neither an outage nor a lost database ends polling
                problem = _in_words(error)
            if not problem:
                if told:
                    logger.warning("telegram polling: works again")
                failures, told = 0, ""
                continue
            if problem != told:
                logger.error("%s", problem)
                told = problem
            stop.wait(backoff_seconds[min(failures, len(backoff_seconds) - 1)])
            failures += 1


def _updates(wire: Wire, offset: int, seconds: int, stop: Event) -> list[dict[str, Any]]:
    """What waits from this offset on, [] also where ``stop`` was set meanwhile. Raises TelegramError."""
    asked = wire.ask(
        "getUpdates", seconds + SPARE_SECONDS, offset=offset, timeout=seconds, allowed_updates=list(ALLOWED)
    )
    under_way: Future[list[dict[str, Any]]] = wire.start(asked)
    try:
        while not stop.is_set():
            try:
                return under_way.result(LOOK_SECONDS)
            except TimeoutError:
                if under_way.done():
                    raise
    except CancelledError:
        return []
    finally:
        under_way.cancel()
    return []


def _in_words(error: Exception) -> str:
    """One line for the log, without Telegram's words or an address."""
    if isinstance(error, Conflict):
        return WEBHOOK_SET if "webhook" in error.message.lower() else ANOTHER_POLLS
    if isinstance(error, TelegramError):
        return f"telegram polling: {delivery_of(error).error_class}; tried again and again"
    return f"telegram polling: an update could not be accepted ({type(error).__name__}); it is asked for again"
