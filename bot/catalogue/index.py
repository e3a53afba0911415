"""Building the index from the national crawl: facts only, none of the portal's sentences.

The crawl is one JSON object a line (``.jsonl``, ``.xz`` or ``.gz``). What a person in Đồng Nai can use stays in:
national or the city's own, not internal, in the public catalogue.
"""

from __future__ import annotations

import gzip
import json
import lzma
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import IO, Any

from bot.catalogue.models import CODE, IndexEntry, Online

CITY = "H19"
NATIONAL = "G"
WITHDRAWN = "not_in_public_catalog_2026_07_18"
LATE_CRAWL_DAY = "2026-07-18"
ONLINE: dict[str, Online] = {"toàn trình": "full", "một phần": "partial", "không trực tuyến": "none"}
UNITS = {"WORKING_DAY": "ngày làm việc", "DAY": "ngày", "HOUR": "giờ", "MONTH": "tháng", "YEAR": "năm"}
DECISION = re.compile(r"\d+[\w.]*/QĐ-[A-ZĐ0-9-]+")
OTHER_PLACE = re.compile(r"huyện|Hà Nội|Hồ Chí Minh|Hải Phòng|Đà Nẵng|Cần Thơ|Phòng Tư pháp", re.IGNORECASE)
LONGEST_RESULT = 110
LONGEST_AGENCY = 160


class SourceFileError(ValueError):
    """The crawl file is missing or cannot be read."""


@dataclass
class Built:
    """What came of a crawl file: the entries, and how many records stayed out for which reason."""

    entries: list[IndexEntry] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


def open_crawl(file: Path) -> IO[str]:
    """The crawl as text lines. Raises SourceFileError where the file is missing."""
    if not file.is_file():
        raise SourceFileError(f"{file} is missing; give the path of the national crawl (.jsonl, .jsonl.xz, .jsonl.gz)")
    if file.suffix == ".xz":
        return lzma.open(file, "rt", encoding="utf-8")
    if file.suffix == ".gz":
        return gzip.open(file, "rt", encoding="utf-8")
    return file.open(encoding="utf-8")


def reason_to_leave_out(record: dict[str, Any]) -> str | None:
    """Why a person in Đồng Nai cannot use the record, None where they can."""
    publisher = record.get("promulgated_code") or ""
    if not CODE.fullmatch(record.get("code") or ""):
        return "bad code"
    if WITHDRAWN in (record.get("flags") or []):
        return "not in the public catalogue"
    if record.get("type") == "STANDARD_INTERNAL":
        return "internal"
    if not publisher.startswith(NATIONAL) and publisher != CITY:
        return "other province or body"
    return None


def _time(record: dict[str, Any]) -> str:
    """The one published time limit; empty where there is none or several that contradict each other."""
    found = set()
    for method in record.get("methods") or []:
        value, unit = method.get("time_value"), UNITS.get(method.get("time_unit") or "")
        if isinstance(value, int | float) and value > 0 and unit:
            found.add(f"{value:g} {unit}".replace(".", ","))
    return found.pop() if len(found) == 1 else ""


def _fee(record: dict[str, Any]) -> int | None:
    """The one published amount in đồng that carries no condition; None otherwise. Zero is not a published fee."""
    found = set()
    for method in record.get("methods") or []:
        for fee in method.get("fees") or []:
            if (fee.get("note") or "").strip() or fee.get("currency") != "VND" or not fee.get("amount"):
                return None
            found.add(int(fee["amount"]))
    return found.pop() if len(found) == 1 else None


def _agency(record: dict[str, Any]) -> str:
    agency = " ".join((record.get("agency") or "").split())
    return "" if OTHER_PLACE.search(agency) or len(agency) > LONGEST_AGENCY else agency


def _name(record: dict[str, Any]) -> str:
    name = re.sub(r"^Thủ tục(?: hành chính)?:?\s+", "", " ".join(record["name"].split()))
    return name[:1].upper() + name[1:]


def entry_of(record: dict[str, Any]) -> IndexEntry:
    """The facts of one crawl record."""
    decision = (record.get("decision_no") or "").strip()
    real = bool(DECISION.fullmatch(decision))
    results = [" ".join(r.split()) for r in record.get("result") or []]
    crawled = record.get("crawl_date") or ""
    return IndexEntry(
        code=record["code"],
        name=_name(record),
        field=record.get("field") or "",
        levels=record.get("level") or [],
        agency=_agency(record),
        online=ONLINE.get(record.get("online_level") or "", "unknown"),
        time=_time(record),
        fee=_fee(record),
        results=[r for r in results if r and len(r) <= LONGEST_RESULT and not OTHER_PLACE.search(r)][:2],
        decision=f"QĐ {decision}" if real else "",
        decision_date=record.get("decision_date") if real else None,
        own=record.get("promulgated_code") == CITY,
        superseded_by=record.get("superseded_by") or [],
        checked_on=date.fromisoformat(crawled if re.fullmatch(r"\d{4}-\d\d-\d\d", crawled) else LATE_CRAWL_DAY),
    )


def build(file: Path) -> Built:
    """The index of a crawl file, sorted by code. Raises SourceFileError."""
    built = Built()
    with open_crawl(file) as lines:
        for line in lines:
            record = json.loads(line)
            reason = reason_to_leave_out(record)
            if reason:
                built.left_out[reason] += 1
            else:
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
