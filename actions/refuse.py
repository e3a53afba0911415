"""What the assistant must not do or take (secrets, identity photos, filing for people), and warnings."""

from __future__ import annotations

import re
from typing import Any

from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Action, Tracker
from rasa_sdk.types import DomainDict

from actions.answer import CERTAIN, PROBABLE, inside_answer
from actions.conversation import Heard
from actions.dossier_talk import about_dossier
from actions.elsewhere import elsewhere_answer
from actions.speech import Speech
from bot.language.unicode import fold
from bot.turn import Reason

REASON: dict[str, Reason] = {
    "share_secret": "otp_or_password",
    "send_identity_photo": "identity_photo",
    "file_for_me": "file_for_me",
    "report_scam": "fraud_warning",
    "crisis": "crisis",
}
YIELDS_FROM = {"file_for_me": PROBABLE, "report_scam": CERTAIN}
"""Where the intent is unsure: the chance from which a question about a procedure is answered instead. Secrets, photos
and danger never yield.
"""
SURE_REFUSAL = 0.9
FILING = re.compile(r"\b(?:nop|lam|dang ky|ky|dien|ke khai)\b")


class ActionRefuse(Action):
    def name(self) -> str:
        return "action_refuse"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        heard = Heard.of(tracker)
        intent = heard.intent
        if intent == "file_for_me" and heard.dossier_codes and not FILING.search(fold(heard.text)):
            return await about_dossier(dispatcher, tracker)  # "tra dùm tôi H19…" wants it looked up, not filed
        if intent == "file_for_me" and (told := elsewhere_answer(Speech(dispatcher), tracker)) is not None:
            return told
        least = YIELDS_FROM.get(intent)
        if least and heard.unsure:
            least = PROBABLE
        if least and heard.sure < SURE_REFUSAL and (decision := inside_answer(tracker, least, least)):
            return Speech(dispatcher).decision(decision, heard.text)
        return Speech(dispatcher).simple("refused", f"utter_{intent}", REASON[intent])
