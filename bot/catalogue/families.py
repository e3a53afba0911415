"""Procedures about one thing that differ only in what is done with it: a permit issued, issued again, prolonged.

People name the thing and often not the act; whether they did, and how many procedures share the thing, tells when to
ask back. The words are ``nlu_data/lexicon/acts.yml``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from bot.catalogue.search import same_thing, short
from bot.language.lexicon import Act, Acts
from bot.language.unicode import fold

SAME_FAMILY, MOST_SIBLINGS = 0.6, 4
LEAST_WORDS, LEAST_SHARED, NEAREST = 2, 0.75, 0.5


def siblings(names: Sequence[str], acts: Acts) -> int:
    """How many of the other names (best first) speak of the same thing as the first one; at most MOST_SIBLINGS."""
    first, *others = (thing(name, acts) for name in names)
    same = sum(len(first & other) >= SAME_FAMILY * max(len(first | other), 1) for other in others)
    return min(same, MOST_SIBLINGS)


def relative(name: str, text: str, others: Mapping[str, str], acts: Acts) -> str | None:
    """The code of the procedure about the same thing as ``name`` that does what a follow-up says; None for none.

    ``text``: the normalised message ("thế còn gia hạn thì sao"); ``others``: names by code, likelier ones first.
    """
    wanted = [act for act in acts.said(text) if not acts.names(act, fold(name))]
    about = thing(name, acts)
    if not wanted or len(about) < LEAST_WORDS:
        return None
    fitting = {
        code: _nearness(about, thing(other, acts)) for code, other in others.items() if _does(other, wanted, acts)
    }
    best = max(fitting, key=lambda code: fitting[code], default=None)
    return best if best and fitting[best] >= NEAREST else None


def _does(name: str, wanted: Sequence[Act], acts: Acts) -> bool:
    return any(acts.names(act, fold(name)) for act in wanted)


def _nearness(about: frozenset[str], other: frozenset[str]) -> float:
    """How much of two things is the same; 0 where one is not nearly contained in the other."""
    shared = len(about & other)
    contained = len(other) >= LEAST_WORDS and shared >= LEAST_SHARED * min(len(about), len(other))
    return shared / len(about | other) if contained else 0.0


@lru_cache(maxsize=20_000)
def thing(name: str, acts: Acts) -> frozenset[str]:
    """The words of an official name that say what it is about, whatever is done with it."""
    return frozenset(acts.without(short(same_thing(name))).split())
