"""HIPS autograd: primitives with rules of a user's own, and functions over autograd.numpy."""

import numpy as np
import pytest

import verify
from verify.checker import check_claim
from verify.claim import changed

autograd = pytest.importorskip("autograd")
import autograd.numpy as anp  # noqa: E402
from autograd.extend import defjvp, defvjp, primitive  # noqa: E402

X = np.array([0.5, -1.5, 2.25])


def ruled(forward, *rules, push=()):
    """A primitive with one rule ``(ans, *xs) -> g -> cotangent`` for each argument."""
    op = primitive(forward)
    defvjp(op, *rules)
    if push:
        defjvp(op, *push)
    return op


def square(factor, push=()):
    return ruled(lambda x: x * x, lambda ans, x: lambda g: factor * x * g, push=push)


def log_sum_exp(factor):
    def forward(x):
        m = np.max(x)
        return m + np.log(np.sum(np.exp(x - m)))

    return ruled(forward, lambda ans, x: lambda g: factor * g * np.exp(x - ans))


def times(factor):
    return ruled(lambda x, y: x * y, lambda ans, x, y: lambda g: factor * g * y, lambda ans, x, y: lambda g: g * x)


# An op by a factor that is 1 where it is right, its arguments, and what else the claim says.
OPS = {
    "a primitive": (lambda c: square(2 * c), (X,), {}),
    "a primitive of several numbers": (log_sum_exp, (X,), {}),
    "two arguments": (times, (X, X + 1), {}),
    "a number": (lambda c: square(2 * c), (1.5,), {}),
    "float32": (lambda c: square(2 * c), (X.astype(np.float32),), {}),
    "inside a function": (
        lambda c: lambda x, y: anp.sum(anp.tanh(square(2 * c)(x)) * y),
        (X, 2.0),
        {"engine": "autograd"},
    ),
    "a dict": (lambda c: lambda p: square(2 * c)(p["w"]) * p["b"], ({"w": X, "b": 2.0},), {"engine": "autograd"}),
    "several results": (lambda c: lambda x: (square(2 * c)(x), anp.sin(x)), (X,), {"engine": "autograd"}),
    "an integer argument": (lambda c: lambda x, n: square(2 * c)(x) * n, (X, 3), {"engine": "autograd"}),
    "a reference": (lambda c: square(2 * c), (X,), {"reference": np.square}),
}


@pytest.mark.parametrize("name", OPS)
def test_a_right_rule_is_certified_and_a_wrong_one_is_wrong(name):
    make, xs, options = OPS[name]
    factors = (1.0, 1.5 if name == "float32" else 1.0000001)
    right, wrong = (verify.check(make(factor), *xs, **options) for factor in factors)
    assert right.verdict.name == "CERTIFIED", right.explain()
    assert wrong.verdict.name == "WRONG", wrong.explain()


def test_functions_over_autograd_numpy_are_those_that_numpy_computes():
    for f, xs in (
        (lambda x: x[1:] * x[0], (X,)),
        (lambda a, b: anp.dot(a, b), (np.outer(X, X[:2]), X[:2])),
        (lambda x: anp.linalg.norm(x), (X,)),
        (lambda x: anp.where(x > 0, x, anp.exp(x)), (X,)),
        (lambda z: anp.abs(z) ** 2, (X[:1] + 1j,)),
    ):
        finding = verify.check(f, *xs, engine="autograd")
        assert finding.verdict.name == "CERTIFIED", finding.explain()


def test_rules_run_over_exact_numbers_so_that_rounding_is_told_from_a_wrong_formula():
    rounded = ruled(lambda x: 1 - np.cos(x), lambda ans, x: lambda g: g * ((1 + x) - 1) * np.sin(x) / x)
    finding = verify.check(rounded, 1e-9)
    assert finding.verdict.name == "INACCURATE"
    assert "formula is right" in finding.explain()
    finding = verify.check(ruled(lambda x: 1 - np.cos(x), lambda ans, x: lambda g: g * np.sin(x) * 1.0000001), 1.0)
    assert finding.verdict.name == "WRONG"
    assert "evaluated exactly" in finding.explain()


def test_types_of_exact_numbers_are_none_of_autograds_afterwards():
    from autograd.tracer import Box

    before = dict(Box.type_mappings)
    verify.check(square(2.0), X)
    assert Box.type_mappings == before


def test_numpy_functions_are_not_taken_for_autograds():
    assert verify.Claim(np.sin, 1.0).foreign is None
    assert verify.Claim(anp.sin, 1.0).foreign.framework.name == "autograd"


@pytest.mark.parametrize(("factor", "ok"), [(2.0, True), (3.0, False)])
def test_forward_mode_is_judged_where_it_is_defined(factor, ok):
    op = square(2.0, push=(lambda t, ans, x: factor * x * t,))
    finding = verify.check(op, X)
    assert finding.ok is ok, finding.explain()
    if not ok:
        assert "clause forward and reverse" in finding.worst_point.reason
        assert "by forward mode the derivative by" in finding.worst_point.reason
    claim = verify.Claim(op, X)
    assert check_claim(changed(claim, judged="jvp", subject=claim.foreign.push)).ok is ok


def test_second_derivatives_are_autograds_own_and_a_rule_in_plain_numpy_says_that_it_has_none():
    op = ruled(lambda x: x**3, lambda ans, x: lambda g: 3 * x * x * g)
    assert verify.check(op, X, order=2).verdict.name == "CERTIFIED"
    lost = ruled(lambda x: x**3, lambda ans, x: lambda g: 3 * autograd.tracer.getval(x) ** 2 * g)
    assert verify.check(lost, X, order=2).verdict.name == "WRONG"
    finding = verify.check(lost, X)
    assert finding.verdict.name == "BROKEN_CONTRACT"
    assert "clause second order" in finding.explain()


def test_a_cotangent_of_another_shape_breaks_the_contract():
    finding = verify.check(ruled(lambda x: x * x, lambda ans, x: lambda g: np.sum(2 * x * g)), X)
    assert finding.verdict.name == "BROKEN_CONTRACT"
    assert "has shape ()" in finding.explain()


def test_a_rule_that_writes_into_its_argument_breaks_the_contract():
    def rule(ans, x):
        def pull(g):
            found = 2 * x * g
            x[0] = 0.0
            return found

        return pull

    finding = verify.check(ruled(lambda x: x * x, rule), X)
    assert not finding.ok
    assert "untouched" in finding.explain()
