"""The doors of the stand-in: what happened can be looked up, a crowd can write, and only this machine may enter."""

from __future__ import annotations

import json
import threading
from collections import defaultdict

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.zalo.stand_in.constants import CITIZENS, FIRST_BULK_ID, OA_SECRET, WARNING
from bot.channels.zalo.stand_in.doors import DoorError, Doors
from bot.channels.zalo.stand_in.switches import Switches
from bot.channels.zalo.stand_in.world import World
from tests.channels.zalo.zalo_standing_in import CS, OTHER, USER, Connector, Receiver


def test_every_call_is_recorded_with_what_came_of_it(zalo_stand_in: Doors, connector: Connector) -> None:
    connector.send({"text": "Chào"})
    connector.send({"text": ""})
    connector.get("/v3.0/oa/user/detail", {"user_id": OTHER})
    calls = zalo_stand_in.calls()
    assert [(call.method, call.path, call.user, call.status, call.error) for call in calls] == [
        ("POST", CS, USER, 200, 0), ("POST", CS, USER, 200, -201), ("GET", "/v3.0/oa/user/detail", OTHER, 200, -213),
    ]  # fmt: skip
    assert calls[0].body == {"recipient": {"user_id": USER}, "message": {"text": "Chào"}}
    assert zalo_stand_in.calls(since=calls[1].number) == calls[2:]
    assert zalo_stand_in.calls(CS) == calls[:2]
    assert zalo_stand_in.calls(user=OTHER) == calls[2:]


def test_messages_are_told_by_citizen_by_sender_and_from_a_number_on(
    zalo_stand_in: Doors, connector: Connector
) -> None:
    zalo_stand_in.write(USER, "Chào")
    connector.send({"text": "Dạ"})
    zalo_stand_in.write(OTHER, "Có ai không")
    said = zalo_stand_in.messages()
    assert [(message.user, message.sender, message.text) for message in said] == [
        (USER, "user", "Chào"), (USER, "oa", "Dạ"), (OTHER, "user", "Có ai không"),
    ]  # fmt: skip
    assert zalo_stand_in.messages(USER) == said[:2]
    assert zalo_stand_in.received(USER) == said[1:2]
    assert zalo_stand_in.messages(since=said[1].number) == said[2:]
    assert zalo_stand_in.messages("900000000000000777") == []


def test_webhooks_are_told_with_their_attempts(zalo_stand_in: Doors, receiver: Receiver) -> None:
    zalo_stand_in.write(USER, "Chào")
    zalo_stand_in.follow(OTHER)
    zalo_stand_in.settle()
    sent = zalo_stand_in.webhooks()
    assert [(one.event, one.user, one.state) for one in sent] == [
        ("user_send_text", USER, "delivered"), ("follow", OTHER, "delivered"),
    ]  # fmt: skip
    assert sent[0].body.encode() in [got.body for got in receiver.got]
    assert sent[0].attempts[0]["status"] == 200
    assert 0 < sent[0].attempts[0]["seconds"] < 2
    assert zalo_stand_in.webhooks(event="follow") == sent[1:]
    assert zalo_stand_in.webhooks(USER) == sent[:1]
    assert zalo_stand_in.webhooks(since=sent[0].number) == sent[1:]


def test_the_counts_alone_can_be_read(zalo_stand_in: Doors, receiver: Receiver, connector: Connector) -> None:
    zalo_stand_in.switch(echo=False, received=False, seen="off")
    zalo_stand_in.write(USER, "a", "b")
    connector.send({"text": "Dạ"})
    connector.send({})
    counts = zalo_stand_in.settle()
    assert (counts.from_users, counts.to_users) == (2, 1)
    assert (counts.calls, counts.errors) == ({CS: 2}, {"-201": 1})
    assert counts.webhooks == {"pending": 0, "delivered": 2, "given_up": 0, "dropped": 0, "attempts": 2}


def test_a_crowd_writes_in_turn_each_in_order(zalo_stand_in: Doors, receiver: Receiver) -> None:
    begun = zalo_stand_in.bulk(users=7, messages=100, texts=["{n} {k}"])
    assert begun == {
        "messages": 100, "first_user": str(FIRST_BULK_ID), "last_user": str(FIRST_BULK_ID + 6),
    }  # fmt: skip
    counts = zalo_stand_in.settle()
    assert (counts.from_users, counts.webhooks["delivered"], counts.bulk_left) == (100, 100, 0)
    said: dict[str, list[str]] = defaultdict(list)
    for got in sorted(receiver.got, key=lambda one: one.at):
        said[got.event["sender"]["id"]].append(got.text)
    assert said[str(FIRST_BULK_ID + 3)] == [f"{3 + 7 * k} {k}" for k in range(14)]
    assert sorted(said) == [str(FIRST_BULK_ID + place) for place in range(7)]


def test_a_crowd_keeps_its_pace_and_there_is_one_at_a_time(zalo_stand_in: Doors) -> None:
    zalo_stand_in.bulk(users=1, messages=1000, a_second=100)
    with pytest.raises(DoorError, match="still to be written"):
        zalo_stand_in.bulk(users=1, messages=1)
    threading.Event().wait(0.5)
    assert 30 <= zalo_stand_in.counts().from_users <= 70
    zalo_stand_in.reset()
    assert zalo_stand_in.counts().bulk_left == 0
    zalo_stand_in.bulk(users=2, messages=2, first=10)
    zalo_stand_in.settle()
    assert {message.user for message in zalo_stand_in.messages()} == {
        str(FIRST_BULK_ID + 10), str(FIRST_BULK_ID + 11),
    }  # fmt: skip


def test_a_reset_forgets_everything(zalo_stand_in: Doors, receiver: Receiver, connector: Connector) -> None:
    zalo_stand_in.write(USER, "Chào")
    connector.send({"text": "Dạ"})
    zalo_stand_in.fault("502", count=None)
    zalo_stand_in.switch(buttons="reject")
    zalo_stand_in.forward(86400)
    zalo_stand_in.reset()
    state = zalo_stand_in.state()
    assert (state["faults"], state["ahead_seconds"], state["pending"]) == ([], 0, 0)
    assert state["switches"]["buttons"] == "allow"
    assert [user["id"] for user in state["users"]] == [one.id for one in CITIZENS]
    assert (zalo_stand_in.messages(), zalo_stand_in.calls(), zalo_stand_in.webhooks()) == ([], [], [])
    assert zalo_stand_in.counts().calls == {}
    assert connector.send({"text": "Dạ"})["error"] == -216, "its tokens too"


def test_a_message_never_has_an_id_again_not_even_after_a_reset(zalo_stand_in: Doors) -> None:
    ids = set()
    for _ in range(3):
        ids |= set(zalo_stand_in.write(USER, "a", "b"))
        zalo_stand_in.reset()
    assert len(ids) == 6


def test_what_a_citizen_is_can_be_set_and_read(zalo_stand_in: Doors) -> None:
    known = zalo_stand_in.user(USER, silent_seconds=86400, sensitive=True, receive_left=4)
    assert (known["sensitive"], known["receive_left"]) == (True, 4)
    assert abs(known["window_left_seconds"] - 6 * 86400) < 60
    assert zalo_stand_in.user(USER)["receive_left"] == 4, "what is not named stays"
    assert zalo_stand_in.user(USER, receive_left=None)["receive_left"] is None
    assert zalo_stand_in.user(OTHER)["window_left_seconds"] is None


def test_any_number_of_the_right_length_is_a_citizen_and_nothing_else_is(zalo_stand_in: Doors) -> None:
    assert zalo_stand_in.write("246845883529197922", "Chào")
    for user in ("", "1", "a" * 18, "9" * 30, "９" * 18):
        with pytest.raises(DoorError, match="is no user id"):
            zalo_stand_in.write(user, "Chào")


@pytest.mark.parametrize(
    ("door", "content"),
    [
        ("/_write", {"user": USER}),
        ("/_write", {"user": USER, "text": "a", "copies": 0}),
        ("/_write", {"user": USER, "text": "a", "style": {"mac": "maybe"}}),
        ("/_write", {"text": "a"}),
        ("/_media", {"user": USER, "kind": "hologram"}),
        ("/_switches", {"buttons": "sometimes"}),
        ("/_switches", {"colour": "blue"}),
        ("/_clock", {"forward_seconds": "an hour"}),
        ("/_clock", {"forward_seconds": True}),
        ("/_bulk", {"users": 0, "messages": 1}),
        ("/_press", {"user": USER, "message_id": "x", "button": 0}),
        ("/_user", {"user": USER, "age": 5}),
        ("/_see", {"user": USER, "message_ids": []}),
    ],
)
def test_a_door_says_what_is_wrong_with_its_content(zalo_stand_in: Doors, door: str, content: object) -> None:
    answer = requests.post(zalo_stand_in.address + door, json=content, timeout=5)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_a_door_takes_json_of_the_size_of_a_photo_at_most(zalo_stand_in: Doors) -> None:
    address = zalo_stand_in.address + "/_write"
    for body in (b"", b"[]", b"{", b"[" * 20_000, b'{"user": NaN}', b"\xff"):
        headers = {"Content-Type": "application/json"}
        assert requests.post(address, data=body, headers=headers, timeout=5).status_code == 400
    assert requests.post(address, data={"user": USER}, timeout=5).status_code == 400
    assert requests.get(zalo_stand_in.address + "/_calls?since=x", timeout=5).status_code == 400


def test_page_and_doors_are_for_this_machine_alone(zalo_stand_in: Doors) -> None:
    for path in ("/", "/_state", "/_counts"):
        answer = requests.get(zalo_stand_in.address + path, headers={"Host": "evil.example"}, timeout=5)
        assert answer.status_code == 403
    port = zalo_stand_in.address.rsplit(":", 1)[1]
    assert requests.get(zalo_stand_in.address + "/", headers={"Host": f"localhost:{port}"}, timeout=5).ok
    cross = {"Sec-Fetch-Site": "cross-site"}
    assert requests.post(zalo_stand_in.address + "/_bootstrap", headers=cross, timeout=5).status_code == 403
    same = {"Sec-Fetch-Site": "same-origin"}
    assert requests.post(zalo_stand_in.address + "/_bootstrap", headers=same, timeout=5).ok


def test_the_page_says_what_it_is_runs_nothing_inline_and_loads_only_from_here(zalo_stand_in: Doors) -> None:
    answer = requests.get(zalo_stand_in.address, timeout=5)
    assert WARNING in answer.text
    assert 'lang="vi"' in answer.text
    assert "'unsafe-inline'" not in answer.headers["Content-Security-Policy"]
    for name, kind in (("phone.js", "text/javascript"), ("phone.css", "text/css")):
        assert f'"/static/{name}"' in answer.text
        found = requests.get(f"{zalo_stand_in.address}/static/{name}", timeout=5).headers["Content-Type"]
        assert found.startswith(kind)
    assert requests.get(f"{zalo_stand_in.address}/static/../app.py", timeout=5).status_code == 404
    assert requests.get(f"{zalo_stand_in.address}/static/%2e%2e/app.py", timeout=5).status_code == 404
    assert OA_SECRET not in answer.text


def test_a_picture_that_is_none_is_never_served_as_a_page(zalo_stand_in: Doors) -> None:
    zalo_stand_in.upload(USER, b"<html><script>alert(1)</script>", name="a.html")
    url = zalo_stand_in.messages(USER)[0].attachment["url"]
    answer = requests.get(url, timeout=5)
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_name_of_a_file_makes_a_plain_address(name: str) -> None:
    address = World(Switches()).keep_media(b"x", "image/png", name)
    assert address.isascii()
    assert "/" not in address.removeprefix("/cdn/")
    assert json.dumps(address).strip('"') == address
