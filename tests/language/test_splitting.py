"""A long message is cut where a reader pauses, and nothing of it is lost."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.language.splitting import split

LETTERS = st.text(alphabet="ab1.?!,đ \n\u0301ạ\"'-", max_size=300) | st.text(max_size=200)


@settings(deadline=None)  # the first sentence loads underthesea
@given(LETTERS, st.integers(1, 80))
@example("1. Tờ khai. 2. Giấy chứng sinh.", 8)
@example("a\u0301\u0301\u0301\u0301", 2)
def test_no_part_is_too_long_or_empty_and_only_blanks_between_parts_are_lost(text: str, most: int) -> None:
    parts, position = split(text, most), 0
    for part in parts:
        assert 0 < len(part) <= most
        assert part == part.strip()
        start = text.index(part, position)
        assert not text[position:start].strip()
        position = start + len(part)
    assert not text[position:].strip()


@settings(deadline=None)
@given(st.lists(st.text(alphabet="abc.đ", min_size=1, max_size=12), max_size=60), st.integers(12, 50))
def test_a_word_that_fits_is_never_torn(words: list[str], most: int) -> None:
    assert [word for part in split(" ".join(words), most) for word in part.split()] == words


def test_a_text_that_fits_stays_whole() -> None:
    assert split("Dạ, mình cần hai giấy tờ.\n\nMình mang bản gốc theo ạ.", 60) == [
        "Dạ, mình cần hai giấy tờ.\n\nMình mang bản gốc theo ạ."
    ]
    assert split(" \n ", 10) == []


def test_it_is_cut_between_paragraphs_where_there_are_some() -> None:
    text = "Câu một. Câu hai.\nCâu ba.\n\nĐoạn hai. Hết."
    assert split(text, 38) == ["Câu một. Câu hai.\nCâu ba.", "Đoạn hai. Hết."]


def test_else_between_lines() -> None:
    assert split("- Tờ khai có sẵn tại quầy\n- Bản sao khai sinh", 30) == [
        "- Tờ khai có sẵn tại quầy",
        "- Bản sao khai sinh",
    ]


def test_else_between_sentences_and_abbreviations_end_none() -> None:
    text = "Mình nộp tại TP. Biên Hòa nha. Phí theo TT. 01/2018 là 1.500.000 đồng. Xong rồi đó ạ."
    assert split(text, 75) == [
        "Mình nộp tại TP. Biên Hòa nha. Phí theo TT. 01/2018 là 1.500.000 đồng.",
        "Xong rồi đó ạ.",
    ]
    assert split(text, 60)[0] == "Mình nộp tại TP. Biên Hòa nha."


def test_an_address_stays_whole() -> None:
    address = "https://dichvucong.gov.vn/thu-tuc.html?ma=1.001193&x=1"
    assert f"{address} hoặc" in split(f"Mình xem thêm ở đây nha: {address} hoặc gọi cho quầy.", 60)


def test_a_heading_alone_is_no_part() -> None:
    text = "Giấy tờ:\n" + " ".join(["chữ"] * 40)
    assert len(split(text, 100)[0]) > 50


def test_the_number_of_a_line_stays_with_its_line() -> None:
    parts = split("Mình chuẩn bị giấy tờ. 1. Tờ khai theo mẫu. 2. Giấy chứng sinh của bé. 3. Căn cước của ba mẹ.", 45)
    assert not any(re.search(r"\d\.$", part) for part in parts)


def test_a_word_longer_than_a_part_is_cut_and_marks_stay_with_their_letter() -> None:
    assert split("ok " + "x" * 25, 10) == ["ok", "x" * 10, "x" * 10, "x" * 5]
    assert split("abca\u0301de", 4) == ["abc", "a\u0301de"]


def test_parts_must_be_able_to_hold_something() -> None:
    with pytest.raises(ValueError, match="0 characters"):
        split("a", 0)


def test_a_hundred_thousand_characters_are_cut_quickly() -> None:
    assert len(split("Dạ, mình chờ chút nha. " * 4500, 2000)) > 50
