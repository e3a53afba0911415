"""Being told when a dossier moves: asked for, agreed to, stopped. Only spoken here; the gateway writes it down."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Action, Tracker
from rasa_sdk.types import DomainDict

from actions.answer import answer, names_its_procedure
from actions.consent import ask_consent, just_asked
from actions.conversation import Heard
from actions.dossier_talk import FOLLOWED_UNTIL, Talked, about_dossier, codes_meant
from actions.speech import Speech, payload
from bot import settings
from bot.consent import FOLLOWING
from bot.portal.dossier import DossierStatus
from bot.portal.following import CONSENT_TEXT, FollowRequest, UnfollowRequest
from bot.turn import TurnRecord


class ActionFollow(Action):
    """Báo cho tôi khi có kết quả: whoever has shown to be the right person is asked for consent, others for digits."""

    def name(self) -> str:
        return "action_follow"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        if (other := _something_else(dispatcher, tracker)) is not None:
            return other
        return await follow(dispatcher, tracker)


class ActionUnfollow(Action):
    """Thôi theo dõi: the dossier named, or all of this conversation."""

    def name(self) -> str:
        return "action_unfollow"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        if (other := _something_else(dispatcher, tracker)) is not None:
            return other
        speech = Speech(dispatcher)
        codes = codes_meant(tracker)
        if len(codes) > 1:
            buttons = [{"title": c, "payload": payload("unfollow_dossier", code=c)} for c in codes]
            speech.say(speech.phrase("utter_unfollow_which"), buttons)
            speech.end(TurnRecord("dossier"))
            return []
        code = codes[0] if codes else None
        stopped = speech.phrase("utter_unfollow_one", code=code) if code else speech.phrase("utter_unfollow_all")
        speech.say(f"{stopped}\n{speech.phrase('utter_unfollow_again')}")
        speech.end(TurnRecord("dossier"), **UnfollowRequest(code).as_payload())
        return []


async def follow(dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Any]:
    """Asks for consent, or first for what shows that it is the right person; returns the slots to set."""
    speech, talked, codes = Speech(dispatcher), Talked.of(tracker), codes_meant(tracker)
    if not settings.load().portal_can_verify:
        return speech.simple("dossier", "utter_follow_manual")
    if talked.factor is None or talked.status is None or (codes and codes != [talked.code]):
        return _wanting_news(await about_dossier(dispatcher, tracker), talked)
    if DossierStatus(talked.status) in FOLLOWED_UNTIL:
        return speech.simple("dossier", "utter_follow_closed", code=talked.code)
    ask_consent(speech, talked.code)
    return [SlotSet("dossier", replace(talked, want="follow").as_slot())]


def _wanting_news(events: list[Any], talked: Talked) -> list[Any]:
    """The slots of a turn that asks for code or digits, with what they are asked for."""
    slot = next((event["value"] for event in events if event.get("name") == "dossier"), talked.as_slot())
    others = [event for event in events if event.get("name") != "dossier"]
    return [*others, SlotSet("dossier", {**slot, "want": FOLLOWING})]


async def consent_answer(dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Any] | None:
    """What a yes or no to our question comes to; None where it answers something else."""
    heard, talked = Heard.of(tracker), Talked.of(tracker)
    pressed = FOLLOWING in heard.values("for")
    if not pressed and not just_asked(tracker):
        return None
    if heard.intent == "deny":
        Speech(dispatcher).simple("dossier", "utter_follow_denied")
        return [SlotSet("dossier", replace(talked, want="status").as_slot())]
    if heard.intent not in ("give_consent", "affirm"):
        return None
    codes = codes_meant(tracker)
    if talked.factor is None or talked.status is None or (codes and codes != [talked.code]):
        return await follow(dispatcher, tracker)
    return _started(Speech(dispatcher), talked, tracker)


def _started(speech: Speech, talked: Talked, tracker: Tracker) -> list[Any]:
    assert talked.factor is not None
    lines = [speech.phrase("utter_follow_started", code=talked.code)]
    if tracker.sender_id.startswith("web:"):
        lines.append(speech.phrase("utter_follow_started_web"))
    speech.say("\n".join([*lines, speech.phrase("utter_follow_started_stop")]))
    asked = FollowRequest(talked.code, talked.factor, CONSENT_TEXT, DossierStatus(talked.status or 0))
    speech.end(TurnRecord("dossier"), **asked.as_payload())
    return [SlotSet("dossier", replace(talked, want="status").as_slot())]


def _something_else(dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Any] | None:
    """The answer to a message that is hardly about following; None where it is."""
    heard = Heard.of(tracker)
    if heard.from_button or heard.dossier_codes:
        return None
    if heard.unsure:
        return answer(dispatcher, tracker)
    decision = names_its_procedure(tracker)
    return Speech(dispatcher).decision(decision, heard.text) if decision else None
