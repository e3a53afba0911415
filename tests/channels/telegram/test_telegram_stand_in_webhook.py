"""The stand-in's webhook sender: in order in a chat, again until it is taken, twice and shuffled where asked."""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from bot.channels.telegram import one_off
from bot.channels.telegram.stand_in.constants import SECRET, TOKEN
from bot.channels.telegram.stand_in.doors import Doors
from bot.channels.telegram.updates import read, secret_is_right
from tests.channels.telegram.telegram_standing_in import settings_for
from tests.channels.zalo.zalo_standing_in import Got, Receiver, receiving
from tests.gateway.services import wait_until


@pytest.fixture
def receiver(telegram: Doors) -> Iterator[Receiver]:
    with receiving() as started:
        one_off.set_webhook(settings_for(telegram.address), started.url)
        yield started
        one_off.delete_webhook(settings_for(telegram.address))


def said(got: list[Got]) -> list[str]:
    return [one.event["message"]["text"] for one in got]


def test_an_update_comes_as_json_with_the_secret_and_can_be_read(telegram: Doors, receiver: Receiver) -> None:
    update_id = telegram.write("làm khai sinh")
    wait_until(lambda: receiver.got)
    (got,) = receiver.got
    assert got.headers["content-type"] == "application/json"
    assert secret_is_right(got.headers["x-telegram-bot-api-secret-token"], settings_for(telegram.address))
    assert got.headers["x-telegram-bot-api-secret-token"] == SECRET
    found = read(got.body)
    assert (found.message_id, found.text) == (f"u{update_id}", "làm khai sinh")  # type: ignore[union-attr]
    wait_until(lambda: telegram.counts()["waiting"] == 0)


@pytest.mark.parametrize("status", [500, 404, 302, None])
def test_an_update_that_is_not_taken_comes_again_and_holds_its_chat_up(
    telegram: Doors, receiver: Receiver, status: int | None
) -> None:
    receiver.answer = lambda got: 200 if len(receiver.got) > 3 else status
    telegram.write("một")
    telegram.write("hai")
    wait_until(lambda: telegram.counts()["waiting"] == 0)
    assert said(receiver.got) == ["một"] * 4 + ["hai"]
    gaps = [after.at - before.at for before, after in zip(receiver.got[:4], receiver.got[1:4], strict=False)]
    assert gaps == sorted(gaps), "each wait is longer"
    assert one_off.info(settings_for(telegram.address)).webhook.last_error_message


def test_any_2xx_is_an_answer(telegram: Doors, receiver: Receiver) -> None:
    receiver.answer = lambda got: 204
    telegram.write("một")
    wait_until(lambda: telegram.counts()["waiting"] == 0)
    assert len(receiver.got) == 1


def test_a_slow_chat_holds_nobody_else_up(telegram: Doors, receiver: Receiver) -> None:
    gate = threading.Event()

    def answer(got: Got) -> int:
        if got.event["message"]["chat"]["id"] == Doors.bulk_user(0):
            gate.wait(5)
        return 200

    receiver.answer = answer
    telegram.write_many((person, "x") for person in (0, 0, 1, 2))
    wait_until(lambda: telegram.counts()["waiting"] == 2)
    gate.set()
    wait_until(lambda: telegram.counts()["waiting"] == 0)


@pytest.mark.slow
@pytest.mark.parametrize("switches", [{}, {"shuffle": True}, {"shuffle": True, "duplicates": 0.5}])
def test_two_thousand_messages_of_twenty_people_come_in_each_ones_order(
    telegram: Doors, receiver: Receiver, switches: dict[str, Any]
) -> None:
    telegram.switch(**switches)
    begun = time.monotonic()
    telegram.write_many((person, f"{turn}") for turn in range(100) for person in range(20))
    wait_until(lambda: telegram.counts()["waiting"] == 0 and quiet(telegram), 60)
    assert time.monotonic() - begun < 60
    told: dict[int, dict[int, str]] = defaultdict(dict)
    for got in receiver.got:
        update = got.event
        told[update["message"]["chat"]["id"]].setdefault(update["update_id"], update["message"]["text"])
    assert {chat: list(texts.values()) for chat, texts in told.items()} == {
        Doors.bulk_user(person): [str(turn) for turn in range(100)] for person in range(20)
    }
    ids = [got.event["update_id"] for got in receiver.got]
    assert (len(ids) > 2000) == ("duplicates" in switches)
    assert telegram.counts().get("duplicates", 0) == len(ids) - 2000
    if switches:
        assert ids != sorted(ids)


def quiet(telegram: Doors) -> bool:
    """Nothing is told twice any more."""
    before = telegram.counts()["attempts"]
    time.sleep(0.3)
    return bool(telegram.counts()["attempts"] == before)


def test_what_waits_is_told_once_there_is_a_webhook_and_polled_once_there_is_none(telegram: Doors) -> None:
    telegram.write("một")
    with receiving() as receiver:
        one_off.set_webhook(settings_for(telegram.address), receiver.url)
        wait_until(lambda: said(receiver.got) == ["một"])
        wait_until(lambda: telegram.counts()["waiting"] == 0)
        one_off.delete_webhook(settings_for(telegram.address))
        telegram.write("hai")
        time.sleep(0.1)
        assert len(receiver.got) == 1
    polled = requests.get(f"{telegram.address}/bot{TOKEN}/getUpdates", timeout=5).json()["result"]
    assert [update["message"]["text"] for update in polled] == ["hai"]


def test_without_a_secret_no_header_is_sent(telegram: Doors) -> None:
    with receiving() as receiver:
        asked = {"url": receiver.url, "allowed_updates": json.dumps(["message"])}
        assert requests.post(f"{telegram.address}/bot{TOKEN}/setWebhook", data=asked, timeout=5).ok
        telegram.write("một")
        wait_until(lambda: receiver.got)
        assert "x-telegram-bot-api-secret-token" not in receiver.got[0].headers
        requests.post(f"{telegram.address}/bot{TOKEN}/setWebhook", data={"url": ""}, timeout=5)
