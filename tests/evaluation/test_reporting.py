"""The report of a run: a headline, figures, failures with expected and got, pictures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.catalogue.decision import Thresholds
from bot.evaluation import baseline, pictures, running
from bot.evaluation.reporting import Latency, Report
from bot.settings import HOME
from tests.evaluation.rows import ABROAD, AGAIN, BIRTH, COPY, answered, clarify, got, question, row, rows_of

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def report() -> Report:
    rows = rows_of(plain="1" * 18 + "0" * 2, small="01")
    noisy = rows_of(plain="1" * 10 + "0" * 10)
    before = baseline.taken(rows_of(plain="1" * 20, small="01"))
    return Report(
        day="2026-11-24",
        imported=True,
        rows=rows,
        losses={"typo": running.loss(rows, noisy)},
        changes=baseline.compare(before, rows),
        latency=Latency(4.2, 11.0, 22),
    )


def test_the_headline_names_the_worst_large_slice(report: Report) -> None:
    assert report.headline.startswith("Worst slice of 20 or more: plain, 90.0 % (18 of 20; 95 % interval 69.9 to 97.2)")
    assert Report("", False, rows_of(small="10")).headline.startswith("No slice has 20 questions; all together: 50.0 %")


def test_the_loss_to_a_noise_is_in_points_of_the_same_questions(report: Report) -> None:
    loss = report.losses["typo"]
    assert (loss.clean.of, loss.points) == (20, pytest.approx(40))
    assert [found.question.id for found in loss.lost] == [f"plain-{n:03}" for n in range(11, 19)]
    assert loss.gained == []


def test_the_json_holds_figures_and_ids_and_no_sentence(report: Report, tmp_path: Path) -> None:
    report.write(tmp_path)
    text = (tmp_path / "evaluation.json").read_text(encoding="utf-8")
    told = json.loads(text)
    assert told["slices"]["plain"]["hits"] == 18
    assert told["figures"]["pass"]["of"] == 22
    assert told["noise"]["typo"]["points"] == 40
    assert told["latency_ms"] == {"p50": 4.2, "p99": 11.0, "messages": 22}
    assert [change["slice"] for change in told["baseline"] if change["regressed"]] == ["plain"]
    assert [failure["id"] for failure in told["failures"]] == ["plain-019", "plain-020", "small-001"]
    assert len(told["curve"]) == 101
    assert "khai sinh" not in text


def test_the_failures_show_every_turn_and_what_was_expected_and_got(tmp_path: Path) -> None:
    asked = question(
        answered(BIRTH, aspects=("fee",)), clarify(BIRTH, AGAIN, ABROAD, COPY, "1.000656"),
        turns=["khai sinh", "còn phí?"], forbid=[AGAIN], note="elliptical",
    )  # fmt: skip
    failed = row(asked, got("clarify", BIRTH, AGAIN), got("not_covered", AGAIN, reason="index_only", confidence=0.4))
    Report("2026-11-24", False, [failed]).write(tmp_path / "new")
    text = (tmp_path / "new" / "evaluation-failures.md").read_text(encoding="utf-8")
    assert "**plain-001** elliptical" in text
    assert "> khai sinh" in text
    assert "> còn phí?" in text
    assert (
        "- expected: answered 1.001193 [fee] or clarify 1.001193, 1.004884, 2.000528, 2.000635 +1, not 1.004884" in text
    )
    assert "- got: not_covered 1.004884 (index_only) 0.40" in text


def test_what_a_noise_lost_is_listed_too(report: Report, tmp_path: Path) -> None:
    report.write(tmp_path)
    text = (tmp_path / "evaluation-failures.md").read_text(encoding="utf-8")
    assert "## lost to typo" in text
    assert "**plain-011**" in text


@pytest.mark.slow
def test_both_pictures_are_drawn_whatever_the_figures(report: Report, tmp_path: Path) -> None:
    thresholds = Thresholds.load(HOME / "nlu_data")
    for number, drawn in enumerate([report, Report("", False, rows_of(plain="1")), Report("", False, [])]):
        folder = tmp_path / str(number)
        folder.mkdir()
        pictures.draw(drawn, thresholds, folder)
        for name in ("evaluation-slices.png", "evaluation-thresholds.png"):
            assert (folder / name).read_bytes().startswith(PNG)
