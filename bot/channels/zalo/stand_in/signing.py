"""An event as bytes, and the signature over exactly these bytes.

``X-ZEvent-Signature: mac=<hex>`` with hex = SHA-256 of app_id, raw body, timestamp and the account's secret, simply one
after the other; no HMAC (zalo.md section 8.2).
"""

from __future__ import annotations

import hashlib
import json
import random
from typing import Any

from bot.channels.zalo.stand_in.constants import APP_ID, OA_ID, OA_SECRET
from bot.channels.zalo.stand_in.switches import Style

HEADER = "X-ZEvent-Signature"
WRONG = "0" * 64


def signature(first_term: str, body: bytes, timestamp: str, secret: str) -> str:
    """The hex digits after ``mac=``."""
    return hashlib.sha256(first_term.encode() + body + timestamp.encode() + secret.encode()).hexdigest()


def written(event: dict[str, Any], style: Style) -> bytes:
    """The body as it goes out."""
    content = {name: value for name, value in event.items() if style.by_app or name != "user_id_by_app"}
    spacings: dict[str, dict[str, Any]] = {
        "compact": {"separators": (",", ":")},
        "spaced": {},
        "indented": {"indent": 2},
    }
    return json.dumps(_ordered(content, style.order), ensure_ascii=style.escapes, **spacings[style.spacing]).encode()


def headers_for(body: bytes, timestamp: str, style: Style) -> dict[str, str]:
    """The headers of a delivery in this style."""
    headers = {"Content-Type": "application/json"}
    if style.mac == "missing":
        return headers
    mac = signature(OA_ID if style.mac == "oa_id" else APP_ID, body, timestamp, OA_SECRET)
    if style.mac == "wrong":
        mac = WRONG
    return {**headers, HEADER: mac if style.mac == "bare" else f"mac={mac}"}


def _ordered(value: Any, order: str) -> Any:
    if isinstance(value, list):
        return [_ordered(one, order) for one in value]
    if not isinstance(value, dict):
        return value
    names = list(value)
    if order == "reversed":
        names.reverse()
    elif order == "shuffled":
        random.shuffle(names)
    return {name: _ordered(value[name], order) for name in names}
