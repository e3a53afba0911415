"""The OA API: each call is carried out, refused with a code, or of unknown end; nothing else gets out (zalo.md 3-6)."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from bot.channels.zalo.calls import Answer, Calls, Unanswered
from bot.channels.zalo.oauth import number_of, object_of
from bot.settings import ZaloSettings

MEGABYTE = 1024 * 1024
MOST_IMAGE_BYTES, MOST_FILE_BYTES = MEGABYTE, 5 * MEGABYTE
MOST_READ = 10
"""Messages of a conversation that one call gives; more are refused with -210."""
IMAGE_STARTS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
FILE_STARTS = {".pdf": b"%PDF-", ".doc": b"\xd0\xcf\x11\xe0", ".docx": b"PK\x03\x04", ".csv": b""}
UNAUTHORISED, UNAVAILABLE = 401, 503


class Refused(Exception):
    """Certainly not carried out. ``code``: Zalo's, or the HTTP status where its envelope is missing (``errors``)."""

    def __init__(self, code: int) -> None:
        super().__init__(f"code_{code}")
        self.code = code


class UploadError(ValueError):
    """A file that Zalo does not take; the text says what it takes."""


class ZaloApi:
    """Calls for one account, each with the token of its moment. Safe for threads.

    Every call raises Refused, ``calls.NotSent`` or ``calls.Unanswered``. ``remain`` is what Zalo said last about the
    calls that are left this minute, None before it said something.
    """

    def __init__(self, settings: ZaloSettings, calls: Calls | None = None) -> None:
        self._settings, self._calls = settings, calls or Calls()
        self.remain: int | None = None

    def send_cs(self, token: str, body: Mapping[str, Any]) -> str:
        """Sends one part of ``messages``; Zalo's id of it, empty where the answer names none."""
        return _text(self._ask(token, "POST", "/v3.0/oa/message/cs", json=body), "message_id")

    def send_template(self, token: str, user: str, template: str, data: Mapping[str, str]) -> str:
        """Sends an approved template (ZBS) by the user's id; Zalo's id of the message."""
        body = {"user_id": user, "template_id": template, "template_data": dict(data)}
        return _text(self._ask(token, "POST", "/v3.0/oa/message/template", json=body), "message_id")

    def react(self, token: str, user: str, message_id: str, icon: str) -> None:
        """Puts a reaction beside a message; free of charge."""
        action = {"react_icon": icon, "react_message_id": message_id}
        self._ask(token, "POST", "/v2.0/oa/message", json={"recipient": {"user_id": user}, "sender_action": action})

    def user_quota(self, token: str, user: str) -> dict[str, Any]:
        """``last_interaction`` (ms as text), ``cs_reply`` {remain, total}; keys may be missing."""
        return self._ask(token, "POST", "/v3.0/oa/quota/message", json={"user_id": user})

    def get_oa(self, token: str) -> dict[str, Any]:
        """The account: ``is_verified``, ``oa_type``, ``package_name``, ``linked_ZCA`` …; keys may be missing."""
        return self._ask(token, "GET", "/v2.0/oa/getoa")

    def conversation(self, token: str, user: str, offset: int) -> list[dict[str, Any]]:
        """At most ``MOST_READ`` messages with a user, the newest first, ``offset`` of them left out.

        ``message_id``, ``src`` (0 we, 1 they), ``from_id``, ``time`` (ms), ``type``, ``message``; any may be missing
        (public connectors agree; not in zalo.md).
        """
        data = json.dumps({"user_id": user, "offset": offset, "count": MOST_READ})
        found = self._data(token, "GET", "/v2.0/oa/conversation", params={"data": data})
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []

    def upload_image(self, token: str, name: str, data: bytes) -> str:
        """The ``attachment_id`` of a jpg or png, good for 7 days. Raises UploadError too."""
        if not data.startswith(IMAGE_STARTS) or len(data) > MOST_IMAGE_BYTES:
            raise UploadError("Zalo takes a picture as jpg or png of at most 1 MB")
        return self._upload(token, "image", name, data, "attachment_id")

    def upload_file(self, token: str, name: str, data: bytes) -> str:
        """The ``token`` of a PDF, DOC, DOCX or CSV, good for 7 days. Raises UploadError too."""
        start = next((start for ending, start in FILE_STARTS.items() if name.lower().endswith(ending)), None)
        if start is None or not data or not data.startswith(start) or len(data) > MOST_FILE_BYTES:
            raise UploadError("Zalo takes a file as PDF, DOC, DOCX or CSV of at most 5 MB")
        return self._upload(token, "file", name, data, "token")

    def _upload(self, token: str, kind: str, name: str, data: bytes, answer: str) -> str:
        key = _text(self._ask(token, "POST", f"/v2.0/oa/upload/{kind}", files={"file": (name, data)}), answer)
        if not key:
            raise Unanswered("an upload without a name")
        return key

    def _ask(self, token: str, method: str, path: str, **request: Any) -> dict[str, Any]:
        data = self._data(token, method, path, **request)
        return data if isinstance(data, dict) else {}

    def _data(self, token: str, method: str, path: str, **request: Any) -> Any:
        headers = {"access_token": token}
        if self._settings.proof:
            secret = self._settings.app_secret.encode()
            headers["appsecret_proof"] = hmac.new(secret, token.encode(), hashlib.sha256).hexdigest()
        answer = self._calls.ask(method, self._settings.api_url + path, headers=headers, **request)
        remain = number_of(answer.headers.get("X-RateLimit-Remain"))
        self.remain = self.remain if remain is None else remain
        return _data(answer)


def _data(answer: Answer) -> Any:
    """The ``data`` of a call that succeeded. Raises Refused, Unanswered.

    Without Zalo's envelope the status decides: below 500 and not a success, nobody carried the call out; a page with
    200, or a gateway that broke off, leaves it open.
    """
    content = object_of(answer.body)
    code = number_of(content.get("error")) if content else None
    done = 200 <= answer.status < 300
    if answer.status == UNAUTHORISED or (not code and 300 <= answer.status < 500) or answer.status == UNAVAILABLE:
        raise Refused(code or answer.status)
    if code:
        raise Refused(code)
    if content is None or code is None or not done:
        raise Unanswered(f"HTTP {answer.status} without an answer of Zalo's")
    return content.get("data")


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""
