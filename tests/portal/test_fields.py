"""Dates, amounts and names of portals' replies: read in every way they are written, or not at all."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.portal import fields
from bot.settings import TIME_ZONE


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("20261123170000", "2026-11-23 17:00"),
        (20261123170000, "2026-11-23 17:00"),
        ("2026-11-20T01:00:00.000+0000", "2026-11-20 08:00"),
        ("2026-11-20T18:30:00.000+0000", "2026-11-21 01:30"),
        ("2026-11-20T18:30:00.000+0700", "2026-11-20 18:30"),
        ("2026-11-20T18:30:00+07:00", "2026-11-20 18:30"),
        ("2026-11-20T18:30:00Z", "2026-11-21 01:30"),
        ("2026-11-20T18:30:00", "2026-11-20 18:30"),
        ("2026-11-20", "2026-11-20 00:00"),
        ("20261120", "2026-11-20 00:00"),
        ("23/11/2026", "2026-11-23 00:00"),
        ("3/1/2027 08:00", "2027-01-03 00:00"),
        ("23-11-2026 17:00:00", "2026-11-23 00:00"),
    ],
)
def test_a_moment_is_read_as_viet_nams_time(sent: Any, read: str) -> None:
    assert f"{fields.moment(sent):%Y-%m-%d %H:%M %z}" == f"{read} +0700"
    assert str(fields.day(sent)) == read[:10]


@pytest.mark.parametrize(
    "sent",
    ["", None, 0, True, "0001-01-01T00:00:00Z", "00010101000000", "31/02/2026", "20261332000000",
     "9999-12-31T23:59:59-12:00", "1970-01-01", "hôm nay", [], {}, 1774458000000, 1.5, "0001-01-01T00:00:00+14:00"],
)  # fmt: skip
def test_a_placeholder_or_a_wrong_date_is_none(sent: Any) -> None:
    assert fields.moment(sent) is None


@given(st.text(max_size=40) | st.from_regex(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?[+-]\d{4}", fullmatch=True))
def test_any_text_is_a_moment_of_this_century_or_none(sent: str) -> None:
    read = fields.moment(sent)
    assert read is None or (2000 <= read.year <= 2100 and read.tzinfo is not None)


@given(st.dates(date(2000, 1, 2), date(2099, 12, 30)))
def test_every_way_of_writing_a_day_is_the_same_day(day: date) -> None:
    ways = [f"{day:%Y%m%d}080000", f"{day:%Y-%m-%d}T01:00:00.000+0000", f"{day:%d/%m/%Y}", f"{day:%Y-%m-%d}"]
    assert {fields.day(way) for way in ways} == {day}


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Bổ sung tờ khai. Hạn bổ sung: 04/12/2026.", date(2026, 12, 4)),
        ("Nộp chậm nhất ngày 4-12-2026 tại quầy", date(2026, 12, 4)),
        ("đến hết ngày 04/12/2026", date(2026, 12, 4)),
        ("Hạn bổ sung 1/12/2026, gia hạn đến 04/12/2026", date(2026, 12, 4)),
        ("Giấy chứng nhận cấp ngày 01/02/2020", None),
        ("Thời hạn sử dụng. Cấp ngày 01/02/2020", None),
        ("Hạn bổ sung: 31/02/2026", None),
        ("", None),
    ],
)
def test_the_last_day_that_a_text_names_is_found(text: str, day: date | None) -> None:
    assert fields.last_day(text) == day


@pytest.mark.parametrize(
    ("sent", "amount"),
    [
        (50_000, 50_000), (0, 0), ("50000", 50_000), ("1.250.000", 1_250_000), ("1,250,000 VNĐ", 1_250_000),
        ("50.000 đồng", 50_000), ("50000.00", 50_000), (-1, None), (float("nan"), None), (float("inf"), None),
        ("năm mươi nghìn", None), ("50.00.0", None), (True, None), (None, None), ([], None), (10**13, None),
    ],
)  # fmt: skip
def test_an_amount_is_whole_dong_or_none(sent: Any, amount: int | None) -> None:
    assert fields.amount(sent) == amount


@pytest.mark.parametrize(
    ("sent", "masked"),
    [
        ("Ông Nguyễn Văn A", "Ông N*** V*** A"),
        ("NGUYỄN VĂN MẪU", "N*** V*** M***"),
        ("bà đặng thị mẫu", "Bà Đ*** T*** M***"),
        ("Bà", "B***"),
        ("0900004729", ""),
        ("", ""),
        (None, ""),
        (7, ""),
    ],
)
def test_a_name_is_shown_by_its_first_letters(sent: Any, masked: str) -> None:
    assert fields.masked_name(sent) == masked


@given(st.text(max_size=60))
def test_no_word_of_a_name_is_shown_whole(sent: str) -> None:
    for word in fields.masked_name(sent).split():
        assert len(word) == 1 or word.endswith("***") or word in ("Ông", "Bà", "Ong", "Ba")


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("Đề nghị ông Nguyễn Văn Mẫu nộp đơn", "Đề nghị ông [họ tên] nộp đơn"),
        ("Đề nghị Bà LÊ THỊ MẪU, CCCD 000000000000", "Đề nghị Bà [họ tên], CCCD [số căn cước]"),
        ("gọi anh Sùng Mẫu ra ký", "gọi anh [họ tên] ra ký"),
        ("Trần Văn Mẫu chưa ký", "[họ tên] chưa ký"),
        ("liên hệ Huỳnh Mẫu 0900 00 4729", "liên hệ [họ tên] [số điện thoại]"),
        ("nhà tại đường Nguyễn Ái Quốc", "nhà tại đường Nguyễn Ái Quốc"),
        ("UBND phường Trấn Biên", "UBND phường Trấn Biên"),
        ("Bổ sung Giấy chứng nhận quyền sử dụng đất", "Bổ sung Giấy chứng nhận quyền sử dụng đất"),
        ("Hồ sơ thiếu chữ ký của ông bà", "Hồ sơ thiếu chữ ký của ông bà"),
        ("công dân nộp Lê Mẫu", "công dân nộp [họ tên]"),
        ("Nguyen Van Mau chua ky", "[họ tên] chua ky"),
        ("nhận trẻ em Việt Nam, ở TP. Hồ Chí Minh", "nhận trẻ em Việt Nam, ở TP. Hồ Chí Minh"),
        ("công dân Việt Nam, xã Đăng Hà, Hố Nai", "công dân Việt Nam, xã Đăng Hà, Hố Nai"),
        ("THỦ TỤC ĐĂNG KÝ SINH HOẠT TÔN GIÁO", "THỦ TỤC ĐĂNG KÝ SINH HOẠT TÔN GIÁO"),
        ("Đăng ký khai sinh, nộp trước 04/12/2026, lệ phí 50.000 đồng",
         "Đăng ký khai sinh, nộp trước 04/12/2026, lệ phí 50.000 đồng"),
        ("sinh ngày 01/02/1980, sinh năm 1980", "sinh ngày [ngày sinh], sinh năm [ngày sinh]"),
    ],
)  # fmt: skip
def test_an_officers_text_comes_without_people(text: str, redacted: str) -> None:
    assert fields.redacted(text) == redacted


@given(st.text(max_size=200))
def test_any_text_is_redacted_without_a_crash(text: str) -> None:
    assert len(fields.redacted(text)) <= fields.LONGEST_TEXT
    assert len(fields.public(text)) <= fields.LONGEST_NAME


def test_official_wording_is_left_alone_but_for_numbers_and_known_people() -> None:
    for wording in ("UBND phường Trấn Biên", "Giải thưởng Hồ Chí Minh", "Đăng ký kết hôn giữa công dân Việt Nam"):
        assert fields.public(wording, ["Lê Mẫu"]) == wording
    assert fields.public("Lê Mẫu đang xử lý, 0900004729", ["LÊ MẪU"]) == "[họ tên] đang xử lý, [số điện thoại]"


def test_a_long_text_is_cut_at_a_word_and_markup_is_dropped() -> None:
    name = fields.public("<p>Cấp&nbsp;giấy <b>chứng nhận</b></p>\n" + "quyền sử dụng đất " * 50)
    assert name.startswith("Cấp giấy chứng nhận quyền sử dụng")
    assert len(name) <= fields.LONGEST_NAME
    assert name.endswith("…")


def test_a_huge_text_costs_little() -> None:
    for text in ("a" * 1_000_000, "a.a" * 300_000, "Nguyễn " * 100_000, "<" * 500_000, "1 " * 500_000, "hạn" * 300_000):
        begun = datetime.now(TIME_ZONE)
        fields.last_day(fields.plain(text))
        fields.redacted(text, ["Nguyễn Văn"])
        assert (datetime.now(TIME_ZONE) - begun).total_seconds() < 0.5
