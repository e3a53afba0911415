"""From a told life event to the text a citizen reads: the first procedure, then what follows, in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from bot.catalogue.answers import Answerer
from bot.catalogue.catalogue import Catalogue, Record
from bot.catalogue.life_events import LifeEvent, Step
from bot.catalogue.models import Case, Paper, Procedure
from bot.language.speaking import day as spoken_day
from bot.turn import Aspect

Known = tuple[Step, Record]
Aspects = tuple[Aspect, ...]
OF_A_CASE: Aspects = ("documents",)
"""What is told of the first procedure where nothing was asked, but a case of it was told."""
LONGEST = 1500
"""Characters of an answer; where it is longer, steps beyond the first three give way, then details of the papers."""
MOST_STEPS, LEAST_STEPS = 5, 3


@dataclass(frozen=True)
class Bundle:
    """The answer to a told event.

    ``next_steps``: codes as numbered in the text. ``aspects``: those answered of the first procedure, ``lead``.
    ``brief``: of its papers only the names of those that every case needs are told.
    """

    text: str
    lead: str
    next_steps: tuple[str, ...]
    aspects: Aspects
    brief: bool = False


@dataclass(frozen=True)
class Told:
    """The part about the first procedure, the aspects it answers, and whether it is brief."""

    text: str
    aspects: Aspects
    brief: bool = False


class EventAnswerer:
    """Renders life events on one day from one catalogue."""

    def __init__(self, catalogue: Catalogue, day: date) -> None:
        self._catalogue, self._day = catalogue, day
        self._say = catalogue.phrases.say
        self._answerer = Answerer(catalogue.phrases, day)

    def answer(
        self, event: LifeEvent, steps: Sequence[Step], aspects: Sequence[Aspect] = (), cases: Sequence[Case] = ()
    ) -> Bundle | None:
        """The whole answer for steps in this order; None where the first procedure may not be asserted on this day.

        ``cases``: those of the first procedure that were told.
        """
        known = [
            (step, record) for step in steps if (record := self._catalogue.get(step.code)) and self._stands(record)
        ]
        if not known or known[0][0] is not steps[0] or known[0][1].freshness(self._day) == "red":
            return None
        first, following = known[0], known[1 : 1 + MOST_STEPS]
        fewest = min(len(following), LEAST_STEPS)
        bundle = None
        for told in self._ways_to_tell(first[1], tuple(a for a in aspects if a != "overview"), cases):
            for most in range(len(following), fewest - 1, -1):
                bundle = self._bundle(event, first, told, following[:most])
                if len(bundle.text) <= LONGEST:
                    return bundle
        return bundle

    def _bundle(self, event: LifeEvent, first: Known, told: Told, following: Sequence[Known]) -> Bundle:
        codes = tuple(record.code for _, record in following)
        return Bundle(self._text(event, first, told.text, following), first[1].code, codes, told.aspects, told.brief)

    def _text(self, event: LifeEvent, first: Known, told: str, following: Sequence[Known]) -> str:
        steps = [first[0], *(step for step, _ in following)]
        deadline = self._deadline(first[0])
        blocks = [
            f"{event.opening}\n{deadline}" if deadline else event.opening,
            told,
            self._next_steps(following),
            self._together(steps),
            event.note,
            self._sources(steps, first[1]),
        ]
        return "\n\n".join(block for block in blocks if block)

    def _stands(self, record: Record) -> bool:
        """False for a procedure that the portal has withdrawn, or that is not in force."""
        review = self._catalogue.under_review(record.code)
        withdrawn = review is not None and review.why == "gone"
        return not withdrawn and (not isinstance(record, Procedure) or record.in_force(self._day))

    def _ways_to_tell(self, record: Record, asked: Aspects, cases: Sequence[Case]) -> Iterator[Told]:
        """The first procedure, the way to be preferred first."""
        if not isinstance(record, Procedure):
            text, answered = self._answerer.index_facts(record, asked)
            if not answered:
                text, answered = self._answerer.index_facts(record, ())
            yield Told(text, tuple(answered))
        elif cases:
            yield Told(self._answerer.answer(record, asked or OF_A_CASE, cases), asked or ("overview",))
        else:
            if asked:
                yield Told(self._answerer.answer(record, asked), asked)
            by_name = asked == ("documents",) and any(not paper.cases for paper in record.papers)
            if by_name or not asked:
                yield Told(self._brief(record), asked or ("overview",), brief=True)

    def _brief(self, record: Procedure) -> str:
        """What to bring, without counts and places to get it, and where to go."""
        papers = [f"- {self._paper(paper)}" for paper in record.papers if not paper.cases]
        blocks = [
            [self._say("utter_answer_opening", name=record.name)],
            [self._say("utter_answer_title_documents"), *papers] if papers else [],
            [self._say("utter_answer_title_where"), *(f"- {place}" for place in record.where)],
            [self._answerer.footer(record)],
        ]
        return "\n\n".join("\n".join(block) for block in blocks if block)

    def _paper(self, paper: Paper) -> str:
        if not paper.not_needed_when:
            return f"{paper.name.rstrip('.')}."
        when = _lower(paper.not_needed_when.rstrip("."))
        return self._say("utter_event_paper_unless", name=paper.name.rstrip("."), when=when)

    def _next_steps(self, following: Sequence[Known]) -> str:
        if not following:
            return ""
        lines = [self._line(number, *one) for number, one in enumerate(following, 1)]
        return "\n".join([self._say("utter_event_next"), *lines])

    def _line(self, number: int, step: Step, record: Record) -> str:
        """The step with its condition, or else the reason for it."""
        name = self._name(step.name, record)
        if step.when:
            line = self._say("utter_event_step_if", number=number, when=step.when, name=_lower(name))
        else:
            line = self._say("utter_event_step", number=number, name=name, why=step.why)
        return f"{line} {self._deadline(step)}".strip()

    @staticmethod
    def _name(plain: str, record: Record) -> str:
        """A procedure as people say it: as the event calls it, else as its record does."""
        name = plain or (record.plain_name if isinstance(record, Procedure) else record.name.rstrip(". "))
        return name[:1].upper() + name[1:]

    def _deadline(self, step: Step) -> str:
        """The line about the step's deadline; empty where none may be asserted."""
        if step.deadline is None or not step.deadline.assertable(self._day):
            return ""
        return self._say("utter_event_deadline", deadline=step.deadline.text)

    def _together(self, shown: Sequence[Step]) -> str:
        """One line for the first step that others may be filed with."""
        names = {step.code: step.name for step in shown}
        for step in shown:
            codes = (step.code, *step.together_with)
            records = [(names.get(code, ""), record) for code in codes if (record := self._catalogue.get(code))]
            if step.together_with and len(records) > 1:
                return self._say("utter_event_together", names="; ".join(_lower(self._name(*one)) for one in records))
        return ""

    def _sources(self, shown: Sequence[Step], lead: Record) -> str:
        """Where the deadlines said are from and the day they were checked; the footer says it of the lead's own."""
        said = [step.deadline for step in shown if step.deadline and step.deadline.assertable(self._day)]
        other = [deadline for deadline in said if lead.code not in deadline.source]
        if not other:
            return ""
        sources = "; ".join(dict.fromkeys(deadline.source for deadline in other))
        day = spoken_day(min(deadline.checked_on for deadline in other))
        return self._say("utter_event_sources", sources=sources, day=day)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() else text
