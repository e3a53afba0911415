"""What a Vietnamese syllable can look like: onset, rime, tone. Rules of the spelling, not a word list."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from bot.language.unicode import TONES, fold, nfc, strip_marks

ONSETS = (
    "ngh", "ng", "nh", "ch", "tr", "th", "ph", "kh", "gh", "gi", "qu", "b", "c", "d", "đ", "g", "h", "k", "l", "m",
    "n", "p", "r", "s", "t", "v", "x", "",
)  # fmt: skip
OPEN_RIMES = (
    "a ai ao au ay e eo ê êu i ia iu o oa oai oao oay oe oeo oi ô ôi ơ ơi u ua uê ui uơ uy uya uyu ư ưa ưi ưu "
    "y yêu iêu âu ây uây ươi ươu uôi ya"
).split()
ENDINGS = {
    "c": "a ă â e o ô oa oă u ư uô ươ iê i ơ", "ch": "a ê i oa uê uy",
    "t": "a ă â e ê i iê o oa oă oe ô ơ u uâ uyê uy uô ư ươ yê",
    "p": "a ă â e ê i iê o oa ô ơ u uy ư ươ", "m": "a ă â e ê i iê o oa oă ô ơ u uô ư ươ yê",
    "n": "a ă â e ê i iê o oa oă oe ô ơ u uâ uô uyê uy ư ươ yê", "ng": "a ă â e o oa oă oo ô u uâ uô ư ươ iê ơ uê",
    "nh": "a ê i oa uê uy",
}  # fmt: skip
CLOSED_RIMES = tuple(vowel + end for end, vowels in ENDINGS.items() for vowel in vowels.split())
RIMES = frozenset(OPEN_RIMES) | frozenset(CLOSED_RIMES)
STOPPED = re.compile(r"(?:c|ch|t|p)$")
LEAST_WORDS, LEAST_SHARE = 3, 0.6
SHARP_OR_HEAVY = {"\u0301", "\u0323"}


def split_tone(syllable: str) -> tuple[str, str]:
    """A syllable without its tone, and the tone mark ("" for none)."""
    parts = unicodedata.normalize("NFD", syllable)
    tones = [p for p in parts if p in TONES]
    return nfc("".join(p for p in parts if p not in TONES)), "".join(tones)


@lru_cache(maxsize=20_000)
def is_syllable(text: str) -> bool:
    """True where the text is spelt as one Vietnamese syllable, with its diacritics or with none left out."""
    bare, tone = split_tone(text.lower())
    if len(tone) > 1:
        return False
    for onset in ONSETS:
        rime = bare[len(onset) :]
        if bare.startswith(onset) and rime in RIMES and _fits(onset, rime):
            return not tone or not STOPPED.search(rime) or tone in SHARP_OR_HEAVY
    return bare in ("gi", "gin", "gì") and len(tone) <= 1


def _fits(onset: str, rime: str) -> bool:
    """Spelling rules between onset and rime: c/k, g/gh, ng/ngh, qu."""
    front = rime[0] in "ieêy"
    if onset in ("k", "gh", "ngh"):
        return front
    if onset in ("c", "g", "ng"):
        return not front
    return onset != "p" or bool(rime)


@lru_cache(maxsize=20_000)
def is_bare_syllable(text: str) -> bool:
    """True where a text without diacritics can be a syllable whose marks were left out."""
    return text in _bare_syllables()


@lru_cache(maxsize=1)
def _bare_syllables() -> frozenset[str]:
    out = {fold(onset + rime) for onset in ONSETS for rime in RIMES if _fits(onset, rime)}
    return frozenset(out | {"gi", "gin"})


def looks_vietnamese(text: str) -> bool:
    """False for a text in another script, or of some length whose words are mostly no Vietnamese syllables."""
    words = re.findall(r"[^\W\d_]+", nfc(text).lower())
    if len(words) < LEAST_WORDS:
        return bool(not words or any("a" <= letter <= "z" or letter in "đ" for letter in strip_marks("".join(words))))
    syllables = sum(is_syllable(word) or is_bare_syllable(strip_marks(word)) for word in words)
    return syllables >= LEAST_SHARE * len(words)
