"""Every function of the table that does not act entry by entry, by example calls.

The value is NumPy's own, the tangent is a difference of NumPy's own function, and the cotangent is tied to
the tangent. The tests loop over the examples; which functions there are is data.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from engine_examples import filled

import ad
from ad.containers import flatten, tree_map
from ad.core import Op
from ad.declare import cast
from ad.dispatch import MEANINGS, TABLE
from ad.table.shapes import getitem
from verify.parts import in_parts
from verify.suites.calls import CALLS, Call

OTHERS = [function for function, op in TABLE.items() if op.family != "elementwise"]


def named(function: Callable[..., Any]) -> str:
    return function.__name__


def check_call(function: Callable[..., Any], example: Call) -> None:
    """Value, tangent and adjoint of one call.

    The tangent is compared with a difference of NumPy's own function in extended precision, so no rule of
    ours is used; the cotangents are tied to the tangent by <J t, g> = <t, J^T g>.
    """
    xs, rebuild = filled(example, 5, np.float64)
    ts, _ = filled(example, 6, np.float64)

    def f(*given: Any) -> Any:
        args, kwargs = rebuild(list(given))
        return in_parts(function(*args, **kwargs))

    expected = flatten(f(*xs))[1]
    y, pullback = ad.vjp(f, *xs)
    t = flatten(ad.jvp(f, tuple(xs), tuple(ts))[1])[1]
    rng = np.random.default_rng(8)
    g = tree_map(lambda part: np.asarray(rng.normal(size=np.shape(part)), np.asarray(part).dtype), y)
    back = pullback(g)
    for found, value in zip(flatten(y)[1], expected, strict=True):
        assert np.asarray(found).dtype == np.asarray(value).dtype
        assert_close(found, value)
    for tangent, slope in zip(t, difference(f, xs, ts), strict=True):
        assert_near(tangent, slope)
    for x, cotangent in zip(xs, back, strict=True):
        assert np.shape(x) == np.shape(cotangent)
        assert np.asarray(cotangent).dtype == x.dtype
    ahead = [np.ravel(a * b) for a, b in zip(t, flatten(g)[1], strict=True)]
    adjoint = [np.ravel(a * b) for a, b in zip(ts, back, strict=True)]
    parts = np.concatenate([*ahead, *adjoint])
    assert abs(sum(map(np.sum, ahead)) - sum(map(np.sum, adjoint))) <= 1e-12 * np.sum(np.abs(parts))


def difference(f: Callable[..., Any], xs: list[Any], ts: list[Any]) -> list[Any]:
    """A difference in extended precision.

    In float64 where NumPy's function takes no other (np.interp), or is another one in it (np.partition).
    """
    try:
        wide = flatten(f(*[np.asarray(x, np.longdouble)[()] for x in xs]))[1]
    except TypeError:
        wide = []
    plain = flatten(f(*xs))[1]
    same = len(wide) == len(plain) and all(map(functools.partial(np.allclose, rtol=1e-6), wide, plain))
    return difference_in(np.longdouble if same else np.float64, f, xs, ts)


def difference_in(dtype: Any, f: Callable[..., Any], xs: list[Any], ts: list[Any]) -> list[Any]:
    """The sixth-order central difference along ts, step 2**-9: error about 1e-16; in float64 2**-11 and 1e-12.

    Fornberg, Generation of finite difference formulas on arbitrarily spaced grids, 1988, table 1.
    """
    wide = [(np.asarray(x, dtype), np.asarray(t, dtype)) for x, t in zip(xs, ts, strict=True)]
    step, total = dtype(2.0**-9 if dtype is np.longdouble else 2.0**-11), None
    for k, weight in ((1, 45), (2, -9), (3, 1)):
        for sign in (1, -1):
            ys = flatten(f(*[(x + sign * k * step * t)[()] for x, t in wide]))[1]
            terms = [sign * weight / (60 * step) * y for y in ys]
            total = terms if total is None else [a + b for a, b in zip(total, terms, strict=True)]
    assert total is not None
    return total


def assert_close(found: Any, expected: Any) -> None:
    """Equal up to the order of at most a few hundred additions: 1e-12 of the largest entry, below 1e-6."""
    scale = np.max(np.abs(expected), initial=0.0)
    assert np.shape(found) == np.shape(expected)
    assert np.all(np.abs(found - np.asarray(expected)) <= 1e-12 * scale), (found, expected)


def assert_near(found: Any, expected: Any) -> None:
    """Equal up to the difference's error where extended precision is only float64's: 1e-9, below 1e-6."""
    scale = np.max(np.abs(expected), initial=0.0)
    assert np.shape(found) == np.shape(expected)
    assert np.all(np.abs(found - expected) <= 1e-9 * scale), (found, expected)


EXAMPLES = [
    pytest.param(function, example, id=f"{named(function)}-{n}")
    for function, examples in CALLS.items()
    for n, example in enumerate(examples)
]


@pytest.mark.parametrize(("function", "example"), EXAMPLES)
def test_values_are_numpy_s_and_derivatives_are_theirs(function: Callable[..., Any], example: Call) -> None:
    check_call(function, example)


@pytest.mark.parametrize(("function", "example"), EXAMPLES)
def test_float32_stays_float32(function: Callable[..., Any], example: Call) -> None:
    xs, rebuild = filled(example, 5, np.float32)

    def f(*given: Any) -> Any:
        args, kwargs = rebuild(list(given))
        return in_parts(function(*args, **kwargs))

    expected = [np.asarray(y).dtype for y in flatten(f(*xs))[1]]
    y, pullback = ad.vjp(f, *xs)
    t = ad.jvp(f, tuple(xs), tuple(xs))[1]
    assert [np.asarray(part).dtype for part in flatten(y)[1]] == expected
    assert [np.asarray(part).dtype for part in flatten(t)[1]] == expected
    assert {np.asarray(part).dtype for part in pullback(y)} == {np.dtype(np.float32)}


def refused(function: Callable[..., Any]) -> bool:
    for example in CALLS[function]:
        try:
            check_call(function, example)
        except AssertionError:
            return True
    return False


def backwards(x: Any) -> Any:
    return np.reshape(np.flip(np.ravel(x)), np.shape(x))


MUTANTS: list[Callable[[Op], Op]] = [
    lambda op: dataclasses.replace(op, vjp=lambda i, *rest: op.vjp(i, *rest) * (1 + 1e-6)),
    lambda op: dataclasses.replace(op, jvp=lambda i, *rest: op.jvp(i, *rest) * (1 + 1e-6)),
    lambda op: dataclasses.replace(op, vjp=lambda i, *rest: backwards(op.vjp(i, *rest))),
    lambda op: dataclasses.replace(op, vjp=lambda i, *rest: np.ravel(op.vjp(i, *rest))),
]

REDEFINED: list[Callable[[Callable[..., Any]], Callable[..., Any]]] = [
    lambda f: lambda *args, **kwargs: tree_map(lambda y: y * (1 + 1e-6), f(*args, **kwargs)),
    lambda f: lambda *args, **kwargs: tree_map(lambda y: y + 1e-6 * (y - held(y)), f(*args, **kwargs)),
    lambda f: lambda *args, **kwargs: tree_map(held, f(*args, **kwargs)),
]


def held(y: Any) -> Any:
    """The value of a result as a constant; some results (an exponent) are constants."""
    return y.value if isinstance(y, ad.Variable) else y


@pytest.mark.parametrize("mutant", range(len(MUTANTS)))
@pytest.mark.parametrize("function", OTHERS, ids=named)
def test_a_wrong_rule_is_refused(
    function: Callable[..., Any], mutant: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(TABLE, function, MUTANTS[mutant](TABLE[function]))
    assert refused(function)


@pytest.mark.parametrize("mutant", range(len(REDEFINED)))
@pytest.mark.parametrize("function", list(MEANINGS), ids=named)
def test_a_wrong_definition_is_refused(
    function: Callable[..., Any], mutant: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(MEANINGS, function, REDEFINED[mutant](MEANINGS[function]))
    assert refused(function)


@pytest.mark.parametrize("example", CALLS[getitem][:22])
def test_indexing_with_brackets_is_the_entry_s_function(example: Call) -> None:
    x = np.arange(6.0).reshape(2, 3)
    (index,) = example.args[1:]
    y, pullback = ad.vjp(lambda v: v[index], x)
    assert_close(y, x[index])
    assert_close(pullback(y)[0], ad.vjp(lambda v: getitem(v, index), x)[1](y)[0])


# function, point, its gradient there: what no rule may lose at zeros, ties and powers of zero
SPECIAL: list[tuple[Callable[..., Any], list[float], list[float]]] = [
    (np.prod, [2.0, 0.0, 5.0], [0.0, 10.0, 0.0]),
    (np.prod, [0.0, 0.0, 5.0], [0.0, 0.0, 0.0]),
    (np.max, [1.0, 3.0, 3.0], [0.0, 0.5, 0.5]),
    (np.min, [1.0, 1.0, 3.0], [0.5, 0.5, 0.0]),
    (lambda x: np.sum(np.maximum(x, 1.0)), [0.0, 1.0, 2.0], [0.0, 0.5, 1.0]),
    (lambda x: np.sum(x ** np.array([0, 1, 2])), [0.0, 0.0, 0.0], [0.0, 1.0, 0.0]),
    (lambda x: np.sum(x**0), [0.0, 1.0], [0.0, 0.0]),
    (lambda x: np.sum(x**1), [0.0, -1.0], [1.0, 1.0]),
    (lambda x: np.sum(x**2.0), [0.0, -1.0], [0.0, -2.0]),
    (lambda x: np.sum(np.arctan(x)), [1e200, -1e200, 0.0], [0.0, 0.0, 1.0]),
    (lambda x: np.sum(np.tanh(x)), [400.0, -800.0], [0.0, 0.0]),
    (lambda x: np.sum(np.logaddexp(x, 0.0)), [800.0, -800.0, 0.0], [1.0, 0.0, 0.5]),
    (lambda x: np.sum(np.sinc(x)), [0.0, 1.0], [0.0, -1.0]),
    (lambda x: np.sum(x[np.array([0, 0, 1])]), [7.0, 8.0, 9.0], [2.0, 1.0, 0.0]),
]


@pytest.mark.parametrize(("f", "at", "expected"), SPECIAL)
def test_special_points(f: Callable[..., Any], at: list[float], expected: list[float]) -> None:
    x = np.array(at)
    tiny = 1e-300  # tanh's slope at 400 is 1e-347, which rounds to 0; at 800 its square underflows
    assert np.all(np.abs(ad.grad(f)(x) - expected) <= 1e-15 * np.abs(expected) + tiny)
    for k, basis in enumerate(np.eye(len(at))):
        assert abs(ad.jvp(f, (x,), (basis,))[1] - expected[k]) <= 1e-15 * abs(expected[k]) + tiny


@pytest.mark.parametrize(("function", "example"), EXAMPLES)
def test_second_derivatives(function: Callable[..., Any], example: Call) -> None:
    """Differentiating the rules themselves: hvp against a difference of the gradient in extended precision."""
    xs, rebuild = filled(example, 5, np.float64)
    ts, _ = filled(example, 6, np.float64)

    def f(*given: Any) -> Any:
        args, kwargs = rebuild(list(given))
        return sum(np.sum(np.sin(y)) for y in flatten(in_parts(function(*args, **kwargs)))[1])

    gradient = ad.grad(f, tuple(range(len(xs))))
    for found, slope in zip(ad.hvp(f, tuple(xs), tuple(ts)), difference(gradient, xs, ts), strict=True):
        assert_near(found, slope)


def test_a_cast_casts_its_cotangent_back() -> None:
    y, pullback = ad.vjp(lambda x: cast(x, np.float32), np.array([0.1, 0.2]))
    assert y.dtype == np.float32
    assert pullback(y)[0].dtype == np.float64
