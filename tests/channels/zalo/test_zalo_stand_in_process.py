"""The stand-in Zalo as it is shipped: a process on loopback that many use at once, started by one command."""

from __future__ import annotations

import os
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import requests
from typer.testing import CliRunner

from bot import settings
from bot.channels.zalo.stand_in import constants, server
from bot.channels.zalo.stand_in.doors import Doors
from bot.cli import zalo
from bot.cli.main import app
from tests.channels.zalo.zalo_standing_in import CS, USER, Connector, receiving
from tests.gateway.services import wait_until

pytestmark = pytest.mark.slow
LEAST_A_SECOND = 100


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def process(command: list[str], port: int) -> Iterator[Doors]:
    """This command, until it answers; ended as a supervisor does, and it may have had nothing to complain of."""
    started = subprocess.Popen(
        command, cwd=settings.HOME, env={**os.environ, "PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )  # fmt: skip

    def answers() -> bool:
        assert started.poll() is None, "it ended"
        try:
            return requests.get(f"http://127.0.0.1:{port}/_counts", timeout=2).ok
        except requests.RequestException:
            return False

    doors = Doors(f"http://127.0.0.1:{port}")
    try:
        wait_until(answers, 60)
        yield doors
    finally:
        doors.close()
        started.terminate()
        _, said = started.communicate(timeout=30)
    assert said.decode() == "", said.decode()


def test_it_listens_on_loopback_alone() -> None:
    command = server.command(8072)
    assert command[command.index("--bind") + 1] == "127.0.0.1:8072"


def test_a_supervisor_can_take_the_command_as_one_line() -> None:
    command = server.command(8072, "http://127.0.0.1:8080/webhooks/zalo", 0.01)
    assert shlex.split(" ".join(command)) == command


def test_it_keeps_the_headers_of_zalo_breaks_off_and_sends_webhooks() -> None:
    port = free_port()
    with receiving() as receiver, process(server.command(port, receiver.url, 0.001), port) as doors:
        assert doors.state()["switches"]["scale"] == 0.001
        connector = Connector(doors)
        doors.write(USER, "Xin chào")
        assert connector.send({"text": "Dạ"})["error"] == 0
        for name in ("reset", "lost"):
            doors.fault(name)
            with pytest.raises(requests.ConnectionError, match="Connection reset"):
                connector.post(CS, {"recipient": {"user_id": USER}, "message": {"text": "Dạ"}})
        assert len(doors.received(USER)) == 2
        doors.settle()
        assert {event["event_name"] for event in receiver.events()} == {
            "user_send_text", "oa_send_text", "user_received_message", "user_seen_message",
        }  # fmt: skip


def test_it_sends_a_crowd_of_a_hundred_messages_a_second_and_takes_the_answers() -> None:
    port, messages = free_port(), 600
    with receiving() as receiver, process(server.command(port, receiver.url), port) as doors:
        doors.switch(echo=False, received=False, seen="off", rate_a_minute=1_000_000)
        connector = Connector(doors)
        doors.bulk(users=50, messages=messages)
        begun = time.monotonic()
        users = [str(constants.FIRST_BULK_ID + place) for place in range(50)]
        wait_until(lambda: doors.counts().from_users >= 50)
        with ThreadPoolExecutor(4) as pool:
            errors = list(
                pool.map(lambda n: connector.send({"text": f"Dạ {n}"}, users[n % 50])["error"], range(messages))
            )
        counts = doors.settle()
        assert messages / (time.monotonic() - begun) > LEAST_A_SECOND
        assert (set(errors), counts.to_users, counts.webhooks["delivered"]) == ({0}, messages, messages)


def test_the_command_prints_the_lines_that_make_a_stack_talk_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    command = [sys.executable, "-c", "from bot.cli import main; main()", "zalo", "fake", "--port", str(port)]
    with process(command, port) as doors:
        assert doors.state()["switches"]["webhook"] == ""
    for line in zalo.exports(f"http://127.0.0.1:{port}"):
        name, _, value = line.removeprefix("export ").partition("=")
        monkeypatch.setenv(name, value)
    known = settings.load().zalo
    assert known.api_url == known.oauth_url == f"http://127.0.0.1:{port}"
    assert (known.app_id, known.app_secret) == (constants.APP_ID, constants.APP_SECRET)
    assert (known.oa_id, known.oa_secret) == (constants.OA_ID, constants.OA_SECRET)


def test_the_command_refuses_a_taken_port_and_a_webhook_elsewhere() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = CliRunner().invoke(app, ["zalo", "fake", "--port", str(port)])
        assert "is taken" in str(result.exception)
    result = CliRunner().invoke(app, ["zalo", "fake", "--webhook", "https://example.org/"])
    assert "not an address of this machine" in str(result.exception)
