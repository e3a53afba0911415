"""A slice that passes fewer questions than when it was accepted is a regression, and its questions are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.evaluation import baseline
from bot.evaluation.baseline import WITH_IMPORT, WITHOUT_IMPORT, BaselineError, Change
from bot.settings import HOME
from tests.evaluation.rows import rows_of


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "evaluation").mkdir()
    return tmp_path


def accepted(data: Path, **slices: str) -> dict[str, baseline.SliceBaseline]:
    baseline.accept(data, WITH_IMPORT, rows_of(**slices))
    found = baseline.read(data).of(WITH_IMPORT)
    assert found is not None
    return found


def changes(data: Path, before: dict[str, str], **now: str) -> dict[str, Change]:
    return {change.slice: change for change in baseline.compare(accepted(data, **before), rows_of(**now))}


def test_one_question_fewer_is_a_regression_in_that_slice_alone(data: Path) -> None:
    found = changes(data, {"plain": "111", "vague": "110"}, plain="101", vague="111")
    assert (found["plain"].regressed, found["plain"].turned) == (True, ["plain-002"])
    assert (found["vague"].regressed, found["vague"].mended) == (False, ["vague-003"])


def test_as_many_as_before_is_none_though_others_turned(data: Path) -> None:
    change = changes(data, {"plain": "110"}, plain="011")["plain"]
    assert (change.regressed, change.turned, change.mended) == (False, ["plain-001"], ["plain-003"])


def test_where_the_questions_changed_only_common_ones_count(data: Path) -> None:
    more = changes(data, {"plain": "11"}, plain="1100")["plain"]
    assert (more.same_questions, more.regressed, more.now.of) == (False, False, 2)
    fewer = changes(data, {"plain": "0111"}, plain="01")["plain"]
    assert (fewer.same_questions, fewer.regressed) == (False, False)
    worse = changes(data, {"plain": "11"}, plain="1011")["plain"]
    assert (worse.same_questions, worse.regressed, worse.turned) == (False, True, ["plain-002"])


def test_a_new_slice_and_one_that_is_gone_are_not_compared(data: Path) -> None:
    assert set(changes(data, {"plain": "1", "gone": "1"}, plain="1", new="0")) == {"plain"}


def test_runs_with_and_without_the_import_are_kept_apart(data: Path) -> None:
    baseline.accept(data, WITH_IMPORT, rows_of(plain="11"))
    baseline.accept(data, WITHOUT_IMPORT, rows_of(plain="10"))
    kept = baseline.read(data)
    assert kept.with_import is not None
    assert kept.without_import is not None
    assert kept.with_import["plain"].failing == []
    assert kept.without_import["plain"].failing == ["plain-002"]


def test_without_a_file_nothing_was_accepted(data: Path) -> None:
    assert baseline.read(data).of(WITH_IMPORT) is None


@pytest.mark.parametrize("text", ["{", "[]", '{"with_import": {"plain": {"passing": []}}}', '{"other": {}}', "\udcff"])
def test_a_broken_file_says_what_to_do(data: Path, text: str) -> None:
    baseline.file_of(data).write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(BaselineError, match=r"baseline\.json: .*--accept"):
        baseline.read(data)


def test_the_committed_baseline_can_be_read() -> None:
    baseline.read(HOME / "nlu_data")
