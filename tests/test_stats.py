"""``ad.scipy.stats``: the values of SciPy's distributions, and derivatives by everything."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ad
import verify

scipy_stats = pytest.importorskip("scipy.stats")

from ad.scipy import stats  # noqa: E402  needs SciPy
from ad.scipy.stats.distribution import Continuous, Discrete  # noqa: E402

X = np.array([-40.0, -6.5, -1.25, -0.5, 0.0, 0.25, 0.75, 1.0, 1.5, 2.75, 8.0, 60.0])
Q = np.array([1e-12, 1e-3, 0.2, 0.5, 0.8, 0.999])
K = np.array([-1.0, 0.0, 1.0, 1.5, 2.0, 5.0, 6.0])

# name: shapes at which the distribution is tried
CONTINUOUS: dict[str, tuple[tuple[float, ...], ...]] = {
    "norm": ((),),
    "t": ((0.7,), (4.0,)),
    "gamma": ((0.6,), (3.5,)),
    "beta": ((1.5, 2.5), (0.6, 0.7)),
    "chi2": ((1.5,), (6.0,)),
    "expon": ((),),
    "laplace": ((),),
    "logistic": ((),),
    "cauchy": ((),),
    "uniform": ((),),
    "pareto": ((0.8,), (3.0,)),
    "gumbel_r": ((),),
    "gumbel_l": ((),),
    "vonmises": ((0.5,), (9.0,)),
    "truncnorm": ((-1.0, 2.0), (1.5, 4.0), (-9.0, -1.0)),
    "gennorm": ((1.5,), (2.5,)),
}
DISCRETE: dict[str, tuple[tuple[float, ...], ...]] = {
    "poisson": ((0.7,), (4.5,)),
    "binom": ((5.0, 0.3),),
    "bernoulli": ((0.3,),),
    "geom": ((0.3,),),
    "nbinom": ((2.5, 0.4),),
    "betabinom": ((5.0, 1.5, 0.75),),
}
METHODS = ("pdf", "logpdf", "cdf", "logcdf", "sf", "logsf")
# Where SciPy itself has lost digits, and the relative error that it is allowed.
LOOSE = {"truncnorm": 1e-9, "gennorm": 1e-11, "vonmises": 1e-12}


def continuous_cases() -> list[Any]:
    return [
        pytest.param(name, method, shapes, id=f"{name}.{method}{shapes}")
        for name, tried in CONTINUOUS.items()
        for shapes in tried
        for method in (*METHODS, "ppf", "isf")
        if getattr(stats, name).has(method)
    ]


def agree(found: Any, expected: Any, name: str) -> bool:
    """Whether values are those of SciPy, nan and infinities included, up to rounding."""
    found, expected = np.asarray(found), np.asarray(expected)
    small = np.maximum(np.abs(expected), 1e-300)
    with np.errstate(invalid="ignore"):
        close = np.abs(found - expected) <= LOOSE.get(name, 2e-13) * np.maximum(small, np.abs(found))
    return bool(np.all(close | (found == expected) | (np.isnan(found) & np.isnan(expected))))


@pytest.mark.parametrize(("name", "method", "shapes"), continuous_cases())
def test_values_are_scipy_s(name: str, method: str, shapes: tuple[float, ...]) -> None:
    x = Q if method in ("ppf", "isf") else X
    ours, theirs = getattr(getattr(stats, name), method), getattr(getattr(scipy_stats, name), method)
    for place in ({}, {"loc": 0.25, "scale": 1.5}):
        found, expected = ours(x, *shapes, **place), theirs(x, *shapes, **place)
        here = np.isfinite(expected) | (np.abs(x) < 10)  # beyond, SciPy's logarithms of an underflow are -inf
        assert agree(found[here], expected[here], name), (found, expected)
        assert not agree(found[here] * (1 + 1e-7) + 1e-200, expected[here], name)


@pytest.mark.parametrize("name", DISCRETE)
def test_probabilities_are_scipy_s(name: str) -> None:
    ours, theirs = getattr(stats, name), getattr(scipy_stats, name)
    for shapes in DISCRETE[name]:
        for place in ({}, {"loc": 1}):
            for method in ("pmf", "logpmf"):
                found, expected = (getattr(of, method)(K, *shapes, **place) for of in (ours, theirs))
                assert agree(found, expected, name), (method, found, expected)
                assert not agree(found * (1 + 1e-7) + 1e-9, expected, name)


def test_poisson_has_its_distribution_function_and_entropy() -> None:
    mu = np.array([0.3, 4.5, 40.0])
    assert agree(stats.poisson.cdf(K[:, None], mu), scipy_stats.poisson.cdf(K[:, None], mu), "poisson")
    np.testing.assert_allclose(stats.poisson.entropy(mu), scipy_stats.poisson.entropy(mu), rtol=1e-9)


def test_shapes_and_scales_that_are_not_allowed_answer_nan_as_scipy_does() -> None:
    for shape in (-1.0, 0.0):
        assert np.isnan(stats.gamma.pdf(1.0, shape))
        assert np.isnan(stats.norm.cdf(1.0, 0.0, shape))
    assert np.isnan(stats.poisson.pmf(1.0, -0.5))
    found = stats.gamma.logpdf(np.ones(2), np.array([1.0, -1.0]))
    assert found[0] == -1
    assert np.isnan(found[1])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: stats.gamma.pdf(1.0), "gamma is missing its shape 'a'"),
        (lambda: stats.norm.pdf(1.0, 0.0, 1.0, 2.0), "norm takes loc, scale"),
        (lambda: stats.norm.pdf(1.0, mean=1.0), "mean=1.0"),
        (lambda: stats.gumbel_r.entropy(), "entropy"),
        (lambda: stats.vonmises.cdf(1.0, 1.0), "vonmises has no cdf; it has pdf, logpdf"),
        (lambda: stats.geom.cdf(1.0, 0.5), "geom has no cdf"),
        (lambda: stats.multivariate_normal.logpdf(np.zeros(3), None, np.eye(2)), "points of shape"),
    ],
)
def test_a_wrong_call_says_what_is_taken(call: Any, message: str) -> None:
    with pytest.raises((TypeError, AttributeError, ValueError), match=message.replace("(", r"\(")):
        call()


# --- derivatives

TRIED: dict[str, tuple[Any, ...]] = {
    "norm": (0.7, 0.2, 1.3),
    "t": (0.7, 3.3, 0.2, 1.3),
    "gamma": (0.7, 2.4, 0.2, 1.3),
    "beta": (0.7, 2.4, 1.7, 0.2, 1.3),
    "chi2": (0.7, 2.4, 0.2, 1.3),
    "expon": (0.7, 0.2, 1.3),
    "laplace": (0.7, 0.2, 1.3),
    "logistic": (0.7, 0.2, 1.3),
    "cauchy": (0.7, 0.2, 1.3),
    "uniform": (0.7, 0.2, 1.3),
    "pareto": (1.9, 2.4, 0.2, 1.3),
    "gumbel_r": (0.7, 0.2, 1.3),
    "gumbel_l": (0.7, 0.2, 1.3),
    "vonmises": (0.7, 2.4, 0.2, 1.3),
    "truncnorm": (0.7, -0.8, 1.6, 0.2, 1.3),
    "gennorm": (0.7, 2.4, 0.2, 1.3),
}


@pytest.mark.parametrize("name", CONTINUOUS)
def test_derivatives_by_everything_are_certified_and_a_factor_is_noticed(name: str) -> None:
    distribution = getattr(stats, name)

    def log_density(*xs: Any) -> Any:
        return distribution.logpdf(*xs)

    xs = TRIED[name]
    assert verify.check(log_density, *xs).verdict.name == "CERTIFIED"
    everything = tuple(range(len(xs)))
    wrong = lambda *at: tuple(g * 1.001 for g in ad.grad(log_density, everything)(*at))  # noqa: E731
    assert verify.check(log_density, *xs, gradient=wrong).verdict.name == "WRONG"


@pytest.mark.parametrize("x", [-30.0, -8.0, 8.0, 30.0])
def test_derivatives_in_the_tails_are_certified(x: float) -> None:
    for method in ("logcdf", "logsf", "logpdf"):
        for name in ("norm", "logistic"):
            f = getattr(getattr(stats, name), method)
            assert verify.check(lambda x, f=f: f(x), x).verdict.name == "CERTIFIED", (name, method)


def test_outside_the_support_every_derivative_is_zero() -> None:
    for name, x in (("gamma", -1.0), ("beta", 1.5), ("expon", -0.5), ("uniform", 2.0), ("pareto", 0.5)):
        xs = (x, *TRIED[name][1:-2])
        gradient = ad.grad(getattr(stats, name).pdf, tuple(range(len(xs))))(*xs)
        assert all(g == 0 for g in gradient), (name, gradient)


def test_an_array_with_points_inside_and_outside_has_the_gradient_of_each() -> None:
    x = np.array([-1.0, 0.5, 2.0])
    found = ad.grad(lambda x: np.sum(stats.gamma.pdf(x, 2.5)))(x)
    single = [ad.grad(lambda x: stats.gamma.pdf(x, 2.5))(value) for value in x]
    assert found.tolist() == single
    assert found[0] == 0


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(["norm", "expon", "laplace", "logistic", "cauchy", "gumbel_r", "gumbel_l"]),
    st.floats(0.01, 0.99),
    st.floats(-3, 3),
    st.floats(0.1, 5),
)
def test_quantiles_invert_the_distribution_function(name: str, q: float, loc: float, scale: float) -> None:
    distribution = getattr(stats, name)
    x, slope = ad.value_and_grad(distribution.ppf)(q, loc, scale)
    np.testing.assert_allclose(distribution.cdf(x, loc, scale), q, rtol=1e-9)
    np.testing.assert_allclose(slope * distribution.pdf(x, loc, scale), 1.0, rtol=1e-9)


@settings(deadline=None, max_examples=60)
@given(st.sampled_from([n for n in CONTINUOUS if getattr(stats, n).has("cdf")]), st.floats(0.05, 0.95))
def test_the_slope_of_the_distribution_function_is_the_density(name: str, x: float) -> None:
    distribution, shapes = getattr(stats, name), CONTINUOUS[name][0]
    at = x + 1 if name == "pareto" else x
    slope = ad.grad(distribution.cdf)(at, *shapes)
    np.testing.assert_allclose(slope, distribution.pdf(at, *shapes), rtol=1e-10)
    np.testing.assert_allclose(-ad.grad(distribution.sf)(at, *shapes), slope, rtol=1e-9)


def test_every_distribution_is_tried() -> None:
    entries = {name for name in stats.__all__ if isinstance(getattr(stats, name), Continuous | Discrete)}
    assert entries == {*CONTINUOUS, *DISCRETE}
    assert entries | {"multivariate_normal", "dirichlet"} == set(stats.__all__)


# --- vectors

ODD = np.array([-np.inf, -0.5, 0.0, 1.0, 1.5, np.inf, np.nan])


@pytest.mark.parametrize("name", [*CONTINUOUS, *DISCRETE])
def test_at_nan_and_at_what_is_no_probability_the_answer_is_nan_as_scipy_s(name: str) -> None:
    ours, theirs = getattr(stats, name), getattr(scipy_stats, name)
    methods = [*METHODS, "ppf", "isf"] if name in CONTINUOUS else ["pmf", "logpmf"]
    methods = [m for m in methods if name in DISCRETE or ours.has(m)]
    methods += ["cdf"] if name in DISCRETE and ours.cdf_formula is not None else []
    for shapes in {**CONTINUOUS, **DISCRETE}[name]:
        for method in methods:
            found, expected = (np.isnan(getattr(of, method)(ODD, *shapes, loc=1)) for of in (ours, theirs))
            assert np.array_equal(found, expected), (method, shapes)
            assert found[-1]


COV = np.array([[1.5, 0.4, -0.2], [0.4, 2.0, 0.3], [-0.2, 0.3, 1.2]])
MEAN = np.array([0.3, -0.6, 1.1])


def test_the_normal_distribution_of_vectors_is_scipy_s() -> None:
    ours, theirs = stats.multivariate_normal, scipy_stats.multivariate_normal
    points = np.array([[0.5, -1.0, 2.0], [0.0, 0.25, -0.75]])
    for x in (points, points[0]):
        for mean, cov in ((MEAN, COV), (None, COV), (MEAN, 2.0), (MEAN, np.array([0.5, 1.0, 2.0]))):
            np.testing.assert_allclose(ours.logpdf(x, mean, cov), theirs.logpdf(x, mean, cov), rtol=1e-12)
            np.testing.assert_allclose(ours.pdf(x, mean, cov), theirs.pdf(x, mean, cov), rtol=1e-12)
    np.testing.assert_allclose(ours.entropy(MEAN, COV), theirs.entropy(MEAN, COV), rtol=1e-12)
    for x, *rest in ((MEAN,), (MEAN, 0.5, 2.0), (MEAN, None, [1.5]), (0.5,), (points[:1], MEAN), ([[0.5], [1.0]],)):
        found, expected = ours.logpdf(x, *rest), theirs.logpdf(x, *rest)
        assert np.shape(found) == np.shape(expected)
        np.testing.assert_allclose(found, expected, rtol=1e-12)
    for x, *rest in ((points,), (points, 0.5, 2.0), (MEAN, None, np.eye(2))):
        with pytest.raises(ValueError, match="components"):
            ours.logpdf(x, *rest)
    assert verify.check(ours.logpdf, points[0], MEAN, COV).verdict.name == "CERTIFIED"


def test_the_dirichlet_distribution_is_scipy_s() -> None:
    x, alpha = np.array([0.2, 0.5, 0.3]), np.array([1.5, 2.0, 0.7])
    for points in (x, x[:-1]):
        expected = scipy_stats.dirichlet.pdf(points, alpha)
        np.testing.assert_allclose(stats.dirichlet.pdf(points, alpha), expected, rtol=1e-12)
    assert verify.check(stats.dirichlet.logpdf, x, alpha).verdict.name == "CERTIFIED"
