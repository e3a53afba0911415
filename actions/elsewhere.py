"""A message about what is done elsewhere: who does it, instead of a procedure whose name shares words with it."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import SlotSet
from rasa_sdk.interfaces import Tracker

from actions.conversation import Heard, memory_of, question_of
from actions.events import telling_of
from actions.speech import Speech
from bot.catalogue.elsewhere import Found
from bot.catalogue.life_events import USED
from bot.language.unicode import fold
from bot.turn import TurnRecord

LIKELY = 0.5
"""From this chance on a procedure named beside the topic, or all around it, is the one asked for."""
NAMES_ANOTHER = 2
"""So many words of an alias that are none of the topic's name it besides."""
LEAST_SHARE = 1 / 3
"""A name that is less of the message than this may be said in passing."""


def elsewhere_answer(speech: Speech, tracker: Tracker) -> list[Any] | None:
    """What to say to a message about what is done elsewhere, and the slots; None where one of ours is meant.

    What was talked about before is left: "còn phí?" after it asks for no fee of ours.
    """
    heard = Heard.of(tracker)
    found = None if heard.from_button else speech.catalogue.elsewhere.find(heard.text)
    if found is None or means_ours(speech, tracker, found):
        return None
    speech.say(found.topic.answer)
    considered = [candidate.code for candidate in heard.candidates]
    speech.end(TurnRecord("out_of_scope", candidates=considered, reason=found.topic.kind))
    return [SlotSet("focus", None), SlotSet("offered", None)]


def means_ours(speech: Speech, tracker: Tracker, found: Found) -> bool:
    """True where the message picks, tells or names something of ours more exactly than the topic found in it."""
    heard, memory = Heard.of(tracker), memory_of(tracker)
    if heard.dossier_codes or any(candidate.certain for candidate in heard.candidates):
        return True
    if question_of(heard, memory).pick is not None or speech.tells_case_of(memory.focus, heard.text):
        return True
    telling = telling_of(speech.catalogue, heard)
    if telling and telling.rest.split().count(USED) >= found.words:
        return True
    return _says_a_longer_name(speech, heard, found) or _says_it_in_passing(heard, found)


def _says_a_longer_name(speech: Speech, heard: Heard, found: Found) -> bool:
    """True where an alias or an official name in the message is longer than what the topic's names explain."""
    message = f" {fold(heard.text)} "
    records = [speech.catalogue.get(candidate.code) for candidate in heard.candidates]
    names = [*(candidate.alias for candidate in heard.candidates), *(fold(r.name) for r in records if r)]
    return any(len(name.split()) > found.words and f" {name} " in message for name in names)


def _says_it_in_passing(heard: Heard, found: Found) -> bool:
    """True where the message is likely about a procedure that it names besides, or that all the rest of it is about."""
    if heard.chances.right < LIKELY:
        return False
    besides = sum(word not in found.said for word in heard.candidates[0].alias.split())
    return besides >= NAMES_ANOTHER or found.words < LEAST_SHARE * len(fold(heard.text).split())
