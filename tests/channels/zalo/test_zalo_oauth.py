"""Signing in and renewing: what Zalo refused, what nobody carried out and what nobody knows are kept apart."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from bot.channels.zalo import oauth
from bot.channels.zalo.calls import Calls
from bot.channels.zalo.oauth import (
    TokenNotSent,
    TokenPair,
    TokenRefused,
    TokenUnknown,
    ZaloOAuth,
    challenge,
)
from bot.settings import SettingError, ZaloSettings
from tests.portal.scripted_portal import Answer, ScriptedPortal, page, raw, saying, silent

PATH = "/v4/oa/access_token"
PAIR = {"access_token": "access-1", "refresh_token": "refresh-1", "expires_in": "90000"}


@pytest.fixture
def zalo() -> Iterator[ScriptedPortal]:
    with ScriptedPortal() as scripted:
        scripted.says(PATH, saying(PAIR))
        yield scripted


def signing_in(url: str, **changes: str) -> ZaloOAuth:
    given = {"app_id": "360846524940903967", "app_secret": "sample-app-secret", "oauth_url": url}
    return ZaloOAuth(ZaloSettings(**(given | changes)), Calls(connect=1.0, read=0.3))  # type: ignore[arg-type]


def test_the_challenge_is_that_of_the_standard() -> None:
    assert challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_each_sign_in_has_a_verifier_of_43_characters_of_its_own() -> None:
    made = {signing_in("http://127.0.0.1").new_verifier() for _ in range(20)}
    assert len(made) == 20
    assert all(oauth.VERIFIER.fullmatch(verifier) and len(challenge(verifier)) == 43 for verifier in made)


def test_a_fixed_verifier_is_used_and_a_short_one_is_refused() -> None:
    assert signing_in("http://127.0.0.1", verifier="v" * 43).new_verifier() == "v" * 43
    with pytest.raises(SettingError, match="43 characters"):
        signing_in("http://127.0.0.1", verifier="short").new_verifier()


def test_the_address_of_the_consent_page() -> None:
    made = signing_in("https://oauth.zaloapp.com", redirect_url="https://motcua.example/zalo?a=1")
    url = urlsplit(made.authorise_url("state & more", "v" * 43))
    assert url.netloc + url.path == "oauth.zaloapp.com/v4/oa/permission"
    assert parse_qs(url.query) == {
        "app_id": ["360846524940903967"],
        "redirect_uri": ["https://motcua.example/zalo?a=1"],
        "code_challenge": [challenge("v" * 43)],
        "state": ["state & more"],
    }


def test_a_code_is_exchanged_by_a_form_with_the_secret_in_its_header(zalo: ScriptedPortal) -> None:
    assert signing_in(zalo.url).exchange("the code", "v" * 43) == TokenPair("access-1", "refresh-1", 90_000)
    asked = zalo.asked[0]
    assert (asked.method, asked.headers["secret_key"]) == ("POST", "sample-app-secret")
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    assert dict(parse_qsl(asked.body)) == {
        "code": "the code", "app_id": "360846524940903967", "grant_type": "authorization_code",
        "code_verifier": "v" * 43,
    }  # fmt: skip


def test_a_pair_is_renewed_by_its_refresh_token(zalo: ScriptedPortal) -> None:
    signing_in(zalo.url).renew("refresh-0")
    assert dict(parse_qsl(zalo.asked[0].body)) == {
        "refresh_token": "refresh-0", "app_id": "360846524940903967", "grant_type": "refresh_token",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("told", "seconds"),
    [("90000", 90_000), (90_000, 90_000), (3600.0, 3600), ("soon", 3600), (None, 3600), (-1, 3600), (10**9, 3600),
     (True, 3600), ([], 3600)],
)  # fmt: skip
def test_the_life_of_a_token_may_be_text_or_number_and_is_short_where_unreadable(
    zalo: ScriptedPortal, told: object, seconds: float
) -> None:
    zalo.says(PATH, saying(PAIR | {"expires_in": told}))
    assert signing_in(zalo.url).renew("refresh-0").expires_in == seconds


@pytest.mark.parametrize("code", [-14020, -14002, -14003, -14014, -216])
def test_a_refusal_has_its_code(zalo: ScriptedPortal, code: int) -> None:
    zalo.says(PATH, saying({"error": code, "error_name": "No", "error_description": "secret words", "ref_doc": ""}))
    with pytest.raises(TokenRefused) as refused:
        signing_in(zalo.url).renew("refresh-0")
    assert (refused.value.code, str(refused.value)) == (code, f"code_{code}")


@pytest.mark.parametrize(
    "answer",
    [
        page("<html>bảo trì</html>"),
        page("<html>Bad Gateway</html>", 502),
        saying({"access_token": "a"}),
        saying({"refresh_token": "a"}),
        saying(PAIR | {"access_token": "with\nnewline"}),
        saying([]),
        saying({}, 401),
        saying({}, 302, Location="http://127.0.0.1:9/"),
        raw(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"access_tok'),
        raw(b""),
        silent(2),
    ],
)
def test_without_a_readable_answer_nobody_knows(zalo: ScriptedPortal, answer: Answer) -> None:
    zalo.says(PATH, answer)
    with pytest.raises(TokenUnknown):
        signing_in(zalo.url).renew("refresh-0")
    assert len(zalo.asked) == 1


@pytest.mark.parametrize("answer", [saying({"error": -32}), page("slow down", 429), page("later", 503)])
def test_where_zalo_takes_no_calls_now_the_pair_is_as_before(zalo: ScriptedPortal, answer: Answer) -> None:
    zalo.says(PATH, answer)
    with pytest.raises(TokenNotSent):
        signing_in(zalo.url).renew("refresh-0")


def test_where_nobody_listens_the_pair_is_as_before() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        with pytest.raises(TokenNotSent):
            signing_in(f"http://127.0.0.1:{port}").renew("refresh-0")
    with pytest.raises(TokenNotSent):
        signing_in("http://no-such-host.invalid").renew("refresh-0")


def test_no_secret_is_shown_by_what_is_written_down() -> None:
    assert "access-1" not in repr(TokenPair("access-1", "refresh-1", 1))
    assert "sample-app-secret" not in repr(ZaloSettings(app_secret="sample-app-secret"))
