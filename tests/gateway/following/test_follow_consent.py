"""What a turn asks about followed dossiers is written with it: consent, its renewal, its end."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.gateway import followed
from bot.gateway.models import FollowedDossier, OutboxMessage
from bot.portal.following import HOUR, FollowRequest, UnfollowRequest
from tests.gateway.fake_rasa import FakeRasa
from tests.gateway.following.followers import (
    CODE,
    FACTOR,
    OTHER,
    START,
    MakePoller,
    Portal,
    Run,
    S,
    follow,
    say,
    told,
)
from tests.gateway.services import wait_until

AGREED = FollowRequest(CODE, FACTOR, "2026-11-25", S.IN_PROGRESS).as_payload()


def test_consent_is_kept_with_its_text_and_time(rasa: FakeRasa, work_all: Run) -> None:
    say(rasa, work_all, "đồng ý", AGREED)
    row = FollowedDossier.objects.get()
    assert (row.conversation.key, row.code, row.status) == ("an", CODE, S.IN_PROGRESS)
    assert (row.digest, row.salt, row.consent_text) == (FACTOR.digest, FACTOR.salt, "2026-11-25")
    assert abs((row.consented_at - datetime.now(UTC)).total_seconds()) < 60
    assert HOUR / 4 <= row.next_poll_at - row.consented_at <= HOUR * 1.25


def test_consent_given_twice_is_one_and_forgets_nothing_told(rasa: FakeRasa, work_all: Run) -> None:
    say(rasa, work_all, "đồng ý", AGREED)
    FollowedDossier.objects.update(status=S.DONE)
    say(rasa, work_all, "đồng ý lần nữa", AGREED)
    assert FollowedDossier.objects.get().status == S.DONE


def test_a_turn_worked_out_twice_follows_once(rasa: FakeRasa, work_all: Run) -> None:
    rasa.faults = ["drop", "500"]
    rasa.record = {"status": "dossier"}
    say(rasa, work_all, "đồng ý", AGREED)
    wait_until(lambda: work_all() or FollowedDossier.objects.exists())
    assert FollowedDossier.objects.count() == 1


def test_a_broken_request_makes_no_half_turn(rasa: FakeRasa, work_all: Run, quick_retries: None) -> None:
    say(rasa, work_all, "đồng ý", {"follow": {"code": "012345678901"}})
    assert not FollowedDossier.objects.exists()
    assert OutboxMessage.objects.get().turn.status == "error"  # type: ignore[union-attr]


def test_one_conversation_follows_so_many_and_the_next_is_refused_kindly(rasa: FakeRasa, work_all: Run) -> None:
    for number in range(followed.MOST_FOLLOWED - 1):
        follow(code=f"H19.12-261106-{number:04d}")
    say(rasa, work_all, "đồng ý", AGREED)
    say(rasa, work_all, "đồng ý lần nữa", AGREED)  # renewed, not counted as one more
    assert FollowedDossier.objects.count() == followed.MOST_FOLLOWED
    say(rasa, work_all, "mã nữa", FollowRequest(OTHER, FACTOR, "2026-11-25", S.IN_PROGRESS).as_payload())
    assert not FollowedDossier.objects.filter(code=OTHER).exists()
    assert [m.text == "Dạ" for m in OutboxMessage.objects.order_by("pk")] == [True, True, False]
    refused = OutboxMessage.objects.latest("pk").text
    assert OTHER in refused
    assert "20 hồ sơ" in refused
    FollowedDossier.objects.filter(code=CODE).get().delete()
    say(rasa, work_all, "rồi, mã đó", FollowRequest(OTHER, FACTOR, "2026-11-25", S.IN_PROGRESS).as_payload())
    assert FollowedDossier.objects.filter(code=OTHER).exists()


def test_unfollowed_by_code_or_all_at_once(rasa: FakeRasa, work_all: Run) -> None:
    for number in range(3):
        follow(code=f"H19.12-261105-000{number}")
    follow(key="binh")
    say(rasa, work_all, "thôi mã này", UnfollowRequest("H19.12-261105-0001").as_payload())
    mine = FollowedDossier.objects.filter(conversation__key="an", ended_at=None)
    assert mine.count() == 2
    say(rasa, work_all, "thôi hết", UnfollowRequest().as_payload())
    assert mine.count() == 0
    assert set(FollowedDossier.objects.exclude(ended_at=None).values_list("ended_why", "code")) == {("asked", "")}
    assert FollowedDossier.objects.filter(ended_at=None).get().conversation.key == "binh"


def test_unfollowed_while_it_is_looked_up_nothing_is_told_any_more(portal: Portal, make_poller: MakePoller) -> None:
    row = follow(S.IN_PROGRESS)
    portal.is_now(S.DONE)
    poller = make_poller()
    poller._under_way = poller._claim()
    row.end(FollowedDossier.Why.ASKED, START)
    row.save()
    while poller.work():
        pass
    assert portal.asked == [CODE]
    assert told() == []
    row.refresh_from_db()
    assert row.code == ""


def test_followed_again_after_it_was_stopped(rasa: FakeRasa, work_all: Run) -> None:
    say(rasa, work_all, "đồng ý", AGREED)
    say(rasa, work_all, "thôi", UnfollowRequest(CODE).as_payload())
    say(rasa, work_all, "theo dõi lại", AGREED)
    assert [row.ended_why for row in FollowedDossier.objects.order_by("pk")] == ["asked", ""]
