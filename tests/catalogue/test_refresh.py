"""A refresh says what is new, changed and abolished, puts records under review, and overwrites nothing."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.catalogue.index import build, write
from bot.catalogue.loading import CatalogueError, read_index
from bot.catalogue.models import IndexEntry
from bot.catalogue.national.api import (
    PortalApi,
)
from bot.catalogue.national.crawl import read_crawl
from bot.catalogue.review import read_reviews
from bot.cli.main import app
from tests.catalogue import portal_stand_in as stand_in
from tests.catalogue.portal_stand_in import LIST, StandIn, decided, fee, method, paper, procedure
from tests.catalogue.refreshes import (
    BIRTH,
    DAY,
    LAND,
    LAND_NATIONAL,
    Clock,
    change,
    crawled,
    refreshed,
    remove,
)


def test_nothing_changed_is_found_where_nothing_changed(portal: StandIn, data: Path, clock: Clock) -> None:
    found = refreshed(portal, data, clock)
    assert not found.findings
    assert (found.listed, found.kept) == (12, 12)


def test_new_changed_and_abolished_procedures_are_told_with_their_decisions(
    portal: StandIn, data: Path, clock: Clock
) -> None:
    portal.procedures.append(procedure(13, "1.990013", procedureProposal=decided("9/QĐ-MAU")))
    change(portal, "1.900001", procedureProposal=decided("2/QĐ-MAU"), executionMethods=[method("ONLINE", 1)])
    remove(portal, "1.900002")
    comparison = refreshed(portal, data, clock).comparison
    assert {code: entry.decision for code, entry in comparison.new.items()} == {"1.990013": "QĐ 9/QĐ-MAU"}
    [changed] = comparison.changed.values()
    assert (changed.before.decision, changed.after.decision) == ("QĐ 1/QĐ-MAU", "QĐ 2/QĐ-MAU")
    assert "time: 3 ngày làm việc → 1 ngày làm việc" in changed.note
    assert {code: why for code, (_, why) in comparison.gone.items()} == {"1.900002": "no longer listed"}


def test_the_result_is_taken_by_the_index_as_it_is_and_nothing_else_is_written(
    portal: StandIn, data: Path, clock: Clock
) -> None:
    change(portal, "1.900001", procedureProposal=decided("2/QĐ-MAU"))
    before = {file: file.read_bytes() for file in data.rglob("*") if file.is_file()}
    found = refreshed(portal, data, clock)
    assert {file: file.read_bytes() for file in data.rglob("*") if file.is_file()} == before
    assert found.file.name == "2026-11-24.jsonl"
    built = build(found.file)
    assert (len(built.entries), dict(built.left_out)) == (12, {})
    assert next(e for e in built.entries if e.code == "1.900001").decision == "QĐ 2/QĐ-MAU"
    assert {entry.checked_on for entry in built.entries} == {DAY}


def test_a_second_refresh_compares_with_the_first(portal: StandIn, data: Path, clock: Clock) -> None:
    change(portal, "1.900001", procedureProposal=decided("2/QĐ-MAU"))
    assert refreshed(portal, data, clock).comparison.changed
    assert not refreshed(portal, data, clock, day=date(2026, 11, 30)).findings
    change(portal, "1.900003", executionMethods=[method("DIRECT", 3, fees=[fee(30000)])])
    comparison = refreshed(portal, data, clock, day=date(2026, 12, 6)).comparison
    assert comparison.changed["1.900003"].note == "fee: – → 30000; online: partial → none; wording"


def test_new_papers_are_a_change_and_another_order_of_papers_is_none(portal: StandIn, data: Path, clock: Clock) -> None:
    first, second = paper("Tờ khai mẫu", "mau.docx"), paper("Giấy cũ")
    refreshed(portal, data, clock)
    change(portal, "1.900001", executionCases=[{"name": "", "profileComponents": [second, first]}])
    assert not refreshed(portal, data, clock).findings
    change(portal, "1.900001", executionCases=[{"name": "", "profileComponents": [second, first, paper("Giấy mới")]}])
    assert refreshed(portal, data, clock).comparison.changed["1.900001"].fields == ("wording",)


def test_what_a_person_here_cannot_use_is_left_out_and_asked_for_as_little_as_possible(
    portal: StandIn, data: Path, clock: Clock
) -> None:
    other = {"departmentPromulgateCode": "H57", "departmentPromulgateName": "UBND Thành phố Khác"}
    portal.procedures += [procedure(n, **other) for n in (21, 22, 23)]
    portal.procedures += [procedure(24, type="STANDARD_INTERNAL"), procedure(25, "1.014955-Xoa")]
    found = refreshed(portal, data, clock)
    assert found.left_out == {"other province or body": 3, "internal": 1, "bad code": 1}
    assert found.kept == 12
    assert not found.findings
    assert [code for code in portal.details_asked() if code in ("1.900021", "1.900022", "1.900023")] == ["1.900021"]


@pytest.mark.parametrize("newest_first", [True, False])
def test_of_two_publications_of_a_code_the_later_holds(
    portal: StandIn, data: Path, clock: Clock, newest_first: bool
) -> None:
    portal.newest_first = newest_first
    portal.procedures.insert(0, procedure(99, "1.900001", procedureProposal=decided("7/QĐ-MAU")))
    found = refreshed(portal, data, clock)
    assert found.comparison.changed["1.900001"].after.decision == "QĐ 7/QĐ-MAU"
    assert len(list(read_crawl(found.file))) == 12


def test_what_is_known_to_replace_a_code_stays_known(portal: StandIn, data: Path, clock: Clock) -> None:
    entries = [entry.copy(update={"superseded_by": ["1.900002"]}) if entry.code == "1.900001" else entry
               for entry in build_index(data)]  # fmt: skip
    write(entries, data / "index" / "procedures.jsonl")
    found = refreshed(portal, data, clock)
    assert crawled(found.file)["1.900001"].superseded_by == ["1.900002"]
    assert not found.findings


def build_index(data: Path) -> list[IndexEntry]:
    return list(read_index(data / "index" / "procedures.jsonl"))


def test_a_curated_record_whose_national_record_changed_is_put_under_review_once(
    portal: StandIn, data: Path, clock: Clock
) -> None:
    change(portal, BIRTH, procedureProposal=decided("2/QĐ-MAU"))
    change(portal, "1.900001", procedureProposal=decided("2/QĐ-MAU"))
    [review] = refreshed(portal, data, clock).reviews
    assert (review.code, review.why, review.decision, review.since) == (BIRTH, "changed", "QĐ 2/QĐ-MAU", DAY)
    assert "decision: QĐ 1/QĐ-MAU → QĐ 2/QĐ-MAU" in review.note
    (data.parent / "refresh" / "2026-11-24.jsonl").unlink()
    assert refreshed(portal, data, clock).reviews == []
    assert len(read_reviews(data / "review.yml")[0]) == 1


def test_a_vanished_record_and_a_changed_twin_are_told_apart(portal: StandIn, data: Path, clock: Clock) -> None:
    remove(portal, BIRTH)
    change(portal, LAND_NATIONAL, procedureProposal=decided("2/QĐ-MAU"))
    reviews = {review.code: review for review in refreshed(portal, data, clock).reviews}
    assert (reviews[BIRTH].why, reviews[BIRTH].note) == ("gone", "no longer listed")
    assert reviews[LAND].why == "changed"
    assert reviews[LAND].note.startswith(f"{LAND_NATIONAL}: decision: ")


def test_what_a_clerk_deleted_does_not_come_back_and_what_a_clerk_wrote_stays(
    portal: StandIn, data: Path, clock: Clock
) -> None:
    file = data / "review.yml"
    change(portal, BIRTH, procedureProposal=decided("2/QĐ-MAU"))
    refreshed(portal, data, clock)
    file.write_text("# chờ chị Mẫu so lại\nreviews:\n")
    assert not refreshed(portal, data, clock).findings
    remove(portal, LAND)
    refreshed(portal, data, clock)
    text = file.read_text(encoding="utf-8")
    assert text.startswith("# chờ chị Mẫu so lại\n")
    assert [review.code for review in read_reviews(file)[0]] == [LAND]


def test_a_broken_review_file_is_named_before_anybody_is_asked(portal: StandIn, data: Path, clock: Clock) -> None:
    (data / "review.yml").write_text('reviews:\n- {code: "1.001193", since: hôm qua, why: changed}\n')
    with pytest.raises(CatalogueError, match=r"review\.yml: reviews\.1\.since: is not a day"):
        refreshed(portal, data, clock)
    assert portal.asked == []


@pytest.fixture
def command(portal: StandIn, data: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("MOTCUA_CATALOGUE_URL", portal.url)
    monkeypatch.setenv("MOTCUA_DATA", str(data))
    monkeypatch.setenv("MOTCUA_VAR", str(data.parent))
    monkeypatch.setattr(PortalApi.__init__, "__defaults__", (0.3, 5.0, clock, clock.sleep))
    return lambda *arguments: CliRunner().invoke(app, ["procedures", "refresh", *arguments])


def test_the_command_ends_with_0_where_nothing_changed_and_1_where_something_did(command: Any, portal: StandIn) -> None:
    assert command().exit_code == 0
    change(portal, BIRTH, procedureProposal=decided("2/QĐ-MAU"))
    remove(portal, "1.900002")
    done = command()
    assert done.exit_code == 1
    assert "QĐ 1/QĐ-MAU → QĐ 2/QĐ-MAU" in done.stdout
    assert "abolished     1.900002" in done.stdout
    assert "11 of use here: 0 new, 1 changed, 1 abolished, 0 not given, 1 put under review" in done.stdout


def test_the_command_speaks_json(command: Any, portal: StandIn) -> None:
    portal.procedures.append(procedure(40))
    change(portal, BIRTH, procedureProposal=decided("2/QĐ-MAU"))
    done = command("--json")
    said = json.loads(done.stdout)
    assert done.exit_code == 1
    assert [entry["code"] for entry in said["new"]] == ["1.900040"]
    [changed] = said["changed"]
    assert (changed["code"], changed["old_decision"], changed["decision"]) == (BIRTH, "QĐ 1/QĐ-MAU", "QĐ 2/QĐ-MAU")
    assert said["under_review"][0]["code"] == BIRTH


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (stand_in.firewall, "the firewall of http"),
        (stand_in.slow(0.5), "gives no answer within 0.3 s"),
        (stand_in.saying({"code": "OK", "data": {"items": []}}), "data.total is missing"),
    ],
)
def test_the_command_says_in_one_sentence_why_the_portal_could_not_be_asked(
    command: Any, portal: StandIn, fault: stand_in.Fault, said: str
) -> None:
    portal.fails(LIST, fault, stays=True)
    done = command()
    assert done.exit_code == 2
    assert done.stdout == ""
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_ctrl_c_is_no_accident(command: Any, portal: StandIn, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(PortalApi.__init__, "__defaults__", (0.3, 5.0, clock, interrupted))
    done = command()
    assert done.exit_code == 2
    assert "the next refresh goes on from here" in done.stderr
