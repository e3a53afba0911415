"""The stand-in as it is shipped: a process that keeps its state, serves many at once, and starts by one command."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest
import requests
from typer.testing import CliRunner

from bot import settings
from bot.cli import stack
from bot.cli.main import app
from bot.portal.stand_in import igate, server
from bot.portal.stand_in.register import Register
from bot.portal.stand_in.samples import load
from tests.portal.standing_in import BASIC, CODE, found, serving

pytestmark = pytest.mark.slow

LEAST_A_SECOND = 300


def status_of(address: str, code: str = CODE) -> str:
    words: str = found(address, code).json()["content"][0]["statusCurrentTask"]
    return words


def test_what_was_changed_is_still_so_after_a_restart(tmp_path: Path) -> None:
    with serving(tmp_path) as address:
        requests.post(f"{address}/ho-so/{CODE}", data={"do": "next"}, timeout=5)
        requests.post(f"{address}/_move", json={"code": "H19.99-261101-000001", "status": 8}, timeout=5)
        requests.post(f"{address}/_faults", json={"token_seconds": 60}, timeout=5)
    with serving(tmp_path) as address:
        assert status_of(address) == "Đã xử lý xong"
        assert status_of(address, "H19.99-261101-000001") == "Dừng xử lý"
        assert requests.get(f"{address}/_faults", timeout=5).json()["token_seconds"] == 60
    assert [file.name for file in (tmp_path / "portal").iterdir()] == ["state.json"], "no half-written file is left"


def test_a_state_that_cannot_be_read_gives_the_samples_as_shipped(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    samples, file = load()[0], tmp_path / "state.json"
    for content in ('{"dossiers": [{"code": 1}], "switches": {}}', "[]", '{"dossiers"', ""):
        file.write_text(content)
        assert Register(samples, file, settings.today).find(CODE) == samples[CODE]
        assert "cannot be read" in caplog.text
        caplog.clear()


def test_a_state_that_cannot_be_written_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "portal").write_text("a file where the folder should be")
    register = Register(load()[0], tmp_path / "portal" / "state.json", settings.today)
    with pytest.raises(OSError, match="portal"):
        register.switch({"fault": "500"})
    assert register.switches.fault is None


def test_many_ask_and_move_at_once_and_no_change_is_lost(stand_in: str, tmp_path: Path) -> None:
    codes = [f"H19.99-261101-{number:06d}" for number in range(60)]

    def move_and_ask(code: str) -> str:
        requests.post(f"{stand_in}/_move", json={"code": code, "status": 10}, timeout=10).raise_for_status()
        return status_of(stand_in, code)

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(move_and_ask, codes)) == {"Đã trả kết quả"}
    kept = json.loads((tmp_path / "portal" / "state.json").read_text(encoding="utf-8"))
    assert {entry["code"] for entry in kept["dossiers"]} == set(codes)


def test_it_answers_more_than_300_searches_a_second(stand_in: str) -> None:
    form = {"grant_type": "client_credentials"}
    token = requests.post(stand_in + igate.TOKEN_PATH, data=form, headers=BASIC, timeout=5).json()["access_token"]
    codes = [f"H19.99-261101-{number:06d}" for number in range(1200)]

    def ask(part: list[str]) -> None:
        with closing(HTTPConnection(stand_in.removeprefix("http://"), timeout=10)) as connection:
            for code in part:
                path = f"{igate.SEARCH_PATH}?page=0&size=10&spec=slice&code={code}"
                connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
                assert f'"{code}"'.encode() in connection.getresponse().read()

    begun = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ask, [codes[place::4] for place in range(4)]))
    assert len(codes) / (time.monotonic() - begun) > LEAST_A_SECOND


def test_it_listens_on_loopback_alone() -> None:
    command = server.command(8071)
    assert command[command.index("--bind") + 1] == "127.0.0.1:8071"


def test_the_command_says_where_it_runs_and_does_not_start_a_second_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTCUA_VAR", str(tmp_path))
    with serving(tmp_path) as address:
        requests.post(f"{address}/ho-so/{CODE}", data={"do": "next"}, timeout=5)
        port = address.rsplit(":", 1)[1]
        done = CliRunner().invoke(app, ["portal", "--port", port, "--reset"])
        assert done.exit_code == 0, done.output
        assert f"đang chạy sẵn: {address}" in done.output
        assert status_of(address) == "Đang xử lý"


def test_the_command_runs_it_in_the_foreground_from_anywhere(tmp_path: Path) -> None:
    (tmp_path / "portal").mkdir()
    (tmp_path / "portal" / "state.json").write_text('{"dossiers": [], "switches": {"fault": "500"}}')
    port = str(stack._free_port())
    code = "import sys; sys.argv[1:] = ['portal', '--reset', '--port', sys.argv[1]]; from bot.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, port], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
        env={**os.environ, "MOTCUA_VAR": str(tmp_path), "PYTHONPATH": str(settings.HOME), "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    try:
        assert process.stdout
        assert process.stdout.readline().strip() == f"Cổng mẫu (dữ liệu mẫu): http://127.0.0.1:{port}"
        deadline = time.monotonic() + 20
        while True:
            try:
                switches = requests.get(f"http://127.0.0.1:{port}/_faults", timeout=2).json()
                break
            except requests.RequestException:
                assert time.monotonic() < deadline
                time.sleep(0.05)
        assert switches["fault"] is None
    finally:
        process.terminate()
        process.communicate(timeout=20)


def test_a_taken_port_is_said_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTCUA_VAR", str(tmp_path))
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(stack.StackError, match="is taken"):
            CliRunner().invoke(app, ["portal", "--port", str(other.getsockname()[1])], catch_exceptions=False)


def test_the_stack_starts_it_only_where_no_portal_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def parts() -> tuple[bool, str]:
        known = stack.Stack("http://127.0.0.1:1", "http://127.0.0.1:2", "http://127.0.0.1:3", "", "", stack._stand_in())
        given = stack._environment(known).get("MOTCUA_PORTAL_URL", "")
        return "portal" in stack._programs(known, Path("model")), given.removeprefix(known.portal or " ")

    for name in ("MOTCUA_PORTAL", "MOTCUA_PORTAL_URL"):
        monkeypatch.delenv(name, raising=False)
    assert parts() == (True, "")
    monkeypatch.setenv("MOTCUA_PORTAL", "ngsp")
    assert parts() == (True, "/ngsp")
    monkeypatch.setenv("MOTCUA_PORTAL", "manual")
    assert parts() == (False, "")
    monkeypatch.setenv("MOTCUA_PORTAL", "igate")
    monkeypatch.setenv("MOTCUA_PORTAL_URL", "https://portal.example")
    assert parts() == (False, "https://portal.example")
