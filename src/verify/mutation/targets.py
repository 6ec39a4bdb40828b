"""What can be made wrong in a claim: the judged derivative in each of its forms, and an operation of the engine's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import ad
from ad.containers import flatten, unflatten
from ad.core import Graph, Op
from ad.dispatch import shown
from ad.variable import differentiable
from verify.arguments import argument_names, positions_of
from verify.claim import Claim, changed
from verify.mutation.rule import Call, Rule, Spoil

REVERSE, FORWARD = "reverse", "forward"
Alter = Callable[[Graph], None]


@dataclass(frozen=True, eq=False)
class Target:
    """One rule, as one claim asks about it. spoilt: a mistake -> the claim about the rule that has it."""

    name: str
    claim: Claim
    spoilt: Callable[[Spoil], Claim]


class Leaves:
    """The arrays of a claim's arguments that are differentiated."""

    def __init__(self, claim: Claim) -> None:
        chosen = positions_of(claim, argument_names(claim))
        self.slots = [(p, k) for p in chosen for k, x in enumerate(flatten(claim.xs[p])[1]) if differentiable(x)]

    def of(self, xs: Sequence[Any]) -> tuple[Any, ...]:
        """Those arrays, in order."""
        return tuple(flatten(xs[p])[1][k] for p, k in self.slots)

    def into(self, xs: Sequence[Any], leaves: Sequence[Any]) -> tuple[Any, ...]:
        """The arguments with these in their place."""
        trees = [flatten(x) for x in xs]
        filled = [list(parts) for _, parts in trees]
        for (p, k), leaf in zip(self.slots, leaves, strict=True):
            filled[p][k] = leaf
        return tuple(unflatten(tree, parts) for (tree, _), parts in zip(trees, filled, strict=True))


def targets_of(claim: Claim) -> list[Target]:
    """The rules that a claim is about: the judged derivative, or every operation that the engine meets in f."""
    if claim.judged != "engine":
        name = getattr(claim.subject, "__name__", claim.judged)
        make = SUBJECTS[claim.judged]
        return [Target(name, claim, lambda spoil: with_subject(claim, claim.judged, make(claim, spoil)))]
    if claim.engine != "ad":
        gradient = with_subject(claim, "gradient", lambda *xs, **kw: tuple(claim.engine.gradient(claim.f, xs, kw)))
        return [replace(target, name=repr(claim.engine)) for target in targets_of(changed(gradient, engine="ad"))]
    return [operation(claim, op) for op in operations(claim)]


def operations(claim: Claim) -> list[Op]:
    """The operations of f at the claim's point, each once, in order."""
    leaves = Leaves(claim)
    with np.errstate(all="ignore"):
        graph = ad.trace(lambda *given: claim.f(*leaves.into(claim.xs, given), **claim.kwargs), *leaves.of(claim.xs))
    return list(dict.fromkeys(node.op for node in graph.nodes if node.op is not None))


def with_subject(claim: Claim, judged: str, subject: Any) -> Claim:
    """The claim about another derivative of the same function at the same point."""
    return changed(claim, judged=judged, subject=subject)


# --- a judged derivative, in each of its forms


def _answered(
    claim: Claim, xs: Sequence[Any], weights: Any, spoil: Spoil, ask: Callable[..., Any], pushes: bool = False
) -> Any:
    """What a spoilt derivative returns, in the container of the right one. ask: (xs, weights) -> what it returns."""
    leaves, (tree, given) = Leaves(claim), flatten(weights)
    inputs, returned = leaves.of(xs), list[Any]()

    def f(*values: Any) -> list[Any]:
        return flatten(claim.f(*leaves.into(xs, values), **claim.kwargs))[1]

    def answer(call: Call) -> list[Any]:
        here = xs if call.inputs is inputs else leaves.into(xs, call.inputs)
        returned[:] = flatten(ask(here, unflatten(tree, call.weights) if call.weights is not None else None))
        return [part for part in returned[1] if part is not None]

    parts = iter(spoil(Rule(f, answer, pushes), Call(inputs, None if weights is None else tuple(given))))
    structure, found = returned
    return unflatten(structure, [None if part is None else next(parts) for part in found])


def _gradient(claim: Claim, spoil: Spoil) -> Any:
    def gradient(*xs: Any, **kwargs: Any) -> Any:
        return _answered(claim, xs, None, spoil, lambda here, _: claim.subject(*here, **kwargs))

    return gradient


def _value_and_gradient(claim: Claim, spoil: Spoil) -> Any:
    def value_and_gradient(*xs: Any, **kwargs: Any) -> Any:
        value = claim.subject(*xs, **kwargs)[0]
        return value, _answered(claim, xs, None, spoil, lambda here, _: claim.subject(*here, **kwargs)[1])

    return value_and_gradient


def _vjp(claim: Claim, spoil: Spoil) -> Any:
    if isinstance(claim.subject, tuple):
        return _pair(claim, spoil)

    def backward(g: Any, y: Any, *xs: Any, **kwargs: Any) -> Any:
        def ask(here: Sequence[Any], weights: Any) -> Any:
            return claim.subject(weights, y if here is xs else claim.f(*here, **kwargs), *here, **kwargs)

        return _answered(claim, xs, g, spoil, ask)

    return backward


def _pair(claim: Claim, spoil: Spoil) -> Any:
    forward, backward = claim.subject

    def kept(*xs: Any, **kwargs: Any) -> Any:
        y, residuals = forward(*xs, **kwargs)
        return y, (residuals, xs, kwargs)

    def pulled(residuals: Any, g: Any) -> Any:
        own, xs, kwargs = residuals

        def ask(here: Sequence[Any], weights: Any) -> Any:
            return backward(own if here is xs else forward(*here, **kwargs)[1], weights)

        return _answered(claim, xs, g, spoil, ask)

    return kept, pulled


def _along(claim: Claim, spoil: Spoil) -> Any:
    def along(ts: Any, *xs: Any, **kwargs: Any) -> Any:
        def ask(here: Sequence[Any], weights: Any) -> Any:
            return claim.subject(weights, *here, **kwargs)

        return _answered(claim, xs, ts, spoil, ask, pushes=claim.judged == "jvp")

    return along


SUBJECTS: dict[str, Callable[[Claim, Spoil], Any]] = {
    "gradient": _gradient,
    "value_and_gradient": _value_and_gradient,
    "jacobian": _gradient,
    "vjp": _vjp,
    "jvp": _along,
    "hvp": _along,
}


def asked(claim: Claim, xs: Sequence[Any], weights: Any) -> list[Any]:
    """The arrays that a claim's judged derivative returns at other arguments; weights: as the form takes them."""
    subject, kwargs = claim.subject, claim.kwargs
    if claim.judged in ("gradient", "jacobian"):
        returned = subject(*xs, **kwargs)
    elif claim.judged == "value_and_gradient":
        returned = subject(*xs, **kwargs)[1]
    elif claim.judged in ("jvp", "hvp"):
        returned = subject(weights, *xs, **kwargs)
    elif isinstance(subject, tuple):
        returned = subject[1](subject[0](*xs, **kwargs)[1], weights)
    else:
        returned = subject(weights, claim.f(*xs, **kwargs), *xs, **kwargs)
    return [np.asarray(part) for part in flatten(returned)[1] if part is not None]


# --- an operation of the engine's


def operation(claim: Claim, op: Op, mode: str = REVERSE) -> Target:
    """One operation of f, whose rule in one mode is made wrong wherever f uses it."""

    def spoilt(spoil: Spoil) -> Claim:
        def alter(graph: Graph) -> None:
            for node in graph.computed:
                if node.op is not None and node.op.fun is op.fun:
                    moving = [k for k, parent in enumerate(node.parents) if parent is not None]
                    node.op = spoilt_op(node.op, spoil, mode, moving)

        return (pulled if mode == REVERSE else pushed)(claim, alter)

    return Target(f"{shown(op)}, {mode} mode", claim, spoilt)


def spoilt_op(op: Op, spoil: Spoil, mode: str, moving: Sequence[int] | None = None) -> Op:
    """An operation with a mistake in its rule for one mode.

    moving: the operands that are differentiated, where a rule is asked for them together; None: each by itself.
    """

    def asked_for(rule: Callable[..., Any], i: int, w: Any, y: Any, operands: Any, static: Any) -> Any:
        places = [i] if moving is None else list(moving)
        inputs = tuple(operands[k] for k in places)
        operand = places.index(i) if mode == FORWARD else None

        def placed(values: Sequence[Any]) -> tuple[Any, ...]:
            given = dict(zip(places, values, strict=True))
            return tuple(given.get(k, x) for k, x in enumerate(operands))

        def answer(call: Call) -> list[Any]:
            assert call.weights is not None
            own = call.inputs is inputs
            here = operands if own else placed(call.inputs)
            result, kept = y if own else op.fun(*here, **static), type(static)(static)
            answered = places if call.operand is None else [places[call.operand]]
            return [rule(k, call.weights[0], result, here, kept) for k in answered]

        made = Rule(lambda *xs: [op.fun(*placed(xs), **static)], answer, mode == FORWARD)
        return spoil(made, Call(inputs, (w,), operand))[0 if operand is not None else places.index(i)]

    if mode == FORWARD:
        return replace(op, jvp=lambda i, t, y, operands, static: asked_for(op.jvp, i, t, y, operands, static))
    return replace(op, vjp=lambda i, g, y, operands, static: asked_for(op.vjp, i, g, y, operands, static))


def whole(claim: Claim, mode: str = REVERSE) -> Target:
    """What the engine answers for a claim's function, in one mode, as one rule."""
    right = (pulled if mode == REVERSE else pushed)(claim, lambda graph: None)
    name = f"{claim.title or claim.text}, {mode} mode"
    return replace(targets_of(right)[0], name=name, claim=claim)


def pulled(claim: Claim, alter: Alter) -> Claim:
    """The claim about the engine's reverse mode over an altered graph."""
    leaves = Leaves(claim)

    def reverse_mode(g: Any, y: Any, *xs: Any, **kwargs: Any) -> Any:
        graph = ad.trace(lambda *given: claim.f(*leaves.into(xs, given), **kwargs), *leaves.of(xs))
        alter(graph)
        return tuple(graph.pull(flatten(g)[1]))

    return with_subject(claim, "vjp", reverse_mode)


def pushed(claim: Claim, alter: Alter) -> Claim:
    """The claim about the engine's forward mode over an altered graph."""
    leaves = Leaves(claim)

    def forward_mode(ts: Any, *xs: Any, **kwargs: Any) -> Any:
        graph = ad.trace(lambda *given: claim.f(*leaves.into(xs, given), **kwargs), *leaves.of(xs))
        alter(graph)
        return unflatten(graph.tree, graph.push(flatten(ts)[1]))

    return with_subject(claim, "jvp", forward_mode)
