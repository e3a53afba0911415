"""The web chat's server side: a page, messages in and out, feedback. A browser is known by a signed cookie."""

from __future__ import annotations

import functools
import json
import logging
import re
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core import signing
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bot import settings
from bot.catalogue.phrases import Phrases
from bot.gateway import inbox
from bot.gateway.models import Conversation, InboxMessage, OutboxMessage, Turn
from bot.gateway.rasa_client import RasaClient

COOKIE, SALT = "motcua_chat", "web chat"
COOKIE_SECONDS = 180 * 24 * 3600
HISTORY = 200
LONGEST_BODY = 64 * 1024
MOST_WAITING = 5
MESSAGE_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
JUDGED = {"answered", "clarify", "not_covered", "stale", "out_of_scope", "not_understood", "place", "dossier", "guide"}
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
    response = render(request, "gateway/chat.html")
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


def _history(request: HttpRequest) -> HttpResponse:
    """Messages in the order of the conversation, each followed by its replies.

    ``after`` is the inbox id of the last message whose turn was seen whole. One conversation's turns are written in
    order, so what comes later in time never comes earlier in this order.
    """
    conversation = _conversation(request)
    if conversation is None:
        return JsonResponse({"messages": [], "waiting": False})
    after = request.GET.get("after", "0")
    seen = int(after) if after.isascii() and after.isdigit() and len(after) < 18 else 0
    rows = conversation.inbox.filter(id__gt=seen).select_related("turn").prefetch_related("turn__replies")
    newest = list(rows.order_by("-id")[:HISTORY])[::-1]
    shown: list[dict[str, Any]] = []
    for row in newest:
        shown += _as_shown(row)
    waiting = any(row.state == InboxMessage.State.WAITING for row in newest)
    return JsonResponse({"messages": shown, "waiting": waiting})


def _as_shown(row: InboxMessage) -> list[dict[str, Any]]:
    turn: Turn | None = getattr(row, "turn", None)
    said: dict[str, Any] = {
        "cursor": str(row.pk) if turn else "", "id": row.message_id, "from": "citizen", "text": row.text,
        "buttons": [], "turn": None, "feedback": None, "at": row.received_at.isoformat(),
    }  # fmt: skip
    if turn is None:
        return [said]
    replies = sorted(turn.replies.all(), key=lambda r: r.position)
    return [said, *(_reply(reply, turn, row.pk, last=reply is replies[-1]) for reply in replies)]


def _reply(reply: OutboxMessage, turn: Turn, cursor: int, last: bool) -> dict[str, Any]:
    judged = last and turn.status in JUDGED
    return {
        "cursor": str(cursor), "id": f"r{reply.pk}", "from": "bot", "text": reply.text,
        "buttons": [{"id": f"{reply.pk}:{n}", "title": b["title"]} for n, b in enumerate(reply.buttons)],
        "turn": turn.pk if judged else None, "feedback": (turn.feedback or None) if judged else None,
        "at": reply.created_at.isoformat(),
    }  # fmt: skip


@require_POST
@_needs_database
def feedback(request: HttpRequest) -> HttpResponse:
    """'Đúng ý' or 'Chưa đúng' for a turn of one's own."""
    body, conversation = _body(request), _conversation(request)
    value = body.get("value") if body else None
    turn_id = body.get("turn") if body else None
    if conversation is None or value not in ("good", "bad") or not isinstance(turn_id, int):
        return _refused(400, "utter_bad_request")
    own = Turn.objects.filter(pk=turn_id, message__conversation=conversation)
    if not own.update(feedback=value, feedback_at=timezone.now()):
        return _refused(404, "utter_bad_request")
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
