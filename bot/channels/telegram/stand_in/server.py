"""The stand-in as a process: gunicorn on loopback, one process (the chats are in its memory), many threads."""

from __future__ import annotations

import sys

from bot.channels.telegram.stand_in.app import StandIn

PORT = 8073
THREADS = 64
"""Long polls and slow faults hold a thread each; the others must still answer."""


def command(port: int) -> list[str]:
    """What starts it on 127.0.0.1."""
    return [
        sys.executable, "-m", "gunicorn", "bot.channels.telegram.stand_in.server:build()", "--bind",
        f"127.0.0.1:{port}", "--worker-class", "gthread", "--workers", "1", "--threads", str(THREADS),
        "--keep-alive", "60", "--graceful-timeout", "3", "--timeout", "0", "--log-level", "warning",
        "--no-control-socket",
    ]  # fmt: skip


def build() -> StandIn:
    """The application, as at its first start."""
    return StandIn()
