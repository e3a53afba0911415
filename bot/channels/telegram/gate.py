"""A request held back at its last step, until its caller has written down that it goes.

Connecting and encrypting take hundreds of milliseconds, and nothing has happened yet if the process dies meanwhile. So
the caller is asked when the head of the request is out and only its body is missing: half a request is no request.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextvars import ContextVar
from typing import Any, TypeVar

import httpx

LAST_STEP = "http11.send_request_body.started"
"""httpcore's name for the moment."""
Result = TypeVar("Result")


class Gate:
    """For one piece of work, whose first request it holds. ``open`` may be called from any thread, once."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop, self._opened = loop, asyncio.Event()
        self._reached = threading.Event()
        self.held = False

    async def around(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Does the work with its requests under this gate."""
        _gate.set(self)
        try:
            return await work
        finally:
            self._reached.set()

    async def trace(self, event: str, info: dict[str, Any]) -> None:
        """What httpcore calls at each step of a request."""
        if event == LAST_STEP and not self._opened.is_set():
            self.held = True
            self._reached.set()
            await self._opened.wait()

    def wait(self, seconds: float) -> None:
        """Until the request is held here, or the work has ended before it came so far."""
        self._reached.wait(seconds)

    def open(self) -> None:
        self._loop.call_soon_threadsafe(self._opened.set)


_gate: ContextVar[Gate | None] = ContextVar("gate", default=None)


async def watch(request: httpx.Request) -> None:
    """A hook for httpx: puts a request under the gate of the work it belongs to."""
    if (gate := _gate.get()) is not None:
        request.extensions = {**request.extensions, "trace": gate.trace}


def run_held(
    loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Result], seconds: float, begin: Callable[[], None]
) -> Result:
    """Does some work on the loop; calls ``begin`` in this thread before its first request counts, if it gets so far.

    Raises what the work raises, TimeoutError, and what ``begin`` raises: then nothing was asked of anybody.
    """
    gate = Gate(loop)
    under_way: Future[Result] = asyncio.run_coroutine_threadsafe(gate.around(work), loop)
    try:
        gate.wait(seconds)
        if gate.held:
            begin()
            gate.open()
        return under_way.result(seconds)
    finally:
        under_way.cancel()
