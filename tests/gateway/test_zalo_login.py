"""``motcua zalo login`` and ``status``: from the link to a stored pair, with nothing secret on the command line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from typer.testing import CliRunner

from bot.channels.zalo.stand_in.doors import Doors
from bot.cli import zalo_login
from bot.cli.stack import StackError
from bot.cli.zalo import app
from bot.gateway.models import ZaloToken
from tests.channels.zalo.zalo_standing_in import serving
from tests.gateway.messenger_calls import ZALO

OA_ID = ZALO["MOTCUA_ZALO_OA_ID"]
COMES_BACK_TO = "http://127.0.0.1:8080/zalo"


@pytest.fixture
def zalo(tables: None, database_url: str, var: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Doors]:
    with serving() as doors:
        here = {"MOTCUA_ZALO_API": doors.address, "MOTCUA_ZALO_OAUTH": doors.address}
        there = {"DATABASE_URL": database_url, "MOTCUA_VAR": str(var), "MOTCUA_ZALO_REDIRECT": COMES_BACK_TO}
        for name, value in (ZALO | here | there).items():
            monkeypatch.setenv(name, value)
        yield doors


def says_yes(link: str) -> str:
    """What an administrator's browser shows in the end."""
    return requests.post(link, allow_redirects=False, timeout=5).headers["Location"]


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str, paste: list[str] | None = None) -> tuple[int, str]:
    """Runs the command; for a link that is shown the administrator says yes, unless something else is pasted."""
    shown: list[str] = []

    def pasted() -> str:
        if paste:
            return paste.pop(0)
        link = re.search(r"http\S+/v4/oa/permission\S+", "\n".join(shown))
        assert link
        return says_yes(link.group())

    echo = zalo_login.typer.echo

    def noted(text: str = "") -> None:
        shown.append(text)
        echo(text)

    monkeypatch.setattr(zalo_login, "_secret", pasted)
    monkeypatch.setattr(zalo_login.typer, "echo", noted)
    done = CliRunner().invoke(app, arguments)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


def test_an_administrator_signs_in_by_the_link(zalo: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    code, shown = run(monkeypatch, "login")
    assert code == 0
    assert "Đã lưu" in shown
    assert "Một Cửa (tài khoản mẫu)" in shown
    row = ZaloToken.objects.get()
    assert (row.oa_id, row.alarm) == (OA_ID, "")
    assert row.access_token not in shown
    assert row.refresh_token not in shown


def test_a_pair_from_the_api_explorer_is_pasted(zalo: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = zalo.bootstrap()
    code, shown = run(monkeypatch, "login", "--tokens", paste=[pair["access_token"], pair["refresh_token"]])
    assert code == 0
    assert pair["access_token"] not in shown
    assert ZaloToken.objects.get().refresh_token == pair["refresh_token"]


def test_a_token_that_zalo_does_not_take_is_told(zalo: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    code, shown = run(monkeypatch, "login", "--tokens", paste=["wrong", "wrong too"])
    assert code == 1
    assert "chưa cho xem" in shown


@pytest.mark.parametrize(
    ("pasted", "words"),
    [
        ("", "không thấy mã"),
        ("http://127.0.0.1/?error=1", "không thấy mã"),
        ("http://127.0.0.1/?code=abc&state=another", "lần đăng nhập khác"),
        ("http://127.0.0.1/?code=abc&oa_id=5", "Official Account khác"),
    ],
)
def test_what_was_pasted_by_mistake_is_told(pasted: str, words: str) -> None:
    with pytest.raises(StackError, match=words):
        zalo_login.code_of(pasted, "ours", OA_ID)


def test_a_code_alone_or_in_its_address_is_taken() -> None:
    for pasted in ("abc", "http://127.0.0.1/?code=abc", f"http://127.0.0.1/?oa_id={OA_ID}&code=abc&state=ours"):
        assert zalo_login.code_of(pasted, "ours", OA_ID) == "abc"


def test_a_code_that_zalo_refuses_stores_nothing(zalo: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StackError, match="Zalo từ chối"):
        run(monkeypatch, "login", paste=["never-given"])
    assert not ZaloToken.objects.exists()


def test_settings_that_are_missing_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTCUA_ZALO_OA_ID", "")
    with pytest.raises(StackError, match="MOTCUA_ZALO_OA_ID"):
        run(monkeypatch, "login")


def test_the_status_says_whether_somebody_must_sign_in(zalo: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, "status") == (1, "Chưa đăng nhập. Chạy: motcua zalo login\n")
    run(monkeypatch, "login")
    code, shown = run(monkeypatch, "status")
    assert code == 0
    assert "Token dùng được đến" in shown
    ZaloToken.objects.update(alarm="code_-14020")
    code, shown = run(monkeypatch, "status")
    assert code == 1
    assert "motcua zalo login" in shown


def test_the_link_asks_for_our_application_and_carries_no_secret(zalo: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    _, shown = run(monkeypatch, "login")
    link = re.search(r"http\S+/v4/oa/permission\S+", shown)
    assert link
    asked = parse_qs(urlsplit(link.group()).query)
    assert asked.keys() == {"app_id", "redirect_uri", "code_challenge", "state"}
    assert ZALO["MOTCUA_ZALO_APP_SECRET"] not in shown
