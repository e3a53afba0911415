"""iGate's citizen search, as the reference writes it down: what is asked, what is read, what stays unsaid."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest

from bot.portal.deadline import Deadline
from bot.portal.dossier import DossierStatus, Outcome, Source
from bot.portal.tokens import Tokens
from bot.portal.transport import Unauthorised
from bot.settings import TIME_ZONE
from tests.portal.scripted_portal import (
    CODE,
    FACTOR,
    IGATE_SAMPLE,
    SEARCH,
    TOKEN,
    WRONG,
    ScriptedPortal,
    igate_item,
    saying,
    slice_of,
)


@pytest.fixture
def portal() -> Iterator[ScriptedPortal]:
    with ScriptedPortal() as scripted:
        scripted.says(SEARCH, saying(slice_of(igate_item())))
        yield scripted


def test_the_two_calls_are_the_contracts_to_the_letter(portal: ScriptedPortal) -> None:
    portal.igate().lookup(CODE, FACTOR)
    token, search = portal.asked
    assert (token.method, token.path, token.body) == ("POST", TOKEN, "grant_type=client_credentials")
    assert token.headers["authorization"] == "Basic " + base64.b64encode(b"motcua:sample").decode()
    assert (search.method, search.path) == ("GET", SEARCH)
    assert search.query == {"page": "0", "size": "10", "spec": "slice", "code": CODE}
    assert search.headers["authorization"] == "Bearer one"


def test_the_fields_of_the_sample_come_out_and_no_others(portal: ScriptedPortal) -> None:
    found = portal.igate().lookup(CODE, FACTOR)
    assert (found.outcome, found.source, found.from_cache) == (Outcome.FOUND, Source.IGATE, False)
    assert found.fetched_at.date() == date(2026, 11, 24)
    assert found.fetched_at.tzinfo is not None
    dossier = found.dossier
    assert dossier is not None
    assert (dossier.code, dossier.status, dossier.portal_status) == (CODE, DossierStatus.IN_PROGRESS, "Đang xử lý")
    assert (dossier.procedure_code, dossier.procedure_name) == ("1.001193", "Đăng ký khai sinh")
    assert dossier.office == "UBND phường Mẫu"
    assert (dossier.received_on, dossier.due_on) == (date(2026, 11, 20), date(2026, 11, 23))
    assert dossier.returned_on is None
    assert dossier.owner_masked == "N*** V*** M***"


def test_the_references_sample_has_no_phone_and_so_needs_the_official_page(portal: ScriptedPortal) -> None:
    portal.says(SEARCH, saying(IGATE_SAMPLE))
    found = portal.igate().lookup(CODE, FACTOR)
    assert (found.outcome, found.dossier) == (Outcome.NEED_VERIFY, None)


@pytest.mark.parametrize("phone", ["", "09xx xxx 729", "***4729", "4729", None, 4729, ["0900004729"], {"a": 1}])
def test_what_is_no_whole_phone_is_compared_with_nothing(portal: ScriptedPortal, phone: Any) -> None:
    portal.says(SEARCH, saying(slice_of(igate_item(applicant={"data": {"phoneNumber": phone}}))))
    assert portal.igate().lookup(CODE, FACTOR).outcome is Outcome.NEED_VERIFY


@pytest.mark.parametrize("phone", ["+84 900-004-729", "0900.004.729", 84900004729, "0251000000; 0900004729"])
def test_a_phone_is_compared_however_it_is_written(portal: ScriptedPortal, phone: Any) -> None:
    portal.says(SEARCH, saying(slice_of(igate_item(applicant={"data": {"phoneNumber": phone}}))))
    assert portal.igate().lookup(CODE, FACTOR).outcome is Outcome.FOUND


def test_without_a_second_factor_nobody_is_asked(portal: ScriptedPortal) -> None:
    client = portal.igate()
    for code in (CODE, "H19.001-261120-9999", "anything"):
        looked_up = client.lookup(code)
        assert (looked_up.outcome, looked_up.dossier) == (Outcome.NEED_VERIFY, None)
    assert portal.asked == []


def test_wrong_digits_say_nothing_of_the_dossier(portal: ScriptedPortal) -> None:
    looked_up = portal.igate().lookup(CODE, WRONG)
    assert (looked_up.outcome, looked_up.dossier) == (Outcome.NEED_VERIFY, None)


@pytest.mark.parametrize(
    "text", ["079085001234", "079 085 001 234", "0901234567", "G22.99.3-241219795252", "", f"{CODE} {CODE}", "H19"]
)
def test_what_is_no_dossier_code_is_never_sent(portal: ScriptedPortal, text: str) -> None:
    assert portal.igate().lookup(text, FACTOR).outcome is Outcome.NOT_FOUND
    assert portal.asked == []


def test_a_code_goes_out_in_its_normal_form(portal: ScriptedPortal) -> None:
    assert portal.igate().lookup(" h19.001 – 261120 – 0001 ", FACTOR).outcome is Outcome.FOUND
    assert portal.searches()[0].query["code"] == CODE


@pytest.mark.parametrize(
    "reply", [slice_of(), slice_of(igate_item(code="H19.001-261120-0002")), slice_of(igate_item(code="H19.001-2611"))]
)
def test_an_empty_slice_or_somebody_elses_dossier_is_not_found(portal: ScriptedPortal, reply: Any) -> None:
    portal.says(SEARCH, saying(reply))
    assert portal.igate().lookup(CODE, FACTOR).outcome is Outcome.NOT_FOUND


def test_a_dossier_is_known_by_its_national_code_too(portal: ScriptedPortal) -> None:
    portal.says(SEARCH, saying(slice_of(igate_item(code="000-1", nationCode=CODE))))
    assert portal.igate().lookup(CODE, FACTOR).outcome is Outcome.FOUND


@pytest.mark.parametrize(
    ("status", "wording"),
    [
        ({"dossierStatus": {"id": 17, "name": "Chờ ký số"}}, "Chờ ký số"),
        ({"dossierStatus": {"id": 17, "name": ""}, "statusCurrentTask": ""}, ""),
        ({"dossierStatus": None, "statusCurrentTask": "Chờ ký số"}, "Chờ ký số"),
        ({"dossierStatus": "Chờ ký số"}, "Chờ ký số"),
    ],
)
def test_a_status_that_is_none_of_the_ten_keeps_the_portals_wording(
    portal: ScriptedPortal, status: dict[str, Any], wording: str
) -> None:
    portal.says(SEARCH, saying(slice_of(igate_item(**status))))
    found = portal.igate().lookup(CODE, FACTOR)
    assert found.dossier is not None
    assert (found.dossier.status, found.dossier.portal_status) == (DossierStatus.UNKNOWN, wording)


@pytest.mark.parametrize(
    "translate", [[{"name": "Tên mẫu"}], {"name": "Tên mẫu"}, [{}, {"name": "Tên mẫu"}], "Tên mẫu"]
)
def test_the_procedures_name_comes_as_a_list_or_as_an_object(portal: ScriptedPortal, translate: Any) -> None:
    portal.says(SEARCH, saying(slice_of(igate_item(procedure={"code": "x", "translate": translate}))))
    found = portal.igate().lookup(CODE, FACTOR)
    assert found.dossier is not None
    assert (found.dossier.procedure_name, found.dossier.procedure_code) == ("Tên mẫu", "")


def test_of_two_dossiers_with_one_code_the_newest_counts_alone(portal: ScriptedPortal) -> None:
    old = igate_item(updatedDate="2026-11-20T01:00:00.000+0000", statusCurrentTask="cũ", dossierStatus=None)
    new = igate_item(updatedDate="2026-11-23T20:00:00.000+0000")
    portal.says(SEARCH, saying(slice_of(old, new)), saying(slice_of(old, new | {"applicant": None})))
    found = portal.igate().lookup(CODE, FACTOR)
    assert found.dossier is not None
    assert found.dossier.portal_status == "Đang xử lý"
    assert found.dossier.as_of == datetime(2026, 11, 24, 3, 0, tzinfo=TIME_ZONE)
    assert portal.igate().lookup(CODE, FACTOR).outcome is Outcome.NEED_VERIFY


def test_success_as_201_is_success(portal: ScriptedPortal) -> None:
    portal.says(SEARCH, saying(slice_of(igate_item()), 201))
    assert portal.igate().lookup(CODE, FACTOR).outcome is Outcome.FOUND


def test_a_token_serves_many_look_ups(portal: ScriptedPortal) -> None:
    client = portal.igate()
    for _ in range(3):
        client.lookup(CODE, FACTOR)
    assert portal.paths() == [TOKEN, SEARCH, SEARCH, SEARCH]


def test_a_token_refused_is_renewed_once(portal: ScriptedPortal) -> None:
    portal.says(TOKEN, saying({"access_token": "one"}), saying({"access_token": "two"}))
    portal.says(SEARCH, saying({}, 401), saying(slice_of(igate_item())))
    assert portal.igate().lookup(CODE, FACTOR).outcome is Outcome.FOUND
    assert [asked.headers["authorization"] for asked in portal.searches()] == ["Bearer one", "Bearer two"]


def test_a_token_refused_twice_is_an_expired_access(portal: ScriptedPortal) -> None:
    portal.says(SEARCH, saying({}, 401))
    assert portal.igate().lookup(CODE, FACTOR).outcome is Outcome.AUTH_EXPIRED
    assert portal.paths() == [TOKEN, SEARCH, TOKEN, SEARCH]


@pytest.mark.parametrize(
    ("reply", "status", "outcome"),
    [
        ({"error": "invalid_client"}, 401, Outcome.AUTH_EXPIRED),
        ({"error": "x"}, 404, Outcome.UPSTREAM_DOWN),
        ({"access_token": 7}, 200, Outcome.UPSTREAM_DOWN),
        ({"access_token": "two\r\nlines"}, 200, Outcome.UPSTREAM_DOWN),
        ({"access_token": ""}, 200, Outcome.UPSTREAM_DOWN),
        (["one"], 200, Outcome.UPSTREAM_DOWN),
    ],
)
def test_without_a_token_nothing_is_searched(portal: ScriptedPortal, reply: Any, status: int, outcome: Outcome) -> None:
    portal.says(TOKEN, saying(reply, status))
    assert portal.igate().lookup(CODE, FACTOR).outcome is outcome
    assert portal.searches() == []


@pytest.mark.parametrize(("life", "used", "renewed"), [(300.0, 269, 270), (40.0, 19, 20), (1.0, 0.4, 0.5)])
def test_a_token_is_not_used_in_its_last_seconds(life: float, used: float, renewed: float) -> None:
    time, fetched = [0.0], list[float]()

    def fetch(_: object) -> tuple[str, float]:
        fetched.append(time[0])
        return "t", life

    tokens = Tokens(fetch, clock=lambda: time[0])
    for moment in (0.0, used, renewed):
        time[0] = moment
        tokens.using(lambda token: token, Deadline(60))
    assert fetched == [0.0, renewed]


def test_a_token_that_another_thread_renewed_is_not_thrown_away() -> None:
    given = iter(["one", "two", "three"])
    tokens = Tokens(lambda _: (next(given), 300.0))

    def ask(token: str) -> str:
        if token == "one":
            raise Unauthorised
        return token

    def ask_late(token: str) -> str:
        if token == "one":
            assert tokens.using(ask, Deadline(60)) == "two"
        return ask(token)

    assert tokens.using(ask_late, Deadline(60)) == "two"


def test_threads_that_need_a_token_at_once_fetch_one(portal: ScriptedPortal) -> None:
    client = portal.igate()
    threads = [threading.Thread(target=client.lookup, args=(CODE, FACTOR)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert portal.paths().count(TOKEN) == 1
    assert len(portal.searches()) == 8
