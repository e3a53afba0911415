"""Sentences that judge the intents: ``nlu_data/evaluation/intents.yml``, never learned from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.catalogue.loading import CatalogueError, read_mapping
from bot.evaluation.scoring import Rate
from bot.language.unicode import nfc, strip_marks


@dataclass(frozen=True)
class Sentence:
    """What somebody types, and the intent that it has."""

    text: str
    intent: str

    @property
    def plain(self) -> str:
        """The same, typed without diacritics."""
        return strip_marks(self.text)


def file_of(data: Path) -> Path:
    """The committed file."""
    return data / "evaluation" / "intents.yml"


def read_sentences(file: Path) -> tuple[list[Sentence], list[CatalogueError]]:
    """All good sentences in the order of the file, and what is wrong with the others. Never raises."""
    content, errors = read_mapping(file, "intents:")
    if errors:
        return [], errors
    by_intent = content.get("intents")
    if not isinstance(by_intent, dict) or set(content) != {"intents"}:
        return [], [CatalogueError(file, "file", "holds something else; put every list of sentences under 'intents:'")]
    sentences: list[Sentence] = []
    for intent, texts in by_intent.items():
        if not isinstance(texts, list) or not texts:
            errors.append(CatalogueError(file, str(intent), "is no list of sentences; begin each with '- '"))
            continue
        for number, text in enumerate(texts, 1):
            if isinstance(text, str) and text.strip():
                sentences.append(Sentence(" ".join(nfc(text).split()), str(intent)))
            else:
                errors.append(CatalogueError(file, f"{intent}.{number}", "is no sentence; put it in quotes"))
    return sentences, errors


def right(sentences: Sequence[Sentence], intents: Sequence[str | None]) -> Rate:
    """How many sentences were heard as what they are."""
    pairs = zip(sentences, intents, strict=True)
    return Rate(sum(sentence.intent == intent for sentence, intent in pairs), len(sentences))
