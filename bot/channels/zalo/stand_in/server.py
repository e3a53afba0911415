"""The stand-in as a process: gunicorn on loopback, one process (everything is in its memory), many threads."""

from __future__ import annotations

import os
import sys

from bot.channels.zalo.stand_in.app import StandIn
from bot.channels.zalo.stand_in.switches import Switches

PORT = 8072
THREADS = 64
"""Faults hold a thread for up to two minutes; the others must still answer."""
WEBHOOK, SCALE = "ZALO_STAND_IN_WEBHOOK", "ZALO_STAND_IN_SCALE"
"""How ``command`` hands its arguments on to ``build``; nobody else sets them."""


def command(port: int, webhook: str = "", scale: float = 1.0) -> list[str]:
    """What starts it on 127.0.0.1. ``webhook``: where its events go, on this machine; ``scale`` multiplies the seconds
    between two attempts at one event.
    """
    return [
        sys.executable, "-m", "gunicorn", "bot.channels.zalo.stand_in.server:build()", "--bind", f"127.0.0.1:{port}",
        "--worker-class", "gthread", "--workers", "1", "--threads", str(THREADS), "--keep-alive", "60",
        "--graceful-timeout", "3", "--log-level", "warning", "--no-control-socket",
        "--header-map", "dangerous",  # Zalo's headers are named access_token and secret_key
        "--env", f"{WEBHOOK}={webhook}", "--env", f"{SCALE}={scale:g}",
    ]  # fmt: skip


def build() -> StandIn:
    """The application as ``command`` describes it. Raises ValueError for an address that is not of this machine."""
    return StandIn(Switches(webhook=os.environ.get(WEBHOOK, ""), scale=float(os.environ.get(SCALE, "1"))))
