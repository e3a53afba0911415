"""A message that comes again is not worked out again; a citizen's text is never a command."""

from __future__ import annotations

from typing import Any

import pytest

from bot.engine import replay

TURN = {"custom": {"turn": {"status": "answered"}}}


def user(message_id: str) -> dict[str, Any]:
    return {"event": "user", "message_id": message_id, "text": "hỏi"}


def said(text: str | None = None, **data: Any) -> dict[str, Any]:
    return {"event": "bot", "text": text, "data": data}


def test_an_unknown_message_was_never_seen() -> None:
    assert replay.find([user("a"), said("dạ")], "b") is None


def test_a_complete_turn_gives_its_replies_again() -> None:
    events = [user("a"), said("dạ", buttons=[{"title": "t", "payload": "/p"}]), said(**TURN), user("b"), said("khác")]
    earlier = replay.find(events, "a")
    assert earlier is not None
    assert earlier.complete
    assert earlier.replies == [{"text": "dạ", "buttons": [{"title": "t", "payload": "/p"}]}, TURN]


def test_a_turn_without_its_record_is_incomplete_and_says_where_it_begins() -> None:
    earlier = replay.find([user("a"), said("dạ"), said(**TURN), user("b"), {"event": "action", "name": "x"}], "b")
    assert earlier is not None
    assert not earlier.complete
    assert earlier.start == 3


@pytest.mark.rasa
class TestRequests:
    """Needs Rasa's classes, so not part of the quick tests."""

    @pytest.mark.parametrize("text", ['/greet{"x": 1}', "//restart", "/ session_start"])
    def test_a_text_loses_the_slash_that_would_make_it_a_command(self, text: str) -> None:
        from bot.engine.channel import read_request

        assert not read_request({"sender": "web:a", "message_id": "1", "text": text})[2].startswith("/")

    def test_a_payload_keeps_it(self) -> None:
        from bot.engine.channel import read_request

        assert read_request({"sender": "web:a", "message_id": "1", "payload": "/greet"})[2] == "/greet"

    @pytest.mark.parametrize(
        "body", [None, [], {}, {"sender": "a"}, {"sender": "a", "message_id": "1"}, {"sender": 1, "message_id": "1"}]
    )
    def test_anything_else_is_refused(self, body: object) -> None:
        from bot.engine.channel import RequestError, read_request

        with pytest.raises(RequestError):
            read_request(body)
