"""Polling: durable first, in order, and quiet through outages."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from bot.channels.base import Incoming
from bot.channels.telegram import one_off
from bot.channels.telegram.polling import ANOTHER_POLLS, WEBHOOK_SET, poll
from bot.channels.telegram.stand_in.constants import SECRET, TOKEN
from bot.channels.telegram.stand_in.doors import Doors
from bot.channels.telegram.updates import read
from bot.channels.telegram.wire import Wire
from bot.settings import TelegramSettings
from tests.channels.telegram.telegram_standing_in import ME, OTHER, settings_for
from tests.gateway.services import wait_until

Accept = Callable[[bytes], None]


@contextmanager
def polling(settings: TelegramSettings, accept: Accept, backoff_seconds: tuple[float, ...] = (0.05,)) -> Iterator[None]:
    stop = threading.Event()
    arguments = {"long_poll_seconds": 1, "backoff_seconds": backoff_seconds}
    thread = threading.Thread(target=poll, args=(settings, accept, stop), kwargs=arguments)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(5)
        assert not thread.is_alive(), "the stop ends it at once, whatever Telegram does"


def texts(got: list[bytes]) -> list[str]:
    return [json.loads(raw)["message"]["text"] for raw in got]


def test_what_comes_by_polling_reads_like_a_webhook_and_in_order(telegram: Doors) -> None:
    written = ["một", "hai", "ba"] * 50
    telegram.write_many((person % 7, text) for person, text in enumerate(written))
    got: list[bytes] = []
    with polling(settings_for(telegram.address), got.append):
        wait_until(lambda: len(got) == 150)
        telegram.write("sau cùng")
        wait_until(lambda: len(got) == 151)
        wait_until(lambda: telegram.counts()["waiting"] == 0)
    assert texts(got) == [*written, "sau cùng"]
    last = read(got[-1])
    assert isinstance(last, Incoming)
    assert (last.key, last.text) == (str(ME), "sau cùng")


def test_an_update_is_forgotten_only_once_it_was_accepted(telegram: Doors, caplog: pytest.LogCaptureFixture) -> None:
    telegram.write("một")
    telegram.write("hai")
    got: list[bytes] = []
    failures = iter([False, True, True, False])

    def accept(raw: bytes) -> None:
        if next(failures, False):
            raise ConnectionError("the database is away; một")
        got.append(raw)

    with polling(settings_for(telegram.address), accept):
        wait_until(lambda: len(got) == 2)
        wait_until(lambda: telegram.counts()["waiting"] == 0)
    assert texts(got) == ["một", "hai"]
    told = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert told == [
        "telegram polling: an update could not be accepted (ConnectionError); it is asked for again",
        "telegram polling: works again",
    ]


def test_what_was_not_accepted_before_a_crash_comes_again(telegram: Doors) -> None:
    telegram.write("một")
    refused = threading.Event()

    def dies(raw: bytes) -> None:
        refused.set()
        raise SystemError

    with polling(settings_for(telegram.address), dies):
        assert refused.wait(5)
    got: list[bytes] = []
    with polling(settings_for(telegram.address), got.append):
        wait_until(lambda: texts(got) == ["một"])


def test_an_outage_is_told_once_and_waited_for(telegram: Doors, caplog: pytest.LogCaptureFixture) -> None:
    got: list[bytes] = []
    with polling(settings_for(telegram.address), got.append):
        telegram.switch(fault={"name": "502", "count": None})
        wait_until(lambda: len([c for c in telegram.calls("getUpdates") if c["fault"]]) > 5)
        telegram.write("trong lúc hư")
        telegram.switch(fault=None)
        wait_until(lambda: texts(got) == ["trong lúc hư"])
    told = [record.getMessage() for record in caplog.records]
    assert told.count("telegram polling: http_502; tried again and again") == 1
    assert told.count("telegram polling: works again") == 1
    assert TOKEN not in " ".join(told)


def test_a_webhook_is_not_taken_away_but_the_command_is_named(
    telegram: Doors, caplog: pytest.LogCaptureFixture
) -> None:
    settings = settings_for(telegram.address)
    one_off.set_webhook(settings, "http://127.0.0.1:9/webhook")
    got: list[bytes] = []
    with polling(settings, got.append):
        wait_until(lambda: WEBHOOK_SET in caplog.text)
        assert one_off.info(settings).webhook.url
        telegram.write("chờ")
        one_off.delete_webhook(settings)
        wait_until(lambda: texts(got) == ["chờ"])
    assert caplog.text.count(WEBHOOK_SET) == 1


def test_a_second_poller_is_told(telegram: Doors, caplog: pytest.LogCaptureFixture) -> None:
    settings = settings_for(telegram.address)
    with polling(settings, lambda raw: None):
        wait_until(lambda: telegram.calls("getUpdates") or True)
        with closing(Wire(settings)) as other:
            for _ in range(20):
                try:
                    other.run(other.ask("getUpdates", timeout=0), 5)
                except Exception:  # noqa: BLE001  # the two end each other's calls
                    continue
        wait_until(lambda: ANOTHER_POLLS in caplog.text)


@pytest.mark.parametrize("fault", [{"name": "html"}, {"name": "reset"}, {"name": "401"}, {"name": "429", "seconds": 1}])
def test_no_failure_ends_it(telegram: Doors, fault: dict[str, Any]) -> None:
    telegram.fail(**fault, count=3)
    telegram.write("một")
    got: list[bytes] = []
    with polling(settings_for(telegram.address), got.append):
        wait_until(lambda: texts(got) == ["một"])


def test_only_what_we_read_is_asked_for(telegram: Doors) -> None:
    got: list[bytes] = []
    with polling(settings_for(telegram.address), got.append):
        wait_until(lambda: telegram.counts()["calls"].get("getUpdates"))
        telegram.block(user=OTHER)
        wait_until(lambda: got)
    assert "my_chat_member" in json.loads(got[0])
    asked = json.loads(telegram.calls("getUpdates")[0]["parameters"]["allowed_updates"])
    assert asked == ["message", "edited_message", "callback_query", "my_chat_member"]


# What an operator does once


def test_the_webhook_is_set_with_our_secret_and_taken_away_again(telegram: Doors) -> None:
    settings = settings_for(telegram.address)
    one_off.set_webhook(settings, "http://127.0.0.1:9/webhook")
    assert telegram.calls("setWebhook")[0]["parameters"]["secret_token"] == SECRET
    found = one_off.info(settings)
    assert (found.username, found.webhook.url) == ("motcua_sample_bot", "http://127.0.0.1:9/webhook")
    one_off.delete_webhook(settings)
    assert one_off.info(settings).webhook.url == ""


def test_the_menu_is_set_for_all_and_for_vietnamese(telegram: Doors) -> None:
    one_off.set_commands(settings_for(telegram.address))
    asked = [call["parameters"] for call in telegram.calls("setMyCommands")]
    assert [one.get("language_code", "") for one in asked] == ["", "vi"]
    assert [one["command"] for one in json.loads(asked[1]["commands"])] == ["start", "trogiup", "xoa"]


@pytest.mark.parametrize(
    ("fault", "changes", "words"),
    [
        ("", {"secret": ""}, "MOTCUA_TELEGRAM_SECRET"),
        ("", {"token": ""}, "MOTCUA_TELEGRAM_TOKEN"),
        ("", {"token": "123456:WRONG"}, "token_refused"),
        ("400", {}, "bad_request"),
        ("502", {}, "http_502"),
    ],
)
def test_what_goes_wrong_is_one_sentence_without_the_token(
    telegram: Doors, fault: str, changes: dict[str, str], words: str
) -> None:
    if fault:
        telegram.fail(fault)
    with pytest.raises(one_off.OneOffError, match=words) as error:
        one_off.set_webhook(settings_for(telegram.address, **changes), "http://127.0.0.1:9/webhook")
    assert "SAMPLE-TOKEN" not in str(error.value)
    assert error.value.__context__ is None
