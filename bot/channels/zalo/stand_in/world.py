"""All that the stand-in knows: people and their messages, uploads, what was asked of it. In memory, behind one lock."""

from __future__ import annotations

import secrets
import threading
from collections import Counter, deque
from dataclasses import asdict, dataclass, field
from typing import Any

from bot.channels.zalo.stand_in.clock import Clock
from bot.channels.zalo.stand_in.constants import CITIZENS, OPEN_MS
from bot.channels.zalo.stand_in.oauth import OAuth
from bot.channels.zalo.stand_in.switches import Fault, Switches

MOST_CALLS = 200_000
Json = dict[str, Any]


@dataclass
class Message:
    """One message of a conversation. ``sender``: user, oa or admin; ``via``: what sent it, as cs or template.

    ``hidden``: a button's payload that the user does not see. ``reactions``: icons of the account on it.
    """

    number: int
    id: str
    user: str
    sender: str
    kind: str
    text: str
    at_ms: int
    via: str = ""
    buttons: list[Json] = field(default_factory=list)
    attachment: Json = field(default_factory=dict)
    quote: str = ""
    hidden: bool = False
    quota_type: str = ""
    reactions: list[str] = field(default_factory=list)


@dataclass
class User:
    """A person as the account's side of Zalo knows them. ``receive_left``: messages they may still get, None for any.

    ``last_interaction_ms`` opens the window; None: there was none, or they left.
    """

    id: str
    name: str
    sensitive: bool = False
    follows: bool = False
    last_interaction_ms: int | None = None
    blocked: bool = False
    inactive: bool = False
    receive_left: int | None = None
    asked_for_info: bool = False
    messages: list[Message] = field(default_factory=list)


@dataclass(frozen=True)
class Call:
    """One call of the OA API or the token address. ``error`` is the envelope's, None where there was no envelope."""

    number: int
    at_ms: int
    method: str
    path: str
    user: str
    body: Any
    status: int
    error: int | None
    fault: str = ""


@dataclass(frozen=True)
class Asset:
    """An upload; ``kind`` is image, gif or file."""

    kind: str
    name: str
    at_ms: int
    media: str


class World:
    """The state. Whoever reads or writes it holds ``lock``, which one thread may take twice."""

    def __init__(self, switches: Switches, clock: Clock | None = None) -> None:
        self.lock = threading.RLock()
        self._begin(switches, clock or Clock())

    def _begin(self, switches: Switches, clock: Clock) -> None:
        self.clock = clock
        self.switches = switches
        self._initial = switches
        self.faults: list[Fault] = []
        self.oauth = OAuth(clock)
        self.users = {one.id: User(one.id, one.name, one.sensitive) for one in CITIZENS}
        self.messages: dict[str, Message] = {}
        self.assets: dict[str, Asset] = {}
        self.media: dict[str, tuple[bytes, str]] = {}
        self.calls: deque[Call] = deque(maxlen=MOST_CALLS)
        self.counts: Counter[str] = Counter()
        self._rate: tuple[int, int] = (0, 0)
        self._number = 0
        self._run = secrets.token_hex(5)

    def reset(self) -> None:
        """As freshly started: the clock not moved, the switches it began with."""
        with self.lock:
            self.clock.forward(-self.clock.ahead_seconds)
            self._begin(self._initial, self.clock)

    def next_number(self) -> int:
        """One more than the last: calls and messages in the order they happened."""
        with self.lock:
            self._number += 1
            return self._number

    def new_id(self) -> str:
        """A message's id: never the same again, not even after a restart."""
        return f"{self._run}{self.next_number():010x}"

    def user(self, user_id: str) -> User:
        """The person, who begins to exist with the first thing they do. Raises ValueError for what is no id."""
        if not (user_id.isascii() and user_id.isdecimal() and 15 <= len(user_id) <= 20):
            raise ValueError(f"{user_id[:40]!r} is no user id: 15 to 20 digits as text")
        with self.lock:
            if user_id not in self.users:
                self.users[user_id] = User(user_id, f"Người mẫu {user_id[-6:]}")
            return self.users[user_id]

    def touch(self, user: User) -> None:
        """The user did something: the window is open."""
        user.last_interaction_ms = self.clock.now_ms()

    def add(self, message: Message) -> Message:
        """Keeps a message in its conversation and counts it."""
        with self.lock:
            self.users[message.user].messages.append(message)
            self.messages[message.id] = message
            self.counts["from_users" if message.sender == "user" else "to_users"] += 1
            return message

    def take_fault(self, path: str, user: str) -> Fault | None:
        """The first fault that strikes this call; one less of it is left."""
        with self.lock:
            for place, fault in enumerate(self.faults):
                if not fault.strikes(path, user):
                    continue
                if fault.count == 1:
                    del self.faults[place]
                elif fault.count:
                    self.faults[place] = fault.copy(update={"count": fault.count - 1})
                return fault
            return None

    def calls_left(self) -> int:
        """How many calls this minute still takes, after this one; below 0 it is one too many."""
        with self.lock:
            minute = self.clock.now_ms() // 60_000
            used = self._rate[1] + 1 if self._rate[0] == minute else 1
            self._rate = (minute, used)
            return self.switches.rate_a_minute - used

    def record(self, call: Call) -> None:
        """Keeps a call. The newest 200,000 are kept; the counts know all."""
        with self.lock:
            self.calls.append(call)
            self.counts[f"calls {call.path}"] += 1
            if call.error:
                self.counts[f"error {call.error}"] += 1

    def keep_media(self, data: bytes, content_type: str, name: str) -> str:
        """The address at the CDN, without its host, of these bytes."""
        ending = name.rsplit(".", 1)[-1].lower() if "." in name else "bin"
        key = f"{secrets.token_hex(12)}.{ending if ending.isalnum() and ending.isascii() else 'bin'}"
        with self.lock:
            self.media[key] = (data, content_type)
        return f"/cdn/{key}"

    def about(self, user: User) -> Json:
        """What the page and tests may know of a person, without the messages."""
        with self.lock:
            told = {name: value for name, value in vars(user).items() if name != "messages"}
            last = user.last_interaction_ms
            open_ms = None if last is None else max(0, last + OPEN_MS - self.clock.now_ms())
            return {**told, "messages": len(user.messages), "window_left_seconds": open_ms and open_ms / 1000}


def as_json(thing: Message | Call) -> Json:
    """As the doors tell it."""
    return asdict(thing)
