"""Settings: read once from the environment, typed, never changed afterwards.

Every name begins with ``MOTCUA_`` but for ``DATABASE_URL``, which is what hosts everywhere call it.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

HOME = Path(__file__).resolve().parent.parent
"""The checkout: where ``nlu_data/``, ``config.yml`` and ``domain.yml`` lie."""

TIME_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
PORTALS = ("igate", "ngsp", "manual")
FOLLOWING_SHARE = 0.8
"""Of the requests a second that the portal gets from us: what following takes at most; conversations have the rest."""


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


def _folder(name: str) -> Path | None:
    raw = os.environ.get(name, "").strip()
    return Path(raw).resolve() if raw else None


def _url(name: str, default: str) -> str:
    raw = os.environ.get(name, "").strip() or default
    if not raw.startswith(("http://", "https://")):
        raise SettingError(f"{name}={raw!r} is not a web address; the default is {default}")
    return raw.rstrip("/")


def _one_of(name: str, allowed: tuple[str, ...]) -> str:
    raw = os.environ.get(name, "").strip().lower() or allowed[0]
    if raw not in allowed:
        raise SettingError(f"{name}={raw!r} is none of {', '.join(allowed)}; the default is {allowed[0]}")
    return raw


def _portal() -> str:
    return _one_of("MOTCUA_PORTAL", PORTALS)


def _secure_url(name: str, default: str) -> str:
    """An address that carries secrets and personal data: https, but on this machine."""
    url = _url(name, default)
    if url.startswith("http://") and urlsplit(url).hostname not in ("127.0.0.1", "localhost", "::1"):
        raise SettingError(f"{name}={url!r} is not encrypted; write https://")
    return url


def _portal_url() -> str:
    """The stand-in's address where none is given."""
    return _secure_url("MOTCUA_PORTAL_URL", "http://127.0.0.1:8071" + ("/ngsp" if _portal() == "ngsp" else ""))


def _portal_token_url() -> str:
    """Beside the portal where none is given."""
    path = "/auth" if _portal() == "ngsp" else "/auth/realms/digo/protocol/openid-connect/token"
    return _secure_url("MOTCUA_PORTAL_TOKEN_URL", _portal_url() + path)


def _switch(name: str, default: bool) -> bool:
    return _one_of(name, ("on", "off") if default else ("off", "on")) == "on"


def _text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


@dataclass(frozen=True)
class ZaloSettings:
    """A Zalo Official Account; without ``oa_id`` the channel is off. Two different secrets: the application's signs
    us in, the account's signs what Zalo sends.

    ``buttons``: off sends numbered lists only; ``verifier``: the fixed PKCE verifier whose challenge is saved in
    Zalo's console, empty where each sign-in makes its own; ``template``: the approved message for news after the
    window, empty for none; ``media_hosts``: where photos and voice may be fetched from, by ending.
    """

    app_id: str = field(default_factory=lambda: _text("MOTCUA_ZALO_APP_ID"))
    app_secret: str = field(default_factory=lambda: _text("MOTCUA_ZALO_APP_SECRET"), repr=False)
    oa_id: str = field(default_factory=lambda: _text("MOTCUA_ZALO_OA_ID"))
    oa_secret: str = field(default_factory=lambda: _text("MOTCUA_ZALO_OA_SECRET"), repr=False)
    api_url: str = field(default_factory=lambda: _secure_url("MOTCUA_ZALO_API", "https://openapi.zalo.me"))
    oauth_url: str = field(default_factory=lambda: _secure_url("MOTCUA_ZALO_OAUTH", "https://oauth.zaloapp.com"))
    redirect_url: str = field(default_factory=lambda: _text("MOTCUA_ZALO_REDIRECT"))
    verifier: str = field(default_factory=lambda: _text("MOTCUA_ZALO_VERIFIER"), repr=False)
    buttons: bool = field(default_factory=lambda: _switch("MOTCUA_ZALO_BUTTONS", True))
    proof: bool = field(default_factory=lambda: _switch("MOTCUA_ZALO_PROOF", False))
    oa_mac: bool = field(default_factory=lambda: _switch("MOTCUA_ZALO_OA_MAC", False))
    template: str = field(default_factory=lambda: _text("MOTCUA_ZALO_TEMPLATE"))
    site_code: str = field(default_factory=lambda: _text("MOTCUA_ZALO_SITE_CODE"))
    media_hosts: tuple[str, ...] = field(
        default_factory=lambda: tuple(_text("MOTCUA_ZALO_MEDIA_HOSTS", "zdn.vn zadn.vn").split())
    )


@dataclass(frozen=True)
class TelegramSettings:
    """A Telegram bot; without ``token`` the channel is off.

    ``secret`` stands in the header of every webhook call (1-256 of ``A-Za-z0-9_-``); without it the bot polls, as on a
    laptop. ``proxy``: for calls out of a network that does not reach Telegram. ``pace_seconds``: between two messages
    of a chat; Telegram refuses more than one a second for long.
    """

    token: str = field(default_factory=lambda: _text("MOTCUA_TELEGRAM_TOKEN"), repr=False)
    secret: str = field(default_factory=lambda: _text("MOTCUA_TELEGRAM_SECRET"), repr=False)
    api_url: str = field(default_factory=lambda: _secure_url("MOTCUA_TELEGRAM_API", "https://api.telegram.org"))
    proxy: str = field(default_factory=lambda: _text("MOTCUA_TELEGRAM_PROXY"), repr=False)
    pace_seconds: float = field(default_factory=lambda: _number("MOTCUA_TELEGRAM_PACE_SECONDS", 1.0))


@dataclass(frozen=True)
class Settings:
    """What may differ from one machine to another.

    ``today`` is the fixed day of tests and evaluations, None on a running service.
    ``*_seconds`` are seconds. ``most_waiting``: messages of one messenger conversation that may wait to be worked out.
    """

    data: Path = field(default_factory=lambda: _path("MOTCUA_DATA", HOME / "nlu_data"))
    var: Path = field(default_factory=lambda: _path("MOTCUA_VAR", HOME / "var"))
    models: Path = field(default_factory=lambda: _path("MOTCUA_MODELS", HOME / "models"))
    database_url: str = field(default_factory=lambda: os.environ.get("DATABASE_URL", ""))
    fixed_today: date | None = field(default_factory=lambda: _day("MOTCUA_TODAY"))
    rasa_url: str = field(default_factory=lambda: os.environ.get("MOTCUA_RASA_URL", "http://127.0.0.1:5005"))
    actions_url: str = field(default_factory=lambda: _url("MOTCUA_ACTIONS_URL", "http://127.0.0.1:5055/webhook"))
    rasa_timeout_seconds: float = field(default_factory=lambda: _number("MOTCUA_RASA_TIMEOUT", 15))
    catalogue_url: str = field(default_factory=lambda: _url("MOTCUA_CATALOGUE_URL", "https://dichvucong.gov.vn"))
    catalogue_check_seconds: float = field(default_factory=lambda: _number("MOTCUA_CATALOGUE_CHECK", 0.5))
    worker_threads: int = field(default_factory=lambda: int(_number("MOTCUA_WORKER_THREADS", 4)))
    most_waiting: int = field(default_factory=lambda: int(_number("MOTCUA_MOST_WAITING", 20)))
    portal: str = field(default_factory=_portal)
    portal_has_phone: bool = field(default_factory=lambda: _one_of("MOTCUA_PORTAL_PHONE", ("yes", "no")) == "yes")
    portal_url: str = field(default_factory=_portal_url)
    portal_token_url: str = field(default_factory=_portal_token_url)
    portal_client: str = field(default_factory=lambda: os.environ.get("MOTCUA_PORTAL_CLIENT", "motcua"))
    portal_secret: str = field(default_factory=lambda: os.environ.get("MOTCUA_PORTAL_SECRET", "sample"), repr=False)
    portal_unit: str = field(default_factory=lambda: os.environ.get("MOTCUA_PORTAL_UNIT", "H19"))
    portal_dstcode: str = field(default_factory=lambda: os.environ.get("MOTCUA_PORTAL_DSTCODE", "VN:GOV:H19:motcua"))
    portal_a_second: float = field(default_factory=lambda: _number("MOTCUA_PORTAL_A_SECOND", 45))
    portal_cache_seconds: float = field(default_factory=lambda: _number("MOTCUA_PORTAL_CACHE", 300))
    portal_failures: int = field(default_factory=lambda: int(_number("MOTCUA_PORTAL_FAILURES", 5)))
    follow_seconds: float = field(default_factory=lambda: _number("MOTCUA_FOLLOW_SECONDS", 3600))
    portal_rest_seconds: float = field(default_factory=lambda: _number("MOTCUA_PORTAL_REST", 30))
    operator: str = field(default_factory=lambda: _text("MOTCUA_OPERATOR", "đơn vị quản lý kênh này"))
    metrics_token: str = field(default_factory=lambda: _text("MOTCUA_METRICS_TOKEN"), repr=False)
    log: str = field(default_factory=lambda: _one_of("MOTCUA_LOG", ("line", "json")))
    silence_seconds: float = field(default_factory=lambda: _number("MOTCUA_SILENCE_SECONDS", 3 * 3600))
    zalo: ZaloSettings = field(default_factory=ZaloSettings)
    telegram: TelegramSettings = field(default_factory=TelegramSettings)
    speech_model: Path | None = field(default_factory=lambda: _folder("MOTCUA_SPEECH_MODEL"))

    @property
    def portal_can_verify(self) -> bool:
        """Whether anybody can be shown to be the right person: a system is connected, and its replies hold a phone."""
        return self.portal != "manual" and self.portal_has_phone


def load() -> Settings:
    """The settings as the environment gives them now. Raises SettingError."""
    return Settings()


def today() -> date:
    """The day in Viet Nam, or the one that ``MOTCUA_TODAY`` fixes. Raises SettingError."""
    return _day("MOTCUA_TODAY") or datetime.now(TIME_ZONE).date()


def now() -> datetime:
    """The moment in Viet Nam, on the day that ``MOTCUA_TODAY`` fixes if it does. Raises SettingError."""
    return datetime.combine(today(), datetime.now(TIME_ZONE).timetz())


def secret_key(file: Path) -> str:
    """The installation's secret: from the environment, else from the file, made whole and readable to us only."""
    if given := os.environ.get("MOTCUA_SECRET_KEY", ""):
        return given
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor, draft = tempfile.mkstemp(dir=file.parent)  # mode 600
        with os.fdopen(descriptor, "w") as out:
            out.write(secrets.token_urlsafe(64))
        try:
            os.link(draft, file)  # of two processes that start together, one wins and both read its key
        except FileExistsError:
            pass
        finally:
            os.unlink(draft)
    return file.read_text().strip()
