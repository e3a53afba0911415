"""``motcua evaluate-stock`` and ``motcua evaluate --phoatis`` without training: what they print, keep and refuse."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from bot.cli import comparing, nlu
from bot.cli.main import app
from bot.settings import HOME
from tests.evaluation.test_phoatis import SAMPLE


class Learner:
    """Stands for Rasa: notes what it is given to learn, and hears everything as one intent of it."""

    def __init__(self, says: str) -> None:
        self.says = says
        self.trained: list[tuple[Any, str]] = []

    def train(self, config: Path, data: Path, model: Path) -> float:
        self.trained.append((yaml.safe_load(config.read_text(encoding="utf-8")), model.name))
        model.parent.mkdir(parents=True, exist_ok=True)
        model.write_bytes(b"model")
        return 12.34

    def hear(self, model: Path, texts: Sequence[str]) -> nlu.Heard:
        return nlu.Heard([self.says] * len(texts), [4.0 if model.name.startswith("stock") else 2.0] * len(texts))


@pytest.fixture
def learner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Learner:
    """Instead of Rasa and the database; the sentences are two intents of four."""
    data = tmp_path / "data"
    (data / "evaluation").mkdir(parents=True)
    (data / "nlu").mkdir()
    (data / "nlu" / "own.yml").write_text("nlu: []", encoding="utf-8")
    (data / "evaluation" / "intents.yml").write_text("intents: {greet: [chào, dạ chào], thank: [cám ơn, ơn]}")
    monkeypatch.setenv("MOTCUA_DATA", str(data))
    monkeypatch.setenv("MOTCUA_MODELS", str(tmp_path / "models"))

    @contextmanager
    def no_database(known: object) -> Iterator[str]:
        yield "postgresql:///none"

    monkeypatch.setattr(comparing.database, "opened", no_database)
    monkeypatch.setattr(comparing.database, "migrate", lambda: None)
    monkeypatch.setenv("DATABASE_URL", "postgresql:///none")
    monkeypatch.setattr(comparing, "_imported", lambda url: False)
    made = Learner("greet")
    monkeypatch.setattr(comparing.nlu, "train", made.train)
    monkeypatch.setattr(comparing.nlu, "hear", made.hear)
    return made


def evaluate_stock(tmp_path: Path, *words: str) -> str:
    done = CliRunner().invoke(app, ["evaluate-stock", "--reports", str(tmp_path / "reports"), *words])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_table_says_20_epochs_and_the_ratios(tmp_path: Path, learner: Learner) -> None:
    printed = evaluate_stock(tmp_path)
    assert "20 epochs" in printed
    assert "50.0 % (2 of 4; 95 % interval 15.0 to 85.0)" in printed
    assert next(line for line in printed.splitlines() if line.startswith("stock / ours")).split() == [
        "stock", "/", "ours", "1.0", "2.0", "2.0",
    ]  # fmt: skip
    assert json.loads((tmp_path / "reports" / "stock.json").read_text(encoding="utf-8"))["times"]["p50"] == 2.0


def test_for_machines_the_same_is_one_json_object(tmp_path: Path, learner: Learner) -> None:
    told = json.loads(evaluate_stock(tmp_path, "--json"))
    assert told["ours"]["intent_accuracy"]["share"] == 0.5
    assert told["stock"]["train_seconds"] == 12.3


def test_the_stock_pipeline_is_what_it_is_called() -> None:
    config = yaml.safe_load(comparing.STOCK_CONFIG.read_text(encoding="utf-8"))
    names = [entry["name"] for entry in config["pipeline"]]
    assert names == ["WhitespaceTokenizer", "CountVectorsFeaturizer", "CountVectorsFeaturizer", "DIETClassifier"]
    assert (config["pipeline"][-1]["epochs"], config["pipeline"][-1]["entity_recognition"]) == (20, False)
    assert all(word in comparing.STOCK for word in ("WhitespaceTokenizer", "CountVectors", "DIET", "20 epochs"))


def test_a_model_is_kept_until_what_it_learned_from_changes(tmp_path: Path, learner: Learner) -> None:
    evaluate_stock(tmp_path)
    assert len(learner.trained) == 2
    evaluate_stock(tmp_path)
    assert len(learner.trained) == 2
    (tmp_path / "data" / "nlu" / "own.yml").write_text("nlu: [] # changed", encoding="utf-8")
    evaluate_stock(tmp_path)
    assert [name.split("-")[0] for _, name in learner.trained[2:]] == ["stock"]
    assert len(list((tmp_path / "models").glob("stock-*.tar.gz"))) == 1


def test_a_model_whose_training_was_cut_short_is_trained_again(tmp_path: Path, learner: Learner) -> None:
    evaluate_stock(tmp_path)
    next((tmp_path / "models").glob("stock-*.json")).unlink()
    evaluate_stock(tmp_path)
    assert len(learner.trained) == 3


def test_sentences_that_cannot_be_read_are_refused_with_their_place(tmp_path: Path, learner: Learner) -> None:
    (tmp_path / "data" / "evaluation" / "intents.yml").write_text("intents: {greet: [5]}")
    with pytest.raises(comparing.ComparisonFailed, match=r"intents.yml: greet.1: is no sentence"):
        CliRunner().invoke(app, ["evaluate-stock"], catch_exceptions=False)


def test_phoatis_is_learned_by_our_components_and_printed_beside_the_published(learner: Learner) -> None:
    learner.says = "label_4"  # the fifth of the sample's labels: flight
    done = CliRunner().invoke(app, ["evaluate", "--phoatis", str(SAMPLE)])
    assert done.exit_code == 0, done.output
    ours = next(line for line in done.stdout.splitlines() if line.startswith("ours"))
    assert ours.split()[-4:] == ["none", "33.33", "37.50", "37.50"]
    assert "97.62" in done.stdout
    assert "Dao, Truong, Nguyen, INTERSPEECH 2021" in done.stdout
    config, _ = learner.trained[0]
    assert len(config["pipeline"]) == 4
    own = yaml.safe_load((HOME / "config.yml").read_text(encoding="utf-8"))
    assert all(entry in own["pipeline"] for entry in config["pipeline"])


def test_phoatis_for_machines(learner: Learner) -> None:
    done = CliRunner().invoke(app, ["evaluate", "--phoatis", str(SAMPLE), "--json"])
    told = json.loads(done.stdout)
    assert [row["test"] for row in told["rows"]] == [0.0, 97.62, 97.4]
    assert "INTERSPEECH" in told["source"]


def test_of_very_many_errors_the_first_are_shown_and_the_others_counted(tmp_path: Path, learner: Learner) -> None:
    folder = Path(shutil.copytree(SAMPLE, tmp_path / "set"))
    (folder / "test" / "seq.in").write_text("\n".join(["", ""] * 20 + ["x"]), encoding="utf-8")
    (folder / "test" / "label").write_text("\n".join(["flight"] * 41), encoding="utf-8")
    with pytest.raises(comparing.ComparisonFailed, match=r"… 20 more$"):
        CliRunner().invoke(app, ["evaluate", "--phoatis", str(folder)], catch_exceptions=False)
