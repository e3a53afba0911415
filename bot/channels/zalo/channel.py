"""Zalo as the gateway sees it: sends messages, fetches what citizens sent, and knows the window for news."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar

from bot.channels.base import Delivery, Outcome, Outgoing
from bot.channels.zalo import read_back
from bot.channels.zalo.api import Refused, ZaloApi
from bot.channels.zalo.calls import NotSent, Unanswered
from bot.channels.zalo.errors import OA, TEMPLATE, Meaning, Remedy, meaning_of
from bot.channels.zalo.media import ZaloMedia
from bot.channels.zalo.messages import Part, parts_of, without_buttons
from bot.language.codes import find_dossier_codes
from bot.settings import ZaloSettings

WINDOW = timedelta(days=7)
"""Since the citizen's last sign of life; the first 48 hours are free of charge, then a message costs (zalo.md 5)."""
LATER_PART_WAITS = (0.5, 2.0)
"""Seconds before a later part is tried again here: the outbox would begin with the first part."""
LOOK_AGAIN_SECONDS = 15.0
TEMPLATE_FIELD = "ma_ho_so"
"""What the approved template must ask for, and nothing else: "Hồ sơ {ma_ho_so} có tin mới. …"."""


Result = TypeVar("Result")


class TokenError(RuntimeError):
    """There is no access token now. The text is a short name for logs; ``alarm``: only a person can change that."""

    def __init__(self, name: str, alarm: bool = False) -> None:
        super().__init__(name)
        self.alarm = alarm


class TokenSource(Protocol):
    """Where access tokens come from. Both raise TokenError."""

    def current(self) -> str:
        """The token to use now."""
        ...

    def renewed(self, stale: str) -> str:
        """Another one than ``stale``, which Zalo refused: renewed now, or by somebody else meanwhile."""
        ...


class _Undelivered(Exception):
    """A part that did not get through, and what that comes to."""

    def __init__(self, delivery: Delivery, remedy: Remedy | None = None) -> None:
        super().__init__(delivery.error_class)
        self.delivery, self.remedy = delivery, remedy


class ZaloChannel:
    """One Official Account. Safe for threads. Recipients are conversation keys, ``<account>:<user>``."""

    name = "zalo"

    def __init__(
        self,
        settings: ZaloSettings,
        tokens: TokenSource,
        api: ZaloApi | None = None,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings, self._tokens, self.api = settings, tokens, api or ZaloApi(settings)
        self._clock, self._sleep = clock, sleep
        self._media = ZaloMedia(settings.media_hosts)

    def send(self, recipient: str, message: Outgoing) -> Delivery:
        """Hands a message over, in parts where it is long. ``platform_id`` names what arrived, with commas.

        Once a part has arrived the message is never ``RETRY``: a failure of a later part is ``UNKNOWN``, so nothing
        is told twice, and whoever looks through unknown sends sees that somebody got only the beginning.
        """
        user = self._user(recipient)
        parts = parts_of(message, self._settings.buttons)
        if not user or not parts:
            return Delivery(Outcome.GIVE_UP, "no_text" if user else "other_account", alarm=True)
        return self._send_parts(user, parts, [])

    def complete(self, recipient: str, message: Outgoing, since: datetime, others: Collection[str]) -> Delivery:
        """As ``base.ReadBack``. What cannot be read for a while is worth another look."""
        user = self._user(recipient)
        parts = parts_of(message, self._settings.buttons)
        try:
            found = self._with_token(lambda token: self._arrived(token, user, parts, since, others), OA)
        except _Undelivered as failure:
            passing = failure.delivery.outcome in (Outcome.RETRY, Outcome.UNKNOWN)
            again = max(LOOK_AGAIN_SECONDS, failure.delivery.retry_after_seconds or 0) if passing else None
            return Delivery(Outcome.UNKNOWN, f"not_read_{failure.delivery.error_class}", again)
        if found is None or not user or not parts:
            return Delivery(Outcome.UNKNOWN, "cannot_be_read")
        if not found:
            return Delivery(Outcome.RETRY, "not_arrived")
        return self._send_parts(user, parts[len(found) :], found)

    def _arrived(
        self, token: str, user: str, parts: Sequence[Part], since: datetime, others: Collection[str]
    ) -> list[str] | None:
        def page(offset: int) -> list[dict[str, object]]:
            return self.api.conversation(token, user, offset)

        return read_back.arrived(parts, read_back.ours_since(page, self._settings.oa_id, since, others))

    def _send_parts(self, user: str, parts: Sequence[Part], arrived: list[str]) -> Delivery:
        """The parts after those that have arrived already, by Zalo's ids."""
        queue, sent, refused_buttons = deque(parts), list(arrived), False
        while queue:
            part = queue.popleft()
            try:
                sent.append(self._send_part(user, part, again=bool(sent)))
            except _Undelivered as failure:
                if part.buttons and failure.remedy is Remedy.PLAIN_TEXT:
                    queue.extend(without_buttons(part))
                    refused_buttons = True
                else:
                    return _half_sent(failure.delivery, sent) if sent else failure.delivery
        error, names = "buttons_refused" if refused_buttons else "", ",".join(filter(None, sent))
        return Delivery(Outcome.SENT, error, None, names, alarm=refused_buttons)

    def send_late(self, recipient: str, text: str) -> Delivery:
        """Tells by the approved template that there is news of a dossier; its code is all that is taken of the text."""
        user, template = self._user(recipient), self._settings.template
        codes = find_dossier_codes(text)
        if not user or not template or not codes:
            lacking = "other_account" if not user else "no_template" if not template else "no_dossier_code"
            return Delivery(Outcome.GIVE_UP, lacking, alarm=True)
        data = {TEMPLATE_FIELD: codes[0].value}
        try:
            sent = self._with_token(lambda token: self.api.send_template(token, user, template, data), TEMPLATE)
        except _Undelivered as failure:
            return failure.delivery
        return Delivery(Outcome.SENT, platform_id=sent)

    def may_push(self, recipient_last_seen: datetime) -> bool:
        return self._clock() - recipient_last_seen <= WINDOW

    def fetch(self, media: str, most_bytes: int) -> bytes:
        return self._media.fetch(media, most_bytes)

    def _user(self, recipient: str) -> str:
        """The user within our account, empty for anybody else's."""
        account, _, user = recipient.partition(":")
        return user if account == self._settings.oa_id else ""

    def _send_part(self, user: str, part: Part, again: bool) -> str:
        """Zalo's id of a part; ``again``: tried again here where it was certainly not taken. Raises _Undelivered."""
        body = part.body(user)
        for wait in LATER_PART_WAITS if again else ():
            try:
                return self._with_token(lambda token: self.api.send_cs(token, body), OA)
            except _Undelivered as failure:
                if failure.delivery.outcome is not Outcome.RETRY:
                    raise
            self._sleep(wait)
        return self._with_token(lambda token: self.api.send_cs(token, body), OA)

    def _with_token(self, call: Callable[[str], Result], table: Mapping[int, Meaning]) -> Result:
        """What a call gives; once more with another token where Zalo refuses the first. Raises _Undelivered."""
        try:
            token = self._tokens.current()
            try:
                return call(token)
            except Refused as refusal:
                if meaning_of(refusal.code, table).remedy is not Remedy.REFRESH_TOKEN:
                    raise
            return call(self._tokens.renewed(token))
        except Refused as refusal:
            meaning = meaning_of(refusal.code, table)
            raise _Undelivered(meaning.delivery(), meaning.remedy) from None
        except TokenError as error:
            raise _Undelivered(Delivery(Outcome.RETRY, f"no_token_{error}", alarm=error.alarm)) from None
        except NotSent as failure:
            raise _Undelivered(Delivery(Outcome.RETRY, str(failure))) from None
        except Unanswered as failure:
            raise _Undelivered(Delivery(Outcome.UNKNOWN, str(failure))) from None


def _half_sent(failure: Delivery, sent: Sequence[str]) -> Delivery:
    """The citizen has the beginning of the message."""
    return replace(
        failure, outcome=Outcome.UNKNOWN, error_class=f"half_sent_{failure.error_class}",
        retry_after_seconds=None, platform_id=",".join(filter(None, sent)),
    )  # fmt: skip
