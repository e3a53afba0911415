"""Which words of a sentence are meant as a place: "Hố Nai 3" is, "đóng tiền" (Đồng Tiến) and "mình tạm trú" are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.catalogue.places.models import Area, PlaceWords
from bot.catalogue.places.names import Gazetteer, Name, Spelling, Word, has_marks, spelling
from bot.catalogue.places.phrases import Phrase, PhraseSet
from bot.language.syllables import is_bare_syllable
from bot.language.unicode import fold

TYPE_WORDS: dict[Phrase, str] = {
    ("thi", "tran"): "thị trấn", ("thi", "xa"): "thị xã", ("thanh", "pho"): "thành phố", ("xa",): "xã", ("x",): "xã",
    ("phuong",): "phường", ("p",): "phường", ("f",): "phường", ("tt",): "thị trấn", ("huyen",): "huyện",
    ("h",): "huyện", ("tx",): "thị xã", ("tp",): "thành phố", ("tinh",): "tỉnh",
}  # fmt: skip
COMMUNE_TYPES = frozenset({"xã", "phường", "thị trấn"})
DISTRICT_TYPES = frozenset({"huyện", "thị xã", "thành phố"})


@dataclass(frozen=True)
class Mention:
    """A place name in a message: the words ``start`` to ``end``, its type word (if any) from ``first`` on."""

    first: int
    start: int
    end: int
    type: str | None
    names: tuple[Name, ...]
    spelling: Spelling


class Reader:
    """Finds mentions. ``common``: words (without diacritics) that any question has."""

    def __init__(self, names: Gazetteer, words: PlaceWords, common: frozenset[str]) -> None:
        self._names, self._common = names, common
        self._ordinary, self._not_after, self._at = map(PhraseSet, (words.ordinary, words.not_after, words.at))
        self._surnames, self._fillers = frozenset(map(fold, words.surnames)), frozenset(map(fold, words.fillers))
        self._after = PhraseSet([*words.old_after, *words.today_after])

    def mentions(self, words: Sequence[Word], asked: bool = False) -> list[Mention]:
        """Left to right, none inside another. ``asked``: a place was just asked for, so one is expected."""
        found: list[Mention] = []
        place = 0
        while place < len(words):
            kind, start = type_at(words, place)
            follows_a_name = bool(found) and found[-1].end == place
            mention = self._mention(words, place, start, kind, follows_a_name, asked)
            if mention:
                found.append(mention)
            place = mention.end if mention else place + 1
        return found

    def _mention(
        self, words: Sequence[Word], first: int, start: int, kind: str | None, follows_a_name: bool, asked: bool
    ) -> Mention | None:
        windows = [words[start : start + size] for size in range(self._names.most_words, 0, -1)]
        windows = [w for w in windows if len(w) and all(word.joined for word in w[1:])]
        for window in windows:
            if names := self._names.at(window):
                best = max(spelling(window, name.text) for name in names)
                names = [name for name in names if spelling(window, name.text) == best]
                mention = Mention(first, start, start + len(window), kind, tuple(names), best)
                if self._meant(words, mention, follows_a_name, asked):
                    return mention
        for window in windows:
            if not self._may_be_a_slip(words, window, kind, asked):
                continue
            if names := self._names.near(window):
                mention = Mention(first, start, start + len(window), kind, tuple(names), Spelling.SLIP)
                if self._slipped(words, mention) and self._meant(words, mention, follows_a_name, asked):
                    return mention
        return None

    def _meant(self, words: Sequence[Word], mention: Mention, follows_a_name: bool, asked: bool) -> bool:
        """Whether spelling and neighbours make a place of it."""
        if mention.type is None and not follows_a_name and self._names_something_else(words, mention):
            return False
        window = words[mention.start : mention.end]
        capitals = _capitals(words, window)
        longest = self._ordinary.at(words, mention.start)
        ordinary = longest == len(window)
        marked = mention.spelling == Spelling.RIGHT and has_marks(mention.names[0].text)
        if longest > len(window) and not (capitals and mention.spelling == Spelling.RIGHT):
            return False
        typed = mention.type is not None
        beside = (
            capitals
            or self._something_follows(words, mention)
            or (follows_a_name and any(isinstance(name.meaning, Area) for name in mention.names))
            or mention.end - mention.first == len(words)
            or ((asked or marked or not ordinary) and self._alone(words, mention))
        )
        at = self._at.ends_before(words, mention.first)
        if mention.spelling <= Spelling.OTHER_MARKS:
            return typed and capitals if ordinary else typed or beside or at
        fits = typed and any(mention.type in name.types for name in mention.names)
        return not ordinary or fits or beside or at

    def _may_be_a_slip(self, words: Sequence[Word], window: Sequence[Word], kind: str | None, asked: bool) -> bool:
        """Only where something says so: a type word before, capitals, our question, letters that make no syllable."""
        syllables = all(is_bare_syllable(word.key) or word.key.isdigit() for word in window)
        if len(window) == 1 and syllables:
            return False
        return kind is not None or asked or not syllables or _capitals(words, window)

    def _slipped(self, words: Sequence[Word], mention: Mention) -> bool:
        """Whether words that are nearly a name are a slip, and not words of their own."""
        if self._ordinary.at(words, mention.start):
            return False
        window = words[mention.start : mention.end]
        meant = {fold(part) for name in mention.names for part in name.text.split()}
        if any(not is_bare_syllable(word.key) for word in window if word.key not in meant):
            return True
        certain = _capitals(words, window) or self._something_follows(words, mention)
        return certain or not any(word.key in self._common for word in window)

    def _names_something_else(self, words: Sequence[Word], mention: Mention) -> bool:
        """A street, a hamlet, a person: "đường Quang Trung", "ấp Tân Phú", "Nguyễn Minh Đức"."""
        if self._not_after.ends_before(words, mention.first):
            return True
        pair = words[mention.first - 1 : mention.start + 1] if mention.first else ()
        return len(pair) == 2 and pair[0].key in self._surnames and all(word.capital for word in pair)

    def _alone(self, words: Sequence[Word], mention: Mention) -> bool:
        """True where the message holds nothing else but words that carry no meaning."""
        rest = [*words[: mention.first], *words[mention.end :]]
        return len(rest) < 5 and all(word.key in self._fillers for word in rest)

    def _something_follows(self, words: Sequence[Word], mention: Mention) -> bool:
        """True before "cũ", "nay thuộc", or the district: what stands before them is a place."""
        if self._after.at(words, mention.end):
            return True
        _, start = type_at(words, mention.end)
        for size in range(self._names.most_words, 1, -1):
            window = words[start : start + size]
            if any(isinstance(name.meaning, Area) for name in self._names.at(window)):
                return spelling(window, self._names.at(window)[0].text) != Spelling.OTHER_MARKS
        return False


def type_at(words: Sequence[Word], place: int) -> tuple[str | None, int]:
    """The type that a word or two stand for, and where the name after it begins."""
    for size in (2, 1):
        window = words[place : place + size]
        kind = TYPE_WORDS.get(tuple(word.key for word in window))
        if kind and place + size < len(words) and _spelt(window, kind):
            return kind, place + size
    return None, place


def _spelt(window: Sequence[Word], kind: str) -> bool:
    """True but for other words of the same letters: "phương" is no "phường", "tính" no "tỉnh"."""
    short = [word.key for word in window] != fold(kind).split()
    return short or spelling(window, kind) != Spelling.OTHER_MARKS


def _capitals(words: Sequence[Word], window: Sequence[Word]) -> bool:
    """True where a name is written with capitals, in a message that is not all in capitals."""
    shouted = len(words) > len(window) and all(word.text.isupper() or not word.text.isalpha() for word in words)
    return not shouted and all(word.capital or word.text.isdigit() for word in window)
