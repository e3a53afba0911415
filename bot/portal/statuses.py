"""The ten national statuses as data: what portals call them, what people ask of them, who has to act.

File: ``nlu_data/dossier/statuses.yml``. Wordings are compared without diacritics. What stands in no list is UNKNOWN and
shown as the portal wrote it; no id is ever guessed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, validator

from bot.catalogue.loading import CatalogueError, explain, read_mapping
from bot.catalogue.models import Fact, Strict, reviewed_within
from bot.catalogue.places.models import LONGEST_TRUST
from bot.language.unicode import fold
from bot.portal.dossier import DossierStatus

STATUSES_FILE = "dossier/statuses.yml"
Act = Literal["now", "yes", "no"]
"""``now``: nothing goes on until the citizen acts; ``yes``: the citizen has to act; ``no``: wait."""
ChargeKind = Literal["fee", "obligation"]
"""``fee``: phí, lệ phí of the procedure; ``obligation``: tax and land money, set by the tax office's notice."""


class ZaloMessage(Strict):
    """One of the nine messages of the city's Zalo account."""

    number: int = Field(ge=1, le=9)
    name: str
    charge: ChargeKind | None = None


class Status(Strict):
    """One national status."""

    id: int = Field(ge=1, le=10)
    key: str = Field(regex=r"^[a-z_]+$")
    name: str
    names: list[str] = Field(default_factory=list)
    zalo: list[ZaloMessage] = Field(default_factory=list)
    asked_as: list[str] = Field(default_factory=list)
    act: Act
    push: int = Field(ge=1, le=10)
    closed: bool = False

    @property
    def status(self) -> DossierStatus:
        return DossierStatus(self.id)


class OtherPage(Strict):
    """The look-up page of another system, by how its codes begin."""

    prefix: str = Field(regex=r"^[A-Z]\d\d$")
    name: str
    url: str = Field(regex=r"^https://[\w.\-]+\.gov\.vn/")


class StatusFile(Fact):
    """``statuses.yml`` as a whole."""

    review_by: date
    old_after_days: int = Field(ge=1, le=60)
    installation_ids: dict[str, int] = Field(default_factory=dict)
    obligation_words: list[str] = Field(min_items=1)
    mourning_words: list[str] = Field(min_items=1)
    spelt_out: dict[str, str]
    other_pages: list[OtherPage] = Field(default_factory=list)
    statuses: list[Status]

    _review = validator("review_by", allow_reuse=True)(reviewed_within(LONGEST_TRUST))

    @validator("installation_ids", each_item=True)
    def leads_to_one_of_the_ten(cls, number: int) -> int:
        if not 1 <= number <= 10:
            raise ValueError(f"is {number}; a national status has a number from 1 to 10")
        return number


@dataclass(frozen=True)
class Meaning:
    """A wording understood: which status, and of a payment which kind where the wording says so."""

    status: Status
    charge: ChargeKind | None = None


@dataclass(frozen=True)
class Statuses:
    """The ten, and how wordings lead to them."""

    file: StatusFile

    @classmethod
    def load(cls, data: Path) -> Statuses:
        """Raises CatalogueError: a table with a status left out would tell people the wrong thing."""
        statuses, errors = read_statuses(data / STATUSES_FILE)
        if statuses is None:
            raise errors[0]
        return statuses

    def __iter__(self) -> Iterator[Status]:
        return iter(self.file.statuses)

    def get(self, status: DossierStatus) -> Status | None:
        """What is known of a status; None for UNKNOWN."""
        return next((known for known in self.file.statuses if known.id == status), None)

    def by_id(self, number: int) -> DossierStatus:
        """A national number, 1 to 10; any other is UNKNOWN."""
        return DossierStatus(number) if 1 <= number <= 10 else DossierStatus.UNKNOWN

    def by_name(self, text: str) -> DossierStatus:
        """A wording as a portal or the Zalo account writes it; one in no list is UNKNOWN."""
        meaning = self.meaning(text)
        return meaning.status.status if meaning else DossierStatus.UNKNOWN

    def meaning(self, text: str) -> Meaning | None:
        """What a whole wording stands for; None for one in no list."""
        return self._by_wording.get(fold(text))

    def status_of(self, installation_id: str, wording: str) -> DossierStatus:
        """A status by the connected system's own id, where the file maps it, else by its wording."""
        mapped = self.file.installation_ids.get(installation_id.strip())
        return self.by_id(mapped) if mapped else self.by_name(wording)

    def find_in(self, text: str) -> Meaning | None:
        """The status that a question speaks of: the longest wording in it; None where it names none."""
        folded = f" {fold(text)} "
        told = [phrase for phrase in self._by_phrase if f" {phrase} " in folded]
        return self._by_phrase[max(told, key=len)] if told else None

    def charge_kind(self, name: str) -> ChargeKind:
        """Whether money of this name is a fee of the procedure or an obligation to the tax office."""
        folded = f" {fold(name)} "
        return "obligation" if any(f" {fold(word)} " in folded for word in self.file.obligation_words) else "fee"

    def is_mourning(self, procedure_name: str) -> bool:
        """True for a procedure that people do because somebody has died."""
        folded = f" {fold(procedure_name)} "
        return any(f" {fold(word)} " in folded for word in self.file.mourning_words)

    def other_page(self, code: str) -> OtherPage | None:
        """The page of the system that issued a code, where it is known not to be the national portal's."""
        return next((page for page in self.file.other_pages if code.startswith(page.prefix)), None)

    @cached_property
    def _by_wording(self) -> dict[str, Meaning]:
        return {fold(wording): meaning for wording, meaning in _wordings(self.file)}

    @cached_property
    def _by_phrase(self) -> dict[str, Meaning]:
        asked = {fold(phrase): Meaning(status) for status in self.file.statuses for phrase in status.asked_as}
        return {**asked, **self._by_wording}


def read_statuses(file: Path) -> tuple[Statuses | None, list[CatalogueError]]:
    """The ten statuses, or None and everything that is wrong with the file."""
    content, errors = read_mapping(file, "source: …")
    if errors:
        return None, errors
    try:
        read = StatusFile.parse_obj(content)
    except ValidationError as error:
        return None, explain(file, error)
    if errors := [CatalogueError(file, field, problem) for field, problem in _contradictions(read)]:
        return None, errors
    return Statuses(read), []


def _wordings(read: StatusFile) -> Iterator[tuple[str, Meaning]]:
    """Every wording of a portal and of the Zalo account, the national names last: they win."""
    for status in read.statuses:
        yield from ((name, Meaning(status)) for name in status.names)
        yield from ((message.name, Meaning(status, message.charge)) for message in status.zalo)
    yield from ((status.name, Meaning(status)) for status in read.statuses)


def _contradictions(read: StatusFile) -> Iterator[tuple[str, str]]:
    if (ids := sorted(status.id for status in read.statuses)) != list(range(1, 11)):
        yield "statuses", f"have the ids {ids}; each of 1 to 10 stands here once"
    if (pushes := sorted(status.push for status in read.statuses)) != list(range(1, 11)):
        yield "statuses", f"have the push places {pushes}; each of 1 to 10 stands here once"
    if (numbers := sorted(m.number for s in read.statuses for m in s.zalo)) != list(range(1, 10)):
        yield "statuses: zalo", f"have the numbers {numbers}; each of 1 to 9 stands here once"
    for key, count in Counter(status.key for status in read.statuses).items():
        if count > 1:
            yield f"statuses: {key}", "is the key of two statuses; each has its own"
    owners: dict[str, int] = {}
    for status in read.statuses:
        said = [status.name, *status.names, *(message.name for message in status.zalo), *status.asked_as]
        for wording in dict.fromkeys(said):
            folded = fold(wording)
            if not folded:
                yield f"statuses: {status.id}", f"has the wording {wording!r}, which has no letters"
            elif owners.setdefault(folded, status.id) != status.id:
                yield f"statuses: {status.id}", f"{wording!r} leads to status {owners[folded]} too; keep one"
