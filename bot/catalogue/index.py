"""Building the index from the national crawl: facts only, none of the portal's sentences."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from bot.catalogue.models import CODE, IndexEntry, Online
from bot.catalogue.national.crawl import CITY, BadLine, CrawlRecord, read_crawl

LATE_CRAWL_DAY = date(2026, 7, 18)
ONLINE: dict[str, Online] = {"toàn trình": "full", "một phần": "partial", "không trực tuyến": "none"}
UNITS = {"WORKING_DAY": "ngày làm việc", "DAY": "ngày", "HOUR": "giờ", "MONTH": "tháng", "YEAR": "năm"}
DECISION = re.compile(r"\d+[\w.]*/QĐ-[A-ZĐ0-9-]+")
OTHER_PLACE = re.compile(r"huyện|Hà Nội|Hồ Chí Minh|Hải Phòng|Đà Nẵng|Cần Thơ|Phòng Tư pháp", re.IGNORECASE)
LONGEST_RESULT = 110
LONGEST_AGENCY = 160


@dataclass
class Built:
    """What came of a crawl file: the entries, and how many records stayed out for which reason."""

    entries: list[IndexEntry] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


def _time(record: CrawlRecord) -> str:
    """The one published time limit; empty where there is none or several that contradict each other."""
    found = set()
    for method in record.methods:
        value, unit = method.time_value, UNITS.get(method.time_unit or "")
        if isinstance(value, float) and value > 0 and unit:
            found.add(f"{value:g} {unit}".replace(".", ","))
    return found.pop() if len(found) == 1 else ""


def _fee(record: CrawlRecord) -> int | None:
    """The one published amount in đồng that carries no condition; None otherwise. Zero is not a published fee."""
    fees = [fee for method in record.methods for fee in method.fees]
    if any(fee.note or fee.currency != "VND" or not fee.amount or fee.amount < 0 for fee in fees):
        return None
    found = {fee.amount for fee in fees}
    return found.pop() if len(found) == 1 else None


def _agency(record: CrawlRecord) -> str:
    agency = " ".join((record.agency or "").split())
    return "" if OTHER_PLACE.search(agency) or len(agency) > LONGEST_AGENCY else agency


def _name(record: CrawlRecord) -> str:
    name = re.sub(r"^Thủ tục(?: hành chính)?:?\s+", "", " ".join(record.name.split()))
    return name[:1].upper() + name[1:]


def _crawled_on(record: CrawlRecord) -> date:
    try:
        return date.fromisoformat(record.crawl_date or "")
    except ValueError:
        return LATE_CRAWL_DAY


def entry_of(record: CrawlRecord) -> IndexEntry:
    """The facts of one crawl record."""
    decision = record.decision_no or ""
    real = bool(DECISION.fullmatch(decision))
    results = [" ".join(r.split()) for r in record.result]
    return IndexEntry(
        code=record.code,
        name=_name(record),
        field=record.field or "",
        levels=record.level,
        agency=_agency(record),
        online=ONLINE.get(record.online_level or "", "unknown"),
        time=_time(record),
        fee=_fee(record),
        results=[r for r in results if r and len(r) <= LONGEST_RESULT and not OTHER_PLACE.search(r)][:2],
        decision=f"QĐ {decision}" if real else "",
        decision_date=record.decision_date if real else None,
        own=record.promulgated_code == CITY,
        superseded_by=[code for code in record.superseded_by if CODE.fullmatch(code)],
        checked_on=_crawled_on(record),
    )


def build(file: Path) -> Built:
    """The index of a crawl file, sorted by code. Raises SourceFileError."""
    built = Built()
    for record in read_crawl(file):
        reason = f"line {record.number} {record.problem}" if isinstance(record, BadLine) else record.left_out_because
        if reason:
            built.left_out[reason] += 1
        elif isinstance(record, CrawlRecord):
            built.entries.append(entry_of(record))
    built.entries.sort(key=lambda e: e.code)
    return built


def lines_of(entries: list[IndexEntry]) -> Iterator[str]:
    """One JSON line an entry, without the fields that hold their default."""
    for entry in entries:
        yield json.dumps(json.loads(entry.json(exclude_defaults=True)), ensure_ascii=False, separators=(",", ":"))


def write(entries: list[IndexEntry], file: Path) -> None:
    """Writes the index in one step: a reader sees the old file or the new one, never half of it."""
    fresh = file.with_suffix(".new")
    fresh.write_text("".join(line + "\n" for line in lines_of(entries)), encoding="utf-8")
    fresh.replace(file)
