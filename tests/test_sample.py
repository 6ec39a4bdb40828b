"""Drawn points lie in the ranges, satisfy the precondition and are the same everywhere."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verify.expression import ExpressionError, parse
from verify.sample import SampleError, draw
from verify.suite import Row, Variable, built_in

Points = list[dict[str, float]]
ROWS = [row for suite in built_in() for row in suite.rows]


def outside(row: Row, points: Points) -> list[str]:
    """The variables and preconditions that some point violates."""
    violated = set()
    for at in points:
        for v in row.variables:
            x = at[v.name]
            above = v.low is None or (v.low < x if v.low_open else v.low <= x)
            below = v.high is None or (x < v.high if v.high_open else x <= v.high)
            if not (math.isfinite(x) and above and below):
                violated.add(v.name)
        if row.pre is not None and not parse(row.pre)(**{n: at[n] for n in parse(row.pre).names}):
            violated.add("pre")
    return sorted(violated)


def test_every_row_of_the_suites_gives_points_inside_its_domain() -> None:
    for row in ROWS:
        points = draw(row, count=20, seed=3)
        assert len(points) == (20 if any(v.low is None or v.low != v.high for v in row.variables) else 1)
        assert outside(row, points) == [], row.id
    assert len(ROWS) == 249


def test_points_outside_are_noticed() -> None:
    triangle = next(row for row in ROWS if row.id == "fpbench/rosa/031")
    degenerate = {"a": 1.0, "b": 1.0, "c": 2.0}
    assert outside(triangle, [degenerate]) == ["pre"]
    assert outside(triangle, [{"a": 0.5, "b": 1.0, "c": 1.0}]) == ["a", "pre"]
    noticed = 0
    for row in ROWS:  # a sampler that never looks at the precondition
        blind = draw(replace(row, pre=None), count=20)
        noticed += outside(row, blind) != []
    assert noticed >= 10


def test_open_ends_are_never_drawn() -> None:
    low, high = 1.0, math.nextafter(math.nextafter(1.0, 2.0), 2.0)  # three floats, the middle one is inside
    for low_open, high_open in ((True, True), (True, False), (False, True), (False, False)):
        v = Variable("x", low, high, low_open, high_open)
        found = {at["x"] for at in draw([v], count=200)}
        assert (low in found) is not low_open
        assert (high in found) is not high_open


def test_a_fixed_variable_keeps_its_value() -> None:
    row = next(row for row in ROWS if row.id == "fpbench/rosa/019")
    points = draw(row, count=5)
    assert [at["a"] for at in points] == [9.0] * 5
    assert len({at["b"] for at in points}) == 5
    assert draw([Variable("n", 3.0, 3.0)], count=5) == [{"n": 3.0}]


RANGES: list[tuple[Variable, Callable[[np.ndarray], bool]]] = [
    (Variable("x"), lambda x: (x < -1).any() and (x > 1).any() and (abs(x) < 0.1).any()),
    (Variable("x", 0.0), lambda x: (x > 0).all() and (x < 0.1).any() and (x > 10).any()),
    (Variable("x", None, -5.0), lambda x: (x <= -5).all() and (x < -50).any()),
    (Variable("x", 1e-8, 1.0), lambda x: (x < 1e-4).any() and (x > 0.5).any()),
    (Variable("x", -1.0, -1e-8), lambda x: (x > -1e-4).any() and (x < -0.5).any()),
    (Variable("x", -10.0, 1.0), lambda x: (abs(x) < 0.05).any() and (x < -5).any() and (x > 0.5).any()),
    (Variable("x", -1e308, 1e308), lambda x: np.isfinite(x).all() and (x < -1e307).any()),
    (Variable("x", 0.0, 5e-324), lambda x: set(x) == {0.0, 5e-324}),
    (Variable("x", 1e300), lambda x: np.isfinite(x).all() and (x > 2e300).any()),
]


def test_the_whole_range_is_reached_at_several_magnitudes() -> None:
    for v, reached in RANGES:
        x = np.array([at["x"] for at in draw([v], count=200)])
        assert reached(x), v
    uniform = np.random.default_rng(0).uniform(1e-8, 1.0, 200)
    assert not RANGES[3][1](uniform)  # plain uniform points would not do


def test_the_same_points_come_from_every_process() -> None:
    program = (
        "from verify.sample import draw; from verify.suite import Row, Variable\n"
        "v = (Variable('x', 0.0, 1.0), Variable('y'))\n"
        "print([draw(Row('a row', 'a', 'x*y', v), count=2, seed=5), draw(v, 'x < y', count=2)])"
    )
    source = str(Path(__file__).resolve().parent.parent / "src")
    answers = set()
    for hash_seed in "12":
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": source}
        run = [sys.executable, "-c", program]
        answers.add(subprocess.run(run, env=environment, capture_output=True, text=True, check=True).stdout)
    assert len(answers) == 1


def test_more_points_begin_with_the_same_ones_and_seeds_differ() -> None:
    row = next(row for row in ROWS if row.id == "fpbench/fptaylor-real2float/003")
    assert draw(row, count=3) == draw(row, count=200)[:3]
    assert draw(row, seed=0) != draw(row, seed=1)
    assert draw(row) != draw(replace(row, id="another"))
    assert draw(row, seed=-1) == draw(row, seed=-1)


def test_a_given_precondition_goes_before_that_of_the_row() -> None:
    row = Row("r", "r", "x", (Variable("x", 0.0, 1.0),), pre="x < 0.5")
    assert all(at["x"] < 0.5 for at in draw(row, count=50))
    assert all(at["x"] > 0.5 for at in draw(row, "x > 0.5", count=50))


def test_a_precondition_that_admits_nothing_is_an_error() -> None:
    impossible: list[tuple[Sequence[Variable], str | None]] = [
        ([Variable("x", 0.0, 1.0)], "x > 2"),
        ([Variable("x", 0.0, 1.0)], "sqrt(-1 - x) > 0"),
        ([Variable("x", 1.0, 1.0, low_open=True)], None),
    ]
    for variables, pre in impossible:
        with pytest.raises(SampleError, match=r"'x': 0 of .* exclude each other") as caught:
            draw(variables, pre)
        assert "\n" not in str(caught.value)


def test_fewer_points_come_with_a_warning() -> None:
    narrow = "x < 0.00001"  # about 4 of 400,000 uniform proposals, and none of the others
    with pytest.warns(UserWarning, match="leave little room"):
        points = draw([Variable("x", 0.0, 1.0)], narrow, count=100)
    assert 0 < len(points) < 100
    assert all(at["x"] < 1e-5 for at in points)


def test_a_precondition_must_be_a_condition_on_the_variables() -> None:
    for pre in ("x + 1", "y > 0", "x >"):
        with pytest.raises(ExpressionError):
            draw([Variable("x", 0.0, 1.0)], pre)
    with pytest.raises(ValueError, match="count"):
        draw([Variable("x", 0.0, 1.0)], count=-1)


bounds = st.floats(allow_nan=False, allow_infinity=False)


@settings(deadline=None, max_examples=200)
@given(bounds | st.none(), bounds | st.none(), st.integers())
def test_any_range_gives_points_inside_it(a: float | None, b: float | None, seed: int) -> None:
    low, high = (a, b) if a is None or b is None else sorted((a, b))
    row = Row("any", "any", "x", (Variable("x", low, high),))
    assert outside(row, draw(row, count=3, seed=seed)) == []
