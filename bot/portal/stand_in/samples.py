"""The invented dossiers: read from ``dossiers.yml``, or made from a code ``H19.99-YYMMDD-NNNNNN``.

Whoever files them does not exist: the phone begins with 000000, the identity number is twelve zeros, the mail address
ends in .invalid. The names of the statuses are written here once more, apart from those the client knows, so that the
client is tested against something.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, validator

from bot.catalogue.loading import CatalogueError, explain, read_mapping
from bot.catalogue.models import Strict, whole
from bot.settings import TIME_ZONE

FILE = Path(__file__).with_name("dossiers.yml")
CODE = re.compile(r"[A-Z]\d{2}(?:\.\d{1,3}){0,3}-(\d{6})-\d{3,7}")
GENERATED = re.compile(r"H19\.99-(\d{6})-\d{6}")

STATUSES = {
    1: "Mới đăng ký",
    2: "Được tiếp nhận",
    3: "Không được tiếp nhận",
    4: "Đang xử lý",
    5: "Yêu cầu bổ sung giấy tờ",
    6: "Yêu cầu thực hiện nghĩa vụ tài chính",
    7: "Công dân yêu cầu rút hồ sơ",
    8: "Dừng xử lý",
    9: "Đã xử lý xong",
    10: "Đã trả kết quả",
}
UNKNOWN = 0
NAME, OFFICER, IDENTITY, MAIL, ADDRESS = (
    "NGUYỄN VĂN MẪU", "TRẦN THỊ MẪU", "000000000000", "mau@example.invalid", "Số 0, đường Mẫu",
)  # fmt: skip
"""What a portal's reply holds of people, for tests that nothing of it gets out."""

Shape = Literal[
    "translate_object", "hanoi_offset", "plain_dates", "no_applicant", "result_object", "number_codes", "business",
    "twice",
]  # fmt: skip
"""How replies differ from one installation to another (portal.md, failure modes)."""


def phone_of(ends: str) -> str:
    """A number that belongs to nobody, with these last four digits."""
    return f"000000{ends}"


class Supplement(Strict):
    """What the office wants added; ``until`` is the last day to bring it, ``new_due`` the appointment after that."""

    text: str = Field(min_length=1, max_length=1000)
    asked: date
    until: date | None = None
    new_due: date | None = None


class Charge(Strict):
    """One fee, in đồng; ``amount`` is missing where the portal says none."""

    name: str
    kind: Literal["phí", "lệ phí", "thuế"] = "lệ phí"
    amount: int | None = Field(None, ge=0)
    paid: bool = False

    _whole = validator("amount", pre=True, allow_reuse=True)(whole)


class Sample(Strict):
    """One dossier. ``status`` is 1 to 10, or 0 for none of the ten; ``wording`` is the portal's own text for it."""

    code: str
    status: int = Field(ge=UNKNOWN, le=10)
    wording: str | None = None
    procedure: str
    procedure_name: str
    field: str
    office: str
    method: Literal["Trực tuyến", "Trực tiếp"] = "Trực tuyến"
    applied: date
    received: date | None = None
    due: date | None = None
    finished: date | None = None
    returned: date | None = None
    updated: datetime | None = None
    phone_ends: str = Field(regex=r"^\d{4}$")
    supplements: tuple[Supplement, ...] = ()
    charges: tuple[Charge, ...] = ()
    shapes: frozenset[Shape] = frozenset()

    @validator("code")
    def looks_like_a_code(cls, value: str) -> str:
        if not CODE.fullmatch(value):
            raise ValueError(f"{value!r} is not a dossier code; it looks like H19.12-261105-0007")
        return value

    @validator("wording", always=True)
    def unknown_needs_words(cls, value: str | None, values: dict[str, Any]) -> str | None:
        if value is None and values.get("status") == UNKNOWN:
            raise ValueError("is missing; a status that is none of the ten needs the portal's own text")
        return value

    @property
    def portal_status(self) -> str:
        return STATUSES[self.status] if self.wording is None else self.wording

    @property
    def appointment(self) -> date | None:
        """The day of the result as it stands now: the newest that a supplement moved it to, else the first one."""
        moved = [one.new_due for one in sorted(self.supplements, key=lambda one: one.asked) if one.new_due]
        return moved[-1] if moved else self.due

    @property
    def renewed(self) -> datetime:
        """When the portal's data was last renewed: said, or the morning of the last thing that happened."""
        if self.updated:
            return self.updated if self.updated.tzinfo else self.updated.replace(tzinfo=TIME_ZONE)
        days = (self.applied, self.received, self.finished, self.returned, *(one.asked for one in self.supplements))
        return datetime.combine(max(filter(None, days)), time(9, 30), TIME_ZONE)


def load(file: Path = FILE) -> tuple[dict[str, Sample], list[CatalogueError]]:
    """The samples by code, and what is wrong in the file, in words for whoever edits it. Never raises."""
    content, errors = read_mapping(file, "dossiers:")
    out: dict[str, Sample] = {}
    for number, entry in enumerate(content.get("dossiers") or [], 1):
        where = f"dossier {entry.get('code', number) if isinstance(entry, dict) else number}: "
        try:
            sample = Sample.parse_obj(entry)
        except ValidationError as error:
            errors += explain(file, error, where)
            continue
        if sample.code in out:
            errors.append(CatalogueError(file, where.rstrip(": "), "stands twice"))
        out[sample.code] = sample
    return out, errors


def generated(code: str, templates: Sequence[Sample], today: date) -> Sample | None:
    """The one dossier that a code ``H19.99-YYMMDD-NNNNNN`` has; None for another code, or one of a day to come."""
    match = GENERATED.fullmatch(code)
    try:
        applied = datetime.strptime(match[1], "%y%m%d").date() if match else None  # noqa: DTZ007 - a day, no time
    except ValueError:
        return None
    if applied is None or applied > today or not templates:
        return None
    seed = int.from_bytes(blake2b(code.encode(), digest_size=8).digest(), "big")
    template = templates[seed % len(templates)]
    status = (4, 4, 4, 4, 2, 2, 5, 6, 9, 10)[seed // 97 % 10]
    finished = applied + timedelta(days=4) if status >= 9 else None
    return Sample(
        code=code, status=status, procedure=template.procedure, procedure_name=template.procedure_name,
        field=template.field, office=template.office, applied=applied, received=applied,
        due=applied + timedelta(days=10 + seed // 1009 % 30), finished=finished,
        returned=finished if status == 10 else None, phone_ends=f"{seed // 10007 % 10000:04d}",
        supplements=(Supplement(text="Bổ sung bản chính giấy tờ đã nộp.", asked=applied + timedelta(days=2)),)
        if status == 5 else (),
        charges=(Charge(name="Lệ phí giải quyết hồ sơ", amount=8000),) if status == 6 else (),
        shapes=frozenset({"translate_object"} if seed & 1 else ()),
    )  # fmt: skip


def as_kept(sample: Sample) -> dict[str, Any]:
    """The sample as JSON can hold it; ``Sample.parse_obj`` reads it back."""
    kept: dict[str, Any] = {}
    for name, value in sample.dict(exclude_defaults=True).items():
        kept[name] = _plain(value)
    return kept


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return sorted(value) if isinstance(value, set | frozenset) else [_plain(part) for part in value]
    return value
