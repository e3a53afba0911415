"""The webhooks of the stand-in: what is signed, how often it is tried, and when the address is disabled."""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any

import pytest

from bot.channels.zalo.stand_in.constants import APP_ID, LADDER_SECONDS, OA_ID, OA_SECRET
from bot.channels.zalo.stand_in.doors import DoorError, Doors
from bot.channels.zalo.stand_in.signing import headers_for, signature, written
from bot.channels.zalo.stand_in.switches import Style
from tests.channels.zalo.zalo_standing_in import OTHER, USER, Got, Receiver
from tests.gateway.services import wait_until

VECTOR = (
    '{"event_name":"user_send_text","app_id":"360846524940903967","sender":{"id":"246845883529197922"},'
    '"recipient":{"id":"388613280878808645"},"message":{"text":"Xin chào","msg_id":"96d3cdf3af150460909"},'
    '"timestamp":"1795392000000","user_id_by_app":"552177279717587730"}'
)
VECTOR_MAC = "0aed296e50d212bf612d56958a1bcb438556da0de82be923ede898fbfe267261"


def test_the_signature_is_that_of_the_known_vector() -> None:
    body = VECTOR.encode()
    assert len(body) == 266
    assert signature(APP_ID, body, "1795392000000", OA_SECRET) == VECTOR_MAC
    assert written(json.loads(VECTOR), Style()) == body
    assert headers_for(body, "1795392000000", Style())["X-ZEvent-Signature"] == f"mac={VECTOR_MAC}"


def right_mac(got: Got, first_term: str = APP_ID) -> str:
    parts = first_term.encode() + got.body + got.event["timestamp"].encode() + OA_SECRET.encode()
    return hashlib.sha256(parts).hexdigest()


def test_an_event_is_posted_as_json_signed_over_exactly_its_bytes(zalo_stand_in: Doors, receiver: Receiver) -> None:
    (message_id,) = zalo_stand_in.write(USER, "Xin chào")
    zalo_stand_in.settle()
    (got,) = receiver.got
    assert got.headers["x-zevent-signature"] == f"mac={right_mac(got)}"
    assert got.headers["content-type"] == "application/json"
    assert "num_retry" not in got.headers
    assert (got.event["app_id"], got.event["message"]) == (APP_ID, {"text": "Xin chào", "msg_id": message_id})


@pytest.mark.parametrize(
    ("style", "seen"),
    [
        ({}, b'{"event_name":"user_send_text","app_id":"3608'),
        ({"order": "reversed"}, b'{"user_id_by_app":'),
        ({"spacing": "spaced"}, b'{"event_name": "user_send_text", '),
        ({"spacing": "indented"}, b'{\n  "event_name": '),
        ({"escapes": True}, b"Xin ch\\u00e0o"),
    ],
)
def test_the_bytes_vary_and_are_signed_as_they_are(
    zalo_stand_in: Doors, receiver: Receiver, style: dict[str, Any], seen: bytes
) -> None:
    zalo_stand_in.write(USER, "Xin chào", style=style)
    zalo_stand_in.settle()
    (got,) = receiver.got
    assert seen in got.body
    assert got.headers["x-zevent-signature"] == f"mac={right_mac(got)}"
    assert got.text == "Xin chào"


def test_the_order_of_the_keys_can_be_shuffled(zalo_stand_in: Doors, receiver: Receiver) -> None:
    zalo_stand_in.switch(style={"order": "shuffled"})
    zalo_stand_in.write(USER, *["Chào"] * 12)
    zalo_stand_in.settle()
    assert len({tuple(event) for event in receiver.events()}) > 1
    assert len({frozenset(event) for event in receiver.events()}) == 1


def test_the_id_at_the_application_may_be_missing(zalo_stand_in: Doors, receiver: Receiver) -> None:
    zalo_stand_in.write(USER, "a", style={"by_app": False})
    zalo_stand_in.follow(USER, style={"by_app": False})
    zalo_stand_in.settle()
    assert ["user_id_by_app" in event for event in receiver.events()] == [False, False]


def test_the_signature_can_be_wrong_missing_bare_or_begin_with_the_account(
    zalo_stand_in: Doors, receiver: Receiver
) -> None:
    for mac in ("wrong", "missing", "bare", "oa_id"):
        zalo_stand_in.write(USER, mac, style={"mac": mac})
    zalo_stand_in.settle()
    got = {one.text: one for one in receiver.got}
    assert got["wrong"].headers["x-zevent-signature"] != f"mac={right_mac(got['wrong'])}"
    assert "x-zevent-signature" not in got["missing"].headers
    assert got["bare"].headers["x-zevent-signature"] == right_mac(got["bare"])
    assert got["oa_id"].headers["x-zevent-signature"] == f"mac={right_mac(got['oa_id'], OA_ID)}"


def test_duplicates_are_the_same_bytes(zalo_stand_in: Doors, receiver: Receiver) -> None:
    zalo_stand_in.write(USER, "Chào", copies=3)
    zalo_stand_in.settle()
    assert len(receiver.got) == 3
    assert len({one.body for one in receiver.got}) == 1


def test_events_can_come_out_of_order(zalo_stand_in: Doors, receiver: Receiver) -> None:
    zalo_stand_in.write(USER, "một", "hai", "ba", order="reversed", ordered=True)
    zalo_stand_in.settle()
    assert [one.text for one in receiver.got] == ["ba", "hai", "một"]
    stamps = [int(one.event["timestamp"]) for one in receiver.got]
    assert stamps == sorted(stamps, reverse=True), "each says when it was really written"


def test_anything_but_200_is_tried_again_on_the_ladder_with_a_count(zalo_stand_in: Doors, receiver: Receiver) -> None:
    scale = 0.0004
    zalo_stand_in.switch(scale=scale)
    statuses = iter([500, 301, 204, 401, 200])
    receiver.answer = lambda got: next(statuses)
    zalo_stand_in.write(USER, "Chào")
    assert zalo_stand_in.settle().enabled
    assert [one.headers.get("num_retry") for one in receiver.got] == [None, "1", "2", "3", "4"]
    assert len({one.body for one in receiver.got}) == 1
    assert len({one.headers["x-zevent-signature"] for one in receiver.got}) == 1
    waits = [later.at - earlier.at for earlier, later in zip(receiver.got, receiver.got[1:], strict=False)]
    for wait, seconds in zip(waits, LADDER_SECONDS, strict=False):
        assert seconds * scale * 0.95 <= wait <= seconds * scale + 0.5
    (sent,) = zalo_stand_in.webhooks()
    assert (sent.state, [attempt["status"] for attempt in sent.attempts]) == ("delivered", [500, 301, 204, 401, 200])


def test_the_ladder_is_30_seconds_5_15_30_minutes_and_an_hour() -> None:
    assert LADDER_SECONDS == (30, 300, 900, 1800, 3600)


def test_after_the_last_failure_the_address_is_disabled_until_somebody_switches_it_on(
    zalo_stand_in: Doors, receiver: Receiver
) -> None:
    receiver.answer = lambda got: 500
    zalo_stand_in.switch(scale=0)
    zalo_stand_in.write(USER, "Chào")
    counts = zalo_stand_in.settle()
    assert (len(receiver.got), counts.enabled) == (6, False)
    assert receiver.got[-1].headers["num_retry"] == "5"
    receiver.answer = lambda got: 200
    zalo_stand_in.write(USER, "Có ai không?")
    assert zalo_stand_in.settle().webhooks["dropped"] == 1
    assert len(receiver.got) == 6
    zalo_stand_in.switch(enabled=True)
    zalo_stand_in.write(USER, "Rồi")
    zalo_stand_in.settle()
    assert receiver.got[-1].text == "Rồi", "and what was dropped does not come again"


def test_what_waited_when_the_address_was_disabled_is_lost(zalo_stand_in: Doors, receiver: Receiver) -> None:
    receiver.answer = lambda got: 500
    zalo_stand_in.switch(scale=0.0001)
    zalo_stand_in.write(USER, *["Chào"] * 5, ordered=True)
    counts = zalo_stand_in.settle()
    assert counts.webhooks | {"attempts": 0} == {
        "pending": 0, "delivered": 0, "given_up": 1, "dropped": 4, "attempts": 0,
    }  # fmt: skip


def test_retries_can_be_off_in_the_console(zalo_stand_in: Doors, receiver: Receiver) -> None:
    receiver.answer = lambda got: 500
    zalo_stand_in.switch(retry=False)
    zalo_stand_in.write(USER, "Chào")
    counts = zalo_stand_in.settle()
    assert (counts.webhooks["given_up"], len(receiver.got), counts.enabled) == (1, 1, True)


def test_two_seconds_is_all_the_time_there_is(zalo_stand_in: Doors, receiver: Receiver) -> None:
    assert zalo_stand_in.state()["switches"]["answer_seconds"] == 2.0
    zalo_stand_in.switch(answer_seconds=0.1)

    def slow_at_first(got: Got) -> int:
        if "num_retry" not in got.headers:
            time.sleep(0.3)
        return 200

    receiver.answer = slow_at_first
    zalo_stand_in.write(USER, "Chào")
    zalo_stand_in.settle()
    (sent,) = zalo_stand_in.webhooks()
    assert [(attempt["status"], bool(attempt["problem"])) for attempt in sent.attempts] == [(None, True), (200, False)]


def test_a_connection_that_breaks_is_a_failure_as_any(zalo_stand_in: Doors, receiver: Receiver) -> None:
    answers = iter([None, 200])
    receiver.answer = lambda got: next(answers)
    zalo_stand_in.write(USER, "Chào")
    zalo_stand_in.settle()
    (sent,) = zalo_stand_in.webhooks()
    assert [attempt["status"] for attempt in sent.attempts] == [None, 200]


def test_deliveries_go_out_beside_each_other(zalo_stand_in: Doors, receiver: Receiver) -> None:
    def slow(got: Got) -> int:
        time.sleep(0.3)
        return 200

    receiver.answer = slow
    begun = time.monotonic()
    zalo_stand_in.write(USER, *map(str, range(10)))
    zalo_stand_in.write(OTHER, *map(str, range(10)))
    zalo_stand_in.settle()
    assert time.monotonic() - begun < 2, "twenty times 0.3 s"


def test_ordered_ones_of_a_citizen_wait_for_each_other_and_not_for_other_citizens(
    zalo_stand_in: Doors, receiver: Receiver
) -> None:
    def texts_of(user: str) -> list[str]:
        return [one.text for one in list(receiver.got) if one.event["sender"]["id"] == user]

    numbers = list(map(str, range(8)))
    stuck = ("1", USER)
    receiver.answer = lambda got: (
        500 if (got.text, got.event["sender"]["id"]) == stuck and len(texts_of(OTHER)) < 8 else 200
    )
    for user in (USER, OTHER):
        zalo_stand_in.write(user, *numbers, ordered=True)
    zalo_stand_in.settle()
    assert texts_of(OTHER) == numbers
    tried = texts_of(USER)
    assert tried == ["0", *["1"] * tried.count("1"), *numbers[2:]]
    assert tried.count("1") > 1


def test_an_event_that_is_off_in_the_console_is_not_sent(zalo_stand_in: Doors, receiver: Receiver) -> None:
    zalo_stand_in.switch(events_off=["follow"])
    zalo_stand_in.follow(USER)
    zalo_stand_in.write(USER, "Chào")
    zalo_stand_in.settle()
    assert [event["event_name"] for event in receiver.events()] == ["user_send_text"]
    assert [sent.state for sent in zalo_stand_in.webhooks(event="follow")] == ["dropped"]


def test_with_the_filter_on_only_messages_with_a_hash_arrive(zalo_stand_in: Doors, receiver: Receiver) -> None:
    zalo_stand_in.switch(filter_hash=True)
    zalo_stand_in.write(USER, "Chào", "#menu")
    zalo_stand_in.settle()
    assert [one.text for one in receiver.got] == ["#menu"]


def test_the_probe_of_the_console_is_unsigned_and_saves_an_address_that_answers_200(
    zalo_stand_in: Doors, receiver: Receiver
) -> None:
    zalo_stand_in.switch(webhook="", enabled=False)
    receiver.answer = lambda got: 401
    assert zalo_stand_in.probe(receiver.url) | {"seconds": 0} == {"status": 401, "saved": False, "seconds": 0}
    assert zalo_stand_in.state()["switches"]["webhook"] == ""
    receiver.answer = lambda got: 200
    assert zalo_stand_in.probe(receiver.url)["saved"]
    assert not any("x-zevent-signature" in one.headers for one in receiver.got)
    zalo_stand_in.write(USER, "Chào")
    wait_until(lambda: len(receiver.got) == 3)
    assert zalo_stand_in.probe(body="")["saved"], "an empty one too"


def test_a_webhook_leads_to_this_machine_only(zalo_stand_in: Doors) -> None:
    for url in (
        "https://example.org/hook",
        "http://10.0.0.1/",
        "ftp://127.0.0.1/",
        "127.0.0.1:80",
        "http://127.0.0.1.evil.example/",
    ):
        with pytest.raises(DoorError, match="not an address of this machine"):
            zalo_stand_in.switch(webhook=url)
        with pytest.raises(DoorError, match="not an address of this machine"):
            zalo_stand_in.probe(url)


def test_nothing_is_sent_while_no_address_is_known(zalo_stand_in: Doors) -> None:
    zalo_stand_in.write(USER, "Chào")
    assert zalo_stand_in.settle().webhooks["dropped"] == 1
