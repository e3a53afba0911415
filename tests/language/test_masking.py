"""Personal numbers are gone, whatever way they are typed; codes, amounts and dates stay."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language.masking import CARD, EMAIL, IDENTITY, OTP, PASSWORD, PHONE, mask

GAPS = st.sampled_from(["", "", " ", ".", "-", "  ", "\u00a0", "\u2009"])
WORDS = st.text(alphabet="abcdefgh ăâđêô", max_size=12)


@pytest.mark.parametrize(
    ("text", "token"),
    [
        ("căn cước của tôi 079085001234 nhé", IDENTITY),
        ("079 085 001 234", IDENTITY),
        ("079.085.001.234", IDENTITY),
        ("079085001234", IDENTITY),
        ("".join(chr(0xFF10 + int(digit)) for digit in "079085001234"), IDENTITY),
        ("tên012345678901viết liền", IDENTITY),
        ("chứng minh cũ 271234567", IDENTITY),
        ("gọi 0901234567", PHONE),
        ("gọi +84 901 234 567", PHONE),
        ("0901.234.567", PHONE),
        ("thẻ 9704 1234 5678 9012", CARD),
        ("mã OTP là 123456", OTP),
        ("123456 là mã otp đó", OTP),
        ("ma xac nhan 4821", OTP),
        ("mật khẩu là matkhau123", PASSWORD),
        ("thư nguoi.mau@example.com nha", EMAIL),
    ],
)
def test_a_personal_number_is_replaced_by_its_kind(text: str, token: str) -> None:
    masked = mask(text)
    assert token in masked.text
    assert masked.kinds == (token,)


@pytest.mark.parametrize(
    "text",
    [
        "hồ sơ H19.12-261105-0007",
        "mã G22.99.08 – 260921 – 896048 ạ",
        "thủ tục 1.001193 với 2.000815",
        "1.500.000 đồng",
        "200000000đ",
        "đóng 50.000đ đúng không",
        "ngày 18/7/2026",
        "Nghị định 123/2015/NĐ-CP",
        "QĐ 5230/QĐ-BCA-C06",
        "mẫu CT01, tờ 45 thửa 123",
        "sinh năm 1950",
        "quên mật khẩu VNeID rồi",
    ],
)
def test_codes_amounts_dates_and_laws_stay(text: str) -> None:
    assert mask(text).text == text


@given(st.text(alphabet="0123456789", min_size=12, max_size=12), st.lists(GAPS, min_size=11, max_size=11), WORDS, WORDS)
def test_no_spacing_hides_an_identity_number(digits: str, gaps: list[str], before: str, after: str) -> None:
    typed = digits[0] + "".join(gap + digit for gap, digit in zip(gaps, digits[1:], strict=True))
    assert digits not in "".join(c for c in mask(f"{before} {typed} {after}").text if c.isdigit())


@given(st.text(max_size=200))
def test_masking_twice_changes_nothing_more(text: str) -> None:
    once = mask(text).text
    assert mask(once).text == once


@given(st.integers(0, 999999), st.integers(0, 9))
def test_a_procedure_code_survives(number: int, first: int) -> None:
    assert mask(f"hỏi mã {first}.{number:06d} giúp").text == f"hỏi mã {first}.{number:06d} giúp"
