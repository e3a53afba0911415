"""What a message is about, once the words that only ask are taken out."""

from __future__ import annotations

from collections.abc import Iterable


def topic_of(folded: str, asking: Iterable[tuple[int, int]]) -> str:
    """The folded message without the spans that ask; the whole message where nothing else would be left of it."""
    characters = list(folded)
    for start, end in asking:
        characters[start:end] = " " * (min(end, len(folded)) - start)
    return " ".join("".join(characters).split()) or folded
