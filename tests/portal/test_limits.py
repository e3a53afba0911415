"""Guessing does not pay: few misses per sender and code, per sender, per code, and in all."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.portal.dossier import LookUp, Outcome, Source
from bot.portal.limits import Attempt, Attempts, Blocked, Limits, MemoryStore, look_up
from tests.portal.scripted_portal import CODE, FACTOR, KEY

OTHER = "H19.001-261120-0002"
START = datetime(2026, 11, 24, 8, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        self.time += timedelta(milliseconds=1)
        return self.time

    def pass_by(self, **duration: float) -> None:
        self.time += timedelta(**duration)


class FakePortal:
    """Answers with this outcome; ``asked`` counts the requests that a real one would make."""

    def __init__(self, outcome: Outcome = Outcome.NEED_VERIFY, source: Source = Source.IGATE) -> None:
        self.outcome, self.source, self.asked = outcome, source, 0

    def lookup(self, code: str, second_factor: object = None) -> LookUp:
        if second_factor is None:
            return LookUp(Outcome.NEED_VERIFY, self.source, START)
        self.asked += 1
        return LookUp(self.outcome, self.source, START)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def attempts(clock: Clock) -> Attempts:
    return Attempts(MemoryStore(), KEY, now=clock)


def tries(
    portal: FakePortal, attempts: Attempts, times: int, sender: str = "zalo:an", code: str = CODE
) -> list[Outcome]:
    return [look_up(portal, attempts, sender, code, FACTOR).looked_up.outcome for _ in range(times)]


@pytest.mark.parametrize("miss", [Outcome.NEED_VERIFY, Outcome.NOT_FOUND])
def test_three_misses_with_a_code_end_it_for_a_day_whether_it_exists_or_not(
    attempts: Attempts, clock: Clock, miss: Outcome
) -> None:
    portal = FakePortal(miss)
    assert tries(portal, attempts, 5) == [miss] * 3 + [Outcome.RATE_LIMITED] * 2
    assert portal.asked == 3
    assert tries(portal, attempts, 1, code=OTHER) == [miss]
    assert tries(portal, attempts, 1, sender="zalo:binh") == [miss]
    clock.pass_by(hours=23)
    blocked = look_up(portal, attempts, "zalo:an", CODE, FACTOR)
    assert (blocked.blocked, blocked.tries_left) == (True, 0)
    assert 3500 < (blocked.looked_up.retry_after_seconds or 0) <= 3600
    clock.pass_by(hours=1, minutes=1)
    assert tries(portal, attempts, 1) == [miss]


def test_it_is_told_how_many_tries_are_left(attempts: Attempts) -> None:
    portal = FakePortal()
    left = [look_up(portal, attempts, "zalo:an", CODE, factor).tries_left for factor in (None, FACTOR, FACTOR, FACTOR)]
    assert left == [3, 2, 1, 0]


def test_a_right_answer_wipes_the_misses_with_this_code(attempts: Attempts) -> None:
    portal = FakePortal()
    for _ in range(5):
        portal.outcome = Outcome.NEED_VERIFY
        assert tries(portal, attempts, 1)
        portal.outcome = Outcome.FOUND
        assert tries(portal, attempts, 1) == [Outcome.FOUND]


def test_a_right_answer_with_ones_own_dossier_buys_no_guesses_at_others(attempts: Attempts) -> None:
    portal = FakePortal()
    outcomes = []
    for number in range(10):
        portal.outcome = Outcome.FOUND
        tries(portal, attempts, 1)
        portal.outcome = Outcome.NEED_VERIFY
        outcomes += tries(portal, attempts, 1, code=f"H19-261120-{number:04}")
    assert outcomes == [Outcome.NEED_VERIFY] * 6 + [Outcome.RATE_LIMITED] * 4


@pytest.mark.parametrize("failure", [Outcome.UPSTREAM_DOWN, Outcome.AUTH_EXPIRED, Outcome.RATE_LIMITED])
def test_a_failing_portal_costs_nobody_an_attempt(attempts: Attempts, failure: Outcome) -> None:
    assert tries(FakePortal(failure), attempts, 9) == [failure] * 9


def test_where_nobody_compares_nothing_is_counted(attempts: Attempts) -> None:
    assert tries(FakePortal(source=Source.MANUAL), attempts, 9) == [Outcome.NEED_VERIFY] * 9


def test_asking_without_digits_is_no_attempt(attempts: Attempts) -> None:
    portal = FakePortal()
    for _ in range(9):
        assert look_up(portal, attempts, "zalo:an", CODE, None).looked_up.outcome is Outcome.NEED_VERIFY
    assert tries(portal, attempts, 3) == [Outcome.NEED_VERIFY] * 3


def test_a_sender_has_few_misses_over_all_codes(attempts: Attempts, clock: Clock) -> None:
    portal = FakePortal()
    for number in range(200):
        tries(portal, attempts, 1, code=f"H19-261120-{number:04}")
        clock.pass_by(minutes=7)
    assert portal.asked == Limits().sender_a_day
    clock.pass_by(minutes=50)
    tries(portal, attempts, 1)
    assert portal.asked > Limits().sender_a_day


def test_many_senders_together_have_few_misses_with_one_code(attempts: Attempts) -> None:
    portal = FakePortal()
    for number in range(40):
        tries(portal, attempts, 1, sender=f"web:{number}")
    assert portal.asked == Limits().code_a_day


def test_many_misses_in_all_alarm_slow_everybody_down_and_stop(
    attempts: Attempts, caplog: pytest.LogCaptureFixture
) -> None:
    portal = FakePortal()
    for number in range(Limits().alarm_an_hour):
        tries(portal, attempts, 1, sender=f"web:{number}", code=f"H19-261120-{number:04}")
    assert "guessing" not in caplog.text
    portal.outcome = Outcome.FOUND
    assert tries(portal, attempts, 2, sender="zalo:an") == [Outcome.FOUND] * 2
    portal.outcome = Outcome.NEED_VERIFY
    assert tries(portal, attempts, 2, sender="zalo:binh") == [Outcome.NEED_VERIFY, Outcome.RATE_LIMITED]
    assert "60 wrong attempts within an hour" in caplog.text
    for number in range(1000):
        tries(portal, attempts, 1, sender=f"more:{number}", code=f"H19-261121-{number:04}")
    assert tries(portal, attempts, 1, sender="zalo:chi", code=OTHER) == [Outcome.RATE_LIMITED]
    assert portal.asked == Limits().all_an_hour + 2


def test_the_alarm_passes(attempts: Attempts, clock: Clock) -> None:
    portal = FakePortal()
    for number in range(1000):
        tries(portal, attempts, 1, sender=f"web:{number}", code=f"H19-261120-{number:04}")
    clock.pass_by(hours=1, seconds=5)
    assert tries(portal, attempts, 3, sender="zalo:an", code=OTHER) == [Outcome.NEED_VERIFY] * 3


def test_attempts_made_at_once_count_too(clock: Clock) -> None:
    attempts, allowed = Attempts(MemoryStore(), KEY), []
    together = threading.Barrier(12)

    def guess() -> None:
        together.wait()
        allowed.append(isinstance(attempts.begin("zalo:an", CODE), Attempt))

    threads = [threading.Thread(target=guess) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert allowed.count(True) <= Limits().pair_a_day


def test_what_is_stored_names_neither_sender_nor_code() -> None:
    store = MemoryStore()
    Attempts(store, KEY).begin("zalo:an", CODE)
    assert len(store._attempts) == 4
    assert not any("an" in key.partition(":")[2] or "0001" in key for key in store._attempts if key.startswith("pair"))
    assert CODE not in repr(store._attempts)
    assert "zalo" not in repr(store._attempts)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 7200)), max_size=60))
def test_no_window_ever_holds_more_misses_than_allowed(steps: list[tuple[int, int, int]]) -> None:
    clock, store = Clock(), MemoryStore()
    limits = replace(Limits(), code_a_day=4, alarm_an_hour=5, all_an_hour=8)
    attempts, misses = Attempts(store, KEY, limits, clock), []
    for sender, code, seconds in steps:
        clock.pass_by(seconds=seconds)
        begun = attempts.begin(f"s{sender}", f"c{code}")
        if isinstance(begun, Attempt):
            misses.append((begun.at, sender, code))
        else:
            assert isinstance(begun, Blocked)
            assert 1 <= begun.seconds <= 86_400
    for end, sender, code in misses:
        day = [m for m in misses if end - timedelta(days=1) < m[0] <= end]
        hour = [m for m in day if end - timedelta(hours=1) < m[0]]
        assert sum(m[1:] == (sender, code) for m in day) <= limits.pair_a_day
        assert sum(m[2] == code for m in day) <= limits.code_a_day
        assert sum(m[1] == sender for m in hour) <= limits.sender_an_hour
        assert len(hour) <= limits.all_an_hour
