"""What is kept of a person: their yes or no to being remembered, and the wish that all of it be deleted."""

from __future__ import annotations

import re
from typing import Any

from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Tracker

from actions.consent import asked_last
from actions.conversation import GUESSED, Heard
from actions.speech import Speech, payload
from bot.consent import DELETE_ALL, DELETING, MEMORY, NOTICE_TEXT, VERSION, MemoryChoice, choices
from bot.language.unicode import fold
from bot.portal.following import UnfollowRequest
from bot.turn import TurnRecord

CONFIRM = payload("delete_my_data", **{"for": DELETING})
KEEP = payload("deny", **{"for": DELETING})
YES = ("affirm", "delete_my_data")
KEEPING = re.compile(r"\b(?:luu|nho|giu|ghi)\b")
"""Words that say what a consent is to; a bare "đồng ý" may be to anything."""


def my_data_answer(dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Any] | None:
    """What a press, or a yes or no to the question whether to delete, comes to; None where it is something else."""
    speech, heard = Speech(dispatcher), Heard.of(tracker)
    about = heard.values("for")
    if MEMORY in about:
        return _choose(speech, heard.intent == "give_consent", next(iter(heard.values("version")), NOTICE_TEXT))
    if DELETING in about:
        return _delete(speech, tracker) if heard.intent == "delete_my_data" else _keep(speech)
    if heard.from_button or heard.unsure or not asked_last(tracker, CONFIRM):
        return None
    if heard.intent == "deny":
        return _keep(speech)
    if heard.intent in YES and heard.sure >= GUESSED:
        return _delete(speech, tracker)
    return ask_to_delete(speech) if heard.intent in (*YES, "give_consent") else None


def consent(speech: Speech, heard: Heard) -> list[Any]:
    """Agreed in words, where they surely say to what; else it is asked."""
    if heard.sure >= GUESSED and KEEPING.search(fold(heard.text)):
        return _choose(speech, agreed=True)
    return _offer_choice(speech, "utter_memory_ask")


def withdraw(speech: Speech, heard: Heard) -> list[Any]:
    """Whoever surely takes a consent back is not remembered, and is told of no dossier any more."""
    if heard.sure < GUESSED and not heard.from_button:
        return explain(speech)
    speech.say(f"{speech.phrase('utter_withdraw_consent')}\n{speech.phrase('utter_unfollow_too')}")
    speech.end(TurnRecord("smalltalk"), **MemoryChoice(False).as_payload(), **UnfollowRequest().as_payload())
    return []


def explain(speech: Speech) -> list[Any]:
    """What is kept, and the choice."""
    return _offer_choice(speech, "utter_ask_privacy")


def _offer_choice(speech: Speech, phrase: str) -> list[Any]:
    titles = speech.phrase("utter_notice_agree"), speech.phrase("utter_notice_refuse")
    buttons = [{"title": title, "payload": chosen} for title, chosen in zip(titles, choices(), strict=True)]
    speech.say(speech.phrase(phrase), buttons)
    speech.end(TurnRecord("smalltalk"))
    return []


def _choose(speech: Speech, agreed: bool, text: str = NOTICE_TEXT) -> list[Any]:
    """Remembered from now on, or not. ``text``: the version of the words that were read."""
    speech.say(speech.phrase("utter_give_consent" if agreed else "utter_memory_refused"))
    choice = MemoryChoice(agreed, text if VERSION.fullmatch(text) else NOTICE_TEXT)
    speech.end(TurnRecord("smalltalk"), **choice.as_payload())
    return []


def ask_to_delete(speech: Speech) -> list[Any]:
    """What would be deleted, and whether to: it cannot be undone."""
    buttons = [
        {"title": speech.phrase("utter_delete_confirm"), "payload": CONFIRM},
        {"title": speech.phrase("utter_delete_keep"), "payload": KEEP},
    ]
    speech.say(speech.phrase("utter_delete_my_data"), buttons)
    speech.end(TurnRecord("smalltalk"))
    return []


def _keep(speech: Speech) -> list[Any]:
    return speech.simple("smalltalk", "utter_delete_kept")


def _delete(speech: Speech, tracker: Tracker) -> list[Any]:
    """Said here, done by the gateway in the transaction that writes these words down."""
    speech.say(speech.phrase("utter_deleted"))
    speech.end(TurnRecord("smalltalk"), **DELETE_ALL)
    return forget_slots(tracker)


def forget_slots(tracker: Tracker) -> list[Any]:
    """Nothing of what was talked about is in mind any more."""
    return [SlotSet(name, None) for name in ("focus", "offered", "place", "dossier") if tracker.get_slot(name)]
