"""The entries for scipy.special: proved, accurate, differentiated twice, and absent until SciPy's functions are called.

The tests loop over the entries; which there are is data.
"""

from __future__ import annotations

import dataclasses
import re
import sys
from collections.abc import Callable
from typing import Any

import flint
import numpy as np
import pytest

import ad
from ad.core import Op
from ad.dispatch import entries_of, entry
from verify import check
from verify.accuracy import BAR, ETA, FULL, SAMPLE, Accuracy, Density, Rule, accuracy, line, sweeps, table_rule
from verify.catalogue import load
from verify.checker import check_points
from verify.convention import kinks
from verify.numbers.analytic import SERIES
from verify.numbers.balls import BALLS, ball, precision
from verify.numbers.series import path
from verify.numbers.taylor import TAYLOR
from verify.proof import prove
from verify.suites.optable import HELD
from verify.suites.special import claims

special = pytest.importorskip("scipy.special", reason="SciPy is not installed")

PACKAGE = "scipy.special"
ENTRIES = entries_of(PACKAGE)
OPS = list(ENTRIES.values())
STATED = re.compile(r"up to 2\*\*(\d+) units")
NO_IDENTITY = "not for all inputs"  # what a note says of an entry that is right to rounding, or beyond the proof
GAMMA_FAMILY = ("gammaln", "gamma", "rgamma", "psi")


def named(op: Op) -> str:
    return op.name


def allowed(op: Op) -> float:
    """The units that an entry may be off: 4, or the largest that its note states."""
    return max([BAR, *(2.0 ** int(power) for power in STATED.findall(op.note))])


# --- accuracy


BESSEL_ORDERS = ((0,), (1,), (2,), (7,), (0.5,), (1.5,), (7.25,))
WHOLE = ((0,), (1,), (2,), (7,))
# Leading operands by which there is no derivative: those that a rule is swept for; others for which they are HELD.
LEADING: dict[str, tuple[tuple[float, ...], ...]] = {
    "zeta": ((2,), (3,), (5,)), "expn": ((1,), (2,), (3,), (7,)), "yn": WHOLE, "kn": WHOLE,
    **dict.fromkeys(("jv", "yv", "iv", "kv", "ive", "kve"), BESSEL_ORDERS),
}  # fmt: skip


def test_every_leading_operand_that_is_swept_is_held() -> None:
    assert set(LEADING) <= set(HELD)


def swept(op: Op, density: Density, rule: Rule | None = None) -> list[Accuracy]:
    leading = LEADING.get(op.name, (HELD.get(op.name, ()),))
    return [found for held in leading for found in sweeps(op, density, rule, held)]


def check_accuracy(op: Op, density: Density, rule: Rule | None = None) -> None:
    for found in swept(op, density, rule):
        assert found.compared > found.open, found
        assert found.worst is not None
        assert found.worst.units <= allowed(op), found
        if found.beyond is not None and "result" not in op.note:
            assert found.beyond.units <= allowed(op), found


@pytest.mark.parametrize("op", OPS, ids=named)
def test_every_rule_is_accurate_over_the_whole_range_or_says_where_not(op: Op) -> None:
    check_accuracy(op, SAMPLE)


@pytest.mark.slow
@pytest.mark.parametrize("op", OPS, ids=named)
def test_every_rule_is_accurate_at_every_exponent_and_special_point(op: Op) -> None:
    check_accuracy(op, FULL)


@pytest.mark.parametrize("name", GAMMA_FAMILY)
def test_above_zero_the_gamma_family_is_accurate_to_8_units(name: str) -> None:
    points = line(SAMPLE)
    found = accuracy(entries_by_name()[name], 0, (points[points > 0],))
    assert found.worst is not None
    assert found.worst.units <= 8


@pytest.mark.parametrize("op", OPS, ids=named)
def test_a_rule_off_by_little_more_than_is_allowed_is_refused(op: Op) -> None:
    def wrong(operand: int, xs: tuple[Any, ...]) -> np.ndarray:
        return table_rule(op)(operand, xs) * (1 + 4 * allowed(op) * 2.0**-53) + 4 * allowed(op) * ETA

    with pytest.raises(AssertionError):
        check_accuracy(op, SAMPLE, wrong)


# Formulas in common use that are right as mathematics and lose their digits somewhere.
LOSSY: list[tuple[str, Callable[..., Any]]] = [
    ("erf", lambda y, x: 2 / np.sqrt(np.pi) * np.exp(-x * x)),
    ("ndtr", lambda y, x: np.exp(-x * x / 2) / np.sqrt(2 * np.pi)),
    ("log_ndtr", lambda y, x: np.exp(-x * x / 2 - y) / np.sqrt(2 * np.pi)),
    ("expit", lambda y, x: y * (1 - y)),
    ("log_expit", lambda y, x: 1 - np.exp(y)),
    ("erfcx", lambda y, x: 2 * x * y - 2 / np.sqrt(np.pi)),
    ("kl_div", lambda y, a, b: np.log(a / b)),
]


@pytest.mark.parametrize(("name", "slope"), LOSSY, ids=[case[0] for case in LOSSY])
def test_a_formula_that_loses_its_digits_somewhere_is_noticed(name: str, slope: Callable[..., Any]) -> None:
    op = entries_by_name()[name]

    def rule(k: int, xs: tuple[Any, ...]) -> np.ndarray:
        return np.asarray(slope(op.fun(*xs), *xs)) if k == 0 else table_rule(op)(k, xs)

    with pytest.raises(AssertionError):
        check_accuracy(op, SAMPLE, rule)


def entries_by_name() -> dict[str, Op]:
    return {op.name: op for op in OPS}


# --- proofs and verdicts


@pytest.mark.parametrize("op", OPS, ids=named)
def test_every_entry_is_proved_or_says_why_not(op: Op) -> None:
    finding = prove(op.fun)
    assert finding.ok
    assert (finding.verdict.name == "PROVED") != (NO_IDENTITY in op.note), finding.worst_point.notes


@pytest.mark.parametrize("op", OPS, ids=named)
def test_a_rule_a_billionth_off_is_wrong(op: Op, monkeypatch: pytest.MonkeyPatch) -> None:
    spoilt = dataclasses.replace(op, vjp=lambda *a: op.vjp(*a) * (1 + 1e-9))
    monkeypatch.setitem(ENTRIES, op.fun, spoilt)
    assert prove(op.fun).verdict.name == "WRONG"


def test_float32_lgamma_at_30() -> None:
    right = check(lambda x: special.gammaln(x), np.float32(30), gradient=lambda x: special.digamma(x))
    wrong = check(lambda x: special.gammaln(x), np.float32(30), gradient=lambda x: special.digamma(x) * 1.0005)
    assert right.verdict.name == "CERTIFIED"
    assert wrong.verdict.name == "WRONG"


EXPRESSIONS = ("erf(x)", "erfc(x)*exp(x)", "gamma(x)", "loggamma(x)**2", "log(erf(x)**2 + gamma(x)**2)")


@pytest.mark.parametrize("text", EXPRESSIONS)
@pytest.mark.parametrize("x", [0.3, -1.7, 2.5])
def test_expressions_with_special_functions_are_certified(text: str, x: float) -> None:
    finding = check(text, at={"x": x})
    assert finding.verdict.name == "CERTIFIED", finding.explain()
    assert check(text, at={"x": x}, gradient=lambda x: 0.0 * x).verdict.name == "WRONG"


@pytest.mark.parametrize("x", [-300.0, -40.0, -5.0, 0.0, 0.4, 9.0, 30.0, 37.0, 39.0])
def test_tails_are_certified(x: float) -> None:
    for function in (special.log_ndtr, special.ndtr, special.log_expit, special.erfc):
        finding = check(function, x)
        assert finding.verdict.name == "CERTIFIED", finding.explain()


def test_a_function_of_arrays_is_certified_in_float32_too() -> None:
    for dtype in (np.float32, np.float64):
        x = np.linspace(-3, 3, 7, dtype=dtype)
        finding = check(lambda x: np.sum(special.ndtr(x) * special.log_expit(x) + special.erf(x[::-1])), x)
        assert finding.verdict.name == "CERTIFIED", finding.explain()


# --- derivatives of any order, and the exact modules


POINTS = (0.21, 0.74, 1.37, 3.9, -0.35, -2.6)


def points_of(op: Op) -> list[tuple[float, ...]]:
    """Operands before the last one, and the last one, inside the domain."""
    before = HELD.get(op.name) or (0.9, 1.3)[: len(op_parameters(op)) - 1]
    found = [(*before, x) for x in POINTS]
    return [xs for xs in found if op.domain is None or float(op.domain(*xs)) > 0]


def op_parameters(op: Op) -> tuple[str, ...]:
    code = op.exact.__code__  # type: ignore[union-attr]
    return tuple(code.co_varnames[1 : code.co_argcount])


def exact_operands(op: Op, xs: tuple[float, ...]) -> list[Any]:
    """Balls, but whole orders as they are."""
    return [v if op.name in HELD and isinstance(v, int) else ball(v) for v in xs]


def differences(op: Op, xs: tuple[float, ...]) -> list[Any]:
    """Value, slope and curvature by the last operand, by central differences of exact mathematics."""
    step = flint.arb(2) ** -300
    *before, x = exact_operands(op, xs)
    low, middle, high = (op.exact(BALLS, *before, x + s * step) for s in (-1, 0, 1))  # type: ignore[misc]
    return [middle, (high - low) / (2 * step), (high - 2 * middle + low) / step**2]


@pytest.mark.parametrize("op", OPS, ids=named)
def test_taylor_polynomials_and_series_are_those_of_the_balls(op: Op) -> None:
    assert len(points_of(op)) >= 2
    tiny = flint.arb(10) ** -60
    for xs in points_of(op):
        with precision(1400):
            wanted = differences(op, xs)
            *before, x = exact_operands(op, xs)
            smooth = op.exact(TAYLOR, *before, flint.arb_series([x, 1], 3))  # type: ignore[misc]
            beside = op.exact(SERIES, *before, path(x, [(1, 1)]))  # type: ignore[misc]
            for k, (exact, factor) in enumerate(zip(wanted, (1, 1, 2), strict=True)):
                for found in (smooth[k], beside.at(k)):
                    assert abs(found * factor - exact) < tiny * (1 + abs(exact)), (xs, k)
                    assert not abs(found * factor * (1 + 1e10 * tiny) - exact) < tiny * abs(exact)


@pytest.mark.parametrize("op", OPS, ids=named)
def test_second_derivatives_are_exact_in_all_orders_of_modes(op: Op) -> None:
    for xs in points_of(op):
        with precision(1400):
            _, slope, second = (float(d.mid()) for d in differences(op, xs))
        f = lambda x, xs=xs: op.fun(*xs[:-1], x)  # noqa: E731
        for outer in (ad.grad, ahead):
            for inner in (ad.grad, ahead):
                found = outer(inner(f))(xs[-1])
                assert abs(found - second) <= 1e-9 * (abs(second) + abs(slope)), (xs, found, second)


def ahead(f: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x: ad.jvp(f, (x,), (1.0,))[1]


# --- refusals, and SciPy's absence


def test_what_has_no_rule_fails_loudly() -> None:
    with pytest.raises(TypeError, match=r"scipy\.special\.struve has no entry in ad's table"):
        ad.grad(lambda x: special.struve(1, x))(0.5)
    with pytest.raises(TypeError, match=r"scipy\.special\.zeta has no derivative by its argument 1"):
        ad.grad(lambda s: special.zeta(s, 0.5))(3.0)
    with pytest.raises(TypeError):
        ad.grad(lambda x: special.polygamma(1, x))(0.5)


def test_entries_are_found_for_scipys_functions_only() -> None:
    assert entry(special.erf) is ENTRIES[special.erf]
    assert entry(special.struve) is None
    assert entry(np.spacing) is None


def test_without_scipy_the_suite_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(claims()) == len(ENTRIES) >= 20
    monkeypatch.setitem(sys.modules, "scipy", None)
    assert claims() == []


def test_the_suite_of_special_functions_ends_as_expected() -> None:
    groups = [group for group in load("built-in") if group.suite == "special"]
    assert len(groups) == len(ENTRIES)
    for group in groups[::4]:
        assert check_points(group.claims).ok, group.id


@pytest.mark.parametrize("order", [1, 2])
def test_zeta_of_a_broken_order_is_certified_and_a_slope_of_the_wrong_order_refuted(order: int) -> None:
    def loss(x: Any) -> Any:
        return np.sum(special.zeta(2.5, x))

    x = np.array([1.25, 0.5])
    assert check(loss, x, gradient=lambda x: -2.5 * special.zeta(3.5, x), order=order).verdict.name == "CERTIFIED"
    assert check(loss, x, gradient=lambda x: -2.5 * special.zeta(2.5, x), order=order).verdict.name == "WRONG"
    assert check(loss, -x).verdict.name == "UNDEFINED"


def test_on_its_kink_a_function_with_an_order_shows_the_slope_by_its_argument() -> None:
    found = kinks(ENTRIES[special.ive])
    assert found
    assert all(len(kink.at) == 2 and len(kink.slopes) == 1 for kink in found)
