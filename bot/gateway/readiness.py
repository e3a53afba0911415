"""Whether each part works now, for whoever watches over the service: ``/readyz``."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps

import requests
from django.db import DatabaseError, InterfaceError, connection
from django.db.models import Max
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from bot import settings
from bot.gateway.inbox import WAKE
from bot.gateway.models import ChannelSwitch, InboxMessage, ZaloToken
from bot.gateway.rasa_client import RasaClient
from bot.settings import Settings

UP, DOWN, OFF, ALARM, ABSENT = "up", "down", "off", "alarm", "not set up"
NEEDED = ("database", "rasa", "actions", "worker", "jobs")
"""Without one of these the service does not do its work; what else is wrong is for a person to look at."""
FORWARDED = ("X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Forwarded", "Via")
LOOPBACK = ("127.0.0.1", "::1")
PATIENCE_SECONDS = 3.0
LISTENS = "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE query = %s)"
"""A worker holds a connection that listens as long as it lives; killed, it loses it at once."""
JOBS_ALIVE = "SELECT EXISTS (SELECT 1 FROM procrastinate_workers WHERE last_heartbeat > now() - interval '1 minute')"
MORNING, EVENING = 7, 21
"""Hours between which somebody always writes."""
View = Callable[[HttpRequest], HttpResponse]


def for_operators(view: View) -> View:
    """Only from this machine itself, or with the operator's token; to everybody else there is nothing here."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        direct = not any(name in request.headers for name in FORWARDED)
        if not (direct and request.META.get("REMOTE_ADDR") in LOOPBACK) and not _has_token(request):
            raise Http404
        return view(request)

    return guarded


def _has_token(request: HttpRequest) -> bool:
    ours = settings.load().metrics_token
    given = request.headers.get("Authorization", "")
    return bool(ours) and hmac.compare_digest(given.encode(errors="replace"), f"Bearer {ours}".encode())


@for_operators
@require_GET
def readyz(request: HttpRequest) -> HttpResponse:
    """Every part by its name: 200 where all that is needed works, else 503. Alarms are told, and are no outage."""
    found = parts(settings.load())
    ready = all(found[name] == UP for name in NEEDED)
    return JsonResponse(found, status=200 if ready else 503)


def parts(known: Settings) -> dict[str, str]:
    """The state of every part; what the database knows is ``down`` while it is away. Takes at most a few seconds."""
    found = {"rasa": _word(RasaClient(known.rasa_url, PATIENCE_SECONDS).ready()), "actions": _word(_actions(known))}
    try:
        found |= {"database": UP, "worker": _word(_asks(LISTENS, f"LISTEN {WAKE}")), "jobs": _word(_asks(JOBS_ALIVE))}
        found |= {f"channel:{channel}": state for channel, state in channels(known).items()}
    except (DatabaseError, InterfaceError):
        found |= dict.fromkeys(("database", "worker", "jobs"), DOWN)
    return found


def channels(known: Settings) -> dict[str, str]:
    """Every channel: up, switched off, not set up, or with an alarm: it is silent by day, or its token is refused."""
    set_up = {"web": True, "zalo": bool(known.zalo.oa_id), "telegram": bool(known.telegram.token)}
    off = set(ChannelSwitch.objects.filter(off_since__isnull=False).values_list("channel", flat=True))
    now = timezone.now()
    out = {}
    for channel, there in set_up.items():
        alarm = channel != "web" and (silent(channel, known, now) or (channel == "zalo" and token_alarm(known)))
        out[channel] = ABSENT if not there else OFF if channel in off else ALARM if alarm else UP
    return out


def last_message(channel: str) -> datetime | None:
    """When somebody wrote last; None where nobody has since the nightly job forgot it."""
    rows = InboxMessage.objects.filter(conversation__channel=channel)
    last: datetime | None = rows.aggregate(last=Max("received_at"))["last"]
    return last


def silent(channel: str, known: Settings, now: datetime) -> bool:
    """True where by day nobody has written for so long that the messenger may have switched our webhook off."""
    here = now.astimezone(settings.TIME_ZONE)
    if not MORNING <= here.hour < EVENING:
        return False
    morning = here.replace(hour=MORNING, minute=0, second=0, microsecond=0)
    since = max(last_message(channel) or morning, morning)
    return now - since > timedelta(seconds=known.silence_seconds)


def token_alarm(known: Settings) -> bool:
    """True where a person must sign in at Zalo."""
    row = ZaloToken.objects.filter(pk=known.zalo.oa_id).first()
    return row is None or bool(row.alarm) or row.expires_at <= timezone.now()


def _actions(known: Settings) -> bool:
    try:
        with requests.Session() as session:
            session.trust_env = False  # loopback never goes through a proxy
            return session.get(known.actions_url.removesuffix("/webhook") + "/health", timeout=PATIENCE_SECONDS).ok
    except requests.RequestException:
        return False


def _asks(query: str, *values: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        row: tuple[bool] | None = cursor.fetchone()
    return row == (True,)


def _word(works: bool) -> str:
    return UP if works else DOWN
