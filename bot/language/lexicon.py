"""The words a clerk may add: shorthand, regional words, fillers, everyday names, the phrases of each aspect."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from bot.language.unicode import fold, nfc
from bot.turn import ASPECTS, Aspect


class LexiconError(ValueError):
    """An entry of a lexicon file cannot be used; says which file, which entry, what is wrong."""


@dataclass(frozen=True)
class Short:
    """A shorthand and what it means; with conditions, only beside one of the (folded) neighbours."""

    means: str
    after: frozenset[str] = frozenset()
    before: frozenset[str] = frozenset()

    def fits(self, previous: str, following: str) -> bool:
        return not (self.after or self.before) or previous in self.after or following in self.before


@dataclass(frozen=True)
class AspectPhrase:
    """A phrase that asks for an aspect.

    ``accented``: counts only when typed with its diacritics. ``unless_before``: folded words that make another thing
    of it ("làm hộ" is no errand in "làm hộ chiếu").
    """

    aspect: Aspect
    phrase: str
    accented: bool = False
    unless_before: tuple[str, ...] = ()


@dataclass(frozen=True)
class Qualifier:
    """Words that tell look-alikes apart: what citizens say, and what stands in the official names (all folded)."""

    says: tuple[str, ...]
    names: tuple[str, ...]


@dataclass(frozen=True)
class Lexicon:
    """All lexicon files, read and checked."""

    shorthand: dict[str, tuple[Short, ...]]
    regional: tuple[tuple[str, Short], ...]
    lead_fillers: tuple[str, ...]
    tail_fillers: tuple[str, ...]
    carriers: frozenset[str]
    everyday: tuple[tuple[str, str], ...]
    aspects: tuple[AspectPhrase, ...]
    qualifiers: tuple[Qualifier, ...] = ()

    @classmethod
    def load(cls, folder: Path) -> Lexicon:
        """Reads a folder of lexicon files. Raises LexiconError."""
        fillers = _mapping(folder / "fillers.yml")
        return cls(
            shorthand=_shorthand(folder / "shorthand.yml"),
            regional=_regional(folder / "regional.yml"),
            lead_fillers=_longest_first(_texts(fillers.get("lead"), "fillers.yml", "lead")),
            tail_fillers=_longest_first(_texts(fillers.get("tail"), "fillers.yml", "tail")),
            carriers=frozenset(word for line in _list(folder / "carriers.yml") for word in str(line).split()),
            everyday=_everyday(folder / "everyday.yml"),
            aspects=_aspects(folder / "aspects.yml"),
            qualifiers=_qualifiers(folder / "qualifiers.yml"),
        )

    @cached_property
    def lead_pattern(self) -> re.Pattern[str]:
        """Fillers at the start of a message, one after the other."""
        return re.compile(rf"^(?:(?:{'|'.join(map(re.escape, self.lead_fillers))})(?:\s*[,.:!…]+\s*|\s+|$))+", re.I)

    @cached_property
    def tail_pattern(self) -> re.Pattern[str]:
        """Fillers at the end of a message, one after the other."""
        return re.compile(rf"(?:\s+(?:{'|'.join(map(re.escape, self.tail_fillers))}))+(?=\s*[?.!…]*\s*$)", re.I)

    @cached_property
    def regional_patterns(self) -> tuple[tuple[re.Pattern[str], Short], ...]:
        return tuple((re.compile(rf"(?<!\w){re.escape(word)}(?!\w)", re.I), short) for word, short in self.regional)


def _read(file: Path) -> Any:
    try:
        return yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise LexiconError(f"{file.name}: cannot be read: {error}") from None


def _list(file: Path) -> list[Any]:
    content = _read(file)
    if not isinstance(content, list):
        raise LexiconError(f"{file.name}: is not a list; begin each entry with '- '")
    return content


def _mapping(file: Path) -> dict[str, Any]:
    content = _read(file)
    if not isinstance(content, dict):
        raise LexiconError(f"{file.name}: is not a set of named lists")
    return content


def _texts(value: object, file: str, where: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() for v in value):
        raise LexiconError(f"{file}: {where}: needs a list of words; put numbers in quotes")
    return [nfc(v).strip() for v in value]


def _longest_first(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(words, key=len, reverse=True))


def _entry(entry: object, file: str, known: set[str], needed: set[str]) -> dict[str, Any]:
    if not isinstance(entry, dict) or not needed <= entry.keys() or entry.keys() - known:
        raise LexiconError(f"{file}: {entry!r}: an entry has {', '.join(sorted(known))} and needs {sorted(needed)}")
    return entry


def _neighbours(entry: dict[str, Any], file: str) -> dict[str, frozenset[str]]:
    return {
        side: frozenset(fold(word) for word in _texts(entry[side], file, f"{entry}"))
        for side in ("after", "before")
        if side in entry
    }


def _shorthand(file: Path) -> dict[str, tuple[Short, ...]]:
    out: dict[str, tuple[Short, ...]] = {}
    for item in _list(file):
        entry = _entry(item, file.name, {"short", "means", "after", "before"}, {"short", "means"})
        short = Short(nfc(str(entry["means"])), **_neighbours(entry, file.name))
        for word in _texts(entry["short"], file.name, str(entry)):
            out[word.lower()] = (*out.get(word.lower(), ()), short)
    return out


def _regional(file: Path) -> tuple[tuple[str, Short], ...]:
    out = []
    for item in _list(file):
        entry = _entry(item, file.name, {"word", "standard", "after", "before"}, {"word", "standard"})
        out.append((nfc(entry["word"]).lower(), Short(nfc(entry["standard"]), **_neighbours(entry, file.name))))
    return tuple(sorted(out, key=lambda pair: -len(pair[0])))


def _everyday(file: Path) -> tuple[tuple[str, str], ...]:
    out = []
    for item in _list(file):
        entry = _entry(item, file.name, {"says", "official"}, {"says", "official"})
        out += [(fold(word), nfc(entry["official"])) for word in _texts(entry["says"], file.name, str(entry))]
    return tuple(sorted(out, key=lambda pair: -len(pair[0])))


def _qualifiers(file: Path) -> tuple[Qualifier, ...]:
    out = []
    for item in _list(file):
        entry = _entry(item, file.name, {"says", "names"}, {"says", "names"})
        sides = [tuple(fold(w) for w in _texts(entry[side], file.name, str(entry))) for side in ("says", "names")]
        out.append(Qualifier(*sides))
    return tuple(out)


def _aspects(file: Path) -> tuple[AspectPhrase, ...]:
    out = []
    for aspect, phrases in _mapping(file).items():
        if aspect not in ASPECTS:
            raise LexiconError(f"{file.name}: {aspect!r} is no aspect; there are {', '.join(ASPECTS)}")
        out += [_aspect_phrase(aspect, phrase, file.name) for phrase in phrases or []]
    return tuple(sorted(out, key=lambda p: -len(p.phrase)))


def _aspect_phrase(aspect: Aspect, entry: object, file: str) -> AspectPhrase:
    if isinstance(entry, str):
        return AspectPhrase(aspect, fold(entry))
    if isinstance(entry, dict) and set(entry) == {"accented"} and isinstance(entry["accented"], str):
        return AspectPhrase(aspect, nfc(entry["accented"]).lower(), accented=True)
    if isinstance(entry, dict) and set(entry) == {"phrase", "unless_before"} and isinstance(entry["phrase"], str):
        unless = tuple(fold(word) for word in _texts(entry["unless_before"], file, str(entry)))
        return AspectPhrase(aspect, fold(entry["phrase"]), unless_before=unless)
    raise LexiconError(f"{file}: {aspect}: {entry!r} is not a phrase")
