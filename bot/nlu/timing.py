"""What the NLU makes of a message and how long it takes: the trained model in a process of its own, as the server
loads it.

``python -m bot.nlu.timing MODEL`` reads one message a line from standard input and writes one JSON object:
``{"loading_seconds", "intents": […], "milliseconds": […]}``, the lists with one entry a message, in their order. With
``DATABASE_URL`` the imported catalogue is loaded too.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import sys
import time
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

WARM_UP = 20
"""Messages read once before the clock runs: what is built at the first use is no part of a citizen's wait."""


async def _heard(agent: Any, texts: Sequence[str]) -> tuple[list[str | None], list[float]]:
    for text in texts[:WARM_UP]:
        await agent.parse_message(text)
    gc.collect()
    intents, taken = [], []
    for text in texts:
        began = time.perf_counter()
        parsed = await agent.parse_message(text)
        taken.append((time.perf_counter() - began) * 1000)
        intents.append(parsed["intent"]["name"])
    return intents, taken


def measure(model: Path, texts: Sequence[str]) -> dict[str, Any]:
    """Loads a model (a ``.tar.gz`` of ``rasa train``) and runs the whole pipeline over each message, timed."""
    from rasa.core.agent import Agent
    from rasa.utils.log_utils import configure_structlog

    configure_structlog(logging.INFO)  # as the server does; else every parse is written out at length
    began = time.perf_counter()
    agent = Agent.load(model)
    loading = time.perf_counter() - began
    intents, taken = asyncio.run(_heard(agent, texts))
    return {"loading_seconds": round(loading, 2), "intents": intents, "milliseconds": taken}


def main() -> None:
    """The process: messages in, intents and times out."""
    texts = [line.strip() for line in sys.stdin if line.strip()]
    with redirect_stdout(sys.stderr):  # what Rasa tells while it loads is no part of the result
        measured = measure(Path(sys.argv[1]), texts)
    json.dump(measured, sys.stdout)


if __name__ == "__main__":
    main()
