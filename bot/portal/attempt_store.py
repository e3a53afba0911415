"""The attempts in PostgreSQL: what one process counted, every other process counts too, and a restart forgets nothing.

One row an attempt and key; keys are keyed digests (``limits.Attempts``). ``DATABASE_URL`` says where. Rows older than a
day are deleted as new ones come.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString

import psycopg

from bot.portal.limits import DAY

TABLE = """
SELECT pg_advisory_xact_lock(hashtext('portal_attempt'));
CREATE TABLE IF NOT EXISTS portal_attempt (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, key text NOT NULL, at timestamptz NOT NULL);
CREATE INDEX IF NOT EXISTS portal_attempt_key ON portal_attempt (key, at);
CREATE INDEX IF NOT EXISTS portal_attempt_at ON portal_attempt (at)"""
"""One transaction. The lock: of two processes that both find no table, one would fail."""
ADD = "INSERT INTO portal_attempt (key, at) SELECT unnest(%s::text[]), %s"
FORGET = "DELETE FROM portal_attempt WHERE at < %s"
REMOVE = """DELETE FROM portal_attempt WHERE id IN (
    SELECT min(id) FROM portal_attempt WHERE key = ANY(%s) AND at = %s GROUP BY key)"""
"""One row a key: another attempt may have been made in the same microsecond."""
CLEAR = "DELETE FROM portal_attempt WHERE key = %s"
SINCE = "SELECT at FROM portal_attempt WHERE key = %s AND at > %s ORDER BY at"
PATIENCE = "-c statement_timeout=5000"
"""Milliseconds: a citizen waits meanwhile."""


class AttemptStoreError(RuntimeError):
    """Attempts cannot be counted now, so none may be made; says why."""


class PostgresStore:
    """An ``AttemptStore`` behind one database address. Safe for threads. Every method raises AttemptStoreError."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = threading.Lock()
        self._connection: psycopg.Connection | None = None

    def add(self, keys: Sequence[str], at: datetime) -> None:
        self._run(FORGET, (at - DAY,))
        self._run(ADD, (list(keys), at))

    def remove(self, keys: Sequence[str], at: datetime) -> None:
        self._run(REMOVE, (list(keys), at))

    def clear(self, key: str) -> None:
        self._run(CLEAR, (key,))

    def since(self, key: str, moment: datetime) -> Sequence[datetime]:
        return [row[0] for row in self._run(SINCE, (key, moment))]

    def close(self) -> None:
        """Gives the connection back."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _run(self, query: LiteralString, values: Sequence[object]) -> list[tuple[Any, ...]]:
        """Runs one statement, once more on a new connection where the server had closed the old one."""
        with self._lock:
            try:
                try:
                    return self._ask(query, values)
                except psycopg.OperationalError:
                    self.close()
                    return self._ask(query, values)
            except psycopg.Error as error:
                self.close()
                raise AttemptStoreError(f"attempts cannot be counted: {type(error).__name__}") from None

    def _ask(self, query: LiteralString, values: Sequence[object]) -> list[tuple[Any, ...]]:
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(self._url, autocommit=True, connect_timeout=5, options=PATIENCE)
            self._connection.execute(TABLE)
        cursor = self._connection.execute(query, values)
        return cursor.fetchall() if cursor.description else []
