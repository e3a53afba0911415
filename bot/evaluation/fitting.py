"""Learning how sure the search may be from questions of our own: ``nlu_data/linking/`` and the names themselves.

Each question is judged by a search that has not seen it as an example (five folds); names and aliases stand for plain
questions, of which people ask many.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.certainty import FEATURES, OUTCOMES, Weights, features
from bot.catalogue.search import Hit, same_thing
from bot.catalogue.spoken import Example
from bot.language.normalise import normalise
from bot.language.unicode import fold

FOLDS, SEED = 5, 4
NAMES_OF_THE_INDEX, ALIASES_A_RECORD, FOLDED_SHARE = 500, 3, 0.3
STIFFNESS, NAME_WEIGHT, WRONG_WEIGHT = 0.3, 0.6, 0.4
"""Names are easy and count less than questions; hard questions of the index are too many, so wrong counts less."""
Row = tuple[list[float], int, float]


def _outcome(example: Example, best: Hit, catalogue: Catalogue) -> int:
    if not example.codes:
        return OUTCOMES.index("outside")
    if example.ask:
        return OUTCOMES.index("vague")
    right = {catalogue.canonical(code) or code for code in example.codes}
    return OUTCOMES.index("right" if best.code in right else "wrong")


def _rows(catalogue: Catalogue, examples: Iterable[Example], weight: float) -> Iterator[Row]:
    for example in examples:
        if evidence := catalogue.look(normalise(example.text, catalogue.lexicon)).evidence:
            outcome = _outcome(example, evidence.hits[0], catalogue)
            counted = weight * (WRONG_WEIGHT if OUTCOMES[outcome] == "wrong" else 1.0)
            yield features(evidence), outcome, counted


def plain_questions(catalogue: Catalogue, chance: random.Random) -> Iterator[Example]:
    """Names and aliases as questions, each with every code of the same thing."""
    things: dict[str, set[str]] = {}
    for entry in catalogue.index.values():
        things.setdefault(same_thing(entry.name), set()).add(entry.code)

    def question(text: str, code: str, name: str) -> Example:
        codes = [code, *sorted(things.get(same_thing(name), set()) - {code})]
        return Example(text=fold(text) if chance.random() < FOLDED_SHARE else text.lower(), codes=codes)

    for record in catalogue.procedures.values():
        for text in (record.name, record.plain_name, *chance.sample(record.aliases, ALIASES_A_RECORD)):
            yield question(text, record.code, record.name)
    plain = [e for e in catalogue.index.values() if catalogue.get(e.code) is e and not e.superseded_by]
    for entry in chance.sample(plain, min(NAMES_OF_THE_INDEX, len(plain))):
        for text in (entry.name, *catalogue.everyday_names.get(entry.code, ())[:1]):
            yield question(text, entry.code, entry.name)


def fit(catalogue: Catalogue) -> Weights:
    """The weights for this catalogue, with or without full texts as it is."""
    chance = random.Random(SEED)
    examples = list(catalogue.examples)
    chance.shuffle(examples)
    rows: list[Row] = []
    for fold_number in range(FOLDS):
        known = tuple(e for n, e in enumerate(examples) if n % FOLDS != fold_number)
        rows += _rows(replace(catalogue, examples=known), examples[fold_number::FOLDS], 1.0)
    rows += _rows(catalogue, plain_questions(catalogue, chance), NAME_WEIGHT)
    values, outcomes, counted = (np.array(column) for column in zip(*rows, strict=True))
    scale = StandardScaler().fit(values)
    model = LogisticRegression(C=STIFFNESS, max_iter=2000).fit(scale.transform(values), outcomes, sample_weight=counted)
    weights = model.coef_ / scale.scale_
    bias = model.intercept_ - weights @ scale.mean_
    return Weights(
        bias={o: round(float(bias[n]), 4) for n, o in enumerate(OUTCOMES)},
        by_feature={
            name: {o: round(float(weights[n, k]), 4) for n, o in enumerate(OUTCOMES)} for k, name in enumerate(FEATURES)
        },
    )
