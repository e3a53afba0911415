"""Fixtures of the refresh's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.settings import HOME
from tests.catalogue.portal_stand_in import StandIn, procedure
from tests.catalogue.refreshes import BIRTH, LAND, LAND_NATIONAL, Clock, index_knows


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def portal(clock: Clock) -> Iterator[StandIn]:
    """Twelve procedures of ministries, among them the curated birth and land records, on four pages."""
    numbered = [procedure(n) for n in range(1, 10)]
    land = procedure(11, LAND, departmentPromulgateCode="H19", departmentPromulgateName="UBND Thành phố Mẫu")
    with StandIn([*numbered, procedure(10, BIRTH), land, procedure(12, LAND_NATIONAL)], 3, clock) as opened:
        yield opened


@pytest.fixture
def data(tmp_path: Path, portal: StandIn) -> Path:
    """An ``nlu_data`` with two curated records, whose index knows what the portal has now."""
    folder = tmp_path / "nlu_data"
    for name in (f"ho_tich/{BIRTH}.yml", f"dat_dai/{LAND}.yml"):
        file = folder / "procedures" / name
        file.parent.mkdir(parents=True)
        file.write_bytes((HOME / "nlu_data" / "procedures" / name).read_bytes())
    (folder / "index").mkdir()
    index_knows(folder, portal.procedures)
    return folder
