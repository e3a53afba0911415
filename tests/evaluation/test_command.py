"""``motcua evaluate`` without the stack: what it refuses, how it judges a run against the baseline."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli import evaluating
from bot.cli.main import app
from bot.evaluation import running
from bot.evaluation.reporting import Report
from bot.settings import HOME
from tests.evaluation.rows import rows_of

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command over data of its own; ``came=`` is what the stack is said to have come to, by slice."""
    (tmp_path / "data" / "evaluation").mkdir(parents=True)
    (tmp_path / "data" / "decision.yml").write_bytes((HOME / "nlu_data" / "decision.yml").read_bytes())
    (tmp_path / "data" / "lexicon").symlink_to(HOME / "nlu_data" / "lexicon")
    monkeypatch.setenv("MOTCUA_DATA", str(tmp_path / "data"))

    def command(*words: str, came: dict[str, str], imported: bool = False) -> Result:
        rows = rows_of(**came)
        lines = [row.question.json(ensure_ascii=False) for row in rows]
        (tmp_path / "data" / "evaluation" / "own.jsonl").write_text("\n".join(lines), encoding="utf-8")
        losses = {"half": running.loss(rows, rows)}
        report = Report("2026-11-24", imported, rows, losses=losses)
        monkeypatch.setattr(evaluating, "_run", lambda *_: report)
        monkeypatch.setattr(evaluating.pictures, "draw", lambda *_: None)
        return CliRunner().invoke(app, ["evaluate", "--reports", str(tmp_path / "reports"), *words])

    return command


def test_the_first_line_is_the_worst_slice_and_without_a_baseline_nothing_is_a_regression(run: Run) -> None:
    done = run(came={"plain": "1" * 15 + "0" * 5})
    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[0].startswith("Worst slice of 20 or more: plain, 75.0 %")
    assert "No baseline without the national catalogue yet" in done.output


def test_a_slice_that_passes_fewer_is_named_with_its_questions_and_ends_with_1(run: Run) -> None:
    assert run("--accept", came={"plain": "111", "vague": "10"}).exit_code == 0
    assert run(came={"plain": "111", "vague": "11"}).exit_code == 0
    done = run(came={"plain": "110", "vague": "11"})
    assert done.exit_code == 1
    assert "REGRESSION plain: 2 of 3 pass, 3 did; turned: plain-003" in done.output
    told = json.loads(run("--json", came={"plain": "110", "vague": "11"}).stdout)
    assert [change["turned"] for change in told["baseline"] if change["regressed"]] == [["plain-003"]]


def test_accepting_a_regression_makes_it_the_baseline(run: Run) -> None:
    run("--accept", came={"plain": "11"})
    done = run("--accept", came={"plain": "10"})
    assert done.exit_code == 0
    assert "Accepted as the baseline without the national catalogue." in done.output
    assert run(came={"plain": "10"}).exit_code == 0


def test_a_run_with_the_import_is_not_judged_by_one_without(run: Run) -> None:
    run("--accept", came={"plain": "11"})
    done = run(came={"plain": "00"}, imported=True)
    assert done.exit_code == 0
    assert "No baseline with the national catalogue imported yet" in done.output


def test_changed_questions_are_said_to_be_changed(run: Run) -> None:
    run("--accept", came={"plain": "11"})
    done = run(came={"plain": "1100"})
    assert done.exit_code == 0
    assert "plain: the questions changed; compared on the 2 common to both" in done.output


def test_a_set_of_ones_own_is_compared_with_nothing(run: Run, tmp_path: Path) -> None:
    run("--accept", came={"plain": "11"})
    file = tmp_path / "set.jsonl"
    file.write_text(rows_of(plain="0")[0].question.json(), encoding="utf-8")
    assert run("--set", str(file), came={"plain": "00"}).exit_code == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--noise", "wind"], "--noise wind: there are nodiac, half, telex, teencode, typo"),
        (["--accept", "--noise", "typo"], "--accept goes with our own questions"),
        (["--set", "missing.jsonl"], "missing.jsonl: file: cannot be read"),
    ],
)
def test_wrong_use_says_what_is_right_and_ends_with_2(run: Run, words: list[str], told: str) -> None:
    done = run(*words, came={"plain": "1"})
    assert done.exit_code == 2
    assert told in done.output


def test_a_broken_baseline_ends_with_2_before_anything_is_asked(run: Run, tmp_path: Path) -> None:
    (tmp_path / "data" / "evaluation" / "baseline.json").write_text("{")
    done = run(came={"plain": "1"})
    assert done.exit_code == 2
    assert "baseline.json" in done.output


def test_the_day_is_that_of_all_tests() -> None:
    assert evaluating.fixed_day() == "2026-11-24"
