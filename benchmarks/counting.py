"""What the messengers' side says of a run: lost, told twice, told out of order; by the code in each answer."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

CODE = re.compile(r"\bMã (\d\.\d{6}) ·")
"""How an answer names the procedure it is about (nlu_data/responses)."""


@dataclass(frozen=True)
class Found:
    """``other``: messages that are no answer to a question: the notice of the first contact, an apology."""

    sent: int
    lost: int
    duplicated: int
    reordered: int
    other: int


def answers(texts: Sequence[str]) -> list[str]:
    """The codes of the answers among what somebody was sent."""
    return [match.group(1) for text in texts if (match := CODE.search(text))]


def counted(asked: Mapping[int, Sequence[str]], heard: Mapping[int, Sequence[str]]) -> Found:
    """``asked``: each person's codes, none twice; ``heard``: the texts that each was sent."""
    lost = duplicated = reordered = other = 0
    for person, codes in asked.items():
        texts = heard.get(person, ())
        told = answers(texts)
        places = {code: place for place, code in enumerate(codes)}
        times = Counter(told)
        lost += sum(code not in times for code in codes)
        duplicated += sum(count - 1 for code, count in times.items() if code in places)
        first = [places[code] for code in dict.fromkeys(told) if code in places]
        reordered += sum(later < before for before, later in pairwise(first))
        other += len(texts) - sum(code in places for code in told)
    return Found(sum(map(len, asked.values())), lost, duplicated, reordered, other)
