"""The real Rasa: what it learned understands sentences it never saw; changed data make another model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.settings import HOME
from tests.nlu.trained import parse

pytestmark = [
    pytest.mark.rasa,
    pytest.mark.filterwarnings("ignore"),  # importing Rasa and TensorFlow warns in many third-party places
]


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("xin chào bạn nha", "greet"),
        ("cảm ơn nhiều nghen", "thank"),
        ("cho mình gặp người thật đi", "talk_to_person"),
        ("hồ sơ của em tới bước nào rồi", "check_dossier"),
        ("có kẻ gọi điện đòi mã otp", "report_scam"),
        ("nộp giùm luôn hồ sơ cho bác với", "file_for_me"),
        ("mai trời nắng hay mưa", "out_of_scope"),
        ("may gio phuong mo cua", "ask_hours"),
    ],
)
def test_an_unseen_sentence_gets_its_intent(agent: Any, text: str, intent: str) -> None:
    assert parse(agent, text)["intent"]["name"] == intent


def test_aspects_codes_and_procedures_are_entities(agent: Any) -> None:
    entities = parse(agent, "làm khai sinh cần giấy tờ gì, hết bao nhiêu tiền, hồ sơ H19.12-261105-0007")["entities"]
    assert [e["value"] for e in entities if e["entity"] == "aspect"] == ["documents", "fee"]
    assert [e["value"] for e in entities if e["entity"] == "code"] == ["H19.12-261105-0007"]
    first = next(e for e in entities if e["entity"] == "procedure")
    assert first["value"] == "1.001193"
    assert 0 < first["score"] <= 1


def test_a_typed_code_is_the_procedure_even_an_old_one(agent: Any) -> None:
    entities = parse(agent, "thủ tục 1.014063 phí sao")["entities"]
    first = next(e for e in entities if e["entity"] == "procedure")
    assert (first["value"], first["typed"]) == ("1.116410", True)


def test_a_changed_lexicon_is_another_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.nlu.normaliser import Normaliser

    lexicon = tmp_path / "lexicon"
    lexicon.mkdir()
    for file in (HOME / "nlu_data" / "lexicon").glob("*.yml"):
        (lexicon / file.name).write_bytes(file.read_bytes())
    monkeypatch.setenv("MOTCUA_DATA", str(tmp_path))
    before = Normaliser.fingerprint_addon({})
    with (lexicon / "shorthand.yml").open("a", encoding="utf-8") as file:
        file.write("- {short: [zzz], means: khai sinh}\n")
    assert Normaliser.fingerprint_addon({}) != before
