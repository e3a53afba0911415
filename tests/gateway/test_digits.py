"""The last digits of a phone at the door: what opens a dossier is stored nowhere, and nothing else is taken for it."""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Callable

import psycopg
import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot import settings as motcua
from bot.gateway.digits import DIGITS, NOT_KNOWN
from bot.gateway.inbox import accept_text, conversation_of
from bot.gateway.models import Conversation, InboxMessage
from bot.portal.second_factor import SecondFactor, key_of
from tests.examples import examples
from tests.gateway.fake_rasa import FakeRasa
from tests.gateway.services import wait_until

CODE, OTHER = "H19.12-261105-0007", "H19.12-261120-0018"
CANARY = "4729"
NEED_VERIFY = {"status": "dossier", "reason": "need_verify"}
Run = Callable[[], None]
WHOLE = settings(deadline=None, max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])


def factor_of(conversation: Conversation, digits: str = CANARY) -> str:
    known = motcua.load()
    return SecondFactor.of(digits, conversation.sender, key_of(motcua.secret_key(known.var / "secret_key"))).digest


def say(conversation: Conversation, text: str) -> InboxMessage:
    number = conversation.inbox.count()
    return InboxMessage.objects.get(pk=accept_text(conversation, f"message-{number}", text).inbox_id)


@pytest.fixture
def waiting(rasa: FakeRasa, work_all: Run) -> Conversation:
    """A conversation whose newest turn asked for the digits."""
    conversation = conversation_of("web", "an")
    rasa.record = NEED_VERIFY
    say(conversation, "hồ sơ của tôi tới đâu")
    work_all()
    return conversation


ANSWERS = [
    "4729", " 4729 ", "4 7 2 9", "47.29", "47-29", "4,7,2,9", "٤٧٢٩", "４７２９", "④⑦②⑨", "4️⃣7️⃣2️⃣9️⃣",
    "4\u200b7\u200b29", "4 số cuối 4729", "so cuoi la 4729 nha", "bốn số cuối: 4729", "dạ 4729 ạ", "đây nè em 4729",
    "số cuối điện thoại 4729",
    "mã xác nhận 4729", "bốn bảy hai chín", "4 số cuối là bốn bảy hai chín", "4 số cuối 4729, chừng nào xong vậy",
    "nộp năm 2026, 4 số cuối 4729", "090 123 4729", "số của em là 0901234729",
]  # fmt: skip


@pytest.mark.parametrize("text", ANSWERS)
def test_digits_that_are_waited_for_are_stored_as_their_keyed_digest(waiting: Conversation, text: str) -> None:
    stored = say(waiting, text)
    assert stored.text == DIGITS
    assert stored.payload == "/give_code" + json.dumps({"second_factor": factor_of(waiting)})


@pytest.mark.parametrize(
    "text",
    ["không nhớ số điện thoại", "quên mất rồi con", "ko nho so nao", "bác đổi số rồi", "mất sim cũ rồi",
     "hổng biết số nào"],
)  # fmt: skip
def test_who_does_not_know_the_digits_any_more_is_understood_as_that(waiting: Conversation, text: str) -> None:
    assert say(conversation_of("web", "binh"), text).payload == ""  # nobody asked there
    stored = say(waiting, text)
    assert (stored.text, stored.payload) == (text, NOT_KNOWN)


@pytest.mark.parametrize(
    "text",
    ["năm 2026", "lệ phí 1200 đồng", "8.000 đồng", "25/11/2026", "12345", "472", "ba năm hai tháng nữa",
     "4 số cuối là gì", "4729 nghĩa là gì vậy em", "khai sinh cần giấy tờ gì", "quên mật khẩu VNeID",
     "mất căn cước rồi làm lại ở đâu"],
)  # fmt: skip
def test_what_is_no_answer_stays_an_ordinary_message(waiting: Conversation, text: str) -> None:
    stored = say(waiting, text)
    assert (stored.text, stored.payload) == (text, "")


@pytest.mark.parametrize("text", ["mã otp 4729", "mật khẩu là 4729"])
def test_a_secret_is_masked_as_one_even_then(waiting: Conversation, text: str) -> None:
    stored = say(waiting, text)
    assert CANARY not in stored.text
    assert stored.payload == ""


@pytest.mark.parametrize(
    "record", [{"status": "answered"}, {"status": "dossier"}, {"status": "error", "reason": "part_failed"}]
)
def test_four_digits_while_nothing_waits_stay_an_ordinary_message(
    rasa: FakeRasa, work_all: Run, waiting: Conversation, record: dict[str, str]
) -> None:
    rasa.record = record
    say(waiting, "khai sinh cần gì")
    work_all()
    assert say(waiting, CANARY).text == CANARY
    assert say(conversation_of("web", "never asked"), CANARY).text == CANARY


def test_another_conversations_question_is_not_ours(waiting: Conversation) -> None:
    assert say(conversation_of("web", "binh"), CANARY).text == CANARY


def test_digits_sent_before_the_code_was_worked_out_are_taken_too(tables: None) -> None:
    conversation = conversation_of("web", "an")
    say(conversation, f"hồ sơ {CODE} tới đâu")
    say(conversation, "nhanh giùm nha")
    assert say(conversation, CANARY).text == DIGITS


def test_digits_that_arrive_while_the_code_is_being_stored_wait_for_it(database_url: str, tables: None) -> None:
    conversation = conversation_of("web", "an")
    stored: list[str] = []

    def answer() -> None:
        stored.append(say(conversation, CANARY).text)
        connection.close()

    with psycopg.connect(database_url) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s, %s)", [5_170_002, conversation.pk])
        other.execute(
            "INSERT INTO gateway_inboxmessage (conversation_id, message_id, text, payload, kind, media, deliveries,"
            " state, attempts, next_try_at, received_at)"
            " VALUES (%s, 'code', %s, '', 'text', '', 1, 'waiting', 0, now(), now())",
            [conversation.pk, CODE],
        )
        thread = threading.Thread(target=answer)
        thread.start()
        thread.join(0.5)
        assert stored == [], "it must wait until the code is stored"
    wait_until(lambda: stored)
    thread.join()
    assert stored == [DIGITS]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (f"{CODE} 4 số cuối 4729", f"{CODE} 4 số cuối {DIGITS}"),
        (f"ho so {CODE} toi dau roi, 4729", f"ho so {CODE} toi dau roi, {DIGITS}"),
        ("h19.12 261105 0007 so cuoi ٤٧٢٩", f"h19.12 261105 0007 so cuoi {DIGITS}"),
        (f"số 0901 234 729 hồ sơ {CODE}", f"số {DIGITS} hồ sơ {CODE}"),
        (f"{CODE} điện thoại 090 123 4729", f"{CODE} điện thoại {DIGITS}"),
    ],
)
def test_code_and_digits_in_one_message_are_a_look_up(tables: None, text: str, masked: str) -> None:
    conversation = conversation_of("web", "an")
    stored = say(conversation, text)
    assert stored.text == masked
    assert stored.payload == "/check_dossier" + json.dumps({"code": CODE, "second_factor": factor_of(conversation)})


def test_several_codes_and_digits_keep_both_codes(tables: None) -> None:
    conversation = conversation_of("web", "an")
    stored = say(conversation, f"{CODE} và {OTHER}, số cuối 4729")
    assert json.loads(stored.payload.removeprefix("/check_dossier"))["code"] == [CODE, OTHER]
    assert CANARY not in stored.text


@pytest.mark.parametrize("text", [f"{CODE} nộp năm 2026", f"{CODE} hẹn 25/11/2026", f"{CODE} phí 1200 đồng", CODE])
def test_a_year_or_an_amount_beside_a_code_is_not_taken(tables: None, text: str) -> None:
    stored = say(conversation_of("web", "an"), text)
    assert (stored.text, stored.payload) == (text, "")


def test_the_same_digits_look_different_in_every_conversation(tables: None) -> None:
    payloads = {say(conversation_of("web", name), f"{CODE} 4729").payload for name in ("an", "binh")}
    assert len(payloads) == 2


def test_a_message_delivered_twice_is_stored_once_though_nothing_waits_any_more(
    rasa: FakeRasa, work_all: Run, waiting: Conversation
) -> None:
    accept_text(waiting, "digits", CANARY)
    rasa.record = {"status": "dossier"}
    work_all()
    again = accept_text(waiting, "digits", CANARY)
    assert not again.new
    assert InboxMessage.objects.get(pk=again.inbox_id).text == DIGITS


def test_no_table_no_log_and_no_request_to_rasa_holds_the_digits(
    rasa: FakeRasa, work_all: Run, waiting: Conversation, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    canary = "8264"
    for text in (canary, f"4 số cuối {canary}", f"{CODE} {canary}", f"090123{canary}"):
        say(waiting, text)
        work_all()
    with psycopg.connect(database_url) as database:
        names = database.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        assert ("gateway_inboxmessage",) in names
        stored = [str(database.execute(f'SELECT * FROM "{name}"').fetchall()) for (name,) in names]  # type: ignore[call-overload]
    asked = [json.dumps(request, ensure_ascii=False) for request in rasa.requests]
    assert sum(DIGITS in text for text in stored) == 1
    everything = "\n".join([*stored, *asked, caplog.text])
    # not as a part of a digest or of a time's microseconds
    assert not re.search(rf"(?<![0-9a-f])(?:090123)?{canary}(?![0-9a-f])", everything)


@WHOLE
@given(st.text(max_size=300))
def test_any_text_is_accepted_while_digits_are_waited_for(waiting: Conversation, text: str) -> None:
    assert say(waiting, text).state == InboxMessage.State.WAITING


SCRIPTS = st.sampled_from(["0123456789", "٠١٢٣٤٥٦٧٨٩", "０１２３４５６７８９", "०१२३४५६७८९", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗"])


@WHOLE
@given(
    digits=st.from_regex(r"\A[0-9]{4}\Z"),
    script=SCRIPTS,
    gaps=st.lists(st.sampled_from(["", " ", ".", "-", "\u200b", " . "]), min_size=3, max_size=3),
    before=st.sampled_from(["", "dạ ", "4 số cuối ", "số cuối là: ", "so cuoi dien thoai "]),
    after=st.sampled_from(["", ".", " ạ", " nha em", " đó"]),
)
def test_four_digits_are_found_however_they_are_typed(
    waiting: Conversation, digits: str, script: str, gaps: list[str], before: str, after: str
) -> None:
    typed = [script[int(digit)] for digit in digits]
    stored = say(waiting, before + "".join(a + b for a, b in zip(typed, [*gaps, ""], strict=True)) + after)
    assert stored.payload == "/give_code" + json.dumps({"second_factor": factor_of(waiting, digits)})
    assert stored.text == DIGITS
