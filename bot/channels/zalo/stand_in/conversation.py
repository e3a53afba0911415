"""What a citizen or the account does, and the events that go out for it."""

from __future__ import annotations

import random
from typing import Any, Literal

from pydantic import Field

from bot.channels.zalo.stand_in import events
from bot.channels.zalo.stand_in.messages import Content
from bot.channels.zalo.stand_in.sender import Delivery, Sender
from bot.channels.zalo.stand_in.switches import Strict, Style
from bot.channels.zalo.stand_in.world import Message, User, World

ECHOES = {"text": "text", "image": "image", "gif": "gif", "sticker": "sticker", "file": "file"}
ADMIN = "900000000000900001"
Json = dict[str, Any]


class Manner(Strict):
    """How events are sent: written in this style, so many copies, after the user's ordered ones before; several of one
    call in this order.
    """

    style: Style | None = None
    copies: int = Field(default=1, ge=1, le=100)
    ordered: bool = False
    order: Literal["as_given", "reversed", "shuffled"] = "as_given"


class Conversations:
    """The acts. Each takes the world's lock, changes the state, and posts the events."""

    def __init__(self, world: World, sender: Sender) -> None:
        self._world, self._sender = world, sender

    # The citizen

    def write(self, user_id: str, texts: list[str], manner: Manner, quote: str = "", hidden: bool = False) -> Json:
        """The user writes these messages. ``hidden``: a button sent them, and the user sees nothing of it."""
        ready: list[tuple[events.Event, bool]] = []
        with self._world.lock:
            user = self._world.user(user_id)
            for text in texts:
                message = self._said(user, "text", text, hidden=hidden, quote=quote)
                told = {"text": text, "msg_id": message.id} | ({"quote_msg_id": quote} if quote else {})
                event = events.from_user("user_send_text", user_id, told, message.at_ms)
                ready.append((event, not self._world.switches.filter_hash or text.startswith("#")))
            wanted = [event for event, passes in ready if passes]
            if manner.order == "reversed":
                wanted.reverse()
            elif manner.order == "shuffled":
                random.shuffle(wanted)
            self._post(wanted, user_id, manner)
        return {"message_ids": [event["message"]["msg_id"] for event, _ in ready]}

    def press(self, user_id: str, message_id: str, place: int, manner: Manner) -> Json:
        """The user presses the button at this place (from 0) below a message. Raises ValueError where there is none."""
        with self._world.lock:
            message = self._world.messages.get(message_id)
            if message is None or message.user != user_id or not 0 <= place < len(message.buttons):
                raise ValueError(f"message {message_id[:40]!r} of this user has no button {place}")
            button = message.buttons[place]
            if button["type"] not in ("oa.query.show", "oa.query.hide"):
                self._world.touch(self._world.user(user_id))
                return {"message_ids": [], "opens": button["payload"]}
            return self.write(user_id, [button["payload"]], manner, hidden=button["type"] == "oa.query.hide")

    def send_media(self, user_id: str, kind: str, url: str, text: str, details: dict[str, str], manner: Manner) -> Json:
        """The user sends something that is not text; ``url`` is where its bytes lie."""
        with self._world.lock:
            user = self._world.user(user_id)
            attached = events.attachment(kind, url, details)
            message = self._said(user, kind, text, attachment=attached["payload"])
            told: Json = {"msg_id": message.id, "attachments": [attached]}
            if text and kind != "file":
                told = {"text": text, **told}
            self._post([events.from_user(f"user_send_{kind}", user_id, told, message.at_ms)], user_id, manner)
            return {"message_ids": [message.id]}

    def follow(self, user_id: str, follows: bool, source: str, manner: Manner) -> Json:
        """The user follows or leaves; who leaves can no longer be written to."""
        with self._world.lock:
            user = self._world.user(user_id)
            user.follows = follows
            if follows:
                self._world.touch(user)
            else:
                user.last_interaction_ms = None
            event = events.following(user_id, follows, self._world.clock.now_ms(), source)
            self._post([event], user_id, manner)
        return {"follows": follows}

    def submit_info(self, user_id: str, info: dict[str, str], older: bool, manner: Manner) -> Json:
        """The user answers a request for their name and phone. Raises ValueError where they were not asked."""
        with self._world.lock:
            user = self._world.user(user_id)
            if not user.asked_for_info:
                raise ValueError("this user was not asked: the account must send request_user_info first")
            user.asked_for_info = False
            self._world.touch(user)
            told = {"name": user.name, **info}
            self._post([events.submitted(user_id, told, self._world.clock.now_ms(), older)], user_id, manner)
        return {"submitted": True}

    def see(self, user_id: str, message_ids: list[str], shape: str, seen_by: str, manner: Manner) -> Json:
        """The user has seen these messages of the account."""
        with self._world.lock:
            event = events.seen(user_id, message_ids, shape, seen_by, self._world.clock.now_ms())
            self._post([event], user_id, manner)
        return {"seen": message_ids}

    # The account

    def deliver(self, user: User, content: Content, via: str, quota_type: str) -> Message:
        """A message that the API has taken reaches the user: kept, echoed, received, seen."""
        with self._world.lock:
            message = self._world.add(
                Message(
                    self._world.next_number(), self._world.new_id(), user.id, "oa", content.kind, content.text,
                    self._world.clock.now_ms(), via, content.buttons, self._shown(content), content.quote,
                    quota_type=quota_type,
                )
            )  # fmt: skip
            if content.kind == "request_user_info":
                user.asked_for_info = True
            self._echo(message)
            self._receipts(message)
            return message

    def admin_writes(self, user_id: str, text: str, manner: Manner) -> Json:
        """A human of the account writes in Zalo itself: only its echo reaches the webhook."""
        with self._world.lock:
            self._world.user(user_id)
            message = self._world.add(
                Message(
                    self._world.next_number(), self._world.new_id(), user_id, "admin", "text", text,
                    self._world.clock.now_ms(), "console",
                )
            )  # fmt: skip
            told = {"text": text, "msg_id": message.id}
            event = events.from_account("oa_send_text", user_id, told, message.at_ms, ADMIN)
            self._post([event], user_id, manner)
            return {"message_ids": [message.id]}

    def send_event(self, event: Json, user_id: str, manner: Manner) -> Json:
        """Any event at all, as it is given."""
        self._post([event], user_id, manner)
        return {"sent": event.get("event_name")}

    # Inside

    def _said(self, user: User, kind: str, text: str, **more: Any) -> Message:
        self._world.touch(user)
        number, at_ms = self._world.next_number(), self._world.clock.now_ms()
        return self._world.add(Message(number, self._world.new_id(), user.id, "user", kind, text, at_ms, **more))

    def _post(self, ready: list[events.Event], user_id: str, manner: Manner) -> list[Delivery]:
        return [
            self._sender.post(event, user_id, manner.style, ordered=manner.ordered, copies=manner.copies)
            for event in ready
        ]

    def _shown(self, content: Content) -> Json:
        """The attachment as the page can show it: an upload by its address here."""
        asset = self._world.assets.get(content.attachment.get("attachment_id") or content.attachment.get("token", ""))
        return {**content.attachment, "shown_url": asset.media, "name": asset.name} if asset else content.attachment

    def _echo(self, message: Message) -> None:
        switches = self._world.switches
        if not switches.echo:
            return
        name = "template" if message.via == "template" else ECHOES.get(message.kind, "template")
        told: Json = {"msg_id": message.id if switches.echo_same_id else self._world.new_id()}
        if message.text:
            told = {"text": message.text, **told}
        if message.attachment:
            url = message.attachment.get("url") or message.attachment.get("shown_url", "")
            told["attachments"] = [{"type": message.kind, "payload": {"url": url, "thumbnail": url}}]
        event = events.from_account(f"oa_send_{name}", message.user, told, message.at_ms)
        self._post([event], message.user, Manner())

    def _receipts(self, message: Message) -> None:
        switches, at_ms = self._world.switches, self._world.clock.now_ms()
        if switches.received:
            told = {"msg_id": message.id}
            self._post(
                [events.from_account("user_received_message", message.user, told, at_ms)], message.user, Manner()
            )
        if switches.seen != "off":
            event = events.seen(message.user, [message.id], switches.seen, switches.seen_by, at_ms)
            self._post([event], message.user, Manner())
