"""A message that asks for two or three things at once, cut into its parts; and one that asks how two things differ."""

from __future__ import annotations

import re

from bot.language.unicode import strip_marks

MOST_PARTS = 3
JOINS = r"(?:dong thoi|voi lai|san tien|san dip|tien the|cung luc|cung voi|cong voi|va|roi|xong|them|lan|voi|vua)"
CUT = re.compile(rf"[,;+&]\s*(?:{JOINS}\s+)*|\s{JOINS}(?:\s+{JOINS})*(?=\s)|^vua\s")
DIFFER = re.compile(
    r"(?<!\w)(?:khac (?:gi|nhau|cho nao|the nao|ra sao|sao|biet)|phan biet|so sanh|giong (?:nhau|gi))(?!\w)"
)
COMPARED = re.compile(r"\s(?:khac(?: gi)?(?: voi| so voi)?|voi|va|hay la|hay|so voi|giong)(?=\s)|[,;]\s*")


def asks_the_difference(text: str) -> bool:
    """True where a message asks how things differ: "tạm trú với thường trú khác gì nhau"."""
    return bool(DIFFER.search(strip_marks(text).lower()))


def parts_of(text: str) -> list[str]:
    """The parts of a message in order, at most MOST_PARTS of them joined ones; one part where nothing joins."""
    plain = strip_marks(text).lower()
    if len(plain) != len(text):  # letters that lose their place with their marks: left whole
        return [text]
    pattern = COMPARED if DIFFER.search(plain) else CUT
    places = [0, *(place for match in pattern.finditer(plain) for place in match.span()), len(text)]
    cut = [text[start:end].strip() for start, end in zip(places[::2], places[1::2], strict=True)]
    return [part for part in cut if part]
