"""Finding the procedure that a message is about, among some 4,600 names and the curated aliases.

A message is compared with every name and alias without diacritics (and once more with them, where it has them):
word pairs catch short human questions, character runs catch damaged ones, and coverage tells how much of a name was
said and how much of the message the name explains. Weights were chosen on questions of our own, see
docs/decisions/. All scores are in 0..1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

from bot.language.unicode import fold, has_marks, nfc

Matrix = Any
"""A scipy sparse matrix: scipy ships no types."""

WORDS, ACCENTED, LETTERS, NAME_SAID, MESSAGE_EXPLAINED = 0.28, 0.10, 0.14, 0.24, 0.24
ALIAS_WHOLE = 0.30
LEVEL_PRIOR = {"xã": 0.03, "tỉnh": 0.015}
CURATED_PRIOR = 0.03
SHORT_WORDS = re.compile(r"\b(?:thu tuc|hanh chinh|thuc hien|theo quy dinh|thuoc tham quyen|doi voi|truong hop)\b")


@dataclass(frozen=True)
class Entry:
    """What search knows of one procedure: the texts under which it is found, and its priors."""

    code: str
    names: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    curated: bool = False


@dataclass(frozen=True)
class Hit:
    """One candidate. ``score`` ranks; ``alias`` is the alias found word for word in the message, if any."""

    code: str
    score: float
    said: float
    explained: float
    alias: str = ""


def short(name: str) -> str:
    """A name folded and without the words that every official name has."""
    return " ".join(SHORT_WORDS.sub(" ", fold(name)).split())


class Search:
    """An index over entries, built once (about a second for 5,000), asked in a few milliseconds."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.codes = [e.code for e in entries]
        owners: list[int] = []
        texts: list[str] = []
        self._aliases: dict[str, list[int]] = {}
        for number, entry in enumerate(entries):
            for text in (*entry.names, *entry.aliases):
                owners.append(number)
                texts.append(text)
            for alias in entry.aliases:
                self._aliases.setdefault(fold(alias), []).append(number)
        self._owner = np.array(owners)
        self._prior = np.array([_prior(e) for e in entries])
        folded = [short(t) for t in texts]
        self._unigrams = CountVectorizer(token_pattern=r"\S+", binary=True)
        presence = self._unigrams.fit_transform(folded)
        self._idf = np.log((1 + presence.shape[0]) / (1 + np.asarray(presence.sum(axis=0)).ravel())) + 1
        self._weighted = presence.multiply(self._idf).tocsr()
        self._mass = np.maximum(np.asarray(self._weighted.sum(axis=1)).ravel(), 1e-9)
        self._views = [
            (WORDS, _View(folded, analyzer="word", ngrams=(1, 2)), fold),
            (LETTERS, _View(folded, analyzer="char_wb", ngrams=(2, 5)), fold),
        ]
        self._accented = _View([nfc(t).lower() for t in texts], analyzer="word", ngrams=(1, 2))
        self._starts = np.flatnonzero(np.diff(self._owner, prepend=-1))

    def find(self, topic: str, text: str = "", most: int = 8) -> list[Hit]:
        """The best candidates for a message, best first.

        ``topic`` is what the message is about; ``text`` the whole message, whose diacritics count where it has some.
        """
        query = short(topic)
        if not query or not self.codes:
            return []
        said, explained = self._coverage(query)
        scores = NAME_SAID * said + MESSAGE_EXPLAINED * explained
        for weight, view, _ in self._views:
            scores += weight * view.similar(query)
        if has_marks(text or topic):
            scores += ACCENTED * self._accented.similar(nfc(text or topic).lower())
        else:
            scores *= 1 / (1 - ACCENTED)
        whole = self._whole_aliases(query)
        best = np.maximum.reduceat(scores, self._starts) + self._prior
        for number, alias in whole.items():
            best[number] += ALIAS_WHOLE * min(1.0, 0.4 + 0.2 * len(alias.split()))
        order = np.argsort(-best)[:most]
        said_best = np.maximum.reduceat(said, self._starts)
        explained_best = np.maximum.reduceat(explained, self._starts)
        return [
            Hit(
                self.codes[n],
                round(float(min(best[n], 1.0)), 4),
                round(float(said_best[n]), 4),
                round(float(explained_best[n]), 4),
                whole.get(n, ""),
            )
            for n in order
            if best[n] > 0.1
        ]

    def _coverage(self, query: str) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """For each text: the share of it that was said, and the share of the message that it explains."""
        tokens = self._unigrams.transform([query])
        known = float(tokens.multiply(self._idf).sum())
        unknown = sum(1 for t in set(query.split()) if t not in self._unigrams.vocabulary_)
        total = known + unknown * float(np.median(self._idf))
        overlap = np.asarray((self._weighted @ tokens.T).todense()).ravel()
        return overlap / self._mass, overlap / max(total, 1e-9)

    def _whole_aliases(self, query: str) -> dict[int, str]:
        """Entries one of whose aliases stands word for word in the message; the longest alias of each."""
        words = query.split()
        found: dict[int, str] = {}
        for start in range(len(words)):
            for end in range(start + 1, min(len(words), start + 9) + 1):
                alias = " ".join(words[start:end])
                for number in self._aliases.get(alias, ()):
                    if len(alias) > len(found.get(number, "")):
                        found[number] = alias
        return found


class _View:
    """TF-IDF vectors of all texts under one analyser."""

    def __init__(self, texts: Iterable[str], analyzer: str, ngrams: tuple[int, int]) -> None:
        pattern = {"token_pattern": r"\S+"} if analyzer == "word" else {}
        self._count = CountVectorizer(analyzer=analyzer, ngram_range=ngrams, dtype=np.float32, **pattern)
        self._weigh = TfidfTransformer(sublinear_tf=True)
        self._matrix: Matrix = sparse.csr_matrix(self._weigh.fit_transform(self._count.fit_transform(texts)))

    def similar(self, query: str) -> np.ndarray[Any, Any]:
        vector = self._weigh.transform(self._count.transform([query]))
        return np.asarray((self._matrix @ vector.T).todense()).ravel()


def _prior(entry: Entry) -> float:
    level = max((LEVEL_PRIOR.get(level, 0.0) for level in entry.levels), default=0.0)
    return level + (CURATED_PRIOR if entry.curated else 0.0)
