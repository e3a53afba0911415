"""What the assistant must not do or take (secrets, identity photos, filing for people), and warnings."""

from __future__ import annotations

from typing import Any

from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Action, Tracker
from rasa_sdk.types import DomainDict

from actions.answer import CERTAIN, PROBABLE, inside_answer
from actions.conversation import Heard
from actions.speech import Speech
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


class ActionRefuse(Action):
    def name(self) -> str:
        return "action_refuse"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        heard = Heard.of(tracker)
        intent = heard.intent
        least = YIELDS_FROM.get(intent)
        if least and heard.unsure:
            least = PROBABLE
        if least and heard.sure < SURE_REFUSAL and (decision := inside_answer(tracker, least, least)):
            return Speech(dispatcher).decision(decision, heard.text)
        return Speech(dispatcher).simple("refused", f"utter_{intent}", REASON[intent])
