"""A message as Zalo takes it: nothing too long, nothing lost, and whatever can be pressed can be read."""

from __future__ import annotations

import unicodedata
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.base import Outgoing, OutgoingButton
from bot.channels.zalo.events import PRESS
from bot.channels.zalo.messages import parts_of, without_buttons
from bot.channels.zalo.stand_in.messages import content_of

USER = "900000000000000001"


def buttons_of(*titles: str) -> tuple[OutgoingButton, ...]:
    return tuple(OutgoingButton(f"12:{place}", title) for place, title in enumerate(titles))


def bodies(text: str, *titles: str, with_buttons: bool = True) -> list[dict[str, Any]]:
    return [part.body(USER) for part in parts_of(Outgoing(text, buttons_of(*titles)), with_buttons)]


def test_a_text() -> None:
    assert bodies(" Dạ, chào mình. \n") == [{"recipient": {"user_id": USER}, "message": {"text": "Dạ, chào mình."}}]


def test_a_text_is_composed_before_it_is_counted() -> None:
    text = unicodedata.normalize("NFD", "Nguyễn " * 285).strip()
    assert len(text) > 2000
    assert bodies(text) == bodies(unicodedata.normalize("NFC", text))
    assert len(bodies(text)) == 1


def test_a_long_text_comes_in_parts_with_the_buttons_under_the_last() -> None:
    made = bodies("\n\n".join(["Dạ, mình chờ chút nha. " * 40] * 4), "Giấy tờ")
    assert len(made) == 2
    assert [len(body["message"]["text"]) <= 2000 for body in made] == [True, True]
    assert [list(body["message"]) for body in made] == [["text"], ["text", "attachment"]]


def test_short_titles_are_buttons_that_only_the_gateway_understands() -> None:
    (body,) = bodies("Mình hỏi gì?", "Giấy tờ", "Phí")
    assert body["message"] == {
        "text": "Mình hỏi gì?",
        "attachment": {
            "type": "template",
            "payload": {
                "buttons": [
                    {"title": "Giấy tờ", "type": "oa.query.hide", "payload": "#12:0"},
                    {"title": "Phí", "type": "oa.query.hide", "payload": "#12:1"},
                ]
            },
        },
    }


def test_a_title_that_a_phone_cuts_off_is_read_in_full_above() -> None:
    (body,) = bodies("Mình hỏi thủ tục nào?", "Đăng ký khai sinh có yếu tố nước ngoài", "Phí")
    assert body["message"]["text"] == "Mình hỏi thủ tục nào?\n\n1. Đăng ký khai sinh có yếu tố nước ngoài\n2. Phí"
    titles = [button["title"] for button in body["message"]["attachment"]["payload"]["buttons"]]
    assert titles == ["1. Đăng ký khai…", "2. Phí"]


@pytest.mark.parametrize("with_buttons", [True, False])
def test_more_than_five_or_none_allowed_are_a_numbered_list(with_buttons: bool) -> None:
    titles = [f"Mục {n}" for n in range(6 if with_buttons else 2)]
    (body,) = bodies("Mình chọn nha", *titles, with_buttons=with_buttons)
    assert body["message"]["text"].splitlines()[2:] == [f"{n}. {title}" for n, title in enumerate(titles, 1)]
    assert list(body["message"]) == ["text"]


def test_refused_buttons_are_read_instead() -> None:
    for titles in (["Giấy tờ", "Phí"], ["Đăng ký khai sinh có yếu tố nước ngoài", "Phí"]):
        (part,) = parts_of(Outgoing("Mình hỏi gì?", buttons_of(*titles)), True)
        (plain,) = without_buttons(part)
        assert plain.text == f"Mình hỏi gì?\n\n1. {titles[0]}\n2. Phí"
        assert not plain.buttons


def test_refused_buttons_under_a_full_text_need_another_part() -> None:
    (part,) = parts_of(Outgoing("chữ " * 499, buttons_of("Giấy tờ", "Phí")), True)
    assert [len(piece.text) <= 2000 for piece in without_buttons(part)] == [True, True]
    assert without_buttons(part)[-1].text.endswith("1. Giấy tờ\n2. Phí")


def test_nothing_to_say_is_nothing_and_buttons_alone_are_read() -> None:
    assert bodies(" \n ") == []
    (body,) = bodies("", "Giấy tờ")
    assert body["message"]["text"] == "1. Giấy tờ"
    assert body["message"]["attachment"]["payload"]["buttons"][0]["title"] == "1. Giấy tờ"


@settings(deadline=None)
@given(
    st.text(max_size=60).map(lambda text: text * 80) | st.text(max_size=100),
    st.lists(st.text(min_size=1, max_size=60).filter(lambda title: title.strip()), max_size=8),
    st.booleans(),
)
def test_zalo_takes_whatever_is_made_and_a_press_comes_back(text: str, titles: list[str], with_buttons: bool) -> None:
    parts = parts_of(Outgoing(text, buttons_of(*titles)), with_buttons)
    for part in parts:
        content = content_of(part.body(USER)["message"], True, lambda key, kind: False)
        assert [PRESS.fullmatch(button["payload"])[1] for button in content.buttons] == [  # type: ignore[index]
            button.id for button in part.buttons
        ]
        assert all(len(button["title"]) <= 20 for button in content.buttons)
    assert not any(part.buttons for part, _ in pairwise(parts))
    said = "".join("".join(part.text.split()) for part in parts)
    assert said.startswith("".join(unicodedata.normalize("NFC", text).split()))
