"""A person asked for, a complaint, a promised answer: said honestly, and recorded for staff."""

from __future__ import annotations

from typing import Any

from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Action, Tracker
from rasa_sdk.types import DomainDict

from actions.answer import CERTAIN, answer, inside_answer
from actions.conversation import Heard
from actions.speech import Speech

DOSSIER_INTENTS = ("check_dossier", "explain_status", "follow_dossier", "unfollow_dossier")


class ActionHandoff(Action):
    """Asked for a person (or complaining): recorded for staff, with where people sit until then."""

    def name(self) -> str:
        return "action_handoff"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        heard = Heard.of(tracker)
        if heard.dossier_codes:
            return about_dossier(dispatcher, heard)
        return Speech(dispatcher).simple("handoff", f"utter_{heard.intent}")


def about_dossier(dispatcher: CollectingDispatcher, heard: Heard) -> list[Any]:
    """Whatever else is said: who writes a dossier's code asks where that dossier is."""
    intent = heard.intent if heard.intent in DOSSIER_INTENTS else DOSSIER_INTENTS[0]
    return Speech(dispatcher).simple("dossier", f"utter_{intent}", "need_verify" if heard.dossier_codes else None)


class ActionDossier(Action):
    """A dossier's status, or what a status word means."""

    def name(self) -> str:
        return "action_dossier"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        heard = Heard.of(tracker)
        if heard.unsure and not heard.dossier_codes:
            return answer(dispatcher, tracker)
        if not heard.dossier_codes and (decision := inside_answer(tracker, CERTAIN, 1.0)):
            return Speech(dispatcher).decision(decision, heard.text)
        return about_dossier(dispatcher, heard)
