"""What a citizen reads about a dossier: its status with the duty, every way a look-up may end, what a status means."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bot.catalogue.catalogue import Catalogue
from bot.portal.calendar import Calendar
from bot.portal.dossier import Dossier, LookUp, Outcome, Source
from bot.portal.duty import Duty, DutyTeller, clock, long_day, shortened
from bot.portal.manual import OFFICIAL_PAGE
from bot.portal.photo import PhotoOutcome, sentence
from bot.portal.statuses import Statuses
from bot.settings import TIME_ZONE

LONGEST_PROCEDURE = 120
NOT_SEEN = (Outcome.NOT_FOUND, Outcome.NEED_VERIFY)
"""Told in the same words once digits were given: which of the two it is would say whether the dossier exists."""


class DossierTeller:
    """Texts about dossiers on one day. ``today`` is a day in Viet Nam."""

    def __init__(self, catalogue: Catalogue, statuses: Statuses, calendar: Calendar, today: date) -> None:
        self._catalogue, self._statuses, self._today = catalogue, statuses, today
        self._duties = DutyTeller(catalogue, statuses, calendar, today)
        self._say = catalogue.phrases.say

    def answer(self, looked_up: LookUp, code: str, digits_given: bool, tries_left: int | None = None) -> str:
        """The whole answer to a look-up of this code. ``tries_left``: how often digits may still be given."""
        if looked_up.outcome is Outcome.FOUND and looked_up.dossier:
            return self._found(looked_up, looked_up.dossier, code)
        if looked_up.source is Source.MANUAL:
            return self._with_link("utter_dossier_manual", code)
        if looked_up.outcome in NOT_SEEN:
            if not digits_given:
                return self._say("utter_dossier_need_verify")
            left = self._say("utter_dossier_tries_left", left=tries_left) if tries_left else ""
            return "\n".join(filter(None, [self._say("utter_dossier_not_found", code=code), left, self._links(code)]))
        if looked_up.outcome is Outcome.RATE_LIMITED and looked_up.retry_after_seconds:
            wait = self._wait(looked_up.retry_after_seconds)
            return self._with_link("utter_dossier_rate_limited_wait", code, wait=wait)
        ended = Outcome.UPSTREAM_DOWN if looked_up.outcome is Outcome.FOUND else looked_up.outcome
        return self._with_link(f"utter_dossier_{ended.value}", code)

    def duty(self, dossier: Dossier) -> Duty:
        """What a dossier asks of the citizen today."""
        return self._duties.duty(dossier)

    def last_known(self, looked_up: LookUp, code: str) -> str:
        """An answer of before, said while the portal cannot be reached; only one that found the dossier."""
        if looked_up.dossier is None:
            return self._with_link("utter_dossier_upstream_down", code)
        at = looked_up.fetched_at.astimezone(TIME_ZONE)
        warning = self._say("utter_dossier_last_known", time=clock(at), day=long_day(at.date()))
        return f"{warning}\n\n{self._found(looked_up, looked_up.dossier, code)}"

    def blocked(self, code: str) -> str:
        """After three wrong tries with one code."""
        return self._with_link("utter_dossier_blocked", code)

    def digits_unknown(self, code: str) -> str:
        """After "không nhớ số điện thoại": who may know it, and where to go without."""
        return self._with_link("utter_dossier_digits_unknown", code)

    def cannot_verify(self, code: str) -> str:
        """Where the system has no phone to compare with."""
        return self._with_link("utter_dossier_cannot_verify", code)

    def which(self, codes: Sequence[str]) -> str:
        """Several codes in one message: which one first?"""
        options = [self._say("utter_dossier_several_option", number=n, code=code) for n, code in enumerate(codes, 1)]
        return "\n".join([self._say("utter_dossier_several"), *options])

    def no_code(self, takes_photos: bool) -> str:
        """Where the code stands."""
        asked = [self._say("utter_dossier_no_code")]
        return "\n".join([*asked, self._say("utter_dossier_no_code_photo")] if takes_photos else asked)

    def identity_number(self) -> str:
        """Twelve digits were sent as if they were a code: masked, refused, explained."""
        return self._say("utter_dossier_cccd")

    def doubtful(self, code: str) -> str:
        """A word beside the answer, for a code whose day cannot be."""
        return self._say("utter_dossier_code_doubtful", code=code)

    def photo(self, outcome: PhotoOutcome) -> str:
        """A photo that gave no code: why, what now, and that it is gone."""
        return sentence(self._catalogue.phrases, outcome)

    def explain(self, text: str) -> str | None:
        """What the status in a question means; None where the question names none."""
        meaning = self._statuses.find_in(text)
        if meaning is None:
            return None
        name = f"utter_dossier_explain_{meaning.status.key}"
        said = self._say(f"{name}_{meaning.charge}" if meaning.charge else name)
        warning = [self._say("utter_dossier_fraud")] if meaning.status.key == "payment" else []
        return "\n".join([said, *warning, self._say("utter_dossier_explain_offer")])

    def _found(self, looked_up: LookUp, dossier: Dossier, code: str) -> str:
        name = shortened(dossier.procedure_name, LONGEST_PROCEDURE).rstrip(".")
        heading = (
            self._say("utter_dossier_found", code=code, procedure=name)
            if name
            else self._say("utter_dossier_found_bare", code=code)
        )
        lines = [self._say("utter_event_sympathy")] if self._statuses.is_mourning(dossier.procedure_name) else []
        lines.append(heading.replace("….", "…"))
        if dossier.owner_masked:
            lines.append(self._say("utter_dossier_owner", owner=dossier.owner_masked))
        if wording := self.wording(dossier):
            lines.append(wording)
        return "\n\n".join(["\n".join(lines), self.duty_with_time(looked_up, dossier)])

    def duty_with_time(self, looked_up: LookUp, dossier: Dossier) -> str:
        """The duty, when the portal said so, and the official page: an answer without its beginning."""
        return "\n\n".join([self.duty(dossier).text, "\n".join(self._footer(looked_up, dossier))])

    def wording(self, dossier: Dossier) -> str:
        """A line with what the portal calls the status; empty where there is nothing to show."""
        wording = shortened(self._duties.wording(dossier), LONGEST_PROCEDURE).rstrip(".")
        return self._say("utter_dossier_wording", wording=wording).replace("….", "…") if wording else ""

    def _footer(self, looked_up: LookUp, dossier: Dossier) -> list[str]:
        """When the portal said so, a word where that is long ago, and where to look oneself."""
        at = (dossier.as_of or looked_up.fetched_at).astimezone(TIME_ZONE)
        name = "utter_dossier_as_of" if dossier.as_of else "utter_dossier_asked_at"
        lines = [self._say(name, time=clock(at), day=long_day(at.date()))]
        known = self._statuses.get(dossier.status)
        age = (self._today - at.date()).days
        if age > self._statuses.file.old_after_days and not (known and known.closed):
            lines.append(self._say("utter_dossier_old", count=age))
        return [*lines, self._say("utter_dossier_link", url=OFFICIAL_PAGE)]

    def _with_link(self, phrase: str, code: str, /, **values: object) -> str:
        return "\n".join([self._say(phrase, **values), self._links(code)])

    def _links(self, code: str) -> str:
        """The official page; before it, for a code of another system, that system's own."""
        page = self._statuses.other_page(code)
        other = [self._say("utter_dossier_other_page", name=page.name, url=page.url)] if page else []
        return "\n".join([*other, self._say("utter_dossier_link", url=OFFICIAL_PAGE)])

    def _wait(self, seconds: int) -> str:
        """A wait in words, rounded up: 40 giây, 2 phút, 1 giờ."""
        if seconds <= 60:
            return self._say("utter_dossier_wait_seconds", count=seconds)
        if seconds < 3600:
            return self._say("utter_dossier_wait_minutes", count=-(-seconds // 60))
        return self._say("utter_dossier_wait_hours", count=-(-seconds // 3600))
