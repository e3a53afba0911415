"""A long message in parts, none of them twice; and how fast the channel speaks."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from typing import Any

import pytest

from bot.channels.base import Delivery, Outcome, Outgoing
from bot.channels.base import OutgoingButton as Button
from bot.channels.telegram import channel as module
from bot.channels.telegram.channel import TelegramChannel
from bot.channels.telegram.pace import Pace
from bot.channels.telegram.stand_in.doors import Doors
from tests.channels.telegram.telegram_standing_in import ME, settings_for
from tests.gateway.services import wait_until

HELLO = Outgoing("Dạ, mình cần <làm> giấy gì?")
TO = str(ME)


@pytest.fixture(autouse=True)
def started(telegram: Doors) -> None:
    telegram.write("/start")


# A long message in parts

LONG = Outgoing("Dạ, mình nộp hồ sơ ở Ủy ban nhân dân xã nhé.\n\n" * 200, (Button("12:0", "Tiếp"),))


def test_the_parts_of_a_long_message_arrive_in_order(telegram: Doors, channel: TelegramChannel) -> None:
    delivery = channel.send(TO, LONG)
    seen = [one for one in telegram.messages() if one.by_bot]
    assert len(seen) == 3
    assert "\n\n".join(one.text for one in seen) == LONG.text.strip()
    assert delivery == Delivery(Outcome.SENT, platform_id=",".join(str(one.id) for one in seen))
    assert [bool(one.buttons) for one in seen] == [False, False, True]


def fail_second_call(telegram: Doors, name: str, **how: Any) -> None:
    """Strikes from the second message on: the first one is seen in the record of calls."""

    def switch() -> None:
        wait_until(lambda: telegram.received())
        telegram.fail(name, **how)

    threading.Thread(target=switch, daemon=True).start()


class Late(Pace):
    """Gives the test time to switch a fault on between the parts."""

    def wait(self, chat: str) -> None:
        time.sleep(0.15)


@pytest.mark.parametrize(
    ("fault", "expected", "arrived"),
    [
        ({"name": "503", "count": 1}, Outcome.SENT, 3),
        ({"name": "429", "seconds": 1, "count": 1}, Outcome.SENT, 3),
        ({"name": "503", "count": None}, Outcome.UNKNOWN, 1),
        ({"name": "429", "seconds": 60, "count": 1}, Outcome.UNKNOWN, 1),
        ({"name": "403", "count": 1}, Outcome.UNKNOWN, 1),
        ({"name": "reset", "count": 1}, Outcome.UNKNOWN, 1),
    ],
)
def test_a_later_part_that_fails_never_has_an_earlier_one_sent_again(
    telegram: Doors, fault: dict[str, Any], expected: Outcome, arrived: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "REST_WAIT_SECONDS", 0.05)
    fail_second_call(telegram, **fault)
    with closing(TelegramChannel(settings_for(telegram.address), Late())) as channel:
        delivery = channel.send(TO, LONG)
    assert (delivery.outcome, len(telegram.received())) == (expected, arrived)
    assert len(set(telegram.received())) == arrived or arrived == 3
    if expected is Outcome.UNKNOWN:
        assert delivery.error_class.startswith("rest_not_sent:")
        assert delivery.platform_id
        assert delivery.retry_after_seconds is None


def test_a_chat_is_spoken_to_once_a_second_after_a_short_burst() -> None:
    slept: list[float] = []
    pace = Pace(clock=lambda: sum(slept), sleep=slept.append)
    for _ in range(6):
        pace.wait("1")
    assert slept == [1.0, 1.0, 1.0]
    pace.wait("2")
    assert len(slept) == 3, "another chat is not held up"


def test_all_chats_together_get_thirty_messages_a_second() -> None:
    slept: list[float] = []
    pace = Pace(clock=lambda: sum(slept), sleep=slept.append)
    for chat in range(3000):
        pace.wait(str(chat))
    assert sum(slept) == pytest.approx((3000 - 10) / 30, rel=0.01)


@pytest.mark.slow
def test_the_pace_keeps_clear_of_telegrams_flood_control(telegram: Doors) -> None:
    with closing(TelegramChannel(settings_for(telegram.address))) as channel:
        outcomes = set()
        for _ in range(6):
            outcomes.add(channel.send(TO, HELLO).outcome)
    assert outcomes == {Outcome.SENT}


def test_faster_than_that_telegram_asks_for_a_wait(telegram: Doors, channel: TelegramChannel) -> None:
    deliveries = [channel.send(TO, HELLO) for _ in range(7)]
    assert Delivery(Outcome.RETRY, "flood", retry_after_seconds=1.0) in deliveries
