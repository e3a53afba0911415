"""What the assistant must not do or take (secrets, identity photos, filing for people), and warnings."""

from __future__ import annotations

from typing import Any

from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Action, Tracker
from rasa_sdk.types import DomainDict

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


class ActionRefuse(Action):
    def name(self) -> str:
        return "action_refuse"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        intent = Heard.of(tracker).intent
        return Speech(dispatcher).simple("refused", f"utter_{intent}", REASON[intent])
