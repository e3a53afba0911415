"""What will need a hand: records to compare again, and the days on which an answer changes by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.models import Fact, Procedure


@dataclass(frozen=True)
class Due:
    """One thing that happens on a day: a review that is due (also one that is past), a figure that begins or ends."""

    day: date
    file: str
    what: str
    owner: str


def reviews_due(catalogue: Catalogue, today: date, days: int) -> list[Due]:
    """Everything from now until so many days ahead, sorted by day; reviews already past come first."""
    last = today + timedelta(days=days)
    found = [Due(day, f"{r.code}.yml", what, r.owner) for r in catalogue.procedures.values() for day, what in _days(r)]
    return sorted(
        (d for d in found if d.day <= last and (d.day >= today or d.what == REVIEW)), key=lambda d: (d.day, d.file)
    )


REVIEW = "compare with its source again"


def _days(record: Procedure) -> Iterator[tuple[date, str]]:
    yield record.review_by, REVIEW
    if record.effective_from:
        yield record.effective_from, "the procedure begins"
    if record.effective_to:
        yield record.effective_to + timedelta(days=1), "the procedure is no more"
    dated: dict[str, Sequence[Fact]] = {
        "fee": record.fees,
        "time limit": record.times,
        "form": record.forms,
        "notice": record.notices,
    }
    for kind, facts in dated.items():
        for fact in facts:
            what = f"{kind} {getattr(fact, 'for_what', '') or getattr(fact, 'number', '')}".strip()
            if fact.valid_from:
                yield fact.valid_from, f"{what}: begins ({fact.source})"
            if fact.valid_to:
                yield fact.valid_to + timedelta(days=1), f"{what}: is no more ({fact.source})"
