"""The ten national statuses and the nine Zalo messages: which wording leads where, and that nothing is guessed."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.catalogue.loading import CatalogueError
from bot.portal.dossier import DossierStatus
from bot.portal.statuses import STATUSES_FILE, Statuses, read_statuses
from bot.settings import HOME

FILE = HOME / "nlu_data" / STATUSES_FILE
STATUSES = Statuses.load(HOME / "nlu_data")
NATIONAL = [
    "Mới đăng ký",
    "Được tiếp nhận",
    "Không được tiếp nhận",
    "Đang xử lý",
    "Yêu cầu bổ sung giấy tờ",
    "Yêu cầu thực hiện nghĩa vụ tài chính",
    "Công dân yêu cầu rút hồ sơ",
    "Dừng xử lý",
    "Đã xử lý xong",
    "Đã trả kết quả",
]
ZALO = [
    ("Đã tiếp nhận", 2),
    ("Yêu cầu bổ sung", 5),
    ("Yêu cầu thanh toán", 6),
    ("Thực hiện nghĩa vụ tài chính", 6),
    ("Từ chối", 3),
    ("Dừng xử lý", 8),
    ("Yêu cầu rút", 7),
    ("Đã xử lý xong (có kết quả)", 9),
    ("Đã trả kết quả", 10),
]


@pytest.mark.parametrize(("number", "name"), list(enumerate(NATIONAL, 1)))
def test_a_national_status_is_known_by_name_and_number(number: int, name: str) -> None:
    assert STATUSES.by_name(name) == STATUSES.by_id(number) == DossierStatus(number)


@pytest.mark.parametrize(("name", "number"), ZALO)
def test_a_zalo_message_leads_to_its_status(name: str, number: int) -> None:
    assert STATUSES.by_name(name) == number


@pytest.mark.parametrize("text", ["dang xu ly", "ĐANG XỬ LÝ", " Đang  xử  lý. "])
def test_a_wording_is_folded(text: str) -> None:
    assert STATUSES.by_name(text) is DossierStatus.IN_PROGRESS


@pytest.mark.parametrize("text", ["", "Chờ ký số", "Chờ thực hiện liên thông", "5", "hồ sơ đang xử lý ở phòng A", "🙂"])
def test_a_wording_in_no_list_is_unknown(text: str) -> None:
    assert STATUSES.by_name(text) is DossierStatus.UNKNOWN


@pytest.mark.parametrize("number", [-1, 0, 11, 999])
def test_a_number_that_is_none_of_the_ten_is_unknown(number: int) -> None:
    assert STATUSES.by_id(number) is DossierStatus.UNKNOWN


def test_an_id_of_an_installation_counts_only_where_the_file_maps_it() -> None:
    assert STATUSES.status_of("2", "Đang xử lý") is DossierStatus.IN_PROGRESS
    assert STATUSES.status_of("2", "Chờ ký số") is DossierStatus.UNKNOWN
    mapped = Statuses(STATUSES.file.copy(update={"installation_ids": {"60f5": 9}}))
    assert mapped.status_of("60f5", "Chờ ký số") is DossierStatus.DONE


def test_what_needs_the_citizen_is_pushed_first() -> None:
    order = [status.id for status in sorted(STATUSES, key=lambda status: status.push)]
    assert order[:5] == [5, 6, 9, 3, 8]
    assert {status.id for status in STATUSES if status.act == "now"} == {5, 6}
    assert {status.id for status in STATUSES if status.act == "yes"} == {3, 8, 9}


@pytest.mark.parametrize(
    ("text", "number", "charge"),
    [
        ("yêu cầu bổ sung là sao", 5, None),
        ("yeu cau bo sung la gi", 5, None),
        ("không được tiếp nhận là bị gì vậy", 3, None),
        ("chữ được tiếp nhận là xong chưa", 2, None),
        ('"chưa tiếp nhận" mà nộp 3 ngày rồi, có sao không', 1, None),
        ("Zalo báo yêu cầu thanh toán là sao", 6, "fee"),
        ("người ta nhắn thực hiện nghĩa vụ tài chính là làm gì", 6, "obligation"),
        ("yêu cầu thực hiện nghĩa vụ tài chính là sao", 6, None),
        ("có tin nhắn kêu đóng tiền", 6, None),
        ("đã xử lý xong thì tôi làm gì", 9, None),
        ("hồ sơ ghi đang xử lý nghĩa là gì", 4, None),
        ("dừng xử lý nghĩa là sao", 8, None),
        ("ho so bi tra lai", 3, None),
        ("người ta ghi hồ sơ rút theo yêu cầu mà tui có rút đâu", 7, None),
        ("đã trả kết quả mà tôi chưa nhận được", 10, None),
    ],
)
def test_a_question_names_its_status(text: str, number: int, charge: str | None) -> None:
    meaning = STATUSES.find_in(text)
    assert meaning is not None
    assert (meaning.status.id, meaning.charge) == (number, charge)


@pytest.mark.parametrize("text", ["trạng thái chờ liên thông là chờ ai", "làm căn cước cần gì", "", "bổ"])
def test_a_question_without_a_known_status_names_none(text: str) -> None:
    assert STATUSES.find_in(text) is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Lệ phí cấp giấy phép", "fee"),
        ("Phí thẩm định", "fee"),
        ("", "fee"),
        ("Thuế thu nhập cá nhân", "obligation"),
        ("Tiền sử dụng đất", "obligation"),
        ("Lệ phí trước bạ", "obligation"),
    ],
)
def test_fees_and_what_the_tax_office_asks_are_told_apart(name: str, kind: str) -> None:
    assert STATUSES.charge_kind(name) == kind


def test_another_systems_code_leads_to_its_page_and_ours_to_none() -> None:
    page = STATUSES.other_page("G01.899.909-260916-890028")
    assert page is not None
    assert page.url.startswith("https://dichvucong.bocongan.gov.vn/")
    assert STATUSES.other_page("H19.12-261105-0007") is None


@given(st.text(max_size=100))
def test_any_wording_and_any_question_is_read(text: str) -> None:
    assert STATUSES.by_name(text) in DossierStatus
    STATUSES.find_in(text)


def changed(folder: Path, **changes: object) -> Path:
    content = yaml.safe_load(FILE.read_text(encoding="utf-8")) | changes
    file = folder / "statuses.yml"
    file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return file


def statuses_with(number: int, **changes: object) -> list[object]:
    content = yaml.safe_load(FILE.read_text(encoding="utf-8"))["statuses"]
    return [entry | changes if entry["id"] == number else entry for entry in content]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"statuses": statuses_with(4, id=5)}, "statuses: have the ids"),
        ({"statuses": statuses_with(4, push=1)}, "statuses: have the push places"),
        ({"statuses": statuses_with(4, key="done")}, "statuses: done: is the key of two statuses"),
        ({"statuses": statuses_with(4, asked_as=["bổ sung"])}, "'bổ sung' leads to status 4 too; keep one"),
        ({"statuses": statuses_with(4, names=["…"])}, "has no letters"),
        ({"statuses": statuses_with(4, act="maybe")}, "statuses.4.act: "),
        ({"statuses": statuses_with(2, zalo=[])}, "statuses: zalo: have the numbers"),
        ({"installation_ids": {"7": 11}}, "a national status has a number from 1 to 10"),
        ({"review_by": "2030-01-01"}, "at most 365 days later"),
        ({"old_after": 3}, "old_after: is not a field"),
    ],
)
def test_a_wrong_file_is_told_with_what_is_right(tmp_path: Path, changes: dict[str, object], problem: str) -> None:
    found, errors = read_statuses(changed(tmp_path, **changes))
    assert found is None
    assert any(problem in str(error) for error in errors), [str(e) for e in errors]


def test_a_missing_table_stops_the_loading(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"statuses\.yml"):
        Statuses.load(tmp_path)


@given(st.binary(max_size=300))
def test_any_bytes_in_the_file_give_a_report(tmp_path_factory: pytest.TempPathFactory, soup: bytes) -> None:
    file = tmp_path_factory.mktemp("soup") / "statuses.yml"
    file.write_bytes(soup)
    found, errors = read_statuses(file)
    assert found is None
    assert errors
