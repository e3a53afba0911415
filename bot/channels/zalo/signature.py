"""Whether Zalo sent a webhook call: ``X-ZEvent-Signature: mac=SHA256(app_id + raw body + timestamp + OA secret)``.

Plain SHA-256 over plain concatenation (zalo.md 8.2). Nothing can be moved across the joints: the application is ours,
and the body is one whole JSON object, so it ends with its brace and the timestamp's digits cannot become part of it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from enum import StrEnum
from typing import Any

from bot.channels.zalo.body import BodyError, read_body
from bot.settings import ZaloSettings

HEADER = re.compile(r"\s*(?:mac=)?([0-9a-fA-F]{64})\s*")
TIMESTAMP = re.compile(r"[0-9]{1,20}")


class Variant(StrEnum):
    """Which first term the signature was made with."""

    APP = "app"
    OA = "oa"


def verify(raw: bytes, header: str, settings: ZaloSettings) -> Variant | None:
    """The variant that matches, None where none does: not signed, not by Zalo, not for our application.

    ``raw`` is the body exactly as received; ``header`` the signature's value, empty where it is missing. The variant
    with the account's id first counts only with ``settings.oa_mac``. Takes the same time for every wrong signature.
    """
    given, timestamp = HEADER.fullmatch(header), _timestamp_for(raw, settings)
    if given is None or timestamp is None or not settings.oa_secret:
        return None
    mac, end = given.group(1).lower(), f"{timestamp}{settings.oa_secret}".encode()
    first_terms = {Variant.APP: settings.app_id} | ({Variant.OA: settings.oa_id} if settings.oa_mac else {})
    for variant, first in first_terms.items():
        made = hashlib.sha256(first.encode() + raw + end).hexdigest()
        if first and hmac.compare_digest(mac, made):
            return variant
    return None


def _timestamp_for(raw: bytes, settings: ZaloSettings) -> str | None:
    """The body's timestamp as digits, None where it has none or is for another application."""
    try:
        content = read_body(raw)
    except BodyError:
        return None
    if not settings.app_id or content.get("app_id") != settings.app_id:
        return None
    return timestamp_of(content)


def timestamp_of(content: dict[str, Any]) -> str | None:
    """Milliseconds as digits, from text or a whole number; None where there are none."""
    value = content.get("timestamp")
    text = str(value) if isinstance(value, int) and abs(value) < 10**20 else value
    return text if isinstance(text, str) and TIMESTAMP.fullmatch(text) else None
