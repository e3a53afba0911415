"""The stand-in Zalo for the tests of this room, and of whoever else talks to Zalo."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.channels.zalo.stand_in.doors import Doors
from tests.channels.zalo.zalo_standing_in import USER, Connector, Receiver, receiving, serving


@pytest.fixture
def zalo_stand_in() -> Iterator[Doors]:
    """A stand-in of this test's own, without a webhook; an hour of its retry ladder is 3.6 seconds."""
    with serving() as doors:
        yield doors


@pytest.fixture
def receiver(zalo_stand_in: Doors) -> Iterator[Receiver]:
    """Where the stand-in sends its events."""
    with receiving() as started:
        zalo_stand_in.switch(webhook=started.url)
        yield started


@pytest.fixture
def connector(zalo_stand_in: Doors) -> Connector:
    """Somebody who may send, and a citizen who follows and has just written."""
    zalo_stand_in.user(USER, follows=True, silent_seconds=0)
    return Connector(zalo_stand_in)
