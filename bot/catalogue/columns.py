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
    """The columns of a matrix with one row a text, each kept as a row: that is what is taken out of it quickly."""

    def __init__(self, matrix: Matrix) -> None:
        self._columns = sparse.csr_matrix(sparse.csc_matrix(matrix).T, dtype=np.float32)

    def times(self, columns: Sequence[int] | Array, weights: Sequence[float] | Array) -> Array:
        """For each row the sum of these columns' values, each by its weight."""
        wanted = self._columns[np.asarray(columns, dtype=np.intp)]
        return np.asarray(wanted.T @ np.asarray(weights, dtype=np.float32))


class Owners:
    """Who owns each of many rows, the rows of one owner side by side; the best row of each owner."""

    def __init__(self, owners: Sequence[int] | Array, size: int) -> None:
        """``owners``: the owner of each row, 0 to ``size`` - 1, ascending."""
        rows = np.asarray(owners, dtype=np.intp)
        self._starts, self._size = np.flatnonzero(np.diff(rows, prepend=-1)), size
        self._who = rows[self._starts]

    def best(self, values: Array) -> Array:
        """The highest value of each owner's rows, 0 for an owner without rows."""
        out = np.zeros(self._size)
        if len(self._who):
            out[self._who] = np.maximum.reduceat(values, self._starts)
        return out
