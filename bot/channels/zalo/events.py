"""What a webhook call tells: something a citizen did, or something that is only acknowledged (zalo.md 8.3)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.channels.base import Incoming, Kind
from bot.channels.zalo.body import BodyError, read_body
from bot.channels.zalo.signature import timestamp_of

PRESS = re.compile(r"#([0-9]{1,18}:[0-9]{1,2})")
"""The payload that ``messages`` gives a button; Zalo brings it back as a text."""
USER_ID, MESSAGE_ID = re.compile(r"[0-9A-Za-z_-]{1,64}"), re.compile(r"[!-~]{1,150}")
ADDRESS = re.compile(r"https?://[!-~]{1,2000}")
ACKNOWLEDGED = frozenset(
    """oa_send_text oa_send_image oa_send_gif oa_send_list oa_send_file oa_send_sticker oa_send_template
    user_received_message user_seen_message user_reacted_message oa_reacted_message add_user_to_tag user_feedback
    user_click_response_button user_call_oa oa_call_user oa_send_consent user_reply_consent shop_has_order create_group
    user_join_group user_out_group user_send_group_text user_send_group_image user_send_group_sticker
    user_send_group_file anonymous_send_text anonymous_send_image anonymous_send_file anonymous_send_sticker
    change_template_status change_template_quality change_template_quota change_oa_daily_quota""".split()
)
UNKNOWN, OWN, OTHER_ACCOUNT = "unknown", "own", "other_account"


class EventError(ValueError):
    """A call that lacks what its event must have; the text is the short name of what is missing or wrong."""


@dataclass(frozen=True)
class Told:
    """Only acknowledged. ``name``: the event's, or ``unknown``, ``own`` (sent by the account), ``other_account``."""

    name: str


Event = Incoming | Told
Content = dict[str, Any]


@dataclass(frozen=True)
class _Said:
    """What a message holds, apart from who sent it."""

    kind: Kind
    text: str = ""
    button: str = ""
    media: str = ""


def read(raw: bytes, oa_id: str, now: datetime) -> Event:
    """What a verified call tells. ``now`` (aware) stands in where it names no moment. Raises EventError only.

    Neither the name and phone that a citizen submits nor those of a business card are carried on.
    """
    try:
        content = read_body(raw)
    except BodyError as error:
        raise EventError(str(error)) from None
    name = content.get("event_name")
    if not isinstance(name, str):
        raise EventError("event_name")
    if name in CHANGES:
        return _change(name, content, oa_id, now)
    if name not in MESSAGES:
        return Told(name if name in ACKNOWLEDGED else UNKNOWN)
    sender, account = _id(content, "sender"), _id(content, "recipient")
    if sender == oa_id:
        return Told(OWN)
    if account != oa_id:
        return Told(OTHER_ACCOUNT)
    said = MESSAGES[name](content)
    return Incoming(
        kind=said.kind, key=f"{oa_id}:{sender}", message_id=_message_id(name, content, sender),
        at=_moment(content, now), text=said.text, button=said.button, media=said.media,
    )  # fmt: skip


def _change(name: str, content: Content, oa_id: str, now: datetime) -> Event:
    """Began or stopped to follow, or opened the conversation: no sender, no recipient, no message."""
    if _text(content, "oa_id") != oa_id:
        return Told(OTHER_ACCOUNT)
    user = content.get("user_id") if name == "user_click_chatnow" else _object(content, "follower").get("id")
    if not isinstance(user, str) or not USER_ID.fullmatch(user):
        raise EventError("user_id")
    return Incoming(CHANGES[name], f"{oa_id}:{user}", _made_id(name, content, user), _moment(content, now))


def _typed(content: Content) -> _Said:
    text = _text(_object(content, "message"), "text")
    if press := PRESS.fullmatch(text.strip()):
        return _Said(Kind.BUTTON, button=press.group(1))
    return _Said(Kind.TEXT, text)


def _link(content: Content) -> _Said:
    """A link is read as its words and its address."""
    payload = _payload(content)
    words = _caption(content) or _optional(payload, "description")
    address = _text(payload, "url")
    return _Said(Kind.TEXT, words if address in words else f"{words}\n{address}".strip())


def _fetched(kind: Kind) -> Callable[[Content], _Said]:
    def said(content: Content) -> _Said:
        address = _text(_payload(content), "url")
        if not ADDRESS.fullmatch(address):
            raise EventError("url")
        return _Said(kind, _caption(content), media=address)

    return said


def _seen(kind: Kind) -> Callable[[Content], _Said]:
    """Nothing of it is used but that it came, and the words beside it."""

    def said(content: Content) -> _Said:
        return _Said(kind, _caption(content))

    return said


def _nothing_of(kind: Kind) -> Callable[[Content], _Said]:
    def said(content: Content) -> _Said:
        return _Said(kind)

    return said


CHANGES = {"follow": Kind.FOLLOW, "unfollow": Kind.UNFOLLOW, "user_click_chatnow": Kind.FOLLOW}
MESSAGES: dict[str, Callable[[Content], _Said]] = {
    "user_send_text": _typed,
    "user_send_link": _link,
    "user_send_image": _fetched(Kind.PHOTO),
    "user_send_audio": _fetched(Kind.VOICE),
    "user_send_gif": _nothing_of(Kind.STICKER),
    "user_send_sticker": _nothing_of(Kind.STICKER),
    "user_send_video": _seen(Kind.VIDEO),
    "user_send_file": _nothing_of(Kind.FILE),
    "user_send_location": _seen(Kind.LOCATION),
    "user_send_business_card": _nothing_of(Kind.CONTACT),
    "user_submit_info": _nothing_of(Kind.CONTACT),
}


def _object(content: Content, name: str) -> Content:
    value = content.get(name)
    if not isinstance(value, dict):
        raise EventError(name)
    return value


def _text(content: Content, name: str) -> str:
    value = content.get(name)
    if not isinstance(value, str) or not value:
        raise EventError(name)
    return value


def _optional(content: Content, name: str) -> str:
    value = content.get(name)
    return value if isinstance(value, str) else ""


def _id(content: Content, name: str) -> str:
    value = _object(content, name).get("id")
    if not isinstance(value, str) or not USER_ID.fullmatch(value):
        raise EventError(name)
    return value


def _caption(content: Content) -> str:
    return _optional(_object(content, "message"), "text")


def _payload(content: Content) -> Content:
    """Of the first attachment; several pictures at once come as several calls."""
    attachments = _object(content, "message").get("attachments")
    if not isinstance(attachments, list) or not attachments or not isinstance(attachments[0], dict):
        raise EventError("attachments")
    return _object(attachments[0], "payload")


def _message_id(name: str, content: Content, user: str) -> str:
    """Zalo's own; ``<event>:<user>:<timestamp>`` where the event has none."""
    message = content.get("message")
    value = message.get("msg_id") if isinstance(message, dict) else None
    if value is None:
        return _made_id(name, content, user)
    if not isinstance(value, str) or not MESSAGE_ID.fullmatch(value):
        raise EventError("msg_id")
    return value


def _made_id(name: str, content: Content, user: str) -> str:
    timestamp = timestamp_of(content)
    if timestamp is None:
        raise EventError("timestamp")
    return f"{name}:{user}:{timestamp}"


def _moment(content: Content, now: datetime) -> datetime:
    milliseconds = int(timestamp_of(content) or 0)
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC) if milliseconds else now
    except (ValueError, OverflowError, OSError):
        return now
