"""The catalogue of a running process: taken up anew when a file changes or a new list was imported."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.certainty import CERTAINTY_FILE
from bot.catalogue.elsewhere import FOLDER
from bot.catalogue.loading import CatalogueError
from bot.catalogue.models import IndexEntry
from bot.catalogue.national.store import Store, StoreError
from bot.catalogue.national.text import PortalText
from bot.catalogue.national.wording import Wording
from bot.catalogue.phrases import PhraseError
from bot.catalogue.review import REVIEW_FILE
from bot.language.lexicon import LexiconError
from bot.settings import Settings

logger = logging.getLogger(__name__)

Signature = tuple[tuple[str, int, int], ...]


class LiveCatalogue:
    """Looks for changed files and a newer import every ``check_seconds`` and takes them up.

    A file that breaks is left out with a warning; the rest of the change is taken up. Where nothing can be read,
    the last good catalogue stays. Without a ``store``, or while it cannot be reached, the committed files answer.
    ``beside``: a change is read by a thread of its own while the old catalogue answers on. ``make_ready`` is called
    with each catalogue before it is the current one.
    """

    def __init__(
        self,
        data: Path,
        check_seconds: float = 2.0,
        store: Store | None = None,
        clock: Callable[[], float] = time.monotonic,
        beside: bool = False,
        make_ready: Callable[[Catalogue], object] = lambda catalogue: None,
    ) -> None:
        self._data, self._check_seconds, self._store, self._clock = data, check_seconds, store, clock
        self._lock, self._beside, self._make_ready = threading.Lock(), beside, make_ready
        self._making: threading.Thread | None = None
        self._imported: list[IndexEntry] = []
        self._wording: Wording | None = None
        self._version = 0
        self._seen = self._signature()
        self._checked = clock()
        self._read_import()
        self._current = Catalogue.load(data, self._imported, self._wording)
        make_ready(self._current)
        self._report()

    @classmethod
    def of(cls, known: Settings, make_ready: Callable[[Catalogue], object] = lambda catalogue: None) -> LiveCatalogue:
        """The catalogue that the settings name, changes read beside."""
        store = Store(known.database_url) if known.database_url else None
        return cls(known.data, known.catalogue_check_seconds, store, beside=True, make_ready=make_ready)

    def portal_text(self, code: str) -> PortalText | None:
        """The portal's wording of an imported procedure; None where there is none, or none can be had now."""
        try:
            return self._store.text(code) if self._store else None
        except StoreError as error:
            logger.error("catalogue: %s", error)
            return None

    def current(self) -> Catalogue:
        """The catalogue as the files are now (at most ``check_seconds`` old, and what a change takes to be read)."""
        with self._lock:
            if self._clock() - self._checked >= self._check_seconds:
                self._checked = self._clock()
                if not self._beside:
                    self._take_up_changes()
                elif self._making is None or not self._making.is_alive():
                    self._making = threading.Thread(target=self._take_up_changes, name="catalogue", daemon=True)
                    self._making.start()
            return self._current

    def _take_up_changes(self) -> None:
        seen = self._signature()
        if not self._read_import() and seen == self._seen:
            return
        self._seen = seen
        try:
            fresh = Catalogue.load(self._data, self._imported, self._wording)
        except (CatalogueError, PhraseError, LexiconError, OSError) as error:
            logger.error("catalogue: the change was not taken up: %s", error)
            return
        kept = {code: record for code, record in self._current.procedures.items() if self._broken(code, fresh)}
        reviews = {**self._current.reviews, **fresh.reviews} if self._review_broken(fresh) else fresh.reviews
        events = fresh.life_events.with_kept(self._current.life_events, fresh.errors)
        places = fresh.places if fresh.places.usable else self._current.places
        elsewhere = fresh.elsewhere.with_kept(self._current.elsewhere, fresh.errors)
        ready = replace(
            fresh, procedures={**fresh.procedures, **kept}, reviews=reviews, life_events=events, places=places,
            elsewhere=elsewhere,
        )  # fmt: skip
        ready.take_over(self._current)
        self._make_ready(ready)
        self._current = ready
        self._report()

    def _read_import(self) -> bool:
        """True where another import is there than at the last look."""
        try:
            version = self._store.version() if self._store else 0
            if version == self._version:
                return False
            self._imported = self._store.entries() if self._store else []
            self._wording = self._store.wording() if self._store else None
        except StoreError as error:
            logger.error("catalogue: %s", error)
            return False
        self._version = version
        return True

    @staticmethod
    def _broken(code: str, fresh: Catalogue) -> bool:
        return code not in fresh.procedures and any(error.file.stem == code for error in fresh.errors)

    @staticmethod
    def _review_broken(fresh: Catalogue) -> bool:
        return any(error.file.name == REVIEW_FILE for error in fresh.errors)

    def _report(self) -> None:
        for error in self._current.errors:
            logger.warning("catalogue: %s", error)

    def _signature(self) -> Signature:
        out = []
        for folder, pattern in (
            ("procedures", "**/*.yml"),
            ("index", "**/*"),
            ("linking", "*.yml"),
            ("responses", "*.yml"),
            ("lexicon", "*.yml"),
            ("life_events", "*.yml"),
            ("places", "*.yml"),
            (FOLDER, "*.yml"),
            (".", REVIEW_FILE),
            (".", CERTAINTY_FILE),
        ):
            for file in sorted((self._data / folder).glob(pattern)):
                try:
                    stat = file.stat()
                except FileNotFoundError:  # taken away between the listing and now
                    continue
                out.append((str(file), stat.st_mtime_ns, stat.st_size))
        return tuple(out)
