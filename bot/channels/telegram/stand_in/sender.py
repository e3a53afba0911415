"""The sender of webhooks: several chats at once, the updates of one chat one after the other."""

from __future__ import annotations

import json
import threading
from http import HTTPStatus

import requests

from bot.channels.telegram.stand_in.constants import WEBHOOK_SECONDS
from bot.channels.telegram.stand_in.pending import Entry, Pending, Webhook

THREADS = 40
LOOK_SECONDS = 0.5
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"


class Sender:
    """Its threads begin with the first webhook and end with ``close``."""

    def __init__(self, pending: Pending) -> None:
        self._pending = pending
        self._closed = threading.Event()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()

    def begin(self, connections: int) -> None:
        """So many at once, at most 40; those that run already stay."""
        with self._lock:
            for _ in range(len(self._threads), min(connections, THREADS)):
                thread = threading.Thread(target=self._work, daemon=True, name="telegram-webhook")
                self._threads.append(thread)
                thread.start()

    def close(self) -> None:
        self._closed.set()

    def _work(self) -> None:
        with requests.Session() as session:
            session.trust_env = False
            while not self._closed.is_set():
                taken = self._pending.take(LOOK_SECONDS)
                if taken is not None:
                    entry, webhook = taken
                    self._pending.told(entry, attempt(session, entry, webhook))


def attempt(session: requests.Session, entry: Entry, webhook: Webhook) -> str:
    """Tells one update; the problem in Telegram's words, empty for any 2xx."""
    headers = {"Content-Type": "application/json"} | ({SECRET_HEADER: webhook.secret} if webhook.secret else {})
    body = json.dumps(entry.update, ensure_ascii=False).encode("utf-8", "surrogatepass")
    try:
        with session.post(
            webhook.url, data=body, headers=headers, timeout=WEBHOOK_SECONDS, allow_redirects=False, stream=True
        ) as answer:
            answer.raw.read(64 * 1024)
            if 200 <= answer.status_code < 300:
                return ""
            phrase = HTTPStatus(answer.status_code).phrase if answer.status_code in set(HTTPStatus) else ""
            return f"Wrong response from the webhook: {answer.status_code} {phrase}".strip()
    except requests.Timeout:
        return "Read timeout expired"
    except requests.ConnectionError:
        return "Connection failed"
    except (requests.RequestException, OSError) as error:
        return type(error).__name__
