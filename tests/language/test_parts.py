"""Messages that ask for two things, and messages that ask how two things differ."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language.parts import asks_the_difference, parts_of


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("xóa tạm trú ở quê và đăng ký thường trú ở đây", ["xóa tạm trú ở quê", "đăng ký thường trú ở đây"]),
        ("vừa xin giấy độc thân vừa đăng ký kết hôn", ["xin giấy độc thân", "đăng ký kết hôn"]),
        ("đổi thẻ căn cước đồng thời sửa năm sinh", ["đổi thẻ căn cước", "sửa năm sinh"]),
        ("lam khai sinh, roi lam bao hiem cho be", ["lam khai sinh", "lam bao hiem cho be"]),
        ("tạm trú khác gì thường trú", ["tạm trú", "thường trú"]),
        ("làm căn cước cần gì", ["làm căn cước cần gì"]),
    ],
)  # fmt: skip
def test_a_message_is_cut_where_it_joins_two_things(text: str, parts: list[str]) -> None:
    assert parts_of(text) == parts


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("tạm trú với thường trú khác gì nhau", True), ("phan biet giup sao y voi chung thuc", True),
        ("đăng ký khác xã được không", False), ("cho con nhập khẩu", False),
    ],
)  # fmt: skip
def test_the_question_for_a_difference_is_heard(text: str, asks: bool) -> None:
    assert asks_the_difference(text) is asks


@given(st.text(max_size=80))
def test_any_text_is_cut_into_pieces_of_itself(text: str) -> None:
    assert all(part and part in text for part in parts_of(text) if part != text)
