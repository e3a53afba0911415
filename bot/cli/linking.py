"""``motcua linking …``: how procedures are found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer
import yaml

from bot import settings
from bot.catalogue.catalogue import Catalogue
from bot.catalogue.certainty import CERTAINTY_FILE
from bot.catalogue.national.store import Store
from bot.evaluation.fitting import fit
from bot.evaluation.vocabulary import words_of
from bot.gateway import database

app = typer.Typer(no_args_is_help=True)


@app.callback()
def linking() -> None:
    """How procedures are found."""


@app.command("fit")
def fit_certainty() -> None:
    """Learn our field's words, and from nlu_data/linking how sure the search may be; needs the import. Some minutes."""
    known = settings.load()
    with database.opened(known) as url:
        store = Store(url)
        entries, wording = store.entries(), store.wording()
        store.close()
    if wording is None:
        typer.echo("motcua linking fit: import the national list first (motcua procedures import FILE)", err=True)
        raise typer.Exit(2)
    typer.echo("1/3 words", err=True)
    catalogue = Catalogue.load(known.data, entries, wording)
    _write(known.data / "lexicon" / "words.yml", words_of(catalogue, known.data))
    typer.echo("2/3 with full texts", err=True)
    full = fit(Catalogue.load(known.data, entries, wording))
    typer.echo("3/3 without", err=True)
    learned: dict[str, Any] = {"with_full_texts": full.dict(), "without": fit(Catalogue.load(known.data)).dict()}
    _write(known.data / CERTAINTY_FILE, learned)


def _write(file: Path, learned: dict[Any, Any]) -> None:
    text = yaml.safe_dump(learned, allow_unicode=True, sort_keys=False, default_flow_style=None, width=160)
    file.write_text(f"# Máy học được bằng lệnh: motcua linking fit. Không sửa tay.\n{text}", encoding="utf-8")
    typer.echo(file)
