"""Calls as Zalo and Telegram make them, and their settings: the accounts are the stand-ins' own."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from bot.channels.zalo.stand_in import constants
from bot.channels.zalo.stand_in.signing import HEADER, signature

ZALO = {
    "MOTCUA_ZALO_APP_ID": constants.APP_ID, "MOTCUA_ZALO_APP_SECRET": constants.APP_SECRET,
    "MOTCUA_ZALO_OA_ID": constants.OA_ID, "MOTCUA_ZALO_OA_SECRET": constants.OA_SECRET,
    "MOTCUA_ZALO_MEDIA_HOSTS": "127.0.0.1", "MOTCUA_ZALO_SITE_CODE": "Ma_Xac-Thuc1",
}  # fmt: skip
SECRET = "a-secret-for-tests"
TELEGRAM = {"MOTCUA_TELEGRAM_TOKEN": "1:test", "MOTCUA_TELEGRAM_SECRET": SECRET}
USER = "100000000000000001"
KEY = f"{constants.OA_ID}:{USER}"
NOW_MS = "1795392000000"


def zalo_event(name: str = "user_send_text", **fields: Any) -> dict[str, Any]:
    """An event of the citizen's in its documented shape."""
    return {
        "event_name": name, "app_id": constants.APP_ID, "sender": {"id": USER}, "recipient": {"id": constants.OA_ID},
        "message": {"msg_id": "m1", "text": "khai sinh"}, "timestamp": NOW_MS, **fields,
    }  # fmt: skip


def body_of(event: Any) -> bytes:
    return json.dumps(event, ensure_ascii=False).encode("utf-8", "surrogatepass")


def signed(body: bytes, timestamp: str = NOW_MS) -> dict[str, str]:
    return {HEADER: f"mac={signature(constants.APP_ID, body, timestamp, constants.OA_SECRET)}"}


def client() -> Client:
    return Client(enforce_csrf_checks=True, SERVER_NAME="127.0.0.1")


def zalo_calls(event: Any, headers: dict[str, str] | None = None) -> HttpResponse:
    """Zalo tells this; signed unless other headers are given."""
    body = event if isinstance(event, bytes) else body_of(event)
    answer: HttpResponse = client().post(
        "/webhooks/zalo", body, content_type="application/json", headers=signed(body) if headers is None else headers
    )
    return answer


def update(update_id: int = 1, **content: Any) -> dict[str, Any]:
    """An update of Telegram's; without content somebody writes."""
    person = {"id": 7_000_000_001, "is_bot": False, "first_name": "Thử"}
    chat = {"id": 7_000_000_001, "type": "private", "first_name": "Thử"}
    message = {"message_id": 5, "date": 1_795_392_000, "chat": chat, "from": person, "text": "khai sinh"}
    return {"update_id": update_id, **(content or {"message": message})}


def telegram_calls(content: Any, secret: str = SECRET) -> HttpResponse:
    body = content if isinstance(content, bytes) else body_of(content)
    headers = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {}
    answer: HttpResponse = client().post("/webhooks/telegram", body, content_type="application/json", headers=headers)
    return answer


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128


class _Handler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def gateway_serving() -> Iterator[str]:
    """The gateway's web on a socket of this process; its address."""
    application = get_wsgi_application()

    def closing(environ: Any, start_response: Any) -> Any:
        try:
            return application(environ, start_response)
        finally:
            connection.close()

    server = _Server(("127.0.0.1", 0), _Handler)
    server.set_app(closing)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
