"""What the stand-in sends, in every spelling it knows, is verified and understood; what we sign in with, it takes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from bot.channels.base import Incoming, Kind, Outcome, Outgoing, OutgoingButton
from bot.channels.zalo.events import Event, Told, read
from bot.channels.zalo.oauth import TokenRefused, ZaloOAuth
from bot.channels.zalo.signature import Variant, verify
from bot.channels.zalo.stand_in.constants import OA_ID
from bot.channels.zalo.stand_in.doors import Doors
from bot.channels.zalo.stand_in.events import KINDS
from tests.channels.zalo.zalo_sending import KEY, Held, api_for, channel_for, settings_for, signed_in
from tests.channels.zalo.zalo_standing_in import USER, Got, Receiver

NOW = datetime(2026, 11, 24, tzinfo=UTC)
READ_AS = {
    "image": Kind.PHOTO, "gif": Kind.STICKER, "link": Kind.TEXT, "audio": Kind.VOICE, "video": Kind.VIDEO,
    "sticker": Kind.STICKER, "file": Kind.FILE, "location": Kind.LOCATION, "business_card": Kind.CONTACT,
}  # fmt: skip


def verified(got: Got, **changes: Any) -> Variant | None:
    settings = settings_for("http://127.0.0.1", oa_mac=False, **changes)
    return verify(got.body, got.headers.get("x-zevent-signature", ""), settings)


def told(doors: Doors, receiver: Receiver) -> list[Event]:
    """All events so far, each signed as it should be."""
    doors.settle()
    assert all(verified(got) is Variant.APP for got in receiver.got)
    return [read(got.body, OA_ID, NOW) for got in receiver.got]


@pytest.mark.parametrize("order", ["documented", "reversed", "shuffled"])
@pytest.mark.parametrize("spacing", ["compact", "spaced", "indented"])
def test_every_spelling_of_a_text(zalo_stand_in: Doors, receiver: Receiver, order: str, spacing: str) -> None:
    style = {"order": order, "spacing": spacing, "escapes": order == "reversed", "by_app": spacing != "spaced"}
    (message_id,) = zalo_stand_in.write(USER, "Dạ, làm khai sinh ở đâu?", style=style)
    (event,) = told(zalo_stand_in, receiver)
    assert isinstance(event, Incoming)
    assert (event.key, event.message_id, event.text) == (KEY, message_id, "Dạ, làm khai sinh ở đâu?")


@pytest.mark.parametrize(("mac", "taken"), [("bare", True), ("wrong", False), ("missing", False), ("oa_id", False)])
def test_every_way_to_sign(zalo_stand_in: Doors, receiver: Receiver, mac: str, taken: bool) -> None:
    zalo_stand_in.write(USER, "Xin chào", style={"mac": mac})
    zalo_stand_in.settle()
    assert (verified(receiver.got[0]) is not None) is taken


def test_whatever_a_citizen_can_send(zalo_stand_in: Doors, receiver: Receiver) -> None:
    assert set(READ_AS) == set(KINDS)
    for kind in KINDS:
        zalo_stand_in.media(USER, kind)
        zalo_stand_in.settle()
    events = told(zalo_stand_in, receiver)
    assert [event.kind for event in events if isinstance(event, Incoming)] == [READ_AS[kind] for kind in KINDS]
    assert [bool(event.media) for event in events if isinstance(event, Incoming)] == [
        kind in ("image", "audio") for kind in KINDS
    ]


def test_a_button_that_we_sent_comes_back(zalo_stand_in: Doors, receiver: Receiver) -> None:
    held = signed_in(zalo_stand_in)
    buttons = (OutgoingButton("31:0", "Giấy tờ"), OutgoingButton("31:1", "Phí"))
    sent = channel_for(zalo_stand_in.address, held).send(KEY, Outgoing("Mình hỏi gì?", buttons)).platform_id
    zalo_stand_in.press(USER, sent, 1)
    pressed = [event for event in told(zalo_stand_in, receiver) if isinstance(event, Incoming)]
    assert [(event.kind, event.button, event.text) for event in pressed] == [(Kind.BUTTON, "31:1", "")]


def test_coming_going_and_telling_who_one_is(zalo_stand_in: Doors, receiver: Receiver) -> None:
    asking = {"title": "Mình cho biết", "subtitle": "tên và số", "image_url": "https://a.zdn.vn/a.png"}
    payload = {"template_type": "request_user_info", "elements": [asking]}
    body = {"recipient": {"user_id": USER}, "message": {"attachment": {"type": "template", "payload": payload}}}
    api_for(zalo_stand_in.address).send_cs(signed_in(zalo_stand_in).current(), body)
    for action in (
        lambda: zalo_stand_in.follow(USER),
        lambda: zalo_stand_in.submit_info(USER, {"name": "Trần Thị Mẫu", "phone": "84900004729"}),
        lambda: zalo_stand_in.event(USER, "user_click_chatnow"),
        lambda: zalo_stand_in.follow(USER, False),
    ):
        action()
        zalo_stand_in.settle()
    events = told(zalo_stand_in, receiver)
    assert [event.kind for event in events if isinstance(event, Incoming)] == [
        Kind.FOLLOW, Kind.CONTACT, Kind.FOLLOW, Kind.UNFOLLOW,
    ]  # fmt: skip
    assert "84900004729" not in repr(events)


def test_echoes_and_receipts_are_only_acknowledged(zalo_stand_in: Doors, receiver: Receiver) -> None:
    held = signed_in(zalo_stand_in)
    sent = channel_for(zalo_stand_in.address, held).send(KEY, Outgoing("Dạ, chào mình.")).platform_id
    zalo_stand_in.see(USER, sent, shape="msg_id", seen_by="user")
    zalo_stand_in.admin_writes(USER, "Cán bộ trả lời")
    for name in ("add_user_to_tag", "user_feedback", "anonymous_send_text", "user_send_group_text", "of_tomorrow"):
        zalo_stand_in.event(USER, name)
    events = told(zalo_stand_in, receiver)
    assert all(isinstance(event, Told) for event in events)
    assert {"oa_send_text", "user_received_message", "user_seen_message", "unknown"} <= {
        event.name for event in events if isinstance(event, Told)
    }


@pytest.mark.parametrize("fixed", ["", "v" * 43])
def test_an_administrators_consent_opens_the_account(zalo_stand_in: Doors, fixed: str) -> None:
    signed_in(zalo_stand_in)
    back_to = "http://127.0.0.1/zalo/back"
    oauth = ZaloOAuth(settings_for(zalo_stand_in.address, verifier=fixed, redirect_url=back_to))
    verifier = oauth.new_verifier()
    consent = requests.post(oauth.authorise_url("the-state", verifier), allow_redirects=False, timeout=5)
    back = parse_qs(urlsplit(consent.headers["Location"]).query)
    assert back["state"] == ["the-state"]
    pair = oauth.exchange(back["code"][0], verifier)
    assert pair.expires_in == 90_000
    sent = channel_for(zalo_stand_in.address, Held(pair.access)).send(KEY, Outgoing("Dạ"))
    assert sent.outcome is Outcome.SENT
    with pytest.raises(TokenRefused):
        oauth.exchange(back["code"][0], verifier)
