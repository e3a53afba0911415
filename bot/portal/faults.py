"""The fault matrix: every fault of the stand-in against every adapter, as a citizen would meet it.

Each cell is one look-up by a client of its own, with the real timeouts; the fault travels in a header of its requests,
so that cells run side by side and nobody else's requests are struck.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from bot import settings
from bot.portal.client import portal_of
from bot.portal.dossier import LookUp
from bot.portal.igate import TOKEN_PATH, StatusOf
from bot.portal.second_factor import SecondFactor, key_of
from bot.portal.stand_in.faults import NAMES

CODE, DIGITS = "H19.12-261105-0007", "4729"
"""A dossier that the stand-in ships."""
HEADER = "X-Fault"
NONE = ""
"""No fault: what the others are compared with."""
LONGEST_SECONDS = 10.0
"""No cell may take longer."""
AT_ONCE = 24
ALONE = ("401",)
"""Not side by side with others: the stand-in accepts the next token that anybody fetches."""
Tell = Callable[[LookUp], str]
"""What the citizen reads after a look-up of CODE with its digits."""


@dataclass(frozen=True)
class Cell:
    """One fault against one adapter (``igate``, ``ngsp``, ``manual``)."""

    fault: str
    adapter: str
    looked_up: LookUp
    sentence: str
    seconds: float


def matrix(address: str, status_of: StatusOf, tell: Tell, faults: Sequence[str] = (NONE, *NAMES)) -> Iterator[Cell]:
    """The cells, fault by fault, from the stand-in at this address. Raises SettingError."""
    known = settings.load()
    key = key_of(settings.secret_key(known.var / "secret_key"))
    factor = SecondFactor.of(DIGITS, "fault matrix", key)

    def cell(fault: str, adapter: str) -> Cell:
        portal = portal_of(_aimed(known, adapter, address), status_of, {HEADER: fault} if fault else None)
        begun = time.monotonic()
        looked_up = portal.lookup(CODE, factor)
        return Cell(fault, adapter, looked_up, tell(looked_up), time.monotonic() - begun)

    alone = {
        (fault, adapter): cell(fault, adapter) for fault in faults if fault in ALONE for adapter in settings.PORTALS
    }
    pairs = [(fault, adapter) for fault in faults for adapter in settings.PORTALS]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from pool.map(lambda pair: alone.get(pair) or cell(*pair), pairs)


def _aimed(known: settings.Settings, adapter: str, address: str) -> settings.Settings:
    """The settings with this adapter on the stand-in."""
    url, token = (f"{address}/ngsp", "/auth") if adapter == "ngsp" else (address, TOKEN_PATH)
    return replace(
        known,
        portal=adapter,
        portal_has_phone=True,
        portal_url=url,
        portal_token_url=url + token,
        portal_client="motcua",
        portal_secret="sample",
    )
