"""Decisions within rounding in functions too large to record: either side's gradient is right, and nothing else is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from verify import check
from verify.claim import Claim
from verify.flips import turnable
from verify.numbers.program import Refused
from verify.numbers.recorded import recorded
from verify.oracles import enclosure
from verify.question import prepare

ROWS, WIDTH, TIES = 64, 128, 12  # 64 * 128 * 64 products: more than can be recorded


def network(x: Any, w: Any, v: Any) -> Any:
    return np.sum(np.maximum(x @ w, 0) @ v) / ROWS


def point(seed: int) -> tuple[np.ndarray, ...]:
    """A batch and weights in float32 with sums that cancel to a few units in the last place of their terms."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(ROWS, 64)).astype(np.float32)
    w = (rng.normal(size=(64, WIDTH)) / 8).astype(np.float32)
    v = rng.normal(size=WIDTH).astype(np.float32)
    for k in range(TIES):
        rest = np.dot(x[k, 1:].astype(float), w[1:, k].astype(float))
        w[0, k] = -rest / float(x[k, 0])
    return x, w, v


def backward(g: Any, y: Any, x: Any, w: Any, v: Any) -> tuple[Any, Any, Any]:
    """Sums in another order than NumPy's: the signs of what cancels are its own."""
    a = sum(x[:, k : k + 1] * w[k : k + 1] for k in reversed(range(x.shape[1])))
    d = np.where(a > 0, g / np.float32(ROWS) * v, np.float32(0))
    return d @ w.T, x.T @ d, g / np.float32(ROWS) * np.sum(np.maximum(a, 0), axis=0)


def judged(xs: tuple[np.ndarray, ...], subject: Any) -> Any:
    return check(network, *xs, vjp=subject, oracles=(enclosure,), budget=30.0)


@pytest.mark.parametrize("seed", [0, *(pytest.param(s, marks=pytest.mark.slow) for s in (1, 2))])
def test_either_side_of_a_decision_within_rounding_is_right(seed: int) -> None:
    xs = point(seed)
    with pytest.raises(Refused, match="scalar steps"):
        recorded(prepare(Claim(network, *xs, vjp=backward)))
    finding = judged(xs, backward)
    assert finding.ok, finding.explain()
    exact = [float(xs[0][k].astype(float) @ xs[1][:, k].astype(float)) for k in range(TIES)]
    taken = [float(sum(xs[0][k, i] * xs[1][i, k] for i in reversed(range(64)))) for k in range(TIES)]
    if any((a > 0) != (b > 0) for a, b in zip(exact, taken, strict=True)):
        assert finding.verdict.name == "AGREES"
        assert "within rounding" in finding.worst_point.notes[0]


MISTAKES: list[tuple[str, Any]] = [
    ("no gradient for the rows that tie", lambda dx, dw, dv: (dx * (np.arange(ROWS)[:, None] >= TIES), dw, dv)),
]  # fmt: skip


SLOW: list[tuple[str, Any]] = [
    ("a factor 1.001 on the weights", lambda dx, dw, dv: (dx, dw * np.float32(1.001), dv)),
    ("a sign", lambda dx, dw, dv: (-dx, dw, dv)),
    ("one element", lambda dx, dw, dv: (dx, dw + np.eye(64, WIDTH, 40, dtype=np.float32) * 1e-3, dv)),
]
EVERY = [*MISTAKES, *(pytest.param(*row, marks=pytest.mark.slow) for row in SLOW)]


@pytest.mark.parametrize(("name", "mistake"), EVERY, ids=[m[0] for m in (*MISTAKES, *SLOW)])
def test_a_mistake_beside_such_decisions_is_wrong(name: str, mistake: Any) -> None:
    xs = point(0)
    finding = check(network, *xs, vjp=lambda *a: mistake(*backward(*a)), oracles=(enclosure,), budget=10.0)
    assert finding.verdict.name == "WRONG", finding.explain()


EXTREMES: list[tuple[str, Any, Any]] = [
    ("maximum", lambda x: np.maximum(x[0], x[1]), (0, 1)),
    ("minimum", lambda x: np.minimum(x[0], x[1]), (0, 1)),
    ("absolute", lambda x: np.abs(x[0] - x[1]), (0, 1)),
    ("max of an axis", lambda x: np.max(x, axis=0), (0, 1)),
    ("min of all", lambda x: np.min(np.abs(x + 3)), (0, 1)),
]


@pytest.mark.parametrize(("name", "f", "entries"), EXTREMES, ids=[e[0] for e in EXTREMES])
def test_turning_a_decision_gives_the_gradient_of_the_other_side(name: str, f: Any, entries: Any) -> None:
    x = np.array([1.0, 1.0 + 2.0**-24], np.float32)
    x[1] = np.nextafter(x[0], np.float32(2))
    turned, flips = turnable(prepare(Claim(lambda x: np.sum(f(x)), x)))
    (flip,) = flips
    there, here = turned.gradient([flip]), turned.gradient()
    assert np.array_equal(there[0], here[0][::-1])  # the two exchange their parts
    assert not np.array_equal(there, here)
    assert flip.distance <= flip.allowed
