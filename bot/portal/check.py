"""Judging ``nlu_data/dossier/``: both files read, every status with its sentences, nothing past its review.

And the words by which people agree to being told: those that their consent is kept with.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from bot.catalogue.check import Finding
from bot.catalogue.phrases import PhraseError, Phrases
from bot.portal.calendar import HOLIDAYS_FILE, read_calendar
from bot.portal.following import CONSENT_TEXT, CONSENT_TEXTS, consent_digest
from bot.portal.statuses import STATUSES_FILE, Statuses, read_statuses

PARTS = ("happened", "now", "explain")
CONSENT = "utter_follow_consent"
NEXT_YEAR_DUE = timedelta(days=45)
"""The next year's holidays are announced in October or November: from mid November their absence is told."""


def check(data: Path, phrases: Phrases, day: date) -> list[Finding]:
    """All findings about the dossier's files; a date that is past its review is a warning."""
    statuses, wrong = read_statuses(data / STATUSES_FILE)
    calendar, amiss = read_calendar(data / HOLIDAYS_FILE)
    found = [Finding(error.file.name, error.field, error.problem) for error in (*wrong, *amiss)]
    found += _consent(phrases)
    if statuses:
        found += _sentences(statuses, phrases)
        if day > statuses.file.review_by:
            problem = f"{statuses.file.review_by} is past; compare with the source, then set checked_on"
            found.append(Finding("statuses.yml", "review_by", problem, warning=True))
    if calendar and (day + NEXT_YEAR_DUE).year not in calendar.years:
        problem = f"end with {calendar.years[-1]}; add the next year as soon as its holidays are announced"
        found.append(Finding("holidays.yml", "years", problem, warning=True))
    return found


def _consent(phrases: Phrases) -> Iterator[Finding]:
    """Whether people still agree to the words that their consent is kept with."""
    try:
        digest = consent_digest(phrases.say(CONSENT, code="{code}"))
    except PhraseError as error:
        yield Finding("dossier_follow.yml", CONSENT, str(error))
        return
    if digest != CONSENT_TEXTS[CONSENT_TEXT]:
        problem = f"is no longer the text of {CONSENT_TEXT}; add a version with the digest {digest} to CONSENT_TEXTS"
        yield Finding("dossier_follow.yml", CONSENT, problem)


def _sentences(statuses: Statuses, phrases: Phrases) -> Iterator[Finding]:
    for status in statuses:
        kinds = {message.charge for message in status.zalo if message.charge}
        names = [f"utter_dossier_{part}_{status.key}" for part in PARTS]
        for name in [*names, *(f"{names[-1]}_{kind}" for kind in sorted(kinds))]:
            try:
                phrases.names_used(name)
            except (KeyError, PhraseError):
                problem = f"needs the sentence {name}; add it to nlu_data/responses/dossier.yml"
                yield Finding("statuses.yml", f"statuses: {status.key}", problem)
