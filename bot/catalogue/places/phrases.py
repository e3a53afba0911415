"""Sets of phrases around a place name ("cũ", "nay thuộc"), looked up by their first word."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.catalogue.places.names import Word
from bot.language.unicode import fold

Phrase = tuple[str, ...]


class PhraseSet:
    """Phrases without diacritics; places and lengths count words."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._by_first: dict[str, list[Phrase]] = {}
        for phrase in sorted({tuple(fold(text).split()) for text in texts} - {()}, key=len, reverse=True):
            self._by_first.setdefault(phrase[0], []).append(phrase)

    def at(self, words: Sequence[Word], place: int) -> int:
        """How long the longest phrase is that stands there; 0 for none."""
        if not 0 <= place < len(words):
            return 0
        found = (phrase for phrase in self._by_first.get(words[place].key, ()) if _stands(words, place, phrase))
        return len(next(found, ()))

    def anywhere(self, words: Sequence[Word]) -> bool:
        return any(self.at(words, place) for place in range(len(words)))

    def ends_before(self, words: Sequence[Word], place: int) -> bool:
        """True where one of the phrases ends right before that place."""
        return any(self._ending(words, start, place) for start in range(max(0, place - 5), place))

    def _ending(self, words: Sequence[Word], start: int, place: int) -> bool:
        ending = (p for p in self._by_first.get(words[start].key, ()) if start + len(p) == place)
        return any(_stands(words, start, phrase) for phrase in ending)


def _stands(words: Sequence[Word], place: int, phrase: Phrase) -> bool:
    """ "cũ" is not the beginning of "cư trú"."""
    end = place + len(phrase)
    if end > len(words) or any(words[place + n].key != part for n, part in enumerate(phrase)):
        return False
    if phrase[-1] != "cu":
        return True
    following = words[end].key if end < len(words) else ""
    return words[end - 1].text.lower() in ("cu", "cũ", "củ") and following not in ("tru", "dan", "the")
