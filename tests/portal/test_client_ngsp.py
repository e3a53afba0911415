"""NGSP's TraCuuHoSo, as the reference writes it down."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from bot.portal.dossier import Charge, DossierStatus, Outcome, Source, Supplement
from tests.portal.scripted_portal import (
    CODE,
    FACTOR,
    NGSP,
    SESSION,
    WRONG,
    ScriptedPortal,
    found_by_ngsp,
    ngsp_item,
    saying,
)


@pytest.fixture
def portal() -> Iterator[ScriptedPortal]:
    with ScriptedPortal() as scripted:
        scripted.says(NGSP, saying(found_by_ngsp(ngsp_item())))
        yield scripted


def dossier(portal: ScriptedPortal, **changes: Any) -> Any:
    portal.says(NGSP, saying(found_by_ngsp(ngsp_item(**changes))))
    return portal.ngsp().lookup(CODE, FACTOR).dossier


def test_the_two_calls_are_the_contracts_to_the_letter(portal: ScriptedPortal) -> None:
    portal.ngsp().lookup(CODE, FACTOR)
    session, search = portal.asked
    assert (session.method, session.path) == ("POST", SESSION)
    assert (search.method, search.path) == ("POST", NGSP)
    assert json.loads(search.body) == {
        "session": "one", "madonvi": "H19.12", "service": "TraCuuHoSo", "mahoso": CODE,
    }  # fmt: skip
    for asked in (session, search):
        assert asked.headers["content-type"] == "application/json"
        assert asked.headers["accept"] == "application/json"
        assert (asked.headers["charset"], asked.headers["dstcode"]) == ("utf-8", "VN:MAU")


def test_the_fields_come_out(portal: ScriptedPortal) -> None:
    found = portal.ngsp().lookup(CODE, FACTOR)
    assert (found.outcome, found.source) == (Outcome.FOUND, Source.NGSP)
    assert found.dossier is not None
    assert found.dossier.status is DossierStatus.IN_PROGRESS
    assert (found.dossier.received_on, found.dossier.due_on) == (date(2026, 11, 20), date(2026, 11, 23))
    assert (found.dossier.procedure_code, found.dossier.office) == ("1.001193", "UBND phường Mẫu")
    assert found.dossier.owner_masked == "Bà T*** T*** M***"
    assert found.dossier.as_of is None


@pytest.mark.parametrize("reply", [found_by_ngsp(), *({"error_code": "00", "result": r} for r in ([], {}, None))])
def test_no_result_is_not_found(portal: ScriptedPortal, reply: Any) -> None:
    portal.says(NGSP, saying(reply))
    assert portal.ngsp().lookup(CODE, FACTOR).outcome is Outcome.NOT_FOUND


@pytest.mark.parametrize("code", ["00", "0", 0])
@pytest.mark.parametrize("shape", [lambda item: item, lambda item: [item]])
def test_success_and_result_come_in_several_shapes(portal: ScriptedPortal, code: Any, shape: Any) -> None:
    portal.says(NGSP, saying({"error_code": code, "result": shape(ngsp_item())}))
    assert portal.ngsp().lookup(CODE, FACTOR).outcome is Outcome.FOUND


@pytest.mark.parametrize("code", ["-1", "1", "000", "", None, False, [], 0.5, {"a": 0}])
def test_a_reply_that_does_not_say_success_is_none(portal: ScriptedPortal, code: Any) -> None:
    portal.says(NGSP, saying({"error_code": code, "result": [ngsp_item()]}))
    assert portal.ngsp().lookup(CODE, FACTOR).outcome is Outcome.UPSTREAM_DOWN
    portal.says(NGSP, saying({"result": [ngsp_item()]}))
    assert portal.ngsp().lookup(CODE, FACTOR).outcome is Outcome.UPSTREAM_DOWN


@pytest.mark.parametrize("refusal", [saying({}, 401), saying({"error_code": "401"})])
def test_a_session_refused_is_renewed_once(portal: ScriptedPortal, refusal: Any) -> None:
    portal.says(NGSP, refusal, saying(found_by_ngsp(ngsp_item())))
    assert portal.ngsp().lookup(CODE, FACTOR).outcome is Outcome.FOUND
    portal.says(NGSP, refusal)
    assert portal.ngsp().lookup(CODE, FACTOR).outcome is Outcome.AUTH_EXPIRED


def test_without_or_with_a_wrong_second_factor_nothing_is_said(portal: ScriptedPortal) -> None:
    assert portal.ngsp().lookup(CODE).outcome is Outcome.NEED_VERIFY
    assert portal.asked == []
    assert portal.ngsp().lookup(CODE, WRONG).outcome is Outcome.NEED_VERIFY
    assert dossier(portal, SoDienThoai="") is None


@pytest.mark.parametrize("sent", ["5", 5, "05"])
def test_the_national_number_is_a_status_and_no_wording(portal: ScriptedPortal, sent: Any) -> None:
    found = dossier(portal, TrangThaiHoSo=sent)
    assert (found.status, found.portal_status) == (DossierStatus.SUPPLEMENT_REQUIRED, "")


@pytest.mark.parametrize(
    ("sent", "status", "wording"),
    [
        ("Đang xử lý", DossierStatus.IN_PROGRESS, "Đang xử lý"),
        ("Chờ ký số", DossierStatus.UNKNOWN, "Chờ ký số"),
        (17, DossierStatus.UNKNOWN, "17"),
        (0, DossierStatus.UNKNOWN, "0"),
        (-4, DossierStatus.UNKNOWN, "-4"),
        ("", DossierStatus.UNKNOWN, ""),
        (None, DossierStatus.UNKNOWN, ""),
        (True, DossierStatus.UNKNOWN, ""),
        ({"id": 4}, DossierStatus.UNKNOWN, ""),
    ],
)
def test_any_other_status_is_read_by_its_wording(
    portal: ScriptedPortal, sent: Any, status: DossierStatus, wording: str
) -> None:
    found = dossier(portal, TrangThaiHoSo=sent)
    assert (found.status, found.portal_status) == (status, wording)


def test_of_several_supplement_requests_the_newest_comes_first_and_its_date_counts(portal: ScriptedPortal) -> None:
    first = {"NoiDungBoSung": "Bổ sung đơn.", "NgayBoSung": "20261110090000", "NgayHenTraMoi": "20261204170000"}
    second = {
        "NoiDungBoSung": "Bổ sung giấy khai sinh. Hạn bổ sung: 04/12/2026.", "NgayBoSung": "20261120090000",
        "NgayHenTraMoi": "20261211170000",
    }  # fmt: skip
    found = dossier(portal, DanhSachHoSoBoSung=[first, second, {"NoiDungBoSung": " "}, 7])
    assert found.supplements == (
        Supplement("Bổ sung giấy khai sinh. Hạn bổ sung: 04/12/2026.", date(2026, 12, 4)),
        Supplement("Bổ sung đơn.", None),
    )
    assert found.due_on == date(2026, 12, 11)


@pytest.mark.parametrize(
    ("sent", "amount"),
    [("50000", 50_000), (50000.0, 50_000), ("50.000 đ", 50_000), ("", None), (None, None), (-1, None), (True, None)],
)
def test_fees_are_read(portal: ScriptedPortal, sent: Any, amount: int | None) -> None:
    fee = {"TenPhiLePhi": "Lệ phí mẫu", "Gia": sent, "TrangThaiThanhToan": "1"}
    assert dossier(portal, DanhSachLePhi=[fee]).charges == (Charge("Lệ phí mẫu", amount, True),)


@pytest.mark.parametrize(("sent", "paid"), [("0", False), (0, False), (1, True), ("2", None), (None, None), ([], None)])
def test_whether_a_fee_is_paid_is_known_or_not(portal: ScriptedPortal, sent: Any, paid: bool | None) -> None:
    fee = {"TenPhiLePhi": "Phí", "Gia": 1, "TrangThaiThanhToan": sent}
    assert dossier(portal, DanhSachLePhi=fee).charges[0].paid is paid


def test_a_missing_or_senseless_appointment_is_none(portal: ScriptedPortal) -> None:
    assert dossier(portal, NgayHenTra="").due_on is None
    assert dossier(portal, NgayHenTra="00010101000000").due_on is None
    assert dossier(portal, NgayHenTra="23/11/2026 17:00").due_on == date(2026, 11, 23)
