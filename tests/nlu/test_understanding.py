"""What the classifier sees of a message, and what it has learned, with the real Rasa."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bot.cli import comparing
from bot.evaluation.intents import file_of, read_sentences
from bot.settings import HOME
from tests.evaluation.test_phoatis import SAMPLE
from tests.nlu.trained import parse

pytestmark = [
    pytest.mark.rasa,
    pytest.mark.filterwarnings("ignore"),  # importing Rasa and TensorFlow warns in many third-party places
]
LEAST_RIGHT = 0.75
"""Of the held-out sentences; measured at 0.80 when written."""


def test_words_their_pairs_and_where_the_message_begins_and_ends_are_seen() -> None:
    from bot.nlu.featurizer import word_pairs

    assert word_pairs("le phi sao") == ["le", "phi", "sao", "< le", "le phi", "phi sao", "sao >"]
    assert word_pairs("  ") == []


def test_the_first_and_the_last_words_are_seen_with_their_places() -> None:
    from bot.nlu.featurizer import edges

    assert edges("a b c d") == ["0<a", "1<b", "2<c", "0>d", "1>c", "2>b", "4 words"]
    assert edges("a") == ["0<a", "0>a", "1 words"]
    assert edges("a " * 40)[-1] == "12 words"
    assert edges("") == []


def test_terms_weigh_what_scikit_learn_makes_them_weigh() -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer

    from bot.nlu.featurizer import Vectors, View

    texts = ["le phi bao nhieu", "phi phi phi sao", "gio lam viec", "bao nhieu"]
    view = View("", "folded", str.split, 1.0)
    ours = Vectors.fitted(view, [{"folded": text} for text in texts])
    theirs = TfidfVectorizer(analyzer=str.split, sublinear_tf=True).fit(texts)
    assert list(ours.rarity) == list(theirs.get_feature_names_out())
    for text in [*texts, "phi chua thay", "chua thay", ""]:
        columns, values = ours.transform({"folded": text})
        row = np.zeros(len(ours.rarity))
        row[columns] = values
        assert row == pytest.approx(theirs.transform([text]).toarray()[0], abs=1e-4), text


def test_held_out_sentences_are_understood_with_diacritics_and_without(agent: Any) -> None:
    sentences, errors = read_sentences(file_of(HOME / "nlu_data"))
    assert errors == []
    for typed in ("text", "plain"):
        heard = [parse(agent, getattr(sentence, typed))["intent"]["name"] for sentence in sentences]
        right = sum(name == sentence.intent for name, sentence in zip(heard, sentences, strict=True))
        assert right >= LEAST_RIGHT * len(sentences), f"{typed}: {right} of {len(sentences)}"


def test_chances_are_chances(agent: Any) -> None:
    ranking = parse(agent, "làm khai sinh hết bao nhiêu tiền")["intent_ranking"]
    chances = [entry["confidence"] for entry in ranking]
    assert chances == sorted(chances, reverse=True)
    assert 0 < sum(chances) <= 1.001


@pytest.mark.parametrize("text", ["我想买一台二手摩托车", "오늘 날씨 어때요", "🙏🙏"])
def test_a_message_without_a_vietnamese_letter_is_no_business_of_ours(agent: Any, text: str) -> None:
    assert parse(agent, text)["intent"]["name"] == "out_of_scope"


def test_our_components_learn_flight_questions_too_and_lose_nothing_without_diacritics() -> None:
    ours = comparing.phoatis_table(SAMPLE)[0]
    assert ours.of == 8
    assert ours.test >= 75.0  # the largest class alone would be 37.5
    assert ours.plain is not None
    assert ours.plain >= 75.0
