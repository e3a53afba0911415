"""Asking Rasa for one turn. What comes back is a whole turn with its record, or a typed failure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests

from bot.consent import ConsentError, MemoryChoice, asks_to_delete
from bot.portal.following import FollowError, FollowRequest, UnfollowRequest
from bot.turn import TurnRecord, TurnRecordError


class TurnFailed(RuntimeError):
    """No turn came of it; the message may be asked again under the same id."""


@dataclass(frozen=True)
class Reply:
    """One text for the citizen, with its buttons ({title, payload})."""

    text: str
    buttons: list[dict[str, str]]


@dataclass(frozen=True)
class TurnResult:
    """One turn; what it asks of the gateway besides answering is written down with it."""

    replies: list[Reply]
    record: TurnRecord
    follow: FollowRequest | None = None
    unfollow: UnfollowRequest | None = None
    memory: MemoryChoice | None = None
    delete: bool = False


class RasaClient:
    """Rasa's gateway channel (``bot.engine.channel``). ``timeout_seconds`` bounds connect and each read."""

    def __init__(self, url: str, timeout_seconds: float) -> None:
        self._url, self._timeout = f"{url}/webhooks/gateway/", timeout_seconds
        self._session = requests.Session()
        self._session.trust_env = False  # loopback never goes through a proxy

    def ready(self) -> bool:
        try:
            return self._session.get(self._url, timeout=3).ok
        except requests.RequestException:
            return False

    def ask(self, sender: str, message_id: str, text: str, payload: str = "") -> TurnResult:
        """One turn. Raises TurnFailed for anything but a complete one."""
        body = {"sender": sender, "message_id": message_id}
        body |= {"payload": payload} if payload else {"text": text}
        try:
            response = self._session.post(f"{self._url}webhook", json=body, timeout=self._timeout)
            response.raise_for_status()
            content = response.json()
        except requests.RequestException as error:  # its JSON error is one of them
            raise TurnFailed(type(error).__name__) from None
        return read_turn(content)


def read_turn(content: object) -> TurnResult:
    """The replies and the one turn record of Rasa's answer. Raises TurnFailed."""
    if not isinstance(content, list) or not all(isinstance(item, dict) for item in content):
        raise TurnFailed("the answer is not a list of replies")
    customs = [item.get("custom") for item in content]
    try:
        records = [record for custom in customs if (record := TurnRecord.from_payload(custom))]
        follow = next(filter(None, map(FollowRequest.from_payload, customs)), None)
        unfollow = next(filter(None, map(UnfollowRequest.from_payload, customs)), None)
        memory = next(filter(None, map(MemoryChoice.from_payload, customs)), None)
    except (TurnRecordError, FollowError, ConsentError, TypeError) as error:
        raise TurnFailed(f"the turn record breaks the contract: {error}") from None
    if len(records) != 1:
        raise TurnFailed(f"{len(records)} turn records instead of one")
    replies = [_reply(item) for item in content if isinstance(item.get("text"), str) and item["text"].strip()]
    if not replies:
        raise TurnFailed("a turn without a word to the citizen")
    return TurnResult(replies, records[0], follow, unfollow, memory, any(map(asks_to_delete, customs)))


def _reply(item: dict[str, Any]) -> Reply:
    buttons = item.get("buttons") if isinstance(item.get("buttons"), list) else []
    known = [b for b in buttons or [] if isinstance(b, dict) and {"title", "payload"} <= b.keys()]
    return Reply(item["text"], [{"title": str(b["title"]), "payload": str(b["payload"])} for b in known])
