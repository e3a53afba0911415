"""What tests say about the services they start, and waiting for what these do."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable

from bot.portal.dossier import DossierStatus
from bot.portal.following import FollowRequest
from bot.portal.second_factor import SecondFactor

SORRY = "Dạ, máy đang trục trặc."
FOLLOWED_CODE = "H19.12-261105-0007"
AGREED_TO_FOLLOW = FollowRequest(
    FOLLOWED_CODE, SecondFactor("ab" * 32, "zalo:an"), "2026-11-25", DossierStatus.IN_PROGRESS
).as_payload()
"""What a turn asks of the gateway when somebody wants to be told of a dossier."""
StartWorker = Callable[[], "subprocess.Popen[bytes]"]


def wait_until(condition: Callable[[], object], seconds: float = 20) -> None:
    """Waits until the condition holds, at most so many seconds. Raises AssertionError."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not so within {seconds:g} s"
        time.sleep(0.02)
