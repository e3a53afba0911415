"""Many citizens writing at once, at a pace: for a benchmark."""

from __future__ import annotations

import threading
import time
from typing import Any

from pydantic import Field

from bot.channels.zalo.stand_in.constants import FIRST_BULK_ID
from bot.channels.zalo.stand_in.conversation import Conversations, Manner
from bot.channels.zalo.stand_in.switches import Strict


class Asked(Strict):
    """``messages`` in all, from ``users`` people in turn, ``a_second`` of them (0: as fast as it goes).

    In ``texts``, taken in turn, ``{n}`` is the number of the message from 0 and ``{k}`` its number among those of its
    user. ``first``: the number of the first user, for several crowds. Each user's go out in order unless ``ordered`` is
    false.
    """

    users: int = Field(..., ge=1, le=100_000)
    messages: int = Field(..., ge=1, le=1_000_000)
    texts: list[str] = Field(default=["Tin nhắn {n}"], min_items=1)
    a_second: float = Field(default=0.0, ge=0)
    first: int = Field(default=0, ge=0)
    ordered: bool = True


class Bulk:
    """One crowd at a time. ``left``: messages that are still to be written."""

    def __init__(self, conversations: Conversations) -> None:
        self._conversations = conversations
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self.left = 0

    def begin(self, content: dict[str, Any]) -> dict[str, Any]:
        """Starts and returns at once. Raises ValueError where one is still writing."""
        asked = Asked.parse_obj(content)
        if self.left:
            raise ValueError(f"{self.left} messages of the crowd before are still to be written")
        self._stopped = threading.Event()
        self.left = asked.messages
        self._thread = threading.Thread(target=self._run, args=(asked, self._stopped), daemon=True, name="zalo-bulk")
        self._thread.start()
        last = FIRST_BULK_ID + asked.first + min(asked.users, asked.messages) - 1
        return {"messages": asked.messages, "first_user": str(FIRST_BULK_ID + asked.first), "last_user": str(last)}

    def stop(self) -> None:
        """Ends the crowd that is writing."""
        self._stopped.set()
        if self._thread:
            self._thread.join()
        self.left = 0

    def _run(self, asked: Asked, stopped: threading.Event) -> None:
        begun = time.monotonic()
        manner = Manner(ordered=asked.ordered)
        for n in range(asked.messages):
            due = begun + n / asked.a_second if asked.a_second else 0.0
            if stopped.wait(max(0.0, due - time.monotonic())):
                return
            k, place = divmod(n, asked.users)
            text = asked.texts[n % len(asked.texts)].replace("{n}", str(n)).replace("{k}", str(k))
            self._conversations.write(str(FIRST_BULK_ID + asked.first + place), [text], manner)
            self.left -= 1
