"""``motcua linking …``: how procedures are found."""

from __future__ import annotations

from typing import Any

import typer
import yaml

from bot import settings
from bot.catalogue.catalogue import Catalogue
from bot.catalogue.national.store import Store
from bot.evaluation.fitting import fit
from bot.gateway import database

app = typer.Typer(no_args_is_help=True)


@app.callback()
def linking() -> None:
    """How procedures are found."""


@app.command("fit")
def fit_certainty() -> None:
    """Learn from nlu_data/linking how sure the search may be; needs the imported catalogue. Some minutes."""
    known = settings.load()
    with database.opened(known) as url:
        store = Store(url)
        entries, wording = store.entries(), store.wording()
        store.close()
    if wording is None:
        typer.echo("motcua linking fit: import the national list first (motcua procedures import FILE)", err=True)
        raise typer.Exit(2)
    typer.echo("1/2 with full texts", err=True)
    full = fit(Catalogue.load(known.data, entries, wording))
    typer.echo("2/2 without", err=True)
    learned: dict[str, Any] = {"with_full_texts": full.dict(), "without": fit(Catalogue.load(known.data)).dict()}
    head = "# Học từ nlu_data/linking bằng lệnh: motcua linking fit. Không sửa tay.\n"
    text = head + yaml.safe_dump(learned, allow_unicode=True, sort_keys=False, default_flow_style=None, width=160)
    (known.data / "certainty.yml").write_text(text, encoding="utf-8")
    typer.echo("nlu_data/certainty.yml")
