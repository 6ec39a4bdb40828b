"""Derivatives by shapes and other parameters: certified, followed by exact numbers in all operands at once, never 0."""

from __future__ import annotations

from typing import Any

import flint
import numpy as np
import pytest

import ad
from ad.dispatch import definition, entries_of
from verify import check
from verify.numbers.analytic import SERIES
from verify.numbers.balls import BALLS, precision
from verify.numbers.series import path
from verify.numbers.taylor import TAYLOR

special = pytest.importorskip("scipy.special", reason="SciPy is not installed")

BY_ALL = {
    "gammainc": (2.5, 1.25), "gammaincc": (0.5, 3.0), "betainc": (2.5, 1.25, 0.375), "betaincc": (0.75, 4.0, 0.5),
    "beta": (2.5, 1.25), "betaln": (0.5, 3.0), "poch": (1.5, 2.25), "binom": (5.5, 2.25), "boxcox": (2.0, 0.5),
    "boxcox1p": (1.5, -0.25),
}  # fmt: skip
CURVED = BY_ALL | {"hyp1f1": (0.75, 1.5, 1.25), "hyp2f1": (0.5, 1.75, 2.5, 0.25), "hyp0f1": (1.5, 2.0)}
DISTRIBUTIONS = {
    "chdtr": (3.5, 2.0), "chdtrc": (3.5, 2.0), "gdtr": (1.5, 2.5, 1.0), "gdtrc": (1.5, 2.5, 1.0), "pdtr": (2.0, 1.5),
    "pdtrc": (2.0, 1.5), "fdtr": (3.0, 4.5, 1.25), "fdtrc": (3.0, 4.5, 1.25),
}  # fmt: skip


@pytest.mark.parametrize("name", [*BY_ALL, *DISTRIBUTIONS])
def test_gradients_by_all_operands_are_certified_and_a_silent_0_is_wrong(name: str) -> None:
    fun, xs = getattr(special, name), (BY_ALL | DISTRIBUTIONS)[name]
    wrt = (1,) if name.startswith("pdtr") else tuple(range(len(xs)))  # a count has steps
    call = lambda *xs: fun(*xs)  # noqa: E731
    assert check(call, *xs, wrt=wrt).ok
    silent = lambda *xs: tuple(0.0 for _ in wrt) if len(wrt) > 1 else 0.0  # noqa: E731
    assert check(call, *xs, wrt=wrt, gradient=silent).verdict.name == "WRONG"


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_distribution_functions_have_scipys_values(name: str) -> None:
    fun, xs = getattr(special, name), DISTRIBUTIONS[name]
    wanted = fun(*xs)
    found = definition(fun)(*xs)  # type: ignore[misc]
    assert abs(found - wanted) <= 2.0**-48 * wanted


@pytest.mark.parametrize("name", CURVED)
def test_series_follow_all_operands_at_once(name: str) -> None:
    op = next(op for op in entries_of("scipy.special").values() if op.name == name)
    xs, tiny = CURVED[name], flint.arb(10) ** -60
    speeds = [flint.arb(k + 1) / 4 for k in range(len(xs))]
    with precision(1000):
        step = flint.arb(2) ** -250
        low, middle, high = (
            op.exact(BALLS, *(flint.arb(x) + s * step * v for x, v in zip(xs, speeds, strict=True)))  # type: ignore[misc]
            for s in (-1, 0, 1)
        )
        wanted: list[Any] = [middle, (high - low) / (2 * step), (high - 2 * middle + low) / step**2 / 2]
        smooth = op.exact(TAYLOR, *(flint.arb_series([x, v], 3) for x, v in zip(xs, speeds, strict=True)))  # type: ignore[misc]
        beside = op.exact(SERIES, *(path(x, [(1, v)]) for x, v in zip(xs, speeds, strict=True)))  # type: ignore[misc]
        for k, exact in enumerate(wanted):
            for found in (smooth[k], beside.at(k)):
                assert abs(found - exact) < tiny * (1 + abs(exact)), k
                assert not abs(found * (1 + 1e10 * tiny) - exact) < tiny * abs(exact)


def test_slopes_that_are_missing_are_refused_not_0() -> None:
    for wrong in (
        lambda a: special.hyp1f1(a, 1.5, 0.5),
        lambda c: special.hyp2f1(0.5, 1.5, c, 0.25),
        lambda a: ad.grad(lambda t: special.gammainc(t, 2.0))(a),
    ):
        with pytest.raises(TypeError, match="has no derivative by its argument"):
            ad.grad(wrong)(1.25)


def test_large_arrays_and_float32_go_through_the_quadrature() -> None:
    a, x = np.full(3000, 2.5, np.float32), np.linspace(0.1, 9, 3000, dtype=np.float32)
    found = ad.grad(lambda a: np.sum(special.gammainc(a, x)))(a)
    assert found.dtype == np.float32
    assert found.shape == (3000,)
    assert np.all(found < 0)
