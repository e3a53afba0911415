"""The last four digits of a phone, taken out of a message at the door: what is stored is their keyed digest.

They are looked for only where a dossier's code stands beside them or the conversation waits for them; elsewhere four
digits are a year, a house, an amount.
"""

from __future__ import annotations

import functools
import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from bot import settings
from bot.gateway.models import Conversation, InboxMessage, Turn
from bot.language.codes import Found, find_dossier_codes
from bot.language.unicode import fold, nfc
from bot.portal.second_factor import SecondFactor, key_of

DIGITS = "[4 số cuối]"
TOKEN = re.compile(r"\d+|[^\W\d_]+")
GAP, COMMA = re.compile(r"[^\w,;|]{0,3}"), re.compile(r"[\s,;]{1,3}")
"""What stands between digits that belong together (a date's too); between single digits a comma as well."""
COUNT = re.compile(r"(?:4|bốn|bon)(?=\s*(?:chữ |chu )?(?:số|so|cuối|cuoi)\b)", re.IGNORECASE)
"""The 4 of "4 số cuối"."""
PHONE = re.compile(r"(?:84|0)\d{8,10}")
TOLD = re.compile(
    r"\b(?:(?:so|chu so|4|bon) (?:cuoi|duoi|sau cung|chot)|(?:4|bon) (?:chu )?so|dien thoai|sdt|so dt|so phone)\b"
)
"""Words that say which digits these are."""
SECRET = re.compile(r"\b(?:otp|mat khau|pin|cvv|mk)\b")
SPOKEN = {
    "khong": "0", "mot": "1", "hai": "2", "ba": "3", "bon": "4", "tu": "4", "nam": "5", "lam": "5", "sau": "6",
    "bay": "7", "tam": "8", "chin": "9",
}  # fmt: skip
NOT_BEFORE = frozenset("nam thang ngay gio nha duong to ap hem quoc tinh lo thua".split())
NOT_AFTER = frozenset("dong d k nghin ngan trieu ty vnd m m2 met ngay thang nam tuan gio".split())
SMALL = frozenset(
    "la day nay ne nha nhe nghe nghen nhen a ah da oi vang u uh ok roi do va cua minh toi tui em con chau anh chi co "
    "chu bac ong ba ad ban may so cuoi duoi chot cung sau sdt dt dien thoai phone zalo ghi luc nop ho ma xac nhan gui "
    "giup voi thoi cho hoi dang ky khai bao tra loi nhu the di".split()
)
"""Words around an answer that is nothing but the digits."""
LOST = re.compile(
    r"\b(?:quen|mat|(?:khong|hong|hok|ko|k|chang) (?:con |co )?(?:nho|biet|thuoc|xai|dung)"
    r"|(?:doi|thay|bo) (?:so|sim))\b"
)
LOST_WORDS = SMALL | frozenset(
    "khong hong hok ko k chang quen mat nho biet thuoc doi thay bo sim xai dung nua con cu so nao gi het luon "
    "tieu roi duoc bi hoi truoc lau qua".split()
)
"""Words of an answer that is nothing but: I do not know them any more."""
NOT_KNOWN = "/give_code" + json.dumps({"second_factor": ""})
"""What such an answer stands for: digits that nobody has."""


@dataclass(frozen=True)
class Given:
    """An answer to our question for digits: what is stored of the message, and the payload that goes to Rasa."""

    text: str
    payload: str


@dataclass(frozen=True)
class _Part:
    """A word (``digits`` empty), or a run of digits that belong together; ``said``: in words."""

    word: str
    digits: str
    start: int
    end: int
    said: bool = False


def take_out(conversation: Conversation, text: str) -> Given | None:
    """The message without its digits; None for one that neither gives them nor says that they are forgotten.

    The caller holds the conversation's order: what came before is stored already.
    """
    plain = _plain(text)
    codes = find_dossier_codes(plain)
    found = _find(_without(plain, codes), beside_code=bool(codes))
    lost = found is None and not codes and _are_lost(plain)
    if not (found or lost) or not (codes or _waits(conversation)):
        return None
    if found is None:
        return Given(text, NOT_KNOWN)
    factor = SecondFactor.of(found.digits[-4:], conversation.sender, _key())
    if not codes:
        return Given(DIGITS, "/give_code" + json.dumps({"second_factor": factor.digest}))
    values = list(dict.fromkeys(code.value for code in codes))
    entities = {"code": values if len(values) > 1 else values[0], "second_factor": factor.digest}
    return Given(plain[: found.start] + DIGITS + plain[found.end :], "/check_dossier" + json.dumps(entities))


@functools.cache
def _key() -> bytes:
    return key_of(settings.secret_key(settings.load().var / "secret_key"))


def _waits(conversation: Conversation) -> bool:
    """True where the newest turn asked for digits, or a message that still waits will lead to that question.

    Looked at in this order: a message worked out between the two looks is seen by the second.
    """
    waiting = conversation.inbox.filter(state=InboxMessage.State.WAITING).values_list("text", "payload")
    if any(find_dossier_codes(text) or find_dossier_codes(payload) for text, payload in waiting):
        return True
    turns = Turn.objects.filter(message__conversation=conversation).order_by("-message_id")
    return turns.values_list("status", "reason").first() == ("dossier", "need_verify")


def _are_lost(text: str) -> bool:
    """True for "không nhớ số điện thoại nữa": no digits will come, and it is no other question either."""
    folded = fold(text)
    return bool(LOST.search(folded)) and all(word in LOST_WORDS for word in folded.split())


def _plain(text: str) -> str:
    """Digits of every script as 0-9; every character keeps its place."""
    return "".join(c if c.isascii() or (n := unicodedata.digit(c, None)) is None else str(n) for c in nfc(text))


def _without(text: str, codes: list[Found]) -> str:
    for code in codes:
        text = text[: code.start] + "|" * (code.end - code.start) + text[code.end :]
    return text


def _find(text: str, beside_code: bool) -> _Part | None:
    """The one run of four digits (or the one phone) that answers our question."""
    folded = fold(text)
    if SECRET.search(folded):
        return None
    told = bool(TOLD.search(folded))
    parts = list(_parts(text))
    fitting = [at for at, part in enumerate(parts) if _fits(parts, at)]
    if len(fitting) != 1:
        return None
    found = parts[fitting[0]]
    small = all(part.word in SMALL for part in parts if part.word)
    return found if told or small or (beside_code and not found.said) else None


def _fits(parts: list[_Part], at: int) -> bool:
    """Whether a part may be the digits, by its length and its neighbours."""
    digits = parts[at].digits
    if len(digits) != 4:
        return bool(PHONE.fullmatch(digits))
    before = parts[at - 1].word if at else ""
    after = parts[at + 1].word if at + 1 < len(parts) else ""
    return before not in NOT_BEFORE and after not in NOT_AFTER


def _parts(text: str) -> Iterator[_Part]:
    """Words and runs of digits, in order."""
    run: list[_Part] = []
    for part in _tokens(text):
        if run and not _goes_on(text, run[-1], part):
            yield from _joined(run)
            run = []
        run.append(part)
    yield from _joined(run)


def _tokens(text: str) -> Iterator[_Part]:
    counts = {match.start() for match in COUNT.finditer(text)}
    for match in TOKEN.finditer(text):
        word = fold(match.group())
        if match.start() in counts:
            yield _Part("so", "", match.start(), match.end())
        elif word.isdigit():
            yield _Part("", word, match.start(), match.end())
        else:
            yield _Part(word, SPOKEN.get(word, ""), match.start(), match.end(), said=word in SPOKEN)


def _goes_on(text: str, last: _Part, part: _Part) -> bool:
    """True where two neighbours are digits that belong together."""
    if not (last.digits and part.digits and last.said == part.said):
        return False
    gap = text[last.end : part.start]
    return bool(GAP.fullmatch(gap)) or (len(last.digits) == len(part.digits) == 1 and bool(COMMA.fullmatch(gap)))


def _joined(run: list[_Part]) -> Iterator[_Part]:
    """A run of digits as one part. Number words are digits only four in a row: else "ba", "năm" are words."""
    if not run or not run[0].digits:
        yield from run
    elif run[0].said and len(run) != 4:
        yield from (_Part(part.word, "", part.start, part.end) for part in run)
    else:
        yield _Part("", "".join(part.digits for part in run), run[0].start, run[-1].end, run[0].said)
