"""What a citizen does about a dossier: each status as what happened, what now, by which day, where and with what."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.places.loading import Contacts
from bot.catalogue.places.models import Hotline, Office
from bot.portal.calendar import Calendar
from bot.portal.dossier import Charge, Dossier, DossierStatus, Supplement
from bot.portal.duty import Duty, DutyTeller, clock, long_day
from bot.portal.statuses import Statuses
from bot.settings import HOME, TIME_ZONE
from tests.committed import catalogue

S = DossierStatus
TODAY = date(2026, 11, 25)
CODE = "H19.12-261105-0007"
FACTS = {"source": "TB mẫu", "grade": "A", "checked_on": date(2026, 11, 1), "review_by": date(2027, 5, 1)}


@cache
def statuses() -> Statuses:
    return Statuses.load(HOME / "nlu_data")


@cache
def calendar() -> Calendar:
    return Calendar.load(HOME / "nlu_data")


def duty(status: DossierStatus, today: date = TODAY, known: Catalogue | None = None, **fields: object) -> Duty:
    given: dict[str, object] = {"procedure_code": "1.001193", "office": "UBND phường Trấn Biên", **fields}
    dossier = Dossier(CODE, status, **given)  # type: ignore[arg-type]
    return DutyTeller(known or catalogue(), statuses(), calendar(), today).duty(dossier)


@pytest.mark.parametrize(
    ("status", "happened", "now"),
    [
        (S.REGISTERED, "đã gửi lên", "chưa phải làm gì"),
        (S.RECEIVED, "đã nhận hồ sơ", "chờ đến ngày hẹn"),
        (S.NOT_RECEIVED, "chưa nhận hồ sơ này", "đọc lý do trên Cổng, sửa lại rồi nộp hồ sơ mới"),
        (S.IN_PROGRESS, "đang được giải quyết", "chỉ chờ"),
        (S.SUPPLEMENT_REQUIRED, "còn thiếu giấy tờ", "Việc cần làm ngay"),
        (S.PAYMENT_REQUIRED, "chờ mình đóng", "Việc cần làm ngay"),
        (S.WITHDRAWN, "đã được rút", "không phải làm gì thêm"),
        (S.STOPPED, "đã dừng lại", "hỏi nơi nộp vì sao"),
        (S.DONE, "có kết quả rồi", "đến lấy kết quả, nhớ mang theo giấy hẹn"),
        (S.RETURNED, "đã được trả", "không phải làm gì thêm"),
        (S.UNKNOWN, "chưa ghi rõ", "hỏi nơi nộp cho chắc"),
    ],
)
def test_each_status_says_what_happened_and_what_to_do_now(status: DossierStatus, happened: str, now: str) -> None:
    told = duty(status)
    assert happened in told.happened
    assert now in told.now
    assert told.where
    assert told.status is status


@pytest.mark.parametrize("status", [S.SUPPLEMENT_REQUIRED, S.PAYMENT_REQUIRED])
def test_a_dossier_that_waits_for_the_citizen_asks_to_act_now(status: DossierStatus) -> None:
    assert duty(status).act == "now"


def test_the_day_of_the_portal_is_told_with_the_working_days_left() -> None:
    assert "thứ Sáu, 27/11/2026, còn 2 ngày làm việc" in duty(S.IN_PROGRESS, due_on=date(2026, 11, 27)).by
    assert "hôm nay, thứ Tư, 25/11/2026" in duty(S.IN_PROGRESS, due_on=TODAY).by


def test_the_holiday_before_the_day_is_not_counted() -> None:
    told = duty(S.RECEIVED, today=date(2026, 11, 23), due_on=date(2026, 11, 25))
    assert "còn 1 ngày làm việc" in told.by


def test_a_day_that_is_past_is_the_portals_own_day_and_nobodys_fault() -> None:
    told = duty(S.IN_PROGRESS, due_on=date(2026, 11, 19))
    assert "đã quá ngày hẹn trên Cổng 3 ngày làm việc" in told.by
    assert "giấy hẹn ra nơi nộp hỏi" in told.now
    assert told.act == "yes"
    assert "trễ" not in told.text


def test_a_day_that_passed_on_a_weekend_is_just_past() -> None:
    told = duty(S.IN_PROGRESS, today=date(2026, 11, 22), due_on=date(2026, 11, 20))
    assert "thứ Sáu, 20/11/2026, vừa qua" in told.by


def test_without_a_day_it_is_said_that_the_portal_names_none() -> None:
    assert "Cổng chưa ghi ngày hẹn" in duty(S.IN_PROGRESS).by


def test_a_day_in_tet_leads_to_the_first_day_the_counter_is_open() -> None:
    told = duty(S.IN_PROGRESS, due_on=date(2027, 2, 5))
    assert "Mình đến vào thứ Năm, 11/2/2027" in told.by


@pytest.mark.parametrize("due", [date(2028, 1, 5), date(2027, 12, 31), date(9999, 12, 31)])
def test_beyond_the_known_years_no_number_is_guessed(due: date) -> None:
    told = duty(S.IN_PROGRESS, due_on=due)
    if due.year > 2027:
        assert "chưa có, nên máy chưa đếm được số ngày làm việc" in told.by
        assert "còn" not in told.by
    else:
        assert "ngày làm việc" in told.by


def test_a_day_long_past_is_told_without_a_number() -> None:
    assert duty(S.IN_PROGRESS, due_on=date(2020, 3, 2)).by == "Ngày hẹn trả trên Cổng là thứ Hai, 2/3/2020, nay đã qua."


def test_a_count_over_days_not_announced_yet_is_called_tentative() -> None:
    told = duty(S.IN_PROGRESS, today=date(2027, 4, 20), due_on=date(2027, 5, 11))
    assert "tạm tính" in told.by
    assert "lễ 30/4 và 1/5 năm 2027" in told.by


def test_a_supplement_lists_the_newest_request_by_its_day_and_where_each_paper_comes_from() -> None:
    asked = Supplement("Bổ sung: 1. Giấy chứng sinh bản chính\n2. Tờ khai có chữ ký", date(2026, 12, 4))
    told = duty(S.SUPPLEMENT_REQUIRED, supplements=(asked, Supplement("Giấy tờ cũ", date(2026, 11, 1))))
    assert told.papers.splitlines() == [
        "Nơi nhận yêu cầu:",
        "- Giấy chứng sinh bản chính.",
        "  Giấy chứng sinh: thường là 1 bản chính. Lấy ở đâu: Bệnh viện hoặc trạm y tế nơi bé sinh ra.",
        "- Tờ khai có chữ ký.",
        "  Tờ khai đăng ký khai sinh: thường là 1 bản chính. Lấy ở đâu: Có sẵn tại quầy.",
        "Hồ sơ đã có 2 lần yêu cầu bổ sung. Trên đây là lần mới nhất.",
    ]
    assert told.by == "Hạn nộp thêm: thứ Sáu, 4/12/2026, còn 7 ngày làm việc."
    assert told.deadline == date(2026, 12, 4)
    assert "Nộp ở quầy: Ủy ban nhân dân phường Trấn Biên" in told.where
    assert "giấy hẹn" in told.bring


@pytest.mark.parametrize(
    ("until", "said"),
    [
        (None, "Máy chưa thấy hạn nộp thêm"),
        (TODAY, "Hạn nộp thêm là hôm nay"),
        (date(2026, 11, 20), "nay đã qua. Mình hỏi nơi nộp ngay"),
        (date(2026, 11, 29), "Mình nộp trước ngày đó"),
        (date(2028, 3, 1), "Lịch nghỉ lễ năm 2028 chưa có"),
    ],
)
def test_the_last_day_of_a_supplement(until: date | None, said: str) -> None:
    assert said in duty(S.SUPPLEMENT_REQUIRED, supplements=(Supplement("Giấy chứng sinh", until),)).by


@pytest.mark.parametrize("supplements", [(), (Supplement("…"),)])
def test_a_supplement_without_a_text_leads_to_the_portal(supplements: tuple[Supplement, ...]) -> None:
    told = duty(S.SUPPLEMENT_REQUIRED, supplements=supplements)
    assert "xem trên Cổng còn thiếu giấy gì" in told.now
    assert told.papers == ""


def test_papers_of_a_record_past_its_review_are_not_told() -> None:
    asked = (Supplement("Giấy chứng sinh", date(2027, 9, 1)),)
    told = duty(S.SUPPLEMENT_REQUIRED, today=date(2027, 8, 2), supplements=asked)
    assert told.papers.splitlines() == ["Nơi nhận yêu cầu:", "- Giấy chứng sinh."]


def test_a_long_request_is_cut_and_says_so() -> None:
    text = "; ".join(f"giấy số {n} " + "rất dài " * 60 for n in range(12))
    told = duty(S.SUPPLEMENT_REQUIRED, supplements=(Supplement(text),))
    assert len(told.papers) < 2200
    assert "Còn nữa. Mình xem đủ trên Cổng." in told.papers


def test_a_fee_is_paid_on_the_portal_or_at_the_counter_and_warned_about() -> None:
    told = duty(
        S.PAYMENT_REQUIRED, charges=(Charge("Lệ phí cấp giấy phép", 150000, False), Charge("Phí đã đóng", 5, True))
    )
    assert "đóng phí, lệ phí" in told.happened
    assert "trên Cổng Dịch vụ công quốc gia, hoặc tại quầy" in told.now
    assert told.money == "Phí, lệ phí của thủ tục:\n- Lệ phí cấp giấy phép: 150.000 đồng."
    assert "lừa đảo" in told.warning
    assert "http" not in told.text


def test_tax_and_land_money_follow_the_tax_offices_notice() -> None:
    told = duty(
        S.PAYMENT_REQUIRED, charges=(Charge("Tiền sử dụng đất", None), Charge("Thuế thu nhập cá nhân", 2_000_000))
    )
    assert "thuế hoặc tiền đất" in told.happened
    assert "theo thông báo của cơ quan thuế" in told.now
    assert "Tiền sử dụng đất: Cổng chưa ghi số tiền." in told.money
    assert "thông báo của cơ quan thuế" in told.by
    assert "Cộng lại" not in told.money


def test_fees_and_taxes_of_one_dossier_are_listed_apart() -> None:
    charges = (Charge("Thuế", 2_000_000), Charge("Lệ phí", 20_000), Charge("Phí", 30_000))
    told = duty(S.PAYMENT_REQUIRED, charges=charges)
    assert told.money.splitlines() == [
        "Phí, lệ phí của thủ tục:",
        "- Lệ phí: 20.000 đồng.",
        "- Phí: 30.000 đồng.",
        "Cộng lại: 50.000 đồng.",
        "Thuế, tiền đất, theo thông báo của cơ quan thuế:",
        "- Thuế: 2.000.000 đồng.",
    ]


@pytest.mark.parametrize(
    ("wording", "said"),
    [
        ("Yêu cầu thanh toán", "đóng phí, lệ phí"),
        ("Thực hiện nghĩa vụ tài chính", "thuế hoặc tiền đất"),
        ("Yêu cầu thực hiện nghĩa vụ tài chính", "chờ mình đóng tiền"),
    ],
)
def test_without_charges_the_wording_tells_what_is_paid_and_the_counter_is_asked(wording: str, said: str) -> None:
    told = duty(S.PAYMENT_REQUIRED, portal_status=wording)
    assert said in told.happened
    assert "Máy chưa thấy phải đóng bao nhiêu" in told.money
    assert "lừa đảo" in told.warning


def test_what_is_paid_already_is_not_asked_for_again() -> None:
    told = duty(S.PAYMENT_REQUIRED, charges=(Charge("Lệ phí", 20_000, True),))
    assert "đã đóng rồi" in told.now
    assert told.money == told.by == ""
    assert "lừa đảo" in told.warning


@pytest.mark.parametrize(
    ("office", "said"),
    [
        ("UBND phường Trấn Biên", "Ủy ban nhân dân phường Trấn Biên"),
        ("TTPVHCC TP. Đồng Nai", "Trung tâm Phục vụ hành chính công thành phố Đồng Nai"),
        ("UBND huyện Long Thành", "Trung tâm Phục vụ hành chính công nơi đã nộp"),
        ("", "Trung tâm Phục vụ hành chính công nơi đã nộp"),
    ],
)
def test_an_office_is_spelt_out_and_no_district_is_ever_named(office: str, said: str) -> None:
    told = duty(S.DONE, office=office)
    assert told.where == f"Lấy ở quầy: {said}."
    assert "huyện" not in told.text


def test_only_confirmed_numbers_are_told() -> None:
    assert duty(S.STOPPED).call == ""
    unit = catalogue().places.resolve("phường Trấn Biên").unit
    assert unit is not None
    office = Office(unit=unit.code, kind="trung tâm", address="số 1 đường Mẫu", phone="0251 0000 000", **FACTS)
    line = Hotline(name="Tổng đài mẫu", phone="0251 1111 111", **FACTS)
    for grade, told in (("A", True), ("C", False)):
        contacts = Contacts((office.copy(update={"grade": grade}),), (), (line.copy(update={"grade": grade}),))
        known = replace(catalogue(), places=replace(catalogue().places, contacts=contacts))
        text = duty(S.STOPPED, known=known).text
        assert all(
            (said in text) is told for said in ("số 1 đường Mẫu", "0251 0000 000", "gọi Tổng đài mẫu: 0251 1111 111")
        )


def test_an_unknown_status_is_not_explained_by_guessing() -> None:
    told = duty(S.UNKNOWN, portal_status="Chờ ký số", due_on=date(2026, 11, 27))
    assert told.happened == "Máy chưa rõ chữ này nghĩa là gì."
    assert "thứ Sáu, 27/11/2026, còn 2 ngày làm việc" in told.by
    assert told.act == "yes"


def test_days_and_times_are_written_as_people_say_them() -> None:
    assert long_day(date(2026, 11, 29)) == "Chủ nhật, 29/11/2026"
    assert clock(datetime(2026, 11, 25, 8, 5, tzinfo=TIME_ZONE)) == "8 giờ 05"
    assert clock(datetime(2026, 11, 25, 16, 0, tzinfo=TIME_ZONE)) == "16 giờ"


DAYS = st.none() | st.dates(date(2000, 1, 1), date(2100, 12, 31))
TEXT = st.text(max_size=80)


@given(
    st.sampled_from(S),
    st.dates(date(2024, 1, 1), date(2030, 12, 31)),
    DAYS,
    DAYS,
    st.lists(st.builds(Supplement, TEXT, DAYS), max_size=3).map(tuple),
    st.lists(st.builds(Charge, TEXT, st.none() | st.integers(0, 10**12), st.none() | st.booleans()), max_size=3).map(
        tuple
    ),
    TEXT,
    TEXT,
    st.sampled_from(["", "1.001193", "9.999999"]),
)
def test_whatever_a_portal_sends_there_is_a_duty(
    status: DossierStatus,
    today: date,
    due: date | None,
    returned: date | None,
    supplements: tuple[Supplement, ...],
    charges: tuple[Charge, ...],
    wording: str,
    office: str,
    code: str,
) -> None:
    told = duty(
        status, today, due_on=due, returned_on=returned, received_on=returned, supplements=supplements, charges=charges,
        portal_status=wording, office=office, procedure_code=code,
    )  # fmt: skip
    assert told.happened
    assert told.now
    assert told.where
    assert (status is S.PAYMENT_REQUIRED) == ("lừa đảo" in told.warning)
