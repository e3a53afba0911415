"""Typing noise: the same at every run, and never a changed code, date or amount."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.evaluation.noise import KINDS, PIECE, makers, noised, sample
from bot.evaluation.questions import Question
from bot.language.lexicon import Lexicon
from bot.language.telex import decode
from bot.language.unicode import has_marks, nfc, strip_marks, unify_tone_position
from bot.settings import HOME
from tests.evaluation.rows import BIRTH, answered, question

MAKERS = makers(Lexicon.load(HOME / "nlu_data" / "lexicon"))
SENTENCE = "Cho em hỏi đăng ký khai sinh không có giấy chứng sinh thì làm được không, hết bao nhiêu tiền?"
WORDS = st.sampled_from(SENTENCE.split()) | st.text(alphabet="aăâbcdđeêghinơôpqrstuưvxyáàảãạấờ .,?!/-", max_size=8)
NUMBERS = st.sampled_from(["1.001193", "12/5/2026", "50.000đ", "H19.12-261105-0007", "cc12", "(2)"])
TEXTS = st.lists(WORDS | NUMBERS, min_size=1, max_size=12).map(" ".join)


def asked(*turns: str, name: str = "a") -> Question:
    return question(answered(BIRTH), id=name, turns=list(turns))


def typed(kind: str, text: str = SENTENCE, name: str = "a", seed: int = 1) -> str:
    return noised(asked(text, name=name), kind, MAKERS[kind], seed).turns[0]


@pytest.mark.parametrize("kind", KINDS)
@given(text=TEXTS.filter(str.strip))
def test_pieces_with_digits_stay_and_the_same_question_is_typed_the_same(kind: str, text: str) -> None:
    once = typed(kind, text)
    assert once == typed(kind, text)
    kept = [piece for piece in PIECE.findall(nfc(text)) if any(c.isdigit() for c in piece)]
    assert [piece for piece in PIECE.findall(once) if any(c.isdigit() for c in piece)] == kept


@given(text=TEXTS)
def test_nodiac_leaves_no_diacritic_in_a_word_without_digits(text: str) -> None:
    assert typed("nodiac", "SỐ 1.001193 Đăng ký") == "SO 1.001193 Dang ky"
    for piece in typed("nodiac", text + " á").split():
        assert any(c.isdigit() for c in piece) or not has_marks(piece)


def test_half_leaves_some_words_as_they_were() -> None:
    words = list(zip(SENTENCE.split(), typed("half").split(), strict=True))
    assert 2 < sum(before != after for before, after in words) < len(words) - 4
    assert all(after in (before, strip_marks(before)) for before, after in words)


def test_telex_shows_the_keystrokes_and_the_assistant_can_read_them_back() -> None:
    pairs = list(zip(SENTENCE.rstrip("?").split(), typed("telex").rstrip("?").split(), strict=True))
    assert not has_marks(" ".join(after for _, after in pairs))
    unread = {
        before
        for before, after in pairs
        if before.isalpha() and unify_tone_position(decode(after) or after) != unify_tone_position(before)
    }
    assert unread <= {"không"}  # "khoong" is spelt as "xoong" is, so it may be a word


def test_typos_hit_about_one_word_of_seven() -> None:
    words = [typed("typo", "giấy " * 50, name=str(n)).split() for n in range(40)]
    hit = sum(word != "giấy" for line in words for word in line) / 2000
    assert 0.11 < hit < 0.18


def test_chat_spelling_shortens_what_people_shorten() -> None:
    seen = " ".join(typed("teencode", name=str(n)) for n in range(30)).split()
    assert {"ko", "đc", "hỏi"} <= set(seen)
    assert len(typed("teencode")) < len(SENTENCE)


def test_another_question_or_another_seed_is_typed_otherwise() -> None:
    assert len({typed("typo", name=str(n)) for n in range(10)}) > 5
    assert len({typed("half", seed=n) for n in range(10)}) > 5


def test_every_turn_of_a_dialogue_is_typed_so_and_the_labels_stay() -> None:
    before = asked("đăng ký khai sinh", "còn phí?")
    after = noised(before, "nodiac", MAKERS["nodiac"], 1)
    assert after.turns == ["dang ky khai sinh", "con phi?"]
    assert (after.id, after.accept) == (before.id, before.accept)


def test_the_sample_takes_every_kth_question_of_one_turn_with_diacritics() -> None:
    questions = [asked("khai sinh ở đâu", name=str(n)) for n in range(100)]
    others = [asked("khai sinh", "ở đâu", name="two"), asked("khai sinh o dau", name="bare")]
    assert [q.id for q in sample([*others, *questions], 10)] == [str(n) for n in range(0, 100, 10)]
    assert len(sample(questions[:5], 10)) == 5
    assert sample([], 10) == []
