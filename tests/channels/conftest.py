"""What speaks to a messenger's stand-in over a socket, or listens to sounds, is left out by make check."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent
OVER_A_SOCKET = {"zalo_stand_in", "telegram_of_module"}
SOUNDS = HERE / "test_speech.py"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if HERE in item.path.parents and (item.path == SOUNDS or fixtures & OVER_A_SOCKET):
            item.add_marker(pytest.mark.slow)
