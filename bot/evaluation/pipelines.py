"""Two ways of understanding side by side: the same sentences to learn from, the same to be judged by, one machine."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bot.evaluation.intents import Sentence, right
from bot.evaluation.scoring import Rate

FILE = "stock.json"


@dataclass(frozen=True)
class Pipeline:
    """One way and what came of it. ``p50``, ``p99``: milliseconds a message; ``train_seconds``: from start to model."""

    name: str
    clean: Rate
    plain: Rate
    train_seconds: float
    p50: float
    p99: float

    @classmethod
    def of(
        cls,
        name: str,
        sentences: Sequence[Sentence],
        intents: Sequence[str | None],
        milliseconds: Sequence[float],
        train_seconds: float,
    ) -> Pipeline:
        """``intents`` and ``milliseconds``: of all sentences as they are, then of all without diacritics."""
        middle, slow = np.percentile(milliseconds, [50, 99])
        half = len(sentences)
        clean, plain = right(sentences, intents[:half]), right(sentences, intents[half:])
        return cls(name, clean, plain, train_seconds, round(float(middle), 2), round(float(slow), 2))

    def as_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "intent_accuracy": self.clean.as_dict(),
            "intent_accuracy_without_diacritics": self.plain.as_dict(),
            "train_seconds": round(self.train_seconds, 1),
            "p50_ms": self.p50,
            "p99_ms": self.p99,
        }


def asked(sentences: Sequence[Sentence]) -> list[str]:
    """What is said to a pipeline: all sentences as they are, then all without diacritics."""
    return [s.text for s in sentences] + [s.plain for s in sentences]


@dataclass(frozen=True)
class Comparison:
    """Ours and the stock pipeline. ``imported``: whether ours also searched the national catalogue."""

    ours: Pipeline
    stock: Pipeline
    imported: bool

    def ratio(self, figure: str) -> float:
        """How many times more the stock pipeline takes of ``train_seconds``, ``p50`` or ``p99``."""
        return round(float(getattr(self.stock, figure) / getattr(self.ours, figure)), 1)

    def as_dict(self) -> dict[str, Any]:
        return {
            "ours": self.ours.as_dict(),
            "stock": self.stock.as_dict(),
            "imported": self.imported,
            "times": {figure: self.ratio(figure) for figure in ("train_seconds", "p50", "p99")},
        }

    def write(self, folder: Path) -> None:
        """``stock.json`` in the folder of the reports."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / FILE).write_text(json.dumps(self.as_dict(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
