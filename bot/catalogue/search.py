"""Finding the procedure that a message is about, among some 4,600 names and the curated aliases.

A message is compared with every name and alias without diacritics (and once more with them, where it has them):
word pairs catch short human questions, and coverage tells how much of a name was said and how much of the message the
name explains. What is said of a procedure all together (names, aliases, questions of old) is compared by words and by
letters, which catch damaged ones. Weights were chosen on questions of our own, see docs/decisions/.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.preprocessing import normalize

from bot.catalogue.columns import Array, Columns, Matrix, Owners
from bot.catalogue.national.wording import Wording
from bot.language.lexicon import Qualifier
from bot.language.unicode import fold, has_marks, nfc

WORDS, ACCENTED, NAME_SAID, MESSAGE_EXPLAINED = 0.26, 0.10, 0.22, 0.30
FULL_TEXT, ASKED_BEFORE, EVERYDAY, GIST = 0.8, 0.4, 0.25, 2.0
SCALE = 0.5
"""All weights together: a message that is a procedure's name scores about 1.2."""
ALIAS_WHOLE = 0.26
LONGEST_ALIAS = 10
NAME_WHOLE, LEAST_NAME_WORDS = 0.04, 5
"""What a name said word for word is worth, for each of its words: of names inside one another the longest is meant."""
LEAST_SCORE = 0.1
CARRIER_WEIGHT = 0.15
LACKS_QUALIFIER, UNSAID_QUALIFIER = 0.4, 0.12
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
    examples: tuple[str, ...] = ()
    """Topics of questions that this procedure answers."""
    codes: tuple[str, ...] = ()
    """Every code whose full text speaks of it."""


@dataclass(frozen=True)
class Hit:
    """One candidate. ``score`` ranks; ``alias`` is the alias found word for word in the message, if any."""

    code: str
    score: float
    said: float
    explained: float
    alias: str = ""
    wording: float = 0.0
    """How much its full text speaks of the message."""
    gist: float = 0.0
    """How like the message is to all that is said of it."""


BRACKETS = re.compile(r"\([^)]*\)")


def same_thing(name: str) -> str:
    """What the names of one procedure at several levels have in common."""
    return short(re.sub(r"\b[Cc]ấp (?:[Tt]ỉnh|[Xx]ã|[Tt]rung ương|[Bb]ộ)\b", " ", BRACKETS.sub(" ", name)))


def short(name: str) -> str:
    """A name folded and without the words that every official name has."""
    return " ".join(SHORT_WORDS.sub(" ", fold(name)).split())


class Search:
    """An index over entries, built once (about a second for 5,000), asked in a few milliseconds."""

    def __init__(
        self,
        entries: Sequence[Entry],
        carriers: Collection[str] = (),
        qualifiers: Sequence[Qualifier] = (),
        wording: Wording | None = None,
    ) -> None:
        """``carriers`` are folded words that any question has: they hardly count against a candidate."""
        self._qualifiers = qualifiers
        named = _named(entries, qualifiers, lambda e: e.names)
        known = named | _named(entries, qualifiers, lambda e: e.aliases)
        self._named, self._lacks, self._most_unsaid = named.T.copy(), ~known.T, named.sum(axis=1)
        self.codes = [e.code for e in entries]
        self._things = [same_thing(e.names[0]) for e in entries]
        self._folded_names = [[name for text in e.names if (name := short(text))] for e in entries]
        self._carriers = frozenset(carriers)
        owners: list[int] = []
        texts: list[str] = []
        self._aliases: dict[str, list[int]] = {}
        for number, entry in enumerate(entries):
            for text in (*entry.names, *entry.aliases):
                owners.append(number)
                texts.append(text)
            for alias in entry.aliases:
                self._aliases.setdefault(fold(alias), []).append(number)
        self._owners = Owners(owners, len(entries))
        self._prior = np.array([rank(e) for e in entries])
        folded = [short(t) for t in texts]
        unigrams = CountVectorizer(token_pattern=r"\S+", binary=True)
        presence = unigrams.fit_transform(folded)
        self._word: dict[str, int] = unigrams.vocabulary_
        self._idf = np.log((1 + presence.shape[0]) / (1 + np.asarray(presence.sum(axis=0)).ravel())) + 1
        self._usual_idf = float(np.median(self._idf))
        weighted = presence.multiply(self._idf)
        self._weighted = Columns(weighted)
        self._telling = np.array(
            [CARRIER_WEIGHT if word in self._carriers else 1.0 for word in unigrams.get_feature_names_out()]
        )
        self._mass = np.maximum(np.asarray(weighted.sum(axis=1)).ravel(), 1e-9)
        self._words = View(folded, analyzer="word", ngrams=(1, 2))
        self._accented = View([nfc(t).lower() for t in texts], analyzer="word", ngrams=(1, 2))
        self._asked, self._gist = _Asked(entries), _Gist(entries)
        self._wording = wording
        place = {code: n for n, code in enumerate(wording.codes)} if wording else {}
        rows = [[place[code] for code in entry.codes if code in place] for entry in entries]
        self._texts = Owners(np.repeat(np.arange(len(entries)), [len(found) for found in rows]), len(entries))
        self._text_row = np.array([row for found in rows for row in found], dtype=int)

    def find(self, topic: str, text: str = "", most: int = 8, meant: Iterable[tuple[str, float]] = ()) -> list[Hit]:
        """The best candidates for a message, best first.

        ``topic`` is what the message is about; ``text`` the whole message, whose diacritics count where it has some;
        ``meant`` are official names of everyday words in it, each with the share of the topic that these words are.
        """
        query = short(topic)
        if not query or not self.codes:
            return []
        said, explained = self._coverage(query)
        scores = NAME_SAID * said + MESSAGE_EXPLAINED * explained
        scores += WORDS * self._words.similar(query)
        if has_marks(text or topic):
            scores += ACCENTED * self._accented.similar(nfc(text or topic).lower())
        else:
            scores *= 1 / (1 - ACCENTED)
        whole = self._whole_aliases(query)
        best = self._owners.best(scores) + self._prior
        said_best, explained_best = self._owners.best(said), self._owners.best(explained)
        for number, alias in whole.items():
            length = min(1.0, 0.4 + 0.2 * len(alias.split()))
            best[number] += ALIAS_WHOLE * length * float(explained_best[number])
        spoken, like = self._spoken(query), self._asked.like(query)
        best += FULL_TEXT * spoken + ASKED_BEFORE * like + EVERYDAY * self._meant(meant)
        gist = self._gist.like(query)
        best += GIST * gist
        best -= self._mismatch(f"{query} {short(text)}")
        best *= SCALE
        self._favour_whole_names(best, query, most)
        hits: list[Hit] = []
        for n in self._best_of_each_thing(best, most):
            kinds = (best, said_best, explained_best, spoken, gist)
            score, told, part, wording, like_it = (round(float(min(x[n], 2.0)), 4) for x in kinds)
            hits.append(Hit(self.codes[n], score, told, part, whole.get(n, ""), wording, like_it))
        return hits

    def _meant(self, names: Iterable[tuple[str, float]]) -> Array:
        """How like each entry is to an official name that everyday words stand for, by their share of the topic."""
        out = np.zeros(len(self.codes))
        for name, share in names:
            out = np.maximum(out, share * self._owners.best(self._words.similar(short(name))))
        return out

    def _spoken(self, query: str) -> Array:
        """How well each entry's full text speaks of the message; of several texts the best."""
        if self._wording is None:
            return np.zeros(len(self.codes))
        return self._texts.best(self._wording.similar(query)[self._text_row])

    def _mismatch(self, message: str) -> Array:
        """What each entry loses for qualifiers said that it lacks, and for its own that were not said."""
        said = [n for n, q in enumerate(self._qualifiers) if any(_has(message, word) for word in q.says)]
        lacking = self._lacks[said].sum(axis=0)
        unsaid = self._most_unsaid - self._named[said].sum(axis=0)
        return np.asarray(LACKS_QUALIFIER * lacking + UNSAID_QUALIFIER * unsaid)

    def _favour_whole_names(self, scores: Array, query: str, most: int) -> None:
        """Raises the entries near the top whose name stands in the message word for word."""
        for n in _highest(scores, most * 5):
            said = max((len(name.split()) for name in self._folded_names[n] if _has(query, name)), default=0)
            if said >= LEAST_NAME_WORDS:
                scores[n] += NAME_WHOLE * said

    def _best_of_each_thing(self, scores: Array, most: int) -> list[int]:
        """The best entries; of one procedure at several levels only the best."""
        kept: dict[str, int] = {}
        for n in _highest(scores, most * 5):
            if scores[n] <= LEAST_SCORE or len(kept) == most:
                break
            kept.setdefault(self._things[n] or self.codes[n], n)
        return list(kept.values())

    def _coverage(self, query: str) -> tuple[Array, Array]:
        """For each text: the share of it that was said, and the share of the message that it explains."""
        words = dict.fromkeys(query.split())
        known = np.array([self._word[w] for w in words if w in self._word], dtype=np.intp)
        unknown = sum(1 for w in words if w not in self._word and w not in self._carriers)
        telling = self._telling[known]
        total = float((telling * self._idf[known]).sum()) + unknown * self._usual_idf
        said = self._weighted.times(known, np.ones(len(known))) / self._mass
        explained = self._weighted.times(known, telling) / max(total, 1e-9)
        return said, explained

    def _whole_aliases(self, query: str) -> dict[int, str]:
        """Entries one of whose aliases stands word for word in the message, but not inside a longer alias."""
        words = query.split()
        spans: list[tuple[int, int, str]] = []
        for size in range(min(len(words), LONGEST_ALIAS), 0, -1):
            for start in range(len(words) - size + 1):
                alias = " ".join(words[start : start + size])
                inside = any(a <= start and start + size <= b for a, b, _ in spans)
                if alias in self._aliases and not inside:
                    spans.append((start, start + size, alias))
        found: dict[int, str] = {}
        for _, _, alias in spans:
            for number in self._aliases[alias]:
                found.setdefault(number, alias)
        return found


class _Asked:
    """Questions of old, each owned by the procedure that answers it."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        pairs = [(n, topic) for n, entry in enumerate(entries) for topic in entry.examples if topic]
        self._owners = Owners([n for n, _ in pairs], len(entries))
        self._view = View([topic for _, topic in pairs], analyzer="word", ngrams=(1, 2)) if pairs else None

    def like(self, query: str) -> Array:
        """For each entry how like the message its likest question is, in 0..1."""
        return self._owners.best(self._view.similar(query) if self._view else np.zeros(0))


class _Gist:
    """All that is said of an entry (names, aliases, questions) taken together, as one vector of words and letters."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        pairs = [(n, fold(t)) for n, e in enumerate(entries) for t in (*e.names, *e.aliases, *e.examples) if t]
        owners = np.array([n for n, _ in pairs])
        summed = sparse.csr_matrix((np.ones(len(pairs)), (owners, np.arange(len(pairs)))), (len(entries), len(pairs)))
        texts = [text for _, text in pairs]
        self._views = [
            View(texts, analyzer="word", ngrams=(1, 2), together=summed),
            View(texts, analyzer="char_wb", ngrams=(2, 4), together=summed),
        ]

    def like(self, query: str) -> Array:
        """For each entry how like the message is to all that is said of it, in 0..1."""
        return np.asarray(sum(view.similar(query) for view in self._views) / len(self._views))


class View:
    """TF-IDF vectors of texts under one analyser; ``together`` sums them up into one vector for each of its rows."""

    def __init__(
        self, texts: Iterable[str], analyzer: str, ngrams: tuple[int, int], together: Matrix | None = None
    ) -> None:
        pattern = {"token_pattern": r"\S+"} if analyzer == "word" else {}
        count, weigh = (
            CountVectorizer(analyzer=analyzer, ngram_range=ngrams, **pattern),
            TfidfTransformer(sublinear_tf=True),
        )
        vectors = weigh.fit_transform(count.fit_transform(texts))
        if together is not None:
            vectors = normalize(together @ vectors)
        self._analyse, self._column, self._rarity = count.build_analyzer(), count.vocabulary_, weigh.idf_
        self._columns = Columns(vectors)

    def similar(self, query: str) -> Array:
        """The cosine of the message with each row."""
        said = Counter(term for term in self._analyse(query) if term in self._column)
        columns = np.array([self._column[term] for term in said], dtype=np.intp)
        weights = (1 + np.log(np.array(list(said.values()), dtype=float))) * self._rarity[columns]
        return self._columns.times(columns, weights / max(float(np.linalg.norm(weights)), 1e-9))


def _highest(scores: Array, most: int) -> list[int]:
    """The places of the highest scores, best first."""
    near = np.argpartition(-scores, min(most, len(scores) - 1))[:most]
    return [int(n) for n in near[np.argsort(-scores[near], kind="stable")]]


def _has(message: str, phrase: str) -> bool:
    return f" {phrase} " in f" {message} "


def _named(entries: Sequence[Entry], qualifiers: Sequence[Qualifier], texts: Callable[[Entry], Iterable[str]]) -> Array:
    """Which entries (rows) carry which qualifiers (columns) in these texts."""
    words = sorted({word for q in qualifiers for word in q.names})
    any_of_them = re.compile("|".join(map(re.escape, words)) or "(?!)")
    none = [False] * len(qualifiers)

    def carried(entry: Entry) -> list[bool]:
        text = " | ".join(fold(text) for text in texts(entry))
        if not any_of_them.search(text):  # told far quicker than by each of them
            return none
        return [any(_has(text, word) for word in q.names) for q in qualifiers]

    return np.array([carried(entry) for entry in entries], dtype=bool).reshape(len(entries), len(qualifiers))


def rank(entry: Entry) -> float:
    """What an entry is worth before anything is asked: the citizen's own level first, and records of ours."""
    level = max((LEVEL_PRIOR.get(level, 0.0) for level in entry.levels), default=0.0)
    return level + (CURATED_PRIOR if entry.curated else 0.0)
