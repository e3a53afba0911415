"""Dossier codes as people type them: every vector of the portal's history."""

from __future__ import annotations

import pytest

from bot.language.codes import find_dossier_codes, find_procedure_codes


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("000.00.12.H62-201105-0004", "000.00.12.H62-201105-0004"),
        ("G22.99.09-240114-0001", "G22.99.09-240114-0001"),
        ("G22.99.08-260921-896048", "G22.99.08-260921-896048"),
        ("G22.99-251225-020175", "G22.99-251225-020175"),
        ("G01.899.909-260916-890028", "G01.899.909-260916-890028"),
        ("G09.20-20260609-0092637", "G09.20-20260609-0092637"),
        ("H21.12-240114-0001", "H21.12-240114-0001"),
        ("mã của tôi là g22.99.08 – 260921 – 896048 ạ", "G22.99.08-260921-896048"),
        ("000.00.12.h62_201105_0004", "000.00.12.H62-201105-0004"),
        ("H19.115-260301-0001.", "H19.115-260301-0001"),
    ],
)
def test_a_dossier_code_is_found(text: str, value: str) -> None:
    assert [found.value for found in find_dossier_codes(text)] == [value]


@pytest.mark.parametrize(
    "text",
    ["G22.99.3-241219795252", "00673810079", "0901234567", "079085001234", "079 085 001 234", "H19-260301-00012345"],
)
def test_what_is_no_dossier_code_is_not_taken_for_one(text: str) -> None:
    assert find_dossier_codes(text) == []


def test_procedure_codes_are_not_amounts() -> None:
    assert [c.value for c in find_procedure_codes("mã 1.001193 và 2.000815, hết 1.500.000 đồng")] == [
        "1.001193", "2.000815",
    ]  # fmt: skip
