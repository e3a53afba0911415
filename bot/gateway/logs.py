"""Log lines: what happened and where, never what somebody wrote.

An error's own words are left out of every traceback: a database's name the row that it refused, with what stands in it.
"""

from __future__ import annotations

import json
import logging
import traceback
from datetime import UTC, datetime
from types import TracebackType

ErrorInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class PlainLine(logging.Formatter):
    """One line for people; a traceback follows it where there is one."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def formatException(self, ei: ErrorInfo) -> str:
        """Where it happened and which kind of error it was."""
        kind, error, _ = ei
        if kind is None or error is None:
            return ""
        return "".join(traceback.format_tb(error.__traceback__)) + kind.__qualname__


class JsonLine(PlainLine):
    """The same as one JSON object, for a collector: ``at`` (UTC), ``level``, ``logger``, ``message``, ``trace``."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info and record.exc_info[0]:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)
