"""Talking about a place: telling its offices and hours, or asking which one is meant and hearing the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rasa_sdk.events import SlotSet
from rasa_sdk.interfaces import Tracker

from actions.conversation import Heard
from actions.speech import Speech, live_catalogue, payload
from bot import settings
from bot.catalogue.places.answers import PlaceTeller
from bot.catalogue.places.models import Unit
from bot.catalogue.places.names import Reading
from bot.catalogue.places.resolver import Found, Places
from bot.language.ordinals import find_pick, place_in
from bot.language.unicode import fold
from bot.turn import TurnRecord

SURE_PROCEDURE = 0.8
"""From this certainty on a message is about its procedure, whatever place it names."""


@dataclass(frozen=True)
class Asked:
    """Our question for a place that waits for an answer; it lies in the slot ``offered`` like every list.

    ``intent``: what the place was wanted for; ``units``: the codes that may be meant (none: any); ``shown``: they were
    offered as a list; ``words``: the name that left a choice.
    """

    intent: str
    units: tuple[str, ...] = ()
    shown: bool = False
    words: str = ""

    @classmethod
    def of(cls, tracker: Tracker) -> Asked | None:
        offered = tracker.get_slot("offered") or {}
        if "places" not in offered:
            return None
        return cls(offered["for"], tuple(offered["places"]), offered["shown"], offered["words"])

    def as_slot(self) -> dict[str, Any]:
        return {"places": list(self.units), "shown": self.shown, "for": self.intent, "words": self.words}


def answers_for_a_place(tracker: Tracker) -> bool:
    """True where the latest message answers our question for a place."""
    return bool(_answer(live_catalogue().current().places, Heard.of(tracker), Asked.of(tracker)).readings)


def place_answer(speech: Speech, heard: Heard, tracker: Tracker) -> list[Any] | None:
    """What to say to a message that answers our question for a place; None where it does not."""
    asked = Asked.of(tracker)
    found = _answer(speech.catalogue.places, heard, asked)
    return talk(speech, asked.intent, found, asked) if asked and found.readings else None


def _answer(places: Places, heard: Heard, asked: Asked | None) -> Found:
    about_procedure = heard.values("aspect") or heard.chances.right >= SURE_PROCEDURE
    if asked is None or heard.from_button or about_procedure:
        return Found()
    return found_in(places, heard.text, asked)


def found_in(places: Places, text: str, asked: Asked | None) -> Found:
    """The place that a message names; after our question the one of those it may be, by words or by number."""
    if asked is None:
        return places.resolve(text)
    alone = places.resolve(text, asked=True)
    together = [places.resolve(f"{asked.words}, {text}")] if asked.shown else []
    for found in [*together, alone]:
        fitting = tuple(reading for reading in found.readings if reading.unit.code in asked.units)
        if len(fitting) == 1 or (fitting and not asked.shown):
            return Found(fitting, words=found.words)
    pick = find_pick(fold(text)) if asked.shown and not alone.readings else None
    place = None if pick is None else place_in(pick, len(asked.units))
    if place is not None:
        return chosen(places, asked.units[place], asked)
    return alone


def chosen(places: Places, code: str, asked: Asked | None) -> Found:
    """The unit of a code, by the name under which it was offered; nothing for an unknown code."""
    unit = places.unit(code)
    offered = places.resolve(asked.words).readings if asked else ()
    reading = next((r for r in offered if r.unit.code == code), Reading(unit) if unit else None)
    return Found((reading,)) if reading else Found()


def talk(speech: Speech, intent: str, found: Found, asked: Asked | None = None) -> list[Any]:
    """Tells about the one unit found, asks which of several, or which at all; the slots to set."""
    teller = PlaceTeller(speech.catalogue.phrases, speech.catalogue.places, settings.today())
    if intent == "ask_hours" and not (found.unit or teller.hours_differ(found.units)):
        return _end(speech, teller.hours(None), None, asked)
    if found.unit:
        if intent == "ask_hours":
            return _end(speech, teller.hours(found.unit), found.unit, asked)
        nearby = tuple(u.code for u in speech.catalogue.places.in_area(found.area)) if found.area else ()
        return _end(speech, teller.offices(found), found.unit, Asked(intent, nearby) if nearby else asked, bool(nearby))
    if found.readings and not (asked and asked.shown):
        text, options = teller.question(found)
        units = found.units[: len(options)] if options else found.units
        return _ask(speech, Asked(intent, tuple(u.code for u in units), bool(options), found.words), text, options)
    if asked:  # asked once already: the answer that is right everywhere
        return _end(speech, speech.phrase("utter_find_office"), None, asked)
    return _ask(speech, Asked(intent), speech.phrase("utter_place_ask"), [])


def _ask(speech: Speech, asked: Asked, text: str, options: list[str]) -> list[Any]:
    buttons = [
        {"title": option, "payload": payload(asked.intent, place=code)}
        for option, code in zip(options, asked.units, strict=False)
    ]
    speech.say(text, buttons)
    speech.end(TurnRecord("place"))
    return [SlotSet("offered", asked.as_slot())]


def _end(speech: Speech, text: str, unit: Unit | None, asked: Asked | None, open_still: bool = False) -> list[Any]:
    """Says it and remembers the unit; a question that was answered waits no longer."""
    speech.say(text)
    speech.end(TurnRecord("place"))
    answered = [SlotSet("offered", asked.as_slot() if open_still else None)] if asked else []
    return [*answered, *([SlotSet("place", unit.code)] if unit else [])]
