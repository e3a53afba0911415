"""The evaluation end to end: questions asked on the running stack, judged, compared, written down."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.stack.conftest import Service

pytestmark = pytest.mark.stack

QUESTIONS: list[dict[str, Any]] = [
    {"id": "a", "slice": "some", "turns": ["Làm khai sinh cho con cần giấy tờ gì?"],
     "accept": [{"status": "answered", "any": ["1.001193"], "aspects": ["documents"]}]},
    {"id": "b", "slice": "some", "turns": ["đăng ký kết hôn", "còn phí?"],
     "accept": [{"status": "answered", "any": ["1.000894"], "aspects": ["fee"]}]},
    {"id": "c", "slice": "other", "turns": ["hôm nay trời có mưa không"], "accept": [{"status": "out_of_scope"}]},
]  # fmt: skip


def write(service: Service, questions: list[dict[str, Any]]) -> None:
    folder = service.data / "evaluation"
    for file in folder.glob("*"):
        file.unlink()
    folder.mkdir(exist_ok=True)
    lines = [json.dumps(question, ensure_ascii=False) for question in questions]
    (folder / "own.jsonl").write_text("\n".join(lines), encoding="utf-8")


def conversations(service: Service) -> int:
    with psycopg.connect(service.state["database_url"]) as connection:
        row = connection.execute("SELECT count(*) FROM gateway_conversation").fetchone()
    assert row
    return int(row[0])


def test_questions_are_asked_judged_and_compared_with_what_passed_before(service: Service, tmp_path: Path) -> None:
    write(service, QUESTIONS)
    before = conversations(service)
    done = service.motcua("evaluate", "--latency", "--json", "--reports", str(tmp_path))
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert {name: (rate["hits"], rate["of"]) for name, rate in told["slices"].items()} == {
        "some": (2, 2), "other": (1, 1),
    }  # fmt: skip
    assert {loss["noised"]["of"] for loss in told["noise"].values()} == {2}
    assert 0 < told["latency_ms"]["p50"] <= told["latency_ms"]["p99"] < 1000
    assert {file.name for file in tmp_path.iterdir()} == {
        "evaluation.json", "evaluation-failures.md", "evaluation-slices.png", "evaluation-thresholds.png",
    }  # fmt: skip
    assert conversations(service) == before, "the questions of an evaluation are none for staff to look at"

    assert service.motcua("evaluate", "--accept", "--reports", str(tmp_path)).returncode == 0
    wrong = {**QUESTIONS[2], "accept": [{"status": "smalltalk"}]}
    accepted = (service.data / "evaluation" / "baseline.json").read_bytes()
    write(service, [*QUESTIONS[:2], wrong])
    (service.data / "evaluation" / "baseline.json").write_bytes(accepted)
    worse = service.motcua("evaluate", "--reports", str(tmp_path))
    assert worse.returncode == 1, worse.stderr
    assert "REGRESSION other: 0 of 1 pass, 1 did; turned: c" in worse.stdout
