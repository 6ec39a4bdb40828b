"""Every entry of the op table, in both modes, against exact derivatives and against NumPy's own functions.

The tests loop over the table and the example calls; which ops there are is data.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import itertools
from collections.abc import Callable
from typing import Any

import flint
import numpy as np
import pytest
from engine_examples import HELD

import ad
from ad.core import Op
from ad.dispatch import MEANINGS, TABLE
from verify.numbers.balls import ball, precision
from verify.suites.calls import CALLS

ELEMENTWISE = [function for function, op in TABLE.items() if op.family == "elementwise"]
OTHERS = [function for function, op in TABLE.items() if op.family != "elementwise"]
NAMES = """
add subtract multiply divide negative positive reciprocal square power float_power sqrt cbrt hypot
remainder fmod floor_divide
exp exp2 expm1 log log2 log10 log1p logaddexp logaddexp2
sin cos tan arcsin arccos arctan arctan2 sinc deg2rad rad2deg radians degrees
sinh cosh tanh arcsinh arccosh arctanh
absolute abs fabs sign copysign floor ceil trunc rint maximum minimum fmax fmin clip where
sum mean prod max min var std cumsum average ptp
reshape transpose broadcast_to concatenate stack vstack hstack column_stack
expand_dims squeeze ravel moveaxis swapaxes flip roll take sort tile repeat diff diagonal split trace triu tril
atleast_1d
dot matmul einsum outer inner vdot tensordot kron
"""
BITS = 2400  # two nested differences with step 2**-200 of numbers that agree to 1e-300 leave 1000
UNITS = 16  # how many roundings an answer may be off, as everywhere in the project
SIZES = np.array([1e-3, 0.02, 0.3, 0.7, 0.95, 1.3, 2.0, 3.0, 7.7, 31.0, 300.0])
MARGIN = 1e-3  # distance from the edge of the domain and from kinks


def named(function: Callable[..., Any]) -> str:
    return function.__name__


def arity(function: Callable[..., Any]) -> int:
    return len(inspect.signature(TABLE[function].exact).parameters) - 1  # type: ignore[arg-type]  # less the module


@functools.cache
def condition_operands(function: Callable[..., Any]) -> frozenset[int]:
    """Operands that are constants by nature: their rule says so by raising."""
    found = set()
    for i in range(arity(function)):
        try:
            TABLE[function].vjp(i, 1.0, 1.0, (np.float64(0.5),) * arity(function), {})
        except TypeError:
            found.add(i)
    return frozenset(found)


@functools.cache
def points(function: Callable[..., Any], dtype: Any) -> list[tuple[Any, ...]]:
    """Seeded points inside the domain and off the kinks where the function is finite; at most 14."""
    op = TABLE[function]
    rng = np.random.default_rng(7)
    values = np.concatenate([SIZES, -SIZES])
    found: list[tuple[Any, ...]] = []
    for _ in range(400):
        xs = [dtype(x) for x in rng.choice(values, arity(function)) * rng.uniform(0.9, 1.1, arity(function))]
        if rng.uniform() < 0.3:
            xs[-1] = np.rint(xs[-1])
        xs = [bool(x > 0) if i in condition_operands(function) else x for i, x in enumerate(xs)]
        if len(found) < 14 and inside(op, function, xs):
            found.append(tuple(xs))
    return found


def inside(op: Op, function: Callable[..., Any], xs: list[Any]) -> bool:
    with np.errstate(all="ignore"):
        return bool(
            np.isfinite(function(*xs))
            and (op.domain is None or op.domain(*xs) > MARGIN)
            and (op.kinks is None or abs(op.kinks(*xs)) > MARGIN)
        )


def moving(function: Callable[..., Any], xs: tuple[Any, ...]) -> tuple[list[Any], Callable[..., Any]]:
    """The operands that can be differentiated, and the function of these alone."""
    held = condition_operands(function)
    chosen = [x for i, x in enumerate(xs) if i not in held]

    def of_moving(*given: Any) -> Any:
        source = iter(given)
        return function(*[x if i in held else next(source) for i, x in enumerate(xs)])

    return chosen, of_moving


@functools.cache
def truth(function: Callable[..., Any], dtype: Any) -> list[tuple[tuple[Any, ...], np.ndarray, np.ndarray]]:
    """For each point: the exact slopes by all operands, NaN where there is none, and what rounding moves."""
    exact = TABLE[function].exact
    assert exact is not None
    held = condition_operands(function)
    rows = []
    with precision(BITS):
        for xs in points(function, dtype):
            balls = [x if i in held else ball(x) for i, x in enumerate(xs)]
            places = [i for i in range(len(xs)) if i not in held]
            slopes = [derivative(lambda *b: exact(HELD, *b), balls, k) for k in places]
            moves = [moved(lambda *b: exact(HELD, *b), balls, k, places) for k in places]
            rows.append((xs, np.array([float(s.mid()) for s in slopes]), np.array(moves)))
    return rows


def derivative(f: Callable[..., Any], balls: list[Any], k: int) -> Any:
    """The central difference of exact mathematics with step 2**-200: its own error is below 1e-100."""
    step = flint.arb(2) ** -200
    up, down = (f(*[x + s * step if j == k else x for j, x in enumerate(balls)]) for s in (1, -1))
    return (up - down) / (2 * step)


def moved(f: Callable[..., Any], balls: list[Any], k: int, places: list[int]) -> float:
    """How far slope k moves when each operand moves by its own relative unit; a whole exponent stays."""
    seconds = (derivative(lambda *b: derivative(f, list(b), k), balls, j) * balls[j] for j in places)
    return float(sum(abs(float(second.mid())) for second in seconds if second.is_finite()))


def check_slopes(function: Callable[..., Any], dtype: Any) -> int:
    """Compare both modes with the exact slopes; returns how many were compared."""
    info, compared = np.finfo(dtype), 0
    for xs, slopes, moves in truth(function, dtype):
        chosen, of_moving = moving(function, xs)
        y, pullback = ad.vjp(of_moving, *chosen)
        assert y == function(*xs)
        assert np.asarray(y).dtype == np.asarray(function(*xs)).dtype
        back = pullback(dtype(1))
        for k, slope in enumerate(slopes):
            if np.isnan(slope) or abs(slope) > info.max or (0 < abs(slope) < info.tiny):
                continue
            before, after = chosen[:k], chosen[k + 1 :]
            one = functools.partial(at_operand, of_moving, before, after)
            ahead = ad.jvp(one, (chosen[k],), (dtype(1),))[1]
            allowed = UNITS * (info.eps * (abs(slope) + moves[k]) + info.smallest_subnormal)
            assert np.asarray(back[k]).dtype == dtype
            assert np.asarray(ahead).dtype == np.asarray(y).dtype
            for found in (back[k], ahead):
                assert abs(float(found) - slope) <= allowed, (xs, k, float(found), slope)
            compared += 1
    return compared


def at_operand(f: Callable[..., Any], before: list[Any], after: list[Any], x: Any) -> Any:
    return f(*before, x, *after)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("function", ELEMENTWISE, ids=named)
def test_slopes_are_the_exact_derivatives_in_both_modes(function: Callable[..., Any], dtype: Any) -> None:
    assert check_slopes(function, dtype) >= 8


@pytest.mark.parametrize("function", ELEMENTWISE, ids=named)
def test_second_derivatives_are_exact_in_all_orders_of_modes(function: Callable[..., Any]) -> None:
    """Rules are NumPy code that is differentiated itself; 1e-9 of the larger of slope and curvature."""
    exact = TABLE[function].exact
    assert exact is not None
    places = [i for i in range(arity(function)) if i not in condition_operands(function)]
    compared = 0
    for xs, slopes, _ in truth(function, np.float64):
        chosen, of_moving = moving(function, xs)
        for k, i in enumerate(places):
            with precision(BITS):
                balls = [x if j not in places else ball(x) for j, x in enumerate(xs)]
                once = lambda *b, i=i: derivative(lambda *c: exact(HELD, *c), list(b), i)  # noqa: E731
                second = float(derivative(once, balls, i).mid())
            if not np.isfinite(second) or abs(second) > 1e300:
                continue
            one = functools.partial(at_operand, of_moving, chosen[:k], chosen[k + 1 :])
            for outer, inner in itertools.product((ad.grad, ahead_by_one), repeat=2):
                found = outer(inner(one))(chosen[k])
                assert abs(found - second) <= 1e-9 * (abs(second) + abs(slopes[k])), (xs, k, found, second)
            compared += 1
    assert compared >= 6


def ahead_by_one(f: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x: ad.jvp(f, (x,), (1.0,))[1]


def changed(op: Op, factor: float) -> Op:
    return dataclasses.replace(
        op,
        vjp=lambda i, *rest: op.vjp(i, *rest) * factor + 3 * (factor - 1),
        jvp=lambda i, *rest: op.jvp(i, *rest) * factor + 3 * (factor - 1),
    )


@pytest.mark.parametrize("mode", ["vjp", "jvp"])
@pytest.mark.parametrize("function", ELEMENTWISE, ids=named)
def test_a_slope_off_by_a_millionth_is_refused_in_either_mode(
    function: Callable[..., Any], mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    op = TABLE[function]
    wrong = {mode: getattr(changed(op, 1 + 1e-6), mode)}
    monkeypatch.setitem(TABLE, function, dataclasses.replace(op, **wrong))
    with pytest.raises(AssertionError):
        check_slopes(function, np.float64)


SHAPES = {
    1: [((),), ((4,),), ((2, 3),), ((0,),), ((3, 1),)],
    2: [
        ((3, 1), (1, 4)), ((), (3,)), ((2, 3), (3,)), ((0,), (1,)), ((1,), (1, 1)), ((), ()),
        ((2, 1), (2, 3)),
    ],
    3: [((3, 1), (1, 4), ()), ((2,), (3, 2), (1,)), ((), (3,), (3,)), ((0,), (), (1,))],
}


def check_broadcasting(function: Callable[..., Any], shapes: tuple[tuple[int, ...], ...]) -> None:
    """Both modes on arrays are what they are entry by entry, repeated entries adding up."""
    rng = np.random.default_rng(3)
    pool = points(function, np.float64)
    columns = [x[()] for x in (np.array(c) for c in zip(*pool, strict=True))]
    lattice = np.broadcast_shapes(*shapes)
    for _ in range(200):  # any combination of entries must have all its slopes
        xs = tuple(rng.choice(c, s) for c, s in zip(columns, shapes, strict=True))
        chosen, of_moving = moving(function, xs)
        g = rng.normal(size=lattice)
        ts = tuple(rng.normal(size=np.shape(x)) for x in chosen)
        expected_back, expected_ahead = entry_by_entry(function, xs, ts, g)
        everything = (*expected_back, expected_ahead)
        fine = all(inside(TABLE[function], function, list(entry)) for entry in np.broadcast(*xs))
        if fine and all(np.isfinite(part).all() for part in everything):
            break
    else:
        raise LookupError(f"no combination of points of {named(function)} in shapes {shapes}")
    y, pullback = ad.vjp(of_moving, *chosen)
    back, ahead = pullback(g), ad.jvp(of_moving, tuple(chosen), ts)[1]
    assert np.shape(y) == np.shape(ahead) == lattice
    for found, expected, x in zip(back, expected_back, chosen, strict=True):
        assert np.shape(found) == np.shape(x)
        assert_close(found, expected)
    assert_close(ahead, expected_ahead)


def entry_by_entry(
    function: Callable[..., Any], xs: Any, ts: Any, g: Any
) -> tuple[list[np.ndarray], np.ndarray]:
    held = condition_operands(function)
    places = [np.arange(np.size(x)).reshape(np.shape(x)) for x in xs]
    back = [np.zeros(np.shape(x)) for i, x in enumerate(xs) if i not in held]
    ahead = np.zeros(np.shape(g))
    for n, (entry, place, weight) in enumerate(
        zip(np.broadcast(*xs), np.broadcast(*places), np.broadcast(g), strict=True)
    ):
        chosen, of_moving = moving(function, entry)
        where = [p for i, p in enumerate(place) if i not in held]
        slopes = ad.vjp(of_moving, *chosen)[1](1.0)
        for k, slope in enumerate(slopes):
            back[k].reshape(-1)[where[k]] += weight[0] * slope
            ahead.reshape(-1)[n] += ts[k].reshape(-1)[where[k]] * slope if np.ndim(ts[k]) else ts[k] * slope
    return back, ahead


def assert_close(found: Any, expected: Any) -> None:
    """Equal up to the order of at most a few hundred additions: 1e-12 of the largest entry, below 1e-6."""
    scale = np.max(np.abs(expected), initial=0.0)
    assert np.shape(found) == np.shape(expected)
    assert np.all(np.abs(found - np.asarray(expected)) <= 1e-12 * scale), (found, expected)


@pytest.mark.parametrize("function", ELEMENTWISE, ids=named)
def test_broadcasting_is_undone(function: Callable[..., Any]) -> None:
    for shapes in SHAPES[arity(function)]:
        check_broadcasting(function, shapes)


@pytest.mark.parametrize("function", [f for f in ELEMENTWISE if arity(f) == 2], ids=named)
def test_a_rule_that_does_not_undo_broadcasting_is_refused(
    function: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    op = TABLE[function]  # the tangent rule multiplies by the slope and sums nothing
    monkeypatch.setitem(TABLE, function, dataclasses.replace(op, vjp=op.jvp))
    with pytest.raises(AssertionError):
        check_broadcasting(function, ((3, 1), (1, 4)))


def test_every_function_has_an_example() -> None:
    assert [named(f) for f in (*OTHERS, *MEANINGS) if not CALLS.get(f)] == []
    assert [named(f) for f in CALLS if f not in TABLE and f not in MEANINGS] == []


def test_about_a_hundred_numpy_functions_are_there() -> None:
    known = set(TABLE) | set(MEANINGS)
    assert [name for name in NAMES.split() if getattr(np, name) not in known] == []
    assert len({f for f in known if getattr(np, named(f), None) is f}) >= 90
