"""What ``motcua procedures check`` finds in records, and that nothing is left to find in the committed ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.check import Finding, check
from bot.catalogue.due import reviews_due
from bot.catalogue.models import Procedure
from bot.settings import HOME
from tests.catalogue.crawls import crawled, write_crawl
from tests.committed import catalogue

TODAY = date(2026, 11, 24)
BIRTH = "1.001193"
NATIONAL_LIST = HOME.parent / "shared" / "data" / "procedures.jsonl.xz"


def changed(**changes: Any) -> Catalogue:
    """The catalogue with one record whose fields are other than committed."""
    content = catalogue().procedures[BIRTH].dict() | changes
    return replace(catalogue(), procedures={**catalogue().procedures, BIRTH: Procedure.parse_obj(content)})


def found(with_changes: Catalogue, against: Path | None = None) -> list[Finding]:
    return [f for f in check(with_changes, TODAY, against) if f.file == f"{BIRTH}.yml"]


def test_nothing_is_to_be_mended_in_what_is_committed() -> None:
    assert check(catalogue(), TODAY) == []
    assert len(catalogue().procedures) >= 134


@pytest.mark.slow
def test_nothing_committed_is_copied_from_the_portal() -> None:
    if not NATIONAL_LIST.is_file():
        pytest.skip("the national list does not lie beside the project (shared/data/procedures.jsonl.xz)")
    assert check(catalogue(), TODAY, NATIONAL_LIST) == []


@pytest.mark.parametrize(
    ("changes", "field", "problem"),
    [
        ({"summary": "một " * 21}, "summary", "a sentence of 21 syllables"),
        ({"steps": ["Nộp ở UBND xã.", "Nhận kết quả."]}, "steps.1", "the abbreviation UBND"),
        ({"on_behalf": "Hỏi Phòng Tư pháp."}, "on_behalf", "exists no more"),
        ({"on_behalf": "Nộp ở cấp huyện."}, "on_behalf", "exists no more"),
        ({"aliases": ["một", "hai", "ba", "bốn", "năm"]}, "aliases", "are 5; write at least 10"),
        ({"related": ["9.999999"]}, "related", "neither a record nor in the index"),
        ({"related": [BIRTH]}, "related", "this record itself"),
        ({"common_mistakes": []}, "common_mistakes", "is empty"),
        ({"fees": [], "fee_note": ""}, "fee_note", "say whom to ask"),
        ({"times": [], "time_note": ""}, "time_note", "say whom to ask"),
        ({"papers": [], "papers_note": ""}, "papers", "are empty"),
        ({"decision": ""}, "decision", "is empty"),
        ({"situation": "một " * 13}, "situation", "longer than"),
        ({"cases": [{"id": "a", "name": "Bé sinh ở nhà"}], "papers": []}, "cases.1.words", "how do people say"),
    ],
)
def test_each_fault_is_named_with_its_field(changes: dict[str, Any], field: str, problem: str) -> None:
    assert any(f.field == field and problem in f.problem for f in found(changed(**changes))), found(changed(**changes))


def test_an_alias_of_another_record_is_found() -> None:
    other = catalogue().procedures["1.000894"].aliases[0]
    aliases = [*catalogue().procedures[BIRTH].aliases, other.upper()]
    problems = [f.problem for f in check(changed(aliases=aliases), TODAY)]
    assert len(problems) == 1
    assert f"{other.lower()!r} stands in" in problems[0]


def test_law_numbers_form_numbers_and_known_capitals_are_no_abbreviations() -> None:
    text = "Điền mẫu CT01 theo TT 116/2026/TT-BCA. Gửi tệp PDF, mang mẫu 14-HSB, phụ lục XII."
    assert found(changed(on_behalf=text)) == []


def test_wording_copied_from_the_portal_is_found(tmp_path: Path) -> None:
    copied = " ".join(f"chữ{n}" for n in range(24))
    portal = write_crawl(tmp_path / "crawl.jsonl", crawled(BIRTH, conditions=f"Điều kiện: {copied} là hết."))
    findings = found(changed(conditions=[copied]), portal)
    assert any("stand so on the portal" in f.problem for f in findings)
    assert not any("stand so on the portal" in f.problem for f in found(changed(conditions=["Không có."]), portal))


def test_a_past_review_day_is_a_warning() -> None:
    findings = [f for f in check(catalogue(), date(2027, 6, 1)) if f.field == "review_by"]
    assert len(findings) == len(catalogue().procedures)
    assert all(f.warning for f in findings)


def test_what_is_due_is_told_by_day_with_what_changes() -> None:
    coming = reviews_due(catalogue(), TODAY, 40)
    assert [due.day for due in coming] == sorted(due.day for due in coming)
    told = [due.what for due in coming if due.file == "1.116410.yml" and due.day == date(2027, 1, 1)]
    assert any(what.startswith("fee đổi thẻ: begins") for what in told)
    assert any(what.startswith("fee đổi thẻ: is no more") for what in told)
    assert not [due for due in coming if due.what.startswith("compare")]
    assert [due for due in reviews_due(catalogue(), TODAY, 60) if due.what.startswith("compare")]
