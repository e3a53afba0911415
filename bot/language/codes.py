"""Codes inside free text: of procedures (``1.001193``) and of dossiers (``H19.12-261105-0007``)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.language.unicode import nfc

PROCEDURE = re.compile(r"(?<![\w.,])\d\.\d{6}(?![\d\w]|[.,]\d)")
DOSSIER = re.compile(
    r"(?<![A-Z0-9])(?:\d{3}\.\d{2}\.\d{2}\.)?[A-Z]\d{2}(?:\.\d{1,3}){0,3}-(?:\d{6}|\d{8})-\d{3,7}(?![0-9])"
)
LOOSE = re.compile(
    r"(?<![A-Za-z0-9])(?:\d{3}\s*\.\s*\d{2}\s*\.\s*\d{2}\s*\.\s*)?[A-Za-z]\d{2}(?:\s*\.\s*\d{1,3}){0,3}"
    r"\s*[-–—_]\s*(?:\d{8}|\d{6})\s*[-–—_]\s*\d{3,7}(?![0-9])"
)
JOINTS = re.compile(r"\s*([.\-])\s*")


@dataclass(frozen=True)
class Found:
    """A code in its normal form, and where it stands in the text given."""

    value: str
    start: int
    end: int


def find_procedure_codes(text: str) -> list[Found]:
    """Procedure codes, in order. Amounts such as 1.500.000 are none."""
    return [Found(m.group(), m.start(), m.end()) for m in PROCEDURE.finditer(text)]


def dossier_code(text: str) -> str:
    """A dossier code as people type it, in its normal form."""
    unified = re.sub(r"[–—_]", "-", nfc(text).upper())
    return JOINTS.sub(r"\1", unified)


def find_dossier_codes(text: str) -> list[Found]:
    """Dossier codes, typed with blanks, any dash, any case; their prefix is opaque and their unit is not guessed."""
    found = []
    for match in LOOSE.finditer(text):
        value = dossier_code(match.group())
        if DOSSIER.fullmatch(value):
            found.append(Found(value, match.start(), match.end()))
    return found
