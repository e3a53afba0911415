"""Asking questions on the real stack, the way every message goes. The caller sees to the stack and to Django."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.evaluation.noise import KINDS, Maker, noised, sample
from bot.evaluation.questions import Question
from bot.evaluation.scoring import Rate, Row, passes, rate
from bot.turn import TurnRecord

SAMPLE = 120
"""Questions asked again under each noise: enough for a point or two, few enough for a run of some minutes."""
SEED = 1


def ask_all(questions: Sequence[Question]) -> Iterator[Row]:
    """Each question in a conversation of its own, in their order. Raises ``bot.gateway.asking.NoAnswer``."""
    from bot.gateway import asking  # its models need Django set up first

    answers = asking.conversations([question.turns for question in questions], forget=True)
    for question, turns in zip(questions, answers, strict=True):
        yield Row(question, [TurnRecord(**answer.turn) for answer in turns])


def noised_sample(questions: Sequence[Question], makers: dict[str, Maker]) -> dict[str, list[Question]]:
    """The same sample under each kind of noise."""
    chosen = sample(questions, SAMPLE)
    return {kind: [noised(question, kind, makers[kind], SEED) for question in chosen] for kind in KINDS}


@dataclass(frozen=True)
class Loss:
    """What a noise costs on the same questions. ``lost``: rows that passed when typed clean; ``gained``: only now."""

    clean: Rate
    noised: Rate
    lost: list[Row]
    gained: list[Row]

    @property
    def points(self) -> float:
        """Percentage points lost; negative where more passed than before."""
        return 100 * (self.clean.share - self.noised.share)


def loss(clean: Sequence[Row], noisy: Sequence[Row]) -> Loss:
    """Compares the noisy rows with the clean ones of the same questions."""
    passed = {row.question.id: passes(row) for row in clean}
    return Loss(
        clean=Rate(sum(passed[row.question.id] for row in noisy), len(noisy)),
        noised=rate(noisy),
        lost=[row for row in noisy if passed[row.question.id] and not passes(row)],
        gained=[row for row in noisy if not passed[row.question.id] and passes(row)],
    )
