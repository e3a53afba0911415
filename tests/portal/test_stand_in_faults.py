"""Every fault: for one request by its header, for all by the switch; each does what its name says."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
import requests

from bot.portal.stand_in import igate
from bot.portal.stand_in.faults import FAULTS
from tests.portal.standing_in import BASIC, CODE, Answer, Caller, found

pytestmark = pytest.mark.slow

BOTH = pytest.mark.parametrize("contract", ["igate", "ngsp"])


def ask(caller: Caller, contract: str, fault: str, **ticket: str) -> Answer:
    search: Callable[..., Answer] = getattr(caller, contract)
    return search(CODE, **ticket, **{"X-Fault": fault})


def rows(answer: Answer) -> list[dict[str, object]]:
    content = answer.content
    found_rows: list[dict[str, object]] = content.get("content", content.get("result"))
    return found_rows


@BOTH
@pytest.mark.parametrize(
    ("fault", "status", "holds"),
    [
        ("404", 404, b"Not Found"),
        ("429", 429, b"Too Many Requests"),
        ("500", 500, b"Server Error"),
        ("502", 502, b"<html>"),
        ("html", 200, b"<!DOCTYPE html>"),
        ("rejected", 200, b"Request Rejected"),
        ("captcha", 200, b"captcha"),
        ("redirect", 302, b""),
        ("401_twice", 401, b"invalid_token"),
    ],
)
def test_what_stands_in_front_answers_itself(
    caller: Caller, contract: str, fault: str, status: int, holds: bytes
) -> None:
    answer = ask(caller, contract, fault)
    assert answer.status == status
    assert holds in answer.body
    assert CODE.encode() not in answer.body


def test_too_many_requests_come_with_the_seconds_to_wait(caller: Caller) -> None:
    assert caller.igate(**{"X-Fault": "429"}).headers["Retry-After"] == "30"


@BOTH
def test_a_firewall_page_has_the_status_of_success_and_is_no_json(caller: Caller, contract: str) -> None:
    answer = ask(caller, contract, "rejected")
    assert answer.headers["Content-Type"].startswith("text/html")


@BOTH
def test_an_expired_ticket_is_refused_once_and_the_next_one_holds(caller: Caller, contract: str) -> None:
    give = caller.token if contract == "igate" else caller.session
    name = "token" if contract == "igate" else "session"
    field = "access_token" if contract == "igate" else "session"
    for _ in range(2):
        first = give().content[field]
        assert ask(caller, contract, "401", **{name: first}).status == 401
        assert getattr(caller, contract)(CODE, first).status == 401, "it has really expired"
        second = give().content[field]
        assert ask(caller, contract, "401", **{name: second}).status == 200


@BOTH
def test_a_late_answer_is_late_by_what_was_set(caller: Caller, contract: str) -> None:
    caller.json("/_faults", {"latency_ms": 4500})
    assert rows(ask(caller, contract, "latency"))
    assert caller.slept == [4.5]


@BOTH
def test_silence_sends_not_a_byte(caller: Caller, contract: str) -> None:
    answer = ask(caller, contract, "silence")
    assert (answer.body, answer.broken, caller.slept) == (b"", True, [30.0])


@BOTH
def test_a_drip_goes_byte_by_byte_and_ends_after_a_minute(caller: Caller, contract: str) -> None:
    answer = ask(caller, contract, "drip")
    assert (len(answer.body), answer.broken, sum(caller.slept)) == (120, True, 60.0)
    assert int(answer.headers["Content-Length"]) > 120


@BOTH
def test_a_truncated_answer_is_half_a_json(caller: Caller, contract: str) -> None:
    answer = ask(caller, contract, "truncated")
    assert int(answer.headers["Content-Length"]) == len(answer.body)
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        json.loads(answer.body.decode("utf-8", "replace"))


@BOTH
def test_an_answer_cut_off_is_shorter_than_announced(caller: Caller, contract: str) -> None:
    answer = ask(caller, contract, "cut_off")
    assert answer.broken
    assert 0 < len(answer.body) < int(answer.headers["Content-Length"])


@BOTH
def test_a_huge_answer_has_64_megabytes(caller: Caller, contract: str) -> None:
    assert len(ask(caller, contract, "huge").body) == 64 * 1024 * 1024


@BOTH
def test_success_may_be_a_201(caller: Caller, contract: str) -> None:
    answer = ask(caller, contract, "201")
    assert (answer.status, len(rows(answer))) == (201, 1)


@BOTH
def test_fields_may_have_the_wrong_type_and_the_whole_the_wrong_shape(caller: Caller, contract: str) -> None:
    assert isinstance(rows(ask(caller, contract, "wrong_type"))[0].get("code", [CODE]), list)
    assert ask(caller, contract, "wrong_shape").content == "ok"


def test_a_system_may_report_its_own_failure_with_status_200(caller: Caller) -> None:
    assert "content" not in caller.igate(**{"X-Fault": "error_reply"}).content
    assert caller.ngsp(**{"X-Fault": "error_reply"}).content["error_code"] == "-1"


def test_the_field_that_says_success_may_be_missing(caller: Caller) -> None:
    assert "content" not in caller.igate(**{"X-Fault": "field_missing"}).content
    answer = caller.ngsp(**{"X-Fault": "field_missing"}).content
    assert "error_code" not in answer
    assert answer["result"]


def test_an_unknown_status_has_a_name_in_one_contract_and_a_number_in_the_other(caller: Caller) -> None:
    assert rows(caller.igate(**{"X-Fault": "unknown_status"}))[0]["statusCurrentTask"] == "Chờ ký số"
    assert rows(caller.ngsp(**{"X-Fault": "unknown_status"}))[0]["TrangThaiHoSo"] == "17"


def test_stale_data_is_three_weeks_old_and_one_status_back(caller: Caller) -> None:
    item = rows(caller.igate(**{"X-Fault": "stale"}))[0]
    assert (item["statusCurrentTask"], item["updatedDate"]) == ("Được tiếp nhận", "2026-11-03T09:40:00.000+0000")
    assert rows(caller.ngsp(**{"X-Fault": "stale"}))[0]["TrangThaiHoSo"] == "2"


@BOTH
def test_a_dossier_may_not_be_synchronised_yet(caller: Caller, contract: str) -> None:
    assert rows(ask(caller, contract, "empty")) == []


@BOTH
def test_a_fault_of_the_search_leaves_the_call_for_a_ticket_alone(caller: Caller, contract: str) -> None:
    caller.json("/_faults", {"fault": "500"})
    give = caller.token if contract == "igate" else caller.session
    assert give().status == 200
    assert ask(caller, contract, "").status == 500


@BOTH
@pytest.mark.parametrize("fault", ["500", "html", "401", "429", "wrong_type", "wrong_shape", "empty", "truncated"])
def test_a_fault_of_the_call_for_a_ticket_leaves_the_search_alone(caller: Caller, contract: str, fault: str) -> None:
    give, field = (caller.token, "access_token") if contract == "igate" else (caller.session, "session")
    ticket = give().content[field]
    right = give().status, type(give().content.get(field))
    caller.json("/_faults", {"fault": f"auth:{fault}"})
    answer = give()
    try:
        got = answer.status, type(answer.content.get(field))
    except (ValueError, AttributeError):
        got = answer.status, type(None)
    assert got != right
    assert getattr(caller, contract)(CODE, ticket).status == 200


def test_the_header_of_a_request_goes_before_the_switch(caller: Caller) -> None:
    caller.json("/_faults", {"fault": "500"})
    assert caller.igate(**{"X-Fault": "201"}).status == 201


def test_every_fault_changes_an_answer_of_either_contract(caller: Caller) -> None:
    for contract in ("igate", "ngsp"):
        right = getattr(caller, contract)()
        for fault in FAULTS:
            caller.slept.clear()
            answer = ask(caller, contract, fault)
            same = (answer.status, answer.body, answer.broken) == (right.status, right.body, right.broken)
            assert not same or caller.slept, fault


def test_a_fault_that_does_not_exist_is_refused_with_the_list(caller: Caller) -> None:
    assert caller.igate(**{"X-Fault": "thunder"}).status == 400
    answer = caller.json("/_faults", {"fault": "thunder"})
    assert answer.status == 400
    assert "auth:502" in answer.content["error"]
    assert caller.json("/_faults", {"nonsense": 1}).status == 400
    assert caller.json("/_faults", {"latency_ms": -1}).status == 400
    assert caller.call("GET", "/_faults").content["fault"] is None


def test_a_fault_is_switched_off_again(caller: Caller) -> None:
    caller.json("/_faults", {"fault": "500"})
    assert caller.json("/_faults", {"fault": None}).content["fault"] is None
    assert caller.igate().status == 200


ON_A_SOCKET = {"silence", "drip", "cut_off", "huge"}


def test_on_a_socket_every_fault_answers_and_leaves_the_next_call_alone(stand_in: str) -> None:
    requests.post(f"{stand_in}/_faults", json={"latency_ms": 50}, timeout=5)
    for name in FAULTS.keys() - ON_A_SOCKET:
        reply = requests.get(**search(stand_in), headers=ticket(stand_in) | {"X-Fault": name}, timeout=5)
        assert reply.status_code in (200, 201, 401, 404, 429, 500, 502), name
        assert found(stand_in).json()["content"][0]["code"] == CODE


def test_on_a_socket_silence_is_a_timeout_and_others_are_served_meanwhile(stand_in: str) -> None:
    headers = ticket(stand_in) | {"X-Fault": "silence"}
    for _ in range(8):
        with pytest.raises(requests.ReadTimeout):
            requests.get(**search(stand_in), headers=headers, timeout=0.2)
    assert found(stand_in).ok


def test_on_a_socket_an_answer_cut_off_breaks_the_connection(stand_in: str) -> None:
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        requests.get(**search(stand_in), headers=ticket(stand_in) | {"X-Fault": "cut_off"}, timeout=5)


def test_on_a_socket_a_drip_never_lets_a_read_time_out(stand_in: str) -> None:
    begun, bytes_read = time.monotonic(), 0
    headers = ticket(stand_in) | {"X-Fault": "drip"}
    with requests.get(**search(stand_in), headers=headers, timeout=1, stream=True) as reply:
        for part in reply.iter_content(1):
            bytes_read += len(part)
            if time.monotonic() > begun + 2:
                break
    assert 3 <= bytes_read <= 6


def test_on_a_socket_a_huge_answer_comes_without_a_length(stand_in: str) -> None:
    headers = ticket(stand_in) | {"X-Fault": "huge"}
    with requests.get(**search(stand_in), headers=headers, timeout=5, stream=True) as reply:
        assert "Content-Length" not in reply.headers
        assert len(next(reply.iter_content(2_000_000))) >= 1_000_000


def search(address: str) -> dict[str, Any]:
    asked = {"page": "0", "size": "10", "spec": "slice", "code": CODE}
    return {"url": address + igate.SEARCH_PATH, "params": asked}


def ticket(address: str) -> dict[str, str]:
    form = {"grant_type": "client_credentials"}
    content = requests.post(address + igate.TOKEN_PATH, data=form, headers=BASIC, timeout=5).json()
    return {"Authorization": f"Bearer {content['access_token']}"}
