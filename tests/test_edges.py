"""Arguments at the edge of what NumPy takes: the value is NumPy's own, the derivatives are those of its function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import ad
from ad.containers import flatten, tree_map

RNG = np.random.default_rng(11)
A, B = RNG.normal(size=(3, 4)), RNG.normal(size=(3, 4))
Z = A + 1j * B
MASK = (A > -0.5) | (B > 0.5)

Function = Callable[[Any], Any]

# expression of x -> (function, x, derivative by x): exact, also where another branch's derivative is infinite
KNOWN: dict[str, tuple[Function, float, float]] = {
    "np.sqrt(np.where(x > 0, x, 0.0))": (lambda x: np.sqrt(np.where(x > 0, x, 0.0)), -1.0, 0.0),
    "np.sqrt(np.maximum(x, 0.0))": (lambda x: np.sqrt(np.maximum(x, 0.0)), -1.0, 0.0),
    "np.cbrt(np.minimum(0.0, x))": (lambda x: np.cbrt(np.minimum(0.0, x)), 1.0, 0.0),
    "np.sqrt(np.clip(x, 0.0, None))": (lambda x: np.sqrt(np.clip(x, 0.0, None)), -1.0, 0.0),
    "np.fmax(x, np.nan)": (lambda x: np.fmax(x, np.nan), 1.5, 1.0),
    "np.fmax(np.nan, x)": (lambda x: np.fmax(np.nan, x), 1.5, 1.0),
    "np.fmin(x, np.nan)": (lambda x: np.fmin(x, np.nan), 1.5, 1.0),
    "np.fmin(np.nan, x)": (lambda x: np.fmin(np.nan, x), 1.5, 1.0),
    "np.fmax(x, 2.0)": (lambda x: np.fmax(x, 2.0), 1.5, 0.0),
    "np.fmin(x, x)": (lambda x: np.fmin(x, x), 1.5, 1.0),
}


@pytest.mark.parametrize("name", KNOWN)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_is_not_chosen_has_derivative_0_and_a_number_beside_nan_1(name: str, dtype: Any) -> None:
    f, x, slope = KNOWN[name]
    assert ad.grad(f)(dtype(x)) == slope
    assert np.array_equal(ad.grad(lambda v: np.sum(f(v)))(np.array([x, x], dtype)), [slope, slope])


# call -> (function, x)
CALLS: dict[str, tuple[Function, Any]] = {
    "np.roll(shifts, one axis)": (lambda x: np.roll(x, (1, 2), axis=0), A[:2]),
    "np.roll(shifts)": (lambda x: np.roll(x, (1, 2)), A[0, :2]),
    "np.pad(traced constants)": (lambda x: np.pad(x, 2, constant_values=x[:2]), A[0]),
    "np.pad(traced constants of each axis)": (lambda x: np.pad(x, ((1, 2), (2, 1)), constant_values=x[:2, :2]), A),
    "np.pad(traced ends)": (lambda x: np.pad(x, 3, "linear_ramp", end_values=x[:2]), A[0]),
    "np.polymul(zeros that lead)": (lambda x: np.polymul(x, [0, 0, 1.0, 2.0]), A[0]),
    "np.fft.rfftn(axis twice)": (lambda x: np.fft.rfftn(x, axes=(0, 0)), A),
    "np.nan_to_num(complex)": (lambda z: np.nan_to_num(z + np.array([0, np.nan, 1j * np.inf, -np.inf])) * 1e-200, Z),
    "np.split(from the end)": (lambda x: np.split(x, [-2], axis=1), A),
    "np.split(beyond the end)": (lambda x: np.split(x, [1, 9]), A),
    "np.split(np.int64)": (lambda x: np.split(x, np.int64(2), axis=1), A),
    "np.hsplit(from the end)": (lambda x: np.hsplit(x, [-1]), A),
    "np.reshape(order='A')": (lambda x: np.reshape(x.T, (2, 6), order="A") ** 2, A),
    "np.ravel(order='A')": (lambda x: np.ravel(x.T, "A") * np.arange(12), A),
    "np.linspace(dtype=int)": (lambda x: x[0, 0] * np.linspace(-7 * x[0], 9 * x[1], 5, dtype=int), A),
    "np.interp(lists)": (lambda x: np.interp([0.5, 1.75], [0, 1, 2, 3], x), A[0]),
    "np.interp of numbers": (lambda x: np.interp(np.array([0, 1, 3]), [0, 1, 2, 3], x), A[0]),
    "np.cov(one row, rowvar=False)": (lambda x: np.cov(x, rowvar=False, ddof=0), A[:1]),
    "np.cov(one column, rowvar=False)": (lambda x: np.cov(x, rowvar=False), A[:, :1]),
    "np.linalg.pinv(rcond=)": (lambda x: np.linalg.pinv(x, 0.5), A),
    "np.linalg.pinv(rcond= for each)": (lambda z: np.linalg.pinv(z, np.array([0.5, 0.0])), np.stack([Z, Z[::-1]])),
    "np.linalg.lstsq(rcond=)": (lambda x: np.linalg.lstsq(x, B, rcond=0.5)[:2], A),
    "np.linalg.lstsq(rank)": (lambda x: x[0] * np.linalg.lstsq(x, B, rcond=0.5)[2], A),
    "np.linalg.lstsq(complex)[1]": (lambda z: np.linalg.lstsq(z, B.T, rcond=None)[1], Z.T),
    "np.var(z, where=)": (lambda z: np.var(z, axis=1, where=MASK), Z),
    "np.std(z, where=)": (lambda z: np.std(z, axis=0, where=MASK), Z),
    "np.mean(z, where=)": (lambda z: np.mean(z, where=MASK, keepdims=True), Z),
    "np.nanvar(z)": (lambda z: np.nanvar(np.where(MASK, z, np.nan), axis=0), Z),
    "np.nanstd(z)": (lambda z: np.nanstd(np.where(MASK, z, np.nan), axis=1, ddof=1), Z),
    "np.sum(dtype=int)": (lambda x: 1.0 * np.sum(x * 3, axis=0, dtype=int), A),
    "np.prod(dtype=int)": (lambda x: x[0, 0] * np.prod(x * 9, axis=0, dtype=int), A),
    "np.mean(dtype=int)": (lambda x: 1.0 * np.mean(x * 9, axis=1, dtype=int), A),
}  # fmt: skip


def faults(f: Function, x: Any, of: Function | None = None) -> list[str]:
    """What of f's value, tangent and cotangent is not that of ``of`` (default: of f on plain arrays)."""
    of = f if of is None else of
    t = np.random.default_rng(5).normal(size=np.shape(x)) * (1 + (1j if np.iscomplexobj(x) else 0))
    y, pullback = ad.vjp(f, x)
    wanted, found = (list(map(np.asarray, flatten(v)[1])) for v in (of(x), y))
    if [v.dtype for v in wanted] != [v.dtype for v in found] or [v.shape for v in wanted] != [v.shape for v in found]:
        return ["dtype or shape"]
    wrong = [] if all(map(np.allclose, wanted, found)) else ["value"]
    ahead = flatten(ad.jvp(f, (x,), (t,))[1])[1]
    above, below = (flatten(of(x + step * t))[1] for step in (1e-6, -1e-6))
    slopes = [(a - b) / 2e-6 for a, b in zip(above, below, strict=True)]
    wrong += [] if all(np.allclose(a, b, atol=1e-7) for a, b in zip(ahead, slopes, strict=True)) else ["tangent"]
    g = tree_map(np.ones_like, y)
    (back,) = pullback(g)
    total = sum(np.sum(np.real(v)) for v in ahead)
    return wrong + ([] if np.isclose(total, np.sum(np.real(back * t))) else ["cotangent"])


@pytest.mark.parametrize("name", CALLS)
def test_the_value_is_numpy_s_and_both_modes_are_its_change(name: str) -> None:
    assert faults(*CALLS[name]) == []


def test_that_table_notices_another_function() -> None:
    f, x = lambda x: np.sum(x**2, axis=0), A
    assert faults(f, x) == []
    assert faults(f, x, lambda x: np.sum(x**2)) == ["dtype or shape"]
    assert faults(f, x, lambda x: np.sum(x**2 + 1, axis=0)) == ["value"]
    assert faults(lambda x: f(x) + ad.stop_gradient(x[0]), x, lambda x: f(x) + x[0]) == ["tangent"]


def test_where_x_is_nan_interp_is_nan() -> None:
    y = ad.trace(lambda fp: np.interp(np.array([np.nan, 1.0]), [0.0, 1.0, 2.0], fp), np.array([1.0, 5.0, 2.0])).result
    assert np.array_equal(y, [np.nan, 5.0], equal_nan=True)


def test_a_deviation_is_held_at_0_where_nothing_is_spread_however_it_is_asked_for() -> None:
    x = np.array([[2.0, 2.0, np.nan], [1.0, 3.0, np.nan]])
    ways = [
        lambda x: np.sum(np.nanstd(x, axis=1)),
        lambda x: np.sum(np.std(x, axis=1, where=~np.isnan(x))),
        lambda x: np.sum(np.std(x[:, :2], axis=1)),
    ]
    for way in ways:
        assert np.array_equal(ad.grad(way)(x), [[0, 0, 0], [-0.5, 0.5, 0]])


def test_a_quantile_of_float32_is_wide_where_its_share_is_a_float64_of_numpy_s() -> None:
    x = A[0].astype(np.float32)
    for q in (0.3, np.float64(0.3), [0.3], np.float32(0.3)):
        assert ad.trace(lambda x, q=q: np.quantile(x, q), x).result.dtype == np.asarray(np.quantile(x, q)).dtype


def test_a_difference_of_negative_order_is_refused() -> None:
    with pytest.raises(ValueError, match="n is -1"):
        ad.grad(lambda x: np.sum(np.diff(x, -1)))(A)
