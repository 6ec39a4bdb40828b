"""Points of a claim about a framework's function: its tensors as arrays, and which leaves are tensors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ad.containers import flatten, tree_map
from verify.adapters.foreign import Foreign
from verify.adapters.framework import Framework
from verify.adapters.frameworks import loaded

# How a framework makes a tensor of numbers, in its own default dtype.
MADE: dict[str, Callable[[Any, Any], Any]] = {
    "torch": lambda torch, x: torch.tensor(np.asarray(x).tolist()),
    "jax": lambda jax, x: jax.numpy.asarray(x),
    "autograd": lambda autograd, x: x,
}


def placed(framework: Framework, values: Sequence[Any]) -> tuple[Any, ...]:
    """A point given by numbers and arrays as tensors; whole numbers, text and tensors stay as they are."""
    make, module = MADE[framework.name], loaded(framework.name)
    return tuple(make(module, x) if isinstance(x, float | np.ndarray | np.floating) else x for x in values)


def tensors_of(foreign: Foreign) -> list[list[bool]]:
    """Whether each leaf of each argument is a tensor."""
    return [[foreign.framework.owns(leaf) for leaf in flatten(x)[1]] for x in foreign.xs]


def in_arrays(foreign: Foreign, tree: Any) -> Any:
    """The framework's tensors as arrays, in containers that NumPy's engine knows."""
    return tree_map(foreign.framework.array, foreign.framework.opened(tree))


def point_of(foreign: Foreign, xs: Sequence[Any]) -> tuple[Any, ...]:
    """Arguments as arrays; those of the example stand for parameters that are left out."""
    given = tuple(in_arrays(foreign, x) for x in xs)
    return given + foreign.example[len(given) :] if foreign.holds_parameters else given


def run_by(foreign: Foreign) -> str:
    """Who runs the function, in words: the framework's version, dtypes and devices of what is differentiated."""
    owns = foreign.framework.owns
    leaves = [leaf for i in foreign.chosen for leaf in flatten(foreign.xs[i])[1] if owns(leaf)]
    dtypes = dict.fromkeys(str(getattr(leaf, "dtype", "float64")).removeprefix("torch.") for leaf in leaves)
    devices = dict.fromkeys(str(getattr(leaf, "device", "cpu")) for leaf in leaves)
    version = getattr(loaded(foreign.framework.name), "__version__", "")
    return f"run by {foreign.framework.name} {version} in {', '.join(dtypes)} on {', '.join(devices)}"
