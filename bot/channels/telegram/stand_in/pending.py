"""The updates that the bot has not been told yet: polled by it, or taken by the sender of webhooks."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from bot.channels.telegram.stand_in.constants import LONGEST_RETRY_SECONDS
from bot.channels.telegram.stand_in.errors import ApiError
from bot.channels.telegram.stand_in.switches import Switches

Update = dict[str, Any]
DUPLICATE_SECONDS = 0.05
NOT_BY_DEFAULT = {"chat_member", "message_reaction", "message_reaction_count"}


@dataclass
class Webhook:
    """Where updates are told. ``allowed`` is kept for polling too; empty is Telegram's default."""

    url: str = ""
    secret: str = ""
    max_connections: int = 40
    allowed: list[str] = field(default_factory=list)
    last_error_at: int = 0
    last_error: str = ""


@dataclass(eq=False)
class Entry:
    """One update on its way. ``again``: the bot has taken it already."""

    update: Update
    chat: int
    due: float = 0.0
    tries: int = 0
    again: bool = False

    @property
    def id(self) -> int:
        return int(self.update["update_id"])


class Pending:
    """One lane a chat, so that its updates stay in order. ``changed`` guards everything."""

    def __init__(self, first_id: int = 700_000_001) -> None:
        self.changed = threading.Condition()
        self.switches = Switches()
        self._next_id = first_id
        self._poller = 0
        self._chance = random.Random(7)
        self.clear()

    def clear(self) -> None:
        """Forgets the updates and the webhook."""
        with self.changed:
            self._lanes: dict[int, deque[Entry]] = {}
            self._busy: set[int] = set()
            self.webhook = Webhook()
            self.counts: Counter[str] = Counter()
            self.changed.notify_all()

    def add(self, chat: int, kind: str, content: dict[str, Any]) -> int:
        """A new update; its id, 0 where the bot did not ask for this kind."""
        with self.changed:
            allowed = self.webhook.allowed
            if kind not in allowed if allowed else kind in NOT_BY_DEFAULT:
                return 0
            update_id = self._next_id
            self._next_id += 1
            self._lanes.setdefault(chat, deque()).append(Entry({"update_id": update_id, kind: content}, chat))
            self.counts["updates"] += 1
            self.changed.notify()
            return update_id

    def waiting(self) -> int:
        """How many updates the bot has not taken."""
        with self.changed:
            return sum(not entry.again for lane in self._lanes.values() for entry in lane)

    def drop(self) -> None:
        """Forgets what waits."""
        with self.changed:
            self._lanes.clear()

    # Polling

    def poll(self, offset: int, limit: int, seconds: float) -> list[Update]:
        """What waits from this offset on; what lies before it is forgotten. Raises ApiError (409)."""
        deadline = time.monotonic() + seconds
        with self.changed:
            self._poller += 1
            me = self._poller
            self.changed.notify_all()
            while True:
                if self.webhook.url:
                    raise ApiError(
                        409,
                        "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the"
                        " webhook first",
                    )
                if me != self._poller:
                    raise ApiError(
                        409,
                        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is"
                        " running",
                    )
                updates = self._confirmed(offset)[:limit]
                left = deadline - time.monotonic()
                if updates or left <= 0:
                    self.counts["polled"] += len(updates)
                    return updates
                self.changed.wait(left)

    def _confirmed(self, offset: int) -> list[Update]:
        known = sorted(entry.id for lane in self._lanes.values() for entry in lane if not entry.again)
        if offset < 0:
            offset = known[max(0, len(known) + offset)] if known else 0
        for chat, lane in list(self._lanes.items()):
            while lane and (lane[0].id < offset or lane[0].again):
                lane.popleft()
            if not lane:
                del self._lanes[chat]
        entries = (entry for lane in self._lanes.values() for entry in lane if not entry.again)
        return [entry.update for entry in sorted(entries, key=lambda entry: entry.id)]

    # The webhook

    def take(self, seconds: float) -> tuple[Entry, Webhook] | None:
        """The next update to tell, and where; None where there is none for so long."""
        deadline = time.monotonic() + seconds
        with self.changed:
            while True:
                now = time.monotonic()
                heads = [lane[0] for chat, lane in self._lanes.items() if lane and chat not in self._busy]
                due = [entry for entry in heads if entry.due <= now] if self.webhook.url else []
                if due:
                    entry = self._chance.choice(due) if self.switches.shuffle else min(due, key=lambda one: one.id)
                    self._busy.add(entry.chat)
                    return entry, self.webhook
                if now >= deadline:
                    return None
                soonest = min((entry.due for entry in heads if entry.due > now), default=deadline)
                self.changed.wait(min(deadline, soonest) - now)

    def told(self, entry: Entry, problem: str) -> None:
        """How telling an update went; a problem means that it is told again."""
        with self.changed:
            self.counts["attempts"] += 1
            self._busy.discard(entry.chat)
            lane = self._lanes.get(entry.chat)
            if not lane or lane[0] is not entry:  # dropped meanwhile
                return
            if problem:
                self.counts["failed_attempts"] += 1
                self.webhook.last_error_at, self.webhook.last_error = int(time.time()), problem
                wait = min(2**entry.tries, LONGEST_RETRY_SECONDS) * self.switches.scale
                entry.tries, entry.due = entry.tries + 1, time.monotonic() + wait
            else:
                lane.popleft()
                self.counts["duplicates" if entry.again else "delivered"] += 1
                if not entry.again and self._chance.random() < self.switches.duplicates:
                    lane.insert(1, Entry(entry.update, entry.chat, time.monotonic() + DUPLICATE_SECONDS, again=True))
                if not lane:
                    del self._lanes[entry.chat]
            self.changed.notify()
