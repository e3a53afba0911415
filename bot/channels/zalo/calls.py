"""One request to a server of Zalo's: an answer, or one of two failures that must never be taken for each other."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests import exceptions
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from bot.portal.deadline import Deadline, TimedAdapter, keeping

CONNECT_SECONDS, READ_SECONDS, TOTAL_SECONDS = 3.0, 8.0, 12.0
LONGEST_ANSWER = 1_000_000
HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "Connection": "close",
    "User-Agent": "MotCua/0.1 (assistant for the citizens of Dong Nai)",
}


class NotSent(Exception):
    """The request certainly did not arrive. The text is a class name: addresses may hold what is nobody's business."""


class Unanswered(Exception):
    """The request may have arrived and may have been carried out; no answer that can be read came back."""


@dataclass(frozen=True)
class Answer:
    """What came back. ``headers`` are case-insensitive."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Calls:
    """Calls with the timeouts of this module. Safe for threads. No proxy, cookie, ``.netrc`` or redirect.

    Each call has a connection of its own: one that was kept, and that the other side closes just then, would leave it
    open whether a message was taken.
    """

    def __init__(self, connect: float = CONNECT_SECONDS, read: float = READ_SECONDS) -> None:
        self._timeouts = (connect, read)
        # its lines below ERROR hold the address that was asked
        logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)

    def ask(
        self,
        method: str,
        url: str,
        *,
        most_bytes: int = LONGEST_ANSWER,
        deadline: Deadline | None = None,
        **request: Any,
    ) -> Answer:
        """The answer, whatever its status. ``request``: as for ``requests``. Raises NotSent, Unanswered."""
        try:
            with (
                keeping(deadline or Deadline(TOTAL_SECONDS)),
                _session() as session,
                session.request(
                    method, url, timeout=self._timeouts, allow_redirects=False, stream=True, **request
                ) as reply,
            ):
                return Answer(reply.status_code, reply.headers, _body(reply, most_bytes))
        except (requests.RequestException, HTTPError, OSError) as error:
            failure = NotSent if _before_sending(error) else Unanswered
            raise failure(type(error).__name__) from None


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers = requests.structures.CaseInsensitiveDict(HEADERS)
    for scheme in ("http://", "https://"):
        session.mount(scheme, TimedAdapter(pool_connections=1, pool_maxsize=1))
    return session


def _body(reply: requests.Response, most_bytes: int) -> bytes:
    body = bytearray()
    while chunk := reply.raw.read1(65536, decode_content=True):
        body += chunk
        if len(body) > most_bytes:
            raise Unanswered("TooLong")
    return bytes(body)


def _before_sending(error: Exception) -> bool:
    """Whether a call failed before its first byte left: the name, the connection, the certificate, our own words.

    A handshake that stalls cannot be told from an answer that does, and is not counted.
    """
    ours = (exceptions.InvalidURL, exceptions.InvalidSchema, exceptions.InvalidHeader, exceptions.InvalidJSONError)
    if isinstance(error, (exceptions.ConnectTimeout, exceptions.MissingSchema, *ours)):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(reason, NewConnectionError | ConnectTimeoutError):
        return True
    inner = reason.args[0] if isinstance(reason, HTTPError) and reason.args else None
    return isinstance(inner, ssl.SSLCertVerificationError)
