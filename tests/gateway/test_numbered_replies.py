"""A number typed after a numbered list is the press of that button, on messengers that may show a list."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone

from bot.gateway import outbox
from bot.gateway.inbox import accept_text, conversation_of
from bot.gateway.models import Conversation, InboxMessage
from tests.gateway.fake_rasa import FakeRasa

BUTTONS = [{"title": "Giấy tờ", "payload": "/ask_documents"}, {"title": "Lệ phí", "payload": "/ask_fee"}]
Run = Callable[[], None]


@pytest.fixture(autouse=True)
def offered(rasa: FakeRasa, work_all: Run) -> None:
    """Somebody on each channel was offered two buttons."""
    rasa.record["status"] = "smalltalk"  # without buttons of its own
    rasa.buttons = BUTTONS
    for channel in ("zalo", "telegram", "web"):
        Conversation.objects.create(channel=channel, key="an", noticed_at=timezone.now())
        accept_text(conversation_of(channel, "an"), "m1", "khai sinh")
    work_all()
    rasa.buttons = []


def asked(rasa: FakeRasa, work_all: Run, text: str, channel: str = "zalo") -> str:
    """What Rasa is asked when somebody types this."""
    accept_text(conversation_of(channel, "an"), f"n-{text}", text)
    work_all()
    return rasa.worked[f"{channel}:an"][-1]


@pytest.mark.parametrize("channel", ["zalo", "telegram"])
@pytest.mark.parametrize("text", ["2", "2.", "2)", " 2 ", "số 2", "Số 2.", "so 2", "chọn 2"])
def test_a_bare_number_presses_that_button(rasa: FakeRasa, work_all: Run, text: str, channel: str) -> None:
    assert asked(rasa, work_all, text, channel) == "/ask_fee"
    assert InboxMessage.objects.latest("pk").text == "Lệ phí"


@pytest.mark.parametrize("text", ["3", "0", "22", "2 con", "2 năm", "1,2", "hai", "2000", "câu 2"])
def test_anything_else_is_a_question(rasa: FakeRasa, work_all: Run, text: str) -> None:
    assert asked(rasa, work_all, text) == text


def test_on_the_page_buttons_are_buttons(rasa: FakeRasa, work_all: Run) -> None:
    assert asked(rasa, work_all, "2", "web") == "2"


def test_after_an_answer_without_buttons_a_number_is_a_question(rasa: FakeRasa, work_all: Run) -> None:
    asked(rasa, work_all, "bao lâu")
    assert asked(rasa, work_all, "2") == "2"


def test_after_news_the_number_is_about_the_news(rasa: FakeRasa, work_all: Run) -> None:
    outbox.push(conversation_of("zalo", "an"), "Tin mới", [{"title": "Thôi", "payload": "/unfollow_dossier"}])
    assert asked(rasa, work_all, "1") == "/unfollow_dossier"


def test_a_number_means_the_list_that_stood_before_it_also_when_it_waits(rasa: FakeRasa, work_all: Run) -> None:
    conversation = conversation_of("zalo", "an")
    rasa.buttons = [{"title": "Khác", "payload": "/ask_where"}]
    accept_text(conversation, "a", "ở đâu")
    accept_text(conversation, "b", "1")
    work_all()
    assert rasa.worked["zalo:an"][-2:] == ["ở đâu", "/ask_where"]


def test_a_number_tried_again_is_the_same_press(rasa: FakeRasa, work_all: Run, quick_retries: None) -> None:
    rasa.faults = ["500", "drop"]
    assert asked(rasa, work_all, "1") == "/ask_documents"
    assert rasa.worked["zalo:an"].count("/ask_documents") == 1
