"""Which item of a list somebody picks by number or place: "cái thứ hai", "số 3", "cái cuối"."""

from __future__ import annotations

import re

NUMBERS = {
    "mot": 1, "nhat": 1, "dau": 1, "dau tien": 1, "hai": 2, "nhi": 2, "ba": 3, "bon": 4, "tu": 4, "nam": 5,
}  # fmt: skip
NUMBER = "|".join(sorted([*NUMBERS, r"[1-9]"], key=len, reverse=True))
THING = r"(?:cai|so|muc|lua chon|truong hop|y|dong|cau|viec)"
PATTERNS = (
    re.compile(rf"^(?:chon |lay |la )?(?:{THING} )*(?:thu |so )?({NUMBER})(?: do| nay| kia| nha| nhe| a| di)*$"),
    re.compile(rf"\b{THING} (?:thu |so )?({NUMBER})\b"),
    re.compile(rf"\bthu ({NUMBER})\b"),
    re.compile(r"^(dau tien)\b"),
)
LAST = re.compile(r"\b(?:cai|muc|dong|lua chon) (?:cuoi|sau cung|cuoi cung|chot|duoi cung|sau)\b|^(?:cuoi|sau) cung\b")
MIDDLE = 10_000
"""Stands for the item in the middle, wherever that is."""
MIDDLE_WORDS = re.compile(r"\b(?:cai|muc|dong|lua chon|thang) (?:o )?(?:chinh )?giua\b")
NEAR_LAST = re.compile(r"\b(?:ke|ap) (?:cuoi|chot)\b")


def place_in(pick: int, count: int) -> int | None:
    """Where in a list of so many items a pick points, from 0; None where it points outside."""
    place = (count - 1) // 2 if pick == MIDDLE else pick if pick >= 0 else count + pick
    return place if 0 <= place < count else None


def find_pick(folded: str) -> int | None:
    """The place that a folded message names, from 0; -1 the last, -2 the last but one, MIDDLE; None for no place."""
    if NEAR_LAST.search(folded):
        return -2
    if LAST.search(folded):
        return -1
    if MIDDLE_WORDS.search(folded):
        return MIDDLE
    for pattern in PATTERNS:
        if match := pattern.search(folded):
            word = match.group(1)
            return (NUMBERS.get(word) or int(word)) - 1
    return None
