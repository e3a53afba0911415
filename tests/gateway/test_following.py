"""Followed dossiers: consent written with the turn, each change told once, whoever polls and whenever it is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from bot import settings
from bot.catalogue.phrases import PhraseError
from bot.channels.base import Delivery, Outcome, Outgoing
from bot.gateway import following, outbox
from bot.gateway.following import Poller
from bot.gateway.inbox import accept_text, conversation_of
from bot.gateway.models import FollowedDossier, OutboxMessage
from bot.gateway.outbox import Sender
from bot.portal.answers import DossierTeller
from bot.portal.dossier import Dossier, DossierStatus, LookUp, Source, Supplement
from bot.portal.dossier import Outcome as Seen
from bot.portal.following import DAY, HOUR, FollowRequest, UnfollowRequest
from bot.portal.live import Tables
from bot.portal.news import NewsTeller
from bot.portal.second_factor import SecondFactor, key_of
from tests.committed import catalogue
from tests.gateway.fake_rasa import FakeRasa
from tests.gateway.services import wait_until
from tests.portal.scripted_portal import SEARCH, TOKEN, ScriptedPortal, igate_item, saying, slice_of

S = DossierStatus
CODE, OTHER = "H19.12-261105-0007", "H19.12-261105-0008"
FACTOR = SecondFactor("ab" * 32, "web:an")
START = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
DATA = settings.HOME / "nlu_data"
Run = Callable[[], None]


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
        self.says: dict[str, Dossier | Seen] = {}
        self.asked: list[str] = []
        self.factors: set[SecondFactor | None] = set()
        self.at_once: Counter[str] = Counter()
        self.twice_at_once = False
        self.seconds = 0.0
        self._guard = threading.Lock()

    def is_now(self, status: DossierStatus, code: str = CODE, **fields: Any) -> None:
        self.says[code] = Dossier(code, status, procedure_name="Đăng ký khai sinh", office="UBND phường Mẫu", **fields)

    def fails(self, outcome: Seen, code: str = CODE) -> None:
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
        if isinstance(said, Seen):
            return LookUp(said, Source.IGATE, START)
        return LookUp(Seen.FOUND, Source.IGATE, START, said)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def portal(tables: None, monkeypatch: pytest.MonkeyPatch) -> Portal:
    monkeypatch.setattr(following, "REST_SECONDS", 0.0)
    return Portal()


MakePoller = Callable[[], Poller]


@pytest.fixture
def make_poller(portal: Portal, clock: Clock) -> MakePoller:
    tables = Tables.load(DATA)

    def news() -> NewsTeller:
        teller = DossierTeller(catalogue(), tables.statuses, tables.calendar, clock.today())
        return NewsTeller(catalogue().phrases, teller)

    return lambda: Poller(portal, lambda: tables, news, now=clock, today=clock.today)


@pytest.fixture
def look(make_poller: MakePoller) -> Run:
    """One poller looks up all that is due."""
    poller = make_poller()

    def run() -> None:
        while poller.work():
            pass

    return run


@pytest.fixture
def look_after(look: Run, clock: Clock) -> Callable[[timedelta], None]:
    def run(wait: timedelta) -> None:
        clock.now += wait
        look()

    return run


LookAfter = Callable[[timedelta], None]


def follow(
    status: DossierStatus = S.IN_PROGRESS, code: str = CODE, channel: str = "web", key: str = "an"
) -> FollowedDossier:
    return FollowedDossier.objects.create(
        conversation=conversation_of(channel, key), code=code, digest=FACTOR.digest, salt=FACTOR.salt,
        consent_text="2026-11-25", consented_at=START, status=status, next_poll_at=START,
    )  # fmt: skip


def told() -> list[str]:
    return list(OutboxMessage.objects.filter(turn=None).order_by("pk").values_list("text", flat=True))


# --- news --------------------------------------------------------------------------------------------------------


def test_a_change_is_told_once_with_what_to_do_and_how_to_stop(
    portal: Portal, look: Run, look_after: LookAfter
) -> None:
    follow(S.IN_PROGRESS)
    portal.is_now(S.DONE)
    look()
    for _ in range(4):
        look_after(5 * HOUR)
    (text,) = told()
    assert text.startswith(f"Dạ, hồ sơ {CODE} có tin mới: Đăng ký khai sinh.\n")
    assert "Trên Cổng Dịch vụ công ghi: Đã xử lý xong." in text
    assert "Mình đến lấy kết quả, nhớ mang theo giấy hẹn." in text
    assert "Theo Cổng, máy hỏi lúc" in text
    assert text.endswith("mình nhắn: thôi theo dõi.")
    (message,) = OutboxMessage.objects.all()
    assert message.state == "sent"  # the page fetches it
    assert message.buttons == [
        {"title": "Thôi theo dõi hồ sơ này", "payload": f'/unfollow_dossier{{"code": "{CODE}"}}'}
    ]
    assert portal.factors == {FACTOR}


def test_the_same_as_at_consent_is_told_to_nobody(portal: Portal, look: Run, look_after: LookAfter) -> None:
    follow(S.IN_PROGRESS)
    portal.is_now(S.IN_PROGRESS, due_on=date(2026, 12, 1))
    look()
    look_after(2 * HOUR)
    assert told() == []
    assert len(portal.asked) == 2


def test_a_new_day_and_a_new_request_are_told(portal: Portal, look: Run, look_after: LookAfter) -> None:
    follow(S.IN_PROGRESS)
    portal.is_now(S.IN_PROGRESS, due_on=date(2026, 12, 1))
    look()
    portal.is_now(S.IN_PROGRESS, due_on=date(2026, 12, 8))
    look_after(2 * HOUR)
    portal.is_now(S.SUPPLEMENT_REQUIRED, supplements=(Supplement("Bổ sung giấy chứng sinh", date(2026, 12, 18)),))
    look_after(2 * HOUR)
    portal.is_now(S.SUPPLEMENT_REQUIRED, supplements=(Supplement("Bổ sung tờ khai", date(2026, 12, 18)),))
    look_after(2 * HOUR)
    day, first, second = told()
    assert "Ngày hẹn trả trên Cổng vừa đổi." in day
    assert "thứ Ba, 8/12/2026" in day
    assert "Bổ sung giấy chứng sinh" in first
    assert "Nơi nhận vừa ra yêu cầu nộp thêm mới." in second
    assert "Bổ sung tờ khai" in second


def test_what_the_citizen_must_act_on_goes_first(portal: Portal, look: Run) -> None:
    order = [S.SUPPLEMENT_REQUIRED, S.PAYMENT_REQUIRED, S.DONE, S.NOT_RECEIVED, S.STOPPED, S.RECEIVED]
    for number, status in enumerate(reversed(order)):
        code = f"H19.12-261105-{number:04d}"
        follow(S.REGISTERED, code, key=f"an{number}")
        portal.is_now(status, code)
    look()
    first = [code for text in told() for code in portal.says if code in text.split("\n")[0]]
    assert [portal.says[code].status for code in first] == order  # type: ignore[union-attr]


def test_a_status_gone_back_is_not_told_unless_it_stays_so(portal: Portal, look: Run, look_after: LookAfter) -> None:
    follow(S.DONE)
    portal.is_now(S.IN_PROGRESS)
    look()
    portal.is_now(S.DONE)
    look_after(HOUR)
    assert told() == []
    portal.is_now(S.IN_PROGRESS)
    look_after(6 * HOUR)
    assert told() == []
    look_after(HOUR / 2)
    assert len(told()) == 1
    assert "Hồ sơ đang được giải quyết." in told()[0]


def test_a_dossier_that_cannot_be_told_stops_no_other(
    portal: Portal, make_poller: MakePoller, monkeypatch: pytest.MonkeyPatch
) -> None:
    for code in (CODE, OTHER):
        follow(S.IN_PROGRESS, code, key=code)
        portal.is_now(S.DONE, code)
    poller, tell = make_poller(), NewsTeller.news

    def broken(self: NewsTeller, found: LookUp, dossier: Dossier, move: Any) -> str:
        if dossier.code == CODE:
            raise PhraseError("a sentence is missing")
        return tell(self, found, dossier, move)

    monkeypatch.setattr(NewsTeller, "news", broken)
    while poller.work():
        pass
    assert [OTHER in text for text in told()] == [True]
    assert FollowedDossier.objects.get(code=CODE).status == S.IN_PROGRESS  # told once the sentence is mended


# --- reminders ---------------------------------------------------------------------------------------------------


def test_two_working_days_before_papers_are_due_a_reminder_is_sent_once(
    portal: Portal, look: Run, look_after: LookAfter
) -> None:
    follow(S.SUPPLEMENT_REQUIRED)
    portal.is_now(S.SUPPLEMENT_REQUIRED, supplements=(Supplement("Bổ sung tờ khai", date(2026, 12, 4)),))
    look()
    for _ in range(7):  # to Tuesday 1 December
        look_after(DAY)
    assert told() == []
    for _ in range(4):
        look_after(DAY)
    (text,) = told()
    assert text.startswith(f"Dạ, nhắc mình: hồ sơ {CODE} sắp hết hạn nộp thêm giấy tờ.")
    assert "Hạn nộp thêm: thứ Sáu, 4/12/2026, còn 2 ngày làm việc." in text


def test_news_that_say_the_day_themselves_are_reminder_enough(portal: Portal, look: Run, look_after: LookAfter) -> None:
    follow(S.IN_PROGRESS)
    portal.is_now(S.SUPPLEMENT_REQUIRED, supplements=(Supplement("Bổ sung tờ khai", date(2026, 11, 26)),))
    look()
    look_after(2 * HOUR)
    assert len(told()) == 1


def test_whoever_was_just_told_the_day_is_not_reminded_at_once(
    portal: Portal, look: Run, look_after: LookAfter
) -> None:
    follow(S.SUPPLEMENT_REQUIRED)
    portal.is_now(S.SUPPLEMENT_REQUIRED, supplements=(Supplement("Bổ sung tờ khai", date(2026, 11, 25)),))
    look()
    look_after(2 * HOUR)
    assert told() == []


# --- failures and ends -------------------------------------------------------------------------------------------


def test_failures_are_told_to_nobody_and_put_the_next_look_off(
    portal: Portal, look: Run, look_after: LookAfter, clock: Clock
) -> None:
    row = follow()
    portal.fails(Seen.UPSTREAM_DOWN)
    waits = []
    for _ in range(6):
        look()
        row.refresh_from_db()
        waits.append(row.next_poll_at - clock.now)
        clock.now = row.next_poll_at
    assert waits == sorted(waits)
    assert waits[-1] > 10 * waits[0]
    assert row.failures == 6
    portal.is_now(S.DONE)
    look()
    row.refresh_from_db()
    assert row.failures == 0
    assert len(told()) == 1


def test_while_the_portal_fails_it_is_left_alone_for_a_while(
    portal: Portal, make_poller: MakePoller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "REST_SECONDS", 30.0)
    follow()
    portal.fails(Seen.UPSTREAM_DOWN)
    poller, waits = make_poller(), list[float]()
    monkeypatch.setattr(poller._stop, "wait", waits.append)
    while poller.work():
        pass
    assert waits == [30.0]


def test_thirty_days_after_the_result_it_ends_silently_and_nothing_is_left_of_it(
    portal: Portal, look: Run, look_after: LookAfter
) -> None:
    row = follow(S.RETURNED)
    portal.is_now(S.RETURNED)
    look()
    for _ in range(14):
        look_after(2 * DAY)
    row.refresh_from_db()
    assert row.ended_at is None
    look_after(4 * DAY)
    row.refresh_from_db()
    assert row.ended_why == "returned"
    assert (row.code, row.digest, row.salt, row.due_on) == ("", "", "", None)
    asked = len(portal.asked)
    look_after(9 * DAY)
    assert len(portal.asked) == asked
    assert told() == []


def test_after_a_year_it_ends_and_says_so(portal: Portal, look: Run, look_after: LookAfter) -> None:
    row = follow()
    portal.is_now(S.IN_PROGRESS)
    look()
    look_after(366 * DAY)
    row.refresh_from_db()
    assert row.ended_why == "year"
    assert "đã tròn một năm" in told()[0]


def test_a_dossier_not_seen_for_thirty_days_ends_and_says_so(portal: Portal, look: Run, look_after: LookAfter) -> None:
    row = follow()
    portal.fails(Seen.NEED_VERIFY)
    look()
    for _ in range(17):
        look_after(2 * DAY)
    row.refresh_from_db()
    assert row.ended_why == "unseen"
    (text,) = told()
    assert CODE in text
    assert "không xem được" in text


# --- consent, written with the turn ------------------------------------------------------------------------------


def say(rasa: FakeRasa, work_all: Run, text: str, *requests: dict[str, Any], channel: str = "web") -> None:
    """A turn whose record carries these requests."""
    custom = {"turn": rasa.record}
    for request in requests:
        custom |= request
    accepted = accept_text(conversation_of(channel, "an"), f"m-{text}", text)
    rasa.answers[(f"{channel}:an", f"m-{text}")] = [{"text": "Dạ"}, {"custom": custom}]
    assert accepted.new
    work_all()


AGREED = FollowRequest(CODE, FACTOR, "2026-11-25", S.IN_PROGRESS).as_payload()


def test_consent_is_kept_with_its_text_and_time(rasa: FakeRasa, work_all: Run) -> None:
    say(rasa, work_all, "đồng ý", AGREED)
    row = FollowedDossier.objects.get()
    assert (row.conversation.key, row.code, row.status) == ("an", CODE, S.IN_PROGRESS)
    assert (row.digest, row.salt, row.consent_text) == (FACTOR.digest, FACTOR.salt, "2026-11-25")
    assert abs((row.consented_at - datetime.now(UTC)).total_seconds()) < 60
    assert HOUR / 4 <= row.next_poll_at - row.consented_at <= HOUR * 1.25


def test_consent_given_twice_is_one_and_forgets_nothing_told(rasa: FakeRasa, work_all: Run) -> None:
    say(rasa, work_all, "đồng ý", AGREED)
    FollowedDossier.objects.update(status=S.DONE)
    say(rasa, work_all, "đồng ý lần nữa", AGREED)
    assert FollowedDossier.objects.get().status == S.DONE


def test_a_turn_worked_out_twice_follows_once(rasa: FakeRasa, work_all: Run) -> None:
    rasa.faults = ["drop", "500"]
    rasa.record = {"status": "dossier"}
    say(rasa, work_all, "đồng ý", AGREED)
    wait_until(lambda: work_all() or FollowedDossier.objects.exists())
    assert FollowedDossier.objects.count() == 1


def test_a_broken_request_makes_no_half_turn(rasa: FakeRasa, work_all: Run, quick_retries: None) -> None:
    say(rasa, work_all, "đồng ý", {"follow": {"code": "012345678901"}})
    assert not FollowedDossier.objects.exists()
    assert OutboxMessage.objects.get().turn.status == "error"  # type: ignore[union-attr]


def test_unfollowed_by_code_or_all_at_once(rasa: FakeRasa, work_all: Run) -> None:
    for number in range(3):
        follow(code=f"H19.12-261105-000{number}")
    follow(key="binh")
    say(rasa, work_all, "thôi mã này", UnfollowRequest("H19.12-261105-0001").as_payload())
    mine = FollowedDossier.objects.filter(conversation__key="an", ended_at=None)
    assert mine.count() == 2
    say(rasa, work_all, "thôi hết", UnfollowRequest().as_payload())
    assert mine.count() == 0
    assert set(FollowedDossier.objects.exclude(ended_at=None).values_list("ended_why", "code")) == {("asked", "")}
    assert FollowedDossier.objects.filter(ended_at=None).get().conversation.key == "binh"


def test_unfollowed_while_it_is_looked_up_nothing_is_told_any_more(portal: Portal, make_poller: MakePoller) -> None:
    row = follow(S.IN_PROGRESS)
    portal.is_now(S.DONE)
    poller = make_poller()
    poller._under_way = poller._claim()
    row.end(FollowedDossier.Why.ASKED, START)
    row.save()
    while poller.work():
        pass
    assert portal.asked == [CODE]
    assert told() == []
    row.refresh_from_db()
    assert row.code == ""


def test_followed_again_after_it_was_stopped(rasa: FakeRasa, work_all: Run) -> None:
    say(rasa, work_all, "đồng ý", AGREED)
    say(rasa, work_all, "thôi", UnfollowRequest(CODE).as_payload())
    say(rasa, work_all, "theo dõi lại", AGREED)
    assert [row.ended_why for row in FollowedDossier.objects.order_by("pk")] == ["asked", ""]


# --- several pollers, killed pollers -----------------------------------------------------------------------------


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
    row = follow(S.IN_PROGRESS)
    portal.is_now(S.DONE)
    late = make_poller()
    late.work()
    wait_until(lambda: portal.asked)
    clock.now += following.LEASE + timedelta(seconds=1)
    portal.is_now(S.RETURNED)
    look()
    while late.work():
        pass
    row.refresh_from_db()
    assert (row.status, row.doubted) == (S.RETURNED, "")
    assert len(told()) == 1


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


# --- how news get to the citizen ---------------------------------------------------------------------------------


class Messenger:
    """A messenger with a window: it takes news within a week of the citizen's last message."""

    name = "zalo"

    def __init__(self) -> None:
        self.reached: dict[str, list[str]] = defaultdict(list)

    def send(self, recipient: str, message: Outgoing) -> Delivery:
        self.reached[recipient].append(message.text)
        return Delivery(Outcome.SENT)

    def may_push(self, recipient_last_seen: datetime) -> bool:
        return datetime.now(UTC) - recipient_last_seen < 7 * DAY


def test_inside_a_messengers_window_news_are_sent_and_outside_they_wait_for_a_template(
    portal: Portal, look: Run
) -> None:
    for key, days in (("an", 1), ("binh", 8)):
        follow(S.IN_PROGRESS, channel="zalo", key=key)
        conversation = conversation_of("zalo", key)
        accept_text(conversation, "m", "báo cho tôi")
        conversation.inbox.update(received_at=datetime.now(UTC) - days * DAY)
    portal.is_now(S.DONE)
    look()
    messenger = Messenger()
    sender = Sender({"zalo": messenger})
    while sender.work_one():
        pass
    assert {key: len(texts) for key, texts in messenger.reached.items()} == {"an": 1}
    waiting = OutboxMessage.objects.get(conversation__key="binh")
    assert (waiting.state, waiting.error) == ("template", "window_closed")


def test_an_answer_is_sent_whatever_the_window(rasa: FakeRasa, work_all: Run) -> None:
    say(rasa, work_all, "hỏi", channel="zalo")
    conversation_of("zalo", "an").inbox.update(received_at=datetime.now(UTC) - 30 * DAY)
    messenger = Messenger()
    assert Sender({"zalo": messenger}).work_one()
    assert messenger.reached["an"] == ["Dạ"]
