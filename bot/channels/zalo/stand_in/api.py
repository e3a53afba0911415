"""The OA API: every address of zalo.md sections 4 to 6 that the stand-in knows, each as strict as its page."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime
from typing import Any

from bot import settings
from bot.channels.zalo.stand_in import history, uploads, window
from bot.channels.zalo.stand_in.constants import APP_SECRET, MOST_REACTIONS, OA_ID, OA_NAME, OPEN_MS, TEMPLATES
from bot.channels.zalo.stand_in.conversation import Conversations
from bot.channels.zalo.stand_in.events import by_app
from bot.channels.zalo.stand_in.messages import Content, content_of, text_fits
from bot.channels.zalo.stand_in.replies import ApiError, failure, invalid, success
from bot.channels.zalo.stand_in.wire import Refused, Reply, Request, as_object
from bot.channels.zalo.stand_in.world import User, World

REACTIONS = {"/-strong", "/-heart", ":>", ":o", ":-((", ":-h", "/-remove"}
ASSET_QUOTA = {"quota_owner", "product_type", "quota_type"}
Json = dict[str, Any]
Handler = Callable[[Request], Json | list[Json]]


class Api:
    """Answers calls of the OA API. The caller holds the world's lock."""

    def __init__(self, world: World, conversations: Conversations) -> None:
        self._world, self._conversations = world, conversations
        self._handlers: dict[tuple[str, str], Handler] = {
            ("POST", "/v3.0/oa/message/cs"): self._consult,
            ("POST", "/v3.0/oa/message/template"): self._template,
            ("POST", "/v3.0/oa/message/transaction"): self._stopped,
            ("POST", "/v3.0/oa/message/promotion"): self._stopped,
            ("POST", "/v2.0/oa/message"): self._version_2,
            ("POST", "/v2.0/oa/upload/image"): lambda request: uploads.take(world, "image", request),
            ("POST", "/v2.0/oa/upload/gif"): lambda request: uploads.take(world, "gif", request),
            ("POST", "/v2.0/oa/upload/file"): lambda request: uploads.take(world, "file", request),
            ("GET", "/v3.0/oa/user/detail"): self._detail,
            ("GET", "/v2.0/oa/conversation"): lambda request: history.latest(world, request),
            ("GET", "/v2.0/oa/getoa"): self._account,
            ("POST", "/v3.0/oa/quota/message"): self._quota,
            ("POST", "/v2.0/oa/quota/message"): self._quota,
        }
        self._paths = {path for _, path in self._handlers}

    def serves(self, path: str) -> bool:
        """Whether this path is one of the OA API's."""
        return path in self._paths

    def answer(self, request: Request) -> Reply:
        """Zalo's answer with its rate headers. Raises Refused for a method that the path does not take."""
        handler = self._handlers.get((request.method, request.path))
        if handler is None:
            raise Refused(405, "no such method here")
        left = self._world.calls_left()
        try:
            if left < 0:
                raise ApiError(-32)
            self._check_token(request)
            reply = success(handler(request))
        except ApiError as error:
            reply = failure(error)
        limit = self._world.switches.rate_a_minute
        headers = (("X-RateLimit-Limit", str(limit)), ("X-RateLimit-Remain", str(max(0, left))))
        return reply.but(headers=(*reply.headers, *headers))

    def _check_token(self, request: Request) -> None:
        switches = self._world.switches
        if not switches.app_active:
            raise ApiError(-209)
        token = request.header.get("access-token", "")  # WSGI writes access_token so
        self._world.oauth.check_access(token, switches.bad_token)
        proof = request.header.get("appsecret-proof", "")
        right = hmac.new(APP_SECRET.encode(), token.encode(), hashlib.sha256).hexdigest()
        if (proof or switches.proof) and not hmac.compare_digest(proof.encode(), right.encode()):
            raise ApiError(-242)

    # Sending

    def _consult(self, request: Request) -> Json:
        body = _body(request, {"recipient", "message"})
        user = self._recipient(body)
        allowed = self._world.switches.buttons == "allow"
        content = content_of(body.get("message"), allowed, lambda key, kind: uploads.alive(self._world, key, kind))
        quota_type = window.check_open(self._world, user)
        return self._sent(user, content, "cs", quota_type)

    def _template(self, request: Request) -> Json:
        """A ZBS template by UID: outside the window, with its parameters and nothing else."""
        body = _body(request, {"user_id", "template_id", "template_data"})
        user = self._known(body.get("user_id"))
        template = TEMPLATES.get(body["template_id"]) if isinstance(body.get("template_id"), str) else None
        if template is None:
            raise invalid("template_id")
        data = body.get("template_data")
        if not isinstance(data, dict) or data.keys() != template.parameters:
            raise invalid("template_data")
        if not all(isinstance(value, str) and value for value in data.values()):
            raise invalid("template_data")
        if not template.by_id:
            raise ApiError(-249)
        window.check_reachable(user)
        window.check_paid(self._world)
        window.check_receive(user)
        told = self._sent(user, Content("template", template.text.format(**data)), "template", "sub_quota")
        return {**told, "sent_time": str(self._world.clock.now_ms())}

    def _sent(self, user: User, content: Content, via: str, quota_type: str) -> Json:
        quota = window.charge(self._world, user, quota_type)
        message = self._conversations.deliver(user, content, via, quota_type)
        return {"message_id": message.id, "user_id": user.id, "quota": quota}

    def _stopped(self, request: Request) -> Json:
        """Stopped on 1 March 2026; the number it is refused with is not published."""
        raise ApiError(-209)

    def _version_2(self, request: Request) -> Json:
        """What is left of version 2: reactions, and answers to somebody anonymous."""
        body = as_object(request.body) or {}
        recipient = body.get("recipient")
        if isinstance(recipient, dict) and recipient.keys() == {"anonymous_id", "conversation_id"}:
            return self._anonymous(body)
        if "sender_action" not in body:
            raise ApiError(-240)
        body = _body(request, {"recipient", "sender_action"})
        user, action = self._recipient(body), body["sender_action"]
        if not isinstance(action, dict) or action.keys() != {"react_icon", "react_message_id"}:
            raise invalid("sender_action")
        if action["react_icon"] not in REACTIONS:
            raise invalid("react_icon")
        message = self._world.messages.get(str(action["react_message_id"]))
        if message is None or message.user != user.id:
            raise invalid("react_message_id")
        if action["react_icon"] == "/-remove":
            message.reactions.clear()
        elif len(message.reactions) >= MOST_REACTIONS:
            raise ApiError(-210)
        else:
            message.reactions.append(action["react_icon"])
        return {"message_id": self._world.new_id(), "user_id": user.id}

    def _anonymous(self, body: Json) -> Json:
        message = body.get("message")
        if not isinstance(message, dict) or message.keys() != {"text"} or not isinstance(message["text"], str):
            raise invalid("message")
        if not text_fits(message["text"]):
            raise ApiError(-210)
        return {"message_id": self._world.new_id(), "anonymous_id": body["recipient"]["anonymous_id"]}

    # Asking

    def _detail(self, request: Request) -> Json:
        asked = as_object(request.value("data"))
        if asked is None or asked.keys() != {"user_id"}:
            raise invalid("data")
        user = self._known(asked["user_id"])
        if not user.follows and user.last_interaction_ms is None:
            raise ApiError(-213)
        last = user.last_interaction_ms
        day = datetime.fromtimestamp(last / 1000, settings.TIME_ZONE).strftime("%d/%m/%Y") if last else ""
        return {
            "user_id": user.id, "user_id_by_app": by_app(user.id), "display_name": user.name, "user_alias": user.name,
            "is_sensitive": user.sensitive, "user_last_interaction_date": day, "user_is_follower": user.follows,
            "avatar": "", "avatars": {"120": "", "240": ""}, "tags_and_notes_info": {"notes": [], "tag_names": []},
            "shared_info": {"address": "", "city": "", "district": "", "phone": "", "name": ""},
        }  # fmt: skip

    def _account(self, request: Request) -> Json:
        return {
            "oa_id": OA_ID, "name": OA_NAME, "description": "Tài khoản mẫu, không có thật", "oa_alias": "",
            "is_verified": self._world.switches.verified, "oa_type": 2, "cate_name": "Cơ quan nhà nước",
            "num_follower": sum(user.follows for user in self._world.users.values()), "avatar": "", "cover": "",
            "package_name": "Nâng cao", "package_valid_through_date": "31/12/2027", "package_auto_renew_date": "",
            "linked_ZCA": "" if self._world.switches.zca == "none" else "ZCA-000000",
        }  # fmt: skip

    def _quota(self, request: Request) -> Json:
        body = _body(request, {"user_id"} | ASSET_QUOTA)
        if body.keys() == ASSET_QUOTA:
            left = str(self._world.switches.sub_quota)
            return {"quota": [{**body, "remain": left, "total": "1000", "asset_id": "asset-000001"}]}
        if body.keys() != {"user_id"}:
            raise invalid(next(iter(body.keys() - {"user_id"}), "user_id"))
        user = self._known(body["user_id"])
        last = user.last_interaction_ms
        is_open = last is not None and self._world.clock.now_ms() - last <= OPEN_MS
        left = str(user.receive_left) if user.receive_left is not None else "unlimited"
        return {
            "last_interaction": str(last or ""), "cs_reply": {"remain": left if is_open else "0", "total": "unlimited"},
            "promotion": {"remain": "0", "total": "0", "daily_remain": "0", "daily_total": "0"},
        }  # fmt: skip

    # Inside

    def _recipient(self, body: Json) -> User:
        recipient = body.get("recipient")
        if not isinstance(recipient, dict):
            raise invalid("recipient")
        for name in recipient:
            if name != "user_id":
                raise invalid(name)
        return self._known(recipient.get("user_id"))

    def _known(self, user_id: Any) -> User:
        """A user by id; ids are strings, a number is refused."""
        user = self._world.users.get(user_id) if isinstance(user_id, str) else None
        if user is None:
            raise invalid("user_id")
        return user


def _body(request: Request, allowed: set[str]) -> Json:
    """The JSON object of the body with no other field than these. Raises ApiError."""
    content = request.json()
    if content is None:
        raise invalid("body")
    for name in content:
        if name not in allowed:
            raise invalid(name)
    return content
