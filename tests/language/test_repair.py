"""Slipped keys are mended, words and names are left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language.repair import repair
from bot.language.telex import decode

WORDS = {
    "khai": 50,
    "sinh": 50,
    "can": 40,
    "cuoc": 40,
    "giay": 60,
    "to": 60,
    "gi": 70,
    "ket": 20,
    "hon": 20,
    "vneid": 9,
}


@pytest.mark.parametrize(
    ("slipped", "meant"),
    [
        ("snih", "sinh"), ("khaii", "khai"), ("canw", "can"), ("cuocj", "cuoc"), ("giyay", "giay"), ("keet", "ket"),
        ("giayto", "giay to"), ("kethon", "ket hon"),
    ],
)  # fmt: skip
def test_a_slip_becomes_the_word_that_was_meant(slipped: str, meant: str) -> None:
    assert repair(slipped, WORDS) == meant


@pytest.mark.parametrize("word", ["Nguyễn", "thanh", "vneid", "sinh", "ok", "12b", "", "Trảng", "ơi"])
def test_words_names_and_what_has_digits_stay_as_they_are(word: str) -> None:
    assert repair(word, WORDS) == word


def test_two_letters_that_changed_places_are_put_back_even_where_a_syllable_comes_of_it() -> None:
    assert repair("khia", WORDS) == "khai"


@given(st.text(max_size=30))
def test_any_token_comes_back_as_itself_or_as_words_of_ours(token: str) -> None:
    mended = repair(token, WORDS)
    assert mended == token or all(word in WORDS for word in mended.split())
    assert repair(mended, WORDS) == mended


def test_without_words_nothing_is_mended() -> None:
    assert repair("snih", {}) == "snih"


@pytest.mark.parametrize(("keys", "word"), [("khoong", "không"), ("ddoong", "đông"), ("toong", "tông")])
def test_a_doubled_o_before_ng_is_a_keystroke(keys: str, word: str) -> None:
    assert decode(keys) == word


def test_loan_words_keep_their_long_o() -> None:
    assert decode("xoong") is None
