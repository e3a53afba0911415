"""``motcua places …``: communes and wards, their old names, offices and hotlines."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated, Any

import typer

from bot import settings
from bot.catalogue.places.comparison import disagreements
from bot.catalogue.places.loading import past_review
from bot.catalogue.places.names import Reading
from bot.catalogue.places.resolver import Places
from bot.cli.tables import show, table
from bot.language.lexicon import Lexicon

app = typer.Typer(no_args_is_help=True)


@app.command()
def check(
    strict: Annotated[bool, typer.Option(help="Past review dates count as findings.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Read every file of places; list what is wrong, and where underthesea's table differs. Exit 1 for findings."""
    places, errors = _load()
    past = list(past_review(places.table, places.contacts, settings.today())) if places.table else []
    differing = list(disagreements(places))
    findings = len(errors) + (len(past) if strict else 0)
    summary = {
        "units": len(places.units),
        "old_units": len({(old.full, old.district) for unit in places.units for old in unit.old}),
        "offices": len(places.contacts.offices),
        "hotlines": len(places.contacts.hotlines),
        "findings": findings,
    }
    if as_json:
        lists = {"list": [str(error) for error in errors], "past_review": past}
        typer.echo(json.dumps({**summary, **lists, "disagreements": list(map(asdict, differing))}, ensure_ascii=False))
        raise typer.Exit(1 if findings else 0)
    for line in [*map(str, errors), *past]:
        typer.echo(line)
    if differing:
        rows = table("old", "ours", "underthesea", "why")
        for item in differing:
            rows.add_row(item.old, ", ".join(item.ours), item.theirs or "–", item.why)
        show(rows)
    typer.echo(
        "{units} units of {old_units} old ones, {offices} offices, {hotlines} hotlines, {findings} findings, "
        "{n} old ones that underthesea's convert_address takes elsewhere or nowhere".format(**summary, n=len(differing))
    )
    raise typer.Exit(1 if findings else 0)


@app.command()
def find(
    text: Annotated[str, typer.Argument(help='What a citizen writes, e.g. "xã Lộc An huyện Long Thành cũ".')],
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """The unit of today that a message names, or those it may mean. Exit 1 where it names none."""
    places, _ = _load()
    found = places.resolve(text)
    rows = [_row(reading, places) for reading in found.readings]
    if as_json:
        area = found.area.full if found.area else None
        typer.echo(json.dumps({"said": found.words, "area": area, "units": rows}, ensure_ascii=False))
    else:
        shown = table("code", "today", "before")
        for row in rows:
            shown.add_row(row["code"], row["name"], row["old"] or "")
        show(shown)
        if found.area:
            typer.echo(f"{found.area.full}: {len(places.in_area(found.area))} units")
    raise typer.Exit(0 if rows else 1)


def _load() -> tuple[Places, list[Any]]:
    data = settings.load().data
    if not (data / "places").is_dir():
        typer.echo(f"{data / 'places'} is missing", err=True)
        raise typer.Exit(2)
    return Places.load(data / "places", Lexicon.load(data / "lexicon").carriers)


def _row(reading: Reading, places: Places) -> dict[str, str | None]:
    old = None
    if reading.old and (area := places.district(reading.old.district)):
        old = f"{reading.old.full}, {area.full}, tỉnh {area.province}"
    elif reading.former:
        old = f"{reading.unit.former_type} {reading.unit.name}"
    return {"code": reading.unit.code, "name": reading.unit.full, "old": old}
