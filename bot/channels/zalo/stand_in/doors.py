"""The doors of a running stand-in, for tests and benchmarks: what citizens do, what goes wrong, what happened."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import requests

from bot.channels.zalo.stand_in.world import Call, Message

Json = dict[str, Any]
PATIENCE_SECONDS = 20.0


class DoorError(RuntimeError):
    """A door refused; says which, and why."""


@dataclass(frozen=True)
class Webhook:
    """One event and how its delivery went. ``attempts``: dictionaries with at_ms, status, seconds and problem."""

    number: int
    event: str
    user: str
    message_id: str
    body: str
    headers: dict[str, str]
    state: str
    attempts: list[Json]


@dataclass(frozen=True)
class Counts:
    """How much happened since the start or the last reset.

    ``webhooks``: pending, delivered, given_up, dropped, attempts. ``bulk_left``: messages that a crowd still has to
    write. ``enabled``: whether the webhook's address is still on.
    """

    from_users: int
    to_users: int
    calls: dict[str, int]
    errors: dict[str, int]
    webhooks: dict[str, int]
    bulk_left: int
    enabled: bool


class Doors:
    """Every method raises DoorError where the stand-in refuses.

    ``manner`` is that of ``conversation.Manner``: style, copies, ordered, order; a style is a dictionary with order,
    spacing, escapes, by_app, mac.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self._session = requests.Session()
        self._session.trust_env = False

    def close(self) -> None:
        """Gives its connections back."""
        self._session.close()

    # What a citizen does: the ids of the messages

    def write(self, user: str, *texts: str, quote: str = "", **manner: Any) -> list[str]:
        """The user writes."""
        return self._ids("/_write", user=user, texts=list(texts), quote=quote, **manner)

    def press(self, user: str, message_id: str, button: int, **manner: Any) -> list[str]:
        """The user presses a button, counted from 0, below this message; no id for one that opens something."""
        return self._ids("/_press", user=user, message_id=message_id, button=button, **manner)

    def media(
        self, user: str, kind: str, *, variant: str = "", url: str = "", text: str = "",
        details: dict[str, str] | None = None, **manner: Any,
    ) -> list[str]:  # fmt: skip
        """The user sends something that is not text. ``variant``: missing, huge or slow; ``url``: any other address;
        ``details``: those of ``events.attachment``.
        """
        known = {"variant": variant, "url": url, "text": text, "details": details or {}}
        return self._ids("/_media", user=user, kind=kind, **known, **manner)

    def upload(
        self, user: str, data: bytes, *, kind: str = "image", name: str = "anh.jpg", text: str = ""
    ) -> list[str]:
        """The user sends these bytes."""
        asked = {"user": user, "kind": kind, "name": name, "text": text}
        headers = {"Content-Type": "application/octet-stream"}
        ids: list[str] = self._call("POST", "/_upload", params=asked, data=data, headers=headers)["message_ids"]
        return ids

    def follow(self, user: str, follows: bool = True, **manner: Any) -> None:
        """The user follows the account, or leaves it."""
        self._post("/_follow", user=user, follows=follows, **manner)

    def submit_info(self, user: str, info: dict[str, str] | None = None, *, older: bool = False, **manner: Any) -> None:
        """The user gives name, phone, city, ward, address, dob or gender, after they were asked."""
        self._post("/_info", user=user, older=older, info=info or {}, **manner)

    def see(self, user: str, *message_ids: str, shape: str = "msg_ids", seen_by: str = "oa") -> None:
        """The user has seen these messages."""
        self._post("/_see", user=user, message_ids=list(message_ids), shape=shape, seen_by=seen_by)

    def admin_writes(self, user: str, text: str) -> list[str]:
        """A human of the account writes to the user in Zalo itself."""
        return self._ids("/_admin", user=user, text=text)

    def event(self, user: str, name: str = "", event: Json | None = None, **manner: Any) -> None:
        """Any event: by name in its documented shape, or as given."""
        self._post("/_event", user=user, name=name, event=event or {}, **manner)

    def bulk(self, users: int, messages: int, **more: Any) -> Json:
        """A crowd begins to write: see ``bulk.Asked``."""
        return self._post("/_bulk", users=users, messages=messages, **more)

    # What is set

    def switch(self, **switches: Any) -> Json:
        """Sets some of ``switches.Switches``; all are returned."""
        return self._post("/_switches", **switches)

    def fault(self, name: str, **more: Any) -> None:
        """Adds a fault: see ``switches.Fault``."""
        self._post("/_faults", name=name, **more)

    def no_faults(self) -> None:
        """Takes every fault away."""
        self._post("/_faults", name=None)

    def forward(self, seconds: float) -> int:
        """Moves the clock on; the moment it shows then, in milliseconds."""
        now_ms: int = self._post("/_clock", forward_seconds=seconds)["now_ms"]
        return now_ms

    def user(self, user: str, **state: Any) -> Json:
        """Sets name, sensitive, follows, blocked, inactive, receive_left, silent_seconds; what is known is returned."""
        return self._post("/_user", user=user, **state)

    def bootstrap(self) -> dict[str, str]:
        """A new pair of tokens: access_token, refresh_token, expires_in; the pair before is dead."""
        return dict(self._post("/_bootstrap"))

    def revoke(self) -> None:
        """The account takes its consent back: no token opens anything."""
        self._post("/_revoke")

    def probe(self, url: str = "", body: str = "{}") -> Json:
        """The console's "Kiểm tra": status, saved, seconds."""
        return self._post("/_probe", url=url, body=body)

    def reset(self) -> None:
        """As freshly started."""
        self._post("/_reset")

    # What happened

    def state(self) -> Json:
        """Switches, faults, clock, people."""
        return self._call("GET", "/_state")

    def messages(self, user: str = "", since: int = 0, sender: str = "") -> list[Message]:
        """Messages in the order they came; of all people where no user is given."""
        found = self._call("GET", "/_messages", params={"user": user, "since": since, "sender": sender})["messages"]
        return [Message(**one) for one in found]

    def received(self, user: str) -> list[Message]:
        """What the account's API sent to this user."""
        return self.messages(user, sender="oa")

    def calls(self, path: str = "", since: int = 0, user: str = "") -> list[Call]:
        """Calls of the OA API and of the token address."""
        found = self._call("GET", "/_calls", params={"path": path, "since": since, "user": user})["calls"]
        return [Call(**one) for one in found]

    def webhooks(self, user: str = "", since: int = 0, event: str = "") -> list[Webhook]:
        """Events that were sent, or dropped."""
        found = self._call("GET", "/_webhooks", params={"user": user, "since": since, "event": event})["webhooks"]
        return [Webhook(**one) for one in found]

    def counts(self) -> Counts:
        """The numbers alone."""
        return Counts(**self._call("GET", "/_counts"))

    def settle(self, seconds: float = PATIENCE_SECONDS) -> Counts:
        """Waits until no event is under way and no crowd is writing. Raises DoorError after so many seconds."""
        deadline = time.monotonic() + seconds
        while (counts := self.counts()).webhooks["pending"] or counts.bulk_left:
            if time.monotonic() > deadline:
                raise DoorError(f"not settled within {seconds:g} s: {counts}")
            time.sleep(0.01)
        return counts

    # Inside

    def _ids(self, door: str, **content: Any) -> list[str]:
        ids: list[str] = self._post(door, **content)["message_ids"]
        return ids

    def _post(self, door: str, **content: Any) -> Json:
        return self._call("POST", door, json=content)

    def _call(self, method: str, door: str, **more: Any) -> Json:
        answer = self._session.request(method, self.address + door, timeout=PATIENCE_SECONDS, **more)
        if answer.status_code != 200:
            raise DoorError(f"{door} answered {answer.status_code}: {answer.text[:500]}")
        content: Json = answer.json()
        return content
