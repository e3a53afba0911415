"""Saying a decision: text, buttons, exactly one turn record, and the slots to remember."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from typing import Any

from rasa_sdk.executor import CollectingDispatcher

from actions.conversation import focus_on, offer
from bot import settings
from bot.catalogue.answers import Answerer, page_of
from bot.catalogue.catalogue import Catalogue, Record
from bot.catalogue.decision import Decision, Thresholds
from bot.catalogue.live import LiveCatalogue
from bot.catalogue.models import Case, IndexEntry, Procedure
from bot.catalogue.national.text import PortalSpeaker
from bot.catalogue.places.answers import PlaceTeller
from bot.language.codes import find_procedure_codes
from bot.language.unicode import fold
from bot.turn import Aspect, Reason, Status, TurnRecord

FOLLOW_UPS: tuple[Aspect, ...] = ("documents", "fee", "processing_time", "where", "steps")
INTENT_OF: dict[Aspect, str] = {
    "documents": "ask_documents", "fee": "ask_fee", "processing_time": "ask_processing_time", "where": "ask_where",
    "steps": "ask_steps",
}  # fmt: skip
LONGEST_TITLE = 90


@cache
def live_catalogue() -> LiveCatalogue:
    """The catalogue of this process."""
    return LiveCatalogue.of(settings.load())


@cache
def thresholds() -> Thresholds:
    return Thresholds.load(settings.load().data)


class Speech:
    """One turn's reply. Whatever is said, ``end`` puts the turn record on it."""

    def __init__(self, dispatcher: CollectingDispatcher) -> None:
        self._dispatcher = dispatcher
        self.catalogue: Catalogue = live_catalogue().current()
        self.answerer = Answerer(self.catalogue.phrases, settings.today(), self.catalogue.reviews)

    def phrase(self, name: str, /, **values: object) -> str:
        return self.catalogue.phrases.say(name, **values)

    def tells_case_of(self, code: str | None, text: str) -> bool:
        """True where the message tells a case of this procedure."""
        record = self.catalogue.get(code) if code else None
        return isinstance(record, Procedure) and bool(cases_in(record, text))

    def say(self, text: str, buttons: list[dict[str, str]] | None = None) -> None:
        self._dispatcher.utter_message(text=text, buttons=buttons or None)

    def end(self, record: TurnRecord) -> None:
        self._dispatcher.utter_message(json_message=record.as_payload())

    def simple(self, status: Status, phrase: str, reason: Reason | None = None, /, **values: object) -> list[Any]:
        """One sentence and its record."""
        self.say(self.phrase(phrase, **values))
        self.end(TurnRecord(status, reason=reason))
        return []

    def decision(self, decision: Decision, text: str) -> list[Any]:
        """Says what was decided about the question ``text``; returns the slots to set."""
        if decision.status == "answered":
            return self._answer(decision, text)
        if decision.status == "clarify":
            return self._clarify(decision)
        phrase = "utter_out_of_scope" if decision.status == "out_of_scope" else "utter_not_understood"
        self.say(self.phrase(phrase), self._buttons(thresholds().popular))
        self.end(_record(decision))
        return []

    def _answer(self, decision: Decision, text: str) -> list[Any]:
        record = self.catalogue.get(decision.procedures[0])
        if record is None:  # taken out of the catalogue between linking and answering
            self.say(self.phrase("utter_not_covered"))
            self.end(_record(decision, status="not_covered", procedures=[]))
            return []
        if withheld := self.answerer.withheld(record, self.catalogue.gone(record.code)):
            said, reason = withheld
            self.say(said)
            self.end(_record(decision, status="stale", reason=reason))
        elif isinstance(record, Procedure):
            self._answer_record(record, decision, text)
        else:
            self._answer_index(record, decision, text)
        return focus_on(record.code, decision.aspects, decision.neighbour)

    def _answer_record(self, record: Procedure, decision: Decision, text: str) -> None:
        cases = cases_in(record, text)
        answer = self._old_code(record.code, text) + self.answerer.answer(record, decision.aspects, cases)
        if note := PlaceTeller(self.catalogue.phrases, self.catalogue.places, settings.today()).note(text):
            answer = f"{note}\n\n{answer}"
        buttons = self._follow_ups(record.code, decision.aspects)
        if decision.neighbour and (other := self.catalogue.get(decision.neighbour)):
            answer += "\n\n" + self.phrase("utter_answer_other", situation=_lower(option_of(other)))
            buttons = [*self._buttons([decision.neighbour]), *buttons]
        self.say(answer, buttons)
        self.end(_record(decision))

    def _old_code(self, code: str, text: str) -> str:
        """A line for each replaced code that was typed; empty where none was."""
        typed = [found.value for found in find_procedure_codes(text) if self.catalogue.replaced(found.value)]
        lines = [self.phrase("utter_answer_superseded", old=old, code=code) for old in dict.fromkeys(typed)]
        return "".join(f"{line}\n\n" for line in lines)

    def _answer_index(self, entry: IndexEntry, decision: Decision, text: str) -> None:
        """The facts that the index holds, or the portal's own wording once it is imported."""
        if portal := live_catalogue().portal_text(entry.code):
            answer, answered = PortalSpeaker(self.catalogue.phrases, settings.today()).say(portal, decision.aspects)
            answer = f"{answer}\n\n{self.answerer.reference(entry)}"
        else:
            answer, answered = self.answerer.index_facts(entry, decision.aspects)
        if answered:
            buttons = self._follow_ups(entry.code, decision.aspects) if portal else []
            self.say(self._old_code(entry.code, text) + answer, buttons)
            self.end(_record(decision, aspects=answered))
        else:
            self.say(self.phrase("utter_not_covered_index", name=entry.name, url=page_of(entry)))
            self.end(_record(decision, status="not_covered", reason="index_only", aspects=[]))

    def _clarify(self, decision: Decision) -> list[Any]:
        records = [(code, self.catalogue.get(code)) for code in decision.procedures]
        options = [option_of(record) for _, record in records if record]
        numbered = [self.phrase("utter_clarify_numbered", number=n, option=o) for n, o in enumerate(options, 1)]
        self.say("\n".join([self.phrase("utter_clarify"), *numbered]), self._buttons(decision.procedures))
        self.end(_record(decision, aspects=[]))
        return offer(decision.procedures, tuple(a for a in decision.aspects if a != "overview"))

    def _buttons(self, codes: Iterable[str]) -> list[dict[str, str]]:
        """One button a procedure, in the words of its situation."""
        known = [(code, self.catalogue.get(code)) for code in codes]
        return [_button(option_of(record), "choose_option", code) for code, record in known if record]

    def _follow_ups(self, code: str, answered: tuple[Aspect, ...]) -> list[dict[str, str]]:
        told = set(answered) if answered != ("overview",) else set(FOLLOW_UPS) - {"steps"}
        return [_button(self.phrase(f"utter_button_{a}"), INTENT_OF[a], code) for a in FOLLOW_UPS if a not in told]


def option_of(record: Record) -> str:
    """A procedure as one line of a list: the situation where there is one, else its name."""
    text = f"{record.situation} ({_lower(record.plain_name)})" if isinstance(record, Procedure) else record.name
    return text if len(text) <= LONGEST_TITLE else text[: LONGEST_TITLE - 1].rsplit(" ", 1)[0] + "…"


def cases_in(record: Procedure, text: str) -> list[Case]:
    """The record's cases whose words stand in the message."""
    folded = f" {fold(text)} "
    return [case for case in record.cases if any(f" {fold(word)} " in folded for word in case.words)]


def _button(title: str, intent: str, code: str) -> dict[str, str]:
    return {"title": title, "payload": f"/{intent}" + json.dumps({"procedure": code})}


def _record(decision: Decision, **changes: Any) -> TurnRecord:
    fields = {
        "status": decision.status, "procedures": list(decision.procedures), "candidates": list(decision.candidates),
        "aspects": list(decision.aspects), "reason": decision.reason, "confidence": round(decision.confidence, 3),
    }  # fmt: skip
    return TurnRecord(**{**fields, **changes})


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() else text
