"""Which part works now: told by name, 503 where one is missing that the service cannot do without."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from bot import settings
from bot.gateway import readiness
from bot.gateway.inbox import accept_text, conversation_of
from bot.gateway.models import InboxMessage, ZaloToken
from bot.gateway.pool import Pool
from bot.gateway.readiness import silent
from bot.gateway.switches import switch_off
from tests.gateway.fake_rasa import FakeRasa
from tests.gateway.services import wait_until

Run = Callable[[], None]


class Healthy(BaseHTTPRequestHandler):
    """An action server that says that it is well."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/health" else 404)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: tests need no access log."""


@pytest.fixture
def actions(monkeypatch: pytest.MonkeyPatch) -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), Healthy)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    monkeypatch.setenv("MOTCUA_ACTIONS_URL", f"http://127.0.0.1:{server.server_address[1]}/webhook")
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def jobs(tables: None) -> Iterator[None]:
    """A jobs process, as its heartbeat shows it."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_workers CASCADE")
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now())")
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_workers CASCADE")


def readyz() -> tuple[int, dict[str, str]]:
    answer = Client(SERVER_NAME="localhost").get("/readyz")
    return answer.status_code, answer.json()


def test_with_every_part_up_it_is_ready(rasa: FakeRasa, actions: HTTPServer, jobs: None, pool: Pool) -> None:
    wait_until(lambda: readyz()[0] == 200)
    assert readyz()[1] == {
        "database": "up", "rasa": "up", "actions": "up", "worker": "up", "jobs": "up", "channel:web": "up",
        "channel:zalo": "not set up", "channel:telegram": "not set up",
    }  # fmt: skip


def test_a_worker_that_is_gone_is_seen_at_once(rasa: FakeRasa, actions: HTTPServer, jobs: None) -> None:
    status, found = readyz()
    assert (status, found["worker"]) == (503, "down")


def test_rasa_and_the_actions_away_are_told_apart(rasa: FakeRasa, jobs: None, pool: Pool) -> None:
    rasa.close()
    status, found = readyz()
    assert (status, found["rasa"], found["actions"], found["database"]) == (503, "down", "down", "up")


def test_a_jobs_process_without_a_heartbeat_is_down(rasa: FakeRasa, jobs: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '2 minutes'")
    assert readyz()[1]["jobs"] == "down"


def test_a_channel_switched_off_and_one_with_an_alarm_are_no_outage(
    rasa: FakeRasa, actions: HTTPServer, jobs: None, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTCUA_ZALO_OA_ID", "7000000000000000001")
    monkeypatch.setattr(readiness, "silent", lambda *_: False)
    wait_until(lambda: readyz()[0] == 200)
    assert readyz()[1]["channel:zalo"] == "alarm"  # nobody has signed in yet
    ends = timezone.now() + timedelta(hours=20)
    ZaloToken.objects.create(oa_id="7000000000000000001", expires_at=ends, renewed_at=timezone.now())
    assert readyz()[1]["channel:zalo"] == "up"
    monkeypatch.setattr(readiness, "silent", lambda *_: True)
    assert readyz() == (200, readyz()[1] | {"channel:zalo": "alarm"})
    switch_off("zalo", "chị Mẫu")
    assert readyz() == (200, readyz()[1] | {"channel:zalo": "off"})


@pytest.mark.parametrize(
    ("now", "last", "alarm"),
    [
        ("10:30", "07:10", True),
        ("10:30", "08:00", False),
        ("09:30", None, False),
        ("10:30", None, True),
        ("06:59", None, False),
        ("21:00", "09:00", False),
        ("20:59", "09:00", True),
        ("08:00", "-1 23:00", False),
    ],
)
def test_silence_is_an_alarm_by_day_only(tables: None, now: str, last: str | None, alarm: bool) -> None:
    if last:
        accept_text(conversation_of("zalo", "an"), "m1", "khai sinh")
        InboxMessage.objects.update(received_at=_at(last))
    assert silent("zalo", settings.Settings(silence_seconds=3 * 3600), _at(now)) is alarm


def _at(clock: str) -> datetime:
    """A moment of one day in Viet Nam, or of the day before it."""
    day, _, time = clock.rpartition(" ")
    moment = datetime.fromisoformat(f"2026-11-24T{time}").replace(tzinfo=settings.TIME_ZONE)
    return moment - timedelta(days=1) if day else moment
