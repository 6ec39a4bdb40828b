"""The slope of a function from its values: bars hold, kinks are seen, and wrong methods fail here."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from difference_points import (
    EASY,
    PLAIN,
    SHARP,
    Function,
    Problem,
    along,
    magnitude,
    oscillating,
    problems,
    sharp,
    undefined,
)
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from verify.slopes import NoSlope, Slope, slope
from verify.tableau import extrapolate, majority

COVERAGE = 0.995  # part of the answers whose bar must hold the truth
ANSWERED = 0.9  # part of the problems that must get an answer
SHARPNESS = 1e-6  # median relative radius of the easy families
EVALUATIONS = 120  # mean number of values a slope may cost

Method = Callable[[Function, float, float], Slope | NoSlope]


@cache
def answers() -> tuple[tuple[Problem, Slope | NoSlope], ...]:
    return tuple((p, slope(p.phi, p.scale, p.roundoff)) for p in problems())


def answered(method: Method) -> list[tuple[Problem, Slope]]:
    pairs = answers() if method is slope else [(p, method(p.phi, p.scale, p.roundoff)) for p in problems()]
    return [(p, found) for p, found in pairs if isinstance(found, Slope)]


def coverage(method: Method) -> float:
    found = answered(method)
    return sum(abs(s.value - p.exact) <= s.radius for p, s in found) / len(found)


def missed(method: Method, points: list[Problem]) -> list[str]:
    """Names of the points where the method claims a slope."""
    return [p.name for p in points if not isinstance(method(p.phi, p.scale, p.roundoff), NoSlope)]


# Mutants: methods in wide use, and this one with a piece taken out


def two_points(phi: Function, scale: float, roundoff: float) -> Slope:
    """The step 1e-6 and a guessed tolerance."""
    with np.errstate(all="ignore"):
        low, here, high = phi(np.array([-1e-6, 0.0, 1e-6]))
        value = (high - low) / 2e-6
        return Slope(value, 1e-3 * abs(value) + 1e-5, (here - low) / 1e-6, (high - here) / 1e-6, 0.1, 3)


def deaf(phi: Function, scale: float, roundoff: float) -> Slope | NoSlope:
    """Tableaus and a majority, but the noise is taken to be nothing."""
    with np.errstate(all="ignore"):
        bars = []
        for base in (0.25 * scale, 0.02 * scale, 0.001 * scale):
            steps = base * 0.5 ** np.arange(5)
            column = (phi(steps) - phi(-steps)) / (2 * steps)
            bars.append(extrapolate(list(column), [0.0] * 5, growth=4.0))
        best = majority(bars)
    return NoSlope("no two agree") if best is None else Slope(best.value, best.radius, 0.0, 0.0, 1.0, 30)


def blind(phi: Function, scale: float, roundoff: float) -> Slope | NoSlope:
    """The answer where one-sided slopes are not compared: both sides are made equal."""
    return slope(lambda h: (phi(h) - phi(-h)) / 2, scale, roundoff)


def boastful(phi: Function, scale: float, roundoff: float) -> Slope | NoSlope:
    """Bars a thousand times too short."""
    found = slope(phi, scale, roundoff)
    return found if isinstance(found, NoSlope) else replace(found, radius=found.radius / 1000)


# Coverage


def test_at_least_500_problems_of_at_least_ten_families_are_tried() -> None:
    assert len(answers()) >= 500
    assert len({p.family for p, _ in answers()}) >= 10


def test_true_error_lies_within_the_radius() -> None:
    outside = [(p.name, p.exact, s) for p, s in answered(slope) if not abs(s.value - p.exact) <= s.radius]
    assert coverage(slope) >= COVERAGE, outside


@pytest.mark.parametrize("method", [two_points, deaf, boastful])
def test_methods_with_guessed_or_incomplete_bars_fail_the_same_coverage(method: Method) -> None:
    assert coverage(method) < COVERAGE


def test_radius_is_finite_and_never_zero() -> None:
    for p, s in answered(slope):
        assert 0.0 < s.radius < math.inf, p.name
        assert math.isfinite(s.value), p.name
        assert s.radius >= 2.0**-53 * abs(s.value), p.name


def test_a_tableau_without_noise_claims_radius_zero_somewhere() -> None:
    assert any(s.radius == 0.0 for _, s in answered(deaf))


def test_nearly_all_problems_are_answered() -> None:
    refused = [(p.name, found.reason) for p, found in answers() if isinstance(found, NoSlope)]
    assert len(answered(slope)) / len(answers()) >= ANSWERED, refused


def test_every_family_is_mostly_answered() -> None:
    for family in sorted({p.family for p, _ in answers()}):
        found = [answer for p, answer in answers() if p.family == family]
        assert sum(isinstance(answer, Slope) for answer in found) >= 0.8 * len(found), family


def test_easy_families_get_sharp_answers() -> None:
    def relative(method: Method) -> float:
        found = [s for p, s in answered(method) if p.family in EASY]
        return float(np.median([s.radius / max(abs(s.value), 1e-300) for s in found]))

    assert relative(slope) < SHARPNESS
    assert relative(two_points) > SHARPNESS


def test_a_slope_costs_about_a_hundred_values_in_few_calls() -> None:
    assert np.mean([s.evaluations for _, s in answered(slope)]) <= EVALUATIONS
    for p in problems(times=1)[::10]:
        sizes: list[int] = []

        def counted(h: np.ndarray, p: Problem = p, sizes: list[int] = sizes) -> np.ndarray:
            sizes.append(h.size)
            return p.phi(h)

        found = slope(counted, p.scale, p.roundoff)
        assert len(sizes) <= 7, p.name
        assert isinstance(found, NoSlope) or found.evaluations == sum(sizes), p.name


# Where there is no slope


def test_kinks_jumps_edges_and_infinite_slopes_are_all_noticed() -> None:
    assert missed(slope, sharp()) == []


def test_without_one_sided_slopes_kinks_are_missed() -> None:
    assert {"abs", "relu", "float32 abs"} <= set(missed(blind, sharp()))
    assert len(missed(deaf, sharp())) >= 5


def test_a_kink_names_both_slopes() -> None:
    found = slope(np.abs, 1.0)
    assert isinstance(found, NoSlope)
    assert found.reason == "the one-sided slopes differ: -1 (left) and 1 (right): a kink"
    jump = slope(np.floor, 1.0)
    assert isinstance(jump, NoSlope)
    assert "jumps by -1 to the left" in jump.reason


def test_an_oscillation_without_a_derivative_gets_no_bar_shorter_than_its_slopes() -> None:
    for p in oscillating():
        found = slope(p.phi, p.scale, p.roundoff)
        assert isinstance(found, NoSlope) or found.radius >= 1.0, p.name
    tight = [boastful(p.phi, p.scale, p.roundoff) for p in oscillating()]
    assert any(isinstance(found, Slope) and found.radius < 1.0 for found in tight)


def test_without_finite_values_there_is_a_reason_and_no_nan() -> None:
    for p in undefined():
        found = slope(p.phi, p.scale, p.roundoff)
        assert isinstance(found, NoSlope), p.name
        assert "not finite" in found.reason, p.name
    assert missed(two_points, undefined()) != []


def test_every_reason_is_one_line_of_text() -> None:
    for p in [*sharp(), *undefined()]:
        found = slope(p.phi, p.scale, p.roundoff)
        assert isinstance(found, NoSlope), p.name
        assert len(found.reason) > 20, p.name
        assert "\n" not in found.reason, p.name


def test_one_sided_slopes_hold_the_truth_too() -> None:
    found = [(p, s) for p, s in answered(slope) if p.family == "easy"]
    held = [max(abs(s.left - p.exact), abs(s.right - p.exact)) <= s.one_sided_radius for p, s in found]
    assert sum(held) >= COVERAGE * len(held)
    tighter = [
        max(abs(s.left - p.exact), abs(s.right - p.exact)) <= s.one_sided_radius / 1000 for p, s in found
    ]
    assert sum(tighter) < COVERAGE * len(tighter)


@pytest.mark.parametrize(
    ("scale", "roundoff", "named"),
    [
        (0.0, 2.0**-53, "scale"),
        (math.nan, 2.0**-53, "scale"),
        (-1.0, 2.0**-53, "scale"),
        (math.inf, 2.0**-53, "scale"),
        (1.0, 0.0, "roundoff"),
        (1.0, math.nan, "roundoff"),
        (1.0, 0.5, "roundoff"),
    ],
)
def test_a_scale_or_roundoff_that_means_nothing_is_refused_by_name(
    scale: float, roundoff: float, named: str
) -> None:
    with pytest.raises(ValueError, match=f"^{named} is "):
        slope(np.sin, scale, roundoff)


def test_a_function_that_returns_another_number_of_values_is_refused() -> None:
    with pytest.raises(ValueError, match=r"phi returned shape \(\)"):
        slope(lambda h: np.sum(h), 1.0)


# Laws

seeds = st.integers(0, 2**32 - 1)
factors = st.floats(1e-100, 1e100).flatmap(lambda a: st.sampled_from([a, -a]))
LAWS = settings(deadline=None, max_examples=150)


def at_random(subject_index: int, seed: int) -> tuple[Function, float]:
    subject = PLAIN[subject_index]
    x = subject.draw(np.random.default_rng(seed))
    return along(subject.function, x, 1.0), x


def scaled_meets(method: Method, phi: Function, x: float, a: float) -> bool:
    plain, scaled = (method(f, magnitude(x), 2.0**-53) for f in (phi, lambda h: a * phi(h)))
    if isinstance(plain, NoSlope) or isinstance(scaled, NoSlope):
        return True
    return abs(scaled.value - a * plain.value) <= scaled.radius + abs(a) * plain.radius


def sum_meets(method: Method, phi: Function, psi: Function, x: float) -> bool:
    both = [method(f, magnitude(x), 2.0**-53) for f in (phi, psi, lambda h: phi(h) + psi(h))]
    if any(isinstance(found, NoSlope) for found in both):
        return True
    first, second, total = (found for found in both if isinstance(found, Slope))
    return abs(total.value - first.value - second.value) <= total.radius + first.radius + second.radius


def shifted_meets(method: Method, phi: Function, x: float, constant: float) -> bool:
    plain, shifted = (method(f, magnitude(x), 2.0**-53) for f in (phi, lambda h: phi(h) + constant))
    if isinstance(plain, NoSlope) or isinstance(shifted, NoSlope):
        return True
    return abs(shifted.value - plain.value) <= shifted.radius + plain.radius


@LAWS
@given(st.integers(0, len(PLAIN) - 1), seeds, factors)
def test_the_slope_scales_with_the_function(index: int, seed: int, a: float) -> None:
    phi, x = at_random(index, seed)
    assert scaled_meets(slope, phi, x, a)


@LAWS
@given(st.integers(0, len(PLAIN) - 1), st.integers(0, len(PLAIN) - 1), st.floats(0.1, 3.0))
def test_the_slope_of_a_sum_is_the_sum_of_the_slopes(first: int, second: int, x: float) -> None:
    phi, psi = (along(PLAIN[i].function, x, 1.0) for i in (first, second))
    assert sum_meets(slope, phi, psi, x)


@LAWS
@given(st.integers(0, len(PLAIN) - 1), seeds, st.floats(-1e12, 1e12))
def test_a_constant_does_not_move_the_slope(index: int, seed: int, constant: float) -> None:
    phi, x = at_random(index, seed)
    assert shifted_meets(slope, phi, x, constant)


@LAWS
@given(
    st.sampled_from([entry for entry in SHARP if entry[0] in ("abs", "relu", "sign at 0", "cbrt at 0")]),
    factors,
    st.floats(-1.0, 1.0),
)
def test_a_kink_stays_one_when_scaled_and_shifted_by_its_own_size(
    entry: tuple[str, Function, float], a: float, b: float
) -> None:
    _, function, x = entry
    assume(abs(a) > 1e-90)
    assert isinstance(slope(lambda h: a * (function(x + h) + b), magnitude(x)), NoSlope)


def test_bars_a_thousand_times_too_short_break_every_law() -> None:
    random = [at_random(index, seed) for index in range(len(PLAIN)) for seed in range(5)]
    assert not all(scaled_meets(boastful, phi, x, 3.7) for phi, x in random)
    assert not all(shifted_meets(boastful, phi, x, 1e6) for phi, x in random)
    points = np.linspace(0.1, 3.0, 20)
    assert not all(sum_meets(boastful, along(np.sin, x, 1.0), along(np.exp, x, 1.0), x) for x in points)


def test_the_laws_compare_slopes_and_not_refusals() -> None:
    random = [at_random(index, seed) for index in range(len(PLAIN)) for seed in range(5)]
    found = [slope(lambda h, phi=phi: 3.7 * phi(h), magnitude(x)) for phi, x in random]
    assert sum(isinstance(answer, Slope) for answer in found) >= 0.95 * len(found)
