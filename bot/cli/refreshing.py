"""``motcua procedures refresh``: what the national portal changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from bot import settings
from bot.catalogue.loading import CatalogueError
from bot.catalogue.national.api import PortalApi
from bot.catalogue.national.journal import RefreshRunning
from bot.catalogue.national.refresh import FOLDER, Refreshed
from bot.catalogue.national.refresh import Progress as Hears
from bot.catalogue.national.refresh import refresh as ask
from bot.catalogue.national.wire import PortalError
from bot.cli.tables import show, table


def refresh(
    fresh: Annotated[bool, typer.Option("--fresh", help="Begin anew, even where one was interrupted.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Ask the national portal what is new, changed, abolished. Slow (one request a second), goes on after a stop.

    Overwrites nothing: the result is a file for "procedures index" and "procedures import"; records that the change
    touches are put under review. Exit 0: nothing changed, 1: something did, 2: the portal could not be asked.
    """
    known = settings.load()
    try:
        with PortalApi(known.catalogue_url) as portal, _progress() as hears:
            found = ask(portal, known.data, known.var / FOLDER, settings.today(), fresh, hears)
    except (PortalError, RefreshRunning, CatalogueError, OSError) as error:
        raise _refused(str(error)) from None
    except KeyboardInterrupt:
        raise _refused("stopped; the next refresh goes on from here") from None
    if as_json:
        typer.echo(json.dumps(_as_json(found), ensure_ascii=False, default=str))
    else:
        _print(found)
    raise typer.Exit(1 if found.findings else 0)


def _refused(why: str) -> typer.Exit:
    typer.echo(f"motcua: {why}", err=True)
    return typer.Exit(2)


@contextmanager
def _progress() -> Iterator[Hears]:
    """A bar on stderr for each of the two parts."""
    with Progress(console=Console(stderr=True), transient=True) as progress:
        bars = {what: progress.add_task(what, total=None, visible=False) for what in ("list", "procedures")}
        yield lambda what, done, total: progress.update(bars[what], completed=done, total=total, visible=True)


def _print(found: Refreshed) -> None:
    rows = table("what", "code", "name", "decision", "what differs")
    for code, entry in found.comparison.new.items():
        rows.add_row("new", code, entry.name, entry.decision, "")
    for code, change in found.comparison.changed.items():
        before, after = change.before.decision or "–", change.after.decision or "–"
        decision = after if before == after else f"{before} → {after}"
        rows.add_row("changed", code, change.after.name, decision, change.note)
    for code, (entry, why) in found.comparison.gone.items():
        rows.add_row("abolished", code, entry.name, entry.decision, why)
    for code, why in found.refused.items():
        rows.add_row("not given", code, "", "", why)
    for review in found.reviews:
        rows.add_row("under review", review.code, "", review.decision, review.note)
    if rows.row_count:
        show(rows)
    comparison = found.comparison
    counts = {
        "new": len(comparison.new),
        "changed": len(comparison.changed),
        "abolished": len(comparison.gone),
        "not given": len(found.refused),
        "put under review": len(found.reviews),
    }
    counted = ", ".join(f"{count} {what}" for what, count in counts.items())
    typer.echo(f"{found.listed} listed, {found.kept} of use here: {counted}")
    typer.echo(f"compared with {found.before or 'the index'}; the whole list is in {found.file}")
    if comparison:
        typer.echo(f"to take it over: motcua procedures index {found.file}; motcua procedures import {found.file}")


def _as_json(found: Refreshed) -> dict[str, Any]:
    comparison = found.comparison
    return {
        "file": str(found.file),
        "compared_with": str(found.before or "index"),
        "listed": found.listed,
        "kept": found.kept,
        "left_out": dict(found.left_out),
        "new": [
            {"code": code, "name": entry.name, "decision": entry.decision} for code, entry in comparison.new.items()
        ],
        "changed": [
            {
                "code": code,
                "name": change.after.name,
                "old_decision": change.before.decision,
                "decision": change.after.decision,
                "fields": change.fields,
                "note": change.note,
            }
            for code, change in comparison.changed.items()
        ],
        "abolished": [
            {"code": code, "name": entry.name, "old_decision": entry.decision, "why": why}
            for code, (entry, why) in comparison.gone.items()
        ],
        "not_given": found.refused,
        "under_review": [json.loads(review.json()) for review in found.reviews],
    }
