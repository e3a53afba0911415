"""A turn as a citizen gets it: text, buttons, exactly one record. The actions run without Rasa."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Action, Tracker

from actions.answer import ActionAnswer, ActionOutOfScope
from actions.dossier import ActionDossier
from actions.people import ActionHandoff
from actions.places import ActionPlace
from actions.refuse import REASON, ActionRefuse
from actions.smalltalk import ActionContinue, ActionSmalltalk
from actions.speech import live_catalogue
from bot.catalogue.national.crawl import CrawlRecord
from bot.catalogue.national.text import portal_text_of
from bot.turn import TurnRecord
from tests.catalogue.crawls import crawled


def procedure(code: str, score: float = 0.95, alias: str = "x") -> dict[str, Any]:
    return {"entity": "procedure", "value": code, "score": score, "said": score, "explained": score, "alias": alias}


def aspect(name: str) -> dict[str, Any]:
    return {"entity": "aspect", "value": name}


class Said:
    """What an action said: its texts, buttons, record, and the slots it set."""

    def __init__(
        self, action: Action, intent: str, text: str, *entities: dict[str, Any], sure: float = 0.9, **slots: Any
    ) -> None:
        message = {"text": text, "intent": {"name": intent, "confidence": sure}, "entities": list(entities)}
        tracker = Tracker("web:x", slots, message, [], False, None, {}, "action_listen")
        dispatcher = CollectingDispatcher()
        events = asyncio.run(action.run(dispatcher, tracker, {}))  # type: ignore[arg-type]
        self.slots = {e["name"]: e["value"] for e in events}
        self.text = "\n".join(m["text"] for m in dispatcher.messages if m.get("text"))
        self.buttons = [b for m in dispatcher.messages for b in m.get("buttons") or []]
        found = [r for m in dispatcher.messages if (r := TurnRecord.from_payload(m.get("custom")))]
        assert len(found) == 1
        self.record = found[0]


def test_a_question_is_answered_with_its_source_and_remembered() -> None:
    said = Said(ActionAnswer(), "ask_fee", "khai sinh hết bao nhiêu", procedure("1.001193"), aspect("fee"))
    assert said.record.status == "answered"
    assert said.record.procedures == ["1.001193"]
    assert said.record.aspects == ["fee"]
    assert "8.000 đồng/bản" in said.text
    assert "Mã 1.001193" in said.text
    assert said.slots["focus"]["code"] == "1.001193"
    assert all(b["payload"].startswith("/ask_") for b in said.buttons)


def test_several_aspects_are_all_answered() -> None:
    said = Said(
        ActionAnswer(),
        "ask_documents",
        "kết hôn cần gì, nộp ở đâu",
        procedure("1.000894"),
        aspect("documents"),
        aspect("where"),
    )
    assert said.record.aspects == ["documents", "where"]


def test_a_case_told_in_the_message_is_answered_for_that_case() -> None:
    said = Said(
        ActionAnswer(), "ask_documents", "bé sinh ở nhà thì cần giấy gì", procedure("1.001193"), aspect("documents")
    )
    assert "người làm chứng" in said.text
    assert "mang thai hộ" not in said.text


def test_look_alikes_that_tie_are_offered_with_buttons_and_remembered() -> None:
    codes = ["1.001193", "2.000635", "3.000722"]
    found = [procedure(c) for c in codes]
    found[0]["chances"] = {"right": 0.1, "wrong": 0.1, "vague": 0.8, "outside": 0.0}
    said = Said(ActionAnswer(), "ask_procedure", "khai sinh", *found)
    assert said.record.status == "clarify"
    assert said.record.procedures == codes
    assert len(said.buttons) == 3
    assert said.slots["offered"]["codes"] == codes


def test_the_second_of_the_list_is_answered() -> None:
    offered = {"codes": ["1.001193", "2.000635"], "aspects": ["fee"]}
    said = Said(ActionAnswer(), "choose_option", "cái thứ hai", offered=offered)
    assert said.record.procedures == ["2.000635"]
    assert said.record.aspects == ["fee"]


def test_a_pressed_button_is_answered_whatever_was_before() -> None:
    pressed = {"entity": "procedure", "value": "1.004194"}
    said = Said(ActionAnswer(), "choose_option", '/choose_option{"procedure": "1.004194"}', pressed)
    assert said.record.procedures == ["1.004194"]


def test_a_procedure_of_the_index_is_declined_honestly_for_what_is_not_known() -> None:
    said = Said(ActionAnswer(), "ask_steps", "khai sinh lưu động làm sao", procedure("1.003583"), aspect("steps"))
    assert said.record.status == "not_covered"
    assert said.record.reason == "index_only"
    assert "https://dichvucong.gov.vn/" in said.text


def test_past_its_review_day_a_record_is_not_asserted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTCUA_TODAY", "2027-02-01")
    said = Said(ActionAnswer(), "ask_fee", "khai sinh phí sao", procedure("1.001193"), aspect("fee"))
    assert said.record.status == "stale"
    assert "8.000" not in said.text


def test_once_imported_the_portals_own_wording_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    text = portal_text_of(CrawlRecord.parse_obj(crawled("1.003583", name="Đăng ký khai sinh lưu động")))
    monkeypatch.setattr(live_catalogue(), "portal_text", lambda code: text if code == "1.003583" else None)
    said = Said(ActionAnswer(), "ask_steps", "khai sinh lưu động làm sao", procedure("1.003583"), aspect("steps"))
    assert said.record.status == "answered"
    assert said.record.aspects == ["steps"]
    assert "lời của Cổng" in said.text
    assert "Mã 1.003583" in said.text
    unsaid = Said(ActionAnswer(), "ask_on_behalf", "làm giùm", procedure("1.003583"), aspect("on_behalf"))
    assert unsaid.record.status == "not_covered"


def test_a_code_that_was_abolished_leads_to_its_successor_and_says_so() -> None:
    said = Said(ActionAnswer(), "ask_fee", "1.014063 phí sao", procedure("1.116410"), aspect("fee"))
    assert said.record.procedures == ["1.116410"]
    assert "Mã 1.014063 đã được thay. Thủ tục này nay mang mã 1.116410." in said.text
    national = Said(ActionAnswer(), "ask_where", "1.013831 nộp đâu", procedure("1.115241"), aspect("where"))
    assert "đã được thay" not in national.text


@pytest.mark.parametrize(
    ("day", "status", "words"),
    [("2026-12-31", "stale", "bắt đầu áp dụng từ ngày 1/1/2027"), ("2027-01-01", "answered", "Mã 1.001193"),
     ("2027-01-10", "answered", "Mã 1.001193"), ("2027-01-11", "stale", "chỉ áp dụng đến hết ngày 10/1/2027")],
)  # fmt: skip
def test_a_procedure_begins_and_ends_by_itself(
    monkeypatch: pytest.MonkeyPatch, day: str, status: str, words: str
) -> None:
    birth = live_catalogue().current().procedures["1.001193"]
    dated = birth.copy(update={"effective_from": date(2027, 1, 1), "effective_to": date(2027, 1, 10)})
    known = replace(live_catalogue().current(), procedures={birth.code: dated})
    monkeypatch.setattr(live_catalogue(), "current", lambda: known)
    monkeypatch.setenv("MOTCUA_TODAY", day)
    said = Said(ActionAnswer(), "ask_fee", "khai sinh phí sao", procedure("1.001193"), aspect("fee"))
    assert said.record.status == status
    assert words in said.text
    assert ("8.000" in said.text) == (status == "answered")
    assert said.record.reason == (None if status == "answered" else "not_in_force")


@pytest.mark.parametrize("text", ["", "…", "???", "   "])
def test_an_empty_message_is_asked_to_be_typed(text: str) -> None:
    assert Said(ActionAnswer(), "nlu_fallback", text).record.reason == "empty_or_noise"


def test_what_is_no_procedure_is_declined_but_a_named_procedure_is_not() -> None:
    assert Said(ActionOutOfScope(), "out_of_scope", "hôm nay mưa không").record.status == "out_of_scope"
    said = Said(ActionOutOfScope(), "out_of_scope", "hộ chiếu phí sao", procedure("1.001456"), aspect("fee"))
    assert said.record.status == "answered"


@pytest.mark.parametrize("intent", sorted(REASON))
def test_secrets_photos_filing_and_danger_are_refused_with_a_reason(intent: str) -> None:
    said = Said(ActionRefuse(), intent, "…", procedure("1.116410"))
    assert said.record.status == "refused"
    assert said.record.reason == REASON[intent]


def unsure(intent: str, text: str, **chances: float) -> TurnRecord:
    """A refusal that the intent is not sure of, of a message that may be about closing a shop."""
    found = procedure("1.001266") | {"chances": {"right": 0.0, "wrong": 0.0, "vague": 0.0, "outside": 0.0} | chances}
    return Said(ActionRefuse(), intent, text, found, sure=0.6).record


def test_an_unsure_refusal_to_file_yields_to_a_question_about_a_procedure_but_a_secret_never() -> None:
    assert unsure("file_for_me", "đóng cửa luôn hộ kinh doanh", right=0.9).procedures == ["1.001266"]
    assert unsure("file_for_me", "làm luôn giùm tui", right=0.2, outside=0.8).status == "refused"
    assert unsure("share_secret", "mật khẩu đây, đóng cửa hộ kinh doanh", right=0.99).status == "refused"
    assert unsure("crisis", "muốn chết quá", right=0.99).status == "refused"


@pytest.mark.parametrize(
    ("action", "intent", "status"),
    [
        (ActionHandoff(), "talk_to_person", "handoff"),
        (ActionPlace(), "ask_hours", "place"),
        (ActionDossier(), "explain_status", "dossier"),
        (ActionContinue(), "affirm", "smalltalk"),
    ],
)
def test_the_other_intents_have_their_status(action: Action, intent: str, status: str) -> None:
    assert Said(action, intent, "chuyện khác").record.status == status


SMALLTALK = (
    "greet goodbye thank ask_capabilities give_feedback ask_privacy give_consent withdraw_consent delete_my_data "
    "helper_mode next_person"
)


@pytest.mark.parametrize("intent", SMALLTALK.split())
def test_every_smalltalk_intent_has_its_sentence(intent: str) -> None:
    assert Said(ActionSmalltalk(), intent, "xin chào").text


def test_a_greeting_with_a_question_is_answered() -> None:
    said = Said(ActionSmalltalk(), "greet", "chào ad, làm căn cước cần gì", procedure("1.116410"), aspect("documents"))
    assert said.record.status == "answered"
    assert SlotSet("offered", None)["name"] in said.slots
