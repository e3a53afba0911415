"""``motcua procedures events``: the life events, and what a citizen who tells one reads."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from bot import settings
from bot.catalogue.catalogue import Catalogue
from bot.catalogue.event_answers import EventAnswerer
from bot.catalogue.models import Procedure
from bot.cli.tables import show as show_table
from bot.cli.tables import table
from bot.turn import ASPECTS

app = typer.Typer(help="Life events: list them; 'show ID' prints what a citizen reads.", invoke_without_command=True)


@app.callback()
def list_events(context: typer.Context) -> None:
    """Every life event: how many ways it is told, its procedures in order, its review date."""
    if context.invoked_subcommand:
        return
    catalogue = Catalogue.load(settings.load().data)
    today = settings.today()
    rows = table("event", "told as", "phrases", "procedures", "review by")
    for event in catalogue.life_events.events:
        past = " (past: not answered)" if event.review_by < today else ""
        codes = " ".join(step.code for step in event.steps)
        rows.add_row(event.id, event.name, str(len(event.words)), codes, f"{event.review_by}{past}")
    show_table(rows)
    typer.echo(f"{len(catalogue.life_events.events)} events")


@app.command()
def show(
    event_id: Annotated[
        str, typer.Argument(metavar="ID", help="An event, e.g. death; 'motcua procedures events' lists them.")
    ],
    told: Annotated[str, typer.Option(help="A message that tells it: its conditions put the steps in order.")] = "",
    asked: Annotated[str, typer.Option(help=f"What is asked: one of {', '.join(ASPECTS)}.")] = "",
    day: Annotated[str, typer.Option(help="As on this day, e.g. 2027-01-01.")] = "",
) -> None:
    """What a citizen reads. Exit 1 where the first procedure may not be asserted on that day."""
    catalogue = Catalogue.load(settings.load().data)
    event = catalogue.life_events.get(event_id)
    aspects = [aspect for aspect in ASPECTS if aspect == asked]
    telling = catalogue.life_events.telling(told) if told else None
    if event is None or (asked and not aspects) or (told and (telling is None or telling.event is not event)):
        wrong = asked if asked and not aspects else told if event and told else event_id
        typer.echo(f"{wrong}: no such event or aspect, or a message that does not tell {event_id}", err=True)
        raise typer.Exit(2)
    steps = telling.steps if telling else event.ordered()
    answerer = EventAnswerer(catalogue, date.fromisoformat(day) if day else settings.today())
    bundle = answerer.answer(event, steps, aspects)
    if bundle is None:
        typer.echo(f"{steps[0].code}: may not be asserted on that day; check the record", err=True)
        raise typer.Exit(1)
    typer.echo(bundle.text)
    for code in bundle.next_steps:
        record = catalogue.get(code)
        if record:
            typer.echo(f"  [{record.situation if isinstance(record, Procedure) else record.name}]")
