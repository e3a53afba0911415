"""Saying a decision: text, buttons, exactly one turn record, and the slots to remember."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
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
from bot.catalogue.premise import compare
from bot.language.codes import find_procedure_codes
from bot.language.parts import asks_the_difference
from bot.language.premises import find_premises
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


@dataclass
class Told:
    """What is said of one procedure, and how its turn ends. ``buttons``: more can be asked of it."""

    text: str
    status: Status
    reason: Reason | None
    aspects: tuple[Aspect, ...]
    buttons: bool = True


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

    def end(self, record: TurnRecord, **requests: Any) -> None:
        """``requests``: what the gateway is to do with this turn (bot.portal.following)."""
        self._dispatcher.utter_message(json_message=record.as_payload() | requests)

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
        if len(decision.procedures) > 1:
            return self._answer_several(decision, text)
        record = self.catalogue.get(decision.procedures[0])
        if record is None:  # taken out of the catalogue between linking and answering
            self.say(self.phrase("utter_not_covered"))
            self.end(_record(decision, status="not_covered", procedures=[]))
            return []
        told = self._told(record, decision.aspects, text)
        buttons = self._follow_ups(record.code, decision.aspects) if told.buttons else []
        if decision.neighbour and (other := self.catalogue.get(decision.neighbour)) and isinstance(record, Procedure):
            told.text += "\n\n" + self.phrase("utter_answer_other", situation=_lower(option_of(other)))
            buttons = [*self._buttons([decision.neighbour]), *buttons]
        self.say(told.text, buttons)
        self.end(_record(decision, status=told.status, reason=told.reason, aspects=list(told.aspects)))
        return focus_on(record.code, decision.aspects, decision.neighbour)

    def _answer_several(self, decision: Decision, text: str) -> list[Any]:
        """Two or three procedures asked for at once, each with a message of its own; or how they differ."""
        known = [(code, self.catalogue.get(code)) for code in decision.procedures]
        records = [record for _, record in known if record]
        codes = tuple(record.code for record in records)
        if asks_the_difference(text):
            lines = [self.phrase("utter_differ_one", name=name_of(record), use=use_of(record)) for record in records]
            self.say("\n\n".join([self.phrase("utter_differ"), *lines]), self._buttons(codes))
            self.end(_record(decision, procedures=list(codes)))
            return offer(codes, ())
        self.say(self.phrase("utter_answer_several", count=len(records)))
        answers = [self._told(record, decision.aspects, text) for record in records]
        for told in answers[:-1]:
            self.say(told.text)
        self.say(answers[-1].text, self._buttons(codes))
        first = answers[0]
        answered = list(dict.fromkeys(aspect for told in answers for aspect in told.aspects))
        self.end(_record(decision, status=first.status, reason=first.reason, procedures=list(codes), aspects=answered))
        return offer(codes, tuple(a for a in decision.aspects if a != "overview"))

    def _told(self, record: Record, aspects: tuple[Aspect, ...], text: str) -> Told:
        """What is said of one procedure, asked with the words ``text``."""
        if withheld := self.answerer.withheld(record, self.catalogue.gone(record.code)):
            said, reason = withheld
            return Told(said, "stale", reason, aspects, buttons=False)
        if isinstance(record, Procedure):
            return Told(self._text_of_record(record, aspects, text), "answered", None, aspects)
        return self._told_of_index(record, aspects, text)

    def _text_of_record(self, record: Procedure, aspects: tuple[Aspect, ...], text: str) -> str:
        answer = self._old_code(record.code, text) + self._beliefs(record, text)
        answer += self.answerer.answer(record, aspects, cases_in(record, text))
        if note := PlaceTeller(self.catalogue.phrases, self.catalogue.places, settings.today()).note(text):
            answer = f"{note}\n\n{answer}"
        return answer

    def _beliefs(self, record: Procedure, text: str) -> str:
        """A line for each figure that the message wants confirmed, right or wrong; empty where it wants none."""
        beliefs = compare(record, find_premises(text), settings.today())
        lines = [self.phrase(f"utter_premise_{'right' if right else 'wrong'}_{aspect}") for aspect, right in beliefs]
        return "".join(f"{line}\n\n" for line in lines)

    def _old_code(self, code: str, text: str) -> str:
        """A line for each replaced code that was typed; empty where none was."""
        typed = [found.value for found in find_procedure_codes(text) if self.catalogue.replaced(found.value)]
        lines = [self.phrase("utter_answer_superseded", old=old, code=code) for old in dict.fromkeys(typed)]
        return "".join(f"{line}\n\n" for line in lines)

    def _told_of_index(self, entry: IndexEntry, aspects: tuple[Aspect, ...], text: str) -> Told:
        """The facts that the index holds, or the portal's own wording once it is imported."""
        if portal := live_catalogue().portal_text(entry.code):
            answer, answered = PortalSpeaker(self.catalogue.phrases, settings.today()).say(portal, aspects)
            answer = f"{answer}\n\n{self.answerer.reference(entry)}"
        else:
            answer, answered = self.answerer.index_facts(entry, aspects)
        if answered:
            return Told(self._old_code(entry.code, text) + answer, "answered", None, tuple(answered), bool(portal))
        refusal = self.phrase("utter_not_covered_index", name=entry.name, url=page_of(entry))
        return Told(refusal, "not_covered", "index_only", (), buttons=False)

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


def name_of(record: Record) -> str:
    """A procedure by the name that people know it by."""
    return record.plain_name if isinstance(record, Procedure) else record.name


def use_of(record: Record) -> str:
    """What a procedure is for, in a sentence."""
    return record.summary if isinstance(record, Procedure) else "; ".join(record.results)


def cases_in(record: Procedure, text: str) -> list[Case]:
    """The record's cases whose words stand in the message."""
    folded = f" {fold(text)} "
    return [case for case in record.cases if any(f" {fold(word)} " in folded for word in case.words)]


def payload(intent: str, **entities: str) -> str:
    """A button's payload as Rasa reads it."""
    return f"/{intent}" + json.dumps(entities)


def _button(title: str, intent: str, code: str) -> dict[str, str]:
    return {"title": title, "payload": payload(intent, procedure=code)}


def _record(decision: Decision, **changes: Any) -> TurnRecord:
    fields = {
        "status": decision.status, "procedures": list(decision.procedures), "candidates": list(decision.candidates),
        "aspects": list(decision.aspects), "reason": decision.reason, "confidence": round(decision.confidence, 3),
    }  # fmt: skip
    return TurnRecord(**{**fields, **changes})


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() else text
