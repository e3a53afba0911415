"""Both contracts as portal.md has them: shapes, and what is refused. One dossier reads the same by either."""

from __future__ import annotations

import base64

import pytest

from bot.portal.stand_in import igate, ngsp
from bot.portal.stand_in.samples import load
from tests.portal.standing_in import BASIC, CODE, NGSP_HEADERS, Caller

SEARCH = f"{igate.SEARCH_PATH}?page=0&size=10&spec=slice&code={CODE}"
DICTIONARY = {
    "MaHoSo", "MaTTHC", "TenTTHC", "MaLinhVuc", "TenLinhVuc", "SoBienNhan", "ChuHoSo", "LoaiDoiTuong", "MaDoiTuong",
    "ThongTinKhac", "Email", "Fax", "SoDienThoai", "TrichYeuHoSo", "NgayTiepNhan", "NgayHenTra", "TrangThaiHoSo",
    "NgayTra", "ThongTinTra", "HinhThuc", "NgayKetThucXuLy", "DonViXuLy", "GhiChu", "TaiLieuNop", "DanhSachLePhi",
    "DanhSachHoSoBoSung", "DanhSachGiayToKetQua",
}  # fmt: skip
"""Reference portal.md 5."""
ITEM_FIELDS = {
    "id", "code", "nationCode", "dossierStatus", "dossierTaskStatus", "statusCurrentTask", "applicant", "procedure",
    "agency", "applyMethod", "appliedDate", "acceptedDate", "appointmentDate", "dueDate", "completedDate",
    "currentTask", "updatedDate",
}  # fmt: skip
"""Reference portal.md 4.3, and updatedDate of its failure modes."""


def test_igate_gives_a_token_that_lives_as_long_as_it_says(caller: Caller) -> None:
    answer = caller.token()
    assert answer.status == 200
    assert answer.content["expires_in"] == 300
    assert caller.igate(token=answer.content["access_token"]).status == 200


def test_the_life_of_a_token_can_be_set_and_ends(caller: Caller) -> None:
    now = [0.0]
    caller.app.tokens._clock = caller.app.sessions._clock = lambda: now[0]
    caller.json("/_faults", {"token_seconds": 2})
    token, session = caller.token().content["access_token"], caller.session().content["session"]
    now[0] = 1.9
    assert (caller.igate(token=token).status, caller.ngsp(session=session).status) == (200, 200)
    now[0] = 2.1
    assert (caller.igate(token=token).status, caller.ngsp(session=session).status) == (401, 401)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer motcua"},
        {"Authorization": "Basic !"},
        {"Authorization": "Basic " + base64.b64encode(b"motcua:wrong").decode()},
    ],
)
def test_igate_refuses_a_client_it_does_not_know(caller: Caller, headers: dict[str, str]) -> None:
    assert caller.form(igate.TOKEN_PATH, {"grant_type": "client_credentials"}, **headers).status == 401


def test_igate_gives_a_token_only_for_client_credentials_in_a_form(caller: Caller) -> None:
    assert caller.form(igate.TOKEN_PATH, {"grant_type": "password"}, **BASIC).status == 400
    assert caller.json(igate.TOKEN_PATH, {"grant_type": "client_credentials"}, **BASIC).status == 415


def test_igate_answers_with_a_slice(caller: Caller) -> None:
    content = caller.igate().content
    assert {name: content[name] for name in ("last", "number", "size")} == {"last": True, "number": 0, "size": 10}
    item = content["content"][0]
    assert (item["code"], item["statusCurrentTask"]) == (CODE, "Đang xử lý")
    assert item["dossierStatus"] == {"id": 2, "name": "Đang xử lý"}
    assert item["procedure"]["translate"][0]["name"] == "Hòa giải tranh chấp đất đai"
    assert item["agency"]["name"] == "UBND phường Trấn Biên"
    assert item["appointmentDate"] == "2026-12-02T10:00:00.000+0000"
    assert item["updatedDate"] == "2026-11-23T09:40:00.000+0000"
    assert item["applicant"]["data"]["phoneNumber"] == "0000004729"
    assert item["applicant"]["data"]["identityNumber"] == "000000000000"


def test_igate_sends_no_field_that_its_contract_does_not_name(caller: Caller) -> None:
    for code in load()[0]:
        assert set(caller.item(code)) <= ITEM_FIELDS


def test_a_code_without_a_dossier_gives_an_empty_list_and_no_404(caller: Caller) -> None:
    assert (caller.igate("H19.12-261105-9999").status, caller.igate("H19.12-261105-9999").content["content"]) == (
        200,
        [],
    )
    assert caller.ngsp("H19.12-261105-9999").content == {"error_code": "00", "result": []}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (SEARCH.replace("&spec=slice", ""), 400),
        (SEARCH.replace("page=0&", ""), 400),
        (SEARCH.replace("size=10", "size=0"), 400),
        (SEARCH.replace(CODE, ""), 400),
        (SEARCH + "&identity-number=000000000000", 400),
        (SEARCH + "&applicant-name=ai", 400),
        (SEARCH, 200),
    ],
)
def test_igate_takes_its_own_parameters_and_none_of_the_officers_search(caller: Caller, path: str, status: int) -> None:
    bearer = f"Bearer {caller.token().content['access_token']}"
    assert caller.call("GET", path, Authorization=bearer).status == status


def test_igate_searches_for_nobody_without_a_token(caller: Caller) -> None:
    assert caller.call("GET", SEARCH).status == 401
    assert caller.call("GET", SEARCH, Authorization="Bearer made-up").status == 401
    assert caller.call("POST", SEARCH).status == 405


def test_igate_can_behave_as_the_contract_that_has_no_phone(caller: Caller) -> None:
    caller.json("/_faults", {"phone": False})
    person = caller.item()["applicant"]["data"]
    assert "phoneNumber" not in person
    assert person["fullname"] == "NGUYỄN VĂN MẪU"


def test_ngsp_gives_a_session_for_the_unit_and_for_nobody_else(caller: Caller) -> None:
    assert caller.session().content["error_code"] == 0
    assert caller.json(ngsp.AUTH_PATH, {"username": "motcua", "password": "wrong"}).status == 401
    assert caller.json(ngsp.AUTH_PATH, {}).status == 401


def test_ngsp_answers_in_the_fields_of_the_dictionary(caller: Caller) -> None:
    answer = caller.ngsp()
    assert (answer.status, answer.content["error_code"]) == (200, "00")
    row = caller.row()
    assert set(row) == DICTIONARY
    assert (row["MaHoSo"], row["MaTTHC"], row["TrangThaiHoSo"]) == (CODE, "1.012812", "4")
    assert (row["NgayTiepNhan"], row["NgayHenTra"], row["NgayTra"]) == ("20261105080000", "20261202170000", "")
    assert (row["DonViXuLy"], row["SoDienThoai"]) == ("UBND phường Trấn Biên", "0000004729")


def test_ngsp_lists_supplements_with_their_new_appointments(caller: Caller) -> None:
    first, second = caller.row("H19.12-261102-0014")["DanhSachHoSoBoSung"]
    assert first["NoiDungBoSung"].endswith("Hạn bổ sung: 17/11/2026.")
    assert (first["NgayHenTraTruoc"], first["NgayHenTraMoi"]) == ("20261127170000", "20261204170000")
    assert (second["NgayBoSung"], second["NgayHenTraMoi"]) == ("20261120090000", "20261211170000")
    assert caller.item("H19.12-261102-0014")["appointmentDate"] == "2026-12-11T10:00:00.000+0000"


def test_ngsp_lists_what_is_paid_and_what_is_not(caller: Caller) -> None:
    charges = caller.row("H19.12-261110-0005")["DanhSachLePhi"]
    assert [(charge["Gia"], charge["TrangThaiThanhToan"]) for charge in charges] == [("75000", "0"), ("20000", "1")]
    assert caller.row("H19.12-261026-0040")["DanhSachLePhi"] == []


@pytest.mark.parametrize(
    ("changes", "headers", "status"),
    [
        ({"service": "DongBoHoSoMC"}, {}, 403),
        ({"mahoso": ""}, {}, 400),
        ({"mahoso": 7}, {}, 400),
        ({"madonvi": ""}, {}, 400),
        ({"session": "made up"}, {}, 401),
        ({}, {"dstcode": ""}, 400),
        ({}, {"Charset": ""}, 400),
        ({}, {}, 200),
    ],
)
def test_ngsp_takes_one_service_with_all_it_needs(
    caller: Caller, changes: dict[str, object], headers: dict[str, str], status: int
) -> None:
    asked = {"session": caller.session().content["session"], "madonvi": "H19", "service": "TraCuuHoSo", "mahoso": CODE}
    assert caller.json(ngsp.SEARCH_PATH, asked | changes, **NGSP_HEADERS | headers).status == status


def test_replies_differ_as_they_do_between_installations(caller: Caller) -> None:
    assert isinstance(caller.item("H19.12-261123-0031")["procedure"]["translate"], dict)
    assert caller.item("H19.12-261120-0018")["appointmentDate"] == "2026-11-26T17:00:00.000+0700"
    assert caller.item("H19.12-261012-0011")["appointmentDate"] == "20261021170000"
    assert caller.item("H19.12-261012-0011")["appliedDate"] == "2026-10-12T08:00:00.000+0700"
    assert "applicant" not in caller.item("H19.12-261114-0029")
    assert caller.row("H19.12-261114-0029")["SoDienThoai"] == ""
    plain = caller.ngsp("H19.12-261119-0022").content
    assert (plain["error_code"], plain["result"]["TrangThaiHoSo"]) == (0, 4)
    assert caller.row("H19.12-261102-0014")["LoaiDoiTuong"] != caller.row()["LoaiDoiTuong"]
    assert "appointmentDate" not in caller.item("H19.12-261116-0009")


def test_one_code_may_come_in_two_items_of_which_the_later_is_right(caller: Caller) -> None:
    old, new = caller.igate("H19.12-261109-0016").content["content"]
    assert old["updatedDate"] < new["updatedDate"]
    assert (old["statusCurrentTask"], new["statusCurrentTask"]) == ("Đang xử lý", "Đã xử lý xong (có kết quả)")


@pytest.mark.parametrize("code", load()[0])
def test_both_contracts_tell_the_same_of_a_dossier(caller: Caller, code: str) -> None:
    item, row = caller.item(code), caller.row(code)
    assert (item["code"], item["procedure"]["code"], item["agency"]["name"]) == (
        row["MaHoSo"], row["MaTTHC"], row["DonViXuLy"],
    )  # fmt: skip
    phone = item.get("applicant", {"data": {"phoneNumber": ""}})["data"]["phoneNumber"]
    assert phone == row["SoDienThoai"]


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"[" * 60_000, "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"{}", "text/plain", 415),
        (b" " * 70_000, "application/json", 413),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(caller: Caller, body: bytes, kind: str, status: int) -> None:
    assert caller.call("POST", ngsp.SEARCH_PATH, body, kind, **NGSP_HEADERS).status == status
