"""The web chat's interface: what a browser may post and what it gets back."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.gateway import inbox, web
from bot.gateway.models import InboxMessage, Turn
from tests.examples import examples
from tests.gateway.fake_rasa import FakeRasa

Run = Callable[[], None]
BUTTONS = [{"title": "Khai sinh", "payload": '/choose{"code":"1.001193"}'}, {"title": "Khai tử", "payload": "/choose"}]


class Browser:
    """A browser that has opened the page: its cookies, and the token its script sends along."""

    def __init__(self) -> None:
        self.client = Client(enforce_csrf_checks=True, SERVER_NAME="localhost")
        self.page = self.client.get("/")

    def post(self, path: str, body: object, **headers: str) -> HttpResponse:
        sent = body if isinstance(body, (str, bytes)) else json.dumps(body)
        token = {"X-CSRFToken": self.client.cookies["csrftoken"].value}
        answer: HttpResponse = self.client.post(
            path, sent, content_type="application/json", headers={**token, **headers}
        )
        return answer

    def say(self, text: str, message_id: str = "") -> HttpResponse:
        return self.post("/api/messages", {"id": message_id or str(uuid.uuid4()), "text": text})

    def press(self, button: str) -> HttpResponse:
        return self.post("/api/messages", {"id": str(uuid.uuid4()), "button": button})

    def look(self, after: str = "") -> Any:
        return self.client.get("/api/messages", {"after": after}).json()


@pytest.fixture
def visitor(rasa: FakeRasa) -> Browser:
    return Browser()


def kind(answer: HttpResponse) -> str:
    """The sentence that the citizen is shown."""
    sentence = json.loads(answer.content)["error"]
    assert sentence.startswith("Dạ")
    return str(sentence)


def said(history: Any) -> list[tuple[str, str]]:
    return [(message["from"], message["text"]) for message in history["messages"]]


def test_the_page_gives_a_signed_cookie_that_scripts_cannot_read(visitor: Browser) -> None:
    cookie = visitor.client.cookies[web.COOKIE]
    assert visitor.page.status_code == 200
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert not InboxMessage.objects.exists()


def test_a_second_visit_keeps_the_conversation(visitor: Browser) -> None:
    assert web.COOKIE not in visitor.client.get("/").cookies


@pytest.mark.parametrize("path", ["/", "/api/messages", "/healthz", "/nowhere"])
def test_every_answer_forbids_inline_and_foreign_script(visitor: Browser, path: str) -> None:
    headers = visitor.client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_message_is_taken_and_answered(visitor: Browser, work_all: Run) -> None:
    mine = str(uuid.uuid4())
    answer = visitor.say("khai sinh", mine)
    assert (answer.status_code, json.loads(answer.content)) == (202, {"id": mine})
    assert visitor.look()["waiting"]
    work_all()
    history = visitor.look()
    assert said(history) == [("citizen", "khai sinh"), ("bot", "Dạ: khai sinh")]
    assert history["messages"][0]["id"] == mine
    assert not history["waiting"]


def test_a_message_posted_twice_is_answered_once(visitor: Browser, work_all: Run) -> None:
    mine = str(uuid.uuid4())
    assert [visitor.say("khai sinh", mine).status_code for _ in range(2)] == [202, 202]
    work_all()
    assert len(visitor.look()["messages"]) == 2


def test_messages_come_each_with_its_answer_whatever_came_in_between(visitor: Browser, work_all: Run) -> None:
    for text in ("một", "hai", "ba"):
        visitor.say(text)
    work_all()
    expected = [pair for text in ("một", "hai", "ba") for pair in (("citizen", text), ("bot", f"Dạ: {text}"))]
    assert said(visitor.look()) == expected


def test_a_page_that_asks_again_and_again_sees_everything_once_it_is_there(visitor: Browser, rasa: FakeRasa) -> None:
    """Whatever the moment of each look: with ids known already put aside, nothing is missed."""
    from bot.gateway.rasa_client import RasaClient
    from bot.gateway.worker import Worker
    from tests.gateway.services import SORRY

    worker = Worker(RasaClient(rasa.url, 1), lambda: SORRY)
    shown: dict[str, str] = {}
    cursor = ""

    def look() -> None:
        nonlocal cursor
        for message in visitor.look(cursor)["messages"]:
            shown[message["id"]] = message["text"]
            cursor = message["cursor"] or cursor

    for step in ("say", "look", "say", "work", "look", "say", "look", "work", "look", "work", "look"):
        if step == "say":
            visitor.say(f"câu {len(shown)}")
        elif step == "work":
            worker.work_one()
        else:
            look()
    assert len(shown) == 6
    assert visitor.look(cursor)["messages"] == []


@given(cursor=st.text(max_size=30))
@settings(max_examples=examples(50), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_cursor_is_borne(visitor: Browser, cursor: str) -> None:
    visitor.say("khai sinh")
    assert visitor.client.get("/api/messages", {"after": cursor.encode(errors="replace")}).status_code == 200


def test_payloads_never_leave_the_server_and_their_buttons_work(
    visitor: Browser, rasa: FakeRasa, work_all: Run
) -> None:
    rasa.buttons = BUTTONS
    visitor.say("giấy tờ")
    work_all()
    reply = visitor.look()["messages"][1]
    assert [button["title"] for button in reply["buttons"]] == ["Khai sinh", "Khai tử"]
    assert "/choose" not in json.dumps(reply)
    assert visitor.press(reply["buttons"][0]["id"]).status_code == 202
    work_all()
    assert rasa.requests[-1]["payload"] == '/choose{"code":"1.001193"}'
    assert said(visitor.look())[2] == ("citizen", "Khai sinh")


def test_a_button_of_another_conversation_is_refused(visitor: Browser, rasa: FakeRasa, work_all: Run) -> None:
    rasa.buttons = BUTTONS
    visitor.say("giấy tờ")
    work_all()
    button = visitor.look()["messages"][1]["buttons"][0]["id"]
    answer = Browser().press(button)
    assert answer.status_code == 400
    assert kind(answer)
    assert InboxMessage.objects.count() == 1


def test_another_browser_sees_nothing_of_a_conversation(visitor: Browser, work_all: Run) -> None:
    visitor.say("khai sinh")
    work_all()
    assert Browser().look() == {"messages": [], "waiting": False}


def test_a_forged_cookie_opens_nothing(visitor: Browser, work_all: Run) -> None:
    visitor.say("khai sinh")
    work_all()
    value = visitor.client.cookies[web.COOKIE].value
    thief = Browser()
    thief.client.cookies[web.COOKIE] = ("A" if value[0] != "A" else "B") + value[1:]
    assert thief.look()["messages"] == []
    assert thief.say("khai sinh").status_code == 400


def test_a_post_from_another_site_is_refused(visitor: Browser) -> None:
    body = json.dumps({"id": str(uuid.uuid4()), "text": "khai sinh"})
    assert visitor.client.post("/api/messages", body, content_type="application/json").status_code == 403
    assert not InboxMessage.objects.exists()


BAD_BODIES = [
    b"", b"khai sinh", b"\xff\xfe", b"null", b"[]", b'"x"', b"{}", b'{"id": 5, "text": "x"}', b'{"id": "12345678"}',
    b'{"id": "12345678", "text": null}', b'{"id": "12345678", "text": {}}', b'{"id": "x", "text": "y"}', b"[" * 50_000,
    b'{"id": "12345678", "button": "1:0"}', b'{"id": "12345678", "button": "../etc"}', b"1" * 60_000,
    b'{"id": "1234567\\u0000", "text": "x"}', b'{"id": "1234567\\ud800", "text": "x"}',
]  # fmt: skip


@pytest.mark.parametrize("body", BAD_BODIES, ids=lambda body: repr(body[:40]))
def test_a_body_that_cannot_be_read_gets_a_kind_sentence(visitor: Browser, body: bytes) -> None:
    answer = visitor.post("/api/messages", body)
    assert answer.status_code == 400
    assert kind(answer)


@given(body=st.binary(max_size=200) | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(json.dumps))
@settings(max_examples=examples(100), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_body_breaks_the_server(visitor: Browser, body: bytes | str) -> None:
    for path in ("/api/messages", "/api/feedback"):
        assert visitor.post(path, body).status_code == 400


def test_a_body_of_more_than_64_kb_gets_a_kind_sentence(visitor: Browser) -> None:
    answer = visitor.say("a" * 70_000)
    assert answer.status_code in (400, 413)
    assert kind(answer)


def test_too_many_messages_at_once_get_a_kind_sentence(visitor: Browser, work_all: Run) -> None:
    answers = [visitor.say(f"câu {n}") for n in range(web.MOST_WAITING + 1)]
    assert [a.status_code for a in answers] == [202] * web.MOST_WAITING + [429]
    assert kind(answers[-1])
    work_all()
    assert visitor.say("câu nữa").status_code == 202


def test_a_message_sent_again_is_never_too_many(visitor: Browser) -> None:
    ids = [str(uuid.uuid4()) for _ in range(web.MOST_WAITING)]
    for mine in ids * 2:
        assert visitor.say("khai sinh", mine).status_code == 202


def test_with_the_database_away_the_page_is_told_to_send_again(
    visitor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise OperationalError

    monkeypatch.setattr(inbox, "conversation_of", away)
    answer = visitor.say("khai sinh")
    assert answer.status_code == 503
    assert "gửi lại" in kind(answer)


@pytest.mark.parametrize("status", sorted(web.JUDGED))
def test_an_answer_can_be_judged(visitor: Browser, rasa: FakeRasa, work_all: Run, status: str) -> None:
    rasa.record = {"status": status}
    visitor.say("khai sinh")
    work_all()
    turn = visitor.look()["messages"][-1]["turn"]
    for value in ("bad", "good"):
        assert visitor.post("/api/feedback", {"turn": turn, "value": value}).status_code == 200
        assert visitor.look()["messages"][-1]["feedback"] == value
    assert Turn.objects.get().feedback_at is not None


@pytest.mark.parametrize("status", ["smalltalk", "refused", "error", "handoff"])
def test_small_talk_is_not_put_up_for_judgement(visitor: Browser, rasa: FakeRasa, work_all: Run, status: str) -> None:
    rasa.record = {"status": status}
    visitor.say("chào")
    work_all()
    assert visitor.look()["messages"][-1]["turn"] is None


def test_nobody_judges_the_turn_of_another(visitor: Browser, work_all: Run) -> None:
    visitor.say("khai sinh")
    work_all()
    turn = visitor.look()["messages"][-1]["turn"]
    stranger = Browser()
    stranger.say("khai tử")
    assert stranger.post("/api/feedback", {"turn": turn, "value": "bad"}).status_code == 404
    assert Turn.objects.get(pk=turn).feedback == ""


@pytest.mark.parametrize("value", ["", "great", None, 1, ["good"], {}])
def test_feedback_is_good_or_bad(visitor: Browser, work_all: Run, value: object) -> None:
    visitor.say("khai sinh")
    work_all()
    turn = visitor.look()["messages"][-1]["turn"]
    assert visitor.post("/api/feedback", {"turn": turn, "value": value}).status_code == 400


@pytest.mark.parametrize("turn", [None, "1", 0, -1, 10**30, True, 1.5, [1]])
def test_feedback_on_no_turn_is_refused(visitor: Browser, turn: object) -> None:
    visitor.say("khai sinh")
    assert visitor.post("/api/feedback", {"turn": turn, "value": "good"}).status_code in (400, 404)


def test_health_is_200_only_where_rasa_answers(visitor: Browser, rasa: FakeRasa, monkeypatch: Any) -> None:
    assert visitor.client.get("/healthz").status_code == 200
    monkeypatch.setenv("MOTCUA_RASA_URL", "http://127.0.0.1:1")
    answer = visitor.client.get("/healthz")
    assert (answer.status_code, answer.json()["database"], answer.json()["rasa"]) == (503, True, False)


def test_a_host_that_is_not_ours_is_refused(visitor: Browser) -> None:
    assert visitor.client.get("/api/messages", headers={"host": "evil.example"}).status_code == 400


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_refused(visitor: Browser, method: str) -> None:
    token = {"X-CSRFToken": visitor.client.cookies["csrftoken"].value}
    assert getattr(visitor.client, method)("/api/messages", headers=token).status_code == 405
