"""Two things asked at once, a difference, a belief put right, a follow-up on the same thing, a guessed intent."""

from __future__ import annotations

from typing import Any

import pytest

from actions.answer import ActionAnswer, ActionOutOfScope
from actions.places import ActionPlace
from actions.refuse import ActionRefuse
from actions.smalltalk import ActionSmalltalk
from tests.actions.test_actions import Said, aspect, procedure

INSIDE = {"right": 0.6, "wrong": 0.3, "vague": 0.1, "outside": 0.0}


def together(*codes: str) -> list[dict[str, Any]]:
    found = [{"entity": "procedure", "value": code, "together": True} for code in codes]
    return [procedure(codes[0]), *found]


def likely(code: str) -> dict[str, Any]:
    return {**procedure(code), "chances": INSIDE}


def test_two_things_asked_at_once_are_both_answered_in_the_order_asked() -> None:
    text = "xóa tạm trú ở quê và đăng ký thường trú ở đây cần giấy gì"
    said = Said(ActionAnswer(), "ask_documents", text, *together("1.010028", "1.004222"), aspect("documents"))
    assert said.record.status == "answered"
    assert said.record.procedures == ["1.010028", "1.004222"]
    assert said.record.aspects == ["documents"]
    assert said.text.index("Mã 1.010028") < said.text.index("Mã 1.004222")
    assert said.slots["offered"] == {"codes": ["1.010028", "1.004222"], "aspects": ["documents"]}


def test_the_difference_of_two_things_is_told_in_a_line_each() -> None:
    said = Said(ActionAnswer(), "ask_procedure", "tạm trú khác gì thường trú", *together("1.004194", "1.004222"))
    assert said.record.procedures == ["1.004194", "1.004222"]
    assert "khác nhau" in said.text
    assert len(said.text) < 1200
    assert len(said.buttons) == 2


@pytest.mark.parametrize(
    ("text", "told"), [("khai sinh 50.000 đúng không", "không khớp"), ("nghe nói khai sinh 8k hả", "có trong mức")]
)
def test_a_belief_about_a_fee_is_put_right_and_the_fee_told(text: str, told: str) -> None:
    said = Said(ActionAnswer(), "ask_procedure", text, procedure("1.001193"))
    assert told in said.text
    assert "8.000 đồng" in said.text
    assert said.record.aspects == ["fee"]


def test_a_follow_up_that_says_only_what_else_to_do_is_about_the_same_thing() -> None:
    focus = {"code": "1.004194", "aspects": ["documents"]}
    low = {**procedure("1.013490", 0.3, ""), "chances": {"right": 0.05, "wrong": 0.5, "vague": 0.4, "outside": 0.05}}
    said = Said(ActionAnswer(), "ask_procedure", "thế còn gia hạn thì sao", low, focus=focus)
    assert said.record.procedures == ["1.002755"]
    assert said.record.aspects == ["documents"]


@pytest.mark.parametrize(
    ("action", "intent"),
    [
        (ActionSmalltalk(), "delete_my_data"), (ActionRefuse(), "report_scam"), (ActionOutOfScope(), "out_of_scope"),
        (ActionPlace(), "ask_hours"),
    ],
)  # fmt: skip
def test_an_intent_that_is_a_guess_yields_to_a_procedure_that_is_named(action: Any, intent: str) -> None:
    said = Said(action, intent, "đăng ký kết hôn cho em gái", likely("1.000894"), sure=0.4)
    assert said.record.status == "answered"
    assert said.record.procedures == ["1.000894"]


@pytest.mark.parametrize("intent", ["share_secret", "crisis"])
def test_secrets_and_danger_never_yield(intent: str) -> None:
    said = Said(ActionRefuse(), intent, "đăng ký kết hôn mã 123", likely("1.000894"), sure=0.4)
    assert said.record.status == "refused"


@pytest.mark.parametrize(
    "text", ["how do I register my marriage here", "我想办理结婚登记", "où puis-je obtenir mon passeport"]
)
def test_another_language_is_told_that_vietnamese_is_read(text: str) -> None:
    for action, intent in ((ActionOutOfScope(), "out_of_scope"), (ActionAnswer(), "ask_procedure")):
        said = Said(action, intent, text)
        assert said.record.status == "not_understood"
        assert "tiếng Việt" in said.text
