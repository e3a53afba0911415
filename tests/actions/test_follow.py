"""Asking to be told when a dossier moves: the right person, a plain consent, an easy end. No Rasa needed."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Action, Tracker

from actions.follow import ActionFollow, ActionUnfollow
from actions.smalltalk import ActionContinue, ActionSmalltalk
from bot.portal.dossier import DossierStatus
from bot.portal.following import CONSENT_TEXT, FollowRequest, UnfollowRequest
from bot.portal.second_factor import SecondFactor
from bot.turn import TurnRecord

CODE, OTHER = "H19.12-261105-0007", "H19.12-261105-0008"
FACTOR = SecondFactor("ab" * 32, "web:an")
VERIFIED = {
    "code": CODE, "awaiting": False, "want": "status", "status": 4,
    "second_factor": {"digest": FACTOR.digest, "salt": FACTOR.salt},
}  # fmt: skip
AGREE = f'/give_consent{{"for": "follow", "code": "{CODE}"}}'
ASKED = {"event": "bot", "text": "…", "data": {"buttons": [{"title": "Đồng ý", "payload": AGREE}]}}


class Said:
    """What an action said, asked of the gateway, and remembers. ``before``: the events before this message."""

    def __init__(
        self,
        action: Action,
        intent: str,
        text: str,
        slot: dict[str, Any] | None,
        *,
        entities: dict[str, str] | None = None,
        before: tuple[dict[str, Any], ...] = (),
        sender: str = "web:an",
    ) -> None:
        found: list[dict[str, Any]] = [{"entity": name, "value": value} for name, value in (entities or {}).items()]
        if not text.startswith("/"):
            found += [{"entity": "code", "kind": "dossier", "value": c} for c in (CODE, OTHER) if c in text]
        message = {"text": text, "intent": {"name": intent, "confidence": 0.95}, "entities": found}
        events = [*before, {"event": "user", "text": text}]
        tracker = Tracker(sender, {"dossier": slot}, message, events, False, None, {}, "action_listen")
        dispatcher = CollectingDispatcher()
        events_after = asyncio.run(action.run(dispatcher, tracker, {}))  # type: ignore[arg-type]
        self.slots = {event["name"]: event["value"] for event in events_after}
        self.text = "\n".join(m["text"] for m in dispatcher.messages if m.get("text"))
        self.buttons = [b for m in dispatcher.messages for b in m.get("buttons") or []]
        customs = [m["custom"] for m in dispatcher.messages if m.get("custom")]
        (self.record,) = filter(None, map(TurnRecord.from_payload, customs))
        self.follow = next(filter(None, map(FollowRequest.from_payload, customs)), None)
        self.unfollow = next(filter(None, map(UnfollowRequest.from_payload, customs)), None)


def test_whoever_opened_the_dossier_is_asked_for_consent_and_nothing_is_agreed_to_beforehand() -> None:
    said = Said(ActionFollow(), "follow_dossier", "báo cho tôi khi có kết quả", VERIFIED)
    assert said.record.status == "dossier"
    assert said.follow is None
    assert CODE in said.text
    for promise in ("mã hồ sơ", "4 số cuối", "30 ngày", "một năm", "thôi theo dõi"):
        assert promise in said.text
    assert [button["payload"] for button in said.buttons] == [AGREE, "/deny"]
    assert said.slots["dossier"]["want"] == "follow"


def test_without_a_dossier_its_code_is_asked_for_and_what_for_is_remembered() -> None:
    said = Said(ActionFollow(), "follow_dossier", "báo cho tôi khi có kết quả", None)
    assert "mã hồ sơ" in said.text
    assert said.slots["dossier"]["want"] == "follow"
    assert said.buttons == []


@pytest.mark.parametrize("slot", [None, VERIFIED])
def test_a_code_not_opened_yet_needs_its_digits_first(slot: dict[str, Any] | None) -> None:
    said = Said(ActionFollow(), "follow_dossier", f"theo dõi {OTHER} giùm", slot)
    assert "4 số cuối" in said.text
    assert said.follow is None
    assert said.slots["dossier"]["code"] == OTHER
    assert said.slots["dossier"]["want"] == "follow"


def test_a_dossier_that_is_closed_is_not_followed() -> None:
    said = Said(ActionFollow(), "follow_dossier", "theo dõi giùm", {**VERIFIED, "status": 10})
    assert "đã khép lại" in said.text
    assert said.buttons == []


def test_where_no_system_is_connected_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTCUA_PORTAL", "manual")
    said = Said(ActionFollow(), "follow_dossier", "theo dõi giùm", VERIFIED)
    assert "chưa tra được hồ sơ" in said.text


def test_agreed_by_button_the_gateway_is_asked_to_follow() -> None:
    pressed = {"for": "follow", "code": CODE}
    said = Said(ActionSmalltalk(), "give_consent", AGREE, VERIFIED, entities=pressed)
    assert said.follow == FollowRequest(CODE, FACTOR, CONSENT_TEXT, DossierStatus.IN_PROGRESS)
    assert said.text.startswith(f"Dạ, máy theo dõi hồ sơ {CODE} rồi.")
    assert "mở lại trang này" in said.text
    assert "thôi theo dõi" in said.text


def test_on_a_messenger_nobody_is_told_to_open_a_page() -> None:
    pressed = {"for": "follow", "code": CODE}
    said = Said(ActionSmalltalk(), "give_consent", AGREE, VERIFIED, entities=pressed, sender="zalo:an")
    assert said.follow
    assert "trang này" not in said.text


@pytest.mark.parametrize(
    ("action", "intent", "text"),
    [(ActionContinue(), "affirm", "dạ được"), (ActionSmalltalk(), "give_consent", "tôi đồng ý")],
)
def test_agreed_in_words_right_after_the_question(action: Action, intent: str, text: str) -> None:
    assert Said(action, intent, text, VERIFIED, before=(ASKED,)).follow


@pytest.mark.parametrize(
    ("action", "intent", "text"),
    [(ActionContinue(), "affirm", "dạ được"), (ActionSmalltalk(), "give_consent", "tôi đồng ý")],
)
def test_a_yes_to_something_else_is_no_consent(action: Action, intent: str, text: str) -> None:
    later = ({"event": "user", "text": "lệ phí?"}, {"event": "bot", "text": "8.000 đồng", "data": {}})
    for before in ((), (ASKED, *later)):
        said = Said(action, intent, text, {**VERIFIED, "want": "follow"}, before=before)
        assert said.follow is None
        assert said.record.status == "smalltalk"


def test_a_no_is_taken_kindly_and_nothing_is_kept() -> None:
    said = Said(ActionContinue(), "deny", "/deny", VERIFIED, before=(ASKED,))
    assert said.follow is None
    assert "không theo dõi" in said.text


def test_an_old_button_follows_no_other_dossier() -> None:
    """Another dossier was opened since: the button's own has to be opened again first."""
    pressed = {"for": "follow", "code": OTHER}
    text = AGREE.replace(CODE, OTHER)
    said = Said(ActionSmalltalk(), "give_consent", text, VERIFIED, entities=pressed)
    assert said.follow is None
    assert "4 số cuối" in said.text
    assert (said.slots["dossier"]["code"], said.slots["dossier"]["want"]) == (OTHER, "follow")


def test_stopping_one_or_all() -> None:
    all_of_them = Said(ActionUnfollow(), "unfollow_dossier", "thôi theo dõi", VERIFIED)
    assert all_of_them.unfollow == UnfollowRequest()
    named = Said(ActionUnfollow(), "unfollow_dossier", f"thôi theo dõi {OTHER}", None)
    assert named.unfollow == UnfollowRequest(OTHER)
    text = "/unfollow_dossier" + json.dumps({"code": CODE})
    pressed = Said(ActionUnfollow(), "unfollow_dossier", text, None, entities={"code": CODE})
    assert pressed.unfollow == UnfollowRequest(CODE)
    assert CODE in pressed.text


def test_several_codes_to_stop_are_asked_about_one_by_one() -> None:
    said = Said(ActionUnfollow(), "unfollow_dossier", f"thôi theo dõi {CODE} và {OTHER}", None)
    assert said.unfollow is None
    assert [button["title"] for button in said.buttons] == [CODE, OTHER]


def test_whoever_takes_consent_back_is_told_of_no_dossier_any_more() -> None:
    said = Said(ActionSmalltalk(), "withdraw_consent", "tôi rút lại đồng ý", VERIFIED)
    assert said.unfollow == UnfollowRequest()
    assert "đã thôi theo dõi" in said.text
