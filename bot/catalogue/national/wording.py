"""The words of the portal's full texts, for finding: what a procedure asks for and does, beyond its name.

Built once an import, kept beside it, loaded in a moment. BM25 over folded words and word pairs; a question that says
everything a text could tell scores about 1.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer

from bot.catalogue.columns import Array, Columns

SATURATION, LENGTH_WEIGHT = 1.2, 0.5
RAREST, COMMONEST = 2, 0.3
"""A word counts that stands in at least so many texts, and in at most this share of them."""


class Wording:
    """A term matrix: one row a code, one column a word or word pair; entries are BM25 weights."""

    def __init__(self, codes: Sequence[str], vocabulary: dict[str, int], weights: Any, rarity: Array) -> None:
        self.codes = list(codes)
        self._vocabulary, self._weights, self._rarity = vocabulary, weights, rarity
        self._columns = Columns(weights)

    @classmethod
    def build(cls, texts: Mapping[str, str]) -> Wording | None:
        """From folded texts by code; None where there is nothing to learn words from."""
        counter = CountVectorizer(
            token_pattern=r"[^\W\d]\w*", ngram_range=(1, 2), min_df=RAREST, max_df=COMMONEST, dtype=np.float32
        )
        try:
            counts = counter.fit_transform(texts.values()).tocsr()
        except ValueError:  # too few texts for any word to stand in two of them
            return None
        length = np.asarray(counts.sum(axis=1)).ravel()
        present = np.diff(counts.tocsc().indptr)
        rarity = np.log(1 + (len(texts) - present + 0.5) / (present + 0.5))
        of_row = np.repeat(length / max(length.mean(), 1e-9), np.diff(counts.indptr))
        slack = SATURATION * (1 - LENGTH_WEIGHT + LENGTH_WEIGHT * of_row)
        counts.data = counts.data * (SATURATION + 1) / (counts.data + slack)
        weights = counts.multiply(rarity).tocsc().astype(np.float32)
        vocabulary = {term: int(column) for term, column in counter.vocabulary_.items()}
        return cls(list(texts), vocabulary, weights, rarity.astype(np.float32))

    def similar(self, query: str) -> Array:
        """How well each code's text speaks of a folded question, in 0..1, in the order of ``codes``."""
        words = query.split()
        terms = dict.fromkeys([*words, *(f"{a} {b}" for a, b in pairwise(words))])
        columns = [self._vocabulary[term] for term in terms if term in self._vocabulary]
        if not columns:
            return np.zeros(len(self.codes))
        most = float(self._rarity[columns].sum()) * (SATURATION + 1)
        return self._columns.times(columns, np.ones(len(columns))) / max(most, 1e-9)

    def dumps(self) -> bytes:
        """As one value that a database can keep: plain arrays and JSON, no code."""
        names = json.dumps({"codes": self.codes, "terms": sorted(self._vocabulary, key=self._vocabulary.__getitem__)})
        out = io.BytesIO()
        np.savez_compressed(
            out, data=self._weights.data.astype(np.float16), indices=self._weights.indices,
            indptr=self._weights.indptr, rarity=self._rarity, names=np.frombuffer(names.encode(), dtype=np.uint8),
        )  # fmt: skip
        return out.getvalue()

    @classmethod
    def loads(cls, kept: bytes) -> Wording:
        """What ``dumps`` gave."""
        with np.load(io.BytesIO(kept), allow_pickle=False) as arrays:
            names = json.loads(arrays["names"].tobytes())
            shape = (len(names["codes"]), len(names["terms"]))
            parts = (arrays["data"].astype(np.float32), arrays["indices"], arrays["indptr"])
            weights = sparse.csc_matrix(parts, shape=shape)
            return cls(names["codes"], {t: n for n, t in enumerate(names["terms"])}, weights, arrays["rarity"])
