"""``motcua procedures due|diff``: what is to be reviewed, and which answers change from one day to another."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime, timedelta
from difflib import ndiff
from typing import Annotated

import typer

from bot import settings
from bot.catalogue.answers import Answerer
from bot.catalogue.catalogue import Catalogue
from bot.catalogue.due import reviews_due
from bot.catalogue.models import Procedure
from bot.cli.tables import show, table
from bot.turn import ASPECTS


def due(
    days: Annotated[int, typer.Option(help="How many days ahead.")] = 60,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Reviews to come, figures that change and records that begin or end, by day (the real day)."""
    catalogue = Catalogue.load(settings.load().data)
    today = datetime.now(settings.TIME_ZONE).date()
    coming = reviews_due(catalogue, today, days)
    if as_json:
        typer.echo(json.dumps([asdict(item) for item in coming], ensure_ascii=False, default=str))
        return
    rows = table("day", "file", "what", "owner")
    for item in coming:
        rows.add_row(item.day.isoformat(), item.file, item.what, item.owner)
    show(rows)
    typer.echo(f"{len(coming)} until {today + timedelta(days=days)}")


def diff(
    earlier: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="A day, e.g. 2026-12-31.")],
    later: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="A later day, e.g. 2027-01-01.")],
) -> None:
    """The lines of all answers that differ between two days. Exit 1 where any does."""
    catalogue = Catalogue.load(settings.load().data)
    differing = 0
    for record in catalogue.procedures.values():
        lines = list(_differences(catalogue, record, earlier.date(), later.date()))
        if lines:
            differing += 1
            typer.echo("\n".join([f"{record.code} {record.name}", *lines, ""]))
    typer.echo(f"{differing} of {len(catalogue.procedures)} records answer differently")
    raise typer.Exit(1 if differing else 0)


def _differences(catalogue: Catalogue, record: Procedure, earlier: date, later: date) -> Iterator[str]:
    def answer(day: date) -> list[str]:
        answerer = Answerer(catalogue.phrases, day)
        if withheld := answerer.withheld(record):
            return withheld[0].splitlines()
        return answerer.answer(record, [a for a in ASPECTS if a != "overview"]).splitlines()

    return (line for line in ndiff(answer(earlier), answer(later)) if line.startswith(("+ ", "- ")))
