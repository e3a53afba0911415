"""What a citizen reads of a dossier that is followed: what moved, what to do now, how to stop."""

from __future__ import annotations

import json

from bot.catalogue.phrases import Phrases
from bot.portal.answers import LONGEST_PROCEDURE, DossierTeller
from bot.portal.dossier import Dossier, LookUp
from bot.portal.duty import shortened
from bot.portal.following import Move


class NewsTeller:
    """Messages that nobody asked for just now, on the day of the teller."""

    def __init__(self, phrases: Phrases, teller: DossierTeller) -> None:
        self._say, self._teller = phrases.say, teller

    def news(self, looked_up: LookUp, dossier: Dossier, move: Move) -> str:
        """One dossier's news."""
        name = shortened(dossier.procedure_name, LONGEST_PROCEDURE).rstrip(".")
        told = "utter_follow_news" if name else "utter_follow_news_bare"
        moved = self._teller.wording(dossier) if move is Move.STATUS else self._say(f"utter_follow_news_{move.value}")
        heading = [self._say(told, code=dossier.code, **({"procedure": name} if name else {})), moved]
        return self._whole("\n".join(filter(None, heading)), looked_up, dossier)

    def reminder(self, looked_up: LookUp, dossier: Dossier) -> str:
        """The time for papers is nearly over."""
        return self._whole(self._say("utter_follow_reminder", code=dossier.code), looked_up, dossier)

    def ended(self, code: str, why: str) -> str:
        """A dossier is followed no more, though nobody asked for that. ``why``: ``unseen`` or ``year``."""
        return self._say(f"utter_follow_ended_{why}", code=code)

    def stop_button(self, code: str) -> dict[str, str]:
        payload = "/unfollow_dossier" + json.dumps({"code": code})
        return {"title": self._say("utter_follow_stop_button"), "payload": payload}

    def _whole(self, heading: str, looked_up: LookUp, dossier: Dossier) -> str:
        return "\n\n".join([heading, self._teller.duty_with_time(looked_up, dossier), self._say("utter_follow_stop")])
