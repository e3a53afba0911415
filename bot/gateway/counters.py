"""What is counted in this process: how often a name came with these labels, which are words of ours."""

from __future__ import annotations

import threading
from collections import Counter

Labels = tuple[tuple[str, str], ...]


class Counters:
    """Counts that only go up; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, Labels]] = Counter()

    def count(self, name: str, **labels: str) -> None:
        with self._lock:
            self._counts[name, tuple(sorted(labels.items()))] += 1

    def value(self, name: str, **labels: str) -> int:
        """The count of a name with exactly these labels."""
        return self._counts[name, tuple(sorted(labels.items()))]

    def all(self) -> dict[tuple[str, Labels], int]:
        """A copy of all counts."""
        with self._lock:
            return dict(self._counts)


COUNTERS = Counters()


def count(name: str, **labels: str) -> None:
    """One more of it in this process."""
    COUNTERS.count(name, **labels)
