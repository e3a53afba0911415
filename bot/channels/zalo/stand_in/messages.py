"""What ``POST /v3.0/oa/message/cs`` takes: every shape that is documented or known to work, and nothing else."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bot.channels.zalo.stand_in.constants import LONGEST_PAYLOAD, LONGEST_TEXT, LONGEST_TITLE, MOST_BUTTONS
from bot.channels.zalo.stand_in.replies import ApiError, invalid

Json = dict[str, Any]
HasAsset = Callable[[str, str], bool]
"""Whether an upload of this kind (image, gif, file) has this id or token and still lives."""


@dataclass(frozen=True)
class Content:
    """A message that Zalo takes. ``kind``: text, image, gif, sticker, file or request_user_info."""

    kind: str
    text: str = ""
    buttons: list[Json] = field(default_factory=list)
    attachment: Json = field(default_factory=dict)
    quote: str = ""


def content_of(message: Any, buttons_allowed: bool, has_asset: HasAsset) -> Content:
    """The content of the body's ``message``. Raises ApiError -201, -210, -233 or -100."""
    _check_fields(message, "message", {"text", "attachment", "quote_message_id"})
    text = _text(message["text"]) if "text" in message else ""
    quote = message.get("quote_message_id", "")
    if "quote_message_id" in message and not _filled(quote):
        raise invalid("quote_message_id")
    if "attachment" not in message:
        if not text:
            raise invalid("text")
        return Content("text", text, quote=quote)
    if quote:
        raise invalid("quote_message_id")
    return _with_attachment(message["attachment"], text, buttons_allowed, has_asset)


def text_fits(text: str) -> bool:
    """At most 2,000 characters after NFC; decomposed Vietnamese is longer."""
    return len(unicodedata.normalize("NFC", text)) <= LONGEST_TEXT


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise invalid("text")
    if not text_fits(value):
        raise ApiError(-210, f"text exceeds limit of {LONGEST_TEXT} characters")
    return value


def _with_attachment(attachment: Any, text: str, buttons_allowed: bool, has_asset: HasAsset) -> Content:
    _check_fields(attachment, "attachment", {"type", "payload"})
    kind, payload = attachment.get("type"), attachment.get("payload")
    if kind not in ("template", "file"):
        raise ApiError(-233)
    if kind == "file":
        _check_fields(payload, "payload", {"token"})
        if text or not _filled(payload.get("token")):
            raise invalid("text" if text else "token")
        if not has_asset(payload["token"], "file"):
            raise ApiError(-100, "token was expired")
        return Content("file", attachment=payload)
    _check_fields(payload, "payload", {"template_type", "elements", "buttons"})
    buttons = _buttons(payload["buttons"], buttons_allowed) if "buttons" in payload else []
    template = payload.get("template_type")
    if template is None and buttons:
        if not text or "elements" in payload:
            raise invalid("elements" if text else "text")
        return Content("text", text, buttons)
    if template == "media":
        return _media(_only(payload), text, buttons, has_asset)
    if template == "request_user_info":
        return _request(_only(payload), text, buttons)
    raise ApiError(-233)


def _only(payload: Json) -> Json:
    elements = payload.get("elements")
    if not isinstance(elements, list) or len(elements) != 1 or not isinstance(elements[0], dict):
        raise invalid("elements")
    only: Json = elements[0]
    return only


def _media(element: Json, text: str, buttons: list[Json], has_asset: HasAsset) -> Content:
    kind = element.get("media_type")
    allowed = {
        "image": {"media_type", "url", "attachment_id"},
        "gif": {"media_type", "url", "attachment_id", "width", "height"},
        "sticker": {"media_type", "attachment_id"},
    }
    if kind not in allowed:
        raise invalid("media_type")
    _check_fields(element, "elements", allowed[kind])
    if ("url" in element) == ("attachment_id" in element):
        raise invalid("attachment_id")
    if "url" in element and not (_filled(element["url"]) and element["url"].startswith(("https://", "http://"))):
        raise invalid("url")
    if "attachment_id" in element:
        if not _filled(element["attachment_id"]):
            raise invalid("attachment_id")
        if kind != "sticker" and not has_asset(element["attachment_id"], kind):
            raise ApiError(-100)
    for side in ("width", "height") if kind == "gif" else ():
        value = element.get(side)
        if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
            raise invalid(side)
    return Content(kind, text, buttons, element)


def _request(element: Json, text: str, buttons: list[Json]) -> Content:
    names = ("title", "subtitle", "image_url")
    _check_fields(element, "elements", set(names))
    for name in names:
        if not _filled(element.get(name)):
            raise invalid(name)
    if text or buttons:
        raise invalid("text" if text else "buttons")
    return Content("request_user_info", attachment=element)


def _buttons(buttons: Any, allowed: bool) -> list[Json]:
    if not allowed:
        raise ApiError(-233)
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= MOST_BUTTONS:
        raise invalid("buttons")
    for button in buttons:
        _check_fields(button, "buttons", {"title", "type", "payload"})
        if not _filled(button.get("title")):
            raise invalid("title")
        if len(unicodedata.normalize("NFC", button["title"])) > LONGEST_TITLE:
            raise ApiError(-210, f"title exceeds limit of {LONGEST_TITLE} characters")
        _check_payload(button.get("type"), button.get("payload"))
    return buttons


def _check_payload(kind: Any, payload: Any) -> None:
    """Five types of button, each with its payload. Raises ApiError."""
    fields = {
        "oa.open.url": {"url"}, "oa.open.sms": {"content", "phone_code"}, "oa.open.phone": {"phone_code"},
    }  # fmt: skip
    if kind in ("oa.query.show", "oa.query.hide"):
        if not _filled(payload):
            raise invalid("payload")
        if len(payload) > LONGEST_PAYLOAD:
            raise ApiError(-210, f"payload exceeds limit of {LONGEST_PAYLOAD} characters")
        return
    if not isinstance(kind, str) or kind not in fields:
        raise invalid("type")
    _check_fields(payload, "payload", fields[kind])
    if payload.keys() != fields[kind] or not all(_filled(value) for value in payload.values()):
        raise invalid("payload")
    if kind == "oa.open.url" and not payload["url"].startswith(("https://", "http://")):
        raise invalid("url")


def _check_fields(value: Any, name: str, allowed: set[str]) -> None:
    if not isinstance(value, dict) or not value:
        raise invalid(name)
    for field_name in value:
        if field_name not in allowed:
            raise invalid(field_name)


def _filled(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
