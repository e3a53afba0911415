"""The embedded PostgreSQL: started where it is missing, found where it runs, and clear where it is broken."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest

from bot.gateway import database
from bot.settings import Settings
from tests.gateway.services import wait_until

pytestmark = pytest.mark.stack


@pytest.fixture
def known(tmp_path: Path) -> Iterator[Settings]:
    known = Settings(var=tmp_path / "một-cửa", database_url="")
    known.var.mkdir()
    yield known
    database.stop(known)


def pid(known: Settings) -> int:
    return int((known.var / "postgres" / "postmaster.pid").read_text().split()[0])


def keep(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept (answer int)")


def kept(url: str) -> bool:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT to_regclass('kept') IS NOT NULL").fetchone() == (True,)


def test_it_is_started_once_and_found_again_and_keeps_its_data(known: Settings) -> None:
    url = database.ensure(known)
    keep(url)
    first = pid(known)
    assert database.ensure(known) == url
    assert pid(known) == first
    database.stop(known)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url, connect_timeout=2)
    assert database.ensure(known) == url
    assert kept(url)


def test_its_own_address_in_database_url_still_means_the_embedded_one(known: Settings) -> None:
    url = database.ensure(known)
    again = Settings(var=known.var, database_url=url)
    database.stop(again)
    assert database.ensure(again) == url


def test_a_killed_server_is_started_again_with_its_data(known: Settings) -> None:
    url = database.ensure(known)
    keep(url)
    os.kill(pid(known), signal.SIGKILL)
    wait_until(lambda: database._postmaster(known.var / "postgres") is None)
    assert database.ensure(known) == url
    assert kept(url)


def test_a_pid_file_that_now_names_another_process_does_not_deceive(known: Settings) -> None:
    database.ensure(known)
    file = known.var / "postgres" / "postmaster.pid"
    old = file.read_text()
    database.stop(known)
    file.write_text(old.replace(old.split()[0], str(os.getpid()), 1))
    assert database.ensure(known)


def test_two_that_start_it_at_once_get_the_same_server(known: Settings) -> None:
    urls: list[str] = []
    threads = [threading.Thread(target=lambda: urls.append(database.ensure(known))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(urls) == 2
    assert len(set(urls)) == 1


def test_a_broken_folder_is_one_clear_error(known: Settings, capfd: pytest.CaptureFixture[str]) -> None:
    folder = known.var / "postgres"
    folder.mkdir()
    (folder / "PG_VERSION").write_text("18\n")
    with pytest.raises(database.DatabaseError, match=r"did not start.*DATABASE_URL"):
        database.ensure(known)
    assert "Traceback" not in capfd.readouterr().err


def test_a_path_with_a_blank_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(database.DatabaseError, match="MOTCUA_VAR"):
        database.ensure(Settings(var=tmp_path / "một cửa", database_url=""))


def test_a_full_disk_is_one_clear_error(known: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database.shutil, "disk_usage", lambda _: SimpleNamespace(free=0))
    (known.var / "postgres").mkdir()
    (known.var / "postgres" / "PG_VERSION").write_text("18\n")
    with pytest.raises(database.DatabaseError, match="disk is full"):
        database.ensure(known)


@pytest.mark.parametrize("url", ["postgresql://nobody:geheim@127.0.0.1:1/x", "not a database", "postgresql://[x"])
def test_an_address_that_does_not_answer_is_one_clear_error(known: Settings, url: str) -> None:
    with pytest.raises(database.DatabaseError, match="DATABASE_URL") as failure:
        database.ensure(Settings(var=known.var, database_url=url))
    assert "geheim" not in str(failure.value)


def test_stopping_what_does_not_run_is_nothing(known: Settings) -> None:
    database.stop(known)


def test_processes_that_bring_the_tables_up_to_date_at_once_do_not_disturb_each_other(database_url: str) -> None:
    from django.db import connections

    failures: list[BaseException] = []

    def migrate() -> None:
        try:
            database.migrate()
        except BaseException as error:  # noqa: BLE001  # handed to the test
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=migrate) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_the_tables_are_those_of_the_models(database_url: str) -> None:
    from django.core.management import call_command

    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
