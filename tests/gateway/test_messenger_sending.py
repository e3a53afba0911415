"""From a citizen's phone to their phone again: the stand-ins, the webhooks, a worker and the senders, all for real."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from bot import settings
from bot.channels.base import Channel, Delivery, Outcome, Outgoing
from bot.channels.telegram.stand_in import constants as telegram_constants
from bot.channels.telegram.stand_in.doors import Doors as TelegramDoors
from bot.channels.zalo.channel import TEMPLATE_FIELD
from bot.channels.zalo.oauth import TokenPair
from bot.channels.zalo.stand_in.constants import CITIZENS, OA_ID, TEMPLATES
from bot.channels.zalo.stand_in.doors import Doors as ZaloDoors
from bot.gateway import outbox, polling, pool, webhooks
from bot.gateway.inbox import conversation_of
from bot.gateway.media import Reader
from bot.gateway.messengers import channels_of, zalo_tokens
from bot.gateway.models import Conversation, InboxMessage, OutboxMessage
from bot.gateway.outbox import Sender
from bot.gateway.rasa_client import RasaClient
from bot.gateway.sending import Sending
from bot.gateway.worker import Worker
from bot.settings import Settings
from tests.channels.telegram.telegram_standing_in import serving as telegram_serving
from tests.channels.zalo.zalo_standing_in import CS
from tests.channels.zalo.zalo_standing_in import serving as zalo_serving
from tests.gateway.fake_rasa import FakeRasa
from tests.gateway.messenger_calls import ZALO, gateway_serving
from tests.gateway.services import SORRY, StartWorker, wait_until
from tests.gateway.test_accepting import everything_stored
from tests.portal.test_photo import CODE, drawn, saved

USER, ME = CITIZENS[0].id, telegram_constants.CITIZENS[0].id
KEY = f"{OA_ID}:{USER}"


@pytest.fixture
def web(tables: None) -> Iterator[str]:
    with gateway_serving() as address:
        yield address


@pytest.fixture
def zalo(web: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[ZaloDoors]:
    """The stand-in Zalo, signed in, its webhook set; a citizen who follows and has told nothing yet."""
    for name, value in ZALO.items():
        monkeypatch.setenv(name, value)
    with zalo_serving() as doors:
        monkeypatch.setenv("MOTCUA_ZALO_API", doors.address)
        monkeypatch.setenv("MOTCUA_ZALO_OAUTH", doors.address)
        doors.switch(webhook=f"{web}/webhooks/zalo")
        sign_in(doors)
        doors.user(USER, follows=True, silent_seconds=0)
        Conversation.objects.create(channel="zalo", key=KEY, noticed_at=timezone.now())
        yield doors


@pytest.fixture
def telegram(web: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[TelegramDoors]:
    """The stand-in Telegram, for polling."""
    with telegram_serving() as doors:
        for name, value in doors.settings.items():
            monkeypatch.setenv(name, value)
        Conversation.objects.create(channel="telegram", key=str(ME), noticed_at=timezone.now())
        yield doors


def sign_in(doors: ZaloDoors) -> None:
    pair = doors.bootstrap()
    zalo_tokens(settings.load().zalo).store(TokenPair(pair["access_token"], pair["refresh_token"], 90_000))


@contextmanager
def sending(channels: dict[str, Channel], database_url: str) -> Iterator[None]:
    """The senders of the worker process, in this one."""
    running = Sending(channels, Settings(database_url=database_url, worker_threads=2))
    running.start()
    try:
        yield
    finally:
        running.stop()
        running.join()


@pytest.fixture
def senders(database_url: str) -> Iterator[Callable[[], None]]:
    """Starts the senders of whatever the settings name."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(sending(channels_of(settings.load()), database_url))


def states() -> list[str]:
    return list(OutboxMessage.objects.order_by("pk").values_list("state", flat=True))


def heard(zalo: ZaloDoors) -> list[str]:
    return [message.text for message in zalo.received(USER)]


Start = Callable[[], None]
Run = Callable[[], None]


def test_a_question_on_zalo_is_answered_and_its_button_pressed(
    zalo: ZaloDoors, rasa: FakeRasa, work_all: Run, senders: Start
) -> None:
    senders()
    rasa.record["status"], rasa.buttons = "smalltalk", [{"title": "Lệ phí", "payload": "/ask_fee"}]
    zalo.write(USER, "khai sinh")
    wait_until(lambda: work_all() or heard(zalo))
    (answer,) = zalo.received(USER)
    assert answer.text.startswith("Dạ: khai sinh")
    zalo.press(USER, answer.id, 0)
    wait_until(lambda: work_all() or len(heard(zalo)) == 2)
    assert rasa.worked[f"zalo:{KEY}"] == ["khai sinh", "/ask_fee"]
    sent = OutboxMessage.objects.earliest("pk")
    assert (sent.state, sent.platform_id) == ("sent", answer.id)
    assert sent.sent_at


def test_with_buttons_refused_the_number_of_the_list_presses(
    zalo: ZaloDoors, rasa: FakeRasa, work_all: Run, senders: Start
) -> None:
    senders()
    zalo.switch(buttons="reject")
    rasa.record["status"], rasa.buttons = "smalltalk", [{"title": "Lệ phí", "payload": "/ask_fee"}]
    zalo.write(USER, "khai sinh")
    wait_until(lambda: work_all() or heard(zalo))
    assert "1. Lệ phí" in heard(zalo)[0]
    zalo.write(USER, "1")
    wait_until(lambda: work_all() or rasa.worked[f"zalo:{KEY}"][1:])
    assert rasa.worked[f"zalo:{KEY}"][1] == "/ask_fee"


def test_a_question_on_telegram_by_polling_is_answered(
    telegram: TelegramDoors, rasa: FakeRasa, work_all: Run, senders: Start
) -> None:
    senders()
    stop = threading.Event()

    def poll() -> None:
        polling.poll(settings.load().telegram, polling.accept, stop, long_poll_seconds=1)
        connection.close()

    poller = threading.Thread(target=poll)
    poller.start()
    try:
        telegram.write("khai sinh")
        wait_until(lambda: work_all() or telegram.received())
        assert telegram.received()[0].startswith("Dạ: khai sinh")
    finally:
        stop.set()
        poller.join()


def test_polling_asks_again_for_what_the_database_could_not_take(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: object) -> None:
        raise OperationalError

    monkeypatch.setattr(webhooks, "_take_update", away)
    with pytest.raises(polling.NotAccepted):
        polling.accept(b"{}")


def test_polling_goes_on_after_an_update_that_nobody_can_read(tables: None) -> None:
    polling.accept(b"{}")


def test_an_answer_is_sent_as_soon_as_it_is_written(
    zalo: ZaloDoors, senders: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "POLL_SECONDS", 4.0)
    zalo.write(USER, "mở cửa sổ")
    wait_until(lambda: InboxMessage.objects.exists())
    senders()
    time.sleep(1)  # now the listener listens and the threads sleep
    began = time.monotonic()
    outbox.push(conversation_of("zalo", KEY), "Tin mới", [])
    wait_until(lambda: states() == ["sent"])
    assert time.monotonic() - began < 2


def test_a_messenger_that_does_not_answer_holds_up_no_other(database_url: str, tables: None) -> None:
    class Messenger:
        def __init__(self, name: str, hangs: bool) -> None:
            self.name, self.hangs, self.go_on = name, hangs, threading.Event()

        def send(self, recipient: str, message: Outgoing) -> Delivery:
            if self.hangs:
                self.go_on.wait(20)
            return Delivery(Outcome.SENT)

    hanging, quick = Messenger("telegram", True), Messenger("zalo", False)
    for key in "abcdefgh":
        outbox.push(conversation_of("telegram", key), "một", [])
        outbox.push(conversation_of("zalo", key), "một", [])
    with sending({"telegram": hanging, "zalo": quick}, database_url):
        wait_until(lambda: OutboxMessage.objects.filter(conversation__channel="zalo", state="sent").count() == 8, 5)
        assert not OutboxMessage.objects.filter(conversation__channel="telegram", state="sent").exists()
        hanging.hangs = False
        hanging.go_on.set()


def test_somebody_who_blocked_us_is_left_alone_until_they_write(
    zalo: ZaloDoors, rasa: FakeRasa, work_all: Run, senders: Start
) -> None:
    zalo.write(USER, "khai sinh")
    wait_until(lambda: InboxMessage.objects.exists())
    zalo.user(USER, blocked=True)
    work_all()
    senders()
    wait_until(lambda: states() == ["failed"])
    wait_until(lambda: Conversation.objects.get().unreachable_at)
    calls = len(zalo.calls(CS))
    outbox.push(Conversation.objects.get(), "Tin mới", [])
    wait_until(lambda: states() == ["failed", "failed"])
    assert len(zalo.calls(CS)) == calls
    assert OutboxMessage.objects.latest("pk").error == "unreachable"
    zalo.user(USER, blocked=False)
    zalo.write(USER, "lệ phí")
    wait_until(lambda: work_all() or heard(zalo))
    assert heard(zalo)[0].startswith("Dạ: lệ phí")
    assert Conversation.objects.get().unreachable_at is None


NEWS = "Hồ sơ H19.12-261105-0007 có tin mới."


def long_silent() -> Conversation:
    conversation = conversation_of("zalo", KEY)
    message = InboxMessage.objects.create(conversation=conversation, message_id="old", text="…", state="done")
    InboxMessage.objects.filter(pk=message.pk).update(received_at=timezone.now() - timedelta(days=8))
    return conversation


def send_all() -> None:
    sender = Sender(channels_of(settings.load()))
    while sender.work_one():
        pass


def test_news_after_the_window_wait_for_a_template(zalo: ZaloDoors) -> None:
    outbox.push(long_silent(), NEWS, [])
    send_all()
    row = OutboxMessage.objects.get()
    assert (row.state, row.error) == ("template", "window_closed")
    assert heard(zalo) == []


def test_news_after_the_window_go_out_by_the_approved_template(
    zalo: ZaloDoors, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitting = next(name for name, template in TEMPLATES.items() if template.parameters == {TEMPLATE_FIELD})
    monkeypatch.setenv("MOTCUA_ZALO_TEMPLATE", fitting)
    zalo.switch(zca="funded")
    outbox.push(long_silent(), NEWS, [])
    send_all()
    assert states() == ["sent"]
    assert [message.via for message in zalo.received(USER)] == ["template"]


def test_without_a_token_an_answer_waits_and_goes_out_after_signing_in(
    zalo: ZaloDoors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "BACKOFF_SECONDS", (0.1,) * 5)
    zalo.revoke()
    zalo.write(USER, "mở cửa sổ")
    wait_until(lambda: InboxMessage.objects.exists())
    outbox.push(conversation_of("zalo", KEY), "Tin mới", [])
    Sender(channels_of(settings.load())).work_one()
    assert OutboxMessage.objects.get().error.startswith("no_token")
    sign_in(zalo)
    wait_until(lambda: send_all() or states() == ["sent"])


def test_a_reply_whose_row_is_deleted_while_it_is_sent_is_no_trouble(tables: None) -> None:
    """Somebody asks for deletion just then."""

    class Messenger:
        name = "zalo"

        def send(self, recipient: str, message: Outgoing) -> Delivery:
            OutboxMessage.objects.all().delete()
            return Delivery(Outcome.SENT)

    outbox.push(conversation_of("zalo", "an"), "một", [])
    assert Sender({"zalo": Messenger()}).work_one()
    assert states() == []


def test_an_answer_lost_on_the_way_is_not_sent_again(
    zalo: ZaloDoors, senders: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "LOOK_AFTER_SECONDS", 0.5)
    zalo.fault("lost", on=CS)
    zalo.write(USER, "mở cửa sổ")
    wait_until(lambda: InboxMessage.objects.exists())
    outbox.push(conversation_of("zalo", KEY), "một", [])
    outbox.push(conversation_of("zalo", KEY), "hai", [])
    senders()
    wait_until(lambda: states() == ["sent", "sent"])
    assert heard(zalo) == ["một", "hai"]


def test_what_never_reached_zalo_is_sent_once_it_has_been_asked(
    zalo: ZaloDoors, senders: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "LOOK_AFTER_SECONDS", 0.5)
    zalo.fault("reset", on=CS)
    zalo.write(USER, "mở cửa sổ")
    wait_until(lambda: InboxMessage.objects.exists())
    outbox.push(conversation_of("zalo", KEY), "một", [])
    outbox.push(conversation_of("zalo", KEY), "hai", [])
    senders()
    wait_until(lambda: states() == ["sent", "sent"])
    assert heard(zalo) == ["một", "hai"]


def test_the_photo_of_a_receipt_is_fetched_from_zalo_and_its_code_asked(zalo: ZaloDoors, rasa: FakeRasa) -> None:
    reader = Reader(channels_of(settings.load()))
    worker = Worker(RasaClient(rasa.url, 1), lambda: SORRY, reader)
    zalo.upload(USER, saved(drawn(CODE)))
    wait_until(worker.work_one)
    assert rasa.worked[f"zalo:{KEY}"] == [f"tra cứu {CODE}"]
    assert "127.0.0.1" not in everything_stored()


def test_who_follows_is_greeted_and_who_leaves_is_left_alone(zalo: ZaloDoors, rasa: FakeRasa, work_all: Run) -> None:
    zalo.follow(USER)
    wait_until(lambda: work_all() or rasa.worked[f"zalo:{KEY}"])
    assert rasa.worked[f"zalo:{KEY}"] == ["/greet"]
    zalo.follow(USER, follows=False)
    wait_until(lambda: work_all() or Conversation.objects.get().unreachable_at)


@pytest.mark.stack
def test_told_to_stop_the_worker_process_finishes_the_send_under_way(
    zalo: ZaloDoors, rasa: FakeRasa, start_worker: StartWorker
) -> None:
    zalo.fault("latency", on=CS, seconds=1.5)
    process = start_worker()
    zalo.write(USER, "khai sinh")
    wait_until(lambda: states() == ["unknown"])  # on its way
    process.send_signal(signal.SIGTERM)
    assert process.wait(15) == 0
    assert states() == ["sent"]
    assert len(heard(zalo)) == 1


@pytest.mark.stack
def test_the_worker_process_serves_zalo_while_telegram_cannot_be_reached(
    zalo: ZaloDoors, rasa: FakeRasa, start_worker: StartWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTCUA_TELEGRAM_TOKEN", "1:nobody")
    monkeypatch.setenv("MOTCUA_TELEGRAM_API", "http://127.0.0.1:9")
    outbox.push(conversation_of("telegram", "7000000001"), "một", [])
    process = start_worker()
    zalo.write(USER, "khai sinh")
    wait_until(lambda: heard(zalo))
    assert OutboxMessage.objects.get(conversation__channel="telegram").state == "waiting"
    process.send_signal(signal.SIGTERM)
    assert process.wait(15) == 0
