"""Taylor coefficients by values on a circle: they enclose the truth, tightly, and refuse where nothing is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import flint
import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verify.numbers.bits import precision
from verify.numbers.contour import along

mp = mpmath.mp
BITS = 200
TERMS = 4


def right(*xs: Any) -> bool:
    return all(bool(x.real > 0) for x in xs)


def anywhere(*xs: Any) -> bool:
    return True


@dataclass(frozen=True)
class Case:
    """A function over complex balls, where it is analytic, the same in mpmath, and paths as coefficients."""

    name: str
    function: Callable[..., Any]
    inside: Callable[..., bool]
    in_mpmath: Callable[..., Any]
    operands: tuple[tuple[float, ...], ...]


def lower(a: Any, x: Any) -> Any:
    return x.gamma_lower(a, 1)


def lower_mp(a: Any, x: Any) -> Any:
    return mp.gammainc(a, 0, x, regularized=True)


CASES = (
    Case("shape of gammainc", lower, right, lower_mp, ((2.5, 1.0), (1.3,))),
    Case("both of gammainc", lower, right, lower_mp, ((2.5, 1.0), (1.3, 0.5))),
    Case("curved path", lower, right, lower_mp, ((0.75, 1.0, -3.0), (2.3, 0.5, 0.25))),
    Case("small shape", lower, right, lower_mp, ((0.01, 1.0), (1e-10,))),
    Case("order of J", lambda v, x: x.bessel_j(v), right, mp.besselj, ((1.25, 1.0), (3.5, -1.0))),
    Case("power", lambda a, b: a.pow(b), right, mp.power, ((1e-3, 1.0), (2.5, 2.0))),
    Case("sine near 0", lambda x: x.sin(), anywhere, mp.sin, ((1e-6, 1.0),)),
    Case("near a pole", lambda x: x.gamma(), anywhere, mp.gamma, ((-2.0 + 2.0**-20, 1.0),)),
    Case("large and steep", lambda x: x.exp(), anywhere, mp.exp, ((700.0, 100.0),)),
    Case("2F1 by all", lambda a, b, c, x: x.hypgeom_2f1(a, b, c), lambda a, b, c, x: bool(x.real < 1), mp.hyp2f1,
         ((0.5, 1.0), (1.5, -1.0), (2.25, 0.5), (0.25, 1.0))),
)  # fmt: skip
TRIED = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])


def found(case: Case, bits: int = BITS) -> list[Any]:
    with precision(bits):
        return along(case.function, case.inside, case.operands, TERMS)


def exact(case: Case) -> list[Any]:
    """Coefficients by interpolation at 400 digits: an error of about 10**-70, from no code of ours."""
    with mp.workdps(400):

        def value(s: Any) -> Any:
            return case.in_mpmath(*(mp.polyval([mp.mpf(c) for c in reversed(p)], s) for p in case.operands))

        step = mp.mpf(10) ** -75
        rising = [value(k * step) for k in range(TERMS)]
        totals = [mp.mpf(0)] * TERMS
        for k in range(TERMS):  # Newton's forward differences, expanded: the terms left out are below the step
            difference = sum((-1) ** (k - j) * mp.binomial(k, j) * rising[j] for j in range(k + 1))
            totals[k] = difference / step**k / mp.factorial(k)
        return totals


def in_ball(truth: Any, ball: Any, within: float) -> bool:
    """Whether a ball, widened by a relative error of the truth, meets it."""
    with mp.workdps(100), precision(BITS + 100):
        known = flint.arb(mp.nstr(truth, 90))
        return bool(ball.overlaps(known + flint.arb(0, abs(known) * flint.arb(within))))


@TRIED
def test_every_coefficient_encloses_mpmaths_value_and_is_narrow(case: Case) -> None:
    for k, (ball, truth) in enumerate(zip(found(case), exact(case), strict=True)):
        known = 1e-55
        assert in_ball(truth, ball, known), (k, ball, truth)
        assert not in_ball(truth * (1 + mp.mpf(10) ** -40), ball, known), (k, ball)


@TRIED
def test_higher_precision_stays_inside_and_is_narrower(case: Case) -> None:
    for wide, narrow in zip(found(case, 100), found(case, 600), strict=True):
        assert wide.overlaps(narrow)
        assert narrow.rel_accuracy_bits() > wide.rel_accuracy_bits() + 300


def test_operands_known_up_to_a_radius_widen_the_coefficients_by_as_much_and_no_less() -> None:
    with precision(BITS):
        a, radius = flint.arb(2.5), flint.arb(10) ** -30
        wide = along(lower, right, [[a + flint.arb(0, radius), 1], [flint.arb(1.3, 1e-31)]], TERMS)
        for end in (a - radius, a, a + radius):
            inner = along(lower, right, [[end, 1], [1.3]], TERMS)
            for k in range(TERMS):
                assert wide[k].contains(inner[k]), k
                assert wide[k].rad() < flint.arb(10) ** -24
        ends = [along(lower, right, [[end, 1], [1.3]], 1)[0] for end in (a - radius, a + radius)]
        assert not ends[0].overlaps(ends[1])


@settings(deadline=None, max_examples=30)
@given(st.floats(0.05, 50), st.floats(0.05, 50), st.floats(-2, 2), st.floats(-2, 2))
def test_a_sum_of_exponents_is_a_product_of_powers(a: float, x: float, t: float, u: float) -> None:
    """The coefficients of a**x along a line are those of FLINT's own series."""
    with precision(BITS):
        circle = along(lambda a, x: (x * a.log()).exp(), right, [[a, t], [x, u]], TERMS)
        base, power = flint.arb_series([a, t], TERMS), flint.arb_series([x, u], TERMS)
        series = (power * base.log()).exp()
        for k in range(TERMS):
            assert circle[k].overlaps(series[k])
            assert abs(circle[k].rad()) <= abs(circle[0]) * flint.arb(10) ** -40 * (1 + 1 / flint.arb(a)) ** 4


def test_what_does_not_move_has_its_value_alone() -> None:
    with precision(BITS):
        value, *rest = along(lower, right, [[2.5], [1.3, 0]], TERMS)
        assert value.overlaps(flint.arb(1.3).gamma_lower(2.5, 1))
        assert all(c.is_zero() for c in rest)


@pytest.mark.parametrize(
    "operands",
    [[[-2.5, 1], [1.3]], [[2.5, 1], [0.0, 1.0]], [[float("nan"), 1], [1.3]], [[2.5, float("inf")], [1.3]],
     [[flint.arb(2.5, 3), 1], [1.3]]],
    ids=["outside", "at the edge", "nan", "infinite", "wide"],
)  # fmt: skip
def test_where_nothing_is_known_the_coefficients_are_nan(operands: list[list[Any]]) -> None:
    assert all(c.is_nan() for c in along(lower, right, operands, TERMS))


def test_a_pole_at_the_point_is_nan() -> None:
    assert all(c.is_nan() for c in along(lambda x: x.gamma(), anywhere, [[-2, 1]], TERMS))


def test_half_the_points_that_the_bound_accounts_for_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    import verify.numbers.contour as contour

    means = contour._means
    monkeypatch.setattr(contour, "_means", lambda f, p, circle, n, terms: means(f, p, circle, n // 2, terms))
    case = CASES[0]
    missed = [not in_ball(t, b, 1e-55) for b, t in zip(found(case), exact(case), strict=True)]
    assert any(missed)
