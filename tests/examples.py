"""How many examples a property is tried on: all that its test names in a whole run, a quarter in the quick part."""

from __future__ import annotations

from hypothesis import settings

WHOLE, QUICK = 100, 25
"""Examples of a property that names no number."""


def examples(number: int) -> int:
    """As many as ``number``, or the quick part's share of it."""
    return number * settings.default.max_examples // WHOLE if settings.default else number
