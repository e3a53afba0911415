"""Whether what a citizen believes of a fee or a time limit is what the record says."""

from __future__ import annotations

from datetime import date

from bot.catalogue.models import Procedure
from bot.language.premises import Premise
from bot.turn import Aspect

Belief = tuple[Aspect, bool]


def compare(record: Procedure, premises: list[Premise], day: date) -> list[Belief]:
    """For each aspect believed something of, whether the record says so too; without a figure there, nothing."""
    fees = {float(fee.amount or 0) for fee in record.fees if fee.assertable(day) and (fee.free or fee.amount)}
    limits = {(t.amount, str(t.unit)) for t in record.times if t.assertable(day) and t.amount is not None}
    out: dict[Aspect, bool] = {}
    for premise in premises:
        if premise.aspect == "fee" and fees:
            out["fee"] = out.get("fee", False) or premise.amount in fees
        if premise.aspect == "processing_time" and limits:
            said = (premise.amount, premise.unit)
            out["processing_time"] = out.get("processing_time", False) or _told(said, limits)
    return list(out.items())


def _told(said: tuple[float, str], limits: set[tuple[float, str]]) -> bool:
    """Days that were meant as working days count as right: nobody says the whole word."""
    amount, unit = said
    return said in limits or (unit == "ngày" and (amount, "ngày làm việc") in limits)
