"""News on the web page: shown where they came, once, whatever the page had seen before."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.gateway import outbox
from bot.gateway.models import Conversation
from bot.gateway.worker import Worker
from tests.gateway.fake_rasa import FakeRasa
from tests.gateway.test_chat_api import Browser, said

Run = Callable[[], None]
STOP = [{"title": "Thôi theo dõi", "payload": "/unfollow_dossier"}]


@pytest.fixture
def visitor(rasa: FakeRasa) -> Browser:
    return Browser()


def push(text: str) -> None:
    outbox.push(Conversation.objects.get(channel="web"), text, STOP)


class Page:
    """Looks as the page's script does: from the cursor of what it drew last, each id drawn once."""

    def __init__(self, visitor: Browser) -> None:
        self._visitor, self._cursor = visitor, ""
        self.drawn: dict[str, str] = {}

    def look(self) -> list[str]:
        """The texts that are new."""
        new = []
        for message in self._visitor.look(self._cursor)["messages"]:
            if message["id"] not in self.drawn:
                new.append(message["text"])
            self.drawn[message["id"]] = message["text"]
            self._cursor = message["cursor"] or self._cursor
        return new


def test_news_are_shown_where_they_came_and_their_button_works(visitor: Browser, work_all: Run) -> None:
    visitor.say("một")
    work_all()
    push("Tin mới")
    visitor.say("hai")
    work_all()
    history = visitor.look()
    assert [text for _, text in said(history)] == ["một", "Dạ: một", "Tin mới", "hai", "Dạ: hai"]
    news = history["messages"][2]
    assert (news["from"], news["turn"]) == ("bot", None)
    assert visitor.press(news["buttons"][0]["id"]).status_code == 202


def test_a_page_sees_news_after_what_it_has_seen_and_once(visitor: Browser, work_all: Run) -> None:
    page = Page(visitor)
    visitor.say("một")
    work_all()
    assert page.look() == ["một", "Dạ: một"]
    push("Tin một")
    assert page.look() == ["Tin một"]
    assert page.look() == []
    visitor.say("hai")
    push("Tin hai")
    work_all()
    assert page.look() == ["hai", "Dạ: hai", "Tin hai"]
    assert page.look() == []


def test_news_while_a_message_waits_hide_its_answer_from_nobody(visitor: Browser, worker: Worker) -> None:
    page = Page(visitor)
    visitor.say("một")
    assert page.look() == ["một"]
    push("Tin một")
    assert page.look() == ["Tin một"]
    worker.work_one()
    assert page.look() == ["Dạ: một"]
    assert page.look() == []


def test_nobody_sees_the_news_of_another_conversation(visitor: Browser, work_all: Run) -> None:
    visitor.say("một")
    work_all()
    push("Tin một")
    other = Browser()
    other.say("hai")
    work_all()
    assert [text for _, text in said(other.look())] == ["hai", "Dạ: hai"]
