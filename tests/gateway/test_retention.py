"""What is forgotten by itself, and when: an hour for whoever is not remembered, 30 days for everybody."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from bot import settings
from bot.gateway import outbox, retention
from bot.gateway.inbox import accept_text, conversation_of
from bot.gateway.models import (
    ConsentProof,
    Conversation,
    FollowedDossier,
    InboxMessage,
    OutboxMessage,
    Turn,
    UnansweredQuestion,
)
from tests.gateway.fake_rasa import FakeRasa
from tests.gateway.services import wait_until
from tests.gateway.test_chat_api import Browser, said
from tests.gateway.test_deletion import SECRET, everything

Run = Callable[[], None]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SOON = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch, tracker_table: None) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)


def say(text: str = SECRET, key: str = "an", message_id: str = "m1", channel: str = "web") -> None:
    accept_text(conversation_of(channel, key), message_id, text)


def agree(key: str = "an") -> None:
    Conversation.objects.filter(key=key).update(memory=Conversation.Memory.AGREED)


def later(wait: timedelta) -> None:
    """Both jobs, as if so much time had passed."""
    retention.forget_unremembered(timezone.now() + wait)
    retention.forget_old(timezone.now() + wait)


def remember_talk(sender: str, days_ago: float, saved_days_ago: float = 0) -> None:
    moment = (timezone.now() - DAY * days_ago).timestamp()
    events = [{"event": "action", "timestamp": 1.0}, {"event": "user", "timestamp": moment, "text": SECRET}]
    saved = timezone.now() - DAY * saved_days_ago
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO rasa_tracker VALUES (%s, %s, %s)", [sender, json.dumps(events), saved])


def talks() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM rasa_tracker")
        (count,) = cursor.fetchone()
    return int(count)


def test_a_talk_not_remembered_is_forgotten_an_hour_after_its_last_message(rasa: FakeRasa, work_all: Run) -> None:
    say()
    work_all()
    remember_talk("web:an", days_ago=0)
    later(HOUR - SOON)
    assert SECRET in everything()
    assert talks() == 1
    later(HOUR + SOON)
    assert SECRET not in everything()
    assert talks() == 0


@pytest.mark.parametrize("memory", ["", "refused"])
def test_not_chosen_is_like_refused(rasa: FakeRasa, work_all: Run, memory: str) -> None:
    say()
    work_all()
    Conversation.objects.update(memory=memory)
    later(HOUR + SOON)
    assert SECRET not in everything()


def test_while_the_talk_goes_on_all_of_it_is_there(rasa: FakeRasa, work_all: Run) -> None:
    for number in range(3):
        say(message_id=f"m{number}")
    work_all()
    InboxMessage.objects.filter(message_id="m0").update(received_at=timezone.now() - DAY)
    later(HOUR - SOON)
    assert InboxMessage.objects.filter(text=SECRET).count() == 3


def test_what_still_waits_for_its_answer_is_not_forgotten(rasa: FakeRasa) -> None:
    say()
    later(DAY)
    assert InboxMessage.objects.get().text == SECRET


def test_whoever_agreed_is_remembered_for_30_days(rasa: FakeRasa, work_all: Run) -> None:
    for number in range(5):
        say(message_id=f"m{number}")
    work_all()
    agree()
    remember_talk("web:an", days_ago=0)
    later(30 * DAY - SOON)
    assert InboxMessage.objects.filter(text=SECRET).count() == 5
    assert talks() == 1
    later(30 * DAY + SOON)
    assert SECRET not in everything()
    assert talks() == 0


def test_a_talk_that_goes_on_for_months_is_forgotten_once_it_holds_something_too_old(rasa: FakeRasa) -> None:
    remember_talk("web:an", days_ago=31)
    remember_talk("web:binh", days_ago=29)
    retention.forget_old()
    assert talks() == 1


def test_turn_records_stay_without_their_person(rasa: FakeRasa, work_all: Run) -> None:
    for number in range(5):
        say(message_id=f"m{number}")
    work_all()
    later(HOUR + SOON)
    assert Turn.objects.filter(procedures=["1.001193"]).count() == 5
    keys = Turn.objects.values_list("message__conversation__channel", "message__conversation__key").distinct()
    assert list(keys) == [("web", "")]


def test_a_question_for_staff_keeps_its_words_and_nobody_asked_it(rasa: FakeRasa, work_all: Run) -> None:
    rasa.record = {"status": "not_covered"}
    say()
    work_all()
    later(HOUR + SOON)
    question = UnansweredQuestion.objects.get()
    assert question.text == SECRET
    assert question.turn.message.conversation.key == ""
    later(30 * DAY + SOON)
    assert not UnansweredQuestion.objects.exists()


def test_a_message_told_again_within_48_hours_is_still_known(rasa: FakeRasa, work_all: Run) -> None:
    say()
    work_all()
    later(48 * HOUR)
    say()
    work_all()
    assert rasa.worked["web:an"] == [SECRET]


def test_after_that_nothing_is_left_of_a_person_who_chose_nothing(rasa: FakeRasa, work_all: Run) -> None:
    say()
    work_all()
    later(73 * HOUR)
    assert not Conversation.objects.exclude(key="").exists()


def test_what_somebody_chose_is_known_when_they_come_back(rasa: FakeRasa, work_all: Run) -> None:
    say()
    work_all()
    Conversation.objects.update(memory=Conversation.Memory.REFUSED)
    later(73 * HOUR)
    assert Conversation.objects.get(key="an").memory == "refused"
    assert not Conversation.objects.get(key="an").inbox.exists()


def test_a_reply_that_was_not_handed_over_yet_still_is(rasa: FakeRasa, work_all: Run) -> None:
    say(channel="zalo")
    work_all()
    later(2 * HOUR)
    assert OutboxMessage.objects.get().state == "waiting"
    OutboxMessage.objects.update(state="sent")
    later(2 * HOUR)
    assert not OutboxMessage.objects.exists()


def test_news_of_a_followed_dossier_wait_on_the_page_for_30_days(rasa: FakeRasa, work_all: Run) -> None:
    say()
    work_all()
    outbox.push(conversation_of("web", "an"), "hồ sơ có tin mới", [])
    later(29 * DAY)
    assert OutboxMessage.objects.get().text == "hồ sơ có tin mới"
    later(31 * DAY)
    assert not OutboxMessage.objects.exists()


def test_where_a_dossier_is_followed_the_day_of_the_last_message_is_known_for_a_week(
    rasa: FakeRasa, work_all: Run
) -> None:
    say()
    work_all()
    now = timezone.now()
    FollowedDossier.objects.create(
        conversation=conversation_of("web", "an"), code="H19.12-261105-0007", consented_at=now, status=4,
        next_poll_at=now,
    )  # fmt: skip
    later(7 * DAY)
    assert conversation_of("web", "an").inbox.exists()
    later(9 * DAY)
    assert not conversation_of("web", "an").inbox.exists()


def test_proofs_are_kept_for_two_years(rasa: FakeRasa) -> None:
    for days in (729, 731):
        ConsentProof.objects.create(
            person="0" * 64, purpose="memory", agreed=True, text_version="1", at=timezone.now() - days * DAY
        )
    retention.forget_old()
    assert ConsentProof.objects.count() == 1


def test_the_page_of_a_forgotten_talk_is_empty_and_goes_on(rasa: FakeRasa, work_all: Run) -> None:
    visitor = Browser()
    visitor.say("khai sinh")
    work_all()
    later(2 * HOUR)
    assert visitor.look() == {"messages": [], "waiting": False}
    visitor.say("khai tử")
    work_all()
    assert said(visitor.look()) == [("citizen", "khai tử"), ("bot", "Dạ: khai tử")]


def test_a_run_broken_off_is_gone_on_with(rasa: FakeRasa, work_all: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for key in "abcd":
        say(key=key)
    work_all()
    real, calls = retention.forget_talk, list[object]()

    def breaks_at_the_third(conversation: Conversation) -> None:
        calls.append(conversation)
        if len(calls) == 3:
            raise KeyboardInterrupt
        real(conversation)

    monkeypatch.setattr(retention, "forget_talk", breaks_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        later(2 * HOUR)
    assert InboxMessage.objects.filter(text=SECRET).count() == 2
    later(2 * HOUR)
    assert SECRET not in everything()


def test_two_runs_at_once_are_one(rasa: FakeRasa, work_all: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    say()
    work_all()
    inside, go_on = threading.Event(), threading.Event()

    def slow(conversation: Conversation) -> None:
        inside.set()
        go_on.wait(10)

    monkeypatch.setattr(retention, "forget_talk", slow)

    def first() -> None:
        retention.forget_unremembered(timezone.now() + 2 * HOUR)
        connection.close()

    running = threading.Thread(target=first)
    running.start()
    inside.wait(10)
    assert retention.forget_unremembered(timezone.now() + 2 * HOUR) == 0
    go_on.set()
    running.join(10)
    assert SECRET not in everything()


def test_a_conversation_under_a_workers_hands_is_left_for_the_next_run(rasa: FakeRasa, work_all: Run) -> None:
    say()
    work_all()
    held, let_go = threading.Event(), threading.Event()

    def hold() -> None:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT 1 FROM gateway_conversation FOR NO KEY UPDATE")
            held.set()
            let_go.wait(10)
            cursor.execute("COMMIT")
        connection.close()

    holding = threading.Thread(target=hold)
    holding.start()
    held.wait(10)
    assert retention.forget_unremembered(timezone.now() + 2 * HOUR) == 0
    let_go.set()
    holding.join(10)
    assert retention.forget_unremembered(timezone.now() + 2 * HOUR) == 1


@pytest.mark.stack
def test_the_jobs_process_forgets_at_its_start_what_was_due_and_two_of_them_share_it(
    rasa: FakeRasa, work_all: Run, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    say()
    work_all()
    InboxMessage.objects.update(received_at=timezone.now() - 2 * HOUR)
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_periodic_defers, procrastinate_workers CASCADE")
    monkeypatch.setenv("DATABASE_URL", database_url)
    command = [sys.executable, "-W", "ignore", "-m", "bot.gateway.jobs"]
    both = [subprocess.Popen(command, cwd=settings.HOME, stderr=subprocess.DEVNULL) for _ in range(2)]
    try:
        wait_until(lambda: SECRET not in everything(), 60)
        wait_until(lambda: jobs() == (0, 3, 2), 60)
    finally:
        for process in both:
            process.terminate()
        ended = [process.wait(30) for process in both]
    assert ended == [0, 0]


def jobs() -> tuple[int, ...]:
    """How many are left, how many were ever due, and how many processes work."""
    tables = ("procrastinate_jobs", "procrastinate_periodic_defers", "procrastinate_workers")
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f"(SELECT count(*) FROM {table})" for table in tables))
        return tuple(cursor.fetchone())
