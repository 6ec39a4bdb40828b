"""What cannot be differentiated fails with a TypeError that names the cure."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import ad
from ad import Variable
from ad.variable import floating

# call on a traced array of three entries -> words that its message must hold
ON_ARRAYS: dict[str, tuple[Callable[[Any], Any], tuple[str, ...]]] = {
    "np.asarray(x)": (np.asarray, ("np.stack", ".value")),
    "np.array(x)": (np.array, ("np.stack", ".value")),
    "np.array([x, x])": (lambda x: np.array([x, x]), ("np.stack", ".value")),
    "np.array([x[0], x[1]])": (lambda x: np.array([x[0], x[1]]), ("np.stack",)),
    "np.float64(x)": (lambda x: np.float64(x[0]), (".value",)),
    "x[0] = 1": (lambda x: operator.setitem(x, 0, 1.0), ("np.where", "np.concatenate")),
    "a[:] = x": (lambda x: operator.setitem(np.zeros(3), slice(None), x), ("np.stack", ".value")),
    "out=": (lambda x: np.add(x, 1, out=np.zeros(3)), ("out=", "np.where", "np.add")),
    "where=": (
        lambda x: np.add(x, 1, out=np.zeros(3), where=np.array([True, False, True])),
        ("where=", "np.where"),
    ),
    "dtype=": (lambda x: np.add(x, 1, dtype=np.float32), ("dtype=", ".astype")),
    "sum out=": (lambda x: np.sum(x, out=np.zeros(())), ("np.sum", "out")),
    "mean out=": (lambda x: np.mean(x, out=np.zeros(())), ("np.mean", "out=")),
    "accumulate out=": (lambda x: np.add.accumulate(x, out=np.zeros(3)), ("np.cumsum", "out=")),
    "outer out=": (lambda x: np.multiply.outer(x, x, out=np.zeros((3, 3))), ("np.multiply.outer", "out=")),
    "add into an array": (lambda x: operator.iadd(np.zeros(3), x), ("out=", "a = a + x")),
    "put along an axis": (
        lambda x: np.put_along_axis(np.zeros(3), np.array([0, 2]), x[:2], 0), ("np.put_along_axis", "np.where"),
    ),
    "fill a diagonal": (lambda x: np.fill_diagonal(np.outer(x, x), 0.0), ("np.fill_diagonal", "np.where")),
    "unknown function": (np.histogram, ("numpy.histogram", "no entry", "adverify ops")),
    "unknown in a submodule": (np.emath.sqrt, ("numpy.lib.scimath.sqrt", "no entry")),
    "ufunc.at": (lambda x: np.add.at(np.zeros(3), [0, 1, 2], x), ("np.add.at", "np.stack")),
    "einsum with lists of axes": (lambda x: np.einsum(x, [0], [0]), ("one string",)),
    "einsum with out=": (lambda x: np.einsum("i->", x, out=np.zeros(())), ("np.einsum", "out")),
    "Variable(x)": (lambda x: Variable(x), ("nest ad.grad",)),
}
# the same on a traced number
ON_NUMBERS: dict[str, tuple[Callable[[Any], Any], tuple[str, ...]]] = {
    "float(x)": (float, ("np.sin for math.sin", ".value")),
    "int(x)": (int, (".value",)),
    "complex(x)": (complex, (".value",)),
    "math.sin(x)": (math.sin, ("np.sin for math.sin",)),
    "math.exp(x)": (math.exp, ("np.sin for math.sin",)),
    "range(x)": (range, (".value",)),
    "list index": (lambda x: [1, 2, 3][x], (".value",)),
    "len(x)": (len, ("0-d",)),
    "iter(x)": (list, ("0-d",)),
}
# what is differentiated with respect to -> words that its message must hold
NOT_FLOATING: dict[str, tuple[Any, tuple[str, ...]]] = {
    "integer array": (np.array([1, 2]), ("argument 0", "int64", ".astype(float)")),
    "NumPy integer": (np.int64(3), ("argument 0", "int64", ".astype(float)")),
    "boolean array": (np.array([True, False]), ("argument 0", "bool", ".astype(float)")),
    "truth value": (True, ("argument 0", "True")),
    "text": ("three", ("argument 0", "'three'")),
    "nothing": (None, ("argument 0", "None")),
    "text array": (np.array(["a"]), ("argument 0", "<U1")),
    "date": (np.array(["2020-01-01"], "datetime64[D]"), ("argument 0", "datetime64")),
    "inside a dict": ({"w": [1.0, np.array([1, 2])]}, ("argument 0['w'][1]", "int64")),
}


def message(call: Callable[..., Any], *args: Any) -> str:
    with pytest.raises(TypeError) as caught:
        call(*args)
    return str(caught.value)


def cases(table: dict[str, Any]) -> Any:
    return pytest.mark.parametrize(("call", "words"), list(table.values()), ids=list(table))


def derivatives(call: Callable[[Any], Any], at: Any) -> list[Callable[[], Any]]:
    return [
        lambda: ad.grad(call)(at),
        lambda: ad.jvp(call, (at,), (np.ones_like(at),)),
        lambda: ad.jacobian(ad.grad(lambda x: np.sum(x * call(x))))(at),
        lambda: call(Variable(at)),
    ]


@cases(ON_ARRAYS)
def test_on_arrays(call: Callable[[Any], Any], words: tuple[str, ...]) -> None:
    for derivative in derivatives(call, np.array([0.5, 1.5, 2.5])):
        text = message(derivative)
        assert [word for word in words if word not in text] == []


@cases(ON_NUMBERS)
def test_on_numbers(call: Callable[[Any], Any], words: tuple[str, ...]) -> None:
    for derivative in derivatives(call, np.float64(0.5)):
        text = message(derivative)
        assert [word for word in words if word not in text] == []


@pytest.mark.parametrize(("value", "words"), list(NOT_FLOATING.values()), ids=list(NOT_FLOATING))
@pytest.mark.parametrize("derivative", [ad.grad, ad.value_and_grad, ad.jacobian, ad.hessian])
def test_differentiation_by_what_has_no_derivatives(
    derivative: Any, value: Any, words: tuple[str, ...]
) -> None:
    text = message(derivative(lambda x: 1.0), value)
    assert [word for word in words if word not in text] == []


@pytest.mark.parametrize("value", [v for v, _ in NOT_FLOATING.values() if not isinstance(v, dict)])
def test_variables_of_what_has_no_derivatives(value: Any) -> None:
    assert "value" in message(Variable, value)


def test_the_same_calls_work_without_differentiation() -> None:
    """The tables hold calls that NumPy itself accepts: what is refused is the derivative."""
    for call, _ in ON_ARRAYS.values():
        if call is not ON_ARRAYS["Variable(x)"][0]:
            call(np.array([0.5, 1.5, 2.5]))


def test_a_message_that_names_no_cure_is_noticed() -> None:
    def bare(x: Any) -> Any:
        raise TypeError("unsupported")

    with pytest.raises(AssertionError):
        test_on_arrays(bare, ("np.where",))


def test_filling_a_plain_array_with_traced_numbers_names_the_cure_too() -> None:
    """NumPy turns our TypeError into its own ValueError there, and keeps ours as the cause."""
    with pytest.raises(ValueError, match="array element") as caught:
        ad.grad(lambda x: operator.setitem(np.zeros(3), 0, x))(1.0)
    assert isinstance(caught.value.__cause__, TypeError)
    assert "np.stack" in str(caught.value.__cause__)


def test_a_condition_has_no_derivative() -> None:
    for derivative in (ad.grad, ad.jacobian):
        assert "np.where" in message(derivative(lambda x: np.where(x, x, 0.0)), 1.0)
    assert "np.where" in message(ad.jvp, lambda x: np.where(x, x, 0.0), (1.0,), (1.0,))


# --- what is accepted


@pytest.mark.parametrize("value", [3, 3.0, np.float32(3), np.float64(3), np.array(3.0)])
def test_numbers_become_floats(value: Any) -> None:
    found = ad.grad(lambda x: x * x)(value)
    assert found == 6
    assert np.asarray(found).dtype == np.asarray(floating(value, "x")).dtype
    assert np.asarray(found).dtype.kind == "f"


@pytest.mark.parametrize("constant", [2, True, np.array([1, 2]), np.array([True, False]), np.int64(2), [1, 2]])
def test_integers_and_truth_values_are_constants(constant: Any) -> None:
    x = np.array([1.5, 2.5])
    expected = np.broadcast_to(np.asarray(constant) * 1.0, (2,))
    assert np.array_equal(ad.grad(lambda v: np.sum(v * constant))(x), expected)
    assert np.array_equal(ad.grad(lambda v, c: np.sum(np.multiply(c, v)))(x, constant), expected)


@pytest.mark.parametrize("function", [np.multiply, np.divide, np.power, np.arctan2, np.hypot])
def test_lists_are_constants_like_arrays(function: Any) -> None:
    x = np.array([1.5, 2.5])
    for f in (lambda v, c: np.sum(function(v, c)), lambda v, c: np.sum(function(c, v))):
        assert np.array_equal(ad.grad(f)(x, [1.0, 2.0]), ad.grad(f)(x, np.array([1.0, 2.0])))


def test_trace_leaves_integers_as_they_are() -> None:
    graph = ad.trace(lambda x, n, m: x[n] * m, np.array([1.5, 2.5]), np.array([0, 0, 1]), np.array(True))
    assert [np.shape(node.value) for node in graph.inputs] == [(2,)]
    assert np.array_equal(graph.pull((np.ones(3),))[0], [2.0, 1.0])


def test_comparisons_and_shapes_are_plain() -> None:
    def f(x: Any) -> Any:
        assert type(x > 0) is np.ndarray
        assert (x.shape, x.ndim, x.size, len(x), x.dtype) == ((3,), 1, 3, 3, np.dtype(float))
        assert type(np.argmax(x)) is np.int64
        assert np.zeros_like(x).tolist() == [0.0, 0.0, 0.0]
        return np.sum(np.where(x > 1, x * x, x)) + (x[0] if x[0] > 0 else -x[0])

    assert np.array_equal(ad.grad(f)(np.array([0.5, 1.5, 2.5])), [2.0, 3.0, 5.0])


def test_python_s_protocols_work_on_traced_arrays() -> None:
    def f(x: Any) -> Any:
        a, b, c = x
        return sum(part * 2 for part in (a, b)) + (-c) ** 2 + abs(c) + +a - b / 2 + 2**a + (x @ x) + 1 % c

    assert np.allclose(ad.grad(f)(np.array([1.0, 2.0, 3.0])), [3 + 2 * math.log(2) + 2, 1.5 + 4, 6 + 1 + 6])
