"""np.linalg over exact numbers: NumPy's own function with NumPy's own signs, and its derivatives to 60 digits.

The independent truth is mpmath's: its own algorithms for 3x3 matrices, differentiated by central differences at 250
digits, in a worker that is stopped when it takes too long.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf
from pebble import ProcessPool

from ad.scipy.linalg import expm
from verify import Claim, Estimate, check
from verify.claim import Refusal
from verify.numbers import reflections
from verify.numbers.ballarray import BallField
from verify.numbers.balls import precision
from verify.numbers.planes import ExactArray
from verify.oracles import series, symbolic
from verify.question import prepare

RNG = np.random.default_rng(20)
COMPLEX_MATRIX = RNG.normal(size=(3, 3)) + 1j * RNG.normal(size=(3, 3))
BITS = 128
SECONDS = 60.0  # for mpmath on one function


def exact(a: np.ndarray, order: int = 0, v: Any = None) -> ExactArray:
    return BallField(order).inputs([a], *([] if v is None else [[v]]))[0]


def doubles(x: Any, plane: int = 0) -> np.ndarray:
    return np.asarray(np.frompyfunc(lambda b: float(b.mid()), 1, 1)(x.planes[plane]), dtype=float)


def parts(x: Any) -> tuple[Any, ...]:
    return x if isinstance(x, tuple) else (x,)


# --- values: NumPy's own, in shapes, names and signs

SQUARE: dict[str, Callable[..., Any]] = {
    "inv": np.linalg.inv, "det": np.linalg.det, "slogdet": np.linalg.slogdet,
    "cholesky of a square": lambda a: np.linalg.cholesky(a @ np.swapaxes(a, -1, -2)),
    "solve a matrix": lambda a: np.linalg.solve(a, a[..., :2] + 1),
    "solve a vector": lambda a: np.linalg.solve(a, np.arange(1.0, 1 + a.shape[-1])),
    "solve one for many": lambda a: np.linalg.solve(a[..., :1, :, :] if a.ndim > 2 else a, np.swapaxes(a, -1, -2)),
}  # fmt: skip


def require_numpys(f: Callable[..., Any], a: np.ndarray) -> None:
    wanted = f(a)
    with precision(BITS):
        found = f(exact(a))
        assert type(found) is type(wanted) or isinstance(found, ExactArray)
        for x, y in zip(parts(found), parts(wanted), strict=True):
            assert x.shape == np.shape(y)
            assert np.allclose(doubles(x), y, rtol=1e-9, atol=1e-9 * np.max(np.abs(y), initial=0))


@pytest.mark.parametrize("lead", [(), (1,), (2, 3)], ids=str)
@pytest.mark.parametrize("name", SQUARE)
def test_one_matrix_and_stacks_of_them_have_numpys_value(name: str, lead: tuple[int, ...]) -> None:
    for n in (1, 2, 4):
        require_numpys(SQUARE[name], RNG.normal(size=(*lead, n, n)) + 2 * np.eye(n)[::-1])


# --- complex matrices: the same elimination; what has no exact meaning for them says so

COMPLEX: dict[str, Callable[..., Any]] = {
    **SQUARE,
    "cholesky of a square": lambda a: np.linalg.cholesky(a @ np.conj(np.swapaxes(a, -1, -2))),
    "pinv": lambda a: np.linalg.pinv(a[..., :1]), "exponential": expm,
    "norm": np.linalg.norm, "norm of order 3": lambda a: np.linalg.norm(a[0], 3),
}  # fmt: skip


def in_parts(f: Callable[..., Any]) -> Callable[..., Any]:
    """All results as one real array."""

    def of_parts(x: Any, y: Any) -> Any:
        found = [np.ravel(part(z)) for z in parts(f(x + 1j * y)) for part in (np.real, np.imag)]
        return np.concatenate(found)

    return of_parts


@pytest.mark.parametrize("name", COMPLEX)
def test_complex_matrices_have_numpys_value_over_exact_numbers(name: str) -> None:
    f = in_parts(COMPLEX[name])
    for n in (1, 2, 3):
        x, y = RNG.normal(size=(2, n, n))
        with precision(BITS):
            found = doubles(f(*BallField(0).inputs([x, y])))
        assert np.allclose(found, f(x, y), rtol=1e-9, atol=1e-9)
        told_apart = not np.allclose(found, f(x, -y), rtol=1e-3)
        assert told_apart or n == 1 or name.startswith("norm")


HERMITIAN = COMPLEX_MATRIX @ COMPLEX_MATRIX.conj().T
CERTIFIED: dict[str, tuple[Callable[..., Any], Callable[..., Any], Any]] = {
    "log |det|": (lambda a: np.linalg.slogdet(a)[1], lambda a: np.linalg.inv(a).T, COMPLEX_MATRIX),
    "|det|^2": (
        lambda a: np.abs(np.linalg.det(a)) ** 2,
        lambda a: 2 * np.abs(np.linalg.det(a)) ** 2 * np.linalg.inv(a).T,
        COMPLEX_MATRIX,
    ),
    "length": (np.linalg.norm, lambda a: np.conj(a) / np.linalg.norm(a), COMPLEX_MATRIX[0]),
    "Re tr exp": (lambda a: np.real(np.trace(expm(a))), lambda a: expm(a).T, COMPLEX_MATRIX / 3),
    "log det of a Hermitian matrix": (
        lambda a: 2 * np.sum(np.log(np.real(np.diagonal(np.linalg.cholesky((a + np.conj(a.T)) / 2))))),
        lambda a: np.linalg.inv((a + np.conj(a.T)) / 2).T,
        HERMITIAN,
    ),
}


@pytest.mark.parametrize("name", CERTIFIED)
def test_gradients_by_complex_matrices_are_certified_and_their_conjugates_refuted(name: str) -> None:
    f, gradient, a = CERTIFIED[name]
    assert check(f, a, gradient=gradient).verdict.name == "CERTIFIED"
    for mistake in (lambda a: np.conj(gradient(a)), lambda a: gradient(a) + 0.001j * np.imag(gradient(a))):
        assert check(f, a, gradient=mistake).verdict.name == "WRONG"


@pytest.mark.parametrize("f", [np.linalg.qr, np.linalg.eigvalsh, lambda a: np.linalg.svd(a, compute_uv=False)])
def test_what_has_no_exact_meaning_for_complex_matrices_says_so(f: Callable[..., Any]) -> None:
    finding = check(f, HERMITIAN)
    assert finding.verdict.name == "AGREES"
    assert "no exact meaning here for complex matrices" in finding.worst_point.reason
    assert "Error" not in finding.worst_point.reason


@pytest.mark.parametrize("mode", reflections.MODES)
@settings(max_examples=60, deadline=None)
@given(m=st.integers(1, 5), n=st.integers(1, 5), seed=st.integers(0, 2**32 - 1), whole=st.booleans())
def test_qr_has_numpys_signs_for_tall_wide_and_square_matrices(
    mode: str, m: int, n: int, seed: int, whole: bool
) -> None:
    rng = np.random.default_rng(seed)
    a = rng.integers(1, 90, (m, n)) * rng.choice([-1.0, 1.0], (m, n)) + 0.5 if whole else rng.normal(size=(m, n))
    require_numpys(lambda x: np.linalg.qr(x, mode), a)


def test_qr_of_stacks_and_its_names() -> None:
    a = RNG.normal(size=(2, 3, 4, 2))
    require_numpys(np.linalg.qr, a)
    require_numpys(lambda x: np.linalg.qr(x).R, a)
    require_numpys(lambda x: np.linalg.qr(x, mode="complete").Q, a)
    require_numpys(lambda x: np.linalg.slogdet(x).logabsdet, a[..., :2, :])


def test_constant_zeros_below_the_diagonal_are_not_reflected() -> None:
    require_numpys(lambda x: np.linalg.qr(np.triu(x)).R, RNG.normal(size=(3, 3)))
    require_numpys(lambda x: np.linalg.qr(np.triu(x)).Q, RNG.normal(size=(4, 2)))


def test_other_signs_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    a = RNG.normal(size=(3, 2))
    original = reflections._reflection

    def positive(column: Any, k: int) -> Any:
        return original(-column, k) if float(column.data[0].mid()) < 0 else original(column, k)

    monkeypatch.setattr(reflections, "_reflection", positive)
    with pytest.raises(AssertionError):
        require_numpys(np.linalg.qr, np.stack([a, -a]))


# --- the derivative of Q and R is the only one that keeps what makes them Q and R


@pytest.mark.parametrize("shape", [(4, 3), (3, 3), (2, 4), (5, 1)], ids=str)
def test_the_tangents_of_q_and_r_are_determined_by_what_q_and_r_are(shape: tuple[int, int]) -> None:
    """A' = Q' R + Q R', Q'Q + (Q'Q)' = 0, R' upper triangular: for full rank these have one solution."""
    a, v = RNG.normal(size=(2, *shape))
    with precision(BITS):
        q, r = np.linalg.qr(exact(a, 1, v))
        product, gram, below = q @ r, q.T @ q, np.tril(r, -1)
        wanted = ((product, a, v), (gram, np.eye(len(gram)), 0 * gram.data), (below, 0 * r.data, 0 * r.data))
        for found, value, tangent in wanted:
            for plane, numbers in ((0, value), (1, tangent)):
                for x, y in zip(found.planes[plane].reshape(-1), np.reshape(numbers, -1), strict=True):
                    assert (x - y).contains(0)
                    assert abs(x - y) < 2**-100
        assert not all((x - y).contains(0) for x, y in zip(q.planes[1].flat, (0 * q.data).flat, strict=True))


# --- derivatives against mpmath


def _entries(x: Any) -> list[Any]:
    return [x[i, j] for i in range(x.rows) for j in range(x.cols)]


def _orthogonal(a: Any, signs: Sequence[float]) -> list[Any]:
    """mpmath's Q and R with the signs asked for on R's diagonal."""
    q, r = mp.qr(a, mode="skinny")
    flip = [mp.sign(r[k, k]) * s for k, s in enumerate(signs)]
    return [q[i, k] * flip[k] for i in range(q.rows) for k in range(q.cols)] + [
        flip[i] * r[i, k] for i in range(r.rows) for k in range(r.cols)
    ]


MP: dict[str, Callable[[Any, Sequence[float]], list[Any]]] = {
    "qr": _orthogonal,
    "inv": lambda a, _: _entries(mp.inverse(a)),
    "det": lambda a, _: [mp.det(a)],
    "slogdet": lambda a, _: [mp.sign(mp.det(a)), mp.log(abs(mp.det(a)))],
    "cholesky": lambda a, _: _entries(mp.cholesky(a * a.T)),
    "solve": lambda a, _: list(mp.lu_solve(a, a[:, 0] + a[:, 1].apply(mp.sin))),
}
NP: dict[str, Callable[[Any], Any]] = {
    "qr": lambda a: np.concatenate([np.ravel(part) for part in np.linalg.qr(a)]),
    "inv": lambda a: np.ravel(np.linalg.inv(a)),
    "det": lambda a: np.reshape(np.linalg.det(a), (1,)),
    "slogdet": lambda a: np.stack([np.linalg.slogdet(a)[0], np.linalg.slogdet(a).logabsdet]),
    "cholesky": lambda a: np.ravel(np.linalg.cholesky(a @ a.T)),
    "solve": lambda a: np.linalg.solve(a, a[:, 0] + np.sin(a[:, 1])),
}
MATRIX = np.array([[0.3, -1.25, 2.0], [1.5, 0.7, -0.375], [-0.6, 2.5, 1.1]])


def truth(name: str, a: list[list[float]], g: list[float], signs: list[float]) -> list[tuple[int, int, int, int]]:
    """The derivative of <g, f(a)> by every entry of a, to 80 digits and more; in the worker."""
    with mp.workdps(250):
        h = mpf(10) ** -80

        def at(i: int, j: int, step: Any) -> Any:
            moved = mp.matrix(a)
            moved[i, j] += step
            return mp.fdot(MP[name](moved, signs), g)

        places = [(i, j) for i in range(len(a)) for j in range(len(a[0]))]
        return [((at(i, j, h) - at(i, j, -h)) / (2 * h))._mpf_ for i, j in places]


def missed(found: Estimate, wanted: Sequence[Any]) -> list[int]:
    """The entries whose enclosure does not contain the truth."""
    with mp.workdps(200):
        lost = []
        for k, numbers in enumerate(wanted):
            middle, radius = mpf(found.value[0, k]) + mpf(found.low[0, k]), mpf(found.radius[0, k])
            if not abs(middle - mp.make_mpf(numbers)) <= radius + mpf(10) ** -60:
                lost.append(k)
        return lost


@pytest.fixture(scope="module")
def known() -> dict[str, list[Any]]:
    """mpmath's derivatives of every function, worked out once, in a process of its own."""
    with ProcessPool(max_workers=1) as pool:
        signs = np.sign(np.diagonal(np.linalg.qr(MATRIX).R)).tolist()
        work = {n: (n, MATRIX.tolist(), _cotangent(n).tolist(), signs) for n in MP}
        futures = {n: pool.schedule(truth, args=args, timeout=SECONDS) for n, args in work.items()}
        return {n: future.result() for n, future in futures.items()}


def _cotangent(name: str) -> np.ndarray:
    size = NP[name](MATRIX).size
    return np.resize([0.5, -1.25, 2.0, 0.75, -0.625], size)


@pytest.mark.parametrize("name", MP)
def test_derivatives_hold_an_independent_value(name: str, known: dict[str, list[Any]]) -> None:
    question = prepare(Claim(NP[name], MATRIX, cotangent=_cotangent(name)))
    for one in (symbolic, series):
        found = one(question)
        assert isinstance(found, Estimate), found
        assert missed(found, known[name]) == []
        assert (found.radius <= 1e-25 * np.abs(found.value) + 1e-25).all()
        off = replace(found, low=found.low + 1e-25 * found.value)
        assert len(missed(off, known[name])) == np.count_nonzero(found.value)


def test_a_gradient_of_qr_is_judged_by_it() -> None:
    """r = R[0, 0] is minus the length of the first column: NumPy's sign is part of the gradient."""
    f = lambda a: np.linalg.qr(a).R[0, 0]  # noqa: E731

    def gradient(a: Any) -> Any:
        found = np.zeros_like(a)
        found[:, 0] = -a[:, 0] / np.sqrt(np.sum(a[:, 0] ** 2))
        return found

    assert check(f, MATRIX, gradient=gradient).verdict.name == "CERTIFIED"
    assert check(f, MATRIX, gradient=lambda a: -gradient(a)).verdict.name == "WRONG"


def test_a_moving_zero_does_not_matter_where_another_pivot_will_do() -> None:
    a = np.array([[0.0, 1.0], [1.0, 2.0]])

    def gradient(a: Any) -> Any:
        return np.stack([np.stack([a[1, 1], -a[1, 0]]), np.stack([-a[0, 1], a[0, 0]])])

    assert check(np.linalg.det, a, gradient=gradient).verdict.name == "CERTIFIED"
    assert check(np.linalg.det, a, gradient=lambda a: gradient(a).T + 1e-9).verdict.name == "WRONG"


REFUSED = {
    "dependent columns": (np.array([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]]), "reduced", "column 1 .* depends on those"),
    "a column of zeros": (np.array([[0.0, 2.0], [0.0, 4.0], [0.0, 6.0]]), "reduced", "column 0 depends on those"),
    "the unit matrix": (np.eye(2), "r", "jumps here: column 0 is 0 below the diagonal"),
    "a corner of 0": (np.array([[0.0, 2.0], [1.0, 4.0]]), "r", "edge|exactly equal"),
    "another mode": (MATRIX, "raw", "mode= one of reduced, complete, r, not 'raw'"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_where_qr_has_no_derivative_it_is_refused_with_the_reason(name: str) -> None:
    a, mode, reason = REFUSED[name]
    for one in (symbolic, series):
        answer = one(prepare(Claim(lambda a: np.linalg.qr(a, mode)[0], a)))
        assert isinstance(answer, Refusal)
        assert re.search(reason, answer.reason)


def test_entries_that_are_0_by_structure_are_judged_by_the_size_of_the_row() -> None:
    """A product of matrices leaves 1e-18 where the exact derivative of Cholesky's factor is 0."""
    s = np.array([[4.0, 1.1, 0.3, 0.2], [1.1, 3.0, 0.7, 0.1], [0.3, 0.7, 2.0, 0.4], [0.2, 0.1, 0.4, 1.5]])

    def backward(g: Any, y: Any, a: Any) -> Any:
        p = np.tril(y.T @ g)
        p[np.diag_indices(4)] /= 2
        inverse = np.linalg.inv(y)
        whole = inverse.T @ p @ inverse
        return np.tril(whole + whole.T) - np.diag(np.diag(whole))

    assert check(np.linalg.cholesky, s, vjp=backward).verdict.name == "CERTIFIED"
    wrong = check(np.linalg.cholesky, s, vjp=lambda g, y, a: backward(g, y, a) * (1 + 1e-12))
    assert wrong.verdict.name == "WRONG"
