"""What messengers call: stored once where it is theirs, answered 200 whatever it is, and no row for anything else."""

from __future__ import annotations

import copy
import json
import logging
import random
import resource
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import DataError, InterfaceError, OperationalError
from django.test import RequestFactory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.channels.zalo.stand_in.constants import OA_ID
from bot.channels.zalo.stand_in.doors import Doors
from bot.gateway import counters, inbox, messengers, webhooks
from bot.gateway.models import Conversation, InboxMessage
from tests.channels.zalo.zalo_standing_in import serving
from tests.gateway.messenger_calls import (
    KEY,
    SECRET,
    TELEGRAM,
    USER,
    ZALO,
    body_of,
    client,
    gateway_serving,
    signed,
    telegram_calls,
    update,
    zalo_calls,
    zalo_event,
)

pytestmark = pytest.mark.usefixtures("tables", "messengers_set_up")
WRONG = {"X-ZEvent-Signature": "mac=" + "0" * 64}


@pytest.fixture
def messengers_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (ZALO | TELEGRAM).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(counters, "COUNTERS", counters.Counters())


def rows() -> list[tuple[str, str, str]]:
    found = InboxMessage.objects.order_by("pk").values_list("conversation__channel", "kind", "text")
    return list(found)


def counted(name: str, **labels: str) -> int:
    return counters.COUNTERS.value(name, **labels)


def test_a_message_signed_by_zalo_is_stored() -> None:
    assert zalo_calls(zalo_event()).status_code == 200
    assert rows() == [("zalo", "text", "khai sinh")]
    assert Conversation.objects.get().key == KEY


def test_a_message_told_again_is_one_message_and_the_telling_is_counted() -> None:
    body = body_of(zalo_event())
    for retry in ("0", "1", "2"):
        assert zalo_calls(body, signed(body) | {"num_retry": retry}).status_code == 200
    assert InboxMessage.objects.get().deliveries == 3
    assert counted("webhook_duplicates", channel="zalo") == 2
    assert counted("webhook_retries", channel="zalo") == 2


@pytest.mark.parametrize(("headers", "why"), [(WRONG, "wrong"), ({}, "missing")])
def test_what_zalo_did_not_sign_is_dropped_with_200_and_counted(headers: dict[str, str], why: str) -> None:
    assert zalo_calls(zalo_event(), headers).status_code == 200
    assert not Conversation.objects.exists()
    assert counted("webhook_bad_signature", channel="zalo", why=why) == 1


def test_a_byte_changed_after_signing_is_noticed() -> None:
    body = body_of(zalo_event())
    zalo_calls(body.replace(b"khai sinh", b"khai tu"), signed(body))
    assert rows() == []


def test_a_secret_that_is_not_set_lets_nobody_in(monkeypatch: pytest.MonkeyPatch) -> None:
    body = body_of(zalo_event())
    monkeypatch.setenv("MOTCUA_ZALO_OA_SECRET", "")
    zalo_calls(body, signed(body))
    assert rows() == []


@pytest.mark.parametrize(
    "name", ["oa_send_text", "user_seen_message", "user_received_message", "an_event_of_next_year", ""]
)
def test_what_is_only_told_is_acknowledged_without_a_row(name: str) -> None:
    assert zalo_calls(zalo_event(name)).status_code == 200
    assert not Conversation.objects.exists()


def test_an_event_of_another_account_is_left_alone() -> None:
    assert zalo_calls(zalo_event(recipient={"id": "999"})).status_code == 200
    assert zalo_calls(zalo_event(sender={"id": OA_ID}, recipient={"id": USER})).status_code == 200
    assert not Conversation.objects.exists()


BAD_VALUES = [None, 0, -1, 1e300, True, "", "\x00", "\ud800", "x" * 5000, [], {}, [[]], {"id": {}}]


def paths(value: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if before:
        yield before
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield from paths(value[key], (*before, key))


def changed(event: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The event with one value in another's place; ``...`` takes it away."""
    made = copy.deepcopy(event)
    place = made
    for key in path[:-1]:
        place = place[key]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return made


IMAGE = zalo_event(
    "user_send_image",
    message={"msg_id": "m1", "attachments": [{"type": "image", "payload": {"url": "https://a.zdn.vn/1.jpg"}}]},
)
FOLLOW = {"event_name": "follow", "app_id": ZALO["MOTCUA_ZALO_APP_ID"], "oa_id": OA_ID, "follower": {"id": USER},
          "timestamp": "1795392000000"}  # fmt: skip


@pytest.mark.parametrize("event", [zalo_event(), IMAGE, FOLLOW], ids=["text", "image", "follow"])
def test_wrong_types_and_missing_fields_of_zalo_are_neither_an_error_nor_half_a_row(event: Any) -> None:
    for path in paths(event):
        for value in [..., *BAD_VALUES]:
            made = changed(event, path, value)
            body = body_of(made)
            stamp = made.get("timestamp") if isinstance(made.get("timestamp"), str) else ""
            headers = signed(body, stamp.encode("utf-8", "replace").decode() or "1795392000000")
            assert zalo_calls(body, headers).status_code == 200
    for row in InboxMessage.objects.select_related("conversation"):
        assert row.message_id
        assert row.conversation.key.startswith(f"{OA_ID}:")


def test_wrong_types_and_missing_fields_of_telegram_are_neither_an_error_nor_half_a_row() -> None:
    event = update()
    for path in paths(event):
        for value in [..., *BAD_VALUES]:
            assert telegram_calls(changed(event, path, value)).status_code == 200
    for row in InboxMessage.objects.select_related("conversation"):
        assert row.message_id.startswith("u")
        assert int(row.conversation.key)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 50_000, b"{}" * 10, b'{"timestamp":NaN}'],
    ids=["nothing", "half", "list", "null", "no text", "deep list", "deep object", "several", "no number"],
)
def test_a_body_that_is_no_event_is_dropped_even_when_it_is_signed(body: bytes) -> None:
    assert zalo_calls(body, signed(body)).status_code == 200
    assert telegram_calls(body).status_code == 200
    assert not Conversation.objects.exists()


def test_a_body_of_a_megabyte_is_dropped_and_more_is_not_even_read() -> None:
    for size in (webhooks.MOST_BYTES - 300, webhooks.MOST_BYTES + 1, 3 * webhooks.MOST_BYTES):
        large = body_of(zalo_event(padding="x" * size))
        assert zalo_calls(large, signed(large)).status_code == 200
    assert telegram_calls(body_of(update(padding="x" * webhooks.MOST_BYTES))).status_code == 200
    assert not Conversation.objects.exists()
    assert counted("webhook_dropped", channel="zalo", why="too_large") == 2


@pytest.mark.parametrize("failure", [OperationalError, InterfaceError])
def test_with_the_database_away_the_messenger_is_asked_to_come_again(
    failure: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: object) -> None:
        raise failure

    monkeypatch.setattr(inbox, "accept", away)
    assert zalo_calls(zalo_event()).status_code == 503
    assert telegram_calls(update()).status_code == 503


@pytest.mark.parametrize("failure", [DataError, ValueError, RecursionError])
def test_what_would_fail_the_same_way_each_time_is_not_asked_for_again(
    failure: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object) -> None:
        raise failure

    monkeypatch.setattr(inbox, "accept", broken)
    assert zalo_calls(zalo_event()).status_code == 200
    assert telegram_calls(update()).status_code == 200
    assert counted("webhook_dropped", channel="zalo", why=failure.__name__) == 1


def test_nothing_that_a_citizen_wrote_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    zalo_calls(zalo_event(message={"msg_id": "", "text": "chuyện riêng"}))
    zalo_calls(zalo_event(message={"msg_id": "m1", "text": "chuyện riêng"}), WRONG)
    telegram_calls({"update_id": 1, "message": {"text": "chuyện riêng"}})
    assert "chuyện riêng" not in caplog.text
    assert USER not in caplog.text


def test_only_post_is_taken() -> None:
    assert client().get("/webhooks/zalo").status_code == 405
    assert client().get("/webhooks/telegram").status_code == 405


def test_an_update_of_telegram_is_stored_once() -> None:
    assert [telegram_calls(update()).status_code for _ in range(2)] == [200, 200]
    assert rows() == [("telegram", "text", "khai sinh")]
    assert InboxMessage.objects.get().message_id == "u1"


@pytest.mark.parametrize("secret", ["", "wrong", SECRET + "x"])
def test_a_call_without_telegrams_secret_is_refused(secret: str) -> None:
    assert telegram_calls(update(), secret).status_code == 403
    assert not Conversation.objects.exists()


def test_a_group_is_left_politely(monkeypatch: pytest.MonkeyPatch) -> None:
    refused: list[tuple[str, str]] = []

    class Bot:
        def refuse_group(self, chat_id: str, text: str) -> None:
            refused.append((chat_id, text))

    monkeypatch.setattr(messengers, "_telegram", Bot)
    said = update()["message"] | {"chat": {"id": -500, "type": "group", "title": "Thử"}}
    assert telegram_calls(update(message=said)).status_code == 200
    assert refused[0][0] == "-500"
    assert "riêng" in refused[0][1]
    assert not Conversation.objects.exists()


def test_zalo_sees_that_the_domain_is_ours_by_file_and_by_page() -> None:
    tag = b'<meta name="zalo-platform-site-verification" content="Ma_Xac-Thuc1">'
    assert tag in client().get("/zalo_verifierMa_Xac-Thuc1.html").content
    assert tag in client().get("/").content
    assert client().get("/zalo_verifierkhac.html").status_code == 404


def test_without_a_code_there_is_neither_file_nor_tag(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTCUA_ZALO_SITE_CODE", "")
    assert client().get("/zalo_verifierx.html").status_code == 404
    assert b"site-verification" not in client().get("/").content


@pytest.fixture
def zalo() -> Iterator[Doors]:
    with gateway_serving() as address, serving() as doors:
        doors.switch(webhook=f"{address}/webhooks/zalo")
        yield doors


def test_the_consoles_probe_is_answered_as_it_wants(zalo: Doors) -> None:
    assert zalo.probe()["saved"]
    assert not Conversation.objects.exists()


@pytest.mark.parametrize("order", ["documented", "reversed", "shuffled"])
@pytest.mark.parametrize("spacing", ["compact", "spaced", "indented"])
def test_events_in_any_way_of_writing_are_stored(zalo: Doors, order: str, spacing: str) -> None:
    for escapes in (True, False):
        zalo.write(USER, "Xin chào", style={"order": order, "spacing": spacing, "escapes": escapes, "mac": "bare"})
    zalo.settle()
    assert [text for _, _, text in rows()] == ["Xin chào", "Xin chào"]


def test_events_that_come_several_times_and_beside_each_other_are_stored_once(zalo: Doors) -> None:
    ids = zalo.write(USER, *[f"câu {n}" for n in range(8)], copies=3)
    counts = zalo.settle()
    assert set(InboxMessage.objects.values_list("message_id", flat=True)) == set(ids)
    assert InboxMessage.objects.count() == 8
    assert counts.webhooks["delivered"] >= 24


def test_what_came_while_the_database_was_away_comes_again(zalo: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    away = [True, True]
    accept = inbox.accept

    def sometimes(channel: str, incoming: Any) -> Any:
        if away:
            away.pop()
            raise OperationalError
        return accept(channel, incoming)

    monkeypatch.setattr(inbox, "accept", sometimes)
    zalo.write(USER, "khai sinh")
    zalo.settle()
    assert rows() == [("zalo", "text", "khai sinh")]
    assert counted("webhook_retries", channel="zalo") == 2
    assert zalo.counts().enabled


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=20,
)
HERE = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(body=st.binary(max_size=400) | VALUES.map(json.dumps).map(str.encode))
@HERE
def test_no_bytes_make_an_error_or_a_row(body: bytes) -> None:
    assert zalo_calls(body, signed(body)).status_code == 200
    assert telegram_calls(body).status_code == 200
    assert not Conversation.objects.exists()


@given(value=VALUES, place=st.sampled_from(list(paths(IMAGE))))
@HERE
def test_no_value_in_any_place_makes_an_error(value: Any, place: tuple[Any, ...]) -> None:
    body = body_of(changed(IMAGE, place, value))
    assert zalo_calls(body, signed(body)).status_code == 200


def megabytes() -> float:
    """Of memory this process took at most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


NEEDED = [
    ("event_name",),
    ("app_id",),
    ("sender",),
    ("sender", "id"),
    ("recipient",),
    ("recipient", "id"),
    ("message",),
]
"""Without these an event is nobody's."""


@pytest.mark.slow
def test_a_hundred_thousand_hostile_payloads_leave_no_error_no_row_and_no_memory(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A quarter each: noise, depth, signed but broken, whole but not signed."""
    caplog.set_level(logging.ERROR, "bot.gateway.webhooks")
    dice, make = random.Random(6), RequestFactory()

    def payload(number: int) -> tuple[bytes, dict[str, str]]:
        if number % 4 == 0:
            return dice.randbytes(dice.randrange(300)), WRONG
        if number % 4 == 1:
            return b"[" * dice.randrange(1, 3000), WRONG
        event = zalo_event(padding="x" * dice.randrange(2000))
        if number % 4 == 2:
            broken = body_of(changed(event, dice.choice(NEEDED), dice.choice(BAD_VALUES)))
            return broken, signed(broken)
        return body_of(event), WRONG

    before = 0.0
    for number in range(100_000):
        body, headers = payload(number)
        request = make.post("/webhooks/zalo", body, content_type="application/json", headers=headers)
        assert webhooks.zalo(request).status_code == 200
        if number == 10_000:
            before = megabytes()
    assert not InboxMessage.objects.exists()
    assert megabytes() - before < 20
