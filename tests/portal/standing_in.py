"""Asking the stand-in as a client does: without a server for its replies, over a socket for what a server adds."""

from __future__ import annotations

import base64
import io
import json
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import requests

from bot import settings
from bot.portal.stand_in import igate, ngsp
from bot.portal.stand_in.app import StandIn
from bot.portal.stand_in.server import command
from tests.gateway.services import wait_until

CODE = "H19.12-261105-0007"
BASIC = {"Authorization": "Basic " + base64.b64encode(b"motcua:sample").decode()}
NGSP_HEADERS = {"Charset": "utf-8", "dstcode": "VN:GOV:H19:motcua"}


@dataclass
class Answer:
    """A reply as it came; ``broken`` where the connection ended before it did."""

    status: int
    headers: dict[str, str]
    body: bytes
    broken: bool = False

    @property
    def content(self) -> Any:
        return json.loads(self.body)


@dataclass
class Caller:
    """Calls the application itself, without a socket; ``slept`` holds the seconds that it would have waited."""

    app: StandIn
    slept: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.app.sleep = self.slept.append

    def call(self, method: str, path: str, body: bytes = b"", kind: str = "", **headers: str) -> Answer:
        path, _, query = path.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "CONTENT_TYPE": kind,
            "CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body), "HTTP_HOST": "127.0.0.1:8071",
        }  # fmt: skip
        environ |= {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
        begun: list[Any] = []
        answer = Answer(0, {}, b"")
        try:
            for part in self.app(environ, lambda status, given: begun.append((status, given))):
                answer.body += part
        except ConnectionResetError:
            answer.broken = True
        answer.status, answer.headers = int(begun[0][0][:3]), dict(begun[0][1])
        return answer

    def json(self, path: str, content: Any, **headers: str) -> Answer:
        return self.call("POST", path, json.dumps(content).encode(), "application/json", **headers)

    def form(self, path: str, fields: dict[str, str], **headers: str) -> Answer:
        return self.call("POST", path, urlencode(fields).encode(), "application/x-www-form-urlencoded", **headers)

    def token(self, **headers: str) -> Answer:
        return self.form(igate.TOKEN_PATH, {"grant_type": "client_credentials"}, **BASIC | headers)

    def session(self, **headers: str) -> Answer:
        return self.json(ngsp.AUTH_PATH, {"username": "motcua", "password": "sample"}, **headers)

    def igate(self, code: str = CODE, token: str = "", **headers: str) -> Answer:
        token = token or self.token().content["access_token"]
        query = urlencode({"page": 0, "size": 10, "spec": "slice", "code": code})
        return self.call("GET", f"{igate.SEARCH_PATH}?{query}", Authorization=f"Bearer {token}", **headers)

    def ngsp(self, code: str = CODE, session: str = "", **headers: str) -> Answer:
        session = session or self.session().content["session"]
        asked = {"session": session, "madonvi": "H19", "service": "TraCuuHoSo", "mahoso": code}
        return self.json(ngsp.SEARCH_PATH, asked, **NGSP_HEADERS | headers)

    def item(self, code: str = CODE) -> dict[str, Any]:
        """The last item of iGate's reply: the newest."""
        item: dict[str, Any] = self.igate(code).content["content"][-1]
        return item

    def row(self, code: str = CODE) -> dict[str, Any]:
        """The one row of NGSP's reply."""
        result = self.ngsp(code).content["result"]
        row: dict[str, Any] = result[0] if isinstance(result, list) else result
        return row


@contextmanager
def serving(var: Path) -> Iterator[str]:
    """The stand-in as it is shipped, in a process of its own; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        command(port), cwd=settings.HOME, env={**os.environ, "MOTCUA_VAR": str(var)}, stderr=subprocess.PIPE
    )

    def answers() -> bool:
        assert process.poll() is None, "the stand-in ended"
        try:
            return requests.get(f"{address}/_faults", timeout=2).ok
        except requests.RequestException:
            return False

    try:
        wait_until(answers)
        yield address
    finally:
        process.terminate()
        _, said = process.communicate(timeout=20)
    # a silence or a drip outlasts the patience of a stop: what is killed then is said, and right
    assert [line for line in said.decode().splitlines() if "SIGKILL" not in line] == []


def found(address: str, code: str = CODE) -> requests.Response:
    """One search by iGate's contract, over the socket, with a token of its own."""
    form = {"grant_type": "client_credentials"}
    token = requests.post(address + igate.TOKEN_PATH, data=form, headers=BASIC, timeout=5).json()["access_token"]
    asked = {"page": "0", "size": "10", "spec": "slice", "code": code}
    headers = {"Authorization": f"Bearer {token}"}
    return requests.get(address + igate.SEARCH_PATH, params=asked, headers=headers, timeout=5)
