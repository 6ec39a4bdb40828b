"""The calls of ``verify.suites.calls`` with seeded inputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from verify.suites.calls import Call, opened


def filled(example: Call, seed: int, dtype: Any) -> tuple[list[Any], Callable[[Sequence[Any]], Any]]:
    """The seeded normal inputs of a call, and ``rebuild(inputs)``: its (args, kwargs) with these inputs."""
    shapes, rebuild = opened(example)
    rng = np.random.default_rng(seed)
    return [np.asarray(rng.normal(size=shape), dtype)[()] for shape in shapes], rebuild
