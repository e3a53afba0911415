"""A message that tells a life event: the bundle that answers it, or one line about it under another answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Tracker

from actions.conversation import Heard
from actions.speech import Speech, cases_in, live_catalogue, payload
from bot import settings
from bot.catalogue.catalogue import Catalogue
from bot.catalogue.decision import Decision, Memory
from bot.catalogue.event_answers import EventAnswerer
from bot.catalogue.life_events import SYMPATHY, USED, Telling
from bot.catalogue.models import Procedure
from bot.language.aspects import find_aspects
from bot.language.normalise import Normalised
from bot.language.unicode import fold
from bot.turn import Aspect, TurnRecord

SURE_OF_ANOTHER = 0.5
"""From this chance on a message that tells an event asks about another of its procedures than the first."""
CONFIDENCE = 0.9
"""Of an answer that rests on words which tell an event."""
MOST_PRESENTED = 3
MOST_BUTTONS = 5
SAYS_MORE = 3
"""So many telling words beside those of the event make an alias that holds both name its procedure."""


def speech_of(dispatcher: CollectingDispatcher, heard: Heard, memory: Memory) -> Speech:
    """Speech that minds the life event told; plain speech where none is, or a case of the procedure in focus."""
    plain = Speech(dispatcher)
    telling = telling_of(plain.catalogue, heard)
    if telling is None or plain.tells_case_of(memory.focus, heard.text):
        return plain
    return EventSpeech(dispatcher, telling, heard)


def tells_event(tracker: Tracker) -> bool:
    """True where the latest message tells a life event."""
    return telling_of(live_catalogue().current(), Heard.of(tracker)) is not None


def telling_of(catalogue: Catalogue, heard: Heard) -> Telling | None:
    """The event that a message tells or a pressed button stands for; None where the event is past its review date."""
    if heard.from_button:
        event = catalogue.life_events.get(next(iter(heard.values("event")), ""))
        telling = Telling(event, event.ordered(), event.bereavement) if event else None
    else:
        telling = catalogue.life_events.telling(heard.text)
    return telling if telling and settings.today() <= telling.event.review_by else None


class EventSpeech(Speech):
    """Answers with the event's bundle; a message that names its procedure keeps its own answer, with a line added."""

    def __init__(self, dispatcher: CollectingDispatcher, telling: Telling, heard: Heard) -> None:
        super().__init__(dispatcher)
        self._telling, self._heard = telling, heard
        self._offers_more = False

    def decision(self, decision: Decision, text: str) -> list[Any]:
        other = decision.status == "answered" and decision.procedures[0] != self._telling.steps[0].code
        sure = other and self._heard.chances.right >= SURE_OF_ANOTHER
        if decision.status in ("answered", "clarify") and (sure or self._names_a_procedure()):
            self._offers_more = decision.status == "answered"
            return super().decision(decision, text)
        return self._bundle(text)

    def say(self, text: str, buttons: list[dict[str, str]] | None = None) -> None:
        """Sympathy goes before everything, the offer of the event's other procedures after it."""
        if self._telling.bereaved and SYMPATHY not in text:
            text = f"{self.phrase('utter_event_sympathy')}\n\n{text}"
        if self._offers_more:
            name = self._telling.event.name
            text = f"{text}\n\n{self.phrase('utter_event_more', name=name)}"
            more = {
                "title": self.phrase("utter_event_button", name=name),
                "payload": payload("tell_situation", event=self._telling.event.id),
            }
            buttons = [*(buttons or [])[: MOST_BUTTONS - 1], more]
        super().say(text, buttons)

    def _bundle(self, text: str) -> list[Any]:
        """The first procedure of the event, what follows it, and a button for each."""
        event, steps, aspects = self._telling.event, self._telling.steps, self._asked()
        lead = self.catalogue.get(steps[0].code)
        cases = cases_in(lead, text) if isinstance(lead, Procedure) else []
        bundle = EventAnswerer(self.catalogue, settings.today()).answer(event, steps, aspects, cases)
        if bundle is None:  # the first procedure may not be asserted now: said as for any question about it
            return super().decision(Decision("answered", (steps[0].code,), aspects or ("overview",)), text)
        presented = [bundle.lead, *bundle.next_steps][:MOST_PRESENTED]
        others = [c.code for c in self._heard.candidates if c.code not in presented]
        papers = self._follow_ups(bundle.lead, ())[:1] if bundle.brief else []
        self.say(bundle.text, [*papers, *self._buttons(bundle.next_steps)][:MOST_BUTTONS])
        self.end(TurnRecord("answered", presented, others, list(bundle.aspects), confidence=CONFIDENCE))
        asked = [aspect for aspect in aspects if aspect != "overview"]
        return [
            SlotSet("focus", {"code": bundle.lead, "aspects": list(bundle.aspects)}),
            SlotSet("offered", {"codes": list(bundle.next_steps), "aspects": asked}),
        ]

    def _asked(self) -> tuple[Aspect, ...]:
        """What is asked; not what only the event's own words seem to ask ("bán hàng online")."""
        whole, rest = (
            {found.aspect for found in find_aspects(Normalised(text, text, text), self.catalogue.lexicon)}
            for text in (fold(self._heard.text), self._telling.rest)
        )
        return tuple(aspect for aspect in self._heard.aspects if aspect in rest or aspect not in whole)

    def _names_a_procedure(self) -> bool:
        """True where the message names a procedure besides telling the event."""
        if self._heard.from_button:
            return False
        if any(candidate.certain for candidate in self._heard.candidates):
            return True
        rest = self._unexplained()
        carriers = self.catalogue.lexicon.carriers
        everyday = (word for word, _ in self.catalogue.lexicon.everyday if " " in word)  # "cuoi" is cưới, or cuối
        if any(f" {word} " in rest for word in everyday):
            return True
        if any(f" {fold(name)} " in rest for name in self._names()):
            return True
        left = [word for word in rest.split() if word not in carriers]
        return any(sum(word in left for word in c.alias.split()) >= SAYS_MORE for c in self._heard.candidates)

    def _unexplained(self) -> str:
        """The words that neither the event nor a case of its first procedure explains."""
        rest = f" {self._telling.rest} "
        lead = self.catalogue.get(self._telling.steps[0].code)
        for case in lead.cases if isinstance(lead, Procedure) else ():
            for word in case.words:
                rest = rest.replace(f" {fold(word)} ", f" {USED} ")
        return rest

    def _names(self) -> Iterator[str]:
        """All the names of the procedures that the message was linked to."""
        for candidate in self._heard.candidates:
            record = self.catalogue.get(candidate.code)
            if isinstance(record, Procedure):
                yield from (record.name, record.plain_name, *record.aliases)
            elif record:
                yield record.name
