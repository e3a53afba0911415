"""The template that clerks copy is a right record, shows every field there is, and both manuals name them all."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import pytest
import yaml

from bot.catalogue.answers import Answerer
from bot.catalogue.check import check
from bot.catalogue.models import Case, Fee, Form, Law, LookAlike, Notice, Paper, Procedure, Strict, Time
from bot.settings import HOME
from bot.turn import ASPECTS
from tests.committed import catalogue

TEMPLATE = HOME / "docs" / "vi" / "mau-ban-ghi.yml"
MANUALS = [HOME / "docs" / "vi" / "viet-ban-ghi.md", HOME / "docs" / "catalogue.md"]
PARTS: dict[str, type[Strict]] = {
    "cases": Case,
    "papers": Paper,
    "fees": Fee,
    "times": Time,
    "forms": Form,
    "legal_basis": Law,
    "notices": Notice,
    "look_alikes": LookAlike,
}
DATED = {"valid_from", "valid_to"}
"""Fields of every figure: shown at the fees, once."""
TODAY, NEW_YEAR = date(2026, 11, 24), date(2027, 1, 1)


@cache
def content() -> dict[str, Any]:
    loaded = yaml.safe_load(TEMPLATE.read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def template() -> Procedure:
    return Procedure.parse_obj(content())


def test_the_template_shows_every_field_of_a_record_in_its_order() -> None:
    assert list(content()) == list(Procedure.__fields__)


@pytest.mark.parametrize(("field", "model"), PARTS.items())
def test_the_template_shows_every_field_of_the_parts(field: str, model: type[Strict]) -> None:
    shown = {name for part in content()[field] for name in part}
    hidden = set() if field == "fees" else DATED
    assert shown | hidden == set(model.__fields__) | hidden


def test_every_part_of_a_record_is_looked_at() -> None:
    of_parts = {n for n, f in Procedure.__fields__.items() if isinstance(f.type_, type) and issubclass(f.type_, Strict)}
    assert of_parts == PARTS.keys()


def test_nothing_is_to_be_mended_in_the_template() -> None:
    with_template = replace(catalogue(), procedures={**catalogue().procedures, template().code: template()})
    assert check(with_template, TODAY) == []


def test_the_template_is_no_record_of_the_bot() -> None:
    assert not {template().code, *template().codes} & catalogue().procedures.keys()
    assert catalogue().get(template().code) is None


def test_the_template_shows_how_a_fee_and_a_notice_change_on_their_day() -> None:
    before, after = (Answerer(catalogue().phrases, day).answer(template(), ASPECTS) for day in (TODAY, NEW_YEAR))
    assert "20.000 đồng/đêm" in before
    assert "30.000 đồng/đêm" not in before
    assert "30.000 đồng/đêm" in after
    assert "Lưu ý:" in before
    assert "Lưu ý:" not in after


@pytest.mark.parametrize("manual", MANUALS, ids=lambda file: file.name)
def test_each_manual_names_every_field(manual: Any) -> None:
    text = manual.read_text(encoding="utf-8")
    fields = {name for model in (Procedure, *PARTS.values()) for name in model.__fields__}
    assert {name for name in fields if f"`{name}`" not in text} == set()
