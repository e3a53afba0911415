"""The procedures that a message may be about, as entities: value the code, with the scores of the search.

Reads the catalogue at load and looks for changed files as it goes, so that a new record needs no training.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot import settings
from bot.catalogue.live import LiveCatalogue
from bot.catalogue.topic import topic_of
from bot.language.codes import find_procedure_codes
from bot.language.lexicon import Lexicon
from bot.nlu.extractor import AspectAndCodeExtractor
from bot.nlu.normaliser import normalised


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class ProcedureLinker(GraphComponent, EntityExtractorMixin):
    """Not trained: what it knows is the catalogue."""

    def __init__(self, catalogue: LiveCatalogue, lexicon: Lexicon, most: int) -> None:
        self._catalogue, self._most, self._lexicon = catalogue, most, lexicon
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
        catalogue = LiveCatalogue.of(known)
        return cls(catalogue, Lexicon.load(known.data / "lexicon"), config["most"])

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            repaired = normalised(message)
            if repaired is None:
                continue
            catalogue = self._catalogue.current()
            length = len(message.get(TEXT))
            found = [_entity(code, length, score=1.0, typed=True) for code in self._typed(message, catalogue.canonical)]
            asking = [(e["start"], e["end"]) for e in message.get(ENTITIES, []) if e.get("entity") == "aspect"]
            aside = [*asking, *catalogue.places.spans(repaired.folded)]  # "xã Lộc An" says nothing of the procedure
            topic = topic_of(repaired.folded, aside, self._lexicon.carriers)
            hits = catalogue.find(topic, repaired.text, self._most)
            chances = catalogue.chances(hits, len(topic.split()), bool(asking))
            for hit in hits:
                found.append(_entity(length=length, typed=False, **asdict(hit)))
            if chances and hits:
                found[-len(hits)]["chances"] = asdict(chances)
            message.set(ENTITIES, [*message.get(ENTITIES, []), *found], add_to_output=True)
        return messages

    @staticmethod
    def _typed(message: Message, canonical: Any) -> list[str]:
        codes = [canonical(found.value) for found in find_procedure_codes(message.get(TEXT))]
        return [code for code in dict.fromkeys(codes) if code]


def _entity(code: str, length: int, **scores: Any) -> dict[str, Any]:
    return {"entity": "procedure", "value": code, "start": 0, "end": length, "extractor": "ProcedureLinker", **scores}
