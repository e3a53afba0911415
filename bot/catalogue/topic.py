"""What a message is about, once the words that only ask are taken out."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from bot.language.aspects import find_aspects
from bot.language.lexicon import Lexicon
from bot.language.normalise import Normalised


def topic_of(folded: str, asking: Iterable[tuple[int, int]], carriers: Collection[str]) -> str:
    """The folded message without the spans that ask; empty where only words are left that any question has."""
    characters = list(folded)
    for start, end in asking:
        characters[start:end] = " " * (min(end, len(folded)) - start)
    words = "".join(characters).split()
    return " ".join(words) if any(word not in carriers for word in words) else ""


def topic_in(message: Normalised, lexicon: Lexicon) -> str:
    """What a message is about."""
    asking = [(found.start, found.end) for found in find_aspects(message, lexicon)]
    return topic_of(message.folded, asking, lexicon.carriers)


def official_names(topic: str, everyday: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The everyday words in a folded topic with their official names; a longer word wins over one inside it.

    ``everyday`` is (folded word, official name), longest words first.
    """
    rest, found = f" {topic} ", []
    for word, official in everyday:
        if f" {word} " in rest:
            rest = rest.replace(f" {word} ", " | ")
            found.append((word, official))
    return found


def share_of(part: str, topic: str, carriers: Collection[str]) -> float:
    """How much of a topic's telling words stand in a part of it (0..1)."""
    telling = [word for word in topic.split() if word not in carriers]
    return sum(word in part.split() for word in telling) / len(telling) if telling else 1.0
