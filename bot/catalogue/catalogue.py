"""The catalogue as one thing: curated records over the index and the imported list, searchable."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from bot.catalogue.certainty import CERTAINTY_FILE, Certainty, Chances, Evidence, read_certainty
from bot.catalogue.elsewhere import FOLDER, Elsewhere, read_elsewhere
from bot.catalogue.families import relative, siblings
from bot.catalogue.life_events import LifeEvents, read_life_events, unknown_codes
from bot.catalogue.likeness import Likeness
from bot.catalogue.loading import CatalogueError, read_index, read_procedures
from bot.catalogue.models import IndexEntry, Procedure
from bot.catalogue.national.wording import Wording
from bot.catalogue.phrases import Phrases
from bot.catalogue.places.resolver import Places
from bot.catalogue.review import REVIEW_FILE, Review, gravest, read_reviews
from bot.catalogue.search import Entry, Hit, Search, rank
from bot.catalogue.spoken import Example, Names, read_everyday_names, read_examples
from bot.catalogue.topic import official_names, share_of, topic_in, topic_of
from bot.language.aspects import find_aspects
from bot.language.lexicon import Lexicon
from bot.language.normalise import Normalised, normalise
from bot.language.unicode import fold

Record = Procedure | IndexEntry
MOST_OWNERS = 2
"""An example counts for so many of the codes that answer it: beyond, it says little of any."""


@dataclass(frozen=True)
class Finding:
    """What the search found, best first, and what is thought of it.

    ``evidence``: None where nothing was found; ``chances``: also None where nothing was learned yet.
    """

    hits: tuple[Hit, ...] = ()
    evidence: Evidence | None = None
    chances: Chances | None = None


@dataclass(frozen=True)
class Catalogue:
    """Curated records, the index, and the bot's sentences. ``errors``: what was wrong with files left out."""

    procedures: dict[str, Procedure]
    index: dict[str, IndexEntry]
    phrases: Phrases
    lexicon: Lexicon
    errors: tuple[CatalogueError, ...] = ()
    reviews: dict[str, Review] = field(default_factory=dict)
    life_events: LifeEvents = field(default_factory=LifeEvents)
    places: Places = field(default_factory=Places)
    everyday_names: Names = field(default_factory=dict)
    examples: tuple[Example, ...] = ()
    wording: Wording | None = None
    elsewhere: Elsewhere = field(default_factory=Elsewhere)
    certainty: Certainty | None = None
    """None: nothing was learned yet."""
    _by_any_code: dict[str, str] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        for entry in self.index.values():
            self._by_any_code[entry.code] = entry.code
        for record in self.procedures.values():
            for code in record.codes:
                self._by_any_code[code] = record.code
        for entry in self.index.values():
            if successor := self._successor(entry):
                self._by_any_code[entry.code] = successor

    def _successor(self, entry: IndexEntry) -> str | None:
        """Where a replaced code without a record of its own leads; None for one that still stands."""
        if self._by_any_code[entry.code] != entry.code or entry.code in self.procedures:
            return None
        return next((self._by_any_code[c] for c in entry.superseded_by if c in self._by_any_code), None)

    @classmethod
    def load(cls, data: Path, imported: Iterable[IndexEntry] = (), wording: Wording | None = None) -> Catalogue:
        """Everything under ``nlu_data/``, with what was imported over the committed index.

        Broken records are left out and named in ``errors``. Raises CatalogueError for a broken index,
        PhraseError for broken sentences.
        """
        procedures, errors = read_procedures(data / "procedures")
        index: dict[str, IndexEntry] = {}
        for file in sorted((data / "index").glob("*.jsonl")):
            index |= {entry.code: entry for entry in read_index(file)}
        index |= {entry.code: entry for entry in imported}
        phrases, lexicon = Phrases.load(data / "responses"), Lexicon.load(data / "lexicon")
        reviews, wrong = read_reviews(data / REVIEW_FILE)
        events, amiss = read_life_events(data / "life_events", lexicon)
        elsewhere, astray = read_elsewhere(data / FOLDER, data / "life_events", lexicon)
        places, misplaced = Places.load(data / "places", lexicon.carriers)
        names, misnamed = read_everyday_names(data / "index" / "aliases")
        examples, mistaken = read_examples(data / "linking")
        certainty, uncertain = read_certainty(data / CERTAINTY_FILE)
        errors += [*wrong, *amiss, *astray, *misplaced, *misnamed, *mistaken, *uncertain]
        read = cls(
            {r.code: r for r in procedures}, index, phrases, lexicon, tuple(errors), gravest(reviews), events, places,
            names, tuple(examples), wording, elsewhere, certainty,
        )  # fmt: skip
        dangling = unknown_codes(events.events, data / "life_events", read.get)
        return replace(read, errors=(*read.errors, *dangling)) if dangling else read

    def canonical(self, code: str) -> str | None:
        """The code under which a procedure is answered, whatever code it was asked by; None for an unknown one."""
        return self._by_any_code.get(code)

    def get(self, code: str) -> Record | None:
        """The curated record of a code (old and city codes too), else its index entry, else None."""
        canonical = self._by_any_code.get(code)
        if canonical is None:
            return None
        return self.procedures.get(canonical) or self.index.get(canonical)

    def gone(self, code: str) -> bool:
        """True for a procedure that the portal lists no more, until somebody has looked into it."""
        review = self.under_review(code)
        return review is not None and review.why == "gone"

    def replaced(self, code: str) -> bool:
        """True for an old code that a newer one has taken the place of."""
        record, entry = self.get(code), self.index.get(code)
        if record is None or record.code == code:
            return False
        named = isinstance(record, Procedure) and code in record.superseded_codes
        return named or bool(entry and entry.superseded_by)

    def under_review(self, code: str) -> Review | None:
        """Why the record of a code waits to be compared with the portal; None where it does not."""
        record = self.get(code)
        return self.reviews.get(record.code) if record else None

    @cached_property
    def search(self) -> Search:
        """The search over everything that is answered under a code of its own."""
        return Search(self._entries, self.lexicon.carriers, self.lexicon.qualifiers, self.wording)

    @cached_property
    def likeness(self) -> Likeness:
        """The labelled questions, for telling what kind a message is."""
        return Likeness(self.examples, [message.folded for message in self._asked])

    @cached_property
    def _asked(self) -> list[Normalised]:
        """The labelled questions, normalised."""
        return [normalise(example.text, self.lexicon) for example in self.examples]

    def take_over(self, older: Catalogue) -> None:
        """Takes what was made of the labelled questions from an older catalogue, where they are the same."""
        if (self.examples, self.lexicon) == (older.examples, older.lexicon):
            made = ("_asked", "likeness")
            self.__dict__.update({name: older.__dict__[name] for name in made if name in older.__dict__})

    def find(self, topic: str, text: str = "", most: int = 8) -> list[Hit]:
        """The procedures that a message may be about, best first; everyday words in it count for their official names.

        ``topic`` is folded, without the words that only ask; ``text`` is the whole message.
        """
        if not topic:
            return []
        everyday = official_names(topic, self.lexicon.everyday)
        meant = [(name, share_of(word, topic, self.lexicon.carriers)) for word, name in everyday]
        return self.search.find(topic, text, most, meant)

    def relative(self, code: str, text: str) -> str | None:
        """The procedure about the same thing as this one that does what a follow-up says; None for none."""
        record = self.get(code)
        message = normalise(text, self.lexicon)
        return relative(record.name, message.text, self._names, self.lexicon.acts) if record else None

    @cached_property
    def _names(self) -> dict[str, str]:
        """The name of everything that is answered under a code of its own, ours first, then by level."""
        return {entry.code: entry.names[0] for entry in sorted(self._entries, key=rank, reverse=True)}

    def look(self, message: Normalised, aside: Iterable[tuple[int, int]] = (), most: int = 8) -> Finding:
        """The procedures that a message may be about, and how sure that is.

        ``aside``: spans of the folded message that tell nothing of the procedure, beside those that ask for an aspect.
        """
        asking = [(found.start, found.end) for found in find_aspects(message, self.lexicon)]
        topic = topic_of(message.folded, [*asking, *aside], self.lexicon.carriers)
        hits = self.find(topic, message.text, most)
        if not hits:
            return Finding()
        evidence = self._evidence(hits, message, topic, bool(asking))
        chances = self.certainty.judge(evidence, self.wording is not None) if self.certainty else None
        return Finding(tuple(hits), evidence, chances)

    def _evidence(self, hits: Sequence[Hit], message: Normalised, topic: str, asks: bool) -> Evidence:
        names = [record.name for hit in hits if (record := self.get(hit.code))]
        acts = self.lexicon.acts
        return Evidence(
            hits, len(topic.split()), asks, hits[0].code in self.procedures, siblings(names, acts),
            acts.says_first(message.text), acts.says_other(message.text), self.likeness.of(message.folded),
        )  # fmt: skip

    @cached_property
    def _entries(self) -> list[Entry]:
        """Everything that is answered under a code of its own."""
        return list(self._make_entries())

    def _make_entries(self) -> Iterable[Entry]:
        covered = {code for record in self.procedures.values() for code in record.codes}
        taken = {fold(alias) for record in self.procedures.values() for alias in record.aliases}
        examples = self._examples_by_code()
        for record in self.procedures.values():
            known = self.index.get(record.code)
            names = [record.name, record.plain_name, *([known.name] if known else [])]
            levels = tuple(record.levels)
            aliases, asked = tuple(record.aliases), tuple(examples.get(record.code, ()))
            yield Entry(record.code, tuple(dict.fromkeys(names)), aliases, levels, True, asked, tuple(record.codes))
        for entry in self.index.values():
            if entry.code not in covered and not entry.superseded_by:
                said = tuple(n for n in self.everyday_names.get(entry.code, ()) if fold(n) not in taken)
                asked = tuple(examples.get(entry.code, ()))
                yield Entry(entry.code, (entry.name,), said, tuple(entry.levels), False, asked, (entry.code,))

    def _examples_by_code(self) -> dict[str, list[str]]:
        """What each procedure was asked by, as the search sees a question: without the words that only ask."""
        found: dict[str, list[str]] = {}
        for example, message in zip(self.examples, self._asked, strict=True):
            if example.ask or not example.codes:
                continue
            topic = topic_in(message, self.lexicon)
            for code in dict.fromkeys(self.canonical(code) or code for code in example.codes[:MOST_OWNERS]):
                found.setdefault(code, []).append(topic)
        return found
