"""A slipped key mended: a word that is none becomes the commonest word of our field that is one slip away.

What our field's words are is ``nlu_data/lexicon/words.yml``, written by ``motcua linking fit`` from the names of
procedures and places and from the questions we know; a word that stands there is never touched.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.language.syllables import is_bare_syllable
from bot.language.unicode import fold

SHORTEST, SHORTEST_GLUED = 3, 5
LETTERS = "abcdefghiklmnopqrstuvxy"


def repair(token: str, words: Mapping[str, int]) -> str:
    """The word (folded) that a token was meant to be; the token itself where it is one, or none is near.

    ``words``: folded words with how often they are said. A token spelt as a Vietnamese syllable may be a name, so it
    is mended only where two of its letters changed places.
    """
    folded = fold(token)
    if len(folded) < SHORTEST or not folded.isalpha() or folded in words or not words:
        return token
    near = _swapped(folded) if is_bare_syllable(folded) else _one_slip_away(folded)
    best = max((word for word in near if word in words), key=lambda word: words[word], default="")
    return best or _unglued(folded, words) or token


def _swapped(word: str) -> Iterator[str]:
    for n in range(len(word) - 1):
        yield word[:n] + word[n + 1] + word[n] + word[n + 2 :]


def _one_slip_away(word: str) -> Iterator[str]:
    """Every word with two letters swapped, one left out, one put in, one replaced."""
    yield from _swapped(word)
    for n in range(len(word) + 1):
        if n < len(word):
            yield word[:n] + word[n + 1 :]
        for letter in LETTERS:
            yield word[:n] + letter + word[n:]
            if n < len(word):
                yield word[:n] + letter + word[n + 1 :]


def _unglued(word: str, words: Mapping[str, int]) -> str:
    """Two words that were typed as one: "togi" → "to gi"; empty where it cannot be cut."""
    if len(word) < SHORTEST_GLUED or is_bare_syllable(word):
        return ""
    cuts = [(word[:n], word[n:]) for n in range(2, len(word) - 1)]
    known = [(min(words[a], words[b]), f"{a} {b}") for a, b in cuts if a in words and b in words]
    return max(known)[1] if known else ""
