"""Derivatives of derivatives are kept apart, and neither size nor an exception leaves anything behind."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ad
from ad.dispatch import TABLE

Function = Callable[[Any], Any]


def assert_same(a: Any, b: Any, scale: float | None = None) -> None:
    """Equal to 1e-10 of the second, or of the scale."""
    scale = float(np.max(np.abs(b))) if scale is None else scale
    assert np.shape(a) == np.shape(b)
    assert np.all(np.abs(a - b) <= 1e-10 * scale), (a, b)


# each derivative sees its own perturbation only
d = ad.grad


def forward(f: Function) -> Function:
    return lambda x: ad.jvp(f, (x,), (1.0,))[1]


# nested derivative of a function at 3.0, by any derivative operators D (outer) and E (inner) -> the answer
CONFUSING = {
    "x * d/dy (x + y)": (lambda D, E: D(lambda x: x * E(lambda y: x + y)(1.0))(3.0), 1.0),
    "x * d/dy (x * y)": (lambda D, E: D(lambda x: x * E(lambda y: x * y)(2.0))(3.0), 6.0),
    "d/dy (x * y**2) at y = x": (lambda D, E: D(lambda x: E(lambda y: x * y * y)(x))(3.0), 12.0),
    "d/dy (x + y)**2 at y = 1": (lambda D, E: D(lambda x: E(lambda y: (x + y) ** 2)(1.0))(3.0), 2.0),
    "an inner result that ignores y": (lambda D, E: D(lambda x: x + E(lambda y: x * 1.0)(1.0))(3.0), 1.0),
    "an inner function that ignores x": (lambda D, E: D(lambda x: x * E(np.sin)(0.0))(3.0), 1.0),
    # d/dz (x y z^2) at z = y is 2 x y^2; its d/dy at y = x is 4 x^2; d/dx of that is 8 x
    "three levels": (lambda D, E: D(lambda x: E(lambda y: D(lambda z: x * y * z * z)(y))(x))(3.0), 24.0),
    "a closure that outlives its derivative": (
        lambda D, E: D(lambda x: E(lambda y: np.sin(x * y))(2.0) * x)(3.0),
        2 * 3 * np.cos(6.0) - 9 * 2 * np.sin(6.0),
    ),
}


@pytest.mark.parametrize("inner", [d, forward], ids=["reverse inside", "forward inside"])
@pytest.mark.parametrize("outer", [d, forward], ids=["reverse outside", "forward outside"])
@pytest.mark.parametrize("name", CONFUSING)
def test_nested_derivatives_are_kept_apart(name: str, outer: Any, inner: Any) -> None:
    nested, answer = CONFUSING[name]
    assert_same(nested(outer, inner), np.float64(answer))


def test_one_common_level_would_confuse_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """With all traces at one level d/dx (x * d/dy (x*y)) loses the x of the inner derivative."""
    monkeypatch.setattr("ad.variable._levels", iter([1] * 100))
    nested, answer = CONFUSING["x * d/dy (x * y)"]
    for outer, inner in [(d, d), (forward, forward), (d, forward), (forward, d)]:
        with pytest.raises(AssertionError):
            assert_same(nested(outer, inner), np.float64(answer))


ORDERS = {"reverse": d, "forward": forward}


@pytest.mark.parametrize("modes", [("reverse",) * 4, ("forward",) * 4, ("forward", "reverse") * 2], ids="-".join)
@given(x=st.floats(-3, 3))
@settings(max_examples=15)
def test_derivatives_up_to_order_four(modes: tuple[str, ...], x: float) -> None:
    sine: Any = np.sin
    exponential: Any = lambda v: np.exp(2 * v)  # noqa: E731
    cycle = [np.cos(x), -np.sin(x), -np.cos(x), np.sin(x)]
    for order, mode in enumerate(modes, 1):
        sine, exponential = ORDERS[mode](sine), ORDERS[mode](exponential)
        assert_same(sine(x), cycle[order - 1], 1.0)
        assert_same(exponential(x), 2**order * np.exp(2 * x))


# --- size and state


@pytest.mark.parametrize("steps", [100_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def test_long_chains_need_no_recursion(steps: int) -> None:
    def f(x: Any) -> Any:
        for _ in range(steps):
            x = x + 1e-6
        return x

    graph = ad.trace(f, 1.0)
    assert len(graph.nodes) == steps + 1
    assert graph.pull((1.0,)) == (1.0,)
    assert graph.push((2.0,)) == (2.0,)
    del graph  # letting go of a long chain must not recurse either


def test_shared_values_are_visited_once() -> None:
    """Doubling 60 times has 2**60 ways from end to start."""

    def f(x: Any) -> Any:
        for _ in range(60):
            x = x + x
        return x

    assert ad.grad(f)(1.0) == 2.0**60 == ad.jvp(f, (1.0,), (1.0,))[1]


class Interrupted(Exception):
    """Raised by the functions below."""


@pytest.mark.parametrize("derivative", [d, forward, ad.jacobian, ad.hessian])
def test_an_exception_leaves_no_state_behind(derivative: Any) -> None:
    kept = []

    def f(x: Any) -> Any:
        y = np.sin(x)
        kept.append(y)
        if len(kept) == 1:
            raise Interrupted
        return y * x

    before = np.geterr()
    with pytest.raises(Interrupted):
        derivative(lambda x: ad.grad(f)(x) * x)(2.0)
    assert np.geterr() == before
    kept.clear()
    kept.append(None)
    assert_same(derivative(f)(2.0), derivative(lambda x: np.sin(x) * x)(2.0))


def test_an_exception_in_a_rule_leaves_no_state_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        raise Interrupted

    before = np.geterr()
    with monkeypatch.context() as patch:
        patch.setitem(TABLE, np.sin, dataclasses.replace(TABLE[np.sin], vjp=broken, jvp=broken))
        for derivative in (d, forward):
            with pytest.raises(Interrupted):
                derivative(np.sin)(2.0)
    assert np.geterr() == before
    assert d(np.sin)(2.0) == forward(np.sin)(2.0) == np.cos(2.0)
