"""Log lines tell what happened and never what somebody wrote, whatever breaks while they write."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator

import pytest
from django.db import OperationalError, connection
from django.test import RequestFactory

from bot.gateway import inbox
from bot.gateway.logs import JsonLine, PlainLine
from bot.gateway.models import InboxMessage, ZaloToken
from tests.gateway.fake_rasa import FakeRasa
from tests.gateway.messenger_calls import TELEGRAM, USER, ZALO, telegram_calls, update, zalo_calls, zalo_event
from tests.gateway.test_chat_api import Browser
from tests.gateway.test_sending import Messenger, send_all

Run = Callable[[], None]
WORDS = "cây khế đầu ngõ"
PHONE, PERSON_ID, TOKEN = "0901234567", "079085001234", "bí-mật-của-tài-khoản-7f3a"
WRITTEN = f"{WORDS}, gọi {PHONE}, căn cước {PERSON_ID}"
MAY_HOLD_WORDS = {"gateway_inboxmessage", "gateway_outboxmessage", "gateway_unansweredquestion", "rasa_tracker"}


@pytest.fixture(params=[PlainLine, JsonLine])
def log(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """All that this process logs at the level of the service, as it is written there."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(request.param())
    root = logging.getLogger()
    root.addHandler(handler)
    yield written
    root.removeHandler(handler)


@pytest.fixture(autouse=True)
def messengers_set_up(tables: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (ZALO | TELEGRAM).items():
        monkeypatch.setenv(name, value)
    now = "2026-11-24T00:00Z"
    ZaloToken.objects.create(
        oa_id=ZALO["MOTCUA_ZALO_OA_ID"], access_token=TOKEN, refresh_token=TOKEN, expires_at=now, renewed_at=now
    )


def tables_with(text: str) -> set[str]:
    """The names of all tables that hold this text anywhere."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        names = [name for (name,) in cursor.fetchall()]
        found = set()
        for name in names:
            cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {name} t WHERE strpos(t::text, %s) > 0)", [text])
            if cursor.fetchone() == (True,):
                found.add(name)
    return found


def everything_breaks(rasa: FakeRasa, work_all: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """One conversation on each channel while Rasa, the database and the messenger fail in turn."""
    rasa.faults = ["500", "html", "unstorable", "drop"]
    zalo_calls(zalo_event(message={"msg_id": "m1", "text": WRITTEN}))
    zalo_calls(zalo_event(message={"msg_id": "m1", "text": WRITTEN}))
    zalo_calls(zalo_event(message={"msg_id": "m2", "text": WRITTEN}), headers={"X-ZEvent-Signature": TOKEN})
    zalo_calls(b"{" + WRITTEN.encode())
    telegram_calls(update(), secret=TOKEN)
    Browser().say(WRITTEN)
    InboxMessage.objects.filter(message_id="m1").update(payload="")
    work_all()
    with monkeypatch.context() as patch:
        patch.setattr(inbox, "accept", _broken)
        zalo_calls(zalo_event(message={"msg_id": "m3", "text": WRITTEN}))
        patch.setattr(inbox, "accept_text", _away)
        Browser().say(WRITTEN)
    send_all(Messenger(RuntimeError(WRITTEN), RuntimeError(TOKEN)))
    InboxMessage.objects.filter(state="waiting").update(next_try_at="2020-01-01T00:00Z")
    work_all()
    logging.getLogger("bot.gateway").info("the end")


def _broken(*_: object) -> None:
    raise ValueError(f"{WRITTEN} {TOKEN}")


def _away(*_: object) -> None:
    raise OperationalError(f"DETAIL: Key (text)=({WRITTEN}) {TOKEN}")


def test_no_line_tells_what_was_written_who_wrote_it_or_a_secret(
    rasa: FakeRasa, work_all: Run, quick_retries: None, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything_breaks(rasa, work_all, monkeypatch)
    lines = log.getvalue()
    assert "ValueError" in lines
    assert "the end" in lines
    secrets = [*WORDS.split(), PHONE, PERSON_ID, TOKEN, USER, *ZALO.values(), TELEGRAM["MOTCUA_TELEGRAM_SECRET"]]
    assert [secret for secret in secrets if secret in lines and secret != "127.0.0.1"] == []


def test_numbers_of_a_person_stand_in_no_table_and_words_only_where_they_belong(
    rasa: FakeRasa, work_all: Run, quick_retries: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    rasa.record = {"status": "not_covered"}
    everything_breaks(rasa, work_all, monkeypatch)
    assert (tables_with(PHONE), tables_with(PERSON_ID)) == (set(), set())
    assert tables_with(WORDS) == MAY_HOLD_WORDS - {"rasa_tracker"}
    assert tables_with(TOKEN) == {"gateway_zalotoken"}
    assert tables_with(USER) == {"gateway_conversation"}


def test_a_traceback_says_where_and_which_kind_and_not_with_which_words() -> None:
    try:
        _broken()
    except ValueError as error:
        record = logging.LogRecord("x", logging.ERROR, "f", 1, "failed", (), (type(error), error, error.__traceback__))
    for line in (PlainLine().format(record), JsonLine().format(record)):
        assert "in _broken" in line
        assert "ValueError" in line
        assert WORDS not in line
        assert TOKEN not in line


def test_a_json_line_is_one_object_whatever_it_says() -> None:
    record = logging.LogRecord("bot.x", logging.WARNING, "f", 1, 'outbox %s: "\n\t\u2028', (7,), None)
    line = JsonLine().format(record)
    assert "\n" not in line
    told = json.loads(line)
    assert (told["level"], told["logger"], told["message"]) == ("WARNING", "bot.x", 'outbox 7: "\n\t\u2028')
    assert set(told) == {"at", "level", "logger", "message"}


def test_djangos_own_error_line_is_no_exception(log: io.StringIO) -> None:
    """What nobody caught ends as a 500 with a traceback in the log."""
    from django.core.handlers.exception import response_for_exception

    with pytest.raises(OperationalError) as caught:
        _away()
    assert response_for_exception(RequestFactory().get("/"), caught.value).status_code == 500
    assert "OperationalError" in log.getvalue()
    assert WORDS not in log.getvalue()
