"""Who may be written to, on the stand-in's clock, and what goes wrong on the way."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests

from bot.channels.zalo.stand_in.constants import OA_ID
from bot.channels.zalo.stand_in.doors import DoorError, Doors
from tests.channels.zalo.zalo_standing_in import CS, OTHER, USER, Connector

HOUR, DAY = 3600, 86400
TEXT = {"text": "Chào"}
BODY = {"recipient": {"user_id": USER}, "message": TEXT}


@pytest.mark.parametrize(
    ("silent", "zca", "code", "quota"),
    [
        (0, "none", 0, "reply"),
        (48 * HOUR - 60, "none", 0, "reply"),
        (48 * HOUR + 60, "none", -320, ""),
        (48 * HOUR + 60, "empty", -321, ""),
        (48 * HOUR + 60, "funded", 0, "sub_quota"),
        (7 * DAY - 60, "funded", 0, "sub_quota"),
        (7 * DAY + 60, "funded", -230, ""),
        (-1, "funded", -230, ""),
    ],
)
def test_free_for_48_hours_billed_until_seven_days_then_closed(
    zalo_stand_in: Doors, connector: Connector, silent: float, zca: str, code: int, quota: str
) -> None:
    zalo_stand_in.switch(zca=zca)
    zalo_stand_in.user(USER, silent_seconds=silent)
    envelope = connector.send(TEXT)
    assert envelope["error"] == code
    if not code:
        assert envelope["data"]["quota"]["quota_type"] == quota
    assert len(zalo_stand_in.received(USER)) == (0 if code else 1)


def test_the_window_moves_with_the_clock_and_opens_with_whatever_the_citizen_does(
    zalo_stand_in: Doors, connector: Connector
) -> None:
    asked = connector.send({
        "attachment": {"type": "template", "payload": {"template_type": "request_user_info", "elements": [
            {"title": "Tên", "subtitle": "Để xưng hô", "image_url": "https://a.b/c.png"}]}}
    })  # fmt: skip
    assert asked["error"] == 0
    acts = [
        lambda: zalo_stand_in.write(USER, "Chào"),
        lambda: zalo_stand_in.media(USER, "location"),
        lambda: zalo_stand_in.follow(USER),
        lambda: zalo_stand_in.submit_info(USER),
    ]
    for act in acts:
        zalo_stand_in.forward(7 * DAY + 1)
        connector.token = zalo_stand_in.bootstrap()["access_token"]
        assert connector.send(TEXT)["error"] == -230
        act()
        assert connector.send(TEXT)["error"] == 0


def test_whoever_left_or_never_came_is_213_until_they_write(zalo_stand_in: Doors, connector: Connector) -> None:
    assert connector.send(TEXT, OTHER)["error"] == -213
    zalo_stand_in.follow(USER, False)
    assert connector.send(TEXT)["error"] == -213
    zalo_stand_in.write(USER, "Tôi hỏi chút")
    assert connector.send(TEXT)["error"] == 0


@pytest.mark.parametrize(
    ("state", "code"), [({"blocked": True}, -244), ({"inactive": True}, -227), ({"receive_left": 0}, -218)]
)
def test_a_citizen_who_cannot_be_reached(
    zalo_stand_in: Doors, connector: Connector, state: dict[str, Any], code: int
) -> None:
    zalo_stand_in.user(USER, **state)
    assert connector.send(TEXT)["error"] == code


def test_quotas_are_used_up_one_by_one(zalo_stand_in: Doors, connector: Connector) -> None:
    zalo_stand_in.user(USER, receive_left=2)
    assert [connector.send(TEXT)["error"] for _ in range(3)] == [0, 0, -218]
    zalo_stand_in.user(USER, receive_left=None, silent_seconds=3 * DAY)
    zalo_stand_in.switch(zca="funded", sub_quota=1)
    quota = connector.send(TEXT)["data"]["quota"]
    assert (quota["remain"], quota["owner_id"]) == ("0", OA_ID)
    assert connector.send(TEXT)["error"] == -211


# Faults


@pytest.mark.parametrize(("name", "status", "words"), [("html", 200, "<title>Zalo"), ("502", 502, "Bad Gateway")])
def test_a_page_may_come_instead_of_an_envelope(
    zalo_stand_in: Doors, connector: Connector, name: str, status: int, words: str
) -> None:
    zalo_stand_in.fault(name)
    answer = connector.post(CS, BODY)
    assert answer.status_code == status
    assert words in answer.text
    assert zalo_stand_in.received(USER) == []
    assert connector.post(CS, BODY).json()["error"] == 0, "it struck once"


@pytest.mark.parametrize("name", ["401", "error"])
def test_an_error_may_come_though_all_is_right(zalo_stand_in: Doors, connector: Connector, name: str) -> None:
    zalo_stand_in.fault(name, code=-32)
    answer = connector.post(CS, BODY)
    assert (answer.status_code, answer.json()["error"]) == ((401, -216) if name == "401" else (200, -32))
    assert zalo_stand_in.received(USER) == []


def test_a_reset_reaches_nobody_and_a_lost_answer_does(zalo_stand_in: Doors, connector: Connector) -> None:
    for name, reached in (("reset", 0), ("lost", 1)):
        zalo_stand_in.fault(name)
        with pytest.raises(requests.ConnectionError, match="Connection reset"):
            connector.post(CS, BODY)
        assert len(zalo_stand_in.received(USER)) == reached
    recorded = [(call.fault, call.status, call.error) for call in zalo_stand_in.calls(CS)]
    assert recorded == [("reset", 0, None), ("lost", 200, 0)]


def test_silence_reaches_nobody_and_a_late_answer_did(zalo_stand_in: Doors, connector: Connector) -> None:
    headers = {"access_token": connector.token}
    for name, reached in (("timeout", 0), ("lost_late", 1)):
        zalo_stand_in.fault(name, seconds=0.5)
        with pytest.raises(requests.ReadTimeout):
            requests.post(zalo_stand_in.address + CS, json=BODY, headers=headers, timeout=0.2)
        assert len(zalo_stand_in.received(USER)) == reached


def test_an_answer_may_be_slow(zalo_stand_in: Doors, connector: Connector) -> None:
    zalo_stand_in.fault("latency", seconds=0.2)
    begun = time.monotonic()
    assert connector.post(CS, BODY).json()["error"] == 0
    assert time.monotonic() - begun >= 0.2


def test_a_fault_strikes_whom_and_where_and_as_often_as_it_is_told(zalo_stand_in: Doors, connector: Connector) -> None:
    zalo_stand_in.user(OTHER, silent_seconds=0)
    zalo_stand_in.fault("error", on="/v3.0/oa/message", user=USER, count=2)
    assert connector.send(TEXT, OTHER)["error"] == 0
    assert connector.get("/v2.0/oa/getoa").json()["error"] == 0
    assert connector.get("/v3.0/oa/user/detail", {"user_id": USER}).json()["error"] == 0
    assert [connector.send(TEXT)["error"] for _ in range(3)] == [-200, -200, 0]
    zalo_stand_in.fault("502", count=None)
    assert {connector.post(CS, BODY).status_code for _ in range(3)} == {502}
    zalo_stand_in.no_faults()
    assert connector.send(TEXT)["error"] == 0


def test_a_fault_that_does_not_exist_is_refused(zalo_stand_in: Doors) -> None:
    for more in ({}, {"count": 0}, {"color": 1}):
        with pytest.raises(DoorError, match="/_faults answered 400"):
            zalo_stand_in.fault("502" if more else "flood", **more)
    assert zalo_stand_in.state()["faults"] == []
