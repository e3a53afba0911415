"""The notice of the first contact on the real page: read first, chosen with one press, never shown twice."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from bot.gateway.models import Conversation
from tests.gateway.fake_rasa import FakeRasa
from tests.gateway.services import wait_until

pytestmark = pytest.mark.browser


@pytest.fixture
def acquainted() -> None:
    """Here nobody is."""


def ask(page: Page, text: str) -> None:
    page.get_by_label("Câu hỏi của mình").fill(text)
    page.get_by_role("button", name="Gửi").click()
    expect(page.locator(".bot .text").last).to_have_text(f"Dạ: {text}")


def test_the_notice_is_in_view_when_the_first_answer_comes(page: Page) -> None:
    ask(page, "khai sinh")
    notice = page.locator(".bot").first
    expect(notice).to_contain_text("không phải cán bộ")
    expect(notice).to_be_in_viewport()
    expect(page.get_by_role("button", name="Đồng ý cho nhớ")).to_be_visible()


def test_the_choice_is_one_press_and_the_notice_comes_once(page: Page, rasa: FakeRasa) -> None:
    ask(page, "khai sinh")
    rasa.asks = {"memory": {"agreed": True, "text": "2026-11-25"}}
    page.get_by_role("button", name="Đồng ý cho nhớ").click()
    wait_until(lambda: Conversation.objects.get().memory == "agreed")
    rasa.asks = {}
    ask(page, "khai tử")
    expect(page.get_by_text("không phải cán bộ")).to_have_count(2)  # the page's own welcome says it too
