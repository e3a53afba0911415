"""The camera button of the web chat, on a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.gateway.browser.test_page import overflow
from tests.portal.test_photo import CODE, drawn, saved

pytestmark = pytest.mark.browser


def choose(page: Page, image: bytes) -> None:
    """As a person does: the button, then a picture from the phone."""
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Chụp hoặc chọn hình giấy hẹn").click()
    chooser.value.set_files(FilePayload(name="giay-hen.png", mimeType="image/png", buffer=image))


def test_the_photo_of_a_receipt_is_asked_about_by_its_code(page: Page) -> None:
    choose(page, saved(drawn(CODE)))
    expect(page.locator(".citizen .text")).to_have_text(f"tra cứu {CODE}")
    expect(page.locator(".bot .text")).to_have_text(f"Dạ: tra cứu {CODE}")


def test_a_photo_without_a_code_is_explained_and_another_may_follow(page: Page) -> None:
    choose(page, saved(drawn("không có mã")))
    expect(page.locator(".bot .text")).to_contain_text("chưa đọc được mã hồ sơ")
    expect(page.locator(".citizen .text")).to_have_text("Hình giấy hẹn")
    choose(page, saved(drawn(CODE)))
    expect(page.locator(".bot .text").last).to_have_text(f"Dạ: tra cứu {CODE}")


@pytest.mark.parametrize("size", ["A", "A+", "A++"])
def test_the_button_fits_beside_the_others_on_a_narrow_phone(page: Page, size: str) -> None:
    page.locator(".sizes").get_by_text(size, exact=True).click()
    button = page.get_by_role("button", name="Chụp hoặc chọn hình giấy hẹn")
    expect(button).to_be_in_viewport()
    box = button.bounding_box()
    assert box
    assert box["width"] >= 48
    assert box["height"] >= 48
    assert overflow(page) <= 0
    assert page.get_by_label("Câu hỏi của mình").bounding_box()["width"] >= 100  # type: ignore[index]
