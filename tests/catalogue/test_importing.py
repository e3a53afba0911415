"""The whole country's list goes into the database: usable records only, whole or not at all, bad lines told apart."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.catalogue.live import LiveCatalogue
from bot.catalogue.national.crawl import BadLine, CrawlRecord, SourceFileError, read_crawl, read_line
from bot.catalogue.national.store import Report, Store, StoreError
from bot.catalogue.national.text import portal_text_of
from bot.settings import HOME
from tests.catalogue.crawls import crawled, write_crawl

pytestmark = pytest.mark.slow

NATIONAL_LIST = HOME.parent / "shared" / "data" / "procedures.jsonl.xz"


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with psycopg.connect(database_url) as connection:
        connection.execute("DROP TABLE IF EXISTS catalogue_import, catalogue_text")
    opened = Store(database_url)
    yield opened
    opened.close()
    with psycopg.connect(database_url) as connection:
        connection.execute("DROP TABLE IF EXISTS catalogue_import, catalogue_text")


def take_in(store: Store, file: Path) -> Report:
    return store.take_in(read_crawl(file), file)


@pytest.mark.parametrize("name", ["list.jsonl", "list.jsonl.xz", "list.jsonl.gz"])
def test_a_list_is_taken_in_however_it_is_packed(store: Store, tmp_path: Path, name: str) -> None:
    report = take_in(store, write_crawl(tmp_path / name, crawled("1.900001"), crawled("1.900002")))
    assert (report.new, report.changed, report.gone, report.kept) == (2, 0, 0, 2)
    assert {entry.code for entry in store.entries()} == {"1.900001", "1.900002"}


def test_a_second_import_of_the_same_list_changes_nothing(store: Store, tmp_path: Path) -> None:
    file = write_crawl(tmp_path / "list.jsonl", crawled("1.900001"), crawled("1.900002"))
    take_in(store, file)
    version = store.version()
    report = take_in(store, file)
    assert (report.new, report.changed, report.gone) == (0, 0, 0)
    assert store.version() == version


def test_a_newer_list_changes_adds_and_takes_away(store: Store, tmp_path: Path) -> None:
    take_in(store, write_crawl(tmp_path / "old.jsonl", crawled("1.900001"), crawled("1.900002")))
    newer = write_crawl(tmp_path / "new.jsonl", crawled("1.900001", conditions="Đủ 18 tuổi."), crawled("1.900003"))
    report = take_in(store, newer)
    assert (report.new, report.changed, report.gone) == (1, 1, 1)
    text = store.text("1.900001")
    assert text is not None
    assert text.sections["conditions"][0].text == "Đủ 18 tuổi."
    assert store.text("1.900002") is None


def test_what_cannot_be_used_here_is_counted_by_reason(store: Store, tmp_path: Path) -> None:
    file = write_crawl(
        tmp_path / "list.jsonl",
        crawled("1.900001"),
        crawled("1.900002", promulgated_code="H05"),
        crawled("1.900003", type="STANDARD_INTERNAL"),
        crawled("1.900004-Xoa"),
        crawled("1.900005", flags=["not_in_public_catalog_2026_07_18"]),
    )
    assert take_in(store, file).left_out == {
        "other province or body": 1, "internal": 1, "bad code": 1, "not in the public catalogue": 1,
    }  # fmt: skip


def test_each_bad_line_is_named_and_skipped_and_the_good_ones_stay(store: Store, tmp_path: Path) -> None:
    bad = [b"{", b"\xff\xfe", b"[]", b'{"code": "1.900009"}', json.dumps(crawled(methods="x")).encode()]
    file = write_crawl(tmp_path / "list.jsonl", crawled("1.900001"), *bad, crawled("1.900002"))
    report = take_in(store, file)
    assert report.kept == 2
    assert [line.number for line in report.bad] == [2, 3, 4, 5, 6]
    assert ["JSON" in report.bad[0].problem, "UTF-8" in report.bad[1].problem] == [True, True]
    assert "name" in report.bad[3].problem
    assert "methods" in report.bad[4].problem


def test_a_list_without_a_usable_record_does_not_empty_the_store(store: Store, tmp_path: Path) -> None:
    take_in(store, write_crawl(tmp_path / "list.jsonl", crawled("1.900001")))
    with pytest.raises(StoreError, match="no usable record"):
        take_in(store, write_crawl(tmp_path / "empty.jsonl", b"{"))
    assert len(store.entries()) == 1


def test_a_file_cut_off_in_its_packing_changes_nothing(store: Store, tmp_path: Path) -> None:
    take_in(store, write_crawl(tmp_path / "list.jsonl", crawled("1.900001")))
    whole = write_crawl(tmp_path / "cut.jsonl.xz", *(crawled(f"1.90{n:04d}") for n in range(300))).read_bytes()
    (tmp_path / "cut.jsonl.xz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SourceFileError, match="broken after line"):
        take_in(store, tmp_path / "cut.jsonl.xz")
    assert {entry.code for entry in store.entries()} == {"1.900001"}


def test_a_killed_import_leaves_the_state_before_it(store: Store, database_url: str, tmp_path: Path) -> None:
    take_in(store, write_crawl(tmp_path / "list.jsonl", crawled("1.900001")))
    large = write_crawl(tmp_path / "large.jsonl", *(crawled(f"1.90{n:04d}") for n in range(2, 5000)))
    environment = {**os.environ, "DATABASE_URL": database_url}
    command = [str(Path(sys.executable).parent / "motcua"), "procedures", "import", str(large)]
    process = subprocess.Popen(command, cwd=HOME, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    with psycopg.connect(database_url, autocommit=True) as watch:
        copying = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'COPY fresh%' AND state = 'active'"
        while not (watch.execute(copying).fetchone() or (0,))[0]:
            assert process.poll() is None, "it ended before it could be killed"
            assert time.monotonic() < deadline
            time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    assert {entry.code for entry in store.entries()} == {"1.900001"}
    small = write_crawl(tmp_path / "small.jsonl", crawled("1.900001"), crawled("1.900002"))
    assert take_in(store, small).new == 1


def test_before_the_first_import_the_store_is_empty(store: Store) -> None:
    assert store.version() == 0
    assert store.entries() == []
    assert store.text("1.900001") is None


def test_a_database_out_of_reach_is_a_typed_error_and_the_committed_files_answer() -> None:
    gone = Store("postgresql://postgres@127.0.0.1:1/none")
    with pytest.raises(StoreError, match="cannot be reached"):
        gone.version()
    live = LiveCatalogue(HOME / "nlu_data", store=gone)
    assert live.current().get("1.001193") is not None
    assert live.portal_text("1.900001") is None


def test_a_running_catalogue_takes_up_an_import(store: Store, tmp_path: Path) -> None:
    now = [0.0]
    live = LiveCatalogue(HOME / "nlu_data", check_seconds=2, store=store, clock=lambda: now[0])
    take_in(store, write_crawl(tmp_path / "list.jsonl", crawled("1.900001", name="Cấp giấy phép thả diều")))
    assert live.current().get("1.900001") is None
    now[0] = 3
    assert live.current().search.find("giấy phép thả diều")[0].code == "1.900001"
    assert live.portal_text("1.900001") is not None


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_bad_line_and_no_crash(soup: bytes) -> None:
    assert isinstance(read_line(1, soup), BadLine | CrawlRecord)


@settings(max_examples=300)
@given(st.sampled_from(sorted(crawled())), VALUES)
def test_any_value_of_any_field_gives_a_record_or_a_report(field: str, value: Any) -> None:
    line = json.dumps(crawled() | {field: value}).encode()
    found = read_line(1, line)
    if isinstance(found, CrawlRecord):
        assert portal_text_of(found).entry.code == found.code if found.left_out_because is None else True


@given(st.sets(st.sampled_from(sorted(crawled()))))
def test_any_missing_field_gives_a_record_or_a_report(missing: set[str]) -> None:
    found = read_line(1, json.dumps({k: v for k, v in crawled().items() if k not in missing}).encode())
    assert isinstance(found, BadLine if missing & {"code", "name"} else CrawlRecord)


def test_the_national_list_loses_nothing(store: Store) -> None:
    if not NATIONAL_LIST.is_file():
        pytest.skip("the national list does not lie beside the project (shared/data/procedures.jsonl.xz)")
    report = take_in(store, NATIONAL_LIST)
    assert report.bad == []
    assert report.kept + sum(report.left_out.values()) == 5745
    assert report.kept >= 4600
