"""Photos and voice fetched, presses and groups attended to; and errors that a server cannot make on purpose."""

from __future__ import annotations

import time
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from telegram.error import BadRequest, ChatMigrated, NetworkError, RetryAfter, TelegramError

from bot.channels.base import Kind, MediaError, Outcome, Outgoing
from bot.channels.base import OutgoingButton as Button
from bot.channels.telegram import channel as module
from bot.channels.telegram import wire
from bot.channels.telegram.channel import TelegramChannel
from bot.channels.telegram.outcomes import delivery_of
from bot.channels.telegram.stand_in.constants import GROUP_ID, TOKEN
from bot.channels.telegram.stand_in.doors import Doors
from tests.channels.telegram.telegram_standing_in import ME, settings_for
from tests.gateway.services import wait_until

HELLO = Outgoing("Dạ, mình cần <làm> giấy gì?")
TO = str(ME)


@pytest.fixture(autouse=True)
def started(telegram: Doors) -> None:
    telegram.write("/start")


def test_a_photo_is_fetched_into_memory(telegram: Doors, channel: TelegramChannel) -> None:
    telegram.send("photo", b"\xff\xd8 mau" * 1000)
    telegram.send("voice")
    with closing(wire.Wire(settings_for(telegram.address))) as asking:
        updates = asking.run(asking.ask("getUpdates"), 5)
    photo, voice = updates[-2]["message"]["photo"][-1], updates[-1]["message"]["voice"]
    assert channel.fetch(photo["file_id"], 10_000) == b"\xff\xd8 mau" * 1000
    assert channel.fetch(voice["file_id"], 10_000).startswith(b"OggS")
    with pytest.raises(MediaError, match=r"^too_large$"):
        channel.fetch(photo["file_id"], 5_999)


@pytest.mark.parametrize(
    ("fault", "name"),
    [
        ({"name": "404", "method": "download"}, "token_refused"),
        ({"name": "500", "method": "getFile"}, "http_500"),
        ({"name": "reset", "method": "download"}, "ReadError"),
        ({"name": "400", "method": "getFile"}, "bad_request"),
    ],
)
def test_a_photo_that_cannot_be_fetched_says_why_and_nothing_else(
    telegram: Doors, channel: TelegramChannel, fault: dict[str, Any], name: str
) -> None:
    telegram.send("photo", b"x")
    with closing(wire.Wire(settings_for(telegram.address))) as asking:
        file_id = asking.run(asking.ask("getUpdates"), 5)[-1]["message"]["photo"][-1]["file_id"]
    telegram.fail(**fault)
    with pytest.raises(MediaError, match=f"^{name}$") as error:
        channel.fetch(file_id, 100)
    assert error.value.__context__ is None, "whatever came before it may hold the file's address"


def test_a_press_loses_its_spinner_and_its_buttons(telegram: Doors, channel: TelegramChannel) -> None:
    channel.send(TO, Outgoing("Mình chọn:", (Button("12:0", "Cấp mới"),)))
    shown = telegram.messages()[-1]
    telegram.press("12:0", shown.id)
    assert telegram.messages()[-1].turning
    with closing(wire.Wire(settings_for(telegram.address))) as asking:
        query = asking.run(asking.ask("getUpdates"), 5)[-1]["callback_query"]
    channel.attend(TO, Kind.BUTTON, f"{query['id']}:{shown.id}")
    wait_until(lambda: telegram.messages()[-1].buttons == ())
    channel.attend(TO, Kind.BUTTON, f"{query['id']}:{shown.id}")
    assert not telegram.messages()[-1].turning


def test_anything_else_shows_typing(telegram: Doors, channel: TelegramChannel) -> None:
    channel.attend(TO, Kind.TEXT, "")
    wait_until(telegram.typing)


@pytest.mark.parametrize("media", ["", "x", ":", "1:x", "gone:99", "1:99"])
def test_attention_never_fails_whatever_there_is_to_attend(
    telegram: Doors, channel: TelegramChannel, media: str
) -> None:
    telegram.switch(fault={"name": "500", "count": None})
    channel.attend(TO, Kind.BUTTON, media)
    channel.attend("no chat", Kind.PHOTO, media)


def test_while_telegram_hangs_attention_does_not_pile_up(
    telegram: Doors, channel: TelegramChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_ATTENDED", 3)
    telegram.switch(fault={"name": "latency", "count": None, "seconds": 3})
    begun = time.monotonic()
    for _ in range(50):
        channel.attend(TO, Kind.TEXT, "")
    assert time.monotonic() - begun < 2, "it waits for nobody"
    wait_until(lambda: len(telegram.calls("sendChatAction")) == 3)
    time.sleep(0.2)
    assert len(telegram.calls("sendChatAction")) == 3


def test_a_group_is_told_once_and_left(telegram: Doors, channel: TelegramChannel) -> None:
    telegram.write_in_group("chào bot")
    for _ in range(3):
        channel.refuse_group(str(GROUP_ID), "Dạ, xin nhắn riêng ạ.")
    wait_until(lambda: telegram.calls("leaveChat"))
    assert [call["status"] for call in telegram.calls("sendMessage")] == [200]


# What cannot be seen from outside


@pytest.mark.parametrize("wait", [7, timedelta(seconds=7)])
def test_a_wait_is_read_in_either_form(wait: Any) -> None:
    class Told(RetryAfter):
        retry_after = wait

    delivery = delivery_of(Told(7))
    assert (delivery.outcome, delivery.retry_after_seconds) == (Outcome.RETRY, 7.0)


def test_errors_without_a_known_cause_leave_it_open() -> None:
    for error in (NetworkError("?"), TelegramError("?"), TimeoutError(), KeyError("result"), RuntimeError(TOKEN)):
        delivery = delivery_of(error)
        assert delivery.outcome is Outcome.UNKNOWN
        assert TOKEN not in delivery.error_class
    assert delivery_of(ChatMigrated(5)).outcome is Outcome.GIVE_UP
    assert delivery_of(BadRequest("Chat not found")).unreachable
