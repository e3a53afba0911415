"""A channel switched off: taken and told kindly, nothing worked out, nothing lost, written down who did it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import OperationalError
from typer.testing import CliRunner

from bot.cli.main import app
from bot.gateway import outbox, web
from bot.gateway.inbox import accept_text, conversation_of
from bot.gateway.models import AuditEntry, OutboxMessage, Turn
from bot.gateway.switches import SwitchError, switch_off, switch_on, switches
from tests.gateway.fake_rasa import FakeRasa
from tests.gateway.test_chat_api import Browser
from tests.gateway.test_sending import Messenger, send_all

Run = Callable[[], None]


def say(text: str, key: str = "an", channel: str = "zalo") -> None:
    accept_text(conversation_of(channel, key), f"m-{text}", text)


def told(key: str = "an") -> list[str]:
    rows = OutboxMessage.objects.filter(conversation__key=key).order_by("pk")
    return list(rows.values_list("text", flat=True))


def test_nothing_reaches_rasa_and_the_citizen_is_told(rasa: FakeRasa, work_all: Run) -> None:
    switch_off("zalo", "chị Mẫu", "Kênh này nghỉ tới 13 giờ.")
    say("khai sinh")
    work_all()
    assert rasa.requests == []
    assert told() == ["Kênh này nghỉ tới 13 giờ."]
    turn = Turn.objects.get()
    assert (turn.status, turn.reason, turn.unanswered.text) == ("error", "channel_off", "khai sinh")


def test_without_a_text_a_standing_sentence_is_said(rasa: FakeRasa, work_all: Run) -> None:
    switch_off("zalo", "chị Mẫu")
    say("khai sinh")
    work_all()
    assert told()[0].startswith("Dạ, kênh này đang tạm nghỉ")


def test_nobody_is_told_twice_within_an_hour(rasa: FakeRasa, work_all: Run) -> None:
    switch_off("zalo", "chị Mẫu", "nghỉ")
    for number in range(3):
        say(f"câu {number}")
    say("câu", key="binh")
    work_all()
    assert (told(), told("binh")) == (["nghỉ"], ["nghỉ"])
    Turn.objects.update(created_at=Turn.objects.earliest("pk").created_at - timedelta(minutes=61))
    say("câu 4")
    work_all()
    assert told() == ["nghỉ", "nghỉ"]
    assert Turn.objects.count() == 5


def test_the_other_channels_go_on(rasa: FakeRasa, work_all: Run) -> None:
    switch_off("zalo", "chị Mẫu")
    say("khai sinh", channel="telegram")
    work_all()
    assert told() == ["Dạ: khai sinh"]


def test_switched_on_again_questions_are_answered(rasa: FakeRasa, work_all: Run) -> None:
    switch_off("zalo", "chị Mẫu", "nghỉ")
    switch_on("zalo", "chị Mẫu")
    say("khai sinh")
    work_all()
    assert told() == ["Dạ: khai sinh"]


def test_news_wait_and_hold_up_no_reply(rasa: FakeRasa, work_all: Run) -> None:
    outbox.push(conversation_of("zalo", "an"), "tin hồ sơ", [])
    switch_off("zalo", "chị Mẫu", "nghỉ")
    say("khai sinh")
    work_all()
    messenger = Messenger()
    send_all(messenger)
    assert messenger.texts("an") == ["nghỉ"]
    switch_on("zalo", "chị Mẫu")
    send_all(messenger)
    assert messenger.texts("an") == ["nghỉ", "tin hồ sơ"]


def test_every_throw_is_written_down(tables: None) -> None:
    switch_off("zalo", "chị Mẫu", "nghỉ")
    switch_off("zalo", "anh Mẫu", "nghỉ thêm")
    switch_on("zalo", "chị Mẫu")
    entries = AuditEntry.objects.order_by("pk").values_list("who", "action", "subject")
    assert list(entries) == [
        ("chị Mẫu", "channel_off", "zalo"), ("anh Mẫu", "channel_off", "zalo"), ("chị Mẫu", "channel_on", "zalo"),
    ]  # fmt: skip


@pytest.mark.parametrize(("channel", "who"), [("fax", "chị Mẫu"), ("cli", "chị Mẫu"), ("zalo", " ")])
def test_a_switch_that_cannot_be_thrown_says_why_and_nothing_changes(tables: None, channel: str, who: str) -> None:
    with pytest.raises(SwitchError, match=r"there is no channel|say who"):
        switch_off(channel, who)
    with pytest.raises(SwitchError, match="is on already"):
        switch_on("zalo", "chị Mẫu")
    assert all(switch.off_since is None for switch in switches())
    assert not AuditEntry.objects.exists()


def test_the_page_says_so_as_soon_as_it_opens(rasa: FakeRasa) -> None:
    switch_off("web", "chị Mẫu", "Trang nghỉ <b>tới chiều</b>.")
    page = Browser().page.content.decode()
    assert "Trang nghỉ &lt;b&gt;tới chiều&lt;/b&gt;." in page


def test_the_page_opens_without_the_database(rasa: FakeRasa, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(channel: str) -> str:
        raise OperationalError

    monkeypatch.setattr(web, "told_while_off", away)
    assert Browser().page.status_code == 200


def test_the_command_throws_and_shows_the_switches(
    tables: None, database_url: str, var: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("MOTCUA_VAR", str(var))
    run = CliRunner()
    assert run.invoke(app, ["channel", "off", "zalo", "--text", "nghỉ", "--by", "chị Mẫu"]).exit_code == 0
    assert "nghỉ" in run.invoke(app, ["channel", "list"]).stdout
    assert run.invoke(app, ["channel", "on", "zalo", "--by", "chị Mẫu"]).exit_code == 0
    refused = run.invoke(app, ["channel", "on", "zalo", "--by", "chị Mẫu"])
    assert (refused.exit_code, refused.stderr) == (2, "motcua: zalo is on already\n")
    assert run.invoke(app, ["channel", "off", "zalo"]).exit_code == 2
