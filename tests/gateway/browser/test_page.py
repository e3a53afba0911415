"""The web chat as a citizen uses it on a phone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from bot.gateway.models import Turn
from tests.gateway.fake_rasa import FakeRasa
from tests.gateway.services import wait_until

pytestmark = pytest.mark.browser


def ask(page: Page, text: str) -> None:
    page.get_by_label("Câu hỏi của mình").fill(text)
    page.get_by_role("button", name="Gửi").click()


def answers(page: Page) -> list[str]:
    return page.locator(".bot .text").all_text_contents()


def overflow(page: Page) -> int:
    """How many pixels of the page stick out to the right."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def test_the_first_screen_says_that_it_is_a_machine_and_what_not_to_type(page: Page) -> None:
    expect(page.get_by_text("Đây là máy trả lời tự động")).to_be_visible()
    expect(page.get_by_text("đừng gõ số căn cước, mật khẩu hay mã OTP")).to_be_visible()
    assert page.locator("html").get_attribute("lang") == "vi"


def test_a_question_is_shown_at_once_and_answered(page: Page) -> None:
    ask(page, "khai sinh cần gì")
    expect(page.locator(".citizen .text")).to_have_text("khai sinh cần gì")
    expect(page.locator(".bot .text")).to_have_text("Dạ: khai sinh cần gì")
    expect(page.locator(".citizen .state")).to_have_text("Đã gửi")
    expect(page.locator("#typing")).to_be_hidden()


def test_an_example_is_one_press_away(page: Page) -> None:
    page.get_by_role("button", name="Sang tên sổ đỏ mất bao lâu?").click()
    expect(page.locator(".bot .text")).to_have_text("Dạ: Sang tên sổ đỏ mất bao lâu?")


def test_a_personal_number_is_shown_as_the_server_keeps_it(page: Page) -> None:
    ask(page, "căn cước 079085001234 hết hạn")
    expect(page.locator(".citizen .text")).to_have_text("căn cước [số căn cước] hết hạn")


def test_a_reply_button_sends_its_payload_without_showing_it(page: Page, rasa: FakeRasa) -> None:
    rasa.buttons = [{"title": "Nộp ở đâu", "payload": '/ask_where{"procedure": "1.001193"}'}]
    ask(page, "khai sinh")
    page.get_by_role("button", name="Nộp ở đâu").click()
    expect(page.locator(".citizen .text").last).to_have_text("Nộp ở đâu")
    expect(page.locator(".bot .text").last).to_have_text(re.compile("ask_where"))
    assert "/ask_where" not in page.locator(".citizen").last.inner_html()


def test_feedback_is_stored_with_the_turn_and_can_be_changed(page: Page) -> None:
    ask(page, "khai sinh")
    good, bad = page.get_by_role("button", name="Đúng ý"), page.get_by_role("button", name="Chưa đúng")
    good.click()
    expect(good).to_have_attribute("aria-pressed", "true")
    bad.click()
    expect(bad).to_have_attribute("aria-pressed", "true")
    expect(good).to_have_attribute("aria-pressed", "false")
    wait_until(lambda: Turn.objects.get().feedback == "bad")


def test_the_conversation_and_the_feedback_survive_a_reload(page: Page) -> None:
    ask(page, "khai sinh")
    page.get_by_role("button", name="Đúng ý").click()
    expect(page.get_by_role("button", name="Đúng ý")).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(page.locator(".bot .text")).to_have_text("Dạ: khai sinh")
    expect(page.get_by_role("button", name="Đúng ý")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".citizen")).to_have_count(1)


def test_without_network_nothing_is_lost_nor_sent_twice(page: Page, context: BrowserContext, rasa: FakeRasa) -> None:
    context.set_offline(True)
    ask(page, "khai sinh")
    expect(page.locator("#offline")).to_be_visible()
    expect(page.locator(".citizen .state")).to_contain_text("Chưa gửi được")
    context.set_offline(False)
    page.get_by_role("button", name="Thử lại").click()
    expect(page.locator(".bot .text")).to_have_text("Dạ: khai sinh")
    assert sum(len(said) for said in rasa.worked.values()) == 1


def test_an_unsent_message_is_sent_after_a_reload(page: Page, context: BrowserContext) -> None:
    context.set_offline(True)
    ask(page, "tạm trú ở đâu")
    expect(page.locator(".citizen .state")).to_contain_text("Chưa gửi được")
    context.set_offline(False)
    page.reload()
    expect(page.locator(".bot .text")).to_have_text("Dạ: tạm trú ở đâu")
    expect(page.locator(".citizen")).to_have_count(1)


def test_everything_works_by_keyboard(page: Page) -> None:
    expect(page.get_by_label("Câu hỏi của mình")).to_be_focused()
    page.keyboard.type("khai sinh")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("cho con")
    page.keyboard.press("Enter")
    expect(page.locator(".bot .text")).to_have_text(re.compile("khai sinh\\s+cho con"))
    page.keyboard.press("Shift+Tab")
    focused = page.evaluate("document.activeElement.tagName")
    assert focused in ("BUTTON", "A")


def test_a_word_being_composed_by_the_input_method_is_not_sent(page: Page) -> None:
    page.get_by_label("Câu hỏi của mình").fill("khai sinh")
    event = "new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true, cancelable: true})"
    page.evaluate(f"document.getElementById('question').dispatchEvent({event})")
    expect(page.get_by_label("Câu hỏi của mình")).to_have_value("khai sinh")
    expect(page.locator(".citizen")).to_have_count(0)


@pytest.mark.parametrize("size", ["Chữ thường", "Chữ lớn", "Chữ rất lớn"])
def test_nothing_sticks_out_at_360_pixels_at_any_text_size(page: Page, rasa: FakeRasa, size: str) -> None:
    rasa.buttons = [{"title": "Đã khai sinh trước đây nhưng sổ gốc và giấy đều mất", "payload": "/x"}]
    page.get_by_role("button", name=size, exact=True).click()
    ask(page, "https://dichvucong.gov.vn/dich-vu-cong-truc-tuyen/1.001193 " + "a" * 120)
    expect(page.locator(".bot")).to_have_count(1)
    assert overflow(page) <= 0


def test_the_text_size_is_remembered(page: Page) -> None:
    page.get_by_role("button", name="Chữ rất lớn").click()
    page.reload()
    assert page.locator("html").get_attribute("data-size") == "2"
    expect(page.get_by_role("button", name="Chữ rất lớn")).to_have_attribute("aria-pressed", "true")


def test_only_official_addresses_become_links_and_markup_stays_text(page: Page) -> None:
    ask(page, "<img src=x onerror=alert(1)> https://dichvucong.gov.vn/a, https://lua-dao.example/gov.vn")
    reply = page.locator(".bot .text")
    expect(reply).to_contain_text("<img src=x")
    assert reply.locator("img").count() == 0
    assert [a.get_attribute("href") for a in reply.locator("a").all()] == ["https://dichvucong.gov.vn/a"]


def test_screen_readers_find_names_roles_and_the_log(page: Page) -> None:
    ask(page, "khai sinh")
    expect(page.get_by_role("log", name="Cuộc trò chuyện")).to_contain_text("Dạ: khai sinh")
    expect(page.get_by_role("textbox", name="Câu hỏi của mình")).to_be_visible()
    for button in page.get_by_role("button").all():
        assert (button.get_attribute("aria-label") or button.inner_text()).strip()


def test_buttons_are_big_enough_for_a_thumb(page: Page) -> None:
    heights = [box["height"] for b in page.get_by_role("button").all() if (box := b.bounding_box())]
    assert min(heights) >= 44


def test_a_wait_is_shown(page: Page, rasa: FakeRasa) -> None:
    rasa.seconds = 0.6
    ask(page, "khai sinh")
    expect(page.locator("#typing")).to_be_visible()
    expect(page.locator(".bot .text")).to_have_text("Dạ: khai sinh")
