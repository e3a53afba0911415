"""The caller learns when a message is about to leave: before that, a process that dies has sent nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from contextlib import closing

import pytest

from bot.channels.base import Outcome, Outgoing, Punctual
from bot.channels.telegram.channel import TelegramChannel
from bot.channels.telegram.stand_in.doors import Doors
from bot.settings import HOME
from tests.channels.telegram.telegram_standing_in import ME, settings_for

HELLO = Outgoing("Dạ, chào mình.")
TO = str(ME)


@pytest.fixture(autouse=True)
def started(telegram: Doors) -> None:
    telegram.write("/start")


def test_telegram_says_when_a_message_is_about_to_leave(telegram: Doors, channel: TelegramChannel) -> None:
    assert isinstance(channel, Punctual)
    seen: list[tuple[list[str], str]] = []

    def begin() -> None:
        time.sleep(0.2)  # long enough for a message that had left to be there
        seen.append((telegram.received(), threading.current_thread().name))

    assert channel.send_at(TO, HELLO, begin).outcome is Outcome.SENT
    assert seen == [([], threading.current_thread().name)]
    assert telegram.received() == [HELLO.text]


@pytest.mark.parametrize("error", [ValueError("the database is away"), KeyboardInterrupt()])
def test_where_the_caller_cannot_begin_nothing_is_sent(
    telegram: Doors, channel: TelegramChannel, error: BaseException
) -> None:
    def begin() -> None:
        raise error

    with pytest.raises(type(error)):
        channel.send_at(TO, HELLO, begin)
    assert telegram.received() == []
    assert channel.send(TO, HELLO).outcome is Outcome.SENT
    assert telegram.received() == [HELLO.text]


def test_where_nobody_listens_it_does_not_begin() -> None:
    begun: list[int] = []
    with closing(TelegramChannel(settings_for("http://127.0.0.1:9"))) as channel:
        delivery = channel.send_at(TO, HELLO, lambda: begun.append(1))
    assert (delivery.outcome, begun) == (Outcome.RETRY, [])


def test_it_begins_once_though_the_text_is_sent_again_in_another_form(
    telegram: Doors, channel: TelegramChannel
) -> None:
    telegram.fail("parse", method="sendMessage")
    begun: list[int] = []
    assert channel.send_at(TO, HELLO, lambda: begun.append(1)).outcome is Outcome.SENT
    assert begun == [1]


def test_many_at_once_each_begin_their_own(telegram: Doors, channel: TelegramChannel) -> None:
    begun: list[int] = []
    threads = [
        threading.Thread(target=channel.send_at, args=(TO, Outgoing(f"câu {n}"), lambda n=n: begun.append(n)))
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(begun) == [0, 1, 2, 3]
    assert sorted(telegram.received()) == [f"câu {n}" for n in range(4)]


@pytest.mark.slow
def test_a_process_killed_where_it_would_begin_has_sent_nothing(telegram: Doors) -> None:
    code = f"""
import os, signal
from bot.channels.base import Outgoing
from bot.channels.telegram.channel import TelegramChannel
from bot.settings import TelegramSettings
channel = TelegramChannel(TelegramSettings())
channel.send_at("{TO}", Outgoing("một"), lambda: os.kill(os.getpid(), signal.SIGKILL))
"""
    environment = {**os.environ, **telegram.settings}
    done = subprocess.run([sys.executable, "-c", code], cwd=HOME, env=environment, check=False, timeout=60)
    assert done.returncode == -9
    time.sleep(0.5)
    assert telegram.received() == []
    assert all(call["status"] != 200 for call in telegram.calls("sendMessage")), "half a request is no request"
