"""The training sentences, the domain and the rules fit together."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator

import yaml

from bot.language.unicode import fold
from bot.settings import HOME

LEAST_EXAMPLES = 15


def examples() -> Iterator[tuple[str, str]]:
    for file in sorted((HOME / "nlu_data" / "nlu").rglob("*.yml")):
        for entry in yaml.safe_load(file.read_text(encoding="utf-8"))["nlu"]:
            for line in entry["examples"].splitlines():
                yield entry["intent"], line.removeprefix("- ")


def domain() -> dict[str, list[str]]:
    loaded: dict[str, list[str]] = yaml.safe_load((HOME / "domain.yml").read_text(encoding="utf-8"))
    return loaded


def test_every_intent_has_enough_sentences_and_every_sentence_an_intent_of_the_domain() -> None:
    count: dict[str, int] = defaultdict(int)
    for intent, _ in examples():
        count[intent] += 1
    assert set(count) == set(domain()["intents"])
    assert {intent: n for intent, n in count.items() if n < LEAST_EXAMPLES} == {}


def test_no_sentence_stands_in_two_intents_or_twice_in_one() -> None:
    seen: dict[str, str] = {}
    for intent, sentence in examples():
        assert fold(sentence) not in seen or not fold(sentence), f"{sentence!r}: {seen[fold(sentence)]} and {intent}"
        seen[fold(sentence)] = intent


def test_sentences_are_composed_unicode_without_personal_numbers() -> None:
    for _, sentence in examples():
        assert sentence == unicodedata.normalize("NFC", sentence)
        assert not re.search(r"\d{9,}", re.sub(r"[A-Z]\d\d[.\d]*-\d{6}-\d{3,7}", "", sentence)), sentence


def test_every_intent_has_one_rule_and_every_action_exists() -> None:
    rules = yaml.safe_load((HOME / "nlu_data" / "rules" / "intents.yml").read_text(encoding="utf-8"))["rules"]
    ruled = [rule["steps"][0]["intent"] for rule in rules]
    assert len(ruled) == len(set(ruled))
    assert set(ruled) == {*domain()["intents"], "nlu_fallback"}
    assert {rule["steps"][1]["action"] for rule in rules} <= set(domain()["actions"])


def test_every_intent_that_is_answered_by_one_sentence_has_it() -> None:
    names = {
        name
        for file in (HOME / "nlu_data" / "responses").glob("*.yml")
        for name in yaml.safe_load(file.read_text(encoding="utf-8"))["responses"]
    }
    rules = yaml.safe_load((HOME / "nlu_data" / "rules" / "intents.yml").read_text(encoding="utf-8"))["rules"]
    spoken = {"action_smalltalk", "action_refuse", "action_handoff", "action_place"}
    for rule in rules:
        if rule["steps"][1]["action"] in spoken:
            assert f"utter_{rule['steps'][0]['intent']}" in names
