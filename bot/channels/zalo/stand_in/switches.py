"""What tests and the page may change: how Zalo behaves, what goes wrong, how an event is written."""

from __future__ import annotations

from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, Extra, Field, validator

from bot.channels.zalo.stand_in.constants import ANSWER_SECONDS, RATE_A_MINUTE

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
FaultName = Literal["html", "502", "timeout", "reset", "lost", "lost_late", "401", "error", "latency"]
Mac = Literal["right", "wrong", "missing", "oa_id", "bare"]


class Strict(BaseModel):
    """A door's content: a field that is not known is refused."""

    class Config:
        extra = Extra.forbid
        validate_assignment = True


def loopback(url: str) -> str:
    """The address, which may name this machine only. Raises ValueError."""
    parts = urlsplit(url)
    if url and (parts.scheme not in ("http", "https") or parts.hostname not in LOOPBACK):
        raise ValueError(f"{url!r} is not an address of this machine; write http://127.0.0.1:8080/…")
    return url


class Style(Strict):
    """How the bytes of an event look: what a receiver must not rely on.

    ``mac``: ``oa_id`` has the account's id as first term, ``bare`` lacks the ``mac=`` in front.
    """

    order: Literal["documented", "reversed", "shuffled"] = "documented"
    spacing: Literal["compact", "spaced", "indented"] = "compact"
    escapes: bool = False
    by_app: bool = True
    mac: Mac = "right"


class Switches(Strict):
    """The behaviour of the stand-in.

    ``callback`` and ``challenge`` are what the console saves: empty, any address of this machine and a challenge of
    each request are taken. ``echo_same_id``: the echo has the id that the API gave. ``seen``: the shape of
    ``user_seen_message``. ``sub_quota``: messages left after 48 hours. ``filter_hash``: only messages that begin with
    ``#`` are delivered. ``events_off``: names of events whose switch in the console is off. ``scale`` multiplies the
    seconds of the retry ladder.
    """

    buttons: Literal["allow", "reject"] = "allow"
    echo: bool = True
    echo_same_id: bool = True
    received: bool = True
    seen: Literal["off", "msg_ids", "msg_id"] = "msg_ids"
    seen_by: Literal["oa", "user"] = "oa"
    zca: Literal["none", "empty", "funded"] = "none"
    sub_quota: int = Field(default=1000, ge=0)
    rate_a_minute: int = Field(default=RATE_A_MINUTE, ge=0)
    bad_token: Literal[200, 401] = 200
    proof: bool = False
    app_active: bool = True
    verified: bool = True
    callback: str = ""
    challenge: str = ""
    filter_hash: bool = False
    webhook: str = ""
    enabled: bool = True
    retry: bool = True
    events_off: list[str] = Field(default_factory=list)
    scale: float = Field(default=1.0, ge=0)
    answer_seconds: float = Field(default=ANSWER_SECONDS, gt=0)
    style: Style = Field(default_factory=Style)

    @validator("webhook")
    def _webhook_is_here(cls, value: str) -> str:
        return loopback(value)

    def changed(self, changes: dict[str, Any]) -> Switches:
        """With these switches as given. Raises ValueError."""
        return Switches.parse_obj({**self.dict(), **changes})


class Fault(Strict):
    """Something that goes wrong at the API or at the token address.

    ``html`` and ``502`` come from a gateway in front, ``timeout`` is silence for ``seconds`` and then a reset; none of
    these does what was asked. ``lost`` does it and resets, ``lost_late`` does it and answers after ``seconds``.
    ``latency`` waits ``seconds`` first. ``error`` answers ``code``. ``on``: the beginning of the path; ``user``: only
    calls for this recipient; ``count``: how many calls it strikes, None for all until it is taken away.
    """

    name: FaultName
    on: str = ""
    user: str = ""
    count: int | None = Field(default=1, ge=1)
    seconds: float = Field(default=30.0, ge=0, le=120)
    code: int = -200

    def strikes(self, path: str, user: str) -> bool:
        """True where a call of this path for this recipient meets it."""
        return path.startswith(self.on) and (not self.user or self.user == user)
