"""What counts as right: the rules of docs/evaluation.md, each on rows made by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.evaluation.scoring import Rate, answering_curve, figures, passes, slices, worst_slice, wrong_confident
from tests.evaluation.rows import ABROAD, AGAIN, BIRTH, COPY, answered, clarify, got, question, row, rows_of


def test_an_answer_passes_with_a_right_procedure_first_and_all_aspects_asked() -> None:
    asked = question(answered(BIRTH, ABROAD, aspects=("documents", "fee")))
    assert passes(row(asked, got("answered", ABROAD, AGAIN, aspects=["documents", "fee", "where"])))
    assert not passes(row(asked, got("answered", AGAIN, BIRTH, aspects=["documents", "fee"])))
    assert not passes(row(asked, got("answered", BIRTH, aspects=["documents"])))
    assert not passes(row(asked, got("clarify", BIRTH, AGAIN)))


def test_without_codes_any_procedure_is_right() -> None:
    assert passes(row(question({"status": "answered"}), got("answered", COPY)))


def test_any_one_of_several_accepted_answers_is_enough() -> None:
    asked = question(answered(BIRTH), clarify(BIRTH, AGAIN), {"status": "not_covered"})
    for record in (got("answered", BIRTH), got("clarify", AGAIN, COPY), got("not_covered")):
        assert passes(row(asked, record))
    assert not passes(row(asked, got("answered", AGAIN)))


def test_a_forbidden_procedure_first_fails_even_where_any_would_do() -> None:
    asked = question({"status": "answered"}, {"status": "clarify"}, forbid=[AGAIN])
    assert not passes(row(asked, got("answered", AGAIN)))
    assert not passes(row(asked, got("clarify", AGAIN, BIRTH)))
    assert passes(row(asked, got("clarify", BIRTH, AGAIN)))


def test_asking_back_offers_one_right_candidate_or_two_where_three_fit() -> None:
    assert passes(row(question(clarify(BIRTH, AGAIN)), got("clarify", COPY, AGAIN)))
    three = question(clarify(BIRTH, AGAIN, ABROAD))
    assert not passes(row(three, got("clarify", BIRTH, COPY)))
    assert passes(row(three, got("clarify", BIRTH, COPY, ABROAD)))
    assert passes(row(question(clarify()), got("clarify", COPY)))


def test_only_the_last_turn_is_judged() -> None:
    asked = question(answered(BIRTH), turns=["khai tử", "à không, khai sinh"])
    assert passes(row(asked, got("answered", COPY), got("answered", BIRTH)))
    assert not passes(row(asked, got("answered", BIRTH), got("answered", COPY)))


@pytest.mark.parametrize(("note", "right"), [("pick:2 second", AGAIN), ("pick:-1", COPY), ("pick:1", BIRTH)])
def test_an_ordinal_means_the_candidate_that_the_assistant_itself_offered(note: str, right: str) -> None:
    asked = question(answered(ABROAD), turns=["khai sinh", "cái đó"], note=note)
    offered = got("clarify", BIRTH, AGAIN, COPY)
    assert passes(row(asked, offered, got("answered", right)))
    assert not passes(row(asked, offered, got("answered", ABROAD)))
    assert wrong_confident(row(asked, offered, got("answered", ABROAD)))


def test_an_ordinal_beyond_the_list_cannot_be_right() -> None:
    asked = question(answered(BIRTH), turns=["khai sinh", "cái thứ năm"], note="pick:5")
    assert not passes(row(asked, got("clarify", BIRTH, AGAIN), got("answered", BIRTH)))
    assert not passes(row(asked, got("clarify", BIRTH, AGAIN), got("answered")))


def test_an_ordinal_without_a_list_before_is_judged_by_its_codes() -> None:
    asked = question(answered(BIRTH), turns=["khai sinh", "cái thứ hai"], note="pick:2")
    assert passes(row(asked, got("answered", AGAIN), got("answered", BIRTH)))
    assert "ordinal_pick" not in figures([row(asked, got("answered", AGAIN), got("answered", BIRTH))])


def test_each_figure_runs_over_its_own_questions() -> None:
    sure = question(answered(BIRTH, aspects=("fee",)))
    vague = question(clarify(BIRTH, AGAIN, ABROAD))
    either = question(answered(BIRTH), clarify(BIRTH, AGAIN))
    outside = question({"status": "out_of_scope"}, {"status": "not_covered"})
    rows = [
        row(sure, got("answered", BIRTH, aspects=["fee", "where"])),
        row(sure, got("answered", BIRTH, aspects=["fee", "where", "steps"])),
        row(sure, got("answered", AGAIN, candidates=[COPY, BIRTH])),
        row(sure, got("clarify", AGAIN, COPY, ABROAD, candidates=[BIRTH])),
        row(sure, got("not_understood")),
        row(vague, got("clarify", BIRTH, COPY)),
        row(vague, got("answered", BIRTH)),
        row(either, got("clarify", BIRTH, AGAIN)),
        row(outside, got("not_covered")),
        row(outside, got("not_understood")),
        row(outside, got("answered", BIRTH)),
    ]
    assert {name: (rate.hits, rate.of) for name, rate in figures(rows).items()} == {
        "pass": (4, 11),
        "procedure_first": (2, 5),
        "procedure_top3": (4, 6),
        "clarify_recall": (1, 2),
        "over_asking": (1, 5),
        "out_of_scope_recall": (1, 3),
        "declined_though_answerable": (1, 6),
        "wrong_confident": (3, 11),
        "aspects": (1, 2),
    }


def test_declining_counts_against_nobody_where_it_is_accepted() -> None:
    asked = question(answered(BIRTH), {"status": "not_covered"})
    assert figures([row(asked, got("not_covered"))])["declined_though_answerable"].hits == 0


def test_dialogues_and_picks_have_figures_of_their_own() -> None:
    asked = question(answered(BIRTH), turns=["khai sinh", "cái đầu"], note="pick:1")
    found = figures([row(asked, got("clarify", BIRTH, AGAIN), got("answered", BIRTH))])
    assert (found["multi_turn"].hits, found["ordinal_pick"].hits) == (1, 1)


def test_the_headline_is_the_worst_slice_that_is_large_enough() -> None:
    rates = slices(rows_of(small="0" * 19, large="1" * 30, worst="1" * 15 + "0" * 5))
    worst = worst_slice(rates)
    assert worst is not None
    assert (worst[0], worst[1].hits, worst[1].of) == ("worst", 15, 20)
    assert worst_slice({"small": Rate(0, 19)}) is None


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"), [(42, 50, 0.7149, 0.9166), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (0, 0, 0, 1)]
)
def test_the_interval_is_the_one_of_wilson(hits: int, of: int, low: float, high: float) -> None:
    assert Rate(hits, of).interval == pytest.approx((low, high), abs=1e-4)


@given(st.integers(1, 2000).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_the_interval_holds_the_share(counts: tuple[int, int]) -> None:
    rate = Rate(*counts)
    low, high = rate.interval
    assert 0 <= low <= rate.share + 1e-12
    assert rate.share - 1e-12 <= high <= 1


def test_a_higher_threshold_answers_fewer_questions_and_fewer_wrongly() -> None:
    asked = question(answered(BIRTH))
    rows = [
        row(asked, got("answered", BIRTH, confidence=0.9)),
        row(asked, got("answered", AGAIN, confidence=0.5)),
        row(asked, got("clarify", AGAIN, BIRTH, confidence=0.3)),
        row(asked, got("not_understood", confidence=0.2)),
    ]
    told = [(some.hits, some.of, wrong.hits, wrong.of) for _, some, wrong in answering_curve(rows, [0, 0.4, 0.6, 1])]
    assert told == [(3, 3, 2, 3), (2, 3, 1, 2), (1, 3, 0, 1), (0, 3, 0, 0)]
