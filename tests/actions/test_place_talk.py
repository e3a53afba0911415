"""Asking where to go: today's name and offices, honestly what is not confirmed, a question where it is unclear."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from rasa_sdk.interfaces import Action

from actions.answer import ActionAnswer, ActionDefaultFallback, ActionOutOfScope
from actions.places import ActionPlace
from actions.smalltalk import ActionContinue, ActionSmalltalk
from actions.speech import live_catalogue
from bot.catalogue.places.loading import Contacts
from bot.catalogue.places.models import Office
from tests.actions.test_actions import Said, aspect, procedure


class Talk:
    """A conversation: the slots that one turn set are there in the next."""

    def __init__(self, text: str, intent: str = "find_office") -> None:
        self.slots: dict[str, Any] = {}
        self.said = self.goes_on(text, intent, ActionPlace())

    def goes_on(self, text: str, intent: str, action: Action, *entities: dict[str, Any]) -> Said:
        self.said = Said(action, intent, text, *entities, **self.slots)
        self.slots |= self.said.slots
        return self.said

    def presses(self, number: int) -> Said:
        payload = self.said.buttons[number - 1]["payload"]
        intent, _, rest = payload.removeprefix("/").partition("{")
        value = json.loads("{" + rest)["place"]
        return self.goes_on(payload, intent, ActionPlace(), {"entity": "place", "value": value})


def test_an_old_name_is_answered_with_todays_the_old_one_once_and_the_offices() -> None:
    said = Talk("nhà tui ở Hố Nai 3 huyện Trảng Bom thì lên đâu").said
    assert said.record.status == "place"
    assert said.record.procedures == []
    assert "nay thuộc phường Hố Nai, thành phố Đồng Nai" in said.text
    assert said.text.count("xã Hố Nai 3, huyện Trảng Bom") == said.text.count("huyện") == 1
    assert "Trung tâm Phục vụ hành chính công phường Hố Nai" in said.text
    assert "Công an phường Hố Nai" in said.text
    assert "nào trong thành phố cũng được" in said.text
    assert "chưa được xác nhận" in said.text
    assert said.slots["place"] == "26005"


def test_a_name_of_today_is_answered_without_history() -> None:
    said = Talk("công an xã Bom Bo ở đâu").said
    assert "xã Bom Bo, thành phố Đồng Nai" in said.text
    assert "Trước đây" not in said.text
    assert "huyện" not in said.text


def test_a_name_of_before_the_city_is_answered_with_the_ward() -> None:
    text = Talk("xã Nhơn Trạch lên đâu").said.text
    assert "phường Nhơn Trạch" in text
    assert "Trước ngày 30/4/2026 gọi là xã Nhơn Trạch" in text


@pytest.mark.parametrize(
    ("question", "answer", "unit"),
    [
        ("phường Hố Nai", "cái thứ hai", "26020"),
        ("phường Hố Nai", "2", "26020"),
        ("phường Hố Nai", "cũ", "26020"),
        ("phường Hố Nai", "Long Bình", "26020"),
        ("phường Hố Nai", "hiện nay á", "26005"),
        ("phường Hố Nai", "cái đầu tiên", "26005"),
        ("xã Lộc An", "huyện Long Thành", "26368"),
        ("xã Lộc An", "long thanh", "26368"),
        ("xã Lộc An", "Lộc Ninh", "25318"),
        ("xã Xuân Tâm giờ thuộc đâu", "Xuân Hòa", "26446"),
        ("huyện Nhơn Trạch cũ", "Phước Khánh", "26491"),
        ("ở Biên Hòa thì lên đâu", "Tân Hiệp", "26017"),
        ("ở Trảng Bom thì lên đâu", "Hố Nai 3", "26005"),
        ("trung tâm hành chính công ở đâu", "Trảng Bom", "26248"),
        ("trung tâm hành chính công ở đâu", "dạ nhơn trạch", "26485"),
    ],
)
def test_our_question_for_a_place_is_answered_whatever_the_intent(question: str, answer: str, unit: str) -> None:
    actions: list[tuple[str, Action]] = [
        ("ask_procedure", ActionAnswer()), ("nlu_fallback", ActionDefaultFallback()), ("affirm", ActionContinue()),
        ("out_of_scope", ActionOutOfScope()), ("greet", ActionSmalltalk()), ("find_office", ActionPlace()),
    ]  # fmt: skip
    for intent, action in actions:
        talk = Talk(question)
        said = talk.goes_on(answer, intent, action)
        assert said.record.status == "place"
        assert talk.slots["place"] == unit, (intent, said.text)


def test_what_was_chosen_is_told_by_the_old_name_it_was_offered_under() -> None:
    for said in (Talk("xã Lộc An").presses(2), Talk("xã Lộc An").goes_on("số 2", "choose_option", ActionAnswer())):
        assert "phường Long Thành" in said.text
        assert "xã Lộc An, huyện Long Thành" in said.text


def test_a_choice_is_a_numbered_list_of_at_most_five_with_a_button_each() -> None:
    for text in ("phường Hố Nai", "Tân Phú", "huyện Nhơn Trạch", "thị xã Chơn Thành", "Long Khánh"):
        said = Talk(text).said
        assert 2 <= len(said.buttons) <= 5
        for number, button in enumerate(said.buttons, 1):
            assert f"{number}. {button['title']}" in said.text
            assert len(button["title"]) <= 90
    many = Talk("ở Biên Hòa thì lên đâu").said
    assert many.buttons == []
    assert "10 xã, phường" in many.text


def test_nobody_is_asked_twice_in_a_row() -> None:
    talk = Talk("ủy ban ở đâu")
    assert "xã hay phường nào" in talk.said.text
    again = talk.goes_on("thì ủy ban ở đâu", "find_office", ActionPlace())
    assert "?" not in again.text
    assert talk.slots["offered"] is None


def test_a_question_about_a_procedure_is_not_taken_for_our_answer() -> None:
    talk = Talk("trung tâm hành chính công ở đâu")
    birth = procedure("1.001193", alias="khai sinh")
    said = talk.goes_on("Trảng Bom làm khai sinh cần gì", "ask_documents", ActionAnswer(), birth, aspect("documents"))
    assert said.record.status == "answered"
    assert "places" not in (talk.slots["offered"] or {})


def test_the_place_is_remembered_for_the_next_question() -> None:
    talk = Talk("tui ở xã Sông Trầu thì lên đâu")
    assert "phường Trảng Bom" in talk.goes_on("còn công an ở đâu", "find_office", ActionPlace()).text


def test_opening_hours_are_told_as_far_as_they_are_confirmed() -> None:
    for text in ("thứ bảy có làm không", "phường Hố Nai mấy giờ làm", "xã Bom Bo mấy giờ mở cửa"):
        said = Talk(text, "ask_hours").said
        assert said.record.status == "place"
        assert "chưa có giờ làm việc đã xác nhận" in said.text
        assert "Công an xã, phường nhận hồ sơ cư trú, căn cước" in said.text
        assert "?" not in said.text


def test_where_hours_are_known_they_are_told_or_the_place_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    known = live_catalogue().current()
    office = Office(
        unit="26020", kind="trung tâm", hours="7:30 đến 16:30", source="trang của phường", grade="A",
        checked_on=date(2026, 11, 20), review_by=date(2027, 5, 20),
    )  # fmt: skip
    places = replace(known.places, contacts=Contacts((office,)))
    monkeypatch.setattr(live_catalogue(), "current", lambda: replace(known, places=places))
    assert "7:30 đến 16:30" in Talk("phường Long Bình mấy giờ mở cửa", "ask_hours").said.text
    asked = Talk("phường Hố Nai mấy giờ mở cửa", "ask_hours")
    assert len(asked.said.buttons) == 2
    assert "7:30 đến 16:30" in asked.goes_on("cũ á", "deny", ActionContinue()).text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("cho số điện thoại tổng đài", "số tổng đài của thành phố chưa được xác nhận lại"),
        ("bảo hiểm xã hội Biên Hòa ở đâu", "địa chỉ cơ quan này chưa được xác nhận"),
        ("xã Phú Mỹ giờ thuộc đâu", "chưa thấy tên xã, phường đó"),
    ],
)
def test_what_is_not_known_is_said_so(text: str, words: str) -> None:
    said = Talk(text).said
    assert words in said.text
    assert not any(letter.isdigit() for letter in said.text)


def test_a_procedure_asked_with_an_old_place_name_gets_one_line_about_todays() -> None:
    where = procedure("1.001193"), aspect("where")
    said = Said(ActionAnswer(), "ask_where", "xã Lộc An huyện Long Thành cũ làm khai sinh ở đâu", *where)
    assert said.record.status == "answered"
    line = said.text.splitlines()[0]
    assert line == "Xã Lộc An, huyện Long Thành trước đây, nay thuộc phường Long Thành, thành phố Đồng Nai."
    assert said.text.count("huyện") == 1
    former = Said(ActionAnswer(), "ask_where", "ở xã Trị An làm khai sinh chỗ nào", *where)
    assert former.text.startswith("Xã Trị An nay là phường Trị An, thành phố Đồng Nai.")


@pytest.mark.parametrize(
    "text", ["ở phường Hố Nai làm khai sinh", "ở xã Bom Bo làm khai sinh", "ở Biên Hòa làm khai sinh", "làm khai sinh"]
)
def test_no_line_where_the_name_is_todays_or_unclear(text: str) -> None:
    said = Said(ActionAnswer(), "ask_where", text, procedure("1.001193"), aspect("where"))
    assert said.text.startswith("Dạ, về thủ tục")
