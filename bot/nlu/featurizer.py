"""Two views of a message: what it says with diacritics, and what it says without.

A model that sees accented text alone loses 19 to 25 points on text typed without diacritics; letter runs of the
folded text catch typos, word pairs of the folded text carry most of the meaning.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import rasa.shared.utils.io
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import TOKENS_NAMES
from rasa.nlu.featurizers.sparse_featurizer.sparse_featurizer import SparseFeaturizer
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

from bot.nlu.normaliser import normalised

FILE = "vocabulary.json"


@dataclass(frozen=True)
class View:
    """One way of looking at a message, and how much it weighs against the others."""

    name: str
    analyzer: str
    ngrams: tuple[int, int]
    weight: float


VIEWS = (
    View("folded words", "word", (1, 3), 1.0),
    View("folded letters", "char_wb", (2, 5), 0.6),
    View("accented words", "word", (1, 2), 0.5),
)


def texts_of(message: Message) -> dict[str, str]:
    """The text of a message as each view sees it."""
    repaired = normalised(message)
    folded = repaired.folded if repaired else ""
    tokens: list[Token] = message.get(TOKENS_NAMES[TEXT]) or []
    accented = " ".join(token.text.replace(" ", "_").lower() for token in tokens)
    return {"folded words": folded, "folded letters": folded, "accented words": accented}


class _Vectors:
    def __init__(self, view: View, vocabulary: dict[str, int] | None = None, idf: list[float] | None = None) -> None:
        pattern = {"token_pattern": r"\S+"} if view.analyzer == "word" else {}
        self.view = view
        self.count = CountVectorizer(analyzer=view.analyzer, ngram_range=view.ngrams, vocabulary=vocabulary, **pattern)
        self.weigh = TfidfTransformer(sublinear_tf=True)
        if idf is not None:
            self.weigh.idf_ = np.array(idf)

    def fit(self, texts: list[str]) -> None:
        self.weigh.fit(self.count.fit_transform(texts))

    def transform(self, text: str) -> Any:
        return self.weigh.transform(self.count.transform([text])) * self.view.weight

    def as_dict(self) -> dict[str, Any]:
        vocabulary = {term: int(column) for term, column in self.count.vocabulary_.items()}
        return {"vocabulary": vocabulary, "idf": [round(float(x), 5) for x in self.weigh.idf_]}


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class TwoViewFeaturizer(SparseFeaturizer, GraphComponent):
    """Sentence features only: nothing here labels single words."""

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource, name: str | None) -> None:
        super().__init__(name or type(self).__name__, config)
        self._storage, self._resource = storage, resource
        self._vectors: list[_Vectors] = []

    @classmethod
    def required_components(cls) -> list[type]:
        return [Tokenizer]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {**SparseFeaturizer.get_default_config()}

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Nothing can be set."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> TwoViewFeaturizer:
        return cls(config, model_storage, resource, execution_context.node_name)

    def train(self, training_data: TrainingData) -> Resource:
        seen = [texts_of(m) for m in training_data.training_examples if normalised(m)]
        self._vectors = [_Vectors(view) for view in VIEWS]
        for vectors in self._vectors:
            vectors.fit([texts[vectors.view.name] for texts in seen])
        with self._storage.write_to(self._resource) as folder:
            content = {vectors.view.name: vectors.as_dict() for vectors in self._vectors}
            rasa.shared.utils.io.dump_obj_as_json_to_file(folder / FILE, content)
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> TwoViewFeaturizer:
        featurizer = cls(config, model_storage, resource, execution_context.node_name)
        with model_storage.read_from(resource) as folder:
            content = rasa.shared.utils.io.read_json_file(folder / FILE)
        featurizer._vectors = [_Vectors(view, **content[view.name]) for view in VIEWS]
        return featurizer

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            if normalised(message):
                texts = texts_of(message)
                row = sparse.hstack([v.transform(texts[v.view.name]) for v in self._vectors], format="csr")
                message.add_features(Features(row, FEATURE_TYPE_SENTENCE, TEXT, self._identifier))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        self.process(training_data.training_examples)
        return training_data
