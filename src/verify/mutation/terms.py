"""Mistakes in what is added up: a term is missing or overwrites the others, a sum over a broadcast axis is left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

import ad
from ad.core import adjoints
from verify.mutation.rule import Call, Change, Rule, SameAnswer, equal, nothing


def dropped(rule: Rule, call: Call, memory: dict[str, Any]) -> list[Any]:
    """Without what the last use of an input adds; where each is used once, without the last input."""
    last = len(call.inputs) - 1
    if rule.pushes:
        if last < 1:
            raise SameAnswer("there is one input")
        assert call.weights is not None
        if call.operand is None:
            return rule.answer(replace(call, weights=(*call.weights[:-1], nothing(call.weights[-1]))))
        return [nothing(p) for p in rule.answer(call)] if call.operand == last else rule.answer(call)
    parts = rule.answer(call)
    for i, uses in enumerate(_uses(rule, call) if len(parts) == len(call.inputs) else []):
        if len(uses) > 1:
            return [*parts[:i], parts[i] - uses[-1], *parts[i + 1 :]]
    if last < 1 or len(parts) < 2:
        raise SameAnswer("there is one input, used once")
    return [*parts[:-1], nothing(parts[-1])]


def overwritten(rule: Rule, call: Call, memory: dict[str, Any]) -> list[Any]:
    """What the last use of an input adds, in place of the sum over all."""
    if rule.pushes:
        raise SameAnswer("a push adds nothing up")
    parts = rule.answer(call)
    uses = _uses(rule, call) if len(parts) == len(call.inputs) else []
    if all(len(found) < 2 for found in uses):
        raise SameAnswer("every input is used once")
    return [found[-1] if len(found) > 1 else p for p, found in zip(parts, uses, strict=True)]


def _uses(rule: Rule, call: Call) -> list[list[Any]]:
    """For each input what every use of it adds to its cotangent, by the engine's own rules."""
    graph = ad.trace(lambda *xs: rule.f(*xs), *call.inputs)
    if len(graph.inputs) != len(call.inputs) or len(graph.outputs) != 1 or graph.outputs[0] is None:
        return [[] for _ in call.inputs]
    (y,) = graph.values
    weight = call.weights[0] if call.weights is not None else np.ones_like(y)
    if np.shape(weight) != np.shape(y):
        return [[] for _ in call.inputs]
    found = adjoints(graph.outputs[0], weight)
    return [
        [
            node.op.vjp(i, found[node], node.primal, node.operands, node.static)
            for node in graph.computed
            if node in found and node.op is not None
            for i, parent in enumerate(node.parents)
            if parent is leaf
        ]
        for leaf in graph.inputs
    ]


def unsummed(pick: Callable[[Any, tuple[int, ...]], Any]) -> Change:
    """An input that is broadcast gets the cotangent of its copies, not their sum."""

    def change(rule: Rule, call: Call, memory: dict[str, Any]) -> list[Any]:
        if rule.pushes:
            raise SameAnswer("a push sums over no broadcast axis")
        parts, (i, inputs) = rule.answer(call), _stretched(rule, call)
        if len(parts) != len(inputs):
            raise SameAnswer("its answer is not laid out as its inputs are")
        graph = ad.trace(lambda *xs: rule.f(*xs), *inputs)
        weights = [np.ones_like(y) for y in graph.values] if call.weights is None else call.weights
        spread = graph.pull(weights)[i]
        return [*parts[:i], pick(spread, np.shape(call.inputs[i])), *parts[i + 1 :]]

    return change


def _stretched(rule: Rule, call: Call) -> tuple[int, tuple[Any, ...]]:
    """The first input that f broadcasts, and the inputs with its copies in its place."""
    outputs = rule.f(*call.inputs)
    for i, x in enumerate(call.inputs if len(outputs) == 1 else ()):
        y = np.shape(outputs[0])
        for shape in (y, (*y[:-2], *np.shape(x)[-2:])):
            if np.size(x) == 0 or int(np.prod(shape)) <= np.size(x) or not _fits(np.shape(x), shape):
                continue
            inputs = (*call.inputs[:i], np.broadcast_to(x, shape) + 0.0, *call.inputs[i + 1 :])
            try:
                same = equal(rule.f(*inputs), outputs)
            except Exception:  # f does not take it in that shape
                continue
            if same:
                return i, inputs
    raise SameAnswer("no input is broadcast")


def _fits(shape: tuple[int, ...], wide: tuple[int, ...]) -> bool:
    try:
        return np.broadcast_shapes(shape, wide) == wide
    except ValueError:
        return False


def first_slice(spread: Any, shape: tuple[int, ...]) -> Any:
    while np.ndim(spread) > len(shape):
        spread = spread[0]
    for axis, (n, m) in enumerate(zip(np.shape(spread), shape, strict=True)):
        spread = np.take(spread, [0], axis) if m == 1 < n else spread
    return spread
