"""Repairs each message before anything else looks at it, and shows the trainer its sentences without diacritics too.

The repaired message is kept beside the raw one under ``NORMALISED``; Rasa's own ``text`` is never changed.
"""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot import settings
from bot.language import lexicon as lexicon_module
from bot.language import normalise as normalise_module
from bot.language import unicode as unicode_module
from bot.language.lexicon import Lexicon
from bot.language.normalise import Normalised, normalise
from bot.language.unicode import fold
from bot.nlu.provenance import fingerprint

NORMALISED = "normalised"


def normalised(message: Message) -> Normalised | None:
    """What the normaliser made of a message, None where it has no text."""
    found: Normalised | None = message.get(NORMALISED)
    return found


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class Normaliser(GraphComponent):
    """First in the pipeline."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Normaliser:
        return cls(Lexicon.load(settings.load().data / "lexicon"))

    @staticmethod
    def supported_languages() -> list[str]:
        return ["vi"]

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        files = (settings.load().data / "lexicon").glob("*.yml")
        return fingerprint(files, [lexicon_module, normalise_module, unicode_module])

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            if text := message.get(TEXT):
                message.set(NORMALISED, normalise(text, self._lexicon))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Adds a copy without diacritics of every labelled sentence: half of what people type has none."""
        labelled = [m for m in training_data.training_examples if m.get(INTENT) and m.get(TEXT)]
        copies = [
            Message.build(text=fold(m.get(TEXT)), intent=m.get(INTENT))
            for m in labelled
            if fold(m.get(TEXT)) != m.get(TEXT)
        ]
        self.process(training_data.training_examples)
        self.process(copies)
        return TrainingData(
            training_examples=training_data.training_examples + copies, responses=training_data.responses
        )
