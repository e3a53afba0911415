"""The report of a run, for machines (``evaluation.json``) and for whoever mends what failed (``…-failures.md``)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bot.evaluation.baseline import Change
from bot.evaluation.questions import Accepted
from bot.evaluation.running import Loss
from bot.evaluation.scoring import (
    LEAST_FOR_HEADLINE,
    LOWER_IS_BETTER,
    Rate,
    Row,
    answering_curve,
    by_slice,
    figures,
    passes,
    slices,
    worst_slice,
)
from bot.turn import TurnRecord

JSON_FILE, FAILURES_FILE = "evaluation.json", "evaluation-failures.md"
SLICES_PICTURE, THRESHOLDS_PICTURE = "evaluation-slices.png", "evaluation-thresholds.png"
CURVE_STEPS = 100
CODES_SHOWN = 4


@dataclass(frozen=True)
class Latency:
    """Milliseconds that the NLU takes over a message, everything loaded."""

    p50: float
    p99: float
    messages: int


@dataclass
class Report:
    """A run: its rows, and what was measured besides. ``changes`` is None where there is no baseline to compare."""

    day: str
    imported: bool
    rows: Sequence[Row]
    noise: str | None = None
    losses: dict[str, Loss] = field(default_factory=dict)
    changes: list[Change] | None = None
    latency: Latency | None = None
    seconds: float = 0.0

    @property
    def failures(self) -> list[Row]:
        return [row for row in self.rows if not passes(row)]

    @property
    def regressions(self) -> list[Change]:
        return [change for change in self.changes or [] if change.regressed]

    @property
    def headline(self) -> str:
        """The one line to read: the worst slice that is large enough."""
        worst = worst_slice(slices(self.rows))
        if worst is None:
            return f"No slice has {LEAST_FOR_HEADLINE} questions; all together: {spoken(figures(self.rows)['pass'])}"
        return f"Worst slice of {LEAST_FOR_HEADLINE} or more: {worst[0]}, {spoken(worst[1])}"

    @property
    def curve(self) -> list[tuple[float, Rate, Rate]]:
        return answering_curve(self.rows, [step / CURVE_STEPS for step in range(CURVE_STEPS + 1)])

    def as_dict(self) -> dict[str, Any]:
        """Figures and ids; what was asked stands in the failures file alone."""
        return {
            "headline": self.headline,
            "day": self.day,
            "imported": self.imported,
            "noise_on_all": self.noise,
            "questions": len(self.rows),
            "seconds": round(self.seconds, 1),
            "slices": {name: found.as_dict() for name, found in slices(self.rows).items()},
            "figures": {name: found.as_dict() for name, found in figures(self.rows).items()},
            "lower_is_better": sorted(LOWER_IS_BETTER),
            "noise": {kind: _loss_dict(loss) for kind, loss in self.losses.items()},
            "latency_ms": asdict(self.latency) if self.latency else None,
            "baseline": None if self.changes is None else [_change_dict(change) for change in self.changes],
            "curve": [[step, round(some.share, 4), round(wrong.share, 4)] for step, some, wrong in self.curve],
            "failures": [
                {"id": row.question.id, "slice": row.question.slice, "expected": expected(row), "got": got(row.got)}
                for row in self.failures
            ],
        }

    def write(self, folder: Path) -> None:
        """Writes the two text files; the pictures are drawn by ``pictures.draw``."""
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self.as_dict(), ensure_ascii=False, indent=1)
        (folder / JSON_FILE).write_text(text + "\n", encoding="utf-8")
        (folder / FAILURES_FILE).write_text("\n".join(_failures(self)) + "\n", encoding="utf-8")


def _loss_dict(loss: Loss) -> dict[str, Any]:
    return {
        "points": round(loss.points, 2), "clean": loss.clean.as_dict(), "noised": loss.noised.as_dict(),
        "lost": [row.question.id for row in loss.lost], "gained": [row.question.id for row in loss.gained],
    }  # fmt: skip


def _change_dict(change: Change) -> dict[str, Any]:
    return {
        "slice": change.slice, "before": change.before.as_dict(), "now": change.now.as_dict(),
        "turned": change.turned, "mended": change.mended, "same_questions": change.same_questions,
        "regressed": change.regressed,
    }  # fmt: skip


def spoken(rate: Rate) -> str:
    """For people: 84.0 % (42 of 50; 95 % interval 71.5 to 91.7)."""
    low, high = rate.interval
    return f"{100 * rate.share:.1f} % ({rate.hits} of {rate.of}; 95 % interval {100 * low:.1f} to {100 * high:.1f})"


def expected(row: Row) -> str:
    """Every accepted answer in one line."""
    told = " or ".join(_accepted(accepted) for accepted in row.question.accept)
    if row.picked is not None:
        told += f" (picked: {row.picked or 'beyond the list'})"
    return told + (f", not {_codes(row.question.forbid)}" if row.question.forbid else "")


def _accepted(accepted: Accepted) -> str:
    return _line(accepted.status, accepted.any, accepted.aspects)


def got(record: TurnRecord) -> str:
    """What the assistant did in one line, with its confidence."""
    reason = f" ({record.reason})" if record.reason else ""
    return f"{_line(record.status, record.procedures, record.aspects)}{reason} {record.confidence:.2f}"


def _line(status: str, codes: Sequence[str], aspects: Sequence[str]) -> str:
    return " ".join(filter(None, [status, _codes(codes), f"[{', '.join(aspects)}]" if aspects else ""]))


def _codes(codes: Sequence[str]) -> str:
    more = f" +{len(codes) - CODES_SHOWN}" if len(codes) > CODES_SHOWN else ""
    return ", ".join(codes[:CODES_SHOWN]) + more


def _failures(report: Report) -> Iterator[str]:
    yield "# What failed"
    yield ""
    yield f"{report.headline}. Day {report.day}, {state_in_words(report.imported)}."
    for name, rows in by_slice(report.failures).items():
        yield from _section(name, rows)
    for kind, loss in report.losses.items():
        if loss.lost:
            yield from _section(f"lost to {kind}", loss.lost)


def _section(title: str, rows: Iterable[Row]) -> Iterator[str]:
    yield from ("", f"## {title}")
    for row in rows:
        yield from ("", f"**{row.question.id}**" + (f" {row.question.note}" if row.question.note else ""), "")
        for turn, record in zip(row.question.turns, row.records, strict=True):
            yield f"> {turn}  "
            if record is not row.got:
                yield f"> ({got(record)})  "
        yield from ("", f"- expected: {expected(row)}", f"- got: {got(row.got)}")


def state_in_words(imported: bool) -> str:
    """Which catalogue answered."""
    return "with the national catalogue imported" if imported else "without the national catalogue"
