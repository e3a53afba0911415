"""The portal's own wording of a procedure, by aspect: what is answered where no record was written in plain words.

Three things are never asserted: wording of the abolished district level or of abolished offices, a zero or "Miễn phí"
(a placeholder on the portal), and an amount whose window has ended.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from pydantic import Field

from bot.catalogue.index import UNITS, entry_of
from bot.catalogue.models import IndexEntry, Strict
from bot.catalogue.national.crawl import CrawledMethod, CrawlRecord
from bot.catalogue.phrases import Phrases
from bot.language.speaking import money
from bot.turn import Aspect

OLD_WORDING = re.compile(
    r"\bhuyện\b|\bquận\b|Phòng Tư pháp|Phòng Lao động|Phòng Tài nguyên|Phòng Quản lý đô thị|Phòng Tài chính"
    r"|Bộ Kế hoạch và Đầu tư|Bộ Tài nguyên và Môi trường|Bộ Lao động|Bộ Giao thông|Bộ Thông tin và Truyền thông"
    r"|Bộ Nông nghiệp và Phát triển|Sở Kế hoạch và Đầu tư|Sở Tài nguyên và Môi trường|Sở Lao động|Sở Giao thông"
    r"|Sở Thông tin và Truyền thông|Sở Nông nghiệp và Phát triển",
    re.IGNORECASE,
)
PLACEHOLDER = re.compile(r"miễn\s+phí|không\s+thu|không\s+quy\s+định|^0\b|^không$", re.IGNORECASE)
WINDOW_END = re.compile(
    r"\b(?:đến|hết|tới)(?:\s+hết)?(?:\s+ngày)?\s+(\d{1,2})\s*(?:/|-|tháng)\s*(\d{1,2})\s*(?:/|-|năm)\s*(\d{4})",
    re.IGNORECASE,
)
SAID_IF_NONE: tuple[Aspect, ...] = ("fee", "processing_time", "conditions")
"""That none is published is an answer here, as it is for a curated record."""
LONGEST_SECTION = 3000
"""Characters. A longer section is cut at a line's end, and says so."""


class PortalLine(Strict):
    """One line of a section. ``until``: the last day on which it holds."""

    text: str
    until: date | None = None


class PortalText(Strict):
    """A procedure as the portal words it: its facts, its sections, and the sections with old wording."""

    entry: IndexEntry
    sections: dict[Aspect, list[PortalLine]]
    old_wording: list[Aspect] = Field(default_factory=list)


def portal_text_of(record: CrawlRecord) -> PortalText:
    """The sections of a crawl record; one with old wording is named but not kept."""
    written: dict[Aspect, list[PortalLine]] = {
        "documents": list(_papers(record)),
        "fee": list(_fees(record.methods)),
        "processing_time": list(_times(record.methods)),
        "where": _lines([record.agency or ""]),
        "steps": _lines(": ".join(filter(None, (step.name, step.text))) for step in record.steps),
        "conditions": _lines([record.conditions or ""]),
        "forms": _lines(record.forms),
        "result": _lines(record.result),
        "legal_basis": _lines(" ".join(filter(None, (law.name, law.code))) for law in record.legal_basis),
    }
    old: list[Aspect] = [a for a, lines in written.items() if any(OLD_WORDING.search(line.text) for line in lines)]
    kept = {aspect: lines for aspect, lines in written.items() if lines and aspect not in old}
    return PortalText(entry=entry_of(record), sections=kept, old_wording=old)


def full_text_of(record: CrawlRecord) -> Iterator[str]:
    """Everything that a record says, old wording too: for finding, never for telling."""
    yield from (paper.name for paper in record.documents)
    yield from (step.text or "" for step in record.steps)
    yield record.conditions or ""
    yield from record.result
    yield record.agency or ""
    yield from (law.name or "" for law in record.legal_basis)
    yield from (method.note or "" for method in record.methods)


def _lines(texts: Iterable[str]) -> list[PortalLine]:
    return [PortalLine(text=line) for text in texts for line in text.split("\n") if line]


def _papers(record: CrawlRecord) -> Iterator[PortalLine]:
    case = ""
    for paper in record.documents:
        if (paper.case or "") != case:
            case = paper.case or ""
            yield from _lines([f"{case}:"])
        counts = [f"{n} {what}" for n, what in ((paper.originals, "bản chính"), (paper.copies, "bản sao")) if n]
        name = " ".join(paper.name.split("\n"))
        yield PortalLine(text=f"{name} ({', '.join(counts)})" if counts else name)


def _fees(methods: Sequence[CrawledMethod]) -> Iterator[PortalLine]:
    seen = set()
    for method in methods:
        for fee in method.fees:
            note = " ".join((fee.note or "").split("\n"))
            if fee.amount and fee.amount > 0 and fee.currency in (None, "VND"):
                text = f"{money(fee.amount)} ({note})" if note else money(fee.amount)
            else:
                text = "" if PLACEHOLDER.search(note) else note
            if method.channel and text:
                text = f"{method.channel}: {text}"
            if text and text not in seen:
                seen.add(text)
                yield PortalLine(text=text, until=window_end(note))


def window_end(note: str) -> date | None:
    """The last day that a note names ("đến hết ngày 31/12/2025"); None where it names none."""
    found = []
    for day, month, year in WINDOW_END.findall(note):
        try:
            found.append(date(int(year), int(month), int(day)))
        except ValueError:
            continue
    return max(found, default=None)


def _times(methods: Sequence[CrawledMethod]) -> Iterator[PortalLine]:
    seen = set()
    for method in methods:
        unit = UNITS.get(method.time_unit or "")
        if not isinstance(method.time_value, float) or method.time_value <= 0 or not unit:
            continue
        text = f"{method.time_value:g} {unit}".replace(".", ",")
        text = f"{method.channel}: {text}" if method.channel else text
        if text not in seen:
            seen.add(text)
            yield PortalLine(text=text)


class PortalSpeaker:
    """Says a portal text on one day, marked as the portal's wording."""

    def __init__(self, phrases: Phrases, day: date) -> None:
        self._say = phrases.say
        self._day = day

    def say(self, text: PortalText, aspects: Sequence[Aspect]) -> tuple[str, list[Aspect]]:
        """The sections asked (what there is of an overview where none was), and the aspects really answered."""
        asked = [a for a in dict.fromkeys(aspects) if a != "overview"]
        overview: tuple[Aspect, ...] = ("documents", "processing_time", "fee", "where")
        blocks, answered = [self._say("utter_answer_portal_opening", name=text.entry.name)], list[Aspect]()
        for aspect in asked or overview:
            lines = self.section(text, aspect)
            if lines or (aspect in SAID_IF_NONE and aspect not in text.old_wording):
                answered.append(aspect)
            if not lines:
                lines = [self._missing(text, aspect)]
            blocks.append("\n".join([self._say(f"utter_answer_title_{aspect}"), *lines]))
        if not asked and answered:
            answered = ["overview"]
        return "\n\n".join(blocks), answered

    def section(self, text: PortalText, aspect: Aspect) -> list[str]:
        """What holds on this day of one section; empty where there is nothing that may be said."""
        if aspect == "online":
            return [] if text.entry.online == "unknown" else [self._say(f"utter_answer_online_{text.entry.online}")]
        lines = [f"- {line.text}" for line in text.sections.get(aspect, []) if self._holds(line)]
        kept, length = list[str](), 0
        for line in lines:
            length += len(line)
            if length > LONGEST_SECTION:
                return [*kept, self._say("utter_answer_portal_cut")]
            kept.append(line)
        return kept

    def _holds(self, line: PortalLine) -> bool:
        return line.until is None or self._day <= line.until

    def _missing(self, text: PortalText, aspect: Aspect) -> str:
        if aspect in text.old_wording:
            return self._say("utter_answer_portal_old")
        if aspect == "fee":
            return self._say("utter_answer_fee_none")
        if aspect == "processing_time":
            return self._say("utter_answer_time_none")
        if aspect == "conditions":
            return self._say("utter_answer_no_conditions")
        return self._say("utter_answer_portal_none")
