"""What comes in and what goes out, apart from any server: a request, a reply, and the way to WSGI."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

MOST_BYTES = 64 * 1024
SAMPLE_HEADER = ("X-Sample-Data", "invented dossiers, not a real portal")

Environ = Mapping[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], Any]


class Refused(Exception):
    """A request that the contract does not allow; ``status`` and ``problem`` are the reply."""

    def __init__(self, status: int, problem: str) -> None:
        super().__init__(problem)
        self.status, self.problem = status, problem


@dataclass(frozen=True)
class Request:
    """One request. ``header`` names are lower-case."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    header: Mapping[str, str]
    body: bytes

    @classmethod
    def of(cls, environ: Environ) -> Request:
        """Raises Refused for a body above 64 KB, or a length that is none."""
        length = environ.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > MOST_BYTES:
            raise Refused(413, "the body is too long")
        header = {
            name[5:].replace("_", "-").lower(): str(value) for name, value in environ.items() if name[:5] == "HTTP_"
        }
        header["content-type"] = environ.get("CONTENT_TYPE", "").split(";")[0].strip().lower()
        return cls(
            method=environ["REQUEST_METHOD"],
            path=environ.get("PATH_INFO", "/").encode("latin-1").decode("utf-8", "replace"),
            query=parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True),
            header=header,
            body=environ["wsgi.input"].read(int(length)),
        )

    def value(self, name: str) -> str:
        """One parameter of the address, empty where it is missing."""
        return self.query.get(name, [""])[0]

    def form(self) -> dict[str, str]:
        """The fields of a form. Raises Refused for another content type."""
        if self.header["content-type"] != "application/x-www-form-urlencoded":
            raise Refused(415, "a form is expected: application/x-www-form-urlencoded")
        text = self.body.decode("utf-8", "replace")
        return {name: values[0].strip() for name, values in parse_qs(text, keep_blank_values=True).items()}

    def json(self) -> dict[str, Any]:
        """The JSON object of the body. Raises Refused."""
        if self.header["content-type"] != "application/json":
            raise Refused(415, "JSON is expected: application/json")
        try:
            content = json.loads(self.body)
        except (ValueError, RecursionError):
            raise Refused(400, "the body is not JSON") from None
        if not isinstance(content, dict):
            raise Refused(400, "the body is not a JSON object")
        return content


@dataclass(frozen=True)
class Reply:
    """One reply. ``body`` as bytes is sent with its length; an iterable goes out piece by piece."""

    status: int = 200
    body: bytes | Iterable[bytes] = b""
    content_type: str = "application/json;charset=UTF-8"
    headers: tuple[tuple[str, str], ...] = ()
    length: int | None = field(default=None)
    """The length that is announced, where it is not that of ``body``."""

    def but(self, **changes: Any) -> Reply:
        return replace(self, **changes)

    def send(self, start_response: StartResponse) -> Iterable[bytes]:
        length = len(self.body) if isinstance(self.body, bytes) else self.length
        headers = [("Content-Type", self.content_type), SAMPLE_HEADER, ("Cache-Control", "no-store"), *self.headers]
        if length is not None:
            headers.append(("Content-Length", str(length)))
        start_response(f"{self.status} {HTTPStatus(self.status).phrase}", headers)
        return (self.body,) if isinstance(self.body, bytes) else self.body


def json_reply(content: Any, status: int = 200, *headers: tuple[str, str]) -> Reply:
    return Reply(status, json.dumps(content, ensure_ascii=False).encode(), headers=headers)


def html_reply(page: str, status: int = 200) -> Reply:
    """A page without scripts, that no other page may frame."""
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
    headers = (("Content-Security-Policy", policy), ("X-Content-Type-Options", "nosniff"))
    return Reply(status, page.encode(), "text/html;charset=UTF-8", headers)


def see_other(address: str) -> Reply:
    return Reply(303, headers=(("Location", address),))
