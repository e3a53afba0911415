"""Curated records that wait to be compared with the portal (``nlu_data/review.yml``).

``motcua procedures refresh`` adds a line where the portal changed or dropped what a record stands on; a clerk deletes
the line when the record has been compared. Until then the answer says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Literal

import yaml
from pydantic import ValidationError, validator

from bot.catalogue.loading import CatalogueError, explain, read_mapping
from bot.catalogue.models import Strict, valid_code

REVIEW_FILE = "review.yml"
FIELD = "reviews"
HEADER = f"""\
# Hồ sơ đang chờ so lại với Cổng Dịch vụ công quốc gia. Lệnh "motcua procedures refresh" tự thêm dòng.
# changed: Cổng vừa sửa, câu trả lời có lời nhắc. gone: Cổng không còn, hồ sơ tạm ngưng trả lời.
# So xong hồ sơ nào thì sửa hồ sơ đó (cả checked_on, review_by), rồi xóa dòng của nó ở đây.
{FIELD}:
"""


class Review(Strict):
    """One reason to compare a record. ``decision``: the one on the portal now; ``note``: what differs."""

    code: str
    since: date
    why: Literal["changed", "gone"]
    decision: str = ""
    note: str = ""

    _code = validator("code", allow_reuse=True)(valid_code)

    @property
    def line(self) -> str:
        """The review as a line of the file."""
        quoted = {name: _quoted(getattr(self, name)) for name in ("code", "decision", "note")}
        return (
            f"- {{code: {quoted['code']}, since: {self.since}, why: {self.why}, "
            f"decision: {quoted['decision']}, note: {quoted['note']}}}\n"
        )


def _quoted(text: str) -> str:
    return yaml.safe_dump(text, default_style='"', allow_unicode=True, width=float("inf")).rstrip("\n")


def read_reviews(file: Path) -> tuple[list[Review], list[CatalogueError]]:
    """All good lines in their order, and all that is wrong with the others. A missing file holds none."""
    if not file.exists():
        return [], []
    content, errors = read_mapping(file, f"{FIELD}:")
    errors += [
        CatalogueError(file, name, f"is not known here; there is only {FIELD!r}") for name in {*content} - {FIELD}
    ]
    items = content.get(FIELD) or []
    if not isinstance(items, list):
        return [], [*errors, CatalogueError(file, FIELD, "is not a list; begin each line with '- '")]
    reviews = list[Review]()
    for number, item in enumerate(items, 1):
        try:
            reviews.append(Review.parse_obj(item))
        except ValidationError as error:
            errors += explain(file, error, f"{FIELD}.{number}.")
    return reviews, errors


def gravest(reviews: Iterable[Review]) -> dict[str, Review]:
    """One review a code: the latest, but one that says ``gone`` before any other."""
    out: dict[str, Review] = {}
    for review in reviews:
        if review.why == "gone" or out.get(review.code, review).why != "gone":
            out[review.code] = review
    return out


def add_reviews(file: Path, fresh: Iterable[Review]) -> list[Review]:
    """Adds what does not stand there yet, in one step; returns what was added. What a clerk wrote stays.

    Raises CatalogueError where the file is broken: it is left as it was.
    """
    known, errors = read_reviews(file)
    if errors:
        raise errors[0]
    waiting = {(review.code, review.why, review.decision) for review in known}
    added = [review for review in fresh if (review.code, review.why, review.decision) not in waiting]
    if not added:
        return []
    before = [file.read_text(encoding="utf-8")] if file.exists() else []
    if not known:  # an empty list written as [] takes no further line
        before.append(HEADER)
    lines = "".join(review.line for review in added)
    texts = [text.rstrip("\n") + "\n" + lines for text in before]
    good = next((text for text in texts if _holds(text, len(known) + len(added))), "")
    if not good:
        raise CatalogueError(file, FIELD, "takes no further line; write each record on a line of its own with '- '")
    fresh_file = file.with_suffix(".new")
    fresh_file.write_text(good, encoding="utf-8")
    fresh_file.replace(file)
    return added


def _holds(text: str, count: int) -> bool:
    try:
        return len(yaml.safe_load(text)[FIELD]) == count
    except (yaml.YAMLError, TypeError):
        return False
