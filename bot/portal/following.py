"""Following a dossier: what is asked of the gateway, what counts as news, and when the portal is asked again. Pure.

Contract with the actions: beside the turn record a custom payload may carry ``{"follow": {"code", "second_factor":
{"digest", "salt"}, "consent_text", "status"}}`` or ``{"unfollow": {"code"}}``, the latter without a code for all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from hashlib import blake2b
from typing import Any

from bot.language.codes import find_dossier_codes
from bot.portal.calendar import BeyondCalendar, Calendar
from bot.portal.dossier import Dossier, DossierStatus
from bot.portal.second_factor import SecondFactor

S = DossierStatus
CONSENT_TEXTS = {
    "2026-11-25": "a1852553a1fd1203b9746a2351a78872",
    "2026-11-26": "afd56489f7e5af3bb6208d689b0a34f3",
}
"""The versions of ``utter_follow_consent`` and the digest of each, the newest last: what somebody agreed to is known
for ever. ``motcua procedures check`` tells where the sentence is another one by now.
"""
CONSENT_TEXT = list(CONSENT_TEXTS)[-1]
"""Kept with every consent."""
LONGEST_CODE = 40
DIGEST = re.compile(r"[0-9a-f]{64}")

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LONGEST_BACKOFF = DAY
KEPT_AFTER_RETURN = timedelta(days=30)
LONGEST_FOLLOWED = timedelta(days=365)
LONGEST_UNSEEN = timedelta(days=30)
"""A dossier that could not be looked up for so long is followed no more, and the citizen is told."""
REMINDED_BEFORE = 2
"""Working days before the end of a supplement's time."""
HOURS = {S.DONE: 4, S.NOT_RECEIVED: 24, S.WITHDRAWN: 24, S.STOPPED: 24, S.RETURNED: 24}
"""Hours between two looks; one where the status may change any time."""
STAGE = {
    S.REGISTERED: 0, S.RECEIVED: 1, S.IN_PROGRESS: 2, S.SUPPLEMENT_REQUIRED: 2, S.PAYMENT_REQUIRED: 2,
    S.NOT_RECEIVED: 3, S.STOPPED: 3, S.WITHDRAWN: 3, S.DONE: 3, S.RETURNED: 4,
}  # fmt: skip
"""How far a dossier has come; a portal that goes back a stage shows, more often than not, data not yet synced."""
OFFICE_COUNTS = (S.UNKNOWN, S.RECEIVED, S.IN_PROGRESS)


class FollowError(ValueError):
    """A request to follow that breaks the contract; says which part."""


@dataclass(frozen=True)
class FollowRequest:
    """Follow this dossier. ``status`` is what the citizen was told last."""

    code: str
    factor: SecondFactor
    consent_text: str
    status: DossierStatus

    @classmethod
    def from_payload(cls, payload: object) -> FollowRequest | None:
        """The request in a custom payload, None where there is none. Raises FollowError."""
        asked = _part(payload, "follow")
        if asked is None:
            return None
        factor = asked.get("second_factor")
        digest, salt = (factor.get("digest"), factor.get("salt")) if isinstance(factor, dict) else (None, None)
        if not isinstance(digest, str) or not DIGEST.fullmatch(digest) or not isinstance(salt, str):
            raise FollowError("'second_factor' needs its digest and salt")
        version, status = asked.get("consent_text"), asked.get("status")
        if not isinstance(version, str) or not 0 < len(version) <= 20:
            raise FollowError("'consent_text' needs the version that was agreed to")
        if not isinstance(status, int) or not 0 <= status <= 10:
            raise FollowError("'status' is a number from 0 to 10")
        return cls(_code(asked), SecondFactor(digest, salt), version, DossierStatus(status))

    def as_payload(self) -> dict[str, Any]:
        factor = {"digest": self.factor.digest, "salt": self.factor.salt}
        asked = {"code": self.code, "second_factor": factor, "consent_text": self.consent_text}
        return {"follow": {**asked, "status": int(self.status)}}


@dataclass(frozen=True)
class UnfollowRequest:
    """Follow this dossier no more; None: all of this conversation."""

    code: str | None = None

    @classmethod
    def from_payload(cls, payload: object) -> UnfollowRequest | None:
        """The request in a custom payload, None where there is none. Raises FollowError."""
        asked = _part(payload, "unfollow")
        if asked is None:
            return None
        return cls(_code(asked) if asked.get("code") is not None else None)

    def as_payload(self) -> dict[str, Any]:
        return {"unfollow": {"code": self.code} if self.code else {}}


class Move(StrEnum):
    """What is new. More than one thing at once: the first."""

    STATUS = "status"
    SUPPLEMENT = "supplement"
    DUE = "due"


@dataclass(frozen=True)
class State:
    """What a portal's answer says that could be news. Texts are held as digests only."""

    status: DossierStatus
    wording: str = ""
    supplement: str = ""
    due_on: date | None = None
    as_of: datetime | None = None

    @property
    def mark(self) -> str:
        """The state in a few letters, to see it again."""
        return _digest(f"{int(self.status)}|{self.wording}|{self.supplement}|{self.due_on}")


def state_of(dossier: Dossier) -> State:
    """A dossier's state. A request for papers counts while the dossier waits for them."""
    asked = dossier.supplements[0] if dossier.status is S.SUPPLEMENT_REQUIRED and dossier.supplements else None
    supplement = _digest(f"{asked.text}|{asked.until}") if asked else ""
    return State(dossier.status, _digest(dossier.portal_status), supplement, dossier.due_on, dossier.as_of)


def move_between(before: State, now: State, first: bool) -> Move | None:
    """What has moved. ``first``: nothing but the status was known before."""
    if now.status != before.status:
        return Move.STATUS
    if first:
        return None
    if now.status is S.UNKNOWN and now.wording != before.wording:
        return Move.STATUS
    if now.supplement and now.supplement != before.supplement:
        return Move.SUPPLEMENT
    if now.status in OFFICE_COUNTS and now.due_on and now.due_on != before.due_on:
        return Move.DUE
    return None


def doubtful(before: State, now: State) -> bool:
    """True for a move that may be a portal's stale data: it is told only once it stays so.

    A stage back, to or from a status that is not known, data older than what was seen, or a request for papers that
    was told already.
    """
    if S.UNKNOWN in (before.status, now.status) and before.status != now.status:
        return True
    if STAGE.get(now.status, 0) < STAGE.get(before.status, 0):
        return True
    if now.as_of and before.as_of and now.as_of < before.as_of:
        return True
    asks_again = now.status is S.SUPPLEMENT_REQUIRED and before.status is not S.SUPPLEMENT_REQUIRED
    return asks_again and bool(now.supplement) and now.supplement == before.supplement


def consent_digest(sentence: str) -> str:
    """Of the sentence as it stands in the file, ``{code}`` unfilled."""
    return _digest(sentence)


def next_look(code: str, status: DossierStatus, now: datetime, hour: timedelta = HOUR) -> datetime:
    """When a dossier is looked up next: once every interval, always at the moment in it that its code falls on.

    So looks are spread evenly however many were due at once, after an outage too. ``hour``: what counts as one.
    """
    every = hour * HOURS.get(status, 1)
    offset = every * _share(code) - (now - datetime.fromtimestamp(0, UTC)) % every
    wait: timedelta = offset % every
    return now + (wait if wait >= every / 4 else wait + every)


def soon(code: str, now: datetime, hour: timedelta = HOUR) -> datetime:
    """A quarter of an hour on, a little more or less: to see whether something doubtful stays so."""
    return now + hour / 4 * (0.8 + 0.4 * _share(code))


def next_try(code: str, failures: int, now: datetime, hour: timedelta = HOUR) -> datetime:
    """When to ask again after so many failures in a row: a quarter of an hour, doubled each time, at most a day."""
    wait: timedelta = min(hour / 4 * 2 ** min(max(failures, 1) - 1, 20), LONGEST_BACKOFF)
    return now + wait * (0.8 + 0.4 * _share(code))


def reminder_is_due(until: date, today: date, calendar: Calendar) -> bool:
    """True in the last working days before the time for papers ends; where the calendar ends, by plain days."""
    if until < today:
        return False
    try:
        return calendar.working_days_between(today, until) <= REMINDED_BEFORE
    except BeyondCalendar:
        return (until - today).days <= REMINDED_BEFORE


def _part(payload: object, name: str) -> dict[str, Any] | None:
    part = payload.get(name) if isinstance(payload, dict) else None
    if part is not None and not isinstance(part, dict):
        raise FollowError(f"{name!r} is no object")
    return part


def _code(asked: dict[str, Any]) -> str:
    code = asked.get("code")
    if not isinstance(code, str) or len(code) > LONGEST_CODE or [f.value for f in find_dossier_codes(code)] != [code]:
        raise FollowError("'code' is no dossier code in its normal form")
    return code


def _digest(text: str) -> str:
    return blake2b(text.encode(errors="replace"), digest_size=16).hexdigest()


def _share(code: str) -> float:
    """0 up to 1, evenly spread over codes, always the same for one code."""
    return int.from_bytes(blake2b(code.encode(), digest_size=8).digest(), "big") / 2**64
