"""The turn record: what one turn of the conversation came to. Every turn ends with exactly one.

Actions make it, the gateway stores it, the review queue and the evaluation read it; no one else judges a turn.
Contract: DESIGN section 4. New statuses and reasons are added here first.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

Status = Literal[
    "answered", "clarify", "not_covered", "stale", "out_of_scope", "not_understood", "smalltalk", "guide",
    "dossier", "place", "refused", "handoff", "error",
]  # fmt: skip
Aspect = Literal[
    "overview", "documents", "fee", "processing_time", "where", "steps", "online", "conditions", "forms", "result",
    "legal_basis", "on_behalf",
]  # fmt: skip
Reason = Literal[
    "index_only", "unconfirmed", "past_review", "superseded_code", "not_in_force", "other_authority", "other_province",
    "not_a_procedure", "low_confidence", "empty_or_noise", "otp_or_password", "identity_photo", "file_for_me",
    "fraud_warning", "crisis", "need_verify", "portal_down", "part_failed", "channel_off", "voice_unread",
]  # fmt: skip

STATUSES: tuple[Status, ...] = get_args(Status)
ASPECTS: tuple[Aspect, ...] = get_args(Aspect)
REASONS: tuple[Reason, ...] = get_args(Reason)
MOST_CANDIDATES = 5


class TurnRecordError(ValueError):
    """A turn record that does not follow the contract; says which field and why."""


@dataclass(frozen=True)
class TurnRecord:
    """One turn. ``procedures`` and ``candidates`` are procedure codes, best first; ``confidence`` is in 0..1."""

    status: Status
    procedures: list[str] = field(default_factory=list)
    candidates: list[str] = field(default_factory=list)
    aspects: list[Aspect] = field(default_factory=list)
    reason: Reason | None = None
    confidence: float = 1.0

    def __post_init__(self) -> None:
        if self.status not in STATUSES:
            raise TurnRecordError(f"status {self.status!r} is none of {', '.join(STATUSES)}")
        if self.reason is not None and self.reason not in REASONS:
            raise TurnRecordError(f"reason {self.reason!r} is none of {', '.join(REASONS)}")
        if unknown := [a for a in self.aspects if a not in ASPECTS]:
            raise TurnRecordError(f"aspect {unknown[0]!r} is none of {', '.join(ASPECTS)}")
        if not 0 <= self.confidence <= 1:
            raise TurnRecordError(f"confidence {self.confidence} is not between 0 and 1")
        object.__setattr__(self, "candidates", self.candidates[:MOST_CANDIDATES])

    def as_payload(self) -> dict[str, Any]:
        """The custom payload that goes over Rasa's channel: ``{"turn": {…}}``."""
        return {"turn": asdict(self)}

    @classmethod
    def from_payload(cls, payload: object) -> TurnRecord | None:
        """The record inside a custom payload, None where the payload is about something else.

        Raises TurnRecordError where there is a record and it breaks the contract.
        """
        if not isinstance(payload, dict) or not isinstance(payload.get("turn"), dict):
            return None
        known = {k: v for k, v in payload["turn"].items() if k in cls.__dataclass_fields__}
        try:
            return cls(**known)
        except TypeError as error:
            raise TurnRecordError(str(error)) from None
