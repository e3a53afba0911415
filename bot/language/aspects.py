"""What a message asks about its procedure: papers, money, time, place … found by their phrases, several at a time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from bot.language.lexicon import Lexicon
from bot.language.normalise import Normalised
from bot.language.unicode import has_marks
from bot.turn import Aspect


@dataclass(frozen=True)
class FoundAspect:
    """An aspect and the phrase that asks for it; ``start`` and ``end`` point into the folded message."""

    aspect: Aspect
    start: int
    end: int
    phrase: str


def find_aspects(message: Normalised, lexicon: Lexicon) -> list[FoundAspect]:
    """The aspects asked, in order, each once. A longer phrase wins over a shorter one inside it."""
    taken = [False] * len(message.folded)
    found: list[FoundAspect] = []
    for phrase in lexicon.aspects:
        if phrase.folded not in message.folded:  # told far quicker than by its pattern
            continue
        if phrase.accented and not (has_marks(message.text) and _accented(phrase.phrase).search(message.text)):
            continue
        for match in phrase.pattern.finditer(message.folded):
            if not any(taken[match.start() : match.end()]):
                taken[match.start() : match.end()] = [True] * (match.end() - match.start())
                found.append(FoundAspect(phrase.aspect, match.start(), match.end(), phrase.phrase))
    return _settled(sorted(found, key=lambda f: f.start))


def _settled(found: list[FoundAspect]) -> list[FoundAspect]:
    """Each aspect once; "thế nào" beside something definite only carries the question along."""
    definite = [f for f in found if f.aspect != "steps"]
    vague = {"the nao", "nhu the nao", "ra sao", "nhu nao", "sao gio", "sao day", "lam sao", "huong dan"}
    kept = [f for f in found if f.aspect != "steps" or not definite or f.phrase not in vague]
    once: dict[Aspect, FoundAspect] = {}
    for one in kept:
        once.setdefault(one.aspect, one)
    return list(once.values())


@lru_cache(maxsize=200)
def _accented(phrase: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(phrase)}(?!\w)")
