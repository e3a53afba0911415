"""From what was typed to what was meant: one repaired copy of a message for matching; the raw text stays beside it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from bot.language.codes import Found, find_dossier_codes, find_procedure_codes
from bot.language.lexicon import Lexicon, Short
from bot.language.repair import repair
from bot.language.telex import decode
from bot.language.unicode import fold, has_marks, nfc, unify_tone_position

STRETCHED = re.compile(r"([^\W\d])\1{2,}")
TOKEN = re.compile(r"[\w^]+(?:'[\w^]+)*|[^\w\s]+|\s+")
PLACEHOLDER = re.compile(r"\[(?:số|mã|mật|email|dãy)[^\]]*\]")
INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class Normalised:
    """A message repaired. ``text`` keeps its diacritics, ``folded`` has none; ``codes`` point into ``raw``."""

    raw: str
    text: str
    folded: str
    codes: tuple[Found, ...] = ()


def normalise(text: str, lexicon: Lexicon) -> Normalised:
    """Repairs what can be repaired without harming names: Unicode form, stretched letters, keystrokes of an input
    method left off, shorthand, regional words, fillers. Words with digits are left alone but for VNI keystrokes.
    """
    codes = tuple(sorted([*find_dossier_codes(text), *find_procedure_codes(text)], key=lambda c: c.start))
    plain = _without_codes(text, codes)
    plain = PLACEHOLDER.sub(" ", plain)  # what masking put there says nothing about the procedure
    plain = INVISIBLE.sub("", unicodedata.normalize("NFKC", plain))
    plain = unify_tone_position(nfc(plain)).lower()
    plain = _expand(plain, lexicon)
    for word, pattern, short in lexicon.regional_patterns:
        if word in plain:  # told far quicker than by its pattern
            plain = _replace_regional(plain, pattern, short)
    if has_marks(plain):
        plain = _without_fillers(plain, lexicon)
    plain = " ".join(plain.split())
    return Normalised(text, plain, fold(plain), codes)


def _without_codes(text: str, codes: tuple[Found, ...]) -> str:
    for code in reversed(codes):
        text = f"{text[: code.start]} {text[code.end :]}"
    return text


def _expand(text: str, lexicon: Lexicon) -> str:
    """Each token decoded or spelt out; the neighbours that conditions look at are folded words."""
    tokens = TOKEN.findall(text)
    words = [n for n, token in enumerate(tokens) if token[0].isalnum()]
    for place, n in enumerate(words):
        previous = fold(tokens[words[place - 1]]).rsplit(" ", 1)[-1] if place else ""
        following = fold(tokens[words[place + 1]]).split(" ", 1)[0] if place + 1 < len(words) else ""
        tokens[n] = _spelt_out(tokens[n], previous, following, lexicon)
    return "".join(tokens)


def _spelt_out(token: str, previous: str, following: str, lexicon: Lexicon) -> str:
    for short in lexicon.shorthand.get(token, ()):
        if short.fits(previous, following):
            return short.means
    calm = STRETCHED.sub(r"\1", token)
    return decode(calm) or repair(calm, lexicon.words)


def _replace_regional(text: str, pattern: re.Pattern[str], short: Short) -> str:
    def standard(match: re.Match[str]) -> str:
        previous = fold(text[: match.start()]).rsplit(" ", 1)[-1]
        following = fold(text[match.end() :]).split(" ", 1)[0]
        return short.means if short.fits(previous, following) else match.group()

    return pattern.sub(standard, text)


def _without_fillers(text: str, lexicon: Lexicon) -> str:
    """Without the words that only open or close a message; a message of nothing telling else stays as it is."""
    kept = lexicon.tail_pattern.sub("", lexicon.lead_pattern.sub("", text.strip()))
    return kept if any(word not in lexicon.carriers for word in fold(kept).split()) else text
