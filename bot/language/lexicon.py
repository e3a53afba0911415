"""The words a clerk may add: shorthand, regional words, fillers, everyday names, the phrases of each aspect."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import yaml

from bot.language.unicode import fold, has_marks, nfc
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
    of it ("làm hộ" is no errand in "làm hộ chiếu"). ``unless_after``: the same for words before it ("đủ điều kiện").
    """

    aspect: Aspect
    phrase: str
    accented: bool = False
    unless_before: tuple[str, ...] = ()
    unless_after: tuple[str, ...] = ()

    @cached_property
    def folded(self) -> str:
        return fold(self.phrase)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Finds the phrase in a folded message."""
        after = "".join(rf"(?<!{re.escape(word)} )" for word in self.unless_after)
        before = rf"(?! (?:{'|'.join(self.unless_before)})(?!\w))" if self.unless_before else ""
        return re.compile(rf"{after}(?<!\w){re.escape(self.folded)}(?!\w){before}")


@dataclass(frozen=True)
class Qualifier:
    """Words that tell look-alikes apart: what citizens say, and what stands in the official names (all folded)."""

    says: tuple[str, ...]
    names: tuple[str, ...]


@dataclass(frozen=True)
class Act:
    """What can be done with a paper: what citizens say, and what stands in the official names (folded)."""

    says: tuple[str, ...]
    names: tuple[str, ...]


@dataclass(frozen=True)
class Acts:
    """All acts; the first is to make the paper in the first place. ``anything``: folded words of any paper's name.

    ``empty``: phrases that hold a word of an act and say none ("phải làm sao").
    """

    all: tuple[Act, ...] = ()
    anything: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()

    def names(self, act: Act, folded: str) -> bool:
        """True where a folded official name is one of this act."""
        return bool(_any_of(act.names).search(folded))

    def says_first(self, text: str) -> bool:
        """True where a normalised message says that something is applied for."""
        return _says(self._telling(text), self._first)

    def says_other(self, text: str) -> bool:
        """True where it says that more than the first paper is wanted: it is lost, run out, to be changed, given up."""
        return _says(self._telling(text), self._other)

    def said(self, text: str) -> list[Act]:
        """The acts that a normalised message says, but for the first."""
        return [act for act in self.all[1:] if _says(text, _both_ways(act.says))]

    def without(self, folded: str) -> str:
        """A folded name without the words of acts and of any paper, and without marks."""
        return self._named.sub(" ", re.sub(r"[^\w\s]", " ", folded))

    def _telling(self, text: str) -> str:
        """The message without its empty phrases."""
        accented, folded = _both_ways(self.empty)
        return accented.sub(" ", text) if has_marks(text) else folded.sub(" ", fold(text))

    @cached_property
    def _first(self) -> tuple[re.Pattern[str], re.Pattern[str]]:
        return _both_ways(tuple(word for act in self.all[:1] for word in act.says))

    @cached_property
    def _other(self) -> tuple[re.Pattern[str], re.Pattern[str]]:
        return _both_ways(tuple(word for act in self.all[1:] for word in act.says))

    @cached_property
    def _named(self) -> re.Pattern[str]:
        return _any_of((*(word for act in self.all for word in act.names), *self.anything))


def _says(text: str, patterns: tuple[re.Pattern[str], re.Pattern[str]]) -> bool:
    """Without diacritics a word may be another one, so they count where the message has some."""
    accented, folded = patterns
    return bool(accented.search(text) if has_marks(text) else folded.search(fold(text)))


@lru_cache(maxsize=64)
def _both_ways(words: tuple[str, ...]) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """These words with their diacritics, and folded."""
    return _any_of(words), _any_of(tuple(fold(word) for word in words))


@lru_cache(maxsize=64)
def _any_of(words: tuple[str, ...]) -> re.Pattern[str]:
    """Any of these words as a whole, the longest first; without words nothing."""
    longest = sorted(words, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest)) or '(?!)'})(?!\w)")


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
    acts: Acts = Acts()
    words: Mapping[str, int] = field(default_factory=dict)
    """The folded words of our field, with how often they are said."""

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
            acts=_acts(folder / "acts.yml"),
            words=_words(folder / "words.yml"),
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
    def regional_patterns(self) -> tuple[tuple[str, re.Pattern[str], Short], ...]:
        """Each word, what finds it, what it means."""
        return tuple((word, re.compile(rf"(?<!\w){re.escape(word)}(?!\w)"), short) for word, short in self.regional)


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


def _words(file: Path) -> dict[str, int]:
    """Lines of words said equally often: ``12: [can, cuoc]``. Without the file nothing is repaired."""
    content = _mapping(file) if file.is_file() else {}
    if not all(isinstance(often, int) and isinstance(words, list) for often, words in content.items()):
        raise LexiconError(f"{file.name}: is not what 'motcua linking fit' writes; let it write the file anew")
    return {str(word): int(often) for often, words in content.items() for word in words}


def _acts(file: Path) -> Acts:
    content = _mapping(file)
    found = []
    for item in content.get("acts") or []:
        entry = _entry(item, file.name, {"act", "says", "names"}, {"act", "says", "names"})
        says = tuple(word.lower() for word in _texts(entry["says"], file.name, str(entry)))
        found.append(Act(says, tuple(fold(word) for word in _texts(entry["names"], file.name, str(entry)))))
    anything = tuple(fold(word) for word in _texts(content.get("anything"), file.name, "anything"))
    empty = tuple(word.lower() for word in _texts(content.get("empty", ["-"]), file.name, "empty"))
    return Acts(tuple(found), anything, empty)


SIDES = ("unless_before", "unless_after")


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
    known = {"phrase", "accented", *SIDES}
    if not isinstance(entry, dict) or entry.keys() - known or len({"phrase", "accented"} & entry.keys()) != 1:
        raise LexiconError(f"{file}: {aspect}: {entry!r} is not a phrase")
    before, after = (
        tuple(fold(w) for w in _texts(entry.get(side, ["-"]), file, str(entry)) if fold(w)) for side in SIDES
    )
    if "accented" in entry:
        return AspectPhrase(aspect, nfc(str(entry["accented"])).lower(), True, before, after)
    return AspectPhrase(aspect, fold(str(entry["phrase"])), False, before, after)
