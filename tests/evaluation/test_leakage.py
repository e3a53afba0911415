"""No question that judges the assistant is a training sentence in other clothes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

import yaml

from bot.catalogue.spoken import read_examples
from bot.evaluation.questions import files_of, read_questions
from bot.language.unicode import fold
from bot.settings import HOME

DATA = HOME / "nlu_data"
NEAR, LEAST_WORDS = 0.7, 4
"""Shared words of all words, without diacritics. A shorter message ("còn phí") cannot help being near another."""


def words(text: str) -> frozenset[str]:
    return frozenset(fold(text).split())


class Trained:
    """Sentences by their words. Two sets are near only if they share one of the rarest words of either."""

    def __init__(self, sentences: Iterable[str]) -> None:
        self._sentences = {words(text): text for text in sentences}
        self._with: dict[str, list[frozenset[str]]] = defaultdict(list)
        for known in self._sentences:
            for word in known:
                self._with[word].append(known)

    def near(self, text: str) -> str | None:
        """A sentence too near to this one, None where there is none."""
        asked = words(text)
        if len(asked) < LEAST_WORDS:
            return None
        rarest_first = sorted(asked, key=lambda word: (len(self._with.get(word, ())), word))
        may_miss = int(len(asked) * (1 - NEAR) + 1e-9)  # a near sentence lacks at most so many of these words
        for word in rarest_first[: may_miss + 1]:
            for known in self._with.get(word, ()):
                if len(asked & known) >= NEAR * len(asked | known):
                    return self._sentences[known]
        return None


def training_sentences() -> Iterator[str]:
    for file in sorted((DATA / "nlu").rglob("*.yml")):
        for entry in yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["nlu"]:
            yield from (line.removeprefix("- ") for line in entry["examples"].splitlines())
    examples, errors = read_examples(DATA / "linking")
    assert errors == []
    yield from (example.text for example in examples)


def judging_sentences() -> Iterator[str]:
    """The last turn of each question, and the sentences that judge the intents."""
    questions, _ = read_questions(files_of(DATA))
    yield from (question.turns[-1] for question in questions)
    for file in sorted((DATA / "evaluation").glob("*.yml")):
        for sentences in yaml.safe_load(file.read_text(encoding="utf-8"))["intents"].values():
            yield from sentences


def test_no_evaluation_question_is_near_a_training_sentence() -> None:
    trained = Trained(training_sentences())
    judging = list(judging_sentences())
    assert {text: found for text in judging if (found := trained.near(text))} == {}
    assert len(judging) >= 500


def test_a_planted_question_is_found_whatever_its_diacritics_and_order() -> None:
    trained = Trained([*training_sentences(), "nhờ coi dùm giấy xe cũ của bà Bảy bên Trảng Bom"])
    for planted in (
        "nhờ coi dùm giấy xe cũ của bà Bảy bên Trảng Bom",
        "bên trang bom coi dum giay xe cu cua ba Bay nhe",
        "Coi dùm giấy xe cũ của bà Bảy, bên Trảng Bom?",
    ):
        assert trained.near(planted) is not None, planted


def test_near_is_seven_words_of_ten() -> None:
    trained = Trained(["a b c d e f g h i j"])
    assert trained.near("a b c d e f g")
    assert trained.near("a b c d e f") is None
    assert trained.near("d e f g h i j x") is None
    assert Trained(["a b c"]).near("a b c") is None


def test_the_index_finds_what_comparing_all_with_all_finds() -> None:
    known = [text for number, text in enumerate(training_sentences()) if number % 40 == 0]
    trained = Trained(known)
    for text in known:
        asked = words(" ".join([*text.split()[1:], "thêm"]))
        if len(asked) >= LEAST_WORDS:
            slow = any(len(asked & words(other)) >= NEAR * len(asked | words(other)) for other in known)
            assert (trained.near(" ".join(asked)) is not None) == slow, text
