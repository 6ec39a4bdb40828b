"""Cases that the checkers in use get wrong, one a line: planted mistakes they pass, right gradients they accuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import special

from verify import check, prove
from verify.oracles import enclosure, series

RNG = np.random.default_rng(11)
LONG = RNG.normal(size=300)
VERY_LONG = RNG.normal(size=10_000)
SHORT = np.linspace(-2, 2, 500, dtype=np.float32)


def one_wrong_in_300(x: Any) -> Any:
    g = np.cos(x)
    g[171] *= 1.0001
    return g


def stops_at_500(x: Any) -> Any:
    """A gradient that is right until the output has 500 entries, as a tolerance multiplied by the size lets pass."""
    return np.cos(x) if len(x) < 500 else 0 * x


def one_wrong_in_10_000(x: Any) -> Any:
    g = 2 * x
    g[1234] *= 1.0001
    return g


def right_only_at_0(x: Any) -> Any:
    """The slope of the Taylor polynomial, which a test at 0 alone confirms."""
    return 1 - x * x / 2


def nan_everywhere(x: Any) -> Any:
    return x * np.nan


# (what is planted, f, x, the wrong gradient, the entries it is wrong at, the right gradient)
WRONG: list[tuple[str, Any, Any, Any, set[str], Any]] = [
    ("one wrong element in 300", lambda x: np.sum(np.sin(x)), LONG, one_wrong_in_300, {"x[171]"}, np.cos),
    ("one wrong element in 10^4", lambda x: np.sum(x * x), VERY_LONG, one_wrong_in_10_000, {"x[1234]"},
     lambda x: 2 * x),
    ("right only at 0", np.sin, 0.5, right_only_at_0, {"x"}, np.cos),
    ("no slope in the tail of tanh", lambda x: np.tanh(x), 7.0, lambda x: 0.0, {"x"}, lambda x: 1 / np.cosh(x) ** 2),
    ("a factor 2 on a small function", lambda x: np.sum(1e-6 * np.sin(x)), LONG[:4], lambda x: 2e-6 * np.cos(x),
     {"x[0]", "x[1]", "x[2]", "x[3]"}, lambda x: 1e-6 * np.cos(x)),
    ("a factor 2 on a tiny function", lambda x: 1e-200 * np.sin(x), 0.7, lambda x: 2e-200 * np.cos(x), {"x"},
     lambda x: 1e-200 * np.cos(x)),
    ("0.05 % off", lambda x: np.exp(x), 1.3, lambda x: 1.0005 * np.exp(x), {"x"}, np.exp),
    ("1e-6 off", lambda x: np.exp(x), 1.3, lambda x: (1 + 1e-6) * np.exp(x), {"x"}, np.exp),
    ("1e-13 off", lambda x: x * x, 1.3, lambda x: 2 * x * (1 + 1e-13), {"x"}, lambda x: 2 * x),
    ("zero once there are 500 entries", lambda x: np.sum(np.sin(x)), np.full(500, 0.5), stops_at_500, set(), np.cos),
    ("NaN for NaN", lambda x: np.sum(x * x), LONG[:3], nan_everywhere, {"x[0]", "x[1]", "x[2]"}, lambda x: 2 * x),
    ("a sign", lambda x: np.cos(x), 0.3, np.sin, {"x"}, lambda x: -np.sin(x)),
    ("a missing term", lambda x: x * np.exp(x), 0.3, np.exp, {"x"}, lambda x: (1 + x) * np.exp(x)),
    ("errors that cancel in the sum", lambda x: np.sum(np.sin(x)), LONG[:2],
     lambda x: np.cos(x) + np.array([1e-3, -1e-3]), {"x[0]", "x[1]"}, np.cos),
    ("wrong only where it is small", lambda x: np.sum(x * np.array([1.0, 1e-12])), LONG[:2],
     lambda x: np.array([1.0, 0.0]), {"x[1]"}, lambda x: np.array([1.0, 1e-12])),
    ("transposed", lambda m: np.sum(m @ m), LONG[:9].reshape(3, 3),
     lambda m: (np.ones((3, 3)) @ m.T + m.T @ np.ones((3, 3))).T, set(),
     lambda m: np.ones((3, 3)) @ m.T + m.T @ np.ones((3, 3))),
]  # fmt: skip


@pytest.mark.parametrize(("name", "f", "x", "wrong", "entries", "right"), WRONG, ids=[row[0] for row in WRONG])
def test_a_planted_mistake_is_found_and_its_entries_are_named(
    name: str, f: Any, x: Any, wrong: Any, entries: set[str], right: Any
) -> None:
    finding = check(f, x, gradient=wrong)
    assert finding.verdict.name == "WRONG", finding.explain()
    assert finding.worst_point.failures == (len(entries) or finding.worst_point.failures)
    if entries:
        assert set(finding.worst_point.failing) == entries
    assert check(f, x, gradient=right).verdict.name == "CERTIFIED"


def unsorted(g: Any, y: Any, x: Any) -> Any:
    found = np.zeros_like(g)
    found[np.argsort(x)] = g
    return found


# (what is planted, f, x, the wrong backward, how many entries are wrong, the right backward)
BACKWARD: list[tuple[str, Any, Any, Any, int, Any]] = [
    ("a sort whose backward is the identity", np.sort, LONG[:5], lambda g, y, x: g, 4, unsorted),
    ("a sort of rows, backward of columns", lambda m: np.sort(m, axis=1), LONG[:9].reshape(3, 3),
     lambda g, y, m: np.take_along_axis(g, np.argsort(np.argsort(m, axis=0), axis=0), 0), 0,
     lambda g, y, m: np.take_along_axis(g, np.argsort(np.argsort(m, axis=1), axis=1), 1)),
    ("a zero rule with 500 outputs in float32", np.sin, SHORT, lambda g, y, x: 0 * x, 500,
     lambda g, y, x: g * np.cos(x)),
    ("a rule that counts a repeated entry once", lambda x: x[np.array([0, 0, 2])], LONG[:3],
     lambda g, y, x: np.stack([g[1], 0 * g[0], g[2]]), 1, lambda g, y, x: np.stack([g[0] + g[1], 0 * g[0], g[2]])),
]  # fmt: skip


@pytest.mark.parametrize(("name", "f", "x", "wrong", "failures", "right"), BACKWARD, ids=[row[0] for row in BACKWARD])
def test_a_planted_mistake_in_a_backward_pass_is_found(
    name: str, f: Any, x: Any, wrong: Any, failures: int, right: Any
) -> None:
    finding = check(f, x, vjp=wrong)
    assert finding.verdict.name == "WRONG", finding.explain()
    assert finding.worst_point.failures >= (failures or 1)
    assert check(f, x, vjp=right).verdict.name == "CERTIFIED"


def test_what_is_right_at_0_alone_passes_there_and_is_refuted_by_a_proof() -> None:
    assert check(np.sin, 0.0, gradient=right_only_at_0).ok
    refuted = prove(np.sin, 0.0, gradient=right_only_at_0)
    assert refuted.verdict.name == "WRONG"
    assert refuted.worst_point.at["x"] != 0
    assert prove(np.sin, 0.0, gradient=np.cos).verdict.name == "PROVED"


def test_a_forward_rule_that_returns_zero_for_long_outputs_is_found() -> None:
    forward = lambda t, x: t * np.cos(x) if len(x) < 500 else 0 * x  # noqa: E731
    wrong = check(np.sin, SHORT, jvp=forward, oracles=(enclosure, series))
    assert wrong.verdict.name == "WRONG", wrong.explain()
    assert check(np.sin, SHORT[:499], jvp=forward, oracles=(enclosure, series)).ok


def test_an_error_that_positive_cotangents_cannot_see_is_found() -> None:
    """The rows of the wrong Jacobian have the right sum: a probe with ones sees nothing."""
    x = np.array([1.0, 2.0, 3.0])
    finding = check(lambda x: x * x, x, jacobian=lambda x: np.diag(2 * x)[::-1])
    assert finding.verdict.name == "WRONG"
    swapped = check(lambda x: x * x, x, vjp=lambda g, y, x: 2 * x * np.mean(g))
    assert swapped.verdict.name == "WRONG"


# right gradients that finite differences with a guessed step and tolerance accuse
ACCUSED: list[tuple[str, Any, Any, Any, Any]] = [  # and a wrong one at the same place
    ("log at 1e-5", lambda x: np.log(x), 1e-5, lambda x: 1 / x, lambda x: 1 / x + 1),
    ("sqrt at 1e-8", lambda x: np.sqrt(x), 1e-8, lambda x: 0.5 / np.sqrt(x), lambda x: 0.5 / np.sqrt(x) + 1e-6),
    ("x = 1e9", lambda x: np.sin(x / 1e9) * 1e9, 1e9, lambda x: np.cos(x / 1e9), lambda x: np.cos(x / 1e9) + 1e-9),
    ("1e9 + sin", lambda x: 1e9 + np.sin(x), 0.5, np.cos, lambda x: np.cos(x) * (1 + 1e-9)),
    ("1e300 + sin", lambda x: 1e300 + np.sin(x), 0.5, np.cos, lambda x: np.cos(x) * (1 + 1e-9)),
    ("sin(1e4 x)", lambda x: np.sin(1e4 * x), 0.7, lambda x: 1e4 * np.cos(1e4 * x), lambda x: 1e4 * np.cos(x)),
    ("1/x at 1e-150", lambda x: 1 / x, 1e-150, lambda x: -1 / x**2, lambda x: -1.001 / x**2),
    ("exp at -700", lambda x: np.exp(x), -700.0, np.exp, lambda x: 0.0),
    ("subnormal", lambda x: x * x, 1e-310, lambda x: 2 * x, lambda x: 0.0),
    ("a pole nearby", lambda x: 1 / (x - 1), 1 + 1e-9, lambda x: -1 / (x - 1) ** 2, lambda x: -1 / (x - 1.0001) ** 2),
    ("a kink nearby", lambda x: abs(x), 1e-12, lambda x: 1.0, lambda x: 0.0),
    ("large entries beside small ones", lambda x: np.sum(x**2), np.array([1e200, 1e-200]) * 0.5,
     lambda x: 2 * x, lambda x: 2 * x + np.array([0, 1e-180])),
    ("tanh in its tail", lambda x: np.tanh(x), 15.0, lambda x: 1 / np.cosh(x) ** 2, lambda x: 2 / np.cosh(x) ** 2),
    ("float32 lgamma at 30", special.gammaln, np.float32(30), special.digamma, np.log),
    ("softplus", lambda x: np.log1p(np.exp(x)), -30.0, lambda x: 1 / (1 + np.exp(-x)), lambda x: 1 / (1 + np.exp(x))),
]  # fmt: skip


@pytest.mark.parametrize(("name", "f", "x", "right", "wrong"), ACCUSED, ids=[row[0] for row in ACCUSED])
def test_a_right_gradient_that_others_accuse_passes(name: str, f: Any, x: Any, right: Any, wrong: Any) -> None:
    finding = check(f, x, gradient=right)
    assert finding.verdict.name == "CERTIFIED", finding.explain()
    assert check(f, x, gradient=wrong).verdict.name == "WRONG"


def test_float32_kernels_are_judged_in_float32() -> None:
    x = np.linspace(-3, 3, 40, dtype=np.float32)

    def gelu(x: Any) -> Any:
        return np.sum(x / (1 + np.exp(-1.702 * x)))

    def right(x: Any) -> Any:
        s = 1 / (1 + np.exp(np.float32(-1.702) * x))
        return s + np.float32(1.702) * x * s * (1 - s)

    finding = check(gelu, x, gradient=right)
    assert finding.verdict.name == "CERTIFIED", finding.explain()
    for mistake in (lambda x: right(x) * np.float32(1.001), lambda x: right(x) * 0, lambda x: right(x) + 1e-3):
        assert check(gelu, x, gradient=mistake).verdict.name == "WRONG"
