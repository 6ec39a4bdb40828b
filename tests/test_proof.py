"""Proofs: the rules of the table, and whole functions, for all inputs of a branch."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from ad.variable import MEANINGS, TABLE
from verify.branches import branches, contradictory
from verify.proof import prove

x, y = sp.symbols("x y", real=True)

# Entries that are no identity of formulas, and why: right to rounding, which is what they claim.
NO_IDENTITY = {function: op.note for function, op in TABLE.items() if "Taylor" in op.note}


@pytest.mark.parametrize("function", [*TABLE, *MEANINGS], ids=lambda function: function.__name__)
def test_every_entry_of_the_table_is_proved_or_says_why_not(function):
    finding = prove(function)
    assert finding.ok
    assert finding.verdict.name == "PROVED" or NO_IDENTITY.get(function), finding.worst_point.notes


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
