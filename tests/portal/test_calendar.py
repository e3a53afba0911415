"""Working days: holidays, days made up, what is not announced yet, and no guess beyond the known years."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.catalogue.loading import CatalogueError
from bot.portal.calendar import BeyondCalendar, Calendar, read_calendar
from bot.settings import HOME

CALENDAR = Calendar.load(HOME / "nlu_data")
DAYS = st.dates(date(2026, 1, 2), date(2027, 12, 30))
WRITTEN = """
years: [2026]
days_off:
  - {from: 2026-09-01, to: 2026-09-02, name: Quốc khánh, source: TB mẫu, grade: A, checked_on: 2026-01-01}
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "holidays.yml"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 1, 1), False),  # Tết Dương lịch
        (date(2026, 1, 2), False),  # swapped …
        (date(2026, 1, 10), True),  # … for this Saturday
        (date(2026, 2, 13), True),
        (date(2026, 2, 16), False),  # Tết Bính Ngọ
        (date(2026, 2, 20), False),
        (date(2026, 2, 23), True),
        (date(2026, 4, 27), False),  # Giỗ Tổ fell on a Sunday
        (date(2026, 4, 30), False),
        (date(2026, 5, 1), False),
        (date(2026, 8, 22), True),  # worked instead of 31/8
        (date(2026, 8, 31), False),
        (date(2026, 9, 2), False),
        (date(2026, 9, 3), True),
        (date(2026, 11, 23), True),  # a swap was proposed and not decided
        (date(2026, 11, 24), False),  # Ngày Văn hóa Việt Nam
        (date(2026, 11, 28), False),
        (date(2027, 1, 1), False),
        (date(2027, 2, 3), True),
        (date(2027, 2, 4), False),  # Tết Đinh Mùi
        (date(2027, 2, 10), False),
        (date(2027, 2, 11), True),
        (date(2027, 4, 16), False),  # Giỗ Tổ
        (date(2027, 5, 3), False),  # 1/5 fell on a Saturday
        (date(2027, 9, 3), False),
        (date(2027, 11, 24), False),
    ],
)
def test_offices_work_or_rest_on(day: date, works: bool) -> None:
    assert CALENDAR.is_working_day(day) is works


def test_a_saturday_morning_is_no_working_day() -> None:
    assert not CALENDAR.is_working_day(date(2026, 11, 21))


@pytest.mark.parametrize(
    ("start", "end", "count"),
    [
        (date(2026, 11, 23), date(2026, 11, 25), 1),  # the 24th is a holiday
        (date(2026, 11, 20), date(2026, 11, 23), 1),
        (date(2026, 11, 20), date(2026, 11, 22), 0),
        (date(2026, 11, 25), date(2026, 11, 25), 0),
        (date(2026, 11, 25), date(2026, 11, 20), -2),
        (date(2026, 8, 21), date(2026, 9, 3), 7),
        (date(2027, 2, 3), date(2027, 2, 11), 1),
    ],
)
def test_working_days_are_counted_after_the_first_day_and_with_the_last(start: date, end: date, count: int) -> None:
    assert CALENDAR.working_days_between(start, end) == count


def test_working_days_are_added_over_tet() -> None:
    assert CALENDAR.add_working_days(date(2027, 2, 2), 3) == date(2027, 2, 12)


@given(DAYS, st.integers(0, 40))
def test_adding_and_counting_agree(start: date, count: int) -> None:
    try:
        end = CALENDAR.add_working_days(start, count)
    except BeyondCalendar:
        return
    assert CALENDAR.working_days_between(start, end) == count
    assert count == 0 or CALENDAR.is_working_day(end)


@given(DAYS, DAYS, DAYS)
def test_a_count_is_the_sum_of_its_parts(one: date, two: date, three: date) -> None:
    whole = CALENDAR.working_days_between(one, three)
    assert whole == CALENDAR.working_days_between(one, two) + CALENDAR.working_days_between(two, three)


@pytest.mark.parametrize("day", [date(2025, 12, 30), date(2028, 1, 3)])
def test_a_year_that_is_not_known_is_not_guessed(day: date) -> None:
    with pytest.raises(BeyondCalendar, match=str(day.year)):
        CALENDAR.is_working_day(day)
    with pytest.raises(BeyondCalendar):
        CALENDAR.working_days_between(date(2026, 12, 1), day)


def test_what_is_not_announced_yet_is_named_where_a_count_goes_over_it() -> None:
    assert CALENDAR.unsettled(date(2026, 11, 25), date(2027, 2, 12)) is None
    assert CALENDAR.unsettled(date(2027, 4, 20), date(2027, 5, 12)) == "lễ 30/4 và 1/5 năm 2027"
    assert CALENDAR.unsettled(date(2027, 5, 12), date(2027, 4, 20)) == "lễ 30/4 và 1/5 năm 2027"


def test_every_holiday_of_the_law_is_there_in_both_years() -> None:
    for year in (2026, 2027):
        fixed = [date(year, 1, 1), date(year, 4, 30), date(year, 5, 1), date(year, 9, 2), date(year, 11, 24)]
        assert not any(CALENDAR.is_working_day(day) for day in fixed)
        weekdays = [date(year, 1, 1) + timedelta(n) for n in range(365)]
        assert 247 <= sum(map(CALENDAR.is_working_day, weekdays)) <= 251


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("years: [2026]", "years: [2026, 2028]", "years: are [2026, 2028]; write them in order"),
        ("years: [2026]", "years: [2026, 2027]", "years: has 2027, but no day off of that year"),
        ("years: [2026]", "years: [2025]", "days_off: Quốc khánh: 2026-09-01 lies outside 'years'"),
        ("to: 2026-09-02", "to: 2026-08-02", "days_off.1.to: is 2026-08-02; it lies on or after 'from'"),
        ("from: 2026-09-01", "from: 1/9/2026", "days_off.1.from: is not a day; write it as 2026-11-22"),
        ("grade: A", "grade: C", "is of grade C; a day that is not confirmed stands under 'undecided'"),
        ("name: Quốc khánh, ", "", "days_off.1.name: is missing; add it"),
        ("name:", "nmae:", "days_off.1.nmae: is not a field"),
    ],
)
def test_a_wrong_line_is_named_with_what_is_right(tmp_path: Path, old: str, new: str, problem: str) -> None:
    found, errors = read_calendar(written(tmp_path, WRITTEN.replace(old, new)))
    assert found is None
    assert any(problem in str(error) for error in errors), [str(e) for e in errors]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{day: 2026-08-21, instead_of: 2026-09-01, source: TB mẫu, grade: A, checked_on: 2026-01-01}", "no Saturday"),
        ("{day: 2026-08-22, instead_of: 2026-08-31, source: TB mẫu, grade: A, checked_on: 2026-01-01}", "days_off"),
    ],
)
def test_a_day_made_up_is_a_weekend_and_stands_for_a_day_off(tmp_path: Path, line: str, problem: str) -> None:
    found, errors = read_calendar(written(tmp_path, f"{WRITTEN}made_up:\n  - {line}\n"))
    assert found is None
    assert problem in str(errors[0])


def test_a_missing_calendar_stops_the_loading(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"holidays\.yml"):
        Calendar.load(tmp_path)


@given(st.binary(max_size=300))
def test_any_bytes_in_the_file_give_a_report(tmp_path_factory: pytest.TempPathFactory, soup: bytes) -> None:
    file = tmp_path_factory.mktemp("soup") / "holidays.yml"
    file.write_bytes(soup)
    found, errors = read_calendar(file)
    assert found is None
    assert errors
