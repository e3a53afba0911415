"""How like a message is to questions of old: answered ones, ones that said too little, ones about nothing here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from bot.catalogue.search import View
from bot.catalogue.spoken import Example

NEAREST = 3
KINDS = ("answered", "vague", "outside")


class Likeness:
    """An index over labelled questions. ``texts``: each of them normalised and folded."""

    def __init__(self, examples: Sequence[Example], texts: Sequence[str]) -> None:
        kinds = np.array([_kind(example) for example in examples])
        self._rows = [np.flatnonzero(kinds == kind) for kind in KINDS]
        self._view = View(texts, analyzer="char_wb", ngrams=(2, 4)) if texts else None

    def of(self, folded: str) -> tuple[float, float, float]:
        """For each of KINDS how like the folded message is to the nearest questions of it, in 0..1."""
        if self._view is None:
            return 0.0, 0.0, 0.0
        similar = self._view.similar(folded)
        answered, vague, outside = (_nearest(similar[rows]) for rows in self._rows)
        return answered, vague, outside


def _kind(example: Example) -> str:
    if not example.codes:
        return "outside"
    return "vague" if example.ask else "answered"


def _nearest(similar: np.ndarray[Any, Any]) -> float:
    """The mean of the few highest; 0 where there is none."""
    if len(similar) > NEAREST:
        similar = np.partition(similar, -NEAREST)[-NEAREST:]
    return float(similar.mean()) if len(similar) else 0.0
