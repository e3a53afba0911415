"""Moving an invented dossier along: what an officer would do, as a new dossier. Days are Vietnamese days."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from bot.portal.stand_in.samples import STATUSES, Charge, Sample, Supplement

NEXT = {1: 2, 2: 4, 3: 1, 4: 9, 5: 4, 6: 4, 8: 4, 9: 10, 0: 4}
"""The usual next status; 7 and 10 are an end."""
DEFAULT_SUPPLEMENT = "Bổ sung bản chính giấy tờ đã nộp."
DEFAULT_CHARGE = Charge(name="Lệ phí giải quyết hồ sơ", amount=8000)


def to_status(sample: Sample, status: int, now: datetime) -> Sample:
    """The dossier with another of the ten statuses, and the days, papers and fees that belong to it."""
    if status not in STATUSES:
        raise ValueError(f"{status} is none of the ten statuses")
    day = now.date()
    changes: dict[str, Any] = {"status": status, "wording": None, "updated": now}
    if status not in (1, 3) and sample.received is None:
        changes["received"] = day
    changes["finished"] = (sample.finished or day) if status >= 7 else None
    changes["returned"] = day if status == 10 else None
    if status == 5 and not sample.supplements:
        changes["supplements"] = (Supplement(text=DEFAULT_SUPPLEMENT, asked=day),)
    if status == 6 and all(charge.paid for charge in sample.charges):
        changes["charges"] = (*sample.charges, DEFAULT_CHARGE)
    if sample.status == 6 and status in (4, 9, 10):
        changes["charges"] = tuple(charge.copy(update={"paid": True}) for charge in sample.charges)
    return sample.copy(update=changes)


def ask_supplement(sample: Sample, text: str, until: date | None, new_due: date | None, now: datetime) -> Sample:
    """The dossier with one more request, in status 5. Raises ValueError for an empty or endless text."""
    added = Supplement(text=text, asked=now.date(), until=until, new_due=new_due)
    return to_status(sample.copy(update={"supplements": (*sample.supplements, added)}), 5, now)


def set_due(sample: Sample, due: date | None, now: datetime) -> Sample:
    """The dossier with another appointment, or none; what supplements moved it to is forgotten."""
    kept = tuple(one.copy(update={"new_due": None}) for one in sample.supplements)
    return sample.copy(update={"due": due, "supplements": kept, "updated": now})
