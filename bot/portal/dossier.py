"""What a look-up of a dossier comes to: the outcome, and the few fields that may leave the adapter.

Contract: the ten national statuses and the seven outcomes; fields of the portal that are not named here are dropped.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum, StrEnum


class Outcome(StrEnum):
    """How a look-up ended. Only FOUND carries a dossier."""

    FOUND = "found"
    NOT_FOUND = "not_found"
    NEED_VERIFY = "need_verify"
    AUTH_EXPIRED = "auth_expired"
    UPSTREAM_DOWN = "upstream_down"
    RATE_LIMITED = "rate_limited"
    CAPTCHA_REQUIRED = "captcha_required"


class Source(StrEnum):
    """Which system answered."""

    NGSP = "ngsp"
    IGATE = "igate"
    MANUAL = "manual"


class DossierStatus(IntEnum):
    """The ten statuses that every system in the country knows; UNKNOWN for one that is none of them."""

    UNKNOWN = 0
    REGISTERED = 1
    RECEIVED = 2
    NOT_RECEIVED = 3
    IN_PROGRESS = 4
    SUPPLEMENT_REQUIRED = 5
    PAYMENT_REQUIRED = 6
    WITHDRAWN = 7
    STOPPED = 8
    DONE = 9
    RETURNED = 10


@dataclass(frozen=True)
class Supplement:
    """What the office wants added. ``text`` has no personal data; ``until`` is the last day, None where not said."""

    text: str
    until: date | None = None


@dataclass(frozen=True)
class Charge:
    """One fee of the dossier. ``amount`` in đồng, None where the portal says none."""

    name: str
    amount: int | None
    paid: bool | None = None


@dataclass(frozen=True)
class Dossier:
    """The whitelisted fields. ``portal_status`` is the portal's own wording, kept whatever ``status`` is."""

    code: str
    status: DossierStatus
    portal_status: str = ""
    procedure_code: str = ""
    procedure_name: str = ""
    office: str = ""
    received_on: date | None = None
    due_on: date | None = None
    returned_on: date | None = None
    supplements: tuple[Supplement, ...] = ()
    charges: tuple[Charge, ...] = ()
    owner_masked: str = ""
    as_of: datetime | None = None
    """When the portal's own data was last renewed, where it says so."""


@dataclass(frozen=True)
class LookUp:
    """One look-up. ``fetched_at`` is aware; ``retry_after_seconds`` only with RATE_LIMITED."""

    outcome: Outcome
    source: Source
    fetched_at: datetime
    dossier: Dossier | None = None
    retry_after_seconds: int | None = None
    from_cache: bool = False
