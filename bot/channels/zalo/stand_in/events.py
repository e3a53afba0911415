"""The events that Zalo sends, as JSON objects; shapes by zalo.md section 8.3. Every id and time is a string."""

from __future__ import annotations

import json
from typing import Any

from bot.channels.zalo.stand_in.constants import APP_ID, BY_APP, OA_ID

Event = dict[str, Any]
KINDS = ("image", "gif", "link", "audio", "video", "sticker", "file", "location", "business_card")
"""What a user may send besides text."""


def by_app(user: str) -> str:
    """The same person's id at the application."""
    return str(abs(int(user) - BY_APP))


def from_user(name: str, user: str, message: dict[str, Any], at_ms: int) -> Event:
    """A chat event of a user to the account."""
    return _chat(name, user, OA_ID, user, message, at_ms)


def from_account(name: str, user: str, message: dict[str, Any], at_ms: int, admin: str = "") -> Event:
    """A chat event of the account to a user: an echo, or a receipt. ``admin``: a human wrote it in Zalo itself."""
    event = _chat(name, OA_ID, user, user, message, at_ms)
    if admin:
        event["sender"]["admin_id"] = admin
    return event


def _chat(name: str, sender: str, recipient: str, user: str, message: dict[str, Any], at_ms: int) -> Event:
    return {
        "event_name": name, "app_id": APP_ID, "sender": {"id": sender}, "recipient": {"id": recipient},
        "message": message, "timestamp": str(at_ms), "user_id_by_app": by_app(user),
    }  # fmt: skip


def attachment(kind: str, url: str, details: dict[str, str]) -> dict[str, Any]:
    """One attachment of a user's message. ``details``: name, size, checksum, type, thumbnail, description, latitude,
    longitude, phone, id; what the kind does not carry is left out.
    """
    thumbnail = details.get("thumbnail", url)
    payloads: dict[str, dict[str, Any]] = {
        "image": {"url": url, "thumbnail": thumbnail},
        "gif": {"url": url, "thumbnail": thumbnail},
        "link": {"url": url, "thumbnail": thumbnail, "description": details.get("description", "")},
        "audio": {"url": url},
        "video": {"url": url, "thumbnail": thumbnail, "description": details.get("description", "")},
        "sticker": {"id": details.get("id", "00001"), "url": url},
        "file": {
            "url": url, "name": details.get("name", "giay-to.pdf"), "size": details.get("size", "0"),
            "checksum": details.get("checksum", ""), "type": details.get("type", "pdf"),
        },
        "location": {
            "coordinates": {
                "latitude": details.get("latitude", "10.9574"), "longitude": details.get("longitude", "106.8427"),
            }
        },
        "business_card": {
            "description": json.dumps({"phone": details.get("phone", "84000000009"), "qrCodeUrl": url}),
            "thumbnail": thumbnail, "url": url,
        },
    }  # fmt: skip
    return {"type": "link" if kind == "business_card" else kind, "payload": payloads[kind]}


def following(user: str, follows: bool, at_ms: int, source: str = "oa_profile") -> Event:
    """``follow`` or ``unfollow``: neither sender nor recipient."""
    return {
        "app_id": APP_ID, "user_id_by_app": by_app(user), "oa_id": OA_ID, "follower": {"id": user},
        "event_name": "follow" if follows else "unfollow", "source": source, "timestamp": str(at_ms),
    }  # fmt: skip


def submitted(user: str, info: dict[str, str], at_ms: int, older: bool = False) -> Event:
    """``user_submit_info``; ``older``: the flat shape with a district."""
    said = {"name": info.get("name", ""), "phone": info.get("phone", "84000000001")}
    address, city, ward = info.get("address", ""), info.get("city", "Đồng Nai"), info.get("ward", "")
    told: dict[str, Any] = (
        {**said, "address": address, "city": city, "district": info.get("district", ""), "ward": ward}
        if older
        else {
            **said, "user_dob": info.get("dob", ""), "gender": info.get("gender", ""),
            "full_address": {"user_city": city, "user_ward": ward, "user_address": address},
        }
    )  # fmt: skip
    return {
        "app_id": APP_ID, "event_name": "user_submit_info", "sender": {"id": user}, "recipient": {"id": OA_ID},
        "info": told, "timestamp": str(at_ms), "user_id_by_app": by_app(user),
    }  # fmt: skip


def seen(user: str, message_ids: list[str], shape: str, seen_by: str, at_ms: int) -> Event:
    """``user_seen_message`` with ``msg_ids`` or ``msg_id``; who is named as sender is not agreed on."""
    told = {"msg_ids": message_ids} if shape == "msg_ids" else {"msg_id": message_ids[-1]}
    return (from_user if seen_by == "user" else from_account)("user_seen_message", user, told, at_ms)


def other(name: str, user: str, at_ms: int) -> Event:
    """One of the events that concern no conversation of ours, in its documented shape; another name gets a plain
    envelope, as an event of tomorrow would.
    """
    flat: Event = {"app_id": APP_ID, "event_name": name, "oa_id": OA_ID, "timestamp": str(at_ms)}
    stranger = {"id": "anonymous-0001"}
    shapes: dict[str, Event] = {
        "user_click_chatnow": {**flat, "user_id": user, "user_id_by_app": by_app(user)},
        "add_user_to_tag": {**flat, "tag": {"user_ids": [user], "name": "mẫu"}},
        "user_feedback": {
            **flat, "message": {
                "rating_type": "star", "option": "", "note": "", "rate": "5", "submit_time": str(at_ms),
                "msg_id": "0", "feedbacks": [], "tracking_id": "",
            },
        },
        "oa_send_list": from_account(
            name, user, {
                "msg_id": f"l{at_ms}", "attachments": [{
                    "type": "link", "payload": {"title": "Mẫu", "description": "", "url": "", "thumbnail": ""},
                }],
            }, at_ms,
        ),
        "oa_reacted_message": from_account(name, user, {"msg_id": "0", "react_icon": "/-heart"}, at_ms),
        "user_reacted_message": from_user(name, user, {"msg_id": "0", "react_icon": "/-heart"}, at_ms),
        "anonymous_send_text": {
            **from_user(name, user, {"msg_id": f"a{at_ms}", "text": "Chào", "conversation_id": "c-0001"}, at_ms),
            "sender": stranger,
        },
        "user_send_group_text": {
            **from_user(name, user, {"msg_id": f"g{at_ms}", "text": "Chào nhóm"}, at_ms),
            "recipient": {"id": "group-0001"},
        },
        "change_oa_daily_quota": {**flat, "quota": {"prev_quota": "500", "new_quota": "5000"}},
    }  # fmt: skip
    return shapes.get(name, flat)
