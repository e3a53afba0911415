"""A turn in which somebody tells what happened: one bundle, or the answer asked for with a line about the rest."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from actions.answer import ActionAnswer, ActionOutOfScope
from actions.smalltalk import ActionSmalltalk
from actions.speech import live_catalogue
from tests.actions.test_actions import Said, aspect, procedure

SYMPATHY = "Xin chia buồn cùng gia đình."


def tell(text: str, *entities: dict[str, Any], intent: str = "tell_situation", **slots: Any) -> Said:
    return Said(ActionAnswer(), intent, text, *entities, **slots)


def test_a_death_is_met_with_sympathy_the_first_paper_and_what_follows() -> None:
    said = tell("ba tôi mới mất")
    assert said.text.startswith(SYMPATHY)
    assert said.record.status == "answered"
    assert said.record.procedures == ["1.000656", "2.002913", "1.003197"]
    assert said.record.aspects == ["overview"]
    assert "Mã 1.000656 · QĐ 163/QĐ-BTP" in said.text
    assert "Việc tiếp theo:\n1. " in said.text


def test_every_procedure_recorded_is_presented_and_every_button_is_one_of_them() -> None:
    said = tell("vợ em mới sanh xong")
    for code in said.record.procedures[1:]:
        record = live_catalogue().current().procedures[code]
        assert record.plain_name[1:] in said.text
    assert 2 <= len(said.buttons) <= 5
    assert said.buttons[0]["payload"] == '/ask_documents{"procedure": "1.001193"}'
    assert all(b["payload"].startswith("/choose_option") for b in said.buttons[1:])


def test_what_is_asked_along_is_answered_of_the_first_procedure() -> None:
    said = tell("ba tôi mới mất, cần giấy tờ gì", aspect("documents"))
    assert said.record.aspects == ["documents"]
    assert "Giấy tờ cần mang:" in said.text
    assert tell("ba tôi mới mất, giờ làm sao", aspect("steps")).record.aspects == ["steps"]


def test_a_case_told_in_the_story_is_answered_for() -> None:
    case = next(case for case in live_catalogue().current().procedures["1.000656"].cases if case.id == "no_notice")
    assert case.advice in tell("ba tôi mất mà không có giấy báo tử").text
    assert "người làm chứng" in tell("cháu sinh ở nhà, không đi viện").text


def test_a_condition_told_in_the_story_decides_what_leads() -> None:
    assert tell("vợ mới sinh, hai đứa chưa đăng ký kết hôn").record.procedures[0] == "1.000689"
    assert tell("em mới mua lại chiếc xe máy cũ").record.procedures[0] == "1.013076"


def test_words_of_the_story_itself_ask_nothing() -> None:
    assert tell("em muốn bán hàng online", aspect("online")).record.aspects == ["overview"]


def test_a_procedure_named_in_the_story_keeps_its_answer_with_one_line_about_the_rest() -> None:
    linked = procedure("1.000656", alias="bao tu")
    said = tell("ba tôi mất hôm qua, đi báo tử ở đâu", linked, aspect("where"), intent="ask_where")
    assert said.text.startswith(SYMPATHY)
    assert said.record.procedures == ["1.000656"]
    assert said.record.aspects == ["where"]
    assert "Việc tiếp theo" not in said.text
    assert "Nhà có người mất thì còn mấy việc nữa." in said.text
    assert said.buttons[-1]["payload"] == '/tell_situation{"event": "death"}'
    assert len(said.buttons) <= 5


def test_the_button_of_an_event_shows_its_bundle() -> None:
    pressed = {"entity": "event", "value": "death"}
    said = tell('/tell_situation{"event": "death"}', pressed)
    assert said.record.procedures[0] == "1.000656"
    assert "Việc tiếp theo" in said.text


def test_an_alias_that_says_much_more_than_the_event_names_its_procedure() -> None:
    linked = procedure("3.000722", alias="the bao hiem y te cho be moi sinh")
    assert tell("làm thẻ bảo hiểm y tế cho bé mới sinh", linked).record.procedures == ["3.000722"]


def test_an_everyday_word_that_another_word_looks_like_names_nothing() -> None:
    assert "Việc tiếp theo" in tell("tụi con định cưới cuối năm nay", procedure("1.000894", alias="cuoi")).text


def test_an_alias_that_is_told_as_part_of_the_event_names_no_procedure() -> None:
    said = tell("ba mới mất hôm kia", procedure("1.000656", alias="ba moi mat"))
    assert "Việc tiếp theo" in said.text


def test_sympathy_is_said_once() -> None:
    said = tell("mẹ em mất, làm giấy khai tử", procedure("1.000656", alias="lam giay khai tu"))
    assert said.text.lower().count("chia buồn") == 1


def test_a_plain_question_is_answered_as_ever() -> None:
    said = tell("đăng ký khai tử cần giấy tờ gì", procedure("1.000656"), aspect("documents"), intent="ask_documents")
    assert said.record.procedures == ["1.000656"]
    assert "Việc tiếp theo" not in said.text
    assert "còn mấy việc nữa" not in said.text


def test_a_case_of_the_procedure_in_focus_is_still_about_it() -> None:
    said = tell("cháu sinh ở nhà", focus={"code": "1.001193", "aspects": ["documents"]})
    assert said.record.procedures == ["1.001193"]
    assert "Việc tiếp theo" not in said.text


def test_the_numbered_list_can_be_picked_from_and_the_lead_asked_on() -> None:
    said = tell("ba tôi mới mất")
    assert said.slots["focus"]["code"] == "1.000656"
    picked = Said(
        ActionAnswer(), "choose_option", "cái thứ hai", offered=said.slots["offered"], focus=said.slots["focus"]
    )
    assert picked.record.procedures == ["1.003197"]
    fee = Said(
        ActionAnswer(), "ask_fee", "còn phí", aspect("fee"), offered=said.slots["offered"], focus=said.slots["focus"]
    )
    assert fee.record.procedures == ["1.000656"]


@pytest.mark.parametrize(("action", "intent"), [(ActionSmalltalk(), "greet"), (ActionOutOfScope(), "out_of_scope")])
def test_a_story_is_heard_whatever_intent_it_was_taken_for(action: Any, intent: str) -> None:
    assert Said(action, intent, "alo, công ty em đóng cửa rồi").record.procedures[0] == "1.001613"


def test_past_its_review_day_nothing_is_asserted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTCUA_TODAY", "2027-02-01")
    said = tell("vợ em mới sinh")
    assert said.record.status == "stale"
    assert "60 ngày" not in said.text


def test_an_event_past_its_own_review_day_is_left_to_the_ordinary_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    latest = max(event.review_by for event in live_catalogue().current().life_events.events)
    monkeypatch.setenv("MOTCUA_TODAY", date(latest.year, latest.month + 1, 1).isoformat())
    assert tell("vợ em mới sinh").record.status == "not_understood"
