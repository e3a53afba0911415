"""The sender of webhooks: signed bytes, two seconds to answer, a ladder of retries, then the address is disabled."""

from __future__ import annotations

import heapq
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

import requests

from bot.channels.zalo.stand_in.constants import LADDER_SECONDS
from bot.channels.zalo.stand_in.events import Event
from bot.channels.zalo.stand_in.signing import headers_for, written
from bot.channels.zalo.stand_in.switches import Style
from bot.channels.zalo.stand_in.world import World

THREADS = 64
"""Deliveries under way at once: with a receiver that hangs for two seconds each, 32 events a second still go out."""
MOST_ANSWER = 64 * 1024
MOST_KEPT = 200_000


@dataclass(frozen=True)
class Attempt:
    """One try: the HTTP status, or None and the problem."""

    at_ms: int
    status: int | None
    seconds: float
    problem: str = ""


@dataclass(eq=False)
class Delivery:
    """One event on its way. ``state``: waiting, delivered, given_up, or dropped (the address or the event is off)."""

    number: int
    event: str
    user: str
    message_id: str
    body: bytes
    headers: dict[str, str]
    lane: str = ""
    state: str = "waiting"
    attempts: list[Attempt] = field(default_factory=list)

    def told(self) -> dict[str, Any]:
        """As the doors tell it."""
        return {
            "number": self.number, "event": self.event, "user": self.user, "message_id": self.message_id,
            "body": self.body.decode(), "headers": self.headers, "state": self.state,
            "attempts": [vars(attempt) for attempt in self.attempts],
        }  # fmt: skip


class Sender:
    """Sends the events of a world. Threads are started as they are needed and end with ``close``."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._changed = threading.Condition()
        self._due: list[tuple[float, int, Delivery]] = []
        self._lanes: dict[str, deque[Delivery]] = {}
        self._threads = self._idle = 0
        self._closed = False
        self._number = 0
        self._begin()

    def _begin(self) -> None:
        self.kept: deque[Delivery] = deque(maxlen=MOST_KEPT)
        self.counts: Counter[str] = Counter()

    def post(
        self, event: Event, user: str, style: Style | None = None, *, ordered: bool = False, copies: int = 1
    ) -> Delivery:
        """Sends an event, at once and beside all others; ``ordered``: only after the user's ordered ones before it
        have been delivered or given up. ``copies``: so many times the same bytes. The first delivery is returned.
        """
        switches = self._world.switches
        style = style or switches.style
        body = written(event, style)
        headers = headers_for(body, str(event.get("timestamp", "")), style)
        deliveries = [self._new(event, user, body, headers, user if ordered else "") for _ in range(copies)]
        wanted = switches.webhook and switches.enabled and event.get("event_name") not in switches.events_off
        with self._changed:
            for delivery in deliveries:
                self.kept.append(delivery)
                if not wanted:
                    self._settle(delivery, "dropped")
                    continue
                self.counts["pending"] += 1
                if delivery.lane:
                    lane = self._lanes.setdefault(delivery.lane, deque())
                    lane.append(delivery)
                    if len(lane) > 1:
                        continue
                self._push(delivery, 0)
        return deliveries[0]

    def _new(self, event: Event, user: str, body: bytes, headers: dict[str, str], lane: str) -> Delivery:
        message = event.get("message")
        message_id = message.get("msg_id", "") if isinstance(message, dict) else ""
        with self._changed:
            self._number += 1
            return Delivery(self._number, str(event.get("event_name")), user, str(message_id), body, headers, lane)

    def pending(self) -> int:
        """How many events are neither delivered nor given up."""
        with self._changed:
            return self.counts["pending"]

    def clear(self) -> None:
        """Forgets every event; what is on the wire right now still arrives."""
        with self._changed:
            self._drop_waiting()
            for delivery in self.kept:
                delivery.state = "dropped" if delivery.state == "waiting" else delivery.state
            self._begin()

    def close(self) -> None:
        """Ends the threads; what waits is dropped."""
        with self._changed:
            self._closed = True
            self._drop_waiting()
            self._changed.notify_all()

    # Inside the lock

    def _push(self, delivery: Delivery, seconds: float) -> None:
        heapq.heappush(self._due, (time.monotonic() + seconds, delivery.number, delivery))
        if len(self._due) > self._idle and self._threads < THREADS and not self._closed:
            self._threads += 1
            threading.Thread(target=self._work, daemon=True, name="zalo-webhook").start()
        self._changed.notify()

    def _settle(self, delivery: Delivery, state: str) -> None:
        delivery.state = state
        self.counts[state] += 1

    def _drop_waiting(self) -> None:
        """Nothing that waits is sent any more, except what is on the wire right now."""
        left = [entry[2] for entry in self._due]
        left += [delivery for lane in self._lanes.values() for delivery in list(lane)[1:]]
        for delivery in left:
            self.counts["pending"] -= 1
            self._settle(delivery, "dropped")
        self._due.clear()
        self._lanes.clear()

    # The threads

    def _work(self) -> None:
        with requests.Session() as session:
            session.trust_env = False
            while (delivery := self._next()) is not None:
                self._judge(delivery, self._attempt(delivery, session))

    def _next(self) -> Delivery | None:
        with self._changed:
            while not self._closed:
                wait = self._due[0][0] - time.monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._due)[2]
                self._idle += 1
                self._changed.wait(wait)
                self._idle -= 1
            return None

    def _attempt(self, delivery: Delivery, session: requests.Session) -> Attempt:
        switches = self._world.switches
        tried = len(delivery.attempts)
        headers = {**delivery.headers, **({"num_retry": str(tried)} if tried else {})}
        begun, at_ms = time.monotonic(), self._world.clock.now_ms()
        status, problem = None, ""
        try:
            with session.post(
                switches.webhook, data=delivery.body, headers=headers, timeout=switches.answer_seconds,
                allow_redirects=False, stream=True,
            ) as answer:  # fmt: skip
                answer.raw.read(MOST_ANSWER)
                status = answer.status_code
        except (requests.RequestException, OSError) as error:
            problem = type(error).__name__
        seconds = time.monotonic() - begun
        if status is not None and seconds > switches.answer_seconds:
            status, problem = None, "too late"
        return Attempt(at_ms, status, round(seconds, 4), problem)

    def _judge(self, delivery: Delivery, attempt: Attempt) -> None:
        switches = self._world.switches
        disable = False
        with self._changed:
            delivery.attempts.append(attempt)
            self.counts["attempts"] += 1
            if delivery.state != "waiting":
                return
            tried = len(delivery.attempts)
            if attempt.status == 200:
                self._end(delivery, "delivered")
            elif switches.retry and tried <= len(LADDER_SECONDS):
                self._push(delivery, LADDER_SECONDS[tried - 1] * switches.scale)
            else:
                self._end(delivery, "given_up")
                disable = switches.retry
                if disable:
                    self._drop_waiting()
        if disable:
            with self._world.lock:
                self._world.switches = self._world.switches.changed({"enabled": False})

    def _end(self, delivery: Delivery, state: str) -> None:
        self.counts["pending"] -= 1
        self._settle(delivery, state)
        lane = self._lanes.get(delivery.lane)
        if lane and lane[0] is delivery:
            lane.popleft()
            if lane:
                self._push(lane[0], 0)
            else:
                del self._lanes[delivery.lane]
