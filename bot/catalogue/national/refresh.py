"""Refreshing the catalogue from the national portal: slowly, resumable, and without overwriting anything.

The result is a crawl file ``<day>.jsonl`` beside the journal, for ``motcua procedures index`` and ``… import``. What a
curated record stands on and the portal changed is put under review. The list comes first; it names no date of change,
so every procedure that a person in Đồng Nai can use is asked for in full.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from bot.catalogue.loading import read_index, read_procedures
from bot.catalogue.national.api import PortalApi, Refused, UpstreamError
from bot.catalogue.national.comparison import Comparison, Facts, compare, facts_of, known_facts, reviews_of
from bot.catalogue.national.crawl import CITY, CrawlRecord, read_crawl
from bot.catalogue.national.journal import Journal, open_journal, written
from bot.catalogue.national.wire import Item, PortalError, SchemaChanged, crawl_record
from bot.catalogue.review import REVIEW_FILE, Review, add_reviews, read_reviews

FOLDER = "refresh"
RESULT = re.compile(r"\d{4}-\d{2}-\d{2}\.jsonl")
MOST_GONE = 0.2
"""A larger share of what we know missing from the list is the list's fault."""
FAULTS_IN_A_ROW = 5
"""So many procedures refused or unreadable one after the other are the portal's fault, not theirs."""

Progress = Callable[[str, int, int], None]
"""Hears what is fetched ("list", "procedures"), how many are there and how many there will be."""


class ListIncomplete(PortalError):
    """The portal's list ended early or lacks much of what we know: nothing can be told from it."""


@dataclass
class Refreshed:
    """What came of a refresh.

    ``file``: all that a person in Đồng Nai can use, in the crawl's form. ``before``: the last result, which it was
    compared with over the index. ``refused``: listed, but not given or not readable, by code, with the reason.
    """

    file: Path
    before: Path | None
    listed: int
    kept: int
    left_out: Counter[str]
    refused: dict[str, str]
    comparison: Comparison = field(default_factory=Comparison)
    reviews: list[Review] = field(default_factory=list)

    @property
    def findings(self) -> bool:
        return bool(self.comparison or self.refused or self.reviews)


def refresh(
    portal: PortalApi, data: Path, folder: Path, day: date, fresh: bool = False, progress: Progress = lambda *_: None
) -> Refreshed:
    """Asks the portal for everything, goes on where a killed refresh stopped (``fresh``: begins anew), and compares.

    ``data`` is ``nlu_data``; only its review file is written. ``folder`` holds journal and results. Raises PortalError,
    RefreshRunning, and CatalogueError for a broken file of nlu_data; what was fetched is kept for the next time.
    """
    records, errors = read_procedures(data / "procedures")
    errors += read_reviews(data / REVIEW_FILE)[1]
    if errors:
        raise errors[0]
    index = {entry.code: entry for file in sorted((data / "index").glob("*.jsonl")) for entry in read_index(file)}
    with open_journal(folder, portal.url, day, fresh) as journal:
        before = previous(folder)
        known = known_facts(index, _records(before))
        _fetch_list(portal, journal, known.keys(), progress)
        refused = _fetch_procedures(portal, journal, day, progress)
        seen = _Seen(journal, known, refused)
        done = Refreshed(folder / f"{day}.jsonl", before, len(journal.items), len(seen.facts), seen.left_out, refused)
        try:
            done.comparison = compare(known, seen.facts, seen.gone)
        except SchemaChanged:
            journal.forget()
            raise
        part = _write(done.file.with_suffix(".new"), seen, before)
        # Before the result gets its name: killed in between, the next refresh finds the same changes again.
        done.reviews = add_reviews(data / REVIEW_FILE, reviews_of(records, done.comparison, day))
        part.replace(done.file)
        journal.forget()
    return done


def previous(folder: Path) -> Path | None:
    """The result of the last refresh that came to its end."""
    return max((file for file in folder.glob("*.jsonl") if RESULT.fullmatch(file.name)), default=None)


def _records(file: Path | None) -> Iterator[CrawlRecord]:
    return (record for record in (read_crawl(file) if file else ()) if isinstance(record, CrawlRecord))


def _fetch_list(portal: PortalApi, journal: Journal, known: Set[str], progress: Progress) -> None:
    try:
        while not journal.listed:
            journal.add_page(portal.page(journal.last_id))
            progress("list", len(journal.items), max(journal.total, len(journal.items)))
        _refuse_half_a_list(journal, known)
    except ListIncomplete:
        journal.forget_list()
        raise


def _refuse_half_a_list(journal: Journal, known: Set[str]) -> None:
    missing = journal.total - len(journal.items)
    if missing > max(3, journal.total // 500):  # a few come and go while the pages are turned
        raise ListIncomplete(
            f"the portal's list ended after {len(journal.items)} of {journal.total} procedures; nothing can be told "
            "from half a list, try again later"
        )
    gone = known - {item.code for item in journal.items.values()}
    if len(gone) > MOST_GONE * len(known):
        raise ListIncomplete(
            f"{len(gone)} of our {len(known)} procedures are missing from the portal's list; that is taken for a "
            "fault of the list, nothing is called abolished"
        )


def _fetch_procedures(portal: PortalApi, journal: Journal, day: date, progress: Progress) -> dict[str, str]:
    """What the portal listed but did not give in a readable form, by code."""
    refused: dict[str, str] = {}
    failed_in_a_row = 0
    for done, item in enumerate(journal.items.values(), 1):
        progress("procedures", done, len(journal.items))
        if item.id in journal.fetched or _left_out_because(item, journal.publishers):
            continue
        try:
            journal.add(item, crawl_record(portal.procedure(item), day))
            failed_in_a_row = 0
        except (Refused, SchemaChanged, UpstreamError) as error:
            refused[item.code] = str(error)
            failed_in_a_row += 1
            if failed_in_a_row == FAULTS_IN_A_ROW or len(refused) == len(journal.items):
                raise
    return refused


def _left_out_because(item: Item, publishers: Mapping[str, str]) -> str | None:
    """Why a person here cannot use it, as far as the list tells: a publisher's code is known from its first record."""
    publisher = publishers.get(item.departmentPromulgate, CITY)
    return CrawlRecord(code=item.code, name=item.code, type=item.type, promulgated_code=publisher).left_out_because


class _Seen:
    """What the portal has now. ``facts``: of what is kept; ``gone``: what we knew and do not find again, with why."""

    def __init__(self, journal: Journal, known: Mapping[str, Facts], refused: Mapping[str, str]) -> None:
        self._journal, self._known, self.refused = journal, known, refused
        self.facts: dict[str, Facts] = {}
        self._newest: dict[str, str] = {}
        left_out = {item.code: _left_out_because(item, journal.publishers) for item in journal.items.values()}
        for uuid, record in journal.records():
            left_out[record.code] = record.left_out_because
            # Uuids begin with the time: of two publications of one code the later holds.
            if record.left_out_because is None and uuid > self._newest.get(record.code, ""):
                self._newest[record.code], self.facts[record.code] = uuid, facts_of(record)
        self.left_out = Counter(why for why in left_out.values() if why)
        lost = known.keys() - self.facts.keys() - refused.keys()
        self.gone = {code: left_out.get(code) or "no longer listed" for code in sorted(lost)}

    def records(self) -> Iterator[CrawlRecord]:
        """What is kept. The portal does not say what replaces a procedure; what we know of it stays."""
        for uuid, record in self._journal.records():
            if self._newest.get(record.code) == uuid:
                have = self._known.get(record.code)
                yield record.copy(update={"superseded_by": have.entry.superseded_by}) if have else record


def _write(part: Path, seen: _Seen, before: Path | None) -> Path:
    """The result, not yet under its name. What was refused this time stands as it was last seen."""
    with part.open("w", encoding="utf-8") as out:
        out.writelines(written(record) + "\n" for record in seen.records())
        out.writelines(written(record) + "\n" for record in _records(before) if record.code in seen.refused)
    return part
