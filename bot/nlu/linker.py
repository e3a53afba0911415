"""The procedures that a message may be about, as entities: value the code, with the scores of the search.

Reads the catalogue at load and looks for changed files as it goes, so that a new record needs no training.
"""

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
from bot.catalogue.catalogue import LiveCatalogue
from bot.catalogue.topic import topic_of
from bot.language.codes import find_procedure_codes
from bot.nlu.extractor import AspectAndCodeExtractor
from bot.nlu.normaliser import normalised


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class ProcedureLinker(GraphComponent, EntityExtractorMixin):
    """Not trained: what it knows is the catalogue."""

    def __init__(self, catalogue: LiveCatalogue, most: int) -> None:
        self._catalogue, self._most = catalogue, most
        self._catalogue.current().search.find("khai sinh")  # built now, not at the first citizen's message

    @classmethod
    def required_components(cls) -> list[type]:
        return [AspectAndCodeExtractor]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"most": 8}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> ProcedureLinker:
        known = settings.load()
        return cls(LiveCatalogue(known.data, known.catalogue_check_seconds), config["most"])

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            repaired = normalised(message)
            if repaired is None:
                continue
            catalogue = self._catalogue.current()
            length = len(message.get(TEXT))
            found = [_entity(code, length, score=1.0, typed=True) for code in self._typed(message, catalogue.canonical)]
            taken = [e for e in message.get(ENTITIES, []) if e.get("entity") == "aspect"]
            topic = topic_of(repaired.folded, [(e["start"], e["end"]) for e in taken])
            for hit in catalogue.search.find(topic, repaired.text, self._most):
                scores = {"score": hit.score, "said": hit.said, "explained": hit.explained, "alias": hit.alias}
                found.append(_entity(hit.code, length, typed=False, **scores))
            message.set(ENTITIES, [*message.get(ENTITIES, []), *found], add_to_output=True)
        return messages

    @staticmethod
    def _typed(message: Message, canonical: Any) -> list[str]:
        codes = [canonical(found.value) for found in find_procedure_codes(message.get(TEXT))]
        return [code for code in dict.fromkeys(codes) if code]


def _entity(code: str, length: int, **scores: Any) -> dict[str, Any]:
    return {"entity": "procedure", "value": code, "start": 0, "end": length, "extractor": "ProcedureLinker", **scores}
