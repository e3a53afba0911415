"""Dossier codes as people type them: every vector of the portal's history, and what is never taken for one."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language.codes import dossier_day, doubtful_dossier_code, find_dossier_codes, find_procedure_codes
from bot.language.masking import mask

TODAY = date(2026, 11, 24)
VECTORS = [
    ("000.00.12.H62-201105-0004", "000.00.12.H62-201105-0004"),
    ("G22.99.09-240114-0001", "G22.99.09-240114-0001"),
    ("G22.99.08-260921-896048", "G22.99.08-260921-896048"),
    ("G22.99-251225-020175", "G22.99-251225-020175"),
    ("G01.899.909-260916-890028", "G01.899.909-260916-890028"),
    ("G01.899.909-261008-000123", "G01.899.909-261008-000123"),
    ("G09.20-20260609-0092637", "G09.20-20260609-0092637"),
    ("H21.12-240114-0001", "H21.12-240114-0001"),
    ("g22.99.08 – 260921 – 896048", "G22.99.08-260921-896048"),
    ("000.00.12.h62_201105_0004", "000.00.12.H62-201105-0004"),
    ("H19.115-260301-0001", "H19.115-260301-0001"),
]
TYPED = [
    "h19.12-261105-0007",
    "H19.12 - 261105 - 0007",
    "H19 . 12 - 261105 - 0007",
    "H19.12 261105 0007",
    "H19 12 261105 0007",
    "H19.12.261105.0007",
    "H19.12-261105 0007",
    "H19.12_261105_0007",
    "H19.12‐261105‐0007",
    "H19.12‑261105‑0007",
    "H19.12–261105—0007",
    "H19.12−261105−0007",
    "Ｈ１９．１２－２６１１０５－０００７",
    "H19.I2-26IIO5-OOO7",
    "h19.l2-26ll05-ooo7",
    "HI9.12-261105-0007",
    "H19.\u200b12-261105-0007",
    "H19.12-\n261105-0007",
]
NO_CODES = [
    "G22.99.3-241219795252",
    "00673810079",
    "0901234567",
    "079085001234",
    "079 085 001 234",
    "H19-260301-00012345",
    "goi 0901234567",
    "toi 261105 0007",
    "nộp 200000 500000",
    "H19 200000 500000",
    "H19 079085 001234",
    "H19-079085-001234",
    "a07-908500-1234",
    "G01 260916 090 1234567",
    "tờ 45 thửa 123",
    "",
]
WORDS = st.lists(st.text(alphabet="abcdeghiklmnoprstuvxyăâđêôơưáàảãạốếứ", min_size=1, max_size=6), max_size=5).map(
    " ".join
)
GAPS = st.lists(st.sampled_from(["", "", " ", ".", "  ", "\u00a0", ". "]), min_size=11, max_size=11)


def values(text: str) -> list[str]:
    return [found.value for found in find_dossier_codes(text)]


def spread(digits: str, gaps: list[str]) -> str:
    return digits[0] + "".join(gap + digit for gap, digit in zip(gaps, digits[1:], strict=False))


@pytest.mark.parametrize(("text", "value"), VECTORS)
def test_a_dossier_code_is_found(text: str, value: str) -> None:
    assert values(text) == [value]


@pytest.mark.parametrize("text", TYPED)
def test_a_code_is_found_however_it_is_typed(text: str) -> None:
    assert values(text) == ["H19.12-261105-0007"]


@pytest.mark.parametrize("text", NO_CODES)
def test_what_is_no_dossier_code_is_not_taken_for_one(text: str) -> None:
    assert values(text) == []


@pytest.mark.parametrize("end", [".", ",", "?", "!", "…", ")", '"', ":", ";", " ạ", "ạ", ". 2 hôm rồi chưa thấy"])
def test_what_follows_a_code_is_not_part_of_it(end: str) -> None:
    assert values(f"coi giùm H19.115-260301-0001{end}") == ["H19.115-260301-0001"]
    assert values(f"coi giùm H19.115.260301.0001{end}") == ["H19.115-260301-0001"]


def test_several_codes_are_found_in_their_order_and_where_they_stand() -> None:
    text = "hai mã: h19.12 – 261105 – 0007 với G22.99-251225-020175 nha"
    found = find_dossier_codes(text)
    assert [code.value for code in found] == ["H19.12-261105-0007", "G22.99-251225-020175"]
    assert [text[code.start : code.end] for code in found] == ["h19.12 – 261105 – 0007", "G22.99-251225-020175"]


def test_a_code_in_an_address_of_the_web_is_found() -> None:
    assert values("https://dichvucong.gov.vn/tra-cuu-ho-so?code=H19.12-261105-0007&x=1") == ["H19.12-261105-0007"]


def test_a_phone_beside_a_code_is_still_masked_and_the_code_is_kept() -> None:
    assert mask("H19.12-261105-0007 0901234567").text == "H19.12-261105-0007 [số điện thoại]"
    assert mask("h19.O1-26IIO5-OOO7, căn cước 079 085 001 234").text == "h19.O1-26IIO5-OOO7, căn cước [số căn cước]"


@pytest.mark.parametrize(
    ("code", "doubtful"),
    [
        ("H19.12-261105-0007", False),
        ("G09.20-20260609-0092637", False),
        ("H19.12-261124-0007", False),
        ("H19.12-261125-0007", True),
        ("H19.12-171231-0007", True),
        ("H19.12-261305-0007", True),
    ],
)
def test_a_day_that_cannot_be_is_doubted_and_not_refused(code: str, doubtful: bool) -> None:
    assert values(code) == [code]
    assert doubtful_dossier_code(code, TODAY) is doubtful


def test_the_day_in_a_code_is_read_in_both_forms() -> None:
    assert dossier_day("H19.12-261105-0007") == date(2026, 11, 5)
    assert dossier_day("G09.20-20260609-0092637") == date(2026, 6, 9)


@given(st.text(max_size=300))
def test_no_text_breaks_the_reading_and_what_is_found_is_found_again(text: str) -> None:
    for found in find_dossier_codes(text):
        assert values(found.value) == [found.value]
        assert 0 <= found.start < found.end <= len(text)


@given(st.text(alphabet="HGaoOIl0123456789 .-–_", max_size=60))
def test_no_text_that_looks_like_codes_breaks_the_reading(text: str) -> None:
    assert all(values(value) == [value] for value in values(text))


@given(
    st.sampled_from(VECTORS), WORDS, WORDS, st.sampled_from([" ", ", ", ": ", " ("]), st.sampled_from([" ", ". ", ")"])
)
def test_every_vector_is_found_in_any_sentence(
    vector: tuple[str, str], before: str, after: str, opening: str, closing: str
) -> None:
    assert values(f"{before}{opening}{vector[0]}{closing}{after}") == [vector[1]]


@given(st.text(alphabet="0123456789", min_size=11, max_size=11), GAPS, WORDS, WORDS)
def test_an_identity_number_is_never_a_code(digits: str, gaps: list[str], before: str, after: str) -> None:
    assert values(f"{before} {spread('0' + digits, gaps)} {after}") == []


@given(st.sampled_from("35789"), st.text(alphabet="0123456789", min_size=8, max_size=8), GAPS, WORDS, WORDS)
def test_a_phone_is_never_a_code(second: str, digits: str, gaps: list[str], before: str, after: str) -> None:
    for phone in ("0" + second + digits, "84" + second + digits):
        assert values(f"{before} {spread(phone, gaps)} {after}") == []


@given(st.text(alphabet="0123456789", min_size=11, max_size=11), st.sampled_from(["H19", "H19.12", "g22.99"]))
def test_an_identity_number_after_an_office_code_is_masked(digits: str, unit: str) -> None:
    number = "0" + digits
    for typed in (f"{unit} {number[:6]} {number[6:]}", f"{unit}-{number[:6]}-{number[6:]}"):
        assert values(typed) == []


def test_procedure_codes_are_not_amounts() -> None:
    assert [c.value for c in find_procedure_codes("mã 1.001193 và 2.000815, hết 1.500.000 đồng")] == [
        "1.001193", "2.000815",
    ]  # fmt: skip
