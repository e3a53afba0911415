"""What to do with a question about procedures: answer, ask back, or say honestly that it cannot be answered.

Pure: candidates and memory in, a decision out. Thresholds are data: ``nlu_data/decision.yml``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from pathlib import Path

import yaml
from pydantic import BaseModel, Extra, Field, ValidationError

from bot.catalogue.models import valid_code
from bot.turn import Aspect, Reason, Status


class ThresholdError(ValueError):
    """``nlu_data/decision.yml`` cannot be used; says which field and why."""


class Thresholds(BaseModel):
    """When to answer, to ask back, or to decline; each in 0..1."""

    answer_from: float = Field(ge=0, le=1)
    ask_from: float = Field(ge=0, le=1)
    tie_margin: float = Field(ge=0, le=1)
    most_options: int = Field(ge=2, le=5)
    popular: list[str] = Field(min_items=2)

    class Config:
        extra = Extra.forbid

    @classmethod
    def load(cls, data: Path) -> Thresholds:
        """Raises ThresholdError."""
        file = data / "decision.yml"
        try:
            thresholds = cls.parse_obj(yaml.safe_load(file.read_text(encoding="utf-8")))
            for code in thresholds.popular:
                valid_code(code)
        except (ValidationError, yaml.YAMLError, OSError, ValueError, TypeError) as error:
            raise ThresholdError(f"{file.name}: {error}") from None
        return thresholds


LEAD_WEIGHT, MOST_LEAD = 8.0, 0.2
LEAST_OPTION = 0.5
CASE_YIELDS_FROM = 0.9


@dataclass(frozen=True)
class Candidate:
    """A procedure that the message may be about, with what the search found (all in 0..1)."""

    code: str
    score: float = 1.0
    said: float = 1.0
    explained: float = 1.0
    alias: str = ""
    certain: bool = False
    """The code was typed, or the button of exactly this procedure pressed."""

    def certainty(self, lead: float = 0.0) -> float:
        """The chance that this candidate is meant: how well name and message cover each other, and its lead.

        ``lead`` is how far its score lies above the next candidate's (0..1).
        """
        if self.certain:
            return 1.0
        alias_words = min(len(self.alias.split()), 4)
        z = -6.4 + 6.5 * self.score + 1.2 * self.said + 2.2 * self.explained + 0.5 * alias_words
        return 1 / (1 + exp(-z - LEAD_WEIGHT * min(lead, MOST_LEAD)))


@dataclass(frozen=True)
class Memory:
    """What the conversation holds: the procedure in focus, what was asked of it, the list last offered."""

    focus: str | None = None
    aspects: tuple[Aspect, ...] = ()
    offered: tuple[str, ...] = ()
    offered_aspects: tuple[Aspect, ...] = ()


@dataclass(frozen=True)
class Question:
    """A message as understood. ``pick``: the place in the offered list that it names, from 0."""

    candidates: Sequence[Candidate]
    aspects: tuple[Aspect, ...]
    pick: int | None = None
    continues: bool = False
    """The message says nothing of its own but what it asks ("còn phí?"), or changes only the procedure."""
    fits_focus: bool = False
    """The message tells a case of the procedure in focus ("sinh ở nhà")."""


@dataclass(frozen=True)
class Decision:
    """What to do. ``neighbour``: the second reading, offered under the answer."""

    status: Status
    procedures: tuple[str, ...] = ()
    aspects: tuple[Aspect, ...] = ()
    candidates: tuple[str, ...] = ()
    reason: Reason | None = None
    confidence: float = 1.0
    neighbour: str | None = None


def decide(question: Question, memory: Memory, thresholds: Thresholds) -> Decision:
    """Answer first, ask after: one clear match is answered, two are answered with the other offered, more are asked."""
    picked = _picked(question, memory)
    if picked is not None:
        return Decision("answered", (picked,), question.aspects or memory.offered_aspects or ("overview",))
    candidates = question.candidates
    best = candidates[0] if candidates else None
    certainty = best.certainty(best.score - candidates[1].score if len(candidates) > 1 else MOST_LEAD) if best else 0.0
    tells_case = question.fits_focus and certainty < CASE_YIELDS_FROM
    if best is None or certainty < thresholds.ask_from or tells_case:
        return _without_topic(question, memory, thresholds)
    others = tuple(c.code for c in candidates[1:])
    aspects = question.aspects or (memory.aspects if question.continues else ()) or ("overview",)
    ties = [c for c in candidates if best.score - c.score <= thresholds.tie_margin] if not best.certain else [best]
    if certainty >= thresholds.answer_from and len(ties) <= 2:
        neighbour = ties[1].code if len(ties) == 2 else None
        return Decision("answered", (best.code,), aspects, others, confidence=certainty, neighbour=neighbour)
    options = (
        ties
        if len(ties) > 2
        else [c for c in candidates if c.certainty() >= thresholds.ask_from * LEAST_OPTION or c is best]
    )
    codes = tuple(c.code for c in options[: thresholds.most_options])
    return Decision("clarify", codes, aspects, others, confidence=certainty)


def _picked(question: Question, memory: Memory) -> str | None:
    """The procedure picked from the list last offered, None where none was, or none was offered there."""
    offered = memory.offered or ((memory.focus,) if memory.focus else ())
    if question.pick is None or not offered:
        return None
    place = question.pick if question.pick >= 0 else len(offered) + question.pick
    return offered[place] if 0 <= place < len(offered) else None


def _without_topic(question: Question, memory: Memory, thresholds: Thresholds) -> Decision:
    """A message that names no procedure: it is about the one in focus, or it lacks its subject."""
    others = tuple(c.code for c in question.candidates)
    if memory.focus and (question.aspects or question.fits_focus):
        return Decision("answered", (memory.focus,), question.aspects or ("documents",), others, confidence=0.8)
    if question.aspects and question.continues:
        return Decision("clarify", tuple(thresholds.popular), question.aspects, others, "low_confidence", 0.3)
    return Decision("not_understood", (), (), others, "low_confidence", 0.2)
