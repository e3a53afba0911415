"""A long message cut into parts that a messenger takes: between paragraphs, else lines, sentences, words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise

PARAGRAPH, LINE, WORD = re.compile(r"\s*\n\s*\n\s*"), re.compile(r"\s*\n\s*"), re.compile(r"\s+")
UNFINISHED = re.compile(r"(?:^|\s)(?:\d{1,3}|[A-ZĐ]{1,4})\.$")
"""Taken for the end of a sentence: the number of a line ("1."), an abbreviation ("TT. 01/2018")."""
LEAST_SHARE = 4
"""A part is not made shorter than a fourth of what it may hold for the sake of a paragraph or a sentence."""
LOOK_AHEAD = 200
"""Characters beyond the border that are read to see whether a sentence ends there."""


def split(text: str, most: int) -> list[str]:
    """The text in parts of at most ``most`` characters, without blanks at their ends; [] for nothing but blanks.

    Only blanks between parts are lost. A word is cut only where it is longer than ``most``. The caller composes the
    text (``nfc``) first. Raises ValueError for ``most`` below 1.
    """
    if most < 1:
        raise ValueError(f"parts of {most} characters hold nothing")
    parts, rest = list[str](), text.strip()
    while len(rest) > most:
        end = _end(rest, most)
        parts.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return [*parts, rest] if rest else parts


def _end(text: str, most: int) -> int:
    """Where the first part of a longer text ends: 1 to ``most``."""
    window, least = text[: most + 1], max(1, most // LEAST_SHARE)
    for pattern in (PARAGRAPH, LINE):
        if ends := [match.start() for match in pattern.finditer(window) if match.start() >= least]:
            return ends[-1]
    if ends := [end for end in _sentence_ends(text[: most + LOOK_AHEAD]) if least <= end <= most]:
        return ends[-1]
    if ends := [match.start() for match in WORD.finditer(window)]:
        return ends[-1]
    return _between_letters(text, most)


def _sentence_ends(text: str) -> Iterator[int]:
    """Where sentences end before a blank, in order."""
    from underthesea import sent_tokenize  # takes a second to import: only for a text that is too long

    starts, position = list[int](), 0
    for sentence in sent_tokenize(text):
        start = text.find(sentence, position)
        if start >= 0:
            starts.append(start)
            position = start + len(sentence)
    for before, start in pairwise(starts):
        end = before + len(text[before:start].rstrip())
        if text[end:start].isspace() and not UNFINISHED.search(text[:end][-8:]):
            yield end


def _between_letters(word: str, most: int) -> int:
    """At most ``most``, and not between a letter and its marks."""
    end = most
    while end > 1 and unicodedata.combining(word[end]):
        end -= 1
    return most if unicodedata.combining(word[end]) else end
