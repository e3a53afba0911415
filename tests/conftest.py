"""What all tests share: the fixed day, and one real PostgreSQL for a test session."""

from __future__ import annotations

import os
import shutil
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import hypothesis
import pytest

from bot.gateway import database
from bot.settings import HOME, Settings
from tests.examples import QUICK

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

hypothesis.settings.register_profile("quick", max_examples=QUICK, deadline=None)


def pytest_configure(config: pytest.Config) -> None:
    """Where the slow tests are left out, each property is tried on fewer examples too."""
    if "not slow" in config.option.markexpr:
        hypothesis.settings.load_profile("quick")


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
    """A thousandth of a second where TRUNCATE, which makes new files for every table, takes thirty.

    Triggers rest meanwhile: rows go in any order, those that may only be added to as well.
    """
    names = [model._meta.db_table for model in apps.get_app_config("gateway").get_models()]
    with connection.cursor() as cursor:
        cursor.execute(
            "SET session_replication_role = replica;"
            + "".join(f"DELETE FROM {name};" for name in names)
            + "SET session_replication_role = origin;"
            "SELECT setval(sequencename::regclass, 1, false) FROM pg_sequences"
            " WHERE sequencename LIKE 'gateway%' AND last_value IS NOT NULL"
        )
