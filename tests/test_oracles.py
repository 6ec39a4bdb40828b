"""Every oracle answers with an Estimate that holds the truth, or with a Refusal; it never raises, never says NaN."""

from __future__ import annotations

import math
import re
import time
import warnings
from typing import Any

import flint
import numpy as np
import pytest

from verify import CERTIFY, SCREEN, Claim, Estimate, Refusal
from verify.checker import check
from verify.claim import approximate
from verify.oracles import Oracle, complex_step, difference, forward, oracle, reverse, symbolic
from verify.question import Question, prepare

ORACLES: tuple[Oracle, ...] = CERTIFY
X = np.array([0.5, -1.25, 2.0])
NAMES = [o.name for o in ORACLES]
BY_VALUES = {difference}
FOLLOW_A_PATH = set(ORACLES) - BY_VALUES  # what they follow is not f where f depends on state or sits on an edge


def question(f: Any, *xs: Any, **claim: Any) -> Question:
    return prepare(Claim(f, *xs, **claim))


def inside(answer: Estimate, truth: Any) -> np.ndarray:
    """Whether each entry lies within the answer's bound of a truth given in doubles."""
    truth = np.atleast_2d(np.asarray(truth, dtype=float))
    slack = 2.0**-52 * np.abs(truth)  # the truth below is correct to an ulp or so
    return np.asarray(np.abs((answer.value - truth) + answer.low) <= answer.radius + slack)


# --- what they trust


def test_what_an_oracle_trusts_is_declared() -> None:
    declared = {o.name: set(o.trusts) for o in ORACLES}
    known = {
        "symbolic": {"trace", "meaning"},
        "reverse": {"trace", "rules", "sweep"},
        "forward": {"trace", "rules"},
        "difference": {"values"},
        "complex_step": {"values", "trace"},
    }
    assert declared | known == declared
    assert all(declared.values())
    assert set().union(*declared.values()) == {"values", "trace", "rules", "sweep", "meaning"}
    assert all(isinstance(o, Oracle) and o.trusts for o in (*CERTIFY, *SCREEN))
    assert not symbolic.trusts & difference.trusts  # two that share nothing


# --- known gradients

KNOWN: dict[str, tuple[Any, Any, Any, set[str]]] = {  # f, x, its gradient, who has to refuse
    "polynomial": (lambda x: np.sum(x**3 - 2 * x), X, 3 * X**2 - 2, set()),
    "a number": (lambda x: np.exp(np.sin(x)), 1.0, math.exp(math.sin(1)) * math.cos(1), set()),
    "exactly zero": (lambda x: np.sum(0 * x) + 3, X, np.zeros(3), set()),
    "a product": (np.prod, X, np.array([-2.5, 1.0, -0.625]), set()),
    "matmul": (lambda x: x @ np.array([[1.0, 2, 0], [0, 3, 1], [1, 1, 1]]) @ x, X, [0.5, -2.5, 2.0], set()),
    "log in its tail": (lambda x: np.log(x), 1e-5, 1e5, set()),
    "large": (lambda x: np.sin(x / 1e9) * 1e9, 1e9, math.cos(1.0), set()),
    "off a kink": (lambda x: np.sum(abs(x)), X, np.sign(X), {"complex_step"}),
    "max off a tie": (np.max, X, [0.0, 0.0, 1.0], {"complex_step"}),
    "a selection": (lambda x: np.sum(np.where(x > 0, x * x, -x)), X, [1.0, -1.0, 4.0], {"complex_step"}),
    "a variance": (lambda x: np.var(x), X, 2 * (X - X.mean()) / 3, {"complex_step"}),
    "a power of a negative number": (lambda x: np.sum(x**2.0), X, 2 * X, set()),
    "a real power": (lambda x: np.sum((x * x) ** 0.75), X, 1.5 * np.sign(X) * abs(X) ** 0.5, set()),
    "a real power of a sign": (lambda x: (x + 0.0) ** 1.5, 2.0, 1.5 * math.sqrt(2.0), set()),
    "float32": (lambda x: np.sum(x * x), np.float32([1.0, 3.0]), [2.0, 6.0], set()),
}


@pytest.mark.parametrize("name", KNOWN)
def test_every_bound_holds_the_known_gradient(name: str) -> None:
    f, x, truth, refusing = KNOWN[name]
    for one in ORACLES:
        answer = one(question(f, x))
        if one.name in refusing:
            assert isinstance(answer, Refusal), (one.name, answer)
            continue
        assert isinstance(answer, Estimate), (one.name, answer)
        assert inside(answer, truth).all(), (one.name, answer.value, truth)
        assert answer.certified is (one not in (difference, complex_step))
        wrong = np.atleast_2d(np.asarray(truth, dtype=float)) * 1.1 + 0.3  # the mutant: a wrong gradient
        assert not inside(answer, wrong).any(), one.name


@pytest.mark.parametrize("name", KNOWN)
def test_forward_equals_reverse(name: str) -> None:
    f, x, _, _ = KNOWN[name]
    asked = question(f, x)
    push, pull = forward(asked), reverse(asked)
    assert isinstance(push, Estimate)
    assert isinstance(pull, Estimate)
    assert np.all(np.abs((push.value - pull.value) + (push.low - pull.low)) <= push.radius + pull.radius)


def test_the_oracles_answer_one_row_for_each_cotangent() -> None:
    def f(x: Any) -> Any:
        return {"a": x[0] * x[1], "b": [x**2, x[2]]}

    jacobian = np.array([[-1.25, 0.5, 0], [1, 0, 0], [0, -2.5, 0], [0, 0, 4], [0, 0, 1]])
    for one in ORACLES:
        answer = one(question(f, X))
        assert isinstance(answer, Estimate), (one.name, answer)
        assert answer.value.shape == (5, 3)
        assert inside(answer, jacobian).all()
        assert not inside(answer, jacobian[::-1]).all()  # the mutant: rows in another order
        weighted = one(question(f, X, cotangent={"a": 2.0, "b": [np.array([0.0, 1.0, 0.0]), -3.0]}))
        assert isinstance(weighted, Estimate)
        assert inside(weighted, np.array([2, 0, 1, 0, -3]) @ jacobian).all()


# --- nasty functions


def raises(x: Any) -> Any:
    raise RuntimeError("by design")


def raises_beside(x: Any) -> Any:
    if isinstance(x, float) and x != 1.0:
        raise ZeroDivisionError("beside the point")
    return x * x


def counting() -> Any:
    state = []

    def f(x: Any) -> Any:
        state.append(0)
        return np.sum(x) * len(state)

    return f


def recursive(x: Any, depth: int = 900) -> Any:
    return x if depth == 0 else recursive(x * 1.0, depth - 1)


def exits(x: Any) -> Any:
    if not isinstance(x, np.ndarray | np.generic):
        raise RecursionError
    return np.sum(x)


def writes(x: Any) -> Any:
    y = x
    y += 1
    return np.sum(x * y)


RNG = np.random.default_rng(0)

NASTY: dict[str, tuple[Any, Any]] = {
    "float()": (lambda x: float(np.sum(x)), X),
    "math.sin": (lambda x: math.sin(x), 1.0),
    "np.asarray": (lambda x: np.sum(np.asarray(x) ** 2), X),
    "np.array of parts": (lambda x: np.sum(np.array([x[0], x[1]])), X),
    "assignment into a plain array": (lambda x: sum([np.zeros(3).__setitem__(0, x[0]) or 0.0]), X),
    "chance": (lambda x: np.sum(x) * RNG.normal(), X),
    "state": (counting(), X),
    "raises beside the point": (raises_beside, 1.0),
    "recursion": (recursive, 1.0),
    "a recursion error": (exits, X),
    "an unknown function": (lambda x: np.sum(np.fft.fft(x).real), X),
    "eigenvalues": (lambda x: np.linalg.eigvalsh(np.outer(x, x))[-1], X),
    "integers inside": (lambda x: x.astype(int).sum() * 1.0 + np.sum(x), X),
    "NaN": (lambda x: np.sum(x) * np.nan, X),
    "NaN beside the point": (lambda x: np.sqrt(x), 0.0),
    "infinity": (lambda x: 1 / x, 0.0),
    "overflow": (lambda x: np.exp(x), 800.0),
    "overflow inside": (lambda x: np.exp(x) / (1 + np.exp(x)), 800.0),
    "underflow": (lambda x: np.exp(-x * x), 40.0),
    "a jump": (lambda x: np.floor(x), 2.0),
    "a kink": (lambda x: np.sum(abs(x)), np.zeros(2)),
    "a plain if on a kink": (lambda x: x if x > 0 else -x, 0.0),
    "an infinite slope": (lambda x: np.cbrt(x), 0.0),
    "a wild wave": (lambda x: np.sin(1 / x), 1e-8),
    "a constant": (lambda x: 3.0, X),
    "writes into its input": (writes, X),
    "tiny": (lambda x: np.sum(x) * 5e-324, X),
    "huge": (lambda x: np.sum(x) * 1e308, X),
    "no entries": (lambda x: np.sum(x), np.zeros(0)),
    "no outputs": (lambda x: x[:0], X),
    "conj": (lambda x: np.sum(np.conj(x) * x), X),
    "a list": (lambda x: [v * 2 for v in x], X),
    "sorting": (lambda x: np.sum(np.sort(x) * np.arange(3)), X),
    "truth of an array": (lambda x: x if x > 0 else -x, X[:1]),
    "fractional power at 0": (lambda x: x**0.5, 0.0),
    "0 to the 0": (lambda x: x**x, 0.0),
    "tan at its pole": (lambda x: np.tan(x), np.pi / 2),
}


@pytest.mark.parametrize("one", ORACLES, ids=NAMES)
@pytest.mark.parametrize("name", NASTY)
def test_no_oracle_raises_or_says_nan(one: Oracle, name: str) -> None:
    f, x = NASTY[name]
    before = flint.ctx.prec
    answer = one(question(f, np.array(x) if np.ndim(x) else x, budget=2.0))
    assert flint.ctx.prec == before
    if isinstance(answer, Refusal):
        assert len(answer.reason) > 8
        assert "\n" not in answer.reason.strip()
    else:
        assert isinstance(answer, Estimate)
        for part in (answer.value, answer.radius, answer.low):
            assert not np.isnan(part).any()
        assert (answer.radius >= 0).all()


# f, x, who must refuse, words of the reason
MUST_REFUSE: list[tuple[str, Any, Any, set[Oracle], str]] = [
    ("state is noticed by whoever trusts the trace", counting(), X, FOLLOW_A_PATH,
     "f depends on state or chance"),
    ("writing is noticed", writes, X, FOLLOW_A_PATH, "f computes"),
    ("a plain if on its edge", lambda x: x if x > 0 else -x, 0.0, FOLLOW_A_PATH,
     "exactly"),
    ("a kink is noticed from values", lambda x: x if x > 0 else -x, 0.0, {difference}, "kink"),
    ("so is relu's", lambda x: np.maximum(x, 0.0), 0.0, {difference}, "kink"),
    ("a jump", lambda x: np.floor(x), 2.0, {difference, symbolic}, ""),
    ("abs", lambda x: abs(x), 1.0, {complex_step}, "np.absolute is not holomorphic here"),
    ("max", np.max, X, {complex_step}, "np.max is not holomorphic here"),
    ("maximum", lambda x: np.maximum(x, 0.0), 1.0, {complex_step}, "np.maximum is not holomorphic here"),
    ("sign", lambda x: np.sign(x) * x, 1.0, {complex_step}, "not holomorphic here"),
    ("where", lambda x: np.where(x > 0, x, -x), 1.0, {complex_step}, "np.where is not holomorphic here"),
    ("conj", lambda x: np.sum(np.conj(x) * x), X, {complex_step}, ""),
    ("a root of a negative number", lambda x: np.sum(np.sqrt(x * x)), X - 10, set(), ""),
    ("float()", lambda x: float(np.sum(x)), X, FOLLOW_A_PATH, "float"),
    ("NaN", lambda x: np.sum(x) * np.nan, X, set(ORACLES), ""),
    ("a pole", lambda x: 1 / x, 0.0, set(ORACLES), ""),
    ("raises", raises_beside, 1.0, {difference}, "ZeroDivisionError: beside the point"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "f", "x", "refusing", "words"), MUST_REFUSE, ids=[row[0] for row in MUST_REFUSE])
def test_these_must_refuse(name: str, f: Any, x: Any, refusing: set[Oracle], words: str) -> None:
    for one in refusing:
        answer = one(question(f, np.array(x) if np.ndim(x) else x))
        assert isinstance(answer, Refusal), (one.name, answer)
        assert words in answer.reason, answer.reason


def test_values_that_turn_complex_are_no_values_of_a_real_function() -> None:
    """Eigenvalues of [[0, 1], [x, 0]] are real for x > 0 alone: a step across 0 sees no imaginary part cut off."""

    def largest(x: Any) -> Any:
        return np.max(np.linalg.eigvals(np.array([[0.0, 1.0], [x, 0.0]])))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for x in (2.0, 1e-3):
            answer = difference(prepare(Claim(largest, x)))
            assert isinstance(answer, Estimate)
            assert abs(answer.value[0, 0] - 0.5 / np.sqrt(x)) <= answer.radius[0, 0]


def test_differences_answer_where_no_trace_can() -> None:
    for f, x, truth in (
        (lambda x: math.sin(x), 1.0, math.cos(1.0)),
        (lambda x: float(np.sum(x**2)), X, 2 * X),
        (writes, X, 2 * (X + 1)),
        (lambda x: np.sum(np.abs(np.fft.fft(x)) ** 2), X, 6 * X),
    ):
        answer = difference(question(f, np.array(x) if np.ndim(x) else x))
        assert isinstance(answer, Estimate)
        assert inside(answer, truth).all()
        assert (answer.radius <= 1e-5).all()


def test_large_questions_are_refused_by_what_costs_a_pass_an_entry() -> None:
    asked = question(lambda x: np.sum(x * x), np.ones(5000))
    for one in (difference, complex_step):
        answer = one(asked)
        assert isinstance(answer, Refusal)
        assert "5000 entries" in answer.reason
    assert isinstance(symbolic(asked), Estimate)


@pytest.mark.parametrize("one", ORACLES, ids=NAMES)
def test_the_budget_holds_for_slow_functions(one: Oracle) -> None:
    def slow(x: Any) -> Any:
        time.sleep(0.02)
        return np.sum(x * x) if isinstance(x, np.ndarray) else sum(x[k] ** 2 for k in range(len(x)))

    calls = []
    asked = question(lambda x: (calls.append(0), slow(x))[1], np.arange(1.0, 9.0), budget=0.1)
    answer = one(asked)
    assert len(calls) < 30  # without a budget, differences call 8 * 95 times
    if isinstance(answer, Refusal):
        assert re.search(r"the budget of 0\.1 s was used up|would take about [\d.]+ s, of the budget", answer.reason)


# --- the wrapper


def test_an_oracle_that_breaks_its_word_is_made_to_refuse() -> None:
    def nan(asked: Question) -> Estimate:
        return approximate(np.full(asked.shape, np.nan), 1.0)

    def nan_bound(asked: Question) -> Estimate:
        return approximate(np.ones(asked.shape), np.nan)

    def fails(asked: Question) -> Estimate:
        raise KeyError("w")

    asked = question(lambda x: x * 2, 1.0)
    for ask, words in ((nan, "not finite"), (nan_bound, "not finite"), (fails, "KeyError: 'w'")):
        answer = oracle(trusts={"values"})(ask)(asked)
        assert isinstance(answer, Refusal)
        assert words in answer.reason
    fine = oracle(trusts={"values"})(lambda asked: approximate(np.ones(asked.shape), 0.5))(asked)
    assert isinstance(fine, Estimate)


def test_a_masked_score_of_minus_infinity_has_an_exact_meaning() -> None:
    mask = np.triu(np.ones((3, 3), bool), 1)

    def rows(s: Any) -> Any:
        masked = np.where(mask, -np.inf, s)
        e = np.exp(masked - np.max(masked, axis=-1, keepdims=True))
        return e / np.sum(e, axis=-1, keepdims=True)

    def backward(g: Any, y: Any, s: Any) -> Any:
        return y * (g - np.sum(g * y, axis=-1, keepdims=True))

    s = np.arange(9.0).reshape(3, 3) / 4
    assert check(rows, s, vjp=backward).verdict.name == "CERTIFIED"
    assert check(rows, s, vjp=lambda g, y, s: backward(g, y, s) + np.where(mask, 1e-9, 0.0)).verdict.name == "WRONG"
