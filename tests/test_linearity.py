"""A backward pass is linear in its cotangent, a jvp and a Hessian product in their tangent: unit vectors hide it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from verify import check, prove

X = np.array([1.0, -2.0, 3.0])
LONG = np.linspace(-1, 1, 100)


def squares(a: Any) -> Any:
    return np.sum(a * a)


# what is wrong, f, x, the kind of subject, a wrong one that is right for unit vectors, the right one
CASES: list[tuple[str, Any, Any, str, Any, Any]] = [
    ("ignores g", squares, X, "vjp", lambda g, y, a: 2 * a, lambda g, y, a: 2 * a * g),
    ("the size of g", lambda a: a * a, X, "vjp", lambda g, y, a: 2 * a * np.abs(g), lambda g, y, a: 2 * a * g),
    ("the square of g", lambda a: a * a, X, "vjp", lambda g, y, a: 2 * a * g * g, lambda g, y, a: 2 * a * g),
    ("products of parts of g", lambda a: a * a, X, "vjp", lambda g, y, a: 2 * a * g + (np.sum(g) ** 2 - np.sum(g * g)),
     lambda g, y, a: 2 * a * g),
    ("clips g", lambda a: a * a, X, "vjp", lambda g, y, a: 2 * a * np.clip(g, -1, 1), lambda g, y, a: 2 * a * g),
    ("clips a long g", np.sin, LONG, "vjp", lambda g, y, x: np.clip(g, -1.5, 1.5) * np.cos(x),
     lambda g, y, x: g * np.cos(x)),
    ("drops small parts of a long g", np.sin, LONG, "vjp", lambda g, y, x: np.where(np.abs(g) < 0.4, 0, g) * np.cos(x),
     lambda g, y, x: g * np.cos(x)),
    ("ignores t", np.tanh, 0.3, "jvp", lambda t, x: 1 / np.cosh(x) ** 2, lambda t, x: t / np.cosh(x) ** 2),
    ("the size of t", np.tanh, X, "jvp", lambda t, x: np.abs(t) / np.cosh(x) ** 2, lambda t, x: t / np.cosh(x) ** 2),
    ("products of parts of t", np.tanh, X, "jvp", lambda t, x: t / np.cosh(x) ** 2 + t[0] * t[1],
     lambda t, x: t / np.cosh(x) ** 2),
    ("ignores v", lambda x: x**3, 1.5, "hvp", lambda v, x: 6 * x, lambda v, x: 6 * x * v),
    ("the size of v", lambda x: np.sum(x**3), X, "hvp", lambda v, x: 6 * x * np.abs(v), lambda v, x: 6 * x * v),
]  # fmt: skip


@pytest.mark.parametrize(("name", "f", "x", "kind", "wrong", "right"), CASES, ids=[f"{c[3]}: {c[0]}" for c in CASES])
def test_what_is_right_for_unit_vectors_alone_is_wrong(
    name: str, f: Any, x: Any, kind: str, wrong: Any, right: Any
) -> None:
    finding = check(f, x, **{kind: wrong})
    assert finding.verdict.name == "WRONG", finding.explain()
    assert check(f, x, **{kind: right}).verdict.name == "CERTIFIED"


def test_a_proof_is_for_signed_cotangents_too() -> None:
    assert prove(squares, X, vjp=lambda g, y, a: 2 * a).verdict.name == "WRONG"
    assert prove(lambda a: a * a, X, vjp=lambda g, y, a: 2 * a * np.abs(g)).verdict.name == "WRONG"
    assert prove(squares, X, vjp=lambda g, y, a: 2 * a * g).verdict.name == "PROVED"
