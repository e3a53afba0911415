"""A record that is wrong says which file and field and what is right; a right one is answered from."""

from __future__ import annotations

import threading
import time
from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.catalogue.answers import Answerer
from bot.catalogue.live import LiveCatalogue
from bot.catalogue.loading import read_procedure, read_procedures
from bot.catalogue.models import Procedure
from bot.language.speaking import money
from bot.settings import HOME
from bot.turn import ASPECTS
from tests.committed import catalogue

DATA = HOME / "nlu_data"
BIRTH = DATA / "procedures" / "ho_tich" / "1.001193.yml"
TODAY = date(2026, 11, 24)
NEW_YEAR = date(2027, 1, 1)


def record(code: str) -> Procedure:
    found = catalogue().procedures[code]
    assert isinstance(found, Procedure)
    return found


def written(folder: Path, **changes: object) -> Path:
    """The birth record with some fields changed; None takes a field out."""
    content = yaml.safe_load(BIRTH.read_text(encoding="utf-8")) | changes
    file = folder / "1.001193.yml"
    file.write_text(yaml.safe_dump({k: v for k, v in content.items() if v is not None}, allow_unicode=True))
    return file


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"name": None}, "1.001193.yml: name: is missing"),
        ({"nmae": "x"}, "1.001193.yml: nmae: is not a field"),
        ({"code": "1001193"}, "looks like '1.001193'"),
        ({"checked_on": "hôm qua"}, "checked_on: is not a day; write it as 2026-11-22"),
        ({"papers": "giấy chứng sinh"}, "papers: is not a list"),
        ({"aliases": ["khai sinh"]}, "aliases: "),
        ({"papers": [{"name": "x", "cases": ["y"]}]}, "names case 'y'"),
        ({"review_by": "2030-01-01"}, "at most 180 days later"),
        ({"fees": [{"amount": 8.000, "source": "QĐ mẫu", "grade": "A", "checked_on": "2026-11-22"}]}, "write 8000"),
    ],
)
def test_a_wrong_field_is_named_with_what_is_right(tmp_path: Path, changes: dict[str, object], problem: str) -> None:
    found, errors = read_procedure(written(tmp_path, **changes))
    assert found is None
    assert any(problem in str(error) for error in errors), [str(e) for e in errors]


def test_a_field_written_twice_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "1.001193.yml"
    file.write_text(BIRTH.read_text(encoding="utf-8") + "\nname: Tên khác\n", encoding="utf-8")
    found, errors = read_procedure(file)
    assert found is None
    assert "'name' stands twice" in str(errors[0])
    assert "line" in str(errors[0])


@given(st.binary(max_size=400))
def test_any_bytes_in_a_record_file_give_a_report(tmp_path_factory: pytest.TempPathFactory, soup: bytes) -> None:
    file = tmp_path_factory.mktemp("soup") / "1.000001.yml"
    file.write_bytes(soup)
    found, errors = read_procedure(file)
    assert found is None
    assert errors


def test_two_records_with_one_code_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    written(tmp_path / "a")
    written(tmp_path / "b")
    records, errors = read_procedures(tmp_path)
    assert len(records) == 1
    assert "stands in another record too" in str(errors[0])


def test_every_committed_record_is_right_and_all_of_the_ranked_list_are_there() -> None:
    assert catalogue().errors == ()
    assert len(catalogue().procedures) >= 134
    assert len(catalogue().index) >= 4600


def test_no_alias_names_two_procedures() -> None:
    seen: dict[str, str] = {}
    for found in catalogue().procedures.values():
        for alias in found.aliases:
            assert seen.setdefault(alias.lower(), found.code) == found.code, alias


@pytest.mark.parametrize("code", sorted(catalogue().procedures))
def test_every_answer_carries_code_source_and_the_day_checked(code: str) -> None:
    found = record(code)
    for aspect in ASPECTS:
        text = Answerer(catalogue().phrases, TODAY).answer(found, [aspect])
        assert f"Mã {code} · {found.decision} · kiểm tra " in text
        assert "huyện" not in text.lower()


@pytest.mark.parametrize("code", sorted(catalogue().procedures))
def test_amounts_equal_the_record_and_unconfirmed_ones_are_not_said(code: str) -> None:
    found = record(code)
    text = Answerer(catalogue().phrases, TODAY).answer(found, ["fee"])
    for fee in found.fees:
        if fee.amount:
            assert (money(fee.amount) in text) == fee.assertable(TODAY), fee


def test_an_answer_flips_by_itself_on_the_day_a_fee_changes() -> None:
    identity = record("1.116410")
    today, later = (Answerer(catalogue().phrases, day).answer(identity, ["fee"]) for day in (TODAY, NEW_YEAR))
    assert "25.000 đồng" in today
    assert "50.000 đồng" not in today
    assert "50.000 đồng" in later
    assert "25.000 đồng" not in later


def test_a_deadline_is_said_until_its_day_and_then_that_it_is_past() -> None:
    account = record("3.000228")
    today, later = (Answerer(catalogue().phrases, day).answer(account, ["steps"]) for day in (TODAY, NEW_YEAR))
    assert "Hạn chót là ngày 31/12/2026." in today
    assert "Hạn chót là ngày 31/12/2026." not in later
    assert "nay đã qua" in later
    assert "Hạn chót là ngày 30/6/2027." in later


def test_on_new_years_day_only_what_the_calendar_says_is_other() -> None:
    differing = set()
    for code, found in catalogue().procedures.items():
        before, after = (Answerer(catalogue().phrases, day).answer(found, ASPECTS) for day in (TODAY, NEW_YEAR))
        if before != after:
            differing.add(code)
    # the half fees of TT 64/2025 end (căn cước, an toàn thực phẩm); the deadline of NĐ 320/2026 is past
    assert differing == {"1.116410", "1.013855", "3.000228", "1.011410"}


def test_freshness_is_yellow_after_90_days_and_red_after_the_review_day() -> None:
    birth = record("1.001193")
    assert [birth.freshness(date(2026, m, d)) for m, d in ((7, 19), (10, 16), (10, 17))] == ["fresh", "fresh", "yellow"]
    assert birth.freshness(date(2027, 1, 14)) == "yellow"
    assert birth.freshness(date(2027, 1, 15)) == "red"


def test_an_old_code_leads_to_the_present_record() -> None:
    assert catalogue().canonical("1.014063") == "1.116410"
    assert catalogue().canonical("1.013831") == "1.115241"
    assert catalogue().canonical("9.999999") is None


def test_the_index_answers_only_the_facts_it_holds() -> None:
    entry = next(e for e in catalogue().index.values() if e.agency and e.time and e.fee is None)
    answerer = Answerer(catalogue().phrases, TODAY)
    text, answered = answerer.index_facts(entry, ["where", "fee"])
    assert answered == ["where"]
    assert entry.agency in text
    assert entry.code in text


def small_data(folder: Path) -> Path:
    """Data with the birth record alone, which is returned."""
    for name in ("index", "responses", "lexicon", "procedures/ho_tich"):
        (folder / name).mkdir(parents=True)
    for source in (*(DATA / "responses").glob("*.yml"), *(DATA / "lexicon").glob("*.yml")):
        (folder / source.parent.name / source.name).write_bytes(source.read_bytes())
    (folder / "index" / "procedures.jsonl").write_text("")
    file = folder / "procedures" / "ho_tich" / "1.001193.yml"
    file.write_bytes(BIRTH.read_bytes())
    return file


def test_the_old_catalogue_answers_while_a_change_is_made_ready(tmp_path: Path) -> None:
    file = small_data(tmp_path)
    go_on, made = threading.Event(), threading.Event()
    go_on.set()

    def make_ready(catalogue: object) -> None:
        assert go_on.wait(10)
        made.set()

    live = LiveCatalogue(tmp_path, check_seconds=0, beside=True, make_ready=make_ready)
    go_on.clear()
    made.clear()
    file.write_text(BIRTH.read_text(encoding="utf-8").replace("làm giấy khai sinh cho bé", "khai sinh mới"))
    for _ in range(3):
        assert live.current().procedures["1.001193"].plain_name == "làm giấy khai sinh cho bé"
    go_on.set()
    assert made.wait(10)
    deadline = time.monotonic() + 10
    while live.current().procedures["1.001193"].plain_name != "khai sinh mới":
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_running_catalogue_takes_up_a_change_and_survives_a_broken_one(tmp_path: Path) -> None:
    file = small_data(tmp_path)
    now = [0.0]
    live = LiveCatalogue(tmp_path, check_seconds=2, clock=lambda: now[0])
    assert live.current().procedures["1.001193"].plain_name == "làm giấy khai sinh cho bé"

    file.write_text(BIRTH.read_text(encoding="utf-8").replace("làm giấy khai sinh cho bé", "khai sinh mới"))
    assert live.current().procedures["1.001193"].plain_name == "làm giấy khai sinh cho bé"
    now[0] = 3
    assert live.current().procedures["1.001193"].plain_name == "khai sinh mới"

    file.write_text("code: [")
    now[0] = 6
    assert live.current().procedures["1.001193"].plain_name == "khai sinh mới"
    assert "is not YAML" in str(live.current().errors[0])
