"""Codes inside free text: of procedures (``1.001193``) and of dossiers (``H19.12-261105-0007``).

A dossier's code is read as people type it: any case, any dash, blanks or dots for the joints, the letters O, I, l for
the digits 0, 1. Its prefix is opaque: formats drift, so no office is ever derived from it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

PROCEDURE = re.compile(r"(?<![\w.,])\d\.\d{6}(?![\d\w]|[.,]\d)")
DOSSIER = re.compile(
    r"(?<![A-Z0-9])(?:\d{3}\.\d{2}\.\d{2}\.)?[A-Z]\d{2}(?:\.\d{1,3}){0,3}-(?:\d{6}|\d{8})-\d{3,7}(?![0-9])"
)
FIRST_YEAR = 2018
"""The form of the code dates from TT 01/2018/TT-VPCP: no dossier is older."""

DIGIT, BLANK = "[0-9OoIiLl]", r"[\s\u00ad\u200b-\u200d\u2060\ufeff]{0,3}"
DASHES = r"\-_\u2010-\u2015\u2212\ufe58\ufe63\uff0d"
DOT = rf"{BLANK}[.\u00b7]{BLANK}"
JOINT = rf"(?:{BLANK}[{DASHES}]{BLANK}|{DOT}|[ \u00a0]{{1,3}})"
LOOSE = re.compile(
    rf"(?<![A-Za-z0-9])(?P<lead>{DIGIT}{{3}}{DOT}{DIGIT}{{2}}{DOT}{DIGIT}{{2}}{DOT})?"
    rf"(?P<letter>[A-Za-z])(?P<unit>{DIGIT}{{2}})(?P<rest>(?:{DOT}{DIGIT}{{1,3}}|[ \u00a0]\d{{1,3}}){{0,3}})"
    rf"(?P<first>{JOINT})(?P<date>{DIGIT}{{8}}|{DIGIT}{{6}})"
    rf"(?P<second>{JOINT})(?P<number>{DIGIT}{{3,7}}(?![0-9A-Za-z])|\d{{3,7}}(?![0-9OoIiLl]))"
)
GOES_ON = re.compile(r"[ .\u00a0\-]{0,2}\d{3}")
LONGEST_PERSONAL_NUMBER = 12
MEANT = str.maketrans("OoIiLl", "001111")


@dataclass(frozen=True)
class Found:
    """A code in its normal form, and where it stands in the text given."""

    value: str
    start: int
    end: int


def find_procedure_codes(text: str) -> list[Found]:
    """Procedure codes, in order. Amounts such as 1.500.000 are none."""
    return [Found(m.group(), m.start(), m.end()) for m in PROCEDURE.finditer(text)]


def dossier_code(text: str) -> str:
    """One code and nothing else, in the normal form of ``find_dossier_codes``; any other text in capitals."""
    typed = text.strip()
    whole = [found.value for found in find_dossier_codes(typed) if (found.start, found.end) == (0, len(typed))]
    return whole[0] if whole else typed.upper()


def find_dossier_codes(text: str) -> list[Found]:
    """Dossier codes in order, as ``H19.12-261105-0007`` however they were typed.

    An identity number or a phone is never one: it begins with 0 and no dossier dates from 200x; digits that hold no
    day and are no more than an identity number's are none either.
    """
    plain, found, position = _plain(text), list[Found](), 0
    while match := LOOSE.search(plain, position):
        position = match.start() + 1
        value = _normal(match)
        if DOSSIER.fullmatch(value) and _is_typed_code(match, value):
            found.append(Found(value, match.start(), match.end()))
            position = match.end()
    return found


def dossier_day(code: str) -> date | None:
    """The day that a code in its normal form names; None where that is no day."""
    digits = code.rsplit("-", 2)[1]
    year, month, day = int(digits[:-4]) + (2000 if len(digits) == 6 else 0), int(digits[-4:-2]), int(digits[-2:])
    try:
        return date(year, month, day)
    except ValueError:
        return None


def doubtful_dossier_code(code: str, today: date) -> bool:
    """True where the day in a code cannot be that of a dossier: a reason to ask for a second look, not to refuse."""
    named = dossier_day(code)
    return named is None or named.year < FIRST_YEAR or named > today


def _plain(text: str) -> str:
    """Full-width and mathematical letters and digits as ordinary ones; every character keeps its place."""
    if text.isascii():
        return text
    return "".join(c if len(n := unicodedata.normalize("NFKC", c)) != 1 or not n.isascii() else n for c in text)


def _normal(match: re.Match[str]) -> str:
    lead, rest = (re.sub(r"[^0-9A-Za-z]+", ".", match[part] or "").translate(MEANT) for part in ("lead", "rest"))
    unit, day, number = (match[part].translate(MEANT) for part in ("unit", "date", "number"))
    return f"{lead}{match['letter'].upper()}{unit}{rest}-{day}-{number}"


def _is_typed_code(match: re.Match[str], value: str) -> bool:
    """Whether what looks like a code is one, and no words, amounts or phones that happen to stand side by side."""
    if not all(re.search(r"[0-9]", match[part]) for part in ("unit", "date", "number")):
        return False
    named, digits = dossier_day(value), value.rsplit("-", 2)[1]
    if digits.startswith("0") or (len(digits) == 8 and not digits.startswith("20")):
        return False
    if named is None and sum(c.isdigit() for c in value) <= LONGEST_PERSONAL_NUMBER:
        return False
    if all(re.search(f"[{DASHES}]", match[joint]) for joint in ("first", "second")):
        return True
    return named is not None and named.year >= FIRST_YEAR and not GOES_ON.match(match.string, match.end())
