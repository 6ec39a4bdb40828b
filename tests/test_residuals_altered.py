"""Mistakes of real backward passes, each with the sentence that names it; the right one beside it gets none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from verify import check, subject
from verify.claim import Claim
from verify.neighbours import Neighbours
from verify.numbers.deciding import Deadline
from verify.oracles import symbolic
from verify.question import prepare
from verify.residuals.case import Case, Guess, cases, first, gather

RNG = np.random.default_rng(7)
V = np.round(RNG.normal(size=5), 3)
X = np.round(RNG.normal(size=(4, 5)), 3)
SQUARE = np.round(RNG.normal(size=(3, 3)), 3)
W = np.array([0.7, -0.4, 1.1])
SIGNED = np.array([-1.0, 0.5, 2.0, -0.3, 0.8])
LABELS = np.array([1.0, 0.0, 1.0, 1.0, 0.0])
EPS = 1e-3
MASK = np.tril(np.ones((3, 3), bool))
COEFFICIENT = 0.044715


def normal(x: Any, eps: float = EPS, n: float | None = None) -> tuple[Any, Any]:
    c = x - np.mean(x, axis=-1, keepdims=True)
    s = np.sqrt(np.sum(c * c, axis=-1, keepdims=True) / (n or x.shape[-1]) + eps)
    return c / s, s


def layer_norm(x: Any) -> Any:
    return normal(x)[0]


def layer_norm_back(g: Any, x: Any, eps: float = EPS, times: float = 1.0) -> Any:
    y, s = normal(x, eps)
    return (g - np.mean(g, -1, keepdims=True) - times * y * np.mean(g * y, -1, keepdims=True)) / s


def scaled(x: Any, gamma: Any) -> Any:
    return layer_norm(x) * gamma


def gelu(x: Any) -> Any:
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + COEFFICIENT * x**3)))


def gelu_back(k: float = COEFFICIENT, inner: float = 1.0) -> Any:
    def back(g: Any, y: Any, x: Any) -> Any:
        t = np.tanh(np.sqrt(2 / np.pi) * (x + k * x**3))
        slope = inner * np.sqrt(2 / np.pi) * (1 + 3 * k * x * x) + (1 - inner)
        return g * (0.5 * (1 + t) + 0.5 * x * (1 - t * t) * slope)

    return back


def masked_scores(q: Any, k: Any) -> Any:
    return np.where(MASK, np.tanh(q @ k.T), 0.0)


def masked_back(mask: Any) -> Any:
    def back(g: Any, y: Any, q: Any, k: Any) -> Any:
        d = g * mask * (1 - np.tanh(q @ k.T) ** 2)
        return d @ k, d.T @ q

    return back


def softmax(x: Any) -> Any:
    e = np.exp(x - np.max(x))
    return e / np.sum(e)


def leaky(x: Any) -> Any:
    return np.where(x > 0, x, 0.01 * x)


# (kind, part of the sentence, f, xs, the wrong derivative, the right one)
NAMED: list[tuple[str, str, Any, tuple[Any, ...], dict[str, Any], dict[str, Any]]] = [
    ("other constant", "is right for 0 in place of 0.001", layer_norm, (X,),
     {"vjp": lambda g, y, x: layer_norm_back(g, x, eps=0.0)}, {"vjp": lambda g, y, x: layer_norm_back(g, x)}),
    ("other constant", "is right for 0.0447 in place of 0.044715", gelu, (V,), {"vjp": gelu_back(0.0447)},
     {"vjp": gelu_back()}),
    ("other constant", "is right for 0.044175 in place of 0.044715", gelu, (V,), {"vjp": gelu_back(0.044175)},
     {"vjp": gelu_back()}),
    ("other constant", "is right for 6 in place of 7 in 7 * x", lambda x: x**3 - 4 * x**2 + 7 * x, (1.4,),
     {"gradient": lambda x: 3 * x**2 - 8 * x + 6}, {"gradient": lambda x: 3 * x**2 - 8 * x + 7}),
    ("rounded constant", "by m has 9.8 in place of 9.81", lambda m, h: m * 9.81 * h, (2.0, 3.0),
     {"gradient": lambda m, h: (9.8 * h, 9.81 * m)}, {"gradient": lambda m, h: (9.81 * h, 9.81 * m)}),
    ("factor", "holds 5 x what comes through sqrt(mean(", lambda x: x / np.sqrt(np.mean(x * x) + 1e-6), (V,),
     {"vjp": lambda g, y, x: (g - 5 * y * np.mean(g * y)) / np.sqrt(np.mean(x * x) + 1e-6)},
     {"vjp": lambda g, y, x: (g - y * np.mean(g * y)) / np.sqrt(np.mean(x * x) + 1e-6)}),
    ("factor", "holds 1/2 x what comes through 0.1 * sum(w * w)", lambda w: np.sum(np.sin(w)) + 0.1 * np.sum(w * w),
     (np.tile(W, 3),), {"gradient": lambda w: np.cos(w) + 0.1 * w}, {"gradient": lambda w: np.cos(w) + 0.2 * w}),
    ("factor", "is 5/4 x the truth (5 is the length of x: divided by n or by n - 1?)", lambda x: np.var(x), (V,),
     {"gradient": lambda x: 2 * (x - np.mean(x)) / 4}, {"gradient": lambda x: 2 * (x - np.mean(x)) / 5}),
    ("factor", "4 and 5 are lengths of x: the mean over which axis?", lambda x: np.mean(np.sin(x), axis=1), (X,),
     {"vjp": lambda g, y, x: g[:, None] * np.cos(x) / 4}, {"vjp": lambda g, y, x: g[:, None] * np.cos(x) / 5}),
    ("factor", "is 2.5 x the truth", lambda x: np.sin(x / 2.5), (V,), {"vjp": lambda g, y, x: g * np.cos(x / 2.5)},
     {"vjp": lambda g, y, x: g * np.cos(x / 2.5) / 2.5}),
    ("factor", "is 1/(ln 3) x the truth", lambda x: 3.0**x, (1.4,), {"gradient": lambda x: 3.0**x},
     {"gradient": lambda x: np.log(3.0) * 3.0**x}),
    ("chain rule", "lacks the factor 2*s", lambda s: np.sum(0.5 * (V / s) ** 2 + np.log(s)), (1.3,),
     {"gradient": lambda s: 2.5 / s**2 - np.sum(V**2) / s**4 / 2},
     {"gradient": lambda s: 5 / s - np.sum(V**2) / s**3}),
    ("chain rule", "leaves out the inner derivative, that of x * x by x", lambda x: np.sqrt(1 + x * x), (0.4,),
     {"gradient": lambda x: 0.5 / np.sqrt(1 + x * x)}, {"gradient": lambda x: x / np.sqrt(1 + x * x)}),
    ("chain rule", "leaves out the inner derivative, that of 0.7978846 * (x + COEFFICIENT * x**3) by x", gelu, (V,),
     {"vjp": gelu_back(inner=0.0)}, {"vjp": gelu_back()}),
    ("saved", "uses X @ w in place of tanh(X @ w) in the backward pass of tanh(X @ w) @ v",
     lambda w, v: np.tanh(X @ w) @ v, (np.outer(V, W), W),
     {"vjp": lambda g, y, w, v: (X.T @ (np.outer(g, v) / np.cosh(X @ w) ** 2), (X @ w).T @ g)},
     {"vjp": lambda g, y, w, v: (X.T @ (np.outer(g, v) / np.cosh(X @ w) ** 2), np.tanh(X @ w).T @ g)}),
    ("saved", "by gamma uses x in place of", scaled, (X, V),
     {"vjp": lambda g, y, x, gamma: (layer_norm_back(g * gamma, x), np.sum(g * x, 0))},
     {"vjp": lambda g, y, x, gamma: (layer_norm_back(g * gamma, x), np.sum(g * normal(x)[0], 0))}),
    ("branches", "takes the branches of where(..., x, 0.01 * x) in each other's place", leaky, (SIGNED,),
     {"vjp": lambda g, y, x: g * np.where(x > 0, 0.01, 1)}, {"vjp": lambda g, y, x: g * np.where(x > 0, 1, 0.01)}),
    ("branches", "does not apply the condition of where(MASK, tanh(q @ k.T), 0)", masked_scores,
     (SQUARE / 3, SQUARE / 3 + 0.1), {"vjp": masked_back(1.0)}, {"vjp": masked_back(MASK)}),
    ("transposed", "uses MASK transposed in the backward pass of", masked_scores, (SQUARE / 3, SQUARE / 3 + 0.1),
     {"vjp": masked_back(MASK.T)}, {"vjp": masked_back(MASK)}),
    ("transposed", "by x uses SQUARE where its transpose belongs in the backward pass of x @ SQUARE",
     lambda x, y: x @ SQUARE @ y, (W, W + 0.1), {"gradient": lambda x, y: (SQUARE.T @ y, SQUARE.T @ x)},
     {"gradient": lambda x, y: (SQUARE @ y, SQUARE.T @ x)}),
    ("missing term", "counts what comes through x @ SQUARE twice", lambda x: x @ SQUARE @ x, (W,),
     {"gradient": lambda x: 2 * SQUARE @ x}, {"gradient": lambda x: (SQUARE + SQUARE.T) @ x}),
    ("missing term", "lacks what comes through", lambda p: -np.sum(LABELS * np.log(p) + (1 - LABELS) * np.log(1 - p)),
     (np.array([0.3, 0.6, 0.8, 0.1, 0.45]),), {"gradient": lambda p: -LABELS / p},
     {"gradient": lambda p: -LABELS / p + (1 - LABELS) / (1 - p)}),
    ("product rule", "is 2*x*cos(x): derivatives multiplied", lambda x: np.sin(x) * x**2, (0.4,),
     {"gradient": lambda x: np.cos(x) * 2 * x}, {"gradient": lambda x: np.cos(x) * x**2 + 2 * x * np.sin(x)}),
    ("product rule", "is cos(x)/(2*x): derivatives", lambda x: np.sin(x) / x**2, (1.4,),
     {"gradient": lambda x: np.cos(x) / (2 * x)}, {"gradient": lambda x: np.cos(x) / x**2 - 2 * np.sin(x) / x**3}),
    ("slope", "takes 1 - x*x for the derivative of tanh(x)", np.tanh, (V,), {"vjp": lambda g, y, x: g * (1 - x * x)},
     {"vjp": lambda g, y, x: g / np.cosh(x) ** 2}),
    ("slope", "takes x < 0 for the derivative of maximum(x, 0)", lambda x: np.maximum(x, 0.0), (V,),
     {"vjp": lambda g, y, x: g * (x < 0)}, {"vjp": lambda g, y, x: g * (x > 0)}),
    ("slope", "takes 1 - u*u for the derivative of tanh(2 * x) (u = 2 * x)", lambda x: np.tanh(2 * x), (V,),
     {"vjp": lambda g, y, x: 2 * g * (1 - 4 * x * x)}, {"vjp": lambda g, y, x: 2 * g / np.cosh(2 * x) ** 2}),
    ("diagonal", "uses only the diagonal of the Jacobian", softmax, (V,), {"vjp": lambda g, y, x: g * y * (1 - y)},
     {"vjp": lambda g, y, x: y * (g - np.sum(g * y))}),
    ("selected", "at the smallest entry, not at the largest", lambda x: np.max(x, axis=1), (X,),
     {"vjp": lambda g, y, x: g[:, None] * np.eye(5)[np.argmin(x, axis=1)]},
     {"vjp": lambda g, y, x: g[:, None] * np.eye(5)[np.argmax(x, axis=1)]}),
    ("selected", "what comes back through max(x) at every entry, not at the largest alone", lambda x: np.max(x), (V,),
     {"gradient": np.ones_like}, {"gradient": lambda x: np.eye(5)[np.argmax(x)]}),
    ("selected", "shared by all entries, not at the largest alone", lambda x: np.sin(np.max(x)), (V,),
     {"gradient": lambda x: np.full(5, np.cos(np.max(x)) / 5)},
     {"gradient": lambda x: np.cos(np.max(x)) * np.eye(5)[np.argmax(x)]}),
    ("missing term", "counts what comes through one operand of a @ a twice", lambda a: a @ a, (SQUARE,),
     {"vjp": lambda g, y, a: 2 * g @ a.T}, {"vjp": lambda g, y, a: g @ a.T + a.T @ g}),
    ("value", "is g times x*(1 - x)", lambda x: 1 / (1 + np.exp(-x)), (V,), {"vjp": lambda g, y, x: g * x * (1 - x)},
     {"vjp": lambda g, y, x: g / (2 + np.exp(x) + np.exp(-x))}),
    ("extra term", "holds a term too much: + 2/5 * mean(x)", lambda x: np.var(x), (V,),
     {"gradient": lambda x: 2 * x / 5},
     {"gradient": lambda x: 2 * (x - np.mean(x)) / 5}),
    ("extra term", "holds a term too much: - 1/4", lambda x: np.sum(np.sin(x)), (X,),
     {"gradient": lambda x: np.cos(x) - 0.25}, {"gradient": np.cos}),
    ("entries", "wrong only off the diagonal", np.linalg.cholesky, (SQUARE @ SQUARE.T + 2 * np.eye(3),),
     {"vjp": lambda g, y, a: cholesky_back(g, y)},
     {"vjp": lambda g, y, a: lower(cholesky_back(g, y))}),
]  # fmt: skip


def cholesky_back(g: Any, y: Any) -> Any:
    p = np.tril(y.T @ g)
    p = p - np.diag(np.diag(p)) / 2
    inverse = np.linalg.inv(y)
    return inverse.T @ p @ inverse


def lower(a: Any) -> Any:
    """What comes back to the triangle that is read: what is above the diagonal counts below it."""
    return np.tril(a + a.T) - np.diag(np.diag(a))


@pytest.mark.parametrize(("kind", "part", "f", "xs", "wrong", "right"), NAMED, ids=[f"{r[0]}: {r[1]}" for r in NAMED])
def test_a_mistake_is_named_and_a_right_answer_is_left_alone(
    kind: str, part: str, f: Any, xs: tuple[Any, ...], wrong: dict[str, Any], right: dict[str, Any]
) -> None:
    found = check(f, *xs, **wrong)
    said = [(e.kind, e.text) for e in found.worst_point.explanations]
    assert not found.ok
    assert any(k == kind and part in text for k, text in said), said
    assert not any("1/(4/5)" in text or "1/(5/4)" in text for _, text in said)
    beside = check(f, *xs, **right)
    assert beside.ok, beside.explain()
    assert beside.worst_point.explanations == ()


# (what is not said, f, xs, the wrong derivative)
UNSAID: list[tuple[str, Any, tuple[Any, ...], dict[str, Any]]] = [
    # the length 4 of X has the root 2, but f has no such scale, and x is not averaged
    ("a scale lost", lambda w: np.sum((X @ w - 1.0) ** 2), (V,), {"gradient": lambda w: X.T @ (X @ w - 1.0)}),
    ("mean or sum", lambda x: x**3, (W,), {"vjp": lambda g, y, x: g * x**2}),
    ("axis 0: 0.01", leaky, (SIGNED,), {"vjp": lambda g, y, x: g * np.where(x > 0, 0.01, 1)}),
    # exp(30) is not expm1(30): they differ by 850 roundings
    ("the answer is right", np.expm1, (3.0,), {"gradient": np.expm1}),
    ("digits are lost", np.exp, (V,), {"vjp": lambda g, y, x: g * np.exp(x.astype(np.float32)).astype(float)}),
]


@pytest.mark.parametrize(("part", "f", "xs", "wrong"), UNSAID, ids=[row[0] for row in UNSAID])
def test_what_is_not_so_is_not_said(part: str, f: Any, xs: tuple[Any, ...], wrong: dict[str, Any]) -> None:
    found = check(f, *xs, **wrong)
    assert not found.ok
    assert not any(part in e.text for e in found.worst_point.explanations)


def test_a_pattern_that_raises_stops_no_other() -> None:
    def raising(case: Case) -> Iterator[Guess]:
        raise np.linalg.LinAlgError("a step done otherwise")
        yield

    def right_in_the_end(case: Case) -> Iterator[Guess]:
        yield Guess("twice", "is 2 x the truth", lambda s: 2 * case.truth(s))

    point = prepare(Claim(lambda x: np.sum(np.sin(x)), V, gradient=lambda x: 2 * np.cos(x))).origin
    near = Neighbours(point, Deadline(5.0), [symbolic])
    (case,) = cases(near, gather(near, subject.answer(point), None))
    found = first(case, (raising, right_in_the_end))
    assert found is not None
    assert found.kind == "twice"


@pytest.mark.parametrize(("axis", "hinted"), [(0, True), (1, False)])
def test_an_axis_that_nothing_is_summed_over_explains_no_n_minus_1(axis: int, hinted: bool) -> None:
    x = np.random.default_rng(0).normal(size=(3, 4))
    wrong = lambda g, y, x: 1.5 * 2 * x * np.expand_dims(g, axis)  # noqa: E731
    (found,) = check(lambda x: np.sum(x * x, axis=axis), x, vjp=wrong).worst_point.explanations
    assert "is 3/2 x the truth" in found.text
    assert ("(3 is the length of axis 0 of x: divided by n or by n - 1?" in found.text) is hinted
