"""Personal numbers out of free text, before anything is stored, logged or understood.

Masked: identity numbers (12 and 9 digits), phones, bank cards, OTPs, passwords, e-mail addresses; spaced, dotted,
dashed, in any Unicode digits. Kept: dossier and procedure codes, amounts, dates, numbers of legal texts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot.language.codes import find_dossier_codes, find_procedure_codes
from bot.language.unicode import fold

IDENTITY, PHONE, CARD = "[số căn cước]", "[số điện thoại]", "[số thẻ]"
OTP, PASSWORD, EMAIL, NUMBER = "[mã OTP]", "[mật khẩu]", "[email]", "[dãy số]"

EMAIL_ADDRESS = re.compile(r"[\w.+-]+\s?@\s?[\w-]+(?:\s?\.\s?[\w-]+)+")
GAP = r"[ \t\u00a0\u2000-\u200d\u202f\u2060\u3000\ufeff._\-–—/|,()]"
RUN = re.compile(rf"(?:\+\s?)?\d(?:{GAP}{{0,3}}\d){{3,}}")
MONEY_AFTER = re.compile(
    r"\s*(?:đồng|dong|đ|d|vnđ|vnd|k|nghìn|ngàn|nghin|ngan|triệu|trieu|tr|tỷ|tỉ|ty|ti)(?!\w)", re.IGNORECASE
)
GROUPED = re.compile(r"\d{1,3}(?:[.,]\d{3})+(?:[.,]\d{1,2})?")
DATE = re.compile(
    r"\d{1,2}\s?[/.\-]\s?\d{1,2}\s?[/.\-]\s?\d{4}|\d{4}-\d{1,2}-\d{1,2}|\d{1,2}\s?[/.\-]\s?\d{1,2}(?:\s?[/.\-]\s?\d{2})?"
)
LAW = re.compile(r"\d+(?:\.\d+)?/\d{4}/[A-ZĐ]|\d+(?:\.\d+)?/(?:QĐ|TTr|CT|NQ|TB|KH|CV|UBND)", re.IGNORECASE)
SECRET_WORDS = (
    r"(?:otp|o\.t\.p|mã xác (?:nhận|thực|minh)|ma xac (?:nhan|thuc|minh)|mã pin|ma pin|pin|mã bảo mật|ma bao mat|cvv"
    r"|mã vneid)"
)
OTP_NEAR = re.compile(rf"({SECRET_WORDS}[^\d\n]{{0,25}}?)(\d(?:[ .\-]?\d){{3,7}})(?!\d)", re.IGNORECASE)
OTP_BEFORE = re.compile(rf"(?<!\d)(\d(?:[ .\-]?\d){{3,7}})([^\d\n]{{0,12}}?{SECRET_WORDS})", re.IGNORECASE)
PASSWORD_NEAR = re.compile(
    r"((?:mật khẩu|mat khau|password|passcode|passwd|\bmk\b)"
    r"(?:\s+(?:vneid|zalo|dịch vụ công|của|tôi|em|con|bác|tui|mình|cua|toi|minh))*"
    r"\s*(?:là|la|:|=)\s*[\"'“]?)(\S+)",
    re.IGNORECASE,
)
ORDINARY = frozenset("gi sao bao nhieu cai nao mot the do day khong duoc quen mat".split())


@dataclass(frozen=True)
class Masked:
    """A text without personal numbers, and the kinds that were taken out, each once, in order."""

    text: str
    kinds: tuple[str, ...] = ()


def mask(text: str) -> Masked:
    """Replaces every personal number by the name of its kind. Idempotent."""
    plain = _ascii_digits(text)
    kinds: list[str] = []
    for pattern, replace in _SECRETS:
        plain = pattern.sub(_noting(kinds, replace), plain)
    plain = _mask_runs(plain, kinds)
    return Masked(plain, tuple(dict.fromkeys(kinds)))


def _ascii_digits(text: str) -> str:
    """Every Unicode decimal digit as 0-9: full-width, Arabic-Indic, mathematical …"""
    return "".join(str(unicodedata.digit(c)) if not c.isascii() and c.isdecimal() else c for c in text)


def _noting(kinds: list[str], replace: Callable[[re.Match[str]], tuple[str, str]]) -> Callable[[re.Match[str]], str]:
    def note(match: re.Match[str]) -> str:
        replaced, kind = replace(match)
        if kind:
            kinds.append(kind)
        return replaced

    return note


def _password(match: re.Match[str]) -> tuple[str, str]:
    if match.group(2).startswith("[") or fold(match.group(2)) in ORDINARY:
        return match.group(), ""
    return match.group(1) + PASSWORD, PASSWORD


_SECRETS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], tuple[str, str]]], ...] = (
    (EMAIL_ADDRESS, lambda m: (EMAIL, EMAIL)),
    (PASSWORD_NEAR, _password),
    (OTP_NEAR, lambda m: (m.group(1) + OTP, OTP)),
    (OTP_BEFORE, lambda m: (OTP + m.group(2), OTP)),
)


def _mask_runs(text: str, kinds: list[str]) -> str:
    kept = [(c.start, c.end) for c in (*find_dossier_codes(text), *find_procedure_codes(text))]
    out, position = [], 0
    for start, end in _runs_outside(text, kept):
        kind = _kind_of_run(text[start:end], text[end : end + 12], text[max(0, start - 2) : start])
        if kind:
            out += [text[position:start], kind]
            position = end
            kinds.append(kind)
    return "".join([*out, text[position:]])


def _runs_outside(text: str, kept: Iterable[tuple[int, int]]) -> Iterable[tuple[int, int]]:
    """Runs of digits with the gaps people type between them, but for the spans of codes."""
    hidden = list(text)
    for start, end in kept:
        hidden[start:end] = "\n" * (end - start)
    for match in RUN.finditer("".join(hidden)):
        yield from _parts(match.group(), match.start())


def _parts(run: str, start: int) -> Iterable[tuple[int, int]]:
    """A run, cut where an amount or a date stands inside it."""
    position = 0
    for match in re.finditer(f"(?<!\\d)(?:{DATE.pattern}|{GROUPED.pattern})(?!\\d)", run):
        digits = re.sub(r"\D", "", run)
        if len(digits) in (9, 10, 12) and match.group() != run and not re.search(r"[/,]", match.group()):
            continue
        if match.start() > position:
            yield start + position, start + match.start()
        yield start + match.start(), start + match.end()
        position = match.end()
    if position < len(run):
        yield start + position, start + len(run)


def _kind_of_run(run: str, after: str, before: str) -> str:
    """The kind of personal number a run of digits is, "" for none."""
    digits = re.sub(r"\D", "", run)
    if DATE.fullmatch(run.strip()) or LAW.match(run + after):
        return ""
    phone = re.fullmatch(r"(?:84|0)[35789]\d{8}|0[2]\d{9}", digits)
    if MONEY_AFTER.match(after) and not phone and len(digits) != 12:
        return ""
    if GROUPED.fullmatch(run) and len(digits) not in (9, 12) and not phone:
        return ""
    if len(digits) == 12:
        return IDENTITY
    if phone or (run.startswith("+") and 9 <= len(digits) <= 14):
        return PHONE
    if len(digits) == 9:
        return "" if GROUPED.fullmatch(run) else IDENTITY
    if len(digits) in (10, 11):
        return PHONE if digits.startswith(("0", "84", "1900", "1800")) else NUMBER
    return CARD if 13 <= len(digits) <= 19 else NUMBER if len(digits) > 19 else ""
