"""What comes in and what goes out, apart from any server: a request, a reply, uploads, and the way to WSGI."""

from __future__ import annotations

import email.parser
import email.policy
import errno
import json
import os
import socket
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

MOST_BYTES = 12 * 1024 * 1024
"""Room for an upload that is too large by Zalo's rules, so that Zalo's own refusal is what the caller reads."""
SOCKETS = ("gunicorn.socket", "stand_in.socket")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action *; frame-ancestors 'none'; base-uri 'none'"
)

Environ = Mapping[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], Any]


class Refused(Exception):
    """A request that no part of Zalo would answer; ``status`` and ``problem`` are the reply."""

    def __init__(self, status: int, problem: str) -> None:
        super().__init__(problem)
        self.status, self.problem = status, problem


@dataclass(frozen=True)
class Upload:
    """One file of a multipart form."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Request:
    """One request. ``header`` names are lower-case; ``connection`` is the socket it came by, where one is known."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    header: Mapping[str, str]
    body: bytes
    connection: socket.socket | None = None

    @classmethod
    def of(cls, environ: Environ) -> Request:
        """Raises Refused for a body above 12 MB, or a length that is none."""
        length = environ.get("CONTENT_LENGTH") or "0"
        if not (length.isascii() and length.isdecimal()) or int(length) > MOST_BYTES:
            raise Refused(413, "the body is too long")
        header = {
            name[5:].replace("_", "-").lower(): str(value) for name, value in environ.items() if name[:5] == "HTTP_"
        }
        header["content-type"] = environ.get("CONTENT_TYPE", "")
        return cls(
            method=environ["REQUEST_METHOD"],
            path=environ.get("PATH_INFO", "/").encode("latin-1").decode("utf-8", "replace"),
            query=parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True),
            header=header,
            body=environ["wsgi.input"].read(int(length)),
            connection=next((environ[name] for name in SOCKETS if name in environ), None),
        )

    @property
    def kind(self) -> str:
        """The content type, without its parameters."""
        return self.header["content-type"].split(";")[0].strip().lower()

    def value(self, name: str) -> str:
        """One parameter of the address, empty where it is missing."""
        return self.query.get(name, [""])[0]

    def form(self) -> dict[str, str] | None:
        """The fields of a form, None where the body is not declared as one."""
        if self.kind != "application/x-www-form-urlencoded":
            return None
        text = self.body.decode("utf-8", "replace")
        return {name: values[0] for name, values in parse_qs(text, keep_blank_values=True).items()}

    def json(self) -> dict[str, Any] | None:
        """The JSON object of the body, None where it is not declared as JSON, or is none."""
        return as_object(self.body) if self.kind == "application/json" else None

    def uploads(self) -> dict[str, Upload] | None:
        """The files of a multipart form by field, None where the body is not a whole one."""
        if self.kind != "multipart/form-data" or not self.header["content-type"].isprintable():
            return None
        head = f"Content-Type: {self.header['content-type']}\r\n\r\n".encode("utf-8", "replace")
        message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + self.body)
        if not message.is_multipart() or message.defects:
            return None
        found = {}
        for part in message.iter_parts():
            field, name = part.get_param("name", header="content-disposition"), part.get_filename()
            data = part.get_payload(decode=True)
            if isinstance(field, str) and name is not None and isinstance(data, bytes):
                found[field] = Upload(name, data)
        return found


def as_object(raw: bytes | str) -> dict[str, Any] | None:
    """A JSON object, None for anything else: also for NaN, and for half a letter that no UTF-8 can carry."""
    try:
        content = json.loads(raw, parse_constant=_no_json)
        json.dumps(content, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _no_json(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


@dataclass(frozen=True)
class Reply:
    """One reply. ``body`` as bytes is sent with its length; an iterable goes out piece by piece."""

    status: int = 200
    body: bytes | Iterable[bytes] = b""
    content_type: str = "application/json;charset=UTF-8"
    headers: tuple[tuple[str, str], ...] = ()

    def but(self, **changes: Any) -> Reply:
        return replace(self, **changes)

    def send(self, start_response: StartResponse) -> Iterable[bytes]:
        headers = [("Content-Type", self.content_type), ("Cache-Control", "no-store"), *self.headers]
        if isinstance(self.body, bytes):
            headers.append(("Content-Length", str(len(self.body))))
        start_response(f"{self.status} {HTTPStatus(self.status).phrase}", headers)
        return (self.body,) if isinstance(self.body, bytes) else self.body


def json_reply(content: Any, status: int = 200, *headers: tuple[str, str]) -> Reply:
    return Reply(status, json.dumps(content, ensure_ascii=False).encode(), headers=headers)


def html_reply(page: str, status: int = 200) -> Reply:
    """A page that runs only what comes from here, and that no other page may frame."""
    headers = (("Content-Security-Policy", POLICY), ("X-Content-Type-Options", "nosniff"))
    return Reply(status, page.encode(), "text/html;charset=UTF-8", headers)


def see_other(address: str) -> Reply:
    return Reply(303, headers=(("Location", address),))


def broken_off(request: Request, sleep: Callable[[float], None], after_seconds: float = 0.0) -> Reply:
    """No reply: the connection is reset after so many seconds."""

    def body() -> Iterator[bytes]:
        sleep(after_seconds)
        if request.connection is not None:
            _reset(request.connection)
        raise ConnectionResetError(errno.ECONNRESET, "broken off on purpose")
        yield b""

    return Reply(200, body())


def _reset(connection: socket.socket) -> None:
    """Resets a connection. Servers end theirs in an orderly way, so the descriptor is taken from under them; lingering
    for 0 seconds makes its close a reset.
    """
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, connection.fileno())
    os.close(nothing)
