"""The stand-in as a WSGI application: the Bot API, the page, and the doors for tests."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from pathlib import Path
from typing import Any

from bot.channels.telegram.stand_in.citizens import Citizens, DoorError
from bot.channels.telegram.stand_in.constants import TOKEN
from bot.channels.telegram.stand_in.doorway import Doorway
from bot.channels.telegram.stand_in.errors import ApiError
from bot.channels.telegram.stand_in.methods import Methods
from bot.channels.telegram.stand_in.parameters import Parameters
from bot.channels.telegram.stand_in.sender import Sender
from bot.channels.telegram.stand_in.switches import Fault
from bot.channels.telegram.stand_in.world import World
from bot.channels.zalo.stand_in.wire import (
    Environ,
    Refused,
    Reply,
    Request,
    StartResponse,
    broken_off,
    html_reply,
    json_reply,
)

STATIC = Path(__file__).parent / "static"
PAGES = {"/": "phone.html", "/phone.css": "phone.css", "/phone.js": "phone.js"}
TYPES = {".css": "text/css;charset=UTF-8", ".js": "text/javascript;charset=UTF-8"}
LOOPBACK = {"127.0.0.1", "localhost", "[::1]"}
API, FILES = "/bot", "/file/bot"
DOWNLOAD = "download"
"""The name of a file's download, for faults and for the record of calls."""
GATEWAY_PAGE = "<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center>nginx</body></html>"


class StandIn:
    """Answers requests. ``sleep`` takes seconds; tests may give one that does not wait."""

    def __init__(self, sleep: Callable[[float], None] = time.sleep) -> None:
        self.world, self._sleep = World(), sleep
        self.sender = Sender(self.world.pending)
        self.citizens = Citizens(self.world)
        self._methods = Methods(self.world, self.sender)
        self._doorway = Doorway(self.world, self.citizens)

    def close(self) -> None:
        """Ends the threads that tell updates."""
        self.sender.close()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        try:
            reply = self._answer(Request.of(environ))
        except Refused as refused:
            reply = json_reply(
                {"ok": False, "error_code": refused.status, "description": refused.problem}, refused.status
            )
        except DoorError as error:
            reply = json_reply({"error": str(error)}, 400)
        return reply.send(start_response)

    def _answer(self, request: Request) -> Reply:
        if request.path.startswith(API):
            token, _, method = request.path.removeprefix(API).partition("/")
            return self._api(request, token, method)
        if request.path.startswith(FILES):
            token, _, path = request.path.removeprefix(FILES).partition("/")
            return self._api(request, token, DOWNLOAD, path)
        _check_door(request)
        if request.method == "GET" and request.path in PAGES:
            return _page(PAGES[request.path])
        return self._doorway.answer(request)

    # The Bot API, behind the fault that is switched on

    def _api(self, request: Request, token: str, method: str, path: str = "") -> Reply:
        parameters = Parameters({}, {})
        fault: Fault | None = None
        try:
            if token != TOKEN:
                raise ApiError(401 if ":" in token else 404, "Unauthorized" if ":" in token else "Not Found")
            parameters = Parameters.of(request)
            fault = self._fault(method, parameters)
            reply = self._in_front(fault, request) or self._done(method, path, parameters)
        except ApiError as error:
            reply = json_reply(error.told(), error.code)
        self.world.record(method or "", parameters.texts, parameters.files, reply.status, fault.name if fault else "")
        if fault is None:
            return reply
        if fault.name == "lost":
            return broken_off(request, self._sleep)
        if fault.name in ("late", "latency"):
            self._sleep(fault.seconds)
        return reply

    def _done(self, method: str, path: str, parameters: Parameters) -> Reply:
        if method != DOWNLOAD:
            return json_reply({"ok": True, "result": self._methods.call(method, parameters)})
        file = next((file for file in self.world.files.values() if file.path == path), None)
        if file is None:
            raise ApiError(404, "Not Found")
        return Reply(200, file.data, "application/octet-stream")

    def _fault(self, method: str, parameters: Parameters) -> Fault | None:
        """The fault that strikes this call; one that strikes a number of calls wears out."""
        pending = self.world.pending
        with pending.changed:
            fault = pending.switches.fault
            if fault is None or not fault.strikes(method, parameters.text("chat_id")):
                return None
            if fault.name == "parse" and not parameters.text("parse_mode"):
                return None
            if fault.count is not None:
                left = fault.copy(update={"count": fault.count - 1}) if fault.count > 1 else None
                pending.switches = pending.switches.copy(update={"fault": left})
            return fault

    def _in_front(self, fault: Fault | None, request: Request) -> Reply | None:
        """The reply where nothing is done. Raises ApiError for what Telegram itself says."""
        if fault is None:
            return None
        _refuse(fault)
        if fault.name in ("502", "503"):
            status = HTTPStatus(int(fault.name))
            return html_reply(GATEWAY_PAGE.format(f"{status.value} {status.phrase}"), status.value)
        if fault.name == "html":
            return html_reply("<!DOCTYPE html><html><body>Trang này đang bảo trì</body></html>")
        if fault.name in ("reset", "silence"):
            return broken_off(request, self._sleep, fault.seconds if fault.name == "silence" else 0.0)
        return None


def _refuse(fault: Fault) -> None:
    words: dict[str, Any] = {
        "400": "Bad Request: message can't be sent",
        "401": "Unauthorized",
        "403": "Forbidden: bot was blocked by the user",
        "404": "Not Found",
        "500": "Internal Server Error",
    }
    if fault.name == "429":
        wait = max(1, int(fault.seconds))
        raise ApiError(429, f"Too Many Requests: retry after {wait}", wait)
    if fault.name == "parse":
        raise ApiError(400, 'Bad Request: can\'t parse entities: Unsupported start tag "x" at byte offset 0')
    if fault.name in words:
        raise ApiError(int(fault.name), words[fault.name])


def _page(name: str) -> Reply:
    content = (STATIC / name).read_bytes()
    if name.endswith(".html"):
        return html_reply(content.decode())
    return Reply(200, content, TYPES[Path(name).suffix])


def _check_door(request: Request) -> None:
    """The page is for this machine: another site may neither read it under its own name nor post to it."""
    host = request.header.get("host", "").rpartition(":")[0] or request.header.get("host", "")
    if host not in LOOPBACK:
        raise Refused(403, "only by 127.0.0.1 or localhost")
    if request.method == "POST" and request.header.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        raise Refused(403, "only from the page itself")
