"""What counts as a turn in Rasa's answer, and what does not."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gateway.rasa_client import RasaClient, Reply, TurnFailed, TurnResult, read_turn

RECORD = {"recipient_id": "web:an", "custom": {"turn": {"status": "answered", "procedures": ["1.001193"]}}}
SAID = {"recipient_id": "web:an", "text": "Dạ, lệ phí là 8.000 đồng."}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["text", "custom", "turn", "buttons", "status", "title"]), inner, max_size=4)
    ),
    max_leaves=20,
)


def test_texts_and_buttons_are_kept_and_the_record_is_taken_out() -> None:
    buttons = [{"title": "Lệ phí", "payload": "/ask_fee"}]
    result = read_turn([SAID, {"text": "Hỏi thêm?", "buttons": buttons}, RECORD])
    assert result.replies == [Reply(SAID["text"], []), Reply("Hỏi thêm?", buttons)]
    assert result.record.procedures == ["1.001193"]


def test_other_custom_payloads_are_left_out() -> None:
    assert len(read_turn([SAID, {"custom": {"map": 1}}, RECORD]).replies) == 1


@pytest.mark.parametrize(
    "content",
    [
        [], [SAID], [RECORD], [SAID, RECORD, RECORD], {}, None, "ok", [1], [SAID, [RECORD]], [{"text": " "}, RECORD],
        [SAID, {"custom": {"turn": {}}}], [SAID, {"custom": {"turn": {"status": "fine"}}}],
        [SAID, {"custom": {"turn": {"status": "answered", "confidence": "high"}}}],
        [SAID, {"custom": {"turn": {"status": "answered", "aspects": 3}}}],
    ],
)  # fmt: skip
def test_anything_but_words_and_exactly_one_record_is_no_turn(content: Any) -> None:
    with pytest.raises(TurnFailed):
        read_turn(content)


@given(content=JSON | st.lists(JSON).map(lambda items: [SAID, RECORD, *items]))
def test_any_json_is_a_turn_or_a_typed_failure(content: Any) -> None:
    with suppress(TurnFailed):
        assert isinstance(read_turn(content), TurnResult)


def test_a_rasa_that_is_not_there_is_a_typed_failure() -> None:
    with pytest.raises(TurnFailed, match="ConnectionError"):
        RasaClient("http://127.0.0.1:1", 1).ask("web:an", "m1", "khai sinh")


def test_a_failure_never_repeats_what_was_said() -> None:
    with pytest.raises(TurnFailed) as failure:
        RasaClient("http://127.0.0.1:1", 1).ask("web:an", "m1", "chuyện riêng của tôi")
    assert "riêng" not in str(failure.value)
