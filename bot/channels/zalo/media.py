"""Photos and voice messages from Zalo's content servers: public links, fetched by nobody but from its own hosts."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import SplitResult, urljoin, urlsplit

from bot.channels.base import MediaError
from bot.channels.zalo.calls import Answer, Calls, NotSent, Unanswered
from bot.channels.zalo.events import ADDRESS
from bot.portal.deadline import Deadline

TOTAL_SECONDS = 10.0
MOST_REDIRECTS = 2
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class ZaloMedia:
    """Fetches from hosts that are, or end with a dot and, one of ``hosts``.

    http is asked as https, but for this machine where ``hosts`` names it: the stand-in's server.
    """

    def __init__(self, hosts: Sequence[str], calls: Calls | None = None, seconds: float = TOTAL_SECONDS) -> None:
        self._hosts = tuple(host.lower().lstrip(".") for host in hosts)
        self._calls, self._seconds = calls or Calls(), seconds

    def fetch(self, media: str, most_bytes: int) -> bytes:
        """The content. Raises MediaError: other hosts, more bytes, more than TOTAL_SECONDS, no such thing."""
        deadline, address = Deadline(self._seconds), self._allowed(media)
        for _ in range(MOST_REDIRECTS + 1):
            answer = self._ask(address, most_bytes, deadline)
            if answer.status == 200:
                if not answer.body:
                    raise MediaError("empty")
                return answer.body
            target = answer.headers.get("Location", "")
            if not 300 <= answer.status < 400 or not target:
                raise MediaError(f"http_{answer.status}")
            address = self._allowed(urljoin(address, target))
        raise MediaError("too_many_redirects")

    def _ask(self, address: str, most_bytes: int, deadline: Deadline) -> Answer:
        headers = {"Accept": "*/*"}
        try:
            return self._calls.ask("GET", address, most_bytes=most_bytes, deadline=deadline, headers=headers)
        except (NotSent, Unanswered) as failure:
            raise MediaError(str(failure)) from None

    def _allowed(self, address: str) -> str:
        """The address to ask. Raises MediaError for one that is none of Zalo's."""
        try:
            parts = urlsplit(address)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            raise MediaError("address") from None
        if not ADDRESS.fullmatch(address) or "\\" in address or "@" in parts.netloc:
            raise MediaError("address")
        if host in LOOPBACK and host in self._hosts:
            return address
        if not any(host == allowed or host.endswith(f".{allowed}") for allowed in self._hosts):
            raise MediaError("host")
        if port not in (None, 80, 443):
            raise MediaError("port")
        return SplitResult("https", host, parts.path, parts.query, "").geturl()
