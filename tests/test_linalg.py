"""np.linalg: laws of its rules, complex matrices by the definition, the edges, and 60-digit truth for eigenvalues.

What holds of every entry of the table, such as both modes being adjoint, is tested over the families of shapes in
``test_engine_calls.py``. Here is what is particular to matrices.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from mpmath import mp, mpf

import ad
from ad.containers import flatten
from ad.dispatch import TABLE
from ad.table.linalg import norms, orthogonal, singular, solving, spectral
from verify import Claim, Estimate, check
from verify.numbers import spectra
from verify.numbers.ballarray import BallField
from verify.numbers.balls import precision
from verify.oracles import series
from verify.question import prepare

LA = np.linalg
RNG = np.random.default_rng(11)
SYMMETRIC = np.array([[2.0, 0.5, -0.25], [0.5, -1.0, 0.75], [-0.25, 0.75, 0.5]])
POSITIVE = SYMMETRIC @ SYMMETRIC + np.eye(3)
GENERAL = np.array([[0.3, -1.25, 2.0], [1.5, 0.7, -0.375], [-0.6, 2.5, 1.1]])
TALL = np.array([[0.5, -1.25], [2.0, 1.5], [0.75, -0.375]])
REAL_SPECTRUM = POSITIVE + np.triu(GENERAL, 1) / 8


def complex_normal(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape) + 1j * RNG.normal(size=shape)


# --- complex matrices: tangents by the definition, cotangents by Re(sum(g * dy)) = Re(sum(vjp(g) * dx))

COMPLEX: dict[str, tuple[Any, np.ndarray, dict[str, Any]]] = {
    "inv": (LA.inv, complex_normal(3, 3), {}),
    "det": (LA.det, complex_normal(2, 3, 3), {}),
    "cofactors": (solving.det_cofactors, complex_normal(3, 3), {}),
    "slogdet": (solving.slogdet_parts, complex_normal(2, 2, 2), {}),
    "cholesky, upper triangle unread": (solving.cholesky_lower, np.triu(complex_normal(3, 3), 1) + 4 * np.eye(3), {}),
    "qr": (orthogonal.qr_factors, complex_normal(2, 4, 3), {}),
    "qr of a square": (orthogonal.qr_factors, complex_normal(3, 3), {}),
    "eigh, lower": (spectral.eigh_pairs, complex_normal(2, 3, 3), {"UPLO": "L"}),
    "eigh, upper": (spectral.eigh_pairs, complex_normal(40, 40), {"UPLO": "U"}),
    "eig": (spectral.eig_pairs, complex_normal(2, 3, 3), {}),
    "eig of a real matrix": (spectral.eig_pairs, np.array([[0.0, 1.0, 0.5], [-2.0, 0.5, 0.25], [1.0, 0.0, 3.0]]), {}),
    "svd, tall": (singular.svd_triplets, complex_normal(5, 3), {}),
    "svd, wide": (singular.svd_triplets, complex_normal(2, 3, 5), {}),
    "pinv": (singular.pinv_matrices, complex_normal(3, 5), {}),
    "length": (norms.length, complex_normal(3, 4), {"ord": 3, "axis": 1}),
}


def check_complex(name: str) -> None:
    function, a, static = COMPLEX[name]
    op, h = TABLE[function], 1e-6
    y = op.fun(a, **static)
    t = complex_normal(*a.shape) if np.iscomplexobj(a) else RNG.normal(size=a.shape)
    g = complex_normal(*np.shape(y)) if np.iscomplexobj(y) else RNG.normal(size=np.shape(y))
    tangent = op.jvp(0, t, y, (a,), static)
    slope = (op.fun(a + h * t, **static) - op.fun(a - h * t, **static)) / (2 * h)
    assert np.all(np.abs(tangent - slope) <= 1e-6 * np.max(np.abs(slope)))
    ahead, back = g * tangent, op.vjp(0, g, y, (a,), static) * t
    size = np.sum(np.abs(ahead)) + np.sum(np.abs(back))
    assert abs(np.sum(np.real(ahead)) - np.sum(np.real(back))) <= 1e-11 * size


@pytest.mark.parametrize("name", COMPLEX)
def test_complex_rules_are_the_derivative_and_its_transpose(name: str) -> None:
    check_complex(name)


def test_a_conjugate_too_many_and_a_phase_left_out_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = TABLE[LA.inv]
    conjugated = dataclasses.replace(entry, vjp=lambda i, g, *rest: np.conj(entry.vjp(i, np.conj(g), *rest)))
    monkeypatch.setitem(TABLE, LA.inv, conjugated)
    monkeypatch.setattr(singular, "phases_moved", lambda u, v, du, dv, apart: (du, dv))
    monkeypatch.setattr(spectral, "phase_free", lambda gv, v, UPLO: gv)
    for name in ("inv", "svd, tall", "eigh, lower"):
        with pytest.raises(AssertionError):
            check_complex(name)


# --- a stack is its matrices

STACKED: dict[str, tuple[Callable[..., Any], tuple[int, ...]]] = {
    "inv": (LA.inv, (3, 3)),
    "det": (LA.det, (3, 3)),
    "slogdet": (lambda a: LA.slogdet(a)[1], (3, 3)),
    "solve": (lambda a: LA.solve(a, np.ones((3, 2))), (3, 3)),
    "cholesky": (lambda a: LA.cholesky(a @ np.swapaxes(a, -1, -2)), (3, 3)),
    "qr": (lambda a: LA.qr(a)[0], (4, 2)),
    "eigh": (lambda a: LA.eigh(a)[1], (3, 3)),
    "svd": (lambda a: LA.svd(a, full_matrices=False)[2], (2, 4)),
    "pinv": (LA.pinv, (4, 2)),
    "cond": (LA.cond, (3, 3)),
    "nuclear norm": (lambda a: LA.norm(a, "nuc", axis=(-2, -1)), (3, 2)),
    "power": (lambda a: LA.matrix_power(a, 5), (2, 2)),
}


def check_stack(f: Callable[..., Any], a: np.ndarray) -> None:
    g = RNG.normal(size=np.shape(f(a)))
    whole = ad.vjp(f, a)[1](g)[0]
    for index in np.ndindex(a.shape[:-2]):
        alone = ad.vjp(f, a[index])[1](g[index])[0]
        assert np.all(np.abs(whole[index] - alone) <= 1e-12 * np.max(np.abs(alone)))


@pytest.mark.parametrize("name", STACKED)
def test_the_derivative_of_a_stack_is_that_of_each_of_its_matrices(name: str) -> None:
    f, shape = STACKED[name]
    check_stack(f, RNG.normal(size=(2, 3, *shape)))


def test_mixing_the_matrices_of_a_stack_is_noticed() -> None:
    with pytest.raises(AssertionError):
        check_stack(lambda a: LA.det(a) * np.sum(a), RNG.normal(size=(2, 2, 2)))


# --- the triangle that is read

TRIANGLES: list[tuple[Callable[..., Any], Callable[[np.ndarray], np.ndarray]]] = [
    (lambda a: LA.cholesky(a), np.tril),
    (lambda a: LA.cholesky(a, upper=True), np.triu),
    (lambda a: LA.eigvalsh(a), np.tril),
    (lambda a: LA.eigh(a, "U")[1], np.triu),
]


@pytest.mark.parametrize("case", range(len(TRIANGLES)))
def test_the_derivative_by_the_triangle_that_is_not_read_is_0_and_the_other_counts_twice(case: int) -> None:
    f, read = TRIANGLES[case]
    whole, either = POSITIVE, POSITIVE + (GENERAL - read(GENERAL))
    g = RNG.normal(size=np.shape(f(whole)))
    found = ad.vjp(f, either)[1](g)[0]
    assert np.all(found == read(found))
    assert np.abs(found - np.diag(np.diag(found))).max() > 1e-3
    both = lambda a: f((a + a.T) / 2)  # noqa: E731  a function of the whole matrix
    assert np.allclose(ad.vjp(both, whole)[1](g)[0], (found + found.T) / 2, rtol=1e-10, atol=1e-12)


def test_a_gradient_made_symmetric_is_wrong_and_named_so() -> None:
    def gradient(a: Any) -> Any:
        return LA.inv(a) / 2

    half_log_det = lambda a: np.sum(np.log(np.diagonal(LA.cholesky(a))))  # noqa: E731
    finding = check(half_log_det, POSITIVE, gradient=gradient)
    assert finding.verdict.name == "WRONG"
    assert any("the truth made symmetric" in e.text for e in finding.points[0].explanations)
    right = lambda a: np.tril(LA.inv(a)) - np.diag(np.diag(LA.inv(a))) / 2  # noqa: E731
    assert check(half_log_det, POSITIVE, gradient=right).ok
    other = check(half_log_det, POSITIVE, gradient=lambda a: gradient(a) * 1.1)
    assert not any("made symmetric" in e.text for e in other.points[0].explanations)


# --- the edges

ONES = np.ones((3, 3))
RANK_ONE = np.outer([1.0, 2.0, 3.0], [1.0, 2.0])
RANK_TWO = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]])
JORDAN = np.array([[1.0, 1.0], [0.0, 1.0]])


def root(a: Any) -> Any:
    w, v = LA.eigh(a)
    return (v * np.sqrt(w)) @ v.T


# function, point, the verdicts that may be, and what the reason says
EDGES: dict[str, tuple[Callable[..., Any], np.ndarray, set[str], str]] = {
    "det of rank n - 1": (LA.det, RANK_TWO, {"CERTIFIED"}, ""),
    "det of a zero column": (LA.det, np.diag([1.0, 2.0, 0.0]), {"CERTIFIED"}, ""),
    "slogdet of a singular matrix": (lambda a: LA.slogdet(a)[1], ONES, {"UNDEFINED"}, "not singular"),
    "vectors of equal eigenvalues": (lambda a: LA.eigh(a)[1], np.eye(3), {"UNDEFINED"}, "eigenvalues that differ"),
    "a matrix function through them": (root, np.eye(3), {"UNDEFINED"}, "eigenvalues that differ"),
    "one of equal eigenvalues": (lambda a: LA.eigvalsh(a)[0], np.eye(3), {"INCONCLUSIVE"}, "two eigenvalues are equal"),
    "a symmetric function of them": (lambda a: np.sum(LA.eigvalsh(a) ** 2), np.eye(3), {"AGREES"}, ""),
    "a defective matrix": (lambda a: np.sum(LA.eigvals(a) ** 2), JORDAN, {"UNDEFINED"}, "independent eigenvectors"),
    "complex eigenvalues": (
        lambda a: np.sum(np.abs(LA.eigvals(a)) ** 2), np.array([[0.0, 1.0], [-2.0, 0.5]]), {"AGREES", "CERTIFIED"}, "",
    ),
    "singular vectors of rank 1": (lambda a: LA.svd(a, False)[0], RANK_ONE, {"UNDEFINED"}, "from each other and"),
    "the nuclear norm at rank 1": (lambda a: LA.norm(a, "nuc"), RANK_ONE, {"INCONCLUSIVE"}, "singular value is 0"),
    "the nuclear norm at the unit matrix": (lambda a: LA.norm(a, "nuc"), np.eye(3), {"AGREES"}, ""),
    "pinv at a change of rank": (LA.pinv, RANK_ONE, {"UNDEFINED"}, "the pseudo-inverse jumps"),
    "qr of dependent columns": (lambda a: LA.qr(a)[0], RANK_ONE, {"UNDEFINED"}, "columns that are independent"),
    "cholesky of a matrix that is not symmetric": (LA.cholesky, POSITIVE + np.triu(GENERAL, 1), {"CERTIFIED"}, ""),
    "the length of 0": (LA.norm, np.zeros(3), {"SUBGRADIENT"}, ""),
    "a power norm of 0": (lambda x: LA.norm(x, 3), np.zeros(2), {"SUBGRADIENT", "INCONCLUSIVE"}, ""),
    "a power norm with an entry 0": (lambda x: LA.norm(x, 1.5), np.array([0.0, 1.0, -2.0]), {"CERTIFIED"}, ""),
    "a sum norm with an entry 0": (lambda x: LA.norm(x, 1), np.array([0.0, 1.0]), {"SUBGRADIENT"}, ""),
}  # fmt: skip


@pytest.mark.parametrize("name", EDGES)
def test_at_the_edges_the_answer_is_right_or_the_reason_is_told(name: str) -> None:
    f, a, verdicts, reason = EDGES[name]
    finding = check(f, a)
    assert finding.verdict.name in verdicts, finding.explain()
    assert re.search(reason, finding.points[0].reason)


def test_what_is_not_defined_is_never_silently_finite() -> None:
    weights = np.arange(9.0).reshape(3, 3)
    assert np.isnan(ad.grad(lambda a: np.sum(root(a) * weights))(np.eye(3))).any()
    assert np.isnan(ad.grad(lambda a: np.sum(LA.eigvals(a) ** 2))(JORDAN)).any()
    assert not np.isfinite(ad.grad(lambda a: np.sum(LA.svd(a)[0] * weights))(np.eye(3))).all()
    with pytest.raises(LA.LinAlgError):
        ad.grad(lambda a: LA.slogdet(a)[1])(ONES)
    with pytest.raises(TypeError, match="full_matrices=False"):
        ad.grad(lambda a: np.sum(LA.svd(a)[0]))(TALL)
    with pytest.raises(TypeError, match="mode='reduced'"):
        ad.grad(lambda a: np.sum(LA.qr(a, "complete")[0]))(TALL)


def test_det_has_derivatives_of_any_order_at_any_matrix() -> None:
    """It is a polynomial: at 0 its second derivative is that of a d - b c; at n = 3 its third one is constant."""
    e = RNG.normal(size=(2, 2))
    assert np.allclose(ad.hvp(LA.det, (np.zeros((2, 2)),), (e,))[0], [[e[1, 1], -e[1, 0]], [-e[0, 1], e[0, 0]]])
    d, e = RNG.normal(size=(2, 3, 3))
    third = ad.grad(lambda a: np.sum(ad.hvp(LA.det, (a,), (d,))[0] * e))
    assert np.allclose(third(np.zeros((3, 3))), third(GENERAL), rtol=1e-9, atol=1e-12)
    assert np.abs(third(GENERAL)).max() > 0.1
    for a in (ONES, RANK_TWO, np.diag([0.0, 0.0, 2.0])):
        h = 1e-4
        slope = (ad.grad(LA.det)(a + h * e) - ad.grad(LA.det)(a - h * e)) / (2 * h)
        assert np.allclose(ad.hvp(LA.det, (a,), (e,))[0], slope, rtol=1e-7, atol=1e-7)


# --- wrong gradients

MISTAKES: dict[str, tuple[Callable[..., Any], np.ndarray, Callable[..., Any], Callable[..., Any]]] = {
    "inv without transposes": (
        LA.inv, GENERAL,
        lambda g, y, a: -y.T @ g @ y.T, lambda g, y, a: -y @ g @ y,
    ),
    "eigvalsh with the vectors in rows": (
        LA.eigvalsh, POSITIVE,
        lambda g, y, a: spectral.read_below((v := LA.eigh(a)[1]) @ np.diag(g) @ v.T),
        lambda g, y, a: spectral.read_below((v := LA.eigh(a)[1]).T @ np.diag(g) @ v),
    ),
    "pinv as an inverse": (
        LA.pinv, TALL,
        lambda g, y, a: singular.pinv_slope(g, y, a), lambda g, y, a: -y.T @ g @ y.T,
    ),
    "det as that of an orthogonal matrix": (
        LA.det, GENERAL,
        lambda g, y, a: g * y * LA.inv(a).T, lambda g, y, a: g * y * a,
    ),
    "svdvals without Vh": (
        lambda a: LA.svd(a, compute_uv=False), TALL,
        lambda g, y, a: LA.svd(a, False)[0] @ np.diag(g) @ LA.svd(a, False)[2],
        lambda g, y, a: LA.svd(a, False)[0] @ np.diag(g) @ LA.svd(a, False)[2].T,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_right_rules_are_certified_and_wrong_ones_are_not(name: str) -> None:
    f, a, right, wrong = MISTAKES[name]
    assert check(f, a, vjp=right).verdict.name == "CERTIFIED"
    assert check(f, a, vjp=wrong).verdict.name == "WRONG"
    assert check(f, a, vjp=lambda g, y, a: right(g, y, a) * (1 + 1e-9)).verdict.name == "WRONG"


# --- over balls: NumPy's values, order and signs, and mpmath's derivatives

VALUES: dict[str, tuple[Callable[..., Any], np.ndarray]] = {
    "eigh": (LA.eigh, SYMMETRIC),
    "eigh, upper": (lambda a: LA.eigh(a, "U"), GENERAL),
    "eigh, stack": (LA.eigh, RNG.normal(size=(2, 3, 4, 4))),
    "eig": (LA.eig, REAL_SPECTRUM),
    "svd": (lambda a: LA.svd(a, full_matrices=False), RNG.normal(size=(4, 3))),
    "svd, wide": (lambda a: LA.svd(a, full_matrices=False), RNG.normal(size=(2, 2, 5))),
    "pinv": (LA.pinv, TALL),
    "nuclear norm": (lambda a: LA.norm(a, "nuc"), TALL),
    "cond": (LA.cond, GENERAL),
    "det of a singular matrix": (LA.det, RANK_TWO),
}


def require_numpys(f: Callable[..., Any], a: np.ndarray) -> None:
    with precision(128):
        found = flatten(f(BallField().inputs([a])[0]))[1]
        for x, y in zip(found, flatten(f(a))[1], strict=True):
            doubles = np.array([float(b.mid()) for b in x.data.reshape(-1)]).reshape(x.shape)
            assert np.allclose(doubles, y, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", VALUES)
def test_exact_values_are_numpys_in_order_and_sign(name: str) -> None:
    require_numpys(*VALUES[name])


def test_another_sign_or_order_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spectra, "_signed", lambda v, wanted: -v)
    with pytest.raises(AssertionError):
        require_numpys(LA.eigh, np.stack([SYMMETRIC, -SYMMETRIC]))


def mp_entries(x: Any) -> list[Any]:
    return [x[i, j] for i in range(x.rows) for j in range(x.cols)]


def mp_eigh(a: Any, guess: np.ndarray) -> list[Any]:
    """mpmath's eigenvalues and eigenvectors of what the lower triangle says, with NumPy's signs."""
    n = a.rows
    w, v = mp.eigsy(mp.matrix(n, n) + mp.matrix([[a[max(i, j), min(i, j)] for j in range(n)] for i in range(n)]))
    signs = [mp.sign(mp.fsum(v[i, j] * guess[i, j] for i in range(n))) for j in range(n)]
    return [*w, *(v[i, j] * signs[j] for i in range(n) for j in range(n))]


MP: dict[str, tuple[Callable[[Any], Any], Callable[[Any], list[Any]], np.ndarray]] = {
    "eigh": (
        lambda a: np.concatenate([LA.eigh(a)[0], np.ravel(LA.eigh(a)[1])]),
        lambda a: mp_eigh(a, LA.eigh(SYMMETRIC)[1]),
        SYMMETRIC,
    ),
    "svdvals": (lambda a: LA.svd(a, compute_uv=False), lambda a: list(mp.svd_r(a, compute_uv=False)), TALL),
    "eigvals": (
        lambda a: np.sort(LA.eigvals(a)),
        lambda a: sorted(mp.re(x) for x in mp.eig(a, left=False, right=False)),
        REAL_SPECTRUM,
    ),
    "pinv": (lambda a: np.ravel(LA.pinv(a)), lambda a: mp_entries((a.T * a) ** -1 * a.T), TALL),
}


def mp_slopes(name: str, g: np.ndarray) -> list[Any]:
    """The derivative of <g, f> by every entry, by central differences at 200 digits."""
    _, f, point = MP[name]
    found, h = [], mpf(10) ** -70
    for i, j in np.ndindex(point.shape):
        ends = []
        for step in (h, -h):
            moved = mp.matrix(point.tolist())
            moved[i, j] += step
            ends.append(mp.fdot(f(moved), g.tolist()))
        found.append((ends[0] - ends[1]) / (2 * h))
    return found


@pytest.mark.parametrize("name", MP)
def test_certified_derivatives_hold_an_independent_value_of_60_digits(name: str) -> None:
    f, _, point = MP[name]
    g = np.resize([0.5, -1.25, 2.0, 0.75, -0.625], np.shape(f(point)))
    found = series(prepare(Claim(f, point, cotangent=g)))
    assert isinstance(found, Estimate), found
    with mp.workdps(200):
        for k, wanted in enumerate(mp_slopes(name, g)):
            middle, radius = mpf(found.value[0, k]) + mpf(found.low[0, k]), mpf(found.radius[0, k])
            assert abs(middle - wanted) <= radius + mpf(10) ** -60
            assert radius <= mpf(10) ** -25
            assert not abs(middle * (1 + mpf(10) ** -20) - wanted) <= radius + mpf(10) ** -60 or wanted == 0


def test_second_coefficients_keep_what_makes_them_eigenvectors() -> None:
    """A V = V L and V' V = 1 up to t**3, which has one solution where eigenvalues differ."""
    v = [RNG.normal(size=(3, 3)) for _ in range(3)]
    with precision(128):
        a = BallField(3).inputs([SYMMETRIC], *[[x + x.T] for x in v])[0]
        values, vectors = LA.eigh(a)
        lost, gram = a @ vectors - vectors * values, vectors.T @ vectors - np.eye(3)
        for plane in (*lost.planes, *gram.planes):
            assert all(x.contains(0) and abs(x) < 2**-90 for x in plane.reshape(-1))
        assert not all(x.contains(0) for x in vectors.planes[3].reshape(-1))
