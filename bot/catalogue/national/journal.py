"""What a refresh has fetched so far, on disk as it comes: a killed refresh goes on from here.

Two files of JSON lines that are only appended to. ``list.part``: who is asked since when, then the list page by page;
``details.part``: one procedure a line. A line cut off by a kill is dropped and fetched again.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from bot.catalogue.national.crawl import CrawlRecord
from bot.catalogue.national.wire import Item, Page

LONGEST_BREAK = timedelta(days=3)
"""An older half is not gone on with: the list has changed meanwhile."""


class RefreshRunning(RuntimeError):
    """Another refresh writes into the same folder."""


class Journal:
    """The two files of one folder. ``last_id``: where the list goes on; ``listed``: it came to its end."""

    def __init__(self, folder: Path, url: str, day: date, fresh: bool = False) -> None:
        self._list, self._details = folder / "list.part", folder / "details.part"
        self._begin = {"url": url, "begun": day.isoformat()}
        self._empty()
        try:
            goes_on = not fresh and self._read(day)
        except (ValueError, KeyError, TypeError):  # damaged, or written by an older version
            goes_on = False
        if not goes_on:
            self.forget()

    def _empty(self) -> None:
        self.items: dict[str, Item] = {}
        self.last_id, self.total, self.listed = "", 0, False
        self.fetched: set[str] = set()
        self.publishers: dict[str, str] = {}

    def _read(self, day: date) -> bool:
        """Takes up what is there; False where it is no use."""
        lines = _good_lines(self._list)
        if not self._may_go_on(next(lines, None), day):
            return False
        for line in lines:
            self._take_page(Page.parse_obj(line))
        for line in _good_lines(self._details):
            self.fetched.add(line["id"])
            self._learn(line["publisher"], CrawlRecord.parse_obj(line["record"]))
        return True

    def _may_go_on(self, begin: Any, day: date) -> bool:
        if not isinstance(begin, dict) or begin.get("url") != self._begin["url"]:
            return False
        return abs(day - date.fromisoformat(begin["begun"])) <= LONGEST_BREAK

    def _take_page(self, page: Page) -> None:
        """The list ends with an empty page, one that leads nowhere or one that holds nothing new."""
        fresh = {item.id: item for item in page.items if item.id not in self.items}
        self.listed = not fresh or page.lastId in ("", self.last_id)
        self.items |= fresh
        self.total = page.total if page.items else self.total
        self.last_id = page.lastId

    def _learn(self, publisher: str, record: CrawlRecord) -> None:
        self.publishers[publisher] = record.promulgated_code or ""

    def add_page(self, page: Page) -> None:
        if not self._list.exists():
            _append(self._list, json.dumps(self._begin))
        _append(self._list, page.json(ensure_ascii=False))
        self._take_page(page)

    def add(self, item: Item, record: CrawlRecord) -> None:
        content = {"id": item.id, "publisher": item.departmentPromulgate}
        line = json.dumps(content, ensure_ascii=False)[:-1] + f', "record": {written(record)}}}'
        _append(self._details, line)
        self.fetched.add(item.id)
        self._learn(item.departmentPromulgate, record)

    def records(self) -> Iterator[tuple[str, CrawlRecord]]:
        """Uuid and record of everything fetched that is still listed."""
        for line in _good_lines(self._details):
            if line["id"] in self.items:
                yield line["id"], CrawlRecord.parse_obj(line["record"])

    def forget_list(self) -> None:
        """The next refresh asks for the list anew; what was fetched in full is kept."""
        self._list.unlink(missing_ok=True)
        _append(self._list, json.dumps(self._begin))
        self.items, self.last_id, self.total, self.listed = {}, "", 0, False

    def forget(self) -> None:
        """The next refresh begins anew."""
        for file in (self._list, self._details):
            file.unlink(missing_ok=True)
        self._empty()


@contextmanager
def open_journal(folder: Path, url: str, day: date, fresh: bool = False) -> Iterator[Journal]:
    """The journal of a folder, for one refresh at a time. ``fresh``: begin anew. Raises RefreshRunning."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RefreshRunning(f"another refresh is running in {folder}; let it end") from None
        yield Journal(folder, url, day, fresh)


def written(record: CrawlRecord) -> str:
    """A record as a line of a crawl file."""
    return record.json(exclude_defaults=True, ensure_ascii=False)


def _append(file: Path, line: str) -> None:
    with file.open("a", encoding="utf-8") as out:
        out.write(line + "\n")


def _good_lines(file: Path) -> Iterator[Any]:
    """The lines up to the first that is cut off or damaged; the file ends there from now on."""
    if not file.exists():
        return
    with file.open("r+b") as lines:
        end = 0
        for line in lines:
            try:
                content = json.loads(line) if line.endswith(b"\n") else None
            except ValueError:
                content = None
            if content is None:
                break
            end += len(line)
            yield content
        lines.truncate(end)
