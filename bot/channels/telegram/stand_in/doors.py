"""The client of the doors, for tests, measurements and the command line."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import requests

from bot.channels.telegram.stand_in.constants import CITIZENS, FIRST_BULK_ID, TOKEN

SECONDS, ANSWER_SECONDS = 30.0, 2.0
ME = CITIZENS[0].id


class DoorProblem(RuntimeError):
    """The stand-in refused; the text is its own."""


@dataclass(frozen=True)
class Seen:
    """A message as a citizen sees it. ``buttons``: text and data, in order; ``turning``: pressed, not answered yet."""

    id: int
    by_bot: bool
    text: str
    kind: str
    buttons: tuple[tuple[str, str], ...]
    turning: bool


class Doors:
    """A stand-in at an address. Updates are named by their ids. All methods raise DoorProblem, RequestException."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False

    @property
    def settings(self) -> dict[str, str]:
        """What to put into the environment of whoever shall use it; with a secret besides it tells a webhook."""
        return {"MOTCUA_TELEGRAM_TOKEN": TOKEN, "MOTCUA_TELEGRAM_API": self.address}

    def write(self, text: str, user: int = ME, edit: int = 0) -> int:
        return int(self._post("_write", user=user, text=text, edit=edit)["update"])

    def press(self, data: str, message: int, user: int = ME) -> int:
        return int(self._post("_press", user=user, message=message, data=data)["update"])

    def send(
        self, kind: str, data: bytes = b"", user: int = ME, caption: str = "", mime: str = "", size: int = 0
    ) -> int:
        """``kind``: photo, voice, audio, video, document, sticker, location, contact."""
        coded = base64.b64encode(data).decode()
        return int(
            self._post("_send", user=user, kind=kind, data=coded, caption=caption, mime=mime, size=size)["update"]
        )

    def block(self, blocked: bool = True, user: int = ME) -> int:
        return int(self._post("_block", user=user, blocked=blocked)["update"])

    def write_in_group(self, text: str) -> int:
        return int(self._post("_group", text=text)["update"])

    def write_many(self, texts: Iterable[tuple[int, str]]) -> list[int]:
        """So many texts at once, each by a person counted from 0; ``bulk_user`` is that person's id."""
        return [int(update) for update in self._post("_bulk", texts=list(texts))["updates"]]

    @staticmethod
    def bulk_user(person: int) -> int:
        return FIRST_BULK_ID + person

    def messages(self, user: int = ME) -> list[Seen]:
        """The chat, oldest first."""
        return [
            Seen(
                one["id"], one["by_bot"], one["text"], one["kind"],
                tuple((button["text"], button.get("callback_data", "")) for row in one["buttons"] for button in row),
                any(button["turning"] for row in one["buttons"] for button in row),
            )
            for one in self._get("_messages", user=user)["messages"]
        ]  # fmt: skip

    def typing(self, user: int = ME) -> bool:
        return bool(self._get("_messages", user=user)["typing"])

    def received(self, user: int = ME) -> list[str]:
        """The texts that the bot sent to this citizen, oldest first."""
        return list(self._get("_received", user=user).get(str(user), []))

    def received_by_all(self) -> dict[int, list[str]]:
        """The same for everybody who has a chat."""
        return {int(user): list(texts) for user, texts in self._get("_received").items()}

    def calls(self, method: str = "", after: int = 0) -> list[dict[str, Any]]:
        """What the bot asked for: number, at, method, parameters, files (bytes), status, fault."""
        return list(self._get("_calls", method=method, after=after)["calls"])

    def counts(self) -> dict[str, Any]:
        """waiting, updates, polled, delivered, duplicates, attempts, failed_attempts, received, received_by, calls."""
        return self._get("_counts")

    def switch(self, **switches: Any) -> dict[str, Any]:
        """Changes switches (``switches.Switches``); all of them are returned."""
        return self._post("_switches", **switches)

    def fail(self, name: str, **how: Any) -> None:
        """Switches a fault on (``switches.Fault``), by default for one call."""
        self.switch(fault={"name": name, **how})

    def reset(self) -> None:
        """As at the start."""
        self._post("_reset")

    def answers(self) -> bool:
        """True where a stand-in of Telegram's is at this address."""
        try:
            return "waiting" in self._get("_counts", ANSWER_SECONDS)
        except (requests.RequestException, DoorProblem, ValueError):
            return False

    def close(self) -> None:
        self._session.close()

    def _get(self, door: str, seconds: float = SECONDS, **parameters: Any) -> dict[str, Any]:
        return _content(self._session.get(f"{self.address}/{door}", params=parameters, timeout=seconds))

    def _post(self, door: str, **content: Any) -> dict[str, Any]:
        return _content(self._session.post(f"{self.address}/{door}", json=content, timeout=SECONDS))


def _content(answer: requests.Response) -> dict[str, Any]:
    try:
        content = answer.json()
    except ValueError:
        content = {}
    if not answer.ok or not isinstance(content, dict):
        problem = content.get("error") or content.get("description") if isinstance(content, dict) else ""
        raise DoorProblem(f"{answer.status_code}: {problem or 'not the stand-in'}")
    return content
