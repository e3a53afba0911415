"""Procedures about one thing: how many there are, and which one a follow-up means."""

from __future__ import annotations

import pytest

from bot.catalogue.families import relative, siblings
from bot.language.lexicon import Lexicon
from bot.settings import HOME

ACTS = Lexicon.load(HOME / "nlu_data" / "lexicon").acts
SHOP = "Giấy chứng nhận đủ điều kiện buôn bán thuốc thú y"
OTHERS = {
    "1": f"Cấp {SHOP}", "2": f"Cấp lại {SHOP}", "3": f"Gia hạn {SHOP}", "4": "Gia hạn tạm trú", "5": "Đăng ký tạm trú",
    "6": "Đăng ký kết hôn", "7": "Xóa đăng ký tạm trú", "8": "Gia hạn nộp thuế",
    "9": "Tạm ngừng kinh doanh của hộ kinh doanh", "10": "Chấm dứt hoạt động hộ kinh doanh",
}  # fmt: skip


def test_names_that_differ_only_by_the_act_are_siblings() -> None:
    assert siblings([OTHERS["1"], OTHERS["2"], OTHERS["3"], OTHERS["6"]], ACTS) == 2
    assert siblings([OTHERS["6"], OTHERS["5"]], ACTS) == 0


@pytest.mark.parametrize(
    ("focus", "text", "meant"),
    [
        ("5", "thế còn gia hạn thì sao", "4"), ("5", "con xoa thi sao", "7"), ("1", "bị mất thì làm lại sao", "2"),
        ("1", "sắp hết hạn rồi", "3"), ("5", "phí bao nhiêu", None), ("6", "gia hạn được không", None),
        ("4", "gia hạn mấy lần", None), ("9", "nghỉ hẳn luôn thì sao", "10"),
    ],
)  # fmt: skip
def test_a_follow_up_means_the_procedure_that_does_what_it_says(focus: str, text: str, meant: str | None) -> None:
    assert relative(OTHERS[focus], text, OTHERS, ACTS) == meant


@pytest.mark.parametrize(
    ("text", "first", "other"),
    [
        ("xin giấy bán thuốc thú y", True, False), ("giấy bán thuốc thú y sắp hết hạn", False, True),
        ("giấy thuốc thú y có chuyện cần hỏi", False, False), ("lam lai giay bi mat", True, True),
        ("giấy thuốc thú y thì phải làm sao", False, False), ("giay thuoc thu y lam giay to gi", False, False),
        ("làm giấy thuốc thú y phải làm sao", True, False),
    ],
)  # fmt: skip
def test_what_is_to_be_done_is_heard_or_missed(text: str, first: bool, other: bool) -> None:
    assert (ACTS.says_first(text), ACTS.says_other(text)) == (first, other)
