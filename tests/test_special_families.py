"""Bessel functions by their neighbours in order and by their order; ufuncs with several results."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy as sp

import ad
from verify import check, prove
from verify.numbers.field import vanishes
from verify.recurrences import RECURRENCES, WIDEST, in_two_orders

special = pytest.importorskip("scipy.special", reason="SciPy is not installed")

# --- one derivative in other orders than SymPy writes it

X = sp.Symbol("x", real=True)

WRITTEN_OTHERWISE = [
    (special.y1, lambda x: special.y0(x) - special.y1(x) / x),
    (lambda x: special.kv(2.5, x), lambda x: -special.kv(1.5, x) - 2.5 * special.kv(2.5, x) / x),
    (lambda x: x * special.j1(x), lambda x: x * special.j0(x)),
]


@pytest.mark.parametrize("case", WRITTEN_OTHERWISE, ids=["Y1", "K2.5", "x J1"])
def test_a_slope_in_other_orders_is_proved(case: tuple[Any, Any]) -> None:
    f, slope = case
    assert prove(f, 1.7, gradient=slope).verdict.name == "PROVED"
    assert prove(f, 1.7, gradient=lambda x: slope(x) * (1 + 1e-9)).verdict.name == "WRONG"


@pytest.mark.parametrize("f", [special.j1, special.i1], ids=["J1", "I1"])
def test_a_slope_that_divides_by_x_is_found_to_be_undefined_at_0(f: Any) -> None:
    before = {special.j1: special.j0, special.i1: special.i0}[f]
    slope = lambda x: before(x) - f(x) / x  # noqa: E731
    assert check(f, 1.7, gradient=slope).verdict.name == "CERTIFIED"
    found = prove(f, 1.7, gradient=slope)
    assert found.proved
    assert [point.verdict.name for point in found.points if not point.ok] == ["WRONG"]
    assert "x = 0" in found.explain()


@pytest.mark.parametrize("kind", RECURRENCES, ids=str)
@pytest.mark.parametrize("order", [sp.Integer(0), sp.Integer(1), sp.Rational(1, 3), sp.Rational(-5, 2)])
def test_the_second_derivative_fulfils_bessels_equation(kind: Any, order: Any) -> None:
    y = kind(order, X)
    sign = -1 if kind in (sp.besseli, sp.besselk) else 1
    equation = X**2 * sp.diff(y, X, 2) + X * sp.diff(y, X) + (sign * X**2 - order**2) * y
    assert vanishes(in_two_orders(equation))
    assert not vanishes(in_two_orders(equation + y / 10**9))


def test_orders_that_are_symbols_or_far_apart_stay() -> None:
    v = sp.Symbol("v", real=True)
    for left in (sp.besselj(v + 1, X) + sp.besselj(v, X), sp.besselk(0, X) + sp.besselk(WIDEST + 1, X)):
        assert in_two_orders(left) == left


# --- ufuncs with several results

SEVERAL = {
    special.airy: (-2.3, 0.4, 3.1),
    special.sici: (-2.3, 0.4, 31.0),
    special.shichi: (-2.3, 0.4, 3.1),
    special.fresnel: (-2.3, 0.4, 31.0),
}


@pytest.mark.parametrize("ufunc", SEVERAL, ids=lambda f: f.__name__)
def test_every_result_of_a_ufunc_with_several_is_certified(ufunc: Any) -> None:
    for k in range(ufunc.nout):
        finding = check(lambda x, k=k: ufunc(x)[k], np.array(SEVERAL[ufunc]))
        assert finding.verdict.name == "CERTIFIED", finding.explain()
    together = check(lambda x: sum(y * y for y in ufunc(x)), SEVERAL[ufunc][1])
    assert together.verdict.name == "CERTIFIED", together.explain()
    wrong = check(lambda x: ufunc(x)[0], SEVERAL[ufunc][1], gradient=lambda x: ufunc(x)[1])
    assert ufunc is special.airy or wrong.verdict.name == "WRONG"


@pytest.mark.parametrize("ufunc", SEVERAL, ids=lambda f: f.__name__)
def test_values_of_several_results_are_scipys(ufunc: Any) -> None:
    x = np.array(SEVERAL[ufunc])
    for k, wanted in enumerate(ufunc(x)):
        y, _ = ad.vjp(lambda x, k=k: ufunc(x)[k], x)
        assert np.array_equal(y, wanted)


def test_a_ufunc_with_several_results_and_no_definition_fails_loudly() -> None:
    with pytest.raises(TypeError, match="kelvin"):
        ad.grad(lambda x: special.kelvin(x)[0].real)(0.5)


@pytest.mark.parametrize("x", [0.0, 2.0, -4.0, 3.0, 2.0**53, 1e17, -3e200])
def test_fresnel_slopes_at_whole_numbers(x: float) -> None:
    whole = int(x)
    s, c = (ad.grad(lambda x, k=k: special.fresnel(x)[k])(x) for k in (0, 1))
    assert (s, c) == ((1.0, 0.0) if whole % 2 else (0.0, 1.0))
    if abs(x) < 1e150:
        curvature = ad.grad(ad.grad(lambda x: special.fresnel(x)[0]))(x)
        assert np.isclose(curvature, 0.0 if whole % 2 else np.pi * x, rtol=1e-14, atol=1e-14 * abs(x))


def test_elliptic_slopes_beside_zero_keep_their_digits() -> None:
    for m in (0.0, 1e-300, -1e-17, 1e-9, 1e-3):
        k, e = (ad.grad(f)(m) for f in (special.ellipk, special.ellipe))
        assert np.isclose(k, np.pi / 8 * (1 + 9 / 8 * m), rtol=2 * m * m + 1e-15, atol=0)
        assert np.isclose(e, -np.pi / 8 * (1 + 3 / 8 * m), rtol=2 * m * m + 1e-15, atol=0)
        assert np.isclose(ad.grad(ad.grad(special.ellipk))(m), 9 * np.pi / 64, rtol=4 * abs(m) + 1e-14, atol=0)


# --- by the order

BY_ORDER = {special.jv: "J", special.yv: "Y", special.iv: "I", special.kv: "K", special.ive: "Ie", special.kve: "Ke"}


@pytest.mark.parametrize("function", BY_ORDER, ids=BY_ORDER.get)
def test_a_derivative_by_the_order_fails_loudly_and_an_order_of_any_type_is_a_constant(function: Any) -> None:
    for mode in (ad.grad, lambda f: lambda v: ad.jvp(f, (v,), (1.0,))[1]):
        with pytest.raises(TypeError, match=f"{function.__name__} has no derivative by its argument 1"):
            mode(lambda v: function(v, 1.3))(2.0)
    wanted = ad.grad(lambda x: function(2, x))(1.3)
    for order in (2.0, np.int64(2), np.float64(2.0)):
        assert ad.grad(lambda x, order=order: function(order, x))(1.3) == wanted
    x = np.array([0.5, 1.3])
    assert ad.grad(lambda x: np.sum(function(np.array([0, 2]), x)))(x)[1] == wanted


@pytest.mark.parametrize("function", [special.jv, special.yv, special.iv, special.kv], ids=BY_ORDER.get)
def test_anothers_derivative_by_the_order_is_certified_or_refuted(function: Any) -> None:
    mpmath = pytest.importorskip("mpmath")
    truth = getattr(mpmath.mp, {"J": "besselj", "Y": "bessely", "I": "besseli", "K": "besselk"}[BY_ORDER[function]])
    with mpmath.mp.workdps(60):
        slope = float(mpmath.mp.diff(lambda v: truth(v, mpmath.mpf(1.3)), mpmath.mpf(2.25), h=mpmath.mpf(10) ** -20))
    claim = lambda g: check(lambda v: function(v, 1.3), 2.25, gradient=lambda v: g + 0 * v)  # noqa: E731
    assert claim(slope).verdict.name == "CERTIFIED"
    assert claim(slope * (1 + 1e-9)).verdict.name == "WRONG"
