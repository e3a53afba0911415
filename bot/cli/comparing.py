"""``motcua evaluate-stock`` and ``motcua evaluate --phoatis``: our way of understanding beside others."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from bot import settings
from bot.catalogue.national.store import Store
from bot.cli import nlu, training
from bot.cli.tables import show, table
from bot.evaluation import intents, phoatis
from bot.evaluation.pipelines import Comparison, Pipeline, asked
from bot.evaluation.reporting import spoken, state_in_words
from bot.gateway import database

REPORTS = settings.HOME / "reports"
STOCK_CONFIG = settings.HOME / "bot" / "evaluation" / "stock.yml"
MOST_ERRORS = 20
OURS, STOCK = "ours", "stock Rasa: WhitespaceTokenizer, CountVectors, DIET, 20 epochs"


class ComparisonFailed(RuntimeError):
    """What is to be compared by cannot be used; says what is wrong with it."""


def _told(errors: Sequence[ValueError]) -> str:
    more = [f"… {len(errors) - MOST_ERRORS} more"] if len(errors) > MOST_ERRORS else []
    return "\n".join([*map(str, errors[:MOST_ERRORS]), *more])


def evaluate_stock(
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
    reports: Annotated[Path, typer.Option(help="Where stock.json is written.")] = REPORTS,
) -> None:
    """Train Rasa's stock pipeline on our sentences and judge it and ours by the same held-out ones. Takes minutes."""
    known = settings.load()
    sentences, errors = intents.read_sentences(intents.file_of(known.data))
    if errors:
        raise ComparisonFailed(_told(errors))
    with database.opened(known) as url:
        os.environ["DATABASE_URL"] = url
        database.migrate()
        imported = _imported(url)
        ours = _judged(OURS, settings.HOME / "config.yml", "ours", training.data_hash(), sentences)
        stock = _judged(STOCK, STOCK_CONFIG, "stock", _stock_hash(known.data / "nlu"), sentences)
    comparison = Comparison(ours, stock, imported)
    comparison.write(reports)
    if as_json:
        typer.echo(json.dumps(comparison.as_dict(), ensure_ascii=False, indent=1))
    else:
        _print_comparison(comparison)
        typer.echo(f"\nwritten to {reports}/")


def _imported(url: str) -> bool:
    store = Store(url)
    try:
        return store.version() > 0
    finally:
        store.close()


def _stock_hash(data: Path) -> str:
    """A hash over what the stock model comes from: its configuration, the sentences, the version of Rasa."""
    digest = hashlib.sha256(importlib.metadata.version("rasa").encode())
    for file in (STOCK_CONFIG, *sorted(data.rglob("*.yml"))):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _judged(name: str, config: Path, kind: str, key: str, sentences: list[intents.Sentence]) -> Pipeline:
    """Trained on our sentences, or kept from the last time, and asked the held-out ones."""
    known = settings.load()
    model = known.models / f"{kind}-{key}.tar.gz"
    note = known.models / f"{kind}-{key}.json"
    if not (model.exists() and note.exists()):
        for old in known.models.glob(f"{kind}-*"):
            old.unlink()
        seconds = nlu.train(config, known.data / "nlu", model)
        note.write_text(json.dumps({"train_seconds": round(seconds, 1)}), encoding="utf-8")
    seconds = float(json.loads(note.read_text(encoding="utf-8"))["train_seconds"])
    heard = nlu.hear(model, asked(sentences))
    return Pipeline.of(name, sentences, heard.intents, heard.milliseconds, seconds)


def _print_comparison(comparison: Comparison) -> None:
    rows = table("pipeline", "intent accuracy", "without diacritics", "training", "NLU p50", "p99")
    for one in (comparison.ours, comparison.stock):
        times = (f"{one.train_seconds:.0f} s", f"{one.p50:.1f} ms", f"{one.p99:.1f} ms")
        rows.add_row(one.name, spoken(one.clean), spoken(one.plain), *times)
    rows.add_row(
        "stock / ours", "", "", *(f"{comparison.ratio(figure):.1f}" for figure in ("train_seconds", "p50", "p99"))
    )
    show(rows)
    typer.echo(
        "\nBoth learned from the same sentences and were asked the same held-out ones, one after the other on this "
        "machine; 'not sure' counts as wrong. In its time ours also finds procedures and aspects, "
        f"{state_in_words(comparison.imported)}."
    )


def phoatis_table(folder: Path) -> list[phoatis.Row]:
    """Our components trained on PhoATIS' training part and asked its other parts; the published figures beside.

    Raises ComparisonFailed, TrainingFailed and HearingFailed.
    """
    parts, errors = phoatis.read(folder)
    if errors:
        raise ComparisonFailed(_told(errors))
    config = yaml.safe_load((settings.HOME / "config.yml").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory(prefix="motcua-phoatis-") as made:
        place = Path(made)
        content, labels = phoatis.training_file(parts["train"])
        (place / "nlu.yml").write_text(content, encoding="utf-8")
        (place / "config.yml").write_text(yaml.safe_dump(phoatis.learning_part(config)), encoding="utf-8")
        nlu.train(place / "config.yml", place / "nlu.yml", place / "phoatis.tar.gz")
        dev, test = parts["dev"], parts["test"]
        texts = [*(s.text for s in dev), *asked(test)]
        heard = [labels.get(name or "") for name in nlu.hear(place / "phoatis.tar.gz", texts).intents]
    after_dev, after_test = heard[len(dev) :], heard[len(dev) + len(test) :]
    return phoatis.rows(
        dev=intents.right(dev, heard[: len(dev)]),
        test=intents.right(test, after_dev[: len(test)]),
        plain=intents.right(test, after_test),
    )


def show_phoatis(folder: Path, as_json: bool) -> None:
    """Prints the table, or the same for machines."""
    rows = phoatis_table(folder)
    if as_json:
        told: dict[str, Any] = {"source": phoatis.SOURCE, "rows": [asdict(row) for row in rows]}
        typer.echo(json.dumps(told, ensure_ascii=False, indent=1))
        return
    filled = table("intent accuracy, %", "weights to begin with", "dev", "test", "test without diacritics")
    for row in rows:
        figures = (f"{figure:.2f}" if figure is not None else "–" for figure in (row.dev, row.test, row.plain))
        filled.add_row(row.model, row.weights, *figures)
    show(filled)
    typer.echo(
        f"\nOurs learned from the training part alone, {rows[0].of} test utterances; choose on dev, never on test.\n"
        f"Published figures: {phoatis.SOURCE}."
    )
