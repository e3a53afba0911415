"""How a send to Telegram ended, from what python-telegram-bot raised."""

from __future__ import annotations

from datetime import timedelta

import httpx
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from bot.channels.base import Delivery, Outcome
from bot.channels.telegram.wire import StatusError

NOT_SENT = (
    httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError,
)  # fmt: skip
"""What httpx raises before a byte of the request has left. After any other of its errors the message may be there."""
MISSET = (httpx.UnsupportedProtocol, httpx.InvalidURL)
NO_CHAT = ("chat not found", "user not found", "peer_id_invalid", "chat_id is empty")
PARSE = "can't parse entities"
PLAIN: dict[type[BaseException], Delivery] = {
    Forbidden: Delivery(Outcome.GIVE_UP, "forbidden", unreachable=True),
    InvalidToken: Delivery(Outcome.RETRY, "token_refused", alarm=True),
    ChatMigrated: Delivery(Outcome.GIVE_UP, "chat_migrated"),
}
NO_SUCH_CHAT = Delivery(Outcome.GIVE_UP, "chat_not_found", unreachable=True)
BAD_REQUEST = Delivery(Outcome.GIVE_UP, "bad_request")
NOT_TELEGRAM = {401, 403, 404, 407}
"""Refusals by somebody in between, once Telegram's own are told apart: a wrong address, a proxy that wants a login."""


def seconds_of(wait: int | float | timedelta) -> float:
    """A wait as Telegram names it; python-telegram-bot gives either form."""
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


def is_parse_error(error: BaseException) -> bool:
    """Telegram refused our HTML, not the text."""
    return isinstance(error, BadRequest) and PARSE in error.message.lower()


def delivery_of(error: BaseException) -> Delivery:
    """What became of the message. Anything not known here may have been delivered."""
    if type(error) in PLAIN:
        return PLAIN[type(error)]
    match error:
        case RetryAfter():
            return Delivery(Outcome.RETRY, "flood", retry_after_seconds=seconds_of(error.retry_after))
        case BadRequest():
            return NO_SUCH_CHAT if any(words in error.message.lower() for words in NO_CHAT) else BAD_REQUEST
        case StatusError():
            return _by_status(error.status)
        case NetworkError():
            return _by_cause(error)
        case TelegramError():
            return Delivery(Outcome.UNKNOWN, "unreadable_reply")
    return Delivery(Outcome.UNKNOWN, type(error).__name__)


def _by_status(status: int) -> Delivery:
    """5xx says that somebody on the way failed, not that the message was left alone; 503 does say that."""
    name = f"http_{status}"
    if status in (429, 503):
        return Delivery(Outcome.RETRY, name)
    if status >= 500:
        return Delivery(Outcome.UNKNOWN, name)
    if 300 <= status < 400 or status in NOT_TELEGRAM:
        return Delivery(Outcome.RETRY, name, alarm=True)
    return Delivery(Outcome.GIVE_UP, name)


def _by_cause(error: NetworkError) -> Delivery:
    """python-telegram-bot keeps what httpx said as the cause."""
    cause = error.__cause__
    name = type(cause or error).__name__
    if isinstance(cause, NOT_SENT):
        return Delivery(Outcome.RETRY, name)
    if isinstance(cause, MISSET):
        return Delivery(Outcome.RETRY, name, alarm=True)
    return Delivery(Outcome.UNKNOWN, name)
