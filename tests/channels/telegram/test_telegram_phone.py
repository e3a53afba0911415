"""The phone page of the stand-in in a real browser, against a real process."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.channels.base import Kind, Outgoing, OutgoingButton
from bot.channels.telegram import one_off
from bot.channels.telegram.channel import TelegramChannel
from bot.channels.telegram.stand_in.doors import Doors
from tests.channels.telegram.telegram_standing_in import ME, settings_for
from tests.gateway.browser.conftest import browser  # noqa: F401

pytestmark = pytest.mark.browser
SIZES = [(390, 844), (1280, 900)]


@pytest.fixture
def channel(process: Doors) -> Iterator[TelegramChannel]:
    process.reset()
    opened = TelegramChannel(settings_for(process.address))
    yield opened
    opened.close()


@pytest.fixture(params=SIZES, ids=lambda size: f"{size[0]}px")
def phone(request: pytest.FixtureRequest, browser: Browser, process: Doors) -> Iterator[Page]:  # noqa: F811
    width, height = request.param
    context = browser.new_context(viewport={"width": width, "height": height}, locale="vi-VN")
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda told: problems.append(told.text) if told.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.set_default_timeout(10_000)
    yield page
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    folder = os.environ.get("MOTCUA_SHOTS")
    if folder:
        page.screenshot(path=f"{folder}/{request.node.name}.png")
    context.close()
    assert overflow <= 0, "nothing is wider than the screen"
    assert problems == []


def test_a_citizen_writes_gets_buttons_and_presses_one(phone: Page, channel: TelegramChannel, process: Doors) -> None:
    one_off.set_commands(settings_for(process.address))
    phone.goto(process.address)
    expect(phone.get_by_text("người trong này đều không có thật")).to_be_visible()
    phone.get_by_role("button", name="BẮT ĐẦU").click()
    expect(phone.locator("#talk .mine")).to_have_count(1)
    text = (
        "Dạ, mình làm khai sinh <cho bé> phải không?\n\nGiấy tờ:\n- Giấy chứng sinh\n- Căn cước của cha, mẹ\n\n"
        "Mã 1.001193 · QĐ 163/QĐ-BTP · kiểm tra 18/7/2026. Xem https://dichvucong.gov.vn/tra-cuu."
    )
    titles = ("Giấy tờ cần có", "Thủ tục đăng ký khai sinh kết hợp đăng ký nhận cha, mẹ, con có yếu tố nước ngoài")
    buttons = tuple(OutgoingButton(f"12:{n}", title) for n, title in enumerate(titles))
    channel.send(str(ME), Outgoing(text, buttons))
    press = phone.get_by_role("button", name="1. Giấy tờ cần có")
    expect(press).to_be_visible()
    expect(phone.get_by_role("link", name="https://dichvucong.gov.vn/tra-cuu")).to_be_visible()
    phone.get_by_label("Tin nhắn", exact=True).fill("Dạ đúng rồi, tui làm cho cháu nội.")
    phone.keyboard.press("Enter")
    expect(phone.get_by_text("tui làm cho cháu nội")).to_be_visible()
    press.click()
    expect(press).to_have_attribute("aria-busy", "true")
    assert process.messages()[1].turning


def test_a_citizen_sends_other_things_and_uses_the_menu(phone: Page, channel: TelegramChannel, process: Doors) -> None:
    one_off.set_commands(settings_for(process.address))
    process.write("/start")
    phone.goto(process.address)
    photo = {"name": "bien-nhan.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8 mau"}
    phone.get_by_label("Gửi ảnh").set_input_files(photo)  # type: ignore[arg-type]
    for name in ("Gửi ghi âm mẫu", "Gửi nhãn dán", "Gửi vị trí", "Gửi danh bạ"):
        phone.get_by_role("button", name=name).click()
    expect(phone.locator("#talk .mine")).to_have_count(6)
    phone.get_by_title("Lệnh").click()
    phone.get_by_role("button", name="/xoa Xóa dữ liệu của mình").click()
    expect(phone.locator("#talk .mine").last).to_contain_text("/xoa")
    assert [one.kind for one in process.messages()][1:6] == ["photo", "voice", "sticker", "location", "contact"]


def test_a_citizen_blocks_and_comes_back_and_a_fault_is_set(
    phone: Page, channel: TelegramChannel, process: Doors
) -> None:
    process.write("/start")
    phone.goto(process.address)
    phone.get_by_label("Thử lúc Telegram hư").select_option("lỗi 502 của cổng trước")
    phone.get_by_role("button", name="Mọi lần gọi").click()
    expect(phone.get_by_text("Đang bật: lỗi 502 của cổng trước (mọi lần gọi).")).to_be_visible()
    phone.get_by_role("button", name="Bỏ lỗi").click()
    expect(phone.get_by_text("Không bật lỗi nào.")).to_be_visible()
    phone.get_by_role("button", name="Chặn bot").click()
    expect(phone.get_by_label("Tin nhắn", exact=True)).to_be_hidden()
    assert channel.send(str(ME), Outgoing("x")).unreachable
    phone.get_by_role("button", name="Bỏ chặn bot").click()
    expect(phone.locator("#talk .mine")).to_have_count(2)
    channel.attend(str(ME), Kind.TEXT, "")
    expect(phone.get_by_text("đang soạn tin…")).to_be_visible()
    phone.get_by_label("Đang là").select_option("Lê Văn Thử")
    expect(phone.get_by_text("Chưa có tin nhắn nào.")).to_be_visible()
