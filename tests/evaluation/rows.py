"""Hand-made questions and what came of them."""

from __future__ import annotations

from typing import Any

from bot.evaluation.questions import Question
from bot.evaluation.scoring import Row
from bot.turn import TurnRecord

BIRTH, AGAIN, ABROAD, COPY = "1.001193", "1.004884", "2.000528", "2.000635"


def question(*accept: dict[str, Any], **fields: Any) -> Question:
    """A question that accepts these answers."""
    made = {"id": "plain-001", "slice": "plain", "turns": ["làm khai sinh cần giấy gì"], "accept": list(accept)}
    return Question.parse_obj(made | fields)


def answered(*codes: str, aspects: tuple[str, ...] = ()) -> dict[str, Any]:
    """An accepted answer."""
    return {"status": "answered", "any": list(codes), "aspects": list(aspects)}


def clarify(*codes: str) -> dict[str, Any]:
    """An accepted question back."""
    return {"status": "clarify", "any": list(codes)}


def got(status: Any = "answered", *codes: str, **fields: Any) -> TurnRecord:
    """What the assistant did."""
    return TurnRecord(status=status, procedures=list(codes), **fields)


def row(asked: Question, *records: TurnRecord) -> Row:
    return Row(asked, records)


def rows_of(**passed: str) -> list[Row]:
    """Rows by slice: ``plain="110"`` is three questions of which the first two pass."""
    out = []
    for name, outcomes in passed.items():
        for number, outcome in enumerate(outcomes, 1):
            asked = question(answered(BIRTH), id=f"{name}-{number:03}", slice=name)
            out.append(row(asked, got("answered", BIRTH if outcome == "1" else AGAIN, confidence=0.8)))
    return out
