"""The web chat's server side: a page, messages in and out, feedback. A browser is known by a signed cookie."""

from __future__ import annotations

import functools
import json
import logging
import re
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core import signing
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bot import settings
from bot.catalogue.phrases import Phrases
from bot.gateway import inbox
from bot.gateway.feedback import JUDGED, VALUES, note
from bot.gateway.models import Conversation, InboxMessage, OutboxMessage, Turn
from bot.gateway.rasa_client import RasaClient
from bot.gateway.switches import told_while_off
from bot.portal.photo import MOST_BYTES, PhotoOutcome, read_receipt, sentence

COOKIE, SALT = "motcua_chat", "web chat"
COOKIE_SECONDS = 180 * 24 * 3600
HISTORY = 200
LONGEST_BODY = 64 * 1024
MOST_WAITING = 5
PHOTOS_AT_ONCE, PHOTO_PATIENCE_SECONDS = threading.BoundedSemaphore(2), 10
"""A photo decoded takes up to 100 MB."""
CURSOR = re.compile(r"[0-9]{1,18}(?:\.[0-9]{1,18})?")
MESSAGE_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
View = Callable[[HttpRequest], HttpResponse]
logger = logging.getLogger(__name__)


class ContentPolicy:
    """Nothing from elsewhere and nothing inline runs on our pages."""

    def __init__(self, get_response: View) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        return response


@functools.cache
def _phrases(data: Path) -> Phrases:
    return Phrases.load(data / "responses")


def _refused(status: int, phrase: str) -> JsonResponse:
    return JsonResponse({"error": _phrases(settings.load().data).say(phrase)}, status=status)


def _key(request: HttpRequest) -> str | None:
    """The conversation key of this browser, None where its cookie is missing or forged."""
    try:
        return str(signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT))
    except signing.BadSignature:
        return None


def _conversation(request: HttpRequest) -> Conversation | None:
    key = _key(request)
    return Conversation.objects.filter(channel="web", key=key).first() if key else None


def _needs_database(view: View) -> View:
    """A database that is away is told as such: the page keeps the message and sends it again under the same id."""

    @functools.wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        try:
            return view(request)
        except DatabaseError as error:
            logger.error("the database failed: %s", type(error).__name__)
            return _refused(503, "utter_unavailable")

    return guarded


@require_GET
@ensure_csrf_cookie
def page(request: HttpRequest) -> HttpResponse:
    """The chat page; a new browser gets its conversation's cookie here."""
    try:
        off = told_while_off("web")
    except DatabaseError:
        off = ""  # the page still opens, and keeps what is typed until the database is back
    context = {"zalo_site_code": settings.load().zalo.site_code, "off": off}
    response = render(request, "gateway/chat.html", context)
    if _key(request) is None:
        value = signing.dumps(secrets.token_urlsafe(24), salt=SALT)
        response.set_cookie(
            COOKIE, value, max_age=COOKIE_SECONDS, httponly=True, samesite="Lax", secure=request.is_secure()
        )
    response.headers["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "POST"])
@_needs_database
def messages(request: HttpRequest) -> HttpResponse:
    """POST takes a message, GET gives what the page has not seen."""
    if request.method == "POST":
        return _accept(request)
    return _history(request)


def _body(request: HttpRequest) -> dict[str, Any] | None:
    try:
        content = json.loads(request.body)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _accept(request: HttpRequest) -> HttpResponse:
    key = _key(request)
    if int(request.headers.get("Content-Length") or 0) > LONGEST_BODY:
        return _refused(413, "utter_too_large")
    body = _body(request)
    message_id = body.get("id") if body else None
    if key is None or body is None or not isinstance(message_id, str) or not MESSAGE_ID.fullmatch(message_id):
        return _refused(400, "utter_bad_request")
    conversation = inbox.conversation_of("web", key)
    waiting = conversation.inbox.filter(state=InboxMessage.State.WAITING).exclude(message_id=message_id).count()
    if waiting >= MOST_WAITING:
        return _refused(429, "utter_too_fast")
    try:
        if isinstance(body.get("button"), str):
            inbox.accept_button(conversation, message_id, body["button"])
        elif isinstance(body.get("text"), str):
            inbox.accept_text(conversation, message_id, body["text"])
        else:
            return _refused(400, "utter_bad_request")
    except inbox.InboxError:
        return _refused(400, "utter_bad_button")
    return JsonResponse({"id": message_id}, status=202)


@require_POST
@_needs_database
def photo(request: HttpRequest) -> HttpResponse:
    """A photo of a receipt, as the body itself: a code on it is accepted as if it had been typed (202, like a message).

    Without a code the answer says why (200, ``reply``). The image is read here and now, and kept nowhere.
    """
    key, message_id = _key(request), request.headers.get("X-Message-Id", "")
    if key is None or not MESSAGE_ID.fullmatch(message_id):
        return _refused(400, "utter_bad_request")
    conversation = inbox.conversation_of("web", key)
    if conversation.inbox.filter(state=InboxMessage.State.WAITING).count() >= MOST_WAITING:
        return _refused(429, "utter_too_fast")
    if not PHOTOS_AT_ONCE.acquire(timeout=PHOTO_PATIENCE_SECONDS):
        return _refused(429, "utter_unavailable")
    try:
        reading = read_receipt(request.read(MOST_BYTES + 1))  # not ``body``, which may be no longer than a message
    finally:
        PHOTOS_AT_ONCE.release()
    if reading.outcome is not PhotoOutcome.CODES:
        return JsonResponse({"reply": sentence(_phrases(settings.load().data), reading.outcome)})
    inbox.accept_text(conversation, message_id, " ".join(["tra cứu", *reading.codes]))
    return JsonResponse({"id": message_id}, status=202)


@dataclass(frozen=True)
class Cursor:
    """How far a page has seen a conversation: the last message whose turn it saw whole, and the last news."""

    message: int = 0
    news: int = 0

    @classmethod
    def read(cls, text: str) -> Cursor:
        """From ``12`` or ``12.34``; anything else is the beginning."""
        return cls(*map(int, text.split("."))) if CURSOR.fullmatch(text) else cls()

    def __str__(self) -> str:
        return f"{self.message}.{self.news}"


def _history(request: HttpRequest) -> HttpResponse:
    """Messages in the order of the conversation, each followed by its replies; news where they came in between.

    ``after`` is the cursor of what was seen last. One conversation's turns are written in order, and so are its news:
    what comes later in time never comes earlier in either order.
    """
    conversation = _conversation(request)
    if conversation is None:
        return JsonResponse({"messages": [], "waiting": False})
    seen = Cursor.read(request.GET.get("after", ""))
    rows = conversation.inbox.filter(id__gt=seen.message).select_related("turn").prefetch_related("turn__replies")
    rows = rows.exclude(state=InboxMessage.State.DONE, text="", turn=None)  # forgotten: only its id is left
    news = conversation.outbox.filter(id__gt=seen.news, turn=None)
    newest: list[InboxMessage | OutboxMessage] = [*rows.order_by("-id")[:HISTORY], *news.order_by("-id")[:HISTORY]]
    shown: list[dict[str, Any]] = []
    for row in sorted(newest, key=_moment):
        if isinstance(row, InboxMessage):
            seen = replace(seen, message=row.pk) if hasattr(row, "turn") else seen
            shown += _as_shown(row, seen)
        else:
            seen = replace(seen, news=row.pk)
            shown.append(_reply(row, None, seen, last=False))
    waiting = any(isinstance(row, InboxMessage) and row.state == InboxMessage.State.WAITING for row in newest)
    return JsonResponse({"messages": shown, "waiting": waiting})


def _moment(row: InboxMessage | OutboxMessage) -> tuple[datetime, int]:
    return (row.received_at if isinstance(row, InboxMessage) else row.created_at, row.pk)


def _as_shown(row: InboxMessage, cursor: Cursor) -> list[dict[str, Any]]:
    turn: Turn | None = getattr(row, "turn", None)
    said: dict[str, Any] = {
        "cursor": str(cursor) if turn else "", "id": row.message_id, "from": "citizen", "text": row.text,
        "buttons": [], "turn": None, "feedback": None, "at": row.received_at.isoformat(),
    }  # fmt: skip
    if turn is None:
        return [said]
    replies = sorted(turn.replies.all(), key=lambda r: r.position)
    return [said, *(_reply(reply, turn, cursor, last=reply is replies[-1]) for reply in replies)]


def _reply(reply: OutboxMessage, turn: Turn | None, cursor: Cursor, last: bool) -> dict[str, Any]:
    judged = turn if turn and last and turn.status in JUDGED else None
    return {
        "cursor": str(cursor), "id": f"r{reply.pk}", "from": "bot", "text": reply.text,
        "buttons": [{"id": f"{reply.pk}:{n}", "title": b["title"]} for n, b in enumerate(reply.buttons)],
        "turn": judged.pk if judged else None, "feedback": (judged.feedback or None) if judged else None,
        "at": reply.created_at.isoformat(),
    }  # fmt: skip


@require_POST
@_needs_database
def feedback(request: HttpRequest) -> HttpResponse:
    """'Đúng ý' or 'Chưa đúng' for a turn of one's own."""
    body, conversation = _body(request), _conversation(request)
    value = body.get("value") if body else None
    turn_id = body.get("turn") if body else None
    if conversation is None or value not in VALUES or not isinstance(turn_id, int):
        return _refused(400, "utter_bad_request")
    own = Turn.objects.filter(pk=turn_id, message__conversation=conversation).select_related("message").first()
    if own is None:
        return _refused(404, "utter_bad_request")
    note(own, value)
    return JsonResponse({"value": value})


@require_GET
def healthz(request: HttpRequest) -> HttpResponse:
    """200 where a question would be answered now: database and Rasa answer."""
    known = settings.load()
    started = time.monotonic()
    try:
        Conversation.objects.exists()
        parts = {"database": True, "rasa": RasaClient(known.rasa_url, 3).ready()}
    except DatabaseError:
        parts = {"database": False, "rasa": False}
    spent = round((time.monotonic() - started) * 1000)
    return JsonResponse({**parts, "ms": spent}, status=200 if all(parts.values()) else 503)
