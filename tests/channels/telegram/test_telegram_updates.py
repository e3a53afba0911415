"""What a citizen did, read from Telegram's updates."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.base import Incoming, Kind
from bot.channels.telegram.updates import MOST_FILE_BYTES, MOST_PHOTO_BYTES, GroupRefused, Told, UpdateError, read
from bot.channels.telegram.updates import secret_is_right as is_right
from bot.settings import TelegramSettings
from tests.channels.telegram.telegram_standing_in import (
    AT,
    BOT,
    GROUP,
    GROUP_ID,
    ME,
    PERSON,
    PRIVATE,
    file,
    membership,
    message,
    photo,
    press,
    update,
)

CHANNEL = {"id": -1_009_900_000_000_777, "title": "Kênh mẫu", "type": "channel"}


def told(content: dict[str, Any]) -> Incoming | Told | GroupRefused:
    return read(json.dumps(content).encode())


def said(**content: Any) -> Incoming:
    found = told(update(message=message(**content)))
    assert isinstance(found, Incoming)
    return found


def test_a_text_is_told_with_its_chat_its_update_and_its_moment() -> None:
    expected = datetime.fromtimestamp(AT, UTC)
    assert said(text="làm khai sinh") == Incoming(Kind.TEXT, str(ME), "u700000001", expected, text="làm khai sinh")


@pytest.mark.parametrize(
    ("text", "kind", "meant"),
    [
        ("/start", Kind.FOLLOW, ""),
        ("/START@motcua_sample_bot", Kind.FOLLOW, ""),
        ("/start MC-4821", Kind.FOLLOW, "MC-4821"),
        ("/trogiup", Kind.TEXT, "bạn làm được gì"),
        ("/help", Kind.TEXT, "bạn làm được gì"),
        ("/xoa", Kind.TEXT, "xóa dữ liệu của tôi"),
        ("/xoa@motcua_sample_bot", Kind.TEXT, "xóa dữ liệu của tôi"),
        ("/khac", Kind.TEXT, "/khac"),
        ("/2 người", Kind.TEXT, "/2 người"),
        ("giấy tờ /xoa", Kind.TEXT, "giấy tờ /xoa"),
    ],
)
def test_a_command_stands_for_a_sentence_and_start_for_following(text: str, kind: Kind, meant: str) -> None:
    found = said(text=text)
    assert (found.kind, found.text) == (kind, meant)


def test_a_press_brings_its_button_and_what_ends_its_spinner() -> None:
    before = datetime.now(UTC)
    found = told(press())
    assert isinstance(found, Incoming)
    assert (found.kind, found.key, found.button) == (Kind.BUTTON, str(ME), "12:0")
    assert found.media == "4000000000000000001:77"
    assert before <= found.at <= datetime.now(UTC)


def test_a_press_under_a_message_that_telegram_no_longer_shows_still_counts() -> None:
    found = told(press(message={"chat": PRIVATE, "message_id": 5, "date": 0}))
    assert isinstance(found, Incoming)
    assert (found.button, found.media) == ("12:0", "4000000000000000001:5")


@pytest.mark.parametrize(
    "without", [{"message": None, "inline_message_id": "x"}, {"data": None, "game_short_name": "x"}]
)
def test_a_press_that_is_none_of_ours_is_left_alone(without: dict[str, Any]) -> None:
    assert told(press(**without)) == Told("callback_query")


def test_of_a_photo_the_largest_size_within_10_mb_is_taken() -> None:
    sizes = [
        photo("small", 90, 1000),
        photo("right", 1280, MOST_PHOTO_BYTES),
        photo("huge", 4000, MOST_PHOTO_BYTES + 1),
    ]
    found = said(photo=sizes, caption="biên nhận của tôi")
    assert (found.kind, found.media, found.text) == (Kind.PHOTO, "right", "biên nhận của tôi")
    assert said(photo=[photo("unsaid", 90, None)]).media == "unsaid"


@pytest.mark.parametrize("size", [MOST_PHOTO_BYTES + 1, 10**12])
def test_a_picture_above_10_mb_is_told_but_cannot_be_fetched(size: int) -> None:
    assert said(photo=[photo("huge", 4000, size)]).media == ""
    assert said(document=file(size, mime_type="image/png")) == said(photo=[photo("huge", 4000, size)])


def test_a_picture_sent_as_a_file_counts_as_a_photo() -> None:
    found = said(document=file(mime_type="image/jpeg", file_name="bien-nhan.jpg"))
    assert (found.kind, found.media) == (Kind.PHOTO, "FILE-1")


@pytest.mark.parametrize("name", ["voice", "audio"])
def test_a_recording_can_be_fetched_unless_it_is_above_20_mb(name: str) -> None:
    assert (said(**{name: file(duration=3)}).kind, said(**{name: file(duration=3)}).media) == (Kind.VOICE, "FILE-1")
    assert said(**{name: file(MOST_FILE_BYTES + 1, duration=3)}).media == ""


MOVING = {"width": 1, "height": 1, "duration": 1}
STICKER = file(width=1, height=1, type="regular", is_animated=False, is_video=False)
PLACE = {"latitude": 10.95, "longitude": 106.82}


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ({"video": file(**MOVING)}, Kind.VIDEO),
        ({"video_note": file(length=1, duration=1)}, Kind.VIDEO),
        ({"animation": file(**MOVING), "document": file(mime_type="image/gif")}, Kind.VIDEO),
        ({"document": file(mime_type="application/pdf")}, Kind.FILE),
        ({"document": file()}, Kind.FILE),
        ({"sticker": STICKER}, Kind.STICKER),
        ({"dice": {"emoji": "🎲", "value": 3}}, Kind.STICKER),
        ({"location": PLACE}, Kind.LOCATION),
        ({"venue": {"location": PLACE, "title": "UBND", "address": "x"}, "location": PLACE}, Kind.LOCATION),
        ({"contact": {"phone_number": "+84000000000", "first_name": "Người Mẫu"}}, Kind.CONTACT),
    ],
)
def test_anything_else_is_told_by_its_kind_and_nothing_of_it_is_kept(content: dict[str, Any], kind: Kind) -> None:
    found = said(**content)
    assert (found.kind, found.text, found.media, found.button) == (kind, "", "", "")


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (update(edited_message=message(text="sửa lại", edit_date=AT)), "edited_message"),
        (update(channel_post=message(CHANNEL, text="x")), "channel_post"),
        (update(message=message(CHANNEL, text="x")), "channel"),
        (update(message=message(new_chat_title="x")), "other_message"),
        (update(message=message(GROUP, left_chat_member=BOT)), "other_message"),
        (update(inline_query={"id": "1", "from": PERSON, "query": "x", "offset": ""}), "inline_query"),
        (update(), "unknown"),
        (update(something_new={"a": 1}), "unknown"),
        (press(message={"chat": GROUP, "message_id": 5, "date": 0}), "callback_query_in_group"),
        (membership("member", "left", GROUP), "my_chat_member"),
        (membership("member", "kicked", CHANNEL), "my_chat_member"),
        (membership("member", "member"), "my_chat_member"),
    ],
)
def test_what_is_not_for_us_is_acknowledged_and_left_alone(content: dict[str, Any], name: str) -> None:
    assert told(content) == Told(name)


def test_whoever_blocks_the_bot_stops_to_follow_and_whoever_lets_it_in_follows() -> None:
    stopped, began = told(membership("member", "kicked")), told(membership("kicked", "member"))
    assert isinstance(stopped, Incoming)
    assert isinstance(began, Incoming)
    assert [(one.kind, one.key) for one in (stopped, began)] == [(Kind.UNFOLLOW, str(ME)), (Kind.FOLLOW, str(ME))]


@pytest.mark.parametrize("chat", [GROUP, GROUP | {"type": "group"}])
def test_a_group_is_refused_when_it_speaks_and_when_it_takes_us_in(chat: dict[str, Any]) -> None:
    for content in (update(message=message(chat, text="/start")), membership("left", "member", chat)):
        assert told(content) == GroupRefused(str(GROUP_ID))


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"\xff\xfe", b"null", b"[]", b'"x"', b"{}", b'{"update_id": "1"}', b'{"update_id": true}',
        b'{"update_id": -1}', b'{"update_id": 1e3}', b'{"update_id": ' + b"9" * 5000 + b"}", b"[" * 200_000,
        b'{"a":' * 100_000, b'{"update_id": 1, "message": 5}', b'{"update_id": 1, "message": {}}',
        b'{"update_id": 1, "callback_query": {"id": "1"}}',
    ],
)  # fmt: skip
def test_bytes_that_are_no_update_are_refused_by_name(raw: bytes) -> None:
    with pytest.raises(UpdateError, match=r"not|no update_id"):
        read(raw)


@pytest.mark.parametrize(
    "content",
    [
        update(message=message(text=5)),
        update(message=message(text=["x"])),
        update(message=message(PRIVATE | {"id": "1"}, text="x")),
        update(message=message(PRIVATE | {"id": 0}, text="x")),
        update(message=message(PRIVATE | {"id": 2**70}, text="x")),
        update(message=message(PRIVATE | {"id": True}, text="x")),
        update(message=message(text="x") | {"date": "hôm nay"}),
        update(message=message(text="x") | {"date": 10**20}),
        update(message=message(photo=[photo("../../etc", 1, 1)])),
        update(message=message(photo=[photo("x", 1, 1) | {"width": "lớn"}, photo("y", 1, 1)])),
        update(message=message(voice=file(duration=3) | {"file_size": "10"})),
        update(message=message(document=file(mime_type=5))),
        press(id="x:y"),
        press(id=5),
        press(data={"a": 1}),
    ],
)
def test_a_field_of_another_type_is_refused_and_not_repeated(content: dict[str, Any]) -> None:
    with pytest.raises(UpdateError) as refused:
        told(content)
    assert len(str(refused.value)) < 80
    assert "etc" not in str(refused.value)


def test_a_megabyte_of_nested_replies_is_answered_within_a_second() -> None:
    nested = message(text="x")
    for _ in range(300):
        nested = message(text="x", reply_to_message=nested)
    begun = time.monotonic()
    for content in (update(message=nested), update(message=message(text="x" * 1_000_000))):
        try:
            told(content)
        except UpdateError:
            continue
    assert time.monotonic() - begun < 1


REAL = [
    update(message=message(text="/start MC-4821")),
    update(message=message(photo=[photo("a", 90, 10), photo("b", 800, 20)], caption="x")),
    update(message=message(voice=file(duration=3))),
    update(message=message(GROUP, text="x")),
    press(),
    membership("kicked", "member"),
    update(edited_message=message(text="x", edit_date=AT)),
]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=5,
)


def places(content: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value inside."""
    inner = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    return [found for name, value in inner for found in [(*path, name), *places(value, (*path, name))]]


def changed(content: Any, path: tuple[Any, ...], value: Any) -> Any:
    copy = json.loads(json.dumps(content))
    inner = copy
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    return copy


def is_read_or_refused(raw: bytes) -> None:
    try:
        found = read(raw)
    except UpdateError:
        return
    assert isinstance(found, Incoming | Told | GroupRefused)
    if isinstance(found, Incoming):
        assert found.at.tzinfo
        assert all(isinstance(part, str) for part in (found.key, found.text, found.button, found.media))


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    is_read_or_refused(raw)


@given(VALUES, st.sampled_from(["message", "callback_query", "my_chat_member", "edited_message", "poll"]))
def test_any_content_of_an_update_is_read_or_refused(value: Any, kind: str) -> None:
    is_read_or_refused(json.dumps(update(**{kind: value})).encode())


@given(st.data())
def test_a_real_update_with_anything_changed_is_read_or_refused(data: st.DataObject) -> None:
    content = data.draw(st.sampled_from(REAL))
    for _ in range(data.draw(st.integers(1, 3))):
        content = changed(content, data.draw(st.sampled_from(places(content))), data.draw(VALUES))
    is_read_or_refused(json.dumps(content).encode())


@given(st.data())
def test_a_real_update_with_any_bytes_changed_is_read_or_refused(data: st.DataObject) -> None:
    raw = bytearray(json.dumps(data.draw(st.sampled_from(REAL))).encode())
    for _ in range(data.draw(st.integers(1, 5))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    is_read_or_refused(bytes(raw))


def test_only_our_secret_is_right() -> None:
    settings = TelegramSettings(token="1:x", secret="mật-khẩu-mẫu")
    assert is_right("mật-khẩu-mẫu", settings)
    for wrong in (None, "", "mật-khẩu-mẫ", "mật-khẩu-mẫu ", "\udcff", "x" * 100_000):
        assert not is_right(wrong, settings)


def test_without_a_secret_no_call_is_right() -> None:
    settings = TelegramSettings(token="1:x", secret="")
    assert not is_right("", settings)
    assert not is_right(None, settings)
