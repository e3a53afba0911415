"""The intent of a message: a linear support vector machine over sparse features; its confidence is calibrated on
held-out folds.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import rasa.shared.utils.io
from numpy.typing import NDArray
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.featurizers.featurizer import Featurizer
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy import sparse
from scipy.optimize import minimize_scalar
from sklearn.model_selection import GroupKFold
from sklearn.svm import LinearSVC

from bot.language.unicode import fold

WEIGHTS, LABELS = "weights.npz", "labels.json"
FOLDS = 3
Array = NDArray[Any]


def softmax(logits: Array, temperature: float) -> Array:
    scaled = logits / temperature
    scaled = scaled - scaled.max(axis=1, keepdims=True)
    grown = np.exp(scaled)
    return np.asarray(grown / grown.sum(axis=1, keepdims=True))


def best_temperature(logits: Array, truth: Array) -> float:
    """The temperature under which held-out logits are least surprised by the truth (in 0.05 … 20)."""

    def surprise(log_temperature: float) -> float:
        chosen = softmax(logits, float(np.exp(log_temperature)))[np.arange(len(truth)), truth]
        return float(-np.log(np.maximum(chosen, 1e-12)).mean())

    return float(np.exp(minimize_scalar(surprise, bounds=(-3, 3), method="bounded").x))


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LinearIntentClassifier(IntentClassifier, GraphComponent):
    """One weight per term and intent. Files hold plain arrays and JSON, no code."""

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource) -> None:
        self._config, self._storage, self._resource = config, storage, resource
        self._labels: list[str] = []
        self._weights: Array = np.zeros((0, 0), dtype=np.float32)
        self._bias: Array = np.zeros(0, dtype=np.float32)
        self._temperature = 1.0

    @classmethod
    def required_components(cls) -> list[type]:
        return [Featurizer]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"regularisation": 0.7}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LinearIntentClassifier:
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        examples = [m for m in training_data.training_examples if m.get(INTENT) and _features(m) is not None]
        rows = sparse.vstack([_features(m) for m in examples], format="csr")
        self._labels = sorted({m.get(INTENT) for m in examples})
        truth = np.array([self._labels.index(m.get(INTENT)) for m in examples])
        groups = [fold(m.get(TEXT)) for m in examples]
        self._temperature = self._calibrated(rows, truth, groups)
        model = self._fitted(rows, truth)
        self._weights = np.ascontiguousarray(model.coef_.T, dtype=np.float32)
        self._bias = model.intercept_.astype(np.float32)
        self._persist()
        return self._resource

    def _fitted(self, rows: Any, truth: Array) -> LinearSVC:
        """A rare intent's sentences count more, by the root of how rare it is: in full, common intents would lose."""
        counts = np.bincount(truth)
        present = np.flatnonzero(counts)
        weights = {intent: float(np.sqrt(len(truth) / (len(present) * counts[intent]))) for intent in present}
        return LinearSVC(C=self._config["regularisation"], class_weight=weights, random_state=1).fit(rows, truth)

    def _calibrated(self, rows: Any, truth: Array, groups: list[str]) -> float:
        """A sentence and its copy without diacritics stay in one fold, or the held-out fold would be known."""
        held_out = np.full((len(truth), len(self._labels)), -20.0)
        for learn, judge in GroupKFold(FOLDS).split(rows, truth, groups):
            model = self._fitted(rows[learn], truth[learn])
            held_out[np.ix_(judge, model.classes_)] = model.decision_function(rows[judge])
        return best_temperature(held_out, truth)

    def _persist(self) -> None:
        with self._storage.write_to(self._resource) as folder:
            np.savez_compressed(folder / WEIGHTS, weights=self._weights, bias=self._bias)
            content = {"labels": self._labels, "temperature": self._temperature}
            rasa.shared.utils.io.dump_obj_as_json_to_file(folder / LABELS, content)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> LinearIntentClassifier:
        classifier = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            content = rasa.shared.utils.io.read_json_file(folder / LABELS)
            with np.load(folder / WEIGHTS, allow_pickle=False) as arrays:
                classifier._weights, classifier._bias = arrays["weights"], arrays["bias"]
        classifier._labels, classifier._temperature = content["labels"], content["temperature"]
        return classifier

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            row = _features(message)
            ranking = self._ranking(row) if row is not None else []
            message.set("intent", ranking[0] if ranking else {"name": None, "confidence": 0.0}, add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
        return messages

    def _ranking(self, row: Any) -> list[dict[str, Any]]:
        logits = row.data @ self._weights[row.indices] + self._bias  # the rows of its few terms, out of 50,000
        chances = softmax(logits[None], self._temperature)[0]
        order = np.argsort(-chances)[:10]
        return [{"name": self._labels[n], "confidence": round(float(chances[n]), 4)} for n in order]


def _features(message: Message) -> Any:
    _, sentence = message.get_sparse_features(TEXT)
    return sentence.features if sentence else None
