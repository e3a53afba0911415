"""A sparse matrix times a message: a message has few of many columns, so only these are touched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import sparse

Array = np.ndarray[Any, Any]
Matrix = Any
"""A scipy sparse matrix: scipy ships no types."""


class Columns:
    """The columns of a matrix with one row a text."""

    def __init__(self, matrix: Matrix) -> None:
        columns = sparse.csc_matrix(matrix)
        self._rows, self._values, self._starts = columns.indices, columns.data, columns.indptr
        self._height = columns.shape[0]

    def times(self, columns: Sequence[int] | Array, weights: Sequence[float] | Array) -> Array:
        """For each row the sum of these columns' values, each by its weight."""
        wanted = np.asarray(columns, dtype=np.intp)
        starts = self._starts[wanted]
        lengths = self._starts[wanted + 1] - starts
        ends = np.cumsum(lengths)
        total = int(ends[-1]) if len(ends) else 0
        places = np.arange(total) + np.repeat(starts - (ends - lengths), lengths)
        values = self._values[places] * np.repeat(np.asarray(weights, dtype=float), lengths)
        return np.bincount(self._rows[places], values, minlength=self._height)
