"""Offices, opening hours, old and new names of places."""

from __future__ import annotations

from typing import Any

from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Action, Tracker
from rasa_sdk.types import DomainDict

from actions.answer import CERTAIN, PROBABLE, answer, inside_answer
from actions.conversation import Heard
from actions.dossier_talk import about_dossier
from actions.elsewhere import elsewhere_answer
from actions.place_talk import Asked, chosen, found_in, talk
from actions.speech import Speech
from bot import settings
from bot.catalogue.places.answers import PlaceTeller
from bot.turn import TurnRecord


class ActionPlace(Action):
    """Where to go and when; a question about one procedure's office is answered from its record."""

    def name(self) -> str:
        return "action_place"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        speech, heard = Speech(dispatcher), Heard.of(tracker)
        if heard.dossier_codes:
            return await about_dossier(dispatcher, tracker)
        places, asked = speech.catalogue.places, Asked.of(tracker)
        if not asked and (told := elsewhere_answer(speech, tracker)) is not None:
            return told
        named = bool(heard.values("place")) or bool(places.resolve(heard.text).readings)
        least = (CERTAIN, 1.0) if named else (PROBABLE, CERTAIN)
        if heard.unsure and not named and not asked:
            return answer(dispatcher, tracker)
        if heard.intent == "find_office" and not asked and (decision := inside_answer(tracker, *least)):
            return speech.decision(decision, heard.text)
        pressed = chosen(places, next(iter(heard.values("place")), ""), asked)
        if pressed.unit:
            return talk(speech, heard.intent, pressed, asked)
        if said := _without_a_place(speech, heard.text):
            speech.say(said)
            speech.end(TurnRecord("place"))
            return []
        found = found_in(places, heard.text, asked)
        if not found.readings:
            found = chosen(places, tracker.get_slot("place") or "", None)
        return talk(speech, heard.intent, found, asked)


def _without_a_place(speech: Speech, text: str) -> str | None:
    """What to say where no commune of ours is asked for: a hotline, an office of another kind, an unknown name."""
    places = speech.catalogue.places
    if places.asks_for_a_hotline(text):
        return PlaceTeller(speech.catalogue.phrases, places, settings.today()).hotline()
    if places.names_another_office(text):
        return speech.phrase("utter_place_other_office")
    return speech.phrase("utter_place_unknown") if places.names_an_unknown_commune(text) else None
