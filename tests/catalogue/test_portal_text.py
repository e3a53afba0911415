"""The portal's own wording: every aspect, marked as such; old offices, placeholders and ended windows never said."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

import pytest

from bot.catalogue.national.crawl import CrawlRecord
from bot.catalogue.national.text import PortalSpeaker, portal_text_of, window_end
from bot.catalogue.phrases import Phrases
from bot.settings import HOME
from bot.turn import Aspect
from tests.catalogue.crawls import crawled

TODAY = date(2026, 11, 24)


@cache
def phrases() -> Phrases:
    return Phrases.load(HOME / "nlu_data" / "responses")


def said(aspect: Aspect, day: date = TODAY, **changes: Any) -> tuple[str, list[Aspect]]:
    text = portal_text_of(CrawlRecord.parse_obj(crawled(**changes)))
    return PortalSpeaker(phrases(), day).say(text, [aspect])


def with_fee(**fee: Any) -> dict[str, Any]:
    return {"methods": [crawled()["methods"][0] | {"fees": [{"amount": None, "currency": "VND", "note": ""} | fee]}]}


@pytest.mark.parametrize(
    ("aspect", "words"),
    [
        ("documents", "Tờ khai mẫu (1 bản chính)"), ("fee", "30.000 đồng"), ("processing_time", "5 ngày làm việc"),
        ("where", "UBND cấp xã"), ("steps", "Bước 1: Nộp hồ sơ."), ("conditions", "Có mặt khi nộp."),
        ("forms", "TK-01.docx"), ("result", "Giấy mẫu"), ("legal_basis", "Nghị định mẫu 1/2026/NĐ-CP"),
        ("online", "một phần"),
    ],
)  # fmt: skip
def test_every_aspect_is_answered_and_marked_as_the_portals_wording(aspect: Aspect, words: str) -> None:
    text, answered = said(aspect)
    assert words in text
    assert "lời của Cổng Dịch vụ công quốc gia" in text
    assert answered == [aspect]


@pytest.mark.parametrize("fee", [{"amount": 0}, {"note": "Miễn phí"}, {"amount": 0, "note": "Không thu phí"}, {}])
def test_a_zero_and_the_word_free_are_placeholders(fee: dict[str, Any]) -> None:
    text, answered = said("fee", **with_fee(**fee))
    assert answered == ["fee"]
    assert "Chưa có mức thu được công bố rõ" in text
    assert "miễn phí" not in text.lower()
    assert "không thu" not in text.lower()


def test_an_amount_is_said_until_its_window_ends() -> None:
    fee = with_fee(amount=115000, note="áp dụng đến hết ngày 31/12/2026")
    assert "115.000 đồng" in said("fee", **fee)[0]
    assert "115.000" not in said("fee", day=date(2027, 1, 1), **fee)[0]


@pytest.mark.parametrize(
    "wording", ["Nộp tại UBND huyện.", "Nộp tại Phòng Tư pháp.", "Sở Lao động - Thương binh và Xã hội xem xét."]
)
def test_wording_of_offices_that_are_no_more_is_not_read_out(wording: str) -> None:
    text, answered = said("steps", steps=[{"name": "", "text": wording}])
    assert answered == []
    assert wording not in text
    assert "cơ quan cũ" in text


def test_a_very_long_section_is_cut_at_a_line_and_says_so() -> None:
    text, _ = said("steps", steps=[{"name": f"Bước {n}", "text": "Nộp hồ sơ. " * 20} for n in range(60)])
    assert len(text) < 4000
    assert "Còn dài" in text


@pytest.mark.parametrize(
    ("note", "day"),
    [
        ("đến hết ngày 31/12/2025", date(2025, 12, 31)), ("tới 30 tháng 6 năm 2027", date(2027, 6, 30)),
        ("từ 1/7/2025 đến 31-12-2026", date(2026, 12, 31)), ("đến 31/13/2026", None), ("mỗi lần", None),
    ],
)  # fmt: skip
def test_the_end_of_a_window_is_read_from_a_note(note: str, day: date | None) -> None:
    assert window_end(note) == day
