"""Our table of places beside underthesea's ``convert_address``: the old communes for which the two differ.

That table is of 1/7/2025 and knows nothing of 30/4/2026, so names are compared as they were on the first day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from bot.catalogue.places.models import Unit
from bot.catalogue.places.resolver import Places


@dataclass(frozen=True)
class Disagreement:
    """``ours`` and ``theirs`` are names of 1/7/2025; ``theirs`` is empty where that table gives no commune."""

    old: str
    ours: tuple[str, ...]
    theirs: str
    why: str


def disagreements(places: Places) -> Iterator[Disagreement]:
    """One for each old commune that ``convert_address`` takes to another unit, to one of several, or to none."""
    from underthesea import convert_address  # loads its table: only where it is asked for

    units: dict[tuple[str, str], list[Unit]] = defaultdict(list)
    for unit in places.units:
        for old in unit.old:
            units[(old.full, old.district)].append(unit)
    for (name, district), ours in units.items():
        area = places.district(district)
        if area is None:
            continue
        address = f"{name}, {area.full}, tỉnh {area.province}"
        answer = convert_address(address.title())
        theirs = (answer.new.ward or "").lower()
        first_names = tuple(f"{unit.former_type or unit.type} {unit.name}" for unit in ours)
        if (theirs,) != tuple(name.lower() for name in first_names):
            why = answer.note or f"{answer.status.value}, without a commune"
            yield Disagreement(address, first_names, answer.new.ward or "", why)
