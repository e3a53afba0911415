"""What belongs elsewhere: which topic a message names, what bars it, and what a clerk reads of a broken file."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.catalogue.check import ABBREVIATION, EXPLAINED, SENTENCE_END
from bot.catalogue.elsewhere import FOLDER, Elsewhere, Topic, read_elsewhere
from bot.catalogue.live import LiveCatalogue
from bot.language.lexicon import Lexicon
from bot.language.unicode import fold
from bot.settings import HOME
from tests.committed import catalogue

DATA = HOME / "nlu_data"
LONGEST_SENTENCE = 20
TOPIC = """- id: weather
  kind: not_a_procedure
  names: [thời tiết, trời mưa, "bão số mấy", "nồi … bún"]
  unless: [giấy phép]
  answer: Dạ, chuyện mưa nắng thì máy không có tin.
"""


def topics() -> Elsewhere:
    return catalogue().elsewhere


def named(text: str) -> str | None:
    found = topics().find(text)
    return found.topic.id if found else None


def read(folder: Path, text: str) -> tuple[Elsewhere, list[str]]:
    (folder / FOLDER).mkdir()
    (folder / FOLDER / "some.yml").write_text(text, encoding="utf-8")
    found, errors = read_elsewhere(folder / FOLDER, DATA / "life_events", Lexicon.load(DATA / "lexicon"))
    return found, [str(error) for error in errors]


def test_the_committed_topics_are_right_and_many() -> None:
    assert [str(e) for e in catalogue().errors if e.file.parent.name == FOLDER] == []
    assert len(topics().topics) >= 60
    assert {topic.kind for topic in topics().topics} == {"other_authority", "not_a_procedure"}


@pytest.mark.parametrize("topic", topics().topics, ids=lambda topic: topic.id)
def test_an_answer_is_kind_short_and_without_numbers_to_call(topic: Topic) -> None:
    assert topic.answer.startswith("Dạ,")
    for sentence in SENTENCE_END.split(topic.answer):
        assert len(sentence.split()) <= LONGEST_SENTENCE, sentence
    assert len(SENTENCE_END.split(topic.answer)) <= 3
    assert not re.search(r"\d{3}", topic.answer)
    assert set(ABBREVIATION.findall(topic.answer)) <= EXPLAINED


@pytest.mark.parametrize("topic", topics().topics, ids=lambda topic: topic.id)
def test_no_name_is_barred_by_its_own_topic(topic: Topic) -> None:
    alone = Elsewhere([topic], topics()._groups)
    assert [name for name in topic.names if alone.find(name.replace("…", "")) is None] == []


def test_a_name_stands_in_one_topic() -> None:
    said = Counter(name for topic in topics().topics for name in {fold(name) for name in topic.names})
    assert [name for name, times in said.items() if times > 1] == []


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("đặt lịch đăng kiểm ở đâu cho lẹ", "vehicle_inspection"),
        ("kham suc khoe di lam o benh vien nao", "health_check"),
        ("phỏng vấn visa Mỹ hay hỏi gì", "foreign_visa"),
        ("xin hoãn nghĩa vụ quân sự cho thằng con đang học", "military_deferment"),
        ("nộp đơn ly hôn ở đâu", "divorce_suit"),
        ("chồng giành nuôi con thì làm sao", "child_custody"),
        ("cúp điện từ sáng tới giờ", "electricity"),
        ("sim bị khóa một chiều", "phone_sim"),
        ("mai Biên Hòa có mưa không", "weather"),
        ("chỉ tui cách nấu nồi bún riêu", "cooking"),
        ("csgt thổi phạt vượt đèn đỏ", "traffic_fine"),
        ("đơn shopee giao sai màu", "online_shopping"),
    ],
)
def test_people_name_a_topic_in_their_own_words(text: str, topic: str) -> None:
    assert named(text) == topic


@pytest.mark.parametrize(
    "text",
    [
        "ghi chú ly hôn ở nước ngoài",
        "ly hôn rồi muốn tách hộ khẩu",
        "đăng kiểm tàu cá",
        "xin giấy phép dự báo thời tiết",
        "giấy độc thân để vay ngân hàng",
        "gia hạn visa cho chồng nước ngoài",
        "hóa đơn điện tử",
        "đăng ký khai sinh",
        "",
    ],
)
def test_words_of_a_procedure_bar_a_topic(text: str) -> None:
    assert named(text) is None


def test_of_several_topics_the_one_that_explains_most_is_meant() -> None:
    found = topics().find("mua đất giấy tay bị lừa cọc, muốn kiện đòi lại tiền")
    assert found
    assert found.topic.id == "deposit_dispute"
    assert found.said == tuple("mua dat bi lua coc kien doi lai tien".split())


def test_a_gap_stands_for_a_few_words_and_not_for_many(tmp_path: Path) -> None:
    found, errors = read(tmp_path, TOPIC)
    assert errors == []
    assert found.find("nồi bún")
    assert found.find("nồi của má nấu bún")
    assert found.find("nồi một hai ba bốn năm bún") is None


def test_what_was_typed_with_other_marks_is_another_word(tmp_path: Path) -> None:
    found, _ = read(tmp_path, TOPIC)
    assert found.find("troi mua")
    assert found.find("trôi múa") is None


def test_unless_bars_a_topic_also_in_shorthand(tmp_path: Path) -> None:
    found, _ = read(tmp_path, TOPIC.replace("giấy phép", "bhxh"))
    assert found.find("trời mưa")
    assert found.find("trời mưa nộp bhxh") is None


@given(st.text(max_size=200))
def test_any_text_is_read_without_an_error(text: str) -> None:
    found = topics().find(text)
    assert found is None or found.words >= 1


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (TOPIC.replace("  answer: Dạ, chuyện mưa nắng thì máy không có tin.\n", ""), "weather: answer: is missing"),
        (TOPIC.replace("thời tiết", "mưa"), "'mưa' says too little; add a word"),
        (TOPIC.replace("thời tiết", '"{gio} lớn"'), "{gio} is no group; groups.yml has"),
        (TOPIC.replace("thời tiết", '"mưa gió …"'), "words are needed on both sides of '…'"),
        (TOPIC.replace("not_a_procedure", "elsewhere"), "weather: kind:"),
        (TOPIC + TOPIC, "weather: stands twice; keep one"),
        ("id: weather\n", "holds no list; begin each topic with '- id: '"),
        ("- just a line\n", "topic 1"),
    ],
)
def test_a_broken_topic_is_left_out_with_what_to_mend(tmp_path: Path, broken: str, said: str) -> None:
    found, errors = read(tmp_path, broken)
    assert any(error.startswith("some.yml: ") and said in error for error in errors), errors
    assert len(found.topics) <= 1


def test_a_brand_is_a_name_of_one_word(tmp_path: Path) -> None:
    found, errors = read(tmp_path, TOPIC.replace("thời tiết", "shopee"))
    assert errors == []
    assert found.find("shopee")


def test_a_running_process_keeps_its_topics_while_a_file_is_broken(tmp_path: Path) -> None:
    data = tmp_path / "nlu_data"
    data.mkdir()
    for name in ("lexicon", "responses", "life_events"):
        (data / name).symlink_to(DATA / name)
    (data / FOLDER).mkdir()
    (data / "procedures").mkdir()
    file = data / FOLDER / "some.yml"
    file.write_text(TOPIC, encoding="utf-8")
    live = LiveCatalogue(data, check_seconds=0)
    file.write_text(TOPIC.replace("names:", "nams:"), encoding="utf-8")
    assert live.current().elsewhere.find("thời tiết")
    file.write_text(TOPIC.replace("thời tiết", "trời nóng"), encoding="utf-8")
    assert live.current().elsewhere.find("thời tiết") is None
    assert live.current().elsewhere.find("trời nóng")
