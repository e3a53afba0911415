"""Consent to following a dossier: asked plainly, nothing agreed to beforehand, taken only as the answer to that."""

from __future__ import annotations

from typing import Any

from rasa_sdk.interfaces import Tracker

from actions.speech import Speech, payload
from bot.consent import FOLLOWING
from bot.turn import TurnRecord

AGREED, REFUSED = "/give_consent", "/deny"


def ask_consent(speech: Speech, code: str) -> None:
    """Asks whether this dossier may be followed, as the whole of a turn."""
    say_consent(speech, code)
    speech.end(TurnRecord("dossier"))


def say_consent(speech: Speech, code: str) -> None:
    """The question alone, for a turn that says more. The button names its dossier: another one may be open by then."""
    agreed = payload("give_consent", **{"for": FOLLOWING, "code": code})
    buttons = [
        {"title": speech.phrase("utter_follow_agree"), "payload": agreed},
        {"title": speech.phrase("utter_follow_refuse"), "payload": REFUSED},
    ]
    speech.say(speech.phrase("utter_follow_consent", code=code), buttons)


def just_asked(tracker: Tracker) -> bool:
    """True where the bot's last words before the latest message asked for this consent."""
    return asked_last(tracker, AGREED)


def asked_last(tracker: Tracker, offered: str) -> bool:
    """True where the bot's last words before the latest message offered a button whose payload begins so."""
    messages = 0
    for event in reversed(tracker.events):
        if event.get("event") == "user":
            messages += 1
            if messages > 1:
                return False
        elif messages == 1 and event.get("event") == "bot" and _offers(event, offered):
            return True
    return False


def _offers(event: dict[str, Any], offered: str) -> bool:
    buttons = (event.get("data") or {}).get("buttons") or []
    return any(str(button.get("payload", "")).startswith(offered) for button in buttons)
