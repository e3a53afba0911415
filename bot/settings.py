"""Settings: read once from the environment, typed, never changed afterwards.

Every name begins with ``MOTCUA_`` but for ``DATABASE_URL``, which is what hosts everywhere call it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

HOME = Path(__file__).resolve().parent.parent
"""The checkout: where ``nlu_data/``, ``config.yml`` and ``domain.yml`` lie."""

TIME_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


class SettingError(ValueError):
    """A setting in the environment that cannot be used; says which, what it holds and what it takes."""


def _day(name: str) -> date | None:
    raw = os.environ.get(name, "").strip()
    if not raw:
        return None
    try:
        return date.fromisoformat(raw)
    except ValueError:
        raise SettingError(f"{name}={raw!r} is not a day; write it as 2027-01-31") from None


def _number(name: str, default: float) -> float:
    raw = os.environ.get(name, "").strip()
    if not raw:
        return default
    try:
        value = float(raw)
    except ValueError:
        raise SettingError(f"{name}={raw!r} is not a number; the default is {default:g}") from None
    if value <= 0:
        raise SettingError(f"{name}={raw!r} must be above 0; the default is {default:g}")
    return value


def _path(name: str, default: Path) -> Path:
    raw = os.environ.get(name, "").strip()
    return Path(raw).resolve() if raw else default


def _url(name: str, default: str) -> str:
    raw = os.environ.get(name, "").strip() or default
    if not raw.startswith(("http://", "https://")):
        raise SettingError(f"{name}={raw!r} is not a web address; the default is {default}")
    return raw.rstrip("/")


@dataclass(frozen=True)
class Settings:
    """What may differ from one machine to another.

    ``today`` is the fixed day of tests and evaluations, None on a running service.
    ``*_seconds`` are seconds.
    """

    data: Path = field(default_factory=lambda: _path("MOTCUA_DATA", HOME / "nlu_data"))
    var: Path = field(default_factory=lambda: _path("MOTCUA_VAR", HOME / "var"))
    models: Path = field(default_factory=lambda: _path("MOTCUA_MODELS", HOME / "models"))
    database_url: str = field(default_factory=lambda: os.environ.get("DATABASE_URL", ""))
    fixed_today: date | None = field(default_factory=lambda: _day("MOTCUA_TODAY"))
    rasa_url: str = field(default_factory=lambda: os.environ.get("MOTCUA_RASA_URL", "http://127.0.0.1:5005"))
    rasa_timeout_seconds: float = field(default_factory=lambda: _number("MOTCUA_RASA_TIMEOUT", 15))
    catalogue_url: str = field(default_factory=lambda: _url("MOTCUA_CATALOGUE_URL", "https://dichvucong.gov.vn"))
    catalogue_check_seconds: float = field(default_factory=lambda: _number("MOTCUA_CATALOGUE_CHECK", 2))
    worker_threads: int = field(default_factory=lambda: int(_number("MOTCUA_WORKER_THREADS", 4)))


def load() -> Settings:
    """The settings as the environment gives them now. Raises SettingError."""
    return Settings()


def today() -> date:
    """The day in Viet Nam, or the one that ``MOTCUA_TODAY`` fixes. Raises SettingError."""
    return _day("MOTCUA_TODAY") or datetime.now(TIME_ZONE).date()
