"""Training: only when what is learned from has changed; the model carries the hash of it in its name."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bot import settings

DATA_FOLDERS = ("nlu", "rules", "stories", "responses")
LEARNED_FROM = ("nlu_data/nlu", "nlu_data/rules", "nlu_data/stories", "nlu_data/lexicon", "bot/nlu", "bot/language")
LEARNED_FROM_FILES = ("config.yml", "domain.yml", "requirements.txt")
KEEP_MODELS = 3


class TrainingFailed(RuntimeError):
    """``rasa train`` ended without a model; its own output says why."""


def rasa_environment() -> dict[str, str]:
    """What every Rasa process of ours runs with: no telemetry, no TensorFlow chatter, our components importable."""
    return {
        **os.environ,
        "PYTHONPATH": str(settings.HOME),
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "CUDA_VISIBLE_DEVICES": "-1",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "PYTHONWARNINGS": "ignore",
    }


def tool(name: str) -> str:
    """The path of a command of this environment."""
    return str(Path(sys.executable).parent / name)


def _learned_from() -> Iterator[Path]:
    for folder in LEARNED_FROM:
        yield from (f for f in sorted((settings.HOME / folder).rglob("*")) if f.suffix in (".yml", ".py"))
    yield from (settings.HOME / name for name in LEARNED_FROM_FILES)


def data_hash() -> str:
    """A hash over everything the model is learned from."""
    digest = hashlib.sha256()
    for file in _learned_from():
        digest.update(str(file.relative_to(settings.HOME)).encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def model_path() -> Path:
    """Where the model of the present data lies, or will lie."""
    return settings.load().models / f"motcua-{data_hash()}.tar.gz"


def train_command(model: Path) -> list[str]:
    """The plain ``rasa train`` that anybody can run by hand."""
    data = [f"nlu_data/{name}" for name in DATA_FOLDERS]
    return [
        tool("rasa"), "train", "--data", *data, "--out", str(model.parent),
        "--fixed-model-name", model.name.removesuffix(".tar.gz"),
    ]  # fmt: skip


def train(force: bool = False) -> Path:
    """The model of the present data, trained if there is none yet. Raises TrainingFailed."""
    model = model_path()
    if model.exists() and not force:
        return model
    model.parent.mkdir(parents=True, exist_ok=True)
    # stdout holds only a command's result: what Rasa tells of its training goes to stderr
    done = subprocess.run(
        train_command(model), cwd=settings.HOME, env=rasa_environment(), stdout=sys.stderr, check=False
    )
    if done.returncode or not model.exists():
        raise TrainingFailed(f"rasa train ended with {done.returncode} and left no model; see its output above")
    for old in sorted(model.parent.glob("motcua-*.tar.gz"), key=lambda f: f.stat().st_mtime)[:-KEEP_MODELS]:
        old.unlink()
    return model
