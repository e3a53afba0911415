"""What people ask for that no procedure of ours answers: who does it, and how to reach them.

A topic stands in a list of ``nlu_data/elsewhere/*.yml``; its names are matched on folded text, whole words, without any
model. Groups are those of the life events. ``…`` in a name stands for up to ``LONGEST_GAP`` words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from bot.catalogue.life_events import GROUPS, Groups, Words, could_be, folded_word, words_in
from bot.catalogue.loading import CatalogueError, explain, read_yaml
from bot.catalogue.models import Strict
from bot.language.lexicon import Lexicon
from bot.language.normalise import normalise
from bot.language.syllables import is_syllable

FOLDER = "elsewhere"
GAP = "…"
LONGEST_GAP = 4
LEAST_WORDS = 2
Kind = Literal["other_authority", "not_a_procedure"]
Pieces = tuple[Words, ...]
"""The runs of words of one name; between two of them a gap."""


class Topic(Strict):
    """One thing that belongs elsewhere. ``unless``: words that make one of our procedures of ``names``.

    ``kind``: ``other_authority`` where a public body or a court does it, ``not_a_procedure`` where nobody's procedure
    is meant. ``answer``: what the citizen reads.
    """

    id: str = Field(regex=r"^[a-z][a-z0-9_]*$")
    kind: Kind
    names: list[str] = Field(min_items=4)
    unless: list[str] = Field(default_factory=list)
    answer: str = Field(min_length=20)


@dataclass(frozen=True)
class Found:
    """A topic that a message names. ``said``: the folded words of the message that its names explain."""

    topic: Topic
    said: Words

    @property
    def words(self) -> int:
        """How many words of the message its names explain."""
        return len(self.said)


class Elsewhere:
    """All topics, matched in one pass over a message (about a millisecond)."""

    def __init__(
        self, topics: Sequence[Topic] = (), groups: Groups | None = None, lexicon: Lexicon | None = None
    ) -> None:
        self.topics = tuple(topics)
        self._groups, self._lexicon = groups or Groups({}), lexicon
        self._names: dict[str, list[tuple[int, bool, Pieces]]] = defaultdict(list)
        for number, topic in enumerate(self.topics):
            for phrase, bars in _phrases(topic):
                for pieces in spelt_out(phrase, self._groups):
                    self._names[folded_word(pieces[0][0])].append((number, bars, pieces))

    def find(self, text: str) -> Found | None:
        """The topic that a message names; of several the one that explains most of its words.

        It is read with shorthand and regional words spelt out, and as typed: what was typed may bar a topic too.
        """
        barred: set[int] = set()
        named: list[tuple[int, Words]] = []
        for readable in dict.fromkeys([normalise(text, self._lexicon).text if self._lexicon else "", text.lower()]):
            typed = words_in(readable)
            said: dict[int, set[int]] = defaultdict(set)
            for number, bars, places in self._found(typed):
                if bars:
                    barred.add(number)
                else:
                    said[number].update(places)
            named += [(number, tuple(folded_word(typed[n]) for n in sorted(places))) for number, places in said.items()]
        kept = [Found(self.topics[number], words) for number, words in named if number not in barred]
        return max(kept, key=lambda found: found.words, default=None)

    def with_kept(self, before: Elsewhere, errors: Iterable[CatalogueError]) -> Elsewhere:
        """These topics; ``before`` as it was where one of the files broke since."""
        return before if any(error.file.parent.name == FOLDER for error in errors) else self

    def _found(self, typed: Sequence[str]) -> Iterator[tuple[int, bool, list[int]]]:
        """The topics named, whether the name bars its topic, and the places of its words."""
        for start, word in enumerate(typed):
            for number, bars, pieces in self._names.get(folded_word(word), ()):
                if places := _places(typed, start, pieces):
                    yield number, bars, places


def _places(typed: Sequence[str], start: int, pieces: Pieces) -> list[int]:
    """Where a name that begins at ``start`` stands in the message; nothing where it does not."""
    first = pieces[0]
    end = start + len(first)
    if end > len(typed) or not all(map(_same, typed[start:end], first)):
        return []
    here = list(range(start, end))
    if len(pieces) == 1:
        return here
    for later in range(end, min(end + LONGEST_GAP, len(typed) - 1) + 1):
        if rest := _places(typed, later, pieces[1:]):
            return here + rest
    return []


def _same(typed: str, meant: str) -> bool:
    return folded_word(typed) == folded_word(meant) and could_be(typed, meant)


def spelt_out(phrase: str, groups: Groups) -> Iterator[Pieces]:
    """Every name that a phrase with groups and gaps stands for. Raises KeyError with an unknown group."""
    for chosen in product(*(list(groups.spelt_out(piece)) for piece in phrase.split(GAP))):
        yield tuple(chosen)


def _phrases(topic: Topic) -> Iterator[tuple[str, bool]]:
    yield from ((name, False) for name in topic.names)
    yield from ((word, True) for word in topic.unless)


def _says_too_little(pieces: Pieces) -> bool:
    """True for a single syllable; a brand such as "shopee" is none."""
    words = [word for piece in pieces for word in piece]
    return len(words) < LEAST_WORDS and all(map(is_syllable, words))


def read_elsewhere(folder: Path, events: Path, lexicon: Lexicon) -> tuple[Elsewhere, list[CatalogueError]]:
    """All good topics of a folder, and all that is wrong with the others. ``events``: the folder with the groups.

    Groups that cannot be read are named with the life events; here they only leave nothing to match with.
    """
    try:
        groups = Groups(Groups.load(events / GROUPS).words)  # what is passed over there would be "đá" beside "đã"
    except CatalogueError:
        return Elsewhere(), []
    topics: dict[str, Topic] = {}
    errors: list[CatalogueError] = []
    for file in sorted(folder.glob("*.yml")):
        content, found = read_yaml(file)
        errors += found
        if not found and not isinstance(content, list):
            errors.append(CatalogueError(file, "file", "holds no list; begin each topic with '- id: '"))
            continue
        for number, item in enumerate(content or [], 1):
            topic, wrong = _read_topic(file, number, item, groups)
            errors += wrong
            if topic and topic.id in topics:
                errors.append(CatalogueError(file, topic.id, "stands twice; keep one"))
            elif topic:
                topics[topic.id] = topic
    return Elsewhere(list(topics.values()), groups, lexicon), errors


def _read_topic(file: Path, number: int, item: object, groups: Groups) -> tuple[Topic | None, list[CatalogueError]]:
    where = str(item["id"]) if isinstance(item, dict) and item.get("id") else f"topic {number}"
    try:
        topic = Topic.parse_obj(item)
    except ValidationError as invalid:
        return None, explain(file, invalid, f"{where}: ")
    errors = list(_wrong_phrases(file, topic, groups))
    return (None, errors) if errors else (topic, [])


def _wrong_phrases(file: Path, topic: Topic, groups: Groups) -> Iterable[CatalogueError]:
    for phrase, bars in _phrases(topic):
        field = f"{topic.id}: {'unless' if bars else 'names'}"
        try:
            spelt = list(spelt_out(phrase, groups))
        except KeyError as unknown:
            known = ", ".join(f"{{{name}}}" for name in groups.words)
            yield CatalogueError(file, field, f"{phrase!r}: {{{unknown.args[0]}}} is no group; {GROUPS} has {known}")
            continue
        if any(not piece for pieces in spelt for piece in pieces):
            yield CatalogueError(file, field, f"{phrase!r}: words are needed on both sides of '{GAP}'")
        elif not bars and any(map(_says_too_little, spelt)):
            yield CatalogueError(file, field, f"{phrase!r} says too little; add a word")
