"""The phone of the stand-in Zalo in a real browser: read, written on, pressed, never wider than the screen."""

from __future__ import annotations

import base64
import shutil
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from bot.channels.zalo.stand_in.constants import APP_ID, CITIZENS, WARNING
from bot.channels.zalo.stand_in.doors import Doors
from tests.channels.zalo.zalo_standing_in import OTHER, USER, Connector

pytestmark = pytest.mark.browser
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
WIDTHS = {"phone": (390, 844), "desk": (1280, 800)}
ASK = {"title": "Cho biết tên", "subtitle": "Để tiện xưng hô.", "image_url": "https://example.org/a.png"}
MENU = {
    "text": "Dạ, mình muốn hỏi gì về thủ tục đăng ký khai sinh ạ?",
    "attachment": {"type": "template", "payload": {"buttons": [
        {"title": "Giấy tờ cần mang", "type": "oa.query.hide", "payload": "#giay_to"},
        {"title": "Lệ phí", "type": "oa.query.show", "payload": "Lệ phí bao nhiêu?"},
        {"title": "Trang chính thức", "type": "oa.open.url", "payload": {"url": "https://dichvucong.gov.vn"}},
    ]}},
}  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Closed with its module: Playwright's event loop would stop ``asyncio.run`` in the tests of other rooms."""
    chromium = shutil.which("chromium")
    assert chromium, "Chromium is missing: apt-get install chromium"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        yield started
        started.close()


def opened(browser: Browser, doors: Doors, size: str) -> Page:
    """The page; anything its console complains of fails the test at the end."""
    width, height = WIDTHS[size]
    context = browser.new_context(viewport={"width": width, "height": height}, locale="vi-VN")
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.goto(doors.address)
    return page


@pytest.fixture(params=WIDTHS)
def page(request: pytest.FixtureRequest, browser: Browser, zalo_stand_in: Doors) -> Iterator[Page]:
    found = opened(browser, zalo_stand_in, request.param)
    complaints: list[str] = []
    found.on("pageerror", lambda error: complaints.append(str(error)))
    found.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    yield found
    found.context.close()
    assert [one for one in complaints if "status of 400" not in one] == []


def overflow(page: Page) -> int:
    """How many pixels of the page stick out to the right."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def write(page: Page, text: str) -> None:
    page.get_by_label("Tin nhắn", exact=True).fill(text)
    page.get_by_role("button", name="Gửi", exact=True).click()


def test_a_citizen_writes_reads_the_answer_and_presses_a_button(
    page: Page, zalo_stand_in: Doors, connector: Connector
) -> None:
    expect(page.get_by_text(WARNING)).to_be_visible()
    write(page, "Tôi muốn làm khai sinh cho cháu")
    talk = page.locator("#talk")
    expect(talk.get_by_text("Tôi muốn làm khai sinh cho cháu")).to_be_visible()
    connector.send(MENU)
    expect(talk.get_by_text(MENU["text"])).to_be_visible()
    talk.get_by_role("button", name="Lệ phí").click()
    expect(talk.get_by_text("Lệ phí bao nhiêu?")).to_be_visible()
    talk.get_by_role("button", name="Giấy tờ cần mang").click()
    expect(talk.get_by_text("Đã bấm một nút")).to_be_visible()
    link = talk.get_by_role("link", name="Trang chính thức")
    assert link.get_attribute("rel") == "noopener noreferrer"
    said = [message.text for message in zalo_stand_in.messages(USER, sender="user")]
    assert said == ["Tôi muốn làm khai sinh cho cháu", "Lệ phí bao nhiêu?", "#giay_to"]
    assert overflow(page) == 0


def test_a_citizen_sends_a_photo_and_gives_their_name(page: Page, zalo_stand_in: Doors, connector: Connector) -> None:
    page.get_by_label("Gửi ảnh").set_input_files({"name": "giay-hen.png", "mimeType": "image/png", "buffer": PIXEL})
    picture = page.get_by_role("img", name="Ảnh trong tin nhắn")
    expect(picture).to_be_visible()
    page.wait_for_function("document.querySelector('#talk img').naturalWidth === 1")
    payload = {"template_type": "request_user_info", "elements": [ASK]}
    connector.send({"attachment": {"type": "template", "payload": payload}})
    page.get_by_role("button", name="Gửi thông tin của tôi").click()
    deadline = time.monotonic() + 10
    while not zalo_stand_in.webhooks(event="user_submit_info"):
        assert time.monotonic() < deadline
        page.wait_for_timeout(50)
    page.get_by_role("button", name="Gửi thông tin của tôi").click()
    expect(page.get_by_role("alert")).to_contain_text("Chưa làm được")


def test_each_citizen_has_a_talk_of_their_own(page: Page, zalo_stand_in: Doors) -> None:
    write(page, "Tin của người thứ nhất")
    expect(page.get_by_text("Tin của người thứ nhất")).to_be_visible()
    page.get_by_label("Đang là").select_option(OTHER)
    expect(page.get_by_text("Tin của người thứ nhất")).to_have_count(0)
    write(page, "Tin của người thứ hai")
    expect(page.get_by_text("Tin của người thứ hai")).to_be_visible()
    assert [message.text for message in zalo_stand_in.messages(OTHER)] == ["Tin của người thứ hai"]
    assert page.get_by_label("Đang là").locator("option").count() == len(CITIZENS)


def test_following_blocking_time_and_faults_are_set_by_pressing(page: Page, zalo_stand_in: Doors) -> None:
    page.get_by_role("button", name="Quan tâm", exact=True).click()
    expect(page.locator("#relation")).to_have_text("Đang quan tâm")
    expect(page.locator("#window")).to_contain_text("còn được nhắn trong")
    page.get_by_role("button", name="Chặn tin nhắn").click()
    expect(page.locator("#relation")).to_have_text("Đang chặn")
    page.get_by_role("button", name="Tới 7 ngày").click()
    page.get_by_role("button", name="Tới 25 giờ").click()
    expect(page.locator("#window")).to_contain_text("quá 7 ngày")
    page.get_by_label("Lần gọi kế tiếp").select_option("502")
    page.get_by_role("button", name="Đặt lỗi").click()
    expect(page.locator("#set")).to_have_text("Đang đặt 1 lỗi.")
    page.get_by_role("button", name="Bỏ hết lỗi").click()
    expect(page.locator("#set")).to_have_text("")
    zalo_stand_in.switch(enabled=False)
    page.get_by_role("button", name="Bật lại đường gửi").click()
    expect(page.get_by_role("button", name="Bật lại đường gửi")).to_be_hidden()
    assert zalo_stand_in.state()["switches"]["enabled"]


def test_what_a_citizen_writes_is_never_run(page: Page, connector: Connector) -> None:
    evil = "<img src=x onerror=\"document.title='bad'\"><script>document.title='bad'</script>"
    write(page, evil)
    connector.send({"text": evil})
    expect(page.locator("#talk").get_by_text(evil)).to_have_count(2)
    assert "bad" not in page.title()
    write(page, "a" * 500)
    expect(page.locator("#talk li")).to_have_count(3)
    assert overflow(page) == 0


def test_the_consent_is_given_by_pressing_and_leads_back(browser: Browser, zalo_stand_in: Doors) -> None:
    page = opened(browser, zalo_stand_in, "phone")
    back = f"{zalo_stand_in.address}/_counts"
    page.goto(f"{zalo_stand_in.address}/v4/oa/permission?app_id={APP_ID}&redirect_uri={back}&state=s1")
    expect(page.get_by_text(WARNING)).to_be_visible()
    assert overflow(page) == 0
    page.get_by_role("button", name="Cho phép").click()
    page.wait_for_url("**/_counts?code=*&oa_id=*&state=s1")
    page.context.close()
