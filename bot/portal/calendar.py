"""Working days of the offices: Monday to Friday without public holidays, and the Saturdays worked instead.

A Saturday morning at the counter is no working day: time limits do not count it.
Data: ``nlu_data/dossier/holidays.yml``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, validator

from bot.catalogue.loading import CatalogueError, explain, read_mapping
from bot.catalogue.models import Fact, Strict

HOLIDAYS_FILE = "dossier/holidays.yml"
ONE_DAY = timedelta(days=1)
LONGEST_SPAN = 16


class BeyondCalendar(ValueError):
    """A day whose holidays are not known: nothing can be counted there. ``year``: the year that is missing."""

    def __init__(self, year: int) -> None:
        super().__init__(f"the holidays of {year} are not in {HOLIDAYS_FILE}")
        self.year = year


def _span_in_order(last: date, values: dict[str, Any]) -> date:
    first = values.get("first")
    if first and not first <= last <= first + timedelta(days=LONGEST_SPAN):
        raise ValueError(f"is {last}; it lies on or after 'from' ({first}) and at most {LONGEST_SPAN} days later")
    return last


class DaysOff(Fact):
    """A span without work, both ends included."""

    first: date = Field(alias="from")
    last: date = Field(alias="to")
    name: str = Field(min_length=3)

    _order = validator("last", allow_reuse=True)(_span_in_order)


class MadeUp(Fact):
    """A day of a weekend that is worked instead of another."""

    day: date
    instead_of: date

    @validator("day")
    def lies_on_a_weekend(cls, day: date) -> date:
        if day.weekday() < 5:
            raise ValueError(f"is {day}, no Saturday or Sunday")
        return day


class Undecided(Strict):
    """A span around which days may still be swapped; nobody has announced it."""

    first: date = Field(alias="from")
    last: date = Field(alias="to")
    what: str = Field(min_length=3)

    _order = validator("last", allow_reuse=True)(_span_in_order)


class HolidayFile(Strict):
    """``holidays.yml`` as a whole."""

    years: list[int] = Field(min_items=1)
    days_off: list[DaysOff]
    made_up: list[MadeUp] = Field(default_factory=list)
    undecided: list[Undecided] = Field(default_factory=list)

    @validator("years")
    def years_follow_each_other(cls, years: list[int]) -> list[int]:
        if years != list(range(years[0], years[0] + len(years))):
            raise ValueError(f"are {years}; write them in order and leave none out, as [2026, 2027]")
        return years

    @validator("days_off", "made_up", each_item=True)
    def is_confirmed(cls, entry: DaysOff | MadeUp) -> DaysOff | MadeUp:
        if entry.grade == "C":
            raise ValueError("is of grade C; a day that is not confirmed stands under 'undecided'")
        return entry


@dataclass(frozen=True)
class Calendar:
    """Counts working days inside the known years; outside it raises BeyondCalendar and never guesses."""

    years: range
    holidays: dict[date, str]
    made_up: frozenset[date]
    undecided: tuple[Undecided, ...] = ()

    @classmethod
    def load(cls, data: Path) -> Calendar:
        """Raises CatalogueError: a calendar with a part left out would count wrong."""
        calendar, errors = read_calendar(data / HOLIDAYS_FILE)
        if calendar is None:
            raise errors[0]
        return calendar

    def is_working_day(self, day: date) -> bool:
        if day.year not in self.years:
            raise BeyondCalendar(day.year)
        return day in self.made_up or (day.weekday() < 5 and day not in self.holidays)

    def working_days_between(self, start: date, end: date) -> int:
        """Working days after ``start`` up to and with ``end``; negative where ``end`` is the earlier one."""
        if end < start:
            return -self.working_days_between(end, start)
        return sum(self.is_working_day(start + ONE_DAY * n) for n in range(1, (end - start).days + 1))

    def add_working_days(self, start: date, count: int) -> date:
        """The day on which ``count`` working days after ``start`` have passed; 0: ``start`` itself."""
        day = start
        while count > 0:
            day += ONE_DAY
            count -= self.is_working_day(day)
        return day

    def next_working_day(self, day: date) -> date:
        """The day itself where it is worked, else the first one after it."""
        return day if self.is_working_day(day) else self.add_working_days(day, 1)

    def holiday(self, day: date) -> str | None:
        """The name of the holiday on a day; None on any other."""
        return self.holidays.get(day)

    def unsettled(self, start: date, end: date) -> str | None:
        """What is not announced yet between two days, so that a count over it may change; None where all is known."""
        first, last = min(start, end), max(start, end)
        return next((span.what for span in self.undecided if span.first <= last and first <= span.last), None)


def read_calendar(file: Path) -> tuple[Calendar | None, list[CatalogueError]]:
    """The calendar, or None and everything that is wrong with the file."""
    content, errors = read_mapping(file, "years: [2026, 2027]")
    if errors:
        return None, errors
    try:
        read = HolidayFile.parse_obj(content)
    except ValidationError as error:
        return None, explain(file, error)
    if errors := [CatalogueError(file, field, problem) for field, problem in _contradictions(read)]:
        return None, errors
    holidays = {day: span.name for span in read.days_off for day in _days(span)}
    years = range(read.years[0], read.years[-1] + 1)
    return Calendar(years, holidays, frozenset(entry.day for entry in read.made_up), tuple(read.undecided)), []


def _days(span: DaysOff) -> Iterator[date]:
    for n in range((span.last - span.first).days + 1):
        yield span.first + ONE_DAY * n


def _contradictions(read: HolidayFile) -> Iterator[tuple[str, str]]:
    seen: dict[date, str] = {}
    for span in read.days_off:
        for day in _days(span):
            if day.year not in read.years:
                yield f"days_off: {span.name}", f"{day} lies outside 'years'; add the year when it is complete"
            if day in seen:
                yield f"days_off: {span.name}", f"{day} is {seen[day]} already; keep one"
            seen[day] = span.name
    for entry in read.made_up:
        if entry.instead_of not in seen:
            yield f"made_up: {entry.day}", f"stands for {entry.instead_of}, which is not under 'days_off'"
    for year in read.years:
        if not any(day.year == year for day in seen):
            yield "years", f"has {year}, but no day off of that year is written; take it out or add them"
