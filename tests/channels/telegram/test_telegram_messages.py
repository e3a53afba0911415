"""Our messages in Telegram's form: HTML, 4,096 characters, buttons of 64 bytes."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.base import Outgoing, OutgoingButton
from bot.channels.telegram.messages import LONGEST, LONGEST_TITLE, MessageError, parts_of, shortened
from bot.channels.telegram.stand_in.formatting import from_html

SENTENCE = "Dạ, mình nộp hồ sơ ở Ủy ban nhân dân xã nhé. "
LONG = "Thủ tục đăng ký khai sinh kết hợp đăng ký nhận cha, mẹ, con có yếu tố nước ngoài"


def buttons(*titles: str) -> tuple[OutgoingButton, ...]:
    return tuple(OutgoingButton(f"12:{place}", title) for place, title in enumerate(titles))


def test_signs_of_html_are_shown_and_not_read() -> None:
    (part,) = parts_of(Outgoing("Phí < 8.000 đồng & <b>miễn</b> cho người > 60 tuổi"))
    assert part.html == "Phí &lt; 8.000 đồng &amp; &lt;b&gt;miễn&lt;/b&gt; cho người &gt; 60 tuổi"
    assert from_html(part.html) == (part.plain, [])


def test_a_decomposed_text_goes_out_composed() -> None:
    (part,) = parts_of(Outgoing(unicodedata.normalize("NFD", SENTENCE)))
    assert part.plain == SENTENCE.strip()


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_long_text_is_cut_at_4096_shown_characters_before_it_is_escaped(form: str) -> None:
    text = unicodedata.normalize(form, ("A & B. " + SENTENCE) * 300)
    parts = parts_of(Outgoing(text, buttons("Đúng ý", "Chưa đúng")))
    assert all(len(part.plain) <= LONGEST for part in parts)
    assert max(len(part.html) for part in parts) > LONGEST, "entities do not count"
    assert " ".join(part.plain for part in parts) == unicodedata.normalize("NFC", text).strip()
    assert [part.keyboard is not None for part in parts] == [False] * (len(parts) - 1) + [True]


def test_each_button_has_a_row_and_its_id_as_data() -> None:
    (part,) = parts_of(Outgoing("Mình chọn:", buttons("Cấp mới", "Cấp lại")))
    assert part.keyboard is not None
    rows = part.keyboard.to_dict()["inline_keyboard"]
    assert rows == [[{"text": "Cấp mới", "callback_data": "12:0"}], [{"text": "Cấp lại", "callback_data": "12:1"}]]
    assert part.plain == "Mình chọn:"


def test_titles_too_long_for_a_button_stand_numbered_in_the_text() -> None:
    (part,) = parts_of(Outgoing("Mình chọn:", buttons(LONG, "Cấp lại")))
    assert part.plain == f"Mình chọn:\n\n1. {LONG}\n2. Cấp lại"
    assert part.keyboard is not None
    titles = [row[0].text for row in part.keyboard.inline_keyboard]
    assert titles == ["1. Thủ tục đăng ký khai sinh kết hợp đăng ký nhận cha, mẹ…", "2. Cấp lại"]


@pytest.mark.parametrize(
    ("message", "name"),
    [
        (Outgoing(" \n "), "empty_text"),
        (Outgoing("x", (OutgoingButton("đ" * 33, "Chọn"),)), "button_id_length"),
        (Outgoing("x", (OutgoingButton("", "Chọn"),)), "button_id_length"),
        (Outgoing("x", (OutgoingButton("1:1", " "),)), "button_without_title"),
        (Outgoing("x", buttons(*["Chọn"] * 101)), "too_many_buttons"),
    ],
)
def test_what_telegram_would_refuse_is_refused_by_name(message: Outgoing, name: str) -> None:
    with pytest.raises(MessageError, match=f"^{name}$"):
        parts_of(message)


def test_an_id_of_64_bytes_is_taken() -> None:
    assert parts_of(Outgoing("x", (OutgoingButton("đ" * 32, "Chọn"),)))


@given(st.text(min_size=1, max_size=200))
def test_a_title_is_never_too_long_and_never_empty(title: str) -> None:
    assert 0 < len(shortened(title)) <= LONGEST_TITLE


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300))
def test_whatever_is_escaped_reads_back_as_it_was(text: str) -> None:
    try:
        parts = parts_of(Outgoing(text))
    except MessageError:
        assert not text.strip()
        return
    for part in parts:
        assert from_html(part.html) == (part.plain, [])
