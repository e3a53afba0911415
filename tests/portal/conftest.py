"""The stand-in portal for the tests of this room."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import settings
from bot.portal.stand_in.app import StandIn
from bot.portal.stand_in.register import Register
from bot.portal.stand_in.samples import load
from tests.portal.standing_in import Caller, serving


@pytest.fixture
def caller(tmp_path: Path) -> Caller:
    """The stand-in's application with untouched samples, called without a server."""
    samples, errors = load()
    assert not errors
    return Caller(StandIn(Register(samples, tmp_path / "state.json", settings.today)))


@pytest.fixture
def stand_in(tmp_path: Path) -> Iterator[str]:
    """The stand-in with untouched samples as a process; its address."""
    with serving(tmp_path) as address:
        yield address
