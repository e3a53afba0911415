"""Where a dossier is, what its status means, the digits that open it."""

from __future__ import annotations

from typing import Any

from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Action, Tracker
from rasa_sdk.types import DomainDict

from actions.answer import answer, names_its_procedure
from actions.conversation import Heard
from actions.dossier_talk import (
    about_dossier,
    codes_meant,
    digits_unknown,
    given_digest,
    says_digits_unknown,
    teller_of,
)
from actions.speech import Speech
from bot.language.masking import IDENTITY
from bot.turn import TurnRecord


class ActionDossier(Action):
    """A dossier's status, or what a status word means."""

    def name(self) -> str:
        return "action_dossier"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        heard = Heard.of(tracker)
        if says_digits_unknown(heard):
            return digits_unknown(dispatcher, tracker)
        if codes_meant(tracker) or given_digest(heard):
            return await about_dossier(dispatcher, tracker)
        if heard.unsure:
            return answer(dispatcher, tracker)
        if decision := names_its_procedure(tracker):
            return Speech(dispatcher).decision(decision, heard.text)
        if heard.intent == "check_dossier" or IDENTITY in heard.text:
            return await about_dossier(dispatcher, tracker)
        if heard.intent == "give_code":  # a code of another kind: of a promised answer, of an invitation
            return Speech(dispatcher).simple("handoff", "utter_give_code")
        return _explain(dispatcher, heard.text)


def _explain(dispatcher: CollectingDispatcher, text: str) -> list[Any]:
    """What the status in a question means; all of them where it names none."""
    speech = Speech(dispatcher)
    speech.say(teller_of(speech).explain(text) or speech.phrase("utter_explain_status"))
    speech.end(TurnRecord("dossier"))
    return []
