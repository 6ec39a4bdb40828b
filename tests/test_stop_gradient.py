"""What is stopped is a constant to every derivative: of the engine, of every oracle, of every order, and to a proof."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import sympy as sp

import ad
from ad.dispatch import TABLE
from verify import CERTIFY, Claim, Estimate, Refusal, check, prove
from verify.kinks import judge_kinks
from verify.movement import array_movement
from verify.numbers import gradient, sides, symbols
from verify.numbers.nudged import movement
from verify.numbers.recorded import recorded
from verify.numbers.taylor import TaylorFunctions
from verify.oracles import complex_step, difference, numeric
from verify.oracles.second import hessian_vector
from verify.question import prepare

X = np.array([0.5, -1.25, 2.0])
STOPPED, PASSES = TABLE[ad.stop_gradient], TABLE[np.positive]


def stop(x: Any) -> Any:
    return ad.stop_gradient(x)


# --- the engine


@pytest.mark.parametrize("x", [2.0, 3, True, X, X.astype("f4"), np.arange(4), np.zeros((0, 2)), np.array(1j), "x"])
def test_the_value_is_handed_on_as_it_is(x: Any) -> None:
    assert ad.stop_gradient(x) is x


def ahead(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: ad.jvp(f, (x,), (1.0,))[1]


@pytest.mark.parametrize("outer", [ad.grad, ahead])
@pytest.mark.parametrize("inner", [ad.grad, ahead])
def test_it_is_constant_at_every_level_and_in_every_mode(outer: Any, inner: Any) -> None:
    assert inner(lambda x: x * stop(x))(3.0) == 3.0
    assert outer(inner(lambda x: x * x * stop(x)))(3.0) == 6.0  # not 18, the second derivative of x**3
    assert outer(lambda x: inner(lambda y: y * stop(x * y))(x))(3.0) == 0.0
    assert outer(lambda x: stop(inner(lambda y: y**3)(x)) * x)(2.0) == 12.0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(), (3,), (2, 0), (2, 1, 3)])
def test_its_cotangent_is_0_in_the_shape_and_dtype_of_the_input(shape: Any, dtype: Any) -> None:
    x = np.ones(shape, dtype)[()]
    y, pullback = ad.vjp(stop, x)
    assert np.array_equal(y, x)
    for g in (np.ones(shape, dtype), np.full(shape, np.inf, dtype)):  # an infinite slope further on does not matter
        (found,) = pullback(g[()])
        assert np.shape(found) == shape
        assert found.dtype == dtype
        assert not np.any(found)


def test_a_constant_under_a_root_at_0_gives_no_nan() -> None:
    assert ad.grad(lambda x: x + np.sqrt(stop(x)))(0.0) == 1.0
    with np.errstate(invalid="ignore"):
        assert np.isnan(np.inf * 0)  # what a slope of 0 would make of it


# --- oracles

ROUNDED: Callable[[Any], Any] = lambda x: x + stop(np.rint(x) - x)  # noqa: E731

# name, f, x, the derivative as it is declared
CASES: list[tuple[str, Callable[[Any], Any], Any, Any]] = [
    ("a product with itself", lambda x: x * stop(x), 3.0, 3.0),
    ("straight through", ROUNDED, 0.3, 1.0),
    ("straight through, on a step", ROUNDED, 0.5, 1.0),
    ("gradient reversal", lambda x: np.sum(2 * stop(np.sin(x)) - np.sin(x)), X, -np.cos(X)),
    ("a softmax weight", lambda x: np.sum(stop(np.exp(x) / np.sum(np.exp(x))) * x), X, np.exp(X) / np.sum(np.exp(X))),
    ("nothing else", lambda x: np.sum(stop(x)), X, 0 * X),
    ("stopped twice", lambda x: np.sum(x * stop(x * stop(x))), X, X * X),
    ("a stopped kink", lambda x: x + stop(abs(x)), 0.0, 1.0),
]  # fmt: skip
EXACT = [one for one in CERTIFY if one not in (difference, complex_step)]


def honour(f: Any, x: Any, truth: Any) -> list[str]:
    """Require that every oracle treats what is stopped as a constant or refuses; the names of those that answer."""
    question, answered = prepare(Claim(f, x)), []
    for one in CERTIFY:
        answer = one(question)
        if isinstance(answer, Estimate):
            answered.append(one.name)
            assert np.all(np.abs(answer.value - truth) <= answer.radius + 2.0**-51 * np.abs(truth)), one.name
    return answered


@pytest.mark.parametrize(("name", "f", "x", "truth"), CASES, ids=[case[0] for case in CASES])
def test_every_oracle_takes_it_for_a_constant_and_values_are_not_asked(name: str, f: Any, x: Any, truth: Any) -> None:
    answered = set(honour(f, x, truth))
    missing = {one.name for one in EXACT} - answered
    assert missing <= ({"series", "enclosure"} if name in ("straight through, on a step", "a stopped kink") else set())
    for one in (difference, complex_step):
        answer = one(prepare(Claim(f, x)))
        assert isinstance(answer, Refusal)
        assert "stops gradients" in answer.reason
    right = check(f, x, vjp=lambda g, y, x: g * truth)
    assert right.verdict.name == "CERTIFIED", right.explain()
    assert check(f, x, vjp=lambda g, y, x: g * (truth + 1e-9)).verdict.name == "WRONG"


def test_a_stopped_condition_is_no_stop_to_anyone() -> None:
    """It has no derivative in any case, so that values tell the truth."""
    assert "difference" in honour(lambda x: np.sum(x * stop(x > 0)), X, (X > 0) * 1.0)


def identity(x: Any) -> Any:
    return x


FORGETFUL = {  # what is forgotten, and who then answers wrongly
    "the engine's rule": (
        lambda m: m.setitem(TABLE, ad.stop_gradient, replace(STOPPED, vjp=PASSES.vjp, jvp=PASSES.jvp)),
        {"enclosure", "reverse", "forward"}),
    "Taylor polynomials": (lambda m: m.setattr(TaylorFunctions, "stopped", staticmethod(identity)), {"series"}),
    "SymPy": (lambda m: (m.setattr(symbols.Symbols, "stopped", staticmethod(identity)),
                         m.setattr(gradient, "_WITHOUT_SLOPE", gradient._WITHOUT_SLOPE - {"stop_gradient"})),
              {"symbolic"}),
    "differences": (lambda m: m.setattr(numeric, "stops", lambda graph: False), {"difference"}),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGETFUL)
def test_an_oracle_that_forgets_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    forget, accused = FORGETFUL[name]
    symbols.slope.cache_clear()
    forget(monkeypatch)
    with pytest.raises(AssertionError, match="|".join(accused)):
        honour(lambda x: x * stop(x), 3.0, 3.0)
    monkeypatch.undo()
    symbols.slope.cache_clear()
    honour(lambda x: x * stop(x), 3.0, 3.0)


def test_second_derivatives_honour_it() -> None:
    question = prepare(Claim(lambda x: np.sum(x * x * stop(x)), X))
    assert np.array_equal(hessian_vector(question, np.ones(3)).value, [2 * X])
    assert not np.array_equal(2 * X, 6 * X)  # of x**3


# --- beside a kink

KINKS = [
    ("a kink beside it", lambda x: abs(x) + x * stop(x), (0.5, "SUBGRADIENT"), (1.5, "NOT_A_SUBGRADIENT")),
    ("a stopped jump", lambda x: abs(x) + stop(np.floor(x)), (-1.0, "SUBGRADIENT"), (2.0, "NOT_A_SUBGRADIENT")),
    ("on a step", lambda x: abs(x) * stop(np.floor(x) + 1), (1.0, "SUBGRADIENT"), (1.5, "NOT_A_SUBGRADIENT")),
    ("differentiable", lambda x: abs(x) * x + x * stop(x + 2), (2.0, "CERTIFIED"), (0.0, "WRONG")),
]  # fmt: skip


@pytest.mark.parametrize(("name", "f", "right", "wrong"), KINKS, ids=[case[0] for case in KINKS])
def test_beside_a_kink_it_keeps_its_value_at_the_point(name: str, f: Any, right: Any, wrong: Any) -> None:
    for answer, verdict in (right, wrong):
        (row,) = judge_kinks(prepare(Claim(f, 0.0)), np.array([[answer]]))
        assert row.verdict.name == verdict, row.reason


def test_a_kink_that_follows_the_argument_would_be_judged_by_a_jump(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sides, "STOP", "forgotten")
    (row,) = judge_kinks(prepare(Claim(lambda x: abs(x) + stop(np.floor(x)), 0.0)), np.array([[-1.0]]))
    assert row.verdict.name == "UNDEFINED"


# --- proofs and formulas

PROVABLE = [
    ("straight through", ROUNDED, lambda x: 1.0, lambda x: 0 * x),
    ("a product with itself", lambda x: x * stop(x), lambda x: x, lambda x: 2 * x),
    ("a stopped weight", lambda x: x * x * stop(np.exp(x)), lambda x: 2 * x * np.exp(x),
     lambda x: x * np.exp(x) * (x + 2)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "f", "right", "wrong"), PROVABLE, ids=[case[0] for case in PROVABLE])
def test_a_proof_takes_it_for_a_constant(name: str, f: Any, right: Any, wrong: Any) -> None:
    assert prove(f, 0.3, gradient=right).verdict.name == "PROVED"
    assert prove(f, 0.3).verdict.name == "PROVED"  # the engine's own rules
    assert prove(f, 0.3, gradient=wrong).verdict.name == "WRONG"


def test_the_formula_shows_what_is_stopped() -> None:
    finding = check(lambda x: x * stop(np.sin(x)), 0.3)
    assert "stop" in finding.formula
    assert "stop" in finding.gradient[0][1]
    assert "cos" not in finding.gradient[0][1]
    x = sp.Symbol("x", real=True)
    assert sp.diff(symbols.Stopped(x) * x, x) == symbols.Stopped(x)
    assert symbols.released(symbols.Stopped(x + symbols.Stopped(x))) == 2 * x


# --- the movement


def test_rounding_moves_what_is_stopped_as_both_forms_of_the_movement_know() -> None:
    """The derivative is the stopped sum, whose own rounding is that of its 200 terms."""
    x = np.concatenate([np.random.default_rng(3).normal(size=200), [1.0]])
    question = prepare(Claim(lambda x: x[-1] * stop(np.sum(x[:-1] * 1e3) - 1e3), x))
    program, rows = recorded(question)
    exact = movement(program, rows, 0)[0, -1]
    found = array_movement(question)[0, -1]
    assert 0.3 < found / exact < 3
    assert found > 5 * abs(np.sum(x[:-1] * 1e3) - 1e3)


def test_a_movement_by_derivatives_alone_would_miss_it(monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.concatenate([np.random.default_rng(3).normal(size=200), [1.0]])
    question = prepare(Claim(lambda x: x[-1] * stop(np.sum(x[:-1] * 1e3) - 1e3), x))
    moved = array_movement(question)[0, -1]
    monkeypatch.setattr("verify.movement.STOP", "forgotten")
    assert array_movement(question)[0, -1] < 0.5 * moved
