"""Every elementwise rule over the whole float64 range: at most 4 units from the truth, or its entry says where not.

The normal run takes a fixed sample of the points; the full sweep is marked slow. Entries, bounds and reasons are data.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import pytest
from engine_examples import HELD
from hypothesis import given
from hypothesis import strategies as st

from ad.constants import LN10
from ad.core import Op
from ad.table.elementwise import RESULT_LOST
from ad.variable import TABLE
from verify import accuracy
from verify.accuracy import (
    BAR,
    ETA,
    FULL,
    SAMPLE,
    Density,
    Rule,
    Truth,
    by_operand,
    line,
    plane,
    sweeps,
    table_rule,
    units,
)
from verify.entry import rule_facts
from verify.numbers.balls import ball, precision
from verify.proof import prove
from verify.suites.optable import operands

ENTRIES = [op for op in TABLE.values() if op.family == "elementwise"]
STATED = re.compile(r"up to 2\*\*(\d+) units")


def allowed(op: Op) -> float:
    """The units that an entry may be off: 4, or what its note states."""
    stated = STATED.search(op.note)
    return 2.0 ** int(stated[1]) if stated else BAR


def check(op: Op, density: Density, rule: Rule | None = None) -> None:
    for found in sweeps(op, density, rule):
        assert found.compared > found.open, found
        seen = found.worst or found.beyond  # a result that is 0 everywhere is beyond what has digits
        assert seen is not None
        assert seen.units <= allowed(op), found
        if found.beyond is not None and RESULT_LOST not in op.note:
            assert found.beyond.units <= BAR, found


@pytest.mark.parametrize("op", ENTRIES, ids=lambda op: op.name)
def test_every_rule_is_accurate_over_the_whole_range_or_says_where_not(op: Op) -> None:
    check(op, SAMPLE)


@pytest.mark.slow
@pytest.mark.parametrize("op", ENTRIES, ids=lambda op: op.name)
def test_every_rule_is_accurate_at_every_exponent_and_special_point(op: Op) -> None:
    check(op, FULL)


@pytest.mark.parametrize("op", ENTRIES, ids=lambda op: op.name)
def test_a_rule_off_by_little_more_than_is_allowed_is_refused(op: Op) -> None:
    """Every slope off by four times what is allowed; where it is 0, by as many of the smallest subnormals."""

    def wrong(operand: int, xs: tuple[Any, ...]) -> np.ndarray:
        return table_rule(op)(operand, xs) * (1 + 4 * allowed(op) * 2.0**-53) + 4 * allowed(op) * ETA

    with pytest.raises(AssertionError):
        check(op, SAMPLE, wrong)


@pytest.mark.slow
@pytest.mark.parametrize("op", [op for op in ENTRIES if RESULT_LOST in op.note], ids=lambda op: op.name)
def test_a_note_about_lost_results_is_needed(op: Op) -> None:
    lost = [found.beyond.units for found in sweeps(op, FULL) if found.beyond is not None]
    assert max(lost) > BAR


@pytest.mark.parametrize("op", [op for op in ENTRIES if op.note and "Taylor" not in op.note], ids=lambda op: op.name)
def test_a_note_about_accuracy_excuses_no_missing_proof(op: Op) -> None:
    assert prove(op.fun).verdict.name == "PROVED"


@pytest.mark.parametrize("exponent", [*accuracy.EXPONENTS, np.array([-2.0, 0.25, 0.0, 3.0])], ids=str)
def test_a_power_is_proved_however_its_exponent_is_written(exponent: Any) -> None:
    """Plain numbers and arrays of them take other ways through the rule than an exponent that is differentiated."""
    assert prove(lambda x: np.sum(np.power(x, exponent)), 1.25).verdict.name == "PROVED"


# Formulas in common use that are right as mathematics and lose their digits, or everything, somewhere.
LOSSY: list[tuple[str, Callable[..., Any], int, Callable[..., Any]]] = [
    ("1 - tanh**2 in the tail", np.tanh, 0, lambda y, x: 1 - y * y),
    ("1/cosh**2 beyond 355", np.tanh, 0, lambda y, x: 1 / np.cosh(x) ** 2),
    ("expm1 + 1 far left", np.expm1, 0, lambda y, x: y + 1),
    ("exp(a - logaddexp)", np.logaddexp, 0, lambda y, a, b: np.exp(a - y)),
    ("a rounded difference", np.logaddexp, 0, lambda y, a, b: 1 / (1 + np.exp(b - a))),
    ("quotient of exponentials", np.logaddexp, 1, lambda y, a, b: np.exp(b) / (np.exp(a) + np.exp(b))),
    ("1 / (1 + x*x) overflows", np.arctan, 0, lambda y, x: 1 / (1 + x * x)),
    ("1 / (x log 10) overflows", np.log10, 0, lambda y, x: 1 / (x * LN10)),
    ("1 / sqrt(1 + x*x) overflows", np.arcsinh, 0, lambda y, x: 1 / np.sqrt(1 + x * x)),
    ("1 - x*x beside 1", np.arcsin, 0, lambda y, x: 1 / np.sqrt(1 - x * x)),
    ("1 - x*x beside -1", np.arctanh, 0, lambda y, x: 1 / (1 - x * x)),
    ("x*x - 1 beside 1", np.arccosh, 0, lambda y, x: 1 / np.sqrt(x * x - 1)),
    ("a*a + b*b", np.arctan2, 0, lambda y, a, b: b / (a * a + b * b)),
    ("a rounded quotient", np.fmod, 1, lambda y, a, b: -np.trunc(a / b)),
    ("a rounded quotient at a step", np.remainder, 1, lambda y, a, b: -np.floor(a / b)),
    ("a rounded exponent", np.power, 0, lambda y, a, b: b * a ** (b - 1)),
    ("pi x rounded", np.sinc, 0, lambda y, x: (np.cos(np.pi * x) - y) / x),
    ("a staircase times 0", np.floor_divide, 0, lambda y, a, b: 0 * y),
    ("square of a reciprocal", np.divide, 1, lambda y, a, b: -a / (b * b)),
]


@pytest.mark.parametrize(("function", "operand", "slope"), [c[1:] for c in LOSSY], ids=[c[0] for c in LOSSY])
def test_a_formula_that_loses_its_digits_somewhere_is_noticed(
    function: Any, operand: int, slope: Callable[..., Any]
) -> None:
    op = TABLE[function]

    def rule(k: int, xs: tuple[Any, ...]) -> np.ndarray:
        return np.asarray(slope(function(*xs), *xs)) if k == operand else table_rule(op)(k, xs)

    with pytest.raises(AssertionError):
        check(op, SAMPLE, rule)


@pytest.mark.parametrize("op", ENTRIES, ids=lambda op: op.name)
def test_the_sweeps_put_together_keep_the_worst_of_every_operand(op: Op) -> None:
    """A few points suffice: nothing but the putting together is in question."""
    few = Density("few", stride=300, mantissas=1, steps=1, pairs=3)
    apart, together = list(sweeps(op, few)), by_operand(op, few)
    assert [found.operand for found in together] == sorted({found.operand for found in apart})
    for found in together:
        own = [one for one in apart if one.operand == found.operand]
        assert (found.compared, found.open) == (sum(one.compared for one in own), sum(one.open for one in own))
        for name in ("worst", "beyond"):
            errors = [error for one in own if (error := getattr(one, name)) is not None]
            assert getattr(found, name) == max(errors, key=lambda error: error.units, default=None)
    if len(apart) > len(together):  # keeping the first sweep alone is noticed
        assert together != tuple({one.operand: one for one in reversed(apart)}.values())


@pytest.mark.parametrize("op", ENTRIES, ids=lambda op: op.name)
def test_the_report_holds_the_sweep_of_every_operand_with_a_slope(op: Op) -> None:
    facts = rule_facts(op, SAMPLE)
    places = range(len(operands(op)))  # the first of np.where is a condition
    assert [found.operand for found in facts.accuracy] == [k for k in places if k or op.fun is not np.where]
    assert facts.density == SAMPLE
    for found in facts.accuracy:
        seen = found.worst or found.beyond
        assert seen is not None
        assert seen.units <= facts.bar or facts.note
        again = accuracy.accuracy(op, found.operand, tuple(np.array([x]) for x in seen.at))
        repeated = again.worst or again.beyond
        assert repeated is not None
        assert (repeated.at, repeated.slope) == (seen.at, seen.slope)


# --- the unit


FRACTIONS = st.builds(
    lambda mantissa, exponent: Fraction(mantissa) * Fraction(2) ** exponent,
    st.fractions(-2, 2, max_denominator=10**30),
    st.integers(-1080, 1022),
)


def enclosed(fraction: Fraction) -> Any:
    with precision(400):
        return ball(fraction)


@given(FRACTIONS)
def test_the_correctly_rounded_slope_is_within_one_unit(fraction: Fraction) -> None:
    assert units(float(fraction), enclosed(fraction)) <= 1


@given(FRACTIONS, st.sampled_from([-8, 8]))
def test_eight_doubles_away_is_more_than_the_bar(fraction: Fraction, steps: int) -> None:
    answer = float(fraction)
    for _ in range(abs(steps)):
        answer = math.nextafter(answer, math.copysign(math.inf, steps))
    assert units(answer, enclosed(fraction)) > BAR


LARGEST = math.nextafter(math.inf, 0)


@pytest.mark.parametrize(
    ("answer", "truth", "right"),
    [
        (math.inf, Fraction(2) ** 1024, True),
        (-math.inf, -(Fraction(10) ** 400), True),
        (math.inf, Fraction(LARGEST) + Fraction(2) ** 970, True),  # a tie goes to the even neighbour, 2**1024
        (math.inf, Fraction(LARGEST) / 2, False),
        (-math.inf, Fraction(10) ** 400, False),
        (LARGEST, Fraction(10) ** 400, False),
        (math.nan, Fraction(1), False),
        (math.nan, Fraction(10) ** 400, False),
        (0.0, Fraction(2) ** -1080, True),
        (0.0, Fraction(2) ** -1060, False),
    ],
)
def test_infinite_and_vanishing_slopes(answer: float, truth: Fraction, right: bool) -> None:
    assert (units(answer, enclosed(truth)) <= BAR) is right


# --- the truth and the points


def central_difference(op: Op, operand: int, xs: tuple[Any, ...]) -> Any:
    """SymPy has no part in it; its error is below 1e-60 of the slope where nothing is extreme."""
    with precision(1200):
        step = flint.arb(2) ** -300
        sides = []
        for side in (1, -1):
            moved = [x if isinstance(x, bool) else ball(x) for x in xs]
            moved[operand] += side * step
            sides.append(op.exact(HELD, *moved))  # type: ignore[misc]
        return (sides[0] - sides[1]) / (2 * step)


@pytest.mark.parametrize("op", ENTRIES, ids=lambda op: op.name)
def test_the_truth_is_the_difference_quotient_of_the_meaning(op: Op) -> None:
    operand = 1 if op.fun is np.where else 0
    arity = op.exact.__code__.co_argcount - 1  # type: ignore[union-attr]
    compared = 0
    for x in (-2.3, -0.7, 0.3, 0.85, 1.7, 41.2):
        xs = {1: (x,), 2: (x, 1.1), 3: (True, x, 1.1)}[arity]
        if op.domain is not None and not op.domain(*(np.float64(x) for x in xs)) > 0:
            continue
        truth, difference = Truth(op, operand).at(xs), central_difference(op, operand, xs)
        with precision(1200):
            assert truth is not None
            assert abs(truth - difference) < flint.arb(10) ** -28 * (abs(truth) + 1)
        compared += 1
    assert compared >= 2


def test_the_points_reach_every_binade_and_both_signs() -> None:
    full = line(FULL)
    for sign in (-1, 1):
        exponents = set(np.frexp(full[np.sign(full) == sign])[1].tolist())
        assert exponents == set(range(-1073, 1025))
    assert {0.0, 1.0, math.nextafter(1, 0), math.nextafter(1, 2), -ETA, LARGEST} <= set(full.tolist())
    assert np.isfinite(full).all()
    assert len(set(full.tolist())) == len(full)
    a, b = plane(FULL)
    assert np.isfinite([a, b]).all()
    assert not np.signbit(np.concatenate([a[a == 0], b[b == 0]])).any()  # exact numbers have no -0
    assert max(np.count_nonzero(a == b), np.count_nonzero(a < b), np.count_nonzero(a > b)) < len(a)
