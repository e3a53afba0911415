"""The one valid pair of tokens of a Zalo account, renewed under its row's lock.

A refresh token is good once. So a new pair is committed before anybody uses it, whoever waited for the lock looks again
before renewing, and a refusal is an alarm for a person: it is written down once and nothing is tried until they sign in
with ``motcua zalo login``. A process killed between Zalo's answer and the commit loses the pair; the next try is
refused, and that is the alarm.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from bot.channels.zalo.channel import TokenError
from bot.channels.zalo.oauth import TokenFailure, TokenPair, TokenRefused, TokenUnknown
from bot.gateway.models import ZaloToken

logger = logging.getLogger(__name__)

CHECK_SECONDS = 15 * 60.0
AHEAD = timedelta(hours=5)
"""Of 25 hours: a renewal that fails is tried 20 times more before the token ends."""
MARGIN = timedelta(minutes=1)
SIGN_IN = "sign_in_needed"
RESCUE_SECONDS = (0.5, 1, 2, 4, 8)
Due = Callable[[ZaloToken], bool]


class Renews(Protocol):
    """What ``ZaloOAuth`` does for us."""

    def renew(self, refresh_token: str) -> TokenPair: ...


class ZaloTokens:
    """``TokenSource`` for one account; for all threads and processes. Not inside somebody else's transaction."""

    def __init__(self, oa_id: str, oauth: Renews, now: Callable[[], datetime] = timezone.now) -> None:
        self._oa_id, self._oauth, self._now = oa_id, oauth, now

    def current(self) -> str:
        """A token that is good now. Raises TokenError."""
        try:
            row = ZaloToken.objects.filter(pk=self._oa_id).first()
        except (OperationalError, InterfaceError):
            raise TokenError("database") from None
        if row is not None and not self._ends_within(row, MARGIN):
            return row.access_token
        return self._renew(lambda found: self._ends_within(found, MARGIN))

    def renewed(self, refused: str) -> str:
        """Another token than the one that Zalo refused. Raises TokenError."""
        return self._renew(lambda found: found.access_token == refused)

    def keep_fresh(self) -> None:
        """Renews a token that ends within five hours. Raises TokenError."""
        row = ZaloToken.objects.filter(pk=self._oa_id).first()
        if row is not None and not row.alarm and self._ends_within(row, AHEAD):
            self._renew(lambda found: self._ends_within(found, AHEAD))

    def store(self, pair: TokenPair) -> None:
        """A pair that somebody signed in for; ends the alarm."""
        ZaloToken.objects.update_or_create(oa_id=self._oa_id, defaults=self._columns(pair))

    def _ends_within(self, row: ZaloToken, time_left: timedelta) -> bool:
        return row.expires_at - self._now() <= time_left

    def _columns(self, pair: TokenPair) -> dict[str, object]:
        now = self._now()
        ends = now + timedelta(seconds=pair.expires_in)
        return {
            "access_token": pair.access, "refresh_token": pair.refresh, "expires_at": ends, "renewed_at": now,
            "alarm": "",
        }  # fmt: skip

    def _renew(self, due: Due) -> str:
        """The token after a renewal, by us or by whoever held the lock before. Raises TokenError."""
        found: tuple[str, TokenPair] | None = None
        failure = ""
        try:
            with transaction.atomic(durable=True):
                row = ZaloToken.objects.select_for_update().filter(pk=self._oa_id).first()
                if row is None:
                    raise TokenError(SIGN_IN, alarm=True)
                if not due(row):
                    return row.access_token
                if row.alarm:
                    raise TokenError(SIGN_IN, alarm=True)
                try:
                    found = row.refresh_token, self._ask(row.refresh_token)
                    ZaloToken.objects.filter(pk=self._oa_id).update(**self._columns(found[1]))
                except TokenRefused as refusal:
                    failure = str(refusal)
                    ZaloToken.objects.filter(pk=self._oa_id).update(alarm=failure)
                except TokenFailure as trouble:
                    raise TokenError(str(trouble)) from None
        except (OperationalError, InterfaceError):
            connection.close()
            if found is None:
                raise TokenError("database") from None
            self._rescue(*found)
        if failure:
            logger.error("Zalo renews the token no more (%s): sign in with 'motcua zalo login'", failure)
            raise TokenError(SIGN_IN, alarm=True)
        assert found is not None
        return found[1].access

    def _ask(self, refresh_token: str) -> TokenPair:
        """Asks once more where no answer came: had the first been carried out, this one is refused, and we know."""
        try:
            return self._oauth.renew(refresh_token)
        except TokenUnknown as trouble:
            logger.warning("the renewal of Zalo's token was not answered (%s): asked again", trouble)
            return self._oauth.renew(refresh_token)

    def _rescue(self, old_refresh: str, pair: TokenPair) -> None:
        """The database went away with the only valid pair not committed: it is written as soon as it is back."""
        for wait in RESCUE_SECONDS:
            time.sleep(wait)
            try:
                ZaloToken.objects.filter(pk=self._oa_id, refresh_token=old_refresh).update(**self._columns(pair))
            except (OperationalError, InterfaceError):
                connection.close()
            else:
                return
        logger.error("Zalo's new tokens could not be stored: sign in with 'motcua zalo login'")
        raise TokenError("database")


def keep_fresh(tokens: ZaloTokens, stop: threading.Event) -> None:
    """Looks every 15 minutes until told to stop."""
    while not stop.is_set():
        try:
            tokens.keep_fresh()
        except TokenError as error:
            logger.warning("Zalo's token was not renewed ahead of time: %s", error)
        except (OperationalError, InterfaceError) as error:
            logger.warning("the database failed: %s", type(error).__name__)
        connection.close()
        stop.wait(CHECK_SECONDS)
