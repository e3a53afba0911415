"""What makes a text easy to read and to hear: short sentences, no abbreviation unexplained, numbers in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path

import yaml

from bot.language.lexicon import LexiconError
from bot.language.speaking import MOST_SPOKEN, day_in_words, money_in_words, number_in_words

LONGEST_SENTENCE = 20
"""Syllables (words between spaces). DESIGN section 6: sentences under about 20 words."""
SENTENCE_END = re.compile(r"(?<=[.!?;])\s+|\n")
ABBREVIATION = re.compile(r"\b[A-ZĐ]{2,}[A-ZĐ0-9]*\b")
LEGAL_TEXT = re.compile(r"\b(?:QĐ|NĐ|TT|NQ|Luật|VBHN)? ?\d[\d.]*/\d*/?[\wĐ-]+|\b(?:QĐ|NĐ|TT|NQ)\b(?= \d)")
FORM_NUMBER = re.compile(
    r"\b[A-ZĐ]{1,6}\d*[A-Z]?(?:[-/.]?\d+[\w.-]*)+(?:/[\w/-]+)*\b|\b\d+[A-Z]?-[A-ZĐ]+\d*\b|\b[IVX]{2,}\b"
)
EXPLAINED = frozenset({"ID", "QR", "PDF", "SIM", "OTP", "ADN", "HIV"})
"""Capitals that people know as they are."""
LEAST_PART = 4
"""A sentence that is cut leaves no part with fewer words."""
CUT_BEFORE = ("và", "hoặc", "nhưng", "rồi", "thì", "vì")
LIST_MARK = re.compile(r"^\s*(?:-|•|\d{1,2}\.)\s*")
URL = re.compile(r"https?://\S+|\b[\w-]+(?:\.[\w-]+)*\.vn\b\S*")
CODE = re.compile(r"\b\d\.\d{6}\b|\b\d+/[\w-]*[A-ZĐ][\w-]*|\b[A-ZĐ]+\d+\b")
DAY = re.compile(r"\b(\d{1,2})/(\d{1,2})/(\d{4})\b")
PROGRESS = re.compile(r"(?<![\w./])(\d{1,2})/(\d{1,2})(?![\w/])")
MONEY = re.compile(r"\b(\d{1,3}(?:\.\d{3})+|\d+) đồng\b")
NUMBER = re.compile(r"(?<![\w.,/])(\d{1,3}(?:\.\d{3})+|\d+)(?![\w/]|[.,]\d)")


def read_abbreviations(file: Path) -> dict[str, str]:
    """What each abbreviation is called in full. Raises LexiconError, which says which entry is wrong."""
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8")) or []
    except (OSError, yaml.YAMLError) as error:
        raise LexiconError(f"{file.name}: {error}") from None
    if not isinstance(content, list):
        raise LexiconError(f"{file.name}: is no list; write lines as '- {{short: UBND, means: Ủy ban nhân dân}}'")
    out: dict[str, str] = {}
    for number, entry in enumerate(content, 1):
        if not isinstance(entry, dict) or set(entry) != {"short", "means"} or not all(map(_is_text, entry.values())):
            raise LexiconError(f"{file.name}: entry {number} needs 'short' and 'means', both text")
        if entry["short"] in out:
            raise LexiconError(f"{file.name}: entry {number}: {entry['short']} stands twice; keep one")
        out[entry["short"]] = entry["means"]
    return out


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def spell_out(text: str, abbreviations: Mapping[str, str]) -> str:
    """The text with every known abbreviation written out; addresses and numbers of documents stay as they are."""
    if not abbreviations:
        return text
    longest_first = sorted(abbreviations, key=len, reverse=True)
    known = re.compile(rf"(?<![\w/-])(?:{'|'.join(map(re.escape, longest_first))})(?![\w/-])")
    return known.sub(lambda match: abbreviations[match.group()], text)


def sentences(text: str) -> list[str]:
    """The sentences of a text, each item of a list one, without the marks of the list."""
    parts = (LIST_MARK.sub("", part).strip() for part in SENTENCE_END.split(text))
    return [part for part in parts if any(c.isalpha() for c in part)]


def short_sentences(text: str, most: int = LONGEST_SENTENCE) -> str:
    """The text with sentences of more than ``most`` words cut in two where a clause ends; others stay as they are."""
    ends = [match.group() for match in SENTENCE_END.finditer(text)]
    parts = SENTENCE_END.split(text)
    return "".join(f"{' '.join(_cut(part, most))}{end}" for part, end in zip(parts, [*ends, ""], strict=True))


def _cut(sentence: str, most: int) -> Iterator[str]:
    words = sentence.split(" ")
    if len(words) <= most:
        yield sentence
        return
    places = [
        place
        for place in range(LEAST_PART, min(most, len(words) - LEAST_PART) + 1)
        if words[place - 1].endswith((",", ":")) or words[place] in CUT_BEFORE
    ]
    if not places:
        yield sentence
        return
    first = " ".join(words[: places[-1]]).rstrip(",:")
    rest = " ".join(words[places[-1] :])
    yield f"{first}."
    yield from _cut(rest[:1].upper() + rest[1:], most)


def long_sentences(text: str) -> list[str]:
    """The sentences with more than LONGEST_SENTENCE words."""
    return [sentence for sentence in sentences(text) if len(sentence.split()) > LONGEST_SENTENCE]


def unexplained(text: str) -> list[str]:
    """The abbreviations in a text that people do not know; numbers of documents and forms are none."""
    bare = FORM_NUMBER.sub(" ", LEGAL_TEXT.sub(" ", URL.sub(" ", text)))
    return [short for short in dict.fromkeys(ABBREVIATION.findall(bare)) if short not in EXPLAINED]


def readability(text: str) -> list[str]:
    """What makes a text hard to read, one line a problem; empty for a plain one."""
    problems = [f"a sentence of {len(s.split())} words: {s[:60]!r}" for s in long_sentences(text)]
    return [*problems, *(f"the abbreviation {short}" for short in unexplained(text))]


def read_aloud(text: str, abbreviations: Mapping[str, str]) -> str:
    """The text as it is to be spoken: days, amounts and numbers in words; addresses and codes stay."""
    said = spell_out(text, abbreviations)
    kept = re.compile(rf"{URL.pattern}|{CODE.pattern}")
    out, start = [], 0
    for span in kept.finditer(said):
        out += [_in_words(said[start : span.start()]), span.group()]
        start = span.end()
    return "".join([*out, _in_words(said[start:])])


def _in_words(text: str) -> str:
    text = DAY.sub(_day, text)
    text = PROGRESS.sub(lambda m: f"{number_in_words(int(m[1]))} trên {number_in_words(int(m[2]))}", text)
    text = MONEY.sub(lambda m: _number(m, money_in_words), text)
    return NUMBER.sub(lambda m: _number(m, number_in_words), text)


def _day(match: re.Match[str]) -> str:
    try:
        return day_in_words(date(int(match[3]), int(match[2]), int(match[1])))
    except ValueError:  # 31/2: no day, so it stays as it was written
        return match.group()


def _number(match: re.Match[str], say: Callable[[int], str]) -> str:
    number = int(match[1].replace(".", ""))
    return match.group() if number >= MOST_SPOKEN else say(number)
