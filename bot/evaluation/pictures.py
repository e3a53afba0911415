"""The pictures of a run: each slice with its interval and baseline, and what another threshold would bring."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bot.catalogue.decision import Thresholds
from bot.evaluation.baseline import Change
from bot.evaluation.reporting import SLICES_PICTURE, THRESHOLDS_PICTURE, Report
from bot.evaluation.scoring import LEAST_FOR_HEADLINE, Rate, slices

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DOTS_PER_INCH = 120
LARGE, SMALL, WRONG = "#2f6f9f", "#b9cfde", "#b03a2e"
ON_THE_SAME_SCALE = ("answer_from", "leave_focus_from")
"""The thresholds on the chance that the best procedure is right; the others are on other chances."""


def draw(report: Report, thresholds: Thresholds, folder: Path) -> None:
    """Writes both pictures."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its font patterns call functions that its parser has renamed since
        _slices(slices(report.rows), report.changes or []).savefig(folder / SLICES_PICTURE, dpi=DOTS_PER_INCH)
        _curve(report.curve, thresholds).savefig(folder / THRESHOLDS_PICTURE, dpi=DOTS_PER_INCH)


def _figure(height: float) -> Figure:
    from matplotlib.figure import Figure  # a figure of its own draws with Agg and knows no window

    return Figure(figsize=(8, height), layout="constrained")


def _slices(rates: dict[str, Rate], changes: Sequence[Change]) -> Figure:
    ordered = sorted(rates.items(), key=lambda pair: pair[1].share, reverse=True)
    figure = _figure(1.4 + 0.35 * len(ordered))
    axes = figure.add_subplot()
    places = {name: place for place, (name, _) in enumerate(ordered)}
    shares = [100 * rate.share for _, rate in ordered]
    bounds = [[100 * bound for bound in rate.interval] for _, rate in ordered]
    errors = [
        [max(0.0, share - low) for share, (low, _) in zip(shares, bounds, strict=True)],
        [max(0.0, high - share) for share, (_, high) in zip(shares, bounds, strict=True)],
    ]
    colours = [LARGE if rate.of >= LEAST_FOR_HEADLINE else SMALL for _, rate in ordered]
    axes.barh(list(places.values()), shares, xerr=errors, color=colours, ecolor="#444444", capsize=2, height=0.65)
    known = [change for change in changes if change.slice in places and change.before.of]
    if known:
        axes.scatter(
            [100 * change.before.share for change in known], [places[change.slice] for change in known],
            marker="D", s=22, color="#e0a100", zorder=3, label="baseline",
        )  # fmt: skip
        axes.legend(loc="lower left")
    axes.set_yticks(list(places.values()), [f"{name} ({rate.of})" for name, rate in ordered])
    axes.set_xlim(0, 100)
    axes.set_xlabel("questions passed, %, with 95 % interval")
    axes.set_title(f"Slices; pale: fewer than {LEAST_FOR_HEADLINE} questions")
    return figure


def _curve(curve: Sequence[tuple[float, Rate, Rate]], thresholds: Thresholds) -> Figure:
    figure = _figure(4.5)
    axes = figure.add_subplot()
    steps = [step for step, _, _ in curve]
    axes.plot(steps, [100 * some.share for _, some, _ in curve], color=LARGE, label="answered at once")
    axes.plot(steps, [100 * wrong.share for _, _, wrong in curve], color=WRONG, label="wrong among the answered")
    for name in ON_THE_SAME_SCALE:
        value = getattr(thresholds, name)
        axes.axvline(value, color="#444444", linestyle=":", linewidth=1)
        axes.annotate(f" {name} {value:g}", (value, 2), rotation=90, fontsize=8, va="bottom", ha="right")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 100)
    axes.set_xlabel("threshold of confidence for answering")
    axes.set_ylabel("% of the questions about a procedure / of the answered")
    axes.set_title("What another threshold would bring")
    axes.legend(loc="center left")
    return figure
