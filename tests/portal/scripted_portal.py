"""A portal that answers what a test writes down: both contracts' shapes, faults on the wire, people invented."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from bot.portal.cache import Cache
from bot.portal.client import Client
from bot.portal.dossier import DossierStatus
from bot.portal.igate import IGate
from bot.portal.ngsp import Ngsp
from bot.portal.pace import Breaker, Pace
from bot.portal.second_factor import SecondFactor
from bot.portal.transport import Transport

CODE = "H19.001-261120-0001"
KEY = b"a key for tests"
FACTOR = SecondFactor.of("4729", "web:someone", KEY)
WRONG = SecondFactor.of("0000", "web:someone", KEY)
PHONE = "0900 00 4729"
BY_NAME = {"Đang xử lý": DossierStatus.IN_PROGRESS, "Yêu cầu bổ sung giấy tờ": DossierStatus.SUPPLEMENT_REQUIRED}
TOKEN, SEARCH = "/sso/token", "/pa/dossier-search/dvc"
SESSION, NGSP = "/adapter/auth", "/adapter/search"

IGATE_SAMPLE: dict[str, Any] = json.loads("""
{"content":[{"code":"H19.001-261120-0001",
  "dossierStatus":{"id":2,"name":"Đang xử lý"},"statusCurrentTask":"Đang xử lý",
  "procedure":{"code":"1.001193","translate":[{"name":"Đăng ký khai sinh"}]},
  "agency":{"name":"UBND phường Mẫu"},
  "applicant":{"data":{"fullname":"NGUYỄN VĂN MẪU"}},
  "appliedDate":"2026-11-20T01:00:00.000+0000","appointmentDate":"2026-11-23T10:00:00.000+0000",
  "applyMethod":{"id":0,"name":"Trực tuyến"}}],
 "last":true,"number":0,"size":10}
""")
"""The reference's sample, to the letter; it has no phone."""


def slice_of(*items: dict[str, Any]) -> dict[str, Any]:
    return {"content": list(items), "last": True, "number": 0, "size": 10}


def igate_item(**changes: Any) -> dict[str, Any]:
    person = {"data": {"fullname": "NGUYỄN VĂN MẪU", "phoneNumber": PHONE}}
    item: dict[str, Any] = {**IGATE_SAMPLE["content"][0], "applicant": person}
    return item | changes


def ngsp_item(**changes: Any) -> dict[str, Any]:
    return {
        "MaHoSo": CODE, "MaTTHC": "1.001193", "TenTTHC": "Đăng ký khai sinh", "ChuHoSo": "Bà TRẦN THỊ MẪU",
        "SoDienThoai": PHONE, "NgayTiepNhan": "20261120080000", "NgayHenTra": "20261123170000", "TrangThaiHoSo": "4",
        "DonViXuLy": "UBND phường Mẫu", "DanhSachLePhi": [], "DanhSachHoSoBoSung": [],
    } | changes  # fmt: skip


def found_by_ngsp(*items: dict[str, Any]) -> dict[str, Any]:
    return {"error_code": "00", "result": list(items)}


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: str


Answer = Callable[["Answering"], None]


def saying(content: object, status: int = 200, **headers: str) -> Answer:
    return lambda answering: answering.send(
        status, json.dumps(content, ensure_ascii=False).encode(), "application/json;charset=UTF-8", **headers
    )


def page(html: str, status: int = 200) -> Answer:
    return lambda answering: answering.send(status, html.encode(), "text/html; charset=utf-8")


def raw(wire: bytes) -> Answer:
    """These bytes and nothing else, then the connection ends."""

    def answer(answering: Answering) -> None:
        answering.wfile.write(wire)
        answering.close_connection = True

    return answer


def silent(seconds: float) -> Answer:
    def answer(answering: Answering) -> None:
        answering.portal.stopped.wait(seconds)
        answering.close_connection = True

    return answer


def dripping(wire: bytes, every_seconds: float = 0.05) -> Answer:
    """A byte now and then, headers included: no pause is long, the whole is."""

    def answer(answering: Answering) -> None:
        answering.close_connection = True
        for place in range(len(wire)):
            if answering.portal.stopped.wait(every_seconds):
                return
            try:
                answering.wfile.write(wire[place : place + 1])
                answering.wfile.flush()
            except OSError:  # the client had enough
                return

    return answer


@dataclass
class ScriptedPortal:
    """``answers``: what comes next on a path; the last one stays."""

    answers: dict[str, list[Answer]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.stopped = threading.Event()
        self._server = _Quiet(("127.0.0.1", 0), type("Bound", (Answering,), {"portal": self}))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.answers |= {
            TOKEN: [saying({"access_token": "one", "expires_in": 300})],
            SESSION: [saying({"error_code": 0, "session": "one"})],
        }

    def __enter__(self) -> ScriptedPortal:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def says(self, path: str, *answers: Answer) -> None:
        self.answers[path] = list(answers)

    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]

    def searches(self) -> list[Asked]:
        return [asked for asked in self.asked if asked.path in (SEARCH, NGSP)]

    def igate(self, **limits: Any) -> Client:
        return client(IGate(transport(**limits), self.url, self.url + TOKEN, "motcua", "sample", status_of), **limits)

    def ngsp(self, **limits: Any) -> Client:
        where = (self.url + NGSP, self.url + SESSION, "motcua", "sample", status_of, "H19.12", "VN:MAU")
        return client(Ngsp(transport(**limits), *where), **limits)


def status_of(number: str, name: str) -> DossierStatus:
    return BY_NAME.get(name, DossierStatus.UNKNOWN)


def transport(seconds: float = 8.0, headers: dict[str, str] | None = None, **_: Any) -> Transport:
    return Transport(Pace(10_000), headers, (min(3.0, seconds), seconds))


def client(
    adapter: IGate | Ngsp, seconds: float = 8.0, breaker: Breaker | None = None, cache: Cache | None = None, **_: Any
) -> Client:
    return Client(adapter, KEY, breaker or Breaker(failures=1000), cache, total_seconds=seconds)


class _Quiet(ThreadingHTTPServer):
    """Says nothing when a client that had enough has hung up."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        pass


class Answering(BaseHTTPRequestHandler):
    """One connection."""

    portal: ScriptedPortal
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one go

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        url = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(length).decode()
        self.portal.asked.append(Asked(self.command, url.path, dict(parse_qsl(url.query)), headers, body))
        waiting = self.portal.answers.get(url.path) or [saying({"error": "no such path"}, 400)]
        (waiting.pop(0) if len(waiting) > 1 else waiting[0])(self)

    do_POST = do_GET

    def send(self, status: int, body: bytes, kind: str, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)


def took(call: Callable[[], object]) -> float:
    """Seconds."""
    begun = time.monotonic()
    call()
    return time.monotonic() - begun
