"""Talking about a dossier: nothing without the digits, everything with them, and no way to guess."""

from __future__ import annotations

import asyncio
import threading
from datetime import date, datetime
from typing import Any

import pytest
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Action, Tracker

from actions import dossier_talk
from actions.answer import ActionAnswer, ActionOutOfScope
from actions.conversation import focus_on
from actions.dossier import ActionDossier
from actions.follow import ActionFollow
from actions.people import ActionHandoff
from actions.places import ActionPlace
from actions.refuse import ActionRefuse
from actions.smalltalk import ActionContinue, ActionSmalltalk
from bot.portal.attempt_store import AttemptStoreError
from bot.portal.dossier import Dossier, DossierStatus, LookUp, Outcome, Source, Supplement
from bot.portal.limits import Attempts, MemoryStore
from bot.portal.manual import OFFICIAL_PAGE
from bot.portal.second_factor import SecondFactor
from bot.settings import TIME_ZONE
from tests.actions.test_actions import Said, procedure

CODE, OTHER, NOBODYS = "H19.12-261105-0007", "H19.12-261120-0018", "H19.12-261101-9999"
KEY = b"a key for tests"
SENDER = "web:x"
RIGHT, WRONG = (SecondFactor.of(digits, SENDER, KEY).digest for digits in ("4729", "0000"))
ASKED_AT = datetime(2026, 11, 24, 8, 5, tzinfo=TIME_ZONE)
NEED = "gõ 4 số cuối của số điện thoại"


class FakePortal:
    """Holds two dossiers whose phones end in 4729; ``outcome`` for a portal that fails."""

    def __init__(self) -> None:
        self.status = DossierStatus.IN_PROGRESS
        self.fields: dict[str, Any] = {}
        self.outcome: Outcome | None = None
        self.source = Source.IGATE
        self.asked: list[str] = []
        self.entered, self.open = threading.Event(), threading.Event()
        self.open.set()

    def lookup(self, code: str, second_factor: SecondFactor | None = None) -> LookUp:
        if second_factor is None or self.source is Source.MANUAL:
            return LookUp(Outcome.NEED_VERIFY, self.source, ASKED_AT)
        self.asked.append(code)
        self.entered.set()
        self.open.wait(5)
        if self.outcome:
            return LookUp(self.outcome, self.source, ASKED_AT)
        if code not in (CODE, OTHER):
            return LookUp(Outcome.NOT_FOUND, self.source, ASKED_AT)
        if not second_factor.matches("0000004729", KEY):
            return LookUp(Outcome.NEED_VERIFY, self.source, ASKED_AT)
        given: dict[str, Any] = {
            "procedure_code": "1.001193", "procedure_name": "Đăng ký khai sinh", "office": "UBND phường Mẫu",
            "due_on": date(2026, 12, 2), **self.fields,
        }  # fmt: skip
        return LookUp(Outcome.FOUND, self.source, ASKED_AT, Dossier(code, self.status, **given))


@pytest.fixture(autouse=True)
def portal(monkeypatch: pytest.MonkeyPatch) -> FakePortal:
    fake, attempts = FakePortal(), Attempts(MemoryStore(), KEY)
    monkeypatch.setattr(dossier_talk, "live_portal", lambda: fake)
    monkeypatch.setattr(dossier_talk, "live_attempts", lambda: attempts)
    return fake


def code(value: str) -> dict[str, Any]:
    return {"entity": "code", "value": value, "kind": "dossier"}


def typed(text: str, *codes: str, intent: str = "check_dossier", action: Action | None = None, **slots: Any) -> Said:
    return Said(action or ActionDossier(), intent, text, *map(code, codes), **slots)


def pressed(intent: str, factor: str = "", *codes: str, **slots: Any) -> Said:
    """A payload as the gateway or a button of ours makes it: codes have no kind in it."""
    entities = [{"entity": "code", "value": value} for value in codes]
    entities += [{"entity": "second_factor", "value": factor}] if factor else []
    return Said(ActionDossier(), intent, f"/{intent}{{…}}", *entities, **slots)


def outcome(said: Said) -> tuple[str, str | None]:
    return said.record.status, said.record.reason


def asked_for(value: str = CODE) -> dict[str, Any]:
    return {"code": value, "awaiting": True, "want": "status"}


def test_a_code_alone_is_answered_by_asking_for_the_digits_whether_it_exists_or_not(portal: FakePortal) -> None:
    here, nowhere = (typed(f"hồ sơ {value} tới đâu", value) for value in (CODE, NOBODYS))
    assert here.text == nowhere.text
    assert NEED in here.text
    assert outcome(here) == outcome(nowhere) == ("dossier", "need_verify")
    assert here.slots["dossier"] == asked_for()
    assert here.record.procedures == []
    assert portal.asked == []


def test_the_digits_open_it_status_duty_date_place_and_procedure() -> None:
    said = pressed("give_code", RIGHT, dossier=asked_for())
    assert outcome(said) == ("dossier", None)
    assert said.record.procedures == ["1.001193"]
    for told in (
        CODE,
        "Đang xử lý",
        "chỉ chờ",
        "thứ Tư, 2/12/2026",
        "Ủy ban nhân dân phường Mẫu",
        "8 giờ 05",
        OFFICIAL_PAGE,
    ):
        assert told in said.text
    assert said.slots["dossier"] == {
        "code": CODE, "awaiting": False, "want": "status", "status": 4,
        "second_factor": {"digest": RIGHT, "salt": SENDER},
    }  # fmt: skip
    assert said.slots["focus"]["code"] == "1.001193"


def test_code_and_digits_at_once_are_one_look_up(portal: FakePortal) -> None:
    said = pressed("check_dossier", RIGHT, CODE)
    assert outcome(said) == ("dossier", None)
    assert portal.asked == [CODE]


def test_once_right_the_digits_need_not_be_given_again(portal: FakePortal) -> None:
    known = pressed("give_code", RIGHT, dossier=asked_for()).slots["dossier"]
    assert outcome(typed("hồ sơ đó sao rồi", dossier=known)) == ("dossier", None)
    assert outcome(typed(CODE, CODE, dossier=known)) == ("dossier", None)
    assert outcome(typed(OTHER, OTHER, dossier=known)) == ("dossier", "need_verify")
    assert portal.asked == [CODE] * 3


def test_wrong_digits_and_no_such_dossier_are_told_in_the_same_words() -> None:
    wrong = pressed("give_code", WRONG, dossier=asked_for())
    nowhere = pressed("give_code", RIGHT, dossier=asked_for(NOBODYS))
    assert wrong.text.replace(CODE, "…") == nowhere.text.replace(NOBODYS, "…")
    assert outcome(wrong) == outcome(nowhere) == ("dossier", "need_verify")
    assert "còn thử được 2 lần" in wrong.text
    assert wrong.slots["dossier"] == asked_for()


@pytest.mark.parametrize("value", [CODE, NOBODYS])
def test_three_misses_end_it_even_for_the_right_digits(portal: FakePortal, value: str) -> None:
    left = [pressed("give_code", WRONG, dossier=asked_for(value)) for _ in range(3)]
    assert ["ba lần chưa khớp" in said.text for said in left] == [False, False, True]
    asked = len(portal.asked)
    right = pressed("give_code", RIGHT, dossier=asked_for(value))
    assert "ba lần chưa khớp" in right.text
    assert outcome(right) == ("dossier", "need_verify")
    assert not right.slots["dossier"]["awaiting"]
    assert "ba lần chưa khớp" in typed(value, value).text, "nobody is asked for digits that would not be looked at"
    assert len(portal.asked) == asked


def test_several_codes_are_asked_back_and_the_digits_are_kept_for_the_one_chosen(portal: FakePortal) -> None:
    said = pressed("check_dossier", RIGHT, CODE, OTHER)
    assert outcome(said) == ("dossier", "need_verify")
    assert [button["title"] for button in said.buttons] == [CODE, OTHER]
    assert portal.asked == []
    offered = said.slots["offered"]
    picked = Said(ActionAnswer(), "choose_option", "cái thứ hai", offered=offered)
    assert outcome(picked) == ("dossier", None)
    assert outcome(pressed("check_dossier", "", OTHER, offered=offered)) == ("dossier", None)
    assert portal.asked == [OTHER, OTHER]
    assert picked.slots["dossier"]["code"] == OTHER


def test_digits_before_the_choice_do_not_open_the_dossier_of_before(portal: FakePortal) -> None:
    offered = typed(f"{CODE} với {OTHER}", CODE, OTHER).slots["offered"]
    said = pressed("give_code", RIGHT, dossier=asked_for(NOBODYS), offered=offered)
    assert [button["title"] for button in said.buttons] == [CODE, OTHER]
    assert portal.asked == []
    assert said.slots["offered"]["digest"] == RIGHT


def test_a_code_said_twice_is_one() -> None:
    assert NEED in typed(f"{CODE}, mã {CODE}", CODE, CODE).text


@pytest.mark.parametrize(
    ("action", "intent"),
    [(ActionAnswer(), "ask_processing_time"), (ActionOutOfScope(), "out_of_scope"), (ActionSmalltalk(), "greet"),
     (ActionContinue(), "affirm"), (ActionHandoff(), "complain"), (ActionPlace(), "find_office")],
)  # fmt: skip
def test_whatever_else_is_said_a_code_asks_for_its_dossier(action: Action, intent: str) -> None:
    assert NEED in typed(f"chào em, {CODE} sao lâu vậy", CODE, intent=intent, action=action).text


def test_a_question_that_names_its_procedure_is_answered_though_a_code_stands_beside() -> None:
    sure = procedure("1.001193") | {"chances": {"right": 0.95, "wrong": 0.0, "vague": 0.0, "outside": 0.05}}
    said = Said(ActionAnswer(), "ask_documents", f"khai sinh cần giấy gì, mã {CODE}", sure, code(CODE))
    assert said.record.status == "answered"


def test_without_a_code_it_is_said_where_the_code_stands() -> None:
    said = typed("hồ sơ của tôi tới đâu rồi")
    assert outcome(said) == ("dossier", None)
    assert "Mã nằm trên giấy hẹn" in said.text
    assert "mã QR" in said.text


def test_an_identity_number_is_no_code_and_that_is_explained() -> None:
    said = typed("tra hồ sơ [số căn cước]")
    assert "không phải mã hồ sơ" in said.text
    assert "Máy đã che đi" in said.text


def test_the_question_for_the_digits_stays_open_until_they_come() -> None:
    said = typed("xem giùm hồ sơ đi", dossier=asked_for())
    assert NEED in said.text
    assert outcome(said) == ("dossier", "need_verify")


@pytest.mark.parametrize(
    ("text", "words"),
    [("yêu cầu bổ sung là sao", "hồ sơ còn thiếu"), ("đã xử lý xong nghĩa là gì", "đã có kết quả"),
     ("mấy chữ trên hồ sơ nghĩa là gì", "Mới đăng ký: đã gửi")],
)  # fmt: skip
def test_a_status_is_explained_without_any_code(text: str, words: str, portal: FakePortal) -> None:
    said = typed(text, intent="explain_status")
    assert words in said.text
    assert outcome(said) == ("dossier", None)
    assert portal.asked == []


def test_a_code_of_another_kind_goes_to_a_person_as_before() -> None:
    assert typed("mã hẹn K9P4", intent="give_code").record.status == "handoff"


def test_a_digest_that_somebody_types_opens_nothing(portal: FakePortal) -> None:
    forged = {"entity": "second_factor", "value": RIGHT}
    said = Said(ActionDossier(), "check_dossier", f"{CODE} {RIGHT}", code(CODE), forged)
    assert NEED in said.text
    assert portal.asked == []


@pytest.mark.parametrize(
    "ended", [Outcome.UPSTREAM_DOWN, Outcome.AUTH_EXPIRED, Outcome.RATE_LIMITED, Outcome.CAPTCHA_REQUIRED]
)
def test_a_portal_that_fails_is_said_with_the_link_and_counts_as_no_try(portal: FakePortal, ended: Outcome) -> None:
    portal.outcome = ended
    said = [pressed("give_code", RIGHT, dossier=asked_for()) for _ in range(4)]
    assert {outcome(one) for one in said} == {("dossier", "portal_down")}
    assert all(OFFICIAL_PAGE in one.text for one in said)
    portal.outcome = None
    assert outcome(pressed("give_code", RIGHT, dossier=asked_for())) == ("dossier", None)


def test_a_failure_does_not_undo_digits_that_were_right(portal: FakePortal) -> None:
    known = pressed("give_code", RIGHT, dossier=asked_for()).slots["dossier"]
    portal.outcome = Outcome.UPSTREAM_DOWN
    assert typed("hồ sơ đó sao rồi", dossier=known).slots["dossier"] == known


def test_while_attempts_cannot_be_counted_none_is_made(monkeypatch: pytest.MonkeyPatch, portal: FakePortal) -> None:
    class Away(MemoryStore):
        def add(self, keys: Any, at: Any) -> None:
            raise AttemptStoreError("away")

    monkeypatch.setattr(dossier_talk, "live_attempts", lambda: Attempts(Away(), KEY))
    said = pressed("give_code", RIGHT, dossier=asked_for())
    assert outcome(said) == ("dossier", "portal_down")
    assert portal.asked == []


def test_where_nobody_can_compare_the_digits_the_official_page_is_shown_and_none_are_asked_for(
    portal: FakePortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal.source = Source.MANUAL
    said = typed(CODE, CODE)
    assert "chưa có cách biết ai là người có hồ sơ" in said.text
    assert OFFICIAL_PAGE in said.text
    assert not said.slots["dossier"]["awaiting"]
    monkeypatch.setenv("MOTCUA_PORTAL", "manual")
    assert "chưa nối với hệ thống hồ sơ" in typed(CODE, CODE).text


def test_a_code_from_the_future_is_doubted_beside_the_answer() -> None:
    assert "có vẻ chưa đúng" in typed("H19.12-291105-0007", "H19.12-291105-0007").text
    assert "có vẻ chưa đúng" not in typed(CODE, CODE).text


def test_the_buttons_fit_the_status(portal: FakePortal) -> None:
    def payloads() -> list[str]:
        return [button["payload"] for button in pressed("give_code", RIGHT, dossier=asked_for()).buttons]

    assert payloads() == ["/follow_dossier"]
    portal.status = DossierStatus.SUPPLEMENT_REQUIRED
    portal.fields = {"supplements": (Supplement("bản sao giấy chứng sinh"),)}
    assert payloads() == ['/ask_documents{"procedure": "1.001193"}', "/follow_dossier"]
    portal.fields = {"procedure_code": "9.999999"}
    assert payloads() == ["/follow_dossier"]
    portal.status = DossierStatus.RETURNED
    assert payloads() == []


def test_who_asked_to_be_told_is_asked_for_consent_once_the_digits_are_right() -> None:
    said = pressed("give_code", RIGHT, dossier=asked_for() | {"want": "follow"})
    assert "đồng ý" in said.text
    assert "/follow_dossier" not in [button["payload"] for button in said.buttons]


def test_the_next_person_does_not_find_an_open_dossier() -> None:
    known = pressed("give_code", RIGHT, dossier=asked_for()).slots["dossier"]
    assert typed("xong rồi", intent="next_person", action=ActionSmalltalk(), dossier=known).slots["dossier"] is None


def test_while_the_portal_thinks_others_are_answered(portal: FakePortal) -> None:
    """One event loop serves everybody: a look-up that blocked it would keep all waiting for up to 8 seconds."""
    portal.open.clear()

    async def ask(text: str, intent: str, **slots: Any) -> str:
        entities = [{"entity": "second_factor", "value": RIGHT}] if text.startswith("/") else []
        message = {"text": text, "intent": {"name": intent, "confidence": 0.9}, "entities": entities}
        dispatcher = CollectingDispatcher()
        tracker = Tracker(SENDER, slots, message, [], False, None, {}, "action_listen")
        await ActionDossier().run(dispatcher, tracker, {})  # type: ignore[arg-type]
        if not entities:
            assert portal.entered.wait(5)
            portal.open.set()
        return str(dispatcher.messages[0]["text"])

    async def both() -> list[str]:
        slow = ask("/give_code{…}", "give_code", dossier=asked_for())
        return await asyncio.wait_for(asyncio.gather(slow, ask("yêu cầu bổ sung là sao", "explain_status")), 4)

    slow, quick = asyncio.run(both())
    assert CODE in slow
    assert "hồ sơ còn thiếu" in quick


def test_the_procedure_of_the_dossier_can_be_asked_about_next() -> None:
    told = pressed("give_code", RIGHT, dossier=asked_for()).slots
    assert told["focus"] == focus_on("1.001193", ("overview",))[0]["value"]


def test_beside_a_dossier_words_about_its_result_ask_nothing_of_its_procedure() -> None:
    """The aspect is heard, the procedure is in focus since the dossier was told; still the dossier is meant."""
    told = pressed("give_code", RIGHT, dossier=asked_for()).slots
    known = {"dossier": told["dossier"], "focus": told["focus"]}
    result = {"entity": "aspect", "value": "result"}
    follow = Said(ActionFollow(), "follow_dossier", "bao cho toi khi co ket qua", result, **known)
    assert "đồng ý" in follow.text
    explained = Said(ActionDossier(), "explain_status", "zalo nói đã xử lý xong có kết quả", result, **known)
    assert "hồ sơ đã có kết quả" in explained.text


def test_who_wants_a_dossier_looked_up_is_not_refused_as_if_it_were_to_be_filed() -> None:
    looked_up = typed(f"tra dùm tôi {CODE}", CODE, intent="file_for_me", action=ActionRefuse())
    assert NEED in looked_up.text
    filed = typed(f"nộp dùm tôi giấy cho {CODE}", CODE, intent="file_for_me", action=ActionRefuse())
    assert filed.record.status == "refused"
