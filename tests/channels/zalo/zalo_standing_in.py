"""The stand-in Zalo on a socket, a receiver for its webhooks, and the calls that a connector makes."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import requests

from bot.channels.zalo.stand_in.app import StandIn
from bot.channels.zalo.stand_in.constants import CITIZENS
from bot.channels.zalo.stand_in.doors import Doors
from bot.channels.zalo.stand_in.switches import Switches

USER, OTHER = CITIZENS[0].id, CITIZENS[1].id
CS = "/v3.0/oa/message/cs"
SHORT_LADDER = 0.001
"""An hour of the ladder is 3.6 seconds; 30 seconds are 30 milliseconds."""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128


class _Handler(WSGIRequestHandler):
    def get_environ(self) -> dict[str, Any]:
        return {**super().get_environ(), "stand_in.socket": self.connection}

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def serving(scale: float = SHORT_LADDER) -> Iterator[Doors]:
    """A stand-in of its own in threads of this process, on a free port; its doors."""
    app = StandIn(Switches(scale=scale))
    server = _Server(("127.0.0.1", 0), _Handler)
    server.set_app(app)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    doors = Doors(f"http://127.0.0.1:{server.server_port}")
    try:
        yield doors
    finally:
        doors.close()
        app.close()
        server.shutdown()
        server.server_close()
        thread.join()


class _Many(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


@dataclass
class Got:
    """One webhook as it arrived. ``headers`` by lower-case name; ``at``: seconds of a clock that only goes forward."""

    body: bytes
    headers: dict[str, str]
    at: float

    @property
    def event(self) -> dict[str, Any]:
        event: dict[str, Any] = json.loads(self.body)
        return event

    @property
    def text(self) -> str:
        return str(self.event["message"]["text"])


@dataclass
class Receiver:
    """Takes webhooks. ``answer`` decides what each is answered with; None leaves it without an answer."""

    url: str = ""
    got: list[Got] = field(default_factory=list)
    answer: Callable[[Got], int | None] = lambda got: 200

    def events(self, name: str = "") -> list[dict[str, Any]]:
        return [one.event for one in list(self.got) if name in ("", one.event.get("event_name"))]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A server that webhooks can be sent to."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got = Got(body, {name.lower(): value for name, value in self.headers.items()}, time.monotonic())
            receiver.got.append(got)
            status = receiver.answer(got)
            if status is None:
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = _Many(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/webhooks/zalo"
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Connector:
    """Calls Zalo as a connector does. ``token`` is fetched from the API Explorer's door."""

    doors: Doors
    token: str = ""

    def __post_init__(self) -> None:
        self.token = self.doors.bootstrap()["access_token"]

    def post(self, path: str, body: Any, **headers: str) -> requests.Response:
        headers = {"access_token": self.token, **headers}
        return requests.post(self.doors.address + path, json=body, headers=headers, timeout=10)

    def get(self, path: str, data: Any = None, **headers: str) -> requests.Response:
        asked = {} if data is None else {"data": json.dumps(data)}
        headers = {"access_token": self.token, **headers}
        return requests.get(self.doors.address + path, params=asked, headers=headers, timeout=10)

    def send(self, message: Any, user: str = USER) -> dict[str, Any]:
        """One consulting message; the envelope."""
        envelope: dict[str, Any] = self.post(CS, {"recipient": {"user_id": user}, "message": message}).json()
        return envelope

    def upload(self, kind: str, data: bytes, name: str) -> dict[str, Any]:
        answer = requests.post(
            f"{self.doors.address}/v2.0/oa/upload/{kind}", files={"file": (name, data)},
            headers={"access_token": self.token}, timeout=10,
        )  # fmt: skip
        envelope: dict[str, Any] = answer.json()
        return envelope


def error(envelope: dict[str, Any]) -> tuple[int, str]:
    """Number and words of an envelope."""
    return envelope["error"], envelope["message"]
