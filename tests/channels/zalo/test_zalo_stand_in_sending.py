"""``POST /v3.0/oa/message/cs`` of the stand-in: what it takes, and that it takes nothing else."""

from __future__ import annotations

import contextlib
import unicodedata
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.zalo.stand_in.constants import OA_ID
from bot.channels.zalo.stand_in.doors import Doors
from bot.channels.zalo.stand_in.messages import content_of
from bot.channels.zalo.stand_in.replies import ApiError
from tests.channels.zalo.zalo_standing_in import CS, USER, Connector, error

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 100
INVALID = -201
ASK = {"title": "Cho biết tên", "subtitle": "Để tiện xưng hô", "image_url": "https://example.org/a.png"}


def media(**element: Any) -> dict[str, Any]:
    return {"attachment": {"type": "template", "payload": {"template_type": "media", "elements": [element]}}}


def buttons(*shown: Any, text: str = "Chọn đi") -> dict[str, Any]:
    return {"text": text, "attachment": {"type": "template", "payload": {"buttons": list(shown)}}}


def button(kind: str = "oa.query.hide", payload: Any = "chon_1", title: str = "Số một") -> dict[str, Any]:
    return {"title": title, "type": kind, "payload": payload}


def ask_info(*elements: Any) -> dict[str, Any]:
    payload = {"template_type": "request_user_info", "elements": list(elements)}
    return {"attachment": {"type": "template", "payload": payload}}


def file(token: Any) -> dict[str, Any]:
    return {"attachment": {"type": "file", "payload": {"token": token}}}


def test_a_text_is_taken_and_reaches_the_citizen(zalo_stand_in: Doors, connector: Connector) -> None:
    answer = connector.post(CS, {"recipient": {"user_id": USER}, "message": {"text": "Dạ, chào mình."}})
    assert answer.status_code == 200
    envelope = answer.json()
    assert (envelope["error"], envelope["message"]) == (0, "Success")
    assert envelope["data"]["user_id"] == USER
    assert envelope["data"]["quota"] == {"quota_type": "reply", "owner_type": "OA", "owner_id": OA_ID}
    (message,) = zalo_stand_in.received(USER)
    assert (message.id, message.text, message.via) == (envelope["data"]["message_id"], "Dạ, chào mình.", "cs")


def test_2000_characters_are_the_most_counted_after_nfc(connector: Connector) -> None:
    decomposed = unicodedata.normalize("NFD", "ệ") * 2000
    assert len(decomposed) == 6000
    assert connector.send({"text": decomposed})["error"] == 0
    assert connector.send({"text": "a" * 2000})["error"] == 0
    assert connector.send({"text": "a" * 2001})["error"] == -210
    assert connector.send({"text": decomposed + "ệ"})["error"] == -210


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "recipient"),
        ({"message": {"text": "a"}}, "recipient"),
        ({"recipient": USER, "message": {"text": "a"}}, "recipient"),
        ({"recipient": {}, "message": {"text": "a"}}, "user_id"),
        ({"recipient": {"user_id": int(USER)}, "message": {"text": "a"}}, "user_id"),
        ({"recipient": {"user_id": "1"}, "message": {"text": "a"}}, "user_id"),
        ({"recipient": {"user_id": USER, "phone": "84"}, "message": {"text": "a"}}, "phone"),
        ({"recipient": {"user_id": USER}}, "message"),
        ({"recipient": {"user_id": USER}, "message": "a"}, "message"),
        ({"recipient": {"user_id": USER}, "message": {}}, "message"),
        ({"recipient": {"user_id": USER}, "message": {"text": "a"}, "tag": 1}, "tag"),
    ],
)
def test_the_body_holds_a_recipient_and_a_message_and_nothing_else(
    connector: Connector, body: dict[str, Any], field: str
) -> None:
    answer = connector.post(CS, body)
    assert answer.status_code == 200
    assert error(answer.json()) == (INVALID, f"{field} is invalid!")


def test_a_body_that_is_no_json_object_is_refused(zalo_stand_in: Doors, connector: Connector) -> None:
    for body in ([], "chào", 1):
        assert error(connector.post(CS, body).json()) == (INVALID, "body is invalid!")
    whole = b'{"recipient":{"user_id":"%s"},"message":{"text":"%s"}}'
    headers = {"access_token": connector.token, "Content-Type": "application/json"}
    for text, code in ((b"Ch\\u00e0o", 0), (b"\\ud800", INVALID), (b"\xff", INVALID), (b"\n", INVALID)):
        body = whole % (USER.encode(), text)
        answer = requests.post(zalo_stand_in.address + CS, data=body, headers=headers, timeout=5)
        assert answer.json()["error"] == code
    assert [message.text for message in zalo_stand_in.received(USER)] == ["Chào"]


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": " \n"}, "text"),
        ({"text": None}, "text"),
        ({"text": 5}, "text"),
        ({"text": "a", "buttons": []}, "buttons"),
        ({"text": "a", "mid": "1"}, "mid"),
        ({"text": "a", "react_message_id": "1"}, "react_message_id"),
        ({"text": "a", "quote_message_id": 1}, "quote_message_id"),
        ({"text": "a", "attachment": None}, "attachment"),
        ({"text": "a", "attachment": {"type": "template"}}, "payload"),
        ({"quote_message_id": "1"}, "text"),
    ],
)
def test_a_message_of_an_unknown_shape_is_invalid_by_the_field(
    connector: Connector, message: dict[str, Any], field: str
) -> None:
    assert error(connector.send(message)) == (INVALID, f"{field} is invalid!")


def test_a_message_may_quote(zalo_stand_in: Doors, connector: Connector) -> None:
    (said,) = zalo_stand_in.write(USER, "Xin chào")
    assert connector.send({"text": "Dạ", "quote_message_id": said})["error"] == 0
    assert zalo_stand_in.received(USER)[0].quote == said


@pytest.mark.parametrize("template", ["list", "promotion", "transaction_order", "receipt"])
def test_a_template_that_version_3_does_not_know_is_233(connector: Connector, template: str) -> None:
    message = {"attachment": {"type": "template", "payload": {"template_type": template, "elements": [{}]}}}
    assert error(connector.send(message)) == (-233, "Message type is invalid or not support")
    assert connector.send({"attachment": {"type": "image", "payload": {"url": "https://example.org"}}})["error"] == -233


def test_an_image_comes_by_url_or_by_upload_with_or_without_text(zalo_stand_in: Doors, connector: Connector) -> None:
    uploaded = connector.upload("image", PNG, "a.png")["data"]["attachment_id"]
    assert connector.send(media(media_type="image", url="https://example.org/a.png"))["error"] == 0
    assert connector.send({"text": "Xem ảnh", **media(media_type="image", attachment_id=uploaded)})["error"] == 0
    assert [message.kind for message in zalo_stand_in.received(USER)] == ["image", "image"]


@pytest.mark.parametrize(
    ("element", "field"),
    [
        ({"media_type": "image"}, "attachment_id"),
        ({"media_type": "image", "url": "https://a.b/c.png", "attachment_id": "x"}, "attachment_id"),
        ({"media_type": "image", "url": "a.png"}, "url"),
        ({"media_type": "image", "url": 1}, "url"),
        ({"media_type": "image", "attachment_id": ""}, "attachment_id"),
        ({"media_type": "image", "photo_url": "https://a.b/c.png"}, "photo_url"),
        ({"media_type": "image", "url": "https://a.b/c.png", "width": 1}, "width"),
        ({"media_type": "video", "url": "https://a.b/c.mp4"}, "media_type"),
        ({"url": "https://a.b/c.png"}, "media_type"),
        ({"media_type": "gif", "url": "https://a.b/c.gif"}, "width"),
        ({"media_type": "gif", "url": "https://a.b/c.gif", "width": 10, "height": "10"}, "height"),
        ({"media_type": "gif", "url": "https://a.b/c.gif", "width": True, "height": 10}, "width"),
        ({"media_type": "sticker", "url": "https://a.b/c.png"}, "url"),
        ({"media_type": "sticker"}, "attachment_id"),
    ],
)
def test_a_media_element_has_exactly_the_fields_of_its_type(
    connector: Connector, element: dict[str, Any], field: str
) -> None:
    assert error(connector.send(media(**element))) == (INVALID, f"{field} is invalid!")


@pytest.mark.parametrize("count", [0, 2])
def test_media_has_one_element(connector: Connector, count: int) -> None:
    elements = [{"media_type": "image", "url": "https://a.b/c.png"}] * count
    message = {"attachment": {"type": "template", "payload": {"template_type": "media", "elements": elements}}}
    assert error(connector.send(message)) == (INVALID, "elements is invalid!")


def test_gif_and_sticker_are_taken(zalo_stand_in: Doors, connector: Connector) -> None:
    gif = connector.upload("gif", b"GIF89a" + b"\0" * 50, "a.gif")["data"]["attachment_id"]
    assert connector.send(media(media_type="gif", attachment_id=gif, width=10, height=20))["error"] == 0
    assert connector.send(media(media_type="sticker", attachment_id="bfe458bf64fa8da4d4eb"))["error"] == 0
    assert [message.kind for message in zalo_stand_in.received(USER)] == ["gif", "sticker"]
    assert error(connector.send(media(media_type="image", attachment_id=gif)))[0] == -100, "it is no image"


def test_uploads_live_seven_days(zalo_stand_in: Doors, connector: Connector) -> None:
    image = connector.upload("image", PNG, "a.png")["data"]["attachment_id"]
    token = connector.upload("file", b"%PDF-1.7", "a.pdf")["data"]["token"]
    assert connector.send(file(token))["error"] == 0
    zalo_stand_in.forward(7 * 86400)
    connector.token = zalo_stand_in.bootstrap()["access_token"]
    zalo_stand_in.user(USER, silent_seconds=0)
    assert error(connector.send(media(media_type="image", attachment_id=image))) == (-100, "attachment_id was expired")
    assert connector.send(file(token))["error"] == -100
    assert connector.send(file("never-uploaded"))["error"] == -100


@pytest.mark.parametrize(
    ("message", "field"),
    [
        (file(""), "token"),
        (file(7), "token"),
        ({"attachment": {"type": "file", "payload": {"url": "https://a.b"}}}, "url"),
        ({"text": "Đây ạ", **file("x")}, "text"),
    ],
)
def test_a_file_is_its_token_and_nothing_else(connector: Connector, message: dict[str, Any], field: str) -> None:
    assert error(connector.send(message)) == (INVALID, f"{field} is invalid!")


def test_a_request_for_name_and_phone_is_one_whole_element(zalo_stand_in: Doors, connector: Connector) -> None:
    assert connector.send(ask_info(ASK))["error"] == 0
    assert zalo_stand_in.received(USER)[0].kind == "request_user_info"
    for elements in ([], [ASK, ASK]):
        assert error(connector.send(ask_info(*elements))) == (INVALID, "elements is invalid!")
    for name in ASK:
        assert error(connector.send(ask_info({**ASK, name: ""}))) == (INVALID, f"{name} is invalid!")
    assert error(connector.send({"text": "a", **ask_info(ASK)})) == (INVALID, "text is invalid!")


FIVE_TYPES = [
    button("oa.open.url", {"url": "https://dichvucong.gov.vn"}),
    button("oa.query.show", "Xem giấy tờ"),
    button("oa.query.hide", "#giay_to"),
    button("oa.open.sms", {"content": "Chào", "phone_code": "84000000001"}),
    button("oa.open.phone", {"phone_code": "84000000001"}),
]


def test_five_buttons_of_the_five_types_are_taken_below_a_text(zalo_stand_in: Doors, connector: Connector) -> None:
    assert connector.send(buttons(*FIVE_TYPES))["error"] == 0
    assert zalo_stand_in.received(USER)[0].buttons == FIVE_TYPES


def test_buttons_may_stand_beside_media(connector: Connector) -> None:
    message = media(media_type="image", url="https://a.b/c.png")
    message["attachment"]["payload"]["buttons"] = [button()]
    assert connector.send(message)["error"] == 0


@pytest.mark.parametrize(
    ("message", "code", "words"),
    [
        (buttons(), INVALID, "buttons is invalid!"),
        (buttons(*[button()] * 6), INVALID, "buttons is invalid!"),
        (buttons("Một"), INVALID, "buttons is invalid!"),
        (buttons(button(title="")), INVALID, "title is invalid!"),
        (buttons(button(title="a" * 36)), -210, "title exceeds limit of 35 characters"),
        (buttons(button(payload="a" * 1001)), -210, "payload exceeds limit of 1000 characters"),
        (buttons(button(payload="")), INVALID, "payload is invalid!"),
        (buttons(button(payload={"x": 1})), INVALID, "payload is invalid!"),
        (buttons(button("web_url", "https://a.b")), INVALID, "type is invalid!"),
        (buttons(button("postback", "a")), INVALID, "type is invalid!"),
        (buttons(button("oa.open.url", "https://a.b")), INVALID, "payload is invalid!"),
        (buttons(button("oa.open.url", {"url": "a.b"})), INVALID, "url is invalid!"),
        (buttons(button("oa.open.sms", {"phone_code": "84"})), INVALID, "payload is invalid!"),
        (buttons(button("oa.open.phone", {"phone": "84"})), INVALID, "phone is invalid!"),
        (buttons({**button(), "id": "1"}), INVALID, "id is invalid!"),
        ({"attachment": buttons(button())["attachment"]}, INVALID, "text is invalid!"),
    ],
)
def test_a_button_of_another_shape_is_refused(
    connector: Connector, message: dict[str, Any], code: int, words: str
) -> None:
    assert error(connector.send(message)) == (code, words)


def test_buttons_can_be_switched_off_as_zalo_may_one_day(zalo_stand_in: Doors, connector: Connector) -> None:
    zalo_stand_in.switch(buttons="reject")
    assert error(connector.send(buttons(button()))) == (-233, "Message type is invalid or not support")
    assert connector.send({"text": "1. Số một"})["error"] == 0


def test_what_is_refused_reaches_nobody(zalo_stand_in: Doors, connector: Connector) -> None:
    connector.send(buttons(*[button()] * 6))
    assert zalo_stand_in.received(USER) == []
    assert zalo_stand_in.counts().errors == {"-201": 1}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(
        st.sampled_from(
            ["text", "attachment", "type", "payload", "template_type", "elements", "buttons", "title", "token", "url"]
        ), inside, max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@settings(deadline=None)
@given(JSON)
def test_any_message_at_all_is_taken_or_refused_with_a_number(message: Any) -> None:
    with contextlib.suppress(ApiError):
        content = content_of(message, buttons_allowed=True, has_asset=lambda key, kind: False)
        assert content.text or content.kind != "text"
