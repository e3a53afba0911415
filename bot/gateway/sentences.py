"""What the gateway itself says to citizens: sentences of ``nlu_data/responses/``, read once in a process."""

from __future__ import annotations

import functools
from pathlib import Path

from bot import settings
from bot.catalogue.phrases import Phrases


def say(name: str, /, **values: object) -> str:
    """One sentence. Raises PhraseError where it is missing."""
    return _phrases(settings.load().data / "responses").say(name, **values)


@functools.cache
def _phrases(folder: Path) -> Phrases:
    return Phrases.load(folder)
