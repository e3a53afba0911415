"""The wire to Telegram: python-telegram-bot on an event loop of its own, quiet about tokens and texts.

Both httpx (addresses, which hold the token) and python-telegram-bot (texts, replies) log what must not be in a log, so
their loggers are turned down here, whatever the rest of the process wants.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar
from urllib.parse import urlencode

os.environ.setdefault("PTB_TIMEDELTA", "true")  # else python-telegram-bot warns wherever it meets a number of seconds

from telegram import Bot
from telegram.error import NetworkError, TelegramError
from telegram.request import HTTPXRequest

from bot.channels.telegram.gate import run_held, watch
from bot.settings import TelegramSettings

for _name in ("httpx", "httpcore", "telegram"):
    logging.getLogger(_name).setLevel(logging.WARNING)

CONNECT_SECONDS, READ_SECONDS, WRITE_SECONDS, POOL_SECONDS = 5.0, 10.0, 10.0, 5.0
GRACE_SECONDS = 1.0
CONNECTIONS = 64
REFUSALS = {400, 401, 403, 404, 409, 429}
"""The statuses that python-telegram-bot makes an error of its own from, by what Telegram says in the body."""
Result = TypeVar("Result")


class StatusError(NetworkError):
    """A reply whose status python-telegram-bot does not tell apart: the 3xx, 5xx, and what a proxy may say."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status


class Request(HTTPXRequest):
    """HTTPXRequest that keeps the status and does not write a reply into the log."""

    async def do_request(self, url: str, method: str, *further: Any, **settings: Any) -> tuple[int, bytes]:
        """As HTTPXRequest. Raises StatusError besides: also for a refusal in other words than Telegram's."""
        status, body = await super().do_request(url, method, *further, **settings)
        refusal = _object(body) if status in REFUSALS else None
        if 200 <= status < 300 or (refusal is not None and "description" in refusal):
            return status, body
        raise StatusError(status)

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """As HTTPXRequest, but nothing is logged."""
        content = _object(payload)
        if content is None:
            raise TelegramError("Invalid server response")
        return content


def _object(body: bytes) -> dict[str, Any] | None:
    """A JSON object, None for anything else."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


class Wire:
    """A bot and the thread its event loop runs on; both begin with the first call. For all threads of a process.

    No call asks Telegram who we are first: a service starts and stays up while Telegram cannot be reached.
    """

    def __init__(self, settings: TelegramSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._bot: Bot | None = None
        self._thread: threading.Thread | None = None

    @property
    def bot(self) -> Bot:
        """The bot; its methods run on this wire's loop only. Raises TelegramError for an empty token."""
        self._begin()
        assert self._bot is not None
        return self._bot

    def start(self, work: Coroutine[Any, Any, Result]) -> Future[Result]:
        """Begins some work and does not wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._begin())

    def run(self, work: Coroutine[Any, Any, Result], seconds: float) -> Result:
        """Does some work, for at most so many seconds. Raises what it raises, TimeoutError."""
        under_way = self.start(work)
        try:
            return under_way.result(seconds)
        finally:
            under_way.cancel()

    def run_held(self, work: Coroutine[Any, Any, Result], seconds: float, begin: Callable[[], None]) -> Result:
        """As ``run``; ``begin`` is called here right before the first request counts. Raises what that raises too."""
        return run_held(self._begin(), work, seconds, begin)

    async def ask(self, method: str, read_seconds: float = READ_SECONDS, **parameters: object) -> Any:
        """The raw result of a method, as JSON gives it. Raises TelegramError."""
        query = urlencode({k: v if isinstance(v, str) else json.dumps(v) for k, v in parameters.items()})
        url = f"{self._settings.api_url}/bot{self._settings.token}/{method}?{query}"
        return await self.bot.request.post(url, read_timeout=read_seconds)

    def close(self) -> None:
        """Ends the connections and the thread; a later call begins anew."""
        with self._lock:
            loop, bot, thread = self._loop, self._bot, self._thread
            self._loop = self._bot = self._thread = None
        if loop is None or thread is None:
            return
        asyncio.run_coroutine_threadsafe(_end(bot), loop).result(READ_SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(READ_SECONDS)
        loop.close()

    def _begin(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                request = Request(
                    connection_pool_size=CONNECTIONS, read_timeout=READ_SECONDS, write_timeout=WRITE_SECONDS,
                    connect_timeout=CONNECT_SECONDS, pool_timeout=POOL_SECONDS, proxy=self._settings.proxy or None,
                    httpx_kwargs={"event_hooks": {"request": [watch]}},
                )  # fmt: skip
                base = self._settings.api_url
                self._bot = Bot(
                    self._settings.token, f"{base}/bot", f"{base}/file/bot", request=request,
                    get_updates_request=request,
                )  # fmt: skip
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, daemon=True, name="telegram")
                self._thread.start()
            return self._loop


async def _end(bot: Bot | None) -> None:
    """Lets what is under way finish, for a second; cut short right at its start it would be told as never awaited."""
    if left := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(left, timeout=GRACE_SECONDS)
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    if bot is not None:
        await bot.request.shutdown()
