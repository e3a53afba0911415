"""The stand-in as a process: gunicorn on loopback, one process (the register is in its memory), many threads."""

from __future__ import annotations

import sys
from pathlib import Path

from bot import settings
from bot.portal.stand_in.app import StandIn
from bot.portal.stand_in.register import Register
from bot.portal.stand_in.samples import load

PORT = 8071
THREADS = 64
"""Silence and drip hold a thread for up to a minute; the others must still answer."""


class SamplesError(ValueError):
    """``dossiers.yml`` cannot be served; says what is wrong in it."""


def state_file() -> Path:
    """Where changes are kept."""
    return settings.load().var / "portal" / "state.json"


def command(port: int) -> list[str]:
    """What starts it on 127.0.0.1."""
    return [
        sys.executable, "-m", "gunicorn", "bot.portal.stand_in.server:build()", "--bind", f"127.0.0.1:{port}",
        "--worker-class", "gthread", "--workers", "1", "--threads", str(THREADS), "--keep-alive", "60",
        "--graceful-timeout", "3", "--log-level", "warning", "--no-control-socket",
    ]  # fmt: skip


def build() -> StandIn:
    """The application on the samples and the state of this checkout. Raises SamplesError."""
    samples, errors = load()
    if errors:
        raise SamplesError("; ".join(map(str, errors)))
    return StandIn(Register(samples, state_file(), settings.today))
