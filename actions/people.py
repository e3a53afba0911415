"""A person asked for, a complaint, a promised answer: said honestly, and recorded for staff."""

from __future__ import annotations

from typing import Any

from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Action, Tracker
from rasa_sdk.types import DomainDict

from actions.conversation import Heard
from actions.dossier_talk import about_dossier
from actions.speech import Speech


class ActionHandoff(Action):
    """Asked for a person (or complaining): recorded for staff, with where people sit until then."""

    def name(self) -> str:
        return "action_handoff"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        heard = Heard.of(tracker)
        if heard.dossier_codes:
            return await about_dossier(dispatcher, tracker)
        return Speech(dispatcher).simple("handoff", f"utter_{heard.intent}")
