"""What tests say about the services they start, and waiting for what these do."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable

SORRY = "Dạ, máy đang trục trặc."
StartWorker = Callable[[], "subprocess.Popen[bytes]"]


def wait_until(condition: Callable[[], object], seconds: float = 20) -> None:
    """Waits until the condition holds, at most so many seconds. Raises AssertionError."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not so within {seconds:g} s"
        time.sleep(0.02)
