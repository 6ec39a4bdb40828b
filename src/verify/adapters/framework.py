"""Read this first: what an adapter has to know of a framework. One table of functions for each of them.

Framework   what a framework calls a tensor, and how it pulls, pushes and translates
Foreign     a function of a framework's beside an example of its arguments (verify.adapters.foreign)
adapted     a claim about it, over NumPy arrays (verify.adapters.adapting)

Facts
    A function is handed over flat: it takes the tensors that are differentiated and returns the tensors of its
    result, whatever containers the user's has. Cotangents and gradients are those of NumPy's engine: the cotangent g
    of a complex result stands for the change Re(sum(g * dy)).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from verify.adapters.translation import Translation

Flat = Callable[..., Sequence[Any]]  # tensors -> the tensors of the result
Pull = Callable[[Sequence[Any]], Sequence[Any]]  # cotangents of the result -> gradients, one for each tensor


@dataclass(frozen=True, eq=False)
class Framework:
    """What an adapter asks of a framework.

    name        as it is imported
    owned       whether a function or an argument can only be one of its own: a class of the framework's says so
    owns        whether this is one of its tensors
    examples    (op, arguments, positions or None) -> the arguments with tensors wherever the framework would
                differentiate, at these positions at least, in containers that NumPy's engine knows
    closed      such a container as the framework's own; opened: the other way round
    widened     a tensor of real or complex numbers in 64 bits each; anything else as it is
    moves       whether a tensor of its own can be differentiated: floating or complex
    array       a tensor as a NumPy array, in the same memory where both can share it
    tensor      (array, example): a NumPy array as a tensor of its own dtype, on the example's device
    vjp         (flat function, tensors) -> (its results, the pull)
    jvp         (flat function, tensors, tangents) -> (its results, their tangents)
    second      (flat function, tensors, cotangents, tangents) -> the derivative of its pull along tangents
    refined     (flat function, tensors, both in float64, roundoff) -> (its results, those of the wide run, the pull
                over what the wide run saved, rounded); raises saved.Escapes
    translated  (flat function, tensors) -> the same over NumPy
    state       (op) -> what of its buffers and of the random numbers must be the same in every call
    restored    (op, state): a context in which that state stands, and after which the one before stands again
    parameters  (op) -> the arrays that it holds and that are differentiated, by name; none for a function
    called      (op, arguments, parameters, keywords) -> what it returns
    flushes     whether subnormal numbers become 0 in its operations
    named       (op) -> what a reader calls it, and the names of its arguments
    differentiable  (flat function, tensors) -> how many results it has, and which of them are differentiated
    saved       (a pull) -> the tensors of their own that rules of a user's keep for it, by name
    """

    name: str
    flushes: bool
    owned: Callable[[Any], bool]
    owns: Callable[[Any], bool]
    examples: Callable[[Any, Sequence[Any], Sequence[int] | None], tuple[Any, ...]]
    closed: Callable[[Any], Any]
    opened: Callable[[Any], Any]
    widened: Callable[[Any], Any]
    moves: Callable[[Any], bool]
    array: Callable[[Any], Any]
    tensor: Callable[[Any, Any], Any]
    vjp: Callable[[Flat, Sequence[Any]], tuple[Sequence[Any], Pull]]
    jvp: Callable[[Flat, Sequence[Any], Sequence[Any]], tuple[Sequence[Any], Sequence[Any]]]
    second: Callable[[Flat, Sequence[Any], Sequence[Any], Sequence[Any]], Sequence[Any]]
    refined: Callable[[Flat, Sequence[Any], Flat, Sequence[Any], float], tuple[Sequence[Any], Sequence[Any], Pull]]
    translated: Callable[[Flat, Sequence[Any]], Translation]
    state: Callable[[Any], Any]
    restored: Callable[[Any, Any], AbstractContextManager[None]]
    parameters: Callable[[Any], dict[str, Any]]
    called: Callable[[Any, Sequence[Any], dict[str, Any], dict[str, Any]], Any]
    named: Callable[[Any], tuple[str, list[str]]]
    differentiable: Callable[[Flat, Sequence[Any]], tuple[int, list[int]]]
    saved: Callable[[Pull], dict[str, Any]]
