"""Judging the curated catalogue: complete, in plain words of our own, every figure with its source.

Findings are made to be read by whoever edits the records. A warning does not count against the catalogue: a record
past its review date is not asserted any more, but nothing in it is wrong.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.models import Procedure
from bot.catalogue.national.crawl import CrawlRecord, read_crawl
from bot.catalogue.national.text import full_text_of
from bot.language.reading import (
    ABBREVIATION,
    EXPLAINED,
    FORM_NUMBER,
    LEGAL_TEXT,
    LONGEST_SENTENCE,
    SENTENCE_END,
)

LEAST_ALIASES = 10
LONGEST_SITUATION = 12
COPIED_RUN = 20
MOST_COPIED = 0.02
DISTRICT = re.compile(r"\b(?:cấp huyện|huyện|Phòng Tư pháp|Phòng Lao động|Sở Lao động|Sở Tài nguyên)\b", re.IGNORECASE)


WHOLE_TEXTS = (
    "plain_name", "for_whom", "situation", "summary", "papers_note", "fee_note", "time_note", "online_how", "result",
    "forms_note", "on_behalf",
)  # fmt: skip
LISTS_OF_TEXTS = ("fee_exempt", "where", "steps", "conditions", "common_mistakes")
PARTS_WITH_TEXTS = {
    "cases": ("name", "advice"),
    "papers": ("name", "where_to_get", "not_needed_when"),
    "fees": ("for_what", "note"),
    "times": ("for_what", "note"),
    "look_alikes": ("situation",),
    "notices": ("text",),
}


@dataclass(frozen=True)
class Finding:
    """One thing to mend: which file, which field, what is wrong and what is right."""

    file: str
    field: str
    problem: str
    warning: bool = False


def check(catalogue: Catalogue, day: date, against: Path | None = None) -> list[Finding]:
    """All findings, sorted by file. ``against`` is a national crawl: what is copied from it is found too.

    Raises SourceFileError where that file cannot be read.
    """
    found = [Finding(error.file.name, error.field, error.problem) for error in catalogue.errors]
    records = list(catalogue.procedures.values())
    portal = _portal_texts(against, {code for r in records for code in r.codes}) if against else {}
    for record in records:
        judged = [
            *_completeness(record),
            *_plain_words(record),
            *_dangling(record, catalogue),
            *_freshness(record, day),
            *_copied(record, portal),
        ]
        found += [Finding(f"{record.code}.yml", *finding) for finding in judged]
    found += _duplicate_aliases(records)
    found += _unknown_codes(catalogue)
    return sorted(found, key=lambda f: (f.warning, f.file, f.field))


Judged = tuple[str, str] | tuple[str, str, bool]


def citizen_texts(record: Procedure) -> Iterator[tuple[str, str]]:
    """Every text of a record that a citizen reads, with its field; official names and legal texts left out."""
    yield from ((name, getattr(record, name)) for name in WHOLE_TEXTS)
    for name in LISTS_OF_TEXTS:
        yield from ((f"{name}.{number}", text) for number, text in enumerate(getattr(record, name), 1))
    for name, parts in PARTS_WITH_TEXTS.items():
        for number, part in enumerate(getattr(record, name), 1):
            yield from ((f"{name}.{number}.{text}", getattr(part, text)) for text in parts)


def _completeness(record: Procedure) -> Iterator[Judged]:
    if len(record.aliases) < LEAST_ALIASES:
        yield "aliases", f"are {len(record.aliases)}; write at least {LEAST_ALIASES}, as people really say it"
    for field in ("common_mistakes", "look_alikes", "source", "decision", "owner"):
        if not getattr(record, field):
            yield field, "is empty; write it"
    if len(record.situation.split()) > LONGEST_SITUATION:
        yield "situation", f"is longer than {LONGEST_SITUATION} syllables; a button shows it"
    if not any(fee.grade != "C" and (fee.free or fee.amount) for fee in record.fees) and not record.fee_note:
        yield "fee_note", "is empty although no confirmed fee is there; say whom to ask"
    if not any(time.grade != "C" for time in record.times) and not record.time_note:
        yield "time_note", "is empty although no confirmed time limit is there; say whom to ask"
    if not record.papers and not record.papers_note:
        yield "papers", "are empty; write them, or say in papers_note that none is needed"
    for number, case in enumerate(record.cases, 1):
        if not case.words:
            yield f"cases.{number}.words", "are empty; how do people say that they are in this case?"


def _plain_words(record: Procedure) -> Iterator[Judged]:
    for field, text in citizen_texts(record):
        for sentence in SENTENCE_END.split(text):
            if (length := len(sentence.split())) > LONGEST_SENTENCE:
                yield field, f"has a sentence of {length} syllables; cut it: {sentence[:60]!r}…"
        bare = FORM_NUMBER.sub(" ", LEGAL_TEXT.sub(" ", text))
        for short in dict.fromkeys(ABBREVIATION.findall(bare)):
            if short not in EXPLAINED:
                yield field, f"has the abbreviation {short}; write it out"
        if district := DISTRICT.search(text):
            yield field, f"names {district.group()!r}, which exists no more; name today's office"


def _dangling(record: Procedure, catalogue: Catalogue) -> Iterator[Judged]:
    named = [("related", code) for code in record.related]
    named += [(f"look_alikes.{n}", look.code) for n, look in enumerate(record.look_alikes, 1)]
    for field, code in named:
        if catalogue.get(code) is None:
            yield field, f"{code} is neither a record nor in the index"
        elif code in record.codes:
            yield field, f"{code} is this record itself"


def _freshness(record: Procedure, day: date) -> Iterator[Judged]:
    if record.freshness(day) == "red":
        yield "review_by", f"{record.review_by} is past; compare the record with its source", True
    figures = [*record.fees, *record.times]
    if figures and not any(fact.in_force(day) for fact in figures):
        yield "fees", "every figure's window has ended or not begun; write the one in force", True


def _duplicate_aliases(records: Iterable[Procedure]) -> Iterator[Finding]:
    owners: dict[str, str] = {}
    for record in records:
        for alias in dict.fromkeys(alias.lower() for alias in record.aliases):
            if (owner := owners.setdefault(alias, record.code)) != record.code:
                yield Finding(f"{record.code}.yml", "aliases", f"{alias!r} stands in {owner}.yml too; keep one")


def _unknown_codes(catalogue: Catalogue) -> Iterator[Finding]:
    named = {code: "index/aliases" for code in catalogue.everyday_names}
    named |= {code: "linking" for example in catalogue.examples for code in example.codes}
    for code, folder in named.items():
        if catalogue.canonical(code) is None:
            yield Finding(folder, code, "is neither a record nor in the index")


def _syllables(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _portal_texts(file: Path, codes: set[str]) -> dict[str, set[tuple[str, ...]]]:
    """For each code the runs of COPIED_RUN syllables of the portal's own wording."""
    out = {}
    for record in read_crawl(file):
        if isinstance(record, CrawlRecord) and record.code in codes:
            out[record.code] = {run for text in full_text_of(record) for run in _runs(_syllables(text))}
    return out


def _runs(syllables: list[str]) -> Iterator[tuple[str, ...]]:
    return (tuple(syllables[i : i + COPIED_RUN]) for i in range(len(syllables) - COPIED_RUN + 1))


def _copied(record: Procedure, portal: dict[str, set[tuple[str, ...]]]) -> Iterator[Judged]:
    """Runs in common with the portal, as a share of the record's own text."""
    theirs = set().union(*(portal.get(code, set()) for code in record.codes))
    total, copied, example = 0, 0, Counter[str]()
    for field, text in citizen_texts(record):
        syllables = _syllables(text)
        total += len(syllables)
        marked = {i + k for i, run in enumerate(_runs(syllables)) if run in theirs for k in range(COPIED_RUN)}
        copied += len(marked)
        example[field] += len(marked)
    if total and copied / total > MOST_COPIED:
        field = example.most_common(1)[0][0]
        yield field, f"{copied} of the record's {total} syllables stand so on the portal; write them in plain words"
