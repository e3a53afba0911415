"""What the trained model makes of a message."""

from __future__ import annotations

import asyncio
from typing import Any


def parse(agent: Any, text: str) -> dict[str, Any]:
    """Intent, ranking and entities of a message."""
    parsed: dict[str, Any] = asyncio.run(agent.parse_message(text))
    return parsed
