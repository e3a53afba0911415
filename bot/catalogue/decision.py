"""What to do with a question about procedures: answer, ask back, or say honestly that it cannot be answered.

Pure: candidates and memory in, a decision out. Thresholds are data: ``nlu_data/decision.yml``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import BaseModel, Extra, Field, ValidationError

from bot.catalogue.certainty import Chances
from bot.catalogue.models import valid_code
from bot.language.ordinals import place_in
from bot.turn import Aspect, Reason, Status


class ThresholdError(ValueError):
    """``nlu_data/decision.yml`` cannot be used; says which field and why."""


class Thresholds(BaseModel):
    """When to answer, to ask back, or to decline; each in 0..1."""

    answer_from: float = Field(ge=0, le=1)
    decline_from: float = Field(ge=0, le=1)
    outside_from: float = Field(ge=0, le=1)
    leave_focus_from: float = Field(ge=0, le=1)
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


CASE_YIELDS_FROM = 0.9
TOGETHER = 0.8
"""The confidence of an answer to two things asked at once: each was named."""


@dataclass(frozen=True)
class Candidate:
    """A procedure that the message may be about, with what the search found."""

    code: str
    score: float = 1.0
    alias: str = ""
    certain: bool = False
    """The code was typed, or the button of exactly this procedure pressed."""
    chances: Chances | None = None
    """Of the best candidate: the chance that it is right, that too little was said, that no procedure is meant."""


@dataclass(frozen=True)
class Memory:
    """What the conversation holds: the procedure in focus, what was asked of it, the list last offered.

    ``earlier``: every procedure answered so far, in the order in which they came up; ``mentioned``: those offered too.
    """

    focus: str | None = None
    aspects: tuple[Aspect, ...] = ()
    offered: tuple[str, ...] = ()
    offered_aspects: tuple[Aspect, ...] = ()
    earlier: tuple[str, ...] = ()
    mentioned: tuple[str, ...] = ()


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
    together: tuple[str, ...] = ()
    """Two or three procedures that the message asks for at once; empty where it asks for one."""


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
    back = _came_back_to(question, memory)
    if back is not None:
        return Decision("answered", (back,), question.aspects or ("overview",), confidence=TOGETHER)
    chances = chances_of(question.candidates)
    if chances.outside >= thresholds.decline_from or _yields_to_focus(question, memory, chances, thresholds):
        return _without_topic(question, memory, thresholds, chances)
    best, *rest = question.candidates
    others = tuple(c.code for c in rest if c.code not in question.together)
    aspects = question.aspects or (memory.aspects if question.continues else ()) or ("overview",)
    if question.together and not best.certain:
        return Decision("answered", question.together, aspects, others, confidence=TOGETHER)
    if chances.right >= thresholds.answer_from:
        ties = [c for c in rest if best.score - c.score <= thresholds.tie_margin and not best.certain]
        neighbour = ties[0].code if ties else None
        return Decision("answered", (best.code,), aspects, others, confidence=chances.right, neighbour=neighbour)
    options = tuple(c.code for c in question.candidates[: thresholds.most_options])
    return Decision("clarify", options, aspects, others, confidence=chances.right)


def chances_of(candidates: Sequence[Candidate]) -> Chances:
    """The chances that were judged for the best candidate; without candidates nothing is meant."""
    if not candidates:
        return Chances(0.0, outside=1.0)
    best = candidates[0]
    if best.certain:
        return Chances(1.0)
    return best.chances or Chances(min(best.score, 1.0), outside=max(0.0, 1.0 - best.score))


def _yields_to_focus(question: Question, memory: Memory, chances: Chances, thresholds: Thresholds) -> bool:
    """A follow-up that asks something, or tells a case, of the procedure in focus is about that one."""
    if not memory.focus or not (question.aspects or question.fits_focus):
        return False
    if question.fits_focus and chances.right < CASE_YIELDS_FROM:
        return True
    named = bool(question.candidates and question.candidates[0].alias)
    return chances.right < (thresholds.answer_from if named else thresholds.leave_focus_from)


def _came_back_to(question: Question, memory: Memory) -> str | None:
    """A procedure talked about earlier that the message names again ("quay lại vụ khai tử"), or None."""
    named = question.candidates[0] if question.candidates else None
    if named is None or not named.alias or named.certain or named.code == memory.focus:
        return None
    return named.code if named.code in memory.mentioned else None


def _picked(question: Question, memory: Memory) -> str | None:
    """The procedure picked from the list last offered, None where none was, or none was offered there.

    Without a list the choice is among what was talked about ("cái thứ nhất, phí bao nhiêu").
    """
    talked_about = memory.earlier if len(memory.earlier) > 1 else (memory.focus,) if memory.focus else ()
    offered = memory.offered or talked_about
    if question.pick is None or not offered:
        return None
    place = place_in(question.pick, len(offered))
    return None if place is None else offered[place]


def _without_topic(question: Question, memory: Memory, thresholds: Thresholds, chances: Chances) -> Decision:
    """A message that names no procedure: it is about the one in focus, or it lacks its subject."""
    others = tuple(c.code for c in question.candidates)
    if memory.focus and (question.aspects or question.fits_focus):
        return Decision("answered", (memory.focus,), question.aspects or ("documents",), others, confidence=0.8)
    if question.aspects and question.continues:
        return Decision("clarify", tuple(thresholds.popular), question.aspects, others, "low_confidence", 0.3)
    if question.candidates and chances.outside >= thresholds.outside_from:
        return Decision("out_of_scope", (), (), others, "not_a_procedure", chances.outside)
    return Decision("not_understood", (), (), others, "low_confidence", 0.2)
