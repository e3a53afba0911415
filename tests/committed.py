"""The committed catalogue, read once a test process: reading it and building its search take seconds."""

from __future__ import annotations

from functools import cache

from bot.catalogue.catalogue import Catalogue
from bot.settings import HOME


@cache
def catalogue() -> Catalogue:
    return Catalogue.load(HOME / "nlu_data")
