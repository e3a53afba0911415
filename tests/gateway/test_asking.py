"""Asking from the terminal: the way of every message, answered in one call."""

from __future__ import annotations

import pytest

from bot.gateway.asking import NoAnswer, ask, conversations
from bot.gateway.models import Conversation, UnansweredQuestion
from bot.gateway.pool import Pool
from tests.gateway.fake_rasa import FakeRasa


def test_the_answer_holds_text_buttons_and_turn_record(rasa: FakeRasa, pool: Pool) -> None:
    rasa.buttons = [{"title": "Lệ phí", "payload": "/ask_fee"}]
    assert ask("an", "khai sinh").as_dict() == {
        "text": "khai sinh",
        "replies": [{"text": "Dạ: khai sinh", "buttons": [{"title": "Lệ phí", "payload": "/ask_fee"}]}],
        "turn": {
            "status": "answered", "procedures": ["1.001193"], "candidates": [], "aspects": [], "reason": None,
            "confidence": 0.9,
        },
    }  # fmt: skip


def test_the_text_shown_is_the_masked_one(rasa: FakeRasa, pool: Pool) -> None:
    assert "075099000123" not in ask("an", "căn cước 075099000123 của Nguyễn Văn Thử").text


def test_questions_under_one_key_are_one_conversation(rasa: FakeRasa, pool: Pool) -> None:
    ask("an", "khai sinh")
    ask("an", "còn phí?")
    ask("binh", "khai tử")
    assert rasa.worked == {"cli:an": ["khai sinh", "còn phí?"], "cli:binh": ["khai tử"]}


def test_without_a_worker_the_caller_is_told(rasa: FakeRasa) -> None:
    with pytest.raises(NoAnswer, match="worker"):
        ask("an", "khai sinh", timeout_seconds=0.2)


def test_many_conversations_are_answered_in_their_order_each_on_its_own(rasa: FakeRasa, pool: Pool) -> None:
    asked = [[f"câu {n}", "còn phí?"] for n in range(9)]
    answers = list(conversations(asked))
    assert [[answer.text for answer in turns] for turns in answers] == asked
    assert sorted(rasa.worked.values()) == sorted(asked)
    assert Conversation.objects.count() == len(asked)


def test_a_forgotten_conversation_leaves_nothing_for_staff(rasa: FakeRasa, pool: Pool) -> None:
    rasa.record = {"status": "not_understood"}
    assert [len(turns) for turns in conversations([["ờ"], ["hả"]], forget=True)] == [1, 1]
    assert not Conversation.objects.exists()
    assert not UnansweredQuestion.objects.exists()
