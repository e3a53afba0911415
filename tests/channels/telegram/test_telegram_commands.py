"""``motcua telegram``, against a real process of the stand-in."""

from __future__ import annotations

import socket
from contextlib import closing

import pytest
from typer.testing import CliRunner

from bot.channels.base import Outcome, Outgoing
from bot.channels.telegram.channel import TelegramChannel
from bot.channels.telegram.stand_in.doors import Doors
from bot.cli.main import app
from bot.cli.stack import StackError
from tests.channels.telegram.telegram_standing_in import ME, settings_for

pytestmark = pytest.mark.slow


def test_the_command_does_not_start_a_second_one(process: Doors) -> None:
    port = process.address.rsplit(":", 1)[1]
    done = CliRunner().invoke(app, ["telegram", "fake", "--port", port])
    assert done.exit_code == 0, done.output
    assert "Đang chạy sẵn." in done.output


def test_the_commands_of_an_operator_work_on_it(process: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    process.reset()
    for name, value in (process.settings | {"MOTCUA_TELEGRAM_SECRET": "bi-mat"}).items():
        monkeypatch.setenv(name, value)
    runner = CliRunner()
    for arguments, words in (
        (["set-webhook", "http://127.0.0.1:9/x"], "báo tin về địa chỉ này"),
        (["info"], "Webhook: http://127.0.0.1:9/x"),
        (["delete-webhook"], "chờ máy tự hỏi"),
        (["set-commands"], "/start, /trogiup, /xoa"),
        (["info"], "Bot: @motcua_sample_bot\nWebhook: không có"),
    ):
        done = runner.invoke(app, ["telegram", *arguments])
        assert done.exit_code == 0, done.output
        assert words in done.output
    monkeypatch.setenv("MOTCUA_TELEGRAM_TOKEN", "123456:WRONG")
    with pytest.raises(StackError, match="token_refused"):
        runner.invoke(app, ["telegram", "info"], catch_exceptions=False)


def test_a_taken_port_is_said_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        with pytest.raises(StackError, match="is taken"):
            CliRunner().invoke(app, ["telegram", "fake", "--port", port], catch_exceptions=False)


@pytest.mark.parametrize(("name", "arrived"), [("reset", 0), ("lost", 1)])
def test_a_real_process_breaks_off_too(process: Doors, name: str, arrived: int) -> None:
    process.reset()
    process.write("/start")
    process.fail(name)
    with closing(TelegramChannel(settings_for(process.address))) as channel:
        assert channel.send(str(ME), Outgoing("x")).outcome is Outcome.UNKNOWN
    assert len(process.received()) == arrived
