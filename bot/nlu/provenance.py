"""What a component learned from besides its inputs, as a hash: Rasa's training cache does not look at data files."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType


def fingerprint(files: Iterable[Path] = (), modules: Iterable[ModuleType] = ()) -> str:
    """A hash over the contents of files and the sources of modules, in a fixed order."""
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(file.name.encode())
        digest.update(file.read_bytes())
    for module in sorted(modules, key=lambda m: m.__name__):
        digest.update(inspect.getsource(module).encode())
    return digest.hexdigest()
