"""A dossier end to end, against the stand-in portal: the digits open it, and nothing of them is left anywhere."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bot.portal.stand_in import samples
from tests.stack.conftest import Service

pytestmark = pytest.mark.stack

CODE = "H19.12-261105-0007"
DIGITS = "[4 số cuối]"


def talk(service: Service, tmp_path: Path, *turns: str) -> list[dict[str, Any]]:
    """One conversation, as ``motcua ask --jsonl`` holds it."""
    file = tmp_path / "turns.jsonl"
    file.write_text(json.dumps({"id": "a", "turns": turns}, ensure_ascii=False), encoding="utf-8")
    done = service.motcua("ask", "--jsonl", str(file))
    assert done.returncode == 0, done.stderr
    told: list[dict[str, Any]] = json.loads(done.stdout)["turns"]
    return told


def said(turn: dict[str, Any]) -> str:
    return "\n".join(reply["text"] for reply in turn["replies"])


def state(turn: dict[str, Any]) -> tuple[str, str | None]:
    return turn["turn"]["status"], turn["turn"]["reason"]


def test_a_dossier_is_told_once_the_digits_are_right(service: Service, tmp_path: Path) -> None:
    asked, told = talk(service, tmp_path, f"ho so {CODE} toi dau roi", "4729")
    assert state(asked) == ("dossier", "need_verify")
    assert "4 số cuối" in said(asked)
    assert "Hòa giải" not in said(asked)
    assert told["text"] == DIGITS
    assert state(told) == ("dossier", None)
    assert told["turn"]["procedures"] == ["1.012812"]
    answer = said(told)
    for part in ("Đang xử lý", "chỉ chờ", "thứ Tư, 2/12/2026", "Ủy ban nhân dân phường Trấn Biên"):
        assert part in answer
    assert "Theo Cổng, cập nhật lúc 16 giờ 40, thứ Hai, 23/11/2026." in answer


def test_wrong_digits_are_told_like_a_code_that_is_none(service: Service, tmp_path: Path) -> None:
    nobodys = "H19.12-261105-9999"
    wrong = talk(service, tmp_path, CODE, "0000")[1]
    nowhere = talk(service, tmp_path, f"{nobodys} 4 số cuối 4729")[0]
    assert state(wrong) == state(nowhere) == ("dossier", "need_verify")
    assert said(wrong).replace(CODE, "…") == said(nowhere).replace(nobodys, "…")
    assert nowhere["text"] == f"{nobodys} 4 số cuối {DIGITS}"


def test_after_three_misses_no_digits_help(service: Service, tmp_path: Path) -> None:
    turns = talk(service, tmp_path, CODE, "0000", "0001", "0002", "4729")
    assert ["ba lần chưa khớp" in said(turn) for turn in turns] == [False, False, False, True, True]


def kept(service: Service) -> tuple[dict[str, str], dict[str, str]]:
    """All that the tables (Rasa's too) and the logs hold by now."""
    with psycopg.connect(service.state["database_url"]) as database:
        names = [row[0] for row in database.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        assert {"rasa_tracker", "gateway_inboxmessage", "portal_attempt"} <= set(names)
        tables = {name: str(database.execute(f'SELECT * FROM "{name}"').fetchall()) for name in names}  # type: ignore[call-overload]
    logs = {file.name: file.read_text(errors="replace") for file in (service.var / "log").glob("*.log*")}
    logs["postgres"] = (service.var / "postgres" / "log").read_text(errors="replace")
    return tables, logs


def test_no_table_no_conversation_of_rasa_and_no_log_holds_the_digits(service: Service, tmp_path: Path) -> None:
    canary = "8264"
    talk(service, tmp_path, CODE, canary, f"số cuối là {canary}", f"{CODE} {canary}", f"090123{canary}")
    tables, logs = kept(service)
    assert DIGITS in tables["gateway_inboxmessage"]
    assert "give_code" in tables["rasa_tracker"]
    as_a_number = re.compile(rf"(?<![0-9a-f.])(?:090123)?{canary}(?![0-9a-f])")  # in no digest, in no time
    assert [name for name, text in {**tables, **logs}.items() if as_a_number.search(text)] == []


def test_of_a_portals_reply_only_the_whitelisted_fields_reach_table_conversation_or_log(
    service: Service, tmp_path: Path
) -> None:
    """The stand-in's replies hold the owner's name, number, phone, mail and address, and an officer's name."""
    told = said(talk(service, tmp_path, CODE, "4729", "báo cho tôi khi có kết quả", "đồng ý")[1])
    assert "N*** V*** M***" in told
    personal = (
        samples.NAME,
        samples.OFFICER,
        samples.IDENTITY,
        samples.MAIL,
        samples.ADDRESS,
        samples.phone_of("4729"),
    )
    tables, logs = kept(service)
    assert "N*** V*** M***" in tables["gateway_outboxmessage"]
    assert [(name, one) for name, text in {**tables, **logs}.items() for one in personal if one in text] == []


def test_the_terminal_talks_too_and_a_number_picks_a_button(service: Service) -> None:
    done = service.motcua("chat", typed=f"ho so {CODE} 4729\n1\n2\n\n")
    assert done.returncode == 0, done.stderr
    assert "[1] Báo cho tôi khi hồ sơ có tin mới" in done.stdout
    assert "Mình có đồng ý không?" in done.stdout
    assert "máy không theo dõi" in done.stdout
