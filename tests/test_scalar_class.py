"""A teacher judges a student's scalar class: the naive one is refused with the reason that names overwriting."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from ad import Neuron
from verify import check, scalar_class


class Naive:
    """The class that many write first: a use overwrites what an earlier use of the same node brought."""

    def __init__(self, value: float, parents: Any = ()) -> None:
        self.value = value
        self.parents = parents
        self.local_derivative: float | None = None

    def __add__(self, other: Any) -> Naive:
        other = as_node(self, other)
        return type(self)(self.value + other.value, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other: Any) -> Naive:
        other = as_node(self, other)
        return type(self)(self.value * other.value, ((self, other.value), (other, self.value)))

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self) -> Naive:
        return self * -1.0

    def __sub__(self, other: Any) -> Naive:
        return self + as_node(self, other) * -1.0

    def exp(self) -> Naive:
        y = math.exp(self.value)
        return type(self)(y, ((self, y),))

    def backward(self, g: float = 1.0) -> None:
        self.local_derivative = g
        for parent, slope in self.parents:
            parent.backward(g * slope)


class Adding(Naive):
    """The same class, right: uses accumulate."""

    def backward(self, g: float = 1.0) -> None:
        self.local_derivative = (self.local_derivative or 0.0) + g
        for parent, slope in self.parents:
            parent.backward(g * slope)


def as_node(node: Naive, other: Any) -> Naive:
    return other if isinstance(other, Naive) else type(node)(other)


class WrongValue(Adding):
    def exp(self) -> Naive:
        y = math.exp(self.value)
        return type(self)(y + 1e-6, ((self, y),))


class WrongSlope(Adding):
    def exp(self) -> Naive:
        return type(self)(math.exp(self.value), ((self, self.value),))


class Doubled(Adding):
    def __mul__(self, other: Any) -> Naive:
        return type(self)(self.value * other.value, ((self, 2 * other.value), (other, self.value)))


class DoesNothing(Adding):
    def backward(self, g: float = 1.0) -> None:
        pass


class Explodes(Adding):
    def backward(self, g: float = 1.0) -> None:
        raise RuntimeError("not done yet")


class NothingDone(Adding):
    def backward(self, g: float = 1.0) -> None:
        pass


class OtherNames(Adding):
    """The same class under other names of its attributes."""

    @property
    def data(self) -> float:
        return self.value

    @property
    def grad(self) -> float | None:
        return self.local_derivative


RIGHT: list[tuple[str, dict[str, float]]] = [
    ("a*a", {"a": 3.0}),
    ("2*a + 5*a", {"a": 1.0}),
    ("a - b", {"a": 3.0, "b": 2.0}),
    ("exp(a*b) + a", {"a": 0.5, "b": -1.0}),
    ("a*b + b*c + c*a", {"a": 1.5, "b": -2.0, "c": 0.25}),
    ("a*0 + b", {"a": 1.5, "b": -2.0}),
]


@pytest.mark.parametrize(("expression", "at"), RIGHT)
def test_right_classes_pass(expression: str, at: dict[str, float]) -> None:
    for kind in (Neuron, Adding):
        finding = check(expression, at=at, engine=scalar_class(kind))
        assert finding.verdict.name == "CERTIFIED", finding.explain()
        assert kind.__name__ in finding.subject


def test_a_neuron_computes_the_teaching_example() -> None:
    finding = check("1/(1+exp(-(x*w+b)))", at={"x": 3.0, "w": 2.0, "b": 1.0}, engine=scalar_class(Neuron))
    assert finding.verdict.name == "CERTIFIED", finding.explain()


OVERWRITTEN: list[tuple[str, float, float, str, str]] = [
    ("a*a", 3.0, 3.0, "6", "by a it finds 3 where 3 + 3 = 6 is right"),
    ("2*a + 5*a", 1.0, 5.0, "7", "by a it finds 5 where 5 + 2 = 7 is right"),
    ("a*a + a", 3.0, 1.0, "7", "by a it finds 1 where 1 + 3 + 3 = 7 is right"),
]


@pytest.mark.parametrize(("expression", "a", "yours", "truth", "words"), OVERWRITTEN)
def test_the_naive_class_is_refused_for_overwriting(
    expression: str, a: float, yours: float, truth: str, words: str
) -> None:
    finding = check(expression, at={"a": a}, engine=scalar_class(Naive))
    point = finding.worst_point
    assert finding.verdict.name == "WRONG"
    assert (point.entry, point.yours) == ("a", yours)
    assert point.truth.startswith(truth)
    (mistake,) = [e.text for e in point.explanations]
    assert words in mistake
    assert "overwrites where it must accumulate" in mistake
    assert mistake in " ".join(finding.explain().split())


def test_another_mistake_is_not_called_overwriting() -> None:
    finding = check("exp(a*a) + a", at={"a": 0.7}, engine=scalar_class(WrongSlope))
    assert finding.verdict.name == "WRONG"
    assert not any("overwrites" in e.text for e in finding.worst_point.explanations)


def test_the_value_is_judged_too() -> None:
    finding = check("exp(a)", at={"a": 0.7}, engine=scalar_class(WrongValue))
    assert finding.verdict.name == "DIFFERENT_FUNCTION"
    assert "the subject says the value 2.0137537" in finding.worst_point.reason
    assert check("exp(a)", at={"a": 0.7}, engine=scalar_class(Adding)).ok  # the mutant is refused, the class not


def test_attributes_are_found_by_their_names() -> None:
    assert check("a*a", at={"a": 3.0}, engine=scalar_class(OtherNames, value="data", gradient="grad")).ok
    for names in ({"value": "val"}, {"gradient": "g"}):
        finding = check("a*a", at={"a": 3.0}, engine=scalar_class(OtherNames, **names))
        assert finding.verdict.name == "BROKEN_CONTRACT"
        assert f"a OtherNames has no attribute {next(iter(names.values()))!r}" in finding.worst_point.reason


BROKEN: list[tuple[type, Any, tuple[Any, ...], str, str]] = [
    (Explodes, lambda a: a * a, (3.0,), "INCONCLUSIVE", "RuntimeError: not done yet"),
    (NothingDone, lambda a: a * a, (3.0,), "WRONG", ""),
    (Adding, lambda a: 3.0, (3.0,), "BROKEN_CONTRACT", "f returned float, not a Adding"),
    (Adding, lambda a: np.sum(a * a), (np.array([1.0, 2.0]),), "BROKEN_CONTRACT", "Adding takes scalars, got ndarray"),
    (Adding, lambda a: np.sin(a), (3.0,), "INCONCLUSIVE", "sin"),
]


@pytest.mark.parametrize(("kind", "f", "xs", "verdict", "words"), BROKEN)
def test_what_a_class_cannot_do_is_said(kind: type, f: Any, xs: tuple[Any, ...], verdict: str, words: str) -> None:
    finding = check(f, *xs, engine=scalar_class(kind))
    assert finding.verdict.name == verdict, finding.explain()
    assert words in finding.worst_point.reason


def test_inputs_containers_and_constants() -> None:
    def f(p: Any, n: Any, c: Any) -> Any:
        return p["w"] * p["b"][0] * n + c * p["w"]

    engine = scalar_class(Adding)
    assert check(f, {"w": 2.0, "b": [3.0]}, np.int64(4), 5.0, engine=engine).ok
    assert check(f, {"w": 2.0, "b": [3.0]}, 4.0, 5.0, engine=engine, wrt=("c", "p")).ok
    assert check(f, {"w": 2.0, "b": [3.0]}, 4.0, 5.0, engine=scalar_class(Naive)).verdict.name == "WRONG"
    assert check(np.exp, 0.5, engine=engine).ok  # NumPy calls the method of its name


def test_a_class_without_backward_is_a_type_error() -> None:
    class Forward:
        pass

    with pytest.raises(TypeError, match=r"^Forward has no backward\(\) method$"):
        scalar_class(Forward)
    with pytest.raises(TypeError, match="scalar_class takes a class, got 3"):
        scalar_class(3)  # type: ignore[arg-type]
    assert repr(scalar_class(Neuron)) == "scalar class Neuron"


def test_what_is_seen_in_a_class_is_not_said_again_from_its_numbers() -> None:
    def kinds(engine: type) -> list[str]:
        finding = check(lambda a: a * a, 3.0, engine=scalar_class(engine))
        return [found.kind for found in finding.worst_point.explanations]

    assert kinds(Naive) == ["overwritten"]
    assert kinds(DoesNothing) == ["not reached"]
    assert kinds(Doubled) == ["operation", "factor"]  # where and how: two things to know
