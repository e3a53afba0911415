"""What citizens do, as updates of the Bot API."""

from __future__ import annotations

import hashlib
import time
from typing import Any

from bot.channels.telegram.stand_in.constants import LONGEST_TEXT
from bot.channels.telegram.stand_in.world import BOT, Chat, File, Message, Press, World

SAMPLE = b"OggS sample"
"""What a file holds where none is given."""
FILES = {
    "photo": ("photos", "jpg", "image/jpeg"),
    "voice": ("voice", "oga", "audio/ogg"),
    "audio": ("music", "mp3", "audio/mpeg"),
    "video": ("videos", "mp4", "video/mp4"),
    "document": ("documents", "pdf", "application/pdf"),
    "sticker": ("stickers", "webp", "image/webp"),
}
EXTRA: dict[str, dict[str, Any]] = {
    "voice": {"duration": 3},
    "audio": {"duration": 3},
    "video": {"duration": 3, "width": 640, "height": 360},
    "sticker": {"width": 512, "height": 512, "is_animated": False, "is_video": False, "type": "regular"},
}
KINDS = (*FILES, "location", "contact")


class DoorError(ValueError):
    """A citizen cannot do this; the text says why."""


class Citizens:
    """The citizens of a world. All methods raise DoorError for somebody unknown, or who has blocked the bot."""

    def __init__(self, world: World) -> None:
        self._world = world

    def write(self, user: int, text: str, edit: int = 0) -> int:
        """Sends a text, or changes an earlier one; the update's id."""
        if not text.strip() or len(text) > LONGEST_TEXT:
            raise DoorError(f"a text has 1 to {LONGEST_TEXT} characters")
        with self._world.lock:
            chat = self._speaking(user)
            if not edit:
                return self._add(chat, _text(text))
            message = chat.messages.get(edit)
            if message is None or message["from"]["is_bot"] or "text" not in message:
                raise DoorError("there is no such text of this citizen")
            message |= _text(text) | {"edit_date": int(time.time())}
            chat.version += 1
            return self._world.pending.add(chat.id, "edited_message", dict(message))

    def write_in_group(self, text: str) -> int:
        """Somebody puts the bot into a group, where it is not yet, and speaks there; the message's update."""
        with self._world.lock:
            chat = self._world.group()
            if not chat.messages:
                self._membership(chat, "left", "member")
            return self._add(chat, _text(text))

    def press(self, user: int, message_id: int, data: str) -> int:
        """Presses a button of a message; the update's id."""
        with self._world.lock:
            chat = self._speaking(user)
            message = chat.messages.get(message_id, {})
            rows = message.get("reply_markup", {}).get("inline_keyboard", [])
            if not any(button.get("callback_data") == data for row in rows for button in row):
                raise DoorError("there is no such button any more")
            callback = str(4_000_000_000_000_000_000 + self._world.number())
            self._world.presses[callback] = Press(chat.id, message_id, data)
            chat.version += 1
            content = {
                "id": callback, "from": self._world.person(chat), "message": dict(message), "data": data,
                "chat_instance": str(chat.id),
            }  # fmt: skip
            return self._world.pending.add(chat.id, "callback_query", content)

    def send(self, user: int, kind: str, data: bytes = b"", caption: str = "", mime: str = "", size: int = 0) -> int:
        """Sends something that is no text; ``size`` is announced instead of the real one. The update's id."""
        with self._world.lock:
            chat = self._speaking(user)
            if kind not in KINDS:
                raise DoorError(f"nothing of the kind {kind[:40]!r}; there are: {', '.join(KINDS)}")
            if kind in FILES:
                content = self._file(kind, data or SAMPLE, mime, size)
            else:
                content = _place() if kind == "location" else _contact()
            return self._add(chat, content | ({"caption": caption} if caption else {}))

    def block(self, user: int, blocked: bool) -> int:
        """Blocks the bot, or lets it in again; the update's id, 0 where nothing changes."""
        with self._world.lock:
            chat = self._known(user)
            if chat.blocked == blocked:
                return 0
            chat.blocked = blocked
            chat.version += 1
            return self._membership(chat, *(("member", "kicked") if blocked else ("kicked", "member")))

    def _known(self, user: int) -> Chat:
        chat = self._world.chat(user)
        if chat is None:
            raise DoorError(f"there is no citizen {user}")
        return chat

    def _speaking(self, user: int) -> Chat:
        chat = self._known(user)
        if chat.blocked:
            raise DoorError("this citizen has blocked the bot")
        chat.started = True
        return chat

    def _add(self, chat: Chat, content: dict[str, Any]) -> int:
        message: Message = self._world.post(chat, content, by_bot=False)
        return self._world.pending.add(chat.id, "message", dict(message))

    def _membership(self, chat: Chat, before: str, after: str) -> int:
        until: dict[str, Any] = {"until_date": 0}
        content = {
            "chat": chat.shape(), "from": self._world.person(chat), "date": int(time.time()),
            "old_chat_member": {"user": BOT, "status": before} | (until if before == "kicked" else {}),
            "new_chat_member": {"user": BOT, "status": after} | (until if after == "kicked" else {}),
        }  # fmt: skip
        return self._world.pending.add(chat.id, "my_chat_member", content)

    def _file(self, kind: str, data: bytes, mime: str, size: int) -> dict[str, Any]:
        folder, ending, usual = FILES[kind]
        if kind != "photo":
            file = self._kept(folder, ending, data, size)
            extra = EXTRA.get(kind, {"file_name": f"tap-tin.{ending}"})
            return {kind: file | extra | ({} if kind == "sticker" else {"mime_type": mime or usual})}
        sizes = [(90, 67, 1500), (320, 240, 20_000), (1280, 960, size or len(data))]
        return {"photo": [self._kept(folder, ending, data, n) | {"width": w, "height": h} for w, h, n in sizes]}

    def _kept(self, folder: str, ending: str, data: bytes, size: int) -> dict[str, Any]:
        number = self._world.number()
        file = File(data, size or len(data), f"{folder}/file_{number}.{ending}")
        file_id = f"AgACAgUAAxkBAAI{number:06d}Sample"
        self._world.files[file_id] = file
        unique = hashlib.sha256(data).hexdigest()[:16]
        return {"file_id": file_id, "file_unique_id": unique, "file_size": file.size}


def _text(text: str) -> dict[str, Any]:
    if not text.startswith("/"):
        return {"text": text}
    return {"text": text, "entities": [{"type": "bot_command", "offset": 0, "length": len(text.split()[0])}]}


def _place() -> dict[str, Any]:
    return {"location": {"latitude": 10.95, "longitude": 106.82}}


def _contact() -> dict[str, Any]:
    return {"contact": {"phone_number": "+84000000000", "first_name": "Người Mẫu"}}
