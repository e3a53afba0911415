"""Unicode forms of Vietnamese: composed, without diacritics, and one style of tone position."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import filterfalse

TONES = "\u0300\u0301\u0303\u0309\u0323"
LONGEST_WORD = 12
GAPS = re.compile(r"[^0-9a-z]+")
OLD_TONE = re.compile(rf"((?:[oO][aAeE]|(?<![qQ])[uU][yY]))([{TONES}])(?!\w)")
D_STROKE = str.maketrans({"đ": "d", "Đ": "D", "ð": "d", "Ð": "D"})


def nfc(text: str) -> str:
    """The composed form; the decomposed one is longer and compares unequal."""
    return unicodedata.normalize("NFC", text)


def strip_marks(text: str) -> str:
    """The text without diacritics, case and everything else kept."""
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFD", text.translate(D_STROKE))
    return "".join(filterfalse(unicodedata.combining, decomposed))


def fold(text: str) -> str:
    """Lower case, no diacritics, only letters a-z and digits, one blank between words."""
    return _fold_word(text) if len(text) <= LONGEST_WORD else _fold(text)


@lru_cache(maxsize=20_000)
def _fold_word(text: str) -> str:
    """The same words come again and again; whole messages are not kept."""
    return _fold(text)


def _fold(text: str) -> str:
    compatible = unicodedata.normalize("NFKC", text).casefold()
    return GAPS.sub(" ", strip_marks(compatible)).strip()


def has_marks(text: str) -> bool:
    """True where any letter carries a diacritic or is đ."""
    return strip_marks(text) != unicodedata.normalize("NFD", text)


def unify_tone_position(text: str) -> str:
    """One style of tone position at the end of a word: hoà → hòa, uỷ → ủy (hoàn, thuỷu… stay as they are)."""

    def move(match: re.Match[str]) -> str:
        pair, tone = match.group(1), match.group(2)
        return pair[0] + tone + pair[1]

    return nfc(OLD_TONE.sub(move, _decomposed_tones(text)))


def _decomposed_tones(text: str) -> str:
    """Letters composed, tones apart: ầ → â + grave."""
    return "".join(map(_decomposed_tone, nfc(text)))


@lru_cache(maxsize=1_000)
def _decomposed_tone(letter: str) -> str:
    parts = unicodedata.normalize("NFD", letter)
    tones = [p for p in parts if p in TONES]
    return nfc("".join(p for p in parts if p not in TONES)) + "".join(tones)
