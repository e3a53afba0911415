"""Attempts counted in a real PostgreSQL: by all processes together, across restarts, and no longer than a day."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from bot.portal.attempt_store import AttemptStoreError, PostgresStore
from bot.portal.dossier import Outcome
from bot.portal.limits import Attempts, Limits, MemoryStore, look_up
from tests.portal.scripted_portal import CODE, FACTOR, KEY
from tests.portal.test_limits import FakePortal

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
AT_ONCE = 8


@pytest.fixture
def url(database_url: str) -> Iterator[str]:
    yield database_url
    with psycopg.connect(database_url) as connection:
        connection.execute("DROP TABLE IF EXISTS portal_attempt")


@pytest.fixture
def store(url: str) -> Iterator[PostgresStore]:
    opened = PostgresStore(url)
    yield opened
    opened.close()


def rows(url: str) -> list[tuple[str, datetime]]:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT key, at FROM portal_attempt ORDER BY id").fetchall()


def test_it_counts_as_the_store_in_memory_does(store: PostgresStore) -> None:
    memory = MemoryStore()
    later = NOW + timedelta(seconds=5)
    for one in (store, memory):
        one.add(["pair:a", "all"], later)
        one.add(["pair:b", "all"], NOW)
        one.add(["pair:b", "all"], NOW)
        one.remove(["pair:b", "all"], NOW)
    for key in ("pair:a", "pair:b", "all", "none"):
        assert store.since(key, NOW - timedelta(hours=1)) == memory.since(key, NOW - timedelta(hours=1))
    assert store.since("all", NOW - timedelta(hours=1)) == [NOW, later]
    assert store.since("all", NOW) == [later]
    store.clear("pair:a")
    assert store.since("pair:a", NOW - timedelta(hours=1)) == []


def test_of_two_attempts_in_one_microsecond_one_is_taken_back(store: PostgresStore) -> None:
    store.add(["all"], NOW)
    store.add(["all"], NOW)
    store.remove(["all"], NOW)
    assert store.since("all", NOW - timedelta(hours=1)) == [NOW]


def test_a_day_after_an_attempt_is_deleted_whoever_made_it(store: PostgresStore, url: str) -> None:
    store.add(["sender:a"], NOW)
    store.add(["sender:b"], NOW + timedelta(hours=23))
    assert len(rows(url)) == 2
    store.add(["sender:c"], NOW + timedelta(days=1, seconds=1))
    assert [key for key, _ in rows(url)] == ["sender:b", "sender:c"]


def test_misses_outlive_the_process_that_counted_them(store: PostgresStore, url: str) -> None:
    portal = FakePortal()
    for _ in range(3):
        look_up(portal, Attempts(store, KEY), "web:an", CODE, FACTOR)
    store.close()
    again = PostgresStore(url)
    assert look_up(portal, Attempts(again, KEY), "web:an", CODE, FACTOR).blocked
    again.close()
    assert portal.asked == 3


def test_neither_the_code_nor_the_sender_stands_in_the_table(store: PostgresStore, url: str) -> None:
    look_up(FakePortal(), Attempts(store, KEY), "web:canary", CODE, FACTOR)
    assert len(rows(url)) == 4
    stored = str(rows(url))
    for personal in (CODE, "canary", FACTOR.digest, "4729"):
        assert personal not in stored


@pytest.mark.parametrize("outcome", [Outcome.NEED_VERIFY, Outcome.NOT_FOUND])
def test_eight_who_guess_at_once_never_get_more_tries_than_allowed(url: str, outcome: Outcome) -> None:
    portal, together = FakePortal(outcome), threading.Barrier(AT_ONCE)
    stores = [PostgresStore(url) for _ in range(AT_ONCE)]

    def guess(store: PostgresStore) -> None:
        together.wait()
        for _ in range(5):
            look_up(portal, Attempts(store, KEY), "web:an", CODE, FACTOR)

    threads = [threading.Thread(target=guess, args=[store]) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert portal.asked <= Limits().pair_a_day
    afterwards = [look_up(portal, Attempts(stores[0], KEY), "web:an", CODE, FACTOR).blocked for _ in range(4)]
    assert portal.asked == Limits().pair_a_day, "who was only crowded out has the tries still"
    assert afterwards[-1]
    assert {len(store.since("all", datetime.now(UTC) - timedelta(hours=1))) for store in stores} == {3}
    for store in stores:
        store.close()


def test_the_server_may_go_and_come_back_between_two_attempts(store: PostgresStore, url: str) -> None:
    store.add(["all"], NOW)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    assert store.since("all", NOW - timedelta(hours=1)) == [NOW]


def test_without_a_database_no_attempt_is_made(url: str) -> None:
    portal, away = FakePortal(), PostgresStore("postgresql://nobody@127.0.0.1:1/nothing")
    with pytest.raises(AttemptStoreError):
        look_up(portal, Attempts(away, KEY), "web:an", CODE, FACTOR)
    assert portal.asked == 0
