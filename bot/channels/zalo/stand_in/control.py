"""The doors for tests and for the page, under ``/_``: JSON in, JSON out."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from itertools import islice
from typing import Any, Literal

import requests
from pydantic import Field

from bot.channels.zalo.stand_in import cdn, events, uploads
from bot.channels.zalo.stand_in.bulk import Bulk
from bot.channels.zalo.stand_in.constants import APP_ID
from bot.channels.zalo.stand_in.conversation import Conversations, Manner
from bot.channels.zalo.stand_in.sender import Sender
from bot.channels.zalo.stand_in.switches import Fault, Strict, loopback
from bot.channels.zalo.stand_in.wire import Refused, Reply, Request, json_reply
from bot.channels.zalo.stand_in.world import World, as_json

Json = dict[str, Any]
Door = Callable[[Request], Any]


class _Write(Manner):
    user: str
    text: str = ""
    texts: list[str] = Field(default_factory=list)
    quote: str = ""


class _Press(Manner):
    user: str
    message_id: str
    button: int


class _Media(Manner):
    user: str
    kind: Literal["image", "gif", "link", "audio", "video", "sticker", "file", "location", "business_card"]
    variant: Literal["", "missing", "huge", "slow"] = ""
    url: str = ""
    text: str = ""
    details: dict[str, str] = Field(default_factory=dict)


class _Follow(Manner):
    user: str
    follows: bool
    source: str = "oa_profile"


class _Info(Manner):
    user: str
    info: dict[str, str] = Field(default_factory=dict)
    older: bool = False


class _See(Manner):
    user: str
    message_ids: list[str] = Field(min_items=1)
    shape: Literal["msg_ids", "msg_id"] = "msg_ids"
    seen_by: Literal["oa", "user"] = "oa"


class _Event(Manner):
    user: str
    name: str = ""
    event: Json = Field(default_factory=dict)


class _User(Strict):
    user: str
    name: str | None = None
    sensitive: bool | None = None
    follows: bool | None = None
    blocked: bool | None = None
    inactive: bool | None = None
    receive_left: int | None = None
    silent_seconds: float | None = None


class _Probe(Strict):
    url: str = ""
    body: str = "{}"


class Control:
    """The doors. ``at`` gives the stand-in's own address for a request, for links into its content network."""

    def __init__(
        self, world: World, sender: Sender, conversations: Conversations, at: Callable[[Request], str]
    ) -> None:
        self._world, self._sender, self._acts, self._at = world, sender, conversations, at
        self.bulk = Bulk(conversations)
        self._probing = threading.Lock()
        self.doors: dict[tuple[str, str], Door] = {
            ("GET", "/_state"): self._state,
            ("GET", "/_messages"): self._messages,
            ("GET", "/_calls"): self._calls,
            ("GET", "/_webhooks"): self._webhooks,
            ("GET", "/_counts"): self._counts,
            ("POST", "/_switches"): self._switch,
            ("POST", "/_faults"): self._fault,
            ("POST", "/_clock"): self._move_clock,
            ("POST", "/_reset"): self._reset,
            ("POST", "/_bootstrap"): self._bootstrap,
            ("POST", "/_revoke"): self._revoke,
            ("POST", "/_user"): self._set_user,
            ("POST", "/_write"): self._write,
            ("POST", "/_press"): self._press,
            ("POST", "/_media"): self._media,
            ("POST", "/_upload"): self._upload,
            ("POST", "/_follow"): self._follow,
            ("POST", "/_info"): self._info,
            ("POST", "/_see"): self._see,
            ("POST", "/_admin"): self._admin,
            ("POST", "/_event"): self._event,
            ("POST", "/_probe"): self._probe,
            ("POST", "/_bulk"): lambda request: self.bulk.begin(_content(request)),
        }

    def answer(self, request: Request) -> Reply | None:
        """The reply of a door, None where there is none. Raises Refused, ValueError for what it does not take."""
        door = self.doors.get((request.method, request.path))
        return None if door is None else json_reply(door(request))

    # Looking

    def _state(self, request: Request) -> Json:
        world = self._world
        with world.lock:
            return {
                "switches": world.switches.dict(), "faults": [fault.dict() for fault in world.faults],
                "now_ms": world.clock.now_ms(), "ahead_seconds": world.clock.ahead_seconds,
                "users": [world.about(user) for user in islice(world.users.values(), 200)],
                "pending": self._sender.pending(),
            }  # fmt: skip

    def _messages(self, request: Request) -> Json:
        """``user``: of one person, else of all; ``since``: numbers above; ``sender``: user, oa or admin."""
        user, sender, since = request.value("user"), request.value("sender"), _since(request)
        with self._world.lock:
            if user:
                known = self._world.users.get(user)
                among = known.messages if known else []
            else:
                among = list(self._world.messages.values())
            chosen = [as_json(one) for one in among if one.number > since and sender in ("", one.sender)]
            about = self._world.about(self._world.users[user]) if user in self._world.users else None
        return {"messages": chosen, "user": about}

    def _calls(self, request: Request) -> Json:
        path, user, since = request.value("path"), request.value("user"), _since(request)
        with self._world.lock:
            chosen = [
                c for c in self._world.calls if c.number > since and path in ("", c.path) and user in ("", c.user)
            ]
        return {"calls": [as_json(call) for call in chosen]}

    def _webhooks(self, request: Request) -> Json:
        event, user, since = request.value("event"), request.value("user"), _since(request)
        chosen = [
            d for d in list(self._sender.kept) if d.number > since and event in ("", d.event) and user in ("", d.user)
        ]  # fmt: skip
        return {"webhooks": [delivery.told() for delivery in chosen]}

    def _counts(self, request: Request) -> Json:
        with self._world.lock:
            counts = dict(self._world.counts)
        webhooks = dict(self._sender.counts)
        return {
            "from_users": counts.pop("from_users", 0), "to_users": counts.pop("to_users", 0),
            "calls": {name[6:]: n for name, n in counts.items() if name.startswith("calls ")},
            "errors": {name[6:]: n for name, n in counts.items() if name.startswith("error ")},
            "webhooks": {"pending": 0, "delivered": 0, "given_up": 0, "dropped": 0, "attempts": 0, **webhooks},
            "bulk_left": self.bulk.left, "enabled": self._world.switches.enabled,
        }  # fmt: skip

    # Setting

    def _switch(self, request: Request) -> Json:
        with self._world.lock:
            self._world.switches = self._world.switches.changed(_content(request))
            return self._world.switches.dict()

    def _fault(self, request: Request) -> Json:
        """Adds a fault; ``{"name": null}`` takes all away."""
        content = _content(request)
        with self._world.lock:
            if content.get("name") is None:
                self._world.faults.clear()
            else:
                self._world.faults.append(Fault.parse_obj(content))
            return {"faults": [fault.dict() for fault in self._world.faults]}

    def _move_clock(self, request: Request) -> Json:
        seconds = _content(request).get("forward_seconds", 0)
        if isinstance(seconds, bool) or not isinstance(seconds, int | float):
            raise Refused(400, 'expected {"forward_seconds": 3600}')
        with self._world.lock:
            self._world.clock.forward(seconds)
            return {"now_ms": self._world.clock.now_ms(), "ahead_seconds": self._world.clock.ahead_seconds}

    def _reset(self, request: Request) -> Json:
        self.bulk.stop()
        self._world.reset()
        self._sender.clear()
        return {"reset": True}

    def _bootstrap(self, request: Request) -> Json:
        """What the API Explorer gives to the administrator: a new pair, which ends the one before."""
        with self._world.lock:
            return dict(self._world.oauth.issue())

    def _revoke(self, request: Request) -> Json:
        with self._world.lock:
            self._world.oauth.revoke()
        return {"revoked": True}

    def _set_user(self, request: Request) -> Json:
        """``silent_seconds``: how long ago the person last did something; below 0: they never did."""
        asked = _User.parse_obj(_content(request))
        with self._world.lock:
            user = self._world.user(asked.user)
            for name in ("name", "sensitive", "follows", "blocked", "inactive"):
                value = getattr(asked, name)
                if value is not None:
                    setattr(user, name, value)
            if "receive_left" in asked.__fields_set__:
                user.receive_left = asked.receive_left
            if asked.silent_seconds is not None:
                past = self._world.clock.now_ms() - int(asked.silent_seconds * 1000)
                user.last_interaction_ms = past if asked.silent_seconds >= 0 else None
            return self._world.about(user)

    # Acting

    def _write(self, request: Request) -> Json:
        asked = _Write.parse_obj(_content(request))
        texts = asked.texts or [asked.text]
        if not all(texts):
            raise Refused(400, "a text is missing")
        return self._acts.write(asked.user, texts, asked, asked.quote)

    def _press(self, request: Request) -> Json:
        asked = _Press.parse_obj(_content(request))
        return self._acts.press(asked.user, asked.message_id, asked.button, asked)

    def _media(self, request: Request) -> Json:
        asked = _Media.parse_obj(_content(request))
        url = asked.url or self._at(request) + cdn.VARIANTS.get(asked.variant, cdn.sample(asked.kind))
        return self._acts.send_media(asked.user, asked.kind, url, asked.text, asked.details, asked)

    def _upload(self, request: Request) -> Json:
        """The body is what the user sends: ``?user=&kind=image&name=anh.jpg&text=``."""
        kind, name = request.value("kind") or "image", request.value("name") or "anh.jpg"
        if kind not in events.KINDS or not request.body:
            raise Refused(400, f"kind is one of {', '.join(events.KINDS)}, and the body is the bytes")
        content_type = uploads.image_type(request.body) or "application/octet-stream"
        url = self._at(request) + self._world.keep_media(request.body, content_type, name)
        details = {
            "name": name, "size": str(len(request.body)), "checksum": hashlib.md5(request.body).hexdigest(),
            "type": name.rsplit(".", 1)[-1].lower(),
        }  # fmt: skip
        return self._acts.send_media(request.value("user"), kind, url, request.value("text"), details, Manner())

    def _follow(self, request: Request) -> Json:
        asked = _Follow.parse_obj(_content(request))
        return self._acts.follow(asked.user, asked.follows, asked.source, asked)

    def _info(self, request: Request) -> Json:
        asked = _Info.parse_obj(_content(request))
        return self._acts.submit_info(asked.user, asked.info, asked.older, asked)

    def _see(self, request: Request) -> Json:
        asked = _See.parse_obj(_content(request))
        return self._acts.see(asked.user, asked.message_ids, asked.shape, asked.seen_by, asked)

    def _admin(self, request: Request) -> Json:
        asked = _Write.parse_obj(_content(request))
        return self._acts.admin_writes(asked.user, asked.text, asked)

    def _event(self, request: Request) -> Json:
        """``event``: any JSON object, its app_id and timestamp filled in; or ``name``: one in its documented shape."""
        asked = _Event.parse_obj(_content(request))
        at_ms = self._world.clock.now_ms()
        event = {"app_id": APP_ID, "timestamp": str(at_ms), **asked.event}
        if not asked.event:
            event = events.other(asked.name, asked.user, at_ms)
        return self._acts.send_event(event, asked.user, asked)

    def _probe(self, request: Request) -> Json:
        """The console's button: an unsigned POST; a 200 saves the address and switches it on."""
        asked = _Probe.parse_obj(_content(request))
        url = loopback(asked.url or self._world.switches.webhook)
        if not url:
            raise Refused(400, "no address is known; give url")
        begun, status = time.monotonic(), None
        with self._probing, requests.Session() as session:
            session.trust_env = False
            try:
                patience = self._world.switches.answer_seconds
                status = session.post(
                    url, data=asked.body.encode(), headers={"Content-Type": "application/json"}, timeout=patience,
                    allow_redirects=False,
                ).status_code  # fmt: skip
            except requests.RequestException:
                status = None
        if status == 200:
            with self._world.lock:
                self._world.switches = self._world.switches.changed({"webhook": url, "enabled": True})
        return {"status": status, "saved": status == 200, "seconds": round(time.monotonic() - begun, 4)}


def _content(request: Request) -> Json:
    content = request.json()
    if content is None:
        raise Refused(400, "the body is not a JSON object of type application/json")
    return content


def _since(request: Request) -> int:
    value = request.value("since") or "0"
    if not (value.isascii() and value.isdecimal()):
        raise Refused(400, "since is a number")
    return int(value)
