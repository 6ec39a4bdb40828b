"""Who is to blame: the first wrong operation, births of NaN and inf, lost digits, and mistakes of scalar classes.

Facts
    Each wrong subject has a right twin, which is certified and explained by nobody.
    A line is found in this file by its text, so each of them is written once here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import ad
from ad.variable import TABLE
from verify import Claim, check, scalar_class
from verify.blame import culprits
from verify.blame.lines import run_with_lines
from verify.blame.operations import Asking, Wrong
from verify.blame.uses import short_name, sweep
from verify.blame.written import run_written
from verify.finding import Explanation, Finding
from verify.numbers.deciding import Deadline
from verify.numbers.program import Refused
from verify.point import point_finding
from verify.question import prepare
from verify.suites import coverage, handwritten
from verify.suites.coverage_calls import CALLS

V = np.array([0.3, -0.4, 1.1])
M = np.arange(1.0, 7.0).reshape(2, 3) / 5


@pytest.fixture(autouse=True)
def nothing_else_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the mistake looks like is another part of a finding, with tests of its own."""
    monkeypatch.setattr("verify.complete.explained", lambda *_: ())


def line(text: str) -> str:
    """How a line of this file is shown."""
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    (found,) = [n for n, one in enumerate(lines, 1) if one.strip() == text]
    return f"test_blame.py:{found}: `{text}`"


def explained(finding: Finding) -> Explanation:
    """The first explanation of a wrong finding."""
    assert not finding.ok
    explanations = finding.worst_point.explanations
    assert explanations, finding.explain()
    assert explanations[0].text in " ".join(finding.explain().split()) or len(explanations[0].text) > 90
    return explanations[0]


def silent(finding: Finding) -> None:
    """A right finding has nobody to blame."""
    assert finding.ok, finding.explain()
    assert finding.worst_point.explanations == ()


# --- the first wrong operation


def bent(factor: float) -> Any:
    @ad.custom(vjp=lambda g, y, x: factor * g * (1 + np.cos(x)))
    def op(x):  # type: ignore[no-untyped-def]
        return x + np.sin(x)

    return op


def bent_in_one_entry(factor: float) -> Any:
    def bent_at_one(x):  # type: ignore[no-untyped-def]
        return np.where(np.arange(np.size(x)).reshape(np.shape(x)) == 1, factor, 1.0)

    @ad.custom(vjp=lambda g, y, x: g * (1 + np.cos(x)) * bent_at_one(x))
    def op(x):  # type: ignore[no-untyped-def]
        return x + np.sin(x)

    return op


def mixed(factor: float) -> Any:
    @ad.custom(vjp=lambda g, y, a, b: (g * b, factor * g * (a + np.cos(b))))
    def op(a, b):  # type: ignore[no-untyped-def]
        return a * b + np.sin(b)

    return op


def product(factor: float) -> Any:
    @ad.custom(vjp=lambda g, y, a, b: (g @ np.swapaxes(b, 0, 1) * factor, np.swapaxes(a, 0, 1) @ g))
    def op(a, b):  # type: ignore[no-untyped-def]
        return a @ b

    return op


def curved(factor: float) -> Any:
    """Right in its first derivative, and wrong in its second unless the factor is 1."""
    held = (lambda x: x) if factor == 1 else ad.stop_gradient

    @ad.custom(vjp=lambda g, y, x: g * np.cos(held(x)))
    def op(x):  # type: ignore[no-untyped-def]
        return np.sin(x)

    return op


def in_a_function(op: Any) -> Callable[..., Any]:
    def layer(h: Any) -> Any:
        y = op(h * 2.0)
        return y + 1.0

    return lambda x: np.sum(np.tanh(layer(np.exp(x))))


def used_twice(op: Any) -> Callable[..., Any]:
    def f(x: Any) -> Any:
        first = op(x)
        last = op(x * x)
        return np.sum(first * last)

    return f


def in_a_loop(op: Any) -> Callable[..., Any]:
    def f(x: Any) -> Any:
        for _ in range(3):
            x = op(x) / 2
        return np.sum(x)

    return f


def deep_in_a_chain(op: Any) -> Callable[..., Any]:
    def f(x: Any) -> Any:
        for _ in range(50):
            x = np.sin(x) + 0.5
        deep = op(x)
        for _ in range(50):
            deep = np.cos(deep) * 1.5
        return deep

    return f


def of_two_arguments(op: Any) -> Callable[..., Any]:
    def f(x: Any, w: Any) -> Any:
        both = op(np.exp(x), w)
        return np.sum(both**2)

    return f


def of_constants(op: Any) -> Callable[..., Any]:
    def f(x: Any) -> Any:
        with_constant = op(2.0, x)
        return np.sum(with_constant)

    return f


def of_matrices(op: Any) -> Callable[..., Any]:
    def f(a: Any, b: Any) -> Any:
        made = op(a, np.swapaxes(b, 0, 1))
        return np.sum(np.sin(made))

    return f


def called_with_a_layout(op: Any) -> Callable[..., Any]:
    def f(x: Any) -> Any:
        return np.sum(
            np.stack(
                [op(x[::-1]), x],
            )
            ** 2
        )

    return f


Build = Callable[[Any], Callable[..., Any]]
GRAPHS: dict[str, tuple[Build, Callable[[float], Any], tuple[Any, ...], str, str]] = {
    "in a function": (in_a_function, bent, (V,), "x", "y = op(h * 2.0)"),
    "used twice": (used_twice, bent, (V,), "x", "last = op(x * x)"),
    "in a loop": (in_a_loop, bent, (V,), "x", "x = op(x) / 2"),
    "deep": (deep_in_a_chain, bent, (0.4,), "x", "deep = op(x)"),
    "one entry": (in_a_function, bent_in_one_entry, (V,), "x[1]", "y = op(h * 2.0)"),
    "second argument": (of_two_arguments, mixed, (0.3, 0.8), "b", "both = op(np.exp(x), w)"),
    "broadcast": (of_two_arguments, mixed, (V, V + 1), "b", "both = op(np.exp(x), w)"),
    "beside a constant": (of_constants, mixed, (V,), "b", "with_constant = op(2.0, x)"),
    "matrices": (of_matrices, product, (M, M + 1), "a[", "made = op(a, np.swapaxes(b, 0, 1))"),
    "float32": (in_a_function, bent, (V.astype(np.float32),), "x", "y = op(h * 2.0)"),
    "several lines": (called_with_a_layout, bent, (V,), "x", "[op(x[::-1]), x],"),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_the_first_wrong_operation_is_named_with_its_argument_and_line(name: str) -> None:
    build, op, xs, argument, text = GRAPHS[name]
    explanation = explained(check(build(op(1.01)), *xs))
    assert explanation.kind == "operation"
    operation, found, at, value, expected, got = explanation.rows[0]
    assert operation == "op"
    assert found.startswith(argument)
    assert at == line(text)
    assert float(got) == pytest.approx(1.01 * float(expected), rel=1e-5)
    assert float(value) == float(value)
    assert explanation.text.startswith(f"the first wrong step is the derivative of op ({at}) by its argument {found}")
    silent(check(build(op(1.0)), *xs))


def test_all_wrong_uses_are_counted_and_the_first_of_the_sweep_leads() -> None:
    explanation = explained(check(in_a_loop(bent(1.01)), V))
    assert "; 2 more are wrong by themselves: op" in explanation.text
    assert len(explanation.rows) == 3
    explanation = explained(check(used_twice(bent(1.01)), V))
    assert "; 1 more step is wrong by itself: op" in explanation.text
    assert [row[2] for row in explanation.rows] == [line("last = op(x * x)"), line("first = op(x)")]


def test_of_two_wrong_ops_the_one_that_the_sweep_meets_first_is_named() -> None:
    def f(x: Any) -> Any:
        inner = one(x, 2.0)
        outer = other(inner)
        return np.sum(outer)

    one, other = mixed(2.0), bent(3.0)  # mixed is wrong by b alone, which is a constant here
    explanation = explained(check(f, V))
    assert [row[2] for row in explanation.rows] == [line("outer = other(inner)")]


def test_an_error_that_came_from_elsewhere_accuses_nobody() -> None:
    """The rule of exp gets a cotangent that is wrong, and hands on just what is right for it."""
    explanation = explained(check(in_a_function(bent(1.01)), V))
    assert {row[0] for row in explanation.rows} == {"op"}


# Of exp one besides the op, which is an exp too: a tower of them leaves no digit to judge, or a derivative of 0.
CHAINS = st.lists(st.sampled_from((np.sin, np.cos, np.tanh, np.exp)), max_size=5).filter(lambda f: f.count(np.exp) < 2)


@settings(max_examples=8)
@given(CHAINS, st.data())
def test_one_wrong_op_anywhere_in_a_chain_is_the_one_that_is_named(functions: list[Any], data: st.DataObject) -> None:
    k = data.draw(st.integers(0, len(functions)))
    op = bent(1.001)

    def chain(x: Any) -> Any:
        for function in [*functions[:k], op, *functions[k:]]:
            x = function(x)
        return x

    finding = check(chain, 0.3)
    assume(float(finding.worst_point.truth) > 1e-300)  # far out tanh is 1, and 1.001 x 0 is right
    assert [row[0] for row in explained(finding).rows] == ["op"]


def test_an_entry_of_the_table_is_named_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def f(x: Any) -> Any:
        bigger = np.exp(x)
        return np.sum(np.tanh(bigger))

    silent(check(f, V))
    monkeypatch.setitem(TABLE, np.exp, replace(TABLE[np.exp], vjp=lambda i, g, y, xs, static: 1.001 * g * y))
    operation, _, at, *_ = explained(check(f, V)).rows[0]
    assert (operation, at) == ("np.exp", line("bigger = np.exp(x)"))
    operation, argument, at, *_ = explained(check("exp(a) + a", at={"a": 0.5})).rows[0]
    assert (operation, argument, at) == ("np.exp", "x", "")  # an expression has no line


def test_of_complex_numbers_the_part_is_named() -> None:
    @ad.custom(vjp=lambda g, y, x: 1.01 * g * y)
    def turned(x):  # type: ignore[no-untyped-def]
        return np.exp(x)

    operation, argument, *_ = explained(check(lambda x: np.real(turned(x * 1j)), 0.3)).rows[0]
    assert (operation, argument) == ("turned", "x.imag")


def test_a_rule_that_is_wrong_in_its_second_derivative_alone_is_named() -> None:
    explanation = explained(check(in_a_function(curved(0.0)), V, order=2))
    assert explanation.text.startswith(
        f"the first wrong step is the second derivative of op ({line('y = op(h * 2.0)')})"
    )
    assert explanation.rows[0][0] == "op"
    silent(check(in_a_function(curved(1.0)), V, order=2))
    silent(check(in_a_function(curved(0.0)), V))


def test_at_order_two_a_first_derivative_that_is_wrong_is_called_so() -> None:
    explanation = explained(check(in_a_function(bent(1.01)), V, order=2))
    assert explanation.text.startswith("the first wrong step is the derivative of op")


def test_at_order_two_what_an_op_pushes_forward_is_judged() -> None:
    def both(factor: float) -> Any:
        @ad.custom(vjp=lambda g, y, x: g * np.cos(x), jvp=lambda t, y, x: factor * t * np.cos(x))
        def op(x):  # type: ignore[no-untyped-def]
            return np.sin(x)

        return op

    explanation = explained(check(in_a_function(both(1.01)), V, order=2))
    at = line("y = op(h * 2.0)")
    assert explanation.text.startswith(f"the first wrong step is the tangent of op ({at}): it passes on")
    silent(check(in_a_function(both(1.0)), V, order=2))
    unused = check(in_a_function(both(1.01)), V)  # reverse mode does not use it; the contract tells that the two differ
    assert unused.verdict.name == "BROKEN_CONTRACT"
    assert unused.worst_point.explanations == ()


def test_when_the_time_is_over_nobody_is_accused() -> None:
    question = prepare(Claim(in_a_function(bent(1.01)), V))
    run = run_with_lines(question.run, question.leaves)
    for seconds, accused in ((60.0, 1), (0.0, 0)):
        outcomes = [Asking(point_finding, Deadline(seconds), 0, None).of(use) for use in sweep(run.graph, [1.0])]
        assert sum(isinstance(outcome, Wrong) for outcome in outcomes) == accused


def test_a_wrong_subgradient_is_named() -> None:
    def relu(at_zero: float) -> Any:
        @ad.custom(vjp=lambda g, y, x: g * np.where(x > 0, 1.0, np.where(x == 0, at_zero, 0.0)))
        def op(x):  # type: ignore[no-untyped-def]
            return np.maximum(x, 0)

        return op

    finding = check(lambda x: np.sum(relu(2.0)(x * 2)), np.array([0.0, 1.0]))
    assert finding.verdict.name == "NOT_A_SUBGRADIENT"
    assert explained(finding).rows[0][:2] == ("op", "x[0]")
    silent(check(lambda x: np.sum(relu(0.5)(x * 2)), np.array([0.0, 1.0])))


def blamed_by_itself(claim: Claim) -> tuple[list[str], int, int]:
    """The operations of a function that are called wrong, how many are known to be right, and how many there are."""
    question = prepare(claim)
    run = run_with_lines(question.run, question.leaves)
    asking = Asking(point_finding, Deadline(60.0), 0, None)
    outcomes = [(short_name(use.node), asking.of(use)) for use in sweep(run.graph, question.cotangents[-1])]
    accused = [name for name, outcome in outcomes if isinstance(outcome, Wrong)]
    return accused, sum(outcome is True for _, outcome in outcomes), len(outcomes)


def test_no_operation_of_a_right_graph_is_accused() -> None:
    """177 operations of functions that people write gradients for; and the same with one rule off by 1e-9."""
    asked = 0
    for case in handwritten.RIGHT:
        accused, right, count = blamed_by_itself(Claim(case.f, *case.xs, kwargs=case.kwargs))
        assert (accused, right) == ([], count), case.id
        asked += count
    assert asked > 150
    op = bent(1 + 1e-9)
    assert blamed_by_itself(Claim(lambda x: np.sum(op(np.exp(x))), V))[0] == ["op"]


@pytest.mark.slow
@pytest.mark.parametrize("initial", sorted({name.rpartition(".")[2][0] for name in CALLS}))
def test_no_operation_of_the_coverage_table_is_accused(initial: str) -> None:
    for name in CALLS:
        if name.rpartition(".")[2][0] == initial:
            try:
                accused, *_ = blamed_by_itself(coverage.claim_of(name))
            except (TypeError, ValueError):  # a function that the engine does not differentiate
                continue
            assert accused == [], name


# --- births in the engine

POISONED: dict[str, tuple[Callable[..., Any], Callable[..., Any], np.ndarray, str]] = {
    "sqrt": (
        lambda x: np.sum(np.where(x > 0, np.sqrt(x), 0)),
        lambda x: np.sum(np.where(x > 0, np.sqrt(np.where(x > 0, x, 1)), 0)),
        np.array([4.0, -1.0]), "np.sqrt(np.where(c, x, 1))",
    ),
    "log": (
        lambda x: np.sum(np.where(x > 2, np.log(x - 1), 0)),
        lambda x: np.sum(np.where(x > 2, np.log(np.where(x > 2, x - 1, 1)), 0)),
        np.array([4.0, 1.0]), "np.log(np.where(c, x, 1))",
    ),
    "division": (
        lambda x: np.sum(np.where(x > 1, 2 / x, 0)),
        lambda x: np.sum(np.where(x > 1, 2 / np.where(x > 1, x, 1), 0)),
        np.array([4.0, 0.0]), "np.divide(a, np.where(c, b, 1))",
    ),
    "power": (
        lambda x: np.sum(np.where(x > 1, x**0.5, 0)),
        lambda x: np.sum(np.where(x > 1, np.where(x > 1, x, 1) ** 0.5, 0)),
        np.array([4.0, 0.0]), "np.power(np.where(c, a, 1), b)",
    ),
    "arccos": (
        lambda x: np.sum(np.where(np.abs(x) < 1, np.arccos(x), 0)),
        lambda x: np.sum(np.where(np.abs(x) < 1, np.arccos(np.where(np.abs(x) < 1, x, 0)), 0)),
        np.array([0.4, 2.0]), "np.arccos(np.where(c, x, 0))",
    ),
    "the other way round": (
        lambda x: np.sum(np.where(x < 2, 0, np.sqrt(x - 1))),
        lambda x: np.sum(np.where(x < 2, 0, np.sqrt(np.where(x < 2, 1, x - 1)))),
        np.array([4.0, 1.0]), "np.sqrt(np.where(c, 1, x))",
    ),
    "steps in between": (
        lambda x: np.sum(np.where(x > 0, np.exp(3 * np.sqrt(x)), 0)),
        lambda x: np.sum(np.where(x > 0, np.exp(3 * np.sqrt(np.where(x > 0, x, 1))), 0)),
        np.array([0.4, -2.0]), "np.sqrt(np.where(c, x, 1))",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", POISONED)
def test_a_branch_that_is_not_selected_and_poisons_is_explained_with_the_cure(name: str) -> None:
    poisoned, cured, x, cure = POISONED[name]
    finding = check(poisoned, x)
    assert math.isnan(finding.worst_point.yours or 0.0)
    (explanation,) = finding.worst_point.explanations
    assert explanation.kind == "poisoned where"
    assert f"The cure is the double where: {cure}" in explanation.text
    assert [float(cell) for cell in explanation.rows[0][4:]] == pytest.approx([0.0, math.nan], nan_ok=True)
    silent(check(cured, x))


def test_another_zero_than_that_of_where_is_called_by_its_name() -> None:
    (explanation,) = check(lambda x: np.sum(np.sqrt(x)[:1]), np.array([4.0, 0.0])).worst_point.explanations
    assert explanation.kind == "poisoned"
    assert "the cotangent that it is multiplied by is 0, through np.getitem" in explanation.text
    assert "double where" not in explanation.text
    (explanation,) = check(np.sqrt, np.array([4.0, 0.0])).worst_point.explanations
    assert explanation.kind == "born nan"  # the zero is that of the cotangent given
    assert "through" not in explanation.text


def test_nan_is_followed_to_the_infinity_that_it_was_made_of() -> None:
    (explanation,) = check(lambda x: np.sqrt(x**4), 0.0).worst_point.explanations
    assert explanation.kind == "born nan"
    assert [row[0] for row in explanation.rows] == ["np.power", "np.sqrt"]
    assert explanation.rows[1][3:] == ("0.0", "1.0", "inf")


def test_what_is_not_finite_is_followed_through_sums_too() -> None:
    (explanation,) = check(lambda x: np.sqrt(np.sum(x**4)), np.zeros(2)).worst_point.explanations
    assert [row[0] for row in explanation.rows] == ["np.power", "np.sqrt"]


def test_what_is_not_finite_beside_is_not_followed() -> None:
    def slope(x: Any) -> Any:
        beside = np.log(-x)
        large = np.exp(2 * x)
        both = np.stack([beside, large])
        return 2 + 0 * both[1]

    (explanation,) = check(lambda x: 2 * x, 800.0, gradient=slope).worst_point.explanations
    assert explanation.rows[0][0] == "np.multiply"
    assert explanation.rows[1][1] == line("large = np.exp(2 * x)")


def test_nan_and_inf_are_born_forward() -> None:
    def quotient(x: Any) -> Any:
        top = x * np.exp(x)
        return top / np.exp(x)

    (explanation,) = check(quotient, 800.0).worst_point.explanations
    assert explanation.kind == "born nan"
    assert explanation.rows[0] == ("np.divide", line("return top / np.exp(x)"), "inf, inf", "nan")
    assert explanation.rows[1] == ("np.exp", line("top = x * np.exp(x)"), "800.0", "inf")
    (explanation,) = check(lambda x: np.log(np.sum(np.exp(x))), np.array([1.0, 1001.0])).worst_point.explanations
    assert (explanation.kind, explanation.rows[0][2]) == ("born inf", "1001.0")
    silent(check(lambda x: np.log(np.sum(np.exp(x - 1001.0))) + 1001.0, np.array([1000.0, 1001.0])))


# --- hand-written code


def tanh_slope(x: Any) -> Any:
    y = np.tanh(x)
    return 1 - y * y


def softmax(x: Any) -> Any:
    e = np.exp(x - np.max(x))
    return e / np.sum(e)


def softmax_overflows(g: Any, y: Any, x: Any) -> Any:
    large = np.exp(x)
    s = large / np.sum(large)
    return s * (g - np.sum(g * s))


def expm1_slope(x: Any) -> Any:
    top = np.exp(x) * x - (np.exp(x) - 1)
    return top / x**2


def test_digits_are_lost_at_the_cancellation_with_its_line_and_operands() -> None:
    (explanation,) = check(np.tanh, 15.0, gradient=tanh_slope).worst_point.explanations
    assert explanation.kind == "lost digits"
    assert explanation.text.startswith("catastrophic cancellation: np.subtract")
    operation, at, operands, value, exact = explanation.rows[0]
    assert (operation, at, operands) == ("np.subtract", line("return 1 - y * y"), "1.0, 0.9999999999996256")
    assert float(exact) == pytest.approx(1 / math.cosh(15) ** 2, rel=1e-14)
    assert float(value) == tanh_slope(15.0)
    silent(check(np.tanh, 15.0, gradient=lambda x: 1 / np.cosh(x) ** 2))


def test_of_many_entries_and_steps_the_ones_that_lose_the_digits_are_shown() -> None:
    x = np.array([1.0, 1e-6])
    (explanation,) = check(lambda x: np.sum(np.expm1(x) / x), x, gradient=expm1_slope).worst_point.explanations
    assert explanation.rows[0][:2] == ("np.subtract", line("top = np.exp(x) * x - (np.exp(x) - 1)"))
    assert explanation.rows[0][2].startswith("1.000001000000")


FORMS: dict[str, dict[str, Any]] = {
    "jvp": {"jvp": lambda t, x: t * tanh_slope(x)},
    "jacobian": {"jacobian": lambda x: np.diag(tanh_slope(x))},
    "vjp": {"vjp": lambda g, y, x: g * tanh_slope(x)},
    "vjp pair": {"vjp": (lambda x: (np.tanh(x), x), lambda x, g: g * tanh_slope(x))},
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_every_form_of_a_derivative_is_followed(form: str, dtype: Any) -> None:
    (explanation,) = check(np.tanh, np.array([1.0, 8.0], dtype), **FORMS[form]).worst_point.explanations
    assert (explanation.kind, explanation.rows[0][1]) == ("lost digits", line("return 1 - y * y"))


def test_a_cancellation_that_does_not_matter_is_not_named() -> None:
    def slope(x: Any) -> Any:
        harmless = ((x + 1e-14) - x) - 1e-14  # 0 when nothing is rounded
        return tanh_slope(x) + 1e-20 * harmless

    (explanation,) = check(np.tanh, 15.0, gradient=slope).worst_point.explanations
    assert explanation.rows[0][1] == line("return 1 - y * y")


def test_where_one_entry_is_not_enough_all_of_a_result_are_put_right() -> None:
    def slope(x: Any) -> Any:
        lost = 1 - np.tanh(x + np.array([0.0, 0.1, 0.2])) ** 2
        return np.sum(lost)

    finding = check(lambda x: np.sum(np.tanh(x + np.array([0.0, 0.1, 0.2]))), 15.0, gradient=slope)
    (explanation,) = finding.worst_point.explanations
    assert explanation.rows[0][1] == line("lost = 1 - np.tanh(x + np.array([0.0, 0.1, 0.2])) ** 2")
    assert ", at its worst entry;" in explanation.text


def filled(x: Any) -> Any:
    out = np.zeros_like(x)
    for i in range(len(x)):
        t = np.tanh(x[i])
        out[i] = 1 - t**2
    return out


def overflowing(x: Any) -> Any:
    out = x.copy()
    grown = np.exp(x)
    out[:] = grown / (1 + grown) ** 2
    return out


def through_a_view(x: Any) -> Any:
    out = np.zeros_like(x)
    row = out[0]
    row[:] = 1 - np.tanh(x[0]) ** 2
    out[1] = 1 / np.cosh(x[1]) ** 2
    return out


def test_code_that_writes_into_arrays_is_followed() -> None:
    x = np.array([1.0, 15.0])
    (explanation,) = check(lambda x: np.sum(np.tanh(x)), x, gradient=filled).worst_point.explanations
    at = line("out[i] = 1 - t**2")
    assert explanation.rows[0][:3] == ("np.subtract", at, "1.0, 0.9999999999996256")
    silent(check(lambda x: np.sum(np.tanh(x)), x / 15, gradient=filled))
    x = np.array([1.0, 800.0])
    (explanation,) = check(lambda x: np.sum(1 / (1 + np.exp(-x))), x, gradient=overflowing).worst_point.explanations
    assert [row[1] for row in explanation.rows] == [
        line("out[:] = grown / (1 + grown) ** 2"),
        line("grown = np.exp(x)"),
    ]


def test_what_is_written_through_a_view_is_not_followed() -> None:
    finding = check(lambda x: np.sum(np.tanh(x)), np.array([[1.0, 15.0], [1.0, 2.0]]), gradient=through_a_view)
    assert finding.verdict.name == "INACCURATE"
    assert finding.worst_point.explanations == ()
    with pytest.raises(Refused, match="through a view"):
        run_written(lambda xs: [through_a_view(xs[0])], [np.ones((2, 2))])
    with pytest.raises(Refused, match="numbers to keep"):
        run_written(lambda xs: [filled(xs[0])], [np.ones(2000)])


def test_a_run_that_writes_computes_what_numpy_does() -> None:
    for code in (filled, overflowing, expm1_slope, softmax):
        run = run_written(lambda xs, code=code: [code(xs[0])], [V])  # type: ignore[misc]
        assert (run.graph.values[0] == code(V.copy())).all()
        assert run.graph.outputs[0] is not None


def test_nan_is_born_in_the_code_of_a_backward_pass() -> None:
    x = np.array([1000.0, 999.0])
    (explanation,) = check(softmax, x, vjp=softmax_overflows).worst_point.explanations
    assert explanation.kind == "born nan"
    assert explanation.rows[0][:3] == ("np.divide", line("s = large / np.sum(large)"), "inf, inf")
    assert explanation.rows[1][:3] == ("np.exp", line("large = np.exp(x)"), "1000.0")
    silent(check(softmax, x, vjp=lambda g, y, x: y * (g - np.sum(g * y))))
    silent(check(softmax, x / 100, vjp=softmax_overflows))


def test_the_rule_of_a_custom_op_is_looked_into() -> None:
    @ad.custom(vjp=lambda g, y, x: g * (1 - y * y))
    def squashed(x):  # type: ignore[no-untyped-def]
        return np.tanh(x)

    finding = check(lambda x: 3 * squashed(x * 2), 8.0)
    assert [e.kind for e in finding.worst_point.explanations] == ["operation", "lost digits"]
    assert finding.worst_point.explanations[0].text.startswith("the first inaccurate step")


def test_what_is_not_known_is_not_said() -> None:
    def by_math(x: float) -> float:
        return 1 - math.tanh(float(x)) ** 2

    finding = check(np.tanh, 15.0, gradient=by_math)  # a black box: nothing is recorded
    assert finding.verdict.name == "INACCURATE"
    assert finding.worst_point.explanations == ()
    finding = check(np.tanh, 1.0, gradient=lambda x: 1 - np.tanh(x))  # a wrong formula: no digits are lost
    assert finding.verdict.name == "WRONG"
    assert not [e for e in finding.worst_point.explanations if e.kind == "lost digits"]


# --- scalar classes


class Scalar:
    """A right one. The mutants change one method."""

    def __init__(self, value: float, parents: Any = ()) -> None:
        self.value = value
        self.parents = parents
        self.grad: float | None = None

    def __add__(self, other: Any) -> Scalar:
        other = other if isinstance(other, Scalar) else type(self)(other)
        return type(self)(self.value + other.value, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other: Any) -> Scalar:
        other = other if isinstance(other, Scalar) else type(self)(other)
        return type(self)(self.value * other.value, ((self, other.value), (other, self.value)))

    __radd__, __rmul__ = __add__, __mul__

    def exp(self) -> Scalar:
        return type(self)(math.exp(self.value), ((self, math.exp(self.value)),))

    def order(self) -> list[Scalar]:
        """Results before what they were made of."""
        found: list[Scalar] = []

        def visit(node: Scalar) -> None:
            if node not in found:
                for parent, _ in node.parents:
                    visit(parent)
                found.append(node)

        visit(self)
        return found[::-1]

    def receive(self, g: float) -> None:
        self.grad = (self.grad or 0.0) + g

    def backward(self) -> None:
        self.grad = 1.0
        for node in self.order():
            for parent, slope in node.parents:
                parent.receive(slope * (node.grad or 0.0))


class Overwrites(Scalar):
    def receive(self, g: float) -> None:
        self.grad = g


class BreadthFirst(Scalar):
    def order(self) -> list[Scalar]:
        found = [self]
        for node in found:
            found += [parent for parent, _ in dict(node.parents).items() if parent not in found]
        return found


class Recursive(Scalar):
    """It hands on all that has arrived so far whenever something arrives."""

    def backward(self, g: float = 1.0) -> None:
        self.receive(g)
        for parent, slope in self.parents:
            parent.backward(slope * (self.grad or 0.0))


class WrongExp(Scalar):
    def exp(self) -> Scalar:
        return type(self)(math.exp(self.value), ((self, self.value),))


class WrongSecondFactor(Scalar):
    def __mul__(self, other: Any) -> Scalar:
        other = other if isinstance(other, Scalar) else type(self)(other)
        return type(self)(self.value * other.value, ((self, other.value), (other, other.value)))


class DoesNothing(Scalar):
    def backward(self) -> None:
        pass


def branching(a: Any, b: Any) -> Any:
    h = a * b
    u = np.exp(h)
    return h * 3 + u * h


CLASSES: dict[type, tuple[str, str, str]] = {
    Overwrites: ("overwritten", "by the result of np.multiply", "overwrites where it must accumulate"),
    BreadthFirst: (
        "order of the sweep",
        "is used 3 times and handed on before",
        "a value's turn is after all its uses",
    ),
    Recursive: ("handed on again", "is used 3 times and handed on again", "what it had handed on before"),
    WrongExp: ("operation", "the local derivative of np.exp", "by its only argument at 1.0"),
    WrongSecondFactor: ("operation", "the local derivative of np.multiply", "by its second argument"),
    DoesNothing: ("not reached", "backward() of DoesNothing", "passes nothing on"),
}


@pytest.mark.parametrize("kind", CLASSES)
def test_the_mistake_of_a_scalar_class_is_told(kind: type) -> None:
    finding = check(branching, 0.5, 2.0, engine=scalar_class(kind, gradient="grad"))
    explanation = explained(finding)
    found, *words = CLASSES[kind]
    assert explanation.kind == found
    for part in words:
        assert part in explanation.text
    silent(check(branching, 0.5, 2.0, engine=scalar_class(Scalar, gradient="grad")))


def test_a_line_and_the_numbers_of_a_wrong_local_derivative_are_shown() -> None:
    (row,) = explained(check(branching, 0.5, 2.0, engine=scalar_class(WrongExp, gradient="grad"))).rows
    assert row[:4] == ("np.exp", "only", line("u = np.exp(h)"), "1.0")
    assert [float(x) for x in row[4:]] == [math.exp(1.0), 1.0]


def test_a_result_is_told_from_an_input_of_the_same_number() -> None:
    def f(a: Any) -> Any:
        same = a * 1.0
        return same * same

    explanation = explained(check(f, 3.0, engine=scalar_class(Overwrites, gradient="grad")))
    assert f"by the result of np.multiply ({line('same = a * 1.0')}) it finds 3 where 3 + 3 = 6" in explanation.text


def test_a_class_that_keeps_no_derivative_between_is_not_accused_of_more_than_is_seen() -> None:
    class Forgets(Overwrites):
        def backward(self) -> None:
            super().backward()
            for node in self.order():
                node.grad = None if node.parents else node.grad

    explanation = explained(check(branching, 0.5, 2.0, engine=scalar_class(Forgets, gradient="grad")))
    assert explanation.kind == "sweep"
    assert "although" not in explanation.text


# --- the whole


def test_a_reason_that_fails_leaves_the_verdict_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def fails(*given: Any) -> Any:
        asked.append(given)
        raise RuntimeError("no")

    before = check(in_a_function(bent(1.01)), V)
    monkeypatch.setattr(culprits, "REASONS", (fails, *culprits.REASONS))
    assert explained(check(in_a_function(bent(1.01)), V)) == explained(before)
    asked.clear()
    silent(check(in_a_function(bent(1.0)), V))
    assert not asked  # nobody is blamed for what is right


@pytest.fixture(autouse=True)
def no_warnings() -> Iterator[None]:
    """What is born here overflows and divides by 0 on purpose."""
    with np.errstate(all="ignore"):
        yield
