"""What an example call is: the arguments of a function, as data.

``floats(2, 3)`` stands for an array of that shape, which is differentiated, and ``complexes(2, 3)`` for a complex one,
made of two inputs, its real and its imaginary part; everything else in a call is constant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ad.containers import flatten, unflatten

Draw = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]


def normal(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return np.asarray(rng.normal(size=shape))


def positive(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Symmetric positive definite matrices whose eigenvalues are apart."""
    a = rng.normal(size=shape)
    return np.asarray(a @ np.swapaxes(a, -1, -2) / shape[-1] + np.diag(np.arange(1.0, 1 + shape[-1]) ** 2))


@dataclass(frozen=True)
class Floats:
    """An input of the given shape, and how it is drawn."""

    shape: tuple[int, ...]
    draw: Draw = normal


@dataclass(frozen=True)
class Complexes:
    """Two inputs of the given shape as the parts of a complex array."""

    shape: tuple[int, ...]


@dataclass(frozen=True)
class Call:
    """The arguments of one example call."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]


Arrays = tuple[np.ndarray, ...]
Example = tuple[Arrays, Callable[..., Any]]  # the arrays that are differentiated, and the call
Examples = Mapping[Callable[..., Any], Example]
Calls = Mapping[Callable[..., Any], list["Call"]]

# The inputs of examples.
X = np.array([[0.5, -1.25, 2.0], [1.5, 0.75, -0.375]])
V = np.array([0.5, -1.25, 2.0])
S = np.array([[1.5, 0.25], [-0.75, 2.0]])
GATHER = np.array([2, 0, 2])


def floats(*shape: int, draw: Draw = normal) -> Floats:
    return Floats(shape, draw)


def complexes(*shape: int) -> Complexes:
    return Complexes(shape)


def call(*args: Any, **kwargs: Any) -> Call:
    return Call(args, kwargs)


def inputs(example: Call) -> list[Floats]:
    """The inputs of a call, in order; a complex array is two of them, its parts."""
    found = []
    for x in flatten((example.args, example.kwargs))[1]:
        if isinstance(x, Floats | Complexes):
            found += [x] if isinstance(x, Floats) else [Floats(x.shape)] * 2
    return found


def opened(example: Call) -> tuple[list[tuple[int, ...]], Callable[[Sequence[Any]], Any]]:
    """The shapes of a call's inputs, and ``rebuild(inputs)``: its (args, kwargs) with these inputs."""
    structure, leaves = flatten((example.args, example.kwargs))

    def rebuild(given: Sequence[Any]) -> Any:
        source = iter(given)

        def filled(x: Any) -> Any:
            if isinstance(x, Complexes):
                return next(source) + 1j * next(source)
            return next(source) if isinstance(x, Floats) else x

        return unflatten(structure, [filled(x) for x in leaves])

    return [x.shape for x in inputs(example)], rebuild


def reductions(*special: Call) -> list[Call]:
    """Calls along no axis, one, several, from the end, with and without kept axes."""
    return [
        call(floats(2, 3)), call(floats(2, 3), axis=0), call(floats(2, 3), axis=-1), call(floats(2, 3), 1),
        call(floats(2, 3, 4), axis=(0, 2)), call(floats(2, 3, 4), axis=(-1, 0), keepdims=True),
        call(floats(2, 3), keepdims=True), call(floats(2, 3), axis=1, keepdims=True), call(floats()),
        call(floats(1)), call(floats(1, 3), axis=0), call(floats(2, 3, 4), axis=-2), *special,
    ]  # fmt: skip


