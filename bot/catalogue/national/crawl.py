"""Reading the national crawl: one JSON object a line, each judged on its own; nothing that a file may hold raises.

``.jsonl``, ``.jsonl.xz`` and ``.jsonl.gz``. Text comes out NFC, without control characters.
"""

from __future__ import annotations

import gzip
import json
import lzma
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO, Any, cast
from unicodedata import category, normalize

from pydantic import BaseModel, Extra, ValidationError, validator

from bot.catalogue.models import CODE, Level

CITY = "H19"
NATIONAL = "G"
WITHDRAWN = "not_in_public_catalog_2026_07_18"
LONGEST_LINE = 8_000_000
"""Bytes. The longest line of 7/2026 has 160,000."""
MAGIC: dict[bytes, Callable[..., Any]] = {b"\xfd7zXZ\x00": lzma.open, b"\x1f\x8b": gzip.open}


class SourceFileError(ValueError):
    """The crawl file is missing, cut off or cannot be read as a whole."""


def tidy(text: str) -> str:
    """NFC, one space between words, lines kept, nothing that a database or a screen cannot take."""
    kept = "".join(c for c in normalize("NFC", text) if c in "\n\t " or category(c)[0] != "C")
    return "\n".join(line for line in (" ".join(raw.split()) for raw in kept.split("\n")) if line)


class Crawled(BaseModel):
    """A part of a crawl record; unknown fields are left alone, text is tidied."""

    class Config:
        extra = Extra.ignore
        allow_mutation = False

    @validator("*", pre=True)
    def tidied(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tidy(value)
        return [tidy(v) if isinstance(v, str) else v for v in value] if isinstance(value, list) else value


class CrawledFee(Crawled):
    amount: int | None = None
    currency: str | None = None
    note: str | None = None


class CrawledMethod(Crawled):
    """A way to file. ``time_value`` is a number, or a dash or a whole paragraph in 263 records."""

    channel: str | None = None
    time_value: float | str | None = None
    time_unit: str | None = None
    note: str | None = None
    fees: list[CrawledFee] = []


class CrawledPaper(Crawled):
    name: str
    case: str | None = None
    originals: int | None = None
    copies: int | None = None


class CrawledStep(Crawled):
    name: str | None = None
    text: str | None = None


class CrawledLaw(Crawled):
    code: str | None = None
    name: str | None = None


class CrawlRecord(Crawled):
    """One procedure as the portal publishes it (fields: the crawl's own names)."""

    code: str
    name: str
    field: str | None = None
    level: list[Level] = []
    agency: str | None = None
    promulgated_code: str | None = None
    type: str | None = None
    decision_no: str | None = None
    decision_date: date | None = None
    steps: list[CrawledStep] = []
    documents: list[CrawledPaper] = []
    methods: list[CrawledMethod] = []
    conditions: str | None = None
    result: list[str] = []
    legal_basis: list[CrawledLaw] = []
    forms: list[str] = []
    online_level: str | None = None
    flags: list[str] = []
    crawl_date: str | None = None
    superseded_by: list[str] = []

    @validator("name")
    def name_says_something(cls, name: str) -> str:
        if not name:
            raise ValueError("is empty")
        return name

    @property
    def left_out_because(self) -> str | None:
        """Why a person in Đồng Nai cannot use the record, None where they can."""
        publisher = self.promulgated_code or ""
        if not CODE.fullmatch(self.code):
            return "bad code"
        if WITHDRAWN in self.flags:
            return "not in the public catalogue"
        if self.type == "STANDARD_INTERNAL":
            return "internal"
        if "TEST" in (self.decision_no or ""):
            return "trial entry"
        if not publisher.startswith(NATIONAL) and publisher != CITY:
            return "other province or body"
        return None


@dataclass(frozen=True)
class BadLine:
    """A line that is no record, and why."""

    number: int
    problem: str


Opener = Callable[[Path], IO[bytes]]


def _plainly(file: Path) -> IO[bytes]:
    return file.open("rb")


def _unpacked(raw: IO[bytes]) -> IO[bytes]:
    """The bytes unpacked. What packs them is read from their beginning, not from the file's name."""
    head = raw.read(6)
    raw.seek(0)
    for magic, opener in MAGIC.items():
        if head.startswith(magic):
            return cast(IO[bytes], opener(raw, "rb"))
    return raw


def read_crawl(file: Path, opener: Opener = _plainly) -> Iterator[CrawlRecord | BadLine]:
    """Every line as a record or as what is wrong with it; empty lines are passed over.

    ``opener`` opens the packed file: one that counts what was read can show progress. Raises SourceFileError where
    the file is missing or ends in the middle of its packing.
    """
    if not file.is_file():
        raise SourceFileError(f"{file} is missing; give the path of the national crawl (.jsonl, .jsonl.xz, .jsonl.gz)")
    with opener(file) as raw, _unpacked(raw) as lines:
        number = 0
        while True:
            try:
                line = lines.readline(LONGEST_LINE)
            except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
                raise SourceFileError(f"{file}: broken after line {number}: {error}; fetch the file again") from None
            if not line:
                return
            number += 1
            if line.strip():
                yield read_line(number, line)


def read_line(number: int, line: bytes) -> CrawlRecord | BadLine:
    """One line. Never raises for what a line may hold."""
    if len(line) == LONGEST_LINE:
        return BadLine(number, f"is longer than {LONGEST_LINE} bytes")
    try:
        content = json.loads(line)
    except UnicodeDecodeError as error:
        return BadLine(number, f"is not UTF-8 (byte {error.start})")
    except (ValueError, RecursionError) as error:
        return BadLine(number, f"is not JSON: {error}")
    if not isinstance(content, dict):
        return BadLine(number, "is not a JSON object")
    try:
        return CrawlRecord.parse_obj(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return BadLine(number, f"{tidy(str(content.get('code')))[:20]}: {where}: {first['msg']}")
    except (ValueError, OverflowError, RecursionError) as error:  # a day or number beyond what Python holds
        return BadLine(number, f"holds a value that cannot be read: {error}")
