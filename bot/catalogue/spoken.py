"""How people speak of procedures: everyday names of those without a record, and whole questions with their codes.

``nlu_data/index/aliases/*.yml`` maps a code to its everyday names; ``nlu_data/linking/*.yml`` lists questions, each
with the codes that answer it. Both only help to find a procedure; nothing of them is ever said.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, ValidationError, validator

from bot.catalogue.loading import CatalogueError, explain, read_mapping, read_yaml
from bot.catalogue.models import CODE, Strict, valid_code

Names = dict[str, tuple[str, ...]]


class Example(Strict):
    """A question as people ask it. ``codes``: every right answer, best first; none for what is no procedure.

    ``ask``: too little is said, and the right thing is to ask back; ``codes`` are then the likely ones.
    """

    text: str = Field(min_length=2)
    codes: list[str] = Field(default_factory=list)
    ask: bool = False

    _codes = validator("codes", each_item=True, allow_reuse=True)(valid_code)

    @validator("ask")
    def asking_back_offers_several(cls, ask: bool, values: dict[str, list[str]]) -> bool:
        if ask and len(values.get("codes", [])) < 3:
            raise ValueError("is true although fewer than three codes fit; then one of them is the answer")
        return ask


def read_everyday_names(folder: Path) -> tuple[Names, list[CatalogueError]]:
    """Everyday names by code, and what is wrong with the entries left out."""
    names: Names = {}
    errors: list[CatalogueError] = []
    for file in sorted(folder.glob("*.yml")):
        content, found = read_mapping(file, '"1.001686": [mở tiệm thuốc thú y]')
        errors += found
        for code, said in content.items():
            if not CODE.fullmatch(code) or not isinstance(said, list) or not all(isinstance(n, str) for n in said):
                errors.append(CatalogueError(file, code, 'is no list of names; write "1.001686": [tên, tên khác]'))
            elif code in names:
                errors.append(CatalogueError(file, code, "stands in another file too; keep one"))
            else:
                names[code] = tuple(said)
    return names, errors


def read_examples(folder: Path) -> tuple[list[Example], list[CatalogueError]]:
    """All questions with their codes, and what is wrong with the ones left out."""
    examples: list[Example] = []
    errors: list[CatalogueError] = []
    for file in sorted(folder.glob("*.yml")):
        content, found = read_yaml(file)
        errors += found
        if not found and not isinstance(content, list):
            errors.append(CatalogueError(file, "file", "holds no list; begin each question with '- text: '"))
            continue
        for number, item in enumerate(content or [], 1):
            try:
                examples.append(Example.parse_obj(item))
            except ValidationError as error:
                errors += explain(file, error, f"question {number}: ")
    return examples, errors
