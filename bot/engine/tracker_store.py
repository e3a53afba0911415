"""The tracker store: one document per conversation in PostgreSQL, kept short.

Rasa's SQL store reads and rebuilds every event of a session at each message; it is the largest cost of a turn after
the model. Here a conversation is one row, and what lies further back than ``KEEP_TURNS`` turns is folded into the
slots it left behind.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from typing import Any

import psycopg
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import SerializedTrackerAsDict, TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, Event, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

KEEP_TURNS = 6
TRIM_AT_TURNS = 12
TABLE = """CREATE TABLE IF NOT EXISTS rasa_tracker (
    sender_id text PRIMARY KEY, events text NOT NULL, saved_at timestamptz NOT NULL DEFAULT now())"""
READ = "SELECT events FROM rasa_tracker WHERE sender_id = %s"
WRITE = """INSERT INTO rasa_tracker (sender_id, events) VALUES (%s, %s)
    ON CONFLICT (sender_id) DO UPDATE SET events = excluded.events, saved_at = now()"""


def trimmed(tracker: DialogueStateTracker) -> list[Event]:
    """The events worth keeping: all of a short conversation; of a long one its slots and its last turns."""
    events = list(tracker.events)
    turns = [i for i, event in enumerate(events) if isinstance(event, UserUttered)]
    if len(turns) <= TRIM_AT_TURNS:
        return events
    cut = turns[-KEEP_TURNS]
    before = DialogueStateTracker.from_events(tracker.sender_id, events[:cut], tracker.slots.values())
    kept: list[Event] = [ActionExecuted("action_session_start"), SessionStarted()]
    kept += [SlotSet(name, slot.value) for name, slot in before.slots.items() if slot.value is not None]
    return [*kept, ActionExecuted("action_listen"), *events[cut:]]


class DocumentTrackerStore(TrackerStore, SerializedTrackerAsDict):
    """Named in endpoints.yml as ``bot.engine.tracker_store.DocumentTrackerStore``; ``url`` is the database's."""

    def __init__(
        self, domain: Domain, host: str | None = None, event_broker: EventBroker | None = None, **kwargs: Any
    ) -> None:
        if not host:
            raise ValueError("endpoints.yml: tracker_store: 'url' is missing; it takes DATABASE_URL")
        self._url = host
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._connecting = asyncio.Lock()
        super().__init__(domain, event_broker, **kwargs)

    async def _connected(self) -> psycopg.AsyncConnection[Any]:
        async with self._connecting:
            if self._connection is None or self._connection.closed:
                self._connection = await psycopg.AsyncConnection.connect(
                    self._url, autocommit=True, connect_timeout=5, options="-c statement_timeout=10000"
                )
                await self._connection.execute(TABLE)
            return self._connection

    async def _run(self, query: Any, values: Iterable[Any]) -> psycopg.AsyncCursor[Any]:
        """Runs one statement, once more on a new connection where the server had closed the old one."""
        connection = await self._connected()
        try:
            return await connection.execute(query, tuple(values))
        except psycopg.OperationalError:
            await connection.close()
            return await (await self._connected()).execute(query, tuple(values))

    async def save(self, tracker: DialogueStateTracker) -> None:
        await self.stream_events(tracker)
        events = json.dumps([event.as_dict() for event in trimmed(tracker)], ensure_ascii=False)
        await self._run(WRITE, (tracker.sender_id, events.replace("\\u0000", "")))

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        row = await (await self._run(READ, (sender_id,))).fetchone()
        if row is None:
            return None
        return DialogueStateTracker.from_dict(sender_id, json.loads(row[0]), self.domain.slots)

    async def keys(self) -> list[str]:
        rows = await (await self._run("SELECT sender_id FROM rasa_tracker", ())).fetchall()
        return [row[0] for row in rows]
