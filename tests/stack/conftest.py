"""The whole service, as ``make run`` starts it, in a folder of the tests' own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.settings import HOME

MOTCUA = str(Path(sys.executable).parent / "motcua")


class Service:
    """A running stack and the commands against it."""

    def __init__(self, var: Path, data: Path) -> None:
        self.var, self.data = var, data
        self.environment = {**os.environ, "MOTCUA_VAR": str(var), "MOTCUA_DATA": str(data), "PYTHONWARNINGS": "ignore"}
        self.environment.pop("DATABASE_URL", None)

    def motcua(self, *words: str, seconds: float = 300, typed: str | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [MOTCUA, *words],
            cwd=HOME,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=seconds,
            input=typed,
            check=False,
        )

    def ask(self, text: str) -> dict[str, object]:
        done = self.motcua("ask", "--json", "--", text)
        assert done.returncode == 0, done.stderr
        answer: dict[str, object] = json.loads(done.stdout)
        return answer

    @property
    def state(self) -> dict[str, str]:
        found: dict[str, str] = json.loads((self.var / "stack.json").read_text())
        return found


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Started once for all tests of this folder; stopped after the last."""
    home = tmp_path_factory.mktemp("stack")
    shutil.copytree(HOME / "nlu_data", home / "nlu_data")
    running = Service(home / "var", home / "nlu_data")
    with (home / "run.log").open("w") as log:
        process = subprocess.Popen([MOTCUA, "run"], cwd=HOME, env=running.environment, stdout=log, stderr=log)
        try:
            _wait_until_ready(process, home / "run.log")
            yield running
        finally:
            running.motcua("stop")
            process.wait(60)


def _wait_until_ready(process: subprocess.Popen[bytes], log: Path) -> None:
    import time

    deadline = time.monotonic() + 240
    while "sẵn sàng" not in log.read_text(encoding="utf-8"):
        assert process.poll() is None, log.read_text(encoding="utf-8")
        assert time.monotonic() < deadline, "the stack did not come up"
        time.sleep(0.3)
