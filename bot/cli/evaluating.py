"""``motcua evaluate``: the questions that judge the assistant, asked on the real stack; what passed, what got worse."""

from __future__ import annotations

import json
import os
import time
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.progress import track

from bot import settings
from bot.catalogue.decision import Thresholds
from bot.catalogue.national.store import Store
from bot.cli import comparing, nlu, stack, training
from bot.cli.tables import show, table
from bot.evaluation import baseline, noise, pictures, running
from bot.evaluation.questions import Question, files_of, read_questions
from bot.evaluation.reporting import FAILURES_FILE, Latency, Report, expected, got, spoken, state_in_words
from bot.evaluation.scoring import LOWER_IS_BETTER, Row, figures, slices
from bot.gateway import database
from bot.language.lexicon import Lexicon

REPORTS = settings.HOME / "reports"
MOST_SHOWN = 40


def evaluate(
    sets: Annotated[
        list[Path] | None, typer.Option("--set", help="A file of questions instead of our own; may come again.")
    ] = None,
    kind: Annotated[
        str | None, typer.Option("--noise", help=f"Ask every question typed so: {', '.join(noise.KINDS)}.")
    ] = None,
    latency: Annotated[bool, typer.Option(help="Also measure how long the NLU takes over a message.")] = False,
    accept: Annotated[bool, typer.Option(help="Write what passed as the new baseline.")] = False,
    phoatis: Annotated[
        Path | None,
        typer.Option(help="Instead: learn and judge PhoATIS, whose train, dev and test lie in this folder."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines: figures and ids.")] = False,
    reports: Annotated[Path, typer.Option(help="Where reports and pictures are written.")] = REPORTS,
) -> None:
    """Ask the questions that judge the assistant. Exit 1 where a slice passes fewer than in the baseline."""
    if phoatis:
        comparing.show_phoatis(phoatis, as_json)
        return
    if kind and kind not in noise.KINDS:
        raise _refused(f"motcua evaluate: --noise {kind}: there are {', '.join(noise.KINDS)}")
    if accept and (sets or kind):
        raise _refused("motcua evaluate: --accept goes with our own questions as they are, without --set and --noise")
    known = settings.load()
    questions = _read(sets or files_of(known.data))
    os.environ.setdefault("MOTCUA_TODAY", fixed_day())
    before = baseline.Baseline() if sets or kind else _baseline(known.data)
    report = _run(known, questions, kind, latency)
    state = baseline.WITH_IMPORT if report.imported else baseline.WITHOUT_IMPORT
    accepted = before.of(state)
    if accepted is not None:
        report.changes = baseline.compare(accepted, report.rows)
    report.write(reports)
    pictures.draw(report, Thresholds.load(known.data), reports)
    if accept:
        baseline.accept(known.data, state, report.rows)
    if as_json:
        typer.echo(json.dumps(report.as_dict(), ensure_ascii=False, indent=1))
    else:
        _print(report, reports)
        if not (sets or kind):
            _print_changes(report)
        if accept:
            typer.echo(f"Accepted as the baseline {state_in_words(report.imported)}.")
    raise typer.Exit(1 if report.regressions and not accept else 0)


def fixed_day() -> str:
    """The day on which answers are judged, from pyproject.toml: facts change with the day."""
    pyproject = tomllib.loads((settings.HOME / "pyproject.toml").read_text(encoding="utf-8"))
    return str(pyproject["tool"]["motcua"]["test_day"])


def _refused(problem: str) -> typer.Exit:
    typer.echo(problem, err=True)
    return typer.Exit(2)


def _notice(text: str) -> None:
    typer.echo(text, err=True)


def _read(files: Sequence[Path]) -> list[Question]:
    questions, errors = read_questions(files)
    if errors:
        raise _refused("\n".join(map(str, errors)))
    if not questions:
        raise _refused("motcua evaluate: there are no questions; they lie in nlu_data/evaluation/*.jsonl")
    return questions


def _baseline(data: Path) -> baseline.Baseline:
    try:
        return baseline.read(data)
    except baseline.BaselineError as error:
        raise _refused(f"motcua evaluate: {error}") from None


def _run(known: settings.Settings, questions: list[Question], kind: str | None, latency: bool) -> Report:
    """Asks everything on the real stack: the questions, the sample under each noise, and the clock."""
    makers = noise.makers(Lexicon.load(known.data / "lexicon"))
    asked = [noise.noised(q, kind, makers[kind], running.SEED) for q in questions] if kind else questions
    with stack.available(_notice) as found:
        began = time.monotonic()
        database.set_up_django()
        from bot.gateway.asking import NoAnswer  # its models need Django set up first

        store = Store(found.database_url)
        report = Report(day=os.environ["MOTCUA_TODAY"], imported=store.version() > 0, rows=[], noise=kind)
        store.close()
        if latency:
            report.latency = _latency([turn for question in asked for turn in question.turns])
        try:
            report.rows = _asked(asked, kind or "hỏi")
            if not kind:
                for name, sample in running.noised_sample(questions, makers).items():
                    report.losses[name] = running.loss(report.rows, _asked(sample, name))
        except NoAnswer as error:
            raise _refused(f"motcua evaluate: {error}") from None
        report.seconds = time.monotonic() - began
    return report


def _asked(questions: Sequence[Question], what: str) -> list[Row]:
    return list(track(running.ask_all(questions), what, len(questions), console=Console(stderr=True)))


def _latency(texts: Sequence[str]) -> Latency:
    """The NLU alone, in a process of its own, with the catalogue that the stack has."""
    _notice("đo thời gian hiểu câu")
    taken = nlu.hear(training.train(), texts).milliseconds
    middle, slow = np.percentile(taken, [50, 99])
    return Latency(p50=round(float(middle), 2), p99=round(float(slow), 2), messages=len(taken))


def _print(report: Report, reports: Path) -> None:
    typer.echo(f"{report.headline}\n")
    typer.echo(f"{len(report.rows)} questions, day {report.day}, {state_in_words(report.imported)}\n")
    _print_rates(report)
    if report.losses:
        _print_losses(report)
    if report.latency:
        at = report.latency
        typer.echo(f"NLU latency: p50 {at.p50:.1f} ms, p99 {at.p99:.1f} ms over {at.messages} messages\n")
    _print_failures(report, reports)
    typer.echo(f"{report.seconds:.0f} s; written to {reports}/")


def _print_rates(report: Report) -> None:
    before = {change.slice: change for change in report.changes or []}
    rows = table("slice", "passed", "baseline")
    for name, rate in sorted(slices(report.rows).items(), key=lambda pair: pair[1].share):
        change = before.get(name)
        rows.add_row(name, spoken(rate), f"{change.before.hits} of {change.before.of}" if change else "–")
    show(rows)
    typer.echo()
    rows = table("figure", "", "")
    for name, rate in figures(report.rows).items():
        rows.add_row(name, spoken(rate), "lower is better" if name in LOWER_IS_BETTER else "")
    show(rows)
    typer.echo()


def _print_losses(report: Report) -> None:
    rows = table("noise", "points lost", "clean", "noised", "lost", "gained")
    for kind, loss in report.losses.items():
        passed = [f"{rate.hits} of {rate.of}" for rate in (loss.clean, loss.noised)]
        rows.add_row(kind, f"{loss.points:.1f}", *passed, str(len(loss.lost)), str(len(loss.gained)))
    show(rows)
    typer.echo()


def _print_failures(report: Report, reports: Path) -> None:
    if not report.failures:
        return
    rows = table("failed", "last turn", "expected", "got")
    for row in report.failures[:MOST_SHOWN]:
        rows.add_row(row.question.id, row.question.turns[-1], expected(row), got(row.got))
    show(rows)
    if more := len(report.failures) - MOST_SHOWN:
        typer.echo(f"… {max(more, 0)} more in {reports / FAILURES_FILE}")
    typer.echo()


def _print_changes(report: Report) -> None:
    if report.changes is None:
        typer.echo(f"No baseline {state_in_words(report.imported)} yet: 'motcua evaluate --accept' writes one.")
        return
    for change in report.changes:
        if not change.same_questions:
            typer.echo(f"{change.slice}: the questions changed; compared on the {change.before.of} common to both")
    for change in report.regressions:
        typer.echo(
            f"REGRESSION {change.slice}: {change.now.hits} of {change.now.of} pass, {change.before.hits} did; "
            f"turned: {', '.join(change.turned)}"
        )
    if not report.regressions:
        typer.echo("No slice passes fewer questions than the baseline.")
