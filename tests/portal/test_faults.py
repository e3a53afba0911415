"""The fault matrix: every fault of the stand-in as shipped, against every adapter, with the real timeouts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import settings
from bot.catalogue.catalogue import Catalogue
from bot.portal.answers import DossierTeller
from bot.portal.calendar import Calendar
from bot.portal.dossier import Outcome
from bot.portal.faults import CODE, LONGEST_SECONDS, NONE, Cell, matrix
from bot.portal.manual import OFFICIAL_PAGE
from bot.portal.stand_in.faults import AUTH, FAULTS, NAMES
from bot.portal.statuses import Statuses
from tests.portal.standing_in import serving

ENDS = {
    Outcome.FOUND: "latency 201 401 unknown_status stale auth:latency auth:201",
    Outcome.AUTH_EXPIRED: "401_twice auth:401",
    Outcome.NOT_FOUND: "404 empty",
    Outcome.RATE_LIMITED: "429 auth:429",
    Outcome.CAPTCHA_REQUIRED: "captcha auth:captcha",
}
EXPECTED = {NONE: Outcome.FOUND} | {fault: outcome for outcome, faults in ENDS.items() for fault in faults.split()}
"""Every other fault is a portal that is down."""


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A stand-in that may be left in the middle of a silence."""
    with serving(tmp_path) as running:
        yield running


def test_an_expectation_names_a_fault_that_there_is() -> None:
    assert EXPECTED.keys() <= {NONE, *NAMES}
    assert not any(fault.startswith(AUTH) for fault in FAULTS)


@pytest.mark.slow
def test_every_fault_against_every_adapter_ends_in_time_with_its_outcome(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTCUA_VAR", str(tmp_path))
    statuses = Statuses.load(data := settings.load().data)
    teller = DossierTeller(Catalogue.load(data), statuses, Calendar.load(data), settings.today())
    cells = list(matrix(address, statuses.status_of, lambda looked_up: teller.answer(looked_up, CODE, True)))
    assert len(cells) == (len(NAMES) + 1) * len(settings.PORTALS)
    assert [_named(cell) for cell in cells if cell.looked_up.outcome is not _expected(cell)] == []
    assert [_named(cell) for cell in cells if cell.seconds > LONGEST_SECONDS] == []
    for cell in cells:
        assert OFFICIAL_PAGE in cell.sentence
        assert ("Hòa giải tranh chấp đất đai" in cell.sentence) is (cell.looked_up.outcome is Outcome.FOUND)


def _expected(cell: Cell) -> Outcome:
    return Outcome.NEED_VERIFY if cell.adapter == "manual" else EXPECTED.get(cell.fault, Outcome.UPSTREAM_DOWN)


def _named(cell: Cell) -> str:
    return f"{cell.fault} x {cell.adapter}: {cell.looked_up.outcome.value} in {cell.seconds:.1f} s"
