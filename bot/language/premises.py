"""What a citizen believes and wants confirmed: an amount of money or a time limit, "50 ngàn đúng không"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.language.unicode import strip_marks
from bot.turn import Aspect

NUMBER = r"\d{1,3}(?:[.,]\d{3})+|\d{1,9}(?:[.,]\d{1,2})?"
THOUSANDS = {
    "k": 1_000,
    "ngan": 1_000,
    "nghin": 1_000,
    "tr": 1_000_000,
    "trieu": 1_000_000,
    "dong": 1,
    "d": 1,
    "vnd": 1,
}
MONEY = re.compile(
    rf"(?<![\w.,])({NUMBER})\s?({'|'.join(THOUSANDS)})(?!\w)|(?<![\w.,])(\d{{1,3}}(?:[.,]\d{{3}})+)(?![\w.,]\d)"
)
LIMIT = re.compile(rf"(?<![\w.,])({NUMBER})\s(ngay lam viec|ngay|gio|thang|nam)(?!\w)")
CONFIRMS = re.compile(
    r"(?<!\w)(?:(?:dung|phai|that)(?: vay)? (?:khong|hong|hok|ko|k|khum|hem|ha)|dung chua|ha|he"
    r"|nghe (?:noi|dau|bao|don)|nguoi ta (?:noi|bao|don)|tuong la|cu tuong)(?!\w)"
)
GROUPED = re.compile(r"[.,](?=\d{3}(?!\d))")
UNITS = {
    "ngay lam viec": "ngày làm việc", "ngay": "ngày", "gio": "giờ", "thang": "tháng", "nam": "năm",
}  # fmt: skip


@dataclass(frozen=True)
class Premise:
    """A belief. ``amount`` in đồng for a fee, else in ``unit`` (a catalogue's time unit)."""

    aspect: Aspect
    amount: float
    unit: str = "đồng"


def find_premises(text: str) -> list[Premise]:
    """The amounts that a message wants confirmed, money first; none where it asks for no confirmation."""
    plain = strip_marks(text).lower()
    if not CONFIRMS.search(plain):
        return []
    money = [Premise("fee", _number(m[1] or m[3]) * THOUSANDS.get(m[2], 1)) for m in MONEY.finditer(plain)]
    limits = [Premise("processing_time", _number(m[1]), UNITS[m[2]]) for m in LIMIT.finditer(plain)]
    return [*money, *limits]


def _number(text: str) -> float:
    """ "50.000" is fifty thousand wherever three figures follow a mark; "1,5" is one and a half."""
    return float(GROUPED.sub("", text).replace(",", "."))
