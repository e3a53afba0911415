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
from bot.catalogue.catalogue import Catalogue
from bot.catalogue.live import LiveCatalogue
from bot.language.codes import find_procedure_codes
from bot.language.normalise import Normalised, normalise
from bot.language.parts import MOST_PARTS, parts_of
from bot.language.unicode import fold
from bot.nlu.extractor import AspectAndCodeExtractor
from bot.nlu.normaliser import normalised

TOGETHER_FROM, NAMED_FROM = 0.7, 0.8
"""A part of a message stands for a procedure that is named in it, and right by this chance."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class ProcedureLinker(GraphComponent, EntityExtractorMixin):
    """Not trained: what it knows is the catalogue."""

    def __init__(self, catalogue: LiveCatalogue, most: int) -> None:
        self._catalogue, self._most = catalogue, most

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
        return cls(LiveCatalogue.of(settings.load(), _build_search), config["most"])

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            repaired = normalised(message)
            if repaired is None:
                continue
            catalogue = self._catalogue.current()
            length = len(message.get(TEXT))
            found = [_entity(code, length, score=1.0, typed=True) for code in self._typed(message, catalogue.canonical)]
            # "xã Lộc An" says nothing of the procedure
            finding = catalogue.look(repaired, catalogue.places.spans(repaired.folded), self._most)
            linked = [_entity(length=length, typed=False, **asdict(hit)) for hit in finding.hits]
            if finding.chances:
                linked[0]["chances"] = asdict(finding.chances)
            found += linked
            found += [_entity(code, length, together=True) for code in self._together(catalogue, repaired)]
            message.set(ENTITIES, [*message.get(ENTITIES, []), *found], add_to_output=True)
        return messages

    def _together(self, catalogue: Catalogue, message: Normalised) -> list[str]:
        """The procedures that a message asks for at once, in its order; none where it asks for one."""
        parts = parts_of(message.text)
        if len(parts) < 2:
            return []
        codes = [code for part in parts if (code := self._of_part(catalogue, part))]
        different = list(dict.fromkeys(codes))
        return different[:MOST_PARTS] if len(different) > 1 else []

    def _of_part(self, catalogue: Catalogue, text: str) -> str | None:
        """The procedure that one part of a message names beyond doubt, None where it names none."""
        finding = catalogue.look(Normalised(text, text, fold(text)), most=self._most)
        if not finding.chances or finding.chances.right < TOGETHER_FROM:
            return None
        best = finding.hits[0]
        return best.code if best.alias or best.said >= NAMED_FROM else None

    @staticmethod
    def _typed(message: Message, canonical: Any) -> list[str]:
        codes = [canonical(found.value) for found in find_procedure_codes(message.get(TEXT))]
        return [code for code in dict.fromkeys(codes) if code]


def _build_search(catalogue: Catalogue) -> None:
    """Asks once, so that what is built at the first question is there before a citizen's."""
    catalogue.look(normalise("khai sinh", catalogue.lexicon))


def _entity(code: str, length: int, **scores: Any) -> dict[str, Any]:
    return {"entity": "procedure", "value": code, "start": 0, "end": length, "extractor": "ProcedureLinker", **scores}
