"""From a record to the text a citizen reads. Every amount, limit and form comes from the record; nothing else does."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from datetime import date

from bot.catalogue.models import Case, Fee, IndexEntry, Paper, Procedure, Time
from bot.catalogue.phrases import Phrases
from bot.language.speaking import day as spoken_day
from bot.language.speaking import money
from bot.turn import Aspect, Reason

PAGE = "https://dichvucong.gov.vn/dich-vu-cong-truc-tuyen/{code}"
OVERVIEW: tuple[Aspect, ...] = ("documents", "fee", "processing_time", "where")
Lines = list[str]


def page_of(record: Procedure | IndexEntry) -> str:
    """The official page of a procedure."""
    return (record.url if isinstance(record, Procedure) else "") or PAGE.format(code=record.code)


class Answerer:
    """Renders records on one day with one set of sentences. ``under_review``: codes whose answer says so first."""

    def __init__(self, phrases: Phrases, day: date, under_review: Container[str] = ()) -> None:
        self._say = phrases.say
        self._day = day
        self._under_review = under_review
        self._sections: dict[Aspect, Callable[[Procedure, Sequence[Case]], Lines]] = {
            "documents": self._documents,
            "fee": self._fee,
            "processing_time": self._time,
            "where": lambda r, c: _bullets(r.where),
            "steps": lambda r, c: _numbered(r.steps),
            "online": self._online,
            "conditions": lambda r, c: _bullets(r.conditions) or [self._say("utter_answer_no_conditions")],
            "forms": self._forms,
            "result": lambda r, c: [r.result],
            "legal_basis": self._law,
            "on_behalf": lambda r, c: [r.on_behalf],
        }

    def answer(self, record: Procedure, aspects: Sequence[Aspect], cases: Sequence[Case] = ()) -> str:
        """The whole answer: the aspects asked (an overview where none was), then code, source and day checked."""
        blocks = [self._say("utter_answer_opening", name=record.name)]
        if record.code in self._under_review:
            blocks.insert(0, self._say("utter_answer_under_review"))
        asked = [a for a in dict.fromkeys(aspects) if a != "overview"]
        if not asked:
            blocks.append(record.summary)
        for case in cases:
            if case.advice:
                blocks.append(self._say("utter_answer_case", case=_lower(case.name), advice=case.advice))
        for aspect in asked or OVERVIEW:
            title = self._say(f"utter_answer_title_{aspect}")
            blocks.append("\n".join([title, *self._sections[aspect](record, cases)]))
        told = [notice.text for notice in record.notices if notice.assertable(self._day)]
        blocks += [self._say("utter_answer_notice", text=text) for text in told]
        blocks.append(self.footer(record))
        return "\n\n".join(blocks)

    def withheld(self, record: Procedure | IndexEntry, gone: bool = False) -> tuple[str, Reason] | None:
        """What is said instead of a record that may not be asserted on this day, and why; None for one that may.

        ``gone``: the portal lists the procedure no more.
        """
        if isinstance(record, Procedure) and not record.in_force(self._day):
            return self._not_in_force(record), "not_in_force"
        if record.freshness(self._day) == "red":
            return self._say("utter_stale", name=record.name, url=page_of(record)), "past_review"
        if gone:
            return self._say("utter_withdrawn", name=record.name, url=page_of(record)), "unconfirmed"
        return None

    def _not_in_force(self, record: Procedure) -> str:
        """What is said of a procedure that has not begun, or is no more."""
        if record.effective_to and record.effective_to < self._day:
            sentence = self._say("utter_ended", name=record.name, day=spoken_day(record.effective_to))
        else:
            begins = spoken_day(record.effective_from or self._day)
            sentence = self._say("utter_not_yet", name=record.name, day=begins)
        return sentence + "\n" + self._say("utter_answer_index_page", url=page_of(record))

    def footer(self, record: Procedure | IndexEntry) -> str:
        """Code, source, the day it was checked; a word of caution where the check is old."""
        decision = record.decision or page_of(record)
        lines = [
            self._say("utter_answer_source", code=record.code, decision=decision, day=spoken_day(record.checked_on))
        ]
        if record.freshness(self._day) != "fresh":
            lines.append(self._say("utter_answer_yellow"))
        confirmed = record.code_confirmed if isinstance(record, Procedure) else record.confirmed
        if not confirmed:
            lines.append(self._say("utter_answer_code_unconfirmed"))
        return "\n".join(lines)

    def _documents(self, record: Procedure, cases: Sequence[Case]) -> Lines:
        common = [self._paper(p) for p in record.papers if not p.cases]
        lines = _numbered(common)
        told = {case.id for case in cases}
        for case in record.cases:
            if told and case.id not in told:
                continue
            extra = [self._paper(p) for p in record.papers if case.id in p.cases]
            if extra:
                lines += [self._say("utter_answer_title_documents_case", case=_lower(case.name)), *_bullets(extra)]
        if not lines:
            lines.append(self._say("utter_answer_no_papers"))
        return [*lines, record.papers_note] if record.papers_note else lines

    def _paper(self, paper: Paper) -> str:
        count = []
        if paper.originals:
            count.append(self._say("utter_answer_paper_originals", count=paper.originals))
        if paper.copies:
            count.append(self._say("utter_answer_paper_copies", count=paper.copies))
        if paper.show_only:
            count.append(self._say("utter_answer_paper_show_only"))
        text = f"{paper.name}: {', '.join(count)}." if count else _sentence(paper.name)
        if paper.where_to_get:
            text += " " + self._say("utter_answer_paper_where", where=_sentence(paper.where_to_get))
        if paper.not_needed_when:
            text += " " + self._say("utter_answer_paper_not_needed", when=_sentence(_lower(paper.not_needed_when)))
        return text

    def _fee(self, record: Procedure, cases: Sequence[Case]) -> Lines:
        lines = _bullets(self._one_fee(fee) for fee in record.fees if fee.assertable(self._day) and _has_figure(fee))
        if not lines:
            lines.append(self._say("utter_answer_fee_none"))
        if record.fee_exempt:
            lines.append(self._say("utter_answer_fee_exempt", who="; ".join(record.fee_exempt)))
        return [*lines, record.fee_note] if record.fee_note else lines

    def _one_fee(self, fee: Fee) -> str:
        amount = money(fee.amount) if fee.amount else self._say("utter_answer_fee_free")
        per = f"/{fee.per}" if fee.amount and fee.per else ""
        text = f"{_upper(fee.for_what)}: {amount}{per}." if fee.for_what else f"{_upper(amount)}{per}."
        return f"{text} {fee.note}".strip()

    def _time(self, record: Procedure, cases: Sequence[Case]) -> Lines:
        lines = _bullets(self._one_time(time) for time in record.times if time.assertable(self._day))
        if not lines:
            lines.append(self._say("utter_answer_time_none"))
        return [*lines, record.time_note] if record.time_note else lines

    def _one_time(self, time: Time) -> str:
        if time.amount is None:
            text = self._say("utter_answer_time_same_day")
        else:
            amount = f"{time.amount:g}".replace(".", ",")
            text = self._say("utter_answer_time", amount=amount, unit=time.unit, counted_from=time.counted_from)
        text = f"{_upper(time.for_what)}: {_lower(text)}." if time.for_what else f"{text}."
        return f"{text} {time.note}".strip()

    def _online(self, record: Procedure, cases: Sequence[Case]) -> Lines:
        lines = [self._say(f"utter_answer_online_{record.online}")]
        if record.online_how:
            lines.append(record.online_how)
        if record.online != "none":
            lines.append(self._say("utter_answer_online_page", url=page_of(record)))
        return lines

    def _forms(self, record: Procedure, cases: Sequence[Case]) -> Lines:
        lines = _bullets(
            f"{form.number}: {form.name}" if form.name else form.number
            for form in record.forms
            if form.assertable(self._day)
        )
        if record.forms_note:
            lines.append(record.forms_note)
        return lines or [self._say("utter_answer_no_forms")]

    def _law(self, record: Procedure, cases: Sequence[Case]) -> Lines:
        laws = _bullets(f"{law.name} {law.number}".strip() for law in record.legal_basis)
        return laws or [self._say("utter_answer_no_legal_basis", url=page_of(record))]

    def index_facts(self, entry: IndexEntry, aspects: Sequence[Aspect]) -> tuple[str, list[Aspect]]:
        """The facts the index holds for the aspects asked, and which of them it could answer."""
        facts: dict[Aspect, str] = {}
        if entry.agency:
            facts["where"] = self._say("utter_answer_index_agency", agency=entry.agency)
        if entry.time:
            facts["processing_time"] = self._say("utter_answer_index_time", time=entry.time)
        if entry.fee:
            facts["fee"] = self._say("utter_answer_index_fee", fee=money(entry.fee))
        if entry.results:
            facts["result"] = self._say("utter_answer_index_result", result="; ".join(entry.results))
        if entry.online != "unknown":
            facts["online"] = self._say(f"utter_answer_online_{entry.online}")
        asked: list[Aspect] = [a for a in dict.fromkeys(aspects) if a != "overview"]
        shown = [a for a in asked if a in facts] if asked else list(facts)
        overview: list[Aspect] = ["overview"] if facts else []
        answered = shown if asked else overview
        opening = self._say("utter_answer_index_opening", name=entry.name)
        return "\n\n".join([opening, "\n".join(_bullets(facts[a] for a in shown)), self.reference(entry)]), answered

    def reference(self, entry: IndexEntry) -> str:
        """Where the whole of it stands, and the footer."""
        return "\n\n".join([self._say("utter_answer_index_page", url=page_of(entry)), self.footer(entry)])


def _has_figure(fee: Fee) -> bool:
    return fee.free or fee.amount is not None


def _bullets(items: Iterable[str]) -> Lines:
    return [f"- {item}" for item in items]


def _numbered(items: Sequence[str]) -> Lines:
    return [f"{number}. {item}" for number, item in enumerate(items, 1)]


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else text + "."
