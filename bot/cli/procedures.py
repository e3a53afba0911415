"""``motcua procedures …``: the catalogue."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from bot import settings
from bot.catalogue.answers import Answerer
from bot.catalogue.catalogue import Catalogue
from bot.catalogue.index import SourceFileError, build, write
from bot.catalogue.models import Procedure
from bot.turn import ASPECTS

app = typer.Typer(no_args_is_help=True)


@app.command()
def check(
    strict: Annotated[bool, typer.Option(help="Past review dates count as findings.")] = False,
) -> None:
    """Read every record; list what is wrong, by file and field. Exit 1 where anything is."""
    catalogue = Catalogue.load(settings.load().data)
    for error in catalogue.errors:
        typer.echo(str(error))
    findings = len(catalogue.errors)
    today = settings.today()
    past = [r for r in catalogue.procedures.values() if r.freshness(today) == "red"]
    for record in past:
        typer.echo(f"{record.code}.yml: review_by: {record.review_by} is past; check the record against its source")
    dangling = [
        (record.code, code)
        for record in catalogue.procedures.values()
        for code in [*(look.code for look in record.look_alikes), *record.related]
        if catalogue.get(code) is None
    ]
    for owner, code in dangling:
        typer.echo(f"{owner}.yml: look_alikes or related: {code} is neither a record nor in the index")
    findings += len(dangling) + (len(past) if strict else 0)
    typer.echo(f"{len(catalogue.procedures)} records, {len(catalogue.index)} in the index, {findings} findings")
    raise typer.Exit(1 if findings else 0)


@app.command()
def show(
    code: Annotated[str, typer.Argument(help="A procedure code, e.g. 1.001193.")],
    day: Annotated[str, typer.Option(help="As on this day, e.g. 2027-01-01.")] = "",
) -> None:
    """What a citizen will read about a procedure, all aspects."""
    catalogue = Catalogue.load(settings.load().data)
    record = catalogue.get(code)
    if record is None:
        typer.echo(f"{code}: no record and not in the index", err=True)
        raise typer.Exit(2)
    answerer = Answerer(catalogue.phrases, date.fromisoformat(day) if day else settings.today())
    if isinstance(record, Procedure):
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
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    file = settings.load().data / "index" / "procedures.jsonl"
    write(built.entries, file)
    for reason, count in built.left_out.most_common():
        typer.echo(f"{count:6} left out: {reason}")
    typer.echo(f"{len(built.entries):6} in {file.relative_to(settings.HOME)}, {file.stat().st_size / 1e6:.2f} MB")
