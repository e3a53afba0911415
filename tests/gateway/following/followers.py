"""A portal and a clock that do as they are told, and dossiers that are followed."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bot import settings
from bot.gateway.following import Poller
from bot.gateway.inbox import accept_text, conversation_of
from bot.gateway.models import FollowedDossier, OutboxMessage
from bot.portal.dossier import Dossier, DossierStatus, LookUp, Outcome, Source
from bot.portal.second_factor import SecondFactor
from tests.gateway.fake_rasa import FakeRasa

S = DossierStatus
CODE, OTHER = "H19.12-261105-0007", "H19.12-261105-0008"
FACTOR = SecondFactor("ab" * 32, "web:an")
START = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
Run = Callable[[], None]
MakePoller = Callable[[], Poller]
LookAfter = Callable[[timedelta], None]


class Clock:
    """The poller's clock: it goes on when told."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def today(self) -> date:
        return self.now.astimezone(settings.TIME_ZONE).date()


class Portal:
    """Says what a test wrote down for a code; counts who asks, and how many at once for one code."""

    def __init__(self) -> None:
        self.says: dict[str, Dossier | Outcome] = {}
        self.asked: list[str] = []
        self.factors: set[SecondFactor | None] = set()
        self.at_once: Counter[str] = Counter()
        self.twice_at_once = False
        self.seconds = 0.0
        self._guard = threading.Lock()

    def is_now(self, status: DossierStatus, code: str = CODE, **fields: Any) -> None:
        self.says[code] = Dossier(code, status, procedure_name="Đăng ký khai sinh", office="UBND phường Mẫu", **fields)

    def fails(self, outcome: Outcome, code: str = CODE) -> None:
        self.says[code] = outcome

    def lookup(self, code: str, second_factor: SecondFactor | None = None) -> LookUp:
        with self._guard:
            self.asked.append(code)
            self.factors.add(second_factor)
            self.at_once[code] += 1
            self.twice_at_once |= self.at_once[code] > 1
        time.sleep(self.seconds)
        with self._guard:
            self.at_once[code] -= 1
        said = self.says[code]
        if isinstance(said, Outcome):
            return LookUp(said, Source.IGATE, START)
        return LookUp(Outcome.FOUND, Source.IGATE, START, said)


def follow(
    status: DossierStatus = S.IN_PROGRESS, code: str = CODE, channel: str = "web", key: str = "an"
) -> FollowedDossier:
    return FollowedDossier.objects.create(
        conversation=conversation_of(channel, key), code=code, digest=FACTOR.digest, salt=FACTOR.salt,
        consent_text="2026-11-25", consented_at=START, status=status, next_poll_at=START,
    )  # fmt: skip


def told() -> list[str]:
    return list(OutboxMessage.objects.filter(turn=None).order_by("pk").values_list("text", flat=True))


def say(rasa: FakeRasa, work_all: Run, text: str, *requests: dict[str, Any], channel: str = "web") -> None:
    """A turn whose record carries these requests."""
    custom = {"turn": rasa.record}
    for request in requests:
        custom |= request
    accepted = accept_text(conversation_of(channel, "an"), f"m-{text}", text)
    rasa.answers[(f"{channel}:an", f"m-{text}")] = [{"text": "Dạ"}, {"custom": custom}]
    assert accepted.new
    work_all()
