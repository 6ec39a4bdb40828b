"""Kinks, ties, edges and jumps: what is a subgradient, what certainly is not, and what is a derivative after all."""

from __future__ import annotations

import time

import numpy as np
import pytest

from verify.checker import check
from verify.claim import Claim
from verify.kinks import judge_kinks
from verify.numbers.program import Refused
from verify.numbers.recorded import recorded
from verify.numbers.sides import Beside, beside, support
from verify.question import prepare


def relu(x):
    return np.maximum(x, 0)


def norm(x):
    return np.sqrt(np.sum(x**2))


def positive(x):
    """x where a function of x > 0 is selected, an innocent number elsewhere."""
    return np.where(x > 0, x, 1.0)


def other(x):
    """x where a quotient by x is selected, an innocent number at 0."""
    return np.where(x == 0, 1.0, x)


UNIT = np.random.default_rng(1).standard_normal(10)
UNIT /= np.linalg.norm(UNIT)
ZERO_50 = np.zeros(50)

# name, function, point, answer, verdict
CASES = [
    ("relu", relu, 0.0, 0.0, "SUBGRADIENT"),
    ("relu", relu, 0.0, 0.5, "SUBGRADIENT"),
    ("relu", relu, 0.0, 1.0, "SUBGRADIENT"),
    ("relu", relu, 0.0, 2.0, "NOT_A_SUBGRADIENT"),
    ("relu", relu, 0.0, -1.0, "NOT_A_SUBGRADIENT"),
    ("relu", relu, 0.0, np.nan, "NOT_A_SUBGRADIENT"),
    ("identity as two relus", lambda x: relu(x) - relu(-x), 0.0, 0.0, "WRONG"),
    ("identity as two relus", lambda x: relu(x) - relu(-x), 0.0, 1.0, "CERTIFIED"),
    ("relu(x) - relu(y)", lambda x: relu(x[0]) - relu(x[1]), np.zeros(2), [1.0, -1.0], "SUBGRADIENT"),
    ("|x| x", lambda x: np.abs(x) * x, 0.0, 0.0, "CERTIFIED"),
    ("|x| x", lambda x: np.abs(x) * x, 0.0, 1e-6, "WRONG"),
    ("x**2 sign(x)", lambda x: x**2 * np.sign(x), 0.0, 0.0, "CERTIFIED"),
    ("x**2 sign(x)", lambda x: x**2 * np.sign(x), 0.0, 1e-3, "WRONG"),
    ("sqrt(x**4)", lambda x: np.sqrt(x**4), 0.0, 0.0, "CERTIFIED"),
    ("sqrt(x**4)", lambda x: np.sqrt(x**4), 0.0, np.nan, "WRONG"),
    ("sqrt", np.sqrt, 0.0, np.inf, "CERTIFIED"),
    ("sqrt", np.sqrt, 0.0, 1e300, "WRONG"),
    ("sqrt", np.sqrt, 0.0, -np.inf, "WRONG"),
    ("sqrt of -0", np.sqrt, -0.0, np.inf, "CERTIFIED"),
    ("sqrt of -0", np.sqrt, -0.0, -np.inf, "UNDEFINED"),
    ("sqrt of -0", np.sqrt, -0.0, -1e300, "WRONG"),
    ("sqrt of -0", np.sqrt, -0.0, np.nan, "WRONG"),
    ("cbrt of -0, defined below", np.cbrt, -0.0, -np.inf, "WRONG"),
    ("cbrt", np.cbrt, 0.0, np.inf, "CERTIFIED"),
    ("cbrt", np.cbrt, 0.0, -np.inf, "WRONG"),
    ("x**1.5", lambda x: x**1.5, 0.0, 0.0, "CERTIFIED"),
    ("x**1.5", lambda x: x**1.5, 0.0, np.nan, "WRONG"),
    ("x**2.2, no series", lambda x: x**2.2, 0.0, 0.0, "CERTIFIED"),
    ("x**2.2, no series", lambda x: x**2.2, 0.0, 1e-9, "WRONG"),
    ("floor at a step", np.floor, 1.0, 0.0, "UNDEFINED"),
    ("floor off its steps", np.floor, 1.5, 0.0, "CERTIFIED"),
    ("floor off its steps", np.floor, 1.5, 1e-9, "WRONG"),
    ("sinc", np.sinc, 0.0, 0.0, "CERTIFIED"),
    ("sinc", np.sinc, 0.0, 0.1, "WRONG"),
    ("sin(x)/x", lambda x: np.where(x == 0, 1.0, np.sin(x) / other(x)), 0.0, 0.0, "CERTIFIED"),
    ("sin(x)/x", lambda x: np.where(x == 0, 1.0, np.sin(x) / other(x)), 0.0, 0.1, "WRONG"),
    ("sin(x)/x, 0/0 not selected", lambda x: np.where(abs(x) > 0, np.sin(x) / x, 1.0), 0.0, 0.0, "CERTIFIED"),
    ("sin(x)/x, 0/0 not selected", lambda x: np.where(abs(x) > 0, np.sin(x) / x, 1.0), 0.0, np.nan, "WRONG"),
    ("(1 - cos x)/x**2", lambda x: np.where(x == 0, 0.5, (1 - np.cos(x)) / other(x) ** 2), 0.0, 0.0, "CERTIFIED"),
    ("(1 - cos x)/x**2", lambda x: np.where(x == 0, 0.5, (1 - np.cos(x)) / other(x) ** 2), 0.0, 1e-9, "WRONG"),
    ("expm1(x)/x", lambda x: np.where(x == 0, 1.0, np.expm1(x) / other(x)), 0.0, 0.5, "CERTIFIED"),
    ("expm1(x)/x", lambda x: np.where(x == 0, 1.0, np.expm1(x) / other(x)), 0.0, 0.0, "WRONG"),
    ("expm1(x)/x, another value at 0", lambda x: np.where(x == 0, 2.0, np.expm1(x) / other(x)), 0.0, 0.5, "UNDEFINED"),
    ("log1p(x)/x", lambda x: np.where(x == 0, 1.0, np.log1p(x) / other(x)), 0.0, -0.5, "CERTIFIED"),
    ("x/|x| x", lambda x: np.where(x == 0, 0.0, x / abs(other(x)) * x), 0.0, 0.25, "SUBGRADIENT"),
    ("x/|x| x x", lambda x: np.where(x == 0, 0.0, x / abs(other(x)) * x * x), 0.0, 0.0, "CERTIFIED"),
    ("x log(x)", lambda x: np.where(x > 0, x * np.log(positive(x)), 0.0), 0.0, 0.0, "INCONCLUSIVE"),
    ("entropy of two", lambda x: np.sum(np.where(x > 0, x * np.log(positive(x)), 0.0)), np.zeros(2), [0.0, 0.0],
     "INCONCLUSIVE"),
    ("exp(-1/x)", lambda x: np.where(x > 0, np.exp(-1 / positive(x)), 0.0), 0.0, 0.0,
     "CERTIFIED"),
    ("exp(-1/x)", lambda x: np.where(x > 0, np.exp(-1 / positive(x)), 0.0), 0.0, 0.1, "WRONG"),
    ("exp(1/x)", lambda x: np.where(x > 0, np.exp(1 / positive(x)), 0.0), 0.0, 0.0,
     "INCONCLUSIVE"),
    ("x sin(1/x)", lambda x: np.where(x == 0, 0.0, x * np.sin(1 / other(x))), 0.0, 0.0, "INCONCLUSIVE"),
    ("x arctan(1/x)", lambda x: np.where(x == 0, 0.0, x * np.arctan(1 / other(x))), 0.0, -1.5, "SUBGRADIENT"),
    ("x arctan(1/x)", lambda x: np.where(x == 0, 0.0, x * np.arctan(1 / other(x))), 0.0, 1.6, "NOT_A_SUBGRADIENT"),
    ("arcsin at 1", np.arcsin, 1.0, np.inf, "CERTIFIED"),
    ("norm of 10", norm, np.zeros(10), 0.99 * UNIT, "SUBGRADIENT"),
    ("norm of 10", norm, np.zeros(10), 0 * UNIT, "SUBGRADIENT"),
    ("norm of 10", norm, np.zeros(10), 1.01 * UNIT, "NOT_A_SUBGRADIENT"),
    ("sum of relus", lambda x: np.sum(relu(x)), ZERO_50, ZERO_50, "SUBGRADIENT"),
    ("sum of relus", lambda x: np.sum(relu(x)), ZERO_50, ZERO_50 + 1.01, "NOT_A_SUBGRADIENT"),
    ("tie of 50", np.max, ZERO_50, ZERO_50 + 1 / 50, "SUBGRADIENT"),
    ("tie of 50", np.max, ZERO_50, np.eye(50)[7], "SUBGRADIENT"),
    ("tie of 50", np.max, ZERO_50, ZERO_50, "NOT_A_SUBGRADIENT"),
    ("tie of 50", np.max, ZERO_50, ZERO_50 + 1, "NOT_A_SUBGRADIENT"),
    ("diamond", lambda x: np.abs(x[0] + x[1]) + np.abs(x[0] - x[1]), np.zeros(2), [1.0, 1.0], "SUBGRADIENT"),
    ("diamond", lambda x: np.abs(x[0] + x[1]) + np.abs(x[0] - x[1]), np.zeros(2), [2.0, 2.0], "NOT_A_SUBGRADIENT"),
    ("hypot", lambda x: np.hypot(x[0], x[1]), np.zeros(2), [0.0, 0.0], "SUBGRADIENT"),
    ("hypot", lambda x: np.hypot(x[0], x[1]), np.zeros(2), [1.0, 1.0], "NOT_A_SUBGRADIENT"),
    ("max over a tie of two", np.max, np.array([1.0, 1.0, 0.0]), [0.25, 0.75, 0.0], "SUBGRADIENT"),
    ("max over a tie of two", np.max, np.array([1.0, 1.0, 0.0]), [0.5, 0.25, 0.25], "NOT_A_SUBGRADIENT"),
    ("root at 0 beside others", lambda x: np.sum(np.sqrt(x)), np.array([0.0, 4.0]), [np.inf, 0.25], "CERTIFIED"),
    ("root at 0 beside others", lambda x: np.sum(np.sqrt(x)), np.array([0.0, 4.0]), [0.0, 0.25], "WRONG"),
    ("root at -0 beside others", lambda x: np.sum(np.sqrt(x)), np.array([-0.0, 4.0]), [-np.inf, 0.25], "UNDEFINED"),
    ("root at -0 beside others", lambda x: np.sum(np.sqrt(x)), np.array([-0.0, 4.0]), [-np.inf, 0.3], "WRONG"),
    ("root at -0 beside others", lambda x: np.sum(np.sqrt(x)), np.array([0.0, 4.0]), [-np.inf, 0.25], "WRONG"),
    ("relu(x) - relu(y)", lambda x: relu(x[0]) - relu(x[1]), np.zeros(2), [0.0, 0.0], "SUBGRADIENT"),
    ("relu(x) - relu(y)", lambda x: relu(x[0]) - relu(x[1]), np.zeros(2), [0.0, 0.5], "NOT_A_SUBGRADIENT"),
    ("maximum", lambda x: np.maximum(x[0], x[1]), np.array([2.0, 2.0]), [0.5, 0.5], "SUBGRADIENT"),
    ("maximum", lambda x: np.maximum(x[0], x[1]), np.array([2.0, 2.0]), [1.0, 1.0], "NOT_A_SUBGRADIENT"),
    ("where off its edge", lambda x: np.where(x > 0, np.sqrt(x), 0.0), -1.0, 0.0, "CERTIFIED"),
    ("where off its edge", lambda x: np.where(x > 0, np.sqrt(x), 0.0), -1.0, np.nan, "WRONG"),
    ("where off its edge", lambda x: np.where(x > 0, np.sqrt(x), 0.0), -1.0, 1e-300, "WRONG"),
    ("where at its edge", lambda x: np.where(x > 0, x * x, 0.0), 0.0, 0.0, "CERTIFIED"),
    ("where that jumps", lambda x: np.where(x > 0, x + 1, x), 0.0, 1.0, "UNDEFINED"),
]


NAMES = [f"{c[0]}: {c[4]}" for c in CASES]


@pytest.mark.parametrize(("name", "f", "x", "answer", "verdict"), CASES, ids=NAMES)
def test_verdict_at_a_kink(name, f, x, answer, verdict):
    question = prepare(Claim(f, x))
    rows = judge_kinks(question, np.atleast_2d(np.asarray(answer, dtype=float)))
    assert rows[0].verdict.name == verdict, rows[0].reason


@pytest.mark.parametrize(("name", "f", "x", "answer", "verdict"), CASES, ids=NAMES)
def test_check_comes_to_the_same_verdict(name, f, x, answer, verdict):
    finding = check(f, x, gradient=lambda x: np.array(answer)[()])
    assert finding.verdict.name == verdict, finding.explain()


OUTSIDE = [
    (lambda x: np.sum(np.log(x)), [1.0, 2.0, 3.0, -1.0], "log needs x > 0; x[3] = -1"),
    (lambda x: np.sum(np.sqrt(x)), [0.5, -0.25], "sqrt needs x > 0; x[1] = -0.25"),
    (lambda x: np.sum(np.arccosh(x)), [2.0, 0.5], "arccosh needs x > 1; x[1] = 0.5"),
    (lambda x: np.sum(x * np.log(x)), [1.0, 0.0], "log needs x > 0; x[1] = 0"),
    (lambda x: np.sum(1 / x), [0.0, 1.0], "divide needs b != 0; its argument is 1, 0"),
    (lambda x: x[0] ** x[1], [-2.0, 0.5], "power needs a > 0, or a whole exponent"),
]


@pytest.mark.parametrize(("f", "x", "reason"), OUTSIDE, ids=[c[2] for c in OUTSIDE])
def test_outside_the_domain_the_condition_that_failed_is_said(f, x, reason):
    finding = check(f, np.array(x), gradient=lambda x: 0 * x)
    assert finding.verdict.name == "UNDEFINED"
    assert finding.worst_point.reason.startswith(reason)
    assert check(f, np.array([2.0, 2.0, 2.0, 2.0])[: len(x)]).ok


def test_lying_between_the_slopes_of_every_direction_is_not_the_criterion():
    """The mutant of the criterion: it would refuse (0, 0), which is a subgradient."""
    f, answer = (lambda x: relu(x[0]) - relu(x[1])), np.zeros(2)
    program, rows = recorded(prepare(Claim(f, np.zeros(2))))
    along = np.array([1.0, -1.0])
    side = beside(program, rows[0], along, np.zeros(2))
    assert isinstance(side, Beside)
    slope = along @ [g.high for g in side.gradient]
    assert slope > answer @ along  # the slope along (1, -1) is 1, the answer's 0 ...
    assert judge_kinks(prepare(Claim(f, np.zeros(2))), answer[None])[0].verdict.name == "SUBGRADIENT"


def test_support_bounds_every_limiting_gradient_found():
    functions = [norm, lambda x: np.sum(np.abs(x)), np.max, lambda x: relu(x[0]) - 2 * np.abs(x[1] - x[2])]
    rng = np.random.default_rng(0)
    for f in functions:
        program, rows = recorded(prepare(Claim(f, np.zeros(4))))
        for _ in range(10):
            w, d = rng.standard_normal((2, 4))
            side, bounds = beside(program, rows[0], d, rng.standard_normal(4)), support(program, rows[0], w)
            assert isinstance(side, Beside)
            assert bounds is not None
            reached = w @ [g.high for g in side.gradient]
            assert bounds[0] - 1e-12 <= reached <= bounds[1] + 1e-12
            assert not bounds[1] + 1e-12 >= bounds[1] + 1  # a bound moved outwards by 1 would not be this one


def test_a_python_if_on_its_edge_is_not_judged():
    question = prepare(Claim(lambda x: x if x > 0 else 0 * x, 0.0))
    with pytest.raises(Refused, match="edge"):
        judge_kinks(question, np.zeros((1, 1)))


def test_an_argument_that_only_underflows_is_not_called_outside():
    """1 - 1/(1 + exp(-x)) is exp(-x), not 0; no precision tried decides it at 1e6. 1/x at 0 is certainly outside."""
    assert check("1/(1-1/(1+exp(-x)))", at={"x": 1e6}).verdict.name == "INCONCLUSIVE"
    assert check("1/x", at={"x": 0.0}).verdict.name == "UNDEFINED"
    assert check("log(x)", at={"x": -1.0}).verdict.name == "UNDEFINED"


SINC = lambda x: np.sum(np.where(x == 0, 1.0, np.sin(x) / np.where(x == 0, 1.0, x)))  # noqa: E731
EDGE = 1.345
PIECES = lambda r: np.where(np.abs(r) <= EDGE, 0.5 * r * r, EDGE * np.abs(r) - 0.5 * EDGE * EDGE)  # noqa: E731


def test_a_removable_singularity_beside_other_entries_has_the_derivative_it_has() -> None:
    x = np.array([0.0, 1.0])
    right = np.array([0.0, np.cos(1.0) - np.sin(1.0)])
    assert check(SINC, x, gradient=lambda x: right).verdict.name == "CERTIFIED"
    assert check(SINC, x, gradient=lambda x: right + np.array([1e-9, 0.0])).verdict.name == "WRONG"


def test_pieces_that_meet_up_to_the_rounding_of_a_constant_do_not_jump() -> None:
    assert check(PIECES, EDGE, gradient=lambda r: np.clip(r, -EDGE, EDGE)).verdict.name == "CERTIFIED"
    assert check(PIECES, EDGE, gradient=lambda r: 1.001 * r).verdict.name == "WRONG"
    apart = lambda r: PIECES(r) + np.where(np.abs(r) <= EDGE, 0.0, 1e-12)  # noqa: E731
    assert check(apart, EDGE, gradient=lambda r: np.clip(r, -EDGE, EDGE)).verdict.name == "UNDEFINED"


def test_a_value_beside_a_pole_is_a_jump() -> None:
    safe = lambda x: np.where(x == 0, 0.0, 1 / other(x))  # noqa: E731
    for answer in (0.0, -np.inf):
        found = check(safe, 0.0, gradient=lambda x, a=answer: a)
        assert found.verdict.name == "UNDEFINED"
        assert found.worst_point.reason == "f jumps here: 0 at the point, without bound beside it"
    assert check(lambda x: x * x * safe(x), 0.0, gradient=lambda x: 1.0).verdict.name == "CERTIFIED"
    assert check(lambda x: x * x * safe(x), 0.0, gradient=lambda x: 0.0).verdict.name == "WRONG"


def test_the_engine_answers_a_subgradient_of_a_length_at_0() -> None:
    near = np.array([0.0, 1.0]), np.array([0.0, 2.0])
    assert check(np.hypot, 0.0, 0.0).verdict.name == "SUBGRADIENT"
    assert check(np.hypot, *near).verdict.name == "SUBGRADIENT"
    with np.errstate(invalid="ignore"):
        poor = check(np.hypot, *near, vjp=lambda g, y, a, b: (g * a / y, g * b / y))
    assert not poor.ok
    assert check(np.hypot, 3.0, 4.0, order=2).verdict.name == "CERTIFIED"


def test_a_side_on_which_a_step_rests_at_the_edge_of_its_domain_is_a_side() -> None:
    """Below 0 sqrt(maximum(x, 0)) is 0, although sqrt has no slope there: that side has the derivative 0."""
    root, length = lambda x: np.sqrt(relu(x)), lambda x: np.linalg.norm(relu(x))
    angle = lambda x: np.arccos(np.clip(x + 1, -1, 1))  # noqa: E731
    for answer in (0.0, 1.0, np.inf):
        for f in (root, angle, lambda x: np.cbrt(relu(x)), lambda x: relu(x) ** 0.5):
            assert check(f, 0.0, gradient=lambda x, a=answer: a).verdict.name == "UNDEFINED"
        assert check(root, -1.0, gradient=lambda x, a=answer: a).verdict.name == ("WRONG" if answer else "CERTIFIED")
    for x in (0.0, np.zeros(3), np.array([-1.0, 0.0, -2.0])):
        assert check(length, x, gradient=lambda x: np.zeros(np.shape(x))).verdict.name == "SUBGRADIENT"
        assert check(length, x, gradient=lambda x: np.full(np.shape(x), 1.5)).verdict.name == "NOT_A_SUBGRADIENT"
    assert check(np.sqrt, 0.0, gradient=lambda x: np.inf).verdict.name == "CERTIFIED"
    assert check(np.sqrt, 0.0, gradient=lambda x: 0.0).verdict.name == "WRONG"
    assert check(np.arccos, 1.0, gradient=lambda x: 0.0).verdict.name == "WRONG"


def test_slopes_that_are_infinite_with_both_signs_are_not_one_derivative() -> None:
    cusp, angle = lambda x: np.sqrt(np.abs(x)), np.arctan2
    for answer in (0.0, np.inf, -np.inf, np.nan):
        assert check(cusp, 0.0, gradient=lambda x, a=answer: a).verdict.name == "UNDEFINED"
        assert check(angle, 0.0, 0.0, gradient=lambda y, x, a=answer: (a, a)).verdict.name == "UNDEFINED"
        rising = check(np.cbrt, 0.0, gradient=lambda x, a=answer: a).verdict.name
        assert rising == ("CERTIFIED" if answer == np.inf else "WRONG")


def test_the_search_of_a_hull_keeps_to_the_budget() -> None:
    """A mixture of 400 limiting gradients whose weights sum to 1.001."""
    begun = time.monotonic()
    found = check(np.max, np.zeros(400), gradient=lambda x: np.full(400, 1.001 / 400), budget=0.5)
    assert found.verdict.name in ("INCONCLUSIVE", "NOT_A_SUBGRADIENT")
    assert time.monotonic() - begun < 20  # without a budget it takes minutes


def test_a_python_if_on_its_edge_is_inconclusive_however_near_the_differences_are() -> None:
    f = lambda x: x * x if x >= 1 else 2 * x - 1  # noqa: E731
    for g in (2.0, 2.001):
        finding = check(f, 1.0, gradient=lambda x, g=g: g)
        assert finding.verdict.name == "INCONCLUSIVE", finding.explain()
        assert "exactly on its edge" in finding.worst_point.reason
