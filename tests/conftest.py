"""What all tests share: the fixed day, and one real PostgreSQL for a test session."""

from __future__ import annotations

import os
import shutil
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from bot.gateway import database
from bot.settings import HOME, Settings

TEST_DAY = str(tomllib.loads((HOME / "pyproject.toml").read_text())["tool"]["motcua"]["test_day"])
# Playwright keeps an event loop in the thread of the browser tests; Django would refuse its database there.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
VAR = Path(tempfile.mkdtemp(prefix="motcua-test-"))
DATABASE_URL = f"postgresql://postgres@/postgres?host={quote(str(VAR / 'postgres'))}"

# Test modules import models, and that needs Django's settings; the server itself starts with the first test that
# asks for it. Nothing of this stays in the environment, where it would reach the tests of other rooms.
with pytest.MonkeyPatch.context() as environment:
    environment.setenv("DATABASE_URL", DATABASE_URL)
    environment.setenv("MOTCUA_VAR", str(VAR))
    database.set_up_django()

from django.apps import apps  # noqa: E402
from django.db import connection, connections  # noqa: E402


def pytest_unconfigure() -> None:
    shutil.rmtree(VAR, ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def fixed_day() -> Iterator[None]:
    """Every test runs on the day written in pyproject.toml."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOTCUA_TODAY", TEST_DAY)
        yield


@pytest.fixture(scope="session")
def var() -> Path:
    """The folder that this session's services keep their things in."""
    return VAR


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    """An embedded PostgreSQL of this session's own, with all tables."""
    known = Settings(var=VAR, database_url="")
    assert database.ensure(known) == DATABASE_URL
    database.migrate()
    yield DATABASE_URL
    connections.close_all()
    database.stop(known)


@pytest.fixture
def tables(database_url: str) -> Iterator[None]:
    """Empty tables before and after; what a test commits is really committed."""
    _empty()
    yield
    _empty()


def _empty() -> None:
    names = ", ".join(model._meta.db_table for model in apps.get_app_config("gateway").get_models())
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # the audit's trigger refuses it otherwise
        cursor.execute(f"TRUNCATE {names} RESTART IDENTITY CASCADE")
        cursor.execute("RESET session_replication_role")
