"""Reading ``nlu_data/places/``: every error names the file, the entry, the field and what is right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from bot.catalogue.loading import CatalogueError, explain, read_mapping
from bot.catalogue.models import Strict
from bot.catalogue.places.models import Area, CommonHours, Hotline, Office, PlaceWords, Reviewed, Unit

Model = TypeVar("Model", bound=Strict)
OFFICE_LISTS = ("offices", "common_hours", "hotlines")
TABLE_LISTS = ("spellings", "districts", "units")


@dataclass(frozen=True)
class Table:
    """``units.yml``: who is who. ``facts`` is the source of the whole table and until when it is believed."""

    units: tuple[Unit, ...]
    districts: tuple[Area, ...]
    spellings: tuple[tuple[str, ...], ...]
    facts: Reviewed


@dataclass(frozen=True)
class Contacts:
    """``offices.yml``."""

    offices: tuple[Office, ...] = ()
    common_hours: tuple[CommonHours, ...] = ()
    hotlines: tuple[Hotline, ...] = ()


def read_table(file: Path) -> tuple[Table | None, list[CatalogueError]]:
    """The units, or None and everything that is wrong: half a table would send people to the wrong place."""
    content, errors = read_mapping(file, "source: …")
    if errors:
        return None, errors
    lists, errors = _lists(file, content, TABLE_LISTS)
    units, wrong = _entries(file, "units", lists["units"], Unit)
    districts, wrong_districts = _entries(file, "districts", lists["districts"], Area)
    spellings, wrong_spellings = _spellings(file, lists["spellings"])
    errors += [*wrong, *wrong_districts, *wrong_spellings]
    facts = None
    try:
        facts = Reviewed.parse_obj({k: v for k, v in content.items() if k not in TABLE_LISTS})
    except ValidationError as error:
        errors += explain(file, error)
    if not errors:
        errors += _contradictions(file, units, districts)
    if errors or facts is None:
        return None, errors
    return Table(tuple(units), tuple(districts), spellings, facts), []


def read_contacts(file: Path, units: Sequence[Unit]) -> tuple[Contacts, list[CatalogueError]]:
    """All good offices, hours and hotlines, and what is wrong with the others."""
    content, errors = read_mapping(file, "hotlines:")
    if errors:
        return Contacts(), errors
    lists, errors = _lists(file, content, OFFICE_LISTS)
    errors += [CatalogueError(file, name, "is no list of this file") for name in content if name not in OFFICE_LISTS]
    offices, wrong = _entries(file, "offices", lists["offices"], Office)
    hours, wrong_hours = _entries(file, "common_hours", lists["common_hours"], CommonHours)
    hotlines, wrong_hotlines = _entries(file, "hotlines", lists["hotlines"], Hotline)
    known = {unit.code for unit in units}
    good: list[Office] = []
    for office in offices:
        where = f"offices: {office.unit} {office.kind}"
        if office.unit not in known:
            wrong.append(CatalogueError(file, where, "no unit has this code; look it up in units.yml"))
        elif not (office.address or office.phone or office.hours):
            wrong.append(CatalogueError(file, where, "says nothing; give address, phone or hours"))
        elif any((other.unit, other.kind) == (office.unit, office.kind) for other in good):
            wrong.append(CatalogueError(file, where, "stands here twice; keep one"))
        else:
            good.append(office)
    errors += [*wrong, *wrong_hours, *wrong_hotlines]
    return Contacts(tuple(good), tuple(hours), tuple(hotlines)), errors


def read_words(file: Path) -> tuple[PlaceWords | None, list[CatalogueError]]:
    content, errors = read_mapping(file, "ordinary:")
    if errors:
        return None, errors
    try:
        return PlaceWords.parse_obj(content), []
    except ValidationError as error:
        return None, explain(file, error)


def past_review(table: Table, contacts: Contacts, day: date) -> Iterator[str]:
    """What is not believed any more on that day."""
    everything = (table.facts, *contacts.offices, *contacts.common_hours, *contacts.hotlines)
    for fact in everything:
        if day > fact.review_by:
            name = getattr(fact, "name", "") or getattr(fact, "unit", "") or getattr(fact, "kind", "") or "units.yml"
            yield f"{name}: review_by: {fact.review_by} is past; compare with the source, then set checked_on"


def _lists(
    file: Path, content: dict[str, Any], names: Sequence[str]
) -> tuple[dict[str, list[Any]], list[CatalogueError]]:
    errors = [
        CatalogueError(file, name, "is not a list; begin each item on its own line with '- '")
        for name in names
        if not isinstance(content.get(name), list | None)
    ]
    return {name: content[name] if isinstance(content.get(name), list) else [] for name in names}, errors


def _entries(
    file: Path, name: str, items: Sequence[object], model: type[Model]
) -> tuple[list[Model], list[CatalogueError]]:
    good, errors = [], []
    for number, item in enumerate(items, 1):
        if not isinstance(item, dict) or not all(isinstance(key, str) for key in item):
            errors.append(CatalogueError(file, f"{name}: entry {number}", "is not a set of named fields"))
            continue
        label = item.get("code") or item.get("unit") or item.get("name") or ""
        try:
            good.append(model.parse_obj(item))
        except ValidationError as error:
            errors += explain(file, error, f"{name}: entry {number} ({label}): " if label else f"{name}: {number}: ")
    return good, errors


def _spellings(file: Path, items: Sequence[object]) -> tuple[tuple[tuple[str, ...], ...], list[CatalogueError]]:
    good, errors = [], []
    for number, item in enumerate(items, 1):
        if isinstance(item, list) and len(item) > 1 and all(isinstance(word, str) and word.strip() for word in item):
            good.append(tuple(item))
        else:
            errors.append(CatalogueError(file, f"spellings: line {number}", "needs two or more spellings in [ ]"))
    return tuple(good), errors


def _contradictions(file: Path, units: Sequence[Unit], districts: Sequence[Area]) -> list[CatalogueError]:
    known = {district.name for district in districts}
    problems = [(f"districts: {name}", "stands here twice; keep one") for name in _twice(d.name for d in districts)]
    problems += [(f"units: {code}", "is the code of two units") for code in _twice(u.code for u in units)]
    problems += [(f"units: {name}", "is the name of two units") for name in _twice(u.full for u in units)]
    olds = [(unit, old) for unit in units for old in unit.old]
    problems += [
        (f"units: {unit.code}: {old.full}", f"district {old.district!r} is not in the list 'districts'")
        for unit, old in olds
        if old.district not in known
    ]
    whole = [(old.district, old.full) for _, old in olds if not old.partly]
    parts = Counter((old.district, old.full) for _, old in olds if old.partly)
    problems += [
        (f"units: {full}, {district}", "came to two units; where it was split, write 'partly: true' at both")
        for district, full in [*_twice(whole), *(set(whole) & set(parts))]
    ]
    problems += [
        (f"units: {full}, {district}", "is marked 'partly' at one unit only; name the other part too")
        for (district, full), count in parts.items()
        if count < 2 and (district, full) not in whole
    ]
    problems += [
        (f"districts: {name}", "no unit was made of it; take it out or correct its name")
        for name in sorted(known - {old.district for _, old in olds})
    ]
    return [CatalogueError(file, field, problem) for field, problem in problems]


def _twice(items: Any) -> list[Any]:
    return [item for item, count in Counter(items).items() if count > 1]
