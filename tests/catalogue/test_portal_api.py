"""The portal is asked slowly and politely; whatever it answers is a record or an error that says what happened."""

from __future__ import annotations

import json
import time
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.catalogue.index import entry_of
from bot.catalogue.national.api import (
    FirewallPage,
    MayPass,
    NotReachable,
    PortalApi,
    TooManyRequests,
    UpstreamError,
    data_of,
    retry_after,
)
from bot.catalogue.national.comparison import facts_of
from bot.catalogue.national.crawl import CrawlRecord
from bot.catalogue.national.refresh import ListIncomplete, refresh
from bot.catalogue.national.wire import Detail, Page, PortalError, SchemaChanged, crawl_record, read
from tests.catalogue import portal_stand_in as stand_in
from tests.catalogue.portal_stand_in import DETAIL, LIST, StandIn, fee, method, procedure
from tests.catalogue.refreshes import (
    BIRTH,
    DAY,
    Clock,
    crawled,
    refreshed,
)


def test_a_midnight_in_viet_nam_is_not_the_day_before() -> None:
    detail = read(
        Detail, procedure(1, procedureProposal={"proposalNumber": "3152/QĐ-BTP", "decisionDate": 1761843600000})
    )
    assert crawl_record(detail, DAY).decision_date == date(2025, 10, 31)


def test_a_record_comes_out_in_the_crawls_own_fields() -> None:
    fees = [fee(2000, "/trang"), fee(10, "", "USD"), {"type": "FEE", "value": 0, "currencyId": "", "description": None}]
    content = procedure(
        1,
        isOtherAgency=True,
        executionMethods=[method("DIRECT", "-", "OTHER", fees), method("POSTAL", 1.5)],
        departmentsExecuting=[{"name": "Tổ chức  mẫu"}, {"name": "Ủy ban nhân dân cấp xã"}],
    )
    record = crawl_record(read(Detail, content), DAY)
    assert record.level == ["xã", "cơ quan khác"]
    assert record.agency == "Ủy ban nhân dân cấp xã; Tổ chức mẫu"
    assert record.online_level == "không trực tuyến"
    assert [(m.channel, m.time_value) for m in record.methods] == [("trực tiếp", "-"), ("bưu chính công ích", 1.5)]
    assert [(f.amount, f.currency) for f in record.methods[0].fees] == [(2000, "VND"), (10, "USD"), (0, "VND")]
    assert [law.code for law in record.legal_basis] == ["1/2026/QH15"]
    assert record.forms == ["mau.docx"]
    assert crawl_record(read(Detail, procedure(1, isFullProcess=True)), DAY).online_level == "toàn trình"


def test_the_shortened_sample_of_the_reference_is_read() -> None:
    sample = {
        "id": "019d0000-0000-7000-8000-000000000001", "code": "1.999001", "name": "Thủ tục mẫu", "isWard": True,
        "departmentPromulgateCode": "G00", "departmentPromulgateName": "Bộ Mẫu", "updatedAt": 1778498720977,
        "executionMethods": [{"submissionMethod": "ONLINE", "processingTime": 3, "processingTimeUnit": "WORKING_DAY",
                              "description": "", "fees": []}],
        "executionCases": [{"name": "", "profileComponents": [{"name": "Tờ khai mẫu", "originalQty": 1}]}],
        "procedureProposal": {"proposalNumber": "1/QĐ-MAU", "decisionDate": 1774458000000},
    }  # fmt: skip
    record = crawl_record(read(Detail, sample), DAY)
    assert (record.decision_date, entry_of(record).time) == (date(2026, 3, 26), "3 ngày làm việc")


def test_a_moment_in_seconds_does_not_pass_as_1970() -> None:
    with pytest.raises(SchemaChanged, match=r"data\.procedureProposal\.decisionDate is not a moment in milliseconds"):
        read(Detail, procedure(1, procedureProposal={"proposalNumber": "1/QĐ-MAU", "decisionDate": 1774458000}))


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


@given(st.sampled_from([200, 201, 204, 301, 403, 404, 429, 500, 503]), st.binary(max_size=200), st.text(max_size=20))
def test_any_bytes_give_a_typed_error(status: int, body: bytes, header: str) -> None:
    for kind in ("application/json", "text/html"):
        with pytest.raises((PortalError, MayPass)):
            data_of(status, {"Content-Type": kind, "Retry-After": header}, body, "http://portal")


@given(anything)
def test_any_json_gives_data_or_a_typed_error(content: Any) -> None:
    for sent in (content, {"code": "OK", "data": content}):
        try:
            data_of(201, {"Content-Type": "application/json"}, json.dumps(sent).encode(), "http://portal")
        except (PortalError, MayPass):
            continue
    with pytest.raises(SchemaChanged):
        read(Detail, content)
    with pytest.raises(SchemaChanged):
        read(Page, content)


@given(st.data())
def test_any_value_anywhere_in_a_reply_gives_a_record_or_a_typed_error(data: st.DataObject) -> None:
    content: Any = json.loads(json.dumps(procedure(1, executionMethods=[method("DIRECT", fees=[fee(1)])])))
    at = content
    while True:
        key = data.draw(st.sampled_from(sorted(at) if isinstance(at, dict) else range(len(at))))
        if not isinstance(at[key], dict | list) or not at[key] or data.draw(st.booleans()):
            break
        at = at[key]
    at[key] = data.draw(anything)
    try:
        record = crawl_record(read(Detail, content), DAY)
    except SchemaChanged:
        return
    line = record.json(exclude_defaults=True, ensure_ascii=False).encode()
    assert CrawlRecord.parse_raw(line) == record or "nan" in line.decode().lower()
    if record.left_out_because is None:
        facts_of(record)


def test_a_reply_nested_without_end_is_a_typed_error() -> None:
    body = b'{"code":"OK","data":' + b"[" * 100_000
    with pytest.raises((PortalError, MayPass)):
        data_of(201, {}, body, "http://portal")


@given(st.text(max_size=40))
def test_any_retry_after_is_seconds(header: str) -> None:
    assert retry_after(header, datetime(2026, 11, 24, tzinfo=UTC)) >= 0


def test_it_asks_at_most_once_a_second_even_when_it_asks_again(portal: StandIn, data: Path, clock: Clock) -> None:
    portal.fails(LIST, stand_in.broken)
    portal.fails(DETAIL, stand_in.bad_gateway, stand_in.cut_off, stand_in.hung_up)
    refreshed(portal, data, clock)
    moments = [moment for moment, _, _ in portal.asked]
    assert len(moments) == 5 + 12 + 4
    assert min(later - earlier for earlier, later in pairwise(moments)) >= 1


def test_the_list_is_asked_for_in_pages_as_the_portal_turns_them(portal: StandIn, data: Path, clock: Clock) -> None:
    refreshed(portal, data, clock)
    bodies = [body for _, path, body in portal.asked if path == LIST]
    assert bodies[0] == {"limit": 200, "lastId": "", "q": "", "categoryId": "", "departmentCode": ""}
    assert [body["lastId"][-2:] for body in bodies] == ["", "03", "06", "09", "12"]


@pytest.mark.parametrize("fault", [stand_in.broken, stand_in.truncated, stand_in.cut_off, stand_in.hung_up])
def test_a_passing_fault_is_got_over(portal: StandIn, data: Path, clock: Clock, fault: stand_in.Fault) -> None:
    portal.fails(LIST, fault)
    assert not refreshed(portal, data, clock).findings


@pytest.mark.parametrize(
    ("fault", "error", "times"),
    [
        (stand_in.firewall, FirewallPage, 1),
        (lambda answering: stand_in.firewall(answering, 403), FirewallPage, 1),
        (stand_in.broken, UpstreamError, 4),
        (stand_in.bad_gateway, UpstreamError, 4),
        (stand_in.truncated, UpstreamError, 4),
        (stand_in.hung_up, NotReachable, 4),
        (stand_in.slow(0.5), NotReachable, 4),
        (stand_in.too_many("2"), TooManyRequests, 4),
        (stand_in.too_many("3600"), TooManyRequests, 1),
        (stand_in.saying({"code": "SYSTEM_ERROR", "message": "lỗi"}), PortalError, 1),
        (stand_in.saying({"error": 1}), SchemaChanged, 1),
        (stand_in.saying([1, 2]), SchemaChanged, 1),
        (stand_in.saying({"code": "OK"}), SchemaChanged, 1),
        (stand_in.saying({"code": "OK", "data": {"rows": []}}), SchemaChanged, 1),
    ],
)
def test_a_lasting_fault_ends_with_its_own_error_and_nothing_written(
    portal: StandIn, data: Path, clock: Clock, fault: stand_in.Fault, error: type[Exception], times: int
) -> None:
    portal.fails(LIST, fault, stays=True)
    with pytest.raises(error):
        refreshed(portal, data, clock)
    assert len(portal.asked) == times
    assert not list((data.parent / "refresh").glob("*.jsonl"))
    assert not (data / "review.yml").exists()


def test_the_portal_is_left_alone_as_long_as_it_asks(portal: StandIn, data: Path, clock: Clock) -> None:
    portal.fails(DETAIL, stand_in.too_many("30"))
    refreshed(portal, data, clock)
    details = [moment for moment, path, _ in portal.asked if path == DETAIL]
    assert details[1] - details[0] >= 30


def test_repetitions_wait_longer_and_longer(portal: StandIn, clock: Clock, data: Path) -> None:
    portal.fails(LIST, stand_in.broken, stays=True)
    with pytest.raises(UpstreamError):
        refreshed(portal, data, clock)
    moments = [moment for moment, _, _ in portal.asked]
    assert [later - earlier for earlier, later in pairwise(moments)] == [1, 5, 15]


def test_an_answer_that_drips_in_is_given_up(portal: StandIn) -> None:
    portal.fails(DETAIL, stand_in.dripping(0.05, 100), stays=True)
    item = read(Page, portal.page({"limit": 1, "lastId": ""})).items[0]
    with (
        PortalApi(portal.url, timeout=1, longest=0.2, clock=time.monotonic, sleep=lambda _: None) as api,
        pytest.raises(NotReachable, match=r"more than 0\.2 s"),
    ):
        api.procedure(item)


def test_nobody_at_the_address_is_said_at_once(data: Path, clock: Clock) -> None:
    with PortalApi("http://127.0.0.1:9", clock=clock, sleep=clock.sleep) as api, pytest.raises(NotReachable):
        refresh(api, data, data.parent / "refresh", DAY)
    assert clock.slept == []


@pytest.mark.parametrize("fault", ["repeats_page", "skips_page"])
def test_a_page_repeated_or_missing_makes_the_list_no_list(
    portal: StandIn, data: Path, clock: Clock, fault: str
) -> None:
    portal.procedures += [procedure(n) for n in range(30, 60)]
    portal.page_size = 6
    setattr(portal, fault, 3)
    with pytest.raises(ListIncomplete, match=r"ended after \d+ of 42 procedures"):
        refreshed(portal, data, clock)
    assert portal.details_asked() == []
    setattr(portal, fault, 0)
    assert len(refreshed(portal, data, clock).comparison.new) == 30


def test_where_a_fifth_of_ours_is_missing_nothing_is_called_abolished(
    portal: StandIn, data: Path, clock: Clock
) -> None:
    portal.unlisted = {"1.900001", "1.900002", "1.900003"}
    with pytest.raises(ListIncomplete, match="3 of our 12 procedures are missing"):
        refreshed(portal, data, clock)
    assert not (data / "review.yml").exists()


def test_a_procedure_that_vanishes_after_it_was_listed_is_not_called_abolished_and_stays_as_last_seen(
    portal: StandIn, data: Path, clock: Clock
) -> None:
    refreshed(portal, data, clock)
    portal.ungiven = {"1.900004"}
    found = refreshed(portal, data, clock)
    assert "FORMALITY_NOT_FOUND" in found.refused["1.900004"]
    assert not found.comparison
    assert "1.900004" in crawled(found.file)


def test_a_procedure_that_breaks_the_portal_does_not_hold_up_the_others(
    portal: StandIn, data: Path, clock: Clock
) -> None:
    portal.breaking = {"1.900004"}
    found = refreshed(portal, data, clock)
    assert "HTTP 500" in found.refused["1.900004"]
    assert found.kept == 11


def test_a_procedure_that_answers_under_another_code_is_not_taken(portal: StandIn, data: Path, clock: Clock) -> None:
    portal.reshape_detail = lambda d: d | {"code": BIRTH} if d["code"] == "1.900004" else d
    assert refreshed(portal, data, clock).refused == {"1.900004": f"asked for 1.900004, the portal gave {BIRTH}"}


def renamed(old: str, new: str) -> Any:
    return lambda content: {new if key == old else key: value for key, value in content.items()}


def test_a_renamed_field_of_the_list_is_named(portal: StandIn, data: Path, clock: Clock) -> None:
    portal.reshape_item = renamed("code", "formalityCode")
    with pytest.raises(SchemaChanged, match=r"data\.items\.1\.code is missing; there is .*formalityCode"):
        refreshed(portal, data, clock)


@pytest.mark.parametrize(
    ("reshape", "said"),
    [
        (renamed("executionMethods", "methods"), r"data\.executionMethods is missing; there is cases"),
        (lambda d: d | {"executionCases": {"0": {}}}, r"data\.executionCases .*what came is \{'0'"),
        (lambda d: d | {"executionMethods": ["ONLINE"]}, r"data\.executionMethods\.1 .*what came is 'ONLINE'"),
        (lambda d: d | {"name": None}, r"data\.name none is not an allowed value"),
        (lambda d: [d], r"data .*what came is \["),
    ],
)
def test_a_changed_field_of_every_procedure_ends_the_refresh_early_and_is_named(
    portal: StandIn, data: Path, clock: Clock, reshape: Any, said: str
) -> None:
    portal.reshape_detail = reshape
    with pytest.raises(SchemaChanged, match=said):
        refreshed(portal, data, clock)
    assert len(portal.details_asked()) == 5
    portal.reshape_detail = lambda detail: detail
    assert not refreshed(portal, data, clock).findings


def test_odd_procedures_are_told_and_do_not_stop_the_others(portal: StandIn, data: Path, clock: Clock) -> None:
    portal.reshape_detail = lambda d: d | {"executionCases": 7} if int(d["id"][-2:]) % 2 else d
    found = refreshed(portal, data, clock)
    assert "data.executionCases" in found.refused["1.900001"]
    assert (found.kept, len(found.refused), found.comparison.gone) == (6, 6, {})


def test_a_fact_that_all_procedures_lose_at_once_is_a_changed_schema(portal: StandIn, data: Path, clock: Clock) -> None:
    portal.reshape_detail = renamed("resultsDetails", "outcomes")
    with pytest.raises(SchemaChanged, match="'results' is empty in 12 of 12 procedures that had it"):
        refreshed(portal, data, clock)
    assert not list((data.parent / "refresh").glob("*.jsonl"))
    portal.reshape_detail = lambda detail: detail
    assert not refreshed(portal, data, clock).findings
