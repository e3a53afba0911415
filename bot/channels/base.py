"""What every messenger looks like to the gateway: what comes in, and something that hands one message over."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum
from typing import Protocol, runtime_checkable


class Kind(StrEnum):
    """What a citizen did. ``FOLLOW`` and ``UNFOLLOW``: began or stopped to get messages from us."""

    TEXT = "text"
    BUTTON = "button"
    PHOTO = "photo"
    VOICE = "voice"
    VIDEO = "video"
    FILE = "file"
    STICKER = "sticker"
    LOCATION = "location"
    CONTACT = "contact"
    FOLLOW = "follow"
    UNFOLLOW = "unfollow"


@dataclass(frozen=True)
class Incoming:
    """One thing a citizen did, as a messenger tells it.

    ``key``: the conversation within the channel; ``message_id``: the messenger's own, the same when told again;
    ``at``: when it happened (aware); ``button``: the id of the ``OutgoingButton`` pressed; ``media``: what
    ``MediaSource.fetch`` takes (photos, voice) or ``Attentive.attend`` (a press).
    """

    kind: Kind
    key: str
    message_id: str
    at: datetime
    text: str = ""
    button: str = ""
    media: str = ""


class Outcome(Enum):
    """How a send ended. Only ``RETRY`` may be sent again."""

    SENT = "sent"
    RETRY = "retry"  # certainly not delivered, worth another try: a limit was hit, the messenger was down
    GIVE_UP = "give_up"  # certainly not delivered and never will be: blocked, window closed, text refused
    UNKNOWN = "unknown"  # may have been delivered: the answer did not come in time


@dataclass(frozen=True)
class Delivery:
    """The outcome of one send. ``error_class`` is a short name for logs, never the messenger's own words.

    ``retry_after_seconds`` is the wait that the messenger asked for, None where it named none; ``platform_id`` is the
    messenger's name for what was sent; ``alarm``: a person must act (settings, quota, money), no citizen can;
    ``unreachable``: this citizen blocked us, so nothing more is sent until they write.
    """

    outcome: Outcome
    error_class: str = ""
    retry_after_seconds: float | None = None
    platform_id: str = ""
    alarm: bool = False
    unreachable: bool = False


@dataclass(frozen=True)
class OutgoingButton:
    """A button as a messenger may see it: ``id`` is a token that means something to the gateway only."""

    id: str
    title: str


@dataclass(frozen=True)
class Outgoing:
    """One message to a citizen."""

    text: str
    buttons: tuple[OutgoingButton, ...] = ()


class Channel(Protocol):
    """A messenger that messages are sent to. A channel knows its wire format, neither database nor Rasa."""

    @property
    def name(self) -> str: ...

    def send(self, recipient: str, message: Outgoing) -> Delivery:
        """Hands one message over. Never raises for what the messenger or the network does."""
        ...


@runtime_checkable
class PushWindow(Protocol):
    """A messenger that takes news only for a while after the citizen wrote; beyond that it needs a template.

    Optional beside ``Channel``. Zalo's window: 48 hours free, 7 days at most.
    """

    def may_push(self, recipient_last_seen: datetime) -> bool:
        """Whether a plain message may be sent now to somebody who wrote last at this moment (aware)."""
        ...


class MediaError(RuntimeError):
    """A photo or a voice message that could not be fetched; its text is a short name for logs."""


@runtime_checkable
class MediaSource(Protocol):
    """A messenger whose photos and voice messages can be fetched. Optional beside ``Channel``."""

    def fetch(self, media: str, most_bytes: int) -> bytes:
        """The content, into memory and nowhere else. Raises MediaError, also for more than ``most_bytes``."""
        ...


@runtime_checkable
class Attentive(Protocol):
    """A messenger that can show that a message is being worked on. Optional beside ``Channel``."""

    def attend(self, recipient: str, incoming: Kind, media: str) -> None:
        """Shows typing, ends the spinner of a pressed button. Never raises, and nothing depends on it."""
        ...


@runtime_checkable
class LateNews(Protocol):
    """A messenger that takes news outside its window in a form approved beforehand. Optional beside ``PushWindow``."""

    def send_late(self, recipient: str, text: str) -> Delivery:
        """Hands news over in that form. Never raises for what the messenger or the network does."""
        ...


@runtime_checkable
class Punctual(Protocol):
    """A messenger that can say when a message is about to leave. Optional beside ``Channel``."""

    def send_at(self, recipient: str, message: Outgoing, begin: Callable[[], None]) -> Delivery:
        """As ``Channel.send``. Calls ``begin`` in the caller's thread once everything is ready and only the message is
        missing; not at all where it does not come to that. Raises what ``begin`` raises: then nothing was sent.
        """
        ...


@runtime_checkable
class ReadBack(Protocol):
    """A messenger whose conversations can be read, so that a send of unknown outcome can be made good. Optional beside
    ``Channel``.
    """

    def complete(self, recipient: str, message: Outgoing, since: datetime, others: Collection[str]) -> Delivery:
        """Looks what of an earlier send of this message, not before ``since`` (aware), has arrived. Never raises.

        SENT: all of it, the missing end of a long one by now. RETRY: certainly nothing. UNKNOWN: it cannot be told;
        with ``retry_after_seconds`` where another look may tell. ``others``: the messenger's names of other messages.
        """
        ...
