"""The events of the stand-in, each in the shape that Zalo's have."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
import requests

from bot.channels.zalo.stand_in.constants import APP_ID, OA_ID
from bot.channels.zalo.stand_in.doors import DoorError, Doors
from tests.channels.zalo.zalo_standing_in import USER, Connector, Receiver

ASK = {"title": "Cho biết tên", "subtitle": "Để tiện xưng hô", "image_url": "https://example.org/a.png"}
ASK_INFO = {
    "attachment": {"type": "template", "payload": {"template_type": "request_user_info", "elements": [ASK]}}
}  # fmt: skip
MENU = {
    "text": "Chọn đi",
    "attachment": {"type": "template", "payload": {"buttons": [
        {"title": "Giấy tờ", "type": "oa.query.hide", "payload": "#giay_to"},
        {"title": "Lệ phí", "type": "oa.query.show", "payload": "Xem lệ phí"},
        {"title": "Gọi", "type": "oa.open.phone", "payload": {"phone_code": "84000000001"}},
    ]}},
}  # fmt: skip


def only(doors: Doors, receiver: Receiver, name: str = "") -> dict[str, Any]:
    """The one event of this name."""
    doors.settle()
    (event,) = receiver.events(name)
    return event


def strings_only(value: Any, path: str = "") -> None:
    if isinstance(value, dict):
        for name, inside in value.items():
            strings_only(inside, f"{path}.{name}")
    elif isinstance(value, list):
        for inside in value:
            strings_only(inside, path)
    else:
        assert isinstance(value, str), f"{path} is {value!r}"


def test_a_message_has_the_envelope_of_a_chat(zalo_stand_in: Doors, receiver: Receiver) -> None:
    (first,) = zalo_stand_in.write(USER, "Xin chào")
    zalo_stand_in.write(USER, "Tôi hỏi lại", quote=first)
    zalo_stand_in.settle()
    said = {event["message"]["text"]: event for event in receiver.events()}
    event = said["Xin chào"]
    assert event.keys() == {
        "event_name", "app_id", "sender", "recipient", "message", "timestamp", "user_id_by_app",
    }  # fmt: skip
    assert (event["sender"], event["recipient"]) == ({"id": USER}, {"id": OA_ID})
    assert len(event["timestamp"]) == 13
    assert said["Tôi hỏi lại"]["message"]["quote_msg_id"] == first
    strings_only(receiver.events())


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("image", {"url", "thumbnail"}),
        ("gif", {"url", "thumbnail"}),
        ("link", {"url", "thumbnail", "description"}),
        ("audio", {"url"}),
        ("video", {"url", "thumbnail", "description"}),
        ("sticker", {"id", "url"}),
        ("file", {"url", "name", "size", "checksum", "type"}),
        ("location", {"coordinates"}),
        ("business_card", {"description", "thumbnail", "url"}),
    ],
)
def test_each_kind_of_media_has_its_payload(
    zalo_stand_in: Doors, receiver: Receiver, kind: str, payload: set[str]
) -> None:
    (message_id,) = zalo_stand_in.media(USER, kind, text="Đây")
    event = only(zalo_stand_in, receiver, f"user_send_{kind}")
    (attachment,) = event["message"]["attachments"]
    assert event["message"]["msg_id"] == message_id
    assert attachment["payload"].keys() == payload
    assert attachment["type"] == ("link" if kind == "business_card" else kind)
    assert ("text" in event["message"]) == (kind != "file"), "a file comes without a text"
    strings_only(event)


def test_a_photo_without_a_text_has_none(zalo_stand_in: Doors, receiver: Receiver) -> None:
    zalo_stand_in.media(USER, "image", copies=2)
    zalo_stand_in.settle()
    assert ["text" in event["message"] for event in receiver.events()] == [False, False]


def test_a_business_card_holds_json_in_a_string(zalo_stand_in: Doors, receiver: Receiver) -> None:
    zalo_stand_in.media(USER, "business_card", text="Bà Sáu Thí Dụ", details={"phone": "84000000003"})
    message = only(zalo_stand_in, receiver)["message"]
    assert json.loads(message["attachments"][0]["payload"]["description"])["phone"] == "84000000003"
    assert message["text"] == "Bà Sáu Thí Dụ"


def test_a_location_is_told_in_strings(zalo_stand_in: Doors, receiver: Receiver) -> None:
    place = {"latitude": "10.79", "longitude": "106.78"}
    zalo_stand_in.media(USER, "location", details=place, text="Chợ Mẫu")
    message = only(zalo_stand_in, receiver)["message"]
    assert message["attachments"][0]["payload"]["coordinates"] == place


def test_what_a_citizen_uploads_lies_at_the_content_network(zalo_stand_in: Doors, receiver: Receiver) -> None:
    photo = b"\xff\xd8\xff\xe0" + bytes(range(256))
    zalo_stand_in.upload(USER, photo, text="Giấy hẹn")
    url = only(zalo_stand_in, receiver)["message"]["attachments"][0]["payload"]["url"]
    assert url.startswith("http://127.0.0.1:")
    answer = requests.get(url, timeout=5)
    assert (answer.content, answer.headers["Content-Type"]) == (photo, "image/jpeg")
    zalo_stand_in.upload(USER, b"%PDF-1.7 giay to", kind="file", name="giấy hẹn.pdf")
    zalo_stand_in.settle()
    (file,) = receiver.events("user_send_file")
    payload = file["message"]["attachments"][0]["payload"]
    assert (payload["name"], payload["size"], payload["type"]) == ("giấy hẹn.pdf", "16", "pdf")
    assert requests.get(payload["url"], timeout=5).content == b"%PDF-1.7 giay to"


def test_media_can_be_missing_huge_slow_or_anywhere(zalo_stand_in: Doors, receiver: Receiver) -> None:
    for variant in ("missing", "huge", "slow"):
        zalo_stand_in.media(USER, "image", variant=variant, text=variant)
    zalo_stand_in.media(USER, "audio", url="http://voice-aac-dl.zdn.vn/mau.aac", text="elsewhere")
    zalo_stand_in.settle()
    url = {e["message"]["text"]: e["message"]["attachments"][0]["payload"]["url"] for e in receiver.events()}
    assert url["elsewhere"] == "http://voice-aac-dl.zdn.vn/mau.aac"
    assert requests.get(url["missing"], timeout=5).status_code == 404
    with requests.get(url["huge"], timeout=5, stream=True) as answer:
        assert "Content-Length" not in answer.headers
        assert len(next(answer.iter_content(2_000_000))) >= 1_000_000
    with requests.get(url["slow"], timeout=5, stream=True) as answer:
        begun, parts = time.monotonic(), answer.iter_content(1)
        assert b"".join(next(parts) for _ in range(5)) == b"\xff\xd8\xff\xe0\0"
        assert time.monotonic() - begun > 0.4


def test_following_and_leaving_have_neither_sender_nor_recipient(zalo_stand_in: Doors, receiver: Receiver) -> None:
    zalo_stand_in.follow(USER, ordered=True)
    zalo_stand_in.follow(USER, False, ordered=True)
    zalo_stand_in.settle()
    assert [event["event_name"] for event in receiver.events()] == ["follow", "unfollow"]
    for event in receiver.events():
        assert event.keys() == {
            "app_id", "user_id_by_app", "oa_id", "follower", "event_name", "source", "timestamp",
        }  # fmt: skip
        assert (event["follower"], event["oa_id"], event["source"]) == ({"id": USER}, OA_ID, "oa_profile")


def test_a_pressed_button_arrives_as_a_text_with_its_payload(
    zalo_stand_in: Doors, receiver: Receiver, connector: Connector
) -> None:
    sent = connector.send(MENU)["data"]["message_id"]
    zalo_stand_in.press(USER, sent, 0, ordered=True)
    zalo_stand_in.press(USER, sent, 1, ordered=True)
    zalo_stand_in.settle()
    assert [event["message"]["text"] for event in receiver.events("user_send_text")] == ["#giay_to", "Xem lệ phí"]
    assert [message.hidden for message in zalo_stand_in.messages(USER, sender="user")] == [True, False]
    assert zalo_stand_in.press(USER, sent, 2) == [], "a phone number opens the phone, and says nothing"
    with pytest.raises(DoorError, match="has no button 3"):
        zalo_stand_in.press(USER, sent, 3)


@pytest.mark.parametrize("older", [False, True])
def test_name_and_phone_come_after_they_were_asked_for(
    zalo_stand_in: Doors, receiver: Receiver, connector: Connector, older: bool
) -> None:
    with pytest.raises(DoorError, match="was not asked"):
        zalo_stand_in.submit_info(USER)
    connector.send(ASK_INFO)
    given = {"name": "Trần Thị Mẫu", "ward": "Phường Mẫu", "address": "Số 0"}
    zalo_stand_in.submit_info(USER, given, older=older)
    event = only(zalo_stand_in, receiver, "user_submit_info")
    assert (event["sender"], event["recipient"]) == ({"id": USER}, {"id": OA_ID})
    info = event["info"]
    assert (info["name"], info["phone"]) == ("Trần Thị Mẫu", "84000000001")
    if older:
        assert info.keys() == {"name", "phone", "address", "city", "district", "ward"}
    else:
        assert info.keys() == {"name", "phone", "user_dob", "gender", "full_address"}
        assert info["full_address"] == {"user_city": "Đồng Nai", "user_ward": "Phường Mẫu", "user_address": "Số 0"}


def test_every_message_sent_comes_back_as_echo_received_and_seen(
    zalo_stand_in: Doors, receiver: Receiver, connector: Connector
) -> None:
    sent = connector.send({"text": "Dạ, chào mình."})["data"]["message_id"]
    echo = only(zalo_stand_in, receiver, "oa_send_text")
    assert (echo["sender"], echo["recipient"]) == ({"id": OA_ID}, {"id": USER})
    assert echo["message"] == {"text": "Dạ, chào mình.", "msg_id": sent}
    (received,), (seen,) = receiver.events("user_received_message"), receiver.events("user_seen_message")
    assert received["message"] == {"msg_id": sent}
    assert (seen["sender"]["id"], seen["message"]) == (OA_ID, {"msg_ids": [sent]})


@pytest.mark.parametrize(
    ("message", "name"),
    [
        (MENU, "oa_send_text"),
        (ASK_INFO, "oa_send_template"),
        ({"attachment": {"type": "template", "payload": {"template_type": "media", "elements": [
            {"media_type": "image", "url": "https://a.b/c.png"}]}}}, "oa_send_image"),
        ({"attachment": {"type": "template", "payload": {"template_type": "media", "elements": [
            {"media_type": "sticker", "attachment_id": "bfe4"}]}}}, "oa_send_sticker"),
    ],
)  # fmt: skip
def test_the_echo_is_named_after_what_was_sent(
    zalo_stand_in: Doors, receiver: Receiver, connector: Connector, message: dict[str, Any], name: str
) -> None:
    connector.send(message)
    only(zalo_stand_in, receiver, name)


def test_seen_comes_in_both_shapes_and_directions_and_can_be_asked_for(
    zalo_stand_in: Doors, receiver: Receiver, connector: Connector
) -> None:
    zalo_stand_in.switch(seen="msg_id", seen_by="user")
    sent = connector.send({"text": "Chào"})["data"]["message_id"]
    event = only(zalo_stand_in, receiver, "user_seen_message")
    assert (event["sender"]["id"], event["message"]) == (USER, {"msg_id": sent})
    zalo_stand_in.see(USER, "a", "b")
    zalo_stand_in.settle()
    assert receiver.events("user_seen_message")[-1]["message"] == {"msg_ids": ["a", "b"]}


def test_echo_and_receipts_can_be_switched_off_and_the_echo_may_have_another_id(
    zalo_stand_in: Doors, receiver: Receiver, connector: Connector
) -> None:
    zalo_stand_in.switch(received=False, seen="off", echo_same_id=False)
    sent = connector.send({"text": "Chào"})["data"]["message_id"]
    assert only(zalo_stand_in, receiver)["message"]["msg_id"] not in ("", sent)
    zalo_stand_in.switch(echo=False)
    connector.send({"text": "Chào"})
    zalo_stand_in.settle()
    assert len(receiver.got) == 1


def test_a_refused_message_has_no_echo(zalo_stand_in: Doors, receiver: Receiver, connector: Connector) -> None:
    connector.send({"text": ""})
    zalo_stand_in.settle()
    assert receiver.got == []


def test_a_human_of_the_account_is_named_in_the_echo(zalo_stand_in: Doors, receiver: Receiver) -> None:
    (message_id,) = zalo_stand_in.admin_writes(USER, "Chào bà, tôi là cán bộ.")
    event = only(zalo_stand_in, receiver)
    assert event["event_name"] == "oa_send_text"
    assert (event["sender"]["id"], event["message"]["msg_id"]) == (OA_ID, message_id)
    assert event["sender"]["admin_id"]
    assert zalo_stand_in.received(USER) == [], "it is none of the API's"


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("user_click_chatnow", {"app_id", "event_name", "oa_id", "timestamp", "user_id", "user_id_by_app"}),
        ("add_user_to_tag", {"app_id", "event_name", "oa_id", "timestamp", "tag"}),
        ("user_feedback", {"app_id", "event_name", "oa_id", "timestamp", "message"}),
        (
            "oa_send_list",
            {"event_name", "app_id", "sender", "recipient", "message", "timestamp", "user_id_by_app"},
        ),
        ("event_of_next_year", {"app_id", "event_name", "oa_id", "timestamp"}),
    ],
)
def test_events_that_concern_no_conversation_come_too(
    zalo_stand_in: Doors, receiver: Receiver, name: str, fields: set[str]
) -> None:
    zalo_stand_in.event(USER, name)
    event = only(zalo_stand_in, receiver, name)
    assert event.keys() == fields


def test_any_event_at_all_can_be_sent_signed(zalo_stand_in: Doors, receiver: Receiver) -> None:
    zalo_stand_in.event(USER, event={"event_name": "user_send_text", "message": {"text": None}, "more": [1, 2.5]})
    event = only(zalo_stand_in, receiver)
    assert event["app_id"] == APP_ID
    assert event["message"] == {"text": None}
    assert receiver.got[0].headers["x-zevent-signature"].startswith("mac=")
