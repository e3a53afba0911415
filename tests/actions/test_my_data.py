"""Being remembered or not, and having everything deleted: said plainly, asked once, chosen by the person. No Rasa."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Action, Tracker

from actions.my_data import CONFIRM, KEEP
from actions.smalltalk import ActionContinue, ActionSmalltalk
from bot.consent import NOTICE_TEXT, MemoryChoice, asks_to_delete, choices
from bot.portal.following import UnfollowRequest
from bot.turn import TurnRecord

ASKED = {"event": "bot", "text": "…", "data": {"buttons": [{"title": "Xóa hết", "payload": CONFIRM}]}}
FULL = {"focus": {"code": "1.001193"}, "offered": None, "place": "xã Mẫu", "dossier": {"code": "H19"}}


class Said:
    """What an action said and asked of the gateway. ``asked``: the bot asked just before whether to delete."""

    def __init__(
        self, action: Action, intent: str, text: str, entities: dict[str, str] | None = None, *, asked: bool = False,
        sure: float = 0.95,
    ) -> None:  # fmt: skip
        found = [{"entity": name, "value": value} for name, value in (entities or {}).items()]
        message = {"text": text, "intent": {"name": intent, "confidence": sure}, "entities": found}
        events: list[dict[str, Any]] = [*([ASKED] if asked else []), {"event": "user", "text": text}]
        tracker = Tracker("web:an", dict(FULL), message, events, False, None, {}, "action_listen")
        dispatcher = CollectingDispatcher()
        after = asyncio.run(action.run(dispatcher, tracker, {}))  # type: ignore[arg-type]
        self.slots = {event["name"]: event["value"] for event in after}
        self.text = "\n".join(m["text"] for m in dispatcher.messages if m.get("text"))
        self.buttons = [b["payload"] for m in dispatcher.messages for b in m.get("buttons") or []]
        customs = [m["custom"] for m in dispatcher.messages if m.get("custom")]
        (self.record,) = filter(None, map(TurnRecord.from_payload, customs))
        self.memory = next(filter(None, map(MemoryChoice.from_payload, customs)), None)
        self.unfollow = next(filter(None, map(UnfollowRequest.from_payload, customs)), None)
        self.delete = any(map(asks_to_delete, customs))


def test_the_first_button_of_the_notice_means_to_be_remembered_and_names_the_words_that_were_read() -> None:
    said = Said(ActionSmalltalk(), "give_consent", "/give_consent{…}", {"for": "memory", "version": "2026-01-02"})
    assert said.memory == MemoryChoice(True, "2026-01-02")
    assert "30 ngày" in said.text


def test_the_second_button_means_to_be_asked_nothing_more_and_stops_nothing_else() -> None:
    said = Said(ActionContinue(), "deny", "/deny{…}", {"for": "memory", "version": NOTICE_TEXT})
    assert said.memory == MemoryChoice(False)
    assert said.unfollow is None
    assert "không nhớ" in said.text


@pytest.mark.parametrize("text", ["tôi đồng ý cho lưu", "máy cứ nhớ giùm", "dong y luu"])
def test_consent_can_be_typed_in_words_that_say_to_what(text: str) -> None:
    assert Said(ActionSmalltalk(), "give_consent", text).memory == MemoryChoice(True)


@pytest.mark.parametrize(("text", "sure"), [("đồng ý", 0.95), ("tôi cho phép", 0.95), ("lưu dùm", 0.5)])
def test_a_bare_yes_or_a_guess_is_asked_about(text: str, sure: float) -> None:
    said = Said(ActionSmalltalk(), "give_consent", text, sure=sure)
    assert said.memory is None
    assert said.buttons == list(choices())


def test_who_asks_what_is_kept_is_told_and_may_choose() -> None:
    said = Said(ActionSmalltalk(), "ask_privacy", "máy lưu gì của tôi")
    assert "30 ngày" in said.text
    assert said.buttons == list(choices())
    assert said.memory is None


def test_a_withdrawal_that_is_a_guess_changes_nothing() -> None:
    said = Said(ActionSmalltalk(), "withdraw_consent", "lưu gì đâu", sure=0.5)
    assert (said.memory, said.unfollow) == (None, None)
    assert said.buttons == list(choices())


def test_a_yes_to_nothing_is_no_consent() -> None:
    said = Said(ActionContinue(), "affirm", "dạ có")
    assert (said.memory, said.delete) == (None, False)


def test_consent_taken_back_ends_memory_and_following() -> None:
    said = Said(ActionSmalltalk(), "withdraw_consent", "rút lại đồng ý")
    assert said.memory == MemoryChoice(False)
    assert said.unfollow == UnfollowRequest()


def test_before_anything_is_deleted_it_is_said_what_and_asked_once() -> None:
    said = Said(ActionSmalltalk(), "delete_my_data", "xóa dữ liệu của tôi")
    assert not said.delete
    assert said.buttons == [CONFIRM, KEEP]
    assert "không lấy lại được" in said.text
    assert said.slots == {}


@pytest.mark.parametrize(
    ("action", "intent", "text", "entities"),
    [
        (ActionSmalltalk(), "delete_my_data", CONFIRM, {"for": "delete"}),
        (ActionContinue(), "affirm", "chắc rồi", {}),
        (ActionSmalltalk(), "delete_my_data", "xóa dữ liệu của tôi", {}),
    ],
)
def test_confirmed_by_button_or_by_word_everything_is_deleted(
    action: Action, intent: str, text: str, entities: dict[str, str]
) -> None:
    said = Said(action, intent, text, entities, asked=True)
    assert said.delete
    assert set(said.slots) == {"focus", "place", "dossier"}
    assert "đã xóa" in said.text


def test_an_old_button_still_deletes_for_it_says_so_itself() -> None:
    assert Said(ActionSmalltalk(), "delete_my_data", CONFIRM, {"for": "delete"}).delete


@pytest.mark.parametrize("text", [KEEP, "thôi khỏi"])
def test_refused_nothing_is_deleted(text: str) -> None:
    said = Said(ActionContinue(), "deny", text, {"for": "delete"} if text == KEEP else {}, asked=True)
    assert not said.delete
    assert "chưa xóa gì" in said.text


@pytest.mark.parametrize(
    ("action", "intent", "text", "sure"),
    [
        (ActionSmalltalk(), "give_consent", "tôi đồng ý cho lưu", 0.95),
        (ActionSmalltalk(), "give_consent", "đồng ý", 0.95),
        (ActionContinue(), "affirm", "chắc rồi", 0.4),
        (ActionSmalltalk(), "delete_my_data", "xóa", 0.4),
    ],
)
def test_a_yes_that_may_be_to_something_else_is_asked_about_once_more(
    action: Action, intent: str, text: str, sure: float
) -> None:
    said = Said(action, intent, text, asked=True, sure=sure)
    assert (said.delete, said.memory) == (False, None)
    assert said.buttons == [CONFIRM, KEEP]


def test_the_next_person_starts_anew_and_is_told_how_to_delete() -> None:
    said = Said(ActionSmalltalk(), "next_person", "tới người khác")
    assert set(said.slots) == {"focus", "place", "dossier"}
    assert "xóa dữ liệu của tôi" in said.text
