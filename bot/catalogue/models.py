"""The catalogue record: one procedure as a citizen needs it, every figure with its own source.

A record is a YAML file under ``nlu_data/procedures/<field>/``. Amounts are đồng; days are Vietnamese days.
Contract: DESIGN section 6.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, Literal

from pydantic import BaseModel, Extra, Field, validator

CODE = re.compile(r"\d\.\d{6}")

Grade = Literal["A", "B", "C"]
"""A official text, B two or more sources, C one source: a figure of grade C is never asserted."""
Level = Literal["xã", "tỉnh", "bộ", "cơ quan khác"]
Online = Literal["full", "partial", "none", "unknown"]
TimeUnit = Literal["trong ngày", "giờ", "ngày làm việc", "ngày", "tháng"]
Freshness = Literal["fresh", "yellow", "red"]

YELLOW_AFTER = timedelta(days=90)
RED_AFTER = timedelta(days=180)


def valid_code(value: str) -> str:
    """The code itself. Raises ValueError that says how a code looks."""
    if not CODE.fullmatch(value):
        raise ValueError(f"{value!r} is not a procedure code; it looks like '1.001193', in quotes")
    return value


def reviewed_within(longest: timedelta) -> Callable[[date, dict[str, Any]], date]:
    """Refuses a ``review_by`` that lies before ``checked_on``, or so long after it that nobody would look again."""

    def review_follows_check(review_by: date, values: dict[str, Any]) -> date:
        checked = values.get("checked_on")
        if checked and not checked < review_by <= checked + longest:
            raise ValueError(f"is {review_by}; it lies after checked_on and at most {longest.days} days later")
        return review_by

    return review_follows_check


def whole(value: Any) -> Any:
    """Refuses 8.000: YAML reads 8, where 8000 was meant."""
    if isinstance(value, float):
        raise ValueError("is not a whole number; write 8000, without dots or 'đồng'")
    return value


class Strict(BaseModel):
    """Refuses unknown fields: a misspelt field name must not vanish silently."""

    class Config:
        extra = Extra.forbid
        allow_mutation = False
        anystr_strip_whitespace = True


class Fact(Strict):
    """A figure with its own source and its own span of validity (both ends included)."""

    source: str = Field(min_length=3)
    grade: Grade
    checked_on: date
    valid_from: date | None = None
    valid_to: date | None = None

    def in_force(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)

    def assertable(self, day: date) -> bool:
        """True where the figure may be said as a fact on that day."""
        return self.grade != "C" and self.in_force(day)


class Fee(Fact):
    """One amount in đồng, per what. ``amount`` None and not ``free``: no figure is published."""

    for_what: str = ""
    amount: int | None = Field(default=None, gt=0)
    per: str = ""
    free: bool = False
    note: str = ""

    _whole = validator("amount", pre=True, allow_reuse=True)(whole)

    @validator("free")
    def free_has_no_amount(cls, free: bool, values: dict[str, Any]) -> bool:
        if free and values.get("amount"):
            raise ValueError("is true although an amount is given; keep one of the two")
        return free


class Time(Fact):
    """One time limit, from when it is counted."""

    for_what: str = ""
    amount: float | None = Field(default=None, gt=0)
    unit: TimeUnit
    counted_from: str = "khi nộp đủ giấy tờ"
    note: str = ""

    @validator("unit")
    def same_day_has_no_amount(cls, unit: str, values: dict[str, Any]) -> str:
        if (unit == "trong ngày") == (values.get("amount") is not None):
            raise ValueError("'trong ngày' stands without an amount, every other unit with one")
        return unit


class Form(Fact):
    """A form by its number and name, e.g. CT01."""

    number: str
    name: str = ""


class Notice(Fact):
    """What people must know at a certain time, e.g. a deadline that belongs to no fee: said under every answer."""

    text: str = Field(min_length=10)


class Paper(Strict):
    """One paper to bring. ``cases`` empty: needed in every case."""

    name: str
    originals: int = Field(default=0, ge=0)
    copies: int = Field(default=0, ge=0)
    show_only: bool = False
    where_to_get: str = ""
    not_needed_when: str = ""
    cases: list[str] = []

    _whole = validator("originals", "copies", pre=True, allow_reuse=True)(whole)


class Case(Strict):
    """A variant of the procedure with its own papers. ``words``: how people say that they are in it."""

    id: str
    name: str
    words: list[str] = []
    advice: str = ""


class LookAlike(Strict):
    """A procedure that is often mistaken for this one, and the situation that tells it apart."""

    code: str
    situation: str

    _code = validator("code", allow_reuse=True)(valid_code)


class Law(Strict):
    number: str
    name: str = ""


class Procedure(Strict):
    """A curated procedure. ``url`` may be empty: then the portal's page by code is shown."""

    code: str
    other_codes: list[str] = []
    superseded_codes: list[str] = []
    name: str
    plain_name: str
    aliases: list[str] = Field(min_items=5)
    field: str
    levels: list[Level]
    for_whom: str
    situation: str
    summary: str
    cases: list[Case] = []
    papers: list[Paper]
    papers_note: str = ""
    fees: list[Fee]
    fee_exempt: list[str] = []
    fee_note: str = ""
    times: list[Time]
    time_note: str = ""
    where: list[str] = Field(min_items=1)
    online: Online
    online_how: str = ""
    steps: list[str] = Field(min_items=2)
    conditions: list[str] = []
    result: str
    forms: list[Form] = []
    forms_note: str = ""
    legal_basis: list[Law] = []
    on_behalf: str
    common_mistakes: list[str] = []
    notices: list[Notice] = []
    related: list[str] = []
    look_alikes: list[LookAlike] = []
    source: str
    decision: str
    code_confirmed: bool = True
    effective_from: date | None = None
    effective_to: date | None = None
    checked_on: date
    review_by: date
    owner: str
    url: str = ""

    _code = validator("code", allow_reuse=True)(valid_code)
    _codes = validator("other_codes", "superseded_codes", "related", each_item=True, allow_reuse=True)(valid_code)
    _review = validator("review_by", allow_reuse=True)(reviewed_within(RED_AFTER))

    @validator("papers")
    def papers_name_known_cases(cls, papers: list[Paper], values: dict[str, Any]) -> list[Paper]:
        known = {case.id for case in values.get("cases", [])}
        for paper in papers:
            if unknown := [c for c in paper.cases if c not in known]:
                raise ValueError(f"paper {paper.name!r} names case {unknown[0]!r}; 'cases' has {sorted(known)}")
        return papers

    def freshness(self, day: date) -> Freshness:
        """How far the record may still be believed on that day (DESIGN: yellow after 90 days, red after 180)."""
        return freshness_of(self.checked_on, day, self.review_by)

    def in_force(self, day: date) -> bool:
        """True while the procedure itself exists (both ends included)."""
        begun = self.effective_from is None or self.effective_from <= day
        return begun and (self.effective_to is None or day <= self.effective_to)

    @property
    def codes(self) -> list[str]:
        """Every code under which citizens may know the procedure, the present one first."""
        return [self.code, *self.other_codes, *self.superseded_codes]


class IndexEntry(Strict):
    """What the index knows of a procedure without a curated record: facts only, none of the portal's sentences.

    ``time`` is as published, e.g. ``7 ngày làm việc``; empty means not published. ``fee`` is in đồng. Not
    ``confirmed``: the code was seen in use, but not in a crawl of the portal.
    """

    code: str
    name: str
    field: str = ""
    levels: list[Level] = []
    agency: str = ""
    online: Online = "unknown"
    time: str = ""
    fee: int | None = None
    results: list[str] = []
    decision: str = ""
    decision_date: date | None = None
    own: bool = False
    superseded_by: list[str] = []
    confirmed: bool = True
    checked_on: date

    _code = validator("code", allow_reuse=True)(valid_code)

    def freshness(self, day: date) -> Freshness:
        return freshness_of(self.checked_on, day)


def freshness_of(checked_on: date, day: date, review_by: date | None = None) -> Freshness:
    """The tier of a procedure, form or fee that was checked on that day. The red day itself is still yellow."""
    if day > (review_by or checked_on + RED_AFTER):
        return "red"
    return "yellow" if day > checked_on + YELLOW_AFTER else "fresh"
