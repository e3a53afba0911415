"""What an operator's collector reads: every number of the service, no word of a citizen, nothing for strangers."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from bot.gateway import metrics, outbox, readiness
from bot.gateway.inbox import accept_text, conversation_of
from bot.gateway.models import InboxMessage, OutboxMessage, ZaloToken
from tests.gateway.fake_rasa import FakeRasa

Run = Callable[[], None]
SECRET = "cây khế đầu ngõ"
LABEL = r'[a-z_]+="(?:[^"\\\n]|\\.)*"'
SAMPLE = rf"motcua_[a-z_]+(\{{{LABEL}(,{LABEL})*\}})? -?[0-9.e+-]+"
LINE = re.compile(rf"{SAMPLE}|# TYPE motcua_[a-z_]+ (gauge|counter|histogram)")


@pytest.fixture(autouse=True)
def zalo(rasa: FakeRasa, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTCUA_ZALO_OA_ID", "7000000000000000001")


def scrape(**headers: str) -> dict[str, float]:
    """The numbers by name and labels."""
    answer = Client(SERVER_NAME="localhost").get("/metrics", headers=headers)
    assert answer.status_code == 200
    text = answer.content.decode()
    assert all(LINE.fullmatch(line) for line in text.splitlines()), text
    assert SECRET not in text
    typed = re.findall(r"# TYPE (\S+)", text)
    assert len(typed) == len(set(typed))
    samples = [line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in samples}


def test_a_webhook_call_is_counted_and_timed() -> None:
    before = scrape()
    for _ in range(2):
        Client(SERVER_NAME="localhost").post("/webhooks/zalo", b"{}", content_type="application/json")
    after = scrape()

    def grew(name: str) -> float:
        return after.get(name, 0) - before.get(name, 0)

    assert grew('motcua_webhook_received_total{channel="zalo"}') == 2
    assert grew('motcua_webhook_bad_signature_total{channel="zalo",why="missing"}') == 2
    assert grew('motcua_webhook_seconds_count{channel="zalo"}') == 2
    assert grew('motcua_webhook_seconds_bucket{channel="zalo",le="+Inf"}') == 2


def test_the_queues_are_seen_with_their_age() -> None:
    accept_text(conversation_of("zalo", "an"), "m1", SECRET)
    InboxMessage.objects.update(received_at=timezone.now() - timedelta(seconds=90))
    outbox.push(conversation_of("zalo", "an"), SECRET, [])
    outbox.push(conversation_of("zalo", "an"), SECRET, [])
    OutboxMessage.objects.filter(pk=OutboxMessage.objects.earliest("pk").pk).update(state="failed", error="blocked")
    seen = scrape()
    assert seen['motcua_inbox_waiting{channel="zalo"}'] == 1
    assert 90 <= seen['motcua_inbox_oldest_seconds{channel="zalo"}'] < 120
    assert seen['motcua_outbox_messages{channel="zalo",state="waiting"}'] == 1
    assert seen['motcua_outbox_messages{channel="zalo",state="failed"}'] == 1
    assert seen['motcua_outbox_errors{channel="zalo",error="blocked"}'] == 1
    assert 90 <= seen['motcua_last_message_seconds{channel="zalo"}'] < 120


def test_the_token_is_seen_with_its_age_and_its_alarm() -> None:
    now = timezone.now()
    assert scrape()["motcua_zalo_token_alarm"] == 1
    row = ZaloToken.objects.create(
        oa_id="7000000000000000001", access_token=SECRET, refresh_token=SECRET, expires_at=now + timedelta(hours=20),
        renewed_at=now - timedelta(hours=5),
    )  # fmt: skip
    seen = scrape()
    assert seen["motcua_zalo_token_alarm"] == 0
    assert seen["motcua_zalo_token_age_seconds"] == pytest.approx(5 * 3600, abs=60)
    assert seen["motcua_zalo_token_left_seconds"] == pytest.approx(20 * 3600, abs=60)
    row.alarm = "refused"
    row.save()
    assert scrape()["motcua_zalo_token_alarm"] == 1


def test_without_the_database_the_rest_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> bool:
        raise OperationalError

    monkeypatch.setattr(readiness, "_asks", away)
    monkeypatch.setattr(metrics, "_inbox", away)
    seen = scrape()
    assert seen['motcua_part_up{part="database"}'] == 0
    assert seen['motcua_part_up{part="rasa"}'] == 1


@pytest.mark.parametrize("path", ["/metrics", "/readyz"])
@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Via"])
def test_whoever_comes_through_a_proxy_finds_nothing(path: str, header: str) -> None:
    assert Client(SERVER_NAME="localhost").get(path, headers={header: "127.0.0.1"}).status_code == 404


@pytest.mark.parametrize("path", ["/metrics", "/readyz"])
def test_another_machine_needs_the_token(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def get(token: str) -> int:
        headers = {"Authorization": token} if token else {}
        return Client(SERVER_NAME="localhost", REMOTE_ADDR="203.0.113.7").get(path, headers=headers).status_code

    assert get("Bearer ") == 404
    monkeypatch.setenv("MOTCUA_METRICS_TOKEN", "chỉ để thử")
    assert [get(token) for token in ("", "Bearer ", "Bearer x", "chỉ để thử")] == [404] * 4
    assert get("Bearer chỉ để thử") in (200, 503)


@given(st.lists(st.floats(0, 10), max_size=30))
def test_a_histogram_adds_up(times: list[float]) -> None:
    histogram = metrics.Histogram("x_seconds", "channel")
    for seconds in times:
        histogram.observe("zalo", seconds)
    samples = list(histogram.samples())
    buckets = [value for name, _, value in samples if name == "x_seconds_bucket"]
    assert buckets == sorted(buckets)
    assert buckets == [sum(t <= end for t in times) for end in (*metrics.BUCKETS, float("inf")) if times]
    assert [value for name, _, value in samples if name == "x_seconds_count"] == ([len(times)] if times else [])


@given(st.text(max_size=30))
def test_no_label_breaks_a_line(text: str) -> None:
    (_, line, *rest) = "".join(metrics._lines([("gauge", [("x", {"error": text}, 1)])])).split("\n")
    assert rest == [""]
    assert line.startswith('motcua_x{error="')
    assert line.endswith('"} 1')
