"""Amounts, days and lists as a clerk writes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date


def money(amount: int) -> str:
    """An amount in đồng: 8000 → "8.000 đồng"."""
    return f"{amount:,}".replace(",", ".") + " đồng"


def day(value: date) -> str:
    """A day: 18/7/2026."""
    return f"{value.day}/{value.month}/{value.year}"


def join(items: Sequence[str]) -> str:
    """A list in words: a, b và c."""
    return " và ".join(filter(None, [", ".join(items[:-1]), *items[-1:]]))


DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
SCALES = ((1_000_000_000, "tỷ"), (1_000_000, "triệu"), (1_000, "ngàn"))
MOST_SPOKEN = 10**12
MONTHS = {4: "tư"}
"""The months that are not called by their number."""


def number_in_words(number: int) -> str:
    """A whole number as it is read aloud in the South: 105 → "một trăm lẻ năm". Raises ValueError outside 0..10**12."""
    if not 0 <= number < MOST_SPOKEN:
        raise ValueError(f"{number} cannot be read aloud; it lies outside 0..{MOST_SPOKEN}")
    said: list[str] = []
    for value, name in SCALES:
        group, number = divmod(number, value)
        if group:
            said += [*_below_thousand(group, after=bool(said)), name]
    if number or not said:
        said += _below_thousand(number, after=bool(said))
    return " ".join(said)


def _below_thousand(number: int, after: bool) -> list[str]:
    """A group of three digits. ``after``: a greater group was said before it, so that its zeros are said too."""
    hundreds, rest = divmod(number, 100)
    said = [DIGITS[hundreds], "trăm"] if hundreds or (after and rest) else []
    tens, ones = divmod(rest, 10)
    if rest == 0:
        return said or [DIGITS[0]]
    if tens == 0:
        return [*said, *(["lẻ"] if said else []), DIGITS[ones]]
    said += ["mười"] if tens == 1 else [DIGITS[tens], "mươi"]
    if ones == 1 and tens > 1:
        return [*said, "mốt"]
    return [*said, *(["lăm"] if ones == 5 else [DIGITS[ones]] if ones else [])]


def money_in_words(amount: int) -> str:
    """An amount in đồng: 8000 → "tám ngàn đồng"."""
    return f"{number_in_words(amount)} đồng"


def day_in_words(value: date) -> str:
    """A day: "mùng một tháng bảy năm hai ngàn không trăm hai mươi sáu"."""
    first = "mùng " if value.day <= 10 else ""
    month = MONTHS.get(value.month) or number_in_words(value.month)
    return f"{first}{number_in_words(value.day)} tháng {month} năm {number_in_words(value.year)}"
