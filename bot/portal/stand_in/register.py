"""The dossiers of the stand-in as they stand now, and its switches; kept in one file, so that a restart keeps them."""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import Field, validator

from bot.catalogue.models import Strict
from bot.portal.stand_in.faults import NAMES
from bot.portal.stand_in.samples import Sample, as_kept, generated

log = logging.getLogger(__name__)


class Switches(Strict):
    """What holds for every request until it is switched off. ``fault``: one of ``faults.NAMES``, or none."""

    fault: str | None = None
    latency_ms: int = Field(default=2000, ge=0, le=60_000)
    token_seconds: int = Field(default=300, ge=1, le=3600)
    phone: bool = True

    @validator("fault")
    def known(cls, value: str | None) -> str | None:
        if value and value not in NAMES:
            raise ValueError(f"{value!r} is no fault; there are: {', '.join(NAMES)}")
        return value or None


class Register:
    """Samples, overlaid with what was changed. Safe to use from many threads; raises OSError where it cannot write."""

    def __init__(self, samples: Mapping[str, Sample], file: Path, today: Callable[[], date]) -> None:
        self._samples, self._file, self._today = samples, file, today
        self._templates = tuple(samples.values())
        self._lock = threading.Lock()
        self._changed, self.switches = self._kept()

    def find(self, code: str) -> Sample | None:
        """The dossier of this very code, None where there is none."""
        return self._changed.get(code) or self._samples.get(code) or generated(code, self._templates, self._today())

    def all(self) -> list[Sample]:
        """The samples, then the generated ones that were changed."""
        return [self._changed.get(code, sample) for code, sample in self._samples.items()] + [
            sample for code, sample in self._changed.items() if code not in self._samples
        ]

    def change(self, codes: Iterable[str], move: Callable[[Sample], Sample]) -> list[Sample]:
        """Moves these dossiers and keeps them. Raises KeyError for a code without one; then nothing has changed."""
        with self._lock:
            moved = {}
            for code in codes:
                sample = self.find(code)
                if sample is None:
                    raise KeyError(code)
                moved[code] = move(sample)
            self._keep({**self._changed, **moved}, self.switches)
            return list(moved.values())

    def switch(self, changes: Mapping[str, Any]) -> Switches:
        """Sets some switches and keeps them. Raises ValidationError (a ValueError)."""
        with self._lock:
            self._keep(self._changed, Switches.parse_obj({**self.switches.dict(), **changes}))
            return self.switches

    def reset(self) -> None:
        """As the file of samples has it, every fault off."""
        with self._lock:
            self._keep({}, Switches())

    def _keep(self, changed: dict[str, Sample], switches: Switches) -> None:
        content = {"dossiers": [as_kept(sample) for sample in changed.values()], "switches": switches.dict()}
        self._file.parent.mkdir(parents=True, exist_ok=True)
        half = self._file.with_suffix(".new")
        half.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
        os.replace(half, self._file)
        self._changed, self.switches = changed, switches

    def _kept(self) -> tuple[dict[str, Sample], Switches]:
        try:
            content = json.loads(self._file.read_text(encoding="utf-8"))
            changed = [Sample.parse_obj(entry) for entry in content["dossiers"]]
            return {sample.code: sample for sample in changed}, Switches.parse_obj(content["switches"])
        except FileNotFoundError:
            pass
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("%s cannot be read (%s); the samples stand as they are shipped", self._file, error)
        return {}, Switches()
