"""The stand-in as a WSGI application: the token address, the OA API, the content network, the page and the doors."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from bot.channels.zalo.stand_in import cdn, faults, page
from bot.channels.zalo.stand_in.api import Api
from bot.channels.zalo.stand_in.clock import Clock
from bot.channels.zalo.stand_in.control import Control
from bot.channels.zalo.stand_in.conversation import Conversations
from bot.channels.zalo.stand_in.oauth import OAuthError
from bot.channels.zalo.stand_in.sender import Sender
from bot.channels.zalo.stand_in.switches import LOOPBACK, Switches
from bot.channels.zalo.stand_in.wire import (
    Environ,
    Refused,
    Reply,
    Request,
    StartResponse,
    as_object,
    html_reply,
    json_reply,
    see_other,
)
from bot.channels.zalo.stand_in.world import Call, World

TOKEN_PATH, CONSENT_PATH = "/v4/oa/access_token", "/v4/oa/permission"
STATIC = {"phone.js": "text/javascript;charset=UTF-8", "phone.css": "text/css;charset=UTF-8"}
STATIC_FOLDER = Path(__file__).parent / "static"
LONGEST_RECORDED = 20_000


class StandIn:
    """Zalo for one application, one account and invented people. ``sleep`` takes seconds."""

    def __init__(
        self,
        switches: Switches | None = None,
        clock: Clock | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.world = World(switches or Switches(), clock)
        self.sender = Sender(self.world)
        self._sleep = sleep
        conversations = Conversations(self.world, self.sender)
        self._api = Api(self.world, conversations)
        self._control = Control(self.world, self.sender, conversations, _address)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        try:
            reply = self._answer(Request.of(environ))
        except Refused as refused:
            reply = json_reply({"error": refused.problem}, refused.status)
        except (ValueError, OverflowError) as error:
            reply = json_reply({"error": str(error)}, 400)
        return reply.send(start_response)

    def close(self) -> None:
        """Ends its threads."""
        self._control.bulk.stop()
        self.sender.close()

    def _answer(self, request: Request) -> Reply:
        if request.path == TOKEN_PATH:
            return self._contract(request, self._token)
        if self._api.serves(request.path):
            return self._contract(request, self._api.answer)
        if request.path.startswith(cdn.PATH) and request.method == "GET":
            return cdn.serve(self.world, request.path, self._sleep)
        _check_door(request)
        reply = self._control.answer(request) or self._page(request)
        if reply is None:
            raise Refused(404, "no such address")
        return reply

    # Zalo's own addresses: recorded, and behind the fault that is switched on

    def _contract(self, request: Request, answer: Callable[[Request], Reply]) -> Reply:
        body, user = _asked(request)
        fault = self.world.take_fault(request.path, user)
        done: list[Reply] = []

        def really() -> Reply:
            with self.world.lock:
                done.append(answer(request))
            return done[0]

        try:
            reply = faults.around(fault, request, really, self._sleep) if fault else really()
        finally:
            # of a response that is lost, the one that would have come is recorded
            self._record(request, body, user, done[0] if done else None, fault.name if fault else "")
        return reply

    def _record(self, request: Request, body: Any, user: str, reply: Reply | None, fault: str) -> None:
        content = as_object(reply.body) if reply and isinstance(reply.body, bytes) else None
        number, at_ms = self.world.next_number(), self.world.clock.now_ms()
        status = reply.status if reply else 0
        error = content.get("error", 0) if content else None
        self.world.record(Call(number, at_ms, request.method, request.path, user, body, status, error, fault))

    def _token(self, request: Request) -> Reply:
        if request.method != "POST":
            raise Refused(405, "POST only")
        try:
            secret = request.header.get("secret-key", "")  # WSGI writes secret_key so
            return json_reply(self.world.oauth.token(request.form(), secret, self.world.switches))
        except OAuthError as error:
            return json_reply(error.content())

    # Pages

    def _page(self, request: Request) -> Reply | None:
        if request.path == CONSENT_PATH:
            return self._consent(request)
        if request.method != "GET":
            return None
        name = request.path.removeprefix("/static/")
        if name in STATIC:
            return Reply(200, (STATIC_FOLDER / name).read_bytes(), STATIC[name])
        return html_reply(page.phone()) if request.path == "/" else None

    def _consent(self, request: Request) -> Reply:
        """The consent page; the button posts to the same address, and the browser goes back with a code."""
        asked = {name: values[0] for name, values in request.query.items()}
        with self.world.lock:
            try:
                if request.method == "POST":
                    return see_other(self.world.oauth.consent(asked, self.world.switches))
                self.world.oauth.check_consent(asked, self.world.switches)
            except OAuthError as error:
                return html_reply(page.refused(error.code, error.reason))
        return html_reply(page.consent(asked.get("redirect_uri", "")))


def _check_door(request: Request) -> None:
    """Page and doors are for this machine: another site may neither read them under its own name nor post to them."""
    if _host_name(request) not in LOOPBACK:
        raise Refused(403, "only by 127.0.0.1 or localhost")
    if request.method == "POST" and request.header.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        raise Refused(403, "only from the page itself")


def _host_name(request: Request) -> str:
    host = request.header.get("host", "")
    name = host.rpartition(":")[0] if ":" in host.rpartition("]")[2] else host
    return name.strip("[]")


def _address(request: Request) -> str:
    return f"http://{request.header.get('host', '127.0.0.1')}"


def _asked(request: Request) -> tuple[Any, str]:
    """What is recorded of a call, without tokens and secrets, and whom it concerns."""
    if request.path == TOKEN_PATH:
        form = request.form() or {}
        return {name: form[name] for name in ("grant_type", "app_id") if name in form}, ""
    body = as_object(request.body[:LONGEST_RECORDED] if request.method == "POST" else request.value("data"))
    if body is None:
        return {"bytes": len(request.body)}, ""
    recipient = body.get("recipient")
    user = body.get("user_id", recipient.get("user_id") if isinstance(recipient, dict) else "")
    return body, user if isinstance(user, str) else ""
