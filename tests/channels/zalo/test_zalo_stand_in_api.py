"""The OA API of the stand-in beside consulting messages: tokens, rate, uploads, people, templates, reactions."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.zalo.stand_in import uploads
from bot.channels.zalo.stand_in.constants import APP_SECRET, CITIZENS, MOST_UPLOADS, OA_ID
from bot.channels.zalo.stand_in.doors import Doors
from bot.channels.zalo.stand_in.replies import ApiError
from bot.channels.zalo.stand_in.switches import Switches
from bot.channels.zalo.stand_in.wire import Request
from bot.channels.zalo.stand_in.world import World
from tests.channels.zalo.zalo_standing_in import CS, OTHER, USER, Connector, error

TEXT = {"recipient": {"user_id": USER}, "message": {"text": "Chào"}}
TEMPLATE = "/v3.0/oa/message/template"
REACT = "/v2.0/oa/message"
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 100
READY = {"user_id": USER, "template_id": "480001", "template_data": {"ma_ho_so": "H19.99", "ten": "Mẫu"}}


def test_the_token_is_read_from_its_own_header_alone(connector: Connector) -> None:
    assert connector.post(CS, TEXT).json()["error"] == 0
    for headers in (
        {"access_token": "wrong"},
        {"access_token": "", "Authorization": f"Bearer {connector.token}"},
        {"access_token": "", "Cookie": f"access_token={connector.token}"},
        {"access_token": f"Bearer {connector.token}"},
    ):
        answer = connector.post(CS, TEXT, **headers)
        assert (answer.status_code, answer.json()["error"]) == (200, -216)
    assert connector.post(f"{CS}?access_token={connector.token}", TEXT, access_token="").json()["error"] == -216


def test_a_bad_token_may_come_with_http_401(zalo_stand_in: Doors, connector: Connector) -> None:
    zalo_stand_in.switch(bad_token=401)
    answer = connector.post(CS, TEXT, access_token="wrong")
    assert (answer.status_code, answer.json()["error"]) == (401, -216)
    assert connector.post(CS, TEXT).status_code == 200


def test_the_proof_is_asked_for_when_switched_on_and_checked_whenever_it_comes(
    zalo_stand_in: Doors, connector: Connector
) -> None:
    proof = hmac.new(APP_SECRET.encode(), connector.token.encode(), hashlib.sha256).hexdigest()
    assert connector.post(CS, TEXT, appsecret_proof=proof).json()["error"] == 0
    assert connector.post(CS, TEXT, appsecret_proof="0" * 64).json()["error"] == -242
    zalo_stand_in.switch(proof=True)
    assert connector.post(CS, TEXT).json()["error"] == -242
    assert connector.post(CS, TEXT, appsecret_proof=proof).json()["error"] == 0


def test_every_answer_tells_how_many_calls_are_left_this_minute(zalo_stand_in: Doors, connector: Connector) -> None:
    zalo_stand_in.forward(60 - zalo_stand_in.state()["now_ms"] / 1000 % 60)
    zalo_stand_in.switch(rate_a_minute=2)
    answers = [connector.post(CS, TEXT) for _ in range(3)]
    assert [answer.json()["error"] for answer in answers] == [0, 0, -32]
    assert [answer.headers["X-RateLimit-Remain"] for answer in answers] == ["1", "0", "0"]
    assert {answer.headers["X-RateLimit-Limit"] for answer in answers} == {"2"}
    assert {answer.status_code for answer in answers} == {200}
    zalo_stand_in.forward(60)
    assert connector.post(CS, TEXT).json()["error"] == 0


def test_an_application_that_is_not_active_may_call_nothing(zalo_stand_in: Doors, connector: Connector) -> None:
    zalo_stand_in.switch(app_active=False)
    assert error(connector.post(CS, TEXT).json()) == (-209, "Not supported this api")


def test_an_address_or_a_method_that_does_not_exist_is_no_envelope(connector: Connector) -> None:
    assert connector.get(CS).status_code == 405
    assert connector.post("/v3.0/oa/message/consult", TEXT).status_code == 404
    assert connector.post("/v2.0/oa/getoa", {}).status_code == 405


@pytest.mark.parametrize("path", ["/v3.0/oa/message/transaction", "/v3.0/oa/message/promotion"])
def test_transaction_and_promotion_are_stopped(connector: Connector, path: str) -> None:
    assert connector.post(path, TEXT).json()["error"] == -209


def test_version_2_sends_nothing_any_more(zalo_stand_in: Doors, connector: Connector) -> None:
    words = "MessageV2 API has been shut down, please switch to MessageV3"
    for body in (TEXT, {}, {"recipient": {"message_id": "1"}, "message": {"text": "a"}}):
        assert error(connector.post(REACT, body).json()) == (-240, words)
    assert zalo_stand_in.received(USER) == []


# Reactions


def reaction(message_id: str, icon: str = "/-strong", user: str = USER) -> dict[str, Any]:
    return {"recipient": {"user_id": user}, "sender_action": {"react_icon": icon, "react_message_id": message_id}}


def test_a_reaction_lies_on_a_message_of_that_citizen(zalo_stand_in: Doors, connector: Connector) -> None:
    (said,) = zalo_stand_in.write(USER, "Xin chào")
    assert connector.post(REACT, reaction(said)).json()["error"] == 0
    assert connector.post(REACT, reaction(said, ":>")).json()["error"] == 0
    assert zalo_stand_in.messages(USER)[0].reactions == ["/-strong", ":>"]
    assert connector.post(REACT, reaction(said, "/-remove")).json()["error"] == 0
    assert zalo_stand_in.messages(USER)[0].reactions == []
    zalo_stand_in.write(OTHER, "Chào")
    assert error(connector.post(REACT, reaction(said, user=OTHER)).json()) == (-201, "react_message_id is invalid!")
    assert error(connector.post(REACT, reaction(said, "👍")).json()) == (-201, "react_icon is invalid!")
    assert error(connector.post(REACT, {**reaction(said), "message": {}}).json()) == (-201, "message is invalid!")


def test_a_message_bears_fifty_reactions_and_they_cost_nothing(zalo_stand_in: Doors, connector: Connector) -> None:
    zalo_stand_in.user(USER, receive_left=0)
    (said,) = zalo_stand_in.write(USER, "Xin chào")
    for _ in range(50):
        assert connector.post(REACT, reaction(said)).json()["error"] == 0
    assert connector.post(REACT, reaction(said)).json()["error"] == -210


def test_somebody_anonymous_is_answered_by_version_2(connector: Connector) -> None:
    body = {"recipient": {"anonymous_id": "anonymous-0001", "conversation_id": "c-0001"}, "message": {"text": "Dạ"}}
    assert connector.post(REACT, body).json()["data"]["anonymous_id"] == "anonymous-0001"
    assert connector.post(REACT, {**body, "message": {"text": "a" * 2001}}).json()["error"] == -210
    assert connector.post(REACT, {**body, "message": {"attachment": {}}}).json()["error"] == -201


# Uploads


def size(value: object) -> str | None:
    """How a parameter is named: a megabyte by its length."""
    return f"{len(value)}_bytes" if isinstance(value, bytes) else None


@pytest.mark.parametrize(
    ("kind", "data", "name"),
    [
        ("image", JPEG, "a.jpg"),
        ("image", b"\x89PNG\r\n\x1a\n" + b"\0" * 9, "a.png"),
        ("image", JPEG + b"\0" * (1024 * 1024 - len(JPEG)), "a.jpg"),
        ("gif", b"GIF89a" + b"\0" * (5 * 1024 * 1024 - 6), "a.gif"),
        ("file", b"%PDF-1.7", "a.pdf"),
        ("file", b"PK\x03\x04", "a.docx"),
        ("file", b"\xd0\xcf\x11\xe0", "A.DOC"),
        ("file", "tên,tuổi\n".encode(), "bảng.csv"),
    ],
    ids=size,
)
def test_an_upload_of_its_kind_is_taken(connector: Connector, kind: str, data: bytes, name: str) -> None:
    envelope = connector.upload(kind, data, name)
    assert envelope["error"] == 0
    assert list(envelope["data"]) == ["token" if kind == "file" else "attachment_id"]


@pytest.mark.parametrize(
    ("kind", "data", "name", "code"),
    [
        ("image", b"GIF89a" + b"\0" * 9, "a.png", -201),
        ("image", b"no picture", "a.jpg", -201),
        ("image", JPEG + b"\0" * 1024 * 1024, "a.jpg", -210),
        ("gif", JPEG, "a.gif", -201),
        ("gif", b"GIF89a" + b"\0" * 5 * 1024 * 1024, "a.gif", -210),
        ("file", b"%PDF-" + b"\0" * 5 * 1024 * 1024, "a.pdf", -210),
        ("file", b"MZ", "a.exe", -201),
        ("file", b"MZ", "a.pdf", -201),
        ("file", b"a", "pdf", -201),
        ("file", b"", "a.pdf", -201),
    ],
    ids=size,
)
def test_an_upload_of_another_kind_or_too_large_is_refused(
    connector: Connector, kind: str, data: bytes, name: str, code: int
) -> None:
    assert connector.upload(kind, data, name)["error"] == code


def test_an_upload_is_a_multipart_form_with_the_field_file(zalo_stand_in: Doors, connector: Connector) -> None:
    path, headers = f"{zalo_stand_in.address}/v2.0/oa/upload/image", {"access_token": connector.token}
    for more in ({"data": JPEG}, {"files": {"photo": ("a.jpg", JPEG)}}, {"json": {"file": "x"}}):
        answer = requests.post(path, headers=headers, timeout=5, **more)  # type: ignore[arg-type]
        assert error(answer.json()) == (-201, "file is invalid!")


def test_an_application_uploads_five_thousand_times_a_month() -> None:
    world = World(Switches())
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n' + JPEG + b"\r\n--b--\r\n"
    request = Request("POST", "/", {}, {"content-type": "multipart/form-data; boundary=b"}, body)
    assert uploads.take(world, "image", request)["attachment_id"]
    world.counts["uploads"] = MOST_UPLOADS
    with pytest.raises(ApiError, match="-211"):
        uploads.take(world, "image", request)


@settings(deadline=None)
@given(st.binary(max_size=300), st.text(max_size=40), st.booleans())
def test_any_bytes_at_all_are_a_form_or_none(body: bytes, kind: str, whole: bool) -> None:
    head = "multipart/form-data; boundary=b" if whole else f"multipart/form-data; {kind}"
    body = b"--b\r\n" + body + b"\r\n--b--\r\n" if whole else body
    found = Request("POST", "/", {}, {"content-type": head}, body).uploads()
    assert found is None or all(isinstance(upload.data, bytes) for upload in found.values())


@settings(deadline=None)
@given(st.binary(min_size=1, max_size=300))
def test_what_is_uploaded_is_what_arrives(data: bytes) -> None:
    files = {"file": ("giấy tờ.pdf", data, "application/pdf")}
    sent = requests.Request("POST", "http://127.0.0.1/", files=files).prepare()
    assert isinstance(sent.body, bytes)
    found = Request("POST", "/", {}, {"content-type": sent.headers["Content-Type"]}, sent.body).uploads()
    assert found is not None
    assert found["file"].data == data


# People, account, quota


def test_the_detail_of_a_citizen(zalo_stand_in: Doors, connector: Connector) -> None:
    zalo_stand_in.user(CITIZENS[4].id, follows=True)
    data = connector.get("/v3.0/oa/user/detail", {"user_id": CITIZENS[4].id}).json()["data"]
    assert data.keys() == {
        "user_id", "user_id_by_app", "display_name", "user_alias", "is_sensitive", "user_last_interaction_date",
        "user_is_follower", "avatar", "avatars", "tags_and_notes_info", "shared_info",
    }  # fmt: skip
    assert (data["user_id"], data["is_sensitive"], data["user_is_follower"]) == (CITIZENS[4].id, True, True)
    assert data["user_id_by_app"] not in ("", data["user_id"])
    assert data["shared_info"].keys() == {"address", "city", "district", "phone", "name"}
    known = connector.get("/v3.0/oa/user/detail", {"user_id": USER}).json()["data"]
    assert len(known["user_last_interaction_date"].split("/")) == 3


@pytest.mark.parametrize(
    ("asked", "code"),
    [(None, -201), ({}, -201), ({"user_id": int(USER)}, -201), ({"user_id": "1"}, -201), ({"user_id": OTHER}, -213)],
)
def test_the_detail_of_nobody_is_refused(connector: Connector, asked: Any, code: int) -> None:
    assert connector.get("/v3.0/oa/user/detail", asked).json()["error"] == code


def test_the_account_tells_what_it_is(zalo_stand_in: Doors, connector: Connector) -> None:
    data = connector.get("/v2.0/oa/getoa").json()["data"]
    assert (data["oa_id"], data["is_verified"], data["linked_ZCA"], data["num_follower"]) == (OA_ID, True, "", 1)
    assert {"oa_type", "package_name", "name"} <= data.keys()
    zalo_stand_in.switch(verified=False, zca="funded")
    data = connector.get("/v2.0/oa/getoa").json()["data"]
    assert (data["is_verified"], data["linked_ZCA"]) == (False, "ZCA-000000")


@pytest.mark.parametrize("path", ["/v3.0/oa/quota/message", "/v2.0/oa/quota/message"])
def test_the_quota_of_a_citizen_and_of_the_account(zalo_stand_in: Doors, connector: Connector, path: str) -> None:
    zalo_stand_in.user(USER, receive_left=3)
    data = connector.post(path, {"user_id": USER}).json()["data"]
    assert data["cs_reply"]["remain"] == "3"
    assert abs(int(data["last_interaction"]) - zalo_stand_in.state()["now_ms"]) < 60_000
    zalo_stand_in.user(USER, silent_seconds=8 * 86400)
    assert connector.post(path, {"user_id": USER}).json()["data"]["cs_reply"]["remain"] == "0"
    asked = {"quota_owner": "OA", "product_type": "cs", "quota_type": "sub_quota"}
    assert connector.post(path, asked).json()["data"]["quota"][0]["remain"] == "1000"
    assert error(connector.post(path, {"user": USER}).json()) == (-201, "user is invalid!")
    assert error(connector.post(path, {}).json()) == (-201, "user_id is invalid!")


# Templates


def test_a_template_reaches_a_citizen_long_after_the_window(zalo_stand_in: Doors, connector: Connector) -> None:
    zalo_stand_in.switch(zca="funded")
    zalo_stand_in.user(USER, silent_seconds=40 * 86400)
    data = connector.post(TEMPLATE, READY).json()["data"]
    assert data.keys() == {"message_id", "user_id", "sent_time", "quota"}
    assert data["quota"]["quota_type"] == "sub_quota"
    (message,) = zalo_stand_in.received(USER)
    assert (message.via, message.text) == ("template", "Hồ sơ H19.99 của anh/chị Mẫu đã có kết quả.")


@pytest.mark.parametrize(
    ("changed", "code", "words"),
    [
        ({"template_id": "1"}, -201, "template_id is invalid!"),
        ({"template_id": 480001}, -201, "template_id is invalid!"),
        ({"template_data": {"ma_ho_so": "H19.99"}}, -201, "template_data is invalid!"),
        ({"template_data": {"ma_ho_so": "H19.99", "ten": 5}}, -201, "template_data is invalid!"),
        ({"template_data": {"ma_ho_so": "H19.99", "ten": ""}}, -201, "template_data is invalid!"),
        ({"tracking_id": "1"}, -201, "tracking_id is invalid!"),
        ({"phone": "84000000001"}, -201, "phone is invalid!"),
        ({"user_id": "1"}, -201, "user_id is invalid!"),
        ({"template_id": "470001", "template_data": {"otp": "1"}}, -249, "Template cannot be sent by UID"),
    ],
)
def test_a_template_goes_with_its_parameters_and_nothing_else(
    zalo_stand_in: Doors, connector: Connector, changed: dict[str, Any], code: int, words: str
) -> None:
    zalo_stand_in.switch(zca="funded")
    assert error(connector.post(TEMPLATE, {**READY, **changed}).json()) == (code, words)


def test_a_template_costs_money(zalo_stand_in: Doors, connector: Connector) -> None:
    assert connector.post(TEMPLATE, READY).json()["error"] == -320
    zalo_stand_in.switch(zca="empty")
    assert connector.post(TEMPLATE, READY).json()["error"] == -321
    zalo_stand_in.switch(zca="funded", sub_quota=1)
    assert [connector.post(TEMPLATE, READY).json()["error"] for _ in range(2)] == [0, -211]


def test_a_template_reaches_nobody_who_blocked_it_or_went_away(zalo_stand_in: Doors, connector: Connector) -> None:
    zalo_stand_in.switch(zca="funded")
    zalo_stand_in.user(USER, blocked=True)
    assert connector.post(TEMPLATE, READY).json()["error"] == -244
    zalo_stand_in.user(USER, blocked=False, inactive=True)
    assert connector.post(TEMPLATE, READY).json()["error"] == -227
    zalo_stand_in.user(USER, inactive=False, receive_left=0)
    assert connector.post(TEMPLATE, READY).json()["error"] == -218
