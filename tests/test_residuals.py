"""Explanations of wrong answers: each pattern is named where it is the mistake, and nothing is said where none is."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verify import check
from verify.finding import Explanation, Finding
from verify.residuals import OF_ROUNDING, PATTERNS
from verify.suites.case import Case
from verify.suites.mistakes import WRONG

RNG = np.random.default_rng(3)
V = np.round(RNG.uniform(0.3, 2.0, 5), 3)
W = np.round(RNG.uniform(0.3, 2.0, 5), 3)
MATRIX = np.round(RNG.uniform(0.3, 2.0, (3, 4)), 3)
SQUARE = np.round(RNG.uniform(-1, 1, (3, 3)), 3) + 3 * np.eye(3)
SYMMETRIC = SQUARE @ SQUARE.T
BATCH = np.round(RNG.uniform(-1, 1, (6, 3)), 3)
MIXED = np.array([-1.0, 2.0, -0.5, 0.7, -2.0, 1.1])
WIDE = np.linspace(-3, 3, 12)
COMPLEX = RNG.normal(size=3) + 1j * RNG.normal(size=3)
SINGLE = V.astype(np.float32)
HALF = V.astype(ml_dtypes.bfloat16)
STEP = 1e-5


def told(finding: Finding) -> list[Explanation]:
    return [e for point in finding.points for e in point.explanations]


def sines(x: Any) -> Any:
    return np.sum(np.sin(x))


def weighted_sines(x: Any) -> Any:
    return np.sum(np.arange(1, x.size + 1).reshape(x.shape) * np.sin(x))


def weighted_cosines(x: Any) -> Any:
    return np.arange(1, x.size + 1).reshape(x.shape) * np.cos(x)


def bilinear(x: Any, a: Any, y: Any) -> Any:
    return x @ a @ y


def solve(a: Any, b: Any) -> Any:
    return np.linalg.solve(a, b)


def half_log_det(a: Any) -> Any:
    return np.sum(np.log(np.diagonal(np.linalg.cholesky(a))))


def central(x: Any) -> Any:
    steps = STEP * np.eye(x.size)
    return np.array([(np.sum(np.sin(x + e)) - np.sum(np.sin(x - e))) / (2 * STEP) for e in steps])


def remembering() -> Callable[[Any], Any]:
    """A gradient that is always right for the input of the call before."""
    kept = [np.ones(5)]

    def gradient(x: Any) -> Any:
        kept.append(np.array(x, dtype=float))
        return np.cos(kept[-2])

    return gradient


def drawing() -> Callable[[Any], Any]:
    rng = np.random.default_rng(0)
    return lambda x: np.cos(x) + rng.normal(size=5)


# (kind, part of the sentence, f, xs, the wrong derivative, the right one)
NAMED: list[tuple[str, str, Any, tuple[Any, ...], dict[str, Any], dict[str, Any]]] = [
    ("factor", "is 2 x the truth", sines, (V,), {"gradient": lambda x: 2 * np.cos(x)}, {"gradient": np.cos}),
    ("factor", "is 2 x the truth", sines, (SINGLE,), {"gradient": lambda x: 2 * np.cos(x)}, {"gradient": np.cos}),
    ("factor", "is 2 x the truth", sines, (HALF,),
     {"gradient": lambda x: (2 * np.cos(x.astype(np.float32))).astype(x.dtype)}, {"gradient": np.cos}),
    ("factor", "is 2 x the truth", np.sin, (V,), {"jvp": lambda t, x: 2 * t * np.cos(x)},
     {"jvp": lambda t, x: t * np.cos(x)}),
    ("factor", "is 1/2 x the truth", sines, (0.7,), {"gradient": lambda x: np.cos(x) / 2}, {"gradient": np.cos}),
    ("factor", "is 1.0001 x the truth", sines, (V,), {"gradient": lambda x: 1.0001 * np.cos(x)}, {"gradient": np.cos}),
    ("factor", "is 1.00000005 x the truth", sines, (V,), {"gradient": lambda x: 1.00000005 * np.cos(x)},
     {"gradient": np.cos}),
    ("factor", "is 1/5 x the truth (5 is the length of x: mean or sum?)", sines, (V,),
     {"gradient": lambda x: np.cos(x) / 5}, {"gradient": np.cos}),
    ("factor", "6 is the length of axis 0 of BATCH: mean or sum?", lambda w: np.mean((BATCH @ w) ** 2), (V[:3],),
     {"gradient": lambda w: 2 * BATCH.T @ (BATCH @ w)}, {"gradient": lambda w: 2 * BATCH.T @ (BATCH @ w) / 6}),
    ("factor", "sqrt(3), 3 being the length of axis 0 of x", lambda x: np.sum(np.sin(x)) / np.sqrt(3), (MATRIX,),
     {"gradient": np.cos}, {"gradient": lambda x: np.cos(x) / np.sqrt(3)}),
    ("factor", "ln 10 x the truth (which base", np.log10, (3.0,), {"gradient": lambda x: 1 / x},
     {"gradient": lambda x: 1 / x / np.log(10)}),
    ("factor", "ln 2 x the truth", np.log2, (V,), {"vjp": lambda g, y, x: g / x},
     {"vjp": lambda g, y, x: g / x / np.log(2)}),
    ("factor", "180/pi x the truth (degrees or radians?)", lambda x: np.sin(np.deg2rad(x)), (30.0,),
     {"gradient": lambda x: np.cos(np.deg2rad(x))}, {"gradient": lambda x: np.cos(np.deg2rad(x)) * np.pi / 180}),
    ("factor", "is 2 x the truth", lambda x: np.maximum(x, 0), (0.0,), {"gradient": lambda x: 2.0 * (x >= 0)},
     {"gradient": lambda x: 1.0 * (x >= 0)}),
    ("factors", "axis 1: 1, 2, 3, 4", sines, (MATRIX,), {"gradient": lambda x: np.cos(x) * np.arange(1, 5.0)},
     {"gradient": np.cos}),
    ("sign", "-1 x the truth", np.cos, (0.3,), {"gradient": np.sin}, {"gradient": lambda x: -np.sin(x)}),
    ("sign", "-1 x the truth", sines, (V,), {"hvp": lambda t, x: t * np.sin(x)}, {"hvp": lambda t, x: -t * np.sin(x)}),
    ("sign", "wrong sign in what comes through", lambda x: np.sum(x**3) + np.sum(x) ** 2, (V,),
     {"gradient": lambda x: 3 * x**2 - 2 * np.sum(x)}, {"gradient": lambda x: 3 * x**2 + 2 * np.sum(x)}),
    ("conjugate", "conjugated", lambda z: np.sum(np.abs(z) ** 2), (COMPLEX,), {"gradient": lambda z: 2 * z},
     {"gradient": lambda z: 2 * np.conj(z)}),
    ("sign", "by z.real and by z.imag has the wrong sign", lambda z: np.sum(np.abs(z) ** 2), (COMPLEX,),
     {"gradient": lambda z: -2 * np.conj(z)}, {"gradient": lambda z: 2 * np.conj(z)}),
    ("zero", "is 0: the path", sines, (V,), {"gradient": lambda x: 0 * x}, {"gradient": np.cos}),
    ("constant", "the same at every point", sines, (V,), {"gradient": lambda x: np.arange(5.0)}, {"gradient": np.cos}),
    ("transposed", "the truth transposed", weighted_sines, (SQUARE,), {"gradient": lambda x: weighted_cosines(x).T},
     {"gradient": weighted_cosines}),
    ("transposed", "the truth transposed", bilinear, (V[:3], SQUARE, W[:3]),
     {"gradient": lambda x, a, y: (a @ y, np.outer(y, x), a.T @ x)},
     {"gradient": lambda x, a, y: (a @ y, np.outer(x, y), a.T @ x)}),
    ("transposed", "J g instead of J^T g", lambda x: x @ SQUARE, (V[:3],), {"vjp": lambda g, y, x: g @ SQUARE},
     {"vjp": lambda g, y, x: SQUARE @ g}),
    ("transposed", "J g instead of J^T g", lambda b: solve(SQUARE, b), (V[:3],),
     {"vjp": lambda g, y, b: solve(SQUARE, g)}, {"vjp": lambda g, y, b: solve(SQUARE.T, g)}),
    ("rolled", "rolled by 1 along", weighted_sines, (V,), {"gradient": lambda x: np.roll(weighted_cosines(x), 1)},
     {"gradient": weighted_cosines}),
    ("rolled", "rolled by -1 along axis 1", weighted_sines, (MATRIX,),
     {"gradient": lambda x: np.roll(weighted_cosines(x), -1, 1)}, {"gradient": weighted_cosines}),
    ("reversed", "reversed along axis 0", weighted_sines, (SINGLE,), {"gradient": lambda x: weighted_cosines(x)[::-1]},
     {"gradient": weighted_cosines}),
    ("permuted", "in another order", weighted_sines, (V,), {"gradient": lambda x: weighted_cosines(x)[[2, 0, 4, 1, 3]]},
     {"gradient": weighted_cosines}),
    ("swapped", "the derivative by y: the two", lambda x, y: np.sum(x**2 * np.sin(y)), (V, W),
     {"gradient": lambda x, y: (x**2 * np.cos(y), 2 * x * np.sin(y))},
     {"gradient": lambda x, y: (2 * x * np.sin(y), x**2 * np.cos(y))}),
    ("missing term", "lacks the term x*cos(x)", lambda x: x * np.sin(x), (1.3,), {"gradient": np.sin},
     {"gradient": lambda x: np.sin(x) + x * np.cos(x)}),
    ("missing term", "lacks the term x*cos(x)", lambda x: np.sum(x * np.sin(x)), (V,), {"gradient": np.sin},
     {"gradient": lambda x: np.sin(x) + x * np.cos(x)}),
    ("missing term", "lacks what comes through sum(x)", lambda x: np.sum(x**3) / np.sum(x), (np.tile(V, 2),),
     {"gradient": lambda x: 3 * x**2 / np.sum(x)},
     {"gradient": lambda x: 3 * x**2 / np.sum(x) - np.sum(x**3) / np.sum(x) ** 2}),
    ("sign", "wrong sign at the term", lambda x: x**3 + np.exp(x), (0.4,), {"gradient": lambda x: np.exp(x) - 3 * x**2},
     {"gradient": lambda x: np.exp(x) + 3 * x**2}),
    ("extra term", "holds a term too much: + x", sines, (np.tile(V, 2),), {"gradient": lambda x: np.cos(x) + x},
     {"gradient": np.cos}),
    ("chain rule", "lacks the factor 2*x", lambda x: np.sin(x * x), (1.3,), {"gradient": lambda x: np.cos(x * x)},
     {"gradient": lambda x: 2 * x * np.cos(x * x)}),
    ("chain rule", "lacks the factor 2*x", lambda x: np.sin(x * x), (1.3,),
     {"gradient": lambda x: math.cos(float(x) ** 2)}, {"gradient": lambda x: 2 * x * np.cos(x * x)}),
    ("chain rule", "lacks the factor 1/x", lambda x: np.log(x) ** 2, (1.3,), {"gradient": lambda x: 2 * np.log(x)},
     {"gradient": lambda x: 2 * np.log(x) / x}),
    ("chain rule", "leaves out the derivative of sin(x), cos(x)", lambda x: np.exp(np.sin(x)), (V,),
     {"vjp": lambda g, y, x: g * y}, {"vjp": lambda g, y, x: g * y * np.cos(x)}),
    ("chain rule", "lacks the factor exp(s)", lambda x, s: np.sum(x * np.exp(s)), (V, 0.3),
     {"gradient": lambda x, s: (np.exp(s) + 0 * x, np.sum(x))},
     {"gradient": lambda x, s: (np.exp(s) + 0 * x, np.exp(s) * np.sum(x))}),
    ("slope", "takes 1 - y for the derivative of tanh(x)", np.tanh, (V,), {"vjp": lambda g, y, x: g * (1 - y)},
     {"vjp": lambda g, y, x: g / np.cosh(x) ** 2}),
    ("slope", "takes y for the derivative of sqrt(x)", np.sqrt, (0.7,), {"gradient": np.sqrt},
     {"gradient": lambda x: 0.5 / np.sqrt(x)}),
    ("argument", "takes the derivative of tanh(x * w + b) at x * w in place of", lambda x, w, b: np.tanh(x * w + b),
     (V, W, 0.1), {"vjp": lambda g, y, x, w, b: (
         g * w / np.cosh(x * w) ** 2, g * x / np.cosh(x * w) ** 2, np.sum(g / np.cosh(x * w) ** 2))},
     {"vjp": lambda g, y, x, w, b: (g * w / np.cosh(x * w + b) ** 2, g * x / np.cosh(x * w + b) ** 2,
                                    np.sum(g / np.cosh(x * w + b) ** 2))}),
    ("cotangent", "ignores the cotangent g", lambda x: np.log(np.sum(np.exp(x))), (V,),
     {"vjp": lambda g, y, x: np.exp(x - y)}, {"vjp": lambda g, y, x: g * np.exp(x - y)}),
    ("cotangent", "the same for every one", np.sin, (np.linspace(0.1, 2, 40),), {"vjp": lambda g, y, x: np.cos(x)},
     {"vjp": lambda g, y, x: g * np.cos(x)}),
    ("cotangent", "ignores the sign of", np.sin, (SINGLE,), {"vjp": lambda g, y, x: abs(g) * np.cos(x)},
     {"vjp": lambda g, y, x: g * np.cos(x)}),
    ("cotangent", "the square of", np.sin, (V,), {"vjp": lambda g, y, x: g * g * np.cos(x)},
     {"vjp": lambda g, y, x: g * np.cos(x)}),
    ("cotangent", "the sum of", np.sin, (V,), {"vjp": lambda g, y, x: np.sum(g) * np.cos(x)},
     {"vjp": lambda g, y, x: g * np.cos(x)}),
    ("broadcast", "is summed over axis 1 of the cotangent of b", lambda x, b: x * 1.5 + b, (SQUARE, V[:3]),
     {"vjp": lambda g, y, x, b: (1.5 * g, np.sum(g, axis=1))},
     {"vjp": lambda g, y, x, b: (1.5 * g, np.sum(g, axis=0))}),
    ("broadcast", "takes the last entry of the cotangent of b", lambda x, b: x * b, (BATCH, V[:3]),
     {"vjp": lambda g, y, x, b: (g * b, (g * x)[-1])}, {"vjp": lambda g, y, x, b: (g * b, np.sum(g * x, axis=0))}),
    ("overwritten", "assigns where it must add", lambda x: x[np.array([0, 0, 2])] ** 2, (V[:3],),
     {"vjp": lambda g, y, x: np.stack([2 * x[0] * g[1], 0 * x[1], 2 * x[2] * g[2]])},
     {"vjp": lambda g, y, x: np.stack([2 * x[0] * (g[0] + g[1]), 0 * x[1], 2 * x[2] * g[2]])}),
    ("triangle", "made symmetric", half_log_det, (SYMMETRIC,), {"gradient": lambda a: np.linalg.inv(a) / 2},
     {"gradient": lambda a: np.tril(np.linalg.inv(a)) - np.diag(np.diag(np.linalg.inv(a))) / 2}),
    ("value", "is the value of f", lambda x: np.sum(x**3) + 1 / np.sum(x), (np.tile(V, 2),),
     {"gradient": lambda x: (np.sum(x**3) + 1 / np.sum(x)) + 0 * x},
     {"gradient": lambda x: 3 * x**2 - 1 / np.sum(x) ** 2}),
    ("stale", "the input of the call before", sines, (V,), {"gradient": remembering()}, {"gradient": np.cos}),
    ("changing", "changes from call to call", sines, (V,), {"gradient": drawing()}, {"gradient": np.cos}),
    ("float32", "float32 numbers", sines, (V,),
     {"gradient": lambda x: np.cos(np.asarray(x, dtype=np.float32)).astype(float)}, {"gradient": np.cos}),
    ("difference", "a central difference quotient with the step 1e-05", sines, (V,), {"gradient": central},
     {"gradient": np.cos}),
    ("zero", "wrong only in the last entry", sines, (V,), {"gradient": lambda x: np.append(np.cos(x[:-1]), 0.0)},
     {"gradient": np.cos}),
    ("factor", "wrong only on the diagonal: there the derivative by x is 2 x", sines, (SQUARE,),
     {"gradient": lambda x: np.cos(x) * (1 + np.eye(3))}, {"gradient": np.cos}),
    ("sign", "wrong only where x < 0", lambda x: np.sum(x**3), (MIXED,), {"gradient": lambda x: 3 * x * np.abs(x)},
     {"gradient": lambda x: 3 * x**2}),
    ("zero", "wrong only where |x| > 2", lambda x: np.sum(np.tanh(x)), (WIDE,),
     {"gradient": lambda x: np.where(np.abs(x) > 2, 0, 1 / np.cosh(x) ** 2)},
     {"gradient": lambda x: 1 / np.cosh(x) ** 2}),
    ("zero", "wrong only in x[1], x[3], and right in the other 4", lambda x: np.sum(x**3), (MIXED[[1, 0, 3, 2, 5, 4]],),
     {"gradient": lambda x: np.where(np.isin(np.arange(6), (1, 3)), 0, 3 * x**2)}, {"gradient": lambda x: 3 * x**2}),
    ("zero", "wrong only where x < 0", lambda x: np.sum(x**3), (MIXED[[0, 2, 4, 1, 3, 5]],),
     {"gradient": lambda x: np.where(x < 0, 0, 3 * x**2)}, {"gradient": lambda x: 3 * x**2}),
    ("zero", "wrong only in the first 3 entries", lambda x: np.sum(x**3), (MIXED[[0, 2, 4, 1, 3, 5]],),
     {"gradient": lambda x: np.where(np.arange(6) < 3, 0, 3 * x**2)}, {"gradient": lambda x: 3 * x**2}),
    ("zero", "is 0: the path to it is cut, or the answer is never filled in; at x = 0.7 the answer is right", np.tanh,
     (7.0,), {"gradient": lambda x: 0.0 if abs(x) > 5 else 1 / np.cosh(x) ** 2},
     {"gradient": lambda x: 1 / np.cosh(x) ** 2}),
    ("sign", "; at x = 1.5 the answer is right", lambda x: x**3, (-1.5,), {"gradient": lambda x: 3 * x * abs(x)},
     {"gradient": lambda x: 3 * x**2}),
    ("entries", "wrong only in the first entry", sines, (V,),
     {"gradient": lambda x: np.cos(x) + np.eye(5)[0] * np.sinh(x[1]) ** 3 * x[2]}, {"gradient": np.cos}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "part", "f", "xs", "wrong", "right"), NAMED, ids=[f"{r[0]}: {r[1]}" for r in NAMED])
def test_a_mistake_is_named_and_a_right_answer_is_left_alone(
    kind: str, part: str, f: Any, xs: tuple[Any, ...], wrong: dict[str, Any], right: dict[str, Any]
) -> None:
    finding = check(f, *xs, **wrong)
    assert not finding.ok
    said = told(finding)
    assert any(e.kind == kind and part in e.text for e in said), [(e.kind, e.text) for e in said]
    beside = check(f, *xs, **right)
    assert beside.ok, beside.explain()
    assert not told(beside)


def test_every_kind_of_pattern_has_a_case() -> None:
    assert len(PATTERNS) == len(set(PATTERNS))
    assert set(OF_ROUNDING) <= set(PATTERNS)
    kinds = {row[0] for row in NAMED} | set(PLANTED.values())
    assert kinds >= {"one use", "diagonal", "constant", "rolled", "extra term", "argument"}


# --- silence


SILENT: list[tuple[str, Any, tuple[Any, ...], dict[str, Any]]] = [
    ("no pattern", sines, (V,), {"gradient": lambda x: np.cos(x) * np.exp(0.3 * x) + 0.1 * x**3}),
    ("a factor at this point alone", sines, (0.7,), {"gradient": lambda x: 2 * np.cos(x) + (x - 0.7) * 0.3}),
    ("noise of the size of the gradient", sines, (V,), {"gradient": lambda x: np.cos(x) + np.sin(1e6 * x)}),
    ("nearly a factor", sines, (V,), {"gradient": lambda x: 2 * np.cos(x) * (1 + 1e-6 * np.sin(9 * x))}),
    ("nearly a factor, float32", sines, (SINGLE,), {"gradient": lambda x: 2 * np.cos(x) * (1 + 1e-3 * np.sin(9 * x))}),
    ("nearly transposed", weighted_sines, (SQUARE,), {"gradient": lambda x: weighted_cosines(x).T + 1e-6 * x**2}),
    ("nan", sines, (V,), {"gradient": lambda x: np.nan * x}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "f", "xs", "wrong"), SILENT, ids=[row[0] for row in SILENT])
def test_nothing_is_said_where_nothing_fits_at_every_point(
    name: str, f: Any, xs: tuple[Any, ...], wrong: dict[str, Any]
) -> None:
    finding = check(f, *xs, **wrong)
    assert not finding.ok
    assert told(finding) == []


def test_a_formula_that_cancels_to_0_is_not_called_a_difference_quotient() -> None:
    """Beside 1e-9 the values of sinc are alike, so a quotient of them is 0 as well."""
    cancels = lambda x: (np.cos(np.pi * x) * np.pi * x - np.sin(np.pi * x)) / (np.pi * x * x)  # noqa: E731
    quotient = lambda x: (np.sinc(x + 1e-5) - np.sinc(x)) / 1e-5  # noqa: E731
    assert [found.kind for found in told(check(np.sinc, 1e-9, gradient=cancels))] == ["lost digits"]
    assert "difference" in [found.kind for found in told(check(np.sinc, 0.3, gradient=quotient))]


COEFFICIENTS = st.lists(st.floats(0.1, 3.0).map(lambda c: round(c, 4) + 0.00003), min_size=3, max_size=3)


@given(COEFFICIENTS, st.sampled_from([V, 0.7, SINGLE, MATRIX]))
@settings(max_examples=12, deadline=None, derandomize=True)
def test_a_wrong_gradient_of_no_meaning_gets_no_sentence(c: list[float], x: Any) -> None:
    def wrong(x: Any) -> Any:
        return np.cos(x) + (np.sin(c[0] * x + c[1]) ** 2 * c[2]).astype(x.dtype) + x.dtype.type(0.01)

    finding = check(sines, np.asarray(x), gradient=wrong)
    assert not finding.ok
    assert told(finding) == []


# --- the planted mistakes


PLANTED = {
    "logistic_loss/half_penalty": "factor", "logistic_loss/missing_mean": "factor",
    "softmax_cross_entropy/label_off_by_one": "rolled", "softmax_cross_entropy/missing_mean": "factor",
    "layer_norm/constant_statistics": "missing term", "layer_norm/constant_variance": "missing term",
    "layer_norm/wrong_axis": "broadcast", "rosenbrock/missing_cross_term": "missing term",
    "lennard_jones/power_seven": "chain rule", "ridge/residual_sign": "sign",
    "tanh_network/slope_not_squared": "slope", "tanh_network/bias_mean": "factor",
    "gaussian_nll/sigma_not_log_sigma": "chain rule", "huber/unscaled_tail": "factor", "rbf_kernel/sign_of_z": "sign",
    "rbf_kernel/length_power": "chain rule", "logistic_growth/y_for_one_minus_y": "chain rule",
    "logistic_growth/subtracted_data": "extra term", "cauchy_loss/lost_scale": "argument",
    "attention/diagonal_softmax": "diagonal", "attention/unscaled_keys": "factor",
    "weighted_harmonic_mean/constant_total": "missing term", "bilinear_form/swapped": "swapped",
    "bilinear_form/transposed": "transposed", "cosine_similarity/norm_not_squared": "chain rule",
    "poisson_nll/identity_link": "slope", "gelu/rounded_constant": "rounded constant",
    "gelu/ignores_cotangent": "cotangent",
    "range_bearing/range_not_squared": "chain rule", "total_variation/missing_last_step": "one use",
    "affine/transposed_weight": "transposed", "affine/untransposed_weight": "transposed",
    "affine/bias_over_features": "broadcast", "embedding/overwrites": "overwritten",
}  # fmt: skip
WORDS = {
    "logistic_loss/half_penalty": "by w holds 1/2 x what comes through PENALTY * sum(w**2)",
    "logistic_loss/missing_mean": "by b is 6 x the truth (6 is the length of axis 0 of FEATURES: mean or sum?)",
    "softmax_cross_entropy/label_off_by_one": "rolled by -1 along axis 1",
    "softmax_cross_entropy/missing_mean": "4 is the length of axis 0 of scores: mean or sum?",
    "layer_norm/constant_statistics": "through mean(x, axis=1) and through var(x, axis=1): both are taken as constants",
    "layer_norm/constant_variance": "through sqrt(var(x, axis=1) + EPSILON): it is taken as a constant",
    "layer_norm/wrong_axis": "by beta is summed over axis 1",
    "rosenbrock/missing_cross_term": "the first and the last: there the derivative by x lacks what comes through x[1:]",
    "lennard_jones/power_seven": "too much at the derivative of sum((positions[...] - positions[...])**2, axis=1)**(",
    "ridge/residual_sign": "has the wrong sign in what comes through mean((FEATURES @ w - RESPONSES)**2)",
    "tanh_network/slope_not_squared": "by params['w1'] and by params['b1'] takes 1 - y for the derivative of tanh",
    "tanh_network/bias_mean": "by params['b1'] is 1/6 x the truth",
    "gaussian_nll/sigma_not_log_sigma": "lacks the factor exp(log_sigma)",
    "huber/unscaled_tail": "holds 1/delta x what comes through delta",
    "rbf_kernel/sign_of_z": "by z has the wrong sign",
    "rbf_kernel/length_power": "by length has the factor length too much",
    "logistic_growth/y_for_one_minus_y": "lacks the factor exp((-theta[1]) * (TIMES - theta[2]))",
    "logistic_growth/subtracted_data": "in the first entry: there the derivative by theta holds a term too much: - POP",
    "cauchy_loss/lost_scale": "at SCALE**2 * ((FEATURES @ w - RESPONSES) / SCALE)**2 in place of",
    "attention/diagonal_softmax": "by q and by k uses only the diagonal of the Jacobian of exp",
    "attention/unscaled_keys": "by k is 2 x the truth (sqrt(4), 4 being the length of axis 1 of k",
    "weighted_harmonic_mean/constant_total": "lacks what comes through sum(w): it is taken as a constant",
    "bilinear_form/swapped": "by x is the derivative by y",
    "bilinear_form/transposed": "by a is the truth transposed",
    "cosine_similarity/norm_not_squared": "has the factor sqrt(sum(b**2)) too much",
    "poisson_nll/identity_link": "by w and by b takes u for the derivative of exp(FEATURES @ w + b)",
    "gelu/rounded_constant": "has 0.7978 in place of ROOT_TWO_OVER_PI = 0.7978845608",
    "gelu/ignores_cotangent": "ignores the cotangent g",
    "range_bearing/range_not_squared": "has the factor hypot(",
    "total_variation/missing_last_step": "x[6] is used 2 times",
    "affine/transposed_weight": "by w is the truth transposed",
    "affine/untransposed_weight": "by x uses the Jacobian where its transpose belongs",
    "affine/bias_over_features": "by b is summed over axis 1",
    "embedding/overwrites": "assigns where it must add: table[[2, 0, 1, 2, ...]]",
}  # fmt: skip


def test_every_planted_mistake_has_its_words() -> None:
    assert {case.id for case in WRONG} == set(PLANTED) == set(WORDS)


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case.id)
def test_every_planted_mistake_is_named(case: Case) -> None:
    said = told(check(case.f, *case.xs, **{case.judged: case.subject}, kwargs=case.kwargs))
    assert any(e.kind == PLANTED[case.id] and WORDS[case.id] in e.text for e in said), said


# --- the rest


def test_the_table_shows_the_worst_entries_with_what_the_sentence_gives() -> None:
    (found,) = told(check(sines, V, gradient=lambda x: 2 * np.cos(x)))
    assert found.header == ("entry", "yours", "truth", "explained")
    assert len(found.rows) == 3
    for entry, yours, truth, explained in found.rows:
        x = V[int(entry[2:-1])]
        assert (float(yours), float(truth)) == pytest.approx((2 * np.cos(x), np.cos(x)), rel=1e-5)
        assert yours == explained


def test_a_subject_that_raises_elsewhere_is_not_explained_and_does_not_stop_the_check() -> None:
    def brittle(x: Any) -> Any:
        if abs(x[0] - V[0]) > 1e-9:
            raise RuntimeError("elsewhere")
        return 2 * np.cos(x)

    finding = check(sines, V, gradient=brittle)
    assert finding.verdict.name == "WRONG"
    assert told(finding) == []


def test_an_explanation_takes_less_than_the_budget() -> None:
    def slow(x: Any) -> Any:
        time.sleep(0.05)
        return np.cos(x) + x**2

    begun = time.monotonic()
    finding = check(sines, V, gradient=slow, budget=0.5)
    assert not finding.ok
    assert time.monotonic() - begun < 6
