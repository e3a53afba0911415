"""Places as files hold them: today's 95 units with what they were made of, offices, hotlines, the words around names.

Files: ``nlu_data/places/units.yml``, ``offices.yml``, ``words.yml``.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Literal

from pydantic import Field, validator

from bot.catalogue.models import Fact, Strict, reviewed_within

CITY = "thành phố Đồng Nai"
UnitType = Literal["xã", "phường"]
OldType = Literal["xã", "phường", "thị trấn"]
DistrictType = Literal["huyện", "thị xã", "thành phố"]
OldProvince = Literal["Đồng Nai", "Bình Phước"]
OfficeKind = Literal["trung tâm", "công an"]
"""``trung tâm``: the unit's Trung tâm Phục vụ hành chính công; ``công an``: its police office."""

LONGEST_TRUST = timedelta(days=365)
PHONE = re.compile(r"\d[\d .]{2,14}\d")
UNIT_CODE = re.compile(r"\d{5}")


def valid_unit_code(code: str) -> str:
    if not UNIT_CODE.fullmatch(code):
        raise ValueError(f"{code!r} is not a unit's code; it has 5 digits and stands in quotes, as '26041'")
    return code


class Area(Strict):
    """What was above a commune until 30/6/2025: a district, or (``district`` empty) a whole province."""

    type: DistrictType | Literal["tỉnh"]
    name: str
    province: OldProvince

    @property
    def full(self) -> str:
        return f"{self.type} {self.name}"


class OldUnit(Strict):
    """A commune, ward or township as it was before 1/7/2025. ``partly``: only a part of it came to the unit."""

    type: OldType
    name: str
    district: str
    partly: bool = False

    @property
    def full(self) -> str:
        return f"{self.type} {self.name}"


class Unit(Strict):
    """A commune or ward of today. ``former_type``: its type from 1/7/2025 to 29/4/2026, where another."""

    code: str
    type: UnitType
    name: str
    former_type: UnitType | None = None
    old: list[OldUnit] = Field(min_items=1)

    _code = validator("code", allow_reuse=True)(valid_unit_code)

    @property
    def full(self) -> str:
        return f"{self.type} {self.name}"


class Reviewed(Fact):
    """A fact about a place: believed until ``review_by`` (structure and contacts: at most a year)."""

    review_by: date

    _review = validator("review_by", allow_reuse=True)(reviewed_within(LONGEST_TRUST))

    def assertable(self, day: date) -> bool:
        """Said as a fact on that day: not of grade C, in force, and not past its review."""
        return super().assertable(day) and day <= self.review_by


def text_only(value: object) -> object:
    """YAML reads 7:30 and 02511022 as numbers: only what stands in quotes stays as it was typed."""
    if not isinstance(value, str):
        raise ValueError("is not text; put it in quotes, as '7:30' or '0251 1022'")
    return value


def valid_phone(phone: str) -> str:
    if phone and not PHONE.fullmatch(phone):
        raise ValueError(f"{phone!r} is not a telephone number; write digits, blanks and dots, in quotes: '0251 1022'")
    return phone


class Office(Reviewed):
    """One office of one unit; what is not known stays empty."""

    unit: str
    kind: OfficeKind
    address: str = ""
    phone: str = ""
    hours: str = ""

    _unit = validator("unit", allow_reuse=True)(valid_unit_code)
    _text = validator("address", "phone", "hours", pre=True, allow_reuse=True)(text_only)
    _phone = validator("phone", allow_reuse=True)(valid_phone)


class CommonHours(Reviewed):
    """When every office of a kind takes papers, where that is published for all of them. ``what``: which papers."""

    kind: OfficeKind
    what: str
    hours: str


class Hotline(Reviewed):
    """A number to call."""

    name: str
    phone: str
    email: str = ""
    note: str = ""

    _text = validator("phone", pre=True, allow_reuse=True)(text_only)
    _phone = validator("phone", allow_reuse=True)(valid_phone)


class PlaceWords(Strict):
    """Words around a place name; all are compared without diacritics.

    ``ordinary``: what is a name of ours and also everyday language (or begins with one: "minh tam tru"): counts as a
    place only where something beside it says so. ``not_after``: a name after these is a street, hamlet or person's.
    ``old_after``, ``old_anywhere``: the name is meant as it was; ``today_after``, ``today_before``: as it is today.
    ``other_offices``: offices that no commune has.
    """

    ordinary: list[str]
    not_after: list[str]
    surnames: list[str]
    at: list[str]
    fillers: list[str]
    old_after: list[str]
    old_anywhere: list[str]
    today_after: list[str]
    today_before: list[str]
    other_offices: list[str]
    hotline: list[str]
