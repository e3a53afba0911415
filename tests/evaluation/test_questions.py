"""Reading the questions: good lines are kept, bad ones say file, line, what and how to mend; our own are sound."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.evaluation.questions import digest, files_of, read_questions
from bot.settings import HOME
from tests.committed import catalogue
from tests.evaluation.rows import BIRTH, answered, question

GOOD = {"id": "a", "slice": "plain", "turns": ["khai sinh"], "accept": [{"status": "answered", "any": [BIRTH]}]}


def written(folder: Path, *lines: object) -> Path:
    file = folder / "some.jsonl"
    texts = [line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines]
    file.write_text("\n".join(texts), encoding="utf-8")
    return file


def test_every_field_of_the_format_is_read(tmp_path: Path) -> None:
    full = GOOD | {"forbid": ["1.004884"], "note": "pick:-1 the last", "source": "own"}
    questions, errors = read_questions([written(tmp_path, full, "", GOOD | {"id": "b"})])
    assert errors == []
    assert [q.id for q in questions] == ["a", "b"]
    assert (questions[0].pick, questions[1].pick) == (-1, None)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            {"accept": [{"status": "answred"}]},
            "some.jsonl: line 2: accept.1.status: unexpected value; permitted: 'answ",
        ),
        (
            {"accept": [{"status": "answered", "any": ["1193"]}]},
            "line 2: accept.1.any.1: '1193' is not a procedure code",
        ),
        ({"accept": []}, "line 2: accept: is empty; a question needs at least one"),
        ({"turns": "khai sinh"}, "line 2: turns: is not a list; write it in [ ]"),
        ({"turns": [" "]}, "line 2: turns.1: is an empty turn"),
        ({"turn": ["khai sinh"]}, "line 2: turn: is no field of a question; there are id, slice"),
        ({"id": "a"}, "line 2: id: 'a' stands twice; give it another"),
        ({"forbid": ["x"]}, "line 2: forbid.1: 'x' is not a procedure code"),
    ],
)
def test_a_bad_line_says_where_what_and_how_to_mend(tmp_path: Path, change: dict[str, Any], told: str) -> None:
    questions, errors = read_questions([written(tmp_path, GOOD, GOOD | {"id": "b"} | change)])
    assert [q.id for q in questions] == ["a"]
    assert told in str(errors[0])


@pytest.mark.parametrize("line", ["{", "3", "null", "[" * 5000, '"x"', "{}"])
def test_a_line_that_is_no_question_is_named(tmp_path: Path, line: str) -> None:
    questions, errors = read_questions([written(tmp_path, line, GOOD)])
    assert len(questions) == 1
    assert all(str(error).startswith("some.jsonl: line 1") for error in errors)
    assert errors


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.jsonl"
    broken.write_bytes(b"\xff\xfe\x00")
    _, errors = read_questions([broken, tmp_path / "gone.jsonl"])
    assert [str(error).split(":")[0] for error in errors] == ["broken.jsonl", "gone.jsonl"]
    assert "save it as UTF-8" in str(errors[0])


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "any.jsonl"
    file.write_bytes(content)
    read_questions([file])


def test_the_hash_changes_with_what_is_asked_and_accepted_not_with_notes_or_order() -> None:
    one, two = question(answered(BIRTH)), question(answered(BIRTH), id="b")
    assert digest([one, two]) == digest([two, one])
    assert digest([one]) == digest([question(answered(BIRTH), note="why")])
    assert digest([one]) != digest([question(answered("1.004884"))])
    assert digest([one]) != digest([question(answered(BIRTH), turns=["khai tử"])])


def test_our_own_questions_can_be_read_and_name_only_known_procedures() -> None:
    questions, errors = read_questions(files_of(HOME / "nlu_data"))
    assert errors == []
    assert len(questions) >= 500
    named = {
        (q.id, code) for q in questions for code in (*q.forbid, *(c for accepted in q.accept for c in accepted.any))
    }
    assert [(name, code) for name, code in sorted(named) if catalogue().get(code) is None] == []
