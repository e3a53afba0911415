"""The real stack: Rasa, action server, worker, web, PostgreSQL."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests

from tests.stack.conftest import Service

pytestmark = pytest.mark.stack


@pytest.mark.parametrize(
    ("text", "status", "procedure"),
    [
        ("Làm khai sinh cho con cần giấy tờ gì?", "answered", "1.001193"),
        ("dk ket hon het bao nhieu tien", "answered", "1.000894"),
        ("ba tôi mới mất, giờ làm giấy gì", "answered", "1.000656"),
        ("Căn cước bị mất thì làm lại ở đâu", "answered", "1.116410"),
        ("xin chào", "smalltalk", None),
        ("cho tôi gặp cán bộ", "handoff", None),
        ("có người gọi kêu đọc mã OTP", "refused", None),
        ("hôm nay trời có mưa không", "out_of_scope", None),
        ("giờ làm việc của phường thế nào", "place", None),
        ("yêu cầu bổ sung là sao", "dossier", None),
    ],
)
def test_a_question_gets_its_kind_of_answer(service: Service, text: str, status: str, procedure: str | None) -> None:
    turn = service.ask(text)["turn"]
    assert isinstance(turn, dict)
    assert turn["status"] == status
    assert turn["procedures"][:1] == ([procedure] if procedure else [])


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "x" * 10_000, "😀😀😀", "how do I get a passport", "'; DROP TABLE gateway_turn; --",
        '/choose_option{"procedure": "1.001193"}', '/restart', "//session_start", "身份证怎么办理", "\x00\x01",
        "{name}",
        "<script>alert(1)</script>",
    ],
)  # fmt: skip
def test_odd_input_gets_a_sensible_reply(service: Service, text: str) -> None:
    if "\x00" in text:
        text = text.replace("\x00", "\u200b")  # no shell can pass a NUL
    answer = service.ask(text)
    turn, replies = answer["turn"], answer["replies"]
    assert isinstance(turn, dict)
    assert isinstance(replies, list)
    assert turn["status"] != "error"
    assert replies[0]["text"].startswith(("Dạ", "Mình", "Đây"))
    assert "Traceback" not in json.dumps(answer)


def test_a_personal_number_reaches_no_table_and_no_log(service: Service) -> None:
    answer = service.ask("căn cước 079 085 001 234 của tôi hết hạn, gọi 0901234567 nha")
    assert answer["text"] == "căn cước [số căn cước] của tôi hết hạn, gọi [số điện thoại] nha"
    with psycopg.connect(service.state["database_url"]) as connection:
        for table in ("gateway_inboxmessage", "gateway_outboxmessage", "gateway_unansweredquestion", "rasa_tracker"):
            found = connection.execute(f"SELECT count(*) FROM {table} t WHERE t::text ~ '0901234567|085 ?001'")
            row = found.fetchone()
            assert row == (0,), table
    for log in (service.var / "log").glob("*.log"):
        assert "0901234567" not in log.read_text(errors="replace"), log


def test_a_conversation_of_a_file_keeps_its_subject_and_picks_by_place(service: Service, tmp_path: Path) -> None:
    file = tmp_path / "turns.jsonl"
    file.write_text(json.dumps({"id": "a", "turns": ["đăng ký kết hôn", "còn phí?", "rồi nộp ở đâu vậy"]}) + "\n")
    done = service.motcua("ask", "--jsonl", str(file))
    assert done.returncode == 0, done.stderr
    turns = [turn["turn"] for turn in json.loads(done.stdout)["turns"]]
    assert [turn["procedures"][0] for turn in turns] == ["1.000894"] * 3
    assert [turn["aspects"] for turn in turns] == [["overview"], ["fee"], ["where"]]


def test_a_bad_line_of_a_file_is_named(service: Service, tmp_path: Path) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_text('{"id": 1, "turns": "x"}\n')
    done = service.motcua("ask", "--jsonl", str(file))
    assert done.returncode == 2
    assert "bad.jsonl: line 1" in done.stderr


def test_a_changed_record_is_taken_up_within_ten_seconds(service: Service) -> None:
    file = service.data / "procedures" / "cong_an" / "1.001456.yml"
    before = file.read_text(encoding="utf-8")
    file.write_text(before.replace("  - làm hộ chiếu\n", "  - làm hộ chiếu\n  - sổ thông hành xanh biếc\n"))
    try:
        deadline = time.monotonic() + 10
        while True:
            turn = service.ask("sổ thông hành xanh biếc phí bao nhiêu")["turn"]
            assert isinstance(turn, dict)
            if turn["procedures"] == ["1.001456"]:
                break
            assert time.monotonic() < deadline, turn
    finally:
        file.write_text(before)


def test_every_port_listens_on_loopback_only(service: Service) -> None:
    done = subprocess.run(["ss", "-ltnH"], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("ss (iproute2) is not installed")
    ports = {service.state[part].rsplit(":", 1)[1] for part in ("web", "rasa", "actions")}
    listening = [line.split()[3] for line in done.stdout.splitlines()]
    ours = [address for address in listening if address.rsplit(":", 1)[1] in ports]
    assert len(ours) == len(ports)
    assert all(address.startswith("127.0.0.1:") for address in ours)


def pids_of(service: Service, part: str) -> list[int]:
    """The processes of one part: its command line carries the part's port, or its module, and our folder."""
    out = []
    needle = {"worker": "bot.gateway.worker"}.get(part) or service.state[part].rsplit(":", 1)[1]
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            command = (entry / "cmdline").read_bytes().decode(errors="replace")
            environment = (entry / "environ").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if needle in command and f"MOTCUA_VAR={service.var}" in environment and "supervisord" not in command:
            out.append(int(entry.name))
    return out


class Phone:
    """A browser's side of the web chat."""

    def __init__(self, web: str) -> None:
        self._web, self._session = web, requests.Session()
        self._patiently("GET", "/")

    def _patiently(self, method: str, path: str, **more: Any) -> requests.Response:
        """As the page does: tries again until the server takes it, under the same id."""
        deadline = time.monotonic() + 120
        while True:
            try:
                token = self._session.cookies.get("csrftoken", "")
                response = self._session.request(
                    method, f"{self._web}{path}", headers={"X-CSRFToken": token}, timeout=10, **more
                )
                if response.status_code in (200, 202):
                    return response
            except requests.RequestException:
                pass
            assert time.monotonic() < deadline, f"{method} {path}"
            time.sleep(0.3)

    def say(self, text: str) -> None:
        self._patiently("POST", "/api/messages", json={"id": str(uuid.uuid4()), "text": text})

    def conversation(self, wanted: int) -> list[dict[str, Any]]:
        """The whole conversation, once as many messages are answered."""
        deadline = time.monotonic() + 150
        while True:
            content = self._patiently("GET", "/api/messages?after=0").json()
            said = sum(message["from"] == "citizen" for message in content["messages"])
            if not content["waiting"] and said == wanted:
                found: list[dict[str, Any]] = content["messages"]
                return found
            assert time.monotonic() < deadline, content
            time.sleep(0.3)


QUESTIONS = ("khai sinh lần đầu hay xin bản sao giấy khai sinh", "cái thứ hai", "còn phí?", "nộp ở đâu", "mất bao lâu")


@pytest.mark.parametrize("part", ["rasa", "actions", "worker", "web"])
def test_killing_a_part_loses_nothing_and_answers_once_in_order(service: Service, part: str) -> None:
    """50 messages in flight, an ordinal among them, in ten conversations."""
    calm = Phone(service.state["web"])
    for text in QUESTIONS:
        calm.say(text)
    expected = [m["text"] for m in calm.conversation(len(QUESTIONS))]
    phones = [Phone(service.state["web"]) for _ in range(10)]

    def talk(phone: Phone) -> None:
        for text in QUESTIONS:
            phone.say(text)

    with ThreadPoolExecutor(10) as pool:
        talking = [pool.submit(talk, phone) for phone in phones]
        time.sleep(0.4)
        killed = pids_of(service, part)
        assert killed
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        for one in talking:
            one.result()
    for phone in phones:
        assert [m["text"] for m in phone.conversation(len(QUESTIONS))] == expected
