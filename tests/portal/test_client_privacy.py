"""Nothing but the whitelisted fields leaves an adapter: not in a look-up, not in a log, not in what is kept."""

from __future__ import annotations

import copy
import json
import logging
from collections.abc import Iterator
from dataclasses import fields as fields_of
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.portal.cache import LONGEST_SECONDS, Cache
from bot.portal.deadline import Deadline
from bot.portal.dossier import Charge, Dossier, LookUp, Outcome, Supplement
from bot.portal.igate import IGate
from bot.portal.manual import Manual
from bot.portal.ngsp import Ngsp
from bot.portal.second_factor import NotFourDigits, SecondFactor, key_of
from tests.examples import examples
from tests.portal.scripted_portal import (
    CODE,
    FACTOR,
    KEY,
    NGSP,
    SEARCH,
    WRONG,
    ScriptedPortal,
    client,
    found_by_ngsp,
    igate_item,
    ngsp_item,
    saying,
    slice_of,
    status_of,
)

CANARY = "Canary0900004729Kanarienvogel"
NAME = "Hoàng Thị Chim Yến"
DROPPED_BY_IGATE: dict[str, Any] = {
    "id": CANARY, "nationCode": CANARY, "dossierMenuTaskRemind": {"id": CANARY, "name": CANARY}, "task": [CANARY],
    "applyMethod": {"id": CANARY, "name": CANARY}, "processingTime": CANARY, "dossierProgress": CANARY,
    "currentTask": [{"assignee": {"fullname": CANARY, "phoneNumber": CANARY}}], CANARY: CANARY,
    "applicant": {"data": {
        "fullname": NAME, "ownerFullname": NAME, "identityNumber": CANARY, "address": CANARY, "email": CANARY,
        "birthday": CANARY, "phoneNumber": "0900004729",
    }},
    "appliedDate": CANARY, "acceptedDate": CANARY, "appointmentDate": CANARY, "completedDate": CANARY,
    "procedure": {"id": CANARY, "code": CANARY, "sector": {"name": CANARY}, "translate": [{"name": "Khai sinh"}]},
    "agency": {"id": CANARY, "code": CANARY, "name": "UBND phường Mẫu"},
    "dossierStatus": {"id": CANARY, "name": "Đang xử lý", "description": CANARY}, "updatedDate": CANARY,
}  # fmt: skip
KEPT_BY_NGSP = {"MaHoSo", "TenTTHC", "DonViXuLy", "SoDienThoai", "TrangThaiHoSo"}
EVERY_NGSP_FIELD = (
    "MaHoSo MaTTHC TenTTHC MaLinhVuc TenLinhVuc SoBienNhan ChuHoSo LoaiDoiTuong MaDoiTuong ThongTinKhac Email Fax "
    "SoDienThoai TrichYeuHoSo NgayTiepNhan NgayHenTra TrangThaiHoSo NgayTra ThongTinTra HinhThuc NgayKetThucXuLy "
    "DonViXuLy GhiChu NguoiXuLy ChucDanh PhongBanXuLy NoiDungXuLy"
).split()


def poisoned_ngsp() -> dict[str, Any]:
    item = {name: CANARY for name in EVERY_NGSP_FIELD} | {k: ngsp_item()[k] for k in KEPT_BY_NGSP} | {CANARY: CANARY}
    item["ChuHoSo"] = NAME
    item["TaiLieuNop"] = item["DanhSachGiayToKetQua"] = [{"TenGiayTo": CANARY, "DuongDanTepTinKetQua": CANARY}]
    item["DanhSachLePhi"] = [{
        "TenPhiLePhi": "Lệ phí", "MaPhiLePhi": CANARY, "HinhThucThu": CANARY, "Gia": CANARY, "LoaiPhiLePhi": CANARY,
        "TrangThaiThanhToan": CANARY,
    }]  # fmt: skip
    item["DanhSachHoSoBoSung"] = [{
        "NguoiYeuCauBoSung": "Lò Văn Sẻ", "NoiDungBoSung": f"Lò Văn Sẻ yêu cầu {NAME} (sinh ngày 01/02/1980, CCCD "
        "000000000000, ĐT 0900 00 4729) nộp bản sao. Xem https://tep.example/?token=abc", "NgayBoSung": CANARY,
        "NgayHenTraTruoc": CANARY, "NgayHenTraMoi": CANARY, "HoSoBoSungId": CANARY,
    }]  # fmt: skip
    return item


@pytest.fixture
def portal() -> Iterator[ScriptedPortal]:
    with ScriptedPortal() as scripted:
        yield scripted


@pytest.mark.parametrize("factor", [FACTOR, WRONG])
@pytest.mark.parametrize("system", ["igate", "ngsp"])
def test_a_canary_in_every_other_field_reaches_neither_the_look_up_nor_a_log(
    portal: ScriptedPortal, caplog: pytest.LogCaptureFixture, system: str, factor: SecondFactor
) -> None:
    portal.says(SEARCH, saying(slice_of(igate_item(**DROPPED_BY_IGATE), igate_item(**DROPPED_BY_IGATE))))
    portal.says(NGSP, saying(found_by_ngsp(poisoned_ngsp(), poisoned_ngsp())))
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, "urllib3"):
        looked_up = (portal.igate() if system == "igate" else portal.ngsp()).lookup(CODE, factor)
    assert looked_up.outcome is (Outcome.FOUND if factor is FACTOR else Outcome.NEED_VERIFY)
    told = repr(looked_up) + caplog.text + "".join(f"{record.msg} {record.args}" for record in caplog.records)
    assert "dossiers with this code" in told
    for personal in (CANARY, "0900004729", "000000000000", "Chim", "Yến", "Sẻ", "/1980", "tep.example", FACTOR.digest):
        assert personal not in told, personal
    assert CODE not in told.replace(f"code='{CODE}'", "")


def test_faults_tell_no_code_to_a_log(portal: ScriptedPortal, caplog: pytest.LogCaptureFixture) -> None:
    portal.says(SEARCH, saying({"message": CANARY, "code": CODE}, 500))
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, "urllib3"):
        portal.igate().lookup(CODE, FACTOR)
        portal._server.socket.close()
        portal.igate().lookup(CODE, FACTOR)
    assert "igate H19.001-…0001: HTTP 500" in caplog.text
    assert CODE not in caplog.text
    assert CANARY not in caplog.text


def test_supplement_texts_come_without_names_numbers_and_links(portal: ScriptedPortal) -> None:
    portal.says(NGSP, saying(found_by_ngsp(poisoned_ngsp())))
    dossier = portal.ngsp().lookup(CODE, FACTOR).dossier
    assert dossier is not None
    assert dossier.supplements[0].text == (
        "[họ tên] yêu cầu [họ tên] (sinh ngày [ngày sinh], CCCD [số căn cước], ĐT [số điện thoại]) nộp bản sao. "
        "Xem [liên kết]"
    )


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("20261123170000"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)


class Told:
    """A transport that gives a token, and then this reply."""

    def __init__(self, reply: Any) -> None:
        self._reply = reply

    def ask(self, method: str, url: str, deadline: Deadline, **request: Any) -> Any:
        first = "data" in request or "username" in request.get("json", {})
        return {"access_token": "t", "error_code": 0, "session": "t"} if first else copy.deepcopy(self._reply)


def told(reply: Any) -> list[LookUp]:
    """What both adapters make of a reply."""
    where: Any = (Told(reply), "", "", "", "", status_of)
    return [client(adapter).lookup(CODE, FACTOR) for adapter in (IGate(*where), Ngsp(*where, "", ""))]


@given(anything)
def test_any_json_is_an_outcome(content: Any) -> None:
    replies = [content, {"content": content}, {"content": [content]}, {"error_code": "00", "result": content}]
    for reply in replies:
        for looked_up in told(reply):
            assert looked_up.outcome in (Outcome.NOT_FOUND, Outcome.NEED_VERIFY, Outcome.UPSTREAM_DOWN)


@settings(max_examples=examples(300))
@given(st.data())
def test_any_value_anywhere_in_a_dossier_is_an_outcome_of_whitelisted_types(data: st.DataObject) -> None:
    extra = {"updatedDate": "2026-11-20T01:00:00Z", "completedDate": "2026-11-20", "dueDate": "x"}
    more: Any = {"DanhSachLePhi": [{"Gia": 1}], "DanhSachHoSoBoSung": [{"NoiDungBoSung": "x", "NgayBoSung": "1"}]}
    reply: Any = {"content": [igate_item(**extra)], "error_code": "00", "result": [ngsp_item(**more)]}
    reply = json.loads(json.dumps(reply))
    where = data.draw(st.sampled_from(["content", "result"]))
    at: Any = reply[where][0]
    while True:
        key = data.draw(st.sampled_from(sorted(at) if isinstance(at, dict) else range(len(at))))
        if not isinstance(at[key], dict | list) or not at[key] or data.draw(st.booleans()):
            break
        at = at[key]
    at[key] = data.draw(anything)
    for looked_up in told(reply):
        if looked_up.outcome is Outcome.FOUND:
            _is_whitelisted(looked_up.dossier)


def _is_whitelisted(dossier: Dossier | None) -> None:
    assert type(dossier) is Dossier
    for one in fields_of(dossier):
        assert type(getattr(dossier, one.name)).__name__ in (
            "str", "DossierStatus", "date", "datetime", "tuple", "NoneType",
        )  # fmt: skip
    assert all(type(one) is Supplement for one in dossier.supplements)
    assert all(type(one) is Charge for one in dossier.charges)
    assert len(repr(dossier)) < 20_000


def test_what_was_found_is_kept_for_a_while_without_its_owner(portal: ScriptedPortal) -> None:
    time = [0.0]
    portal.says(SEARCH, saying(slice_of(igate_item())))
    asking = portal.igate(cache=Cache(3600, lambda: time[0]))
    first, second = asking.lookup(CODE, FACTOR), asking.lookup(CODE, FACTOR)
    assert first.dossier is not None
    assert second.dossier is not None
    assert (first.from_cache, second.from_cache) == (False, True)
    assert (first.dossier.owner_masked, second.dossier.owner_masked) == ("N*** V*** M***", "")
    assert second.fetched_at == first.fetched_at
    assert len(portal.searches()) == 1
    time[0] = LONGEST_SECONDS + 1
    assert not asking.lookup(CODE, FACTOR).from_cache


def test_what_is_kept_opens_only_with_the_same_factor_of_the_same_conversation(portal: ScriptedPortal) -> None:
    portal.says(SEARCH, saying(slice_of(igate_item())))
    asking = portal.igate(cache=Cache(600))
    asking.lookup(CODE, FACTOR)
    assert asking.lookup(CODE).outcome is Outcome.NEED_VERIFY
    assert asking.lookup(CODE, WRONG).outcome is Outcome.NEED_VERIFY
    assert not asking.lookup(CODE, SecondFactor.of("4729", "zalo:other", KEY)).from_cache


def test_refusals_and_absences_are_not_kept_so_that_time_tells_nothing(portal: ScriptedPortal) -> None:
    asking = portal.igate(cache=Cache(600))
    portal.says(SEARCH, saying(slice_of(igate_item())))
    for _ in range(2):
        asking.lookup(CODE, WRONG)
    portal.says(SEARCH, saying(slice_of()))
    for _ in range(2):
        asking.lookup(CODE, FACTOR)
    assert len(portal.searches()) == 4


def test_the_cache_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.portal.cache.MOST", 3)
    cache, found = Cache(600), told({"content": [igate_item()]})[0]
    for number in range(5):
        cache.keep(f"H19-261120-000{number}", FACTOR, found)
    kept = [cache.get(f"H19-261120-000{number}", FACTOR) is not None for number in range(5)]
    assert kept == [False, False, True, True, True]


@pytest.mark.parametrize("typed", ["4729", " 4729 ", "47 29", "４７２９"])
def test_the_digits_are_hashed_however_they_are_typed(typed: str) -> None:
    assert SecondFactor.of(typed, "web:someone", KEY) == FACTOR


@pytest.mark.parametrize("typed", ["", "472", "47290", "abcd", "٤٧٢٩x", "4 7 2 9 0"])
def test_what_is_not_four_digits_is_refused_without_repeating_it(typed: str) -> None:
    with pytest.raises(NotFourDigits) as refused:
        SecondFactor.of(typed, "web:someone", KEY)
    assert not typed or typed not in str(refused.value)


def test_a_digest_says_nothing_without_the_key_and_differs_between_conversations() -> None:
    other = SecondFactor.of("4729", "web:other", KEY)
    assert other.digest != FACTOR.digest
    assert SecondFactor.of("4729", "web:someone", b"other key").digest != FACTOR.digest
    assert key_of("secret") != key_of("secret2")
    assert "4729" not in repr(FACTOR)
    assert FACTOR.digest not in repr(FACTOR)


@given(st.text(max_size=30))
def test_any_phone_field_is_compared_without_a_crash(phone: str) -> None:
    assert FACTOR.matches(phone, KEY) in (True, False)


def test_without_a_system_the_answer_is_always_the_official_page() -> None:
    assert Manual().lookup(CODE, FACTOR).outcome is Outcome.NEED_VERIFY
    assert Manual().lookup("x").outcome is Outcome.NEED_VERIFY
