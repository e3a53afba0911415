"""Telegram's updates by polling, for a laptop without a public address: accepted like a webhook's."""

from __future__ import annotations

import logging
import signal
import threading

from bot import settings
from bot.gateway import database

database.set_up_django()

from django.db import connection  # noqa: E402  # Django must be set up first

from bot.channels.telegram.polling import poll  # noqa: E402
from bot.gateway.webhooks import OK, take_update_safely  # noqa: E402

logger = logging.getLogger(__name__)


class NotAccepted(RuntimeError):
    """The database is away: Telegram is asked for the update again."""


def accept(raw: bytes) -> None:
    """Raises NotAccepted."""
    if take_update_safely(raw) != OK:
        connection.close()
        raise NotAccepted


def main() -> None:
    """The polling process."""
    known = settings.load()
    database.ensure(known)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    poll(known.telegram, accept, stop)


if __name__ == "__main__":
    main()
