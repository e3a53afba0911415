"""The bot's sentences, read from ``nlu_data/responses/``: one home for Rasa and for what is composed here."""

from __future__ import annotations

import string
from collections.abc import Mapping
from pathlib import Path

import yaml


class PhraseError(ValueError):
    """A sentence is missing or cannot be filled; says which, in which file or with which names."""


class Phrases:
    """Sentences by name. ``say`` fills the names in braces."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = dict(texts)

    @classmethod
    def load(cls, folder: Path) -> Phrases:
        """All responses of a folder. Raises PhraseError on a file that cannot be read or a name defined twice."""
        texts: dict[str, str] = {}
        for file in sorted(folder.glob("*.yml")):
            try:
                content = yaml.safe_load(file.read_text(encoding="utf-8"))
                found = {name: str(variants[0]["text"]) for name, variants in content["responses"].items()}
            except (yaml.YAMLError, KeyError, IndexError, TypeError, AttributeError) as error:
                raise PhraseError(f"{file.name}: every response needs '- text: \"…\"' ({error})") from None
            if twice := texts.keys() & found.keys():
                raise PhraseError(f"{file.name}: {sorted(twice)[0]} stands in another file too; keep one")
            texts |= found
        return cls(texts)

    def say(self, name: str, /, **values: object) -> str:
        """One sentence. Raises PhraseError where it is not defined or lacks a value."""
        if name not in self._texts:
            raise PhraseError(f"no response is called {name}; add it under nlu_data/responses/")
        try:
            return self._texts[name].format(**values)
        except (KeyError, IndexError, ValueError) as error:
            takes = ", ".join(sorted(values)) or "no name"
            raise PhraseError(f"{name}: cannot be filled ({error}); it may use {takes}") from None

    def names_used(self, name: str) -> set[str]:
        """The names in braces of one sentence."""
        return {field for _, field, _, _ in string.Formatter().parse(self._texts[name]) if field}
