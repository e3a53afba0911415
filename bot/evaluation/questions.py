"""The questions that judge the assistant, one JSON object a line; they are never trained on.

Only the last turn is judged. Format and meaning: docs/evaluation.md.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import Field, ValidationError, validator

from bot.catalogue.loading import CatalogueError
from bot.catalogue.models import Strict, valid_code
from bot.language.unicode import nfc
from bot.turn import Aspect, Status

PICK = re.compile(r"pick:(-1|[1-9])\b")
MEANING = {
    "value_error.missing": "is missing; add it",
    "value_error.extra": "is no field of a question; there are id, slice, turns, accept, forbid, note, source",
    "value_error.list.min_items": "is empty; a question needs at least one",
    "value_error.any_str.min_length": "is empty; write a text or take it out",
    "type_error.list": "is not a list; write it in [ ]",
    "type_error.str": 'is not text; put it in "quotes"',
}


class QuestionError(CatalogueError):
    """One thing wrong in a file of questions: file, line, field, and how to mend it."""


class Accepted(Strict):
    """One sensible way to answer. ``any``: the codes of which the first procedure (or a candidate offered) is one."""

    status: Status
    any: list[str] = Field(default_factory=list)
    aspects: list[Aspect] = Field(default_factory=list)

    _codes = validator("any", each_item=True, allow_reuse=True)(valid_code)


class Question(Strict):
    """A question with every answer that is right. ``forbid``: codes that must not be answered first."""

    id: str = Field(min_length=1)
    slice: str = Field(min_length=1)
    turns: list[str] = Field(min_items=1)
    accept: list[Accepted] = Field(min_items=1)
    forbid: list[str] = Field(default_factory=list)
    note: str = ""
    source: str = ""

    _codes = validator("forbid", each_item=True, allow_reuse=True)(valid_code)

    @validator("turns", each_item=True)
    def a_turn_says_something(cls, turn: str) -> str:
        if not turn:
            raise ValueError("is an empty turn; write what was asked or take it out")
        return turn

    @property
    def pick(self) -> int | None:
        """Which of the candidates offered before is meant: 1 the first, -1 the last; None where nothing is picked."""
        found = PICK.match(self.note)
        return int(found.group(1)) if found else None

    @property
    def statuses(self) -> set[str]:
        """Every accepted status."""
        return {accepted.status for accepted in self.accept}

    def asked_as(self, turns: Sequence[str]) -> Question:
        """The same question in other words."""
        return self.copy(update={"turns": list(turns)})


def files_of(data: Path) -> list[Path]:
    """The committed question files."""
    return sorted((data / "evaluation").glob("*.jsonl"))


def read_questions(files: Iterable[Path]) -> tuple[list[Question], list[QuestionError]]:
    """All good questions in the order of the files, and what is wrong with the other lines. Never raises for these."""
    questions: dict[str, Question] = {}
    errors: list[QuestionError] = []
    for file in files:
        try:
            lines = nfc(file.read_text(encoding="utf-8-sig")).split("\n")
        except UnicodeDecodeError as error:
            errors.append(QuestionError(file, "file", f"is not UTF-8 text (byte {error.start}); save it as UTF-8"))
            continue
        except OSError as error:
            errors.append(QuestionError(file, "file", f"cannot be read: {error.strerror or error}"))
            continue
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            question, found = _read_line(file, number, line)
            errors += found
            if question and question.id in questions:
                errors.append(
                    QuestionError(file, f"line {number}: id", f"{question.id!r} stands twice; give it another")
                )
            elif question:
                questions[question.id] = question
    return list(questions.values()), errors


def _read_line(file: Path, number: int, line: str) -> tuple[Question | None, list[QuestionError]]:
    where = f"line {number}"
    try:
        content = json.loads(line)
    except (ValueError, RecursionError) as error:
        return None, [QuestionError(file, where, f"is not JSON ({error}); write one question a line, in {{ }}")]
    if not isinstance(content, dict):
        return None, [QuestionError(file, where, 'is no question; begin it with {"id": …')]
    try:
        return Question.parse_obj(content), []
    except ValidationError as error:
        return None, [_told(file, where, item["loc"], item["type"], item["msg"]) for item in error.errors()]


def _told(file: Path, where: str, loc: tuple[int | str, ...], kind: str, message: str) -> QuestionError:
    field = ".".join(str(part + 1) if isinstance(part, int) else part for part in loc)
    return QuestionError(file, f"{where}: {field}", MEANING.get(kind, message))


def digest(questions: Iterable[Question]) -> str:
    """A hash over what is asked and what is accepted; notes and order do not count."""
    told = sorted(q.json(include={"id", "turns", "accept", "forbid"}, ensure_ascii=False) for q in questions)
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]
