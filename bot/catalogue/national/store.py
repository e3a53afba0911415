"""The imported catalogue in PostgreSQL: the portal's wording of every procedure a person in Đồng Nai can use.

One row a procedure. An import is one transaction: readers see the state before it or after it, and a killed import
leaves the state before it. ``DATABASE_URL`` says where; a database without the tables is an empty store.
"""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from bot.catalogue.models import IndexEntry
from bot.catalogue.national.crawl import BadLine, CrawlRecord
from bot.catalogue.national.text import PortalText, full_text_of, portal_text_of
from bot.catalogue.national.wording import Wording
from bot.language.unicode import fold

TABLES = """
CREATE TABLE IF NOT EXISTS catalogue_import (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, source text NOT NULL, at timestamptz NOT NULL DEFAULT now(),
    new integer NOT NULL, changed integer NOT NULL, gone integer NOT NULL, wording bytea);
CREATE TABLE IF NOT EXISTS catalogue_text (
    code text PRIMARY KEY, digest text NOT NULL, entry json NOT NULL, text json NOT NULL)"""
FRESH = """CREATE TEMP TABLE fresh (code text, digest text, entry json, text json, place bigint) ON COMMIT DROP"""
CHANGES = """
WITH one AS (SELECT DISTINCT ON (code) code, digest, entry, text FROM fresh ORDER BY code, place DESC),
written AS (
    INSERT INTO catalogue_text AS old SELECT * FROM one ON CONFLICT (code) DO UPDATE
    SET digest = excluded.digest, entry = excluded.entry, text = excluded.text WHERE old.digest <> excluded.digest
    RETURNING xmax = 0 AS new),
gone AS (DELETE FROM catalogue_text WHERE code NOT IN (SELECT code FROM one) RETURNING 1)
SELECT count(*) FILTER (WHERE new), count(*) FILTER (WHERE NOT new), (SELECT count(*) FROM gone) FROM written"""
NOTED = "INSERT INTO catalogue_import (source, new, changed, gone, wording) VALUES (%s, %s, %s, %s, %s)"
LOCK = "SELECT pg_advisory_xact_lock(hashtext('catalogue_import'))"


class StoreError(RuntimeError):
    """The database of the imported catalogue cannot be reached or refuses; says why."""


@dataclass
class Report:
    """What came of an import. ``left_out``: good records of no use here, by reason; ``bad``: the lines skipped."""

    new: int = 0
    changed: int = 0
    gone: int = 0
    kept: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    bad: list[BadLine] = field(default_factory=list)


class Store:
    """The imported texts behind one database address."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = threading.Lock()
        self._reader: psycopg.Connection | None = None

    def _connect(self, **options: Any) -> psycopg.Connection:
        try:
            return psycopg.connect(self._url, connect_timeout=5, **options)
        except psycopg.Error as error:
            raise StoreError(f"the database cannot be reached: {error}") from None

    def _read(self, query: LiteralString, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Rows over one connection that is kept: opening one takes longer than asking it."""
        with self._lock:
            try:
                if self._reader is None or self._reader.closed:
                    self._reader = self._connect(autocommit=True)
                return self._reader.execute(query, values).fetchall()
            except psycopg.errors.UndefinedTable:  # before the first import
                return []
            except psycopg.Error as error:
                self.close()
                raise StoreError(f"the imported catalogue cannot be read: {error}") from None

    def close(self) -> None:
        """Gives the connection back."""
        if self._reader is not None:
            self._reader.close()
        self._reader = None

    def version(self) -> int:
        """Grows with every import that changed something; 0 before the first. Raises StoreError."""
        rows = self._read("SELECT coalesce(max(id), 0) FROM catalogue_import")
        return int(rows[0][0]) if rows else 0

    def entries(self) -> list[IndexEntry]:
        """The facts of every imported procedure. Raises StoreError."""
        return [IndexEntry.parse_obj(row[0]) for row in self._read("SELECT entry FROM catalogue_text")]

    def wording(self) -> Wording | None:
        """The words of all imported texts; None before the first import. Raises StoreError."""
        rows = self._read("SELECT wording FROM catalogue_import ORDER BY id DESC LIMIT 1")
        return Wording.loads(rows[0][0]) if rows and rows[0][0] else None

    def text(self, code: str) -> PortalText | None:
        """One procedure as the portal words it, None for one that was not imported. Raises StoreError."""
        rows = self._read("SELECT text FROM catalogue_text WHERE code = %s", (code,))
        return PortalText.parse_obj(rows[0][0]) if rows else None

    def take_in(self, records: Iterable[CrawlRecord | BadLine], source: Path) -> Report:
        """Replaces the store by these records, in one transaction.

        A code that comes twice counts as it comes last. Refuses to replace everything by nothing. Raises StoreError,
        and whatever reading ``records`` raises, with nothing changed.
        """
        report, texts = Report(), dict[str, str]()
        with self._connect() as connection:
            try:
                connection.execute(TABLES)
                connection.execute(LOCK)
                connection.execute(FRESH)
                with connection.cursor().copy("COPY fresh FROM STDIN") as copy:
                    for place, row in enumerate(_rows(records, report, texts)):
                        copy.write_row((*row, place))
                if not report.kept:
                    raise StoreError(f"{source.name} holds no usable record; the store was left as it was")
                row_counts = connection.execute(CHANGES).fetchone() or (0, 0, 0)
                report.new, report.changed, report.gone = row_counts
                if any(row_counts):
                    wording = Wording.build(texts)
                    kept = wording.dumps() if wording else None
                    connection.execute(NOTED, (source.name, *row_counts, kept))
            except psycopg.Error as error:
                raise StoreError(f"the import was not taken in: {error}") from None
        return report


def _rows(
    records: Iterable[CrawlRecord | BadLine], report: Report, texts: dict[str, str]
) -> Iterator[tuple[str, str, str, str]]:
    """The rows of the usable records; what they say is added to ``texts``, by code, folded."""
    for record in records:
        if isinstance(record, BadLine):
            report.bad.append(record)
        elif reason := record.left_out_because:
            report.left_out[reason] += 1
        else:
            report.kept += 1
            text = portal_text_of(record)
            texts[record.code] = fold(" ".join([record.name, *full_text_of(record)]))
            written = text.json(exclude_defaults=True, ensure_ascii=False)
            entry = text.entry.json(exclude_defaults=True, ensure_ascii=False)
            yield record.code, hashlib.blake2b(written.encode(), digest_size=16).hexdigest(), entry, written
