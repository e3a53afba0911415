"""What a person chooses about what is kept of them: what an action asks of the gateway, and the words it is about.

Contract with the actions: beside the turn record a custom payload may carry ``{"memory": {"agreed", "text"}}``, or
``{"delete": true}`` where everything of this conversation is to be deleted.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

NOTICE_TEXT = "2026-11-25"
"""The version of ``utter_notice``, kept with every choice; a new day wherever that sentence or its buttons change."""
MEMORY, FOLLOWING, DELETING = "memory", "follow", "delete"
"""What a yes or no is about: the entity ``for`` of a button. The first two are also the purposes of a proof."""
DELETE_ALL = {"delete": True}
VERSION = re.compile(r"[0-9.-]{1,20}")


class ConsentError(ValueError):
    """A choice that breaks the contract; says which part."""


@dataclass(frozen=True)
class MemoryChoice:
    """Be remembered, or not. ``text`` is the version of the words that were read."""

    agreed: bool
    text: str = NOTICE_TEXT

    @classmethod
    def from_payload(cls, payload: object) -> MemoryChoice | None:
        """The choice in a custom payload, None where there is none. Raises ConsentError."""
        chosen = payload.get("memory") if isinstance(payload, dict) else None
        if chosen is None:
            return None
        if not isinstance(chosen, dict) or not isinstance(chosen.get("agreed"), bool):
            raise ConsentError("'memory' needs 'agreed', true or false")
        text = chosen.get("text")
        if not isinstance(text, str) or not VERSION.fullmatch(text):
            raise ConsentError("'memory' needs 'text', the version that was read")
        return cls(chosen["agreed"], text)

    def as_payload(self) -> dict[str, Any]:
        return {"memory": {"agreed": self.agreed, "text": self.text}}


def asks_to_delete(payload: object) -> bool:
    """True where a custom payload asks that everything be deleted."""
    return isinstance(payload, dict) and payload.get("delete") is True


def choices() -> tuple[str, str]:
    """The payloads of the notice's two buttons: be remembered, ask without it."""
    about = json.dumps({"for": MEMORY, "version": NOTICE_TEXT})
    return f"/give_consent{about}", f"/deny{about}"
