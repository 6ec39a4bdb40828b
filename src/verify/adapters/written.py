"""A derivative that somebody wrote with a framework's tensors, as one over arrays: ``gradient=df`` and its like.

Facts
    It is handed tensors wherever it would get arrays: for the arguments those of the example's dtypes and devices,
    for cotangents, tangents, results and what a forward pass kept those of their own.
    Over exact numbers it is translated, as the function is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ad.containers import flatten, tree_map, unflatten
from verify.adapters.calls import PARAMETERS, plain
from verify.adapters.foreign import Foreign
from verify.adapters.translation import Translation

BEFORE = {"vjp": 2, "jvp": 1, "hvp": 1}  # arguments that a derivative takes before those of the function


@dataclass(frozen=True, eq=False)
class Written:
    """A function over tensors that takes arrays and returns arrays.

    foreign  the function whose derivative it is
    before   how many arguments stand before those of that function
    """

    foreign: Foreign
    function: Callable[..., Any]
    before: int
    translations: dict[Any, tuple[Translation, list[Any]]] = field(default_factory=dict)

    def __call__(self, *arrays: Any, **kwargs: Any) -> Any:
        if not plain(arrays):
            return self._exact(arrays)
        array = self.foreign.framework.array
        with self.foreign.still():
            return tree_map(array, self._called(self._tensors(arrays), kwargs))

    def _called(self, arguments: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        keywords = self.foreign.keywords(kwargs) if kwargs else {}
        if self.foreign.holds_parameters and len(arguments) > self.before:
            keywords[PARAMETERS], arguments = arguments[-1], arguments[:-1]
        framework = self.foreign.framework
        return framework.opened(self.function(*map(framework.closed, arguments), **keywords))

    def _tensors(self, arrays: Sequence[Any]) -> list[Any]:
        """Tensors for arrays, and the constants of the example where it has them."""
        before = [tree_map(self._tensor, tree) for tree in arrays[: self.before]]
        return before + self.foreign.filled(arrays[self.before :]) if arrays[self.before :] else before

    def _tensor(self, x: Any) -> Any:
        like = self.foreign.first_tensor
        return self.foreign.framework.tensor(x, like) if isinstance(x, np.ndarray | np.generic) else x

    def _exact(self, arrays: Sequence[Any]) -> Any:
        """The same by its translation, made once for each set of shapes."""
        tree, leaves = flatten(tuple(arrays))
        inputs = [k for k, x in enumerate(leaves) if _moves(x)]
        key = (repr(tree), tuple((k, np.shape(leaves[k])) for k in inputs))
        if key not in self.translations:
            self.translations[key] = self._translated(tree, leaves, inputs)
        translation, shown = self.translations[key]
        found = iter(translation.run([leaves[k] for k in inputs]))
        structure, parts = shown
        return unflatten(structure, [next(found) if owned else part for owned, part in parts])

    def _translated(self, tree: Any, leaves: Sequence[Any], inputs: Sequence[int]) -> tuple[Translation, list[Any]]:
        dtype = np.asarray(self.foreign.framework.array(self.foreign.first_tensor)).dtype
        sample = [np.ones(np.shape(x), dtype) if k in inputs else x for k, x in enumerate(leaves)]
        placed = flatten(tuple(self._tensors(unflatten(tree, sample))))
        shown: list[Any] = []
        owns = self.foreign.framework.owns

        def function(*tensors: Any) -> list[Any]:
            parts = list(placed[1])
            for k, x in zip(inputs, tensors, strict=True):
                parts[k] = x
            structure, results = flatten(self._called(unflatten(placed[0], parts), self.foreign.kwargs))
            shown[:] = [structure, [(owns(y), y) for y in results]]
            return [y for y in results if owns(y)]

        with self.foreign.still():
            return self.foreign.framework.translated(function, [placed[1][k] for k in inputs]), shown


def _moves(x: Any) -> bool:
    """Whether a translation takes x as an input: exact numbers, and arrays of floats."""
    if isinstance(x, np.ndarray | np.generic):
        return x.dtype.kind in "fcO"
    return hasattr(type(x), "__array_ufunc__")


def over_arrays(foreign: Foreign, kind: str, subject: Any) -> Any:
    """A claimed derivative, or a pair of them, that takes and returns arrays.

    Arguments
        foreign: the function whose derivative it is. kind: the form of the claim; subject: over tensors.
    """
    if isinstance(subject, tuple):
        forward, backward = subject
        return _named(Written(foreign, forward, 0)), _named(Written(foreign, backward, 2))
    return _named(Written(foreign, subject, BEFORE.get(kind, 0)))


def _named(written: Written) -> Callable[..., Any]:
    def derivative(*arrays: Any, **kwargs: Any) -> Any:
        return written(*arrays, **kwargs)

    derivative.__name__ = getattr(written.function, "__name__", type(written.function).__name__)
    return derivative
