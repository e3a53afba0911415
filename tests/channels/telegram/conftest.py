"""The stand-in Telegram for the tests of this room, and the channel that speaks to it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from bot import settings
from bot.channels.telegram.channel import TelegramChannel
from bot.channels.telegram.pace import Pace
from bot.channels.telegram.stand_in.doors import Doors
from tests.channels.telegram.telegram_standing_in import serving, settings_for
from tests.gateway.services import wait_until


@pytest.fixture(scope="module")
def telegram_of_module() -> Iterator[Doors]:
    with serving() as doors:
        yield doors


@pytest.fixture
def telegram(telegram_of_module: Doors) -> Doors:
    """A stand-in as at its first start: nobody has written, no webhook, all switches as they are delivered."""
    telegram_of_module.reset()
    telegram_of_module.switch(scale=0.01)
    return telegram_of_module


@pytest.fixture
def channel(telegram: Doors) -> Iterator[TelegramChannel]:
    """The channel to it, at no pace of its own."""
    opened = TelegramChannel(settings_for(telegram.address), Pace(chat_gap_seconds=0, all_gap_seconds=0))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def process() -> Iterator[Doors]:
    """``motcua telegram fake`` as a developer starts it."""
    port = _free_port()
    code = "import sys; sys.argv[1:] = ['telegram', 'fake', '--port', sys.argv[1]]; from bot.cli import main; main()"
    started = subprocess.Popen(
        [sys.executable, "-c", code, port], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd="/",
        env={**os.environ, "PYTHONPATH": str(settings.HOME), "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    doors = Doors(f"http://127.0.0.1:{port}")
    try:
        wait_until(doors.answers, 30)
        yield doors
    finally:
        doors.close()
        started.terminate()
        out, errors = started.communicate(timeout=20)
        assert f"export MOTCUA_TELEGRAM_API={doors.address}\n" in out
        assert errors == ""


def _free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return str(probe.getsockname()[1])
