"""The check of the dossier's files names what a clerk has to mend."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from bot.catalogue.phrases import Phrases
from bot.portal.check import check
from bot.portal.following import CONSENT_TEXT
from bot.settings import HOME

DATA = HOME / "nlu_data"
TODAY = date(2026, 11, 24)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A copy of the committed files, to be changed."""
    for folder in ("dossier", "responses"):
        shutil.copytree(DATA / folder, tmp_path / folder)
    return tmp_path


def problems(data: Path, day: date = TODAY) -> list[tuple[str, str, bool]]:
    found = check(data, Phrases.load(data / "responses"), day)
    return [(f"{finding.file}: {finding.field}", finding.problem, finding.warning) for finding in found]


def changed(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_the_committed_files_are_right() -> None:
    assert problems(DATA) == []


def test_a_status_without_its_sentence_is_named(data: Path) -> None:
    changed(data / "dossier" / "statuses.yml", "key: returned", "key: handed_over")
    named = [problem for where, problem, _ in problems(data) if where == "statuses.yml: statuses: handed_over"]
    assert named[0] == "needs the sentence utter_dossier_happened_handed_over; add it to nlu_data/responses/dossier.yml"
    assert len(named) == 3


def test_what_is_wrong_in_either_file_is_told(data: Path) -> None:
    changed(data / "dossier" / "statuses.yml", "push: 10", "push: 11")
    changed(data / "dossier" / "holidays.yml", "from: 2026-08-31", "from: 31/8/2026")
    assert {where.split(":")[0] for where, _, warning in problems(data) if not warning} == {
        "statuses.yml",
        "holidays.yml",
    }


def test_a_table_past_its_review_and_a_calendar_that_ends_soon_are_warnings() -> None:
    late = problems(DATA, date(2027, 12, 1))
    assert [(where, warning) for where, _, warning in late] == [
        ("statuses.yml: review_by", True),
        ("holidays.yml: years", True),
    ]


def test_words_of_consent_that_changed_need_a_version_of_their_own(data: Path) -> None:
    changed(data / "responses" / "dossier_follow.yml", "lâu nhất là một năm", "lâu nhất là hai năm")
    ((where, problem, warning),) = problems(data)
    assert where == "dossier_follow.yml: utter_follow_consent"
    assert f"is no longer the text of {CONSENT_TEXT}" in problem
    assert not warning
