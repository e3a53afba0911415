"""The dossier's tables of a running process: statuses and holidays, taken up anew when their file changes."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from pathlib import Path

from bot.catalogue.loading import CatalogueError
from bot.portal.calendar import HOLIDAYS_FILE, Calendar
from bot.portal.dossier import DossierStatus
from bot.portal.statuses import STATUSES_FILE, Statuses

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Tables:
    """Both files, read."""

    statuses: Statuses
    calendar: Calendar

    @classmethod
    def load(cls, data: Path) -> Tables:
        """Raises CatalogueError, OSError."""
        return cls(Statuses.load(data), Calendar.load(data))


class LiveTables:
    """Looks at the files at every use; a change that breaks one is told and leaves the last good tables.

    Raises CatalogueError where they are broken at the start.
    """

    def __init__(self, data: Path) -> None:
        self._data, self._lock = data, threading.Lock()
        self._seen = self._signature()
        self._current = Tables.load(data)

    def current(self) -> Tables:
        """The tables as the files are now."""
        with self._lock:
            seen = self._signature()
            if seen != self._seen:
                self._seen = seen
                try:
                    self._current = Tables.load(self._data)
                except (CatalogueError, OSError) as error:
                    LOG.error("dossier: the change was not taken up: %s", error)
            return self._current

    def status_of(self, installation_id: str, wording: str) -> DossierStatus:
        """A status by the portal's id and wording, by the tables as they are now."""
        return self.current().statuses.status_of(installation_id, wording)

    def _signature(self) -> tuple[int, ...]:
        files = (self._data / name for name in (STATUSES_FILE, HOLIDAYS_FILE))
        return tuple(file.stat().st_mtime_ns if file.exists() else 0 for file in files)
