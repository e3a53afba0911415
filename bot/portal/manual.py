"""Where no system answers us, or its replies hold no phone: the portal's own page, where citizens look for themselves.

That page asks for a log-in or a captcha.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot import settings
from bot.portal.dossier import LookUp, Outcome, Source
from bot.portal.second_factor import SecondFactor

OFFICIAL_PAGE = "https://dichvucong.gov.vn/tra-cuu-ho-so"
"""Stands under every answer about a dossier. Source: portal.md 7.4. Other systems' pages: ``statuses.yml``."""


class Manual:
    """Says NEED_VERIFY to everything: nobody here can compare a second factor. The official page is all there is."""

    def __init__(self, now: Callable[[], datetime] = settings.now) -> None:
        self._now = now

    def lookup(self, code: str, second_factor: SecondFactor | None = None) -> LookUp:
        return LookUp(Outcome.NEED_VERIFY, Source.MANUAL, self._now())
