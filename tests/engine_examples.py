"""The calls of ``verify.suites.calls`` with seeded inputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import flint
import numpy as np

from verify.numbers.balls import Balls
from verify.suites.calls import Call, opened
from verify.suites.calls.arguments import inputs


class Held(Balls):
    """Balls in which what is stopped does not move: differences of a constant give the declared derivative, 0."""

    stopped = staticmethod(lambda x: flint.arb(0))


HELD = Held()


def filled(example: Call, seed: int, dtype: Any) -> tuple[list[Any], Callable[[Sequence[Any]], Any]]:
    """The seeded inputs of a call, and ``rebuild(inputs)``: its (args, kwargs) with these inputs."""
    _, rebuild = opened(example)
    rng = np.random.default_rng(seed)
    return [np.asarray(x.draw(rng, x.shape), dtype)[()] for x in inputs(example)], rebuild
