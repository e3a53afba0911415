"""Codes and aspects of a message as entities: ``code`` (dossier or procedure), ``aspect`` (what is asked)."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot import settings
from bot.language.aspects import find_aspects
from bot.language.codes import find_dossier_codes, find_procedure_codes
from bot.language.lexicon import Lexicon
from bot.nlu.normaliser import Normaliser, normalised


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class AspectAndCodeExtractor(GraphComponent, EntityExtractorMixin):
    """Rules only: what counts as an aspect is ``nlu_data/lexicon/aspects.yml``."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon

    @classmethod
    def required_components(cls) -> list[type]:
        return [Normaliser]

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> AspectAndCodeExtractor:
        return cls(Lexicon.load(settings.load().data / "lexicon"))

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            repaired = normalised(message)
            if repaired is None:
                continue
            text = message.get(TEXT)
            found = [_entity("code", c.value, c.start, c.end, kind="dossier") for c in find_dossier_codes(text)]
            found += [_entity("code", c.value, c.start, c.end, kind="procedure") for c in find_procedure_codes(text)]
            found += [_entity("aspect", a.aspect, a.start, a.end) for a in find_aspects(repaired, self._lexicon)]
            message.set(ENTITIES, [*message.get(ENTITIES, []), *found], add_to_output=True)
        return messages


def _entity(name: str, value: str, start: int, end: int, **more: Any) -> dict[str, Any]:
    return {"entity": name, "value": value, "start": start, "end": end, "extractor": "AspectAndCodeExtractor", **more}
