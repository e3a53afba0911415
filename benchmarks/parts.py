"""The parts of a running stack as processes: killed with -9, and seen to come back."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

import requests

from bot.cli.stack import Stack

PARTS = ("web", "worker", "rasa", "actions", "postgres")
MARKS = {"web": "bot.gateway.wsgi", "worker": "bot.gateway.worker", "rasa": "rasa run", "actions": "rasa_sdk"}
"""What tells a part's command line from the others of its supervisor."""
READY_SECONDS = 5


class Parts:
    """The processes of one stack, whose folder is ``var``."""

    def __init__(self, stack: Stack, var: Path) -> None:
        self._stack, self._var = stack, var

    def kill(self, part: str, whole: bool) -> set[int]:
        """SIGKILL to a part; its processes. ``whole``: of PostgreSQL every process, else its first alone."""
        first = self.pids(part)
        if part == "postgres":
            killed = [*first, *children(*first)] if whole else [*first]
        else:  # supervisord gives each part a group of its own
            killed = [pid for pid in processes() if group_of(pid) in first]
        for pid in killed:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return first

    def back(self, part: str, killed: set[int]) -> bool:
        """Whether the part runs again in new processes, and the whole service says that it is ready."""
        now = self.pids(part)
        if not now or now & killed:
            return False
        try:
            return requests.get(f"{self._stack.web}/readyz", timeout=READY_SECONDS).ok
        except requests.RequestException:
            return False

    def pids(self, part: str) -> set[int]:
        """The first process of a part; empty while there is none."""
        try:
            if part == "postgres":
                pid = int((self._var / "postgres" / "postmaster.pid").read_text().split()[0])
                return {pid} if Path(f"/proc/{pid}").exists() else set()
            supervisor = int((self._var / "supervisord.pid").read_text())
        except (OSError, ValueError, IndexError):
            return set()
        return {pid for pid in children(supervisor) if MARKS[part] in command_of(pid)}


def processes() -> list[int]:
    """All of this machine."""
    return [int(folder.name) for folder in Path("/proc").glob("[0-9]*")]


def children(*parents: int) -> set[int]:
    """The processes that these have started."""
    return {pid for pid in processes() if _field(pid, 1) in parents}


def group_of(pid: int) -> int:
    return _field(pid, 2)


def command_of(pid: int) -> str:
    """The command line, its words parted by blanks; empty for a process that is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def _field(pid: int, place: int) -> int:
    """A number behind the name in ``/proc/<pid>/stat``; -1 for a process that is gone."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[place])
    except (OSError, ValueError, IndexError):
        return -1
