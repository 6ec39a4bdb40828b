"""The survey: what the op table knows of a point, in words that name argument, index and value."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from verify import Claim, check
from verify.question import prepare
from verify.survey import Remark, survey


def remarks(f: Any, *xs: Any, **claim: Any) -> list[Remark]:
    return survey(prepare(Claim(f, *xs, **claim)))


def texts(f: Any, *xs: Any, **claim: Any) -> list[str]:
    return [f"{r.kind}: {r.text}" for r in remarks(f, *xs, **claim)]


# (name, f, inputs, the remarks, inputs beside the edge where there are none)
TABLE: list[tuple[str, Any, tuple[Any, ...], list[str], tuple[Any, ...]]] = [
    ("log of a negative entry", lambda x: np.sum(np.log(x)), (np.array([1.0, 2.0, 3.0, -1.0]),),
     ["outside: log needs x > 0; x[3] = -1"], (np.array([1.0, 2.0, 3.0, 1e-300]),)),
    ("log of 0 has no value", lambda x: np.log(x), (0.0,), ["outside: log needs x > 0; x = 0"], (1e-300,)),
    ("sqrt at 0 is an edge", lambda x: np.sqrt(x), (0.0,), ["edge: sqrt is on the edge of x > 0; x = 0"], (5e-324,)),
    ("in a matrix", lambda m: np.sum(np.sqrt(m)), (np.array([[1.0, 4.0], [9.0, -4.0]]),),
     ["outside: sqrt needs x > 0; m[1, 1] = -4"], (np.ones((2, 2)),)),
    ("in a dictionary", lambda p: np.sum(np.log(p["w"])) + p["b"], ({"w": np.array([1.0, -2.0]), "b": 1.0},),
     ["outside: log needs x > 0; p['w'][1] = -2"], ({"w": np.array([1.0, 2.0]), "b": 1.0},)),
    ("an argument that is no input", lambda x: np.log(x - 5), (2.0,),
     ["outside: log needs x > 0; its argument is -3"], (5.5,)),
    ("two operands", lambda a, b: a / b, (1.0, 0.0), ["outside: divide needs b != 0; its argument is 1, 0"],
     (1.0, 1e-300)),
    ("a fractional power", lambda x: x**0.5, (-2.0,),
     ["outside: power needs a > 0, or a whole exponent (and a != 0 when it is negative); its argument is -2, 0.5"],
     (2.0,)),
    ("a whole power of a negative number", lambda x: x**3, (-2.0,), [], (-2.0,)),
    ("arcsin beyond 1", lambda x: np.arcsin(x), (1.5,), ["outside: arcsin needs -1 < x < 1; x = 1.5"], (0.999,)),
    ("arcsin at 1 is an edge", lambda x: np.arcsin(x), (1.0,), ["edge: arcsin is on the edge of -1 < x < 1; x = 1"],
     (0.5,)),
    ("arccosh", lambda x: np.arccosh(x), (0.5,), ["outside: arccosh needs x > 1; x = 0.5"], (1.5,)),
    ("log1p", lambda x: np.log1p(x), (-1.5,), ["outside: log1p needs x > -1; x = -1.5"], (-0.5,)),
    ("abs at 0", lambda x: np.sum(abs(x)), (np.array([1.0, 0.0]),), ["kink: absolute has a kink or tie; x[1] = 0"],
     (np.array([1.0, 1e-300]),)),
    ("a tie of maximum", np.maximum, (2.0, 2.0), ["kink: maximum has a kink or tie; its argument is 2, 2"],
     (2.0, 2.0 + 1e-15)),
    ("a tie in max", lambda x: np.max(x), (np.array([3.0, 1.0, 3.0]),), ["kink: max has a kink or tie; x = "],
     (np.array([3.0, 1.0, 2.0]),)),
    ("floor at an integer", lambda x: np.floor(x), (2.0,), ["kink: floor has a kink or tie; x = 2"], (2.5,)),
    ("NaN input", lambda x: np.sin(x), (np.nan,), ["nan: the input x is nan"], (1.0,)),
    ("infinite input", lambda x: np.sum(x), (np.array([1.0, -np.inf]),), ["nan: the input x[1] is -inf"],
     (np.ones(2),)),
    ("NaN hides what follows", lambda x: np.sum(np.log(x)), (np.array([-1.0, np.nan]),), ["nan: the input x[1] is nan"],
     (np.ones(2),)),
    ("the most serious first", lambda x: abs(x[0]) + np.log(x[1]), (np.array([0.0, -1.0]),),
     ["outside: log needs x > 0; its argument is -1", "kink: absolute has a kink or tie; its argument is 0"],
     (np.ones(2),)),
    ("edge before kink", lambda x: np.sqrt(x) + abs(x), (0.0,),
     ["edge: sqrt is on the edge of x > 0; x = 0", "kink: absolute has a kink or tie; x = 0"], (1.0,)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "f", "xs", "wanted", "beside"), TABLE, ids=[row[0] for row in TABLE])
def test_a_remark_names_argument_index_and_value(
    name: str, f: Any, xs: tuple[Any, ...], wanted: list[str], beside: tuple[Any, ...]
) -> None:
    found = texts(f, *xs)
    assert len(found) == len(wanted), found
    assert all(text.startswith(start) for text, start in zip(found, wanted, strict=True)), found
    assert texts(f, *beside) == []  # the mutant: a survey that always remarks


X = np.array([-1.0, 0.0, 4.0])
NOT_SELECTED: dict[str, tuple[Any, Any]] = {
    "where": (lambda x: np.sum(np.where(x > 1, np.log(x), x)), lambda x: np.sum(np.where(x > -2, np.log(x), x))),
    "where of where": (
        lambda x: np.sum(np.where(x > 1, np.where(x > 2, np.log(x), 1 / x), x)),
        lambda x: np.sum(np.where(x > 1, x, np.where(x > 2, x, np.log(x)))),
    ),
    "maximum": (lambda x: np.sum(np.maximum(9 + 0 * x, abs(x))), lambda x: np.sum(np.maximum(-9 + 0 * x, abs(x)))),
    "indexing": (lambda x: np.log(x[2]), lambda x: np.log(x[1])),
    "a slice of the result": (lambda x: np.sum(np.log(x)[2:]), lambda x: np.sum(np.log(x)[1:])),
    "not used at all": (lambda x: (np.log(x), np.sum(x))[1], lambda x: (np.log(x), np.sum(x))[0]),
    "through a product": (
        lambda x: np.sum(np.where(x > 1, 2 * np.log(x) + 1, 0.0)), lambda x: np.sum(np.where(x < 1, 2 * np.log(x), x)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NOT_SELECTED)
def test_only_selected_lanes_count(name: str) -> None:
    harmless, harmful = NOT_SELECTED[name]
    assert texts(harmless, X) == []
    assert len(texts(harmful, X)) >= 1  # the mutant: the same lanes, selected


def test_overflow_is_not_outside() -> None:
    def softplus_difference(x: Any) -> Any:
        return np.log(np.exp(x) - np.exp(x) / 2)  # inf - inf in float64; x - log(2) exactly

    assert texts(softplus_difference, 1000.0)[0].startswith("outside: log needs x > 0; its argument is nan")
    finding = check(softplus_difference, 1000.0, gradient=lambda x: 1.0)
    assert finding.verdict.name == "CERTIFIED"  # exact arithmetic has the last word
    outside = check(lambda x: np.log(np.exp(x) - 2 * np.exp(x)), 1000.0, gradient=lambda x: 1.0)
    assert outside.verdict.name == "UNDEFINED"  # the mutant: really outside


def test_a_function_that_cannot_be_traced_is_left_to_the_oracles() -> None:
    assert texts(lambda x: float(np.log(abs(x))), -1.0) == []


def test_the_survey_looks_at_every_row_of_outputs() -> None:
    assert texts(lambda x: [x, np.sqrt(x), np.log(x)], -1.0) == [
        "outside: sqrt needs x > 0; x = -1",
        "outside: log needs x > 0; x = -1",
    ]


VERDICTS: list[tuple[Any, Any, str, str]] = [
    (lambda x: np.sqrt(x), -1.0, "UNDEFINED", "sqrt needs x > 0; x = -1"),
    (lambda x: np.sin(x), np.nan, "UNDEFINED", "the input x is nan"),
    (lambda x: np.sum(np.array([0.0, 1.0]) * np.log(x)), X[1:], "UNDEFINED", "log needs x > 0; x[0] = 0"),
    (lambda x: 0 * np.log(x), -1.0, "UNDEFINED", "log needs x > 0; x = -1"),
    (lambda x: np.sum(np.where(x > 1, np.log(x), x)), X, "CERTIFIED", ""),
]


@pytest.mark.parametrize(("f", "x", "verdict", "reason"), VERDICTS)
def test_the_verdict_says_what_the_survey_found(f: Any, x: Any, verdict: str, reason: str) -> None:
    finding = check(f, x, gradient=lambda x: np.where(x > 1, 1 / np.where(x > 1, x, 1.0), 1.0))
    assert finding.verdict.name == verdict, finding.explain()
    assert reason in finding.worst_point.reason
    assert finding.ok is (verdict == "CERTIFIED")
