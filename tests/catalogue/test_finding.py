"""From a message's words to the procedure, and from the candidates to a decision."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.catalogue.certainty import Chances
from bot.catalogue.decision import Candidate, Memory, Question, ThresholdError, Thresholds, decide
from bot.catalogue.index import entry_of
from bot.catalogue.models import IndexEntry
from bot.catalogue.national.crawl import CrawlRecord
from bot.catalogue.topic import official_names, share_of, topic_of
from bot.settings import HOME
from tests.committed import catalogue

DATA = HOME / "nlu_data"


@cache
def thresholds() -> Thresholds:
    return Thresholds.load(DATA)


def best(text: str) -> str:
    return catalogue().search.find(text)[0].code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("đăng ký khai sinh", "1.001193"), ("dang ky khai sinh", "1.001193"), ("khai sanh", "1.001193"),
        ("bản sao giấy khai sinh", "2.000635"), ("làm giấy độc thân", "1.004873"), ("đăng ký kết hôn", "1.000894"),
        ("sao y bản chính", "2.000815"), ("chứng thực chữ ký", "2.000884"), ("nhập hộ khẩu", "1.004222"),
        ("đăng ký tạm trú", "1.004194"), ("mất căn cước", "1.116410"), ("định danh mức 2", "3.000228"),
        ("tiền già", "1.014027"), ("mở quán nước", "1.001612"), ("sang tên sổ đỏ", "1.115241"),
        ("sổ đỏ lần đầu", "1.115240"), ("giấy phép xây nhà", "1.013225"), ("lý lịch tư pháp", "3.000333"),
        ("đổi bằng lái", "3.000347"), ("hộ chiếu", "1.001456"), ("sang tên xe máy", "1.013076"),
        ("rút bảo hiểm", "1.001613"), ("bảo hiểm y tế hộ gia đình", "1.001939"),
        ("đăng ký lại khai sinh", "1.004884"), ("xóa đăng ký tạm trú", "1.010028"), ("gia hạn tạm trú", "1.002755"),
    ],
)  # fmt: skip
def test_the_words_people_use_lead_to_the_procedure(text: str, code: str) -> None:
    assert best(text) == code


def test_words_that_tell_look_alikes_apart_decide() -> None:
    assert best("kết hôn với người nước ngoài") != "1.000894"
    assert best("tạm ngừng hộ kinh doanh") == "1.001570"
    assert best("chấm dứt hộ kinh doanh") == "1.001266"


@given(st.text(max_size=100))
def test_any_text_can_be_searched(text: str) -> None:
    scores = [hit.score for hit in catalogue().search.find(text)]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 2 for score in scores)


def test_a_message_that_only_asks_has_no_topic() -> None:
    carriers = {"roi", "vay", "nop"}
    assert topic_of("roi nop o dau vay", [(8, 13)], carriers) == ""
    assert topic_of("ket hon o dau", [(8, 13)], carriers) == "ket hon"


def test_everyday_words_stand_for_official_names() -> None:
    everyday = [("lay vo lan hai", "B"), ("lay vo", "A")]
    assert official_names("toi sap lay vo", everyday) == [("lay vo", "A")]
    assert official_names("lay vo lan hai", everyday) == [("lay vo lan hai", "B")]
    assert share_of("lay vo", "toi sap lay vo", {"toi", "sap"}) == 1.0


def candidate(code: str, score: float, alias: str = "", **chances: float) -> Candidate:
    return Candidate(code, score, alias, chances=Chances(**{"right": 0.0, **chances}) if chances else None)


def test_one_clear_match_is_answered() -> None:
    made = decide(Question([candidate("1.001193", 0.95, right=0.9)], ("fee",)), Memory(), thresholds())
    assert (made.status, made.procedures, made.aspects) == ("answered", ("1.001193",), ("fee",))


def test_two_that_tie_are_answered_with_the_other_offered() -> None:
    two = [candidate("1.001193", 0.95, right=0.6, wrong=0.4), candidate("2.000635", 0.94)]
    made = decide(Question(two, ()), Memory(), thresholds())
    assert (made.status, made.procedures, made.neighbour) == ("answered", ("1.001193",), "2.000635")


def test_where_too_little_is_said_the_likely_ones_are_offered() -> None:
    first = candidate("1.001193", 0.95, right=0.1, wrong=0.1, vague=0.8)
    three = [first, *(candidate(code, 0.95) for code in ("2.000635", "1.004884"))]
    made = decide(Question(three, ()), Memory(), thresholds())
    assert made.status == "clarify"
    assert made.procedures == ("1.001193", "2.000635", "1.004884")


def test_a_weak_match_is_not_asserted() -> None:
    weak = [candidate("1.001193", 0.2, right=0.2, wrong=0.3, outside=0.5)]
    assert decide(Question(weak, ()), Memory(), thresholds()).status == "not_understood"


def test_what_is_surely_no_procedure_is_said_to_be_none() -> None:
    made = decide(Question([candidate("1.001193", 0.2, outside=0.9)], ()), Memory(), thresholds())
    assert (made.status, made.reason, made.procedures) == ("out_of_scope", "not_a_procedure", ())


def test_a_follow_up_that_barely_fits_another_procedure_stays_with_the_one_in_focus() -> None:
    other = [candidate("2.000635", 0.6, right=0.4, wrong=0.6)]
    made = decide(Question(other, ("fee",)), Memory(focus="1.000894"), thresholds())
    assert made.procedures == ("1.000894",)
    clear = [candidate("2.000635", 0.9, right=0.9, wrong=0.1)]
    assert decide(Question(clear, ("fee",)), Memory(focus="1.000894"), thresholds()).procedures == ("2.000635",)


def test_a_follow_up_is_about_the_procedure_in_focus() -> None:
    made = decide(Question([], ("fee",), continues=True), Memory(focus="1.000894"), thresholds())
    assert (made.status, made.procedures, made.aspects) == ("answered", ("1.000894",), ("fee",))


def test_a_place_in_the_offered_list_picks_from_it_and_keeps_what_was_asked() -> None:
    memory = Memory(offered=("1.001193", "2.000635"), offered_aspects=("fee",))
    made = decide(Question([], (), pick=1), memory, thresholds())
    assert (made.status, made.procedures, made.aspects) == ("answered", ("2.000635",), ("fee",))


def test_a_place_without_a_list_picks_from_what_was_talked_about() -> None:
    memory = Memory(focus="1.004194", earlier=("1.001193", "1.004194"))
    assert decide(Question([], ("fee",), pick=0), memory, thresholds()).procedures == ("1.001193",)
    assert decide(Question([], ("fee",), pick=1), memory, thresholds()).procedures == ("1.004194",)


def test_a_procedure_talked_about_earlier_is_come_back_to_by_its_name() -> None:
    unsure = [candidate("1.000656", 0.6, right=0.3, alias="khai tử")]
    memory = Memory(focus="1.003197", mentioned=("1.000656", "1.003197"))
    made = decide(Question(unsure, ("processing_time",), fits_focus=True), memory, thresholds())
    assert made.procedures == ("1.000656",)
    fresh = decide(Question(unsure, ("processing_time",), fits_focus=True), Memory(focus="1.003197"), thresholds())
    assert fresh.procedures == ("1.003197",)


def test_a_place_outside_the_list_picks_nothing() -> None:
    memory = Memory(offered=("1.001193", "2.000635"))
    assert decide(Question([], (), pick=7), memory, thresholds()).status == "not_understood"


def test_a_question_without_a_subject_is_asked_back() -> None:
    made = decide(Question([], ("documents",), continues=True), Memory(), thresholds())
    assert made.status == "clarify"
    assert made.procedures == tuple(thresholds().popular)


def test_only_what_people_in_dong_nai_can_use_enters_the_index() -> None:
    base = {"code": "1.000001", "name": "Thủ tục mẫu", "promulgated_code": "G15", "type": "STANDARD", "flags": []}

    def reason(**changes: object) -> str | None:
        return CrawlRecord.parse_obj(base | changes).left_out_because

    assert reason() is None
    assert reason(promulgated_code="H19") is None
    assert reason(promulgated_code="H05") == "other province or body"
    assert reason(type="STANDARD_INTERNAL") == "internal"
    assert reason(code="1.014955-Xoa") == "bad code"
    assert reason(decision_no="QĐ000001SNNTEST") == "trial entry"


def test_a_zero_fee_and_contradicting_times_are_not_facts() -> None:
    method = {"time_value": 5, "time_unit": "WORKING_DAY", "fees": [{"amount": 0, "currency": "VND", "note": ""}]}
    raw = {"code": "1.000001", "name": "Thủ tục mẫu", "methods": [method]}

    def entry(**changes: object) -> IndexEntry:
        return entry_of(CrawlRecord.parse_obj(raw | changes))

    assert entry().fee is None
    assert entry().time == "5 ngày làm việc"
    assert entry(methods=[method, method | {"time_value": 7}]).time == ""
    assert entry(agency="UBND huyện Mẫu").agency == ""


def test_broken_thresholds_say_which_field(tmp_path: object) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path))
    (folder / "decision.yml").write_text("answer_from: 7\n")
    with pytest.raises(ThresholdError, match="answer_from"):
        Thresholds.load(folder)


def test_what_was_made_of_the_questions_is_taken_over_by_a_catalogue_with_the_same() -> None:
    older, same = catalogue(), replace(catalogue(), procedures=dict(list(catalogue().procedures.items())[:1]))
    other = replace(catalogue(), examples=catalogue().examples[:1])
    made = older.likeness
    same.take_over(older)
    other.take_over(older)
    assert same.likeness is made
    assert other.likeness is not made
