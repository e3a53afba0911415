"""A moment by which a call has ended, kept by the sockets themselves.

The timeouts of ``requests`` run from one byte to the next: a portal that drips its headers, or a name server that is
silent, keeps a caller for minutes. Inside ``keeping(deadline)`` no look-up of a name, connection, handshake, header or
body of a ``TimedAdapter`` outlasts the deadline; the kept-alive connections of ``requests`` stay in use.
"""

from __future__ import annotations

import http.client
import io
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError


class Deadline:
    """``seconds`` from now."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._end = clock() + seconds

    def left(self) -> float:
        """Seconds until it; 0 when it is past."""
        return max(0.0, self._end - self._clock())


_kept: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


@contextmanager
def keeping(deadline: Deadline) -> Iterator[None]:
    """Calls of this thread inside it end by the deadline."""
    before = _kept.set(deadline)
    try:
        yield
    finally:
        _kept.reset(before)


def _left(longest: float | None) -> float:
    """Seconds that the next step on a socket may take. Raises TimeoutError when none is left."""
    deadline = _kept.get()
    left = deadline.left() if deadline else float("inf")
    if left <= 0:
        raise TimeoutError("the deadline is past")
    return min(left, 60.0 if longest is None else longest)


class _TimedReader(io.RawIOBase):
    """What comes over a socket; every read may take only what is left of the deadline."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket, self._longest = sock, sock.gettimeout()
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._socket.settimeout(_left(self._longest))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_TimedReader(sock))


class _TimedConnection(HTTPConnection):
    response_class = _TimedResponse

    def _new_conn(self) -> socket.socket:
        """A connection to the first address of the host that takes it, all of them within the deadline."""
        longest = self.timeout if isinstance(self.timeout, int | float) else None
        failure: OSError = OSError("the name has no address")
        try:
            addresses = _addresses(self.host, self.port, _left(longest))
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from None
        except TimeoutError as silent:
            addresses, failure = [], silent
        for address in addresses:
            try:
                made = socket.create_connection(address, timeout=_left(longest))
            except OSError as error:
                failure = error
            else:
                made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return made
        if isinstance(failure, TimeoutError):
            raise ConnectTimeoutError(self, f"{self.host} cannot be reached in time")
        raise NewConnectionError(self, f"{self.host} cannot be reached: {failure}")


class _TimedTlsConnection(_TimedConnection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _TimedConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TimedTlsConnection


class TimedAdapter(HTTPAdapter):
    """Mounted on a session, it makes the session's calls keep the deadline of ``keeping``."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}


def _addresses(host: str, port: int, seconds: float) -> list[tuple[str, int]]:
    """The addresses of a host. The system's resolver knows no timeout: a thread that it holds up is left behind.

    Raises socket.gaierror, TimeoutError.
    """
    answer: queue.SimpleQueue[list[tuple[str, int]] | socket.gaierror] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answer.put([(str(address[0]), port) for *_, address in found])
        except socket.gaierror as error:
            answer.put(error)
        except (OSError, UnicodeError):
            answer.put(socket.gaierror("the name cannot be looked up"))

    threading.Thread(target=ask, name="portal-name", daemon=True).start()
    try:
        found = answer.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError("the name server is silent") from None
    if isinstance(found, socket.gaierror):
        raise found
    return found
