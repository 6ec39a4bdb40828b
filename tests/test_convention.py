"""What a rule answers on its kinks is read off the rule: another rule reads otherwise."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import ad
from ad.core import Op
from ad.variable import TABLE
from verify import convention
from verify.convention import OF_MATRICES, kink_set, kinks
from verify.entry import entry_finding
from verify.suites.optable import claims_of

KINKED = [op for op in TABLE.values() if op.kinks is not None and kink_set(op) != OF_MATRICES]
SMOOTH = [op for op in TABLE.values() if op.kinks is None]


def silent(op: Op) -> list[str]:
    """What a reader misses about the kinks of an op."""
    misses = [] if kinks(op) else ["a point"]
    return misses + ([] if kink_set(op).endswith(" = 0") else ["where"])


@pytest.mark.parametrize("op", KINKED, ids=lambda op: op.name)
def test_every_op_with_kinks_shows_where_and_what_its_rule_answers(op: Op) -> None:
    assert silent(op) == []
    assert silent(dataclasses.replace(op, kinks=None)) == ["a point", "where"]


def test_ops_of_matrices_say_so() -> None:
    of_matrices = [op for op in TABLE.values() if kink_set(op) == OF_MATRICES]
    assert [op.name for op in of_matrices] == ["svd_triplets"]
    assert all(kinks(op) == () and op.needs for op in of_matrices)


@pytest.mark.parametrize("op", SMOOTH, ids=lambda op: op.name)
def test_an_op_without_kinks_shows_none(op: Op) -> None:
    assert (kinks(op), kink_set(op)) == ((), "")


@pytest.mark.parametrize("op", KINKED, ids=lambda op: op.name)
def test_the_slopes_are_those_that_the_engine_answers(op: Op) -> None:
    for kink in kinks(op):
        if op.exact is None:
            found = tuple(ad.grad(op.fun)(np.array(kink.at)))
        else:
            found = ad.grad(op.fun, tuple(range(len(kink.at))))(*kink.at)
        assert tuple(map(float, found)) == kink.slopes
        assert len(kink.slopes) == len(kink.at)


CONVENTIONS: dict[Callable[..., Any], tuple[tuple[float, ...], tuple[float, ...], bool]] = {
    np.absolute: ((0.0,), (0.0,), False),
    np.maximum: ((0.0, 0.0), (0.5, 0.5), False),
    np.sign: ((0.0,), (0.0,), True),
    np.floor: ((0.0,), (0.0,), True),
    np.trunc: ((1.0,), (0.0,), True),  # no kink at 0
    np.rint: ((0.5,), (0.0,), True),
    np.fmod: ((1.0, 1.0), (1.0, -1.0), True),
    np.max: ((0.0, 0.0), (0.5, 0.5), False),
}


@pytest.mark.parametrize("function", CONVENTIONS, ids=lambda f: f.__name__)
def test_the_simplest_kink_comes_first(function: Callable[..., Any]) -> None:
    first = kinks(TABLE[function])[0]
    assert (first.at, first.slopes, first.jump) == CONVENTIONS[function]


@pytest.mark.parametrize("op", KINKED, ids=lambda op: op.name)
def test_another_rule_has_another_convention(op: Op) -> None:
    shifted = dataclasses.replace(op, vjp=lambda i, *rest: op.vjp(i, *rest) + 0.75)
    for one, other in zip(kinks(op), kinks(shifted), strict=True):
        assert (other.at, other.jump) == (one.at, one.jump)
        assert other.slopes == tuple(slope + 0.75 for slope in one.slopes)


def test_points_that_the_entry_names_but_that_are_smooth_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    assert all(kink.at[0] != 0 for kink in kinks(TABLE[np.fmod]))
    monkeypatch.setattr(convention, "_sides", lambda op, at: (False, True))
    assert any(kink.at[0] == 0 for kink in kinks(TABLE[np.fmod]))


def test_a_finding_of_an_entry_holds_what_its_rule_answers() -> None:
    claims = claims_of(np.minimum)
    assert claims is not None
    rule = entry_finding(claims).rule
    assert rule is not None
    assert (rule.kink_set, rule.kinks, rule.domain) == ("a - b = 0", kinks(TABLE[np.minimum]), "")
    assert [found.operand for found in rule.accuracy] == [0, 1]
    assert rule.density is not None
    assert rule.density.name == "sample"
