"""The gateway's way into Rasa: REST with a message id, so that a message sent twice is worked out once.

``POST /webhooks/gateway/webhook`` takes ``{"sender", "message_id", "text"}`` or, for a button that the gateway itself
offered, ``{"sender", "message_id", "payload"}``; it answers with the list of replies, one of them the turn record.
Anything but 200 means: no turn came of it, send it again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any
from weakref import WeakValueDictionary

from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from rasa.shared.core.events import Event
from rasa.shared.core.trackers import DialogueStateTracker
from sanic import Blueprint, Request, response
from sanic.response import HTTPResponse

from bot.engine import replay

logger = logging.getLogger(__name__)

OnNewMessage = Callable[[UserMessage], Awaitable[Any]]


class RequestError(ValueError):
    """A request that the channel cannot take; its text says which field is wrong."""


class Collector(CollectingOutputChannel):
    """Collects the replies; unlike Rasa's own it keeps a text whole instead of cutting it at blank lines."""

    async def send_text_message(self, recipient_id: str, text: str, **kwargs: Any) -> None:
        await self._persist_message(self._message(recipient_id, text=text))


def read_request(body: object) -> tuple[str, str, str]:
    """Sender, message id and text for Rasa. Raises RequestError.

    Rasa reads ``/intent{…}`` in any text as a command; only a payload may be one, so a citizen's text loses the
    slashes it begins with.
    """
    if not isinstance(body, dict):
        raise RequestError("the body is not a JSON object")
    fields = [body.get(name) for name in ("sender", "message_id")]
    if not all(isinstance(value, str) and value for value in fields):
        raise RequestError("'sender' and 'message_id' are needed, as texts")
    payload, text = body.get("payload"), body.get("text")
    if isinstance(payload, str) and payload:
        return str(fields[0]), str(fields[1]), payload
    if not isinstance(text, str):
        raise RequestError("'text' or 'payload' is needed, as a text")
    return str(fields[0]), str(fields[1]), text.strip().lstrip("/") or "…"


class GatewayInput(InputChannel):
    """Named in credentials.yml as ``bot.engine.channel.GatewayInput``."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @classmethod
    def name(cls) -> str:
        return "gateway"

    def blueprint(self, on_new_message: OnNewMessage) -> Blueprint:
        blueprint = Blueprint("gateway_webhook", "bot.engine.channel")

        async def health(request: Request) -> HTTPResponse:
            ready = request.app.ctx.agent is not None and request.app.ctx.agent.is_ready()
            return response.json({"ready": ready}, status=200 if ready else 503)

        async def receive(request: Request) -> HTTPResponse:
            try:
                sender, message_id, text = read_request(request.json)
            except RequestError as error:
                return response.json({"error": str(error)}, status=400)
            # One lock over look-up and turn: a retry must not slip in between the two.
            async with self._locks.setdefault(sender, asyncio.Lock()):
                replies = await self._earlier(request.app.ctx.agent, sender, message_id)
                if replies is None:
                    replies = await self._turn(on_new_message, sender, message_id, text)
            if not replay.has_record(replies):
                return response.json({"error": "the turn ended without its record"}, status=503)
            return response.json(replies)

        blueprint.add_route(health, "/", methods=["GET"])
        blueprint.add_route(receive, "/webhook", methods=["POST"])
        return blueprint

    async def _turn(self, on_new_message: OnNewMessage, sender: str, message_id: str, text: str) -> list[replay.Reply]:
        collector = Collector()
        message = UserMessage(text, collector, sender, input_channel=self.name(), message_id=message_id)
        try:
            await on_new_message(message)
        except Exception:  # the boundary of the process: whatever broke, the gateway hears 503 and sends again
            logger.exception("turn failed: message %s", message_id)
            return []
        return collector.messages

    async def _earlier(self, agent: Any, sender: str, message_id: str) -> list[replay.Reply] | None:
        """The replies of an earlier, complete turn; None where the turn must (again) be run."""
        tracker: DialogueStateTracker | None = await agent.tracker_store.retrieve(sender)
        if tracker is None:
            return None
        events: list[Event] = list(tracker.events)
        earlier = replay.find([event.as_dict() for event in events], message_id)
        if earlier is None:
            return None
        if earlier.complete:
            return [{"recipient_id": sender, **reply} for reply in earlier.replies]
        before = DialogueStateTracker.from_events(sender, events[: earlier.start], agent.domain.slots)
        await agent.tracker_store.save(before)
        return None
