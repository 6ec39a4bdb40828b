"""Branches within rounding: either side's gradient is right, and nothing else is.

Facts
    a*b with a = 1 + e and b = 1 - e is 1 - e**2; for e = 2**-13 float32 rounds that to 1, for e = 2**-30 float64 does.
    So a*b - 1 is just below 0, and code in that precision sees exactly 0.
"""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from verify import Claim, Finding, check, rounding
from verify.numbers.gradient import gradient
from verify.numbers.program import Program, Refused
from verify.numbers.recorded import recorded
from verify.numbers.taken import taken
from verify.numbers.ties import Rounding, Tie, retaken, ties
from verify.numbers.undecided import highest
from verify.oracles import symbolic
from verify.question import prepare

F32 = np.float32
JUST_BELOW = {np.float32: 2.0**-13, np.float64: 2.0**-30}
ONLY = (symbolic,)  # the other witnesses take time and say the same


def beside(dtype: Any = F32, e: float | None = None) -> np.ndarray:
    e = JUST_BELOW[dtype] if e is None else e
    return np.array([1 + e, 1 - e], dtype)


def notes(finding: Finding) -> str:
    return " ".join(finding.worst_point.notes)


# --- one decision: a function of t = a*b - 1 with two slopes

# name, function of t, slope below 0, slope above
CHOICES: list[tuple[str, Any, float, float]] = [
    ("maximum", lambda t: np.maximum(t, 0), 0.0, 1.0),
    ("maximum, the other way round", lambda t: np.maximum(0.0, 2 * t), 0.0, 2.0),
    ("minimum", lambda t: np.minimum(3 * t, t), 3.0, 1.0),
    ("fmax", lambda t: np.fmax(t, -t), -1.0, 1.0),
    ("absolute", np.abs, -1.0, 1.0),
    ("where", lambda t: np.where(t > 0, t, 0.25 * t), 0.25, 1.0),
    ("where, turned", lambda t: np.where(t <= 0, t, 4 * t), 1.0, 4.0),
    ("a mask", lambda t: t * (t > 0), 0.0, 1.0),
    ("conditions joined", lambda t: np.where((t >= 0) & (t < 5), t, -t), -1.0, 1.0),
    ("a condition turned", lambda t: np.where(~(t < 0), t, 3 * t), 3.0, 1.0),
    ("sign", lambda t: t * np.sign(t), -1.0, 1.0),
    ("copysign", lambda t: np.copysign(t, 1.0), -1.0, 1.0),
    ("clip", lambda t: np.clip(1 + t, 0, 1), 1.0, 0.0),
    ("max of entries", lambda t: np.max(np.stack([t, 0 * t, t - 1])), 0.0, 1.0),
    ("two uses, one decision", lambda t: np.maximum(t, 0) + t * (t > 0), 0.0, 2.0),
]


def judged(choice: Any, x: np.ndarray, slope: float) -> Finding:
    def f(x: Any) -> Any:
        return choice(x[0] * x[1] - 1)

    return check(f, x, gradient=lambda x: x.dtype.type(slope) * x[::-1], oracles=ONLY)


@pytest.mark.parametrize("dtype", JUST_BELOW)
@pytest.mark.parametrize(("name", "choice", "below", "above"), CHOICES)
def test_either_side_is_right_within_rounding(name: str, choice: Any, below: float, above: float, dtype: Any) -> None:
    x = beside(dtype)
    assert float(x[0]) * float(x[1]) < 1 or dtype is np.float64
    assert judged(choice, x, below).verdict.name == "CERTIFIED"
    other = judged(choice, x, above)
    assert other.verdict.name == "CERTIFIED"
    assert "from its edge, allowed" in notes(other)
    assert "judged on the other branch" in other.explain()
    for wrong in (above + (above - below), below - (above - below), above * 1.001 + (above == 0) * 1e-3 * below):
        outside = not min(below, above) <= wrong <= max(below, above)
        expected = "WRONG" if outside else "INCONCLUSIVE"
        assert judged(choice, x, wrong).verdict.name == expected, wrong


@pytest.mark.parametrize(("name", "choice", "below", "above"), CHOICES)
def test_farther_from_the_edge_the_other_side_is_wrong(name: str, choice: Any, below: float, above: float) -> None:
    x = beside(F32, 2.0**-7)
    assert judged(choice, x, below).verdict.name == "CERTIFIED"
    assert judged(choice, x, above).verdict.name in ("WRONG", "INACCURATE")


def test_a_kink_of_this_precision_may_be_shared_in_halves_but_not_counted_twice() -> None:
    def f(x: Any) -> Any:  # pooling: the entries x[0]*x[1] < x[2]*x[3] are equal in float32
        return np.max(np.stack([x[0] * x[1], x[2] * x[3]]))

    x = np.concatenate([beside(), np.ones(2, F32)])
    assert x[0] * x[1] == x[2] * x[3]
    first = np.array([x[1], x[0], 0, 0], F32)
    second = np.array([0, 0, 1, 1], F32)
    for answer, verdict in [
        (second, "CERTIFIED"), (first, "CERTIFIED"), ((first + second) / 2, "SUBGRADIENT"),
        (first + second, "WRONG"), (0 * first, "WRONG"), (-first, "WRONG"),
    ]:  # fmt: skip
        assert check(f, x, gradient=lambda x, answer=answer: answer, oracles=ONLY).verdict.name == verdict, answer


# --- networks


def network(x: Any, b: Any, W: Any, V: Any) -> Any:
    return np.sum(V * np.maximum(np.matmul(W, x) + b, 0) )


def backward(x: Any, b: Any, W: Any, V: Any) -> Any:
    """By hand, in float32, the sums in the other order."""
    total = np.zeros_like(b)
    for k in reversed(range(len(x))):
        total = total + W[:, k] * x[k]
    hidden = V * (total + b > 0)
    return np.matmul(np.transpose(W), hidden), hidden


def drawn(seed: int, width: int, planted: int) -> tuple[np.ndarray, ...]:
    """A layer whose first units have pre-activations within 1e-7 of 0."""
    rng = np.random.default_rng(seed)
    W, x, V = (rng.standard_normal(shape).astype(F32) for shape in ((width, 4), 4, width))
    b = rng.standard_normal(width).astype(F32)
    b[:planted] = -(W[:planted].astype(float) @ x.astype(float))
    b[:planted] += np.spacing(b[:planted]) * (np.arange(planted) % 3 == 0)
    return x, b, W, V


TWINS: dict[str, Any] = {
    "a factor": lambda gx, gb: (F32(1.001) * gx, F32(1.001) * gb),
    "a factor on the input alone": lambda gx, gb: (F32(1.001) * gx, gb),
    "a sign": lambda gx, gb: (-gx, gb),
    "a missing term": lambda gx, gb: (gx, gb * (np.arange(len(gb)) != np.flatnonzero(gb)[-1])),
    "one element": lambda gx, gb: (gx * np.where(np.arange(4) == 2, F32(1.001), F32(1)), gb),
}


def asked(point: tuple[np.ndarray, ...], twin: Any = None) -> Finding:
    x, b, W, V = point

    def by_hand(x: Any, b: Any) -> Any:
        gx, gb = backward(x, b, W, V)
        return (gx, gb) if twin is None else twin(gx, gb)

    return check(lambda x, b: network(x, b, W, V), x, b, gradient=by_hand, oracles=ONLY)


def test_a_wide_network_in_float32_is_right_for_every_seed() -> None:
    found = [asked(drawn(seed, 512, 4)) for seed in range(3)]
    assert [finding.verdict.name for finding in found] == ["CERTIFIED"] * 3
    assert any("judged on the other branch" in notes(finding) for finding in found)  # else nothing was tested


@pytest.mark.parametrize("name", TWINS)
def test_a_wrong_gradient_is_wrong_beside_near_ties(name: str) -> None:
    for seed in range(2):
        finding = asked(drawn(seed, 40, 14), TWINS[name])
        assert finding.verdict.name == "WRONG", (seed, finding.worst_point.reason)


def test_any_pattern_of_a_dozen_ties_is_found() -> None:
    x, b, W, V = drawn(5, 40, 16)
    rng = np.random.default_rng(0)
    _, _, near = near_ties(lambda x, b: network(x, b, W, V), x, b)
    assert len(near) >= 12
    on = W.astype(float) @ x.astype(float) + b > 0
    for _ in range(4):
        pattern = np.concatenate([rng.random(16) < 0.5, on[16:]])
        answer = (np.where(pattern, V, 0) @ W).astype(F32), np.where(pattern, V, F32(0))
        finding = check(lambda x, b: network(x, b, W, V), x, b, gradient=lambda x, b, a=answer: a, oracles=ONLY)
        assert finding.verdict.name == "CERTIFIED", finding.worst_point.reason


def test_ties_in_two_layers_are_found_together() -> None:
    rng = np.random.default_rng(0)
    x, A, B, V = (rng.standard_normal(shape).astype(F32) for shape in (5, (24, 5), (24, 24), 24))
    a, b = (rng.standard_normal(24).astype(F32) for _ in range(2))
    a[:6] = -(A[:6].astype(float) @ x)
    b[:6] = -(B[:6].astype(float) @ np.maximum(A.astype(float) @ x + a, 0))

    def f(x: Any, a: Any, b: Any) -> Any:
        hidden = np.maximum(np.matmul(A, x) + a, 0)
        return np.sum(V * np.maximum(np.matmul(B, hidden) + b, 0))

    lower = A.astype(float) @ x + a
    upper = B.astype(float) @ np.maximum(lower, 0) + b
    for seed in (0, 1):
        turned = np.random.default_rng(seed).random((2, 24)) < 0.5
        turned[:, 6:] = False
        gb = V * ((upper > 0) != turned[0])
        ga = (B.T.astype(float) @ gb) * ((lower > 0) != turned[1])
        answer = (A.T.astype(float) @ ga).astype(F32), ga.astype(F32), gb
        finding = check(f, x, a, b, gradient=lambda x, a, b, answer=answer: answer, oracles=ONLY)
        assert finding.verdict.name == "CERTIFIED", finding.worst_point.reason
        wrong = F32(1.001) * answer[0], *answer[1:]
        assert not check(f, x, a, b, gradient=lambda x, a, b, wrong=wrong: wrong, oracles=ONLY).ok


def test_the_stated_value_may_be_of_either_side() -> None:
    x, b, W, V = drawn(1, 40, 6)

    def both(x: Any, b: Any) -> Any:
        return network(x, b, W, V), backward(x, b, W, V)

    assert check(lambda x, b: network(x, b, W, V), x, b, value_and_gradient=both).verdict.name == "CERTIFIED"


# --- mutants of the method


def near_ties(f: Any, *xs: Any) -> tuple[Program, Any, list[Tie]]:
    question = prepare(Claim(f, *xs))
    program, rows = recorded(question)
    return program, rows, ties(program, [t.index for row in rows for t, _ in row], rounding.rounding_of(question))


def test_a_slope_of_zero_at_a_kink_of_this_precision_is_a_mixture() -> None:
    finding = check(lambda x: np.abs(x[0] * x[1] - 1), beside())  # in float32 the engine meets |0| and answers 0
    assert finding.verdict.name == "SUBGRADIENT"
    assert "a mixture of both branches" in finding.worst_point.reason


def test_an_allowance_of_zero_accuses(monkeypatch: pytest.MonkeyPatch) -> None:
    assert judged(np.abs, beside(), 1.0).ok
    monkeypatch.setattr(rounding, "rounding_of", lambda question: Rounding(0.0, 0.0, 16.0, 0))
    assert judged(np.abs, beside(), 1.0).verdict.name in ("WRONG", "INACCURATE")


def test_the_decision_itself_must_be_turned(monkeypatch: pytest.MonkeyPatch) -> None:
    x, b, W, V = drawn(5, 12, 4)
    _, _, near = near_ties(lambda x, b: network(x, b, W, V), x, b)
    on = W.astype(float) @ x.astype(float) + b > 0
    on[0] = ~on[0]
    answer = (np.where(on, V, 0) @ W).astype(F32), np.where(on, V, F32(0))

    def found() -> Finding:
        return check(lambda x, b: network(x, b, W, V), x, b, gradient=lambda x, b: answer, oracles=ONLY)

    assert found().verdict.name == "CERTIFIED"
    assert "maximum 1 of 12" in notes(found())
    own = min(near, key=lambda tie: tie.steps)  # of the first unit

    def others(program: Program, shares: dict[Tie, Fraction]) -> Program:
        return retaken(program, {tie: share for tie, share in shares.items() if tie.steps != own.steps})

    monkeypatch.setattr(rounding, "retaken", others)
    assert not found().ok


# --- the bound


def two_layers(x: Any) -> Any:
    rng = np.random.default_rng(3)
    A, B = rng.standard_normal((4, 2)), rng.standard_normal((3, 4))
    pre = np.matmul(A, x)
    hidden = np.maximum(pre, 0.1 * pre)
    return np.sum(np.abs(np.matmul(B, hidden)) * np.array([1.0, -2.0, 0.5]))


def selected(x: Any, positive: Any) -> Any:
    return np.sum(np.where(positive, x, -x) + x * positive)  # one condition, used in both ways


# Functions, and whether no decision rests on another and each is used once: then the bound is attained.
BOUNDED: list[tuple[Any, bool]] = [
    (lambda x: np.sum(np.abs(x)) - np.max(x), True),
    (lambda x: selected(x, x > 0), False),
    (lambda x: np.sum(np.maximum(x, 0) + x * (x > 0)), False),
    (lambda x: np.sum(np.minimum(0, x) - np.where(x < 0, x, 2 * x)), False),
    (lambda x: np.sum(np.abs(x) * np.maximum(2 * x, x)), False),
    (two_layers, False),
]


def test_the_bound_holds_over_all_patterns_and_is_attained_with_one_layer() -> None:
    rng = np.random.default_rng(0)
    for f, attained in BOUNDED:
        x = rng.uniform(-1, 1, 2)
        program, rows, near = near_ties(f, x.astype(F32))
        everything = Rounding(1.0, 1.0, 16.0, 0)
        near = ties(program, [t.index for t, _ in rows[0]], everything)
        assert 2 <= len(near) <= 8
        vertices = []
        for pattern in itertools.product((0, 1), repeat=len(near)):
            turned = retaken(program, dict(zip(near, map(Fraction, pattern), strict=True)))
            vertices.append([p.high for p in gradient(turned, rows)[0]])
        directions = list(rng.standard_normal((6, 2)))
        bounds = highest(program, rows[0], near, directions)
        none = highest(program, rows[0], [], directions)
        reached = [max(np.asarray(v) @ d for v in vertices) for d in directions]
        assert all(bound >= top - 1e-9 for bound, top in zip(bounds, reached, strict=True))
        assert any(bound < top - 1e-9 for bound, top in zip(none, reached, strict=True))  # the mutant: all decided
        if attained:
            assert np.allclose(bounds, reached)


# --- Python's own decisions


def test_a_python_branch_is_told_with_its_distance() -> None:
    table: list[tuple[Any, Any, str]] = [
        (lambda x: x * 2 if x > 0 else -x, 0.5, "branch: x > 0 is taken at x = 0.5, 0.5 from its edge"),
        (lambda x: x * 2 if x > 0 else -x, -0.25, "branch: x > 0 is not taken at x = -0.25, 0.25 from its edge"),
        (lambda x: x * 2 if x > 0 and x < 3 else x, 2.0, "branch: x < 3 is taken at x = 2, 1 from its edge"),
        (lambda x: x if np.logical_or(x < 1, x > 4) else 2 * x, 3.5,
         "branch: (x < 1) or (x > 4) is not taken at x = 3.5, 0.5 from its edge"),
        (lambda x: np.sum(x[x > 0] ** 2), np.array([1.0, -0.5]),
         "branch: x[1] > 0 is not taken at x[1] = -0.5, 0.5 from its edge"),
        (lambda x: x[0] if (x > 0).all() else x[1], np.array([2.0, 0.5]), "branch: x[1] > 0 is taken at x[1] = 0.5"),
        (lambda x: max(x[0], x[1]) ** 2, np.array([1.0, 3.0]), "branch: x[1] > x[0] is taken at x[0] = 1, x[1] = 3, 2"),
        (lambda x: sorted(x)[0] ** 2, np.array([1.0, 3.0]), "branch: x[1] < x[0] is not taken"),
    ]  # fmt: skip
    for f, x, text in table:
        finding = check(f, x)
        assert finding.ok
        assert text in notes(finding)
        assert text in finding.explain()
        assert text in str(finding.to_json()["points"])
    assert "branch" not in notes(check(lambda x: np.where(x > 0, x, -x), 0.5))  # a selection has both sides


def test_many_branches_are_summarised() -> None:
    def halved(x: Any) -> Any:
        while abs(x) > 1e-3:
            x = x / 2
        return x

    finding = check(halved, 100.0)
    assert finding.ok
    assert len(finding.worst_point.notes) == 5
    assert finding.worst_point.notes[-1] == "branch: 14 more decisions, each farther from its edge"


def test_near_its_edge_a_python_branch_is_not_accused() -> None:
    def f(x: Any) -> Any:
        t = x[0] * x[1] - 1
        return 3 * t if t >= 0 else -t

    for slope, verdict in ((-1.0, "CERTIFIED"), (3.0, "INCONCLUSIVE"), (7.0, "INCONCLUSIVE")):
        finding = check(f, beside(), gradient=lambda x, s=slope: F32(s) * x[::-1])
        assert finding.verdict.name == verdict
        assert "within rounding" in notes(finding)
    assert "x[0]*x[1] - 1 >= 0 is 1.5e-08 from its edge" in finding.worst_point.reason
    for slope in (3.0, 7.0):  # the mutant: farther away both are wrong
        assert check(f, beside(F32, 2.0**-7), gradient=lambda x, s=slope: F32(s) * x[::-1]).verdict.name == "WRONG"


def test_exactly_on_its_edge_the_condition_is_named() -> None:
    finding = check(lambda x: x * 2 if x > 1 else x, 1.0)
    assert finding.verdict.name == "INCONCLUSIVE"
    assert "the decision x > 1 of f" in finding.worst_point.reason


def test_a_condition_joined_of_several_knows_which_comparison_decides() -> None:
    def distances(f: Any, x: float) -> list[float]:
        return [branch.distance for branch in taken(recorded(prepare(Claim(f, x)))[0])]

    assert distances(lambda x: x if np.logical_and(x > 0, x > 3) else 2 * x, 1.0) == [2.0]
    assert distances(lambda x: x if np.logical_and(x > 2, x > 3) else 2 * x, 1.0) == [np.inf]
    with pytest.raises(Refused):
        distances(lambda x: x if x > 1 else 2 * x, 1.0)


def test_a_tie_that_cancels_excuses_nothing() -> None:
    """The shift of a softmax may be either of two entries that are equal within rounding: no gradient depends on it."""
    x = np.array([1.0, np.nextafter(np.float32(1), np.float32(2)), -0.5], np.float32)

    def softmax(x: Any) -> Any:
        e = np.exp(x - np.max(x))
        return e / np.sum(e)

    def right(g: Any, y: Any, x: Any) -> Any:
        s = softmax(x)
        return s * (g - np.sum(g * s))

    assert check(softmax, x, vjp=right).verdict.name == "CERTIFIED"
    for mistake in (lambda d: 2 * d, lambda d: d * np.float32(1.001), lambda d: -d):
        wrong = check(softmax, x, vjp=lambda g, y, x, mistake=mistake: mistake(right(g, y, x)))
        assert wrong.verdict.name == "WRONG", wrong.explain()
