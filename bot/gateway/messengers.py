"""The messengers that the settings name, made for this process; none is reached until something is sent."""

from __future__ import annotations

import functools
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from django.db import connection

from bot import settings
from bot.channels.base import Attentive, Channel, Kind
from bot.channels.telegram.channel import TelegramChannel
from bot.channels.zalo.channel import ZaloChannel
from bot.channels.zalo.oauth import ZaloOAuth
from bot.gateway.inbox import TOO_FAST
from bot.gateway.models import InboxMessage
from bot.gateway.sentences import say
from bot.gateway.zalo_tokens import ZaloTokens
from bot.settings import Settings, ZaloSettings

ATTENDING, MOST_WAITING = 2, 50
CLOSED_TO_GROUPS = "utter_messenger_no_groups"


def channels_of(known: Settings) -> dict[str, Channel]:
    """The channels that are set up, by name."""
    channels: dict[str, Channel] = {}
    if known.zalo.oa_id:
        channels["zalo"] = ZaloChannel(known.zalo, zalo_tokens(known.zalo))
    if known.telegram.token:
        channels["telegram"] = TelegramChannel(known.telegram)
    return channels


def close(channels: Mapping[str, Channel]) -> None:
    """Ends the connections of those that keep any."""
    for channel in channels.values():
        if isinstance(channel, TelegramChannel):
            channel.close()


def zalo_tokens(known: ZaloSettings) -> ZaloTokens:
    return ZaloTokens(known.oa_id, ZaloOAuth(known))


@functools.cache
def _telegram() -> TelegramChannel:
    return TelegramChannel(settings.load().telegram)


def refuse_group(chat_id: str) -> None:
    """Says in a group that we speak in private only, and leaves. Waits for nothing."""
    _telegram().refuse_group(chat_id, say(CLOSED_TO_GROUPS))


class Attention:
    """Shows people that their message is being worked on, beside the work; where much is under way, it is left out."""

    def __init__(self, channels: Mapping[str, Channel]) -> None:
        self._channels = channels
        self._threads = ThreadPoolExecutor(ATTENDING, "attend")
        self._room = threading.BoundedSemaphore(MOST_WAITING)

    def show(self, message: InboxMessage) -> None:
        """Returns at once; never raises."""
        channel = self._channels.get(message.conversation.channel)
        if not isinstance(channel, Attentive) or not self._room.acquire(blocking=False):
            return
        kind = Kind.TEXT if message.kind == TOO_FAST else Kind(message.kind)
        self._threads.submit(self._attend, channel, message.conversation.key, kind, message.media)

    def _attend(self, channel: Attentive, recipient: str, kind: Kind, media: str) -> None:
        try:
            channel.attend(recipient, kind, media)
        finally:
            self._room.release()
            connection.close()

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
