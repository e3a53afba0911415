"""What was typed becomes what was meant, and what was right stays as it was."""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language.aspects import find_aspects
from bot.language.lexicon import Lexicon, LexiconError
from bot.language.normalise import normalise
from bot.language.ordinals import find_pick
from bot.language.syllables import is_syllable
from bot.language.telex import decode, strip_to_keys
from bot.language.unicode import fold, unify_tone_position
from bot.settings import HOME

LEXICON = HOME / "nlu_data" / "lexicon"


@cache
def lexicon() -> Lexicon:
    return Lexicon.load(LEXICON)


def aspects(text: str) -> list[str]:
    return [found.aspect for found in find_aspects(normalise(text, lexicon()), lexicon())]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("dduwowcj", "được"), ("ddawng", "đăng"), ("giaays", "giấy"), ("to72", "tờ"), ("thuwowngf", "thường"),
        ("nguwowif", "người"), ("d9a8ng", "đăng"), ("thu7o7ng2", "thường"),
    ],
)  # fmt: skip
def test_keystrokes_are_read_as_the_word_they_spell(typed: str, meant: str) -> None:
    assert decode(typed) == meant


@pytest.mark.parametrize("word", ["khai", "sinh", "bao", "Google", "web", "app", "lan", "minh"])
def test_a_word_that_is_one_already_is_left_alone(word: str) -> None:
    assert decode(word) is None


WORDS = (
    "được giấy tờ đăng ký thường trú căn cước nghĩa vụ quân sự người quyền sử dụng đất chuyển nhượng khuyết tật "
    "lý lịch hưu trí xã hội hỗ trợ mai táng thuế quỹ uống rượu khuya nghiêng giường giặt gìn giữ oan hoạch quốc tịch"
)


@pytest.mark.parametrize("word", WORDS.split())
def test_telex_keystrokes_of_a_word_give_the_word_again(word: str) -> None:
    assert is_syllable(word)
    keys = strip_to_keys(word)
    assert keys == word or decode(keys) == word


@pytest.mark.parametrize(
    ("typed", "repaired"),
    [
        ("lam gks", "lam giấy khai sinh"),
        ("phi bn", "phi bao nhiêu"),
        ("tui muốn làm tạm chú", "tôi muốn làm tạm trú"),
        ("Dạ cho em hỏi đăng ký kết hôn ạ", "đăng ký kết hôn"),
        ("giấyyy tờờờ", "giấy tờ"),
        ("khai sanh cho con", "khai sinh cho con"),
        ("lam cccd", "lam căn cước"),
        ("uỷ quyền", "ủy quyền"),
        (unicodedata.normalize("NFD", "đăng ký"), "đăng ký"),
    ],
)
def test_shorthand_speech_and_unicode_are_repaired(typed: str, repaired: str) -> None:
    assert normalise(typed, lexicon()).text == repaired


def test_an_ambiguous_shorthand_is_left_as_it_is() -> None:
    assert "tt" in normalise("em muon dk tt", lexicon()).text.split()


def test_codes_are_taken_out_of_the_text_but_kept() -> None:
    done = normalise("tra hồ sơ H19.12-261105-0007 giúp con", lexicon())
    assert done.text == "tra hồ sơ giúp con"
    assert [code.value for code in done.codes] == ["H19.12-261105-0007"]


@given(st.text(max_size=300))
def test_any_text_is_normalised_without_an_error_and_stays_folded(text: str) -> None:
    done = normalise(text, lexicon())
    assert done.folded == fold(done.text)
    assert find_aspects(done, lexicon()) is not None


@given(st.text(alphabet="aăâeêioôơuưyáàảãạđ nghtrc", max_size=60))
def test_one_style_of_tone_position_is_reached_in_one_step(text: str) -> None:
    once = unify_tone_position(text)
    assert unify_tone_position(once) == once


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("khai sinh cần giấy tờ gì", ["documents"]),
        ("giấy xác nhận tình trạng hôn nhân nộp ở đâu", ["where"]),
        ("mất bao lâu, hết bao nhiêu tiền", ["processing_time", "fee"]),
        ("lam can cuoc het bao nhieu tien", ["fee"]),
        ("làm hộ chiếu mới", []),
        ("làm hộ được không", ["on_behalf"]),
        ("đăng ký kết hôn", []),
        ("làm online đc k", ["online"]),
        ("bao nhiêu tuổi thì được", ["conditions"]),
        ("tờ khai lấy ở đâu", ["forms", "where"]),
    ],
)
def test_aspects_are_heard_in_the_words(text: str, wanted: list[str]) -> None:
    assert aspects(text) == wanted
    assert aspects(fold(text)) == wanted


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("cái thứ hai", 1), ("số 3", 2), ("2", 1), ("cái đầu tiên", 0), ("cái cuối", -1), ("cái kế cuối", -2),
        ("ý tôi là cái thứ hai, mất bao lâu", 1), ("khai sinh", None), ("hai vợ chồng", None),
    ],
)  # fmt: skip
def test_a_place_in_a_list_is_heard(text: str, place: int | None) -> None:
    assert find_pick(fold(text)) == place


def test_a_broken_lexicon_file_says_which_entry_and_what_it_takes(tmp_path: Path) -> None:
    for file in LEXICON.glob("*.yml"):
        (tmp_path / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "shorthand.yml").write_text("- {shrt: [x], means: y}\n")
    with pytest.raises(LexiconError, match=r"shorthand\.yml.*shrt.*needs"):
        Lexicon.load(tmp_path)
