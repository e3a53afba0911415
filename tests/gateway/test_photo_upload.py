"""A photo of the receipt through the web chat: its code becomes a message, the image is kept nowhere."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import pytest
from django.http import HttpResponse

from bot.gateway import web
from bot.gateway.models import InboxMessage
from bot.portal.photo import MOST_BYTES
from tests.gateway.test_accepting import everything_stored
from tests.gateway.test_chat_api import Browser
from tests.portal.test_photo import CODE, drawn, png, saved


@pytest.fixture
def browser(tables: None) -> Browser:
    return Browser()


def send(browser: Browser, image: bytes, message_id: str = "", **headers: str) -> HttpResponse:
    token = {"X-CSRFToken": browser.client.cookies["csrftoken"].value}
    sent = {**token, "X-Message-Id": message_id or str(uuid.uuid4()), **headers}
    answer: HttpResponse = browser.client.post("/api/photo", image, content_type="image/png", headers=sent)
    return answer


def test_the_code_on_the_receipt_is_a_message_like_one_that_was_typed(browser: Browser) -> None:
    answer = send(browser, saved(drawn(CODE)), "photo-0001")
    assert (answer.status_code, json.loads(answer.content)) == (202, {"id": "photo-0001"})
    assert InboxMessage.objects.get().text == f"tra cứu {CODE}"
    assert [message["text"] for message in browser.look()["messages"]] == [f"tra cứu {CODE}"]


def test_a_photo_sent_twice_under_one_id_is_one_message(browser: Browser) -> None:
    for _ in range(2):
        assert send(browser, saved(drawn(CODE)), "photo-0001").status_code == 202
    assert InboxMessage.objects.count() == 1


def test_a_photo_larger_than_a_typed_message_may_be_is_taken(browser: Browser) -> None:
    large = saved(drawn(CODE).resize((2000, 2000)), "PNG", compress_level=0)
    assert 10 * web.LONGEST_BODY < len(large) < MOST_BYTES
    assert send(browser, large).status_code == 202


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (saved(drawn("không phải mã hồ sơ")), "chưa đọc được mã hồ sơ"),
        (saved(drawn("075099000123||Nguyễn Văn Thử|01011990")), "thẻ căn cước"),
        (b"no image at all", "không phải hình chụp"),
        (b"", "không phải hình chụp"),
        (b"x" * (MOST_BYTES + 1), "lớn quá"),
        (png(60_000, 60_000), "lớn quá"),
    ],
    ids=["no code", "identity card", "no image", "empty", "too many bytes", "bomb"],
)
def test_without_a_code_it_is_said_why_and_that_the_image_is_gone(browser: Browser, image: bytes, words: str) -> None:
    answer = send(browser, image)
    assert answer.status_code == 200
    reply = json.loads(answer.content)["reply"]
    assert words in reply
    assert "Hình đã được xóa" in reply
    assert not InboxMessage.objects.exists()


def test_nothing_of_the_image_is_stored(browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    image = saved(drawn(CODE).resize((2000, 2000)), "PNG", compress_level=0)
    assert send(browser, image).status_code == 202
    assert list(tmp_path.iterdir()) == []
    assert "PNG" not in everything_stored()


def test_only_the_page_itself_may_send_photos(browser: Browser) -> None:
    image = saved(drawn(CODE))
    assert send(browser, image, **{"X-CSRFToken": "forged"}).status_code == 403
    assert send(browser, image, "short").status_code == 400
    del browser.client.cookies["motcua_chat"]
    assert send(browser, image).status_code == 400
    assert browser.client.get("/api/photo").status_code == 405
    assert not InboxMessage.objects.exists()


def test_who_has_much_waiting_is_asked_to_wait(browser: Browser) -> None:
    for _ in range(web.MOST_WAITING):
        assert send(browser, saved(drawn(CODE))).status_code == 202
    assert send(browser, saved(drawn(CODE))).status_code == 429


def test_only_a_few_photos_are_decoded_at_once(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "PHOTO_PATIENCE_SECONDS", 0.01)
    for _ in range(2):
        assert web.PHOTOS_AT_ONCE.acquire(timeout=1)
    try:
        assert send(browser, saved(drawn(CODE))).status_code == 429
    finally:
        web.PHOTOS_AT_ONCE.release(2)
    assert send(browser, saved(drawn(CODE))).status_code == 202
