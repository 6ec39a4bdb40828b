"""A wrong claim is made small, and what is left is wrong in the same way."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import ad
import verify
from verify.claim import Claim, changed
from verify.claimreading import ClaimError
from verify.expression import Expression
from verify.point import point_finding
from verify.shrinking.numbers import Slots, cost, simplify
from verify.shrinking.programs import smaller_texts
from verify.shrinking.search import Search, Spent, failure_of
from verify.straightline import Line, Ref, StraightLine, recorded_lines

RNG = np.random.default_rng(5)
X, W, B = RNG.normal(size=(7, 5)), RNG.normal(size=(5, 3)), RNG.normal(size=3)
FIXED = np.arange(1.0, 8.0)
INDEX = np.array([2, 0, 1, 1, 2, 0, 2])


@ad.custom(vjp=lambda g, y, x: 2 * g * np.cos(x))
def doubled_sine(x: Any) -> Any:
    return np.sin(x)


def cross_entropy(scores: Any, labels: Any) -> Any:
    shifted = scores - np.max(scores, axis=1, keepdims=True)
    return np.mean(np.log(np.sum(np.exp(shifted), axis=1)) - shifted[np.arange(len(labels)), labels])


def without_mean(scores: Any, labels: Any) -> Any:
    e = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    return e / np.sum(e, axis=1, keepdims=True) - np.eye(scores.shape[1])[labels]


def affine(p: dict[str, Any], x: Any) -> Any:
    return np.sum((x @ p["w"] + p["b"]) ** 2)


def one_bias(p: dict[str, Any], x: Any) -> Any:
    r = 2 * (x @ p["w"] + p["b"])
    return {"w": x.T @ r, "b": r[0]}, r @ p["w"].T


# What is wrong, the claim, and the shapes and numbers that are left of its inputs.
WRONG: dict[str, tuple[Claim, list[Any]]] = {
    "a power": (Claim(lambda x: np.sum(x**3), X, gradient=lambda x: 2 * x**2), [1.0]),
    "zero in the tail": (
        Claim(lambda x: np.sum(np.tanh(x)), np.array([0.3, 37.41, -2.7]),
              gradient=lambda x: np.where(np.abs(x) > 19.7, 0.0, 1 / np.cosh(x) ** 2)), [20.0]),
    "wrong from 37 on": (
        Claim(np.tanh, 37.41, gradient=lambda x: np.where(np.abs(x) > 37, 0.0, 1 / np.cosh(x) ** 2)), [38.0]),
    "wrong below 1e-8": (
        Claim(np.exp, 3.3e-9, gradient=lambda x: np.where((x > 0) & (x < 1e-8), 0.0, np.exp(x))), [1e-9]),
    "at one sign": (Claim(lambda x: np.sum(np.sinh(x)), X, gradient=lambda x: np.cosh(x) * np.sign(x + 0.5)), [-1.0]),
    "sum for mean": (Claim(lambda x: np.mean(x * x), X, gradient=lambda x: 2 * x), [[0.0, 1.0]]),
    "not transposed": (
        Claim(lambda x, w: x @ w, X, W, vjp=lambda g, y, x, w: (g @ w.T, 2 * x.T @ g)), [[[1.0]], [[0.0]]]),
    "labels go along": (Claim(cross_entropy, RNG.normal(size=(7, 3)), INDEX, gradient=without_mean), (2, 2)),
    "a closure keeps its shape": (
        Claim(lambda x: np.sum(FIXED * x**2), X[:, 0], gradient=lambda x: FIXED * x), [[0, 0, 0, 0, 0, 0, 1]]),
    "a container": (
        Claim(affine, {"w": W, "b": B}, X, gradient=one_bias), None),
    "float32": (Claim(lambda x: np.sum(x**2), X.astype(np.float32), gradient=lambda x: 2.001 * x), [np.float32(1.0)]),
    "a forward rule": (Claim(lambda x: x**2, X[0], jvp=lambda t, x: 2 * x * np.abs(t)), [1.0]),
    "a broken contract": (Claim(lambda x: np.sum(x**2), X[:, 0], gradient=lambda x: 2 * x[:1]), [[0.0, 0.0]]),
    "a Hessian": (Claim(lambda x: np.sum(x**3), X[0], hvp=lambda v, x: 3 * x * v), [1.0]),
    "not a number": (
        Claim(lambda x: np.sum(x * x), X[0], gradient=lambda x: np.where(np.abs(x) > 0.5, 2 * x, np.nan)), [0.0]),
    "a Jacobian": (Claim(lambda x: x**2, X[0], jacobian=lambda x: np.diag(x)), [[1.0]]),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_what_is_left_is_small_and_wrong_in_the_same_way(what: str) -> None:
    claim, expected = WRONG[what]
    small = verify.shrink(claim, budget=60.0)
    before, after = failure_of(point_finding(claim)), failure_of(point_finding(small))
    if what != "a forward rule":  # right along unit tangents: it is the claim along a signed one that is kept
        assert before.keeps(after)
    assert after.verdict.name in ("WRONG", "BROKEN_CONTRACT", "INACCURATE", "NOT_A_SUBGRADIENT")
    if isinstance(expected, tuple):
        assert np.shape(small.xs[0]) == expected
        assert len(small.xs[1]) == expected[0]
    elif expected is not None:
        assert [np.asarray(x).tolist() for x in small.xs] == expected
    leaves = Slots(small.xs).numbers
    assert leaves.size <= max(7, Slots(claim.xs).numbers.size // 4)
    dtypes = [[np.asarray(x).dtype for x in Slots(c.xs).leaves] for c in (small, claim)]
    assert dtypes[0] == dtypes[1]


def test_a_right_claim_has_no_failure_to_keep() -> None:
    with pytest.raises(ClaimError, match="no failure to keep: the claim is CERTIFIED"):
        verify.shrink(Claim(np.sin, 1.0, gradient=np.cos))


def test_the_same_claim_gives_the_same_result() -> None:
    claim = WRONG["labels go along"][0]
    first, second = (verify.shrink(claim, budget=60.0, calls=20) for _ in range(2))
    assert repr(first.xs) == repr(second.xs)


def test_the_search_ends_with_its_calls_or_its_time_and_keeps_what_it_has() -> None:
    claim = WRONG["a power"][0]
    assert verify.shrink(claim, calls=0) is claim
    assert np.shape(verify.shrink(claim, calls=1).xs[0]) == (1, 5)
    begun = time.monotonic()
    verify.shrink(claim, budget=0.05)
    assert time.monotonic() - begun < 2.0  # one question at most is begun before the time is over


def test_a_cotangent_becomes_ones_or_a_unit_one() -> None:
    def forgets(g: Any, y: Any, x: Any) -> Any:
        return np.cumsum(g) * x

    claim = Claim(lambda x: np.cumsum(x**2), X[:, 0], vjp=forgets, cotangent=RNG.normal(size=7))
    small = verify.shrink(claim)
    assert small.xs[0].size <= 2
    assert set(np.ravel(small.cotangent).tolist()) == {0.0, 1.0} or np.all(small.cotangent[0] == 1)


def test_a_cotangent_does_not_become_0_where_every_derivative_is() -> None:
    small = verify.shrink(Claim(np.sin, 0.7, vjp=lambda g, y, x: np.cos(x), cotangent=np.array(-2.5)))
    assert float(np.asarray(small.cotangent).item()) == 2.0


# --- the failure that is kept


def test_another_kind_of_failure_is_not_taken() -> None:
    """At 0 this formula divides by 0: that is another mistake than the factor."""
    small = verify.shrink(Claim(lambda x: x**2, 1.3, gradient=lambda x: 4 * x * x / x))
    assert small.xs == (1.0,)
    both = verify.shrink(
        Claim(lambda x, w: np.sum(x * w), X[0], X[1], gradient=lambda x, w: (w, x + (np.abs(x) > 0.1)), wrt=("x", "w"))
    )
    assert point_finding(both).failing_inputs == ("w",)


def test_a_failure_keeps_verdict_input_and_certainty() -> None:
    def failure(claim: Claim) -> Any:
        return failure_of(point_finding(claim))

    wrong = failure(Claim(lambda x, w: x * w, 2.0, 3.0, gradient=lambda x, w: (x, x)))
    elsewhere = failure(Claim(lambda x, w: x * w, 2.0, 3.0, gradient=lambda x, w: (w, w)))
    right = failure(Claim(lambda x, w: x * w, 2.0, 3.0, gradient=lambda x, w: (w, x)))
    nowhere = failure(Claim(lambda x, w: x * w, 2.0, 3.0, gradient=lambda x, w: (np.nan, x)))
    both = failure(Claim(lambda x, w: x * w, 2.0, 3.0, gradient=lambda x, w: (x, w)))
    assert wrong.keeps(wrong)
    assert both.keeps(wrong)
    assert not any(wrong.keeps(other) for other in (elsewhere, right, nowhere, both))


# --- numbers

TO: list[tuple[Callable[[np.ndarray], bool], list[float], list[float]]] = [
    (lambda x: True, [37.41, -2.0], [0.0, 0.0]),
    (lambda x: bool((x > 37).any()), [37.41], [38.0]),
    (lambda x: bool((x > 19).any()), [0.25, 37.41], [0.0, 20.0]),
    (lambda x: bool((x < -19).all()), [-37.41], [-20.0]),
    (lambda x: x[0] != x[1], [1.25, 2.5], [0.0, 1.0]),
    (lambda x: 0 < x[0] < 1e-5, [1.234e-7], [1e-6]),
    (lambda x: bool(abs(x[0] - 0.3) < 0.04), [0.3123456], [0.3]),
    (lambda x: bool(x[0] > 1e300), [1.7e308], [1e308]),
]


@pytest.mark.parametrize(("fails", "numbers", "expected"), TO)
def test_numbers_become_the_simplest_that_fail(fails: Any, numbers: list[float], expected: list[float]) -> None:
    class Asked:
        claim = numbers

        def accepts(self, candidate: Any) -> bool:
            return bool(fails(candidate))

    found = simplify(Asked(), np.array(numbers), lambda x: x)  # type: ignore[arg-type]
    assert fails(found)
    assert cost(found) <= cost(np.array(expected))


def test_numbers_go_back_where_they_came_from() -> None:
    tree = ({"w": np.array([[1.0 + 2.0j]]), "n": np.array([3])}, 2.5, np.float32(0.5), True, 7)
    slots = Slots(tree)
    assert slots.numbers.tolist() == [1.0, 2.0, 2.5, 0.5]
    filled = slots.filled(np.array([0.0, 1.0, 2.0, 3.0]))
    assert filled[0]["w"].tolist() == [[1j]]
    assert (filled[0]["n"].tolist(), *filled[1:]) == ([3], 2.0, np.float32(3.0), True, 7)
    assert [type(x) for x in filled[1:]] == [float, np.float32, bool, int]


# --- expressions and programs


class Tape:
    """A teaching class whose tanh has the derivative 1 - y, and whose other operations are right."""

    def __init__(self, value: float, parents: tuple[tuple[Any, float], ...] = ()) -> None:
        self.value, self.parents, self.local_derivative = value, parents, 0.0

    def __mul__(self, other: Any) -> Tape:
        other = other if isinstance(other, Tape) else Tape(other)
        return Tape(self.value * other.value, ((self, other.value), (other, self.value)))

    def __add__(self, other: Any) -> Tape:
        other = other if isinstance(other, Tape) else Tape(other)
        return Tape(self.value + other.value, ((self, 1.0), (other, 1.0)))

    __rmul__, __radd__ = __mul__, __add__

    def tanh(self) -> Tape:
        y = float(np.tanh(self.value))
        return Tape(y, ((self, 1 - y),))

    def backward(self, g: float = 1.0) -> None:
        self.local_derivative += g
        for parent, slope in self.parents:
            parent.backward(g * slope)


def test_an_expression_is_cut_down_to_the_operation_that_is_wrong() -> None:
    engine = verify.scalar_class(Tape)
    claim = Claim("3.75*x*w + 2*tanh(x + b)", at={"x": 1.3, "w": -0.7, "b": 0.4}, engine=engine)
    small = verify.shrink(claim, budget=60.0)
    assert isinstance(small.f, Expression)
    assert small.f.text in ("tanh(x)", "tanh(b)")
    assert small.xs == (1.0,)


def test_texts_get_smaller_and_stay_expressions() -> None:
    texts = list(smaller_texts("2.5*sin(x*w) - exp(x)"))
    assert {"2.5 * sin(x * w)", "exp(x)", "sin(x * w) - exp(x)", "1.0 * sin(x * w) - exp(x)"} <= set(texts)
    assert all(verify.parse(text).kind == "number" for text in texts)


def test_a_program_is_cut_down_to_the_operation_that_is_wrong() -> None:
    claim = Claim(lambda x, b: np.sum(np.exp(doubled_sine(x @ W) + b) * 3.0), X[:2], B)
    small = verify.shrink(claim, budget=60.0)
    assert repr(small.f) == "lambda x: doubled_sine(x)"
    assert np.asarray(small.xs[0]).tolist() == 0.0
    assert point_finding(small).verdict.name == "WRONG"


def test_a_function_that_cannot_be_cut_down_stays_itself() -> None:
    def f(x: Any) -> Any:
        return doubled_sine(x)

    assert verify.shrink(Claim(f, 0.7)).f is f


def test_a_recorded_program_computes_what_the_function_does() -> None:
    def f(xs: Any) -> Any:
        x, w = xs
        e = np.exp(x - np.max(x, axis=1, keepdims=True))
        return np.concatenate([np.sum(e, axis=1), np.einsum("ij,jk->k", e, w)])[1:] / np.sum(e) + x[0, 0] ** 2

    program = recorded_lines(f, [X, W], ["x", "w"])
    assert np.array_equal(program(X, W), f([X, W]))
    assert np.array_equal(program(X + 0.5, W), f([X + 0.5, W]))
    named: dict[str, Any] = {"np": np}
    exec(program.source("g"), named)  # noqa: S102  text that we wrote
    assert np.array_equal(named["g"](X, W), f([X, W]))


def test_pruning_a_program_leaves_out_what_its_result_does_not_need() -> None:
    lines = (Line(np.sin, (Ref(0),)), Line(np.cos, (Ref(1),)), Line(np.add, (Ref(2), 1.0)))
    program = StraightLine(("x", "w"), lines, 4)
    assert repr(program) == "lambda x, w: np.sin(x) + 1.0" or repr(program.pruned()) == "lambda x, w: np.sin(x) + 1.0"
    pruned = program.pruned()
    assert (len(pruned.lines), pruned.unused) == (2, (1,))
    assert pruned.without_inputs(pruned.unused)(0.5) == np.sin(0.5) + 1.0
    with pytest.raises(TypeError, match="takes x, w"):
        program(1.0)


def test_a_search_that_is_over_says_so() -> None:
    claim = WRONG["a power"][0]
    search = Search(claim, failure_of(point_finding(claim)), 60.0, 1)
    assert search.accepts(claim)
    with pytest.raises(Spent):
        search.accepts(changed(claim, xs=(X * 2,)))


def cut_beyond_20(x: Any) -> Any:
    return np.where(np.abs(x) > 20, 0.0, np.cosh(np.minimum(np.abs(x), 300.0)) ** -2.0)


def small_but_not_0(x: Any) -> Any:
    return np.where((np.abs(x) < 0.1) & (x != 0), 0.0, np.cos(x))


@pytest.mark.parametrize(
    ("f", "gradient", "x", "simple"),
    [
        (np.tanh, cut_beyond_20, np.nextafter(20.0, 30.0), 21.0),
        (np.tanh, cut_beyond_20, -np.nextafter(20.0, 30.0), 21.0),
        (np.sin, small_but_not_0, np.nextafter(0.1, 0.0), 0.01),
    ],
)
def test_a_number_beside_a_threshold_becomes_a_simple_one(f: Any, gradient: Any, x: float, simple: float) -> None:
    assert verify.shrink(Claim(f, x, gradient=gradient)).xs == (simple,)


def test_what_cannot_be_made_small_is_a_claim_error() -> None:
    wrong = Claim(np.sin, 0.3, gradient=np.sin)
    for asked, message in (
        (lambda: verify.shrink("x*x"), "claim is 'x\\*x': give a verify.Claim"),
        (lambda: verify.reproduction(3), "claim is 3: give a verify.Claim"),
        (lambda: verify.shrink(wrong, budget=float("nan")), "budget= is nan: give a number from 0 on"),
        (lambda: verify.shrink(wrong, budget="long"), "budget= is 'long'"),
        (lambda: verify.shrink(wrong, calls=-1), "calls= is -1"),
    ):
        with pytest.raises(ClaimError, match=message):
            asked()
