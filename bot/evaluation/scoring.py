"""What counts as right, and the figures over many questions. Pure: questions and turn records in, rates out.

The rules are those of docs/evaluation.md. Every rate comes with its 95 % Wilson interval.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bot.evaluation.questions import Accepted, Question
from bot.turn import TurnRecord

Z_95 = 1.959964
LEAST_FOR_HEADLINE = 20
"""A slice of fewer questions says too little to be the headline."""
MOST_ASPECTS_UNASKED = 1
TOO_VAGUE_FROM = 3
"""Where this many procedures fit, one candidate alone may be luck: two must be among those offered."""
DECLINED = {"not_covered", "stale", "out_of_scope", "not_understood"}


@dataclass(frozen=True)
class Rate:
    """``hits`` of ``of`` questions. ``share`` and the interval are in 0..1; of no question at all, 0 and 0..1."""

    hits: int
    of: int

    @property
    def share(self) -> float:
        return self.hits / self.of if self.of else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % Wilson interval."""
        if not self.of:
            return 0.0, 1.0
        n, p, zz = self.of, self.share, Z_95 * Z_95
        middle = (p + zz / (2 * n)) / (1 + zz / n)
        half = Z_95 / (1 + zz / n) * math.sqrt(p * (1 - p) / n + zz / (4 * n * n))
        return max(0.0, middle - half), min(1.0, middle + half)

    def as_dict(self) -> dict[str, float | int | list[float]]:
        return {
            "hits": self.hits, "of": self.of, "share": round(self.share, 4),
            "interval": [round(bound, 4) for bound in self.interval],
        }  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A question with the records of its turns, in their order."""

    question: Question
    records: Sequence[TurnRecord]

    @property
    def got(self) -> TurnRecord:
        return self.records[-1]

    @property
    def picked(self) -> str | None:
        """The code that an ordinal means in the list offered before, "" where the list is too short.

        None where nothing is picked, or nothing was offered.
        """
        place = self.question.pick
        if place is None or len(self.records) < 2 or self.records[-2].status != "clarify":
            return None
        offered = self.records[-2].procedures
        if place < 0:
            return offered[place] if offered else ""
        return offered[place - 1] if place <= len(offered) else ""

    @property
    def answers(self) -> list[Accepted]:
        """The accepted answers that assert something of a procedure."""
        return [accepted for accepted in self.question.accept if accepted.status == "answered"]

    def is_right(self, code: str, accepted: Accepted) -> bool:
        """Whether a procedure answered first is the one this entry means."""
        if self.picked is not None:
            return code == self.picked != ""
        return code not in self.question.forbid and (not accepted.any or code in accepted.any)

    @property
    def right_answers(self) -> list[Accepted]:
        """The entries whose procedure was answered first; none where another, or none, was answered."""
        if self.got.status != "answered":
            return []
        first = self.got.procedures[0] if self.got.procedures else ""
        return [accepted for accepted in self.answers if self.is_right(first, accepted)]


def passes(row: Row) -> bool:
    """True where the last turn is one of the accepted answers."""
    return any(_matches(row, accepted) for accepted in row.question.accept)


def _matches(row: Row, accepted: Accepted) -> bool:
    got = row.got
    if got.status != accepted.status:
        return False
    if accepted.status == "answered":
        return accepted in row.right_answers and set(accepted.aspects) <= set(got.aspects)
    if got.procedures and got.procedures[0] in row.question.forbid:
        return False
    if accepted.status == "clarify" and accepted.any:
        needed = 2 if len(set(accepted.any)) >= TOO_VAGUE_FROM else 1
        return len(set(got.procedures) & set(accepted.any)) >= needed
    return True


def may_answer(question: Question) -> bool:
    """True where answering with a certain procedure may be right."""
    return any(accepted.status == "answered" and accepted.any for accepted in question.accept)


def is_outside(question: Question) -> bool:
    """True where it is right to say that this is no public procedure, and wrong to answer with one."""
    return "out_of_scope" in question.statuses and "answered" not in question.statuses


def wrong_confident(row: Row) -> bool:
    """True where a procedure was asserted that is not accepted, or none should have been."""
    return row.got.status == "answered" and not row.right_answers


def _among_three(row: Row) -> bool:
    """By the codes alone, where an ordinal picks one too: what the search brought up."""
    right = {code for accepted in row.answers for code in accepted.any}.difference(row.question.forbid)
    return not right.isdisjoint([*row.got.procedures, *row.got.candidates][:3])


def _aspects_kept(row: Row) -> bool:
    got = set(row.got.aspects)
    return any(
        set(accepted.aspects) <= got and len(got - set(accepted.aspects)) <= MOST_ASPECTS_UNASKED
        for accepted in row.right_answers
    )


def _declined(row: Row) -> bool:
    return row.got.status in DECLINED and row.got.status not in row.question.statuses


Test = Callable[[Row], bool]
FIGURES: dict[str, tuple[Test, Test]] = {
    "pass": (lambda row: True, passes),
    "procedure_first": (lambda row: row.question.statuses == {"answered"}, lambda row: bool(row.right_answers)),
    "procedure_top3": (lambda row: may_answer(row.question), _among_three),
    "clarify_recall": (lambda row: row.question.statuses == {"clarify"}, lambda row: row.got.status == "clarify"),
    "over_asking": (
        lambda row: may_answer(row.question) and "clarify" not in row.question.statuses,
        lambda row: row.got.status == "clarify",
    ),
    "out_of_scope_recall": (
        lambda row: is_outside(row.question),
        lambda row: row.got.status in row.question.statuses,
    ),
    "declined_though_answerable": (lambda row: may_answer(row.question), _declined),
    "wrong_confident": (lambda row: True, wrong_confident),
    "aspects": (lambda row: any(accepted.aspects for accepted in row.right_answers), _aspects_kept),
    "multi_turn": (lambda row: len(row.question.turns) > 1, passes),
    "ordinal_pick": (lambda row: row.picked is not None, passes),
}
"""Each figure: over which questions it runs, and what it counts there."""
LOWER_IS_BETTER = {"over_asking", "declined_though_answerable", "wrong_confident"}


def rate(rows: Iterable[Row], counts: Test = passes) -> Rate:
    """How many rows a test counts."""
    judged = [counts(row) for row in rows]
    return Rate(sum(judged), len(judged))


def figures(rows: Sequence[Row]) -> dict[str, Rate]:
    """Every figure that runs over at least one of the rows."""
    out = {name: rate(filter(over, rows), counts) for name, (over, counts) in FIGURES.items()}
    return {name: found for name, found in out.items() if found.of}


def by_slice(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """The rows of each slice, in the order in which they come."""
    out: dict[str, list[Row]] = {}
    for row in rows:
        out.setdefault(row.question.slice, []).append(row)
    return out


def slices(rows: Iterable[Row]) -> dict[str, Rate]:
    """The pass rate of each slice."""
    return {name: rate(found) for name, found in by_slice(rows).items()}


def worst_slice(rates: dict[str, Rate]) -> tuple[str, Rate] | None:
    """The slice of ``LEAST_FOR_HEADLINE`` or more that passes least; None where all are smaller."""
    large = [(name, found) for name, found in rates.items() if found.of >= LEAST_FOR_HEADLINE]
    return min(large, key=lambda pair: pair[1].share, default=None)


def answering_curve(rows: Iterable[Row], thresholds: Iterable[float]) -> list[tuple[float, Rate, Rate]]:
    """For each threshold of confidence: how many are answered, and how many of these wrongly.

    Runs over the questions that were answered or asked back, where the threshold decides; one asked back counts, below
    its confidence, as answered with the candidate it offered first.
    """
    judged = []
    for row in rows:
        if row.got.status in ("answered", "clarify") and row.got.procedures:
            first = row.got.procedures[0]
            right = any(row.is_right(first, accepted) for accepted in row.answers)
            judged.append((row.got.confidence, right))
    out = []
    for threshold in thresholds:
        answered = [right for confidence, right in judged if confidence >= threshold]
        wrong = Rate(len(answered) - sum(answered), len(answered))
        out.append((threshold, Rate(len(answered), len(judged)), wrong))
    return out
