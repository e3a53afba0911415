"""The invented dossiers: what is among them, and that nobody real is."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.catalogue.models import Procedure
from bot.catalogue.places.loading import read_table
from bot.portal.stand_in.samples import FILE, STATUSES, Sample, as_kept, generated, load
from bot.portal.stand_in.wire import SAMPLE_HEADER
from bot.settings import HOME
from tests.committed import catalogue
from tests.portal.standing_in import CODE, Caller

SAMPLES = load()[0]
TODAY = date(2026, 11, 24)
TABLE = read_table(HOME / "nlu_data" / "places" / "units.yml")[0]
UNITS = {unit.full for unit in TABLE.units} if TABLE else set()


def test_every_status_has_a_dossier_and_so_has_one_that_is_none_of_the_ten() -> None:
    assert load()[1] == []
    assert {sample.status for sample in SAMPLES.values()} == {0, *STATUSES}


def test_the_dossier_of_the_examples_is_in_progress_and_due_within_days() -> None:
    sample = SAMPLES[CODE]
    assert (sample.status, sample.phone_ends, sample.received, sample.due) == (
        4, "4729", date(2026, 11, 5), date(2026, 12, 2),
    )  # fmt: skip
    assert "phường" in sample.office


def test_what_a_citizen_may_meet_is_there() -> None:
    kinds = Counter[str]()
    for sample in SAMPLES.values():
        kinds["several supplements"] += len(sample.supplements) > 1
        kinds["a supplement without a last day"] += any(one.until is None for one in sample.supplements)
        kinds["no due date"] += sample.due is None and sample.status == 4
        kinds["overdue"] += sample.due is not None and sample.due < TODAY and sample.status == 4
        kinds["paid"] += any(charge.paid for charge in sample.charges)
        kinds["not paid"] += any(not charge.paid for charge in sample.charges)
        kinds["nothing said of what to pay"] += sample.status == 6 and not sample.charges
        kinds["an empty status"] += sample.portal_status == ""
        kinds["a very long name"] += len(sample.procedure_name) > 200
        kinds["no phone to compare"] += "no_applicant" in sample.shapes
        kinds["two rows for one code"] += "twice" in sample.shapes
    assert all(kinds.values()), kinds


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=lambda sample: sample.code)
def test_the_procedure_is_one_of_ours_under_its_own_name_and_the_office_exists(sample: Sample) -> None:
    record = catalogue().procedures[sample.procedure]
    assert isinstance(record, Procedure)
    assert record.name == sample.procedure_name
    if sample.office.startswith("UBND "):
        assert sample.office.removeprefix("UBND ") in UNITS
    else:
        assert sample.office == "Văn phòng Đăng ký Đất đai Thành phố Đồng Nai"


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=lambda sample: sample.code)
def test_a_dossier_comes_back_from_the_state_file_as_it_was(sample: Sample) -> None:
    assert Sample.parse_obj(as_kept(sample)) == sample


def test_nobody_real_is_among_them(caller: Caller) -> None:
    for code in SAMPLES:
        row = caller.row(code)
        assert row["ChuHoSo"] == "NGUYỄN VĂN MẪU"
        assert row["SoDienThoai"][:6] in ("000000", "")
        assert row["MaDoiTuong"] in ("000000000000", "")
        assert row["Email"] in ("mau@example.invalid", "")


@pytest.mark.parametrize(
    ("line", "wrong", "said"),
    [
        ("status: 4", "status: 11", "status"),
        ('phone_ends: "4729"', "phone_ends: 0471", "phone_ends"),
        ("code: H19.12-261105-0007", "code: 0901234567", "looks like H19.12-261105-0007"),
        ("applied: 2026-11-05", "applied: hôm qua", "write it as 2026-11-22"),
        ("code: H19.12-261123-0031", "code: H19.12-261105-0007", "stands twice"),
        ("wording: Chờ ký số", "", "needs the portal's own text"),
    ],
)
def test_a_slip_in_the_file_is_told_with_the_dossier_and_the_field(
    tmp_path: Path, line: str, wrong: str, said: str
) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert line in text
    (tmp_path / "dossiers.yml").write_text(text.replace(line, wrong, 1), encoding="utf-8")
    errors = load(tmp_path / "dossiers.yml")[1]
    assert len(errors) == 1
    assert said in str(errors[0])


def test_any_number_of_dossiers_can_be_asked_for_by_a_made_code() -> None:
    templates = tuple(SAMPLES.values())
    made = [generated(f"H19.99-26110{day}-{number:06d}", templates, TODAY) for day in (1, 2) for number in range(500)]
    assert all(made)
    assert {sample.status for sample in made if sample} == {2, 4, 5, 6, 9, 10}
    assert len({sample.phone_ends for sample in made if sample}) > 900
    assert made[7] == generated("H19.99-261101-000007", templates, TODAY)


@pytest.mark.parametrize(
    "code", ["H19.99-261301-000001", "H19.99-261125-000001", "H19.98-261101-000001", "H19.99-261101-00001", ""]
)
def test_a_made_code_of_a_day_to_come_or_of_another_form_has_none(code: str) -> None:
    assert generated(code, tuple(SAMPLES.values()), TODAY) is None


@given(st.text() | st.from_regex(r"H19\.99-\d{6}-\d{6}"))
def test_any_text_as_a_code_gives_a_dossier_of_that_code_or_none(text: str) -> None:
    sample = generated(text, tuple(SAMPLES.values()), TODAY)
    assert sample is None or (sample.code == text and sample.applied <= TODAY)


def test_every_reply_says_that_it_is_sample_data(caller: Caller) -> None:
    for answer in (caller.igate(), caller.ngsp(), caller.call("GET", "/nothing"), caller.igate(**{"X-Fault": "502"})):
        assert answer.headers[SAMPLE_HEADER[0]] == SAMPLE_HEADER[1]
