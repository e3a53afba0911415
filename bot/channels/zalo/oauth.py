"""Signing in for an Official Account and renewing its tokens: OAuth v4 with PKCE (zalo.md 2).

A refresh token is good for one renewal. So it matters more than anything else here whether a renewal that failed was
carried out: ``TokenNotSent`` says no, ``TokenRefused`` says that Zalo answered no, ``TokenUnknown`` that nobody knows.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from bot.channels.zalo.calls import Answer, Calls, NotSent, Unanswered
from bot.settings import SettingError, ZaloSettings

VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43}")
TOKEN = re.compile(r"[!-~]{1,8000}")
LIFE_SECONDS = 3600.0
"""What a token's life is taken to be where the answer says nothing readable: renewed early does no harm."""
LONGEST_LIFE_SECONDS = 400 * 24 * 3600.0
NOT_CARRIED_OUT = {-32, 429, 503}


class TokenFailure(Exception):
    """No new pair of tokens. The text is a short name for logs."""


class TokenRefused(TokenFailure):
    """Zalo said no, and will again: -14020 the refresh token is used or expired, -14002 the application is not active,
    -14003 the address to come back to is not saved. A person must act."""

    def __init__(self, code: int) -> None:
        super().__init__(f"code_{code}")
        self.code = code


class TokenUnknown(TokenFailure):
    """No readable answer: the old pair may be dead, and the new one lost."""


class TokenNotSent(TokenFailure):
    """Nothing was carried out: the old pair is as good as before."""


@dataclass(frozen=True)
class TokenPair:
    """``expires_in``: seconds that the access token lives from now; the refresh token is good once, for 3 months."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires_in: float


def challenge(verifier: str) -> str:
    """The S256 challenge of RFC 7636, 43 characters: what the console wants for a fixed verifier."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


class ZaloOAuth:
    """Zalo's sign-in for one application."""

    def __init__(self, settings: ZaloSettings, calls: Calls | None = None) -> None:
        self._settings, self._calls = settings, calls or Calls()

    def new_verifier(self) -> str:
        """The fixed verifier where one is set, else one for this sign-in. Raises SettingError."""
        fixed = self._settings.verifier
        if fixed and not VERIFIER.fullmatch(fixed):
            raise SettingError("MOTCUA_ZALO_VERIFIER must be 43 characters of A-Z a-z 0-9 - . _ ~")
        return fixed or secrets.token_urlsafe(32)

    def authorise_url(self, state: str, verifier: str) -> str:
        """Where an administrator of the account says yes; Zalo then calls the saved address with a code."""
        asked = {
            "app_id": self._settings.app_id,
            "redirect_uri": self._settings.redirect_url,
            "code_challenge": challenge(verifier),
            "state": state,
        }
        return f"{self._settings.oauth_url}/v4/oa/permission?{urlencode(asked)}"

    def exchange(self, code: str, verifier: str) -> TokenPair:
        """The first pair, for a code that is 10 minutes old at most. Raises TokenFailure."""
        return self._ask({"code": code, "grant_type": "authorization_code", "code_verifier": verifier})

    def renew(self, refresh_token: str) -> TokenPair:
        """The next pair; the old one is dead from now on. Raises TokenFailure."""
        return self._ask({"refresh_token": refresh_token, "grant_type": "refresh_token"})

    def _ask(self, form: dict[str, str]) -> TokenPair:
        try:
            answer = self._calls.ask(
                "POST",
                f"{self._settings.oauth_url}/v4/oa/access_token",
                data={**form, "app_id": self._settings.app_id},
                headers={"secret_key": self._settings.app_secret},
            )
        except NotSent as failure:
            raise TokenNotSent(str(failure)) from None
        except Unanswered as failure:
            raise TokenUnknown(str(failure)) from None
        return _pair(answer)


def _pair(answer: Answer) -> TokenPair:
    content = object_of(answer.body)
    code = (number_of(content.get("error")) if content else None) or 0
    refusal = code or (answer.status if answer.status in NOT_CARRIED_OUT else 0)
    if refusal in NOT_CARRIED_OUT:
        raise TokenNotSent(f"code_{refusal}")
    if refusal:
        raise TokenRefused(refusal)
    access, refresh = (content.get(name) if content else None for name in ("access_token", "refresh_token"))
    if not _is_token(access) or not _is_token(refresh):
        raise TokenUnknown(f"HTTP {answer.status} without tokens")
    return TokenPair(str(access), str(refresh), _life(content.get("expires_in") if content else None))


def _is_token(value: object) -> bool:
    return isinstance(value, str) and TOKEN.fullmatch(value) is not None


def _life(value: object) -> float:
    seconds = number_of(value)
    return float(seconds) if seconds is not None and 0 < seconds <= LONGEST_LIFE_SECONDS else LIFE_SECONDS


def object_of(body: bytes) -> dict[str, Any] | None:
    """The JSON object of an answer, None for anything else: a page, a part of one."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def number_of(value: object) -> int | None:
    """A whole number, also one written as text, as Zalo does; None for anything else."""
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,10}", value):
        return int(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e10:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**10 else None
