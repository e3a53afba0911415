"""The page for whoever tries the flow: it moves dossiers along, and what it changes both contracts tell."""

from __future__ import annotations

import re
from datetime import date
from urllib.parse import quote, unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.portal.stand_in.page import WARNING
from bot.portal.stand_in.samples import STATUSES, load
from tests.examples import examples
from tests.portal.standing_in import CODE, Answer, Caller

DOSSIER = f"/ho-so/{CODE}"


def text(answer: Answer) -> str:
    return answer.body.decode()


def test_every_page_says_that_it_is_sample_data(caller: Caller) -> None:
    for path in ("/", DOSSIER, "/ho-so/H19.12-261105-9999"):
        assert WARNING in text(caller.call("GET", path))
    assert WARNING in text(caller.form(DOSSIER, {"do": "supplement", "text": ""}))
    assert WARNING == "Dữ liệu mẫu để tập dùng – không phải hồ sơ thật"


def test_the_first_page_lists_every_sample_with_its_status_and_four_digits(caller: Caller) -> None:
    page = text(caller.call("GET", "/"))
    for sample in load()[0].values():
        assert sample.code in page
        assert sample.portal_status in page
    assert "4729" in page
    assert page.count("quá ngày hẹn") == 1


def test_any_made_code_can_be_opened(caller: Caller) -> None:
    answer = caller.call("GET", "/?code=H19.99-261101-000001")
    assert (answer.status, answer.headers["Location"]) == (303, "/ho-so/H19.99-261101-000001")
    assert caller.call("GET", answer.headers["Location"]).status == 200


@pytest.mark.parametrize("code", ["khong-co", "<script>alert(1)</script>", "../../etc", "a b\r\nX: y", "%"])
def test_a_code_without_a_dossier_is_said_to_have_none(caller: Caller, code: str) -> None:
    answer = caller.call("GET", f"/?code={quote(code)}")
    location = answer.headers["Location"]
    assert "\n" not in location
    page = caller.call("GET", unquote(location).encode().decode("latin-1").replace("?", ""))
    assert page.status == 404
    assert "<script" not in text(page)


def test_a_press_moves_a_dossier_to_its_next_status_until_the_end(caller: Caller) -> None:
    seen = []
    code = "H19.12-261123-0031"
    for _ in range(5):
        seen.append(caller.row(code)["TrangThaiHoSo"])
        caller.form(f"/ho-so/{code}", {"do": "next"})
    assert seen == ["1", "2", "4", "9", "10"]
    row = caller.row(code)
    assert (row["TrangThaiHoSo"], row["NgayTra"][:8], row["NgayTiepNhan"][:8]) == ("10", "20261124", "20261124")
    assert "hết đường đi" in text(caller.call("GET", f"/ho-so/{code}"))


@pytest.mark.parametrize("status", STATUSES)
def test_a_dossier_can_be_given_any_of_the_ten_statuses(caller: Caller, status: int) -> None:
    answer = caller.form(DOSSIER, {"do": "status", "status": str(status)})
    assert (answer.status, answer.headers["Location"]) == (303, DOSSIER)
    assert caller.row()["TrangThaiHoSo"] == str(status)
    item = caller.item()
    assert item["statusCurrentTask"] == STATUSES[status]
    assert item["updatedDate"][:10] in ("2026-11-23", "2026-11-24"), "24 November in Viet Nam"
    assert STATUSES[status] in text(caller.call("GET", DOSSIER))


def test_a_status_that_asks_for_something_says_what(caller: Caller) -> None:
    caller.form(DOSSIER, {"do": "status", "status": "5"})
    assert caller.row()["DanhSachHoSoBoSung"][0]["NoiDungBoSung"]
    caller.form(DOSSIER, {"do": "status", "status": "6"})
    assert caller.row()["DanhSachLePhi"][0]["TrangThaiThanhToan"] == "0"
    caller.form(DOSSIER, {"do": "next"})
    assert caller.row()["TrangThaiHoSo"] == "4"
    assert caller.row()["DanhSachLePhi"][0]["TrangThaiThanhToan"] == "1"


def test_a_supplement_is_asked_for_with_a_text_a_last_day_and_a_new_appointment(caller: Caller) -> None:
    asked = {"do": "supplement", "text": "Bổ sung sổ đỏ <bản chính>.", "until": "2026-12-01", "new_due": "2026-12-15"}
    assert caller.form(DOSSIER, asked).status == 303
    row = caller.row()
    assert row["TrangThaiHoSo"] == "5"
    assert row["DanhSachHoSoBoSung"][0] == {
        "HoSoBoSungId": "1", "NguoiYeuCauBoSung": "TRẦN THỊ MẪU",
        "NoiDungBoSung": "Bổ sung sổ đỏ <bản chính>. Hạn bổ sung: 01/12/2026.", "NgayBoSung": "20261124090000",
        "NgayHenTraTruoc": "20261202170000", "NgayHenTraMoi": "20261215170000", "TrangThaiBoSung": "0",
    }  # fmt: skip
    assert caller.item()["appointmentDate"] == "2026-12-15T10:00:00.000+0000"
    assert "&lt;bản chính&gt;" in text(caller.call("GET", DOSSIER))


def test_the_appointment_can_be_set_and_taken_away(caller: Caller) -> None:
    caller.form(DOSSIER, {"do": "due", "due": "2026-11-20"})
    assert caller.row()["NgayHenTra"] == "20261120170000"
    assert "quá ngày hẹn" in text(caller.call("GET", DOSSIER))
    caller.form(DOSSIER, {"do": "due", "due": ""})
    assert caller.row()["NgayHenTra"] == ""
    assert "appointmentDate" not in caller.item()


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"do": "supplement", "text": "", "until": "2026-12-01"}, "còn trống"),
        ({"do": "supplement", "text": "a" * 1001}, "quá 1.000 chữ"),
        ({"do": "supplement", "text": "sổ", "until": "1/12/2026"}, "Ghi như 2026-12-04"),
        ({"do": "due", "due": "mai"}, "Ghi như 2026-12-04"),
        ({"do": "status", "status": "11"}, "một trong mười trạng thái"),
        ({"do": "status", "status": ""}, "một trong mười trạng thái"),
        ({"do": "dance"}, "Không rõ cần làm gì"),
        ({}, "Không rõ cần làm gì"),
    ],
)
def test_a_slip_is_told_in_a_sentence_and_changes_nothing(caller: Caller, form: dict[str, str], said: str) -> None:
    before = caller.row()
    answer = caller.form(DOSSIER, form)
    assert answer.status == 400
    assert re.search(said, text(answer))
    assert caller.row() == before


def test_faults_are_set_on_the_page_and_shown_on_every_page(caller: Caller) -> None:
    caller.form("/", {"do": "switch", "fault": "502", "latency_ms": "700", "token_seconds": "20"})
    assert caller.app.register.switches.dict() == {
        "fault": "502", "latency_ms": 700, "token_seconds": 20, "phone": False,
    }  # fmt: skip
    for path in ("/", DOSSIER):
        assert "Đang bật lỗi: 502: lỗi 502 của cổng trước" in text(caller.call("GET", path))
    assert caller.igate().status == 502
    caller.form("/", {"do": "switch", "fault": "", "phone": "1"})
    assert caller.igate().status == 200
    assert "Đang bật lỗi" not in text(caller.call("GET", "/"))


def test_everything_can_be_put_back(caller: Caller) -> None:
    before = caller.row()
    caller.form(DOSSIER, {"do": "next"})
    caller.form("/", {"do": "switch", "fault": "500"})
    caller.form("/", {"do": "reset"})
    assert caller.row() == before


def test_many_dossiers_can_be_moved_by_one_call_for_tests(caller: Caller) -> None:
    codes = [f"H19.99-261101-{number:06d}" for number in range(50)]
    assert caller.json("/_move", {"codes": codes, "status": 9}).content == {"moved": 50}
    assert {caller.row(code)["TrangThaiHoSo"] for code in codes} == {"9"}
    assert caller.json("/_move", {"code": CODE, "status": 9}).content == {"moved": 1}
    assert caller.json("/_move", {"codes": [CODE, "H19.12-261105-9999"], "status": 10}).status == 404
    assert caller.row()["TrangThaiHoSo"] == "9", "nothing of a call that fails is done"
    assert caller.json("/_move", {"code": CODE, "status": 99}).status == 400
    assert caller.json("/_move", {"code": CODE}).status == 400


def test_the_page_is_for_this_machine_alone(caller: Caller) -> None:
    assert caller.call("GET", "/", Host="evil.example").status == 403
    assert caller.call("GET", "/", Host="localhost:8071").status == 200
    assert caller.form("/", {"do": "reset"}, **{"Sec-Fetch-Site": "cross-site"}).status == 403
    assert caller.form("/", {"do": "reset"}, **{"Sec-Fetch-Site": "same-origin"}).status == 303
    assert "default-src 'none'" in caller.call("GET", "/").headers["Content-Security-Policy"]


def test_an_address_that_does_not_exist_is_told_apart_from_a_wrong_method(caller: Caller) -> None:
    assert caller.call("GET", "/khong-co").status == 404
    assert caller.call("DELETE", "/").status == 405
    assert caller.call("DELETE", DOSSIER).status == 405


@settings(max_examples=examples(200), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    do=st.sampled_from(["next", "status", "due", "supplement"]),
    status=st.sampled_from([str(number) for number in STATUSES]),
    day=st.dates(date(2026, 1, 1), date(2028, 1, 1)).map(date.isoformat) | st.just(""),
    said=st.text(min_size=1, max_size=80),
)
def test_whatever_is_done_on_the_page_both_contracts_can_tell_it(
    caller: Caller, do: str, status: str, day: str, said: str
) -> None:
    form = {"do": do, "status": status, "due": day, "until": day, "new_due": day, "text": said}
    assert caller.form(DOSSIER, form).status in (303, 400)
    item, row = caller.item(), caller.row()
    assert item["statusCurrentTask"] == STATUSES[int(row["TrangThaiHoSo"])]
    assert caller.call("GET", DOSSIER).status == 200
    assert caller.call("GET", "/").status == 200
