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


S = np.random.default_rng(3).normal(size=(4, 4))
H = S + 1j * np.random.default_rng(4).normal(size=(4, 4))
P = H @ np.conj(H).T + np.eye(4)
READ: dict[str, Callable[[Any, Any], Any]] = {  # of a module with SciPy's names, and a matrix
    "solve(her)": lambda m, a: m.solve(a, C, assume_a="her"),
    "solve(her, lower)": lambda m, a: m.solve(a, C, assume_a="her", lower=True),
    "solve(pos)": lambda m, a: m.solve(P + 0 * a, C, assume_a="pos"),
    "eigvalsh(b)": lambda m, a: m.eigvalsh(a, P),
    "eigvalsh(b, upper)": lambda m, a: m.eigvalsh(a, P, lower=False),
    "eigh(b)": lambda m, a: abs(m.eigh(a, P)[1]),
    "qr(r)": lambda m, a: abs(m.qr(a[:, :3], mode="r")[0]),
    "lstsq residuals": lambda m, a: m.lstsq(a[:, :3], C)[1],
    "pinv(rtol)": lambda m, a: m.pinv(a, rtol=0.5),
}


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize("a", [S, H], ids=["real", "complex"])
def test_values_and_shapes_are_scipy_s_for_complex_matrices_too(name: str, a: Any) -> None:
    f, t = READ[name], np.random.default_rng(5).normal(size=(4, 4)) * (1 + 1j if np.iscomplexobj(a) else 1)
    y, ahead = ad.jvp(lambda a: f(linalg, a), (a,), (t,))
    expected = f(scipy_linalg, a)
    assert np.shape(y) == np.shape(expected)
    np.testing.assert_allclose(y, expected, rtol=1e-10)
    slope = (f(scipy_linalg, a + 1e-6 * t) - f(scipy_linalg, a - 1e-6 * t)) / 2e-6
    np.testing.assert_allclose(ahead, slope, rtol=1e-5, atol=1e-6)
    assert not np.allclose(f(linalg, a + 1e-4 * t), expected, rtol=1e-10, atol=0) or name == "solve(pos)"


def test_a_sylvester_equation_of_a_complex_and_a_real_matrix_is_solved_and_so_is_its_derivative() -> None:
    q = S[:, 1:]
    for a, b in ((H, S[1:, 1:]), (S, H[1:, 1:])):
        ts = (1j * a + 1.0 if np.iscomplexobj(a) else a + 1.0), b - 0.5, q[::-1]
        x, t = ad.jvp(linalg.solve_sylvester, (a, b, q), ts)
        np.testing.assert_allclose(a @ x + x @ b, q, atol=1e-11)
        np.testing.assert_allclose(a @ t + t @ b, ts[2] - ts[0] @ x - x @ ts[1], atol=1e-10)


def test_another_generalised_problem_is_refused() -> None:
    with pytest.raises(ValueError, match="type is 2"):
        linalg.eigvalsh(S, P, type=2)
