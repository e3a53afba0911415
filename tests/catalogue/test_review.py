"""A record that waits to be compared with the portal says so; one that the portal dropped is not asserted."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Tracker

import actions.speech
from actions.answer import ActionAnswer
from bot.catalogue.catalogue import Catalogue
from bot.catalogue.live import LiveCatalogue
from bot.catalogue.loading import CatalogueError
from bot.catalogue.review import HEADER, Review, add_reviews, gravest, read_reviews
from bot.settings import HOME
from bot.turn import TurnRecord

DATA = HOME / "nlu_data"
BIRTH = "1.001193"
CAUTION = "Cổng Dịch vụ công quốc gia vừa đăng thông tin mới"


def review(code: str = BIRTH, **changes: Any) -> Review:
    return Review.parse_obj({"code": code, "since": date(2026, 11, 24), "why": "changed"} | changes)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """An ``nlu_data`` with the birth record alone."""
    for folder in ("responses", "lexicon", "procedures/ho_tich", "index"):
        (tmp_path / folder).mkdir(parents=True)
    for folder in ("responses", "lexicon"):
        for source in (DATA / folder).glob("*.yml"):
            (tmp_path / folder / source.name).write_bytes(source.read_bytes())
    birth = Path("procedures/ho_tich") / f"{BIRTH}.yml"
    (tmp_path / birth).write_bytes((DATA / birth).read_bytes())
    return tmp_path


def test_the_committed_file_is_right() -> None:
    assert read_reviews(DATA / "review.yml")[1] == []


def test_a_review_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "review.yml"
    written = [review(decision='QĐ "9"/QĐ-MAU', note="time: 5 ngày → 3; {x}: #1"), review("1.900002", why="gone")]
    assert add_reviews(file, written) == written
    assert read_reviews(file) == (written, [])
    assert add_reviews(file, written) == []
    assert len(file.read_text(encoding="utf-8").splitlines()) == len(HEADER.splitlines()) + 2


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_comes_back(tmp_path_factory: pytest.TempPathFactory, decision: str, note: str) -> None:
    file = tmp_path_factory.mktemp("review") / "review.yml"
    written = review(decision=decision, note=note)
    add_reviews(file, [written])
    assert read_reviews(file) == ([written], [])


@given(st.binary(max_size=300))
def test_any_bytes_in_the_file_give_a_report(tmp_path_factory: pytest.TempPathFactory, soup: bytes) -> None:
    file = tmp_path_factory.mktemp("soup") / "review.yml"
    file.write_bytes(soup)
    reviews, errors = read_reviews(file)
    assert reviews == []
    assert errors


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('- {code: "1.001193", since: hôm qua, why: changed}', "review.yml: reviews.2.since: is not a day"),
        ('- {code: "1001193", since: 2026-11-24, why: changed}', "review.yml: reviews.2.code: '1001193' is not a"),
        ('- {code: "1.001193", since: 2026-11-24}', "review.yml: reviews.2.why: is missing"),
        ('- {code: "1.001193", since: 2026-11-24, why: maybe}', "review.yml: reviews.2.why: unexpected value"),
        ('- {code: "1.001193", since: 2026-11-24, why: gone, x: 1}', "review.yml: reviews.2.x: is not a field"),
        ("- 1.001193", "review.yml: reviews.2"),
        ("more: 1", "review.yml: more: is not known here"),
    ],
)
def test_a_bad_line_is_named_and_the_good_ones_hold(data: Path, line: str, problem: str) -> None:
    (data / "review.yml").write_text(f"{HEADER}{review().line}{line}\n", encoding="utf-8")
    catalogue = Catalogue.load(data)
    assert catalogue.reviews == {BIRTH: review()}
    assert any(str(error).startswith(problem) for error in catalogue.errors), [str(e) for e in catalogue.errors]


def test_a_file_that_takes_no_line_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "review.yml"
    flow = 'reviews: [{code: "1.001193", since: 2026-11-24, why: changed}]\n'
    file.write_text(flow)
    with pytest.raises(CatalogueError, match=r"review\.yml: reviews: takes no further line"):
        add_reviews(file, [review("1.900002")])
    assert file.read_text() == flow
    file.write_text("reviews: []\n")
    assert add_reviews(file, [review("1.900002")])


def test_gone_weighs_more_than_changed_and_the_latest_more_than_an_older() -> None:
    first, second = review(decision="QĐ 1/QĐ-MAU"), review(decision="QĐ 2/QĐ-MAU")
    gone = review(why="gone")
    assert gravest([first, second]) == {BIRTH: second}
    assert gravest([gone, second]) == {BIRTH: gone}


def test_a_running_catalogue_takes_up_a_review_and_keeps_it_where_the_file_breaks(data: Path) -> None:
    now = [0.0]
    live = LiveCatalogue(data, check_seconds=2, clock=lambda: now[0])
    assert live.current().under_review(BIRTH) is None
    for moment, text, waits in (
        (3, HEADER + review().line, True),
        (6, "reviews: [", True),
        (9, HEADER, False),
    ):
        (data / "review.yml").write_text(text, encoding="utf-8")
        now[0] = moment
        assert (live.current().under_review(BIRTH) is not None) == waits, text


def asked(data: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, TurnRecord]:
    live = LiveCatalogue(data)
    monkeypatch.setattr(actions.speech, "live_catalogue", lambda: live)
    message = {
        "text": "khai sinh cần gì",
        "intent": {"name": "ask_documents", "confidence": 0.9},
        "entities": [{"entity": "procedure", "value": BIRTH}, {"entity": "aspect", "value": "documents"}],
    }
    dispatcher = CollectingDispatcher()
    tracker = Tracker("web:x", {}, message, [], False, None, {}, "action_listen")
    asyncio.run(ActionAnswer().run(dispatcher, tracker, {}))  # type: ignore[arg-type]
    records = [r for m in dispatcher.messages if (r := TurnRecord.from_payload(m.get("custom")))]
    return "\n".join(m["text"] for m in dispatcher.messages if m.get("text")), records[0]


def test_an_answer_under_review_opens_with_a_caution(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text, record = asked(data, monkeypatch)
    assert CAUTION not in text
    add_reviews(data / "review.yml", [review()])
    text, record = asked(data, monkeypatch)
    assert text.split("\n")[0].startswith(f"Lưu ý: {CAUTION}")
    assert "Giấy tờ cần mang:" in text
    assert record.status == "answered"


def test_a_record_that_the_portal_dropped_is_not_asserted(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_reviews(data / "review.yml", [review(why="gone")])
    text, record = asked(data, monkeypatch)
    assert (record.status, record.procedures, record.reason) == ("stale", [BIRTH], "unconfirmed")
    assert "https://dichvucong.gov.vn/" in text
    assert "Giấy tờ cần mang:" not in text
    assert "đồng" not in text
