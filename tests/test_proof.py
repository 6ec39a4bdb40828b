"""Proofs: the rules of the table, and whole functions, for all inputs of a branch."""

from __future__ import annotations

import dataclasses
import time

import numpy as np
import pytest
import sympy as sp

from ad.variable import MEANINGS, TABLE
from verify.branches import branches, contradictory
from verify.edges import point_on
from verify.proof import Branch, prove

x, y = sp.symbols("x y", real=True)

# Entries that are no identity of formulas, and why: right to rounding, which is what they claim.
NO_IDENTITY = {function: op.note for function, op in TABLE.items() if "Taylor" in op.note}


@pytest.mark.parametrize("function", [*TABLE, *MEANINGS], ids=lambda function: function.__name__)
def test_every_entry_of_the_table_is_proved_or_says_why_not(function):
    finding = prove(function)
    assert finding.ok
    assert finding.verdict.name == "PROVED" or why_not(function, finding), finding.worst_point.notes


def why_not(function, finding):
    """The reason why there is no proof: of an entry-by-entry rule it stands in its entry, of others in the finding."""
    if function in TABLE and TABLE[function].family == "elementwise":
        return NO_IDENTITY.get(function, "")
    return next((note for note in finding.worst_point.notes if note.startswith("no proof: ")), "")


def test_a_reason_is_asked_for():
    bare = dataclasses.replace(prove(np.sin).points[0], notes=("proved not",))
    finding = dataclasses.replace(prove(np.sin), points=(bare,))
    assert not why_not(np.sin, finding)
    assert not why_not(np.sum, finding)
    assert why_not(np.sum, dataclasses.replace(finding, points=(dataclasses.replace(bare, notes=("no proof: a",)),)))


RIGHT = [
    ("logistic", lambda x: 1 / (1 + np.exp(-x)), lambda x: np.exp(-x) / (1 + np.exp(-x)) ** 2),
    ("tanh by its own value", np.tanh, lambda x: 1 - np.tanh(x) ** 2),
    ("double angle", lambda x: np.sin(x) ** 2, lambda x: np.sin(2 * x)),
    ("root", lambda x: np.sqrt(1 + x * x), lambda x: x / np.sqrt(1 + x * x)),
    ("absolute value", lambda x: np.abs(x) * x, lambda x: 2 * np.abs(x)),
    ("relu", lambda x: np.maximum(x, 0) ** 2, lambda x: np.where(x > 0, 2 * x, 0)),
    ("swish", lambda x: x / (1 + np.exp(-x)), lambda x: (1 + np.exp(-x) * (1 + x)) / (1 + np.exp(-x)) ** 2),
]
WRONG = [
    ("sign", np.cos, np.sin),
    ("a part in 1e12", lambda x: x**3, lambda x: (3 + 3e-12) * x**2),
    ("right on one side only", lambda x: np.abs(x) * x, lambda x: 2 * x),
    ("right near the point", lambda x: x * x, lambda x: np.where(x < 1.0, 2 * x, 2 * x + 1)),
]


@pytest.mark.parametrize(("name", "f", "gradient"), RIGHT, ids=[case[0] for case in RIGHT])
def test_a_right_gradient_is_proved(name, f, gradient):
    assert prove(f, 0.5, gradient=gradient).verdict.name == "PROVED"


@pytest.mark.parametrize(("name", "f", "gradient"), WRONG, ids=[case[0] for case in WRONG])
def test_a_wrong_gradient_is_refuted(name, f, gradient):
    finding = prove(f, 0.5, gradient=gradient)
    assert finding.verdict.name == "WRONG"
    assert finding.worst_point.at


def test_a_python_if_limits_the_proof_to_its_branch():
    finding = prove(np.sin, 0.7, gradient=lambda x: np.cos(x) if x < 1 else 0 * x)
    assert finding.verdict.name == "PROVED"
    assert "x < 1 true" in finding.worst_point.notes[0]


_W = np.array([[0.5, -1.0], [2.0, 0.25]])
_V = np.array([0.75, -1.5])


def quadratic(x):
    return x @ _W @ x


def sum_of_squares(x):
    return np.sum(x**2)


def wave(x, y):
    return np.sin(x) * np.exp(y)


# Every form in which a derivative may be claimed: f, the point, a claim that is right, and one that is wrong.
FORMS = {
    "gradient of arrays": (
        quadratic, (_V,), {"gradient": lambda x: (_W + _W.T) @ x}, {"gradient": lambda x: 2 * _W @ x}
    ),
    "gradient of several": (
        wave, (0.5, 1.0),
        {"gradient": lambda x, y: (np.cos(x) * np.exp(y), np.sin(x) * np.exp(y))},
        {"gradient": lambda x, y: (np.cos(x) * np.exp(y), np.cos(x) * np.exp(y))},
    ),
    "value and gradient": (
        sum_of_squares, (_V,),
        {"value_and_gradient": lambda x: (np.sum(x**2), 2 * x)},
        {"value_and_gradient": lambda x: (np.sum(x**2), 2 * np.abs(x))},
    ),
    "jacobian": (
        lambda x: np.sin(x) * x[0], (_V,),
        {"jacobian": lambda x: np.diag(np.cos(x) * x[0]) + np.stack([np.sin(x), 0 * x], axis=1)},
        {"jacobian": lambda x: np.diag(np.cos(x) * x[0]) + np.stack([np.sin(x), 0 * x], axis=0)},
    ),
    "backward": (
        lambda x: np.tanh(x) * np.sum(x), (_V,),
        {"vjp": lambda g, y, x: g * (1 - np.tanh(x) ** 2) * np.sum(x) + np.sum(g * np.tanh(x))},
        {"vjp": lambda g, y, x: g * (1 - np.tanh(x) ** 2) * np.sum(x) + g * np.tanh(x)},
    ),
    "forward and backward": (
        np.exp, (_V,),
        {"vjp": (lambda x: (np.exp(x), np.exp(x)), lambda y, g: g * y)},
        {"vjp": (lambda x: (np.exp(x), x), lambda x, g: g * x)},
    ),
    "expression": (
        "sin(x)*y", (),
        {"at": {"x": 0.5, "y": 2.0}, "gradient": lambda x, y: (y * np.cos(x), np.sin(x))},
        {"at": {"x": 0.5, "y": 2.0}, "gradient": lambda x, y: (y * np.cos(x), np.sin(y))},
    ),
    "the engine": (lambda x: np.log(np.sum(np.exp(x))), (_V,), {}, {"gradient": lambda x: np.exp(x) / np.sum(x)}),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_claim_is_proved_when_right_and_refused_when_wrong(form):
    f, xs, right, wrong = FORMS[form]
    finding = prove(f, *xs, **right)
    assert finding.verdict.name == "PROVED"
    assert all(any("proved for all inputs" in note for note in point.notes) for point in finding.points)
    assert prove(f, *xs, **wrong).verdict.name == "WRONG"


def test_right_at_the_point_and_wrong_elsewhere_is_wrong_with_a_witness():
    finding = prove(sum_of_squares, np.array([1.0, 2.0]), vjp=lambda g, y, x: g * (x**2 - x + 2))
    assert finding.verdict.name == "WRONG"
    assert [point.verdict.name for point in finding.points] == ["CERTIFIED", "WRONG"]
    assert "the residual" in finding.worst_point.notes[-1]
    assert "is certainly not 0" in finding.worst_point.notes[-1]


def test_what_no_step_decides_is_no_proof_and_says_what_is_open():
    def one(square):
        return lambda x: np.sqrt(square(x)) - np.abs(x + 1) + 1

    known = prove(lambda x: x, 2.0, gradient=one(lambda x: (x + 1) ** 2))  # a root that SymPy takes by itself
    assert known.verdict.name == "PROVED"
    finding = prove(lambda x: x, 2.0, gradient=one(lambda x: x * x + 2 * x + 1))
    assert finding.verdict.name == "CERTIFIED"
    assert finding.worst_point.notes[-1].startswith("no proof: open for x")


# --- where the derivative's own operations are undefined


def cube(x):
    return x**3


def product(x):
    return np.prod(x)


TINY = np.array([1.5, -0.5, 2.0])
# What the claim is, f, the point, the derivative, and where it is undefined though f is not.
UNDEFINED_WHERE = [
    ("the rule of a product", product, TINY, {"vjp": lambda g, y, x: g * y / x}, "x[0] = 0:"),
    ("a power through a logarithm", cube, 2.0, {"gradient": lambda x: 3 * np.exp(2 * np.log(x))}, "x <= 0:"),
    ("a quotient that cancels", cube, 2.0, {"gradient": lambda x: 3 * x**2 * (x - 0.5) / (x - 0.5)}, "x - 1/2 = 0:"),
    ("a slope by its own value", np.abs, 2.0, {"gradient": lambda x: x / np.abs(x)}, "x = 0:"),
    (
        "between two inputs", lambda x, y: x * y, (2.0, 0.25),
        {"gradient": lambda x, y: (y * (x - y) / (x - y), x)}, "x - y = 0:",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "f", "at", "claim", "where"), UNDEFINED_WHERE, ids=[case[0] for case in UNDEFINED_WHERE]
)
def test_a_proof_is_none_where_an_operation_of_the_rule_fails_inside_the_domain(name, f, at, claim, where):
    finding = prove(f, *(at if isinstance(at, tuple) else (at,)), **claim)
    assert not finding.ok
    assert finding.points[0].verdict.name == "PROVED"  # nothing but that edge is in the way
    assert f"not proved where {where}" in " ".join(finding.worst_point.notes)


DEFINED = [
    ("the function's own pole", lambda x: 1 / x, lambda x: -1 / x**2),
    ("a logarithm", np.log, lambda x: 1 / x),
    ("a root in the denominator", lambda x: np.sqrt(1 - x * x), lambda x: -x / np.sqrt(1 - x * x)),
    ("both edges of an arc sine", np.arcsin, lambda x: 1 / np.sqrt((1 - x) * (1 + x))),
    ("a denominator that is positive", np.arctan, lambda x: 1 / (1 + x * x)),
    ("an exponential", lambda x: np.log1p(np.exp(x)), lambda x: 1 / (1 + np.exp(-x))),
]


@pytest.mark.parametrize(("name", "f", "gradient"), DEFINED, ids=[case[0] for case in DEFINED])
def test_an_edge_of_the_function_itself_limits_no_proof(name, f, gradient):
    finding = prove(f, 0.5, gradient=gradient)
    assert finding.verdict.name == "PROVED"
    assert not any("not proved" in note for point in finding.points for note in point.notes)


def test_an_edge_at_which_the_answer_is_right_is_said_and_leaves_the_proof():
    finding = prove(cube, 2.0, gradient=lambda x: np.where(x == 0, 0.0, 3 * x**3 / x))
    assert finding.verdict.name == "PROVED"
    assert finding.worst_point.notes[-1].endswith("not proved where x = 0: its own divide needs b != 0; "
                                                  "at x = 0.0 it is CERTIFIED")  # fmt: skip


def test_an_edge_on_which_no_double_lies_is_said():
    finding = prove(cube, 2.0, gradient=lambda x: 3 * x**2 * (x * x - 2) / (x * x - 2))
    assert finding.verdict.name == "PROVED"
    assert "not proved where x**2 - 2 = 0" in finding.worst_point.notes[-1]
    assert "no point there was found to check" in finding.worst_point.notes[-1]


@pytest.mark.parametrize(
    ("zero", "at", "found"),
    [
        (x - y / 2, {"x": 3.0, "y": 0.1}, {"x": 0.05, "y": 0.1}),
        (x**2 - 2, {"x": 1.0}, None),
        (3 * x - 1, {"x": 1.0}, None),  # a third is no double
        (sp.exp(x) - 1, {"x": 1.0}, {"x": 0.0}),
        (x**2 + y**2, {"x": 1.0, "y": 2.0}, {"x": 0.0, "y": 0.0}),
        (sp.cosh(x), {"x": 1.0}, None),
    ],
    ids=str,
)
def test_a_point_on_an_edge_lies_on_it_exactly(zero, at, found):
    assert point_on(zero, at) == found


def test_branches_cover_every_side_once():
    found = list(branches(sp.Abs(x) + sp.Max(x, y)))
    assert {smooth for _, smooth in found} == {2 * x, x + y, 0, -x + y}
    for conditions, smooth in found:
        point = _inside(conditions)
        if point is not None:
            assert (sp.Abs(x) + sp.Max(x, y)).subs(point) == smooth.subs(point)


def _inside(conditions):
    for a in (-3, -1, 2, 5):
        for b in (-4, -2, 1, 3, 7):
            point = {x: a, y: b}
            if all((u.subs(point) > 0) == positive and u.subs(point) != 0 for u, positive in conditions):
                return point
    return None


def test_contradictory_conditions_are_found_and_possible_ones_kept():
    z = sp.Symbol("z", real=True)
    assert contradictory([(x - y, True), (y - z, True), (x - z, False)])
    assert not contradictory([(x - y, True), (y - z, True), (x - z, True)])


HINGE = np.array([0.5, -1.0, 2.0])
MASKS = [
    ("a comparison", lambda v: np.maximum(v, 0), 0.5, lambda v: (v > 0) * 1.0, lambda v: (v > 1) * 1.0),
    ("a mask on a hinge", lambda w: np.sum(np.maximum(0, 1 - w)), HINGE, lambda w: -1.0 * (w < 1),
     lambda w: -1.0 * (w < 2)),
    ("what is always finite", lambda x: np.sum(x * x), HINGE, lambda x: 2 * x * np.isfinite(x),
     lambda x: 3 * x * np.isfinite(x)),
    ("two comparisons", lambda v: np.clip(v, 0, 6), 0.5, lambda v: ((v > 0) & (v < 6)) * 1.0,
     lambda v: ((v > 0) | (v < 6)) * 1.0),
]  # fmt: skip


@pytest.mark.parametrize(("name", "f", "x", "right", "wrong"), MASKS, ids=[m[0] for m in MASKS])
def test_a_condition_is_a_number_in_a_formula(name, f, x, right, wrong):
    assert prove(f, x, gradient=right).verdict.name == "PROVED"
    assert prove(f, x, gradient=wrong).verdict.name == "WRONG"


def test_points_that_branches_leave_out_are_looked_at():
    at_two = prove(lambda x: x * x + x, 1.5, gradient=lambda x: np.where(x == 2.0, 99.0, 2 * x + 1))
    assert at_two.verdict.name == "WRONG"
    relu = prove(lambda x: np.maximum(x, 0), 1.5, gradient=lambda x: np.where(x > 0, 1.0, np.where(x == 0, 5.0, 0.0)))
    assert relu.verdict.name == "NOT_A_SUBGRADIENT"
    jumping = prove(lambda x: np.where(x == 2.0, 3.0, x * x), 1.5, gradient=lambda x: 2 * x)
    assert any("at x = 2.0 it is UNDEFINED" in note for note in jumping.worst_point.notes)
    right = prove(lambda x: np.maximum(x, 0), 1.5, gradient=lambda x: np.where(x > 0, 1.0, 0.0))
    assert right.verdict.name == "PROVED"


def test_code_that_takes_another_path_over_symbols_is_asked_in_floating_point():
    def clipped(x):
        return min(3 * x * x, 3.0) if isinstance(x, float) else 3 * x * x

    finding = prove(lambda x: x**3, 0.5, gradient=clipped)
    assert not finding.ok
    assert any("its code answers otherwise" in note for note in finding.worst_point.notes)
    assert prove(lambda x: x**3, 0.5, gradient=lambda x: 3 * x * x).verdict.name == "PROVED"


def test_what_a_wrong_derivative_is_off_by_takes_no_longer_than_a_witness_may(monkeypatch):
    looked = []

    def many(question):
        for n in range(200):
            looked.append(n)
            time.sleep(0.01)
            yield Branch("x", (), "", (("x", 1.0),), "y" * 1000)  # too long to be shown

    monkeypatch.setattr("verify.proof._branches", many)
    finding = prove(lambda x: x**2, 3.0, gradient=lambda x: 3 * x, budget=0.1)
    assert finding.verdict.name == "WRONG"
    assert 1 < len(looked) < 50
