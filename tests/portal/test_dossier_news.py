"""What counts as news of a dossier, what is doubted first, when it is looked at again. No database, no portal."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.catalogue.check import LONGEST_SENTENCE, SENTENCE_END
from bot.portal.calendar import Calendar
from bot.portal.dossier import Dossier, DossierStatus, Supplement
from bot.portal.following import (
    DAY,
    HOUR,
    FollowError,
    FollowRequest,
    Move,
    UnfollowRequest,
    doubtful,
    move_between,
    next_look,
    next_try,
    reminder_is_due,
    soon,
    state_of,
)
from bot.portal.second_factor import SecondFactor
from bot.settings import HOME

S = DossierStatus
CODE = "H19.12-261105-0007"
NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
FACTOR = SecondFactor("ab" * 32, "web:an")
PAPER = Supplement("Bổ sung giấy chứng sinh", date(2026, 12, 4))


def state(status: DossierStatus, **fields: Any) -> Any:
    return state_of(Dossier(CODE, status, **fields))


def test_another_status_is_news() -> None:
    assert move_between(state(S.IN_PROGRESS), state(S.DONE), first=False) is Move.STATUS


def test_the_same_again_is_none() -> None:
    same = state(S.SUPPLEMENT_REQUIRED, supplements=(PAPER,))
    assert move_between(same, same, first=False) is None


def test_other_words_for_the_same_status_are_none() -> None:
    before, now = state(S.IN_PROGRESS, portal_status="Đang xử lý"), state(S.IN_PROGRESS, portal_status="Trình ký")
    assert move_between(before, now, first=False) is None


def test_other_words_for_a_status_nobody_knows_are_news() -> None:
    before, now = state(S.UNKNOWN, portal_status="Chờ A"), state(S.UNKNOWN, portal_status="Chờ B")
    assert move_between(before, now, first=False) is Move.STATUS


def test_a_new_request_for_papers_is_news_and_so_is_a_new_day_for_it() -> None:
    before = state(S.SUPPLEMENT_REQUIRED, supplements=(PAPER,))
    other = state(S.SUPPLEMENT_REQUIRED, supplements=(Supplement("Bổ sung tờ khai"), PAPER))
    later = state(S.SUPPLEMENT_REQUIRED, supplements=(replace(PAPER, until=date(2026, 12, 11)),))
    assert move_between(before, other, first=False) is Move.SUPPLEMENT
    assert move_between(before, later, first=False) is Move.SUPPLEMENT


def test_a_new_day_for_the_result_is_news_while_the_office_works_on_it() -> None:
    for status, move in ((S.IN_PROGRESS, Move.DUE), (S.RECEIVED, Move.DUE), (S.DONE, None)):
        before, now = state(status, due_on=date(2026, 12, 1)), state(status, due_on=date(2026, 12, 8))
        assert move_between(before, now, first=False) is move


def test_at_the_first_look_only_the_status_can_be_news() -> None:
    told = state(S.SUPPLEMENT_REQUIRED)
    assert move_between(told, state(S.SUPPLEMENT_REQUIRED, supplements=(PAPER,)), first=True) is None
    assert move_between(told, state(S.IN_PROGRESS), first=True) is Move.STATUS


@pytest.mark.parametrize(
    ("before", "now", "doubted"),
    [
        (S.IN_PROGRESS, S.RECEIVED, True),
        (S.DONE, S.IN_PROGRESS, True),
        (S.RETURNED, S.DONE, True),
        (S.IN_PROGRESS, S.UNKNOWN, True),
        (S.UNKNOWN, S.DONE, True),
        (S.SUPPLEMENT_REQUIRED, S.IN_PROGRESS, False),
        (S.IN_PROGRESS, S.PAYMENT_REQUIRED, False),
        (S.IN_PROGRESS, S.DONE, False),
        (S.REGISTERED, S.NOT_RECEIVED, False),
    ],
)
def test_a_status_gone_back_is_doubted(before: DossierStatus, now: DossierStatus, doubted: bool) -> None:
    assert doubtful(state(before), state(now)) is doubted


def test_data_older_than_what_was_seen_is_doubted() -> None:
    assert doubtful(state(S.IN_PROGRESS, as_of=NOW), state(S.PAYMENT_REQUIRED, as_of=NOW - DAY))


def test_a_request_for_papers_that_was_told_already_is_doubted() -> None:
    asked = state(S.SUPPLEMENT_REQUIRED, supplements=(PAPER,))
    handed_in = replace(state(S.IN_PROGRESS), supplement=asked.supplement)
    assert doubtful(handed_in, asked)
    assert not doubtful(replace(handed_in, supplement=""), asked)


codes = st.integers(0, 999_999).map(lambda n: f"H19.99-261124-{n:06d}")
moments = st.integers(0, 700 * 86_400).map(lambda seconds: NOW + timedelta(seconds=seconds))


@given(codes, moments, st.sampled_from(list(S)))
def test_a_look_comes_after_a_quarter_of_its_interval_at_least_and_keeps_its_place_in_it(
    code: str, now: datetime, status: DossierStatus
) -> None:
    first = next_look(code, status, now)
    second = next_look(code, status, first + timedelta(seconds=20))
    every = second - first
    assert every in (HOUR, 4 * HOUR, DAY)
    assert every / 4 <= first - now <= every * 1.25


def test_looks_are_spread_evenly_over_the_hour_however_many_were_due_at_once() -> None:
    minutes = Counter(next_look(f"H19.99-261124-{n:06d}", S.IN_PROGRESS, NOW).minute for n in range(6000))
    assert len(minutes) == 60
    assert max(minutes.values()) < 150


def test_what_can_hardly_change_is_looked_at_less_often() -> None:
    def every(status: DossierStatus) -> timedelta:
        first = next_look(CODE, status, NOW)
        return next_look(CODE, status, first + timedelta(seconds=1)) - first

    assert every(S.SUPPLEMENT_REQUIRED) == every(S.IN_PROGRESS) == HOUR
    assert every(S.DONE) == 4 * HOUR
    assert every(S.RETURNED) == DAY


@given(codes, st.integers(0, 10_000))
def test_failures_put_it_off_further_each_time_up_to_about_a_day(code: str, failures: int) -> None:
    wait, longer = (next_try(code, n, NOW) - NOW for n in (failures, failures + 1))
    assert HOUR / 6 <= wait <= longer <= DAY * 1.25


def test_something_doubtful_is_looked_at_again_soon() -> None:
    assert HOUR / 6 < soon(CODE, NOW) - NOW < HOUR / 3


@pytest.mark.parametrize(
    ("until", "due"),
    [
        (date(2026, 11, 23), False),
        (date(2026, 11, 24), True),
        (date(2026, 11, 26), True),
        (date(2026, 11, 27), False),
        (date(2035, 5, 5), False),
    ],
)
def test_a_reminder_is_due_from_two_working_days_before(until: date, due: bool) -> None:
    calendar = Calendar.load(HOME / "nlu_data")
    assert reminder_is_due(until, date(2026, 11, 24), calendar) is due


def test_a_weekend_in_between_does_not_count() -> None:
    calendar = Calendar.load(HOME / "nlu_data")
    assert reminder_is_due(date(2026, 12, 1), date(2026, 11, 27), calendar)


def test_where_the_calendar_ends_plain_days_count() -> None:
    calendar = Calendar.load(HOME / "nlu_data")
    assert reminder_is_due(date(2035, 5, 5), date(2035, 5, 3), calendar)


def test_requests_come_through_the_payload_as_they_were() -> None:
    asked = FollowRequest(CODE, FACTOR, "2026-11-25", S.IN_PROGRESS)
    assert FollowRequest.from_payload({"turn": {}, **asked.as_payload()}) == asked
    for stop in (UnfollowRequest(CODE), UnfollowRequest()):
        assert UnfollowRequest.from_payload(stop.as_payload()) == stop
    assert FollowRequest.from_payload({"turn": {}}) is UnfollowRequest.from_payload(None) is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "code": json_values, "second_factor": json_values, "consent_text": json_values, "status": json_values
        },
    )
)  # fmt: skip
def test_a_request_that_breaks_the_contract_is_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(FollowError):
        FollowRequest.from_payload({"follow": asked})


@pytest.mark.parametrize("code", ["012345678901", "h19.12-261105-0007", "H19.12-261105-0007 x", 7])
def test_a_code_that_is_none_is_refused(code: object) -> None:
    with pytest.raises(FollowError):
        UnfollowRequest.from_payload({"unfollow": {"code": code}})


def test_every_sentence_about_following_is_short() -> None:
    file = HOME / "nlu_data" / "responses" / "dossier_follow.yml"
    for name, variants in yaml.safe_load(file.read_text(encoding="utf-8"))["responses"].items():
        for sentence in SENTENCE_END.split(variants[0]["text"]):
            assert len(sentence.split()) <= LONGEST_SENTENCE, (name, sentence)
