"""The teaching face: what a session prints, and the defects that naive versions of this class have."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import flint
import numpy as np
import pytest

from ad import Neuron, Variable, grad
from ad.dispatch import TABLE

# expression of a Neuron at 3 -> what print shows of the result
PRINTED = [
    (lambda a: a, "value: 3, local_grad: None"),
    (lambda a: a + 1, "value: 4, local_grad: None"),
    (lambda a: 1 + a, "value: 4, local_grad: None"),
    (lambda a: a * 1, "value: 3, local_grad: None"),
    (lambda a: a - 1, "value: 2, local_grad: None"),
    (lambda a: 1 - a, "value: -2, local_grad: None"),
    (lambda a: a / 1, "value: 3.0, local_grad: None"),
    (lambda a: 1 / a, "value: 0.3333333333333333, local_grad: None"),
    (lambda a: -a, "value: -3, local_grad: None"),
    (lambda a: a**2, "value: 9, local_grad: None"),
    (lambda a: 2**a, "value: 8, local_grad: None"),
    (lambda a: a**-1, "value: 0.3333333333333333, local_grad: None"),
    (lambda a: a**100, f"value: {3**100}, local_grad: None"),
    (lambda a: a % 2, "value: 1, local_grad: None"),
    (lambda a: abs(-a), "value: 3, local_grad: None"),
]

# function of one Neuron, the point, its derivative there
DERIVATIVES = [
    (lambda a: a, 3, 1),
    (lambda a: a * a, 3, 6),
    (lambda a: 2 * a + 5 * a, 3, 7),
    (lambda a: (a + a) * a, 3, 12),
    (lambda a: a - a, 3, 0),
    (lambda a: a * a * a, 3, 27),
    (lambda a: a**3, 3, 27),
    (lambda a: a**0, 3, 0),
    (lambda a: 2**a, 3, 8 * math.log(2)),
    (lambda a: a / a, 3, 0),
    (lambda a: 6 / a, 3, -6 / 9),
    (lambda a: a.exp().log(), 3, 1),
    (lambda a: a.mul_inverse(), 4, -1 / 16),
    (lambda a: a.exp() * a.exp(), 0.5, 2 * math.exp(1)),
    (lambda a: np.sin(a) * np.cos(a), 0.7, math.cos(1.4)),
    (lambda a: np.maximum(a, 1) + np.maximum(a, 9), 3, 1),
    (lambda a: np.where(a > 2, a * a, a), 3, 6),
    (lambda a: np.clip(a, 0, 5), 3, 1),
    (lambda a: np.tanh(np.sqrt(a)), 4, (1 - math.tanh(2) ** 2) / 4),
]

NUMPY = "exp log sin cos tan tanh sqrt arctan log1p expm1 square cbrt sinh arcsinh".split()

# what is refused -> words of the cure
REFUSED = [
    (lambda a: float(a), "np.sin for math.sin"),
    (lambda a: math.sin(a), "np.sin for math.sin"),
    (lambda a: a + np.ones(2), "ad.Variable"),
    (lambda a: np.ones(2) * a, "ad.Variable"),
    (lambda a: a + Variable(1.0), "ad.Variable"),
    (lambda a: Variable(1.0) * a, "does not mix"),
    (lambda a: grad(lambda x: x * a)(1.0), "does not mix"),
    (lambda a: a + "1", "one real number"),
    (lambda a: Neuron(np.ones(3)), "ad.Variable"),
    (lambda a: Neuron(a), "one real number"),
    (lambda a: Neuron(True), "one real number"),
    (lambda a: Neuron(1j), "complex"),
    (lambda a: np.packbits(a), "no entry in ad's table"),
    (lambda a: np.add(a, 1, out=np.zeros(())), "leave out out="),
]


def close(a: Any, b: Any) -> bool:
    return abs(a - b) <= 16 * np.finfo(float).eps * abs(b)


@pytest.mark.parametrize(("expression", "text"), PRINTED)
def test_it_prints_its_value_and_derivative_and_keeps_whole_numbers(
    expression: Callable[[Any], Any], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    print(expression(Neuron(3)))
    assert capsys.readouterr().out == text + "\n"


def test_a_difference_prints_whole_derivatives() -> None:
    a, b = Neuron(3), Neuron(2)
    (a - b).backward()
    assert (str(a), str(b)) == ("value: 3, local_grad: 1", "value: 2, local_grad: -1")


@pytest.mark.parametrize(("f", "at", "slope"), DERIVATIVES)
def test_every_use_of_a_value_counts(f: Callable[[Any], Any], at: Any, slope: Any) -> None:
    a = Neuron(at)
    f(a).backward()
    assert a.local_derivative == slope if isinstance(slope, int) else close(a.local_derivative, slope)


def test_naive_versions_would_fail_that_table() -> None:
    """Overwriting instead of adding, and one visit for each path's last step, are what the table is for."""

    class Overwrites:
        def __init__(self, value: Any, children: tuple[Any, ...] = ()) -> None:
            self.value, self.children, self.local_derivative = value, children, None

        def __add__(self, other: Any) -> Any:
            return Overwrites(self.value + other.value, ((self, 1), (other, 1)))

        def __mul__(self, other: Any) -> Any:
            other = other if isinstance(other, Overwrites) else Overwrites(other)
            return Overwrites(self.value * other.value, ((self, other.value), (other, self.value)))

        __rmul__ = __mul__

        def backward(self, g: Any = 1) -> None:
            self.local_derivative = g
            for child, slope in self.children:
                child.backward(g * slope)

    found = []
    for f, at, _ in DERIVATIVES[1:3]:
        a = Overwrites(at)
        f(a).backward()
        found.append(a.local_derivative)
    assert found == [3, 5]
    assert [slope for _, _, slope in DERIVATIVES[1:3]] == [6, 7]


def test_the_logistic_neuron_agrees_with_certified_numbers() -> None:
    x, w, b = Neuron(3), Neuron(2), Neuron(1)
    y = 1 / (1 + (-(x * w + b)).exp())
    y.backward()
    old = flint.ctx.prec
    try:
        flint.ctx.prec = 200
        s = 1 / (1 + flint.arb(-7).exp())
        truth = [float((s * (1 - s) * k).mid()) for k in (2, 3, 1)]
    finally:
        flint.ctx.prec = old
    stated = [0.0018204423602436, 0.0027306635403654, 0.0009102211801218]
    for n, exact, text, factor in zip((x, w, b), truth, stated, (2, 3, 1), strict=True):
        assert abs(n.local_derivative - exact) <= 1e-15 * 1e-2
        assert abs(n.local_derivative - text) <= 1e-15
        assert abs(n.local_derivative - y.value * (1 - y.value) * factor) <= 1e-15


def counted(monkeypatch: pytest.MonkeyPatch, function: Any) -> list[int]:
    """A list that grows by one with every use of the function's rule."""
    uses: list[int] = []
    op = TABLE[function]

    def vjp(i: int, *rest: Any) -> Any:
        uses.append(i)
        return op.vjp(i, *rest)

    monkeypatch.setitem(TABLE, function, dataclasses.replace(op, vjp=vjp))
    return uses


def test_shared_values_are_visited_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """x = x + x repeated 60 times has 2**60 paths, and needs 120 rules."""
    uses = counted(monkeypatch, np.add)
    a = x = Neuron(1)
    for _ in range(60):
        x = x + x
    x.backward()
    assert (x.value, a.local_derivative, len(uses)) == (2**60, 2**60, 120)


def test_a_chain_of_100000_steps_needs_no_recursion(monkeypatch: pytest.MonkeyPatch) -> None:
    uses = counted(monkeypatch, np.add)
    a = x = Neuron(0)
    for _ in range(100_000):
        x = x + 1
    x.backward()
    assert (x.value, a.local_derivative, len(uses)) == (100_000, 1, 100_000)
    del x  # letting go of a long chain must not recurse either


def test_a_second_backward_gives_the_same_numbers_again() -> None:
    a, b = Neuron(3), Neuron(2)
    m = a * b
    y = m * a
    y.backward()
    first = [n.local_derivative for n in (a, b, m, y)]
    y.backward()
    assert first == [12, 9, 3, 1] == [n.local_derivative for n in (a, b, m, y)]


def test_after_two_results_a_shared_value_holds_the_derivative_of_the_later() -> None:
    a, b, c = Neuron(3), Neuron(2), Neuron(5)
    y, z = a * b, a * c
    y.backward()
    z.backward()
    assert (a.local_derivative, b.local_derivative, c.local_derivative) == (5, 3, 3)
    assert "computes anew" in str(Neuron.backward.__doc__)


def test_children_are_the_neurons_it_was_computed_from() -> None:
    a, b = Neuron(3), Neuron(2)
    table = [(a * b, (a, b)), (a * a, (a, a)), (a + 1, (a,)), (1 - a, (a,)), (a, ()), (np.exp(a), (a,))]
    for result, children in table:
        assert [id(n) for n in result.children] == [id(n) for n in children]


@pytest.mark.parametrize("name", NUMPY)
def test_numpy_functions_give_neurons_with_the_engine_s_derivative(name: str) -> None:
    function = getattr(np, name)
    a = Neuron(0.75)
    y = function(a)
    y.backward()
    assert isinstance(y, Neuron)
    assert type(y.value) is float
    assert (y.value, a.local_derivative) == (function(0.75), grad(function)(0.75))


def test_arrays_of_neurons_work_through_their_operators() -> None:
    ws = np.array([Neuron(2), Neuron(-1)])
    xs = np.array([Neuron(3), Neuron(4)])
    np.dot(ws, xs).backward()
    assert [n.local_derivative for n in (*ws, *xs)] == [3, 4, 2, -1]


def test_numpy_s_numbers_become_python_s() -> None:
    for value, kind in [(np.int64(3), int), (np.float32(0.5), float), (np.array(2.0), float)]:
        assert type(Neuron(value).value) is kind


def test_comparisons_compare_values() -> None:
    a = Neuron(3)
    assert bool(a > 2)
    assert bool(a == 3)
    assert bool(a < Neuron(4))
    assert not bool(a != 3)
    assert bool(a)
    assert not Neuron(0)


def test_poles_give_inf_as_numpy_does() -> None:
    a = Neuron(0)
    y = 1 / a
    y.backward()
    assert (y.value, a.local_derivative) == (math.inf, -math.inf)


@pytest.mark.parametrize(("call", "cure"), REFUSED)
def test_what_cannot_work_says_so(call: Callable[[Any], Any], cure: str) -> None:
    with pytest.raises(TypeError) as caught:
        call(Neuron(3))
    assert cure in str(caught.value)


def test_a_wrong_rule_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    op = TABLE[np.multiply]
    wrong = dataclasses.replace(op, vjp=lambda i, *rest: op.vjp(i, *rest) * (1 + 1e-6))
    monkeypatch.setitem(TABLE, np.multiply, wrong)
    with pytest.raises(AssertionError):
        test_every_use_of_a_value_counts(lambda a: a * a, 3, 6)
