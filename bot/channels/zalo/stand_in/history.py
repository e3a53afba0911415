"""``GET /v2.0/oa/conversation``: the latest messages with a user, in the fields that public connectors read."""

from __future__ import annotations

from typing import Any

from bot.channels.zalo.stand_in.constants import MOST_READ, OA_ID, OA_NAME
from bot.channels.zalo.stand_in.replies import ApiError, invalid
from bot.channels.zalo.stand_in.wire import Request, as_object
from bot.channels.zalo.stand_in.world import Message, World

TYPES = {"image": "photo", "template": "nosupport", "request_user_info": "nosupport"}
"""How a kind of message is called here, where it is called otherwise."""
BY_ACCOUNT, BY_USER = 0, 1
Json = dict[str, Any]


def latest(world: World, request: Request) -> list[Json]:
    """The newest first. Raises ApiError: -210 for more than ten at once."""
    asked = as_object(request.value("data"))
    if asked is None or asked.keys() != {"user_id", "offset", "count"}:
        raise invalid("data")
    user = world.users.get(asked["user_id"]) if isinstance(asked["user_id"], str) else None
    if user is None:
        raise invalid("user_id")
    offset, count = (_number(asked[name], name) for name in ("offset", "count"))
    if count > MOST_READ:
        raise ApiError(-210, f"count exceeds limit of {MOST_READ}")
    chosen = user.messages[::-1][offset : offset + count]
    return [_shown(message, user.name) for message in chosen]


def _number(value: object, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < (name == "count"):
        raise invalid(name)
    return value


def _shown(message: Message, user_name: str) -> Json:
    sides = [{"id": OA_ID, "display_name": OA_NAME}, {"id": message.user, "display_name": user_name}]
    src = BY_USER if message.sender == "user" else BY_ACCOUNT
    sender, receiver = sides[src], sides[1 - src]
    return {
        "message_id": message.id, "src": src, "time": message.at_ms, "type": TYPES.get(message.kind, message.kind),
        "message": message.text, "from_id": sender["id"], "from_display_name": sender["display_name"],
        "from_avatar": "", "to_id": receiver["id"], "to_display_name": receiver["display_name"], "to_avatar": "",
    }  # fmt: skip
