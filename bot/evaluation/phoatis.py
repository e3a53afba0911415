"""PhoATIS, the public set of Vietnamese flight questions: reading it, and the published figures beside ours.

Folders ``train``, ``dev`` and ``test``, each with ``seq.in`` and ``label``, one utterance a line (``seq.out``, its
slots, is not looked at). Its terms allow research and no passing on: whoever runs the check brings the data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.evaluation.intents import Sentence
from bot.evaluation.scoring import Rate
from bot.language.unicode import nfc

PARTS = ("train", "dev", "test")
TEXTS, LABELS = "seq.in", "label"
LEARNED = ("Normaliser", "VietnameseTokenizer", "TwoViewFeaturizer", "LinearIntentClassifier")
"""Those of our components that learn intents; the others find procedures and aspects."""
SOURCE = "JointIDSF, Dao, Truong, Nguyen, INTERSPEECH 2021 (arXiv:2104.02021)"
PUBLISHED = (("JointIDSF, PhoBERT-base", 97.62), ("JointBERT+CRF, PhoBERT-base", 97.40))
"""Intent accuracy on the test part in percent, as the paper reports it. Both begin from pre-trained weights."""
MARKUP = str.maketrans("[](){}", "      ")
"""Rasa reads these in a training sentence as the marks of an entity."""


class PhoatisError(ValueError):
    """One thing wrong in one file of the set; says which file, which line, what is wrong and what mends it."""

    def __init__(self, file: Path, problem: str) -> None:
        super().__init__(f"{file.parent.name}/{file.name}: {problem}")


def read(folder: Path) -> tuple[dict[str, list[Sentence]], list[PhoatisError]]:
    """All parts by name, and what is wrong. Never raises."""
    parts, errors = {}, []
    for name in PARTS:
        parts[name], found = _read_part(folder / name)
        errors += found
    return parts, errors


def _read_part(folder: Path) -> tuple[list[Sentence], list[PhoatisError]]:
    (texts, unreadable), (labels, also) = _lines(folder / TEXTS), _lines(folder / LABELS)
    if unreadable or also:
        return [], [*unreadable, *also]
    if len(texts) != len(labels):
        problem = f"has {len(labels)} lines, {TEXTS} has {len(texts)}; line n of the one belongs to line n of the other"
        return [], [PhoatisError(folder / LABELS, problem)]
    if not texts:
        return [], [PhoatisError(folder / TEXTS, "is empty; put one utterance on each line")]
    empty = [
        PhoatisError(folder / file, f"line {number}: is empty; take this line out of {TEXTS}, seq.out and {LABELS}")
        for number, pair in enumerate(zip(texts, labels, strict=True), 1)
        for file, line in zip((TEXTS, LABELS), pair, strict=True)
        if not line
    ]
    return [] if empty else [Sentence(*pair) for pair in zip(texts, labels, strict=True)], empty


def _lines(file: Path) -> tuple[list[str], list[PhoatisError]]:
    """The lines with single blanks, in word-level data too: sân_bay → sân bay. Empty ones at the end do not count."""
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = error.object[: error.start].count(b"\n") + 1
        return [], [PhoatisError(file, f"line {number}: is not UTF-8 text; save the file as UTF-8")]
    except OSError as error:
        problem = f"cannot be read ({error.strerror}); each of {', '.join(PARTS)} needs {TEXTS} and {LABELS}"
        return [], [PhoatisError(file, problem)]
    underscored = file.name == TEXTS
    lines = [" ".join((line.replace("_", " ") if underscored else line).split()) for line in nfc(text).split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines, []


def training_file(sentences: Iterable[Sentence]) -> tuple[str, dict[str, str]]:
    """What Rasa learns from, and the label that each of its intents stands for: labels may hold any sign."""
    by_label: dict[str, list[str]] = {}
    for sentence in sentences:
        by_label.setdefault(sentence.intent, []).append(sentence.text.translate(MARKUP))
    names = {f"label_{number}": label for number, label in enumerate(sorted(by_label))}
    nlu = [{"intent": name, "examples": [{"text": text} for text in by_label[label]]} for name, label in names.items()]
    return yaml.safe_dump({"version": "3.1", "nlu": nlu}, allow_unicode=True, sort_keys=False), names


def learning_part(config: Mapping[str, Any]) -> dict[str, Any]:
    """Our own configuration with nothing but the components that learn intents, as they are set there."""
    parts = [entry for entry in config["pipeline"] if entry["name"].rpartition(".")[2] in LEARNED]
    return {"recipe": config["recipe"], "language": config["language"], "assistant_id": "phoatis", "pipeline": parts}


@dataclass(frozen=True)
class Row:
    """A model's intent accuracy in percent: on dev, on test, and on test without diacritics. None: not published."""

    model: str
    weights: str
    test: float
    plain: float | None = None
    dev: float | None = None
    of: int | None = None


def rows(dev: Rate, test: Rate, plain: Rate) -> list[Row]:
    """Ours and the published ones, percent."""
    ours = Row("ours: config.yml's components", "none", _percent(test), _percent(plain), _percent(dev), test.of)
    return [ours, *(Row(model, "pre-trained", accuracy) for model, accuracy in PUBLISHED)]


def _percent(rate: Rate) -> float:
    return round(100 * rate.share, 2)
