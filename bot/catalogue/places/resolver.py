"""From what a citizen calls a place to today's commune or ward, or to the few it may be: pure, in memory.

Names of today, of before 30/4/2026 (xã → phường) and of before 1/7/2025 (communes, districts, the two provinces).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from bot.catalogue.loading import CatalogueError
from bot.catalogue.places.loading import Contacts, Table, read_contacts, read_table, read_words
from bot.catalogue.places.mentions import COMMUNE_TYPES, DISTRICT_TYPES, Mention, Reader, type_at
from bot.catalogue.places.models import Area, PlaceWords, Unit
from bot.catalogue.places.names import Gazetteer, Name, Reading, Word, words_of
from bot.catalogue.places.phrases import PhraseSet

FARTHEST_AFTER, FARTHEST_BEFORE = 2, 1
"""Words that may lie between a name and the old district said after it, or before it."""


@dataclass(frozen=True)
class Found:
    """What a message says about a place.

    ``readings``: one for each unit of today that may be meant; empty: no place was named. ``area``: the name is also
    that of an old district or province; with ``only_area`` no commune was named, and the readings are all its units,
    the one of the same name first. ``several``: several places were named. ``words``: the words that name it.
    """

    readings: tuple[Reading, ...] = ()
    area: Area | None = None
    several: bool = False
    words: str = ""

    @property
    def units(self) -> tuple[Unit, ...]:
        return tuple(reading.unit for reading in self.readings)

    @property
    def only_area(self) -> bool:
        """True where no commune was named."""
        return self.area is not None and len(self.readings) > 1 and not any(r.old for r in self.readings)

    @property
    def reading(self) -> Reading | None:
        """The one reading there is; None where there is none or a choice."""
        return self.readings[0] if len(self.readings) == 1 else None

    @property
    def unit(self) -> Unit | None:
        return self.reading.unit if self.reading else None


@dataclass(eq=False)
class _Sense:
    """A mention while it is weighed: what it may still stand for."""

    mention: Mention
    readings: list[Reading]
    areas: list[Area]
    old: bool = False
    qualified: bool = False
    city: bool = False
    """The name is the whole city's; it means a commune only with that commune's district right after it."""


@dataclass(frozen=True)
class Places:
    """The table, the contacts, and the reading of messages. Without a table nothing is ever found."""

    table: Table | None = None
    contacts: Contacts = field(default_factory=Contacts)
    words: PlaceWords | None = None
    common: frozenset[str] = frozenset()

    @classmethod
    def load(cls, folder: Path, common: frozenset[str] = frozenset()) -> tuple[Places, list[CatalogueError]]:
        """``nlu_data/places/`` and all that is wrong with it. ``common``: words that any question has."""
        if not folder.is_dir():
            return cls(), []
        table, errors = read_table(folder / "units.yml")
        words, wrong_words = read_words(folder / "words.yml")
        contacts, wrong_contacts = read_contacts(folder / "offices.yml", table.units if table else ())
        return cls(table, contacts, words, common), [*errors, *wrong_words, *wrong_contacts]

    @property
    def usable(self) -> bool:
        return self.table is not None and self.words is not None

    @property
    def units(self) -> tuple[Unit, ...]:
        return self.table.units if self.table else ()

    def unit(self, code: str) -> Unit | None:
        return self._by_code.get(code)

    def district(self, name: str) -> Area | None:
        return self._districts.get(name)

    def resolve(self, text: str, asked: bool = False) -> Found:
        """The place that a message names, by today's table. ``asked``: it answers our question for a place."""
        if self._reader is None:
            return Found()
        words = words_of(text)
        senses = [sense for m in self._reader.mentions(words, asked) if (sense := self._sense(m, words))]
        if not senses:
            return Found()
        areas = self._qualify(senses)
        senses = [sense for sense in senses if sense not in areas and (sense.qualified or not sense.city)]
        found = [self._found(sense, words, asked) for sense in senses if sense.readings]
        found = found or [self._of_area(sense.areas[0], words, sense) for sense in areas]
        return _together(found) if found else Found()

    def spans(self, folded: str) -> list[tuple[int, int]]:
        """Where places stand in a message without diacritics, with their type words: characters from, to."""
        words = words_of(folded)
        if self._reader is None or " ".join(word.key for word in words) != folded:
            return []
        starts = [0]
        for word in words:
            starts.append(starts[-1] + len(word.key) + 1)
        return [(starts[m.first], starts[m.end] - 1) for m in self._reader.mentions(words)]

    def asks_for_a_hotline(self, text: str) -> bool:
        return self.words is not None and PhraseSet(self.words.hotline).anywhere(words_of(text))

    def names_another_office(self, text: str) -> bool:
        """True for an office that is no commune's: social insurance, land registry, a court."""
        return self.words is not None and PhraseSet(self.words.other_offices).anywhere(words_of(text))

    def names_an_unknown_commune(self, text: str) -> bool:
        """True for "xã Phú Mỹ": a type word, a capital, and nothing of ours."""
        words = words_of(text)
        for place in range(len(words)):
            kind, start = type_at(words, place)
            named = kind in COMMUNE_TYPES and words[start].joined and words[start].capital
            if named and not words[start].text.isupper():
                return not self.resolve(text).readings
        return False

    def in_area(self, area: Area) -> tuple[Unit, ...]:
        """Today's units that have a part of an old district or province."""
        return tuple(unit for unit in self.units if any(self._lies_in(old.district, area) for old in unit.old))

    @cached_property
    def _by_code(self) -> dict[str, Unit]:
        return {unit.code: unit for unit in self.units}

    @cached_property
    def _districts(self) -> dict[str, Area]:
        return {area.name: area for area in self.table.districts} if self.table else {}

    @cached_property
    def _reader(self) -> Reader | None:
        if self.table is None or self.words is None:
            return None
        return Reader(Gazetteer(self._names(self.table)), self.words, self.common)

    @cached_property
    def _hints(self) -> dict[str, PhraseSet]:
        lists = ("old_after", "old_anywhere", "today_after", "today_before")
        return {name: PhraseSet(getattr(self.words, name)) for name in lists}

    @staticmethod
    def _names(table: Table) -> Iterator[Name]:
        others = {name: group for group in table.spellings for name in group}

        def all_spellings(name: str, meaning: Reading | Area, types: Iterable[str]) -> Iterator[Name]:
            kinds = frozenset(types)
            yield from (Name(text, meaning, kinds) for text in others.get(name, (name,)))

        for unit in table.units:
            yield from all_spellings(unit.name, Reading(unit), [unit.type])
            if unit.former_type:
                yield from all_spellings(unit.name, Reading(unit, former=True), [unit.former_type])
            for old in unit.old:
                yield from all_spellings(old.name, Reading(unit, old), [old.type])
        for area in table.districts:
            yield from all_spellings(area.name, area, DISTRICT_TYPES)
        for province in sorted({area.province for area in table.districts}):
            yield Name(province, Area(type="tỉnh", name=province, province=province), frozenset({"tỉnh", "thành phố"}))

    def _sense(self, mention: Mention, words: Sequence[Word]) -> _Sense | None:
        """What a mention may stand for after its type word; None where it is no place of ours."""
        kind, names = mention.type, list(mention.names)
        fitting = [name for name in names if kind in name.types]
        old = kind == "thị trấn"
        if fitting:
            names = fitting
        elif kind == "tỉnh":
            return None
        elif kind in COMMUNE_TYPES:
            names = [name for name in names if isinstance(name.meaning, Reading)] or names
        elif kind in DISTRICT_TYPES:
            old = True
        city = kind not in COMMUNE_TYPES and any(_is_city(name) for name in names)
        readings = [name.meaning for name in names if isinstance(name.meaning, Reading)]
        areas = [name.meaning for name in names if isinstance(name.meaning, Area) and not city]
        return _Sense(mention, readings, areas, old or self._is_old(mention, words), city=city)

    def _is_old(self, mention: Mention, words: Sequence[Word]) -> bool:
        return bool(self._hints["old_after"].at(words, mention.end)) or self._hints["old_anywhere"].anywhere(words)

    def _is_todays(self, mention: Mention, words: Sequence[Word]) -> bool:
        after = self._hints["today_after"].at(words, mention.end)
        return bool(after) or self._hints["today_before"].ends_before(words, mention.first)

    def _qualify(self, senses: Sequence[_Sense]) -> list[_Sense]:
        """Narrows names by the old district or province said beside them; gives back those that only did that."""
        used: list[_Sense] = []
        bearers = [sense for sense in senses if sense.areas]
        for area in sorted(bearers, key=lambda sense: bool(sense.readings)):
            for sense in senses:
                if sense is area or area.qualified or not sense.readings or not _beside(sense, area):
                    continue
                if any(area.areas[0].type == "tỉnh" and own.province == area.areas[0].name for own in sense.areas):
                    used.append(area)  # "Đồng Xoài, Bình Phước": still the whole of Đồng Xoài
                    continue
                within = [r for r in sense.readings if self._reading_in(r, area.areas[0])]
                within = [r for r in within if r.old] or within
                if within:
                    sense.readings, sense.qualified = within, True
                    used.append(area)
        only_areas = [sense for sense in senses if sense.areas and (not sense.readings or sense in used)]
        return sorted(only_areas, key=lambda sense: sense.areas[0].type == "tỉnh")

    def _reading_in(self, reading: Reading, area: Area) -> bool:
        olds = [reading.old] if reading.old else reading.unit.old
        return any(self._lies_in(old.district, area) for old in olds)

    def _lies_in(self, district: str, area: Area) -> bool:
        known = self._districts[district]
        return known == area or (area.type == "tỉnh" and known.province == area.name)

    def _found(self, sense: _Sense, words: Sequence[Word], asked: bool) -> Found:
        readings = sense.readings
        said = _words(words, sense.mention)
        if not sense.qualified:
            today = self._is_todays(sense.mention, words)
            if today:
                readings = [r for r in readings if not r.old] or readings
            elif sense.old:
                readings = [r for r in readings if r.old] or readings
            if sense.areas and not (today or (asked and not sense.old) or any(r.old for r in readings)):
                return self._of_area(sense.areas[0], words, sense)
        chosen = _one_a_unit(readings, sense.old or sense.qualified)
        area = None if sense.qualified or not sense.areas else sense.areas[0]
        return Found(tuple(chosen), area, words=said)

    def _of_area(self, area: Area, words: Sequence[Word], sense: _Sense) -> Found:
        units = sorted(self.in_area(area), key=lambda unit: unit.name != area.name)
        return Found(tuple(Reading(unit) for unit in units), area, words=_words(words, sense.mention))


def _is_city(name: Name) -> bool:
    return isinstance(name.meaning, Area) and name.meaning.type == "tỉnh" and name.meaning.name == "Đồng Nai"


def _beside(sense: _Sense, area: _Sense) -> bool:
    """Whether an area belongs to a name: one with its type word anywhere, a bare one only next to it."""
    after = area.mention.first - sense.mention.end
    if sense.city:
        return after == 0
    if area.mention.type and not area.readings:
        return True
    before = sense.mention.first - area.mention.end
    return 0 <= after <= FARTHEST_AFTER or (0 <= before <= FARTHEST_BEFORE and not sense.areas)


def _one_a_unit(readings: Sequence[Reading], old: bool) -> list[Reading]:
    """One reading for each unit: by its old name where that was said or tells units apart, else by its own."""
    several = len({r.unit.code for r in readings}) > 1
    ranked = sorted(readings, key=lambda r: ((r.old is None) if old or several else (r.old is not None), r.former))
    best: dict[str, Reading] = {}
    for reading in ranked:
        best.setdefault(reading.unit.code, reading)
    return sorted(best.values(), key=lambda r: r.old is not None)


def _together(found: Sequence[Found]) -> Found:
    """Several names of one message: the units they agree on ("xã A cũ nay là phường B"), else all of them."""
    result, *others = [f for f in found if not f.only_area] or found
    for other in others:
        words = f"{result.words} {other.words}"
        shared = {unit.code for unit in result.units} & {unit.code for unit in other.units}
        if shared:
            kept = tuple(r for r in result.readings if r.unit.code in shared)
            result = replace(result, readings=kept, words=words)
        else:
            result = Found((*result.readings, *other.readings), several=True, words=words)
    return result


def _words(words: Sequence[Word], mention: Mention) -> str:
    return " ".join(word.text for word in words[mention.first : mention.end])
