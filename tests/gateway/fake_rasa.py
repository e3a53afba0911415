"""A Rasa that answers at once and can be told to fail, over real HTTP: the contract of bot.engine.channel."""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Fault = Callable[["Handler", list[dict[str, Any]]], None]


class Handler(BaseHTTPRequestHandler):
    server: FakeRasa
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send(200, json.dumps({"ready": True}))

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        rasa = self.server
        with rasa.guard:
            rasa.requests.append(body)
            rasa.busy[body["sender"]] += 1
            rasa.most_at_once = max(rasa.most_at_once, rasa.busy[body["sender"]])
        try:
            time.sleep(rasa.seconds)
            fault = rasa.next_fault()
            if fault in BEFORE_WORK:
                BEFORE_WORK[fault](self, [])
            else:
                replies = rasa.work_out(body)
                AFTER_WORK[fault](self, replies)
        finally:
            with rasa.guard:
                rasa.busy[body["sender"]] -= 1

    def send(self, status: int, body: str) -> None:
        data = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: tests need no access log."""


def _answer(handler: Handler, replies: list[dict[str, Any]]) -> None:
    handler.send(200, json.dumps(replies))


def _hang(handler: Handler, replies: list[dict[str, Any]]) -> None:
    time.sleep(3)
    handler.close_connection = True


def _drop(handler: Handler, replies: list[dict[str, Any]]) -> None:
    handler.close_connection = True


BEFORE_WORK: dict[str, Fault] = {
    "500": lambda handler, _: handler.send(500, "Internal Server Error"),
    "empty": lambda handler, _: handler.send(200, "[]"),
    "html": lambda handler, _: handler.send(200, "<html>proxy</html>"),
    "deep": lambda handler, _: handler.send(200, "[" * 100_000),
    "hang": _hang,
}
AFTER_WORK: dict[str, Fault] = {
    "": _answer,
    "drop": _drop,
    "twice": lambda handler, replies: handler.send(200, json.dumps([*replies, replies[-1]])),
    "silent": lambda handler, replies: handler.send(200, json.dumps(replies[-1:])),
    "unstorable": lambda handler, replies: handler.send(
        200, json.dumps([{**replies[0], "text": "nul \x00 in it"}, *replies[1:]])
    ),
}


class FakeRasa(ThreadingHTTPServer):
    """Remembers what it worked out, per sender and in order; a message id that comes again is answered from memory.

    ``faults`` are used up first to last, one a request; ``always`` stays. ``seconds`` is how long a turn takes;
    ``asks`` what a turn asks of the gateway besides.
    """

    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        self.guard = threading.Lock()
        self.worked: dict[str, list[str]] = defaultdict(list)
        self.answers: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self.requests: list[dict[str, Any]] = []
        self.busy: dict[str, int] = defaultdict(int)
        self.most_at_once = 0
        self.faults: list[str] = []
        self.always = ""
        self.seconds = 0.0
        self.record: dict[str, Any] = {"status": "answered", "procedures": ["1.001193"], "confidence": 0.9}
        self.asks: dict[str, Any] = {}
        self.buttons: list[dict[str, str]] = []
        super().__init__(("127.0.0.1", port), Handler)
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def next_fault(self) -> str:
        with self.guard:
            return self.faults.pop(0) if self.faults else self.always

    def work_out(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        known = (body["sender"], body["message_id"])
        with self.guard:
            if known not in self.answers:
                said = body.get("payload") or body["text"]
                self.worked[body["sender"]].append(said)
                first = {"recipient_id": body["sender"], "text": f"Dạ: {said}", "buttons": self.buttons}
                second = {"recipient_id": body["sender"], "custom": {"turn": self.record, **self.asks}}
                self.answers[known] = [first, second]
            return self.answers[known]

    def close(self) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()
