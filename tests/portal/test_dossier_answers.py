"""What a citizen reads about a dossier: every outcome, when the portal said so, sentences that can be read aloud."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import cache

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.catalogue.check import ABBREVIATION, DISTRICT, EXPLAINED, LONGEST_SENTENCE, SENTENCE_END
from bot.portal.answers import DossierTeller
from bot.portal.calendar import Calendar
from bot.portal.dossier import Dossier, DossierStatus, LookUp, Outcome, Source
from bot.portal.manual import OFFICIAL_PAGE
from bot.portal.photo import PhotoOutcome
from bot.portal.statuses import Status, Statuses
from bot.settings import HOME, TIME_ZONE
from tests.committed import catalogue

S = DossierStatus
DATA = HOME / "nlu_data"
CODE = "H19.12-261105-0007"
TODAY = date(2026, 11, 25)
NOW = datetime(2026, 11, 25, 8, 5, tzinfo=TIME_ZONE)
RESPONSES = yaml.safe_load((DATA / "responses" / "dossier.yml").read_text(encoding="utf-8"))["responses"]
LINK = f"Mình tự xem ở Cổng Dịch vụ công quốc gia, mục Tra cứu hồ sơ: {OFFICIAL_PAGE}"


@cache
def teller(today: date = TODAY) -> DossierTeller:
    return DossierTeller(catalogue(), Statuses.load(DATA), Calendar.load(DATA), today)


def found(status: DossierStatus = S.IN_PROGRESS, fetched_at: datetime = NOW, **fields: object) -> LookUp:
    given: dict[str, object] = {"procedure_name": "Đăng ký khai sinh", "office": "UBND phường Mẫu", **fields}
    dossier = Dossier(CODE, status, **given)  # type: ignore[arg-type]
    return LookUp(Outcome.FOUND, Source.IGATE, fetched_at, dossier)


def ended(outcome: Outcome, source: Source = Source.NGSP, wait: int | None = None) -> LookUp:
    return LookUp(outcome, source, NOW, retry_after_seconds=wait)


@pytest.mark.parametrize("status", list(S))
def test_every_status_ends_with_when_the_portal_said_so_and_the_official_page(status: DossierStatus) -> None:
    text = teller().answer(found(status), CODE, digits_given=True)
    assert text.splitlines()[-2:] == ["Theo Cổng, máy hỏi lúc 8 giờ 05, thứ Tư, 25/11/2026.", LINK]
    assert text.startswith(f"Dạ, hồ sơ {CODE}: Đăng ký khai sinh.")


def test_a_long_name_is_cut_at_a_word_with_an_ellipsis_and_no_full_stop_after_it() -> None:
    heading = teller().answer(found(procedure_name="Xác nhận nhà ở " * 40), CODE, True).splitlines()[0]
    assert heading.endswith("nhà…")
    assert len(heading) < 160


def test_the_portals_own_wording_is_shown_and_else_the_national_name() -> None:
    assert "Trên Cổng Dịch vụ công ghi: Chờ ký số." in teller().answer(
        found(S.UNKNOWN, portal_status="Chờ ký số"), CODE, True
    )
    assert "Trên Cổng Dịch vụ công ghi: Đang xử lý." in teller().answer(found(), CODE, True)


def test_the_time_of_the_portals_data_goes_before_the_time_of_asking() -> None:
    text = teller().answer(found(as_of=datetime(2026, 11, 23, 16, 40, tzinfo=TIME_ZONE)), CODE, True)
    assert "Theo Cổng, cập nhật lúc 16 giờ 40, thứ Hai, 23/11/2026." in text
    assert "có thể cũ" not in text


def test_data_that_is_old_is_called_old_unless_nothing_can_change_any_more() -> None:
    old = datetime(2026, 11, 12, 16, 0, tzinfo=TIME_ZONE)
    assert "đã 13 ngày, thông tin có thể cũ" in teller().answer(found(as_of=old), CODE, True)
    assert "có thể cũ" not in teller().answer(found(S.RETURNED, as_of=old), CODE, True)


def test_an_answer_of_before_says_so_first() -> None:
    text = teller().last_known(found(fetched_at=datetime(2026, 11, 20, 9, 0, tzinfo=TIME_ZONE)), CODE)
    assert text.startswith(
        "Dạ, lúc này chưa hỏi được Cổng. Dưới đây là câu trả lời cũ, lúc 9 giờ, thứ Sáu, 20/11/2026."
    )
    assert "đã 5 ngày, thông tin có thể cũ" in text


def test_a_dossier_after_a_death_begins_with_sympathy() -> None:
    for name in ("Đăng ký khai tử", "Hỗ trợ chi phí mai táng"):
        text = teller().answer(found(procedure_name=name), CODE, True)
        assert text.startswith("Xin chia buồn cùng gia đình.\n")
    assert "chia buồn" not in teller().answer(found(), CODE, True)


def test_a_very_long_name_is_shortened_and_an_empty_one_left_out() -> None:
    assert len(teller().answer(found(procedure_name="Đăng ký biến động " * 40), CODE, True)) < 900
    assert teller().answer(found(procedure_name=""), CODE, True).startswith(f"Dạ, đây là hồ sơ {CODE}.")


def test_before_the_digits_only_they_are_asked_for() -> None:
    text = teller().answer(ended(Outcome.NEED_VERIFY), CODE, digits_given=False)
    assert "4 số cuối của số điện thoại" in text
    assert CODE not in text
    assert text == teller().answer(ended(Outcome.NOT_FOUND), CODE, digits_given=False)


def test_wrong_digits_and_no_such_dossier_read_the_same() -> None:
    wrong, none = (
        teller().answer(ended(outcome), CODE, digits_given=True, tries_left=2)
        for outcome in (Outcome.NEED_VERIFY, Outcome.NOT_FOUND)
    )
    assert wrong == none
    assert "Mình còn thử được 2 lần với mã này." in wrong
    assert wrong.endswith(LINK)


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (Outcome.AUTH_EXPIRED, "đang bận"),
        (Outcome.UPSTREAM_DOWN, "đang bận"),
        (Outcome.RATE_LIMITED, "đợi ít phút"),
        (Outcome.CAPTCHA_REQUIRED, "không được nhập thay"),
        (Outcome.FOUND, "đang bận"),
    ],
)
def test_every_failure_is_told_kindly_with_the_official_page(outcome: Outcome, said: str) -> None:
    text = teller().answer(ended(outcome), CODE, digits_given=True)
    assert text.startswith("Dạ, ")
    assert said in text
    assert text.endswith(LINK)


@pytest.mark.parametrize(("seconds", "said"), [(40, "40 giây"), (61, "2 phút"), (3600, "1 giờ"), (4000, "2 giờ")])
def test_how_long_to_wait_is_told_in_words(seconds: int, said: str) -> None:
    assert f"đợi khoảng {said} " in teller().answer(ended(Outcome.RATE_LIMITED, wait=seconds), CODE, True)


def test_without_a_system_behind_the_official_page_is_all_there_is() -> None:
    text = teller().answer(ended(Outcome.NEED_VERIFY, Source.MANUAL), CODE, digits_given=False)
    assert "chưa nối với hệ thống hồ sơ" in text
    assert text.endswith(LINK)


def test_a_code_of_the_police_leads_to_their_page() -> None:
    text = teller().answer(ended(Outcome.NOT_FOUND), "G01.899.909-260916-890028", digits_given=True)
    assert "Cổng dịch vụ công Bộ Công an: https://dichvucong.bocongan.gov.vn/" in text


def test_three_wrong_tries_lead_to_the_counter() -> None:
    assert "Trung tâm Phục vụ hành chính công nơi đã nộp" in teller().blocked(CODE)
    assert teller().cannot_verify(CODE).endswith(LINK)


def test_several_codes_are_listed_and_one_is_asked_for() -> None:
    assert teller().which([CODE, "G22.99-251225-020175"]).splitlines()[1:] == [
        f"1. {CODE}",
        "2. G22.99-251225-020175",
    ]


def test_without_a_code_it_is_said_where_the_code_stands() -> None:
    assert "giấy hẹn" in teller().no_code(takes_photos=False)
    assert "mã QR" not in teller().no_code(takes_photos=False)
    assert "mã QR" in teller().no_code(takes_photos=True)


@pytest.mark.parametrize("outcome", [o for o in PhotoOutcome if o is not PhotoOutcome.CODES])
def test_a_photo_without_a_code_is_explained_and_gone(outcome: PhotoOutcome) -> None:
    assert teller().photo(outcome).endswith("Hình đã được xóa ngay sau khi đọc.")


@pytest.mark.parametrize("status", list(Statuses.load(DATA)), ids=lambda status: status.key)
def test_every_status_is_explained_without_a_code(status: Status) -> None:
    text = teller().explain(f"trạng thái {status.name} là sao")
    assert text is not None
    assert text.startswith("Dạ, ")
    assert "gửi mã hồ sơ" in text
    for wording in (message.name for message in status.zalo):
        assert teller().explain(f"Zalo nhắn {wording} là gì") is not None


def test_a_payment_is_never_explained_without_the_warning() -> None:
    for question in ("yêu cầu thanh toán là sao", "nghĩa vụ tài chính là gì", "có tin nhắn kêu đóng tiền"):
        assert "lừa đảo" in (teller().explain(question) or "")


def test_a_question_that_names_no_status_is_left_to_others() -> None:
    assert teller().explain("chờ liên thông là chờ ai") is None


@given(st.sampled_from(Outcome), st.sampled_from(Source), st.booleans(), st.none() | st.integers(0, 10**6))
def test_every_end_of_a_look_up_has_a_sentence(
    outcome: Outcome, source: Source, digits: bool, wait: int | None
) -> None:
    assert teller().answer(ended(outcome, source, wait), CODE, digits)


@pytest.mark.parametrize("name", sorted(RESPONSES))
def test_a_sentence_is_short_and_in_plain_words(name: str) -> None:
    text = RESPONSES[name][0]["text"]
    for sentence in SENTENCE_END.split(text):
        assert len(sentence.split()) <= LONGEST_SENTENCE, sentence
    bare = re.sub(r"H19\.12-261105-0007|\{\w+\}", "", text)
    assert set(ABBREVIATION.findall(bare)) <= EXPLAINED
    assert not DISTRICT.search(text)
    assert not re.search(r"\btrễ\b|làm chậm|chậm trễ", text)
    assert not re.search(r"[\U0001f300-\U0001faff\u2600-\u27bf]", text)


def test_twelve_digits_are_refused_and_explained() -> None:
    assert "không phải mã hồ sơ" in teller().identity_number()


def test_every_sentence_is_used_by_the_program() -> None:
    modules = [*(HOME / "bot" / "portal").glob("*.py"), *(HOME / "actions").glob("*.py")]
    sources = "\n".join(file.read_text(encoding="utf-8") for file in modules)
    stems = set(re.findall(r"utter_dossier_[a-z_]+", sources)) | {f"utter_dossier_{o.value}" for o in Outcome}
    assert [name for name in RESPONSES if not any(name.startswith(stem) for stem in stems)] == []
