"""Only what Zalo signed for our application counts, read from bytes that anybody may have sent."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.zalo.body import LONGEST, BodyError, read_body
from bot.channels.zalo.signature import Variant, verify
from bot.settings import ZaloSettings

OURS = ZaloSettings(
    app_id="360846524940903967", oa_id="388613280878808645", oa_secret="oa-secret-for-tests", oa_mac=False
)
BODY = (
    '{"event_name":"user_send_text","app_id":"360846524940903967","sender":{"id":"246845883529197922"},'
    '"recipient":{"id":"388613280878808645"},"message":{"text":"Xin chào","msg_id":"96d3cdf3af150460909"},'
    '"timestamp":"1795392000000","user_id_by_app":"552177279717587730"}'
).encode()
MAC = "0aed296e50d212bf612d56958a1bcb438556da0de82be923ede898fbfe267261"


def signed(raw: bytes, first: str = OURS.app_id, timestamp: str = "1795392000000", secret: str = OURS.oa_secret) -> str:
    return "mac=" + hashlib.sha256(first.encode() + raw + timestamp.encode() + secret.encode()).hexdigest()


def body_of(**content: object) -> bytes:
    return json.dumps({"app_id": OURS.app_id, "timestamp": "1795392000000", **content}).encode()


def test_the_published_example_is_right() -> None:
    assert len(BODY) == 266
    assert verify(BODY, f"mac={MAC}", OURS) is Variant.APP


@pytest.mark.parametrize("header", [MAC, f"mac={MAC.upper()}", f" mac={MAC} "])
def test_the_header_may_come_without_its_name_or_in_capitals(header: str) -> None:
    assert verify(BODY, header, OURS) is Variant.APP


@pytest.mark.parametrize(
    "header", ["", "mac=", "mac=ß", f"sha256={MAC}", f"mac={MAC}0", f"mac={'0' * 64}", "mac=\ud800"]
)
def test_another_header_is_wrong(header: str) -> None:
    assert verify(BODY, header, OURS) is None


@pytest.mark.parametrize("place", range(0, len(BODY), 7))
def test_one_changed_byte_is_seen(place: int) -> None:
    changed = bytearray(BODY)
    changed[place] ^= 1
    assert verify(bytes(changed), f"mac={MAC}", OURS) is None


def test_the_spelling_of_the_body_is_as_it_came() -> None:
    for raw in (body_of(text="ạ"), json.dumps(json.loads(body_of()), indent=2).encode() + b"\n"):
        assert verify(raw, signed(raw), OURS) is Variant.APP


def test_the_accounts_id_as_first_term_counts_only_where_it_is_allowed() -> None:
    header = signed(BODY, first=OURS.oa_id)
    assert verify(BODY, header, OURS) is None
    allowing = ZaloSettings(app_id=OURS.app_id, oa_id=OURS.oa_id, oa_secret=OURS.oa_secret, oa_mac=True)
    assert verify(BODY, header, allowing) is Variant.OA
    assert verify(BODY, signed(BODY), allowing) is Variant.APP


def test_another_application_is_refused_though_the_secret_is_right() -> None:
    raw = body_of(app_id="360846524940903968")
    assert verify(raw, signed(raw, first="360846524940903968"), OURS) is None
    assert verify(raw, signed(raw), OURS) is None


def test_a_timestamp_may_be_a_number() -> None:
    raw = body_of(timestamp=1795392000000)
    assert verify(raw, signed(raw), OURS) is Variant.APP


@pytest.mark.parametrize("timestamp", [None, "", "abc", "17.5", 1.5, True, [], {}, "9" * 21, 10**30, "١٢٣", "\ud800"])
def test_a_timestamp_that_is_none_is_refused(timestamp: object) -> None:
    raw = body_of(timestamp=timestamp)
    assert verify(raw, signed(raw, timestamp=str(timestamp) if timestamp != "\ud800" else ""), OURS) is None


def test_without_a_secret_or_an_application_nothing_is_right() -> None:
    raw = body_of(app_id="")
    assert verify(BODY, signed(BODY, secret=""), ZaloSettings(app_id=OURS.app_id, oa_secret="")) is None
    assert verify(raw, signed(raw, first="", secret="s"), ZaloSettings(app_id="", oa_secret="s", oa_mac=True)) is None


def test_a_digit_of_the_timestamp_cannot_be_moved_into_the_body() -> None:
    moved = BODY + b"1"
    assert signed(moved, timestamp="795392000000") == f"mac={MAC}"
    assert verify(moved, f"mac={MAC}", OURS) is None


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (b"", "no_json"),
        (b"\xff\xfe{\x00}\x00", "no_json"),
        ('{"a":1}'.encode("utf-16"), "no_json"),
        (b"\xef\xbb\xbf{}", "no_json"),
        (b"{} {}", "no_json"),
        (b"[]", "no_object"),
        (b'{"a":NaN}', "no_json"),
        (b'{"a":' + b"9" * 5000 + b"}", "no_json"),
        (b'{"timestamp":"1","timestamp":"2"}', "key_twice"),
        (b'{"a":{"b":1,"b":1}}', "key_twice"),
        (b'{"a":' * 100_000, "too_long"),
        (b"[" * 100_000, "no_json"),
        (b'{"a":' * 40_000, "no_json"),
        (b" " * (LONGEST + 1), "too_long"),
    ],
)
def test_bytes_that_are_no_object_are_refused_by_a_short_name(raw: bytes, name: str) -> None:
    with pytest.raises(BodyError, match=f"^{name}$"):
        read_body(raw)
    assert verify(raw, signed(raw), OURS) is None


@given(st.binary(max_size=300), st.text(max_size=80))
def test_whatever_comes_is_answered_and_not_taken(raw: bytes, header: str) -> None:
    assert verify(raw, header, OURS) is None
