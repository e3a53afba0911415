"""Tokens of the stand-in Zalo: consent with PKCE, a code that works once, refresh tokens that rotate."""

from __future__ import annotations

import re
import secrets
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from bot.channels.zalo.stand_in.constants import APP_ID, APP_SECRET, OA_ID, OA_SECRET, WARNING
from bot.channels.zalo.stand_in.doors import Doors
from bot.channels.zalo.stand_in.oauth import challenge_of
from tests.channels.zalo.zalo_standing_in import CS, USER, Connector

REDIRECT = "http://127.0.0.1:9999/zalo/back?from=test"
VERIFIER = "a-verifier-of-exactly-forty-three-lettersAB"
SECRET = {"secret_key": APP_SECRET}


def link(doors: Doors, **asked: str) -> str:
    known = {"app_id": APP_ID, "redirect_uri": REDIRECT, "code_challenge": challenge_of(VERIFIER), "state": "s-1"}
    return f"{doors.address}/v4/oa/permission?{urlencode({**known, **asked})}"


def allow(doors: Doors, **asked: str) -> dict[str, str]:
    """Presses the button; what comes back to the redirect address."""
    answer = requests.post(link(doors, **asked), allow_redirects=False, timeout=5)
    assert answer.status_code == 303
    location = answer.headers["Location"]
    assert location.startswith(asked.get("redirect_uri", REDIRECT))
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def token(doors: Doors, form: dict[str, str], headers: dict[str, str] = SECRET) -> dict[str, Any]:
    answer = requests.post(f"{doors.address}/v4/oa/access_token", data=form, headers=headers, timeout=5)
    assert answer.status_code == 200, "errors of the token address come with HTTP 200"
    content: dict[str, Any] = answer.json()
    return content


def redeem(doors: Doors, code: str, **changed: str) -> dict[str, Any]:
    form = {"code": code, "app_id": APP_ID, "grant_type": "authorization_code", "code_verifier": VERIFIER}
    return token(doors, {**form, **changed})


def refresh(doors: Doors, refresh_token: str, **changed: str) -> dict[str, Any]:
    return token(
        doors, {"refresh_token": refresh_token, "app_id": APP_ID, "grant_type": "refresh_token", **changed}
    )  # fmt: skip


def works(doors: Doors, access: str) -> int:
    answer = requests.get(f"{doors.address}/v2.0/oa/getoa", headers={"access_token": access}, timeout=5)
    return int(answer.json()["error"])


def test_the_challenge_is_that_of_rfc_7636() -> None:
    assert challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_the_consent_page_names_the_account_and_says_that_it_is_a_stand_in(zalo_stand_in: Doors) -> None:
    page = requests.get(link(zalo_stand_in), timeout=5)
    assert page.status_code == 200
    assert WARNING in page.text
    assert "Cho phép</button>" in page.text
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]


def test_allowing_sends_the_browser_back_with_code_account_and_state(zalo_stand_in: Doors) -> None:
    back = allow(zalo_stand_in)
    assert (back["oa_id"], back["state"], back["from"]) == (OA_ID, "s-1", "test")
    assert len(back["code"]) > 40
    assert "state" not in allow(zalo_stand_in, state="")


def test_a_code_gives_a_pair_whose_life_is_a_string(zalo_stand_in: Doors) -> None:
    pair = redeem(zalo_stand_in, allow(zalo_stand_in)["code"])
    assert pair.keys() == {"access_token", "refresh_token", "expires_in"}
    assert pair["expires_in"] == "90000"
    assert works(zalo_stand_in, pair["access_token"]) == 0


def test_a_code_works_once(zalo_stand_in: Doors) -> None:
    code = allow(zalo_stand_in)["code"]
    assert "access_token" in redeem(zalo_stand_in, code)
    assert redeem(zalo_stand_in, code)["error"] == -14005


@pytest.mark.parametrize(("seconds", "error"), [(599, None), (600, -14005)])
def test_a_code_lives_ten_minutes(zalo_stand_in: Doors, seconds: int, error: int | None) -> None:
    code = allow(zalo_stand_in)["code"]
    zalo_stand_in.forward(seconds - 0.5 if error is None else seconds)
    assert redeem(zalo_stand_in, code).get("error") == error


@pytest.mark.parametrize("verifier", ["", "x", VERIFIER[:-1], VERIFIER + "a", VERIFIER[::-1], VERIFIER[:-1] + "é"])
def test_a_code_is_bound_to_the_verifier_that_its_challenge_was_made_from(zalo_stand_in: Doors, verifier: str) -> None:
    code = allow(zalo_stand_in)["code"]
    assert redeem(zalo_stand_in, code, code_verifier=verifier)["error"] == -14005
    assert redeem(zalo_stand_in, code)["error"] == -14005, "a wrong try uses the code up"


def test_a_challenge_saved_in_the_console_wins_over_that_of_the_link(zalo_stand_in: Doors) -> None:
    saved = secrets.token_urlsafe(32)
    zalo_stand_in.switch(challenge=challenge_of(saved))
    assert redeem(zalo_stand_in, allow(zalo_stand_in)["code"])["error"] == -14005
    code = allow(zalo_stand_in, code_challenge="")["code"]
    assert "access_token" in redeem(zalo_stand_in, code, code_verifier=saved)


def test_without_any_challenge_no_verifier_is_asked_for(zalo_stand_in: Doors) -> None:
    code = allow(zalo_stand_in, code_challenge="")["code"]
    assert "access_token" in redeem(zalo_stand_in, code, code_verifier="")


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"app_id": "1"}, -14002),
        ({"redirect_uri": "https://evil.example/back"}, -14003),
        ({"redirect_uri": ""}, -14003),
        ({"code_challenge": "short"}, -14003),
        ({"code_challenge": "a" * 42 + "="}, -14003),
    ],
)
def test_a_link_that_is_wrong_gets_no_consent(zalo_stand_in: Doors, asked: dict[str, str], error: int) -> None:
    for ask in (requests.get, requests.post):
        page = ask(link(zalo_stand_in, **asked), allow_redirects=False, timeout=5)
        assert page.status_code == 200
        assert f"Mã lỗi {error}" in page.text


def test_only_the_callback_that_the_console_saved_is_taken(zalo_stand_in: Doors) -> None:
    zalo_stand_in.switch(callback="http://127.0.0.1:9999/saved")
    assert "Mã lỗi -14003" in requests.get(link(zalo_stand_in), timeout=5).text
    assert allow(zalo_stand_in, redirect_uri="http://127.0.0.1:9999/saved")["code"]


def test_the_token_address_takes_a_form_with_the_secret_of_the_application(zalo_stand_in: Doors) -> None:
    pair = zalo_stand_in.bootstrap()
    form = {"refresh_token": pair["refresh_token"], "app_id": APP_ID, "grant_type": "refresh_token"}
    address = f"{zalo_stand_in.address}/v4/oa/access_token"
    assert requests.post(address, json=form, headers=SECRET, timeout=5).json()["error"] == -14018
    assert requests.post(address, params=form, headers=SECRET, timeout=5).json()["error"] == -14018
    for headers in ({}, {"secret_key": OA_SECRET}, {"Authorization": f"Bearer {APP_SECRET}"}):
        assert token(zalo_stand_in, form, headers)["error"] == -14004
    assert token(zalo_stand_in, form | {"secret_key": APP_SECRET}, {})["error"] == -14004
    assert requests.get(address, timeout=5).status_code == 405
    assert "access_token" in token(zalo_stand_in, form), "nothing of this used the refresh token up"


def test_a_refusal_has_number_name_reason_and_where_it_is_explained(zalo_stand_in: Doors) -> None:
    content = refresh(zalo_stand_in, "no-such-token")
    assert content.keys() == {"error", "error_name", "error_description", "error_reason", "ref_doc"}
    assert content["error"] == -14014
    assert refresh(zalo_stand_in, "x", grant_type="password")["error"] == -14018
    assert refresh(zalo_stand_in, "x", app_id="1")["error"] == -14002
    zalo_stand_in.switch(app_active=False)
    assert refresh(zalo_stand_in, "x")["error"] == -14002


def test_a_refresh_rotates_both_tokens_and_the_old_ones_die_at_once(zalo_stand_in: Doors) -> None:
    old = zalo_stand_in.bootstrap()
    new = refresh(zalo_stand_in, old["refresh_token"])
    assert new["expires_in"] == "90000"
    assert new["access_token"] != old["access_token"]
    assert new["refresh_token"] != old["refresh_token"]
    assert works(zalo_stand_in, old["access_token"]) == -220
    assert works(zalo_stand_in, new["access_token"]) == 0


def test_a_refresh_token_used_twice_is_14020_with_http_200(zalo_stand_in: Doors) -> None:
    old = zalo_stand_in.bootstrap()
    new = refresh(zalo_stand_in, old["refresh_token"])
    assert refresh(zalo_stand_in, old["refresh_token"])["error"] == -14020
    assert works(zalo_stand_in, new["access_token"]) == 0, "the new pair is not harmed"


def test_a_refresh_token_lives_three_months(zalo_stand_in: Doors) -> None:
    pair = zalo_stand_in.bootstrap()
    zalo_stand_in.forward(89 * 86400)
    pair = refresh(zalo_stand_in, pair["refresh_token"])
    zalo_stand_in.forward(90 * 86400)
    assert refresh(zalo_stand_in, pair["refresh_token"])["error"] == -14020


@pytest.mark.parametrize(("seconds", "error"), [(89_990, 0), (90_000, -220)])
def test_an_access_token_lives_25_hours(zalo_stand_in: Doors, seconds: int, error: int) -> None:
    access = zalo_stand_in.bootstrap()["access_token"]
    zalo_stand_in.forward(seconds)
    assert works(zalo_stand_in, access) == error


@pytest.mark.parametrize("name", ["lost", "lost_late"])
def test_a_response_lost_after_rotating_leaves_the_old_token_used(zalo_stand_in: Doors, name: str) -> None:
    old = zalo_stand_in.bootstrap()
    zalo_stand_in.fault(name, on="/v4/oa/access_token", seconds=0.3)
    form = {"refresh_token": old["refresh_token"], "app_id": APP_ID, "grant_type": "refresh_token"}
    with pytest.raises((requests.ConnectionError, requests.ReadTimeout)):
        requests.post(f"{zalo_stand_in.address}/v4/oa/access_token", data=form, headers=SECRET, timeout=0.15)
    assert works(zalo_stand_in, old["access_token"]) == -220
    assert refresh(zalo_stand_in, old["refresh_token"])["error"] == -14020


def test_an_account_that_is_not_verified_gets_no_refresh_token(zalo_stand_in: Doors) -> None:
    zalo_stand_in.switch(verified=False)
    assert redeem(zalo_stand_in, allow(zalo_stand_in)["code"]).keys() == {"access_token", "expires_in"}


def test_consent_taken_back_closes_everything(zalo_stand_in: Doors) -> None:
    pair = zalo_stand_in.bootstrap()
    zalo_stand_in.revoke()
    assert works(zalo_stand_in, pair["access_token"]) == -220
    assert refresh(zalo_stand_in, pair["refresh_token"])["error"] == -14020


def test_a_new_pair_from_the_api_explorer_ends_the_one_before(zalo_stand_in: Doors) -> None:
    first, second = zalo_stand_in.bootstrap(), zalo_stand_in.bootstrap()
    assert (works(zalo_stand_in, first["access_token"]), works(zalo_stand_in, second["access_token"])) == (-220, 0)


def test_no_token_and_no_secret_is_in_what_was_recorded(zalo_stand_in: Doors, connector: Connector) -> None:
    refresh(zalo_stand_in, zalo_stand_in.bootstrap()["refresh_token"])
    connector.post(CS, {"recipient": {"user_id": USER}, "message": {"text": "Chào"}})
    recorded = str(zalo_stand_in.calls())
    assert "refresh_token" in recorded, "the name of the grant"
    assert not re.search(r"[A-Za-z0-9_-]{60,}", recorded)
    assert APP_SECRET not in recorded
