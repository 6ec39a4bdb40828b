"""HIPS autograd as an adapter sees it.

Facts
    Its arrays are NumPy's: nothing but a primitive shows that a function is one of its own, so ``engine="autograd"``
    says it. Its functions call NumPy's own where no box is among their arguments, so that exact numbers run through
    them, and through its rules, as they are: nothing is translated.
    A box is made by the type of what it holds. While exact numbers are boxed, their types are among autograd's.
    The gradient of a complex array is the one that NumPy's engine answers with.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from verify.adapters import stateless
from verify.adapters.framework import Flat, Framework, Pull
from verify.adapters.frameworks import loaded
from verify.adapters.saved import Escapes, widest
from verify.adapters.translation import Translation


def _tracer() -> Any:
    return loaded("autograd.tracer")


def _core() -> Any:
    return loaded("autograd.core")


def owns(x: Any) -> bool:
    """Whether this is an array or number of NumPy's or Python's that autograd would take."""
    return isinstance(x, np.ndarray | np.generic | float | complex) and np.asarray(x).dtype.kind in "biufc"


def owned(x: Any) -> bool:
    """Whether this is a primitive: no array is autograd's alone."""
    return bool(getattr(x, "_is_autograd_primitive", False))


def moves(x: Any) -> bool:
    return np.asarray(x).dtype.kind in "fc"


def examples(op: Any, xs: Sequence[Any], wanted: Sequence[int] | None) -> tuple[Any, ...]:
    """Arguments as they are: autograd differentiates NumPy's arrays, and numbers."""
    return tuple(xs)


def same(tree: Any) -> Any:
    return tree


def array(x: Any) -> Any:
    return np.array(x) if owns(x) else x


def tensor(x: Any, like: Any) -> Any:
    """An array as autograd gets it: numbers without dimensions are NumPy's scalars."""
    return np.asarray(x)[()] if np.ndim(x) == 0 and not _is_exact(x) else x


def _is_exact(x: Any) -> bool:
    """Whether x stands for an array without being NumPy's own, or a box."""
    own = isinstance(x, np.ndarray | np.generic | float | complex | int) or _tracer().isbox(x)
    return not own and hasattr(type(x), "__array_ufunc__")


@contextlib.contextmanager
def _boxable(values: Sequence[Any]) -> Iterator[None]:
    """A context in which exact numbers can be boxed as arrays are."""
    boxes = _tracer().Box
    kinds = [type(x) for x in values if _is_exact(x)]
    new = [kind for kind in dict.fromkeys(kinds) if kind not in boxes.type_mappings]
    boxes.type_mappings.update(dict.fromkeys(new, loaded("autograd.numpy.numpy_boxes").ArrayBox))  # type: ignore[union-attr]
    try:
        yield
    finally:
        for kind in new:
            del boxes.type_mappings[kind]


def vjp(function: Flat, tensors: Sequence[Any]) -> tuple[Sequence[Any], Pull]:
    roots = [_core().VJPNode.new_root() for _ in tensors]
    with _boxable(tensors):
        found = _traced(function, tensors, roots)
    values = [value for value, _ in found]

    def pull(gs: Sequence[Any]) -> list[Any]:
        ends = [(g, node) for g, (_, node) in zip(gs, found, strict=True) if node is not None]
        with _boxable([*tensors, *gs]):
            pulled = _pulled(ends, roots)
        return [np.zeros(np.shape(x)) if d is None else d for d, x in zip(pulled, tensors, strict=True)]

    return values, pull


def _traced(function: Flat, tensors: Sequence[Any], roots: Sequence[Any]) -> list[tuple[Any, Any]]:
    """The results of a function, each with its node; None where it depends on no tensor."""
    tracer = _tracer()
    with tracer.trace_stack.new_trace() as number:
        boxes = [tracer.new_box(x, number, root) for x, root in zip(tensors, roots, strict=True)]
        results = function(*boxes)
    own = [tracer.isbox(y) and y._trace == number for y in results]
    return [(y._value, y._node) if is_own else (y, None) for y, is_own in zip(results, own, strict=True)]


def _pulled(ends: Sequence[tuple[Any, Any]], roots: Sequence[Any]) -> list[Any]:
    """autograd's backward pass, from several results to several roots."""
    gradients: dict[Any, Any] = {}
    for g, end in ends:
        outgrads = {end: (g, False)}
        for node in loaded("autograd.util").toposort(end):  # type: ignore[union-attr]
            outgrad = outgrads.pop(node)[0]
            if node in roots:
                gradients[node] = _added(gradients.get(node), outgrad)
            for parent, ingrad in zip(node.parents, node.vjp(outgrad), strict=False):
                outgrads[parent] = _added(outgrads.get(parent), ingrad)
    return [gradients[root][0] if root in gradients else None for root in roots]


def _added(before: Any, g: Any) -> Any:
    """A sum in autograd's own way; of exact numbers, which are in none of its vector spaces, by their own."""
    if _is_exact(g) or (before is not None and _is_exact(before[0])):
        return (g if before is None else before[0] + g), False
    return _core().add_outgrads(before, g)


def jvp(function: Flat, tensors: Sequence[Any], tangents: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any]]:
    roots = [_core().JVPNode.new_root(t) for t in tangents]
    with _boxable([*tensors, *tangents]):
        found = _traced(function, tensors, roots)
    return [y for y, _ in found], [np.zeros(np.shape(y)) if node is None else node.g for y, node in found]


def second(function: Flat, tensors: Sequence[Any], gs: Sequence[Any], ts: Sequence[Any]) -> Sequence[Any]:
    """The derivative of x -> J(x)'g along ts: reverse over reverse, since second derivatives commute."""

    def first(*xs: Any) -> Any:
        return vjp(function, xs)[1](gs)

    return vjp(first, tensors)[1](ts)


def translated(function: Flat, tensors: Sequence[Any]) -> Translation:
    return Translation(lambda xs: list(function(*xs)))


def called(op: Any, arguments: Sequence[Any], parameters: dict[str, Any], kwargs: dict[str, Any]) -> Any:
    return op(*arguments, **kwargs)


def differentiable(function: Flat, tensors: Sequence[Any]) -> tuple[int, list[int]]:
    """How many results there are, and which are differentiated: floating and complex ones."""
    results = function(*tensors)
    return len(results), [k for k, y in enumerate(results) if owns(y) and moves(y)]


def named(op: Any) -> tuple[str, list[str]]:
    """The name of a function and of its arguments: of a primitive those of what it wraps."""
    return stateless.named(getattr(op, "fun", op))


def refined(
    function: Flat, tensors: Sequence[Any], wide: Flat, wider: Sequence[Any], roundoff: float
) -> tuple[Sequence[Any], Sequence[Any], Pull]:
    """What a primitive's rule rests on lies in closures, where nothing can be replaced."""
    raise Escapes("autograd keeps what a forward pass saves in closures")


AUTOGRAD = Framework(
    "autograd", False, owned, owns, examples, same, same, widest, moves, array, tensor, vjp, jvp, second, refined,
    translated,
    stateless.state, stateless.restored, stateless.parameters, called, named, differentiable, stateless.saved,
)  # fmt: skip
