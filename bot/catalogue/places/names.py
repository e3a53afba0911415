"""Place names as they are typed: with and without diacritics, in one word, with a slip of the finger."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from bot.catalogue.places.models import Area, OldUnit, Unit
from bot.language.telex import decode
from bot.language.unicode import TONES, fold, strip_marks

WORD = re.compile(r"\w+")
GAP = re.compile(r"[\s.\-–_'’]*")
SHORTEST_SLIP = 6
"""Letters that a name needs before a slip in it is forgiven."""
SHORTEST_JOINED = 5
MOST_WORDS_OF_A_MESSAGE = 400


class Spelling(IntEnum):
    """How a name was spelt, best last."""

    SLIP = 0
    """one letter wrong, missing, too many, or two swapped"""
    OTHER_MARKS = 1
    """the right letters with another diacritic ("Trãng Bom")"""
    FEWER_MARKS = 2
    """diacritics left out, all or some ("Trang bom")"""
    RIGHT = 3


@dataclass(frozen=True)
class Word:
    """One word of a message. ``key``: without diacritics; ``joined``: no comma or stop before it."""

    text: str
    key: str
    joined: bool

    @property
    def capital(self) -> bool:
        return self.text[:1].isupper()


@dataclass(frozen=True)
class Reading:
    """One way to understand a name: a unit of today, under its own name or under that of something it was made of.

    ``former``: under its own name with the type it had until 29/4/2026 ("xã Long Thành").
    """

    unit: Unit
    old: OldUnit | None = None
    former: bool = False

    @property
    def renamed(self) -> bool:
        """True where today's unit is called otherwise than what was said."""
        return self.former or (self.old is not None and self.old.full != self.unit.full)


@dataclass(frozen=True)
class Name:
    """A spelling, what it may stand for, and the words for its type ("xã", "huyện") that may stand before it."""

    text: str
    meaning: Reading | Area
    types: frozenset[str]

    @property
    def words(self) -> int:
        return len(self.text.split())


def words_of(text: str) -> list[Word]:
    """The words of a message, keystrokes of an input method left off decoded; at most the first 400."""
    plain = unicodedata.normalize("NFKC", text)
    out: list[Word] = []
    end = 0
    for match in WORD.finditer(plain):
        word = decode(match.group()) or match.group()
        out.append(Word(word, _key(word), GAP.fullmatch(plain, end, match.start()) is not None))
        end = match.end()
        if len(out) == MOST_WORDS_OF_A_MESSAGE:
            break
    return out


@lru_cache(maxsize=20_000)
def _key(word: str) -> str:
    return fold(word).replace(" ", "")


class Gazetteer:
    """All names by their letters; ``at`` finds the exact ones, ``near`` those one slip away."""

    def __init__(self, names: Iterable[Name]) -> None:
        self._names: dict[str, list[Name]] = {}
        self.most_words = 0
        for name in names:
            self.most_words = max(self.most_words, name.words)
            self._names.setdefault(_key(name.text.replace(" ", "")), []).append(name)
        self._shortened: dict[str, set[str]] = {}
        for key in self._names:
            if len(key) >= SHORTEST_SLIP:
                for short in _shortenings(key):
                    self._shortened.setdefault(short, set()).add(key)

    def at(self, words: Sequence[Word]) -> list[Name]:
        """The names that these words spell, word for word or written in one."""
        key = "".join(word.key for word in words)
        return [name for name in self._names.get(key, ()) if _word_for_word(words, name) or _in_one(words)]

    def near(self, words: Sequence[Word]) -> list[Name]:
        """The names that differ from these words by one slip; numbers in a name may be missing, never differ."""
        key = "".join(word.key for word in words)
        if len(key) < SHORTEST_SLIP:
            return []
        close = set(self._shortened.get(key, ()))
        for short in _shortenings(key):
            close |= self._shortened.get(short, set()) | ({short} & self._names.keys())
        digits = re.sub(r"\D", "", key)
        return [
            name
            for other in sorted(close)
            if key[0] == other[0] and one_slip(key, other) and digits in ("", re.sub(r"\D", "", other))
            for name in self._names[other]
            if len(words) in (1, name.words, len(WORD.findall(re.sub(r"\d", "", name.text))))
        ]


def _word_for_word(words: Sequence[Word], name: Name) -> bool:
    return len(words) == name.words and all(w.key == _key(p) for w, p in zip(words, name.text.split(), strict=True))


def _in_one(words: Sequence[Word]) -> bool:
    """ "honai" and "honai 3" are names run together; "da co" is not "dac o"."""
    return len(words[0].key) >= SHORTEST_JOINED and (len(words) == 1 or words[-1].key.isdigit())


def _shortenings(key: str) -> set[str]:
    return {key[:place] + key[place + 1 :] for place in range(len(key))}


def one_slip(typed: str, meant: str) -> bool:
    """True where one letter was changed, added or left out, or two neighbours swapped."""
    start = next((n for n, (a, b) in enumerate(zip(typed, meant, strict=False)) if a != b), None)
    if start is None:
        return abs(len(typed) - len(meant)) == 1
    rest, other = typed[start:], meant[start:]
    swapped = len(rest) > 1 and rest[:2] == other[1::-1] and rest[2:] == other[2:]
    return swapped or rest[1:] == other[1:] or rest[1:] == other or rest == other[1:]


def spelling(words: Sequence[Word], name: str) -> Spelling:
    """How words with the letters of a name spell it."""
    typed = [_letters(word.text) for word in words]
    meant = [_letters(word) for word in name.split()]
    shapes = zip((s for w in typed for s in w[0]), (s for w in meant for s in w[0]), strict=False)
    tones = [w[1] for w in typed], [w[1] for w in meant]
    if len(typed) != len(meant):
        tones = [t for t in tones[0] if t], [t for t in tones[1] if t]
    pairs = [*shapes, *zip(*tones, strict=False)]
    if len(tones[0]) > len(tones[1]) or any(mark and mark != right for mark, right in pairs):
        return Spelling.OTHER_MARKS
    complete = all(mark == right for mark, right in pairs) and len(tones[0]) == len(tones[1])
    return Spelling.RIGHT if complete else Spelling.FEWER_MARKS


@lru_cache(maxsize=20_000)
def _letters(word: str) -> tuple[tuple[str, ...], str]:
    """The shape on each letter (circumflex, horn, breve, stroke) and the word's tone, wherever it is written."""
    shapes: list[str] = []
    tone = ""
    for letter in unicodedata.normalize("NFD", word.lower()):
        if letter in TONES:
            tone = letter
        elif unicodedata.combining(letter) and shapes:
            shapes[-1] += letter
        else:
            shapes.append("-" if letter != strip_marks(letter) else "")
    return tuple(shapes), tone


def has_marks(name: str) -> bool:
    return strip_marks(name) != unicodedata.normalize("NFD", name)
