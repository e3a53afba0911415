"""From a portal's reply to the few fields that may leave the adapter. Total: any JSON comes out as a value or as none.

Whitelist: ``Dossier``. The phone is only compared, the owner's name only masked, and names only used to take them out
of free text. What is not read here is dropped with the reply, before anything is logged, kept or returned.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from bot.language.masking import mask
from bot.language.unicode import fold, has_marks, nfc
from bot.portal.dossier import Dossier
from bot.settings import TIME_ZONE

LONGEST_RAW = 2000
LONGEST_NAME = 300
LONGEST_TEXT = 600
MOST_ROWS = 20
"""Supplements or fees of one dossier that are read."""
YEARS = range(2000, 2101)
"""A date outside is a placeholder (0001-01-01), not a date."""
NAME, BIRTH, LINK = "[họ tên]", "[ngày sinh]", "[liên kết]"

TAG = re.compile(r"<[^<>]{0,500}>")
UNPRINTED = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
ADDRESS = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
BORN = re.compile(r"(sinh(?: ngày| năm)?:?\s*)(\d{1,2}[/.\-]\d{1,2}[/.\-]\d{4}|\d{4})", re.IGNORECASE)
DAY_IN_TEXT = r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})"
LAST_DAY = re.compile(rf"(?:hạn|chậm nhất|muộn nhất|đến hết ngày)[^\d.;]{{0,40}}{DAY_IN_TEXT}", re.IGNORECASE)
DAY_FIRST = re.compile(rf"{DAY_IN_TEXT}(?:[ T]+\d.*)?")
PROCEDURE = re.compile(r"\d\.\d{6}(?!\d)")
AMOUNT = re.compile(r"(\d{1,3}(?:[.,]\d{3})+|\d{1,12})(?:[.,]0{1,2})?\s*(?:đồng|vnđ|vnd|đ|d)?", re.IGNORECASE)

WORD = r"[^\W\d_]+"
TITLES = "ông|bà|anh|chị|em|cháu|cô|chú|bác|cụ|họ tên|họ và tên"
SURNAMES = frozenset(
    "nguyễn trần lê phạm huỳnh hoàng phan vũ võ đặng bùi đỗ hồ ngô dương lý đinh trương mai đào hà lương lưu trịnh "
    "đoàn lâm tạ cao châu thạch thái tô triệu kiều quách vương tôn phùng".split()
)
BARE_SURNAMES = frozenset(map(fold, SURNAMES))
"""For texts without diacritics; elsewhere they would take Trấn Biên and Đăng ký for people."""
PLACES = frozenset("duong pho phuong xa ap truong vien hem khu cho cau quoc huyen tinh".split())
NOT_PEOPLE = ("việt nam", "hà nội", "hồ chí minh", "thái bình", "châu âu", "châu phi")
TITLED = re.compile(rf"\b({TITLES}):?\s+({WORD}(?:\s+{WORD}){{0,4}})", re.IGNORECASE)
IN_A_ROW = re.compile(rf"{WORD}(?:[ \t]+{WORD})*")


@dataclass(frozen=True)
class Candidate:
    """One dossier of a reply, and what only the adapter's room may know of it."""

    dossier: Dossier
    phone: str = field(default="", repr=False)
    updated: datetime | None = None


def at(value: Any, *path: str) -> Any:
    """What lies at a path of names; None where something on the way is missing or of another shape."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def rows(value: Any) -> list[dict[str, Any]]:
    """The objects of a list, or the one object that stands for a list."""
    found = value if isinstance(value, list) else [value]
    return [row for row in found[:MOST_ROWS] if isinstance(row, dict)]


def plain(value: Any) -> str:
    """A text in one line, without tags and unprinted characters. "" for what is no text."""
    if not isinstance(value, str):
        return ""
    bare = html.unescape(TAG.sub(" ", value[:LONGEST_RAW]))
    return " ".join(nfc(UNPRINTED.sub(" ", bare.encode("utf-8", "ignore").decode())).split())


def code_or_number(value: Any) -> str:
    """An id that some systems send as a text and some as a number."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else plain(value)


def named(value: Any) -> str:
    """The name in a text, in an object with a name, or in a list of such (``translate``)."""
    for one in value if isinstance(value, list) else [value]:
        if found := plain(one) or plain(at(one, "name")):
            return found
    return ""


def public(value: Any, names: Iterable[str] = (), longest: int = LONGEST_NAME) -> str:
    """The official wording in ``named`` (an office, a procedure, a status) without personal numbers and these names."""
    return _shortened(mask(ADDRESS.sub(LINK, _without(names, named(value)))).text, longest)


def redacted(value: Any, names: Iterable[str] = ()) -> str:
    """An officer's free text without these names, other names, birth days, links and personal numbers.

    A text all in capitals shows no other names: there only the ones given are known.
    """
    text = BORN.sub(lambda m: m[1] + BIRTH, _without(names, plain(value)))
    if not text.isupper():
        surnames = SURNAMES if has_marks(text) else BARE_SURNAMES
        text = IN_A_ROW.sub(lambda row: _surnamed(row[0], surnames), TITLED.sub(_titled, text))
    return _shortened(mask(ADDRESS.sub(LINK, text)).text, LONGEST_TEXT)


def _without(names: Iterable[str], text: str) -> str:
    for name in names:
        if len(name.split()) > 1:
            text = re.sub(re.escape(name), NAME, text, flags=re.IGNORECASE)
    return text


def _titled(match: re.Match[str]) -> str:
    """``bà Lê Thị Mẫu nộp`` → ``bà [họ tên] nộp``: after a title, the words that begin with a capital letter."""
    words = match[2].split()
    length = _person(words)
    return f"{match[1]} {' '.join([NAME, *words[length:]])}" if length else match[0]


def _surnamed(row: str, surnames: frozenset[str]) -> str:
    """Two to five words in capitals of which the first is a surname, not after a word such as ``đường``."""
    words = row.split()
    out: list[str] = []
    while words:
        length = min(_person(words), 5)
        if length >= 2 and words[0].lower() in surnames and not (out and fold(out[-1]) in PLACES):
            out.append(NAME)
            words = words[length:]
        else:
            out.append(words.pop(0))
    return " ".join(out)


def _person(words: list[str]) -> int:
    """How many of the words, from the first, may be a person's name: those that begin with a capital letter."""
    length = next((place for place, word in enumerate(words) if not word[0].isupper()), len(words))
    return 0 if " ".join(words[:length]).lower().startswith(NOT_PEOPLE) else length


def masked_name(value: Any) -> str:
    """``Ông NGUYỄN VĂN A`` → ``Ông N*** V*** A``: the first letters; a title stays."""
    words = [word for word in plain(value).split()[:8] if word[0].isalpha()]
    title = words.pop(0).capitalize() if len(words) > 1 and fold(words[0]) in ("ong", "ba") else ""
    return " ".join(filter(None, [title, *(_initial(word) for word in words)]))


def _initial(word: str) -> str:
    return word[0].upper()[0] + ("***" if len(word) > 1 else "")


def moment(value: Any) -> datetime | None:
    """A moment in Viet Nam, from ``yyyyMMddHHmmss``, ISO or ``dd/MM/yyyy``; without an offset it is Viet Nam's time.

    None for what is none, or lies outside 2000 to 2100.
    """
    text = code_or_number(value)[:40]
    try:
        read = _read(text)
        local = read.replace(tzinfo=TIME_ZONE) if read.tzinfo is None else read.astimezone(TIME_ZONE)
        local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return local if local.year in YEARS else None


def _read(text: str) -> datetime:
    if re.fullmatch(r"[0-9]{14}", text):
        return datetime.strptime(text + "+0700", "%Y%m%d%H%M%S%z")
    if match := DAY_FIRST.fullmatch(text):
        return datetime(int(match[3]), int(match[2]), int(match[1]), tzinfo=TIME_ZONE)
    return datetime.fromisoformat(text)


def day(value: Any) -> date | None:
    """The day in Viet Nam of a moment."""
    found = moment(value)
    return found.date() if found else None


def last_day(text: str) -> date | None:
    """The last day that a text names ("Hạn bổ sung: 04/12/2026", "chậm nhất ngày …"); None where it names none."""
    found = [day(f"{m[1]}/{m[2]}/{m[3]}") for m in LAST_DAY.finditer(text)]
    return next(filter(None, reversed(found)), None)


def amount(value: Any) -> int | None:
    """Đồng: a number, or a text such as ``50.000 đ``. None where it is neither."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return int(value) if 0 <= value < 1e12 else None
    match = AMOUNT.fullmatch(plain(value))
    return int(re.sub(r"\D", "", match[1])) if match else None


def yes_or_no(value: Any) -> bool | None:
    """A flag sent as 0/1, "0"/"1" or true/false."""
    return {"0": False, "1": True, "false": False, "true": True}.get(str(value).lower() if _scalar(value) else "")


def procedure_code(value: Any) -> str:
    """The code of the national catalogue at the beginning of a text; "" for anything else."""
    match = PROCEDURE.match(plain(value))
    return match[0] if match else ""


def _scalar(value: Any) -> bool:
    return isinstance(value, int | str)


def _shortened(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    return text[: longest - 1].rsplit(" ", 1)[0].rstrip(" ,;.") + "…"
