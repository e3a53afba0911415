"""A refresh that is stopped, killed or cut off anywhere goes on where it was and comes to the same end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest

from bot.catalogue.national.api import (
    FirewallPage,
    PortalApi,
)
from bot.catalogue.national.journal import RefreshRunning, open_journal
from bot.catalogue.national.refresh import refresh
from bot.catalogue.review import read_reviews
from bot.settings import HOME
from tests.catalogue import portal_stand_in as stand_in
from tests.catalogue.portal_stand_in import DETAIL, StandIn, decided
from tests.catalogue.refreshes import (
    BIRTH,
    DAY,
    Clock,
    change,
    refreshed,
)


class Killed(BaseException):
    """Nobody catches it: the process is gone."""


pytestmark = pytest.mark.slow


def test_killed_at_any_request_it_goes_on_and_asks_nothing_twice(portal: StandIn, data: Path, clock: Clock) -> None:
    change(portal, BIRTH, procedureProposal=decided("2/QĐ-MAU"))
    whole = refreshed(portal, data, clock)
    result, reviews = whole.file.read_text(), (data / "review.yml").read_text()
    requests = len(portal.asked)
    assert requests == 5 + 12

    for last in range(1, requests):
        (data / "review.yml").unlink()
        whole.file.unlink()
        portal.asked.clear()
        killing = Clock()

        def sleep(seconds: float, killing: Clock = killing, last: int = last) -> None:
            if len(portal.asked) == last:
                raise Killed
            killing.sleep(seconds)

        with PortalApi(portal.url, clock=killing, sleep=sleep) as api, pytest.raises(Killed):
            refresh(api, data, data.parent / "refresh", DAY)
        again = refreshed(portal, data, clock)
        assert again.file.read_text() == result
        assert (data / "review.yml").read_text() == reviews
        assert len(portal.asked) == requests
        assert len(set(portal.details_asked())) == 12


def test_a_journal_cut_off_at_any_byte_is_gone_on_with(portal: StandIn, data: Path, clock: Clock) -> None:
    folder = data.parent / "refresh"
    portal.fails(DETAIL, *[answers_well] * 11, stand_in.firewall)
    with pytest.raises(FirewallPage):
        refreshed(portal, data, clock)
    parts = {name: (folder / name).read_bytes() for name in ("list.part", "details.part")}
    for name, whole in parts.items():
        for end in range(0, len(whole), max(1, len(whole) // 40)):
            for other, content in parts.items():
                (folder / other).write_bytes(content[:end] if other == name else content)
            portal.asked.clear()
            found = refreshed(portal, data, clock)
            assert (found.listed, found.kept) == (12, 12)
            assert len(portal.asked) <= 5 + 12
            found.file.unlink()


def answers_well(answering: stand_in.Answering) -> None:
    asked = answering.portal.asked[-1][2]
    answering._detail(asked["id"])


@pytest.mark.parametrize("damage", [b"{}\n", b"[1]\n", b'{"url": 1}\n', b"\xff\xfe\n", b'{"url": "x", "begun": "x"}\n'])
def test_a_damaged_journal_is_begun_anew(portal: StandIn, data: Path, clock: Clock, damage: bytes) -> None:
    folder = data.parent / "refresh"
    folder.mkdir()
    begin = json.dumps({"url": portal.url, "begun": DAY.isoformat()}).encode() + b"\n"
    for content in (damage, begin + damage):
        (folder / "list.part").write_bytes(content)
        (folder / "details.part").write_bytes(damage)
        assert refreshed(portal, data, clock).kept == 12


def test_a_half_that_is_old_or_of_another_portal_is_not_gone_on_with(portal: StandIn, data: Path, clock: Clock) -> None:
    def half() -> None:
        portal.fails(DETAIL, answers_well, stand_in.firewall)
        with pytest.raises(FirewallPage):
            refreshed(portal, data, clock)
        portal.asked.clear()

    half()
    refreshed(portal, data, clock)
    assert len(portal.details_asked()) == 11
    half()
    refreshed(portal, data, clock, fresh=True)
    assert len(portal.details_asked()) == 12
    half()
    refreshed(portal, data, clock, day=date(2026, 11, 28))
    assert len(portal.details_asked()) == 12
    half()
    journal = data.parent / "refresh" / "list.part"
    journal.write_text(journal.read_text().replace(portal.url, "http://elsewhere"))
    refreshed(portal, data, clock)
    assert len(portal.details_asked()) == 12


WORKER = """
import sys, time
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from bot.catalogue.national.api import PortalApi
from bot.catalogue.national.refresh import refresh
with PortalApi(sys.argv[1], sleep=lambda seconds: time.sleep(0.02)) as api:
    refresh(api, Path(sys.argv[2]), Path(sys.argv[2]).parent / "refresh", date(2026, 11, 24))
"""


def test_killed_for_good_again_and_again_it_comes_to_the_same_end(portal: StandIn, data: Path, clock: Clock) -> None:
    """SIGKILL, the process and all, after every third request."""
    whole = refreshed(portal, data, clock)
    expected = whole.file.read_text()
    whole.file.unlink()
    portal.asked.clear()
    kills = 0
    while not whole.file.exists():
        seen = len(portal.asked)
        worker = subprocess.Popen([sys.executable, "-c", WORKER, portal.url, str(data)], cwd=HOME)
        while worker.poll() is None and len(portal.asked) < seen + 3:
            time.sleep(0.002)
        if worker.poll() is None:
            os.kill(worker.pid, signal.SIGKILL)
            kills += 1
        worker.wait(10)
    assert kills >= 3
    assert whole.file.read_text() == expected
    assert len(portal.asked) <= 5 + 12 + kills  # the request under way at a kill is asked again


def test_two_refreshes_do_not_run_at_once(portal: StandIn, data: Path, clock: Clock) -> None:
    with (
        open_journal(data.parent / "refresh", portal.url, DAY),
        pytest.raises(RefreshRunning, match="another refresh is running"),
    ):
        refreshed(portal, data, clock)
    assert portal.asked == []


def test_killed_between_the_reviews_and_the_result_nothing_is_forgotten_and_nothing_doubled(
    portal: StandIn, data: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(portal, BIRTH, procedureProposal=decided("2/QĐ-MAU"))
    real = Path.replace

    def killed(self: Path, target: Path) -> Path:
        if target.suffix == ".jsonl":
            raise Killed
        return real(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", killed)
        with pytest.raises(Killed):
            refreshed(portal, data, clock)
    portal.asked.clear()
    found = refreshed(portal, data, clock)
    assert portal.asked == []
    assert found.comparison.changed
    assert len(read_reviews(data / "review.yml")[0]) == 1
