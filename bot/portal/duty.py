"""From a dossier's status to what the citizen does now: what happened, what to do, by which day, where, with what.

Pure: a dossier, a day, the statuses, the calendar and the catalogue in, a ``Duty`` of finished sentences out. An office
is never blamed: lateness is only ever told as the portal's own date.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bot.catalogue.answers import Answerer
from bot.catalogue.catalogue import Catalogue
from bot.catalogue.models import Paper, Procedure
from bot.language.speaking import day as spoken_day
from bot.language.speaking import join, money
from bot.language.unicode import fold
from bot.portal.calendar import BeyondCalendar, Calendar
from bot.portal.dossier import Charge, Dossier, DossierStatus, Supplement
from bot.portal.papers import MOST_ITEMS, requests_in
from bot.portal.statuses import Act, ChargeKind, Statuses
from bot.settings import TIME_ZONE

S = DossierStatus
WEEKDAYS = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")
COUNTED = (S.RECEIVED, S.IN_PROGRESS)
"""The office's time runs: the day it named may come and go. In every other status it rests or is over."""
WHERE = {
    S.SUPPLEMENT_REQUIRED: "hand_in", S.PAYMENT_REQUIRED: "pay", S.DONE: "fetch", S.REGISTERED: "wait",
    S.RECEIVED: "wait", S.IN_PROGRESS: "wait",
}  # fmt: skip
KINDS: tuple[ChargeKind, ...] = ("fee", "obligation")
LONGEST_OFFICE = 90
LONGEST_ITEM = 200


@dataclass(frozen=True)
class Duty:
    """One dossier as the citizen needs it. Each part is finished text, empty where there is nothing to say.

    ``deadline`` is the last day on which the citizen may act, where the portal names one.
    """

    status: DossierStatus
    act: Act
    happened: str
    now: str
    by: str
    where: str
    papers: str = ""
    money: str = ""
    bring: str = ""
    warning: str = ""
    call: str = ""
    deadline: date | None = None

    @property
    def text(self) -> str:
        """The whole duty, the parts in the order in which they are needed."""
        first = " ".join(filter(None, [self.happened, self.now]))
        last = "\n".join(filter(None, [self.by, self.where, self.bring, self.call]))
        return "\n\n".join(filter(None, [first, self.papers, self.money, last, self.warning]))


def long_day(day: date) -> str:
    """A day with its weekday: thứ Sáu, 27/11/2026."""
    return f"{WEEKDAYS[day.weekday()]}, {spoken_day(day)}"


def clock(moment: datetime) -> str:
    """The time of day in Viet Nam: 8 giờ 05."""
    local = moment.astimezone(TIME_ZONE)
    return f"{local.hour} giờ {local.minute:02d}" if local.minute else f"{local.hour} giờ"


def shortened(text: str, longest: int) -> str:
    """A text cut at a word, with an ellipsis."""
    return text if len(text) <= longest else text[: longest - 1].rsplit(" ", 1)[0].rstrip(" ,;.") + "…"


class DutyTeller:
    """Duties on one day."""

    def __init__(self, catalogue: Catalogue, statuses: Statuses, calendar: Calendar, today: date) -> None:
        self._catalogue, self._statuses, self._calendar, self._today = catalogue, statuses, calendar, today
        self._say = catalogue.phrases.say

    def duty(self, dossier: Dossier) -> Duty:
        """What a dossier asks of the citizen on this day. Never raises for what a portal may send."""
        known = self._statuses.get(dossier.status)
        newest = _newest(dossier)
        until = newest.until if newest else None
        return Duty(
            status=dossier.status,
            act=known.act if known and not self._overdue(dossier) else "yes",
            happened=self._happened(dossier),
            now=self._now(dossier),
            by="\n".join(self._by(dossier, until)),
            where=self._where(dossier),
            papers=self._papers(dossier, newest),
            money=self._money(dossier),
            bring=self._say("utter_dossier_bring") if dossier.status is S.SUPPLEMENT_REQUIRED else "",
            warning=self._say("utter_dossier_fraud") if dossier.status is S.PAYMENT_REQUIRED else "",
            call=self._call(),
            deadline=until,
        )

    def wording(self, dossier: Dossier) -> str:
        """What the portal calls the status: its own words, else the national name."""
        known = self._statuses.get(dossier.status)
        return dossier.portal_status or (known.name if known else "")

    def office(self, name: str) -> str:
        """An office with its abbreviations spelt out; without one, or with a level that exists no more, a fallback."""
        words = [self._statuses.file.spelt_out.get(word, word) for word in name.replace("TP.", "TP ").split()]
        full = " ".join(words)
        if not full or " huyen " in f" {fold(full)} ":
            return self._say("utter_dossier_office_unknown")
        return shortened(full[0].upper() + full[1:], LONGEST_OFFICE)

    def _happened(self, dossier: Dossier) -> str:
        known = self._statuses.get(dossier.status)
        if known is None:
            return self._say("utter_dossier_happened_unknown" + ("" if dossier.portal_status else "_empty"))
        name = f"utter_dossier_happened_{known.key}"
        if dossier.status is S.RECEIVED and dossier.received_on:
            return self._say(f"{name}_on", day=spoken_day(dossier.received_on))
        if dossier.status is S.RETURNED and dossier.returned_on:
            return self._say(f"{name}_on", day=spoken_day(dossier.returned_on))
        if _all_paid(dossier):
            return self._say(f"{name}_paid")
        kinds = self._kinds(dossier)
        return self._say(f"{name}_{kinds[0]}" if len(kinds) == 1 else name)

    def _now(self, dossier: Dossier) -> str:
        known = self._statuses.get(dossier.status)
        name = f"utter_dossier_now_{known.key if known else 'unknown'}"
        if self._overdue(dossier):
            return self._say("utter_dossier_now_overdue")
        if dossier.status is S.SUPPLEMENT_REQUIRED and not _newest(dossier):
            return self._say(f"{name}_unnamed")
        if _all_paid(dossier):
            return self._say(f"{name}_paid")
        return self._say(f"{name}_obligation" if self._kinds(dossier) == ["obligation"] else name)

    def _overdue(self, dossier: Dossier) -> bool:
        """True where the portal's own day is past while the office's time runs."""
        return dossier.status in COUNTED and dossier.due_on is not None and dossier.due_on < self._today

    def _kinds(self, dossier: Dossier) -> list[ChargeKind]:
        """Which kinds of money are still asked for; empty where neither the charges nor the wording tells."""
        if dossier.status is not S.PAYMENT_REQUIRED:
            return []
        asked = {self._statuses.charge_kind(charge.name) for charge in _unpaid(dossier) if charge.name}
        meaning = self._statuses.meaning(dossier.portal_status)
        if not asked and meaning and meaning.charge:
            asked = {meaning.charge}
        return [kind for kind in KINDS if kind in asked]

    def _by(self, dossier: Dossier, until: date | None) -> Iterator[str]:
        if dossier.status is S.SUPPLEMENT_REQUIRED:
            yield from self._until(until)
        elif dossier.status is S.PAYMENT_REQUIRED and not _all_paid(dossier):
            for kind in self._kinds(dossier) or KINDS[:1]:
                yield self._say(f"utter_dossier_pay_by_{kind}")
        elif dossier.status in COUNTED or (dossier.status is S.UNKNOWN and dossier.due_on):
            yield from self._due(dossier.due_on)

    def _until(self, until: date | None) -> Iterator[str]:
        if until is None:
            yield self._say("utter_dossier_until_none")
        elif until < self._today:
            yield self._say("utter_dossier_until_over", day=long_day(until))
        elif until == self._today:
            yield self._say("utter_dossier_until_today", day=long_day(until))
        else:
            yield from self._left("utter_dossier_until", until)
            if self._worked(until) is False:
                yield self._say("utter_dossier_until_off")

    def _due(self, due: date | None) -> Iterator[str]:
        if due is None:
            yield self._say("utter_dossier_due_none")
        elif due < self._today:
            yield from self._over(due)
        else:
            if due == self._today:
                yield self._say("utter_dossier_due_today", day=long_day(due))
            else:
                yield from self._left("utter_dossier_due", due)
            if self._worked(due) is False:
                yield from self._open_again(due)

    def _open_again(self, due: date) -> Iterator[str]:
        try:
            yield self._say("utter_dossier_due_off", day=long_day(self._calendar.next_working_day(due)))
        except BeyondCalendar as beyond:
            yield self._say("utter_dossier_days_uncounted", year=beyond.year)

    def _left(self, name: str, last: date) -> Iterator[str]:
        """A day to come, and how many working days are left until it."""
        try:
            count = self._calendar.working_days_between(self._today, last)
        except BeyondCalendar as beyond:
            yield self._say(name, day=long_day(last))
            yield self._say("utter_dossier_days_uncounted", year=beyond.year)
            return
        yield self._say(f"{name}_left" if count else name, day=long_day(last), **({"count": count} if count else {}))
        yield from self._tentative(last)

    def _over(self, due: date) -> Iterator[str]:
        """A day that is past, as the portal's own date."""
        try:
            count = self._calendar.working_days_between(due, self._today)
        except BeyondCalendar:
            yield self._say("utter_dossier_due_over_uncounted", day=long_day(due))
        else:
            name = "utter_dossier_due_over" if count else "utter_dossier_due_just_over"
            yield self._say(name, day=long_day(due), **({"count": count} if count else {}))
            yield from self._tentative(due)

    def _tentative(self, other: date) -> Iterator[str]:
        if what := self._calendar.unsettled(self._today, other):
            yield self._say("utter_dossier_days_unsettled", what=what)

    def _worked(self, day: date) -> bool | None:
        """Whether offices work on a day; None where the calendar does not reach."""
        try:
            return self._calendar.is_working_day(day)
        except BeyondCalendar:
            return None

    def _where(self, dossier: Dossier) -> str:
        """The office, what to do there, and what is confirmed about it."""
        what = "ask" if self._overdue(dossier) else WHERE.get(dossier.status, "ask")
        line = self._say(f"utter_dossier_where_{what}", office=self.office(dossier.office))
        return "\n".join([line, *self._contacts(dossier.office)])

    def _contacts(self, name: str) -> Iterator[str]:
        """Address and phone of the unit's office that the portal names by today's name."""
        folded = fold(name)
        unit = self._catalogue.places.resolve(name).unit
        if unit is None or f" {fold(unit.full)} " not in f" {folded} ":
            return
        kind = "công an" if "cong an" in folded else "trung tâm"
        for office in self._catalogue.places.contacts.offices:
            if (office.unit, office.kind) == (unit.code, kind) and office.assertable(self._today):
                yield from [self._say("utter_place_address", address=office.address)] if office.address else []
                yield from [self._say("utter_place_phone", phone=office.phone)] if office.phone else []

    def _call(self) -> str:
        """The hotlines that are confirmed."""
        known = [line for line in self._catalogue.places.contacts.hotlines if line.assertable(self._today)]
        return "\n".join(self._say("utter_dossier_call", name=line.name, phone=line.phone) for line in known)

    def _papers(self, dossier: Dossier, newest: Supplement | None) -> str:
        if newest is None:
            return ""
        asked = requests_in(newest.text, self._papers_of(dossier.procedure_code))
        lines = [self._say("utter_dossier_requests")]
        for request in asked[:MOST_ITEMS]:
            asks = self._say("utter_dossier_request", text=shortened(request.text, LONGEST_ITEM).rstrip("."))
            lines.append(asks.replace("….", "…"))
            lines += filter(None, map(self._paper, request.papers))
        if len(asked) > MOST_ITEMS:
            lines.append(self._say("utter_dossier_requests_more"))
        if len(dossier.supplements) > 1:
            lines.append(self._say("utter_dossier_requests_earlier", count=len(dossier.supplements)))
        return "\n".join(lines)

    def _papers_of(self, code: str) -> Sequence[Paper]:
        """The papers of a procedure whose record may be asserted today."""
        record = self._catalogue.get(code) if code else None
        if not isinstance(record, Procedure):
            return ()
        withheld = Answerer(self._catalogue.phrases, self._today).withheld(record, self._catalogue.gone(record.code))
        return () if withheld else record.papers

    def _paper(self, paper: Paper) -> str:
        """Where a paper is to be had, and whether original or copy; empty where the record says neither."""
        counts = [("originals", paper.originals), ("copies", paper.copies)]
        said = [self._say(f"utter_answer_paper_{kind}", count=count) for kind, count in counts if count]
        details = [self._say("utter_dossier_request_count", count=join(said))] if said else []
        if paper.where_to_get:
            details.append(self._say("utter_answer_paper_where", where=paper.where_to_get.rstrip(".") + "."))
        return self._say("utter_dossier_request_paper", paper=paper.name, details=" ".join(details)) if details else ""

    def _money(self, dossier: Dossier) -> str:
        if dossier.status is not S.PAYMENT_REQUIRED:
            return ""
        unpaid = _unpaid(dossier)
        if not unpaid:
            return "" if dossier.charges else self._say("utter_dossier_charges_none")
        of_kind = {kind: [c for c in unpaid if self._statuses.charge_kind(c.name) == kind] for kind in KINDS}
        return "\n".join(line for kind, charges in of_kind.items() for line in self._charges(kind, charges))

    def _charges(self, kind: ChargeKind, charges: Sequence[Charge]) -> Iterator[str]:
        """Money of one kind, each charge, and what it comes to where every amount is known."""
        if not charges:
            return
        yield self._say(f"utter_dossier_charges_{kind}")
        yield from map(self._charge, charges)
        amounts = [charge.amount for charge in charges if charge.amount]
        if len(amounts) == len(charges) > 1:
            yield self._say("utter_dossier_charges_total", amount=money(sum(amounts)))

    def _charge(self, charge: Charge) -> str:
        name = shortened(charge.name, LONGEST_ITEM) or self._say("utter_dossier_charge_unnamed")
        amount = money(charge.amount) if charge.amount else self._say("utter_dossier_charge_no_amount")
        return self._say("utter_dossier_charge", name=name, amount=amount)


def _unpaid(dossier: Dossier) -> list[Charge]:
    return [charge for charge in dossier.charges if not charge.paid]


def _all_paid(dossier: Dossier) -> bool:
    return dossier.status is S.PAYMENT_REQUIRED and bool(dossier.charges) and not _unpaid(dossier)


def _newest(dossier: Dossier) -> Supplement | None:
    """The request that waits: the adapters give the newest first. None where it says nothing."""
    asked = dossier.supplements if dossier.status is S.SUPPLEMENT_REQUIRED else ()
    return asked[0] if asked and any(c.isalnum() for c in asked[0].text) else None
