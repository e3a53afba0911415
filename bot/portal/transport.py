"""One request to a portal and what came of it: JSON, or a Failure with its outcome. Nothing else gets out.

Contract: 3 s to connect, 8 s for an answer, 8 s for the whole look-up; once more only after 502 or a timeout, and only
in what is left; redirects, proxies, cookies and ``.netrc`` play no part; a page is never taken for data.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from urllib3.exceptions import HTTPError

from bot.portal.deadline import Deadline, TimedAdapter, keeping
from bot.portal.dossier import Outcome
from bot.portal.pace import Failure, Pace

CONNECT_SECONDS, READ_SECONDS, TOTAL_SECONDS = 3.0, 8.0, 8.0
LONGEST_BODY = 1_000_000
LONGEST_WAIT = 2.0
"""Seconds that a request waits for its place in our own limit; a citizen is not kept longer."""
RETRY_AFTER = 60
"""Seconds that a 429 without a readable ``Retry-After`` is taken to mean."""
LONGEST_RETRY_AFTER = 24 * 3600
LEAST_FOR_A_RETRY = 1.0
HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip",
    "User-Agent": "MotCua/0.1 (dossier status for the citizens of Dong Nai)",
}


class Unauthorised(Failure):
    """HTTP 401: the token is no longer, or not at all, accepted."""

    def __init__(self) -> None:
        super().__init__(Outcome.AUTH_EXPIRED, "HTTP 401")


class Transport:
    """Calls to one portal. Safe for threads. ``headers`` go with every request."""

    def __init__(
        self,
        pace: Pace,
        headers: Mapping[str, str] | None = None,
        timeouts: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS),
    ) -> None:
        self._pace, self._timeouts = pace, timeouts
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers = requests.structures.CaseInsensitiveDict({**HEADERS, **(headers or {})})
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, TimedAdapter(pool_maxsize=32))
        # its lines below ERROR hold the address that was asked, and with it the dossier's code
        logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)

    def ask(self, method: str, url: str, deadline: Deadline, **request: Any) -> Any:
        """The JSON of a 2xx reply. ``request``: ``params``, ``json``, ``data``, ``headers``. Raises Failure."""
        try:
            return self._ask_once(method, url, deadline, request)
        except Failure as failure:
            if not failure.may_pass or deadline.left() < LEAST_FOR_A_RETRY:
                raise
        return self._ask_once(method, url, deadline, request)

    def _ask_once(self, method: str, url: str, deadline: Deadline, request: Mapping[str, Any]) -> Any:
        self._pace.wait(min(LONGEST_WAIT, deadline.left()))
        try:
            with (
                keeping(deadline),
                self._session.request(
                    method, url, timeout=self._timeouts, allow_redirects=False, stream=True, **request
                ) as reply,
            ):
                return content_of(reply.status_code, reply.headers, _body(reply))
        except (requests.Timeout, TimeoutError) as error:
            raise Failure(Outcome.UPSTREAM_DOWN, _name(error), may_pass=True) from None
        except (requests.RequestException, HTTPError, OSError) as error:
            raise Failure(Outcome.UPSTREAM_DOWN, _name(error), may_pass="Timeout" in _name(error)) from None


def _body(reply: requests.Response) -> bytes:
    body = b""
    while chunk := reply.raw.read1(65536, decode_content=True):
        body += chunk
        if len(body) > LONGEST_BODY:
            raise Failure(Outcome.UPSTREAM_DOWN, f"more than {LONGEST_BODY} bytes", of_all=False)
    return body


def content_of(status: int, headers: Mapping[str, str], body: bytes) -> Any:
    """The JSON inside a reply. Raises Failure."""
    kind = headers.get("Content-Type", "").lower()
    page = "html" in kind or body.lstrip()[:1] == b"<"
    if status == 429:
        raise Failure(Outcome.RATE_LIMITED, "HTTP 429", retry_after(headers.get("Retry-After", ""), datetime.now(UTC)))
    if status == 401:
        raise Unauthorised
    if (page or 400 <= status < 500) and b"captcha" in body.lower():
        raise Failure(Outcome.CAPTCHA_REQUIRED, f"HTTP {status} and a captcha")
    if page or not 200 <= status < 300:
        raise _refusal(status, page)
    if "json" not in kind:
        raise Failure(Outcome.UPSTREAM_DOWN, f"HTTP {status} and neither JSON nor a page")
    try:
        content = json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Failure(Outcome.UPSTREAM_DOWN, f"HTTP {status} and broken JSON") from None
    if isinstance(content, dict) and any("captcha" in name.lower() and content[name] for name in content):
        raise Failure(Outcome.CAPTCHA_REQUIRED, f"HTTP {status} and a captcha")
    return content


def _refusal(status: int, page: bool) -> Failure:
    if status == 404 and not page:
        return Failure(Outcome.NOT_FOUND, "HTTP 404")
    if status == 403 and not page:
        return Failure(Outcome.AUTH_EXPIRED, "HTTP 403")
    return Failure(Outcome.UPSTREAM_DOWN, f"HTTP {status}{' and a page' if page else ''}", may_pass=status == 502)


def retry_after(header: str, now: datetime) -> int:
    """Seconds that a ``Retry-After`` asks for (a number or a date); RETRY_AFTER where it says nothing readable."""
    seconds = RETRY_AFTER
    with suppress(ValueError, TypeError, IndexError, OverflowError):
        until = parsedate_to_datetime(header) if "," in header else now + timedelta(seconds=int(header))
        seconds = math.ceil((until - now).total_seconds())
    return min(max(1, seconds), LONGEST_RETRY_AFTER)


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _name(error: BaseException) -> str:
    """The class alone: the text of these errors holds the address, and with it the code."""
    return type(error).__name__
