"""The words of our field: what procedures and places are called, and how people ask for them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import yaml

from bot.catalogue.catalogue import Catalogue
from bot.language.unicode import fold

LEAST_SAID, LONGEST = 3, 9
"""A word said less often may be a slip itself; no syllable has more than seven letters, loan words a few more."""


def words_of(catalogue: Catalogue, data: Path) -> dict[int, list[str]]:
    """How often words are said -> the folded words said so often. ``data``: the folder ``nlu_data``."""
    said = Counter(word for text in (*_texts(catalogue), *_sentences(data / "nlu")) for word in fold(text).split())
    for file in (data / "places").glob("*.yml"):
        said.update({word: LEAST_SAID for word in set(fold(file.read_text(encoding="utf-8")).split())})
    by_count: defaultdict[int, list[str]] = defaultdict(list)
    for word, often in sorted(said.items()):
        if often >= LEAST_SAID and word.isalpha() and len(word) <= LONGEST:
            by_count[often].append(word)
    return dict(sorted(by_count.items(), reverse=True))


def _texts(catalogue: Catalogue) -> Iterator[str]:
    for entry in catalogue.index.values():
        yield entry.name
        yield from catalogue.everyday_names.get(entry.code, ())
    for record in catalogue.procedures.values():
        yield from (record.name, record.plain_name, record.situation, *record.aliases)
    yield from (example.text for example in catalogue.examples)


def _sentences(folder: Path) -> Iterator[str]:
    for file in sorted(folder.rglob("*.yml")):
        for entry in yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["nlu"]:
            yield from entry["examples"].splitlines()
