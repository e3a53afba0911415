"""Each change of a followed dossier is told once, and what waits for the citizen is called to mind."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from bot.catalogue.phrases import PhraseError
from bot.gateway import asking
from bot.gateway.models import FollowedDossier, OutboxMessage
from bot.portal.dossier import Dossier, LookUp, Supplement
from bot.portal.following import DAY, HOUR
from bot.portal.news import NewsTeller
from tests.gateway.following.followers import (
    CODE,
    FACTOR,
    OTHER,
    LookAfter,
    MakePoller,
    Portal,
    Run,
    S,
    follow,
    told,
)


def test_a_change_is_told_once_with_what_to_do_and_how_to_stop(
    portal: Portal, look: Run, look_after: LookAfter
) -> None:
    follow(S.IN_PROGRESS)
    portal.is_now(S.DONE)
    look()
    for _ in range(4):
        look_after(5 * HOUR)
    (text,) = told()
    assert text.startswith(f"Dạ, hồ sơ {CODE} (Đăng ký khai sinh) có tin mới.\n")
    assert "Trên Cổng Dịch vụ công ghi: Đã xử lý xong." in text
    assert "Mình đến lấy kết quả, nhớ mang theo giấy hẹn." in text
    assert "Theo Cổng, máy hỏi lúc" in text
    assert text.endswith("mình nhắn: thôi theo dõi.")
    (message,) = OutboxMessage.objects.all()
    assert message.state == "sent"  # the page fetches it
    assert message.buttons == [
        {"title": "Thôi theo dõi hồ sơ này", "payload": f'/unfollow_dossier{{"code": "{CODE}"}}'}
    ]
    assert portal.factors == {FACTOR}


def test_the_same_as_at_consent_is_told_to_nobody(portal: Portal, look: Run, look_after: LookAfter) -> None:
    follow(S.IN_PROGRESS)
    portal.is_now(S.IN_PROGRESS, due_on=date(2026, 12, 1))
    look()
    look_after(2 * HOUR)
    assert told() == []
    assert len(portal.asked) == 2


def test_a_new_day_and_a_new_request_are_told(portal: Portal, look: Run, look_after: LookAfter) -> None:
    follow(S.IN_PROGRESS)
    portal.is_now(S.IN_PROGRESS, due_on=date(2026, 12, 1))
    look()
    portal.is_now(S.IN_PROGRESS, due_on=date(2026, 12, 8))
    look_after(2 * HOUR)
    portal.is_now(S.SUPPLEMENT_REQUIRED, supplements=(Supplement("Bổ sung giấy chứng sinh", date(2026, 12, 18)),))
    look_after(2 * HOUR)
    portal.is_now(S.SUPPLEMENT_REQUIRED, supplements=(Supplement("Bổ sung tờ khai", date(2026, 12, 18)),))
    look_after(2 * HOUR)
    day, first, second = told()
    assert "Ngày hẹn trả trên Cổng vừa đổi." in day
    assert "thứ Ba, 8/12/2026" in day
    assert "Bổ sung giấy chứng sinh" in first
    assert "Nơi nhận vừa gửi yêu cầu mới về giấy tờ nộp thêm." in second
    assert "Bổ sung tờ khai" in second


def test_what_the_citizen_must_act_on_goes_first(portal: Portal, look: Run) -> None:
    order = [S.SUPPLEMENT_REQUIRED, S.PAYMENT_REQUIRED, S.DONE, S.NOT_RECEIVED, S.STOPPED, S.RECEIVED]
    for number, status in enumerate(reversed(order)):
        code = f"H19.12-261105-{number:04d}"
        follow(S.REGISTERED, code, key=f"an{number}")
        portal.is_now(status, code)
    look()
    first = [code for text in told() for code in portal.says if code in text.split("\n")[0]]
    assert [portal.says[code].status for code in first] == order  # type: ignore[union-attr]


def test_a_status_gone_back_is_not_told_unless_it_stays_so(portal: Portal, look: Run, look_after: LookAfter) -> None:
    follow(S.DONE)
    portal.is_now(S.IN_PROGRESS)
    look()
    portal.is_now(S.DONE)
    look_after(HOUR)
    assert told() == []
    portal.is_now(S.IN_PROGRESS)
    look_after(6 * HOUR)
    assert told() == []
    look_after(HOUR / 2)
    assert len(told()) == 1
    assert "Hồ sơ đang được giải quyết." in told()[0]


def test_a_dossier_that_cannot_be_told_stops_no_other(
    portal: Portal, make_poller: MakePoller, monkeypatch: pytest.MonkeyPatch
) -> None:
    for code in (CODE, OTHER):
        follow(S.IN_PROGRESS, code, key=code)
        portal.is_now(S.DONE, code)
    poller, tell = make_poller(), NewsTeller.news

    def broken(self: NewsTeller, found: LookUp, dossier: Dossier, move: Any) -> str:
        if dossier.code == CODE:
            raise PhraseError("a sentence is missing")
        return tell(self, found, dossier, move)

    monkeypatch.setattr(NewsTeller, "news", broken)
    while poller.work():
        pass
    assert [OTHER in text for text in told()] == [True]
    assert FollowedDossier.objects.get(code=CODE).status == S.IN_PROGRESS  # told once the sentence is mended


def test_the_terminal_is_given_its_own_news_once(portal: Portal, look: Run) -> None:
    follow(S.IN_PROGRESS, channel="cli", key="an")
    follow(S.IN_PROGRESS, channel="web", key="an")
    portal.is_now(S.DONE)
    look()
    ((number, text),) = asking.news("an", 0)
    assert "Đã xử lý xong" in text
    assert asking.news("an", number) == []


# --- reminders


def test_two_working_days_before_papers_are_due_a_reminder_is_sent_once(
    portal: Portal, look: Run, look_after: LookAfter
) -> None:
    follow(S.SUPPLEMENT_REQUIRED)
    portal.is_now(S.SUPPLEMENT_REQUIRED, supplements=(Supplement("Bổ sung tờ khai", date(2026, 12, 4)),))
    look()
    for _ in range(7):  # to Tuesday 1 December
        look_after(DAY)
    assert told() == []
    for _ in range(4):
        look_after(DAY)
    (text,) = told()
    assert text.startswith(f"Dạ, nhắc mình: hồ sơ {CODE} sắp hết hạn nộp thêm giấy tờ.")
    assert "Hạn nộp thêm: thứ Sáu, 4/12/2026, còn 2 ngày làm việc." in text


def test_news_that_say_the_day_themselves_are_reminder_enough(portal: Portal, look: Run, look_after: LookAfter) -> None:
    follow(S.IN_PROGRESS)
    portal.is_now(S.SUPPLEMENT_REQUIRED, supplements=(Supplement("Bổ sung tờ khai", date(2026, 11, 26)),))
    look()
    look_after(2 * HOUR)
    assert len(told()) == 1


def test_whoever_was_just_told_the_day_is_not_reminded_at_once(
    portal: Portal, look: Run, look_after: LookAfter
) -> None:
    follow(S.SUPPLEMENT_REQUIRED)
    portal.is_now(S.SUPPLEMENT_REQUIRED, supplements=(Supplement("Bổ sung tờ khai", date(2026, 11, 25)),))
    look()
    look_after(2 * HOUR)
    assert told() == []
