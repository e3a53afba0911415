"""OAuth v4 of an Official Account: codes with PKCE, access tokens of 25 hours, refresh tokens that work once.

Numbers beside -14002, -14003 and -14020 (zalo.md section 2) were seen by single users of the live service (grade C):
-14004 secret key, -14005 code, -14014 refresh token never given out, -14018 grant type.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from bot.channels.zalo.stand_in.clock import Clock
from bot.channels.zalo.stand_in.constants import (
    ACCESS_SECONDS,
    APP_ID,
    APP_SECRET,
    CODE_SECONDS,
    OA_ID,
    REFRESH_SECONDS,
)
from bot.channels.zalo.stand_in.replies import ApiError
from bot.channels.zalo.stand_in.switches import LOOPBACK, Switches

VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43}")
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
NAMES = {
    -14002: "Invalid application",
    -14003: "Invalid redirect uri",
    -14004: "Invalid secret key",
    -14005: "Invalid code",
    -14014: "Invalid refresh token",
    -14018: "Invalid grant type",
    -14020: "Refresh token used or expired",
}


class OAuthError(Exception):
    """A refusal of the token address or of the consent page."""

    def __init__(self, code: int, reason: str) -> None:
        self.code, self.reason = code, reason
        super().__init__(f"{code} {reason}")

    def content(self) -> dict[str, Any]:
        """The answer, which comes with HTTP 200."""
        return {
            "error": self.code, "error_name": NAMES[self.code], "error_description": self.reason,
            "error_reason": self.reason, "ref_doc": "https://developers.zalo.me/docs/official-account",
        }  # fmt: skip


def challenge_of(verifier: str) -> str:
    """RFC 7636, S256."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


@dataclass(frozen=True)
class _Code:
    challenge: str
    until_ms: int


@dataclass(frozen=True)
class _Pair:
    access: str
    access_until_ms: int
    refresh: str
    refresh_until_ms: int


class OAuth:
    """The one grant of the one account. Not safe for threads by itself: the caller holds the stand-in's lock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._codes: dict[str, _Code] = {}
        self._pair: _Pair | None = None
        self._dead_access: set[str] = set()
        self._dead_refresh: set[str] = set()

    def check_consent(self, asked: dict[str, str], switches: Switches) -> None:
        """Whether Zalo would show its consent page for this link. Raises OAuthError."""
        if asked.get("app_id") != APP_ID or not switches.app_active:
            raise OAuthError(-14002, "the application is not known, or not active")
        redirect, saved = asked.get("redirect_uri", ""), switches.callback
        if redirect != saved if saved else urlsplit(redirect).hostname not in LOOPBACK:
            raise OAuthError(-14003, "redirect_uri is not the one saved in the console")
        challenge = asked.get("code_challenge", "")
        if challenge and not CHALLENGE.fullmatch(challenge):
            raise OAuthError(-14003, "code_challenge is not 43 characters of base64url without padding")

    def consent(self, asked: dict[str, str], switches: Switches) -> str:
        """The address that the browser is sent to after "allow". Raises OAuthError."""
        self.check_consent(asked, switches)
        code = secrets.token_urlsafe(48)
        challenge = switches.challenge or asked.get("code_challenge", "")
        self._codes[code] = _Code(challenge, self._clock.now_ms() + CODE_SECONDS * 1000)
        back = {"code": code, "oa_id": OA_ID} | ({"state": asked["state"]} if asked.get("state") else {})
        redirect = asked["redirect_uri"]
        return f"{redirect}{'&' if '?' in redirect else '?'}{urlencode(back)}"

    def token(self, form: dict[str, str] | None, secret: str, switches: Switches) -> dict[str, str]:
        """The answer to ``POST /v4/oa/access_token``. Raises OAuthError."""
        if form is None:
            raise OAuthError(-14018, "the body must be application/x-www-form-urlencoded")
        if form.get("app_id") != APP_ID or not switches.app_active:
            raise OAuthError(-14002, "the application is not known, or not active")
        if secret != APP_SECRET:
            raise OAuthError(-14004, "the header secret_key is missing or wrong")
        grant = form.get("grant_type")
        if grant == "authorization_code":
            self._redeem(form)
        elif grant == "refresh_token":
            self._check_refresh(form.get("refresh_token", ""))
        else:
            raise OAuthError(-14018, "grant_type is neither authorization_code nor refresh_token")
        return self.issue(switches.verified)

    def issue(self, verified: bool = True) -> dict[str, str]:
        """A new pair; the one before dies at once. An account that is not verified gets no refresh token."""
        self.revoke()
        now = self._clock.now_ms()
        pair = _Pair(
            secrets.token_urlsafe(96), now + ACCESS_SECONDS * 1000,
            secrets.token_urlsafe(96), now + REFRESH_SECONDS * 1000,
        )  # fmt: skip
        self._pair = pair
        told = {"access_token": pair.access, "refresh_token": pair.refresh, "expires_in": str(ACCESS_SECONDS)}
        return told if verified else {name: told[name] for name in ("access_token", "expires_in")}

    def revoke(self) -> None:
        """Ends the grant, as a changed callback address does."""
        if self._pair:
            self._dead_access.add(self._pair.access)
            self._dead_refresh.add(self._pair.refresh)
        self._pair = None

    def check_access(self, token: str, status: int) -> None:
        """Raises ApiError for a token that opens nothing, with this HTTP status."""
        pair = self._pair
        if pair and secrets.compare_digest(token.encode(), pair.access.encode()):
            if self._clock.now_ms() < pair.access_until_ms:
                return
            raise ApiError(-220, status=status)
        raise ApiError(-220 if token in self._dead_access else -216, status=status)

    def _redeem(self, form: dict[str, str]) -> None:
        code = self._codes.pop(form.get("code", ""), None)
        if code is None or self._clock.now_ms() >= code.until_ms:
            raise OAuthError(-14005, "the code is not known, was used, or is older than 10 minutes")
        verifier = form.get("code_verifier", "")
        if code.challenge and not (VERIFIER.fullmatch(verifier) and challenge_of(verifier) == code.challenge):
            raise OAuthError(-14005, "code_verifier is not the 43 characters that code_challenge was made from")

    def _check_refresh(self, token: str) -> None:
        pair = self._pair
        if pair and token and token == pair.refresh and self._clock.now_ms() < pair.refresh_until_ms:
            return
        if token in self._dead_refresh or (pair and token == pair.refresh):
            raise OAuthError(-14020, "the refresh token was used, or has expired")
        raise OAuthError(-14014, "the refresh token was never given out")
