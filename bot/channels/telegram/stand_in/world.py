"""What the stand-in knows: chats with their messages, files, presses that wait for an answer, every call."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from bot.channels.telegram.stand_in.constants import (
    BOT_ID,
    BOT_NAME,
    BOT_USERNAME,
    CITIZENS,
    FIRST_BULK_ID,
    GROUP_ID,
    TYPING_SECONDS,
)
from bot.channels.telegram.stand_in.flood import Flood
from bot.channels.telegram.stand_in.pending import Pending
from bot.channels.telegram.stand_in.switches import Switches

BOT = {"id": BOT_ID, "is_bot": True, "first_name": BOT_NAME, "username": BOT_USERNAME}
MOST_CALLS = 50_000
MOST_BULK = 100_000
Message = dict[str, Any]


@dataclass(eq=False)
class Chat:
    """A citizen's chat with the bot, or the one group. ``version`` grows with every change that the page shows."""

    id: int
    name: str
    started: bool = False
    blocked: bool = False
    typing_until: float = 0.0
    version: int = 0
    messages: dict[int, Message] = field(default_factory=dict)

    @property
    def group(self) -> bool:
        return self.id < 0

    def shape(self) -> dict[str, Any]:
        """As the Bot API writes it."""
        if self.group:
            return {"id": self.id, "type": "supergroup", "title": self.name}
        return {"id": self.id, "type": "private", "first_name": self.name}

    def typing(self) -> bool:
        return time.monotonic() < self.typing_until

    def begin_typing(self) -> None:
        self.typing_until = time.monotonic() + TYPING_SECONDS


@dataclass
class File:
    """An uploaded file; ``size`` is what is announced."""

    data: bytes
    size: int
    path: str


@dataclass
class Press:
    """A pressed button: the spinner turns until it is answered."""

    chat: int
    message: int
    data: str
    answered: bool = False


class World:
    """Everything, guarded by ``lock``; the updates have a lock of their own."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.pending = Pending()
        self._message_id = 1000
        self._number = 0
        self.reset()

    def reset(self) -> None:
        """As at the start. Numbers go on, so that nothing of before is taken for new."""
        with self.lock:
            self.chats = {citizen.id: Chat(citizen.id, citizen.name) for citizen in CITIZENS}
            self.files: dict[str, File] = {}
            self.presses: dict[str, Press] = {}
            self.commands: dict[str, list[dict[str, str]]] = {}
            self.calls: deque[dict[str, Any]] = deque(maxlen=MOST_CALLS)
            self.called: Counter[str] = Counter()
            self.received: Counter[int] = Counter()
            self.flood = Flood()
            self.pending.clear()
            with self.pending.changed:
                self.pending.switches = Switches()

    def number(self) -> int:
        """A number that was not given before."""
        with self.lock:
            self._number += 1
            return self._number

    def chat(self, chat_id: int) -> Chat | None:
        """A chat: of the citizens, of those made for bulk, or the group once somebody speaks in it."""
        with self.lock:
            if chat_id not in self.chats and FIRST_BULK_ID <= chat_id < FIRST_BULK_ID + MOST_BULK:
                self.chats[chat_id] = Chat(chat_id, f"Người mẫu {chat_id - FIRST_BULK_ID}", started=True)
            return self.chats.get(chat_id)

    def group(self) -> Chat:
        """The group; the bot is put into it where it is not there."""
        with self.lock:
            return self.chats.setdefault(GROUP_ID, Chat(GROUP_ID, "Nhóm mẫu", started=True))

    def person(self, chat: Chat) -> dict[str, Any]:
        """The citizen as the sender of something; in the group it is the first one."""
        user = CITIZENS[0] if chat.group else chat
        return {"id": user.id, "is_bot": False, "first_name": user.name, "language_code": "vi"}

    def post(self, chat: Chat, content: dict[str, Any], *, by_bot: bool) -> Message:
        """Puts a message into a chat; as the Bot API writes it."""
        with self.lock:
            self._message_id += 1
            sender = BOT if by_bot else self.person(chat)
            message = {"message_id": self._message_id, "from": sender, "chat": chat.shape(), "date": int(time.time())}
            message |= content
            chat.messages[self._message_id] = message
            chat.version += 1
            if by_bot:
                chat.typing_until = 0.0
                self.received[chat.id] += 1
            return message

    def record(self, method: str, texts: dict[str, str], files: dict[str, bytes], status: int, fault: str) -> None:
        """Notes a call; the token is in none of its parts."""
        with self.lock:
            self.called[method] += 1
            self.calls.append({
                "number": self.number(), "at": time.time(), "method": method, "parameters": texts,
                "files": {name: len(data) for name, data in files.items()}, "status": status, "fault": fault,
            })  # fmt: skip
