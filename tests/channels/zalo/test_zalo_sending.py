"""Sending to Zalo: delivered once, or an outcome that never leads to telling somebody the same thing twice."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.channels.base import Channel, Delivery, LateNews, MediaSource, Outcome, Outgoing, OutgoingButton, PushWindow
from bot.channels.zalo.channel import LATER_PART_WAITS, ZaloChannel
from bot.channels.zalo.oauth import TokenRefused, ZaloOAuth
from bot.channels.zalo.stand_in.constants import OA_ID
from bot.channels.zalo.stand_in.doors import Doors
from tests.channels.zalo.zalo_sending import KEY, Held, channel_for, settings_for, signed_in
from tests.channels.zalo.zalo_standing_in import CS, USER
from tests.portal.scripted_portal import Answer, ScriptedPortal, page, raw, saying, silent

HELLO = Outgoing("Dạ, chào mình.")
ASKING = Outgoing("Mình hỏi gì?", (OutgoingButton("7:0", "Giấy tờ"), OutgoingButton("7:1", "Phí")))
LONG = Outgoing("Dạ, mình chờ chút nha. " * 60 + "\n\n" + "Mình cần gì nữa không? " * 60)
NEWS = "Dạ, hồ sơ H19.001-261120-0001 có kết quả rồi."
TEMPLATE = "/v3.0/oa/message/template"


def accepted(message_id: str = "sent-1") -> Answer:
    return saying({"error": 0, "message": "Success", "data": {"message_id": message_id, "user_id": USER}})


def refused(code: int) -> Answer:
    return saying({"error": code, "message": "words of Zalo's"})


@pytest.fixture
def zalo() -> Iterator[ScriptedPortal]:
    with ScriptedPortal() as scripted:
        scripted.says(CS, accepted())
        yield scripted


def test_it_is_all_that_the_gateway_may_ask_for() -> None:
    channel = channel_for("http://127.0.0.1", Held())
    of_all: Channel = channel
    assert of_all.name == "zalo"
    assert isinstance(channel, PushWindow)
    assert isinstance(channel, MediaSource)
    assert isinstance(channel, LateNews)


# With the stand-in, which is as strict as Zalo's documents


def test_a_text_arrives_and_has_zalos_id(zalo_stand_in: Doors) -> None:
    delivery = channel_for(zalo_stand_in.address, signed_in(zalo_stand_in)).send(KEY, HELLO)
    (got,) = zalo_stand_in.received(USER)
    assert got.text == "Dạ, chào mình."
    assert delivery == Delivery(Outcome.SENT, platform_id=got.id)


def test_buttons_arrive_under_the_last_part(zalo_stand_in: Doors) -> None:
    channel = channel_for(zalo_stand_in.address, signed_in(zalo_stand_in))
    assert channel.send(KEY, Outgoing(LONG.text, ASKING.buttons)).outcome is Outcome.SENT
    got = zalo_stand_in.received(USER)
    assert len(got) > 1
    assert [[button["payload"] for button in one.buttons] for one in got[:-1]] == [[] for _ in got[:-1]]
    assert [button["payload"] for button in got[-1].buttons] == ["#7:0", "#7:1"]


def test_refused_buttons_are_read_instead_and_staff_are_told(zalo_stand_in: Doors) -> None:
    zalo_stand_in.switch(buttons="reject")
    delivery = channel_for(zalo_stand_in.address, signed_in(zalo_stand_in)).send(KEY, ASKING)
    (got,) = zalo_stand_in.received(USER)
    assert got.text == "Mình hỏi gì?\n\n1. Giấy tờ\n2. Phí"
    assert delivery == Delivery(Outcome.SENT, "buttons_refused", platform_id=got.id, alarm=True)


def test_buttons_that_are_switched_off_are_never_tried(zalo_stand_in: Doors) -> None:
    zalo_stand_in.switch(buttons="reject")
    channel = channel_for(zalo_stand_in.address, signed_in(zalo_stand_in), buttons=False)
    assert channel.send(KEY, ASKING).error_class == ""
    assert len(zalo_stand_in.calls(CS)) == 1


def test_a_token_that_is_over_is_renewed_once_and_the_message_sent_once(zalo_stand_in: Doors) -> None:
    signed_in(zalo_stand_in)
    pair = zalo_stand_in.bootstrap()
    zalo_stand_in.forward(25 * 3600)
    held = Held(pair["access_token"])
    oauth = ZaloOAuth(settings_for(zalo_stand_in.address))
    held.next = oauth.renew(pair["refresh_token"]).access
    assert channel_for(zalo_stand_in.address, held).send(KEY, HELLO).outcome is Outcome.SENT
    assert held.stale == [pair["access_token"]]
    assert len(zalo_stand_in.received(USER)) == 1
    with pytest.raises(TokenRefused) as again:
        oauth.renew(pair["refresh_token"])
    assert again.value.code == -14020


@pytest.mark.parametrize(
    ("state", "error_class", "unreachable", "alarm"),
    [
        ({"blocked": True}, "citizen_restricted", True, False),
        ({"inactive": True}, "citizen_inactive", True, False),
        ({"silent_seconds": 8 * 86_400}, "window_closed", False, False),
        ({"silent_seconds": 3 * 86_400}, "purse_not_linked", False, True),
        ({"receive_left": 0}, "citizen_quota_used_up", False, False),
    ],
)
def test_whom_nothing_reaches(
    zalo_stand_in: Doors, state: dict[str, object], error_class: str, unreachable: bool, alarm: bool
) -> None:
    held = signed_in(zalo_stand_in)
    zalo_stand_in.user(USER, **state)
    delivery = channel_for(zalo_stand_in.address, held).send(KEY, HELLO)
    assert delivery == Delivery(Outcome.GIVE_UP, error_class, alarm=alarm, unreachable=unreachable)


@pytest.mark.parametrize("fault", ["lost", "lost_late", "reset", "timeout", "html", "502"])
def test_an_answer_that_does_not_come_leaves_the_outcome_open(zalo_stand_in: Doors, fault: str) -> None:
    held = signed_in(zalo_stand_in)
    zalo_stand_in.fault(fault, on=CS, seconds=1)
    delivery = channel_for(zalo_stand_in.address, held, read=0.3).send(KEY, HELLO)
    assert delivery.outcome is Outcome.UNKNOWN
    assert len(zalo_stand_in.received(USER)) == (1 if fault.startswith("lost") else 0)


def test_news_after_the_window_go_by_the_template_with_the_code_alone(zalo_stand_in: Doors) -> None:
    held = signed_in(zalo_stand_in)
    zalo_stand_in.user(USER, silent_seconds=30 * 86_400)
    zalo_stand_in.switch(zca="funded")
    delivery = channel_for(zalo_stand_in.address, held, template="480003").send_late(KEY, NEWS)
    (got,) = zalo_stand_in.received(USER)
    assert got.text == "Hồ sơ H19.001-261120-0001 có tin mới. Nhắn cho chúng tôi để xem."
    assert delivery == Delivery(Outcome.SENT, platform_id=got.id)


def test_a_template_that_cannot_go_by_id_is_for_staff(zalo_stand_in: Doors) -> None:
    held = signed_in(zalo_stand_in)
    delivery = channel_for(zalo_stand_in.address, held, template="470001").send_late(KEY, NEWS)
    assert (delivery.outcome, delivery.alarm) == (Outcome.GIVE_UP, True)


# With a server that answers what a test writes down


@pytest.mark.parametrize("again", [refused(-216), refused(-220), refused(-124), saying({}, 401), page("no", 401)])
def test_every_way_to_refuse_a_token_is_one_renewal_and_one_more_try(zalo: ScriptedPortal, again: Answer) -> None:
    held = Held("old", "new")
    zalo.says(CS, again, accepted("sent-2"))
    assert channel_for(zalo.url, held).send(KEY, HELLO) == Delivery(Outcome.SENT, platform_id="sent-2")
    assert [asked.headers["access_token"] for asked in zalo.asked] == ["old", "new"]


def test_a_second_refusal_ends_it_and_staff_are_told(zalo: ScriptedPortal) -> None:
    held = Held("old", "new")
    zalo.says(CS, refused(-216))
    delivery = channel_for(zalo.url, held).send(KEY, HELLO)
    assert (delivery.outcome, delivery.error_class, delivery.alarm) == (Outcome.RETRY, "token_invalid", True)
    assert len(zalo.asked) == 2


@pytest.mark.parametrize(
    ("held", "error_class", "alarm"),
    [(Held(None), "no_token_missing", True), (Held("old", None), "no_token_unknown", False)],
)
def test_without_a_token_it_waits(zalo: ScriptedPortal, held: Held, error_class: str, alarm: bool) -> None:
    zalo.says(CS, refused(-216))
    assert channel_for(zalo.url, held).send(KEY, HELLO) == Delivery(Outcome.RETRY, error_class, alarm=alarm)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (refused(-32), Delivery(Outcome.RETRY, "rate_limit", 60.0)),
        (page("slow down", 429), Delivery(Outcome.RETRY, "rate_limit", 60.0)),
        (page("later", 503), Delivery(Outcome.RETRY, "unavailable")),
        (refused(-9999), Delivery(Outcome.RETRY, "code_-9999", alarm=True)),
        (saying({"error": "-213"}), Delivery(Outcome.GIVE_UP, "not_following", unreachable=True)),
        (refused(-201), Delivery(Outcome.GIVE_UP, "field_invalid", alarm=True)),
        (saying({}, 302, Location="http://127.0.0.1:9/"), Delivery(Outcome.RETRY, "code_302", alarm=True)),
        (page("none", 404), Delivery(Outcome.RETRY, "code_404", alarm=True)),
        (saying({"error": 0, "message": "Success"}), Delivery(Outcome.SENT)),
        (saying({"error": 0, "data": []}), Delivery(Outcome.SENT)),
    ],
)
def test_what_an_answer_comes_to(zalo: ScriptedPortal, answer: Answer, expected: Delivery) -> None:
    zalo.says(CS, answer)
    assert channel_for(zalo.url, Held()).send(KEY, HELLO) == expected
    assert len(zalo.asked) == 1


@pytest.mark.parametrize(
    "answer",
    [
        page("<html>bảo trì</html>"),
        saying({"message": "no number"}),
        saying({"error": True}),
        saying({"error": None}),
        saying([]),
        saying({"error": 0}, 500),
        raw(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n{"error":0,"da'),
        raw(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"error":0,"da'),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n" + b" " * 2_000_000),
        raw(b"no http at all"),
        raw(b""),
        silent(2),
    ],
)
def test_what_cannot_be_read_as_an_answer_leaves_the_outcome_open(zalo: ScriptedPortal, answer: Answer) -> None:
    zalo.says(CS, answer)
    assert channel_for(zalo.url, Held(), read=0.3).send(KEY, HELLO).outcome is Outcome.UNKNOWN
    assert len(zalo.asked) == 1


def test_where_nobody_listens_it_was_certainly_not_sent() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        delivery = channel_for(f"http://127.0.0.1:{bound.getsockname()[1]}", Held()).send(KEY, HELLO)
    assert delivery.outcome is Outcome.RETRY
    assert channel_for("http://no-such-host.invalid", Held()).send(KEY, HELLO).outcome is Outcome.RETRY
    assert channel_for("http://127.0.0.1", Held("no\nheader")).send(KEY, HELLO).outcome is Outcome.RETRY


@pytest.mark.parametrize("answer", [raw(b""), refused(-9999), refused(-213), page("<html>", 502), refused(-216)])
def test_a_message_of_which_the_beginning_arrived_is_never_sent_again(zalo: ScriptedPortal, answer: Answer) -> None:
    zalo.says(CS, accepted("part-1"), answer)
    delivery = channel_for(zalo.url, Held()).send(KEY, LONG)
    assert (delivery.outcome, delivery.platform_id) == (Outcome.UNKNOWN, "part-1")
    assert delivery.error_class.startswith("half_sent_")
    assert delivery.retry_after_seconds is None


def test_a_later_part_that_was_certainly_not_taken_is_tried_again_here(zalo: ScriptedPortal) -> None:
    slept: list[float] = []
    zalo.says(CS, accepted("part-1"), refused(-200), page("later", 503), accepted("part-2"))
    delivery = channel_for(zalo.url, Held(), slept=slept).send(KEY, LONG)
    assert delivery == Delivery(Outcome.SENT, platform_id="part-1,part-2")
    assert slept == list(LATER_PART_WAITS)
    texts = [json.loads(asked.body)["message"]["text"] for asked in zalo.asked]
    assert texts[0] != texts[1] == texts[2] == texts[3]
    assert "".join((texts[0] + texts[1]).split()) == "".join(LONG.text.split())


def test_the_first_part_is_left_to_the_outbox(zalo: ScriptedPortal) -> None:
    zalo.says(CS, refused(-200))
    assert channel_for(zalo.url, Held()).send(KEY, LONG).outcome is Outcome.RETRY
    assert len(zalo.asked) == 1


@pytest.mark.parametrize("code", [-233, -201])
def test_a_refusal_of_buttons_under_a_later_part_repeats_that_part_alone(zalo: ScriptedPortal, code: int) -> None:
    zalo.says(CS, accepted("part-1"), refused(code), accepted("part-2"))
    delivery = channel_for(zalo.url, Held()).send(KEY, Outgoing(LONG.text, ASKING.buttons))
    assert delivery == Delivery(Outcome.SENT, "buttons_refused", platform_id="part-1,part-2", alarm=True)
    assert json.loads(zalo.asked[2].body)["message"]["text"].endswith("1. Giấy tờ\n2. Phí")


@pytest.mark.parametrize("recipient", ["", USER, f"1:{USER}", f"{OA_ID}:", f"{OA_ID}"])
def test_another_accounts_conversation_gets_nothing(zalo: ScriptedPortal, recipient: str) -> None:
    channel = channel_for(zalo.url, Held(), template="480003")
    assert channel.send(recipient, HELLO) == Delivery(Outcome.GIVE_UP, "other_account", alarm=True)
    assert channel.send_late(recipient, NEWS) == Delivery(Outcome.GIVE_UP, "other_account", alarm=True)
    assert zalo.asked == []


def test_nothing_to_say_is_not_sent(zalo: ScriptedPortal) -> None:
    assert channel_for(zalo.url, Held()).send(KEY, Outgoing(" ")) == Delivery(Outcome.GIVE_UP, "no_text", alarm=True)
    assert zalo.asked == []


@pytest.mark.parametrize(
    ("template", "text", "lacking"), [("", NEWS, "no_template"), ("480003", "Dạ, có tin mới.", "no_dossier_code")]
)
def test_late_news_without_template_or_code_are_for_staff(
    zalo: ScriptedPortal, template: str, text: str, lacking: str
) -> None:
    channel = channel_for(zalo.url, Held(), template=template)
    assert channel.send_late(KEY, text) == Delivery(Outcome.GIVE_UP, lacking, alarm=True)
    assert zalo.asked == []


def test_a_template_is_refused_by_the_table_of_templates(zalo: ScriptedPortal) -> None:
    channel = channel_for(zalo.url, Held(), template="480003")
    zalo.says(TEMPLATE, refused(-139))
    assert channel.send_late(KEY, NEWS) == Delivery(Outcome.GIVE_UP, "template_refused_by_citizen")
    zalo.says(TEMPLATE, raw(b""))
    assert channel.send_late(KEY, NEWS).outcome is Outcome.UNKNOWN


def test_news_may_be_told_for_seven_days() -> None:
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    channel = ZaloChannel(settings_for("http://127.0.0.1"), Held(), clock=lambda: now)
    assert channel.may_push(now)
    assert channel.may_push(now - timedelta(days=7))
    assert not channel.may_push(now - timedelta(days=7, seconds=1))


def test_no_token_and_no_text_is_logged(zalo: ScriptedPortal, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    for answer in (refused(-216), page("<html>"), raw(b"")):
        zalo.says(CS, answer)
        channel_for(zalo.url, Held("secret-token", "next-token")).send(KEY, HELLO)
    assert "token" not in caplog.text
    assert "chào" not in caplog.text
    assert USER not in caplog.text
