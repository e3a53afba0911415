"""Which portal is asked is a matter of settings; a setting that cannot be used is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot import settings
from bot.portal.client import Client, portal_of
from bot.portal.igate import IGate
from bot.portal.manual import Manual
from bot.portal.ngsp import Ngsp
from bot.settings import SettingError, Settings
from tests.portal.scripted_portal import status_of


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("", "_PHONE", "_URL", "_TOKEN_URL", "_CLIENT", "_SECRET", "_A_SECOND", "_CACHE"):
        monkeypatch.delenv(f"MOTCUA_PORTAL{name}", raising=False)


@pytest.mark.parametrize(
    ("name", "adapter", "url", "token_url"),
    [
        ("", IGate, "http://127.0.0.1:8071", "http://127.0.0.1:8071/auth/realms/digo/protocol/openid-connect/token"),
        ("NGSP", Ngsp, "http://127.0.0.1:8071/ngsp", "http://127.0.0.1:8071/ngsp/auth"),
    ],
)
def test_the_stand_in_is_the_default(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, adapter: type, url: str, token_url: str
) -> None:
    monkeypatch.setenv("MOTCUA_PORTAL", name)
    known = Settings(var=tmp_path)
    assert (known.portal_url, known.portal_token_url) == (url, token_url)
    portal = portal_of(known, status_of)
    assert isinstance(portal, Client)
    assert isinstance(portal._adapter, adapter)


@pytest.mark.parametrize(("name", "value"), [("MOTCUA_PORTAL", "manual"), ("MOTCUA_PORTAL_PHONE", "no")])
def test_without_a_system_or_a_phone_in_its_replies_it_is_by_hand(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    known = Settings()
    assert not known.portal_can_verify
    assert isinstance(portal_of(known, status_of), Manual)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("MOTCUA_PORTAL", "igate2", "none of igate, ngsp, manual"),
        ("MOTCUA_PORTAL_URL", "http://portal.example", "not encrypted"),
        ("MOTCUA_PORTAL_TOKEN_URL", "http://127.0.0.1.example", "not encrypted"),
        ("MOTCUA_PORTAL_URL", "portal.example", "not a web address"),
        ("MOTCUA_PORTAL_A_SECOND", "0", "above 0"),
        ("MOTCUA_PORTAL_PHONE", "maybe", "none of yes, no"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingError, match=f"^{name}=.*{said}"):
        settings.load()


def test_the_secret_is_not_shown_with_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTCUA_PORTAL_SECRET", "geheim")
    assert Settings().portal_secret == "geheim"
    assert "geheim" not in repr(Settings())


def test_now_is_on_the_fixed_day_with_the_clocks_time() -> None:
    assert settings.now().date() == settings.today()
    assert settings.now().utcoffset() is not None
