"""A channel that sends to the stand-in or to a scripted server, with tokens that a test holds in its hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bot.channels.zalo.api import ZaloApi
from bot.channels.zalo.calls import Calls
from bot.channels.zalo.channel import TokenError, ZaloChannel
from bot.channels.zalo.stand_in.constants import APP_ID, APP_SECRET, OA_ID, OA_SECRET
from bot.channels.zalo.stand_in.doors import Doors
from bot.settings import ZaloSettings
from tests.channels.zalo.zalo_standing_in import USER

KEY = f"{OA_ID}:{USER}"


@dataclass
class Held:
    """``token`` now, ``next`` after it was refused; None for none at all."""

    token: str | None = "access-1"
    next: str | None = None
    stale: list[str] = field(default_factory=list)

    def current(self) -> str:
        if self.token is None:
            raise TokenError("missing", alarm=True)
        return self.token

    def renewed(self, stale: str) -> str:
        self.stale.append(stale)
        if self.next is None:
            raise TokenError("unknown")
        self.token = self.next
        return self.token


def settings_for(url: str, **changes: Any) -> ZaloSettings:
    given = {
        "app_id": APP_ID, "app_secret": APP_SECRET, "oa_id": OA_ID, "oa_secret": OA_SECRET, "api_url": url,
        "oauth_url": url, "buttons": True, "proof": False, "template": "", "media_hosts": ("127.0.0.1",),
    }  # fmt: skip
    return ZaloSettings(**(given | changes))


def api_for(url: str, read: float = 2.0, **changes: Any) -> ZaloApi:
    return ZaloApi(settings_for(url, **changes), Calls(connect=1.0, read=read))


def channel_for(
    url: str, tokens: Held, read: float = 2.0, slept: list[float] | None = None, **changes: Any
) -> ZaloChannel:
    settings = settings_for(url, **changes)
    waits = [] if slept is None else slept
    return ZaloChannel(settings, tokens, ZaloApi(settings, Calls(connect=1.0, read=read)), sleep=waits.append)


def signed_in(doors: Doors) -> Held:
    """The tokens of somebody who may send, to a citizen who follows and has just written."""
    doors.user(USER, follows=True, silent_seconds=0)
    return Held(doors.bootstrap()["access_token"])
