"""``motcua procedures …``: the catalogue."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from bot import settings
from bot.catalogue.answers import Answerer
from bot.catalogue.catalogue import Catalogue
from bot.catalogue.check import Finding
from bot.catalogue.check import check as judge
from bot.catalogue.index import build, write
from bot.catalogue.models import Procedure
from bot.catalogue.national.crawl import SourceFileError, read_crawl
from bot.catalogue.national.store import Store, StoreError
from bot.cli import changes, events, refreshing
from bot.cli.tables import show as show_table
from bot.cli.tables import table
from bot.gateway import database
from bot.portal import check as dossier
from bot.turn import ASPECTS

app = typer.Typer(no_args_is_help=True)
app.command()(changes.due)
app.command()(changes.diff)
app.command()(refreshing.refresh)
app.add_typer(events.app, name="events")


@app.command()
def check(
    against: Annotated[Path | None, typer.Option(help="The national crawl: finds wording copied from it.")] = None,
    strict: Annotated[bool, typer.Option(help="Warnings (past review dates) count as findings.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Read every record; list what is wrong, by file and field. Exit 1 where anything is."""
    data = settings.load().data
    catalogue = Catalogue.load(data)
    try:
        findings = judge(catalogue, settings.today(), against)
        findings += dossier.check(data, catalogue.phrases, settings.today())
    except SourceFileError as error:
        raise _refused(error) from None
    counted = [f for f in findings if strict or not f.warning]
    summary = {"records": len(catalogue.procedures), "index": len(catalogue.index), "findings": len(counted)}
    if as_json:
        typer.echo(json.dumps({**summary, "list": [asdict(f) for f in findings]}, ensure_ascii=False))
    else:
        _print_table(findings)
        typer.echo("{records} records, {index} in the index, {findings} findings".format(**summary))
    raise typer.Exit(1 if counted else 0)


def _print_table(findings: list[Finding]) -> None:
    if findings:
        rows = table("file", "field", "what to mend")
        for finding in findings:
            rows.add_row(finding.file, finding.field, f"{'(warning) ' if finding.warning else ''}{finding.problem}")
        show_table(rows)


def _refused(error: Exception) -> typer.Exit:
    """Says why a command cannot be done; exit 2: wrong use."""
    typer.echo(str(error), err=True)
    return typer.Exit(2)


@app.command()
def show(
    code: Annotated[str, typer.Argument(help="A procedure code, e.g. 1.001193.")],
    day: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="As on this day: 2027-01-01.")] = None,
) -> None:
    """What a citizen will read about a procedure, all aspects."""
    catalogue = Catalogue.load(settings.load().data)
    record = catalogue.get(code)
    if record is None:
        typer.echo(f"{code}: no record and not in the index", err=True)
        raise typer.Exit(2)
    answerer = Answerer(catalogue.phrases, day.date() if day else settings.today(), catalogue.reviews)
    if withheld := answerer.withheld(record, catalogue.gone(record.code)):
        typer.echo(withheld[0])
    elif isinstance(record, Procedure):
        typer.echo(answerer.answer(record, [a for a in ASPECTS if a != "overview"]))
    else:
        typer.echo(answerer.index_facts(record, [])[0])


@app.command()
def index(
    source: Annotated[Path, typer.Argument(help="The national crawl: .jsonl, .jsonl.xz or .jsonl.gz")],
) -> None:
    """Build the index (facts only) from the national crawl."""
    try:
        built = build(source)
    except SourceFileError as error:
        raise _refused(error) from None
    file = settings.load().data / "index" / "procedures.jsonl"
    write(built.entries, file)
    for reason, count in built.left_out.most_common():
        typer.echo(f"{count:6} left out: {reason}")
    typer.echo(f"{len(built.entries):6} in {file}, {file.stat().st_size / 1e6:.2f} MB")


@app.command("import")
def import_(
    source: Annotated[Path, typer.Argument(help="The national crawl: .jsonl, .jsonl.xz or .jsonl.gz")],
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Take the whole country's list into the database; what cannot be used here is counted by reason."""
    began = time.monotonic()
    try:
        with database.opened(settings.load()) as url, _progress() as progress:
            records = read_crawl(source, lambda file: progress.open(file, "rb", description="đọc"))
            report = Store(url).take_in(records, source)
    except (SourceFileError, StoreError) as error:
        raise _refused(error) from None
    seconds = time.monotonic() - began
    if as_json:
        told = {**vars(report), "bad": [asdict(line) for line in report.bad], "seconds": round(seconds, 1)}
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    rows = table()
    for line in report.bad:
        rows.add_row("skipped", f"line {line.number}: {line.problem}")
    for reason, count in report.left_out.most_common():
        rows.add_row("left out", f"{count} {reason}")
    rows.add_row("taken in", f"{report.kept}: {report.new} new, {report.changed} changed, {report.gone} gone")
    show_table(rows)
    typer.echo(f"{seconds:.1f} s")


def _progress() -> Progress:
    return Progress(console=Console(stderr=True))
