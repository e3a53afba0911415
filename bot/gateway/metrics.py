"""``/metrics`` in Prometheus' text format: what this process counted, and what the tables say now. No content."""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import wraps

from django.db import DatabaseError, InterfaceError
from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from bot import settings
from bot.gateway import counters, readiness
from bot.gateway.models import InboxMessage, OutboxMessage, ZaloToken
from bot.gateway.readiness import View, for_operators
from bot.settings import Settings

TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0)
"""Upper ends in seconds. Zalo waits 2 s; 0.1 s is what we promise ourselves."""
MESSENGERS = ("zalo", "telegram")
Sample = tuple[str, dict[str, str], float]
"""Name, labels, value."""


class Histogram:
    """How long something took, in seconds, by one label; safe to use from many threads."""

    def __init__(self, name: str, label: str) -> None:
        self._name, self._label, self._lock = name, label, threading.Lock()
        self._seen: dict[str, list[int]] = {}
        self._sums: dict[str, float] = {}

    def observe(self, value: str, seconds: float) -> None:
        with self._lock:
            counts = self._seen.setdefault(value, [0] * (len(BUCKETS) + 1))
            counts[bisect_left(BUCKETS, seconds)] += 1
            self._sums[value] = self._sums.get(value, 0.0) + seconds

    def samples(self) -> Iterator[Sample]:
        with self._lock:
            seen, sums = {value: list(counts) for value, counts in self._seen.items()}, dict(self._sums)
        for value, counts in seen.items():
            total = 0
            for end, count in zip((*map(str, BUCKETS), "+Inf"), counts, strict=True):
                total += count
                yield f"{self._name}_bucket", {self._label: value, "le": end}, total
            yield f"{self._name}_sum", {self._label: value}, sums[value]
            yield f"{self._name}_count", {self._label: value}, total


WEBHOOKS = Histogram("webhook_seconds", "channel")


def timed(channel: str, view: View) -> View:
    """The same view; how long it took is noted, whatever it came to."""

    @wraps(view)
    def watched(request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        try:
            return view(request)
        finally:
            WEBHOOKS.observe(channel, time.perf_counter() - began)

    return watched


@for_operators
@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """Everything; without the database what this process knows by itself."""
    known = settings.load()
    groups: list[tuple[str, list[Sample]]] = [("histogram", list(WEBHOOKS.samples())), ("counter", list(_counted()))]
    groups.append(("gauge", list(_parts(known))))
    with suppress(DatabaseError, InterfaceError):  # told already, as a part that is down
        groups.append(("gauge", [*_inbox(), *_outbox(), *_messengers(known), *_zalo_token(known)]))
    return HttpResponse("".join(_lines(groups)), content_type=TYPE)


def _counted() -> Iterator[Sample]:
    for (name, labels), count in sorted(counters.COUNTERS.all().items()):
        yield f"{name}_total", dict(labels), count


def _parts(known: Settings) -> Iterator[Sample]:
    for part, state in readiness.parts(known).items():
        if state != readiness.ABSENT:
            yield "part_up", {"part": part}, state == readiness.UP


def _inbox() -> Iterator[Sample]:
    waiting = InboxMessage.objects.filter(state=InboxMessage.State.WAITING).values("conversation__channel")
    for row in waiting.annotate(count=Count("pk"), oldest=Min("received_at")):
        channel = {"channel": row["conversation__channel"]}
        yield "inbox_waiting", channel, row["count"]
        yield "inbox_oldest_seconds", channel, (timezone.now() - row["oldest"]).total_seconds()


def _outbox() -> Iterator[Sample]:
    unsent = OutboxMessage.objects.exclude(state=OutboxMessage.State.SENT)
    for row in unsent.values("conversation__channel", "state").annotate(count=Count("pk"), oldest=Min("created_at")):
        labels = {"channel": row["conversation__channel"], "state": row["state"]}
        yield "outbox_messages", labels, row["count"]
        yield "outbox_oldest_seconds", labels, (timezone.now() - row["oldest"]).total_seconds()
    failed = unsent.exclude(error="").values("conversation__channel", "error").annotate(count=Count("pk"))
    for row in failed:
        yield "outbox_errors", {"channel": row["conversation__channel"], "error": row["error"]}, row["count"]


def _messengers(known: Settings) -> Iterator[Sample]:
    now, states = timezone.now(), readiness.channels(known)
    for channel in MESSENGERS:
        if states[channel] == readiness.ABSENT:
            continue
        last = readiness.last_message(channel)
        if last:
            yield "last_message_seconds", {"channel": channel}, (now - last).total_seconds()
        yield "silence_alarm", {"channel": channel}, readiness.silent(channel, known, now)
        yield "channel_off", {"channel": channel}, states[channel] == readiness.OFF


def _zalo_token(known: Settings) -> Iterator[Sample]:
    if not known.zalo.oa_id:
        return
    row, now = ZaloToken.objects.filter(pk=known.zalo.oa_id).first(), timezone.now()
    if row:
        yield "zalo_token_age_seconds", {}, (now - row.renewed_at).total_seconds()
        yield "zalo_token_left_seconds", {}, (row.expires_at - now).total_seconds()
    yield "zalo_token_alarm", {}, readiness.token_alarm(known)


def _lines(groups: Iterable[tuple[str, list[Sample]]]) -> Iterator[str]:
    """The text format: one line for the type of each name, then its samples together."""
    for kind, samples in groups:
        typed: set[str] = set()
        for name, labels, value in sorted(samples, key=lambda sample: sample[0]) if kind == "gauge" else samples:
            family = name.rsplit("_", 1)[0] if kind == "histogram" else name
            if family not in typed:
                typed.add(family)
                yield f"# TYPE motcua_{family} {kind}\n"
            inside = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
            yield f"motcua_{name}{{{inside}}} {float(value):g}\n" if inside else f"motcua_{name} {float(value):g}\n"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
