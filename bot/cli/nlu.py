"""NLU models to be compared: trained by the plain ``rasa train nlu``, asked in a process of their own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot import settings
from bot.cli.training import TrainingFailed, rasa_environment, tool


@dataclass(frozen=True)
class Heard:
    """What a model made of messages, in their order; None where it heard nothing."""

    intents: list[str | None]
    milliseconds: list[float]


class HearingFailed(RuntimeError):
    """A model could not be asked; its own words say why."""


def train(config: Path, data: Path, model: Path) -> float:
    """Trains a model from nothing, no cache. The seconds it took, from start to model. Raises TrainingFailed."""
    model.parent.mkdir(parents=True, exist_ok=True)
    command = [
        tool("rasa"), "train", "nlu", "--config", str(config), "--nlu", str(data), "--out", str(model.parent),
        "--fixed-model-name", model.name.removesuffix(".tar.gz"),
    ]  # fmt: skip
    began = time.monotonic()
    environment = {**rasa_environment(), "RASA_MAX_CACHE_SIZE": "0"}  # a cached part would cost no time
    done = subprocess.run(command, cwd=settings.HOME, env=environment, stdout=sys.stderr, check=False)
    seconds = time.monotonic() - began
    if done.returncode or not model.exists():
        raise TrainingFailed(f"rasa train nlu ended with {done.returncode} and left no model; see its output above")
    return seconds


def hear(model: Path, texts: Sequence[str], environment: Mapping[str, str] | None = None) -> Heard:
    """Has a model read messages, in a process of its own, one after the other. Raises HearingFailed."""
    command = [sys.executable, "-m", "bot.nlu.timing", str(model)]
    lines = "\n".join(" ".join(text.split()) for text in texts)
    done = subprocess.run(
        command, input=lines, capture_output=True, text=True, cwd=settings.HOME, check=False,
        env={**rasa_environment(), **(environment or {})},
    )  # fmt: skip
    if done.returncode:
        raise HearingFailed(f"{model.name} could not be asked:\n{done.stderr.strip()[-2000:]}")
    told = json.loads(done.stdout)
    if len(told["intents"]) != len(texts):
        raise HearingFailed(f"{model.name} was asked {len(texts)} messages and heard {len(told['intents'])}")
    return Heard(told["intents"], told["milliseconds"])
