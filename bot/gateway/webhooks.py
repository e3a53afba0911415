"""What messengers call: told apart from forgeries, stored once, answered at once. Nothing is worked out here.

Zalo hears 200 to everything but a database that is away: whatever else it hears it tries again, five times within two
hours, and then switches the webhook off until somebody switches it on by hand. Its console even wants 200 to a call
without a signature. A database that is away is worth those tries: the message would be lost otherwise, and the ladder
(30 s, 5, 15, 30 minutes, 1 hour) outlasts any restart of ours.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable

from django.db import DataError, Error, IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from bot import settings
from bot.channels.base import Incoming
from bot.channels.telegram import updates
from bot.channels.zalo import events, signature
from bot.gateway import inbox, messengers
from bot.gateway.counters import count

logger = logging.getLogger(__name__)

OK, FORBIDDEN, UNAVAILABLE = 200, 403, 503
MOST_BYTES = 1024 * 1024
PAGE = '<!doctype html><meta name="zalo-platform-site-verification" content="{}"><title>Zalo</title>'


@csrf_exempt
@require_POST
def zalo(request: HttpRequest) -> HttpResponse:
    """Every event of the Official Account."""
    count("webhook_received", channel="zalo")
    if request.headers.get("num_retry", "0").strip() not in ("", "0"):
        count("webhook_retries", channel="zalo")
    return HttpResponse(status=_guarded("zalo", lambda: _zalo(request)))


@csrf_exempt
@require_POST
def telegram(request: HttpRequest) -> HttpResponse:
    """Every update of the bot. A wrong secret is told: Telegram would never send one."""
    known = settings.load().telegram
    count("webhook_received", channel="telegram")
    if not updates.secret_is_right(request.headers.get("X-Telegram-Bot-Api-Secret-Token"), known):
        count("webhook_bad_signature", channel="telegram", why="wrong")
        return HttpResponse(status=FORBIDDEN)
    return HttpResponse(status=_guarded("telegram", lambda: _telegram(request)))


@require_GET
def zalo_verifier(request: HttpRequest, code: str) -> HttpResponse:
    """The file by which Zalo sees that the domain is ours. Raises Http404 for any other code."""
    ours = settings.load().zalo.site_code
    if not ours or not hmac.compare_digest(code.encode(), ours.encode()):
        raise Http404
    return HttpResponse(format_html(PAGE, ours))


def _guarded(channel: str, take: Callable[[], None]) -> int:
    """Takes a call and gives the status to answer with: 503 for a database that is away, else 200 whatever came."""
    try:
        take()
    except (DataError, IntegrityError) as error:  # the same call would fail the same way each time
        _drop(channel, type(error).__name__)
    except Error as error:
        logger.error("%s: the database failed: %s", channel, type(error).__name__)
        count("webhook_unavailable", channel=channel)
        return UNAVAILABLE
    except (events.EventError, updates.UpdateError, inbox.InboxError) as error:  # whose words hold nothing of the call
        _drop(channel, type(error).__name__, str(error))
    except Exception as error:  # noqa: BLE001  # boundary to a messenger: tried again, it would fail again
        _drop(channel, type(error).__name__)
    return OK


def _drop(channel: str, why: str, detail: str = "") -> None:
    logger.warning("%s: a call was dropped: %s %s", channel, why, detail)
    count("webhook_dropped", channel=channel, why=why)


def _zalo(request: HttpRequest) -> None:
    known = settings.load().zalo
    raw, given = _raw(request), request.headers.get("X-ZEvent-Signature", "")
    if raw is None:
        return _drop("zalo", "too_large")
    variant = signature.verify(raw, given, known)
    if variant is None:
        return count("webhook_bad_signature", channel="zalo", why="wrong" if given else "missing")
    count("webhook_signed", channel="zalo", variant=variant.value)
    _take("zalo", events.read(raw, known.oa_id, timezone.now()))


def _telegram(request: HttpRequest) -> None:
    raw = _raw(request)
    if raw is None:
        return _drop("telegram", "too_large")
    _take_update(raw)


def take_update_safely(raw: bytes) -> int:
    """One update that polling brought; the status that a webhook would be answered with."""
    count("webhook_received", channel="telegram")
    return _guarded("telegram", lambda: _take_update(raw))


def _take_update(raw: bytes) -> None:
    update = updates.read(raw)
    if isinstance(update, updates.GroupRefused):
        messengers.refuse_group(update.chat_id)
        count("webhook_told", channel="telegram", event="group")
    else:
        _take("telegram", update)


def _take(channel: str, event: Incoming | events.Told | updates.Told) -> None:
    """Stores what a citizen did; what is only told is counted."""
    if not isinstance(event, Incoming):
        return count("webhook_told", channel=channel, event=event.name)
    accepted = inbox.accept(channel, event)
    if not accepted.new:
        count("webhook_duplicates", channel=channel)
    elif not accepted.inbox_id:
        _drop(channel, "not_stored")
    else:
        count("webhook_accepted", channel=channel, kind=event.kind.value)


def _raw(request: HttpRequest) -> bytes | None:
    """The body exactly as it came; None for more than ``MOST_BYTES``, which are not read."""
    if int(request.headers.get("Content-Length") or 0) > MOST_BYTES:
        return None
    raw = request.read(MOST_BYTES + 1)
    return raw if len(raw) <= MOST_BYTES else None
