"""A supplement request in an office's words: its items, and the papers of the procedure that it names."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.catalogue.models import Paper
from bot.portal.papers import requests_in
from tests.committed import catalogue


def papers_of(code: str) -> list[Paper]:
    return catalogue().procedures[code].papers


def named(code: str, text: str) -> list[tuple[str, list[str]]]:
    return [(item.text, [paper.name for paper in item.papers]) for item in requests_in(text, papers_of(code))]


BIRTH, ALLOWANCE = "1.001193", "1.001776"
BIRTH_PAPER, BIRTH_FORM = "Giấy chứng sinh", "Tờ khai đăng ký khai sinh"
WITNESS = "Giấy xác nhận của người làm chứng, hoặc giấy cam đoan về việc sinh"


@pytest.mark.parametrize(
    "text",
    [
        "Giấy chứng sinh\nTờ khai",
        "Giấy chứng sinh; Tờ khai.",
        "- Giấy chứng sinh - Tờ khai",
        "1. Giấy chứng sinh 2. Tờ khai",
        "1.Giấy chứng sinh\n2.Tờ khai",
        "1) Giấy chứng sinh 2) Tờ khai",
        "Đề nghị công dân bổ sung: 1. Giấy chứng sinh; 2. Tờ khai",
        "Bổ sung:\n• Giấy chứng sinh\n• Tờ khai",
    ],
)
def test_the_items_of_a_list_come_apart_and_each_names_its_paper(text: str) -> None:
    assert named(BIRTH, text) == [("Giấy chứng sinh", [BIRTH_PAPER]), ("Tờ khai", [BIRTH_FORM])]


@pytest.mark.parametrize(
    ("code", "text", "papers"),
    [
        (BIRTH, "Bổ sung giấy chứng sinh bản chính", [BIRTH_PAPER]),
        (BIRTH, "bo sung giay chung sinh", [BIRTH_PAPER]),
        (BIRTH, "Giấy cam đoan về việc sinh có chữ ký", [WITNESS]),
        (BIRTH, "Tờ khai chưa ký tên", [BIRTH_FORM]),
        (BIRTH, "Căn cước của cha mẹ", []),
        (BIRTH, "Hồ sơ chưa rõ, liên hệ bộ phận một cửa", []),
        (ALLOWANCE, "Giấy xác nhận khuyết tật của [họ tên]", ["Giấy xác nhận khuyết tật"]),
        (
            ALLOWANCE,
            "Bổ sung tờ khai có chữ ký và bản sao giấy khai sinh.",
            ["Tờ khai của người được chăm sóc, Mẫu số 03", "Giấy khai sinh của trẻ"],
        ),
    ],
)
def test_a_paper_is_recognised_only_where_the_request_names_it(code: str, text: str, papers: list[str]) -> None:
    assert [name for _, names in named(code, text) for name in names] == papers


def test_numbers_of_laws_and_days_do_not_cut_a_request() -> None:
    text = "Tờ khai theo Thông tư 04/2024/TT-BTP, nộp trước 04.12.2026, mã 1.001193"
    assert [item for item, _ in named(BIRTH, text)] == [text]


@pytest.mark.parametrize("text", ["", "  ", "…", "- ; -"])
def test_a_request_that_says_nothing_has_no_items(text: str) -> None:
    assert requests_in(text, papers_of(BIRTH)) == []


@given(st.text(max_size=300).filter(lambda text: ":" not in text), st.sampled_from(sorted(catalogue().procedures)))
def test_any_request_is_read_and_no_word_of_it_is_lost(text: str, code: str) -> None:
    kept = "".join(item.text for item in requests_in(text, papers_of(code)))
    assert [c for c in kept if c.isalpha()] == [c for c in text if c.isalpha()]


def test_papers_of_the_catalogue_are_recognised_by_their_own_names_and_hardly_ever_as_another() -> None:
    told = Counter[str]()
    for code in sorted(catalogue().procedures):
        for paper in papers_of(code):
            items = requests_in(f"Bổ sung {paper.name.lower()}".replace(";", ","), papers_of(code))
            names = [found.name for item in items for found in item.papers]
            told["right" if paper.name in names else "wrong" if names else "silent"] += 1
    assert told["right"] > 0.9 * told.total()
    assert told["wrong"] <= 3


def test_two_papers_of_one_name_are_told_apart_by_what_the_request_adds() -> None:
    adoption = "2.001263"
    assert named(adoption, "Giấy khám sức khỏe của bé")[0][1] == ["Giấy khám sức khỏe của bé"]
    assert named(adoption, "Giấy khám sức khỏe")[0][1] == []
