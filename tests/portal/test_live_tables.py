"""Statuses and holidays of a running service: a clerk's change counts at once, a broken one changes nothing."""

from __future__ import annotations

import logging
import os
import shutil
from datetime import date
from pathlib import Path

import pytest

from bot.catalogue.loading import CatalogueError
from bot.portal.dossier import DossierStatus
from bot.portal.live import LiveTables
from bot.portal.statuses import STATUSES_FILE
from bot.settings import HOME

NEW_NAME = "Đang chờ một chữ chưa ai biết"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    shutil.copytree(HOME / "nlu_data" / "dossier", tmp_path / "dossier")
    return tmp_path


def write(file: Path, text: str) -> None:
    """As an editor does, but surely at another time than before."""
    later = file.stat().st_mtime_ns + 1_000_000
    file.write_text(text, encoding="utf-8")
    os.utime(file, ns=(later, later))


def test_a_name_added_to_the_file_is_understood_without_a_restart(data: Path) -> None:
    tables, file = LiveTables(data), data / STATUSES_FILE
    assert tables.status_of("", NEW_NAME) is DossierStatus.UNKNOWN
    before = file.read_text(encoding="utf-8")
    write(file, before.replace("names: [", f"names: [{NEW_NAME}, ", 1))
    assert tables.status_of("", NEW_NAME) is not DossierStatus.UNKNOWN


def test_a_broken_file_is_told_once_and_leaves_the_last_good_tables(
    data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tables = LiveTables(data)
    write(data / STATUSES_FILE, "statuses: [")
    for _ in range(3):
        assert tables.status_of("", "Đang xử lý") is DossierStatus.IN_PROGRESS
        assert tables.current().calendar.is_working_day(date(2026, 11, 25))
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


def test_a_file_that_is_broken_at_the_start_is_an_error(data: Path) -> None:
    (data / STATUSES_FILE).write_text("statuses: [")
    with pytest.raises(CatalogueError):
        LiveTables(data)
