"""Talking about a dossier: which one, whether it may be told, and what the portal says of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal

from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Tracker

from actions.consent import say_consent
from actions.conversation import Heard, focus_on
from actions.speech import Speech, payload
from bot import settings
from bot.language.codes import doubtful_dossier_code
from bot.language.masking import IDENTITY
from bot.language.ordinals import find_pick, place_in
from bot.language.unicode import fold
from bot.portal.answers import DossierTeller
from bot.portal.attempt_store import AttemptStoreError, PostgresStore
from bot.portal.client import Portal, portal_of
from bot.portal.dossier import Dossier, DossierStatus, LookUp, Outcome, Source
from bot.portal.limits import MISSES, Attempts, MemoryStore, Tried, look_up
from bot.portal.live import LiveTables
from bot.portal.second_factor import SecondFactor, key_of
from bot.turn import TurnRecord

LOG = logging.getLogger(__name__)
Want = Literal["status", "follow"]
FOLLOWED_UNTIL = (DossierStatus.WITHDRAWN, DossierStatus.STOPPED, DossierStatus.RETURNED)
"""Statuses after which nothing is left to wait for."""


@cache
def live_tables() -> LiveTables:
    """Statuses and holidays of this process."""
    return LiveTables(settings.load().data)


@cache
def live_portal() -> Portal:
    """The portal of this process: one pace, one breaker, one token."""
    return portal_of(settings.load(), live_tables().status_of)


@cache
def live_attempts() -> Attempts:
    """The count of attempts; in the database, so that a restart forgives nothing."""
    known = settings.load()
    store = PostgresStore(known.database_url) if known.database_url else MemoryStore()
    return Attempts(store, key_of(settings.secret_key(known.var / "secret_key")))


def teller_of(speech: Speech) -> DossierTeller:
    tables = live_tables().current()
    return DossierTeller(speech.catalogue, tables.statuses, tables.calendar, settings.today())


@dataclass(frozen=True)
class Talked:
    """The slot ``dossier``: the dossier talked about.

    ``awaiting``: we asked for its digits; ``want``: what for; ``factor``: once right; ``status``: as told last.
    """

    code: str = ""
    awaiting: bool = False
    want: Want = "status"
    factor: SecondFactor | None = None
    status: int | None = None

    @classmethod
    def of(cls, tracker: Tracker) -> Talked:
        slot = tracker.get_slot("dossier") or {}
        factor = SecondFactor(**slot["second_factor"]) if slot.get("second_factor") else None
        code, awaiting, want = slot.get("code", ""), bool(slot.get("awaiting")), slot.get("want", "status")
        return cls(code, awaiting, want, factor, slot.get("status"))

    def as_slot(self) -> dict[str, Any]:
        factor = {"second_factor": {"digest": self.factor.digest, "salt": self.factor.salt}} if self.factor else {}
        status = {} if self.status is None else {"status": self.status}
        return {"code": self.code, "awaiting": self.awaiting, "want": self.want, **factor, **status}


@dataclass(frozen=True)
class Offered:
    """Several dossiers that we asked to choose from; ``digest``: of digits that came before the choice."""

    codes: tuple[str, ...] = ()
    digest: str = ""

    @classmethod
    def of(cls, tracker: Tracker) -> Offered:
        slot = tracker.get_slot("offered") or {}
        return cls(tuple(slot.get("dossiers") or ()), slot.get("digest", ""))


def codes_meant(tracker: Tracker) -> list[str]:
    """The dossiers that the latest message means: by code, or picked from those we offered."""
    heard, offered = Heard.of(tracker), Offered.of(tracker).codes
    if heard.dossier_codes or not offered or heard.from_button:
        return heard.dossier_codes
    pick = find_pick(fold(heard.text))
    place = None if pick is None else place_in(pick, len(offered))
    return [] if place is None else [offered[place]]


async def about_dossier(dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Any]:
    """Whatever else is said: who writes a dossier's code asks where that dossier is. The slots to set."""
    heard, talked, offered, speech = Heard.of(tracker), Talked.of(tracker), Offered.of(tracker), Speech(dispatcher)
    codes, digest = codes_meant(tracker), given_digest(heard)
    if len(codes) > 1 or (digest and not codes and offered.codes):
        return _which(speech, tuple(codes) or offered.codes, digest)
    if not codes and not _goes_on(heard, talked, digest):
        return _no_code(speech, heard, takes_photos=tracker.sender_id.startswith("web:"))
    if codes and codes[0] != talked.code:
        talked = Talked(codes[0], want="status" if talked.code else talked.want)
    if heard.intent == "follow_dossier":
        talked = replace(talked, want="follow")
    digest = digest or (offered.digest if codes and codes[0] in offered.codes else "")
    given = SecondFactor(digest, tracker.sender_id) if digest else None
    return await _tell(speech, talked, given or talked.factor, tracker.sender_id)


def given_digest(heard: Heard) -> str:
    """The digest by which the gateway replaced the digits, "" for none; only a payload of its own carries one."""
    return next(iter(heard.values("second_factor")), "") if heard.from_button else ""


def says_digits_unknown(heard: Heard) -> bool:
    """True where the gateway heard, instead of the digits, that the citizen does not know them."""
    return heard.from_button and heard.values("second_factor") == [""]


def digits_unknown(dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Any]:
    """Who may know them, and where to go without; the question stays open. The slots to set: none."""
    speech = Speech(dispatcher)
    speech.say(teller_of(speech).digits_unknown(Talked.of(tracker).code))
    speech.end(TurnRecord("dossier", reason="need_verify"))
    return []


def _goes_on(heard: Heard, talked: Talked, digest: str) -> bool:
    """True where a message without a code is about the dossier talked about."""
    if digest or heard.intent == "follow_dossier":
        return bool(talked.code)
    return talked.awaiting or (talked.factor is not None and IDENTITY not in heard.text)


async def _tell(speech: Speech, talked: Talked, factor: SecondFactor | None, sender: str) -> list[Any]:
    """Asks the portal with the factor there is, says what came of it; the slots to set."""
    try:
        tried = await asyncio.to_thread(  # up to 8 s, in which others are answered
            look_up, live_portal(), live_attempts(), sender, talked.code, factor
        )
    except AttemptStoreError as error:
        LOG.error("portal: %s", error)
        tried = Tried(LookUp(Outcome.UPSTREAM_DOWN, Source.IGATE, settings.now()), tries_left=0)
    found = tried.looked_up
    if found.outcome is Outcome.FOUND and found.dossier:
        return _found(speech, replace(talked, factor=factor), found, found.dossier)
    refused = tried.blocked or found.outcome in MISSES
    speech.say(_declined(speech, talked.code, factor is not None, tried))
    speech.end(TurnRecord("dossier", reason="need_verify" if refused else "portal_down"))
    waits = refused and found.source is not Source.MANUAL and tried.tries_left > 0
    talked = replace(talked, awaiting=waits, factor=None if refused else talked.factor)
    return [SlotSet("dossier", talked.as_slot()), SlotSet("offered", None)]


def _which(speech: Speech, codes: Sequence[str], digest: str) -> list[Any]:
    """Which of several codes is meant; digits that came along are kept, as their digest, for the one chosen."""
    buttons = [{"title": code, "payload": payload("check_dossier", code=code)} for code in codes]
    speech.say(teller_of(speech).which(codes), buttons)
    speech.end(TurnRecord("dossier", reason="need_verify"))
    return [SlotSet("offered", {"dossiers": list(codes), "digest": digest})]


def _no_code(speech: Speech, heard: Heard, takes_photos: bool) -> list[Any]:
    personal = IDENTITY in heard.text
    speech.say(teller_of(speech).identity_number() if personal else teller_of(speech).no_code(takes_photos))
    speech.end(TurnRecord("dossier"))
    return []


def _declined(speech: Speech, code: str, digits_given: bool, tried: Tried) -> str:
    """What is said where nothing is told of a dossier."""
    teller, found = teller_of(speech), tried.looked_up
    if found.source is Source.MANUAL and settings.load().portal != "manual":
        return teller.cannot_verify(code)  # a system there is, but its replies hold no phone
    if found.source is Source.MANUAL:
        return teller.answer(found, code, digits_given)
    if tried.tries_left == 0 and (tried.blocked or found.outcome in MISSES):
        return teller.blocked(code)
    text = teller.answer(found, code, digits_given, tried.tries_left)
    if found.outcome in MISSES and doubtful_dossier_code(code, settings.today()):
        return f"{teller.doubtful(code)}\n{text}"
    return text


def _found(speech: Speech, talked: Talked, found: LookUp, dossier: Dossier) -> list[Any]:
    procedure = speech.catalogue.canonical(dossier.procedure_code)
    asks = talked.want == "follow" and dossier.status not in FOLLOWED_UNTIL
    buttons = _next(speech, dossier, procedure, may_follow=not asks)
    speech.say(teller_of(speech).answer(found, talked.code, digits_given=True), buttons)
    if asks:
        say_consent(speech, talked.code)
    speech.end(TurnRecord("dossier", [procedure] if procedure else []))
    told = replace(talked, awaiting=False, status=int(dossier.status))
    focus = focus_on(procedure, ("overview",)) if procedure else [SlotSet("offered", None)]
    return [SlotSet("dossier", told.as_slot()), *focus]


def _next(speech: Speech, dossier: Dossier, procedure: str | None, may_follow: bool) -> list[dict[str, str]]:
    """What fits now: the papers of the procedure where some are wanted, to be told of the next change."""
    buttons = []
    if dossier.status is DossierStatus.SUPPLEMENT_REQUIRED and procedure:
        title = speech.phrase("utter_dossier_button_papers")
        buttons.append({"title": title, "payload": payload("ask_documents", procedure=procedure)})
    if may_follow and dossier.status not in FOLLOWED_UNTIL:
        buttons.append({"title": speech.phrase("utter_dossier_button_follow"), "payload": "/follow_dossier"})
    return buttons
