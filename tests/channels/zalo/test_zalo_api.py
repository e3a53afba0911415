"""The calls beside sending: each takes what the stand-in gives and says what it could not do."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator

import pytest

from bot.channels.zalo.api import MEGABYTE, Refused, UploadError
from bot.channels.zalo.calls import Unanswered
from bot.channels.zalo.stand_in.constants import APP_SECRET
from bot.channels.zalo.stand_in.doors import Doors
from tests.channels.zalo.zalo_sending import api_for, signed_in
from tests.channels.zalo.zalo_standing_in import USER
from tests.portal.scripted_portal import ScriptedPortal, saying

GETOA, IMAGE = "/v2.0/oa/getoa", "/v2.0/oa/upload/image"
PNG, JPEG = b"\x89PNG\r\n\x1a\n" + b"\0" * 9, b"\xff\xd8\xff\xe0" + b"\0" * 9


@pytest.fixture
def zalo() -> Iterator[ScriptedPortal]:
    with ScriptedPortal() as scripted:
        yield scripted


def test_the_account_tells_about_itself(zalo_stand_in: Doors) -> None:
    token = signed_in(zalo_stand_in).current()
    assert {"is_verified", "oa_type", "package_name", "linked_ZCA"} <= api_for(zalo_stand_in.address).get_oa(
        token
    ).keys()


def test_a_citizens_window_can_be_asked_for(zalo_stand_in: Doors) -> None:
    token = signed_in(zalo_stand_in).current()
    quota = api_for(zalo_stand_in.address).user_quota(token, USER)
    assert int(quota["last_interaction"]) > 0
    assert quota["cs_reply"]["remain"] != "0"


def test_a_reaction_is_put_beside_a_message(zalo_stand_in: Doors) -> None:
    token = signed_in(zalo_stand_in).current()
    (message_id,) = zalo_stand_in.write(USER, "Xin chào")
    api_for(zalo_stand_in.address).react(token, USER, message_id, "/-strong")
    assert [one.reactions for one in zalo_stand_in.messages(USER) if one.id == message_id] == [["/-strong"]]


@pytest.mark.parametrize("data", [PNG, JPEG])
def test_a_picture_is_uploaded(zalo_stand_in: Doors, data: bytes) -> None:
    token = signed_in(zalo_stand_in).current()
    assert api_for(zalo_stand_in.address).upload_image(token, "ảnh.png", data)


@pytest.mark.parametrize(
    ("name", "data"),
    [("tờ khai.PDF", b"%PDF-1.7"), ("a.docx", b"PK\x03\x04"), ("a.csv", b"a,b"), ("a.doc", b"\xd0\xcf\x11\xe0")],
)
def test_a_file_is_uploaded(zalo_stand_in: Doors, name: str, data: bytes) -> None:
    token = signed_in(zalo_stand_in).current()
    assert api_for(zalo_stand_in.address).upload_file(token, name, data)


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"%PDF-", PNG + b"\0" * MEGABYTE])
def test_another_picture_is_not_even_sent(zalo: ScriptedPortal, data: bytes) -> None:
    with pytest.raises(UploadError, match="jpg or png of at most 1 MB"):
        api_for(zalo.url).upload_image("t", "a.png", data)
    assert zalo.asked == []


@pytest.mark.parametrize(
    ("name", "data"),
    [("a.exe", b"MZ"), ("a.pdf", b"MZ"), ("a.csv", b""), ("pdf", b"%PDF-"), ("a.csv", b"a" * (5 * MEGABYTE + 1))],
)
def test_another_file_is_not_even_sent(zalo: ScriptedPortal, name: str, data: bytes) -> None:
    with pytest.raises(UploadError, match="at most 5 MB"):
        api_for(zalo.url).upload_file("t", name, data)
    assert zalo.asked == []


def test_an_upload_whose_name_is_missing_has_failed(zalo: ScriptedPortal) -> None:
    zalo.says("/v2.0/oa/upload/file", saying({"error": 0, "data": {}}))
    with pytest.raises(Unanswered):
        api_for(zalo.url).upload_file("t", "a.csv", b"a,b")


def test_the_token_goes_in_its_header_and_proof_of_the_secret_only_where_it_is_asked_for(zalo: ScriptedPortal) -> None:
    zalo.says(GETOA, saying({"error": 0, "data": {}}))
    api_for(zalo.url).get_oa("the-token")
    api_for(zalo.url, proof=True).get_oa("the-token")
    without, proven = (asked.headers for asked in zalo.asked)
    assert (without["access_token"], "appsecret_proof" in without, "authorization" in without) == (
        "the-token",
        False,
        False,
    )
    assert proven["appsecret_proof"] == hmac.new(APP_SECRET.encode(), b"the-token", hashlib.sha256).hexdigest()


def test_proof_is_taken_by_the_stand_in(zalo_stand_in: Doors) -> None:
    token = signed_in(zalo_stand_in).current()
    zalo_stand_in.switch(proof=True)
    assert api_for(zalo_stand_in.address, proof=True).get_oa(token)
    with pytest.raises(Refused, match="code_-242"):
        api_for(zalo_stand_in.address).get_oa(token)


def test_the_calls_left_this_minute_are_known_after_the_first(zalo: ScriptedPortal) -> None:
    api = api_for(zalo.url)
    assert api.remain is None
    zalo.says(
        GETOA,
        saying({"error": 0}, X_RateLimit_Remain="3999"),
        saying({"error": 0}),
        saying({"error": 0}, X_RateLimit_Remain="x"),
    )
    for _ in range(3):
        api.get_oa("t")
        assert api.remain == 3999


def test_no_redirect_is_followed(zalo: ScriptedPortal) -> None:
    zalo.says(GETOA, saying({}, 307, Location=f"{zalo.url}/elsewhere"))
    with pytest.raises(Refused, match="code_307"):
        api_for(zalo.url).get_oa("the-token")
    assert zalo.paths() == [GETOA]
