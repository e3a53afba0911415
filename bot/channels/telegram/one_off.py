"""What an operator does once and no process does by itself: set or take away the webhook, set the commands, look."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import Any

from telegram import BotCommand, WebhookInfo
from telegram.error import TelegramError

from bot.channels.telegram.outcomes import delivery_of
from bot.channels.telegram.updates import ALLOWED
from bot.channels.telegram.wire import Wire
from bot.settings import TelegramSettings

SECONDS = 40.0
MENU = (
    BotCommand("start", "Bắt đầu trò chuyện"),
    BotCommand("trogiup", "Xem tôi giúp được gì"),
    BotCommand("xoa", "Xóa dữ liệu của mình"),
)
LANGUAGES = (None, "vi")
"""Set for everybody, and for those whose Telegram speaks Vietnamese."""


class OneOffError(RuntimeError):
    """Telegram did not do it; the text says why and what helps, and holds no address."""


@dataclass(frozen=True)
class Info:
    """The bot, and where its updates go; ``webhook.url`` is empty while it polls."""

    username: str
    webhook: WebhookInfo


def set_webhook(settings: TelegramSettings, url: str) -> None:
    """Has updates sent to an https address, with our secret in their header. Raises OneOffError."""
    if not settings.secret:
        raise OneOffError("a webhook needs a secret: set MOTCUA_TELEGRAM_SECRET (1-256 of A-Z a-z 0-9 _ -)")
    _call(settings, "set_webhook", url=url, secret_token=settings.secret, allowed_updates=ALLOWED)


def delete_webhook(settings: TelegramSettings) -> None:
    """Has updates kept for polling; those that wait stay. Raises OneOffError."""
    _call(settings, "delete_webhook")


def set_commands(settings: TelegramSettings) -> None:
    """Sets the menu of commands. Raises OneOffError."""
    for language in LANGUAGES:
        _call(settings, "set_my_commands", commands=MENU, language_code=language)


def info(settings: TelegramSettings) -> Info:
    """Who the bot is and where its updates go. Raises OneOffError."""
    return Info(_call(settings, "get_me").username, _call(settings, "get_webhook_info"))


def _call(settings: TelegramSettings, method: str, **parameters: object) -> Any:
    if not settings.token:
        raise OneOffError("there is no bot: set MOTCUA_TELEGRAM_TOKEN to the token that @BotFather gave")
    problem = ""
    with closing(Wire(settings)) as wire:
        try:
            return wire.run(getattr(wire.bot, method)(**parameters), SECONDS)
        except TelegramError as error:
            delivery = delivery_of(error)
            said = error.message if delivery.error_class == "bad_request" else ""
            problem = f"Telegram: {delivery.error_class}" + (f" ({said})" if said else "")
        except TimeoutError:
            problem = "Telegram did not answer in time"
    raise OneOffError(problem)
