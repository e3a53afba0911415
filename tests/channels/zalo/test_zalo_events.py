"""What citizens do on Zalo, read from signed calls; everything else is acknowledged or named as broken."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.base import Incoming, Kind
from bot.channels.zalo.events import ACKNOWLEDGED, CHANGES, MESSAGES, Event, EventError, Told, read

OA, USER, MILLISECONDS = "388613280878808645", "900000000000000001", "1795392000000"
NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)
AT = datetime.fromtimestamp(1795392000, UTC)
Json = dict[str, Any]


def told(content: object) -> Event:
    return read(json.dumps(content).encode(), OA, NOW)


def event(name: str, message: Json | None = None, **changes: Any) -> Json:
    whole: Json = {
        "event_name": name, "app_id": "360846524940903967", "sender": {"id": USER}, "recipient": {"id": OA},
        "timestamp": MILLISECONDS,
    }  # fmt: skip
    return whole | ({"message": {"msg_id": "m-1", **message}} if message is not None else {}) | changes


def attached(kind: str, payload: Json, **message: Any) -> Json:
    return event(f"user_send_{kind}", {"attachments": [{"type": kind, "payload": payload}], **message})


def incoming(kind: Kind, **said: str) -> Incoming:
    return Incoming(kind, f"{OA}:{USER}", said.pop("message_id", "m-1"), AT, **said)


def test_a_text() -> None:
    assert told(event("user_send_text", {"text": "Xin chào"})) == incoming(Kind.TEXT, text="Xin chào")


def test_a_pressed_button_comes_as_a_text() -> None:
    assert told(event("user_send_text", {"text": "#12:3"})) == incoming(Kind.BUTTON, button="12:3")


@pytest.mark.parametrize("text", ["#12", "# 12:3", "#12:345", "#12:3 nha", "12:3", "#١٢:٣", "#" + "1" * 19 + ":1"])
def test_a_text_that_only_looks_like_a_button_is_a_text(text: str) -> None:
    assert told(event("user_send_text", {"text": text})) == incoming(Kind.TEXT, text=text)


def test_a_photo_with_its_words_and_its_address() -> None:
    url = "https://photo.zdn.vn/a.jpg"
    photo = attached("image", {"url": url, "thumbnail": url}, text="Giấy hẹn đây")
    assert told(photo) == incoming(Kind.PHOTO, text="Giấy hẹn đây", media=url)


def test_a_voice_message() -> None:
    url = "http://voice-aac-dl.zdn.vn/1/a.aac"
    assert told(attached("audio", {"url": url})) == incoming(Kind.VOICE, media=url)


@pytest.mark.parametrize(
    ("kind", "payload", "read_as"),
    [
        ("gif", {"url": "https://a.zdn.vn/a.gif", "thumbnail": "https://a.zdn.vn/a"}, Kind.STICKER),
        ("sticker", {"id": "1", "url": "https://a.zdn.vn/s"}, Kind.STICKER),
        ("video", {"url": "https://a.zdn.vn/v", "thumbnail": "https://a.zdn.vn/t", "description": "phim"}, Kind.VIDEO),
        ("file", {"url": "https://a.zdn.vn/f", "name": "cccd.pdf", "size": "12", "checksum": "x"}, Kind.FILE),
    ],
)
def test_of_what_is_not_looked_into_nothing_is_carried(kind: str, payload: Json, read_as: Kind) -> None:
    assert told(attached(kind, payload)) == incoming(read_as)


def test_a_location_with_the_name_of_its_place() -> None:
    coordinates = {"coordinates": {"latitude": "10.79", "longitude": "106.78"}}
    assert told(attached("location", coordinates, text="Chợ Mẫu")) == incoming(Kind.LOCATION, text="Chợ Mẫu")


def test_a_link_is_read_as_its_words_and_its_address() -> None:
    url = "https://dichvucong.gov.vn/a"
    assert told(attached("link", {"url": url, "description": "Cổng"})) == incoming(Kind.TEXT, text=f"Cổng\n{url}")
    assert told(attached("link", {"url": url})) == incoming(Kind.TEXT, text=url)
    assert told(attached("link", {"url": url}, text=f"coi {url}")) == incoming(Kind.TEXT, text=f"coi {url}")


def test_a_business_card_without_name_and_phone() -> None:
    card = {"description": '{"phone":"84900004729","qrCodeUrl":"https://qr"}', "thumbnail": "https://a.zdn.vn/t"}
    assert told(attached("business_card", card, text="Trần Thị Mẫu")) == incoming(Kind.CONTACT)


def test_submitted_details_without_name_and_phone() -> None:
    info = {"name": "Trần Thị Mẫu", "phone": "84900004729", "full_address": {"user_city": "Mẫu"}}
    made = f"user_submit_info:{USER}:{MILLISECONDS}"
    assert told(event("user_submit_info", info=info)) == incoming(Kind.CONTACT, message_id=made)


@pytest.mark.parametrize(("name", "kind"), [("follow", Kind.FOLLOW), ("unfollow", Kind.UNFOLLOW)])
def test_following_names_no_sender(name: str, kind: Kind) -> None:
    content = {"event_name": name, "oa_id": OA, "follower": {"id": USER}, "timestamp": MILLISECONDS}
    assert told(content) == incoming(kind, message_id=f"{name}:{USER}:{MILLISECONDS}")


def test_opening_the_chat_is_flat() -> None:
    content = {"event_name": "user_click_chatnow", "oa_id": OA, "user_id": USER, "timestamp": MILLISECONDS}
    assert told(content) == incoming(Kind.FOLLOW, message_id=f"user_click_chatnow:{USER}:{MILLISECONDS}")


@pytest.mark.parametrize("name", sorted(ACKNOWLEDGED))
def test_echoes_receipts_groups_and_the_like_are_only_acknowledged(name: str) -> None:
    assert told(event(name, {"text": "Dạ"}, sender={"id": OA}, recipient={"id": USER})) == Told(name)
    assert told({"event_name": name}) == Told(name)


@pytest.mark.parametrize("name", ["", "user_send_hologram", "x" * 10_000, "\ud800"])
def test_an_unknown_event_is_acknowledged_under_one_name(name: str) -> None:
    assert told({"event_name": name}) == Told("unknown")


def test_what_the_account_says_itself_is_no_message_of_a_citizen() -> None:
    assert told(event("user_send_text", {"text": "Dạ"}, sender={"id": OA}, recipient={"id": USER})) == Told("own")


def test_another_account_or_a_group_is_not_ours() -> None:
    assert told(event("user_send_text", {"text": "a"}, recipient={"id": "388613280878808646"})) == Told("other_account")
    follow = {"event_name": "follow", "oa_id": "1", "follower": {"id": USER}, "timestamp": MILLISECONDS}
    assert told(follow) == Told("other_account")


@pytest.mark.parametrize("timestamp", [None, "", "abc", "0", "9" * 20, [], -5])
def test_a_moment_that_is_none_is_now(timestamp: object) -> None:
    got = told(event("user_send_text", {"text": "a"}, timestamp=timestamp))
    assert isinstance(got, Incoming)
    assert got.at == NOW


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ([], "no_object"),
        ({}, "event_name"),
        ({"event_name": 5}, "event_name"),
        (event("user_send_text"), "message"),
        (event("user_send_text", {}), "text"),
        (event("user_send_text", {"text": None}), "text"),
        (event("user_send_text", {"text": ""}), "text"),
        (event("user_send_text", {"text": ["a"]}), "text"),
        (event("user_send_text", {"text": "a", "msg_id": 5}), "msg_id"),
        (event("user_send_text", {"text": "a", "msg_id": "a b"}), "msg_id"),
        (event("user_send_text", {"text": "a"}, sender={"id": 900000000000000001}), "sender"),
        (event("user_send_text", {"text": "a"}, sender=USER), "sender"),
        (event("user_send_text", {"text": "a"}, sender={"id": "1:2"}), "sender"),
        (event("user_send_text", {"text": "a"}, recipient=None), "recipient"),
        (event("user_send_image", {}), "attachments"),
        (event("user_send_image", {"attachments": []}), "attachments"),
        (event("user_send_image", {"attachments": ["a"]}), "attachments"),
        (event("user_send_image", {"attachments": [{}]}), "payload"),
        (attached("image", {}), "url"),
        (attached("image", {"url": "file:///etc/passwd"}), "url"),
        (attached("audio", {"url": "https://a.zdn.vn/\u0000"}), "url"),
        (event("user_submit_info", timestamp=None), "timestamp"),
        ({"event_name": "follow", "oa_id": OA, "timestamp": MILLISECONDS}, "follower"),
        ({"event_name": "follow", "oa_id": OA, "follower": {}, "timestamp": MILLISECONDS}, "user_id"),
        ({"event_name": "user_click_chatnow", "user_id": USER}, "oa_id"),
    ],
)
def test_what_is_missing_or_of_another_type_is_named(content: object, name: str) -> None:
    with pytest.raises(EventError, match=f"^{name}$"):
        told(content)


def test_a_message_without_an_id_of_its_own_gets_one_that_stays() -> None:
    content = event("user_send_text", {"text": "a", "msg_id": None})
    assert told(content) == incoming(Kind.TEXT, text="a", message_id=f"user_send_text:{USER}:{MILLISECONDS}")


@given(st.binary(max_size=400))
def test_any_bytes_are_an_event_or_an_event_error(raw: bytes) -> None:
    with pytest.raises(EventError):
        read(raw, OA, NOW)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12)
    | st.sampled_from([OA, USER, MILLISECONDS, "#1:2", "https://a.zdn.vn/x", "\ud800"]),
    lambda inner: st.lists(inner, max_size=2)
    | st.dictionaries(
        st.sampled_from(["id", "text", "msg_id", "attachments", "payload", "url", "description"]), inner, max_size=3
    ),
    max_leaves=8,
)  # fmt: skip
KEYS = ("sender", "recipient", "message", "timestamp", "oa_id", "user_id", "follower", "info")


@given(
    st.sampled_from([*MESSAGES, *CHANGES, *sorted(ACKNOWLEDGED), "other"]),
    st.dictionaries(st.sampled_from(KEYS), ANYTHING, max_size=8),
    st.booleans(),
)
def test_any_json_with_the_right_keys_is_an_event_or_an_event_error(name: str, parts: Json, whole: bool) -> None:
    try:
        got = told((event(name) if whole else {"event_name": name}) | parts)
    except EventError:
        return
    if isinstance(got, Told):
        assert len(got.name) < 40
    else:
        assert got.key.startswith(f"{OA}:")
        assert 0 < len(got.message_id) <= 250
        assert (got.message_id + got.media).isascii()
        assert got.at.tzinfo is not None
        assert got.kind is not Kind.TEXT or got.text
