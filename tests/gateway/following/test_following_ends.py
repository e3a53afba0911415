"""A portal that fails is told to nobody; every following has an end, and nothing is left of it."""

from __future__ import annotations

import pytest

from bot.gateway import following
from bot.portal.dossier import Outcome as Seen
from bot.portal.following import DAY
from tests.gateway.following.followers import (
    CODE,
    Clock,
    LookAfter,
    MakePoller,
    Portal,
    Run,
    S,
    follow,
    told,
)


def test_failures_are_told_to_nobody_and_put_the_next_look_off(
    portal: Portal, look: Run, look_after: LookAfter, clock: Clock
) -> None:
    row = follow()
    portal.fails(Seen.UPSTREAM_DOWN)
    waits = []
    for _ in range(6):
        look()
        row.refresh_from_db()
        waits.append(row.next_poll_at - clock.now)
        clock.now = row.next_poll_at
    assert waits == sorted(waits)
    assert waits[-1] > 10 * waits[0]
    assert row.failures == 6
    portal.is_now(S.DONE)
    look()
    row.refresh_from_db()
    assert row.failures == 0
    assert len(told()) == 1


def test_while_the_portal_fails_it_is_left_alone_for_a_while(
    portal: Portal, make_poller: MakePoller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "REST_SECONDS", 30.0)
    follow()
    portal.fails(Seen.UPSTREAM_DOWN)
    poller, waits = make_poller(), list[float]()
    monkeypatch.setattr(poller._stop, "wait", waits.append)
    while poller.work():
        pass
    assert waits == [30.0]


def test_thirty_days_after_the_result_it_ends_silently_and_nothing_is_left_of_it(
    portal: Portal, look: Run, look_after: LookAfter
) -> None:
    row = follow(S.RETURNED)
    portal.is_now(S.RETURNED)
    look()
    for _ in range(14):
        look_after(2 * DAY)
    row.refresh_from_db()
    assert row.ended_at is None
    look_after(4 * DAY)
    row.refresh_from_db()
    assert row.ended_why == "returned"
    assert (row.code, row.digest, row.salt, row.due_on) == ("", "", "", None)
    asked = len(portal.asked)
    look_after(9 * DAY)
    assert len(portal.asked) == asked
    assert told() == []


def test_after_a_year_it_ends_and_says_so(portal: Portal, look: Run, look_after: LookAfter) -> None:
    row = follow()
    portal.is_now(S.IN_PROGRESS)
    look()
    look_after(366 * DAY)
    row.refresh_from_db()
    assert row.ended_why == "year"
    assert "đã tròn một năm" in told()[0]


def test_a_dossier_not_seen_for_thirty_days_ends_and_says_so(portal: Portal, look: Run, look_after: LookAfter) -> None:
    row = follow()
    portal.fails(Seen.NEED_VERIFY)
    look()
    for _ in range(17):
        look_after(2 * DAY)
    row.refresh_from_db()
    assert row.ended_why == "unseen"
    (text,) = told()
    assert CODE in text
    assert "không xem được" in text
