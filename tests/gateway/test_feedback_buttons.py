"""'Đúng ý / Chưa đúng' as two buttons of an answer: at most once, never in the middle of a walk, never put to Rasa."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.gateway.inbox import accept_button, accept_text, conversation_of
from bot.gateway.models import OutboxMessage, Turn, UnansweredQuestion
from tests.gateway.fake_rasa import FakeRasa

Run = Callable[[], None]
OTHER = {"title": "Lệ phí", "payload": "/ask_fee"}


def say(text: str = "khai sinh", channel: str = "zalo") -> None:
    accept_text(conversation_of(channel, "an"), f"m-{text}", text)


def titles() -> list[str]:
    """Of the newest reply."""
    return [button["title"] for button in OutboxMessage.objects.latest("pk").buttons]


def press(title: str, message_id: str = "press") -> None:
    """Of the first reply."""
    reply = OutboxMessage.objects.earliest("pk")
    place = [button["title"] for button in reply.buttons].index(title)
    accept_button(conversation_of("zalo", "an"), message_id, f"{reply.pk}:{place}")


@pytest.mark.parametrize(("channel", "offered"), [("zalo", True), ("telegram", True), ("web", False), ("cli", False)])
def test_only_messengers_get_the_buttons(rasa: FakeRasa, work_all: Run, channel: str, offered: bool) -> None:
    say(channel=channel)
    work_all()
    assert (titles() == ["Đúng ý", "Chưa đúng"]) is offered


@pytest.mark.parametrize(
    ("status", "offered"),
    [("answered", True), ("not_covered", True), ("place", True), ("dossier", True), ("guide", False),
     ("smalltalk", False), ("refused", False), ("handoff", False), ("error", False)],
)  # fmt: skip
def test_only_an_answer_can_be_judged_and_no_step_of_a_walk(
    rasa: FakeRasa, work_all: Run, status: str, offered: bool
) -> None:
    rasa.record = {"status": status}
    say()
    work_all()
    assert ("Đúng ý" in titles()) is offered


@pytest.mark.parametrize(("others", "offered"), [(0, True), (3, True), (4, False)])
def test_they_come_after_the_others_and_only_where_there_is_room(
    rasa: FakeRasa, work_all: Run, others: int, offered: bool
) -> None:
    rasa.buttons = [OTHER] * others
    say()
    work_all()
    assert titles() == ["Lệ phí"] * others + (["Đúng ý", "Chưa đúng"] if offered else [])


def test_right_is_noted_thanked_for_and_never_put_to_rasa(rasa: FakeRasa, work_all: Run) -> None:
    say()
    work_all()
    press("Đúng ý")
    work_all()
    turn = Turn.objects.earliest("pk")
    assert turn.feedback == "good"
    assert turn.feedback_at
    assert rasa.worked["zalo:an"] == ["khai sinh"]
    assert OutboxMessage.objects.latest("pk").text == "Dạ, cảm ơn mình."
    assert titles() == []
    assert not UnansweredQuestion.objects.exists()


def test_wrong_goes_to_staff_and_another_way_is_offered(rasa: FakeRasa, work_all: Run) -> None:
    say()
    work_all()
    press("Chưa đúng")
    work_all()
    question = UnansweredQuestion.objects.get()
    assert (question.text, question.status) == ("khai sinh", "answered")
    assert "cán bộ" in OutboxMessage.objects.latest("pk").text


def test_what_staff_look_at_already_is_not_written_down_twice(rasa: FakeRasa, work_all: Run) -> None:
    rasa.record = {"status": "not_covered"}
    say()
    work_all()
    press("Chưa đúng")
    work_all()
    assert UnansweredQuestion.objects.get().status == "not_covered"


@pytest.mark.parametrize("second", ["Đúng ý", "Chưa đúng"])
def test_a_second_press_does_nothing_new(rasa: FakeRasa, work_all: Run, second: str) -> None:
    say()
    work_all()
    press("Đúng ý")
    press(second, "again")
    work_all()
    assert Turn.objects.earliest("pk").feedback == "good"
    assert OutboxMessage.objects.count() == 2
    assert not UnansweredQuestion.objects.exists()


def test_the_typed_number_of_a_button_is_a_press_too(rasa: FakeRasa, work_all: Run) -> None:
    say()
    work_all()
    say("2")
    work_all()
    assert Turn.objects.earliest("pk").feedback == "bad"
    assert rasa.worked["zalo:an"] == ["khai sinh"]


def test_nobody_judges_an_answer_of_somebody_else(rasa: FakeRasa, work_all: Run) -> None:
    say()
    work_all()
    turn = Turn.objects.get()
    other = conversation_of("zalo", "binh")
    OutboxMessage.objects.create(
        conversation=other, text="…", buttons=[{"title": "Đúng ý", "payload": f"feedback:good:{turn.pk}"}]
    )
    accept_button(other, "press", f"{OutboxMessage.objects.latest('pk').pk}:0")
    work_all()
    turn.refresh_from_db()
    assert turn.feedback == ""


def test_the_payload_typed_as_a_text_is_a_text(rasa: FakeRasa, work_all: Run) -> None:
    say()
    work_all()
    say(f"feedback:good:{Turn.objects.get().pk}")
    work_all()
    assert Turn.objects.earliest("pk").feedback == ""
    assert len(rasa.worked["zalo:an"]) == 2
