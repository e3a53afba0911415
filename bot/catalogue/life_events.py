"""Life events: what people tell instead of naming a procedure ("ba tôi mới mất"), and the bundle that answers it.

An event is a YAML file under ``nlu_data/life_events/``; ``groups.yml`` there holds words that stand for one another
and words that are passed over. Telling is matched on folded text, whole words, without any model.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any, Literal
from unicodedata import normalize

from pydantic import Field, ValidationError, validator

from bot.catalogue.loading import CatalogueError, explain, read_mapping
from bot.catalogue.models import RED_AFTER, Fact, Strict, freshness_of, reviewed_within, valid_code
from bot.language.lexicon import Lexicon
from bot.language.normalise import normalise
from bot.language.unicode import fold, nfc, unify_tone_position

GROUPS = "groups.yml"
SYMPATHY = "chia buồn"
Words = tuple[str, ...]
Kind = Literal["word", "not_word", "when_word"]
NO_WORD = re.compile(r"[\W_]+")
HOI, NGA = "\u0309", "\u0303"
MARKS = frozenset("\u0302\u0306\u031b\u0300\u0301\u0309\u0303\u0323")
USED = "|"
"""Stands in ``Telling.rest`` for what the event explains, so that nothing is read across it."""


class Deadline(Fact):
    """By when a step has to be done, as it follows "Hạn:". Said only where ``assertable``."""

    text: str = Field(min_length=5)

    def assertable(self, day: date) -> bool:
        """Not of grade C, in force, and checked within 180 days."""
        return super().assertable(day) and freshness_of(self.checked_on, day) != "red"


class Step(Strict):
    """One procedure of an event.

    ``name``: as people say it, where the catalogue has but the official name. ``when``: the condition in plain words,
    as it follows "nếu". ``when_words``: how people say that it holds; then the step comes to the front, and the steps
    ``instead_of`` fall away. ``first``: nothing that was said comes before it.
    ``together_with``: codes that can be filed in one go with it.
    """

    code: str
    name: str = ""
    first: bool = False
    when: str = ""
    when_words: list[str] = Field(default_factory=list)
    instead_of: list[str] = Field(default_factory=list)
    why: str = Field(min_length=5)
    deadline: Deadline | None = None
    together_with: list[str] = Field(default_factory=list)

    _code = validator("code", allow_reuse=True)(valid_code)
    _codes = validator("instead_of", "together_with", each_item=True, allow_reuse=True)(valid_code)


class LifeEvent(Strict):
    """A situation and its procedures in order. ``not_words`` make something else of ``words``."""

    id: str
    name: str
    opening: str
    bereavement: bool = False
    words: list[str] = Field(min_items=8)
    not_words: list[str] = Field(default_factory=list)
    steps: list[Step] = Field(min_items=1)
    note: str = ""
    source: str = Field(min_length=3)
    checked_on: date
    review_by: date

    @validator("bereavement")
    def the_bereaved_are_met_with_sympathy(cls, bereavement: bool, values: dict[str, Any]) -> bool:
        if bereavement and SYMPATHY not in values.get("opening", ""):
            raise ValueError(f"is true, so 'opening' begins with a line that holds '{SYMPATHY}'")
        return bereavement

    @validator("steps")
    def instead_of_names_steps(cls, steps: list[Step]) -> list[Step]:
        codes = [step.code for step in steps]
        for step in steps:
            if codes.count(step.code) > 1:
                raise ValueError(f"{step.code} stands twice; keep one")
            if unknown := [code for code in step.instead_of if code not in codes]:
                raise ValueError(f"step {step.code} stands instead of {unknown[0]}, which is no step of this event")
        return steps

    _review = validator("review_by", allow_reuse=True)(reviewed_within(RED_AFTER))

    def ordered(self, said: Iterable[str] = ()) -> tuple[Step, ...]:
        """The steps, those first whose condition was said (``said``: their codes)."""
        said = set(said)
        holds = {step.code for step in self.steps if step.first and (step.code in said or not step.when_words)}
        gone = {code for step in self.steps if step.code in said for code in step.instead_of} - said
        left = [step for step in self.steps if step.code not in gone]
        return tuple(sorted(left, key=lambda step: (step.code not in holds, step.code not in said)))


@dataclass(frozen=True)
class Telling:
    """A message that tells an event. ``steps``: in the order that its conditions make.

    ``bereaved``: it tells a death, whatever else. ``rest``: the folded words that the event does not explain.
    """

    event: LifeEvent
    steps: tuple[Step, ...]
    bereaved: bool = False
    rest: str = ""


@dataclass(frozen=True)
class Groups:
    """Words that stand for one another, by the group's name; words that are passed over (folded)."""

    words: Mapping[str, Sequence[Words]]
    skip: frozenset[str] = frozenset()

    @classmethod
    def load(cls, file: Path) -> Groups:
        """Raises CatalogueError; no file is no group."""
        if not file.exists():
            return cls({})
        content, errors = read_mapping(file, "skip: [tôi, mình]")
        if errors:
            raise errors[0]
        for name, words in content.items():
            if not isinstance(words, list) or not all(isinstance(word, str) and word.strip() for word in words):
                raise CatalogueError(file, str(name), "needs a list of words; put numbers in quotes")
        skip = frozenset(fold(word) for word in content.pop("skip", []))
        return cls({name: [words_in(word) for word in words] for name, words in content.items()}, skip)

    def spelt_out(self, phrase: str) -> Iterator[Words]:
        """The words of every phrase that one with ``{group}`` in it stands for, without those passed over.

        Raises KeyError with an unknown group.
        """
        parts = [self.words[p[1:-1]] if p.startswith("{") else [words_in(p)] for p in phrase.split()]
        for chosen in product(*parts):
            yield tuple(word for part in chosen for word in part if folded_word(word) not in self.skip)


@dataclass(frozen=True)
class _Use:
    """What a run of words means to one event; ``code``: the step whose condition it says."""

    event: int
    kind: Kind
    code: str = ""


Found = tuple[int, int, _Use]
"""From which word to before which, and what that run means."""


class LifeEvents:
    """All events, matched in one pass over a message (well under a millisecond)."""

    def __init__(
        self, events: Sequence[LifeEvent] = (), groups: Groups | None = None, lexicon: Lexicon | None = None
    ) -> None:
        self.events = tuple(events)
        self._groups, self._lexicon = groups or Groups({}), lexicon
        self._uses: dict[Words, list[tuple[Words, _Use]]] = defaultdict(list)
        for number, event in enumerate(self.events):
            for phrase, use in _phrases(number, event):
                for spelt in self._groups.spelt_out(phrase):
                    self._uses[tuple(map(folded_word, spelt))].append((spelt, use))
        self._longest: dict[str, int] = {}
        for words in self._uses:
            self._longest[words[0]] = max(len(words), self._longest.get(words[0], 0))

    def get(self, event_id: str) -> LifeEvent | None:
        return next((event for event in self.events if event.id == event_id), None)

    def match(self, text: str) -> LifeEvent | None:
        """The event that a message tells; of several the one told in most words."""
        telling = self.telling(text)
        return telling.event if telling else None

    def telling(self, text: str) -> Telling | None:
        """The event with the order of its steps under what was said, and the words that it leaves unexplained."""
        tokens, places, found = self._read(text)
        told = {use.event: end - start for start, end, use in sorted(found, key=_length) if use.kind == "word"}
        if not told:
            return None
        chosen = max(told, key=lambda event: (told[event], -event))
        event = self.events[chosen]
        said = {use.code for _, _, use in found if use.event == chosen and use.kind == "when_word"}
        for start, end, use in found:
            if use.kind == "word" or use.event == chosen:
                first, last = places[start], places[end - 1]
                tokens[first : last + 1] = [USED] * (last + 1 - first)
        bereaved = any(self.events[n].bereavement for n in told)
        return Telling(event, event.ordered(said), bereaved, " ".join(tokens))

    def all_told(self, text: str) -> set[str]:
        """The ids of every event that a message tells: more than one means words of several events in it."""
        return {self.events[use.event].id for _, _, use in self._read(text)[2] if use.kind == "word"}

    def _read(self, text: str) -> tuple[list[str], list[int], list[Found]]:
        """The message's folded words, the places of those that count, and what was found among these.

        Shorthand and regional words are read first. Where that finds no event, the message is read as typed: without
        diacritics a plain word can look like a regional one.
        """
        barred: set[int] = set()
        folded: list[str] = []
        for readable in dict.fromkeys([normalise(text, self._lexicon).text if self._lexicon else "", text.lower()]):
            typed = words_in(readable)
            folded = [folded_word(word) for word in typed]
            places = [n for n, word in enumerate(folded) if word not in self._groups.skip]
            found = list(self._found([typed[n] for n in places], [folded[n] for n in places]))
            barred |= {use.event for _, _, use in found if use.kind == "not_word"}
            kept = [(a, b, use) for a, b, use in found if use.kind != "not_word" and use.event not in barred]
            if any(use.kind == "word" for _, _, use in kept):
                return folded, places, kept
        return folded, [], []

    def words_of(self, event: LifeEvent) -> list[str]:
        """Every phrase that tells the event, with its groups spelt out and without the words passed over."""
        return [" ".join(spelt) for phrase in event.words for spelt in self._groups.spelt_out(phrase)]

    def with_kept(self, before: LifeEvents, errors: Iterable[CatalogueError]) -> LifeEvents:
        """These events and, for each file that broke since, the event that it held before.

        Where the groups broke, ``before`` stays as it was.
        """
        broken = {error.file.name for error in errors}
        if GROUPS in broken:
            return before
        good = {event.id for event in self.events}
        kept = [e for e in before.events if e.id not in good and f"{e.id}.yml" in broken]
        groups = Groups({**before._groups.words, **self._groups.words}, self._groups.skip)
        return LifeEvents([*self.events, *kept], groups, self._lexicon) if kept else self

    def _found(self, typed: Sequence[str], folded: Sequence[str]) -> Iterator[Found]:
        for start in range(len(folded)):
            longest = self._longest.get(folded[start], 0)
            for end in range(start + 1, min(start + longest, len(folded)) + 1):
                for spelt, use in self._uses.get(tuple(folded[start:end]), ()):
                    if all(map(could_be, typed[start:end], spelt)):
                        yield start, end, use


def words_in(text: str) -> Words:
    return tuple(word for word in NO_WORD.split(nfc(text)) if fold(word))


folded_word = lru_cache(maxsize=10_000)(fold)


@lru_cache(maxsize=10_000)
def _marks(word: str) -> tuple[frozenset[str], ...]:
    """The marks of each letter; hỏi and ngã, which the South speaks alike, are one."""
    letters = (normalize("NFD", letter) for letter in unify_tone_position(word))
    return tuple(
        frozenset({"đ": "đ", NGA: HOI}.get(mark, mark) for mark in d if mark == "đ" or mark in MARKS) for d in letters
    )


def could_be(typed: str, meant: str) -> bool:
    """True where nothing was typed that the word does not have: "me" and "mê" may be "mẹ", "có" is never "cô"."""
    return typed == meant or all(a <= b for a, b in zip(_marks(typed), _marks(meant), strict=False))


def _length(found: Found) -> int:
    return found[1] - found[0]


def _phrases(number: int, event: LifeEvent) -> Iterator[tuple[str, _Use]]:
    for phrase in event.words:
        yield phrase, _Use(number, "word")
    for phrase in event.not_words:
        yield phrase, _Use(number, "not_word")
    for step in event.steps:
        for phrase in step.when_words:
            yield phrase, _Use(number, "when_word", step.code)


def read_life_events(folder: Path, lexicon: Lexicon) -> tuple[LifeEvents, list[CatalogueError]]:
    """All good events of a folder in the order of their files, and all that is wrong with the others."""
    errors: list[CatalogueError] = []
    try:
        groups = Groups.load(folder / GROUPS)
    except CatalogueError as error:
        return LifeEvents(), [error]
    events: list[LifeEvent] = []
    for file in sorted(folder.glob("*.yml")):
        if file.name == GROUPS:
            continue
        event, found = _read_event(file, groups)
        errors += found
        if event:
            events.append(event)
    return LifeEvents(events, groups, lexicon), errors


def _read_event(file: Path, groups: Groups) -> tuple[LifeEvent | None, list[CatalogueError]]:
    content, errors = read_mapping(file, "id: birth")
    if errors:
        return None, errors
    try:
        event = LifeEvent.parse_obj(content)
    except ValidationError as invalid:
        return None, explain(file, invalid)
    if event.id != file.stem:
        return None, [CatalogueError(file, "id", f"is {event.id}; the file must be called {event.id}.yml")]
    known = ", ".join(f"{{{name}}}" for name in groups.words)
    for phrase, use in _phrases(0, event):
        try:
            spelt = list(groups.spelt_out(phrase))
        except KeyError as unknown:
            problem = f"{phrase!r}: {{{unknown.args[0]}}} is no group; {GROUPS} has {known}"
            return None, [CatalogueError(file, f"{use.kind}s", problem)]
        least = 2 if use.kind == "word" else min(2, len(phrase.split()))
        if any(len(words) < least for words in spelt):
            problem = f"{phrase!r} says too little: words of 'skip' do not count; add a word"
            return None, [CatalogueError(file, f"{use.kind}s", problem)]
    return event, []


def unknown_codes(
    events: Iterable[LifeEvent], folder: Path, known: Callable[[str], object | None]
) -> list[CatalogueError]:
    """A finding for every code of an event that is neither a record nor in the index."""
    out = []
    for event in events:
        for number, step in enumerate(event.steps, 1):
            for code in [step.code, *step.together_with]:
                if known(code) is None:
                    problem = f"{code} is neither a record nor in the index; correct the code or take it out"
                    out.append(CatalogueError(folder / f"{event.id}.yml", f"steps.{number}", problem))
    return out
