"""The channel against the stand-in: every way a send can end, and that nothing goes out twice."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from bot.channels.base import Attentive, Channel, Delivery, Kind, MediaError, MediaSource, Outcome, Outgoing
from bot.channels.base import OutgoingButton as Button
from bot.channels.telegram import wire
from bot.channels.telegram.channel import TelegramChannel
from bot.channels.telegram.stand_in.constants import TOKEN
from bot.channels.telegram.stand_in.doors import Doors
from tests.channels.telegram.telegram_standing_in import ME, channel_to
from tests.gateway.services import wait_until

HELLO = Outgoing("Dạ, mình cần <làm> giấy gì?")
TO = str(ME)


@pytest.fixture(autouse=True)
def started(telegram: Doors) -> None:
    telegram.write("/start")


@pytest.fixture
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A read that waits for a quarter of a second only."""
    monkeypatch.setattr(wire, "READ_SECONDS", 0.25)


def test_it_is_all_that_the_gateway_asks_for(channel: TelegramChannel) -> None:
    as_channel: Channel = channel
    assert as_channel.name == "telegram"
    assert isinstance(channel, MediaSource)
    assert isinstance(channel, Attentive)


def test_a_message_arrives_as_it_was_written_with_its_buttons(telegram: Doors, channel: TelegramChannel) -> None:
    buttons = (Button("12:0", "Cấp mới"), Button("12:1", "Cấp lại"))
    delivery = channel.send(TO, Outgoing(HELLO.text, buttons))
    seen = telegram.messages()[-1]
    assert delivery == Delivery(Outcome.SENT, platform_id=str(seen.id))
    assert (seen.text, seen.buttons) == (HELLO.text, (("Cấp mới", "12:0"), ("Cấp lại", "12:1")))
    sent = telegram.calls("sendMessage")[0]["parameters"]
    assert sent["parse_mode"] == "HTML"
    assert '"is_disabled": true' in sent["link_preview_options"]


def test_sending_asks_nobody_who_the_bot_is(telegram: Doors, channel: TelegramChannel) -> None:
    channel.send(TO, HELLO)
    assert telegram.counts()["calls"] == {"sendMessage": 1}


@pytest.mark.parametrize(
    ("fault", "expected", "arrived"),
    [
        ({"name": "429", "seconds": 7}, Delivery(Outcome.RETRY, "flood", retry_after_seconds=7.0), 0),
        ({"name": "403"}, Delivery(Outcome.GIVE_UP, "forbidden", unreachable=True), 0),
        ({"name": "400"}, Delivery(Outcome.GIVE_UP, "bad_request"), 0),
        ({"name": "401"}, Delivery(Outcome.RETRY, "token_refused", alarm=True), 0),
        ({"name": "404"}, Delivery(Outcome.RETRY, "token_refused", alarm=True), 0),
        ({"name": "500"}, Delivery(Outcome.UNKNOWN, "http_500"), 0),
        ({"name": "502"}, Delivery(Outcome.UNKNOWN, "http_502"), 0),
        ({"name": "503"}, Delivery(Outcome.RETRY, "http_503"), 0),
        ({"name": "html"}, Delivery(Outcome.UNKNOWN, "unreadable_reply"), 0),
        ({"name": "reset"}, Delivery(Outcome.UNKNOWN, "ReadError"), 0),
        ({"name": "lost"}, Delivery(Outcome.UNKNOWN, "ReadError"), 1),
    ],
)
def test_every_failure_has_its_outcome(
    telegram: Doors, channel: TelegramChannel, fault: dict[str, Any], expected: Delivery, arrived: int
) -> None:
    telegram.fail(**fault)
    assert channel.send(TO, HELLO) == expected
    assert len(telegram.received()) == arrived
    assert len(telegram.calls("sendMessage")) == 1, "nothing is tried twice here"


@pytest.mark.usefixtures("short_waits")
@pytest.mark.parametrize(("name", "arrived"), [("silence", 0), ("late", 1)])
def test_an_answer_that_does_not_come_leaves_open_whether_it_arrived(telegram: Doors, name: str, arrived: int) -> None:
    telegram.fail(name, seconds=1)
    with closing(channel_to(telegram.address)) as channel:
        assert channel.send(TO, HELLO) == Delivery(Outcome.UNKNOWN, "ReadTimeout")
    wait_until(lambda: len(telegram.received()) == arrived)


def test_where_nothing_was_sent_it_may_be_sent_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with closing(channel_to(f"http://127.0.0.1:{port}")) as channel:
        assert channel.send(TO, HELLO) == Delivery(Outcome.RETRY, "ConnectError")


def test_a_connection_that_does_not_come_about_may_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "CONNECT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0), backlog=0) as deaf, socket.socket() as first, socket.socket() as second:
        for one in (first, second):  # the kernel's queue is full: a third connection gets no answer at all
            one.setblocking(False)
            one.connect_ex(deaf.getsockname())
        with closing(channel_to(f"http://127.0.0.1:{deaf.getsockname()[1]}")) as channel:
            assert channel.send(TO, HELLO) == Delivery(Outcome.RETRY, "ConnectTimeout")


@pytest.mark.usefixtures("short_waits")
def test_a_connection_that_is_not_free_may_be_waited_for(telegram: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "CONNECTIONS", 1)
    monkeypatch.setattr(wire, "POOL_SECONDS", 0.1)
    monkeypatch.setattr(wire, "READ_SECONDS", 5.0)
    telegram.fail("latency", seconds=1.0)
    with closing(channel_to(telegram.address)) as channel:
        slow = threading.Thread(target=channel.send, args=(TO, HELLO))
        slow.start()
        wait_until(lambda: telegram.calls("sendMessage"))
        assert channel.send(TO, HELLO) == Delivery(Outcome.RETRY, "PoolTimeout")
        slow.join()


@contextmanager
def one_answer(status: str, body: str = "") -> Iterator[str]:
    """A server that answers whatever comes with this; its address."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        thread.join(5)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("301 Moved", Delivery(Outcome.RETRY, "http_301", alarm=True)),
        ("403 Forbidden", Delivery(Outcome.RETRY, "http_403", alarm=True)),
        ("404 Not Found", Delivery(Outcome.RETRY, "http_404", alarm=True)),
        ("407 Login", Delivery(Outcome.RETRY, "http_407", alarm=True)),
        ("413 Too Large", Delivery(Outcome.GIVE_UP, "http_413")),
        ("429 Slowly", Delivery(Outcome.RETRY, "http_429")),
        ("504 Gateway", Delivery(Outcome.UNKNOWN, "http_504")),
    ],
)
def test_what_somebody_in_between_says_is_not_taken_for_telegrams_word(status: str, expected: Delivery) -> None:
    with one_answer(status, "<html>proxy</html>") as address, closing(channel_to(address)) as channel:
        assert channel.send(TO, HELLO) == expected


def test_a_proxy_that_refuses_the_way_has_sent_nothing() -> None:
    with one_answer("403 Forbidden") as proxy, closing(channel_to("https://api.invalid", proxy=proxy)) as channel:
        assert channel.send(TO, HELLO) == Delivery(Outcome.RETRY, "ProxyError")


@pytest.mark.parametrize(("chat", "name"), [("5", "chat_not_found"), ("abc", "chat_not_found")])
def test_a_chat_that_there_is_not_is_not_tried_again(channel: TelegramChannel, chat: str, name: str) -> None:
    assert channel.send(chat, HELLO) == Delivery(Outcome.GIVE_UP, name, unreachable=True)


def test_a_blocked_bot_knows_that_the_citizen_cannot_be_reached(telegram: Doors, channel: TelegramChannel) -> None:
    telegram.block()
    assert channel.send(TO, HELLO) == Delivery(Outcome.GIVE_UP, "forbidden", unreachable=True)


def test_a_wrong_token_alarms(telegram: Doors) -> None:
    with closing(channel_to(telegram.address, token="123456:WRONG")) as channel:
        assert channel.send(TO, HELLO) == Delivery(Outcome.RETRY, "token_refused", alarm=True)


def test_without_a_token_nothing_breaks(telegram: Doors) -> None:
    with closing(channel_to(telegram.address, token="")) as channel:
        assert channel.send(TO, HELLO) == Delivery(Outcome.RETRY, "token_refused", alarm=True)
        channel.attend(TO, Kind.TEXT, "")


def test_html_that_telegram_does_not_read_goes_out_once_more_as_plain_text(
    telegram: Doors, channel: TelegramChannel
) -> None:
    telegram.fail("parse")
    assert channel.send(TO, HELLO).outcome is Outcome.SENT
    assert telegram.received() == [HELLO.text]
    assert "parse_mode" not in telegram.calls("sendMessage")[1]["parameters"]


def test_a_message_that_cannot_be_one_is_given_up_unsent(telegram: Doors, channel: TelegramChannel) -> None:
    assert channel.send(TO, Outgoing(" ")) == Delivery(Outcome.GIVE_UP, "empty_text")
    assert telegram.calls("sendMessage") == []


def test_many_threads_send_through_one_channel(telegram: Doors, channel: TelegramChannel) -> None:
    telegram.switch(flood=False)
    threads = [threading.Thread(target=channel.send, args=(TO, Outgoing(f"tin {n}"))) for n in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(telegram.received()) == sorted(f"tin {n}" for n in range(30))


def test_a_closed_channel_ends_its_thread_and_begins_anew(telegram: Doors, channel: TelegramChannel) -> None:
    channel.send(TO, HELLO)
    before = threading.active_count()
    channel.close()
    wait_until(lambda: threading.active_count() < before)
    assert channel.send(TO, HELLO).outcome is Outcome.SENT


def test_the_token_and_the_text_are_in_no_log_whatever_happens(
    telegram: Doors, channel: TelegramChannel, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(logging.getLogger("asyncio"), "level", logging.DEBUG)
    telegram.send("photo", b"x")
    names = ["429", "400", "401", "403", "404", "500", "502", "503", "html", "parse", "reset", "lost"]
    for name in names:
        telegram.fail(name)
        channel.send(TO, HELLO)
        telegram.fail(name)
        with pytest.raises(MediaError) as error:
            channel.fetch("nothing", 10)
        assert TOKEN not in repr(error.value)
        channel.attend(TO, Kind.BUTTON, "1:1")
    for status in ("404 Not Found", "200 OK"):
        page = f"The requested URL /bot{TOKEN}/sendMessage was not found"
        with one_answer(status, page) as address, closing(channel_to(address)) as other:
            other.send(TO, HELLO)
    time.sleep(0.2)
    written = "\n".join(f"{record.name} {record.getMessage()} {record.exc_text or ''}" for record in caplog.records)
    assert "SAMPLE-TOKEN" not in written
    assert "làm" not in written
    for quiet in ("httpx", "httpcore", "telegram", "telegram.Bot"):
        assert not logging.getLogger(quiet).isEnabledFor(logging.INFO), quiet
