"""Deleting what is kept: all of it at once or nothing, said to the person, and not undone by a message told again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import psycopg
import pytest
from django.db import connection

from bot.consent import DELETE_ALL, MemoryChoice
from bot.gateway import deletion, outbox
from bot.gateway.inbox import accept_text, conversation_of
from bot.gateway.models import (
    AuditEntry,
    ConsentProof,
    Conversation,
    FollowedDossier,
    InboxMessage,
    OutboxMessage,
    Turn,
    UnansweredQuestion,
)
from tests.gateway.fake_rasa import FakeRasa
from tests.gateway.services import AGREED_TO_FOLLOW, FOLLOWED_CODE, StartWorker, wait_until
from tests.gateway.test_chat_api import Browser, said

Run = Callable[[], None]
SECRET = "cây khế đầu ngõ"
"""Words that stand nowhere else."""


@pytest.fixture
def talk(rasa: FakeRasa, work_all: Run, tracker_table: None) -> None:
    """A conversation that left something everywhere."""
    rasa.buttons = [{"title": SECRET, "payload": SECRET}]
    rasa.record = {"status": "not_covered"}
    rasa.asks = {**MemoryChoice(True).as_payload(), **AGREED_TO_FOLLOW}
    say(SECRET)
    work_all()
    rasa.asks, rasa.buttons = {}, []
    outbox.push(Conversation.objects.get(), f"tin mới: {SECRET}", [])
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO rasa_tracker (sender_id, events) VALUES ('zalo:an', %s)", [SECRET])


def say(text: str, message_id: str = "") -> None:
    accept_text(conversation_of("zalo", "an"), message_id or hashlib.sha256(text.encode()).hexdigest(), text)


def wish(rasa: FakeRasa) -> None:
    """The next turn is the one that confirms."""
    rasa.record, rasa.asks = {"status": "smalltalk"}, DELETE_ALL


def everything() -> str:
    """All that the database holds, as text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        names = [name for (name,) in cursor.fetchall() if name.startswith(("gateway", "rasa"))]
        kept = []
        for name in names:
            cursor.execute(f"SELECT t::text FROM {name} t")
            kept += [row for (row,) in cursor.fetchall()]
    return "\n".join(kept)


@pytest.mark.usefixtures("talk")
def test_what_was_said_stands_nowhere_any_more(rasa: FakeRasa, work_all: Run) -> None:
    assert SECRET in everything()
    assert FOLLOWED_CODE in everything()
    wish(rasa)
    say("xóa hết")
    work_all()
    assert SECRET not in everything()
    assert FOLLOWED_CODE not in everything()
    assert not UnansweredQuestion.objects.exists()
    assert not FollowedDossier.objects.exists()


@pytest.mark.usefixtures("talk")
def test_the_person_is_told_and_the_words_for_it_wait_to_be_sent(rasa: FakeRasa, work_all: Run) -> None:
    wish(rasa)
    say("xóa hết")
    work_all()
    reply = OutboxMessage.objects.get()
    assert (reply.text, reply.state) == ("Dạ: xóa hết", "waiting")


@pytest.mark.usefixtures("talk")
def test_what_stays_is_that_it_was_asked_and_that_consent_ended(rasa: FakeRasa, work_all: Run) -> None:
    wish(rasa)
    say("xóa hết")
    work_all()
    entry = AuditEntry.objects.get()
    assert (entry.who, entry.action) == ("citizen", "delete_my_data")
    assert entry.subject == ConsentProof.objects.latest("pk").person
    assert entry.detail == {"messages": 1, "turns": 1, "news": 1, "followed": 1}
    assert not ConsentProof.objects.latest("pk").agreed
    conversation = Conversation.objects.get()
    assert (conversation.memory, conversation.noticed_at) == ("", None)


@pytest.mark.usefixtures("talk")
def test_a_message_told_again_after_the_deletion_is_not_answered_again(rasa: FakeRasa, work_all: Run) -> None:
    wish(rasa)
    say("xóa hết")
    work_all()
    worked = len(rasa.requests)
    say(SECRET)
    say("xóa hết")
    work_all()
    assert len(rasa.requests) == worked
    assert SECRET not in everything()
    assert AuditEntry.objects.count() == 1


@pytest.mark.usefixtures("talk")
def test_what_was_said_after_the_wish_is_answered(rasa: FakeRasa, work_all: Run) -> None:
    wish(rasa)
    say("xóa hết")
    say("khai sinh")
    work_all()
    assert rasa.worked["zalo:an"][-1] == "khai sinh"
    assert InboxMessage.objects.filter(text="khai sinh").exists()


@pytest.mark.usefixtures("talk")
@pytest.mark.parametrize("place", ["bot.gateway.memory.prove", "bot.gateway.audit.record", "bot.gateway.outbox.put"])
def test_broken_off_anywhere_nothing_is_deleted_and_nothing_said(
    rasa: FakeRasa, work_all: Run, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError

    before = everything()
    wish(rasa)
    say("xóa hết", "wish")
    with monkeypatch.context() as patch:
        patch.setattr(place, broken)
        work_all()
    assert InboxMessage.objects.get(message_id="wish").attempts == 1
    assert SECRET in everything()
    assert len(everything().splitlines()) == len(before.splitlines()) + 1
    InboxMessage.objects.filter(message_id="wish").update(next_try_at="2020-01-01T00:00Z")
    work_all()
    assert SECRET not in everything()


@pytest.mark.usefixtures("talk")
@pytest.mark.stack
def test_a_worker_killed_half_way_leaves_all_as_it_was_and_the_next_one_deletes_it(
    rasa: FakeRasa, database_url: str, start_worker: StartWorker
) -> None:
    wish(rasa)
    with psycopg.connect(database_url) as other:  # the deletion comes as far as the followed dossiers, and waits there
        other.execute("SELECT * FROM gateway_followeddossier FOR UPDATE")
        killed = start_worker()
        say("xóa hết", "wish")
        wait_until(lambda: _waits_for_a_lock())
        killed.kill()
        killed.wait(10)
    assert SECRET in everything()
    assert FollowedDossier.objects.exists()
    start_worker()
    wait_until(lambda: not InboxMessage.objects.filter(state="waiting").exists())
    assert SECRET not in everything()
    assert AuditEntry.objects.count() == 1


def _waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        return cursor.fetchone() != (0,)


def test_another_conversation_is_left_alone(rasa: FakeRasa, work_all: Run, tracker_table: None) -> None:
    accept_text(conversation_of("zalo", "binh"), "m", "khai tử")
    work_all()
    wish(rasa)
    say("xóa hết")
    work_all()
    assert InboxMessage.objects.get(conversation__key="binh").text == "khai tử"
    assert Turn.objects.filter(message__conversation__key="binh").get().replies.count() == 1


@pytest.mark.parametrize("text", ["/xoa", " /XOA ", "/xóa"])
def test_the_command_is_the_wish_itself_on_every_channel(rasa: FakeRasa, work_all: Run, text: str) -> None:
    say(text)
    work_all()
    assert rasa.worked["zalo:an"] == ["/delete_my_data"]


def test_without_a_table_of_talks_the_rest_is_deleted(rasa: FakeRasa, work_all: Run) -> None:
    wish(rasa)
    say("xóa hết")
    work_all()
    assert AuditEntry.objects.count() == 1


def test_the_page_shows_only_what_came_after(rasa: FakeRasa, work_all: Run) -> None:
    visitor = Browser()
    visitor.say("khai sinh")
    work_all()
    wish(rasa)
    visitor.say("xóa hết")
    work_all()
    assert said(visitor.look()) == [("citizen", "xóa hết"), ("bot", "Dạ: xóa hết")]


def test_the_audit_cannot_be_changed(tables: None) -> None:
    deletion.audit.record("citizen", "delete_my_data", "0" * 64)
    with pytest.raises(Exception, match="append-only"):
        AuditEntry.objects.all().delete()
