"""The files of places: what is wrong is named with what is right; what is not confirmed is kept and never said."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from bot.catalogue.places.answers import PlaceTeller
from bot.catalogue.places.loading import Contacts, past_review, read_contacts, read_table, read_words
from bot.catalogue.places.models import Office
from bot.catalogue.places.resolver import Places
from bot.cli.places import app
from tests.catalogue.test_places import DATA, TODAY, phrases, places


def changed(tmp_path: Path, name: str, change: Callable[[dict[str, Any]], None]) -> Path:
    content = yaml.safe_load((DATA / "places" / name).read_text(encoding="utf-8"))
    change(content)
    file = tmp_path / name
    file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda c: c["units"][0].update(code="1"), "units.yml: units: entry 1 (1): code: '1' is not a unit's code"),
        (lambda c: c["units"][0].pop("name"), "units: entry 1 (25195): name: is missing"),
        (lambda c: c["units"][0].update(type="thôn"), "units: entry 1 (25195): type: "),
        (lambda c: c["units"][1].update(code="25195"), "units: 25195: is the code of two units"),
        (lambda c: c["units"][0]["old"][0].update(district="Biên Hoa"), "district 'Biên Hoa' is not in the list"),
        (lambda c: c["units"][1]["old"].append(c["units"][0]["old"][0]), "came to two units; where it was split"),
        (lambda c: c["units"][0]["old"][0].update(partly=True), "is marked 'partly' at one unit only"),
        (lambda c: c["districts"].append({"type": "huyện", "name": "Mới", "province": "Đồng Nai"}), "no unit was made"),
        (lambda c: c["spellings"].append("Đăk Ơ"), "spellings: line 15: needs two or more spellings"),
        (lambda c: c.update(units="x"), "units: is not a list"),
        (
            lambda c: c.update(review_by="2029-01-01"),
            "review_by: is 2029-01-01; it lies after checked_on and at most 365",
        ),
        (lambda c: c.pop("source"), "source: is missing"),
    ],
)
def test_a_wrong_table_is_refused_with_the_entry_and_what_is_right(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], problem: str
) -> None:
    table, errors = read_table(changed(tmp_path, "units.yml", change))
    assert table is None
    assert any(problem in str(error) for error in errors), [str(error) for error in errors]


OFFICE: dict[str, Any] = {
    "unit": "26041", "kind": "trung tâm", "address": "số 1 đường Bịa", "phone": "0251 000 0000",
    "hours": "thứ Hai đến thứ Sáu, 7:30 đến 16:30", "source": "trang của phường", "grade": "A",
    "checked_on": date(2026, 11, 20), "review_by": date(2027, 5, 20),
}  # fmt: skip


@pytest.mark.parametrize(
    ("office", "problem"),
    [
        ({"unit": "99999"}, "offices: 99999 trung tâm: no unit has this code; look it up in units.yml"),
        ({"phone": 2511022}, "offices: entry 1 (26041): phone: is not text; put it in quotes"),
        ({"phone": "gọi chị Hai"}, "phone: 'gọi chị Hai' is not a telephone number"),
        ({"hours": 450}, "hours: is not text; put it in quotes, as '7:30'"),
        ({"kind": "ủy ban"}, "offices: entry 1 (26041): kind: "),
        ({"adress": "x"}, "adress: is not a field"),
        ({"checked_on": "hôm qua"}, "checked_on: is not a day; write it as 2026-11-22"),
        ({"review_by": date(2028, 1, 1)}, "at most 365 days later"),
        ({"address": "", "phone": "", "hours": ""}, "says nothing; give address, phone or hours"),
    ],
)
def test_a_wrong_office_is_left_out_with_what_is_right(tmp_path: Path, office: dict[str, Any], problem: str) -> None:
    file = changed(tmp_path, "offices.yml", lambda c: c.update(offices=[OFFICE | office]))
    contacts, errors = read_contacts(file, places().units)
    assert contacts.offices == ()
    assert any(problem in str(error) for error in errors), [str(error) for error in errors]
    assert len(contacts.hotlines) == 1


@given(st.binary(max_size=300))
def test_any_bytes_in_a_file_of_places_give_a_report(tmp_path_factory: pytest.TempPathFactory, soup: bytes) -> None:
    folder = tmp_path_factory.mktemp("soup")
    for name in ("units.yml", "words.yml", "offices.yml"):
        (folder / name).write_bytes(soup)
    assert read_table(folder / "units.yml")[0] is None
    assert read_words(folder / "words.yml")[0] is None
    assert read_contacts(folder / "offices.yml", ())[1]
    found, errors = Places.load(folder)
    assert errors
    assert not found.usable
    assert found.resolve("xã Lộc An").readings == ()


def teller(day: date = TODAY, *offices: dict[str, Any]) -> PlaceTeller:
    known = places().contacts
    contacts = Contacts(tuple(Office.parse_obj(OFFICE | o) for o in offices), known.common_hours, known.hotlines)
    return PlaceTeller(phrases(), replace(places(), contacts=contacts), day)


def test_an_office_that_a_clerk_added_is_told_with_the_day_it_was_checked() -> None:
    found = places().resolve("phường Trấn Biên")
    text = teller(TODAY, {}).offices(found)
    for said in ("Địa chỉ: số 1 đường Bịa.", "Điện thoại: 0251 000 0000.", "Kiểm tra ngày 20/11/2026."):
        assert said in text
    assert "chưa được xác nhận" not in text
    assert "7:30 đến 16:30" in teller(TODAY, {}).hours(found.unit)
    assert teller(TODAY, {}).hours_differ(found.units)


@pytest.mark.parametrize(
    ("day", "office"), [(TODAY, {"grade": "C"}), (date(2027, 5, 21), {}), (TODAY, {"unit": "26020"})]
)
def test_what_is_unsure_past_its_review_or_of_another_unit_is_not_told(day: date, office: dict[str, Any]) -> None:
    found = places().resolve("phường Trấn Biên")
    text = teller(day, office).offices(found) + teller(day, office).hours(found.unit)
    assert "số 1 đường Bịa" not in text
    assert "0251" not in text
    assert "7:30" not in text
    assert "chưa được xác nhận" in text


def test_the_hotline_of_2018_is_kept_but_not_said_until_it_is_confirmed() -> None:
    (line,) = places().contacts.hotlines
    assert (line.phone, line.grade) == ("0251.1022", "C")
    assert "1022" not in teller().hotline()
    confirmed = replace(places(), contacts=Contacts(hotlines=(line.copy(update={"grade": "A"}),)))
    assert "0251.1022" in PlaceTeller(phrases(), confirmed, TODAY).hotline()


def test_the_police_hours_of_the_residence_records_are_said_until_their_review() -> None:
    assert "sáng thứ Bảy" in teller().hours(None)
    assert "sáng thứ Bảy" not in teller(date(2027, 7, 19)).hours(None)
    table = places().table
    assert table
    assert list(past_review(table, places().contacts, TODAY)) == []
    assert len(list(past_review(table, places().contacts, date(2027, 10, 10)))) == 2


def test_no_office_of_a_district_is_named_as_one_of_today() -> None:
    for unit in places().units:
        for old in unit.old:
            found = places().resolve(f"{old.full}, {old.district}")
            if found.reading:
                text = teller().offices(found)
                assert unit.full in text
                assert "ủy ban nhân dân huyện" not in text.lower()
                assert text.lower().count("huyện") <= 1


def sentences_of(file: Path) -> Iterator[str]:
    for variants in yaml.safe_load(file.read_text(encoding="utf-8"))["responses"].values():
        for line in variants[0]["text"].splitlines():
            yield from line.replace("? ", ". ").split(". ")


def test_every_sentence_about_places_can_be_read_aloud() -> None:
    for sentence in sentences_of(DATA / "responses" / "places.yml"):
        assert len(sentence.split()) <= 20, sentence


def test_the_command_lists_findings_and_disagreements_and_finds_a_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = json.loads(CliRunner().invoke(app, ["check", "--json"]).stdout)
    assert (good["units"], good["old_units"], good["findings"], len(good["disagreements"])) == (95, 270, 0, 5)
    found = json.loads(CliRunner().invoke(app, ["find", "--json", "xã Lộc An huyện Long Thành cũ"]).stdout)
    assert [unit["name"] for unit in found["units"]] == ["phường Long Thành"]
    assert CliRunner().invoke(app, ["find", "đăng ký tạm trú"]).exit_code == 1

    shutil.copytree(DATA / "lexicon", tmp_path / "lexicon")
    shutil.copytree(DATA / "places", tmp_path / "places")
    changed(tmp_path / "places", "offices.yml", lambda c: c.update(offices=[OFFICE | {"phone": "x"}]))
    monkeypatch.setenv("MOTCUA_DATA", str(tmp_path))
    bad = CliRunner().invoke(app, ["check"])
    assert bad.exit_code == 1
    assert "offices.yml: offices: entry 1 (26041): phone: 'x' is not a telephone number" in bad.stdout
