"""A whole stack for one benchmark: in a temporary folder, on free ports, with a database of its own."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import typer

from bot.cli import stack


@contextmanager
def own_stack(environment: Mapping[str, str]) -> Iterator[tuple[stack.Stack, Path]]:
    """The stack and its folder; stopped at the end. The checkout's model is used where it is current, else trained.

    Raises StackError, TrainingFailed.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # told to stop, it stops the stack too
    with tempfile.TemporaryDirectory(prefix="motcua-bench-") as folder:
        os.environ.pop("DATABASE_URL", None)
        os.environ |= {"MOTCUA_VAR": folder, "MOTCUA_PORT": "0", "MOTCUA_PORTAL": "manual", **environment}
        try:
            yield stack.start(lambda text: typer.echo(text, err=True)), Path(folder)
        finally:
            stack.stop()
