"""The notice of the first contact, the choice, and its proof."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest

from bot.consent import NOTICE_TEXT, ConsentError, MemoryChoice, choices
from bot.gateway import memory
from bot.gateway.inbox import accept_button, accept_text, conversation_of
from bot.gateway.models import ConsentProof, Conversation, OutboxMessage, UnansweredQuestion
from bot.gateway.rasa_client import Reply
from bot.portal.following import UnfollowRequest
from tests.gateway.fake_rasa import FakeRasa
from tests.gateway.services import AGREED_TO_FOLLOW
from tests.gateway.test_chat_api import Browser

Run = Callable[[], None]
TEXTS = {"2026-11-25": "1a95d020ed9c7ba3"}
"""The words behind every version of the notice. A changed sentence needs a new version and a new line here."""


@pytest.fixture
def acquainted() -> None:
    """Here nobody is."""


def say(text: str, channel: str = "zalo") -> None:
    accept_text(conversation_of(channel, "an"), f"m-{text}", text)


def told() -> list[str]:
    return list(OutboxMessage.objects.order_by("pk").values_list("text", flat=True))


def notice_of(reply: Reply) -> str:
    words = "|".join([reply.text, *(f"{b['title']}={b['payload']}" for b in reply.buttons)])
    return hashlib.sha256(words.encode()).hexdigest()[:16]


def test_every_version_of_the_notice_stands_for_the_same_words_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTCUA_OPERATOR", "UBND xã Mẫu")
    assert TEXTS.get(NOTICE_TEXT) == notice_of(memory.notice()), "new words: a new day for NOTICE_TEXT, a new line here"


@pytest.mark.parametrize("channel", ["web", "zalo", "telegram"])
def test_the_first_answer_comes_after_one_notice(rasa: FakeRasa, work_all: Run, channel: str) -> None:
    say("khai sinh", channel)
    say("khai tử", channel)
    work_all()
    first, *others = told()
    assert "máy trả lời tự động" in first
    assert others == ["Dạ: khai sinh", "Dạ: khai tử"]


def test_the_terminal_gets_no_notice(rasa: FakeRasa, work_all: Run) -> None:
    say("khai sinh", "cli")
    work_all()
    assert told() == ["Dạ: khai sinh"]


def test_the_notice_says_who_runs_this_what_is_kept_and_how_to_delete_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTCUA_OPERATOR", "UBND xã Mẫu")
    text = memory.notice().text
    for said in ("UBND xã Mẫu", "không phải cán bộ", "30 ngày", "Một giờ", "xóa dữ liệu của tôi"):
        assert said in text


def test_nothing_is_agreed_to_beforehand(rasa: FakeRasa, work_all: Run) -> None:
    say("khai sinh")
    work_all()
    assert Conversation.objects.get().memory == Conversation.Memory.UNASKED
    assert not ConsentProof.objects.exists()
    assert [button["payload"] for button in memory.notice().buttons] == list(choices())


def test_a_turn_that_is_run_again_gives_no_second_notice(rasa: FakeRasa, work_all: Run, quick_retries: None) -> None:
    rasa.faults = ["drop", "unstorable"]
    say("khai sinh")
    work_all()
    assert len(told()) == 2


def test_whoever_gets_only_an_apology_is_told_too(rasa: FakeRasa, work_all: Run, quick_retries: None) -> None:
    rasa.always = "500"
    say("khai sinh")
    work_all()
    assert len(told()) == 2
    assert UnansweredQuestion.objects.exists()


@pytest.mark.parametrize(("place", "agreed"), [(0, True), (1, False)])
def test_a_press_is_kept_with_its_proof_and_names_nobody(
    rasa: FakeRasa, work_all: Run, place: int, agreed: bool
) -> None:
    say("khai sinh")
    work_all()
    rasa.asks = MemoryChoice(agreed).as_payload()
    notice = OutboxMessage.objects.order_by("pk")[0]
    accept_button(conversation_of("zalo", "an"), "press", f"{notice.pk}:{place}")
    work_all()
    assert rasa.worked["zalo:an"][-1] == choices()[place]
    assert (Conversation.objects.get().memory == "agreed") is agreed
    proof = ConsentProof.objects.get()
    assert (proof.purpose, proof.agreed, proof.text_version) == ("memory", agreed, NOTICE_TEXT)
    assert len(proof.person) == 64


def test_a_message_told_twice_leaves_one_proof(rasa: FakeRasa, work_all: Run, quick_retries: None) -> None:
    rasa.asks = MemoryChoice(True).as_payload()
    rasa.faults = ["drop"]
    for _ in range(2):
        say("tôi đồng ý cho lưu")
        work_all()
    assert ConsentProof.objects.count() == 1


def test_another_mind_is_another_proof_and_the_person_the_same(rasa: FakeRasa, work_all: Run) -> None:
    for agreed in (True, False):
        rasa.asks = MemoryChoice(agreed).as_payload()
        say(f"nghĩ lại {agreed}")
        work_all()
    assert list(ConsentProof.objects.order_by("pk").values_list("agreed", flat=True)) == [True, False]
    assert ConsentProof.objects.values("person").distinct().count() == 1
    assert Conversation.objects.get().memory == "refused"


def test_two_channels_of_one_name_are_two_people() -> None:
    people = {memory.person_of(Conversation(channel=channel, key="7")) for channel in ("zalo", "telegram")}
    assert len(people) == 2


def test_following_has_a_consent_and_a_proof_of_its_own(rasa: FakeRasa, work_all: Run) -> None:
    rasa.asks = AGREED_TO_FOLLOW
    say("đồng ý, báo cho tôi")
    work_all()
    rasa.asks = UnfollowRequest().as_payload()
    say("thôi theo dõi hết")
    work_all()
    proofs = ConsentProof.objects.order_by("pk").values_list("purpose", "agreed")
    assert list(proofs) == [("follow", True), ("follow", False)]
    assert Conversation.objects.get().memory == Conversation.Memory.UNASKED


@pytest.mark.parametrize("broken", [{"agreed": "yes"}, {}, [], {"agreed": True}, {"agreed": True, "text": "<b>"}])
def test_a_choice_that_breaks_the_contract_is_refused(broken: object) -> None:
    with pytest.raises(ConsentError):
        MemoryChoice.from_payload({"memory": broken})


def test_the_page_shows_the_notice_before_the_answer_with_its_two_choices(rasa: FakeRasa, work_all: Run) -> None:
    visitor = Browser()
    visitor.say("khai sinh")
    work_all()
    _, notice, answer = visitor.look()["messages"]
    assert [button["title"] for button in notice["buttons"]] == ["Đồng ý cho nhớ", "Hỏi, không cần nhớ"]
    assert (notice["turn"], answer["text"]) == (None, "Dạ: khai sinh")
    assert answer["turn"] is not None
