"""Everyday names, questions of old and full texts lead to procedures; what was learned says how surely."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.catalogue.certainty import FEATURES, OUTCOMES, Certainty, Evidence, features, read_certainty
from bot.catalogue.national.wording import Wording
from bot.catalogue.search import Entry, Hit, Search
from bot.catalogue.spoken import Example, read_everyday_names, read_examples
from bot.language.normalise import normalise
from bot.language.unicode import fold
from bot.settings import HOME
from tests.committed import catalogue

DATA = HOME / "nlu_data"
TEXTS = {
    "1.900001": "lap ban ve vi tri ao nuoi va giay cam ket giu nuoc sach cho ca",
    "1.900002": "nop giay kham suc khoe va anh the cho nguoi lai tau",
    "1.900003": "nop giay cam ket va anh the cho nguoi nuoi chim",
} | {f"1.9001{n:02d}": f"van ban so {n} ve viec khac va loai {n % 5}" for n in range(20)}
"""A word counts that stands in two texts at least, and in no more than a third of all."""


def entry(code: str, name: str, **more: tuple[str, ...]) -> Entry:
    return Entry(code, (name,), codes=(code,), **more)  # type: ignore[arg-type]


def test_an_everyday_name_leads_to_a_procedure_of_the_index() -> None:
    code, names = next((c, n) for c, n in catalogue().everyday_names.items() if n and c not in catalogue().procedures)
    found = catalogue().find(fold(names[0]))
    assert code in [hit.code for hit in found[:3]]


def test_an_everyday_name_of_the_index_never_takes_a_curated_alias() -> None:
    taken = {fold(alias) for record in catalogue().procedures.values() for alias in record.aliases}
    for one in catalogue()._entries:
        if not one.curated:
            assert not taken & {fold(alias) for alias in one.aliases}, one.code


def test_a_question_answered_before_leads_to_the_same_procedure_again() -> None:
    plain = [entry("1.900001", "Cấp giấy phép nuôi cá lồng"), entry("1.900002", "Cấp giấy phép lái tàu")]
    asked = [plain[0], replace(plain[1], examples=("chay do qua song",))]
    best = Search(asked).find("chay do qua song")[0]
    assert best.code == "1.900002"
    assert all(hit.score < best.score / 3 for hit in Search(plain).find("chay do qua song"))


def test_the_words_of_the_full_text_lead_to_a_procedure_whose_name_lacks_them() -> None:
    wording = Wording.build(TEXTS)
    assert wording is not None
    entries = [entry(code, f"Thủ tục mẫu số {n}") for n, code in enumerate(TEXTS)]
    assert Search(entries, wording=wording).find("giay cam ket va anh the cho nguoi nuoi")[0].code == "1.900003"


def test_full_texts_are_kept_and_read_back_the_same() -> None:
    built = Wording.build(TEXTS)
    assert built is not None
    again = Wording.loads(built.dumps())
    assert again.codes == built.codes
    query = "giay cam ket cho nguoi"
    assert np.allclose(again.similar(query), built.similar(query), atol=1e-3)
    assert again.similar("xyz").sum() == 0


def test_too_few_texts_teach_nothing() -> None:
    assert Wording.build({}) is None
    assert Wording.build({"1.900001": "mot van ban"}) is None


@given(st.text(max_size=60))
def test_any_question_can_be_compared_with_full_texts(query: str) -> None:
    wording = Wording.build(TEXTS)
    assert wording is not None
    assert (wording.similar(query) >= 0).all()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("- text: hỏi\n  codes: [1001193]", "looks like '1.001193'"),
        ("- text: hỏi\n  codes: ['1.001193']\n  ask: true", "fewer than three codes"),
        ("- {codes: []}", "text: is missing"),
        ("- text: hỏi\n  code: []", "is not a field"),
        ("a: b", "holds no list"),
        ("- [", "is not YAML"),
    ],
)
def test_a_wrong_question_is_named_with_what_is_right(tmp_path: Path, content: str, problem: str) -> None:
    (tmp_path / "x.yml").write_text(content, encoding="utf-8")
    examples, errors = read_examples(tmp_path)
    assert examples == []
    assert any(problem in str(error) for error in errors), [str(e) for e in errors]


@pytest.mark.parametrize(
    ("content", "problem"),
    [("'1.001686': tên", "is no list of names"), ("abc: [tên]", "is no list of names"), ("[", "is not YAML")],
)
def test_a_wrong_everyday_name_is_named_with_what_is_right(tmp_path: Path, content: str, problem: str) -> None:
    (tmp_path / "x.yml").write_text(content, encoding="utf-8")
    names, errors = read_everyday_names(tmp_path)
    assert names == {}
    assert any(problem in str(error) for error in errors), [str(e) for e in errors]


def test_every_committed_question_and_name_belongs_to_a_known_procedure() -> None:
    for example in catalogue().examples:
        for code in example.codes:
            assert catalogue().canonical(code), (code, example.text)
    for code in catalogue().everyday_names:
        assert catalogue().canonical(code), code


def test_no_question_stands_twice() -> None:
    texts = [fold(example.text) or example.text for example in catalogue().examples]
    assert len(texts) == len(set(texts))


def learned() -> Certainty:
    certainty, errors = read_certainty(DATA / "certainty.yml")
    assert certainty is not None, errors
    return certainty


@given(st.lists(st.floats(0, 2), min_size=1, max_size=8), st.integers(0, 40), st.booleans(), st.booleans())
def test_chances_are_chances(scores: list[float], words: int, asks: bool, full_texts: bool) -> None:
    hits = [Hit("1.900001", score, min(score, 1), min(score, 1)) for score in sorted(scores, reverse=True)]
    evidence = Evidence(hits, words, asks)
    assert len(features(evidence)) == len(FEATURES)
    chances = learned().judge(evidence, full_texts)
    parts = [getattr(chances, outcome) for outcome in OUTCOMES]
    assert all(0 <= part <= 1 for part in parts)
    assert sum(parts) == pytest.approx(1)


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("đăng ký kết hôn cần giấy tờ gì", "right"), ("làm lại thẻ căn cước bị mất", "right"),
        ("gia hạn tạm trú", "right"), ("xin giấy xác nhận", "vague"), ("tôi muốn xin trợ cấp", "vague"),
        ("chiều nay trời có mưa không con", "outside"), ("nấu canh chua cá lóc sao cho ngon", "outside"),
    ],
)  # fmt: skip
def test_what_was_learned_tells_the_outcomes_apart(text: str, outcome: str) -> None:
    chances = catalogue().look(normalise(text, catalogue().lexicon)).chances
    told = {one: getattr(chances, one) for one in OUTCOMES} if chances else {"outside": 1.0}
    assert max(told, key=lambda one: told[one]) == outcome, told


def test_weights_of_another_version_are_left_out_with_a_reason(tmp_path: Path) -> None:
    (tmp_path / "certainty.yml").write_text("with_full_texts: {bias: {}, by_feature: {}}\nwithout: {}\n")
    certainty, errors = read_certainty(tmp_path / "certainty.yml")
    assert certainty is None
    assert any("motcua linking fit" in str(error) for error in errors)
    assert read_certainty(tmp_path / "none.yml") == (None, [])


def test_an_example_says_what_is_asked_back() -> None:
    assert Example(text="mua bán đất", codes=[]).ask is False
