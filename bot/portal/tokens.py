"""A token kept until shortly before its end, fetched by one thread at a time, renewed once when it is refused."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from bot.portal.deadline import Deadline
from bot.portal.dossier import Outcome
from bot.portal.pace import Failure
from bot.portal.transport import Unauthorised

LIFE_SECONDS = 300.0
"""What a token's life is taken to be where the reply says nothing of it."""
MARGIN_SECONDS = 30.0
"""A token is not used in its last seconds: it must still hold when the request arrives."""
FIT_FOR_A_HEADER = re.compile(r"[!-~]{1,8000}")
T = TypeVar("T")


class Tokens:
    """``fetch`` gets a new token and its life in seconds; it raises Failure. Safe for threads."""

    def __init__(
        self, fetch: Callable[[Deadline], tuple[str, float]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._fetch, self._clock = fetch, clock
        self._lock = threading.Lock()
        self._token, self._until = "", clock()

    def using(self, ask: Callable[[str], T], deadline: Deadline) -> T:
        """What ``ask`` gives with a token; a refused token is renewed once. Raises Failure."""
        token = self._valid(deadline)
        try:
            return ask(token)
        except Unauthorised:
            self._drop(token)
        return ask(self._valid(deadline))

    def _valid(self, deadline: Deadline) -> str:
        if not self._lock.acquire(timeout=deadline.left()):
            raise Failure(Outcome.UPSTREAM_DOWN, "no token in time")
        try:
            if not self._token or self._clock() >= self._until:
                self._token, life = self._fetch(deadline)
                self._until = self._clock() + max(life - MARGIN_SECONDS, life / 2)
            return self._token
        except Failure as failure:
            if failure.outcome is Outcome.NOT_FOUND:  # no such address; it says nothing about a dossier
                raise Failure(Outcome.UPSTREAM_DOWN, "nothing at the token's address") from None
            raise
        finally:
            self._lock.release()

    def _drop(self, refused: str) -> None:
        """Forgets the token, unless another thread has renewed it already."""
        with self._lock:
            if self._token == refused:
                self._token = ""


def token_of(content: Any, name: str) -> tuple[str, float]:
    """The token in a reply, and its life in seconds. Raises Failure."""
    token = content.get(name) if isinstance(content, dict) else None
    if not isinstance(token, str) or not FIT_FOR_A_HEADER.fullmatch(token):
        raise Failure(Outcome.UPSTREAM_DOWN, "a reply without a token")
    life = content.get("expires_in")
    known = isinstance(life, int | float) and not isinstance(life, bool) and 0 < life < 86_400
    return token, float(life) if known else LIFE_SECONDS
