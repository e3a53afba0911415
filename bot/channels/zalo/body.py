"""The JSON object of a webhook call, read from bytes that anybody may have sent."""

from __future__ import annotations

import json
from typing import Any

LONGEST = 256 * 1024
"""Bytes. The longest text, with each letter escaped, and a dozen pictures' addresses are a tenth of it."""


class BodyError(ValueError):
    """Bytes that are no JSON object; the text is a short name for logs and holds nothing of them."""


def read_body(raw: bytes) -> dict[str, Any]:
    """The object. Strict: UTF-8, at most LONGEST bytes, no key twice, nothing behind it. Raises BodyError."""
    if len(raw) > LONGEST:
        raise BodyError("too_long")
    try:
        content = json.loads(raw.decode("utf-8"), object_pairs_hook=_each_key_once, parse_constant=_no_number)
    except BodyError:
        raise
    except (ValueError, RecursionError):
        raise BodyError("no_json") from None
    if not isinstance(content, dict):
        raise BodyError("no_object")
    return content


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise BodyError("key_twice")
    return content


def _no_number(name: str) -> float:
    raise BodyError("no_json")
