"""The oracles ``series`` and ``enclosure``: what they certify is true, and what is wrong does not get past them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ad
from ad.declare import elementwise, general
from ad.variable import TABLE, dispatching
from verify.claim import Claim, Estimate, Refusal
from verify.numbers.program import Refused
from verify.oracles.certified import symbolic
from verify.oracles.directions import enclosure, series
from verify.oracles.runs import DIRECTIONS, MANTISSA, signed_directions
from verify.oracles.second import hessian_vector
from verify.question import Question, prepare
from verify.suites.handwritten import RIGHT
from verify.suites.optable import claims

SUM = 2.0**-104  # relative: adding the high and low parts of two answers in doubles
BASE = np.random.default_rng(0).uniform(-2, 2, 10_000)


def question(f: Callable[..., Any], *xs: Any, **claim: Any) -> Question:
    return prepare(Claim(f, *xs, **claim))


def meet(a: Any, b: Any) -> bool:
    """Whether two certified answers meet within their radii at every entry."""
    if not isinstance(a, Estimate) or not isinstance(b, Estimate):
        return False
    gap = np.abs((a.value - b.value) + (a.low - b.low))
    return bool((gap <= a.radius + b.radius + SUM * np.abs(b.value)).all())


def refusal(answer: Any) -> str:
    assert isinstance(answer, Refusal), answer
    return answer.reason


# --- a private op for each rule that is to be found out


def private(
    slope: Callable[..., Any], exact: Callable[..., Any] = lambda m, x: m.sin(x), fun: Callable[..., Any] = np.sin
) -> Callable[..., Any]:
    """A function of our own with an entry in the table; taken out again by the fixture."""

    @dispatching
    def function(x: Any) -> Any:
        return fun(x)

    elementwise(function, exact=exact, slope=slope)
    return function


@pytest.fixture(autouse=True)
def the_table_as_it_was() -> Any:
    before = dict(TABLE)
    yield
    TABLE.clear()
    TABLE.update(before)


def spoiled(error: float, entry: int) -> Callable[..., Any]:
    """sin with a rule whose slope is off, relatively, in one entry."""
    off = np.zeros(len(BASE))
    off[entry] = error
    return private(lambda y, x: np.cos(x) + np.cos(x) * off)


# --- agreement with the truth


@pytest.mark.parametrize("case", RIGHT, ids=lambda case: case.id)
def test_both_agree_with_symbolic_on_the_handwritten_suite(case: Any) -> None:
    asked = question(case.f, *case.xs, kwargs=case.kwargs)
    truth = symbolic(asked)
    assert meet(enclosure(asked), truth)
    if len(asked.entries) <= 32:
        assert meet(series(asked), truth)
    doubled = question(lambda *xs, **kwargs: 1.0000001 * case.f(*xs, **kwargs), *case.xs, kwargs=case.kwargs)
    assert not meet(enclosure(doubled), truth)


TRUNCATED = {"ops/sinc"}  # its rule is a truncated series near 0, as its entry says


def test_both_agree_with_symbolic_on_the_op_table() -> None:
    for claim in claims():
        asked = prepare(claim)
        truth = symbolic(asked)
        if isinstance(truth, Refusal):
            continue
        assert meet(series(asked), truth), claim.id
        assert meet(enclosure(asked), truth), claim.id
        assert ("exclude each other" in enclosure(asked).note) == (claim.id in TRUNCATED)


@settings(max_examples=30)
@given(st.lists(st.floats(-3, 3), min_size=1, max_size=8), st.integers(0, 3))
def test_both_agree_with_symbolic_at_any_point(values: list[float], which: int) -> None:
    f = (
        lambda x: np.sum(np.tanh(x) * x),
        lambda x: np.log(np.sum(np.exp(x))),
        lambda x: np.sqrt(np.sum(x * x) + 1),
        lambda x: np.sum(np.arctan2(x, 2 + np.cos(x))),
    )[which]
    asked = question(f, np.array(values))
    truth = symbolic(asked)
    assert meet(enclosure(asked), truth)
    assert meet(series(asked), truth)


def test_several_outputs_and_containers_come_in_rows() -> None:
    def f(params: dict[str, Any], b: Any) -> Any:
        return {"y": params["w"] @ params["w"].T + b, "s": np.sum(params["w"])}

    asked = question(f, {"w": np.arange(6.0).reshape(2, 3) / 7}, 0.25)
    assert asked.shape == (5, 7)
    assert meet(enclosure(asked), symbolic(asked))
    assert meet(series(asked), symbolic(asked))


def test_float32_inputs_are_read_exactly() -> None:
    x = np.array([0.1, 0.7, -1.3], dtype=np.float32)
    single = enclosure(question(lambda x: np.sum(np.exp(x) * x), x))
    double = enclosure(question(lambda x: np.sum(np.exp(x) * x), x.astype(float)))
    rounded = enclosure(question(lambda x: np.sum(np.exp(x) * x), np.array([0.1, 0.7, -1.3])))
    assert meet(single, double)
    assert not meet(single, rounded)


def test_a_confident_softmax_is_certified_down_to_its_smallest_entry() -> None:
    x = np.concatenate([[200.0], np.linspace(-100, 100, 20)])
    answer = enclosure(question(lambda x: np.log(np.sum(np.exp(x - np.max(x)))) + np.max(x), x))
    assert isinstance(answer, Estimate)
    assert 0 < np.min(answer.value) < 1e-130
    assert np.all(answer.radius <= 2.0**-99 * np.abs(answer.value))


# --- large arrays, without recording


LARGE: dict[str, tuple[Callable[..., Any], tuple[Any, ...], Callable[..., Any]]] = {
    "sum of 10^4 tanh": (lambda x: np.sum(np.tanh(x)), (BASE,), lambda x: 1 / np.cosh(x) ** 2),
    "dot of 10^4": (lambda x: np.dot(x, x[::-1]), (BASE,), lambda x: 2 * x[::-1]),
    "softmax of 1,000": (
        lambda x: np.log(np.sum(np.exp(x - np.max(x)))) - (x - np.max(x))[0], (BASE[:1000],),
        lambda x: np.exp(x) / np.sum(np.exp(x)) - (np.arange(len(x)) == 0),
    ),
    "a 64x64 product": (
        lambda a: np.sum((a @ a) ** 2), (BASE[:4096].reshape(64, 64),), lambda a: 2 * (a @ a @ a.T + a.T @ a @ a),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LARGE)
def test_large_arrays_are_certified_without_a_recording(name: str) -> None:
    f, xs, gradient = LARGE[name]
    asked = question(f, *xs, budget=2.0)
    answer = enclosure(asked)
    assert isinstance(answer, Estimate), answer
    assert "program" not in asked.shared
    assert "certified along 2 seeded signed directions by series" in answer.note
    expected = np.ravel(gradient(*xs))
    assert np.allclose(answer.value[0], expected, rtol=1e-12, atol=1e-13)
    assert not np.allclose(answer.value[0], expected * (1 + 1e-10), rtol=1e-12, atol=1e-13)


def test_series_sends_large_inputs_to_enclosure() -> None:
    assert "it speaks through enclosure" in refusal(series(question(lambda x: np.sum(x * x), BASE[:33])))
    assert isinstance(series(question(lambda x: np.sum(x * x), BASE[:32])), Estimate)


# --- wrong rules


def test_one_entry_in_ten_thousand_that_is_off_by_two_to_the_minus_ninety_is_found() -> None:
    for error, entry in ((2.0**-90, 4321), (-(2.0**-90), 0), (1.0, 9999)):
        asked = summed(spoiled(error, entry))
        said = refusal(enclosure(asked))
        assert "rules and meaning exclude each other" in said
        assert "entry by entry: series for 10000 entries would take" in said
    assert meet(enclosure(summed(spoiled(0.0, 0))), enclosure(summed(np.sin)))


def summed(f: Callable[..., Any]) -> Question:
    return question(lambda x: np.sum(f(x)), BASE)


MUTANTS: dict[str, Callable[..., Any]] = {
    "a sign": lambda y, x: -np.cos(x),
    "a factor of 1.0000001": lambda y, x: 1.0000001 * np.cos(x),
    "no slope": lambda y, x: 0.0 * y,
    "right at 0 alone": lambda y, x: np.cos(x) + 0.1 * x,
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_wrong_rule_is_excluded_and_series_still_knows_the_truth(mutant: str) -> None:
    f = private(MUTANTS[mutant])
    asked = question(lambda x: np.sum(f(x) * x), np.array([0.3, -1.1, 2.0]))
    right = question(lambda x: np.sum(np.sin(x) * x), np.array([0.3, -1.1, 2.0]))
    answer = enclosure(asked)
    assert "rules and meaning exclude each other" in answer.note  # ... and every entry is asked for by series
    assert meet(answer, symbolic(right))
    assert meet(series(asked), symbolic(right))


def test_a_general_rule_that_leaves_an_entry_out_is_excluded() -> None:
    @dispatching
    def total(a: Any) -> Any:
        return np.sum(a)

    def but_the_last(g: Any, y: Any, a: Any) -> Any:
        return g * np.concatenate([np.ones(np.size(a) - 1), np.zeros(1)])

    general(total, vjp=but_the_last, jvp=lambda t, y, a: np.sum(t), meaning=lambda a: np.sum(a))
    asked = question(lambda x: total(x * x), BASE[:500])
    answer = enclosure(asked)
    assert "exclude each other" in answer.note
    assert np.array_equal(answer.value[0], 2 * BASE[:500])


def test_directions_are_signed_seeded_and_as_fine_as_they_say() -> None:
    first, second = signed_directions(2000, 7), signed_directions(2000, 7)
    assert len(first) == DIRECTIONS
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert not np.array_equal(first[0], signed_directions(2000, 8)[0])
    for v in first:
        assert np.all((np.abs(v) >= 0.5) & (np.abs(v) <= 1.5))
        assert 0.4 < np.mean(v > 0) < 0.6
        assert np.array_equal(np.rint(v * 2**MANTISSA), v * 2**MANTISSA)
        assert len(np.unique(np.abs(v))) > 1900


# --- where there is no answer

REFUSALS: dict[str, tuple[Callable[..., Any], Any, str]] = {
    "relu at 0": (lambda x: np.sum(np.maximum(x, 0)), [0.0, 1.0], "a kink on the way"),
    "a tie of a maximum": (lambda x: np.max(x), [1.0, 1.0], "a kink on the way"),
    "a Python if on its edge": (lambda x: x[0] if x[0] > 0 else -x[0], [0.0, 1.0], "a kink on the way"),
    "log of a negative number": (lambda x: np.sum(np.log(x)), [-1.0, 2.0], "outside the domain"),
    "a pole": (lambda x: np.sum(1 / x), [0.0, 2.0], "outside the domain, or at a pole"),
    "the edge of a domain": (lambda x: np.sum(np.sqrt(x) * np.sqrt(x)), [0.0, 2.0], "outside the domain, or at a pole"),
    "unknown functions": (lambda x: np.sum(np.histogram(x)[0]) * 1.0, [1.0, 2.0], "histogram"),
    "a function that raises": (lambda x: 1 / np.sum(x) if isinstance(x, np.ndarray) else 1 // 0, [1.0, 2.0], "Zero"),
}


@pytest.mark.parametrize("name", REFUSALS)
@pytest.mark.parametrize("ask", [series, enclosure])
def test_what_has_no_answer_is_refused_and_the_precision_restored(ask: Callable[..., Any], name: str) -> None:
    f, x, reason = REFUSALS[name]
    before = flint.ctx.prec, flint.ctx.cap
    with np.errstate(all="ignore"):
        asked = question(f, np.array(x))
    assert reason in refusal(ask(asked))
    assert (flint.ctx.prec, flint.ctx.cap) == before


def test_a_lane_outside_the_domain_that_where_leaves_out_does_not_matter() -> None:
    with np.errstate(all="ignore"):
        asked = question(lambda x: np.sum(np.where(x > 0, np.sqrt(x), 0.0)), np.array([-1.0, 4.0]))
    for ask in (series, enclosure):
        answer = ask(asked)
        assert isinstance(answer, Estimate)
        assert answer.value.tolist() == [[0.0, 0.25]]


def test_a_function_with_a_memory_is_not_certified() -> None:
    calls = [0.0]

    def f(x: Any) -> Any:
        calls[0] += 1.0
        return np.sum(x * x) * calls[0]

    for ask in (series, enclosure):
        assert "f depends on state or chance" in refusal(ask(question(f, BASE[:20])))


def test_the_budget_ends_in_a_refusal() -> None:
    slow = question(lambda a: np.sum(np.tanh(a @ a)), np.resize(BASE, (300, 300)), budget=0.05)
    assert "budget" in refusal(enclosure(slow))


# --- second derivatives

SECOND: dict[str, tuple[Callable[..., Any], np.ndarray]] = {
    "cubes": (lambda x: np.sum(x**3), BASE[:5]),
    "tanh": (lambda x: np.sum(np.tanh(x) * x[::-1]), BASE[:6]),
    "softmax": (lambda x: np.log(np.sum(np.exp(x - np.max(x)))) + np.max(x), BASE[:6]),
    "norm": (lambda x: np.sqrt(np.sum(x * x)), BASE[:5]),
    "matrix product": (lambda m: np.sum(np.sin(m @ m)), BASE[:9].reshape(3, 3)),
    "two rows": (lambda x: np.stack([np.sum(x**2), np.prod(x)]), BASE[:4]),
    "quotient": (lambda x: x[0] / (1 + x[1] * x[1]), BASE[:2]),
    "maximum": (lambda x: np.sum(np.maximum(x, 0.1) ** 3), BASE[:4]),
}


@pytest.mark.parametrize("name", SECOND)
def test_second_derivatives_are_those_of_the_exact_gradient(name: str) -> None:
    f, x = SECOND[name]
    v = np.random.default_rng(1).normal(size=x.size)
    asked = question(f, x)
    answer = hessian_vector(asked, v)
    assert "certified along 2 seeded signed directions" in answer.note
    h = 2.0**-40
    plus, minus = (enclosure(question(f, x + s * h * v.reshape(x.shape))) for s in (1, -1))
    assert isinstance(plus, Estimate)
    assert isinstance(minus, Estimate)
    expected = ((plus.value - minus.value) + (plus.low - minus.low)) / (2 * h)
    moved = ((x + h * v.reshape(x.shape)) - (x - h * v.reshape(x.shape))).reshape(-1) / (2 * h)  # as rounded
    answer = hessian_vector(asked, moved)
    assert np.allclose(answer.value, expected, rtol=1e-10, atol=1e-10)
    assert not np.allclose(answer.value, 1.001 * expected, rtol=1e-10, atol=1e-10)


def test_a_rule_that_is_right_at_the_point_alone_is_excluded_by_its_second_derivative() -> None:
    x = BASE[:50]
    f = private(lambda y, a: np.cos(a) + (a - x) / 1024)
    asked = question(lambda x: np.sum(f(x)), x)
    assert isinstance(enclosure(asked), Estimate)
    with pytest.raises(Refused, match="rules and meaning exclude each other"):
        hessian_vector(asked, BASE[50:100])


def test_the_rule_of_a_rule_is_not_needed() -> None:
    cosine = private(lambda y, x: np.sin(x), lambda m, x: m.cos(x), np.cos)  # its own slope lacks a sign
    f = private(lambda y, x: cosine(x))
    found = hessian_vector(question(lambda x: np.sum(f(x)), BASE[:50]), BASE[50:100])
    assert np.allclose(found.value[0], -np.sin(BASE[:50]) * BASE[50:100], rtol=1e-12)


def test_second_derivatives_are_refused_at_a_kink_and_for_a_direction_of_another_size() -> None:
    with pytest.raises(Refused, match="a kink on the way"):
        hessian_vector(question(lambda x: np.sum(np.abs(x) ** 3), np.array([0.0, 1.0])), [1.0, 1.0])
    with pytest.raises(ValueError, match="v has 3 numbers, the inputs have 2 entries"):
        hessian_vector(question(lambda x: np.sum(x**2), np.array([0.0, 1.0])), [1.0, 1.0, 1.0])


def test_the_engines_own_second_order_agrees() -> None:
    f = lambda x: np.sum(np.sin(x) * x[::-1])  # noqa: E731
    x, v = BASE[:8], BASE[8:16]
    assert np.allclose(hessian_vector(question(f, x), v).value[0], ad.hvp(f, (x,), (v,)), rtol=1e-12)
