"""What a supplement request asks for: its items, and which papers of the procedure's record they name."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.catalogue.models import Paper
from bot.language.unicode import fold

MOST_ITEMS = 8
ITEM = re.compile(r"\s*(?:[\n;•●▪]|(?<!\S)(?:\d{1,2}[.)/](?=\s|[^\W\d_])|[-–+*](?=\s)))\s*")
LEAD = re.compile(r"[^:]{0,60}:")
PARTS = re.compile(r",|;|/|\(|\)|\bhoặc\b|\bvà\b|\bhay\b")
DETAILS = frozenset("cua con co phai da ve theo neu cho de mau khong tu thi noi nguoi khi do".split())
"""Words that begin what a name only adds: 'căn cước | còn hạn', 'tờ khai thuế | của hộ'."""
SAY_NOTHING = frozenset({"giay to", "van ban", "ban sao", "ban chinh", "ban goc", "mot giay", "giay khac", "ho so"})
NOUNS = frozenset("giay to don ban bien quyet hop van so the ho can phieu hinh anh bang chung ca danh thong".split())
"""How a paper's name begins, where a line names a second one: '…, hoặc | giấy cam đoan', not '…, | cấp chưa quá'."""
FORMS = ("to khai", "don de nghi", "don dang ky", "phieu khai")
"""A request often says only 'tờ khai': that is the procedure's own, where it has one."""


@dataclass(frozen=True)
class Request:
    """One item in the office's words, and the papers of the record that it names."""

    text: str
    papers: tuple[Paper, ...] = ()


def requests_in(text: str, papers: Sequence[Paper]) -> list[Request]:
    """The items of a request, in order. Every item stays, whether a paper is recognised in it or not."""
    items = [item for item in map(_trimmed, ITEM.split(text)) if any(c.isalnum() for c in item)]
    if len(items) > 1 and LEAD.fullmatch(items[0]):
        items = items[1:]
    return [Request(item, tuple(_named_in(item, papers))) for item in items]


def _trimmed(item: str) -> str:
    return item.strip(" \t.,")


def _named_in(item: str, papers: Sequence[Paper]) -> Iterable[Paper]:
    """The papers named, in the order of the words; where two have the same name, the one told in full, else neither."""
    folded = f" {fold(item)} "
    named = defaultdict[str, list[Paper]](list)
    for paper in papers:
        for core, full in _names(paper.name):
            if f" {core} " in folded:
                named[core].append(paper)
                named[full] += [paper] if full != core and f" {full} " in folded else []
    longest = {core: found for core, found in named.items() if found and not _inside_another(core, named)}
    for form in FORMS:
        own = [paper for paper in papers if f"{fold(paper.name)} ".startswith(f"{form} ")]
        if f" {form} " in folded and not any(core.startswith(form) for core in longest):
            longest[form] = own
    told = sorted(longest, key=lambda core: folded.index(f" {core} "))
    return {longest[core][0].name: longest[core][0] for core in told if len(longest[core]) == 1}.values()


def _inside_another(core: str, named: dict[str, list[Paper]]) -> bool:
    return any(found and core != other and f" {core} " in f" {other} " for other, found in named.items())


def _names(name: str) -> Iterable[tuple[str, str]]:
    """The papers that one line of a record speaks of, each without and with what the line adds to it (folded)."""
    for place, part in enumerate(PARTS.split(name.lower())):
        words = fold(part).split()
        end = next((n for n, word in enumerate(words) if word in DETAILS and n >= 2), len(words))
        core = " ".join(words[:end])
        if end >= 2 and core not in SAY_NOTHING and (place == 0 or words[0] in NOUNS):
            yield core, " ".join(words)
