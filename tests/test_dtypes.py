"""dtypes: the value's is NumPy's own, the gradient's is the input's, for every function that is differentiated."""

from __future__ import annotations

import dataclasses
import inspect
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from engine_examples import filled

import ad
import verify
from ad.containers import flatten
from ad.variable import MEANINGS, TABLE
from verify.suites.calls import CALLS

DTYPES = [np.float16, np.float32, np.float64, np.longdouble, ml_dtypes.bfloat16]
# Values whose dtype is another than NumPy's: of which input, and why.
UNLIKE_FLOATS = "NumPy treats bfloat16 as no floating type here and widens it for some arguments alone"
ANOTHER: dict[Any, tuple[Any, str]] = dict.fromkeys(
    (np.clip, np.quantile, np.percentile, np.nanquantile, np.nanpercentile, np.nanmedian, np.trapezoid, np.polydiv,
     np.ldexp),
    (ml_dtypes.bfloat16, UNLIKE_FLOATS),
)  # fmt: skip


def uses(function: Callable[..., Any], dtype: Any) -> Iterator[tuple[Callable[..., Any], list[Any]]]:
    """Calls of a function as functions of its floating inputs alone, with these inputs."""
    op = TABLE.get(function)
    if op is not None and op.family == "elementwise":
        assert op.exact is not None
        arity = len(inspect.signature(op.exact).parameters) - 1  # less the module
        where = 1.6 if function is np.arccosh else 0.6
        lead = [np.True_] if function is np.where else []
        for shape in ((), (3,)):
            xs = [np.full(shape, where, dtype)[()] for _ in range(arity - len(lead))]
            yield lambda *given, lead=lead: function(*lead, *given), xs
        return
    for example in CALLS[function]:
        xs, rebuild = filled(example, 5, dtype)

        def f(*given: Any, rebuild: Any = rebuild) -> Any:
            args, kwargs = rebuild(list(given))
            return function(*args, **kwargs)

        yield f, xs


def kinds(tree: Any) -> list[Any]:
    return [np.asarray(leaf).dtype for leaf in flatten(tree)[1]]


def faults(function: Callable[..., Any], dtype: Any) -> list[str]:
    """What has another dtype than it must; empty too where NumPy itself has no such call."""
    found = []
    for f, xs in uses(function, dtype):
        try:
            expected = kinds(f(*xs))
        except TypeError:
            continue
        y, pullback = ad.vjp(f, *xs)
        t = ad.jvp(f, tuple(xs), tuple(xs))[1]
        if kinds(y) != expected and ANOTHER.get(function, (None,))[0] is not dtype:
            found.append(f"value {kinds(y)}, NumPy's {expected}")
        if kinds(t) != kinds(y):
            found.append(f"tangent {kinds(t)}, value {kinds(y)}")
        if kinds(pullback(y)) != [np.dtype(dtype)] * len(xs):
            found.append(f"gradient {kinds(pullback(y))}")
    return found


FUNCTIONS = [*(f for f, op in TABLE.items() if op.family == "elementwise"), *CALLS]


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda d: np.dtype(d).name)
def test_every_function_keeps_the_dtype_forward_and_backward(dtype: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # overflow in float16
        assert {f.__name__: found for f in FUNCTIONS if (found := faults(f, dtype))} == {}


def test_every_function_with_another_dtype_has_one() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for function, (dtype, _) in ANOTHER.items():
            assert any(numpys(f, xs) != kinds(ad.vjp(f, *xs)[0]) for f, xs in uses(function, dtype)), function


def numpys(f: Callable[..., Any], xs: list[Any]) -> Any:
    """The dtypes of NumPy's own answer; None where it has none: np.ma, in nanmedian, may not know bfloat16."""
    try:
        return kinds(f(*xs))
    except TypeError:
        return None


def widened(rule: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args, **kwargs: rule(*args, **kwargs) * np.ones((), np.float64)


@pytest.mark.parametrize("mode", ["vjp", "jvp"])
@pytest.mark.parametrize("function", [np.sin, np.multiply, np.sum, np.matmul, np.max], ids=lambda f: f.__name__)
def test_a_rule_in_another_dtype_is_noticed(
    function: Callable[..., Any], mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    op = TABLE[function]
    wrong: dict[str, Any] = {mode: widened(getattr(op, mode))}
    monkeypatch.setitem(TABLE, function, dataclasses.replace(op, **wrong))
    assert faults(function, np.float32) != []


def test_a_definition_in_another_dtype_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    for function in (np.var, np.stack, np.tril):
        monkeypatch.setitem(MEANINGS, function, widened(MEANINGS[function]))
        assert faults(function, np.float32) != []


# Python's numbers are weak (NEP 50), NumPy's are not: expression of a float32 x -> dtype of its value
WEAK: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "x * 2": (lambda x: x * 2, np.float32),
    "2.5 - x": (lambda x: 2.5 - x, np.float32),
    "2**x": (lambda x: 2**x, np.float32),
    "x**2.0": (lambda x: x**2.0, np.float32),
    "x / 3 + True": (lambda x: x / 3 + True, np.float32),
    "np.maximum(x, 0.5)": (lambda x: np.maximum(x, 0.5), np.float32),
    "np.clip(x, 0, 1)": (lambda x: np.clip(x, 0, 1), np.float32),
    "x * np.float64(2)": (lambda x: x * np.float64(2), np.float64),
    "x + np.int64(2)": (lambda x: x + np.int64(2), np.float64),
    "x * np.float16(2)": (lambda x: x * np.float16(2), np.float32),
    "x * integers": (lambda x: x * np.arange(3), np.float64),
    "x * np.int8": (lambda x: x * np.arange(3, dtype=np.int8), np.float32),
    "x * mask": (lambda x: x * (x > 0.5), np.float32),
    "x.astype(float) * 2": (lambda x: x.astype(float) * 2, np.float64),
    "x + x.astype(np.float16)": (lambda x: x + x.astype(np.float16), np.float32),
}


@pytest.mark.parametrize("name", WEAK)
def test_what_a_constant_makes_of_the_dtype_is_numpy_s_and_the_gradient_is_the_input_s(name: str) -> None:
    f, dtype = WEAK[name]
    for x in (np.array([0.25, 0.75, 1.5], np.float32), np.float32(0.75)):
        y, pullback = ad.vjp(f, x)
        value = np.asarray(f(x)).dtype
        assert kinds(y) == kinds(ad.jvp(f, (x,), (x,))[1]) == [value]
        assert value == dtype
        assert kinds(pullback(y)) == [np.float32]
        assert kinds(ad.hessian(lambda v: np.sum(f(v) ** 2))(x)) == [np.float32]


def test_what_comes_from_two_dtypes_goes_back_to_each() -> None:
    x, w = np.ones(3, np.float32), np.ones((2, 3), np.float64)
    y, pullback = ad.vjp(lambda w, x: w @ x, w, x)
    assert kinds(y) == [np.float64]
    assert kinds(pullback(y)) == [np.float64, np.float32]
    assert kinds(ad.jacobian(lambda w, x: w @ x, wrt=(0, 1))(w, x)) == [np.float64, np.float32]


# --- the standard deviation where nothing is spread


def test_the_derivative_of_the_deviation_of_one_entry_is_0_and_of_equal_ones_a_subgradient() -> None:
    for x, verdict in (([3.0], "AGREES"), ([3.0, 3.0], "SUBGRADIENT"), ([3.0, 4.0], "CERTIFIED")):
        found = ad.grad(np.std)(np.array(x))
        assert np.all(found == 0) or verdict == "CERTIFIED"
        assert np.array_equal(ad.jacobian(np.std)(np.array(x)), found)
        assert verify.check(np.std, np.array(x)).verdict.name == verdict
    rows = np.array([[3.0, 3.0], [3.0, 4.0]])  # one row on the kink leaves the other alone
    assert np.array_equal(ad.grad(lambda x: np.sum(np.std(x, axis=1)))(rows), [[0, 0], [-0.5, 0.5]])
    assert verify.check(np.std, np.array([3.0, 3.0]), gradient=lambda x: x / 0 * 0).verdict.name != "SUBGRADIENT"
