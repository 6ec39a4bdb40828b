"""The passes of a call as flat functions with examples of their arguments, for a framework to translate.

forward   (tensors) -> results
backward  (tensors, cotangents) -> gradients
push      (tensors, tangents) -> tangents of the results
second    (tensors, cotangents, tangents) -> the derivative of the gradients along the tangents
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from verify.adapters.calls import Called
from verify.adapters.framework import Flat, Framework

Pass = tuple[Flat, Sequence[Any]]


def _forward(framework: Framework, call: Called) -> Pass:
    return call.function, call.tensors


def _backward(framework: Framework, call: Called) -> Pass:
    n = len(call.tensors)

    def backward(*both: Any) -> Sequence[Any]:
        return framework.vjp(*call.over(both[:n]))[1](both[n:])

    return backward, (*call.tensors, *_cotangents(framework, call))


def _push(framework: Framework, call: Called) -> Pass:
    n = len(call.tensors)

    def push(*both: Any) -> Sequence[Any]:
        return framework.jvp(*call.over(both[:n]), both[n:])[1]

    return push, (*call.tensors, *call.over(call.tensors)[1])


def _second(framework: Framework, call: Called) -> Pass:
    n, gs = len(call.tensors), _cotangents(framework, call)
    m = n + len(gs)

    def second(*every: Any) -> Sequence[Any]:
        return framework.second(*call.over(every[:n]), every[n:m], every[m:])

    return second, (*call.tensors, *gs, *call.over(call.tensors)[1])


def _cotangents(framework: Framework, call: Called) -> list[Any]:
    outputs, _ = framework.vjp(*call.over(call.tensors))
    return [framework.tensor(np.ones_like(framework.array(y)), y) for y in outputs]


PASSES: dict[str, Callable[[Framework, Called], Pass]] = {
    "forward": _forward,
    "backward": _backward,
    "push": _push,
    "second": _second,
}
