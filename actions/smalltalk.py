"""Greetings, thanks, questions about the assistant itself, and words that go on with what was said."""

from __future__ import annotations

from typing import Any

from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Action, Tracker
from rasa_sdk.types import DomainDict

from actions.answer import answer, certain_answer
from actions.conversation import Heard, memory_of
from actions.dossier_talk import about_dossier, codes_meant
from actions.events import tells_event
from actions.follow import consent_answer
from actions.my_data import ask_to_delete, consent, explain, forget_slots, my_data_answer, withdraw
from actions.place_talk import answers_for_a_place
from actions.speech import Speech


class ActionSmalltalk(Action):
    """One sentence per intent: ``utter_<intent>``."""

    def name(self) -> str:
        return "action_smalltalk"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        speech, heard = Speech(dispatcher), Heard.of(tracker)
        if (told := await answer_to_consent(dispatcher, tracker)) is not None:
            return told
        if tells_event(tracker) or answers_for_a_place(tracker):
            return answer(dispatcher, tracker)
        if heard.dossier_codes:
            return await about_dossier(dispatcher, tracker)
        if heard.unsure:
            return answer(dispatcher, tracker)
        if decision := certain_answer(tracker):
            return speech.decision(decision, heard.text)
        return _of_intent(speech, heard, tracker)


def _of_intent(speech: Speech, heard: Heard, tracker: Tracker) -> list[dict[str, Any]]:
    if heard.intent == "give_consent":
        return consent(speech, heard)
    if heard.intent == "withdraw_consent":
        return withdraw(speech, heard)
    if heard.intent == "delete_my_data":
        return ask_to_delete(speech)
    if heard.intent == "ask_privacy":
        return explain(speech)
    said = speech.simple("smalltalk", f"utter_{heard.intent}")
    return [*said, *forget_slots(tracker)] if heard.intent == "next_person" else said


async def answer_to_consent(dispatcher: CollectingDispatcher, tracker: Tracker) -> list[dict[str, Any]] | None:
    """What a yes or no about one's own data comes to; None where it answers something else."""
    told = my_data_answer(dispatcher, tracker)
    return told if told is not None else await consent_answer(dispatcher, tracker)


class ActionContinue(Action):
    """Yes, no, next, back: goes on with the question that is open, or says what can be asked."""

    def name(self) -> str:
        return "action_continue"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        heard, memory = Heard.of(tracker), memory_of(tracker)
        if (told := await answer_to_consent(dispatcher, tracker)) is not None:
            return told
        if codes_meant(tracker):
            return await about_dossier(dispatcher, tracker)
        if heard.unsure or certain_answer(tracker) or memory.offered or answers_for_a_place(tracker):
            return answer(dispatcher, tracker)
        phrase = "utter_deny" if heard.intent in ("deny", "stop_guide") else "utter_affirm"
        return Speech(dispatcher).simple("smalltalk", phrase)
