"""Texts that are easy to read and to hear: numbers in words, short sentences, nothing abbreviated."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language.lexicon import LexiconError
from bot.language.reading import (
    LONGEST_SENTENCE,
    long_sentences,
    read_abbreviations,
    read_aloud,
    readability,
    sentences,
    short_sentences,
    spell_out,
    unexplained,
)
from bot.language.speaking import MOST_SPOKEN, day_in_words, money_in_words, number_in_words
from bot.settings import HOME

KNOWN = {"UBND": "Ủy ban nhân dân", "TT": "Thông tư"}
LONG = "Mình mang giấy chứng sinh đến nơi nộp trong giờ làm việc, điền tờ khai có sẵn tại quầy rồi chờ lấy giấy."


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "không"), (10, "mười"), (15, "mười lăm"), (21, "hai mươi mốt"), (55, "năm mươi lăm"),
        (105, "một trăm lẻ năm"), (111, "một trăm mười một"), (1_005, "một ngàn không trăm lẻ năm"),
        (2_026, "hai ngàn không trăm hai mươi sáu"), (8_000, "tám ngàn"), (540_000, "năm trăm bốn mươi ngàn"),
        (1_250_000, "một triệu hai trăm năm mươi ngàn"), (1_000_001, "một triệu không trăm lẻ một"),
    ],
)  # fmt: skip
def test_numbers_are_said_as_in_the_south(number: int, said: str) -> None:
    assert number_in_words(number) == said


@pytest.mark.parametrize("number", [-1, MOST_SPOKEN])
def test_a_number_out_of_range_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="cannot be read aloud"):
        number_in_words(number)


@given(st.lists(st.integers(0, MOST_SPOKEN - 1), min_size=2, max_size=2, unique=True))
def test_two_numbers_are_never_said_alike(numbers: list[int]) -> None:
    first, second = map(number_in_words, numbers)
    assert first != second


def test_amounts_and_days_are_said_in_words() -> None:
    assert money_in_words(35_000) == "ba mươi lăm ngàn đồng"
    assert day_in_words(date(2026, 7, 1)) == "mùng một tháng bảy năm hai ngàn không trăm hai mươi sáu"
    assert day_in_words(date(2026, 4, 30)) == "ba mươi tháng tư năm hai ngàn không trăm hai mươi sáu"


def test_a_text_is_read_aloud_with_its_figures_in_words() -> None:
    said = read_aloud("Bước 3/7. Đóng 35.000 đồng ở UBND trước ngày 1/7/2026.", KNOWN)
    day = "mùng một tháng bảy năm hai ngàn không trăm hai mươi sáu"
    assert said == f"Bước ba trên bảy. Đóng ba mươi lăm ngàn đồng ở Ủy ban nhân dân trước ngày {day}."


@pytest.mark.parametrize("kept", ["https://dichvucong.gov.vn/a/1.001193", "mã 1.001193", "mẫu CT01", "ngày 31/2/2026"])
def test_addresses_codes_and_impossible_days_stay_as_written(kept: str) -> None:
    assert read_aloud(kept, KNOWN) == kept


@given(st.text(max_size=200))
def test_any_text_can_be_read_and_judged(text: str) -> None:
    assert isinstance(read_aloud(text, KNOWN), str)
    assert isinstance(readability(short_sentences(text)), list)


def test_abbreviations_are_written_out_but_not_inside_document_numbers() -> None:
    assert spell_out("UBND theo TT 116/2026/TT-BCA", KNOWN) == "Ủy ban nhân dân theo Thông tư 116/2026/TT-BCA"


def test_an_unknown_abbreviation_is_found_and_a_form_number_is_none() -> None:
    assert unexplained("Hỏi PVHCC, điền mẫu CT01, gõ mã OTP, theo QĐ 163/QĐ-BTP.") == ["PVHCC"]


def test_a_list_is_read_item_by_item_without_its_marks() -> None:
    assert sentences("Giấy tờ:\n1. Tờ khai.\n- Căn cước.") == ["Giấy tờ:", "Tờ khai.", "Căn cước."]


def test_a_long_sentence_is_cut_where_a_clause_ends_and_loses_no_word() -> None:
    assert long_sentences(LONG) == [LONG]
    cut = short_sentences(LONG)
    assert long_sentences(cut) == []
    assert cut.lower().replace(".", "").replace(",", "") == LONG.lower().replace(".", "").replace(",", "")


def test_a_short_sentence_stays_and_one_that_cannot_be_cut_is_reported() -> None:
    assert short_sentences("Đến xã, phường.\nNộp giấy.") == "Đến xã, phường.\nNộp giấy."
    solid = " ".join(["giấy"] * (LONGEST_SENTENCE + 1))
    assert short_sentences(solid) == solid
    assert readability(solid)[0].startswith("a sentence of 21 words")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("short: UBND", "is no list"),
        ("- {short: UBND}", "entry 1 needs"),
        ("- {short: UBND, means: ''}", "entry 1 needs"),
        ("- {short: A, means: b}\n- {short: A, means: c}", "entry 2: A stands twice"),
        ("- {short: [", "abbreviations.yml"),
    ],
)
def test_a_wrong_list_of_abbreviations_says_what_and_where(tmp_path: Path, content: str, problem: str) -> None:
    file = tmp_path / "abbreviations.yml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(LexiconError, match=problem):
        read_abbreviations(file)


def test_the_committed_list_leaves_nothing_abbreviated() -> None:
    known = read_abbreviations(HOME / "nlu_data" / "lexicon" / "abbreviations.yml")
    assert unexplained(spell_out(", ".join(known), known)) == []
