"""The catalogue as one thing: curated records over the index, searchable, and taken up anew when a file changes."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from bot.catalogue.loading import CatalogueError, read_index, read_procedures
from bot.catalogue.models import IndexEntry, Procedure
from bot.catalogue.phrases import PhraseError, Phrases
from bot.catalogue.search import Entry, Search
from bot.language.lexicon import Lexicon, LexiconError

logger = logging.getLogger(__name__)

Record = Procedure | IndexEntry
Signature = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class Catalogue:
    """Curated records, the index, and the bot's sentences. ``errors``: what was wrong with files left out."""

    procedures: dict[str, Procedure]
    index: dict[str, IndexEntry]
    phrases: Phrases
    lexicon: Lexicon
    errors: tuple[CatalogueError, ...] = ()
    _by_any_code: dict[str, str] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        for entry in self.index.values():
            self._by_any_code[entry.code] = entry.code
        for record in self.procedures.values():
            for code in record.codes:
                self._by_any_code[code] = record.code

    @classmethod
    def load(cls, data: Path) -> Catalogue:
        """Everything under ``nlu_data/``; broken records are left out and named in ``errors``.

        Raises CatalogueError for a broken index, PhraseError for broken sentences.
        """
        procedures, errors = read_procedures(data / "procedures")
        index: dict[str, IndexEntry] = {}
        for file in sorted((data / "index").glob("*.jsonl")):
            index |= {entry.code: entry for entry in read_index(file)}
        phrases, lexicon = Phrases.load(data / "responses"), Lexicon.load(data / "lexicon")
        return cls({r.code: r for r in procedures}, index, phrases, lexicon, tuple(errors))

    def canonical(self, code: str) -> str | None:
        """The code under which a procedure is answered, whatever code it was asked by; None for an unknown one."""
        return self._by_any_code.get(code)

    def get(self, code: str) -> Record | None:
        """The curated record of a code (old and city codes too), else its index entry, else None."""
        canonical = self._by_any_code.get(code)
        if canonical is None:
            return None
        return self.procedures.get(canonical) or self.index.get(canonical)

    @cached_property
    def search(self) -> Search:
        """The search over everything that is answered under a code of its own."""
        return Search(list(self._entries()), self.lexicon.carriers, self.lexicon.qualifiers)

    def _entries(self) -> Iterable[Entry]:
        covered = {code for record in self.procedures.values() for code in record.codes}
        for record in self.procedures.values():
            known = self.index.get(record.code)
            names = [record.name, record.plain_name, *([known.name] if known else [])]
            levels = tuple(record.levels)
            yield Entry(record.code, tuple(dict.fromkeys(names)), tuple(record.aliases), levels, curated=True)
        for entry in self.index.values():
            if entry.code not in covered and not entry.superseded_by:
                yield Entry(entry.code, (entry.name,), (), tuple(entry.levels))


class LiveCatalogue:
    """The catalogue of a running process: looks for changed files every ``check_seconds`` and loads them.

    A file that breaks is left out with a warning; the rest of the change is taken up. Where nothing can be read,
    the last good catalogue stays.
    """

    def __init__(self, data: Path, check_seconds: float = 2.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._data, self._check_seconds, self._clock = data, check_seconds, clock
        self._lock = threading.Lock()
        self._seen = self._signature()
        self._checked = clock()
        self._current = Catalogue.load(data)
        self._report()

    def current(self) -> Catalogue:
        """The catalogue as the files are now (at most ``check_seconds`` old)."""
        with self._lock:
            if self._clock() - self._checked >= self._check_seconds:
                self._checked = self._clock()
                self._take_up_changes()
            return self._current

    def _take_up_changes(self) -> None:
        seen = self._signature()
        if seen == self._seen:
            return
        self._seen = seen
        try:
            fresh = Catalogue.load(self._data)
        except (CatalogueError, PhraseError, LexiconError, OSError) as error:
            logger.error("catalogue: the change was not taken up: %s", error)
            return
        kept = {code: record for code, record in self._current.procedures.items() if self._broken(code, fresh)}
        self._current = replace(fresh, procedures={**fresh.procedures, **kept})
        self._report()

    @staticmethod
    def _broken(code: str, fresh: Catalogue) -> bool:
        return code not in fresh.procedures and any(error.file.stem == code for error in fresh.errors)

    def _report(self) -> None:
        for error in self._current.errors:
            logger.warning("catalogue: %s", error)

    def _signature(self) -> Signature:
        out = []
        for folder, pattern in (
            ("procedures", "**/*.yml"),
            ("index", "*.jsonl"),
            ("responses", "*.yml"),
            ("lexicon", "*.yml"),
        ):
            for file in sorted((self._data / folder).glob(pattern)):
                try:
                    stat = file.stat()
                except FileNotFoundError:  # taken away between the listing and now
                    continue
                out.append((str(file), stat.st_mtime_ns, stat.st_size))
        return tuple(out)
