"""The page in a real browser on a phone: read, pressed, and never wider than the screen."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from bot.portal.stand_in.page import WARNING
from tests.portal.standing_in import CODE, found

pytestmark = pytest.mark.browser
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Closed with its module: Playwright's event loop would stop ``asyncio.run`` in the tests of other rooms."""
    chromium = shutil.which("chromium")
    assert chromium, "Chromium is missing: apt-get install chromium"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser, stand_in: str) -> Iterator[Page]:
    """The first page on a phone of 360 by 740."""
    context = browser.new_context(viewport={"width": 360, "height": 740}, locale="vi-VN")
    opened = context.new_page()
    opened.set_default_timeout(10_000)
    opened.goto(stand_in)
    yield opened
    context.close()


def overflow(page: Page) -> int:
    """How many pixels of the page stick out to the right."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def test_the_page_fits_a_phone_and_says_what_it_is(page: Page, tmp_path: Path) -> None:
    expect(page.get_by_text(WARNING)).to_be_visible()
    assert page.locator("html").get_attribute("lang") == "vi"
    assert overflow(page) == 0
    page.screenshot(path=tmp_path / "dossiers.png", full_page=True)
    page.get_by_role("link", name=CODE).click()
    expect(page.get_by_text(WARNING)).to_be_visible()
    assert overflow(page) == 0
    page.screenshot(path=tmp_path / "dossier.png", full_page=True)
    assert (tmp_path / "dossier.png").stat().st_size > 10_000


def test_a_dossier_is_moved_along_by_pressing(page: Page, stand_in: str) -> None:
    page.get_by_role("link", name=CODE).click()
    page.get_by_label("Cần bổ sung gì").fill("Bổ sung trích lục bản đồ.")
    page.get_by_label("Hạn bổ sung").fill("2026-12-01")
    page.get_by_role("button", name="Gửi yêu cầu").click()
    expect(page.locator("dd .status")).to_have_text("Yêu cầu bổ sung giấy tờ")
    expect(page.get_by_text("Bổ sung trích lục bản đồ. (hạn 01/12/2026)")).to_be_visible()
    page.get_by_role("button", name="Chuyển sang: Đang xử lý").click()
    page.get_by_role("button", name="Chuyển sang: Đã xử lý xong").click()
    expect(page.locator("dd .status")).to_have_text("Đã xử lý xong")
    assert found(stand_in).json()["content"][0]["statusCurrentTask"] == "Đã xử lý xong"


def test_a_fault_is_switched_on_and_off_by_pressing(page: Page, stand_in: str) -> None:
    page.get_by_label("Lỗi").select_option("500")
    page.get_by_role("button", name="Ghi lại").click()
    expect(page.get_by_role("status")).to_contain_text("Đang bật lỗi: 500")
    assert found(stand_in).status_code == 500
    assert overflow(page) == 0
    page.get_by_role("button", name="Trả về như ban đầu").click()
    expect(page.get_by_role("status")).to_have_count(0)
    assert found(stand_in).ok
