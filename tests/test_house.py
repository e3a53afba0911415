"""The house: who may import whom, how long a module may be, what must not be committed."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.settings import HOME

ORDER = ["cli", "desk", "fieldwork", "evaluation", "gateway", "channels"]
"""From the top: a room imports rooms below it, and the shared ones; desk, fieldwork and evaluation are side by side."""
SHARED = {"portal", "catalogue", "language", "settings", "turn", "consent"}
SIDE_BY_SIDE = {"desk", "fieldwork", "evaluation"}
MAY_IMPORT: dict[str, set[str]] = {
    room: set(ORDER[place + 1 :]) - (SIDE_BY_SIDE if room in SIDE_BY_SIDE else set()) | SHARED
    for place, room in enumerate(ORDER)
} | {
    "nlu": SHARED,
    "engine": SHARED,
    "actions": SHARED,
    "portal": {"catalogue", "language", "settings", "turn"},
    "catalogue": {"language", "settings", "turn"},
    "language": {"settings", "turn"},
    "settings": set(),
    "turn": set(),
    "consent": set(),
}
RASA_ROOMS = {"nlu", "engine"}
PURE_ROOMS = {"language", "catalogue", "portal", "channels"}
STORES = {HOME / "bot" / "catalogue" / "national" / "store.py", HOME / "bot" / "portal" / "attempt_store.py"}
"""The modules of the pure rooms that speak to the database: the actions need them, and may not import the gateway."""


def modules() -> Iterator[tuple[str, Path]]:
    for file in sorted((HOME / "bot").rglob("*.py")):
        parts = file.relative_to(HOME / "bot").with_suffix("").parts
        if parts != ("__init__",):
            yield parts[0], file
    for file in sorted((HOME / "actions").rglob("*.py")):
        yield "actions", file


def imported(file: Path) -> set[str]:
    """Every dotted name that a module imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def rooms_of(names: set[str]) -> set[str]:
    out = {name.split(".")[1] for name in names if name.startswith("bot.") and name.count(".")}
    return {room for room in out if room in MAY_IMPORT} | ({"actions"} if "actions" in names else set())


@pytest.mark.parametrize(("room", "file"), [pytest.param(r, f, id=str(f.relative_to(HOME))) for r, f in modules()])
def test_a_room_imports_only_what_lies_below_it(room: str, file: Path) -> None:
    names = imported(file)
    assert rooms_of(names) - {room} <= MAY_IMPORT[room], file
    if room not in RASA_ROOMS:
        assert not any(name == "rasa" or name.startswith("rasa.") for name in names), f"{file} imports rasa"
    if room in PURE_ROOMS and file not in STORES:
        assert not any(name.split(".")[0] in ("django", "psycopg", "rasa_sdk") for name in names), file


def test_the_wall_test_sees_a_breach(tmp_path: Path) -> None:
    breach = tmp_path / "breach.py"
    breach.write_text("from bot.gateway import inbox\nimport rasa.core.agent\n")
    assert rooms_of(imported(breach)) == {"gateway"}
    assert "rasa.core.agent" in imported(breach)


@pytest.mark.parametrize("file", [f for _, f in modules()], ids=lambda f: str(f.relative_to(HOME)))
def test_a_module_stays_under_400_lines(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) < 400


def test_no_machine_path_and_no_registry_address_is_committed() -> None:
    done = subprocess.run(
        ["git", "ls-files", "-z"], cwd=HOME, capture_output=True, text=True, check=False
    )  # fmt: skip
    if done.returncode:
        pytest.skip("not a git checkout")
    forbidden = re.compile(r"(?<![\w.])/(?:root|work|farm)/\w|https?://\S+(?:\.whl|\.tar\.gz|/simple)\b|index-url = ")
    for name in filter(None, done.stdout.split("\0")):
        file = HOME / name
        if file.suffix in (".png", ".jsonl") or not file.is_file() or file == Path(__file__):
            continue
        assert not forbidden.search(file.read_text(encoding="utf-8", errors="replace")), name
