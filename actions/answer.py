"""Questions about procedures: every ask_… intent, a life event, a choice from a list."""

from __future__ import annotations

from typing import Any

from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Action, Tracker
from rasa_sdk.types import DomainDict

from actions.conversation import Heard, memory_of, question_of
from actions.dossier_talk import about_dossier, codes_meant
from actions.elsewhere import elsewhere_answer
from actions.events import speech_of, tells_event
from actions.place_talk import answers_for_a_place, place_answer
from actions.speech import Speech, thresholds
from bot.catalogue.decision import Decision, Memory, Question, decide
from bot.language.syllables import looks_vietnamese

CERTAIN, PROBABLE, RATHER_INSIDE = 0.8, 0.5, 0.2
"""Chances from which a message is taken for one about a procedure although its intent says otherwise."""
SURE_INTENT, SURE_OUTSIDE = 0.8, 0.9


def answer(dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Any]:
    """Decides and says it; returns the slots to set."""
    heard, memory = Heard.of(tracker), memory_of(tracker)
    speech = speech_of(dispatcher, heard, memory)
    if heard.text.strip(" .?!…") == "":
        return speech.simple("not_understood", "utter_not_understood_empty", "empty_or_noise")
    if (told := place_answer(speech, heard, tracker)) is not None:
        return told
    if (told := elsewhere_answer(speech, tracker)) is not None:
        return told
    question = question_of(heard, memory, speech.tells_case_of(memory.focus, heard.text))
    decision = decide(question, memory, thresholds())
    if (relative := _relative(speech, heard, memory, question)) is not None:
        decision = Decision(
            "answered", (relative,), question.aspects or memory.aspects or ("overview",), confidence=0.8
        )
    declined = decision.status in ("out_of_scope", "not_understood") and not heard.from_button
    if declined and not looks_vietnamese(heard.text):
        return speech.simple("not_understood", "utter_not_vietnamese", "low_confidence")
    return speech.decision(decision, heard.text)


def _relative(speech: Speech, heard: Heard, memory: Memory, question: Question) -> str | None:
    """What a follow-up means that says only what else to do with the thing talked about ("thế còn gia hạn thì sao")."""
    names_another = heard.chances.right >= thresholds().leave_focus_from or bool(heard.dossier_codes)
    if memory.focus is None or heard.from_button or question.pick is not None or names_another:
        return None
    return speech.catalogue.relative(memory.focus, heard.text)


def certain_answer(tracker: Tracker) -> Decision | None:
    """The answer to a message whose intent is another, where it names its procedure beyond doubt; else None.

    "Chào ad, làm căn cước cần gì" is a question although it greets.
    """
    heard = Heard.of(tracker)
    asks = bool(heard.aspects) or heard.sure < SURE_INTENT or len(heard.together) > 1
    return inside_answer(tracker, CERTAIN, 1.0) if asks else None


def inside_answer(tracker: Tracker, right_from: float, vague_from: float) -> Decision | None:
    """The answer to a message whose intent is another, where it is as likely as this to be about a procedure.

    ``right_from`` is the least chance for answering, ``vague_from`` for asking back.
    """
    heard, memory = Heard.of(tracker), memory_of(tracker)
    if heard.from_button:
        return None
    decision = decide(question_of(heard, memory), memory, thresholds())
    fits = decision.status == "answered" and decision.confidence >= right_from
    return decision if fits or (decision.status == "clarify" and heard.chances.vague >= vague_from) else None


def names_its_procedure(tracker: Tracker) -> Decision | None:
    """The answer to a message about a dossier that is about a procedure after all: it names one beyond doubt.

    The one in focus counts only while no dossier is talked about and the intent is hardly sure: "báo tôi khi có kết
    quả" asks nothing of the procedure that is in focus since its dossier was told.
    """
    heard = Heard.of(tracker)
    named = heard.chances.right >= CERTAIN or heard.together
    in_focus = heard.sure < SURE_INTENT and not tracker.get_slot("dossier")
    return inside_answer(tracker, CERTAIN, 1.0) if named or in_focus else None


async def answer_or_dossier(dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Any]:
    """The answer to a question; where it means a dossier and no procedure beyond doubt, that dossier's."""
    if codes_meant(tracker) and Heard.of(tracker).chances.right < CERTAIN:
        return await about_dossier(dispatcher, tracker)
    return answer(dispatcher, tracker)


class ActionAnswer(Action):
    def name(self) -> str:
        return "action_answer"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        return await answer_or_dossier(dispatcher, tracker)


class ActionDefaultFallback(Action):
    """No rule fits: understood as a question, so that it is answered or honestly declined."""

    def name(self) -> str:
        return "action_default_fallback"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        return await answer_or_dossier(dispatcher, tracker)


class ActionOutOfScope(Action):
    """Not a public procedure, unless the message names one after all."""

    def name(self) -> str:
        return "action_out_of_scope"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        speech, heard = Speech(dispatcher), Heard.of(tracker)
        if codes_meant(tracker):
            return await about_dossier(dispatcher, tracker)
        if tells_event(tracker) or answers_for_a_place(tracker):
            return answer(dispatcher, tracker)
        if (told := elsewhere_answer(speech, tracker)) is not None:
            return told
        least = CERTAIN if heard.sure >= SURE_OUTSIDE else PROBABLE
        if heard.unsure:
            return answer(dispatcher, tracker)
        if heard.chances.outside < RATHER_INSIDE and (decision := inside_answer(tracker, least, CERTAIN)):
            return speech.decision(decision, heard.text)
        if not any(c.isalpha() for c in heard.text):
            return speech.simple("not_understood", "utter_not_understood_empty", "empty_or_noise")
        if not looks_vietnamese(heard.text):
            return speech.simple("not_understood", "utter_not_vietnamese", "low_confidence")
        return speech.simple("out_of_scope", "utter_out_of_scope", "not_a_procedure")
