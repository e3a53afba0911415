"""Photos, voice and all else that is not typed: read in memory where it can be, answered kindly, kept nowhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone

from bot.channels.base import Delivery, Incoming, Kind, MediaError, Outcome, Outgoing
from bot.channels.speech import SpeechError, SpeechReason
from bot.gateway import inbox, media
from bot.gateway.inbox import conversation_of
from bot.gateway.messengers import Attention
from bot.gateway.models import Conversation, InboxMessage, OutboxMessage, Turn, UnansweredQuestion
from bot.gateway.rasa_client import RasaClient
from bot.gateway.worker import Worker
from tests.gateway.fake_rasa import FakeRasa
from tests.gateway.services import SORRY, wait_until
from tests.gateway.test_accepting import everything_stored
from tests.portal.test_photo import CODE, drawn, saved

RECEIPT = saved(drawn(CODE))
NO_CODE = saved(drawn("không phải mã hồ sơ"))
IDENTITY = saved(drawn("075099000123||Nguyễn Văn Thử|01011990"))
NOT_KEPT = "Máy không giữ hình này và không gửi cho ai."
NUMBERS = iter(range(10**6))


class Messenger:
    """A messenger whose media are what ``holds`` says; it notes what was shown to people."""

    name = "zalo"

    def __init__(self) -> None:
        self.holds: dict[str, bytes | Exception] = {}
        self.fetched: list[tuple[str, int]] = []
        self.attended: list[tuple[str, Kind, str]] = []
        self.fetching_seconds = 0.0

    def send(self, recipient: str, message: Outgoing) -> Delivery:
        return Delivery(Outcome.SENT)

    def fetch(self, name: str, most_bytes: int) -> bytes:
        self.fetched.append((name, most_bytes))
        time.sleep(self.fetching_seconds)
        found = self.holds[name]
        if isinstance(found, Exception):
            raise found
        return found

    def attend(self, recipient: str, incoming: Kind, name: str) -> None:
        self.attended.append((recipient, incoming, name))


class Ears:
    """A transcriber that hears what it is told to."""

    def __init__(self) -> None:
        self.hears: str | Exception = "làm khai sinh cần giấy tờ gì"
        self.times = 0

    def transcribe(self, audio: bytes) -> str:
        self.times += 1
        if isinstance(self.hears, Exception):
            raise self.hears
        return self.hears


@pytest.fixture
def messenger() -> Messenger:
    return Messenger()


@pytest.fixture
def ears() -> Ears:
    return Ears()


@pytest.fixture
def talk(rasa: FakeRasa, messenger: Messenger, ears: Ears) -> Iterator[Callable[..., list[str]]]:
    """Something happens on Zalo; the replies it leads to."""
    attention = Attention({"zalo": messenger})
    reader = media.Reader({"zalo": messenger}, ears)
    worker = Worker(RasaClient(rasa.url, 1), lambda: SORRY, reader, attention.show)
    Conversation.objects.create(channel="zalo", key="an", noticed_at=timezone.now())

    def happen(kind: Kind, **what: Any) -> list[str]:
        before = list(OutboxMessage.objects.values_list("pk", flat=True))
        inbox.accept("zalo", Incoming(kind, "an", f"m{next(NUMBERS)}", datetime.now(UTC), **what))
        while worker.work_one():
            pass
        return list(OutboxMessage.objects.exclude(pk__in=before).order_by("pk").values_list("text", flat=True))

    yield happen
    attention.close()


Talk = Callable[..., list[str]]


def newest() -> tuple[InboxMessage, Turn]:
    turn = Turn.objects.select_related("message").latest("pk")
    return turn.message, turn


def test_the_code_on_a_receipt_is_asked_as_if_it_had_been_typed(talk: Talk, messenger: Messenger) -> None:
    messenger.holds["p"] = RECEIPT
    (reply,) = talk(Kind.PHOTO, media="p")
    assert reply == f"{NOT_KEPT}\nDạ: tra cứu {CODE}"
    message, _ = newest()
    assert (message.text, message.media, message.state) == (f"tra cứu {CODE}", "", "done")
    assert messenger.fetched == [("p", 10 * 1024 * 1024)]


@pytest.mark.parametrize(
    ("image", "words", "status", "reason"),
    [
        (NO_CODE, "chưa đọc được mã hồ sơ", "dossier", None),
        (IDENTITY, "thẻ căn cước", "refused", "identity_photo"),
        (b"no image", "không phải hình chụp", "dossier", None),
        (MediaError("too_large"), "chưa mở được hình", "dossier", None),
        (RuntimeError("token in here"), "chưa mở được hình", "dossier", None),
    ],
    ids=["no code", "identity", "no image", "not fetched", "broken"],
)
def test_every_reply_to_a_photo_says_that_it_was_neither_kept_nor_passed_on(
    talk: Talk, messenger: Messenger, rasa: FakeRasa, image: Any, words: str, status: str, reason: str | None
) -> None:
    messenger.holds["p"] = image
    (reply,) = talk(Kind.PHOTO, media="p")
    assert words in reply
    assert NOT_KEPT in reply
    assert "căn cước" in reply
    message, turn = newest()
    assert (turn.status, turn.reason, message.text, message.media) == (status, reason, "[hình]", "")
    assert rasa.requests == []


def test_nothing_of_a_photo_is_stored_or_logged(
    talk: Talk, messenger: Messenger, caplog: pytest.LogCaptureFixture
) -> None:
    messenger.holds["https://a.zdn.vn/p"] = IDENTITY
    talk(Kind.PHOTO, media="https://a.zdn.vn/p")
    messenger.holds["https://a.zdn.vn/q"] = RuntimeError("https://a.zdn.vn/q?token=1")
    talk(Kind.PHOTO, media="https://a.zdn.vn/q")
    for place in (everything_stored(), caplog.text):
        assert "075099000123" not in place
        assert "zdn.vn" not in place


def test_words_beside_a_photo_are_answered_too(talk: Talk, messenger: Messenger) -> None:
    messenger.holds["p"] = NO_CODE
    (reply,) = talk(Kind.PHOTO, media="p", text="giấy này làm gì")
    assert reply.startswith("Dạ, trong hình chưa đọc được mã hồ sơ nào.")
    assert reply.endswith("Dạ: giấy này làm gì")


def test_a_photo_that_cannot_be_fetched_at_all_is_answered(talk: Talk) -> None:
    (reply,) = talk(Kind.PHOTO)
    assert NOT_KEPT in reply


def test_a_photo_is_not_fetched_at_the_door(tables: None, messenger: Messenger) -> None:
    inbox.accept("zalo", Incoming(Kind.PHOTO, "an", "m", datetime.now(UTC), media="p"))
    assert InboxMessage.objects.get().media == "p"
    assert messenger.fetched == []


def test_a_photo_that_takes_too_long_is_given_up_and_the_transaction_lives(
    talk: Talk, messenger: Messenger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media, "PATIENCE_SECONDS", 0.3)
    monkeypatch.setattr(media, "PULSE_SECONDS", 0.1)
    messenger.holds["p"], messenger.fetching_seconds = RECEIPT, 1.0
    (reply,) = talk(Kind.PHOTO, media="p")
    assert "chưa mở được hình" in reply


def test_a_voice_message_is_asked_as_if_it_had_been_typed_and_said_back(talk: Talk, messenger: Messenger) -> None:
    messenger.holds["v"] = b"sound"
    (reply,) = talk(Kind.VOICE, media="v")
    assert reply == "Máy nghe là: “làm khai sinh cần giấy tờ gì”\nDạ: làm khai sinh cần giấy tờ gì"
    message, _ = newest()
    assert (message.text, message.media) == ("làm khai sinh cần giấy tờ gì", "")


def test_what_was_heard_is_masked_before_anything_else(
    talk: Talk, messenger: Messenger, ears: Ears, rasa: FakeRasa
) -> None:
    messenger.holds["v"], ears.hears = b"sound", "số căn cước của tôi là 075099000123"
    (reply,) = talk(Kind.VOICE, media="v")
    for place in (reply, everything_stored(), str(rasa.requests)):
        assert "075099000123" not in place


def test_the_last_digits_of_a_phone_are_taken_out_of_speech_too(talk: Talk, messenger: Messenger, ears: Ears) -> None:
    messenger.holds["v"], ears.hears = b"sound", f"hồ sơ {CODE}, bốn số cuối 5678"
    talk(Kind.VOICE, media="v")
    assert "5678" not in everything_stored()
    assert newest()[0].payload.startswith("/check_dossier")


def test_a_voice_message_is_heard_once_however_often_rasa_fails(
    talk: Talk, messenger: Messenger, ears: Ears, rasa: FakeRasa, quick_retries: None
) -> None:
    messenger.holds["v"] = b"sound"
    rasa.faults = ["500", "empty"]
    (reply,) = talk(Kind.VOICE, media="v")
    assert ears.times == 1
    assert reply.startswith("Máy nghe là: “làm khai sinh")


@pytest.mark.parametrize("reason", [SpeechReason.NOTHING_HEARD, SpeechReason.NOT_AUDIO, SpeechReason.TOO_LONG])
def test_a_voice_message_that_is_not_understood_is_answered_kindly_and_shown_to_staff(
    talk: Talk, messenger: Messenger, ears: Ears, reason: SpeechReason
) -> None:
    messenger.holds["v"], ears.hears = b"sound", SpeechError(reason)
    (reply, *_) = talk(Kind.VOICE, media="v")
    assert "không giữ tiếng nói" in reply
    _, turn = newest()
    assert (turn.status, turn.reason) == ("not_understood", "voice_unread")
    assert UnansweredQuestion.objects.get().text == "[tin nhắn thoại]"


def test_without_a_speech_model_a_voice_message_is_not_even_fetched(rasa: FakeRasa, messenger: Messenger) -> None:
    worker = Worker(RasaClient(rasa.url, 1), lambda: SORRY, media.Reader({"zalo": messenger}))
    inbox.accept("zalo", Incoming(Kind.VOICE, "an", "m", datetime.now(UTC), media="v"))
    worker.work_one()
    assert messenger.fetched == []
    assert newest()[1].reason == "voice_unread"


@pytest.mark.parametrize(
    ("kind", "words", "status"),
    [
        (Kind.STICKER, "nhắn bằng chữ", "smalltalk"),
        (Kind.LOCATION, "tên xã, phường", "clarify"),
        (Kind.CONTACT, "không mở danh thiếp", "refused"),
        (Kind.FILE, "không mở tệp", "refused"),
        (Kind.VIDEO, "không mở phim", "refused"),
    ],
)
def test_what_is_not_opened_is_answered_kindly(talk: Talk, rasa: FakeRasa, kind: Kind, words: str, status: str) -> None:
    (reply, *_) = talk(kind)
    assert words in reply
    assert newest()[1].status == status
    assert rasa.requests == []


def test_a_file_with_a_question_is_answered_with_both(talk: Talk) -> None:
    assert talk(Kind.FILE, text="lệ phí bao nhiêu")[0].endswith("Dạ: lệ phí bao nhiêu")


@pytest.mark.parametrize("kind", [Kind.LOCATION, Kind.CONTACT])
def test_the_name_of_a_place_or_of_a_contact_is_not_kept(talk: Talk, kind: Kind) -> None:
    talk(kind, text="Nguyễn Văn Thử, 12 đường Thử")
    assert "Thử" not in everything_stored()


def test_who_begins_to_follow_is_greeted(talk: Talk, rasa: FakeRasa) -> None:
    assert talk(Kind.FOLLOW) == ["Dạ: /greet"]
    assert rasa.requests[0]["payload"] == "/greet"


def test_who_leaves_is_not_written_to_until_they_come_back(talk: Talk) -> None:
    conversation = conversation_of("zalo", "an")
    assert talk(Kind.UNFOLLOW) == []
    conversation.refresh_from_db()
    assert conversation.unreachable_at
    assert InboxMessage.objects.get().state == InboxMessage.State.DONE
    assert talk(Kind.TEXT, text="khai sinh") == ["Dạ: khai sinh"]
    conversation.refresh_from_db()
    assert conversation.unreachable_at is None


def test_somebody_unknown_who_leaves_stays_unknown(tables: None) -> None:
    assert inbox.accept("zalo", Incoming(Kind.UNFOLLOW, "an", "m", datetime.now(UTC))).inbox_id == 0
    assert not Conversation.objects.exists()


@pytest.mark.parametrize("button", ["9999:0", "chọn", "", "1:99"])
def test_a_button_that_was_never_offered_is_answered_and_its_id_forgotten(talk: Talk, button: str) -> None:
    assert talk(Kind.BUTTON, button=button) == ["Dạ, nút này không còn dùng được. Mình gõ câu hỏi giúp."]
    assert newest()[0].text == "[nút không còn dùng]"


def test_a_button_pressed_on_zalo_comes_as_a_text_that_nobody_sees(talk: Talk, rasa: FakeRasa) -> None:
    rasa.buttons = [{"title": "Lệ phí", "payload": "/ask_fee"}]
    talk(Kind.TEXT, text="khai sinh")
    offered = OutboxMessage.objects.latest("pk").pk
    assert talk(Kind.TEXT, text=f"#{offered}:0") == ["Dạ: /ask_fee"]
    assert newest()[0].text == "Lệ phí"


def test_people_see_that_their_message_is_worked_on(talk: Talk, messenger: Messenger) -> None:
    talk(Kind.TEXT, text="khai sinh")
    talk(Kind.BUTTON, button="1:0", media="callback:5")
    wait_until(lambda: len(messenger.attended) == 2)
    assert ("an", Kind.TEXT, "") in messenger.attended
    assert ("an", Kind.BUTTON, "callback:5") in messenger.attended


def test_who_writes_much_at_once_is_asked_once_to_be_patient(
    talk: Talk, monkeypatch: pytest.MonkeyPatch, rasa: FakeRasa
) -> None:
    monkeypatch.setenv("MOTCUA_MOST_WAITING", "3")
    accepted = [
        inbox.accept("zalo", Incoming(Kind.TEXT, "an", f"x{n}", datetime.now(UTC), text=f"câu {n}")) for n in range(8)
    ]
    assert [bool(one.inbox_id) for one in accepted] == [True] * 4 + [False] * 4
    assert talk(Kind.TEXT, text="dropped too") == [
        "Dạ: câu 0", "Dạ: câu 1", "Dạ: câu 2", "Dạ, mình nhắn hơi nhanh. Đợi vài giây rồi nhắn tiếp giúp.",
    ]  # fmt: skip
    assert "câu 3" not in everything_stored()
    assert talk(Kind.TEXT, text="sau đó") == ["Dạ: sau đó"]


def test_a_message_told_again_while_many_wait_is_still_the_same_one(
    tables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTCUA_MOST_WAITING", "1")
    told = Incoming(Kind.TEXT, "an", "x", datetime.now(UTC), text="câu")
    assert [inbox.accept("zalo", told).new for _ in range(3)] == [True, False, False]
    assert InboxMessage.objects.get().deliveries == 3
