"""The chaos run in small, so that the big one cannot rot; and its counting, which must be able to find something."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.counting import Found, counted
from benchmarks.parts import PARTS
from bot.settings import HOME

CODES = ["1.000001", "1.000002", "1.000003"]


def told(*codes: str) -> list[str]:
    return [f"Dạ, lệ phí là …\n\nMã {code} · QĐ 1" for code in codes]


@pytest.mark.parametrize(
    ("heard", "found"),
    [
        (told(*CODES), Found(3, 0, 0, 0, 0)),
        (["Dạ, chào mình.", *told(*CODES)], Found(3, 0, 0, 0, 1)),
        (told("1.000001", "1.000003"), Found(3, 1, 0, 0, 0)),
        (told("1.000001", "1.000002", "1.000002", "1.000003"), Found(3, 0, 1, 0, 0)),
        (told("1.000002", "1.000001", "1.000003"), Found(3, 0, 0, 1, 0)),
        ([*told("1.000001", "1.000002"), "Dạ, máy đang trục trặc."], Found(3, 1, 0, 0, 1)),
        ([], Found(3, 3, 0, 0, 0)),
    ],
)
def test_what_is_lost_doubled_or_out_of_order_is_counted(heard: list[str], found: Found) -> None:
    assert counted({0: CODES}, {0: heard}) == found


@pytest.mark.stack
@pytest.mark.slow
def test_nothing_is_lost_while_every_part_is_killed(tmp_path: Path) -> None:
    report = tmp_path / "chaos.json"
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.chaos", "--people", "2", "--each", "10"]
    command += ["--kills", "1", "--minutes", "6", "--report", str(report)]
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(command, cwd=HOME, env=environment, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    content = json.loads(report.read_text())
    for channel in ("zalo", "telegram"):
        found = content[channel]
        assert found["kills"] == dict.fromkeys(PARTS, 1)
        assert (found["sent"], found["lost"], found["duplicated"], found["reordered"]) == (20, 0, 0, 0)
    assert report.with_suffix(".png").stat().st_size > 1000
