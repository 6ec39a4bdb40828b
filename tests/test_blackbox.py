"""A black box that lost digits is INACCURATE, one with a wrong formula WRONG; no single test would do."""

from __future__ import annotations

import dataclasses
import itertools
import math
from typing import Any

import numpy as np
import pytest
from blackbox_cases import ALONE, UNSTABLE, UNSTABLE_32, WRONG, WRONG_32, Case, by_arrays, missed

from verify.checker import check, check_claim
from verify.claim import Claim
from verify.narrowing import FEW, narrowed
from verify.question import prepare
from verify.roughness import roughness
from verify.spans import Evidence, Sign, rule
from verify.subject import answer

MISCALLED = 1  # right formulas that may be called wrong, of all; wrong ones called rounding: none


def outcome(case: Case) -> Sign:
    point = check_claim(case.claim()).worst_point
    assert "could not be run exactly" in point.reason, point.reason
    assert point.verdict.name in ("INACCURATE", "WRONG"), point.reason
    return Sign.ROUNDING if point.verdict.name == "INACCURATE" else Sign.FORMULA


@pytest.mark.parametrize("case", [*UNSTABLE[::14], *UNSTABLE_32[::9]], ids=lambda case: case.name)
def test_a_right_formula_that_loses_digits_is_inaccurate(case: Case) -> None:
    assert outcome(case) is Sign.ROUNDING, check_claim(case.claim()).explain()


@pytest.mark.parametrize("case", [*WRONG[::8], *WRONG_32[::5]], ids=lambda case: case.name)
def test_a_wrong_formula_is_wrong(case: Case) -> None:
    assert outcome(case) is Sign.FORMULA, check_claim(case.claim()).explain()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_no_wrong_formula_is_called_rounding_and_hardly_a_right_one_is_called_wrong() -> None:
    assert len(UNSTABLE) >= 40
    assert len(WRONG) >= 40
    for cases in (WRONG, WRONG_32):
        assert missed(cases, [outcome(case) for case in cases]) == []
    right = [missed(cases, [outcome(case) for case in cases]) for cases in (UNSTABLE, UNSTABLE_32)]
    assert len(list(itertools.chain(*right))) <= MISCALLED, right


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_each_single_test_would_miscall_more() -> None:
    right, wrong = ([case.evidence() for case in cases] for cases in (UNSTABLE, WRONG))
    for name, test in ALONE.items():
        miscalled = missed(UNSTABLE, [test(e) for e in right])
        assert len(miscalled) > MISCALLED or missed(WRONG, [test(e) for e in wrong]), name


# --- the rule


NOISE, CURVE = (0.0, 0.1, 0.6, 1.0), (0.0, 0.0, 0.1, 0.2)
RULED: tuple[tuple[str, Evidence, bool | None], ...] = (
    ("noise", Evidence(NOISE, jumps=2), False),
    ("noise that shrinks", Evidence(NOISE, 2, 900.0, 1000.0), False),
    ("noise that stays", Evidence(NOISE, 2, 10.0, 1e10), None),
    ("noise without jumps is a fast wave", Evidence(NOISE, jumps=0), None),
    ("one jump is a seam", Evidence(NOISE, jumps=1), None),
    ("a fast wave that stays", Evidence(NOISE, 0, 10.0, 1e10), True),
    ("a curve", Evidence(CURVE), True),
    ("a curve that stays", Evidence(CURVE, None, 1.0, 1e8), True),
    ("a curve that shrinks", Evidence(CURVE, None, 900.0, 1000.0), None),
    ("neither", Evidence((0.0, 0.4)), None),
    ("neither, but it shrinks", Evidence((0.0, 0.4), None, 900.0, 1000.0), None),
    ("nothing", Evidence(()), None),
    ("nothing, but it stays", Evidence((), None, 1.0, 1e8), True),
    ("noise on narrow spans alone", Evidence((1.0, 1.0, 0.1, 0.1)), None),
)


@pytest.mark.parametrize(("name", "evidence", "expected"), RULED, ids=[name for name, *_ in RULED])
def test_the_rule(name: str, evidence: Evidence, expected: bool | None) -> None:
    assert rule(evidence) is expected


def test_every_part_of_the_evidence_changes_some_ruling() -> None:
    mutants: dict[str, Any] = {"roughness": CURVE[::-1], "jumps": None, "narrow": np.nan, "wide": np.nan}
    for name, value in mutants.items():
        assert any(rule(dataclasses.replace(e, **{name: value})) is not expected for _, e, expected in RULED), name


def test_roughness_knows_noise_a_curve_and_a_seam() -> None:
    rng = np.random.default_rng(0)
    t = 2 * (np.arange(20) + rng.uniform(0.25, 0.75, 20)) / 20 - 1
    noise = [roughness(t, rng.standard_normal(20)) for _ in range(200)]
    assert np.quantile(noise, 0.02) > 0.45
    assert roughness(t, np.exp(2 * t)) < 0.02
    assert roughness(t, np.exp(t) + 0.2 * rng.standard_normal(20)) < 0.35
    assert roughness(t, np.where(t > 0.1, 1.0, 0.0)) < 0.35
    assert roughness(t, np.zeros(20)) == 0


# --- what a subject may do at a point that nobody chose


def test_where_no_digit_survives_the_nearest_place_decides_or_it_is_wrong_or_total_loss() -> None:
    dead = check(np.tanh, 30.0, gradient=by_arrays(lambda x: 1 - np.tanh(x) ** 2)).worst_point
    assert dead.verdict.name == "INACCURATE", dead.reason
    assert "no digit of it survives; at x = 15, where one does" in dead.reason
    cut = check(np.tanh, 7.0, gradient=lambda x: 0.0 if float(x) > 5 else math.cosh(float(x)) ** -2).worst_point
    assert cut.verdict.name == "WRONG"
    assert "wrong, or total loss of digits: at x = 5 the answer is right" in cut.reason
    zero = check(np.sin, 0.8, gradient=lambda x: math.floor(float(x)) * 0.0).worst_point
    assert zero.verdict.name == "WRONG"
    assert "wrong, or total loss of digits" in zero.reason


def test_a_subject_that_raises_beside_the_point_is_undecided() -> None:
    def only_there(x: Any) -> float:
        return 0.7 if float(x) == 0.8 else 1 / 0

    point = check(np.sin, 0.8, gradient=only_there).worst_point
    assert point.verdict.name == "WRONG"
    assert "no span beside the point could be used: undecided" in point.reason


def test_a_subject_that_draws_at_random_is_not_excused_as_rounding() -> None:
    rng = np.random.default_rng(0)
    noisy = by_arrays(lambda x: np.cos(x) * (1 + 1e-6 * rng.standard_normal()))
    point = check(np.sin, 0.8, gradient=noisy).worst_point
    assert point.verdict.name == "WRONG"
    assert "answers differently when asked again" in point.reason


def test_the_budget_ends_the_asking() -> None:
    point = check(np.tanh, 15.0, gradient=lambda x: 1 - math.tanh(float(x)) ** 2, budget=0.01).worst_point
    assert point.verdict.name == "WRONG"
    assert "not told from rounding at other points: the budget" in point.reason or "of the budget" in point.reason


def test_the_same_seed_gives_the_same_sentence() -> None:
    case = UNSTABLE[0]
    assert len({check_claim(case.claim(seed=5)).worst_point.reason for _ in range(2)}) == 1


def test_a_wrong_entry_is_not_hidden_by_one_that_lost_more_digits() -> None:
    f = lambda x: np.sum(np.tanh(x))  # noqa: E731
    spoilt = by_arrays(lambda x: (1 - np.tanh(x) ** 2) * np.array([1.0, 1 + 1e-6]))
    point = check(f, np.array([15.0, 0.5]), gradient=spoilt).worst_point
    assert point.entry == "x[0]"
    assert point.verdict.name == "WRONG"
    assert "x[1]: " in point.reason
    alone = check(f, np.array([15.0, 0.5]), gradient=by_arrays(lambda x: 1 - np.tanh(x) ** 2)).worst_point
    assert alone.verdict.name == "INACCURATE", alone.reason


def test_code_that_takes_another_path_over_exact_numbers_is_not_excused_by_it() -> None:
    def gradient(x: Any) -> Any:
        return np.exp(x) * 1.01 if isinstance(x, np.ndarray) else np.exp(x)

    x = np.array([0.3, -1.0])
    finding = check(lambda x: np.sum(np.exp(x)), x, gradient=gradient)
    assert finding.verdict.name == "WRONG", finding.explain()
    assert "over exact numbers its code gives the truth" in finding.worst_point.reason
    lossy = check(np.tanh, 17.0, gradient=lambda x: 1 - np.tanh(x) ** 2)
    assert lossy.verdict.name == "INACCURATE", lossy.explain()


# --- many entries


def backward(slope: Any) -> Any:
    """A vjp whose slope is computed on plain arrays alone."""
    return lambda g, y, x: g * by_arrays(slope)(x)


def cancelling(x: Any) -> Any:
    return 1 - np.tanh(x) ** 2


def test_entries_without_a_digit_are_followed_all_at_once() -> None:
    xs = np.array([15.0, 20.0, 25.0, 30.0, 300.0, -40.0, 0.5])
    lost = check(np.tanh, xs, vjp=backward(cancelling), budget=60).worst_point
    assert lost.verdict.name == "INACCURATE", lost.reason
    cut = backward(lambda x: np.where(abs(x) > 5, 0.0, np.cosh(np.clip(x, -5, 5)) ** -2.0))
    tail = check(np.tanh, xs, vjp=cut, budget=60).worst_point
    assert tail.verdict.name == "WRONG"
    assert "at x[0] = 5 the answer is right, and right beside it no digit of it survives" in tail.reason


def test_an_answer_that_is_off_at_the_point_alone_is_not_rounding() -> None:
    there = by_arrays(lambda x: np.where(x == 0.5, 0.0, cancelling(x)))
    point = check(np.tanh, 0.5, gradient=there).worst_point
    assert point.verdict.name == "WRONG", point.reason
    assert "it is off by 0.79, beside the point by no more than" in point.reason


LARGE = np.random.default_rng(3).normal(0.0, 6.0, (20, 30))


def question_of(slope: Any, f: Any = np.tanh) -> tuple[Any, np.ndarray, list[tuple[int, int]]]:
    question = prepare(Claim(f, LARGE, vjp=backward(slope)))
    return question, answer(question), [(0, k) for k in range(0, LARGE.size, 7)]


def test_few_entries_stand_for_those_of_a_large_array_that_are_treated_alike() -> None:
    few = narrowed(*question_of(cancelling))
    assert few is not None
    assert few.question.entries[:2] == ("x[0, 0]", "x[0, 7]")
    assert few.question.leaves[0].tolist() == [LARGE[np.unravel_index(k, LARGE.shape)] for k in _places(few.question)]
    assert len(few.entries) == FEW
    point = check(np.tanh, LARGE, vjp=backward(cancelling), budget=60).worst_point
    assert point.verdict.name == "INACCURATE", point.reason


def _places(question: Any) -> list[int]:
    pairs = (name[2:-1].split(",") for name in question.entries)
    return [int(row) * LARGE.shape[1] + int(column) for row, column in pairs]


def test_no_entries_stand_for_others_where_a_place_or_the_other_entries_matter() -> None:
    by_place = np.where(np.arange(LARGE.size) % 7 == 0, 2.0, 1.0).reshape(LARGE.shape)
    placed = lambda x: cancelling(x) * (by_place if np.shape(x) == LARGE.shape else 1.0)  # noqa: E731
    assert narrowed(*question_of(placed)) is None
    assert narrowed(*question_of(lambda x: cancelling(x) * np.max(np.abs(x)))) is None
    assert narrowed(*question_of(cancelling, lambda x: np.sum(np.tanh(x)))) is None
