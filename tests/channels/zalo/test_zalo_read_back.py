"""A send that nobody saw the end of: what of it is in the conversation as Zalo shows it, and the rest handed over."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.base import Delivery, Outcome, Outgoing, OutgoingButton, ReadBack
from bot.channels.zalo import channel as module
from bot.channels.zalo.channel import ZaloChannel
from bot.channels.zalo.messages import Part, parts_of
from bot.channels.zalo.read_back import MOST_PAGES, Read, Shown, arrived, ours_since
from bot.channels.zalo.stand_in.constants import OA_ID
from bot.channels.zalo.stand_in.doors import Doors
from tests.channels.zalo.zalo_sending import KEY, Held, channel_for, signed_in
from tests.channels.zalo.zalo_standing_in import CS, USER, Connector, error

HISTORY = "/v2.0/oa/conversation"
HELLO = Outgoing("Dạ, chào mình.")
ASKING = Outgoing("Mình hỏi gì?", (OutgoingButton("31:0", "Giấy tờ"), OutgoingButton("31:1", "Phí")))
LONG = Outgoing("\n\n".join(f"Đoạn {n}. " + "Giấy tờ cần mang theo. " * 60 for n in range(3)))
SINCE = datetime.now(UTC)


@pytest.fixture
def held(zalo_stand_in: Doors) -> Held:
    zalo_stand_in.write(USER, "khai sinh")
    return signed_in(zalo_stand_in)


@pytest.fixture
def channel(zalo_stand_in: Doors, held: Held) -> ZaloChannel:
    return channel_for(zalo_stand_in.address, held)


def complete(channel: ZaloChannel, message: Outgoing, others: Iterable[str] = ()) -> Delivery:
    return channel.complete(KEY, message, datetime.now(UTC) - timedelta(seconds=5), set(others))


def texts(doors: Doors) -> list[str]:
    return [message.text for message in doors.received(USER)]


def test_zalo_can_be_read_back(channel: ZaloChannel) -> None:
    assert isinstance(channel, ReadBack)


@pytest.mark.parametrize("message", [HELLO, ASKING, LONG])
def test_what_arrived_is_found_and_not_sent_again(
    zalo_stand_in: Doors, channel: ZaloChannel, message: Outgoing
) -> None:
    sent = channel.send(KEY, message)
    before = texts(zalo_stand_in)
    assert complete(channel, message) == Delivery(Outcome.SENT, platform_id=sent.platform_id)
    assert texts(zalo_stand_in) == before


def test_an_answer_lost_after_it_was_taken_is_found(zalo_stand_in: Doors, channel: ZaloChannel) -> None:
    zalo_stand_in.fault("lost", on=CS)
    assert channel.send(KEY, HELLO).outcome is Outcome.UNKNOWN
    assert complete(channel, HELLO).outcome is Outcome.SENT
    assert texts(zalo_stand_in) == [HELLO.text]


def test_what_did_not_arrive_may_be_sent_again(zalo_stand_in: Doors, channel: ZaloChannel) -> None:
    zalo_stand_in.fault("reset", on=CS)
    assert channel.send(KEY, HELLO).outcome is Outcome.UNKNOWN
    assert complete(channel, HELLO) == Delivery(Outcome.RETRY, "not_arrived")
    assert texts(zalo_stand_in) == []


def test_the_missing_end_of_a_long_message_is_handed_over(
    zalo_stand_in: Doors, channel: ZaloChannel, connector: Connector
) -> None:
    first, *rest = parts_of(LONG, True)
    assert rest
    held = Held(connector.token)
    assert connector.post(CS, first.body(USER)).json()["error"] == 0
    delivery = complete(channel_for(zalo_stand_in.address, held), LONG)
    assert delivery.outcome is Outcome.SENT
    assert texts(zalo_stand_in) == [first.text, *(part.text for part in rest)]
    assert delivery.platform_id.split(",") == [message.id for message in zalo_stand_in.received(USER)]


def test_buttons_read_as_a_list_are_the_same_message(zalo_stand_in: Doors, channel: ZaloChannel) -> None:
    zalo_stand_in.switch(buttons="reject")
    channel.send(KEY, ASKING)
    assert complete(channel, ASKING).outcome is Outcome.SENT
    assert len(texts(zalo_stand_in)) == 1


def test_the_same_words_in_a_message_of_another_name_are_not_this_one(channel: ZaloChannel) -> None:
    earlier = channel.send(KEY, HELLO).platform_id
    assert complete(channel, HELLO, [earlier]).outcome is Outcome.RETRY


def test_the_citizens_own_words_are_not_ours(zalo_stand_in: Doors, channel: ZaloChannel) -> None:
    zalo_stand_in.write(USER, HELLO.text)
    assert complete(channel, HELLO).outcome is Outcome.RETRY


def test_a_message_of_ours_that_shows_no_words_leaves_it_open(zalo_stand_in: Doors, connector: Connector) -> None:
    channel = channel_for(zalo_stand_in.address, Held(connector.token))
    asking = {"title": "Mình cho biết", "subtitle": "tên và số", "image_url": "https://a.zdn.vn/a.png"}
    payload = {"template_type": "request_user_info", "elements": [asking]}
    body = {"recipient": {"user_id": USER}, "message": {"attachment": {"type": "template", "payload": payload}}}
    assert connector.post(CS, body).json()["error"] == 0
    delivery = complete(channel, HELLO)
    assert (delivery.outcome, delivery.retry_after_seconds) == (Outcome.UNKNOWN, None)


@pytest.mark.parametrize(
    ("fault", "again"),
    [({"name": "502"}, True), ({"name": "reset"}, True), ({"name": "error", "code": -32}, True),
     ({"name": "error", "code": -212}, False)],
)  # fmt: skip
def test_a_conversation_that_cannot_be_read_is_looked_at_again_where_that_may_help(
    zalo_stand_in: Doors, channel: ZaloChannel, fault: dict[str, Any], again: bool
) -> None:
    zalo_stand_in.fault(on=HISTORY, **fault)
    delivery = complete(channel, HELLO)
    assert delivery.outcome is Outcome.UNKNOWN
    assert ((delivery.retry_after_seconds or 0) >= module.LOOK_AGAIN_SECONDS) is again


def test_another_account_s_conversation_is_not_read(channel: ZaloChannel) -> None:
    assert channel.complete(f"1:{USER}", HELLO, SINCE, ()).outcome is Outcome.UNKNOWN


# What Zalo's list is taken to say


def message(number: int, text: object = "chào", *, age: float = 0, **more: object) -> dict[str, Any]:
    at = int((SINCE.timestamp() - age) * 1000)
    return {"message_id": f"m{number}", "from_id": OA_ID, "time": at, "type": "text", "message": text, **more}


def pages(messages: list[dict[str, Any]]) -> Any:
    return lambda offset: messages[offset : offset + 10]


def read_of(messages: list[dict[str, Any]]) -> Read:
    return ours_since(pages(messages), OA_ID, SINCE, ())


def shown(messages: list[dict[str, Any]]) -> list[Shown]:
    return list(read_of(messages).shown)


def test_an_empty_conversation_proves_nothing() -> None:
    assert arrived([Part("chào")], read_of([])) is None


def test_it_is_read_back_page_by_page_until_before_the_message() -> None:
    busy = [message(n, from_id=USER) for n in range(25)]
    assert read_of([*busy, message(26), message(27, age=3600)]) == Read([Shown("m26", "chào")], True)


def test_where_it_goes_further_back_than_is_looked_only_what_is_there_is_known() -> None:
    read = read_of([message(n) for n in range(10 * MOST_PAGES)])
    assert len(read.shown) == 10 * MOST_PAGES
    assert arrived([Part("tạm biệt")], read) is None
    assert arrived([Part("chào")], read) is not None


def test_two_clocks_may_be_apart() -> None:
    assert shown([message(1, age=60), message(2, age=3600)]) == [Shown("m1", "chào")]


def test_what_moved_to_the_next_page_meanwhile_counts_once() -> None:
    messages = [message(n) for n in range(10)]
    found = ours_since(lambda offset: messages if not offset else [messages[-1]], OA_ID, SINCE, ())
    assert len(found.shown) == 10


@pytest.mark.parametrize(
    ("fields", "ours"),
    [({"src": 0}, True), ({"src": "0"}, True), ({"src": 1}, False), ({"from_id": int(OA_ID)}, True),
     ({"from_id": OA_ID, "src": 1}, True), ({"from_id": USER, "src": 0}, False), ({}, False)],
)  # fmt: skip
def test_the_sender_s_id_counts_and_src_where_there_is_none(fields: dict[str, Any], ours: bool) -> None:
    one = {"message_id": "m1", "time": str(int(time.time() * 1000)), "message": "chào", **fields}
    assert bool(shown([one])) is ours


def test_parts_are_found_in_their_order() -> None:
    parts = [Part("một"), Part("hai")]
    one, two, nothing = Shown("a", "một"), Shown("c", "hai"), Shown("b", "")
    assert arrived(parts, Read([one, Shown("b", "chen"), two], True)) == ["a", "c"]
    assert arrived(parts, Read([two, one], True)) == ["a"]
    assert arrived(parts, Read([one, nothing], True)) is None
    assert arrived(parts, Read([nothing, one, two], True)) == ["a", "c"], "all there is certain"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
ODD = st.dictionaries(
    st.sampled_from(["message_id", "msg_id", "src", "from_id", "time", "type", "message"]), JSON, max_size=6
)


@given(st.lists(ODD, max_size=12))
def test_whatever_the_list_holds_is_no_trouble(messages: list[dict[str, Any]]) -> None:
    arrived([Part("chào")], read_of(messages))


# The stand-in's list


def read(connector: Connector, **data: Any) -> Any:
    return connector.get(HISTORY, {"user_id": USER, "offset": 0, "count": 10} | data)


def test_the_latest_come_first_in_pages_of_ten(zalo_stand_in: Doors, connector: Connector) -> None:
    zalo_stand_in.write(USER, *(f"câu {n}" for n in range(12)))
    connector.post(CS, {"recipient": {"user_id": USER}, "message": {"text": "Dạ"}})
    first, second = read(connector).json()["data"], read(connector, offset=10).json()["data"]
    assert [one["message"] for one in first][:2] == ["Dạ", "câu 11"]
    assert [one["message"] for one in second] == ["câu 2", "câu 1", "câu 0"]
    assert [(one["src"], one["from_id"], one["to_id"]) for one in first[:2]] == [(0, OA_ID, USER), (1, USER, OA_ID)]


@pytest.mark.parametrize(
    ("data", "code"),
    [({"count": 11}, -210), ({"count": 0}, -201), ({"count": "5"}, -201), ({"count": True}, -201),
     ({"offset": -1}, -201), ({"user_id": int(USER)}, -201), ({"user_id": "900000000000009999"}, -201),
     ({"more": 1}, -201)],
)  # fmt: skip
def test_what_the_list_does_not_take_is_refused(connector: Connector, data: dict[str, Any], code: int) -> None:
    assert error(read(connector, **data).json())[0] == code
