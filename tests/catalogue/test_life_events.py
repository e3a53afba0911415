"""A story told instead of a procedure's name: which event it is, in what order its steps come, what is said of them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.event_answers import LONGEST, EventAnswerer
from bot.catalogue.life_events import GROUPS, LifeEvent, LifeEvents, Step, read_life_events
from bot.catalogue.live import LiveCatalogue
from bot.cli.events import app
from bot.language.lexicon import Lexicon
from bot.language.normalise import normalise
from bot.settings import HOME
from bot.turn import ASPECTS, Aspect
from tests.committed import catalogue

DATA = HOME / "nlu_data"
EVENTS = DATA / "life_events"
TODAY = date(2026, 11, 24)
LONGEST_SENTENCE = 20


def told() -> LifeEvents:
    return catalogue().life_events


def ids() -> list[str]:
    return [event.id for event in told().events]


def event(event_id: str) -> LifeEvent:
    found = told().get(event_id)
    assert found
    return found


def texts_of(one: LifeEvent) -> Iterator[str]:
    """Everything of an event that a citizen may read."""
    yield from (one.name, one.opening, one.note)
    for step in one.steps:
        yield from (step.name, step.when, step.why, step.deadline.text if step.deadline else "")


def sentences() -> Iterator[tuple[str, str]]:
    for file in sorted((DATA / "nlu").rglob("*.yml")):
        for entry in yaml.safe_load(file.read_text(encoding="utf-8"))["nlu"]:
            for line in entry["examples"].splitlines():
                yield entry["intent"], line.removeprefix("- ")


def test_the_committed_events_are_right_and_many() -> None:
    assert [str(e) for e in catalogue().errors if e.file.parent.name == "life_events"] == []
    assert len(told().events) >= 20


@pytest.mark.parametrize("event_id", ids())
def test_every_code_is_a_record_or_in_the_index(event_id: str) -> None:
    for step in event(event_id).steps:
        assert all(catalogue().get(code) for code in (step.code, *step.instead_of, *step.together_with)), step


@pytest.mark.slow
@pytest.mark.parametrize("event_id", ids())
def test_every_phrase_tells_its_own_event_and_no_other(event_id: str) -> None:
    wrong = {
        phrase: found for phrase in told().words_of(event(event_id)) if (found := told().all_told(phrase)) != {event_id}
    }
    assert wrong == {}


@pytest.mark.parametrize("event_id", ids())
def test_what_is_said_is_short_plain_and_without_emoji(event_id: str) -> None:
    for text in texts_of(event(event_id)):
        assert not any(unicodedata.category(sign) in ("So", "Sk", "Cs") for sign in text), text
        assert not re.search(r"\b[A-ZĐ]{2,}\b", text), text
        assert "huyện" not in text.lower().split()
        for sentence in re.split(r"(?<=[.!?;])\s+", text):
            assert len(sentence.split()) <= LONGEST_SENTENCE, sentence


def test_the_bereaved_are_met_with_sympathy_before_the_facts() -> None:
    assert "death" in [one.id for one in told().events if one.bereavement]
    for one in told().events:
        if one.bereavement:
            bundle = EventAnswerer(catalogue(), TODAY).answer(one, one.ordered())
            assert bundle
            assert bundle.text.startswith("Xin chia buồn cùng gia đình.")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ba tôi mới mất hôm kia", "death"), ("ong noi em moi mat", "death"), ("ck e moi mat", "death"),
        ("bà ngoại của con qua đời đêm qua", "death"), ("nhà em có tang", "death"),
        ("má con vừa qua đời, giờ con phải làm sao", "death"), ("dì ba em mất rồi", "death"),
        ("vợ em mới sanh xong", "birth"), ("vk e ms sinh", "birth"), ("cháu sinh ở nhà, không đi viện", "birth"),
        ("hai đứa chưa cưới mà có con", "unmarried_birth"), ("tụi em sắp cưới", "marriage"),
        ("vừa ly hôn xong", "divorce"), ("mới dọn nhà về đây", "moving_house"), ("đang ở trọ", "renting"),
        ("con tui sắp 14 tuổi", "child_identity"), ("bà nội tám mươi lăm tuổi ở một mình", "old_age"),
        ("tôi già rồi nhà nước có cho đồng nào không", "old_age"), ("bị giật giỏ mất hết giấy tờ", "lost_papers"),
        ("mẹ tôi bị tai biến nằm một chỗ", "disability"), ("nhà nghèo quá", "poor_household"),
        ("em sắp mở quán nước", "opening_shop"), ("dẹp tiệm luôn", "closing_shop"), ("tính xây nhà", "building_house"),
        ("nhà tôi mới mua miếng đất", "land_transfer"), ("ba mất để lại mấy công đất", "inheritance"),
        ("đất ở lâu rồi mà chưa có sổ", "first_land_certificate"), ("mới mua xe hơi", "vehicle"),
        ("sắp đi xuất khẩu lao động", "going_abroad"), ("tui nghỉ làm rồi", "leaving_job"),
        ("con tôi sắp vào lớp sáu", "school"), ("thằng con tới tuổi đi nghĩa vụ", "military_age"),
        ("gia đình tôi là gia đình liệt sĩ", "merit_family"),
    ],
)  # fmt: skip
def test_the_way_people_tell_it_is_understood(text: str, expected: str) -> None:
    found = told().match(text)
    assert found is not None
    assert found.id == expected


@pytest.mark.parametrize(
    "text",
    [
        "đăng ký khai tử cần giấy tờ gì", "làm căn cước mất bao lâu", "em mất căn cước", "em mất cccd",
        "sổ đỏ của ba mất rồi làm lại sao", "căn cước của con bị mất rồi", "bác mất sổ đỏ", "có mặt hai vợ chồng",
        "dang ky ket hon co mat hai nguoi", "bà liệt kê giùm giấy tờ", "con mù mờ quá", "tôi muốn ly hôn",
        "nhà không có sổ hộ khẩu thì nộp giấy gì", "vợ tôi sinh năm 1990", "khai sinh ghi sai năm sinh", "xin chào", "",
    ],
)  # fmt: skip
def test_what_only_looks_like_an_event_is_none(text: str) -> None:
    assert told().match(text) is None


def test_a_mark_that_was_typed_counts_and_one_left_off_does_not() -> None:
    assert told().match("cô mất rồi") is not None
    assert told().match("cô mât rồi") is not None
    assert told().match("có mất không") is None
    assert told().match("nhà muốn sữa lại mái") is not None, "hỏi and ngã are one in the South"


def test_plain_questions_about_procedures_tell_no_event() -> None:
    plain = [(intent, text) for intent, text in sentences() if intent.startswith("ask_")]
    fired = [text for _, text in plain if told().match(text)]
    assert len(plain) > 800
    assert len(fired) <= len(plain) / 100, fired


def is_heard(text: str) -> bool:
    """True where the search takes a message for one about a procedure."""
    known = catalogue()
    chances = known.look(normalise(text, known.lexicon)).chances
    return chances is not None and chances.outside < 0.5


def test_told_situations_are_events_or_lead_to_one_procedure() -> None:
    """Many a story is about one paper alone ("bằng lái bị gãy"): that is found by its words, not as an event."""
    situations = [text for intent, text in sentences() if intent == "tell_situation"]
    events = [text for text in situations if told().match(text)]
    others = [text for text in situations if text not in events]
    assert len(events) >= 170
    heard = sum(is_heard(text) for text in others)
    assert len(events) + heard >= 0.85 * len(situations), (len(events), heard, len(situations))


@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    telling = told().telling(text)
    assert telling is None or telling.steps


def steps_of(text: str) -> list[str]:
    telling = told().telling(text)
    assert telling
    return [step.code for step in telling.steps]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("vợ mới sinh", "1.001193"),
        ("vợ mới sinh mà hai đứa chưa đăng ký kết hôn", "1.000689"),
        ("em lấy chồng Đài Loan mới sinh con", "2.000528"),
        ("sắp cưới chồng người Hàn", "2.000806"),
        ("con em sắp vào lớp 6", "3.000182"),
        ("bé nhà em năm nay vô lớp một", "2.002492"),
        ("mới mua xe máy", "1.013067"),
        ("mới mua xe máy cũ", "1.013076"),
        ("muốn sửa nhà", "1.013229"),
        ("tạm nghỉ bán mấy tháng", "1.001570"),
        ("ba để lại miếng đất mà chưa có sổ", "1.115240"),
        ("rớt bóp mất bằng lái", "3.000348"),
        ("ba tôi là cựu chiến binh mới mất", "1.000656"),
    ],
)
def test_the_condition_that_is_told_decides_which_step_leads(text: str, first: str) -> None:
    assert steps_of(text)[0] == first


def test_a_condition_does_not_come_before_what_is_always_done_first() -> None:
    assert steps_of("chồng em mới mất, ảnh đang lãnh lương hưu")[:2] == ["1.000656", "2.000821"]


def test_a_step_instead_of_another_makes_it_fall_away() -> None:
    assert "1.001193" not in steps_of("vợ mới sinh mà chưa đăng ký kết hôn")
    assert {"2.002492", "3.000181", "2.002493"} & set(steps_of("con em sắp vào lớp 6")) == set()


def answered(event_id: str, *aspects: Aspect, day: date = TODAY) -> str:
    bundle = EventAnswerer(catalogue(), day).answer(event(event_id), event(event_id).ordered(), aspects)
    assert bundle
    return bundle.text


@pytest.mark.parametrize("event_id", ids())
@pytest.mark.parametrize("aspects", [(), ("documents",), ("where",), ("steps",), ("fee",)])
def test_an_answer_is_short_with_its_source_and_what_comes_next(event_id: str, aspects: tuple[Aspect, ...]) -> None:
    text = answered(event_id, *aspects)
    lead = catalogue().get(event(event_id).ordered()[0].code)
    assert lead
    assert text.startswith(event(event_id).opening)
    assert f"Mã {lead.code} · " in text
    assert "Việc tiếp theo:\n1. " in text
    assert len(text) <= LONGEST, len(text)


def test_a_deadline_of_grade_c_is_never_said() -> None:
    unsure = [step for one in told().events for step in one.steps if step.deadline and step.deadline.grade == "C"]
    assert any(step.code == "1.000656" for step in unsure), "15 days for khai tử is not verified"
    for one in told().events:
        for aspect in ASPECTS:
            text = answered(one.id, aspect)
            assert not any(step.deadline.text in text for step in unsure if step.deadline)


def test_a_deadline_is_said_with_its_source_until_its_check_is_too_old() -> None:
    assert "Hạn: trong 60 ngày kể từ ngày sinh con." in answered("birth")
    assert "Hạn theo Cổng Dịch vụ công quốc gia, mã 1.003197 · kiểm tra 18/7/2026" in answered("death")
    step = next(step for step in event("renting").steps if step.deadline)
    assert step.deadline
    assert step.deadline.assertable(date(2027, 1, 14))
    assert not step.deadline.assertable(date(2027, 1, 15))


def test_what_can_be_filed_together_is_said() -> None:
    assert "Có thể hỏi nộp chung một lần: làm giấy khai tử; xóa tên khỏi hộ khẩu" in answered("death")


def test_nothing_is_answered_from_a_lead_past_its_review_day() -> None:
    later = EventAnswerer(catalogue(), date(2027, 6, 1))
    assert later.answer(event("birth"), event("birth").ordered()) is None


def copied(folder: Path, **changes: object) -> Path:
    """The death event in a folder of its own, with some fields changed; None takes one out."""
    content = yaml.safe_load((EVENTS / "death.yml").read_text(encoding="utf-8")) | changes
    (folder / GROUPS).write_bytes((EVENTS / GROUPS).read_bytes())
    file = folder / "death.yml"
    file.write_text(yaml.safe_dump({k: v for k, v in content.items() if v is not None}, allow_unicode=True))
    return file


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"opening": None}, "death.yml: opening: is missing"),
        ({"openning": "x"}, "death.yml: openning: is not a field"),
        ({"id": "tang"}, "id: is tang; the file must be called tang.yml"),
        ({"opening": "Chào mình."}, "'opening' begins with a line that holds 'chia buồn'"),
        ({"words": ["ba tôi mất"]}, "words: "),
        ({"words": [*("nhà có tang" for _ in range(8)), "{ai_do} mất"]}, "{ai_do} is no group; groups.yml has "),
        ({"words": [*("nhà có tang" for _ in range(8)), "tôi mất"]}, "'tôi mất' says too little"),
        ({"steps": [{"code": "1000656", "why": "Làm trước."}]}, "looks like '1.001193'"),
        ({"steps": [{"code": "1.000656", "why": "Làm trước."}] * 2}, "1.000656 stands twice"),
        ({"steps": [{"code": "1.000656", "why": "Làm trước.", "instead_of": ["1.003197"]}]}, "which is no step"),
        ({"review_by": "2030-01-01"}, "at most 180 days later"),
    ],
)
def test_a_wrong_field_is_named_with_what_is_right(tmp_path: Path, changes: dict[str, object], problem: str) -> None:
    copied(tmp_path, **changes)
    events, errors = read_life_events(tmp_path, Lexicon.load(DATA / "lexicon"))
    assert events.events == ()
    assert any(problem in str(error) for error in errors), [str(e) for e in errors]


def test_an_unknown_code_is_a_finding_that_names_file_and_step(tmp_path: Path) -> None:
    for folder in ("index", "responses", "lexicon", "procedures", "life_events"):
        (tmp_path / folder).mkdir()
    for source in (*(DATA / "responses").glob("*.yml"), *(DATA / "lexicon").glob("*.yml")):
        (tmp_path / source.parent.name / source.name).write_bytes(source.read_bytes())
    copied(tmp_path / "life_events", steps=[{"code": "9.999999", "why": "Làm trước."}])
    assert "death.yml: steps.1: 9.999999 is neither a record nor in the index" in map_of(Catalogue.load(tmp_path))


def map_of(loaded: Catalogue) -> str:
    return "\n".join(str(error) for error in loaded.errors)


@pytest.mark.slow
@given(st.binary(max_size=300))
def test_any_bytes_in_an_event_file_give_a_report(tmp_path_factory: pytest.TempPathFactory, soup: bytes) -> None:
    folder = tmp_path_factory.mktemp("soup")
    (folder / "soup.yml").write_bytes(soup)
    events, errors = read_life_events(folder, Lexicon.load(DATA / "lexicon"))
    assert events.events == ()
    assert errors


def test_a_running_catalogue_takes_up_a_change_and_survives_a_broken_one(tmp_path: Path) -> None:
    for folder in ("index", "responses", "lexicon", "procedures", "life_events"):
        (tmp_path / folder).mkdir()
    for source in (*(DATA / "responses").glob("*.yml"), *(DATA / "lexicon").glob("*.yml")):
        (tmp_path / source.parent.name / source.name).write_bytes(source.read_bytes())
    now = [0.0]
    file = copied(tmp_path / "life_events")
    live = LiveCatalogue(tmp_path, check_seconds=2, clock=lambda: now[0])

    def event_for(text: str) -> LifeEvent | None:
        now[0] += 3
        return live.current().life_events.match(text)

    assert event_for("nhà có chuyện buồn") is None
    words = yaml.safe_load(file.read_text(encoding="utf-8"))["words"]
    copied(tmp_path / "life_events", words=[*words, "nhà có chuyện buồn"])
    assert event_for("nhà có chuyện buồn") is not None
    file.write_text("id: [")
    assert event_for("nhà có chuyện buồn") is not None
    assert "is not YAML" in map_of(live.current())
    (tmp_path / "life_events" / GROUPS).write_text("skip: 7")
    assert event_for("nhà có chuyện buồn") is not None


@pytest.mark.slow
def test_the_command_lists_events_shows_one_and_refuses_what_it_does_not_know() -> None:
    run = CliRunner().invoke
    listed = run(app, []).output
    assert all(event_id in listed for event_id in ids())
    shown = run(app, ["show", "vehicle", "--told", "mới mua xe máy cũ"])
    assert shown.exit_code == 0
    assert "Mã 1.013076 · " in shown.output
    assert run(app, ["show", "vehicle", "--day", "2027-06-01"]).exit_code == 1
    assert run(app, ["show", "flood"]).exit_code == 2
    assert run(app, ["show", "vehicle", "--told", "ba tôi mới mất"]).exit_code == 2


def test_the_order_of_steps_is_the_files_where_nothing_is_said() -> None:
    steps = [Step(code="1.000001", why="Làm một."), Step(code="1.000002", why="Làm hai.", when_words=["có xe"])]
    one = event("death").copy(update={"steps": steps})
    assert [s.code for s in one.ordered()] == ["1.000001", "1.000002"]
    assert [s.code for s in one.ordered({"1.000002"})] == ["1.000002", "1.000001"]
