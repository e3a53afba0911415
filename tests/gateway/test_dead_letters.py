"""What did not go out is seen by staff, and sent again only because a person says so."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from django.db import connection
from typer.testing import CliRunner

from bot.channels.base import Delivery, Outcome
from bot.cli.main import app
from bot.gateway.dead_letters import ResendError, dead_letters, resend
from bot.gateway.inbox import conversation_of
from bot.gateway.models import AuditEntry, OutboxMessage
from tests.gateway.services import wait_until
from tests.gateway.test_sending import Messenger, send_all

SECRET = "cây khế đầu ngõ"
GIVE_UP, UNKNOWN = Delivery(Outcome.GIVE_UP, "blocked"), Delivery(Outcome.UNKNOWN, "timeout")


@pytest.fixture(autouse=True)
def letters(tables: None) -> None:
    """One that failed, one whose outcome is unknown, one that was sent."""
    conversation = conversation_of("zalo", "an")
    for number in range(3):
        OutboxMessage.objects.create(conversation=conversation, text=f"{SECRET} {number}")
    send_all(Messenger(GIVE_UP, UNKNOWN))


def ids(*states: str) -> list[int]:
    return list(OutboxMessage.objects.filter(state__in=states).order_by("pk").values_list("pk", flat=True))


def test_only_what_did_not_surely_go_out_is_listed() -> None:
    seen = [(letter.state, letter.error) for letter in dead_letters()]
    assert seen == [("failed", "blocked"), ("unknown", "timeout")]
    assert [letter.state for letter in dead_letters("unknown")] == ["unknown"]


def test_nothing_is_sent_again_by_itself() -> None:
    messenger = Messenger()
    send_all(messenger)
    assert messenger.reached == []


def test_sending_an_unknown_one_again_is_a_persons_decision_and_is_marked_as_theirs() -> None:
    (unknown,) = ids("unknown")
    resend([unknown, unknown], "chị Mẫu")
    messenger = Messenger()
    send_all(messenger)
    assert messenger.texts("an") == [f"{SECRET} 1"]
    entry = AuditEntry.objects.get()
    assert (entry.who, entry.action, entry.subject) == ("chị Mẫu", "outbox_resend", str(unknown))
    assert entry.detail == {"was": "unknown", "error": "timeout"}


@pytest.mark.parametrize("who", ["", "  "])
def test_nobody_sends_again_unnamed(who: str) -> None:
    with pytest.raises(ResendError, match="who"):
        resend(ids("failed"), who)


def test_one_that_was_sent_is_not_sent_again_nor_are_the_others_with_it() -> None:
    with pytest.raises(ResendError, match="is sent"):
        resend(ids("failed", "sent"), "chị Mẫu")
    with pytest.raises(ResendError, match="no message 999"):
        resend([*ids("failed"), 999], "chị Mẫu")
    assert ids("waiting") == []
    assert not AuditEntry.objects.exists()


def test_one_that_is_being_sent_just_now_is_waited_for() -> None:
    """It reads as unknown until its sender knows better."""
    pk = ids("failed")[0]
    resend([pk], "chị Mẫu")
    slow = Messenger(seconds=0.7)

    def send() -> None:
        send_all(slow)
        connection.close()

    sending = threading.Thread(target=send)
    sending.start()
    wait_until(lambda: slow.reached)
    with pytest.raises(ResendError, match="is sent"):
        resend([pk], "chị Mẫu")
    sending.join(10)
    assert len(slow.reached) == 1


def test_two_people_who_send_it_again_at_once_send_it_once() -> None:
    (pk,) = ids("failed")
    refused: list[str] = []

    def put_back() -> None:
        try:
            resend([pk], "chị Mẫu")
        except ResendError as error:
            refused.append(str(error))
        connection.close()

    people = [threading.Thread(target=put_back) for _ in range(4)]
    for person in people:
        person.start()
    for person in people:
        person.join(10)
    assert len(refused) == 3
    assert AuditEntry.objects.count() == 1


def test_the_command_lists_without_what_was_said_and_sends_again(
    database_url: str, var: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("MOTCUA_VAR", str(var))
    run = CliRunner()
    listed = run.invoke(app, ["outbox", "list", "--json"])
    assert listed.exit_code == 1
    assert [letter["state"] for letter in json.loads(listed.stdout)] == ["failed", "unknown"]
    assert SECRET not in listed.stdout + run.invoke(app, ["outbox", "list"]).stdout
    assert SECRET in run.invoke(app, ["outbox", "list", "--show", "--state", "failed"]).stdout
    assert run.invoke(app, ["outbox", "list", "--state", "lost"]).exit_code == 2
    assert run.invoke(app, ["outbox", "resend", *map(str, ids("failed", "unknown"))]).exit_code == 2
    done = run.invoke(app, ["outbox", "resend", *map(str, ids("failed", "unknown")), "--by", "chị Mẫu"])
    assert (done.exit_code, done.stdout) == (0, "2 put back to be sent\n")
    assert run.invoke(app, ["outbox", "list"]).exit_code == 0
