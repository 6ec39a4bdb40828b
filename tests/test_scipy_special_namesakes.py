"""Namesakes of scipy.special: SciPy's values, certified gradients, dtypes, and loud refusals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

import ad
from verify import check

special = pytest.importorskip("scipy.special", reason="SciPy is not installed")
from ad.scipy import special as ours  # noqa: E402

rng = np.random.default_rng(5)
M = rng.normal(size=(3, 4))
V = np.abs(rng.normal(size=4)) + 0.25
UNITS = 64.0  # of 2**-53, relative: SciPy takes other formulas here and there


@dataclass(frozen=True)
class Case:
    """A call: arrays that are differentiated, and the rest. mutant: code in common use that is wrong there."""

    name: str
    xs: tuple[Any, ...]
    call: Callable[..., Any]
    mutant: Callable[..., Any] | None = field(default=None)

    @property
    def id(self) -> str:
        return f"{self.name}-{len(self.xs)}-{np.shape(self.xs[0])}"


def stopped(x: Any) -> Any:
    return ad.stop_gradient(x)


CASES = (
    Case("logsumexp", (M,), lambda m, a: m.logsumexp(a), lambda m, a: m.logsumexp(stopped(a)) + 0 * a),
    Case("logsumexp over rows", (M,), lambda m, a: m.logsumexp(a, axis=1)),
    Case("logsumexp over two axes", (M[None],), lambda m, a: m.logsumexp(a, axis=(0, 2), keepdims=True)),
    Case("logsumexp far out", (M * 400,), lambda m, a: m.logsumexp(a, axis=0)),
    Case("logsumexp with weights", (M, np.abs(M) + 0.5), lambda m, a, b: m.logsumexp(a, axis=1, b=b),
         lambda m, a, b: m.logsumexp(a, axis=1, b=stopped(b))),
    Case("logsumexp with signs", (M, M[0] - 0.1), lambda m, a, b: m.logsumexp(a, b=b, axis=-1, return_sign=True)[0]),
    Case("logsumexp of masked", (M,), lambda m, a: m.logsumexp(np.where(a > 0.5, -np.inf, a), axis=1)),
    Case("softmax", (M,), lambda m, a: m.softmax(a, axis=1), lambda m, a: stopped(m.softmax(a, axis=1)) + 0 * a),
    Case("softmax of all", (M * 30,), lambda m, a: m.softmax(a)),
    Case("log_softmax", (M * 300,), lambda m, a: m.log_softmax(a, axis=0), lambda m, a: a - stopped(np.max(a)) + 0 * a),
    Case("softplus", (M * 10,), lambda m, a: m.softplus(a)),
    Case("multigammaln", (V + 2,), lambda m, a: m.multigammaln(a, 3), lambda m, a: 3 * m.gammaln(a)),
    Case("polygamma", (V,), lambda m, a: m.polygamma(1, a), lambda m, a: -m.polygamma(1, a)),
    Case("polygamma 0", (V,), lambda m, a: m.polygamma(0, a)),
    Case("polygamma of orders", (V,), lambda m, a: m.polygamma(np.array([0, 1, 2, 3]), a)),
    Case("factorial", (V,), lambda m, a: m.factorial(a), lambda m, a: m.gamma(a)),
    Case("factorial below 0", (np.array([-0.75, 2.5]),), lambda m, a: m.factorial(a)),
    Case("comb", (V + 5, V), lambda m, n, k: m.comb(n, k), lambda m, n, k: m.comb(stopped(n), k)),
    Case("comb of none", (np.array([4.0, 2.0]), np.array([1.5, 3.5])), lambda m, n, k: m.comb(n, k)),
    Case("comb with repetition", (V + 5, V), lambda m, n, k: m.comb(n, k, repetition=True)),
    Case("perm", (V + 5, V), lambda m, n, k: m.perm(n, k)),
)  # fmt: skip
TRIED = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
HARMONICS = [(n, m) for n in range(5) for m in range(-n, n + 1)] + [(2, 3), (40, 17)]


def close(found: Any, wanted: Any) -> bool:
    gap = np.abs(np.asarray(found) - np.asarray(wanted))
    return bool(np.all(gap <= UNITS * 2.0**-53 * np.abs(wanted)))


@TRIED
def test_values_are_scipys(case: Case) -> None:
    found, wanted = case.call(ours, *case.xs), case.call(special, *case.xs)
    assert np.shape(found) == np.shape(wanted)
    assert close(found, wanted)
    assert not close(np.asarray(found) * (1 + 1e-13) + 1e-300, wanted)


@TRIED
def test_gradients_are_certified(case: Case) -> None:
    finding = check(lambda *xs: case.call(ours, *xs), *case.xs)
    assert finding.ok, finding.explain()


@pytest.mark.parametrize("case", [c for c in CASES if c.mutant], ids=[c.name for c in CASES if c.mutant])
def test_another_functions_gradient_is_wrong(case: Case) -> None:
    def total(f: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *xs: np.sum(f(ours, *xs) * np.cos(np.arange(np.size(f(special, *case.xs))).reshape(
            np.shape(f(special, *case.xs)))))  # fmt: skip

    wrong = ad.grad(total(case.mutant), tuple(range(len(case.xs))))  # type: ignore[arg-type]
    finding = check(total(case.call), *case.xs, gradient=wrong if len(case.xs) > 1 else lambda x: wrong(x)[0])
    assert finding.verdict.name == "WRONG", finding.explain()


@TRIED
def test_float32_stays_float32(case: Case) -> None:
    xs = [x.astype(np.float32) for x in case.xs]
    found = case.call(ours, *xs)
    wanted = np.float32 if "orders" not in case.name else case.call(special, *xs).dtype
    assert found.dtype == wanted
    grads = ad.grad(lambda *xs: np.sum(case.call(ours, *xs)), tuple(range(len(xs))))(*xs)
    assert all(g.dtype == np.float32 for g in grads)


@pytest.mark.parametrize(("n", "m"), HARMONICS)
def test_spherical_harmonics_are_scipys_and_certified(n: int, m: int) -> None:
    theta, phi = np.array([0.3, 1.7]), np.array([0.7, -2.0])
    wanted = special.sph_harm_y(n, m, theta, phi)
    assert np.allclose(ours.sph_harm_y(n, m, theta, phi), wanted, rtol=1e-12, atol=1e-14)
    if n <= 3:
        part = lambda t, p: np.real(ours.sph_harm_y(n, m, t, p)) + np.imag(ours.sph_harm_y(n, m, t, p))  # noqa: E731
        assert check(part, theta, phi).ok


def test_spherical_harmonics_of_arrays_of_orders() -> None:
    n, m, theta, phi = np.array([2, 3]), np.array([[1], [-2]]), np.array([0.3, 1.7]), 0.7
    assert np.allclose(ours.sph_harm_y(n, m, theta, phi), special.sph_harm_y(n, m, theta, phi), rtol=1e-13, atol=0)
    assert not np.allclose(ours.sph_harm_y(n, -m, theta, phi), special.sph_harm_y(n, m, theta, phi))


def test_the_sign_of_a_negative_sum_is_told_and_without_it_the_result_is_nan() -> None:
    a, b = np.array([1.0, 2.0]), np.array([1.0, -1.0])
    size, sign = ours.logsumexp(a, b=b, return_sign=True)
    assert (sign, close(size, special.logsumexp(a, b=b, return_sign=True)[0])) == (-1, True)
    assert np.isnan(ours.logsumexp(a, b=b))


@pytest.mark.parametrize("a", [[-np.inf, -np.inf], [np.inf, 1.0], [-np.inf, 3.0]])
def test_infinite_entries_are_as_in_scipy(a: list[float]) -> None:
    with np.errstate(all="ignore"):
        assert ours.logsumexp(a) == special.logsumexp(a)


def test_what_cannot_be_differentiated_fails_loudly() -> None:
    with pytest.raises(TypeError, match="has no derivative by its argument 1"):
        ad.grad(lambda n: ours.polygamma(n, 0.5))(1.0)
    with pytest.raises(TypeError):
        ad.grad(lambda n: ours.comb(n, 2, exact=True))(5.0)
    with pytest.raises(ValueError, match="dimension"):
        ours.multigammaln(3.0, 1.5)
    with pytest.raises(ValueError, match="above"):
        ours.multigammaln(0.5, 2)


def test_all_else_is_scipys_own() -> None:
    assert ours.erf is special.erf
    assert ours.factorial(5, exact=True) == 120
    assert ours.comb(50, 25, exact=True) == special.comb(50, 25, exact=True)
    with pytest.raises(AttributeError):
        ours.no_such_function  # noqa: B018
