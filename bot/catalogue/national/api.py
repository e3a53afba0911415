"""The national portal's catalogue API: pages of the list, and one procedure in full.

``POST``, JSON, envelope ``{"code": "OK", "data": …}``; success is any 2xx (201 in practice). One request a second at
most, one at a time, under our own name. When the firewall answers, the work stops; nobody tries to get round it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any

import requests
from urllib3.exceptions import HTTPError, ProtocolError

from bot.catalogue.national.wire import SHORT, Detail, Item, Page, PortalError, SchemaChanged, read

LIST = "/api/v1/submitting/formality/list-all-public-formality-by-citizen"
DETAIL = "/api/v1/configuring/formality/get-formality-by-citizen"
PAGE_SIZE = 200
PAUSE = 1.0
"""Seconds between the beginnings of two requests, retries too."""
BACKOFF = (1.0, 5.0, 15.0)
"""Seconds before each repetition of a request that failed in a way that may pass."""
LONGEST_WAIT = 120.0
"""Seconds. A portal that wants to be left alone for longer is left alone: the refresh ends, the next one goes on."""
LONGEST_BODY = 20_000_000
HEADERS = {
    "Accept": "application/json",
    "Content-Type": "application/json",
    "User-Agent": "MotCua/0.1 (catalogue refresh of a public procedure guide for Dong Nai; one request a second)",
}


class NotReachable(PortalError):
    """Nobody answers at the portal's address, or not in time."""


class FirewallPage(PortalError):
    """An HTML page came instead of data: the portal's firewall refuses us."""


class UpstreamError(PortalError):
    """The portal answers with an error or with something that is no data."""


class TooManyRequests(PortalError):
    """The portal asks to be left alone."""


class Refused(PortalError):
    """The portal understood the request and says no, e.g. because the procedure is gone."""


class MayPass(Exception):
    """A failure worth repeating after ``wait`` seconds or more; ``error`` is what it is in the end."""

    def __init__(self, error: PortalError, wait: float = 0.0) -> None:
        self.error, self.wait = error, wait


class PortalApi:
    """The API behind one address. ``timeout``: seconds until the first byte and between two; ``longest``: in all."""

    def __init__(
        self,
        url: str,
        timeout: float = 20.0,
        longest: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = url.rstrip("/")
        self._timeout, self._longest, self._clock, self._sleep = timeout, longest, clock, sleep
        self._session = requests.Session()
        self._session.headers.update(HEADERS)
        self._not_before = clock()

    def __enter__(self) -> PortalApi:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._session.close()

    def page(self, last_id: str) -> Page:
        """The page of the list that begins after ``last_id`` (empty: the first). Raises PortalError."""
        asked = {"limit": PAGE_SIZE, "lastId": last_id, "q": "", "categoryId": "", "departmentCode": ""}
        return read(Page, self._ask(LIST, asked))

    def procedure(self, item: Item) -> Detail:
        """One procedure in full. Raises PortalError."""
        detail = read(Detail, self._ask(DETAIL, {"id": item.id}))
        if detail.code != item.code:
            raise Refused(f"asked for {item.code}, the portal gave {detail.code}")
        return detail

    def _ask(self, path: str, body: dict[str, Any]) -> Any:
        """The ``data`` of the envelope."""
        for backoff in (*BACKOFF, None):
            self._wait_turn()
            try:
                return data_of(*self._answer(path, body), self.url)
            except MayPass as failure:
                wait = max(failure.wait, backoff or 0.0)
                if backoff is None or wait > LONGEST_WAIT:
                    raise failure.error from None
                self._sleep(wait)
        raise AssertionError("the last round returns or raises")

    def _wait_turn(self) -> None:
        if (early := self._not_before - self._clock()) > 0:
            self._sleep(early)
        self._not_before = self._clock() + PAUSE

    def _answer(self, path: str, body: dict[str, Any]) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers, and the whole body."""
        try:
            with self._session.post(
                self.url + path, json=body, timeout=self._timeout, allow_redirects=False, stream=True
            ) as reply:
                return reply.status_code, reply.headers, self._body(reply)
        except requests.Timeout:
            raise MayPass(NotReachable(f"{self.url} gives no answer within {self._timeout:g} s")) from None
        except requests.ConnectionError as error:
            if error.args and isinstance(error.args[0], ProtocolError):
                raise MayPass(NotReachable(f"{self.url} hangs up without an answer")) from None
            raise NotReachable(f"{self.url} is not reachable; is this machine online, is the address right?") from None
        except requests.RequestException as error:
            raise NotReachable(f"{self.url} cannot be asked: {error}") from None
        except HTTPError:
            raise MayPass(UpstreamError(f"{self.url} breaks off in the middle of an answer")) from None

    def _body(self, reply: requests.Response) -> bytes:
        end, body = self._clock() + self._longest, b""
        while chunk := reply.raw.read1(65536, decode_content=True):
            body += chunk
            if len(body) > LONGEST_BODY:
                raise UpstreamError(f"{self.url} sends more than {LONGEST_BODY} bytes for one answer")
            if self._clock() > end:
                raise MayPass(NotReachable(f"{self.url} needs more than {self._longest:g} s for one answer"))
        return body


def data_of(status: int, headers: Mapping[str, str], body: bytes, host: str) -> Any:
    """The data inside an answer. Raises PortalError, or MayPass where asking again may help."""
    if status == 429 or status >= 500:
        wait = retry_after(headers.get("Retry-After", ""), datetime.now(UTC))
        if status == 429:
            raise MayPass(TooManyRequests(f"{host} wants to be asked less (HTTP 429); try again later"), wait)
        raise MayPass(UpstreamError(f"{host} is broken or overloaded (HTTP {status}); try again later"), wait)
    if "html" in headers.get("Content-Type", "") or body.lstrip()[:1] == b"<":
        if status < 300 or status == 403:
            raise FirewallPage(
                f"the firewall of {host} refuses us (an HTML page under HTTP {status}). Stop for today, and ask the "
                "portal's operator to allow this address"
            )
        raise UpstreamError(f"{host} answers with HTTP {status} and a page instead of data")
    try:
        content = json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError):
        broken = UpstreamError(f"{host} answers with HTTP {status} and something that is not JSON")
        raise (MayPass(broken) if status < 300 else broken) from None
    return _unwrapped(status, content)


def _unwrapped(status: int, content: Any) -> Any:
    """The data inside the envelope."""
    if status >= 300:
        raise Refused(f"HTTP {status}: {SHORT.repr(content)}")
    if not isinstance(content, dict) or "code" not in content:
        raise SchemaChanged("envelope.code", f"is missing; what came is {SHORT.repr(content)}")
    if content["code"] != "OK":
        raise Refused(f"the portal answers {SHORT.repr(content)}")
    if "data" not in content:
        raise SchemaChanged("envelope.data", f"is missing; what came is {SHORT.repr(content)}")
    return content["data"]


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def retry_after(header: str, now: datetime) -> float:
    """Seconds that a ``Retry-After`` header asks for (a number or a date); 0 where it says nothing readable."""
    try:
        return max(0.0, float(int(header)))
    except (ValueError, OverflowError):
        pass
    try:
        when = parsedate_to_datetime(header)
        return max(0.0, (when - now).total_seconds()) if when.tzinfo else 0.0
    except (ValueError, TypeError, IndexError, OverflowError):
        return 0.0
