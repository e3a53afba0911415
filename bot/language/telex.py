"""Keystrokes of Telex and VNI typed with the input method off: "dduwowcj" → "được", "to72" → "tờ"."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from bot.language.syllables import is_bare_syllable, is_syllable
from bot.language.unicode import nfc, unify_tone_position

TONE_KEYS = {"s": "\u0301", "f": "\u0300", "r": "\u0309", "x": "\u0303", "j": "\u0323"}
VNI_TONES = {"1": "\u0301", "2": "\u0300", "3": "\u0309", "4": "\u0303", "5": "\u0323"}
SHAPES = (
    ("uow", "ươ"), ("uwow", "ươ"), ("uwo", "ươ"), ("dd", "đ"), ("aa", "â"), ("aw", "ă"), ("ee", "ê"), ("oo", "ô"),
    ("ow", "ơ"), ("uw", "ư"), ("a^", "â"), ("e^", "ê"), ("o^", "ô"),
)  # fmt: skip
LATE_SHAPES = {"a": "â", "e": "ê", "o": "ô"}
VNI_SHAPES = (("d9", "đ"), ("a6", "â"), ("e6", "ê"), ("o6", "ô"), ("a8", "ă"), ("o7", "ơ"), ("u7", "ư"))
LONG_O = frozenset("boong xoong soong goong moong coong loong rooc mooc sooc cooc tooc".split())
VOWELS = "aăâeêioôơuưy"


@lru_cache(maxsize=20_000)
def decode(token: str) -> str | None:
    """The word that a token's keystrokes mean, None where the token is a word already or means none.

    A token that is itself a possible syllable ("bao", "tas" is not) is never touched, so names stay as they are.
    """
    lower = token.lower()
    if len(token) < 2 or not token.isascii() or (is_bare_syllable(lower) and not _doubles_o(lower)):
        return None
    for reading in (_telex(lower), _telex(lower, late=True), _vni(lower)):
        if reading and reading != lower and is_syllable(reading):
            word = unify_tone_position(reading)
            return word.upper() if token.isupper() else word.capitalize() if token[0].isupper() else word
    return None


def _doubles_o(word: str) -> bool:
    """True for "khoong", a syllable by its spelling alone: only loan words have a long o."""
    return "oo" in word and word not in LONG_O


def _telex(token: str, late: bool = False) -> str | None:
    body, tone = token, ""
    for place in range(len(token) - 1, 0, -1):
        if token[place] in TONE_KEYS and any(v in token[:place] for v in "aeiouy"):
            candidate = token[:place] + token[place + 1 :]
            if not candidate[place:] or all(c in "cghmnptwaeiouy^" for c in candidate[place:]):
                body, tone = candidate, TONE_KEYS[token[place]]
                break
    if late:
        body = _late_shape(body)
    for keys, letters in sorted(SHAPES, key=lambda pair: -len(pair[0])):
        body = body.replace(keys, letters)
    if "w" in body:
        body = _late_w(body)
    return _with_tone(body, tone)


def _late_shape(body: str) -> str:
    """A vowel repeated at the end of the word shapes the earlier one: "cano" + "o" → "cân" is written "cana"."""
    if len(body) > 2 and body[-1] in LATE_SHAPES and body[-1] in body[:-1]:
        place = body.index(body[-1])
        return body[:place] + LATE_SHAPES[body[-1]] + body[place + 1 : -1]
    if body.startswith("d") and body.endswith("d") and len(body) > 2:
        return "đ" + body[1:-1]
    return body


def _late_w(body: str) -> str:
    rest = body.replace("w", "", 1)
    for plain, shaped in (("uo", "ươ"), ("o", "ơ"), ("u", "ư"), ("a", "ă")):
        if plain in rest:
            return rest.replace(plain, shaped, 1)
    return body


def _vni(token: str) -> str | None:
    if not any(c.isdigit() for c in token) or token.isdigit():
        return None
    body, tone = token, ""
    for place in range(len(token) - 1, 0, -1):
        if token[place] in VNI_TONES:
            body, tone = token[:place] + token[place + 1 :], VNI_TONES[token[place]]
            break
    for keys, letters in VNI_SHAPES:
        body = body.replace(keys, letters)
    for digit, plain, shaped in (("7", "uo", "ươ"), ("7", "o", "ơ"), ("7", "u", "ư"), ("6", "a", "â"), ("6", "e", "ê"),
                                 ("6", "o", "ô"), ("8", "a", "ă"), ("9", "d", "đ")):  # fmt: skip
        if digit in body and plain in body:
            body = body.replace(digit, "", 1).replace(plain, shaped, 1)
    return None if any(c.isdigit() for c in body) else _with_tone(body, tone)


def _with_tone(body: str, tone: str) -> str | None:
    """The tone on the vowel that carries it: a shaped one, else the first of an open pair, else the last."""
    if not tone:
        return body
    start = 2 if body.startswith(("qu", "gi")) and any(c in VOWELS for c in body[2:]) else 0
    places = [n for n, c in enumerate(body) if c in VOWELS and n >= start]
    if not places:
        return None
    shaped = [n for n in places if body[n] in "ăâêôơư"]
    if shaped:
        place = shaped[-1]
    elif len(places) == 1 or places[-1] == len(body) - 1:
        place = places[-2] if len(places) > 2 else places[0]
    else:
        place = places[-1]
    return nfc(body[: place + 1] + tone + body[place + 1 :])


def strip_to_keys(word: str) -> str:
    """The Telex keystrokes of a word, tone last: the opposite of ``decode``, for tests and training."""
    out: list[str] = []
    tone = ""
    keys = {mark: key for key, mark in TONE_KEYS.items()}
    for letter in unicodedata.normalize("NFD", word):
        if letter in keys:
            tone = keys[letter]
        elif letter == "\u0302":
            out.append(out[-1])
        elif letter in "\u0306\u031b":
            out.append("w")
        else:
            out.append("dd" if letter == "đ" else letter)
    return "".join(out) + tone
