"""``ad.scipy.linalg``: the values of SciPy's functions, and their derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import ad
import verify

scipy_linalg = pytest.importorskip("scipy.linalg")

from ad.scipy import linalg  # noqa: E402  needs SciPy

C = np.array([0.5, -1.25, 2.0, 0.75])
R = np.array([9.0, 1.5, -0.5])
M = np.array([[1.0, 2.0, -0.5], [0.25, -1.0, 3.0]])

# Calls of functions that move entries about: function, arrays that are differentiated, what else it takes.
STRUCTURED: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("toeplitz", (C,), {}),
    ("toeplitz", (C, R), {}),
    ("hankel", (C,), {}),
    ("hankel", (C, R), {}),
    ("circulant", (C,), {}),
    ("companion", (C,), {}),
    ("companion", (C[:2],), {}),
    ("block_diag", (M, C[:2], np.eye(2)), {}),
    *[("convolution_matrix", (C[:m],), {"n": n, "mode": mode})
      for m in (1, 3, 4) for n in (1, 3, 5) for mode in ("full", "valid", "same")],
]  # fmt: skip


@pytest.mark.parametrize(("name", "xs", "rest"), STRUCTURED)
def test_matrices_of_few_numbers_are_scipy_s(name: str, xs: tuple[Any, ...], rest: dict[str, Any]) -> None:
    ours, theirs = getattr(linalg, name)(*xs, **rest), getattr(scipy_linalg, name)(*xs, **rest)
    np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(("name", "xs", "rest"), STRUCTURED[:10])
def test_their_derivatives_are_certified_and_a_lost_diagonal_is_noticed(
    name: str, xs: tuple[Any, ...], rest: dict[str, Any]
) -> None:
    def f(*xs: Any) -> Any:
        return np.sum(np.square(getattr(linalg, name)(*xs, **rest)))

    assert verify.check(f, *xs).verdict.name == "CERTIFIED"
    gradient: Callable[..., Any] = ad.grad(f, tuple(range(len(xs))))

    def lost(*xs: Any) -> Any:
        found = [np.array(g) for g in gradient(*xs)]
        found[0].reshape(-1)[-1] -= 1e-6
        return tuple(found)

    assert verify.check(f, *xs, gradient=lost).verdict.name == "WRONG"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: linalg.convolution_matrix(C, 0), "0 columns"),
        (lambda: linalg.convolution_matrix(C, 2, "half"), "mode is 'half'"),
        (lambda: linalg.companion(np.array([0.0, 1.0])), "first one must not be 0"),
        (lambda: linalg.companion(C[:1]), "two coefficients"),
    ],
)
def test_a_wrong_call_says_what_is_needed(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
