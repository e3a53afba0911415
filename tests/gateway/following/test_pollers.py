"""Several pollers, killed pollers: every dossier asked for by one at a time, every change told once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from bot import settings
from bot.gateway import following, outbox
from bot.gateway.models import FollowedDossier
from bot.portal.following import HOUR
from bot.portal.second_factor import SecondFactor, key_of
from tests.gateway.following.followers import (
    START,
    Clock,
    LookAfter,
    MakePoller,
    Portal,
    Run,
    S,
    follow,
    told,
)
from tests.gateway.services import wait_until
from tests.portal.scripted_portal import SEARCH, TOKEN, ScriptedPortal, igate_item, saying, slice_of


def test_two_pollers_never_ask_for_one_dossier_and_tell_everything_once(
    portal: Portal, make_poller: MakePoller
) -> None:
    portal.seconds = 0.005
    for number in range(300):
        code = f"H19.12-261105-{number:04d}"
        follow(S.IN_PROGRESS, code, key=f"an{number % 40}")
        portal.is_now(S.DONE, code)

    def work() -> None:
        poller = make_poller()
        while poller.work():
            pass
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(portal.asked) == Counter(list(portal.says))
    assert not portal.twice_at_once
    assert Counter(text.split()[3] for text in told()) == Counter(list(portal.says))


class Killed(BaseException):
    """What a killed process is to the code it ran: nothing after it happens."""


def test_killed_between_the_news_and_what_is_remembered_of_it_both_are_undone_and_told_once(
    portal: Portal, make_poller: MakePoller, look_after: LookAfter, monkeypatch: pytest.MonkeyPatch
) -> None:
    follow(S.IN_PROGRESS)
    portal.is_now(S.DONE)
    push = outbox.push

    def deadly(*args: Any) -> None:
        push(*args)
        raise Killed

    monkeypatch.setattr(outbox, "push", deadly)
    poller = make_poller()
    poller.work()
    with pytest.raises(Killed):
        poller.work()
    assert told() == []
    monkeypatch.undo()
    look_after(timedelta(seconds=1))
    assert told() == []  # its lease has not run out
    look_after(following.LEASE)
    look_after(5 * HOUR)
    assert len(told()) == 1


def test_an_answer_that_comes_after_its_lease_is_not_written(
    portal: Portal, make_poller: MakePoller, look: Run, clock: Clock
) -> None:
    """Somebody else looked meanwhile and told the citizen: what the late one saw is older, and says the contrary."""
    row = follow(S.IN_PROGRESS)
    portal.is_now(S.SUPPLEMENT_REQUIRED)
    late = make_poller()
    late._under_way = late._claim()
    late._under_way[0][1].result()
    clock.now += following.LEASE + timedelta(seconds=1)
    portal.is_now(S.PAYMENT_REQUIRED)
    look()
    assert late.work()
    row.refresh_from_db()
    assert row.status == S.PAYMENT_REQUIRED
    (text,) = told()
    assert "đóng tiền" in text


@pytest.fixture
def start_poller(tables: None, database_url: str, var: Path) -> Iterator[Callable[[str], subprocess.Popen[bytes]]]:
    """Starts poller processes as the service does; none is left after the test."""
    started: list[subprocess.Popen[bytes]] = []

    def start(url: str) -> subprocess.Popen[bytes]:
        environment = {
            **os.environ, "DATABASE_URL": database_url, "MOTCUA_VAR": str(var), "MOTCUA_PORTAL": "igate",
            "MOTCUA_PORTAL_URL": url, "MOTCUA_PORTAL_TOKEN_URL": url + TOKEN, "MOTCUA_PORTAL_A_SECOND": "100",
        }  # fmt: skip
        command = [sys.executable, "-W", "ignore", "-m", "bot.gateway.following"]
        started.append(subprocess.Popen(command, cwd=settings.HOME, env=environment, stderr=subprocess.DEVNULL))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait(10)


@pytest.mark.stack
def test_poller_processes_killed_at_random_tell_every_change_once(
    start_poller: Callable[[str], subprocess.Popen[bytes]], var: Path
) -> None:
    factor = SecondFactor.of("4729", "web:an", key_of(settings.secret_key(var / "secret_key")))
    codes = [f"H19.12-261105-{number:04d}" for number in range(400)]
    for number, code in enumerate(codes):
        row = follow(S.IN_PROGRESS, code, key=f"an{number % 40}")
        row.digest, row.salt = factor.digest, factor.salt
        row.save()
    done = {"dossierStatus": {"id": 9, "name": "Đã xử lý xong"}, "statusCurrentTask": "Đã xử lý xong"}
    with ScriptedPortal() as portal:

        def answer(answering: Any) -> None:
            asked = answering.path.split("code=")[1].split("&")[0]
            saying(slice_of(igate_item(code=asked, **done)))(answering)

        portal.says(SEARCH, answer)
        kills = 0
        process = start_poller(portal.url)
        while len(told()) < len(codes) * 3 // 4 and kills < 4:
            before = len(told())
            wait_until(lambda before=before: len(told()) > before + 20, 60)  # type: ignore[misc]
            process.send_signal(signal.SIGKILL)
            process.wait(5)
            kills += 1
            # What the killed one had claimed comes up again when its lease is over: here at once.
            FollowedDossier.objects.filter(last_good_at=None).update(next_poll_at=START)
            process = start_poller(portal.url)
        wait_until(lambda: not FollowedDossier.objects.filter(last_good_at=None).exists(), 60)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert kills >= 2
    assert Counter(text.split()[3].rstrip(".") for text in told()) == Counter(codes)
