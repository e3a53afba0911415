"""What the tests of the refresh share: a clock that only sleeping moves, and a stand-in portal whose index we know."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from bot.catalogue.index import entry_of, write
from bot.catalogue.national.api import PortalApi
from bot.catalogue.national.crawl import CrawlRecord, read_crawl
from bot.catalogue.national.refresh import Refreshed, refresh
from bot.catalogue.national.wire import Detail, crawl_record, read
from tests.catalogue.portal_stand_in import StandIn

DAY = date(2026, 11, 24)
BEFORE = date(2026, 7, 18)
BIRTH, LAND, LAND_NATIONAL = "1.001193", "1.115241", "1.013831"


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def index_knows(data: Path, procedures: Sequence[dict[str, Any]]) -> None:
    entries = [entry_of(crawl_record(read(Detail, content), BEFORE)) for content in procedures]
    write(entries, data / "index" / "procedures.jsonl")


def refreshed(portal: StandIn, data: Path, clock: Clock, fresh: bool = False, day: date = DAY) -> Refreshed:
    with PortalApi(portal.url, timeout=0.3, clock=clock, sleep=clock.sleep) as api:
        return refresh(api, data, data.parent / "refresh", day, fresh)


def change(portal: StandIn, code: str, **changes: Any) -> None:
    portal.procedures = [p | changes if p["code"] == code else p for p in portal.procedures]


def remove(portal: StandIn, code: str) -> None:
    portal.procedures = [p for p in portal.procedures if p["code"] != code]


def crawled(file: Path) -> dict[str, CrawlRecord]:
    return {record.code: record for record in read_crawl(file) if isinstance(record, CrawlRecord)}
