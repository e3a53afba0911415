"""A turn about what is done elsewhere: who does it; but a procedure of ours that is named more exactly is answered."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Action, Tracker

from actions.answer import ActionAnswer, ActionOutOfScope
from actions.elsewhere import means_ours
from actions.places import ActionPlace
from actions.refuse import ActionRefuse
from actions.speech import Speech
from bot.catalogue.models import Procedure
from bot.language.normalise import normalise
from bot.language.unicode import fold
from tests.actions.test_actions import Said, procedure
from tests.committed import catalogue

INSPECTION = procedure("1.005103", alias="")


def linked(text: str) -> list[dict[str, Any]]:
    """The entities that the linker puts on a message."""
    message = normalise(text, catalogue().lexicon)
    finding = catalogue().look(message, catalogue().places.spans(message.folded))
    found = [{"entity": "procedure", "value": hit.code, **asdict(hit)} for hit in finding.hits]
    if finding.chances:
        found[0]["chances"] = asdict(finding.chances)
    return found


def ask(text: str, *entities: dict[str, Any], action: Action | None = None, **slots: Any) -> Said:
    return Said(action or ActionAnswer(), "ask_procedure", text, *(entities or linked(text)), **slots)


def taken_away(text: str) -> str | None:
    """The topic that would answer a message in the place of a procedure of ours."""
    found = catalogue().elsewhere.find(text)
    if found is None:
        return None
    message = {"text": text, "intent": {"name": "ask_procedure", "confidence": 0.9}, "entities": linked(text)}
    tracker = Tracker("web:x", {}, message, [], False, None, {}, "action_listen")
    return None if means_ours(Speech(CollectingDispatcher()), tracker, found) else found.topic.id


def test_what_a_court_does_is_said_to_be_the_courts() -> None:
    said = ask("muốn ly hôn đơn phương thì nộp đơn ở đâu")
    assert (said.record.status, said.record.reason) == ("out_of_scope", "other_authority")
    assert said.record.procedures == []
    assert "Tòa án nhân dân khu vực" in said.text


def test_a_procedure_that_only_shares_words_is_not_answered() -> None:
    said = ask("trạm đăng kiểm nào ở Long Thành", INSPECTION)
    assert (said.record.status, said.record.reason) == ("out_of_scope", "other_authority")
    assert said.record.candidates == ["1.005103"]
    assert "trung tâm đăng kiểm" in said.text


def test_everyday_talk_is_no_procedure() -> None:
    assert ask("mai Biên Hòa có mưa không").record.reason == "not_a_procedure"


@pytest.mark.parametrize(
    ("action", "intent"),
    [
        (ActionAnswer(), "ask_where"),
        (ActionOutOfScope(), "out_of_scope"),
        (ActionRefuse(), "file_for_me"),
        (ActionPlace(), "find_office"),
    ],
)
def test_whatever_intent_was_heard_the_topic_is_told(action: Action, intent: str) -> None:
    said = Said(action, intent, "làm giùm bài thuyết trình môn sử")
    assert said.record.status == "out_of_scope"
    assert "bài vở" in said.text


def test_what_was_talked_about_before_is_left() -> None:
    said = ask("đặt lịch đăng kiểm ở đâu", INSPECTION, focus={"code": "1.013076", "aspects": ["fee"]})
    assert said.slots == {"focus": None, "offered": None}


def test_a_typed_code_wins_over_a_topic() -> None:
    typed = {"entity": "procedure", "value": "1.013076", "typed": True}
    assert ask("mã 1.013076 có cần đăng kiểm không", typed).record.procedures == ["1.013076"]


def test_a_pick_from_the_list_wins_over_a_topic() -> None:
    offered = {"codes": ["1.013076", "1.013067"], "aspects": []}
    said = ask("cái thứ hai, khỏi đăng kiểm hả", INSPECTION, offered=offered)
    assert said.record.procedures == ["1.013067"]


def test_a_longer_name_of_ours_wins_over_a_topic() -> None:
    said = ask("học lái xe thi bằng cần gì")
    assert said.record.procedures == ["3.000346"]
    assert taken_away("đổi giấy phép lái xe có cần khám sức khỏe") is None


def test_a_case_of_the_procedure_in_focus_is_still_about_it() -> None:
    record = catalogue().procedures["1.004873"]
    word = next(word for case in record.cases for word in case.words if "ly hôn" in word)
    said = ask(f"em {word}", focus={"code": record.code, "aspects": ["documents"]})
    assert said.record.procedures[:1] == [record.code]


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("mua đất giấy tay bị lừa cọc, muốn kiện đòi lại tiền", "deposit_dispute"),
        ("đi xuất khẩu lao động công ty nào uy tín", "labour_export_company"),
        ("ly hôn xong cần giấy tờ gì để cưới lại", None),
        ("em sắp đi xuất khẩu lao động", None),
        ("con trai tới tuổi nghĩa vụ quân sự", None),
        ("mới nghỉ việc công ty", None),
    ],
)
def test_a_life_event_yields_only_to_a_topic_told_in_more_words(text: str, topic: str | None) -> None:
    assert taken_away(text) == topic


def test_the_bereaved_are_met_with_sympathy_whatever_they_ask() -> None:
    assert "chia buồn" in ask("ba tôi mới mất, thuê xe tang với trại hòm nào gần đây").text.lower()


@pytest.mark.slow
def test_no_labelled_question_that_we_answer_is_taken_away() -> None:
    asked = [example for example in catalogue().examples if example.codes]
    assert {example.text: topic for example in asked if (topic := taken_away(example.text))} == {}
    assert len(asked) >= 2500


@pytest.mark.slow
def test_no_procedure_is_taken_away_that_is_asked_for_by_its_name() -> None:
    read = catalogue()
    names = {name for names in read.everyday_names.values() for name in names}
    names |= {entry.name for entry in read.index.values()}
    for record in read.procedures.values():
        assert isinstance(record, Procedure)
        names |= {record.name, record.plain_name, *record.aliases}
    topical = {fold(name) for topic in read.elsewhere.topics for name in topic.names}
    taken = {name: topic for name in sorted(names) if (topic := taken_away(name))}
    assert {name: topic for name, topic in taken.items() if fold(name) not in topical} == {}
    assert len(names) >= 10_000
