"""The movement on whole arrays: the same size as the recorded program's, and blind to poor slopes."""

from __future__ import annotations

import numpy as np
import pytest

from ad.variable import trace
from verify.claim import Claim
from verify.movement import array_movement, movement_of
from verify.question import prepare
from verify.reductions import partial_sums
from verify.suites.handwritten import RIGHT


@pytest.mark.parametrize("case", RIGHT, ids=[case.id for case in RIGHT])
def test_arrays_and_program_move_by_the_same_size(case):
    question = prepare(Claim(case.f, *case.xs, kwargs=case.kwargs, **{case.judged: case.subject}))
    exact, found = movement_of(question), array_movement(question)
    moving = exact > 0
    ratio = found[moving] / exact[moving]
    assert np.all(found[~moving] <= 1e-12)
    assert 0.4 <= np.median(ratio) <= 2.5
    assert np.all((ratio > 0.2) & (ratio < 5))
    assert not 0.4 <= np.median(100 * ratio) <= 2.5  # a movement off by 100 would be noticed


def test_a_cancellation_moves_more_than_the_answer():
    question = prepare(Claim(lambda x: (x - 1e8) ** 2, 1e8 + 1.0))
    assert array_movement(question)[0, 0] > 1e7


def test_a_well_conditioned_derivative_moves_by_its_own_size():
    question = prepare(Claim(lambda x: x * x, 3.0))
    assert array_movement(question)[0, 0] < 50


def test_partial_sums_are_those_of_the_axis():
    x = np.arange(6.0).reshape(2, 3)
    node = trace(lambda x: np.sum(x, axis=1), x).outputs[0]
    assert np.allclose(partial_sums(node), np.sqrt(np.sum(np.cumsum(x, axis=1) ** 2, axis=1)))


def test_a_function_too_large_to_record_still_has_a_movement():
    x = np.linspace(-1, 1, 10**5)
    question = prepare(Claim(lambda x: np.sum(np.tanh(np.sin(np.exp(x) - x) * x) + x * x), x))
    assert np.all(np.isfinite(movement_of(question)))
