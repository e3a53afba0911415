"""What the portal changed since we last looked: new, changed and vanished procedures, and the records they touch."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bot.catalogue.index import entry_of
from bot.catalogue.models import IndexEntry, Procedure
from bot.catalogue.national.crawl import CrawlRecord
from bot.catalogue.national.wire import SchemaChanged
from bot.catalogue.review import Review

FACTS = ("decision", "decision_date", "time", "fee", "levels", "online", "agency", "results", "field", "name")
WORDING = "wording"
"""Papers, steps, conditions, notes: what the portal says beyond the facts."""
MOST_LOST = 0.2
LEAST_LOST = 10
"""A fact that more than a fifth of its procedures (and ten of them) lose at once was not taken back by anybody."""


@dataclass(frozen=True)
class Facts:
    """What is known of a procedure. ``wording`` is a digest of its text, empty where only the index is known."""

    entry: IndexEntry
    wording: str = ""


@dataclass(frozen=True)
class Change:
    """``fields``: what differs, of FACTS and WORDING."""

    before: IndexEntry
    after: IndexEntry
    fields: tuple[str, ...]

    @property
    def note(self) -> str:
        """What differs, in words: "time: 5 ngày → 3 ngày; wording"."""
        return "; ".join(
            name if name == WORDING else f"{name}: {_shown(self.before, name)} → {_shown(self.after, name)}"
            for name in self.fields
        )


@dataclass
class Comparison:
    """By code. ``gone``: what we have and the portal lists no more (for us), with the reason."""

    new: dict[str, IndexEntry] = field(default_factory=dict)
    changed: dict[str, Change] = field(default_factory=dict)
    gone: dict[str, tuple[IndexEntry, str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.gone)


def facts_of(record: CrawlRecord) -> Facts:
    """The facts of a record; the wording does not depend on the order in which the portal lists papers."""
    wording = json.loads(record.json(exclude={"crawl_date", "flags", "superseded_by"}, exclude_defaults=True))
    return Facts(entry_of(record), hashlib.blake2b(_in_order(wording).encode(), digest_size=16).hexdigest())


def _in_order(content: Any) -> str:
    if isinstance(content, dict):
        return "{" + ",".join(f"{key}:{_in_order(content[key])}" for key in sorted(content)) + "}"
    if isinstance(content, list):
        return "[" + ",".join(sorted(map(_in_order, content))) + "]"
    return json.dumps(content)


def known_facts(index: Mapping[str, IndexEntry], previous: Iterable[CrawlRecord]) -> dict[str, Facts]:
    """What is known before a refresh: the index, and what the last refresh saw where that is not older.

    An entry that was only seen in use, never in the portal's list, counts as not known.
    """
    known = {code: Facts(entry) for code, entry in index.items() if entry.confirmed}
    for record in previous:
        if record.left_out_because is None:
            facts, have = facts_of(record), known.get(record.code)
            if have is None or facts.entry.checked_on >= have.entry.checked_on:
                known[record.code] = facts
    return known


def compare(known: Mapping[str, Facts], fresh: Mapping[str, Facts], gone: Mapping[str, str]) -> Comparison:
    """``gone``: codes that are no more, and why. Raises SchemaChanged where a fact is lost across the list."""
    out = Comparison()
    for code, facts in fresh.items():
        before = known.get(code)
        if before is None:
            out.new[code] = facts.entry
        elif fields := tuple(_differences(before, facts)):
            out.changed[code] = Change(before.entry, facts.entry, fields)
    out.gone = {code: (known[code].entry, why) for code, why in gone.items() if code in known}
    _refuse_a_loss(known, fresh)
    return out


def _differences(before: Facts, after: Facts) -> Iterator[str]:
    for name in FACTS:
        if _comparable(before.entry, name) != _comparable(after.entry, name):
            yield name
    if before.wording and before.wording != after.wording:
        yield WORDING


def _comparable(entry: IndexEntry, name: str) -> Any:
    value = getattr(entry, name)
    return sorted(value) if isinstance(value, list) else value


def _refuse_a_loss(known: Mapping[str, Facts], fresh: Mapping[str, Facts]) -> None:
    """A field that the portal renamed looks like a fact that all procedures lost."""
    both = [(known[code].entry, facts.entry) for code, facts in fresh.items() if code in known]
    for name in FACTS:
        empty = IndexEntry.__fields__[name].get_default()
        had = [after for before, after in both if getattr(before, name) != empty]
        lost = sum(getattr(after, name) == empty for after in had)
        if lost >= LEAST_LOST and lost > MOST_LOST * len(had):
            raise SchemaChanged(f"what becomes {name!r}", f"is empty in {lost} of {len(had)} procedures that had it")


def reviews_of(records: Iterable[Procedure], comparison: Comparison, day: date) -> list[Review]:
    """The curated records that stand on what changed or vanished, one review each. An old code counts for nothing."""
    reviews = []
    for record in records:
        codes = (record.code, *record.other_codes)
        notes = {code: note for code in codes if (note := _note(comparison, code))}
        if notes:
            content = {
                "code": record.code,
                "since": day,
                "why": "gone" if record.code in comparison.gone else "changed",
                "decision": _decision(comparison, notes),
                "note": "; ".join(note if code == record.code else f"{code}: {note}" for code, note in notes.items()),
            }
            reviews.append(Review.parse_obj(content))
    return reviews


def _note(comparison: Comparison, code: str) -> str:
    if code in comparison.gone:
        return comparison.gone[code][1]
    if code in comparison.changed:
        return comparison.changed[code].note
    return "listed for the first time" if code in comparison.new else ""


def _decision(comparison: Comparison, codes: Iterable[str]) -> str:
    after = [comparison.changed[code].after for code in codes if code in comparison.changed]
    after += [comparison.new[code] for code in codes if code in comparison.new]
    return next((entry.decision for entry in after if entry.decision), "")


def _shown(entry: IndexEntry, name: str) -> str:
    value = getattr(entry, name)
    return (", ".join(value) if isinstance(value, list) else str(value or "")) or "–"
