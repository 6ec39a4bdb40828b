"""The suite of hand-written gradients against central differences in extended precision: no engine of ours.

Facts
    Differences of eighth order with step 2**-10 on smooth functions of size 1 leave about 1e-13 in float64
    and 1e-16 where long double has 64 bits, far below the 1e-7 asked for.
    ``pulled`` brings every form to one cotangent per input, so that right and wrong are compared alike.
"""

from __future__ import annotations

import ast
import inspect
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from verify.suites.case import Case
from verify.suites.handwritten import RIGHT
from verify.suites.mistakes import WRONG
from verify.suites.teaching import EXPRESSIONS

STEP = 2.0**-10
WEIGHTS = {1: 4 / 5, 2: -1 / 5, 3: 4 / 105, 4: -1 / 280}
CLOSE = 1e-7
FORMS = {"gradient", "value_and_gradient", "jacobian", "vjp"}
RIGHT_BY_ID = {case.id: case for case in RIGHT}
ALL = (*RIGHT, *WRONG)


def by_id(cases: tuple[Case, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", cases, ids=[case.id for case in cases])


def names(case: Case) -> list[str]:
    """The name of every array of the input, in order: a parameter of f, or ``params['w1']``."""
    found = []
    for name, x in zip(inspect.signature(case.f).parameters, case.xs, strict=False):
        found += [f"{name}[{key!r}]" for key in x] if isinstance(x, dict) else [name]
    return found


def leaves(tree: Any) -> list[Any]:
    if isinstance(tree, dict):
        return list(tree.values())
    return [leaf for part in tree for leaf in leaves(part)] if isinstance(tree, tuple) else [tree]


def rebuilt(xs: tuple[Any, ...], arrays: list[Any]) -> tuple[Any, ...]:
    rest = iter(arrays)
    return tuple({key: next(rest) for key in x} if isinstance(x, dict) else next(rest) for x in xs)


def cotangents(case: Case) -> list[Any]:
    y = np.asarray(case.f(*case.xs, **case.kwargs))
    if y.ndim == 0 and case.judged != "vjp":
        return [np.float64(1.0)]
    return [np.random.default_rng(seed).normal(size=y.shape) for seed in range(3)]


def pulled(case: Case, g: Any) -> list[Any]:
    """What the subject says: one cotangent for every array of the input."""
    if isinstance(case.subject, tuple):
        fwd, bwd = case.subject
        return leaves(bwd(fwd(*case.xs, **case.kwargs)[1], g))
    if case.judged == "vjp":
        return leaves(case.subject(g, case.f(*case.xs, **case.kwargs), *case.xs, **case.kwargs))
    answer = case.subject(*case.xs, **case.kwargs)
    if case.judged == "jacobian":
        return [g @ answer]
    return leaves(answer[1] if case.judged == "value_and_gradient" else answer)


def difference(case: Case, which: int, entry: tuple[int, ...]) -> Any:
    """The derivative of f by one entry of one input, of eighth order in long double."""
    def at(offset: float) -> Any:
        arrays = [np.array(x, dtype=np.longdouble) for x in leaves(case.xs)]
        arrays[which][entry] += offset
        return np.asarray(case.f(*rebuilt(case.xs, arrays), **case.kwargs))

    return sum(c * (at(k * STEP) - at(-k * STEP)) for k, c in WEIGHTS.items()) / STEP


def gaps(case: Case) -> list[Any]:
    """For every input, the gap of every entry over the largest true entry: the worst over the cotangents."""
    columns = [{entry: difference(case, which, entry) for entry in np.ndindex(np.shape(x))}
               for which, x in enumerate(leaves(case.xs))]
    worst = [np.zeros(np.shape(x)) for x in leaves(case.xs)]
    for g in cotangents(case):
        for which, said in enumerate(pulled(case, g)):
            truth = np.zeros(worst[which].shape)
            for entry, column in columns[which].items():
                truth[entry] = float(np.sum(g * column))
            worst[which] = np.maximum(worst[which], np.abs(said - truth) / np.max(np.abs(truth)))
    return worst


def is_right(case: Case) -> bool:
    return all(bool(np.all(gap <= CLOSE)) for gap in gaps(case))


def errs_as_stated(case: Case) -> bool:
    """Whether the named inputs and entries are wrong by more than least_gap, and all others right."""
    for name, gap in zip(names(case), gaps(case), strict=True):
        wrong = gap > case.least_gap
        expected = np.zeros(gap.shape, dtype=bool)
        if name == case.wrong_input and case.wrong_entries is not None:
            expected[tuple(np.transpose(case.wrong_entries))] = True
        elif name == case.wrong_input or name in case.also_wrong:
            if 2 * np.count_nonzero(wrong) <= gap.size:
                return False
            continue
        if not np.array_equal(wrong, expected) or not np.all(gap[~expected] <= CLOSE):
            return False
    return True


@by_id(RIGHT)
def test_a_right_gradient_agrees_with_differences(case: Case) -> None:
    assert is_right(case), dict(zip(names(case), gaps(case), strict=True))


@by_id(WRONG)
def test_a_wrong_twin_errs_where_it_says_and_nowhere_else(case: Case) -> None:
    assert errs_as_stated(case), dict(zip(names(case), gaps(case), strict=True))


@by_id(WRONG)
def test_a_wrong_twin_is_not_taken_for_right(case: Case) -> None:
    assert not is_right(case)


@by_id(WRONG)
def test_a_wrong_twin_that_names_another_input_is_rejected(case: Case) -> None:
    assert not errs_as_stated(replace(case, wrong_input="nothing", also_wrong=()))
    assert not errs_as_stated(replace(case, subject=RIGHT_BY_ID[case.id.split("/")[0]].subject))


@pytest.mark.parametrize(("factor", "right"), [(1.0, True), (1 + 1e-6, False), (-1.0, False)])
def test_differences_tell_a_millionth(factor: float, right: bool) -> None:
    x = np.array([0.3, -1.2])
    case = Case("exp", "", np.exp, (x,), "jacobian", lambda x: factor * np.diag(np.exp(x)))
    assert is_right(case) == right


@by_id(ALL)
def test_an_answer_has_the_shape_and_dtype_of_its_input(case: Case) -> None:
    """The mistakes are in the numbers, never in the form."""
    for said, x in zip(pulled(case, cotangents(case)[0]), leaves(case.xs), strict=True):
        assert np.shape(said) == np.shape(x)
        assert np.asarray(said).dtype == np.float64 == np.asarray(x).dtype


@by_id(ALL)
def test_the_subject_computes_the_same_value_and_leaves_its_inputs_alone(case: Case) -> None:
    before = [np.array(x) for x in leaves(case.xs)]
    y = case.f(*case.xs, **case.kwargs)
    pulled(case, cotangents(case)[0])
    if case.judged == "value_and_gradient":
        np.testing.assert_allclose(case.subject(*case.xs, **case.kwargs)[0], y, rtol=1e-14)  # type: ignore[operator]
    if isinstance(case.subject, tuple):
        np.testing.assert_allclose(case.subject[0](*case.xs, **case.kwargs)[0], y, rtol=1e-14)
    assert all(np.array_equal(x, old) for x, old in zip(leaves(case.xs), before, strict=True))


@by_id(RIGHT)
def test_an_example_point_is_small_and_has_no_two_equal_numbers(case: Case) -> None:
    """Equal entries would let a transposed or swapped answer pass."""
    if case.id == "lennard_jones":  # coordinates may repeat, distances may not
        first, second = np.triu_indices(len(case.xs[0]), 1)
        numbers = [np.linalg.norm(case.xs[0][first] - case.xs[0][second], axis=1)]
    else:
        numbers = [np.abs(x) for x in leaves(case.xs)]
    for x in numbers:
        assert np.size(x) <= 40
        assert len(np.unique(np.round(x, 6))) == np.size(x)


def test_ids_are_unique_and_every_mistake_has_its_right_twin() -> None:
    ids = [case.id for case in ALL]
    assert len(set(ids)) == len(ids)
    assert {case.id.split("/")[0] for case in WRONG} == set(RIGHT_BY_ID)
    for case in WRONG:
        twin = RIGHT_BY_ID[case.id.split("/")[0]]
        assert (case.f, case.xs, case.kwargs, case.judged) == (twin.f, twin.xs, twin.kwargs, twin.judged)
        assert case.subject != twin.subject
        assert case.note
        assert {case.wrong_input, *case.also_wrong} <= set(names(case))


def test_every_form_of_a_gradient_occurs_on_both_sides() -> None:
    for cases in (RIGHT, WRONG):
        assert {case.judged for case in cases} == FORMS
        assert {isinstance(case.subject, tuple) for case in cases if case.judged == "vjp"} == {True, False}
    assert all(not case.note and case.wrong_input is None for case in RIGHT)


def test_the_teaching_expressions_parse_and_use_just_the_names_they_are_given() -> None:
    assert len({key for key, _, _ in EXPRESSIONS}) == len(EXPRESSIONS)
    for _, text, where in EXPRESSIONS:
        used = {node.id for node in ast.walk(ast.parse(text, mode="eval")) if isinstance(node, ast.Name)}
        assert used - {"exp", "log"} == set(where)
