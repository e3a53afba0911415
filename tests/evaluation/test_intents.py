"""The sentences that judge the intents, and two pipelines judged by them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from bot.evaluation.intents import Sentence, file_of, read_sentences, right
from bot.evaluation.pipelines import Comparison, Pipeline, asked
from bot.evaluation.scoring import Rate
from bot.language.unicode import has_marks
from bot.settings import HOME

LEAST_EACH = 5


def problems(folder: Path, content: str) -> list[str]:
    file = folder / "intents.yml"
    file.write_text(content, encoding="utf-8")
    return [str(error) for error in read_sentences(file)[1]]


def test_every_intent_of_the_domain_is_judged_by_sentences_with_diacritics() -> None:
    sentences, errors = read_sentences(file_of(HOME / "nlu_data"))
    assert errors == []
    domain = yaml.safe_load((HOME / "domain.yml").read_text(encoding="utf-8"))
    judged = [s.intent for s in sentences]
    assert set(judged) == set(domain["intents"])
    assert {intent: n for intent in set(judged) if (n := judged.count(intent)) < LEAST_EACH} == {}
    assert sum(has_marks(s.text) for s in sentences) > 0.8 * len(sentences)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("ask_fee: [phí sao]", "intents.yml: file: holds something else; put every list of sentences under 'intents:'"),
        ("intents: 5", "intents.yml: file: holds something else; put every list of sentences under 'intents:'"),
        ("intents: {ask_fee: phí sao}", "intents.yml: ask_fee: is no list of sentences; begin each with '- '"),
        ("intents: {ask_fee: []}", "intents.yml: ask_fee: is no list of sentences; begin each with '- '"),
        ("intents: {ask_fee: [phí sao, 50]}", "intents.yml: ask_fee.2: is no sentence; put it in quotes"),
        ("intents: {ask_fee: [phí sao, ' ']}", "intents.yml: ask_fee.2: is no sentence; put it in quotes"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, content: str, problem: str) -> None:
    assert problems(tmp_path, content) == [problem]


def test_a_file_that_is_not_there_is_said_not_raised(tmp_path: Path) -> None:
    sentences, errors = read_sentences(tmp_path / "intents.yml")
    assert (sentences, len(errors)) == ([], 1)


def test_not_sure_counts_as_wrong() -> None:
    sentences = [Sentence("phí sao", "ask_fee"), Sentence("chào", "greet"), Sentence("mưa", "out_of_scope")]
    assert right(sentences, ["ask_fee", "nlu_fallback", None]) == Rate(1, 3)


def test_a_pipeline_is_asked_each_sentence_with_and_without_diacritics_and_judged_apart() -> None:
    sentences = [Sentence("Phí sao", "ask_fee"), Sentence("Đóng cửa chưa", "ask_hours")]
    assert asked(sentences) == ["Phí sao", "Đóng cửa chưa", "Phi sao", "Dong cua chua"]
    heard = ["ask_fee", "ask_hours", "ask_fee", "greet"]
    one = Pipeline.of("ours", sentences, heard, [1.0, 2.0, 3.0, 10.0], 20.0)
    assert (one.clean, one.plain, one.p50) == (Rate(2, 2), Rate(1, 2), 2.5)
    assert 9 < one.p99 <= 10


def test_the_report_says_how_many_times_more_the_stock_pipeline_takes(tmp_path: Path) -> None:
    ours = Pipeline("ours", Rate(8, 10), Rate(8, 10), 20.0, 2.0, 5.0)
    stock = Pipeline("stock", Rate(7, 10), Rate(4, 10), 500.0, 11.0, 15.0)
    Comparison(ours, stock, imported=True).write(tmp_path / "reports")
    told = json.loads((tmp_path / "reports" / "stock.json").read_text(encoding="utf-8"))
    assert told["times"] == {"train_seconds": 25.0, "p50": 5.5, "p99": 3.0}
    assert told["imported"] is True
    assert told["stock"]["intent_accuracy_without_diacritics"]["share"] == 0.4
    assert len(told["ours"]["intent_accuracy"]["interval"]) == 2
