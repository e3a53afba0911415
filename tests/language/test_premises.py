"""Beliefs that a citizen wants confirmed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language.premises import Premise, find_premises


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("khai sinh 50.000 đúng không", 50_000), ("nghe nói 50k hả", 50_000), ("ton 50 ngan phai khong", 50_000),
        ("1,5 triệu đúng hông", 1_500_000), ("phí 8000đ phải không em", 8_000), ("20 nghìn đồng phải hông", 20_000),
    ],
)  # fmt: skip
def test_money_to_be_confirmed_is_heard_in_dong(text: str, amount: int) -> None:
    assert find_premises(text) == [Premise("fee", amount)]


def test_a_time_limit_to_be_confirmed_is_heard_with_its_unit() -> None:
    assert find_premises("làm 3 ngày là có phải không") == [Premise("processing_time", 3, "ngày")]
    assert find_premises("nghe nói 5 ngày làm việc") == [Premise("processing_time", 5, "ngày làm việc")]


@pytest.mark.parametrize(
    "text",
    ["khai sinh tốn 50 ngàn", "nhà có 3 người đúng không", "mã 1.001193 đúng không", "làm căn cước bao nhiêu tiền"],
)
def test_what_asks_for_no_confirmation_or_names_no_figure_holds_no_belief(text: str) -> None:
    assert find_premises(text) == []


@given(st.text(max_size=100))
def test_any_text_gives_figures_or_none(text: str) -> None:
    assert all(premise.amount >= 0 for premise in find_premises(text + " đúng không"))
