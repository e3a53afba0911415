"""How sure the search may be: whether its best candidate is right, wrong, one of too many, or nothing is meant at all.

A logistic model over what the search found, learned from the questions of ``nlu_data/linking/`` by
``motcua linking fit`` and kept as numbers in ``nlu_data/certainty.yml``: one set for a catalogue with full texts, one
for a catalogue without.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log1p
from pathlib import Path

from pydantic import BaseModel, Extra, ValidationError, validator

from bot.catalogue.loading import CatalogueError, explain, read_mapping
from bot.catalogue.search import Hit

CERTAINTY_FILE = "certainty.yml"
OUTCOMES = ("right", "wrong", "vague", "outside")
FEATURES = (
    "score", "said", "explained", "alias_words", "full_text", "lead_1", "lead_2", "lead_3",
    "within_05", "within_10", "within_20", "words", "asks_aspect", "explained_by_any", "said_and_explained",
    "said_by_three", "said_whole", "said_and_lead", "explained_and_lead", "curated", "score_of_curated", "siblings",
    "siblings_untold", "says_first_act", "says_other_act", "like_answered", "like_vague", "like_outside",
    "gist", "gist_lead",
)  # fmt: skip
MOST_ALIAS_WORDS, MOST_LEAD, MOST_FIRST_LEAD, WHOLE = 4, 0.3, 0.6, 0.95


@dataclass(frozen=True)
class Chances:
    """The chance of each outcome of answering with the best candidate; together 1.

    ``vague``: too little was said, several fit. ``outside``: no public procedure is meant.
    """

    right: float
    wrong: float = 0.0
    vague: float = 0.0
    outside: float = 0.0


@dataclass(frozen=True)
class Evidence:
    """What is known of a message and of what the search found for it.

    ``hits``: at least one, best first. ``words``: how many the topic has. ``asks``: an aspect was asked.
    ``curated``: the best one has a record of ours. ``siblings``: how many of the others are about the same thing.
    ``says_first``, ``says_other``: which kind of act was said. ``like``: see likeness.KINDS.
    """

    hits: Sequence[Hit]
    words: int = 0
    asks: bool = False
    curated: bool = False
    siblings: int = 0
    says_first: bool = False
    says_other: bool = False
    like: tuple[float, float, float] = (0.0, 0.0, 0.0)


def features(evidence: Evidence) -> list[float]:
    """One number for each of FEATURES."""
    hits = evidence.hits
    best = hits[0]
    scores = [hit.score for hit in hits] + [0.0] * 3
    lead = [best.score - score for score in scores[1:4]]
    within = [float(sum(best.score - hit.score <= margin for hit in hits)) for margin in (0.05, 0.1, 0.2)]
    first_lead = min(lead[0], MOST_FIRST_LEAD)
    top = hits[:3]
    return [
        best.score, best.said, best.explained, float(min(len(best.alias.split()), MOST_ALIAS_WORDS)),
        best.wording, *(min(one, MOST_LEAD) for one in lead), *within, log1p(evidence.words),
        float(evidence.asks),
        max(hit.explained for hit in hits), best.said * best.explained, sum(hit.said for hit in top) / len(top),
        float(best.said > WHOLE), best.said * first_lead, best.explained * first_lead, float(evidence.curated),
        best.score * evidence.curated, float(evidence.siblings), float(evidence.siblings * (not evidence.says_other)),
        float(evidence.says_first), float(evidence.says_other), *evidence.like, best.gist,
        best.gist - max((hit.gist for hit in hits[1:]), default=0.0),
    ]  # fmt: skip


class Weights(BaseModel):
    """A weight for each feature and outcome, and one for each outcome alone (``bias``)."""

    bias: dict[str, float]
    by_feature: dict[str, dict[str, float]]

    class Config:
        extra = Extra.forbid
        allow_mutation = False

    @validator("by_feature")
    def every_feature_is_weighed(cls, given: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
        if set(given) != set(FEATURES) or any(set(row) != set(OUTCOMES) for row in given.values()):
            raise ValueError("does not weigh every feature for every outcome; run 'motcua linking fit'")
        return given

    def chances(self, values: Sequence[float]) -> Chances:
        """The softmax of the weighted features."""
        pairs = list(zip(FEATURES, values, strict=True))
        logits = [self.bias[o] + sum(self.by_feature[name][o] * value for name, value in pairs) for o in OUTCOMES]
        grown = [exp(logit - max(logits)) for logit in logits]
        right, wrong, vague, outside = (one / sum(grown) for one in grown)
        return Chances(right, wrong, vague, outside)


class Certainty(BaseModel):
    """Both sets of weights."""

    with_full_texts: Weights
    without: Weights

    class Config:
        extra = Extra.forbid
        allow_mutation = False

    def judge(self, evidence: Evidence, full_texts: bool) -> Chances:
        """The chances for what the search found."""
        return (self.with_full_texts if full_texts else self.without).chances(features(evidence))


def read_certainty(file: Path) -> tuple[Certainty | None, list[CatalogueError]]:
    """The learned weights; None where there are none, or they are of another version of the program."""
    if not file.is_file():
        return None, []
    content, errors = read_mapping(file, "with_full_texts:")
    if errors:
        return None, errors
    try:
        return Certainty.parse_obj(content), []
    except ValidationError as error:
        return None, explain(file, error)
