"""The doors for tests and for the page: JSON in, JSON out."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import Field, ValidationError

from bot.channels.telegram.stand_in.citizens import Citizens, DoorError
from bot.channels.telegram.stand_in.constants import CITIZENS, FIRST_BULK_ID, LONGEST_TEXT, WARNING
from bot.channels.telegram.stand_in.switches import FAULTS, Strict
from bot.channels.telegram.stand_in.world import Chat, Message, World
from bot.channels.zalo.stand_in.wire import Refused, Reply, Request, json_reply

MOST_AT_ONCE = 20_000


class Written(Strict):
    """``edit``: the message that is changed, 0 for a new one."""

    user: int
    text: str
    edit: int = 0


class Pressed(Strict):
    """``data`` is the button's ``callback_data``."""

    user: int
    message: int
    data: str


class Sent(Strict):
    """``data`` in base64; ``size``: announced instead of the real one."""

    user: int
    kind: str
    data: str = ""
    caption: str = ""
    mime: str = ""
    size: int = Field(default=0, ge=0)


class Blocked(Strict):
    user: int
    blocked: bool = True


class InGroup(Strict):
    text: str


class Bulk(Strict):
    """``texts`` are pairs of a person's number (0 to 99,999) and what they write, in this order."""

    texts: list[tuple[int, str]] = Field(max_items=MOST_AT_ONCE)


Shape = TypeVar("Shape", bound=Strict)


class Doorway:
    """Answers the paths that begin with ``/_``."""

    def __init__(self, world: World, citizens: Citizens) -> None:
        self._world, self._citizens = world, citizens
        self._doors: dict[tuple[str, str], Callable[[Request], Any]] = {
            ("GET", "/_people"): lambda request: self._people(),
            ("GET", "/_messages"): self._messages,
            ("GET", "/_received"): self._received,
            ("GET", "/_calls"): self._calls,
            ("GET", "/_counts"): lambda request: self._counts(),
            ("GET", "/_switches"): lambda request: self._world.pending.switches.dict(),
            ("POST", "/_switches"): self._switch,
            ("POST", "/_write"): self._write,
            ("POST", "/_press"): self._press,
            ("POST", "/_send"): self._send,
            ("POST", "/_block"): self._block,
            ("POST", "/_group"): self._group,
            ("POST", "/_bulk"): self._bulk,
            ("POST", "/_reset"): lambda request: self._reset(),
        }

    def answer(self, request: Request) -> Reply:
        """Raises Refused for an address that there is not, DoorError for content that cannot be done."""
        door = self._doors.get((request.method, request.path))
        if door is None:
            raise Refused(405 if any(path == request.path for _, path in self._doors) else 404, "no such address")
        return json_reply(door(request))

    # What citizens do

    def _write(self, request: Request) -> dict[str, int]:
        asked = _read(Written, request)
        return {"update": self._citizens.write(asked.user, asked.text, asked.edit)}

    def _press(self, request: Request) -> dict[str, int]:
        asked = _read(Pressed, request)
        return {"update": self._citizens.press(asked.user, asked.message, asked.data)}

    def _send(self, request: Request) -> dict[str, int]:
        asked = _read(Sent, request)
        try:
            data = base64.b64decode(asked.data, validate=True)
        except binascii.Error:
            raise DoorError("data is not base64") from None
        return {"update": self._citizens.send(asked.user, asked.kind, data, asked.caption, asked.mime, asked.size)}

    def _block(self, request: Request) -> dict[str, int]:
        asked = _read(Blocked, request)
        return {"update": self._citizens.block(asked.user, asked.blocked)}

    def _group(self, request: Request) -> dict[str, int]:
        return {"update": self._citizens.write_in_group(_read(InGroup, request).text)}

    def _bulk(self, request: Request) -> dict[str, list[int]]:
        asked = _read(Bulk, request)
        for person, text in asked.texts:
            if person < 0 or self._world.chat(FIRST_BULK_ID + person) is None:
                raise DoorError(f"there is no person {person}")
            if not text.strip() or len(text) > LONGEST_TEXT:
                raise DoorError(f"a text has 1 to {LONGEST_TEXT} characters")
        return {"updates": [self._citizens.write(FIRST_BULK_ID + person, text) for person, text in asked.texts]}

    # What there is to see

    def _people(self) -> dict[str, Any]:
        people = [{"id": citizen.id, "name": citizen.name} for citizen in CITIZENS]
        return {"people": people, "faults": FAULTS, "warning": WARNING}

    def _messages(self, request: Request) -> dict[str, Any]:
        """A chat; without its messages where nothing has changed since ``version``."""
        with self._world.lock:
            chat = self._chat(request)
            told: dict[str, Any] = {
                "version": chat.version, "typing": chat.typing(), "blocked": chat.blocked, "started": chat.started,
                "commands": self._world.commands.get("vi") or self._world.commands.get("", []),
            }  # fmt: skip
            if request.value("version") == str(chat.version):
                return told
            turning = {
                (p.message, p.data) for p in self._world.presses.values() if p.chat == chat.id and not p.answered
            }
            return told | {"messages": [_shown(message, turning) for message in chat.messages.values()]}

    def _received(self, request: Request) -> dict[str, Any]:
        """The texts that the bot sent, by chat: of one, or of all."""
        with self._world.lock:
            chats = [self._chat(request)] if request.value("user") else list(self._world.chats.values())
            return {
                str(chat.id): [m.get("text", "") for m in chat.messages.values() if m["from"]["is_bot"]]
                for chat in chats
                if chat.messages
            }

    def _calls(self, request: Request) -> dict[str, Any]:
        """The calls after the number ``after``, of one method or of all."""
        after, method = _number(request, "after"), request.value("method").lower()
        with self._world.lock:
            calls = [call for call in self._world.calls if call["number"] > after]
        return {"calls": [call for call in calls if method in ("", call["method"].lower())]}

    def _counts(self) -> dict[str, Any]:
        pending = self._world.pending
        with self._world.lock, pending.changed:
            return {
                "waiting": pending.waiting(), **dict(pending.counts), "received": sum(self._world.received.values()),
                "received_by": {str(chat): count for chat, count in self._world.received.items()},
                "calls": dict(self._world.called),
            }  # fmt: skip

    def _switch(self, request: Request) -> dict[str, Any]:
        pending = self._world.pending
        with pending.changed:
            try:
                pending.switches = pending.switches.changed(_object(request))
            except ValidationError as error:
                raise DoorError(_problem(error)) from None
            pending.changed.notify_all()
            told: dict[str, Any] = pending.switches.dict()
            return told

    def _reset(self) -> dict[str, bool]:
        self._world.reset()
        return {"reset": True}

    def _chat(self, request: Request) -> Chat:
        chat = self._world.chat(_number(request, "user"))
        if chat is None:
            raise DoorError("there is no such citizen")
        return chat


def _shown(message: Message, turning: set[tuple[int, str]]) -> dict[str, Any]:
    """A message as the page needs it. ``kind``: what it is, where it is no text."""
    number = message["message_id"]
    kinds = ("photo", "voice", "audio", "video", "document", "sticker", "location", "contact")
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return {
        "id": number, "by_bot": message["from"]["is_bot"], "at": message["date"],
        "text": message.get("text", message.get("caption", "")), "edited": "edit_date" in message,
        "kind": next((kind for kind in kinds if kind in message), "text"), "entities": message.get("entities", []),
        "buttons": [
            [button | {"turning": (number, button.get("callback_data")) in turning} for button in row] for row in rows
        ],
    }  # fmt: skip


def _read(shape: type[Shape], request: Request) -> Shape:
    try:
        return shape.parse_obj(_object(request))
    except ValidationError as error:
        raise DoorError(_problem(error)) from None


def _object(request: Request) -> dict[str, Any]:
    content = request.json()
    if content is None:
        raise DoorError("a JSON object is expected: application/json")
    return content


def _problem(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"


def _number(request: Request, name: str) -> int:
    raw = request.value(name)
    if not raw:
        return 0
    try:
        return int(raw)
    except ValueError:
        raise DoorError(f"{name} is not a number") from None
