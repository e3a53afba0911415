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
