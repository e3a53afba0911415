"""What passed when somebody last looked and accepted it: a slice that passes fewer questions since is a regression.

``nlu_data/evaluation/baseline.json`` holds, apart for runs with and without the national catalogue imported, the ids
that passed and failed in each slice. A fresh clone has no import; its answers are other ones.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from bot.catalogue.models import Strict
from bot.evaluation.questions import digest
from bot.evaluation.scoring import Rate, Row, by_slice, passes

WITH_IMPORT, WITHOUT_IMPORT = "with_import", "without_import"


class BaselineError(ValueError):
    """The baseline file cannot be used; says what to do."""


class SliceBaseline(Strict):
    """One slice as accepted. ``questions``: the hash of what was asked, see ``questions.digest``."""

    questions: str
    passing: list[str]
    failing: list[str]


class Baseline(Strict):
    """All slices as accepted, by their names; None where this kind of run was never accepted."""

    with_import: dict[str, SliceBaseline] | None = None
    without_import: dict[str, SliceBaseline] | None = None

    def of(self, state: str) -> dict[str, SliceBaseline] | None:
        """The slices of one kind of run."""
        return self.with_import if state == WITH_IMPORT else self.without_import


@dataclass(frozen=True)
class Change:
    """A slice then and now, over the questions common to both. ``turned``: ids that passed then and fail now."""

    slice: str
    before: Rate
    now: Rate
    turned: list[str]
    mended: list[str]
    same_questions: bool

    @property
    def regressed(self) -> bool:
        return self.now.hits < self.before.hits


def file_of(data: Path) -> Path:
    """Where the baseline lies."""
    return data / "evaluation" / "baseline.json"


def read(data: Path) -> Baseline:
    """The accepted baseline, an empty one where none was ever written. Raises BaselineError."""
    file = file_of(data)
    if not file.exists():
        return Baseline()
    try:
        return Baseline(**json.loads(file.read_text(encoding="utf-8")))
    except (ValidationError, ValueError, TypeError, OSError) as error:
        problem = str(error).replace("\n", " ")
        raise BaselineError(
            f"{file.name}: {problem}; take the committed one back, or delete it and run 'motcua evaluate --accept'"
        ) from None


def taken(rows: Iterable[Row]) -> dict[str, SliceBaseline]:
    """The slices of a run, as a baseline."""
    return {
        name: SliceBaseline(
            questions=digest(row.question for row in found),
            passing=sorted(row.question.id for row in found if passes(row)),
            failing=sorted(row.question.id for row in found if not passes(row)),
        )
        for name, found in sorted(by_slice(rows).items())
    }


def accept(data: Path, state: str, rows: Iterable[Row]) -> None:
    """Writes what this run came to as the new baseline of its kind; the other kind stays. Raises BaselineError."""
    new = read(data).copy(update={state: taken(rows)})
    text = json.dumps(new.dict(exclude_none=True), ensure_ascii=False, indent=1)
    file_of(data).write_text(text + "\n", encoding="utf-8")


def compare(before: dict[str, SliceBaseline], rows: Iterable[Row]) -> list[Change]:
    """Each slice that is in both. Where its questions changed, only the ids common to both count."""
    now = taken(rows)
    return [_change(name, before[name], now[name]) for name in now if name in before]


def _change(name: str, then: SliceBaseline, now: SliceBaseline) -> Change:
    common = {*then.passing, *then.failing} & {*now.passing, *now.failing}
    passed_then, passed_now = common & set(then.passing), common & set(now.passing)
    return Change(
        slice=name,
        before=Rate(len(passed_then), len(common)),
        now=Rate(len(passed_now), len(common)),
        turned=sorted(passed_then - passed_now),
        mended=sorted(passed_now - passed_then),
        same_questions=then.questions == now.questions,
    )
