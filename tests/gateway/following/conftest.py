"""Pollers in this process, on a clock and a portal of the test's own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from bot import settings
from bot.gateway import following
from bot.gateway.following import Poller
from bot.portal.answers import DossierTeller
from bot.portal.live import Tables
from bot.portal.news import NewsTeller
from tests.committed import catalogue
from tests.gateway.following.followers import Clock, MakePoller, Portal, Run

DATA = settings.HOME / "nlu_data"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def portal(tables: None, monkeypatch: pytest.MonkeyPatch) -> Portal:
    monkeypatch.setattr(following, "REST_SECONDS", 0.0)
    return Portal()


@pytest.fixture
def make_poller(portal: Portal, clock: Clock) -> MakePoller:
    tables = Tables.load(DATA)

    def news() -> NewsTeller:
        teller = DossierTeller(catalogue(), tables.statuses, tables.calendar, clock.today())
        return NewsTeller(catalogue().phrases, teller)

    return lambda: Poller(portal, lambda: tables, news, now=clock, today=clock.today)


@pytest.fixture
def look(make_poller: MakePoller) -> Run:
    """One poller looks up all that is due."""
    poller = make_poller()

    def run() -> None:
        while poller.work():
            pass

    return run


@pytest.fixture
def look_after(look: Run, clock: Clock) -> Callable[[timedelta], None]:
    def run(wait: timedelta) -> None:
        clock.now += wait
        look()

    return run
