"""Reading PhoATIS, which whoever runs the check brings: three folders, one utterance a line."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.evaluation import phoatis
from bot.evaluation.intents import Sentence
from bot.evaluation.scoring import Rate
from bot.settings import HOME

SAMPLE = Path(__file__).parent / "phoatis_sample"
"""Invented sentences in the same format: none of them is from the set itself."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the sample to spoil."""
    return Path(shutil.copytree(SAMPLE, tmp_path / "set"))


def problems(folder: Path) -> list[str]:
    return [str(error) for error in phoatis.read(folder)[1]]


def test_the_sample_is_read_part_by_part() -> None:
    parts, errors = phoatis.read(SAMPLE)
    assert errors == []
    assert {name: len(sentences) for name, sentences in parts.items()} == {"train": 30, "dev": 6, "test": 8}
    assert parts["test"][0] == Sentence("tôi muốn tìm chuyến bay từ nha trang ra hải phòng", "flight")
    assert Counter(s.intent for s in parts["train"])["flight#airfare"] == 1


def test_words_joined_by_underscores_are_read_as_syllables(folder: Path) -> None:
    (folder / "dev" / "seq.in").write_text("từ sân_bay cam_ranh\n", encoding="utf-8")
    (folder / "dev" / "label").write_text("ground_service\n", encoding="utf-8")
    assert phoatis.read(folder)[0]["dev"] == [Sentence("từ sân bay cam ranh", "ground_service")]


def test_the_slots_are_not_needed(folder: Path) -> None:
    for file in folder.rglob("seq.out"):
        file.unlink()
    assert problems(folder) == []


def test_windows_line_ends_a_byte_order_mark_and_empty_last_lines_do_no_harm(folder: Path) -> None:
    for name in ("seq.in", "label"):
        file = folder / "test" / name
        file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n") + b"\r\n \r\n")
    assert phoatis.read(folder) == phoatis.read(SAMPLE)


def test_a_missing_part_is_named_with_what_it_needs(folder: Path) -> None:
    shutil.rmtree(folder / "dev")
    assert len(problems(folder)) == 2
    assert problems(folder)[0].startswith("dev/seq.in: cannot be read")
    assert "each of train, dev, test needs seq.in and label" in problems(folder)[0]


def test_a_line_too_few_is_said_with_both_counts(folder: Path) -> None:
    labels = (folder / "train" / "label").read_text(encoding="utf-8").splitlines()
    (folder / "train" / "label").write_text("\n".join(labels[:-1]), encoding="utf-8")
    assert problems(folder) == [
        "train/label: has 29 lines, seq.in has 30; line n of the one belongs to line n of the other"
    ]


def test_an_empty_line_between_others_is_named(folder: Path) -> None:
    file = folder / "test" / "seq.in"
    lines = file.read_text(encoding="utf-8").splitlines()
    lines[2] = "  "
    file.write_text("\n".join(lines), encoding="utf-8")
    assert problems(folder) == ["test/seq.in: line 3: is empty; take this line out of seq.in, seq.out and label"]


def test_a_part_without_a_line_is_said_to_be_empty(folder: Path) -> None:
    for name in ("seq.in", "label"):
        (folder / "dev" / name).write_text("\n", encoding="utf-8")
    assert problems(folder) == ["dev/seq.in: is empty; put one utterance on each line"]


def test_a_file_in_another_encoding_is_named_with_the_line(folder: Path) -> None:
    (folder / "test" / "seq.in").write_bytes("một chuyến\nvé ra huế\n".encode() + "sân bay".encode("cp1258"))
    assert problems(folder) == ["test/seq.in: line 3: is not UTF-8 text; save the file as UTF-8"]


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.binary(max_size=60), labels=st.binary(max_size=60))
def test_whatever_the_bytes_every_part_is_read_whole_or_refused(folder: Path, texts: bytes, labels: bytes) -> None:
    (folder / "dev" / "seq.in").write_bytes(texts)
    (folder / "dev" / "label").write_bytes(labels)
    parts, errors = phoatis.read(folder)
    assert bool(parts["dev"]) != bool(errors)
    assert all(s.text and s.intent and s.text == " ".join(s.text.split()) for s in parts["dev"])
    assert all(str(error).startswith("dev/") for error in errors)


SPOKEN = st.text(st.characters(blacklist_categories=("Cs",)), min_size=1, max_size=20).map(
    lambda t: " ".join(t.split())
)


@given(st.lists(st.builds(Sentence, SPOKEN.filter(bool), SPOKEN.filter(bool)), min_size=1, max_size=8))
def test_what_rasa_is_given_holds_every_sentence_under_a_name_of_its_label(sentences: list[Sentence]) -> None:
    content, labels = phoatis.training_file(sentences)
    given = [
        (example["text"], labels[entry["intent"]])
        for entry in yaml.safe_load(content)["nlu"]
        for example in entry["examples"]
    ]
    assert Counter(given) == Counter((s.text.translate(phoatis.MARKUP), s.intent) for s in sentences)
    assert all(name.replace("_", "").isalnum() and name.isascii() for name in labels)


def test_a_bracket_does_not_become_an_entity() -> None:
    content, _ = phoatis.training_file([Sentence("vé [huế](toloc) {x}", "airfare")])
    assert not set("[](){}") & set(yaml.safe_load(content)["nlu"][0]["examples"][0]["text"])


def test_only_the_components_that_learn_intents_take_part_as_they_are_set() -> None:
    config = yaml.safe_load((HOME / "config.yml").read_text(encoding="utf-8"))
    part = phoatis.learning_part(config)["pipeline"]
    assert tuple(entry["name"].rpartition(".")[2] for entry in part) == phoatis.LEARNED
    assert all(entry in config["pipeline"] for entry in part)


def test_ours_stands_first_and_the_published_figures_beside_it() -> None:
    ours, *published = phoatis.rows(dev=Rate(97, 100), test=Rate(857, 893), plain=Rate(850, 893))
    assert (ours.weights, ours.dev, ours.test, ours.plain, ours.of) == ("none", 97.0, 95.97, 95.18, 893)
    assert [(row.weights, row.test, row.plain) for row in published] == [
        ("pre-trained", 97.62, None),
        ("pre-trained", 97.40, None),
    ]
