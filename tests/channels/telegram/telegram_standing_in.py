"""The stand-in Telegram on a socket, the settings that lead to it, and real shapes of updates."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import requests
from telegram import Bot

from bot.channels.telegram.channel import TelegramChannel
from bot.channels.telegram.pace import Pace
from bot.channels.telegram.stand_in.app import StandIn
from bot.channels.telegram.stand_in.constants import BOT_ID, CITIZENS, GROUP_ID, SECRET, TOKEN
from bot.channels.telegram.stand_in.doors import Doors
from bot.settings import TelegramSettings

ME, OTHER = CITIZENS[0].id, CITIZENS[1].id
SCALE = 0.01
"""An update that was not taken is told again after 10 milliseconds, then 20, and so on."""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128


class _Handler(WSGIRequestHandler):
    def get_environ(self) -> dict[str, Any]:
        return {**super().get_environ(), "stand_in.socket": self.connection}

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def serving() -> Iterator[Doors]:
    """A stand-in of its own in threads of this process, on a free port; its doors."""
    app = StandIn()
    server = _Server(("127.0.0.1", 0), _Handler)
    server.set_app(app)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    doors = Doors(f"http://127.0.0.1:{server.server_port}")
    doors.switch(scale=SCALE)
    try:
        yield doors
    finally:
        doors.close()
        app.close()
        server.shutdown()
        server.server_close()
        thread.join()


def settings_for(address: str, token: str = TOKEN, secret: str = SECRET, proxy: str = "") -> TelegramSettings:
    return TelegramSettings(token=token, secret=secret, api_url=address, proxy=proxy)


def channel_to(address: str, token: str = TOKEN, proxy: str = "") -> TelegramChannel:
    return TelegramChannel(settings_for(address, token, proxy=proxy), Pace(chat_gap_seconds=0, all_gap_seconds=0))


Use = Callable[[Bot], Awaitable[Any]]


def use(telegram: Doors, work: Use, token: str = TOKEN) -> Any:
    """Runs some work with a real bot that has asked who it is."""

    async def run() -> Any:
        async with Bot(token, f"{telegram.address}/bot", f"{telegram.address}/file/bot") as bot:
            return await work(bot)

    return asyncio.run(run())


def call(telegram: Doors, method: str, token: str = TOKEN, **parameters: Any) -> requests.Response:
    return requests.post(f"{telegram.address}/bot{token}/{method}", data=parameters, timeout=10)


# Updates as the Bot API writes them

PERSON = {"id": ME, "is_bot": False, "first_name": "Trần Thị Mẫu", "language_code": "vi"}
PRIVATE = {"id": ME, "first_name": "Trần Thị Mẫu", "type": "private"}
GROUP = {"id": GROUP_ID, "title": "Nhóm mẫu", "type": "supergroup"}
BOT = {"id": BOT_ID, "is_bot": True, "first_name": "Một Cửa", "username": "motcua_sample_bot"}
AT = 1_795_496_400
"""A moment of 24 November 2026, in seconds since 1970."""


def message(chat: dict[str, Any] = PRIVATE, **content: Any) -> dict[str, Any]:
    return {"message_id": 77, "from": PERSON, "chat": chat, "date": AT, **content}


def update(**content: Any) -> dict[str, Any]:
    return {"update_id": 700_000_001, **content}


def photo(name: str, side: int, size: int | None) -> dict[str, Any]:
    found = {"file_id": name, "file_unique_id": name, "width": side, "height": side}
    return found | ({} if size is None else {"file_size": size})


def file(size: int | None = 1000, **more: Any) -> dict[str, Any]:
    return {"file_id": "FILE-1", "file_unique_id": "u1", **({} if size is None else {"file_size": size}), **more}


def press(**changes: Any) -> dict[str, Any]:
    shown = {"message_id": 77, "from": BOT, "chat": PRIVATE, "date": AT, "text": "Chọn một thủ tục"}
    query = {
        "id": "4000000000000000001", "from": PERSON, "chat_instance": "-1", "data": "12:0", "message": shown,
    } | changes  # fmt: skip
    return update(callback_query=query)


def membership(before: str, after: str, chat: dict[str, Any] = PRIVATE) -> dict[str, Any]:
    def member(status: str) -> dict[str, Any]:
        return {"user": BOT, "status": status} | ({"until_date": 0} if status == "kicked" else {})

    change = {"chat": chat, "from": PERSON, "date": AT, "old_chat_member": member(before)}
    return update(my_chat_member=change | {"new_chat_member": member(after)})
