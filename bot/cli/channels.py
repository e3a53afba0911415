"""``motcua channel``: the kill switch of each channel, and what citizens read while one is off."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from bot import settings
from bot.cli.tables import show, table

app = typer.Typer(no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="web, zalo or telegram.")]
By = Annotated[str, typer.Option("--by", help="Who does it; it is written down.")]


@contextmanager
def operating() -> Iterator[None]:
    """The tables, of the running database or the embedded one; a refusal is one sentence and exit code 2.

    Raises DatabaseError.
    """
    from bot.gateway import database  # Django is configured only after DATABASE_URL is known

    with database.opened(settings.load()) as url:
        os.environ["DATABASE_URL"] = url
        database.migrate()
        try:
            yield
        except ValueError as error:
            typer.echo(f"motcua: {error}", err=True)
            raise typer.Exit(2) from None


@app.command("list")
def list_channels() -> None:
    """Every channel: on, or off since when and what is said."""
    with operating():
        from bot.gateway.switches import switches

        rows = table("channel", "is", "since", "text")
        for one in switches():
            since = f"{one.off_since.astimezone(settings.TIME_ZONE):%d/%m/%Y %H:%M}" if one.off_since else ""
            rows.add_row(one.channel, "off" if one.off_since else "on", since, one.text if one.off_since else "")
        show(rows)


@app.command()
def off(
    name: Name, by: By, text: Annotated[str, typer.Option(help="What citizens read; else a standing sentence.")] = ""
) -> None:
    """Switch a channel off: messages are taken and answered with the text, nothing is worked out, news wait."""
    with operating():
        from bot.gateway.switches import switch_off

        switch_off(name, by, text)
    typer.echo(f"{name}: off")


@app.command()
def on(name: Name, by: By) -> None:
    """Switch a channel on again; news that waited are sent."""
    with operating():
        from bot.gateway.switches import switch_on

        switch_on(name, by)
    typer.echo(f"{name}: on")
