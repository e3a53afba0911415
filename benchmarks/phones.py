"""The citizens of a benchmark: they write through a stand-in messenger, and what reaches them is read there."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

import requests

from bot import settings
from bot.channels.telegram.stand_in import constants as telegram
from bot.channels.telegram.stand_in import server as telegram_server
from bot.channels.telegram.stand_in.doors import Doors as TelegramDoors
from bot.channels.zalo.stand_in import constants as zalo
from bot.channels.zalo.stand_in import server as zalo_server
from bot.channels.zalo.stand_in.doors import Doors as ZaloDoors

COPIED_EVERY = 4
"""Every so many messages Zalo tells twice."""
COPIED_SHARE = 0.25
"""The share that Telegram tells twice."""
UP_SECONDS = 30.0


class Phones(Protocol):
    """People of one messenger, counted from 0."""

    @property
    def channel(self) -> str: ...

    @property
    def environment(self) -> dict[str, str]:
        """What makes a stack talk to this messenger."""
        ...

    def connect(self, web: str, people: int) -> None:
        """Points the messenger's webhook at a stack."""
        ...

    def write(self, person: int, texts: Sequence[str]) -> None: ...

    def heard(self) -> dict[int, list[str]]:
        """All that each person was sent so far, in order."""
        ...

    def on_the_way(self) -> int:
        """How many webhooks are neither delivered nor given up."""
        ...


class ZaloPhones:
    """``scale`` multiplies the waits between two tries at one webhook."""

    channel = "zalo"

    def __init__(self, address: str, scale: float) -> None:
        self.doors = ZaloDoors(address)
        self._address, self._scale = address, scale
        self._heard: dict[int, list[str]] = {}
        self._last = self._written = 0

    @property
    def environment(self) -> dict[str, str]:
        return {
            "MOTCUA_ZALO_API": self._address, "MOTCUA_ZALO_OAUTH": self._address, "MOTCUA_ZALO_APP_ID": zalo.APP_ID,
            "MOTCUA_ZALO_APP_SECRET": zalo.APP_SECRET, "MOTCUA_ZALO_OA_ID": zalo.OA_ID,
            "MOTCUA_ZALO_OA_SECRET": zalo.OA_SECRET, "MOTCUA_ZALO_MEDIA_HOSTS": "127.0.0.1",
        }  # fmt: skip

    def connect(self, web: str, people: int) -> None:
        """Signs the stack in as well: the tables must be there. Its rate is not what is measured."""
        from bot.channels.zalo.oauth import TokenPair
        from bot.gateway.messengers import zalo_tokens

        pair = self.doors.bootstrap()
        zalo_tokens(settings.load().zalo).store(TokenPair(pair["access_token"], pair["refresh_token"], 90_000))
        self.doors.switch(webhook=f"{web}/webhooks/zalo", scale=self._scale, rate_a_minute=100_000)
        for person in range(people):
            self.doors.user(_zalo_id(person), follows=True, silent_seconds=0)

    def write(self, person: int, texts: Sequence[str]) -> None:
        for text in texts:
            self._written += 1
            copies = 1 if self._written % COPIED_EVERY else 2
            self.doors.write(_zalo_id(person), text, copies=copies, ordered=True)

    def heard(self) -> dict[int, list[str]]:
        for message in self.doors.messages(since=self._last):
            self._last = max(self._last, message.number)
            if message.sender == "oa":
                person = int(message.user) - zalo.FIRST_BULK_ID
                self._heard.setdefault(person, []).append(message.text)
        return self._heard

    def on_the_way(self) -> int:
        return self.doors.counts().webhooks["pending"]


class TelegramPhones:
    """Flood control is off: a chat that is spoken to once a second would take longer than everything else."""

    channel = "telegram"

    def __init__(self, address: str, scale: float) -> None:
        self.doors = TelegramDoors(address)
        self._address, self._scale = address, scale

    @property
    def environment(self) -> dict[str, str]:
        return {
            **self.doors.settings, "MOTCUA_TELEGRAM_SECRET": telegram.SECRET, "MOTCUA_TELEGRAM_PACE_SECONDS": "0.02",
        }  # fmt: skip

    def connect(self, web: str, people: int) -> None:
        self.doors.switch(flood=False, duplicates=COPIED_SHARE, shuffle=True, scale=self._scale)
        asked = {"url": f"{web}/webhooks/telegram", "secret_token": telegram.SECRET, "max_connections": "40"}
        requests.post(f"{self._address}/bot{telegram.TOKEN}/setWebhook", data=asked, timeout=10).raise_for_status()

    def write(self, person: int, texts: Sequence[str]) -> None:
        self.doors.write_many((person, text) for text in texts)

    def heard(self) -> dict[int, list[str]]:
        return {user - telegram.FIRST_BULK_ID: texts for user, texts in self.doors.received_by_all().items()}

    def on_the_way(self) -> int:
        return int(self.doors.counts()["waiting"])


def _zalo_id(person: int) -> str:
    return str(zalo.FIRST_BULK_ID + person)


@contextmanager
def standing_in(command: list[str], address: str) -> Iterator[int]:
    """A stand-in as a process; its id."""
    environment = {**os.environ, "PYTHONPATH": str(settings.HOME)}
    process = subprocess.Popen(command, cwd=settings.HOME, env=environment, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + UP_SECONDS
        while not _answers(address):
            if time.monotonic() > deadline or process.poll() is not None:
                raise RuntimeError(f"the stand-in at {address} did not come up")
            time.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


@contextmanager
def zalo_phones(scale: float) -> Iterator[ZaloPhones]:
    """People of a stand-in Zalo of their own."""
    port = free_port()
    with standing_in(zalo_server.command(port), f"http://127.0.0.1:{port}/_counts"):
        phones = ZaloPhones(f"http://127.0.0.1:{port}", scale)
        try:
            yield phones
        finally:
            phones.doors.close()


@contextmanager
def telegram_phones(scale: float) -> Iterator[TelegramPhones]:
    """People of a stand-in Telegram of their own."""
    port = free_port()
    with standing_in(telegram_server.command(port), f"http://127.0.0.1:{port}/_counts"):
        phones = TelegramPhones(f"http://127.0.0.1:{port}", scale)
        try:
            yield phones
        finally:
            phones.doors.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _answers(address: str) -> bool:
    try:
        return requests.get(address, timeout=2).ok
    except requests.RequestException:
        return False
