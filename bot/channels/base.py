"""What every messenger looks like to the gateway: something that hands one message over and says how that went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol, runtime_checkable


class Outcome(Enum):
    """How a send ended. Only ``RETRY`` may be sent again."""

    SENT = "sent"
    RETRY = "retry"  # certainly not delivered, worth another try: a limit was hit, the messenger was down
    GIVE_UP = "give_up"  # certainly not delivered and never will be: blocked, window closed, text refused
    UNKNOWN = "unknown"  # may have been delivered: the answer did not come in time


@dataclass(frozen=True)
class Delivery:
    """The outcome of one send. ``error_class`` is a short name for logs, never the messenger's own words.

    ``retry_after_seconds`` is the wait that the messenger asked for, None where it named none.
    """

    outcome: Outcome
    error_class: str = ""
    retry_after_seconds: float | None = None


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
