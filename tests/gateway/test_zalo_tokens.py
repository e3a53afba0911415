"""One valid pair of Zalo's tokens at the end, or one alarm, whatever happens at whichever moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
import requests
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from bot.channels.zalo.channel import TokenError
from bot.channels.zalo.oauth import TokenNotSent, TokenPair, TokenUnknown, ZaloOAuth
from bot.channels.zalo.stand_in.doors import Doors
from bot.gateway import zalo_tokens
from bot.gateway.models import ZaloToken
from bot.gateway.zalo_tokens import ZaloTokens, keep_fresh
from bot.settings import ZaloSettings
from tests.channels.zalo.zalo_standing_in import serving
from tests.gateway.messenger_calls import ZALO

OA_ID = ZALO["MOTCUA_ZALO_OA_ID"]
RENEWALS = "/v4/oa/access_token"


class Clock:
    """A clock that tests move on."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return timezone.now() + self.ahead


@pytest.fixture
def zalo(tables: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Doors]:
    for name, value in ZALO.items():
        monkeypatch.setenv(name, value)
    with serving() as doors:
        monkeypatch.setenv("MOTCUA_ZALO_API", doors.address)
        monkeypatch.setenv("MOTCUA_ZALO_OAUTH", doors.address)
        yield doors


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(zalo: Doors, clock: Clock) -> ZaloTokens:
    """Tokens of somebody who has just signed in."""
    made = ZaloTokens(OA_ID, ZaloOAuth(ZaloSettings()), clock)
    pair = zalo.bootstrap()
    made.store(TokenPair(pair["access_token"], pair["refresh_token"], float(pair["expires_in"])))
    return made


def row() -> ZaloToken:
    return ZaloToken.objects.get()


def opens(zalo: Doors, token: str) -> bool:
    """Whether Zalo takes this token."""
    answer = requests.get(f"{zalo.address}/v2.0/oa/getoa", headers={"access_token": token}, timeout=5)
    return answer.json().get("error") == 0


def renewals(zalo: Doors) -> int:
    return len(zalo.calls(RENEWALS))


def test_a_token_that_is_good_is_used_without_a_call(zalo: Doors, tokens: ZaloTokens) -> None:
    assert opens(zalo, tokens.current())
    assert renewals(zalo) == 0


def test_a_token_that_ended_is_renewed_and_the_new_pair_is_stored(
    zalo: Doors, tokens: ZaloTokens, clock: Clock
) -> None:
    old = row()
    clock.ahead = timedelta(hours=25)
    new = tokens.current()
    assert opens(zalo, new)
    assert (row().access_token, renewals(zalo)) == (new, 1)
    assert row().refresh_token != old.refresh_token
    assert row().expires_at > clock()


def test_the_new_pair_is_committed_before_anybody_gets_it(
    zalo: Doors, tokens: ZaloTokens, clock: Clock, database_url: str
) -> None:
    clock.ahead = timedelta(hours=25)
    new = tokens.current()
    assert not connection.in_atomic_block
    seen: list[str] = []

    def look() -> None:
        seen.append(row().access_token)
        connection.close()

    other = threading.Thread(target=look)
    other.start()
    other.join()
    assert seen == [new]


def test_within_somebody_elses_transaction_it_is_not_renewed(tokens: ZaloTokens, clock: Clock) -> None:
    """A roll-back there would take the only valid pair with it."""
    clock.ahead = timedelta(hours=25)
    with pytest.raises(RuntimeError), transaction.atomic():
        tokens.current()


def test_a_token_that_zalo_refuses_is_renewed_once_for_all_who_hold_it(zalo: Doors, tokens: ZaloTokens) -> None:
    refused = tokens.current()
    new: list[str] = []
    together = threading.Barrier(6)

    def ask() -> None:
        together.wait()
        new.append(ZaloTokens(OA_ID, ZaloOAuth(ZaloSettings())).renewed(refused))
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(new)) == 1
    assert opens(zalo, new[0])
    assert (renewals(zalo), row().alarm) == (1, "")


def test_it_is_renewed_ahead_of_time_once_by_however_many(zalo: Doors, tokens: ZaloTokens, clock: Clock) -> None:
    clock.ahead = timedelta(hours=19)
    tokens.keep_fresh()
    assert renewals(zalo) == 0
    clock.ahead = timedelta(hours=20, minutes=1)

    def look() -> None:
        ZaloTokens(OA_ID, ZaloOAuth(ZaloSettings()), clock).keep_fresh()
        connection.close()

    threads = [threading.Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert renewals(zalo) == 1
    assert opens(zalo, row().access_token)


def test_a_revoked_consent_is_one_alarm_and_nothing_is_tried_again(
    zalo: Doors, tokens: ZaloTokens, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    zalo.revoke()
    clock.ahead = timedelta(hours=25)
    for _ in range(3):
        with pytest.raises(TokenError) as failure:
            tokens.current()
        assert failure.value.alarm
        tokens.keep_fresh()
    assert (row().alarm, renewals(zalo)) == ("code_-14020", 1)
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_signing_in_again_ends_the_alarm(zalo: Doors, tokens: ZaloTokens, clock: Clock) -> None:
    zalo.revoke()
    with pytest.raises(TokenError):
        tokens.renewed(tokens.current())
    pair = zalo.bootstrap()
    tokens.store(TokenPair(pair["access_token"], pair["refresh_token"], 90_000))
    assert opens(zalo, tokens.current())
    assert row().alarm == ""


def test_until_somebody_signed_in_there_is_no_token(zalo: Doors) -> None:
    with pytest.raises(TokenError, match="sign_in_needed"):
        ZaloTokens(OA_ID, ZaloOAuth(ZaloSettings())).current()
    assert renewals(zalo) == 0


def test_an_answer_lost_after_zalo_renewed_is_one_alarm(zalo: Doors, tokens: ZaloTokens, clock: Clock) -> None:
    zalo.fault("lost", on=RENEWALS)
    clock.ahead = timedelta(hours=25)
    for _ in range(2):
        with pytest.raises(TokenError):
            tokens.current()
    assert (row().alarm, renewals(zalo)) == ("code_-14020", 2)


def test_an_answer_lost_before_zalo_renewed_costs_nothing(zalo: Doors, tokens: ZaloTokens, clock: Clock) -> None:
    zalo.fault("502", on=RENEWALS)
    clock.ahead = timedelta(hours=25)
    assert opens(zalo, tokens.current())
    assert row().alarm == ""


def test_zalo_away_is_no_alarm_and_the_next_try_is_a_whole_one(zalo: Doors, tokens: ZaloTokens, clock: Clock) -> None:
    zalo.fault("502", on=RENEWALS, count=None)
    clock.ahead = timedelta(hours=25)
    with pytest.raises(TokenError) as failure:
        tokens.current()
    assert not failure.value.alarm
    zalo.no_faults()
    assert opens(zalo, tokens.current())


class Killed(BaseException):
    """What a killed process is to the code it ran: nothing after it happens."""


class Breaks:
    """An OAuth that renews for real and then something happens."""

    def __init__(self, then: Callable[[], None]) -> None:
        self._real, self._then = ZaloOAuth(ZaloSettings()), then

    def renew(self, refresh_token: str) -> TokenPair:
        pair = self._real.renew(refresh_token)
        self._then()
        return pair


def test_a_process_killed_between_the_answer_and_the_commit_leads_to_one_alarm(
    zalo: Doors, tokens: ZaloTokens, clock: Clock
) -> None:
    def die() -> None:
        raise Killed

    clock.ahead = timedelta(hours=25)
    with pytest.raises(Killed):
        ZaloTokens(OA_ID, Breaks(die), clock).current()
    assert row().alarm == ""
    for _ in range(2):
        with pytest.raises(TokenError):
            tokens.current()
    assert (row().alarm, renewals(zalo)) == ("code_-14020", 2)


def test_a_database_connection_lost_between_the_answer_and_the_commit_loses_no_pair(
    zalo: Doors, tokens: ZaloTokens, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zalo_tokens, "RESCUE_SECONDS", (0, 0.1))

    def cut() -> None:
        other = connection.copy()
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
        other.close()

    clock.ahead = timedelta(hours=25)
    new = ZaloTokens(OA_ID, Breaks(cut), clock).current()
    assert opens(zalo, new)
    assert (row().access_token, row().alarm) == (new, "")


def test_the_database_away_is_a_token_that_may_come_later(tokens: ZaloTokens, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: object, **more: object) -> None:
        raise OperationalError

    monkeypatch.setattr(ZaloToken.objects, "filter", away)
    with pytest.raises(TokenError, match="database"):
        tokens.current()


@pytest.mark.parametrize("trouble", [TokenNotSent, TokenUnknown])
def test_the_watch_outlives_trouble_and_ends_when_told(
    tokens: ZaloTokens, clock: Clock, trouble: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise trouble("?")

    monkeypatch.setattr(zalo_tokens, "CHECK_SECONDS", 0.01)
    clock.ahead = timedelta(hours=21)
    stop = threading.Event()
    watch = threading.Thread(target=keep_fresh, args=(ZaloTokens(OA_ID, Breaks(fail), clock), stop))
    watch.start()
    watch.join(0.2)
    assert watch.is_alive()
    stop.set()
    watch.join(5)
    assert not watch.is_alive()
