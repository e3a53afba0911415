"""What a tracker holds, in the words of the catalogue: the question just asked, and what is remembered."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from rasa_sdk.events import SlotSet
from rasa_sdk.interfaces import Tracker

from bot.catalogue.certainty import Chances
from bot.catalogue.decision import Candidate, Memory, Question, chances_of
from bot.language.ordinals import find_pick
from bot.language.premises import Premise, find_premises
from bot.language.unicode import fold
from bot.turn import ASPECTS, Aspect

INTENT_ASPECT: dict[str, Aspect] = {
    "ask_documents": "documents", "ask_fee": "fee", "ask_processing_time": "processing_time", "ask_where": "where",
    "ask_steps": "steps", "ask_online": "online", "ask_conditions": "conditions", "ask_forms": "forms",
    "ask_result": "result", "ask_legal_basis": "legal_basis", "ask_on_behalf": "on_behalf", "start_guide": "steps",
}  # fmt: skip
SURE_INTENT = 0.6
GUESSED, INSIDE = 0.6, 0.4
FAR_BETTER, SURE_OF_OFFERED = 0.25, 0.9
"""A candidate so much better than all that was offered is a new subject; else the offered one is meant."""
CHANGES_ONLY_THE_PROCEDURE = ("con ", "the con ", "vay con ", "a khong", "khong phai", "y la", "y toi la", "y em la")


@dataclass(frozen=True)
class Heard:
    """The latest message. ``from_button``: it is a payload that the bot itself offered."""

    text: str
    intent: str
    sure: float
    entities: list[dict[str, Any]]
    from_button: bool

    @classmethod
    def of(cls, tracker: Tracker) -> Heard:
        message = tracker.latest_message
        intent = message.get("intent") or {}
        text = message.get("text") or ""
        return cls(
            text=text,
            intent=intent.get("name") or "",
            sure=float(intent.get("confidence") or 0.0),
            entities=list(message.get("entities") or []),
            from_button=text.startswith("/"),
        )

    def values(self, entity: str) -> list[str]:
        return [str(e["value"]) for e in self.entities if e.get("entity") == entity]

    @property
    def aspects(self) -> tuple[Aspect, ...]:
        """What is asked: the aspects found in the words, else the one that the intent stands for."""
        believed = [premise.aspect for premise in self.premises]
        found = tuple(dict.fromkeys(a for a in (*self.values("aspect"), *believed) if a in ASPECTS))
        by_intent = INTENT_ASPECT.get(self.intent)
        if not found and by_intent and (self.from_button or self.sure >= SURE_INTENT):
            return (by_intent,)
        return found

    @property
    def premises(self) -> list[Premise]:
        """The amounts and limits that the message wants confirmed."""
        return [] if self.from_button else find_premises(self.text)

    @property
    def together(self) -> tuple[str, ...]:
        """The procedures asked for at once, in the message's order; empty where it asks for one."""
        return tuple(str(e["value"]) for e in self.entities if e.get("entity") == "procedure" and e.get("together"))

    @property
    def unsure(self) -> bool:
        """True where the intent is hardly more than a guess, and the words may well be about a procedure."""
        return not self.from_button and self.sure < GUESSED and self.chances.outside < INSIDE

    @property
    def candidates(self) -> list[Candidate]:
        """The procedures linked, best first; one that was typed or pressed is certain."""
        out: dict[str, Candidate] = {}
        for e in self.entities:
            if e.get("entity") != "procedure" or e.get("together") or e["value"] in out:
                continue
            certain = bool(e.get("typed")) or "score" not in e
            scores = {} if certain else {k: e[k] for k in ("score", "alias")}
            chances = Chances(**e["chances"]) if e.get("chances") else None
            out[e["value"]] = Candidate(str(e["value"]), certain=certain, chances=chances, **scores)
        return list(out.values())

    @property
    def chances(self) -> Chances:
        """How sure it is which procedure is meant, if any."""
        return chances_of(self.candidates)

    @property
    def dossier_codes(self) -> list[str]:
        """The dossier codes in the message, each once; a button carries no other codes."""
        codes = [e for e in self.entities if e.get("entity") == "code"]
        return list(dict.fromkeys(str(e["value"]) for e in codes if self.from_button or e.get("kind") == "dossier"))


def memory_of(tracker: Tracker) -> Memory:
    """What was talked about before this message."""
    focus = tracker.get_slot("focus") or {}
    offered = tracker.get_slot("offered") or {}
    return Memory(
        focus=focus.get("code"),
        aspects=tuple(focus.get("aspects") or ()),
        offered=tuple(offered.get("codes") or ()),
        offered_aspects=tuple(offered.get("aspects") or ()),
        earlier=_spoken_of(tracker, "answered"),
        mentioned=_spoken_of(tracker, "answered", "clarify"),
    )


def _spoken_of(tracker: Tracker, *statuses: str) -> tuple[str, ...]:
    """The procedures of the turns that ended so, in the order in which they first came up."""
    customs = (
        (event.get("data") or {}).get("custom") or {} for event in tracker.events or [] if event.get("event") == "bot"
    )
    records = (custom.get("turn") or {} for custom in customs if isinstance(custom, dict))
    named = (record["procedures"] for record in records if record.get("status") in statuses)
    return tuple(dict.fromkeys(code for codes in named for code in codes))


def question_of(heard: Heard, memory: Memory, fits_focus: bool = False) -> Question:
    """The message as a question about procedures."""
    folded = fold(heard.text)
    candidates = heard.candidates
    pick = find_pick(folded) if (memory.offered or memory.focus) and not heard.from_button else None
    if pick is None and memory.offered:
        candidates = _offered_first(candidates, memory)
    changes = folded.startswith(CHANGES_ONLY_THE_PROCEDURE) or not candidates
    return Question(candidates, heard.aspects, pick, changes, fits_focus, heard.together)


def _offered_first(candidates: list[Candidate], memory: Memory) -> list[Candidate]:
    """After a list was offered, words that fit one of its items mean that item."""
    offered = [c for c in candidates if c.code in memory.offered]
    if not offered or candidates[0].score - offered[0].score > FAR_BETTER:
        return candidates
    meant = replace(offered[0], chances=Chances(SURE_OF_OFFERED, wrong=1 - SURE_OF_OFFERED))
    return [meant, *(c for c in candidates if c is not offered[0])]


def focus_on(code: str, aspects: tuple[Aspect, ...], neighbour: str | None = None) -> list[Any]:
    """The slots after an answer: this procedure in focus; with a neighbour offered under it the two are a list."""
    offered = {"codes": [code, neighbour], "aspects": list(aspects)} if neighbour else None
    return [SlotSet("focus", {"code": code, "aspects": list(aspects)}), SlotSet("offered", offered)]


def offer(codes: tuple[str, ...], aspects: tuple[Aspect, ...]) -> list[Any]:
    """The slots after asking back: the list, and what was asked."""
    return [SlotSet("offered", {"codes": list(codes), "aspects": list(aspects)})]
