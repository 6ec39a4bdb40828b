"""The only comparison: units as defined, NaN never inside, the truth correctly rounded always inside."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify import Estimate
from verify.judge import WORST_FIRST, Judgement, Verdict, judge, worst

Judge = Callable[..., Judgement]
DTYPES = {np.float16: 2.0**-11, np.float32: 2.0**-24, np.float64: 2.0**-53}
BAR = 16.0


def truth_of(values: Any, radius: Any = 0.0, low: Any = 0.0) -> Estimate:
    value = np.atleast_2d(np.asarray(values, dtype=float))
    return Estimate(value, np.broadcast_to(np.asarray(radius, float), value.shape), np.zeros_like(value) + low, True)


def rows(values: Any) -> np.ndarray:
    return np.atleast_2d(np.asarray(values, dtype=float))


def limits(dtype: type) -> tuple[float, float, float]:
    info = np.finfo(dtype)
    return DTYPES[dtype], float(info.smallest_subnormal), float(info.max)


def judged(by: Judge, answer: Any, truth: Estimate, dtype: type = np.float64, movement: Any = None) -> Judgement:
    u, eta, largest = limits(dtype)
    move = None if movement is None else lambda: rows(movement)
    return by(rows(answer), truth, u, eta, BAR, move, largest)


# --- comparators that people write instead; each must fail a law below


def allclose_like(answer: np.ndarray, truth: Estimate, *rest: Any) -> Judgement:
    inside = np.isclose(answer, truth.value, rtol=1e-5, atol=1e-8)
    return Judgement(abs(answer - truth.value), np.full(answer.shape, 1e-8), abs(answer - truth.value), inside)


def equal_nan(answer: np.ndarray, truth: Estimate, *rest: Any) -> Judgement:
    found = judge(answer, truth, *rest)
    return Judgement(found.gap, found.allowed, found.units, found.inside | np.isnan(answer))


def not_greater(answer: np.ndarray, truth: Estimate, *rest: Any) -> Judgement:
    found = judge(answer, truth, *rest)
    return Judgement(found.gap, found.allowed, found.units, ~(found.gap > found.allowed))


def by_the_whole(answer: np.ndarray, truth: Estimate, *rest: Any) -> Judgement:
    found = judge(answer, truth, *rest)
    inside = np.full(answer.shape, np.linalg.norm(found.gap) <= np.linalg.norm(found.allowed))
    return Judgement(found.gap, found.allowed, found.units, inside)


def without_low_parts(answer: np.ndarray, truth: Estimate, *rest: Any) -> Judgement:
    return judge(answer, Estimate(truth.value, truth.radius, np.zeros_like(truth.value)), *rest)


def without_radius(answer: np.ndarray, truth: Estimate, *rest: Any) -> Judgement:
    return judge(answer, Estimate(truth.value, np.zeros_like(truth.value), truth.low), *rest)


def infinite_allowance(answer: np.ndarray, truth: Estimate, u: float, eta: float, bar: float, *rest: Any) -> Judgement:
    found = judge(answer, truth, u, eta, bar, *rest)
    with np.errstate(all="ignore"):
        return Judgement(found.gap, found.allowed, found.units, found.inside | (found.gap <= found.allowed))


def in_doubles(answer: np.ndarray, truth: Estimate, u: float, eta: float, bar: float, *rest: Any) -> Judgement:
    return judge(answer, truth, 2.0**-53, 5e-324, bar)


# --- laws; each takes a comparator and raises AssertionError when it does not hold


def nan_is_never_inside(by: Judge) -> None:
    for value, low, radius, movement in itertools.product((0.0, 1.0, np.inf), (0.0,), (0.0, 1e300), (None, 1e300)):
        found = judged(by, [np.nan, value], truth_of([value, value], radius, low), movement=movement)
        assert found.inside.tolist() == [[False, True]]
        assert found.worst_entry == (0, 0)


def a_small_error_in_a_small_entry_is_outside(by: Judge) -> None:
    for scale in (1e-300, 1e-12, 1e-9, 1.0, 1e9, 1e300):
        truth = truth_of([scale, 3 * scale])
        wrong = judged(by, [scale * (1 + 17 * 2.0**-53 * 2), 3 * scale], truth)
        assert wrong.inside.tolist() == [[False, True]], scale
        right = judged(by, [scale * (1 + 7 * 2.0**-53 * 2), 3 * scale], truth)
        assert right.inside.all(), scale


def one_wrong_entry_among_many_is_outside(by: Judge) -> None:
    truth = np.linspace(1, 2, 300)
    answer = truth.copy()
    answer[123] *= 1.0 + 1e-14
    found = judged(by, answer, truth_of(truth))
    assert np.argwhere(~found.inside).tolist() == [[0, 123]]
    assert found.worst_entry == (0, 123)


def a_radius_is_allowed_and_no_more(by: Judge) -> None:
    found = judged(by, [1.0009, 1.0011, 0.0], truth_of([1.0, 1.0, 0.0], [1e-3, 1e-3, 0.0]))
    assert found.inside.tolist() == [[True, False, True]]


def low_parts_count(by: Judge) -> None:
    """The truth is 1 + 40 ulp, given as a high and a low part."""
    far = judged(by, [1.0], truth_of([1.0 + 1e-10], low=-1e-10 + 40 * 2.0**-53))
    near = judged(by, [1.0], truth_of([1.0 + 1e-10], low=-1e-10 + 10 * 2.0**-53))
    assert (far.inside.item(), near.inside.item()) == (False, True)


def an_infinite_truth_is_met_by_infinity_alone(by: Judge) -> None:
    answers = [np.inf, -np.inf, 1.7e308, 5.0, np.nan]
    found = judged(by, answers, truth_of([np.inf] * 5))
    assert found.inside.tolist() == [[True, False, False, False, False]]
    assert not judged(by, [np.inf, -np.inf], truth_of([1e300, -1e300])).inside.any()


def rounding_beyond_the_dtype_is_infinity(by: Judge) -> None:
    found = judged(by, [np.inf, np.inf, -np.inf, np.inf], truth_of([1e39, 3e38, -1e39, -1e39]), np.float32)
    assert found.inside.tolist() == [[True, False, True, False]]


LAWS = [
    nan_is_never_inside, a_small_error_in_a_small_entry_is_outside, one_wrong_entry_among_many_is_outside,
    a_radius_is_allowed_and_no_more, low_parts_count, an_infinite_truth_is_met_by_infinity_alone,
    rounding_beyond_the_dtype_is_infinity,
]  # fmt: skip
MUTANTS: dict[Judge, set[Callable[[Judge], None]]] = {
    allclose_like: {a_small_error_in_a_small_entry_is_outside, one_wrong_entry_among_many_is_outside},
    equal_nan: {nan_is_never_inside},
    not_greater: {nan_is_never_inside, an_infinite_truth_is_met_by_infinity_alone},
    by_the_whole: {one_wrong_entry_among_many_is_outside},
    without_low_parts: {low_parts_count},
    without_radius: {a_radius_is_allowed_and_no_more},
    infinite_allowance: {an_infinite_truth_is_met_by_infinity_alone},
    in_doubles: {rounding_beyond_the_dtype_is_infinity},
}


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_judge_obeys(law: Callable[[Judge], None]) -> None:
    law(judge)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_a_mutant_comparator_breaks_the_laws(mutant: Judge) -> None:
    for law in MUTANTS[mutant]:
        with pytest.raises(AssertionError):
            law(mutant)


# --- units


@given(
    st.sampled_from(list(DTYPES)),
    st.floats(-1e30, 1e30),
    st.floats(0, 1e20),
    st.floats(0, 1e10),
    st.floats(-1e30, 1e30),
)
def test_units_are_the_gap_beyond_the_radius_over_the_bracket(
    dtype: type, value: float, movement: float, radius: float, answer: float
) -> None:
    u, eta, _ = limits(dtype)
    found = judged(judge, answer, truth_of(value, radius), dtype, movement)
    gap = abs(answer - value)
    plain = u * abs(value) + eta
    bracket = plain if gap <= BAR * plain + radius else plain + u * movement
    assert found.gap.item() == gap
    assert found.allowed.item() == pytest.approx(BAR * bracket + radius, rel=1e-12)
    assert found.units.item() == pytest.approx(max(gap - radius, 0.0) / bracket, rel=1e-9)
    assert found.inside.item() is (gap <= found.allowed.item())


def test_the_bar_is_inside_and_beyond_it_is_outside() -> None:
    eta = 5e-324
    for k, inside in ((0, True), (15, True), (16, True), (17, False), (100, False)):
        found = judged(judge, k * eta, truth_of(0.0))
        assert found.inside.item() is inside
        assert found.units.item() == k


def test_movement_is_computed_only_when_it_is_needed_and_only_widens() -> None:
    calls = []

    def movement() -> np.ndarray:
        calls.append(1)
        return rows([1e6, 0.0])

    u, eta, _ = limits(np.float64)
    right = judge(rows([1.0, 2.0]), truth_of([1.0, 2.0]), u, eta, BAR, movement)
    assert right.inside.all()
    assert not calls
    moved = judge(rows([1.0 + 1e-10, 2.0]), truth_of([1.0, 2.0]), u, eta, BAR, movement)
    assert moved.inside.all()
    assert len(calls) == 1
    assert not judge(rows([1.0, 2.0 + 1e-10]), truth_of([1.0, 2.0]), u, eta, BAR, movement).inside.all()


NUMBERS = st.floats(-1e6, 1e6)


@given(st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS.map(abs), NUMBERS.map(abs)), min_size=1))
def test_more_movement_never_turns_an_inside_into_an_outside(
    entries: list[tuple[float, float, float, float]],
) -> None:
    answer, value, small, more = map(list, zip(*entries, strict=True))
    larger = [a + b for a, b in zip(small, more, strict=True)]
    narrow = judged(judge, answer, truth_of(value), np.float32, small)
    wide = judged(judge, answer, truth_of(value), np.float32, larger)
    assert (wide.inside >= narrow.inside).all()
    assert (wide.allowed >= narrow.allowed - 1e-300).all() or narrow.inside.all()


# --- the truth, correctly rounded


@given(st.sampled_from(list(DTYPES)), st.fractions(min_value=-(10**40), max_value=10**40), st.integers(-400, 400))
def test_the_truth_correctly_rounded_is_always_inside(dtype: type, q: Fraction, exponent: int) -> None:
    exact = q * Fraction(2) ** exponent
    try:
        high = float(exact)
    except OverflowError:
        high = math.copysign(math.inf, exact)
    low = float(exact - Fraction(high)) if math.isfinite(high) else 0.0
    with np.errstate(over="ignore"):
        rounded = float(dtype(high))
    found = judged(judge, rounded, truth_of(high, 2.0**-1074, low), dtype)
    assert found.inside.all(), (rounded, high)
    if math.isfinite(rounded):
        wrong = judged(
            judge, rounded + 40 * (DTYPES[dtype] * abs(high) + limits(dtype)[1]), truth_of(high, 0, low), dtype
        )
        assert not wrong.inside.any()  # the mutant: 40 units away


# --- the worst entry


WORST: list[tuple[str, list[list[float]], list[list[float]], tuple[int, int]]] = [
    ("the only failure", [[1, 1, 1]], [[1, 2, 1]], (0, 1)),
    ("most units, not the largest gap", [[1e-8, 1e8]], [[3e-8, 1e8 + 1]], (0, 0)),
    ("NaN before a large failure", [[1, 1, 1]], [[1e9, np.nan, 1]], (0, 1)),
    ("infinity before a finite failure", [[1, 1]], [[1e9, np.inf]], (0, 1)),
    ("a failure in the second row", [[1, 1], [1, 1]], [[1, 1], [1, 1.5]], (1, 1)),
    ("most units when all are inside", [[1, 1]], [[1, 1 + 2.0**-51]], (0, 1)),
    ("a failure before a larger number of units inside", [[1, 0]], [[1 + 2.0**-50, 1e-300]], (0, 1)),
]


@pytest.mark.parametrize(("name", "truth", "answer", "where"), WORST)
def test_the_worst_entry(name: str, truth: Any, answer: Any, where: tuple[int, int]) -> None:
    assert judged(judge, answer, truth_of(truth)).worst_entry == where


# --- verdicts


def test_the_worst_verdict_is_the_first_in_the_order_of_the_design() -> None:
    order = [v.name for v in WORST_FIRST]
    assert sorted(order) == sorted(Verdict.__members__)
    right = ["PROVED", "CERTIFIED", "AGREES", "SUBGRADIENT"]
    assert [v.name for v in Verdict if v.ok] == right
    assert order[-4:] == right[::-1]
    assert order[:4] == ["BROKEN_CONTRACT", "WRONG", "INACCURATE", "NOT_A_SUBGRADIENT"]
    assert order[4:7] == ["INCONCLUSIVE", "UNDEFINED", "DIFFERENT_FUNCTION"]
    for a, b in itertools.combinations(WORST_FIRST, 2):
        assert worst([a, b]) is worst([b, a]) is a
        assert worst([b, b]) is b
