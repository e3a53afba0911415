"""What the national portal sends, and its way into the crawl's own fields (bot.catalogue.national.crawl).

Field names are the portal's. Unknown fields are left alone; a missing or misshapen one is a SchemaChanged that says
where it is and what came instead.
"""

from __future__ import annotations

import reprlib
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, TypeVar

from pydantic import BaseModel, Field, ValidationError, validator

from bot.catalogue.national.crawl import Crawled, CrawlRecord
from bot.settings import TIME_ZONE

CHANNELS = {"DIRECT": "trực tiếp", "ONLINE": "trực tuyến", "POSTAL": "bưu chính công ích"}
CURRENCIES = {"": "VND", "Việt Nam Đồng": "VND"}
LEVELS = {"isWard": "xã", "isProvince": "tỉnh", "isMinistry": "bộ", "isOtherAgency": "cơ quan khác"}
MILLISECONDS = range(631_152_000_000, 4_102_444_800_000)
"""1990 to 2100. A moment in seconds falls outside, so that a change of unit does not pass as 1970."""

LONGEST_KEYS = 800
SHORT = reprlib.Repr()
SHORT.maxstring = SHORT.maxother = 80


class PortalError(RuntimeError):
    """The portal did not give what was asked for; the text says what happened and what to do."""


class SchemaChanged(PortalError):
    """A field of the portal's reply is missing or of another shape than known."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(
            f"the portal's reply has changed: {where} {problem}. Compare it with bot/catalogue/national/wire.py; "
            "nothing was changed here"
        )
        self.where = where


class Wire(Crawled, BaseModel):
    """A part of a reply; null means the same as a missing field, where a field may be missing."""

    @validator("*", pre=True)
    def null_is_default(cls, value: Any, field: Any) -> Any:
        return field.get_default() if value is None and not field.required else value


class Item(Wire):
    """One procedure in the list. ``id`` is the portal's uuid; a re-publication gets a new, later one."""

    id: str = Field(min_length=1)
    code: str
    type: str = ""
    departmentPromulgate: str = ""


class Page(Wire):
    """A page of the list. ``lastId`` is where the next one begins; ``total`` counts the whole list."""

    items: list[Item]
    lastId: str = ""
    total: int


class Named(Wire):
    name: str = ""
    code: str = ""


class Fee(Wire):
    value: int | None = None
    currencyName: str = ""
    description: str = ""


class Method(Wire):
    """A way to file. ``processingTime`` is a number, or a dash or a paragraph."""

    submissionMethod: str
    processingTime: float | str | None = None
    processingTimeUnit: str = ""
    description: str = ""
    fees: list[Fee] = []


class Attachment(Wire):
    fileName: str = ""


class Component(Wire):
    """One paper."""

    name: str
    originalQty: int | None = None
    copyQty: int | None = None
    attachments: list[Attachment] = []


class Case(Wire):
    name: str = ""
    profileComponents: list[Component] = []


class Step(Wire):
    name: str = ""
    description: str = ""


class Proposal(Wire):
    """The publication decision. ``decisionDate``: midnight in Viet Nam, in milliseconds since 1970 UTC."""

    proposalNumber: str = ""
    decisionDate: int | None = None

    @validator("decisionDate")
    def milliseconds(cls, value: int | None) -> int | None:
        if value is not None and value not in MILLISECONDS:
            raise ValueError("is not a moment in milliseconds")
        return value


class Detail(Wire):
    """One procedure in full: what the catalogue needs of it."""

    id: str
    code: str
    name: str = Field(min_length=1)
    departmentPromulgateCode: str | None = Field(...)
    executionMethods: list[Method]
    executionCases: list[Case]
    executionSteps: list[Step] = []
    isWard: bool = False
    isProvince: bool = False
    isMinistry: bool = False
    isOtherAgency: bool = False
    isFullProcess: bool = False
    type: str = ""
    categoriesDetails: list[Named] = []
    resultsDetails: list[Named] = []
    legalBasisesDetails: list[Named] = []
    unitGroupsExecuting: list[Named] = []
    departmentsExecuting: list[Named] = []
    requirementsAndConditions: str = ""
    procedureProposal: Proposal = Proposal()


W = TypeVar("W", bound=Wire)


def read(shape: type[W], content: object) -> W:
    """The content in that shape. Raises SchemaChanged, whatever the content is."""
    try:
        return shape.parse_obj(content)
    except ValidationError as error:
        first = error.errors()[0]
        path = [part for part in first["loc"] if part != "__root__"]
        where = ".".join(["data", *(str(part + 1) if isinstance(part, int) else part for part in path)])
        if first["type"] == "value_error.missing":
            raise SchemaChanged(where, f"is missing; there is {_keys(_at(content, path[:-1]))}") from None
        raise SchemaChanged(where, f"{first['msg']}; what came is {SHORT.repr(_at(content, path))}") from None
    except (ValueError, TypeError, OverflowError, RecursionError) as error:  # a number beyond what Python holds
        raise SchemaChanged("data", f"holds a value that cannot be read ({error})") from None


def _at(content: Any, path: Sequence[int | str]) -> Any:
    for part in path:
        try:
            content = content[part]
        except (KeyError, IndexError, TypeError):
            break
    return content


def _keys(content: object) -> str:
    return ", ".join(sorted(content))[:LONGEST_KEYS] if isinstance(content, dict) else SHORT.repr(content)


def vietnamese_day(milliseconds: int) -> date:
    """The day in Viet Nam of a moment in milliseconds since 1970 UTC."""
    return datetime.fromtimestamp(milliseconds / 1000, TIME_ZONE).date()


def crawl_record(detail: Detail, day: date) -> CrawlRecord:
    """The procedure in the crawl's fields, as fetched on that day."""
    proposal, methods = detail.procedureProposal, detail.executionMethods
    channels = [method.submissionMethod for method in methods]
    partly = "một phần" if "ONLINE" in channels else "không trực tuyến"
    papers = [(case, paper) for case in detail.executionCases for paper in case.profileComponents if paper.name]
    forms = [attached.fileName for _, paper in papers for attached in paper.attachments if attached.fileName]
    content = {
        "code": detail.code,
        "name": detail.name,
        "field": next((category.name for category in detail.categoriesDetails), ""),
        "level": [level for flag, level in LEVELS.items() if getattr(detail, flag)],
        "agency": "; ".join(dict.fromkeys(_names([*detail.unitGroupsExecuting, *detail.departmentsExecuting]))),
        "promulgated_code": detail.departmentPromulgateCode,
        "type": detail.type,
        "decision_no": proposal.proposalNumber,
        "decision_date": None if proposal.decisionDate is None else vietnamese_day(proposal.decisionDate),
        "steps": [{"name": step.name, "text": step.description} for step in detail.executionSteps],
        "documents": [
            {"name": paper.name, "case": case.name, "originals": paper.originalQty, "copies": paper.copyQty}
            for case, paper in papers
        ],
        "methods": [_method(method) for method in methods],
        "conditions": detail.requirementsAndConditions,
        "result": _names(detail.resultsDetails),
        "legal_basis": [{"code": law.code, "name": law.name} for law in detail.legalBasisesDetails],
        "forms": list(dict.fromkeys(forms)),
        "online_level": "toàn trình" if detail.isFullProcess else partly,
        "crawl_date": day.isoformat(),
    }
    return CrawlRecord.parse_obj(content)


def _method(method: Method) -> dict[str, Any]:
    return {
        "channel": CHANNELS.get(method.submissionMethod),
        "time_value": method.processingTime,
        "time_unit": method.processingTimeUnit,
        "note": method.description,
        "fees": [
            {
                "amount": fee.value,
                "currency": CURRENCIES.get(fee.currencyName, fee.currencyName),
                "note": fee.description,
            }
            for fee in method.fees
        ],
    }


def _names(things: Sequence[Named]) -> list[str]:
    return [thing.name for thing in things if thing.name]
