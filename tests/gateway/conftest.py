"""A fake Rasa, a worker in this process, and worker processes that can be killed."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection

from bot import settings
from bot.gateway import memory
from bot.gateway import pool as pool_module
from bot.gateway import worker as worker_module
from bot.gateway.pool import Pool
from bot.gateway.rasa_client import RasaClient
from bot.gateway.worker import Worker
from bot.settings import Settings
from tests.gateway.fake_rasa import FakeRasa
from tests.gateway.services import SORRY, StartWorker


@pytest.fixture(autouse=True)
def attentive(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads look often whether they are to stop."""
    monkeypatch.setattr(pool_module, "POLL_SECONDS", 0.1)


@pytest.fixture(autouse=True)
def acquainted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The notice of the first contact was given long ago; tests that are about it say otherwise."""
    monkeypatch.setattr(memory, "NOTICED", frozenset())


@pytest.fixture
def rasa(tables: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeRasa]:
    fake = FakeRasa()
    monkeypatch.setenv("MOTCUA_RASA_URL", fake.url)
    yield fake
    fake.close()


@pytest.fixture
def tracker_table(tables: None) -> Iterator[None]:
    """Rasa's table of talks, as bot.engine.tracker_store makes it; that module needs Rasa."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE rasa_tracker (sender_id text PRIMARY KEY, events text NOT NULL, "
            "saved_at timestamptz NOT NULL DEFAULT now())"
        )
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE rasa_tracker")


@pytest.fixture
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries follow one another at once, four in all."""
    monkeypatch.setattr(worker_module, "BACKOFF_SECONDS", (0, 0, 0, 0))


def _worker(rasa: FakeRasa) -> Worker:
    return Worker(RasaClient(rasa.url, 1), lambda: SORRY)


@pytest.fixture
def worker(rasa: FakeRasa) -> Worker:
    """A worker that works when told to: ``work_one()``."""
    return _worker(rasa)


@pytest.fixture
def work_all(worker: Worker) -> Callable[[], None]:
    """Works until nothing waits."""

    def run() -> None:
        while worker.work_one():
            pass

    return run


@pytest.fixture
def pool(rasa: FakeRasa, database_url: str) -> Iterator[Pool]:
    """Four working threads in this process."""
    threads = Pool(lambda: _worker(rasa), 4, Settings(database_url=database_url))
    running = threading.Thread(target=threads.run)
    running.start()
    yield threads
    threads.stop()
    running.join(20)
    assert not running.is_alive()


@pytest.fixture
def start_worker(rasa: FakeRasa, database_url: str, var: Path) -> Iterator[StartWorker]:
    """Starts worker processes as the service does; none is left after the test."""
    started: list[subprocess.Popen[bytes]] = []
    environment = {
        **os.environ, "DATABASE_URL": database_url, "MOTCUA_RASA_URL": rasa.url, "MOTCUA_VAR": str(var),
    }  # fmt: skip

    def start() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-W", "ignore", "-m", "bot.gateway.worker"]
        process = subprocess.Popen(command, cwd=settings.HOME, env=environment, stderr=subprocess.DEVNULL)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait(10)
