"""Reading the catalogue's files, with errors that say which file, which field, what is wrong and what is right."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from bot.catalogue.models import IndexEntry, Procedure

MEANING = {
    "value_error.missing": "is missing; add it",
    "value_error.extra": "is not a field of a record; check its spelling against docs/catalogue.md",
    "type_error.none.not_allowed": "is empty; write a value or take the line out",
    "value_error.date": "is not a day; write it as 2026-11-22",
    "type_error.integer": "is not a whole number; write 8000, without dots or 'đồng'",
    "type_error.list": "is not a list; begin each item on its own line with '- '",
    "type_error.str": "is not text; put it in quotes",
}


class CatalogueError(ValueError):
    """One thing wrong in one file of the catalogue; its text is made to be read by whoever edits the file."""

    def __init__(self, file: Path, field: str, problem: str) -> None:
        super().__init__(f"{file.name}: {field}: {problem}")
        self.file, self.field, self.problem = file, field, problem


def explain(file: Path, error: ValidationError, where: str = "") -> list[CatalogueError]:
    """One error a field, in words for whoever edits the file. ``where``: the entry that the fields belong to."""
    out = []
    for item in error.errors():
        field = where + ".".join(str(part + 1) if isinstance(part, int) else part for part in item["loc"])
        out.append(CatalogueError(file, field, MEANING.get(item["type"], item["msg"])))
    return out


class OnceLoader(yaml.CSafeLoader):
    """Refuses a field that is written twice: YAML itself would silently keep the second."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} stands twice", key.start_mark)
                seen.add(key.value)
        return super().construct_mapping(node, deep)


def read_yaml(file: Path) -> tuple[Any, list[CatalogueError]]:
    """What a YAML file holds; None, with what is wrong, where it cannot be read. Never raises."""
    try:
        return yaml.load(file.read_text(encoding="utf-8"), Loader=OnceLoader), []
    except UnicodeDecodeError as error:
        return None, [CatalogueError(file, "file", f"is not UTF-8 text (byte {error.start}); save it as UTF-8")]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}" if mark else "file"
        return None, [CatalogueError(file, line, f"is not YAML: {getattr(error, 'problem', error)}")]
    except (OSError, ValueError) as error:  # PyYAML raises a bare ValueError for a day such as 2026-13-45
        return None, [CatalogueError(file, "file", f"cannot be read: {error}")]


def read_mapping(file: Path, begins_with: str) -> tuple[dict[str, Any], list[CatalogueError]]:
    """The named fields of a YAML file; empty, with what is wrong, where it holds none. Never raises."""
    content, errors = read_yaml(file)
    if errors:
        return {}, errors
    if not isinstance(content, dict) or not content or not all(isinstance(name, str) for name in content):
        return {}, [CatalogueError(file, "file", f"holds no record; begin with '{begins_with}'")]
    return content, []


def read_procedure(file: Path) -> tuple[Procedure | None, list[CatalogueError]]:
    """One record, or everything that is wrong with the file. Never raises for what a file may hold."""
    content, errors = read_mapping(file, 'code: "1.001193"')
    if errors:
        return None, errors
    try:
        return Procedure.parse_obj(content), []
    except ValidationError as error:
        return None, explain(file, error)


def read_procedures(folder: Path) -> tuple[list[Procedure], list[CatalogueError]]:
    """All good records under a folder, sorted by code, and all that is wrong with the others."""
    records: dict[str, Procedure] = {}
    errors: list[CatalogueError] = []
    for file in sorted(folder.rglob("*.yml")):
        record, found = read_procedure(file)
        errors += found
        if record is None:
            continue
        if file.stem != record.code:
            errors.append(CatalogueError(file, "code", f"is {record.code}; the file must be called {record.code}.yml"))
        for code in record.codes:
            if code in {c for other in records.values() for c in other.codes}:
                errors.append(CatalogueError(file, "code", f"{code} stands in another record too; keep one"))
                break
        else:
            records[record.code] = record
    return sorted(records.values(), key=lambda r: r.code), errors


def read_index(file: Path) -> Iterator[IndexEntry]:
    """The entries of the index file, one JSON object a line. Raises CatalogueError with the line."""
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield IndexEntry.parse_obj(json.loads(line))
            except (ValidationError, ValueError) as error:
                raise CatalogueError(file, f"line {number}", str(error).replace("\n", " ")) from None
