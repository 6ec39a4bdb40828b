"""Both modes of every shape op, reduction and contraction, exact over integers; each kind of mistake is noticed."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ad.core import Op
from ad.table.shapes import getitem, scatter
from ad.variable import MEANINGS, TABLE
from verify.entry import entry_finding
from verify.exactness import call_text, first_fault
from verify.judge import Verdict
from verify.proof import prove
from verify.suites.calls import CALLS, NOT_POLYNOMIAL, REFUSED, Call, call, floats, opened
from verify.suites.optable import claims_of

FUNCTIONS = [f for f, op in TABLE.items() if op.family != "elementwise"] + list(MEANINGS)
POLYNOMIAL = [f for f in FUNCTIONS if f not in NOT_POLYNOMIAL]


def named(function: Callable[..., Any]) -> str:
    return function.__name__


@pytest.mark.parametrize("function", POLYNOMIAL, ids=named)
def test_both_modes_are_exact_for_the_family_of_shapes(function: Callable[..., Any]) -> None:
    for example in CALLS[function]:
        assert first_fault(function, example) is None, call_text(example)


def without_a_family(functions: list[Callable[..., Any]], calls: dict[Any, list[Call]]) -> list[str]:
    return [named(f) for f in functions if not calls.get(f)]


def test_every_entry_has_a_family_of_shapes() -> None:
    assert without_a_family(FUNCTIONS, CALLS) == []
    assert without_a_family(FUNCTIONS, {**CALLS, np.sum: []}) == ["sum"]
    assert all(len(reason) > 20 and function in FUNCTIONS for function, reason in NOT_POLYNOMIAL.items())


def test_the_families_hold_the_shapes_at_which_rules_go_wrong() -> None:
    """No axes, no entries, one entry, three axes: where the function takes them, which scatter and the like do not."""
    kinds: dict[str, Callable[[tuple[int, ...]], bool]] = {
        "0-d": lambda s: s == (),
        "empty": lambda s: 0 in s,
        "one entry": lambda s: len(s) > 0 and set(s) == {1},
        "3-d": lambda s: len(s) >= 3,
    }
    refused = {  # NumPy's own refusal, or a function of matrices
        "0-d": {np.matmul, np.swapaxes, np.moveaxis, np.sort, np.diff, np.diagonal, np.trace, np.triu, np.tril}
        | {np.split},
        "empty": {np.average},
        "3-d": {np.einsum},
    }
    for (kind, fits), function in itertools.product(kinds.items(), POLYNOMIAL):
        if function not in refused.get(kind, set()) | REFUSED[kind]:
            assert any(fits(shape) for example in CALLS[function] for shape in opened(example)[0]), (kind, function)


def test_a_call_without_integer_values_is_a_fault_of_the_family() -> None:
    with pytest.raises(ValueError, match=r"np.std\(f\[3\]\) has values that are no integers"):
        first_fault(np.std, call(floats(3)))


def test_the_text_of_a_call_tells_every_argument() -> None:
    texts = [call_text(example) for calls in CALLS.values() for example in calls]
    assert not any("array" in text or "object" in text or "slice" in text for text in texts)
    for function, calls in CALLS.items():
        shown = [call_text(example) for example in calls]
        assert len(set(shown)) >= len(shown) - 1, function  # np.array([0]) and [0] read alike


# --- mistakes

Vjp = Callable[..., Any]


def overwriting(i: int, g: Any, y: Any, xs: Any, static: dict[str, Any]) -> Any:
    found = np.zeros(np.shape(xs[0]))
    found[static["index"]] = g
    return found


def wrong_axis_kept(i: int, g: Any, y: Any, xs: Any, static: dict[str, Any]) -> Any:
    """The reduced axis put back in front, wherever it was: wrong only for other axes without keepdims."""
    if static["keepdims"] or static["axis"] is None:
        return np.broadcast_to(g, np.shape(xs[0]))
    return np.broadcast_to(np.asarray(g)[None], np.shape(xs[0])) if np.shape(xs[0])[1:] == np.shape(g) else g * 1.0


MISTAKES: dict[str, tuple[Any, str, Callable[[Op], Vjp]]] = {
    "a transpose that is not inverted": (
        np.transpose, "vjp", lambda op: lambda i, g, y, xs, s: np.transpose(g, s["axes"]),
    ),
    "a sum over broadcast axes left out": (
        np.broadcast_to, "vjp", lambda op: lambda i, g, y, xs, s: g,
    ),
    "broadcast axes of length 1 summed but not kept": (
        np.broadcast_to, "vjp", lambda op: lambda i, g, y, xs, s: np.squeeze(op.vjp(i, g, y, xs, s)),
    ),
    "a batch axis not summed": (
        np.matmul, "vjp",
        lambda op: lambda i, g, y, xs, s: np.matmul(g, np.swapaxes(xs[1], -1, -2)) if i == 0 and np.ndim(xs[1]) > 1
        else op.vjp(i, g, y, xs, s),
    ),
    "factors in the wrong order": (
        np.matmul, "vjp",
        lambda op: lambda i, g, y, xs, s: np.matmul(g, np.swapaxes(xs[0], -1, -2)) if i == 1 and min(
            np.ndim(x) for x in xs) == 2 else op.vjp(i, g, y, xs, s),
    ),
    "repeated indices overwrite": (getitem, "vjp", lambda op: overwriting),
    "repeated indices of scatter count once": (
        scatter, "jvp", lambda op: lambda i, t, y, xs, s: overwriting(0, t, y, (np.zeros(s["shape"]),), s),
    ),
    "the wrong axis": (np.sum, "vjp", lambda op: wrong_axis_kept),
    "keepdims forgotten": (
        np.sum, "jvp", lambda op: lambda i, t, y, xs, s: op.jvp(i, t, y, xs, {**s, "keepdims": False}),
    ),
    "a running sum from the wrong end": (
        np.cumsum, "vjp", lambda op: lambda i, g, y, xs, s: np.reshape(np.cumsum(g, axis=s["axis"]), np.shape(xs[0])),
    ),
    "the product of all entries, not of the others": (
        np.prod, "vjp", lambda op: lambda i, g, y, xs, s: op.vjp(i, g, y, xs, s) * xs[0],
    ),
    "the smallest for the largest": (
        np.max, "vjp", lambda op: lambda i, g, y, xs, s: op.vjp(i, g, np.min(xs[0], **s), xs, s),
    ),
    "pieces from the start": (
        np.concatenate, "vjp",
        lambda op: lambda i, g, y, xs, s: op.vjp(0, g, y, xs, s) if xs[0].shape == xs[i].shape
        else op.vjp(i, g, y, xs, s),
    ),
    "an index summed twice": (
        np.einsum, "vjp", lambda op: lambda i, g, y, xs, s: op.vjp(i, g, y, xs, s) * (1 + (s["subscripts"] == "ii->i")),
    ),
    "a rule that is not linear": (
        np.reshape, "vjp", lambda op: lambda i, g, y, xs, s: op.vjp(i, g, y, xs, s) * (1 + (np.count_nonzero(g) > 1)),
    ),
    "a rule that raises": (np.dot, "vjp", lambda op: lambda i, g, y, xs, s: g[99]),
    "NaN": (np.sum, "vjp", lambda op: lambda i, g, y, xs, s: op.vjp(i, g, y, xs, s) * np.nan),
}  # fmt: skip


@pytest.mark.parametrize(("function", "mode", "mistake"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_in_a_transpose_is_noticed(
    function: Any, mode: str, mistake: Callable[[Op], Vjp], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert all(first_fault(function, example) is None for example in CALLS[function])
    op = TABLE[function]
    monkeypatch.setitem(TABLE, function, dataclasses.replace(op, **{mode: mistake(op)}))
    assert any(first_fault(function, example) is not None for example in CALLS[function])


def test_a_mistake_in_a_definition_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The definition is what the engine differentiates; NumPy's own function gives the truth."""
    monkeypatch.setitem(MEANINGS, np.trace, lambda a, offset=0, axis1=0, axis2=1: np.sum(np.diagonal(a, offset)))
    faults = [first_fault(np.trace, example) for example in CALLS[np.trace]]
    assert any(fault is not None and fault.said for fault in faults)


# --- what is reported


def test_a_finding_names_the_calls_or_the_first_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    claims = claims_of(np.sum)
    assert claims is not None
    right = entry_finding(claims)
    assert right.verdict is Verdict.PROVED
    assert right.exact == tuple(map(call_text, CALLS[np.sum])) == prove(np.sum).exact
    op = TABLE[np.sum]

    def wrong(i: int, g: Any, y: Any, xs: Any, static: dict[str, Any]) -> Any:
        return op.vjp(i, g, y, xs, static) * (2 if static["keepdims"] else 1)  # no matter at the example's call

    monkeypatch.setitem(TABLE, np.sum, dataclasses.replace(op, vjp=wrong))
    for found in (entry_finding(claims), prove(np.sum)):
        assert found.verdict is Verdict.WRONG
        assert found.exact == ()
        point = found.worst_point
        assert "np.sum(f[2,3,4], axis=(-1, 0), keepdims=True)" in point.reason
        assert (point.entry, point.yours, point.truth, point.judged_by) == ("x0[0, 0, 0]", 2.0, "1.0", "integers")
        assert "integers" in found.explain()


def test_a_function_that_integers_do_not_show_says_why() -> None:
    found = prove(np.std)
    assert found.verdict is Verdict.PROVED
    assert found.exact == ()
    assert any(NOT_POLYNOMIAL[np.std] in note for note in found.worst_point.notes)
