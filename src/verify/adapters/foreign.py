"""A function of a framework's beside an example of its arguments: run in its own precision, or over exact numbers.

Facts
    ``forward`` and ``backward`` are the pair that a claim judges. Handed floats, they are the framework's own; handed
    exact numbers, they run the translation of what the framework would run.
    Arrays that stand where the example has tensors go to the function as tensors of their own dtype on its device;
    everything else goes as it is. Which tensors are differentiated is the claim's to say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from ad.containers import flatten, tree_map, unflatten
from verify.adapters.framework import Flat, Framework, Pull
from verify.adapters.translation import Translation, Untranslatable, alike

PARAMETERS = "params"  # the last argument of a function that holds arrays of its own: {name: array}


@dataclass(frozen=True, eq=False)
class Called:
    """A call laid out flat.

    function  the function over the tensors that can be differentiated
    tensors   those tensors; container: a list with the container of the result, once the function was called
    """

    function: Flat
    tensors: tuple[Any, ...]
    container: list[Any]


@dataclass(frozen=True, eq=False)
class Residuals:
    """What a forward pass leaves to the backward pass."""

    pull: Pull


@dataclass(frozen=True, eq=False)
class Foreign:
    """A function of a framework's, with an example of its arguments.

    op      as the user calls it. xs, kwargs: the example, in the framework's own tensors
    chosen  the positions of the arguments that are differentiated
    name    what a reader calls it; arguments: what its arguments are called
    reference  what the claim was given to hold it against
    """

    framework: Framework
    op: Callable[..., Any]
    xs: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    chosen: tuple[int, ...]
    name: str
    arguments: tuple[str, ...]
    reference: Any = None
    translations: dict[Any, Any] = field(default_factory=dict)  # (which pass, shapes) -> what came of translating it

    # --- the pair that a claim judges

    def forward(self, *xs: Any, **kwargs: Any) -> tuple[Any, Residuals]:
        """The result as arrays, and what ``backward`` needs: (y, residuals)."""
        if not plain(xs):
            return self._exact_forward(xs)
        call = self.call(xs)
        with self.still():
            outputs, pull = self.framework.vjp(call.function, call.tensors)
        return self._boxed(call, self._arrays(outputs)), Residuals(self._pulled(outputs, pull))

    def backward(self, residuals: Residuals, g: Any) -> Any:
        """The gradients of the chosen arguments, each in its container."""
        found = residuals.pull(flatten(g)[1])
        return self.gradients(found)

    def value(self, *xs: Any, **kwargs: Any) -> Any:
        """The result alone: translated for exact numbers, the function's own in the precision of floats."""
        if not plain(xs):
            return self._exact_forward(xs)[0]
        call = self.call(xs)
        with self.still():
            outputs = call.function(*call.tensors)
        return self._boxed(call, self._arrays(outputs))

    def translated_value(self, *xs: Any, **kwargs: Any) -> Any:
        """The translation of the function over any numbers, floats too."""
        return self._exact_forward(xs)[0]

    def push(self, ts: Any, *xs: Any, **kwargs: Any) -> Any:
        """The tangent of the result by the framework's forward mode.

        Arguments
            ts: tangents of the chosen arguments, bare for one of them, else a tuple. xs: the arguments.
        """
        given = self.tangents(ts, xs)
        if not plain((*xs, given)):
            call, pushed = self._translated(xs, "push")
            return self._boxed(call, pushed.run([*self._moving(xs), *given]))
        call, framework = self.call(xs), self.framework
        tangents = self._tensors(given, call.tensors)
        with self.still():
            _, found = framework.jvp(call.function, call.tensors, tangents)
        return self._boxed(call, [framework.array(t) for t in found])

    def second(self, xs: Sequence[Any], g: Any, ts: Any) -> Any:
        """The derivative of x -> J(x)'g along tangents of the chosen arguments, as gradients of these."""
        call, framework = self.call(xs), self.framework
        given = self._tensors(self.tangents(ts, xs), call.tensors)
        with self.still():
            outputs = framework.vjp(call.function, call.tensors)[0]
            gs = self._tensors(flatten(g)[1], outputs)
            found = framework.second(call.function, call.tensors, gs, given)
        return self.gradients(self._arrays(found))

    def translation(self) -> Translation:
        """The translation of the function at the shapes of its example.

        Raises Untranslatable, naming what has none.
        """
        return self._translated(self._example, "forward")[1]

    def same_program(self, other: Foreign, roundoff: float) -> bool:
        """Whether what both run at their examples is the same up to the rounding of numbers; for translations alone.

        Arguments
            other: the same function with an example of other dtypes. roundoff: of the coarser ones.
        Raises Untranslatable, naming what has none.
        """
        passes = ("forward", "backward")
        return all(alike(*(f._translated(f._example, p)[1] for f in (self, other)), roundoff) for p in passes)

    # --- laying out

    def tensors(self) -> list[list[bool]]:
        """Whether each leaf of each argument is a tensor."""
        return [[self.framework.owns(leaf) for leaf in flatten(x)[1]] for x in self.xs]

    def arrays(self, tree: Any) -> Any:
        """The framework's tensors as arrays, in containers that NumPy's engine knows."""
        return tree_map(self.framework.array, self.framework.opened(tree))

    def point(self, xs: Sequence[Any]) -> tuple[Any, ...]:
        """Arguments as arrays; those of the example stand for parameters that are left out."""
        given = tuple(map(self.arrays, xs))
        return given + self._example[len(given) :] if self.holds_parameters else given

    @cached_property
    def slots(self) -> tuple[tuple[int, int], ...]:
        """(position of the argument, number of the leaf) of every tensor that can be differentiated."""
        moves, owns = self.framework.moves, self.framework.owns
        return tuple(
            (i, k) for i, x in enumerate(self.xs) for k, leaf in enumerate(flatten(x)[1]) if owns(leaf) and moves(leaf)
        )

    def call(self, xs: Sequence[Any]) -> Called:
        """A call with these arrays at the places of the example's tensors."""
        tensor = self.framework.tensor
        trees = [flatten(x) for x in self.xs]
        given = [flatten(x)[1] for x in xs]
        filled = [
            [tensor(new, old) if self.framework.owns(old) else new for new, old in zip(news, olds, strict=True)]
            for news, (_, olds) in zip(given, trees, strict=True)
        ]
        tensors = tuple(filled[i][k] for i, k in self.slots)
        container: list[Any] = []

        def function(*moving: Any) -> Sequence[Any]:
            places = [list(parts) for parts in filled]
            for (i, k), value in zip(self.slots, moving, strict=True):
                places[i][k] = value
            arguments = [unflatten(tree, parts) for (tree, _), parts in zip(trees, places, strict=True)]
            parameters = arguments.pop() if self.holds_parameters else {}
            tree, outputs = flatten(self.framework.called(self.op, arguments, parameters, dict(self.kwargs)))
            container[:] = [tree]
            return outputs

        return Called(function, tensors, container)

    def tangents(self, ts: Any, xs: Sequence[Any]) -> list[Any]:
        """Tangents of all tensors: those given for the chosen arguments, 0 for the others."""
        trees = dict(zip(self.chosen, (ts,) if len(self.chosen) == 1 else ts, strict=True))
        leaves = {i: flatten(tree)[1] for i, tree in trees.items()}
        moving = zip(self.slots, self._moving(xs), strict=True)
        return [leaves[i][k] if i in leaves else np.zeros_like(x) for (i, k), x in moving]

    def _moving(self, xs: Sequence[Any]) -> list[Any]:
        """The arrays at the places of the tensors that can be differentiated."""
        leaves = [flatten(x)[1] for x in xs]
        return [leaves[i][k] for i, k in self.slots]

    @cached_property
    def _example(self) -> tuple[Any, ...]:
        """The example as arrays."""
        return tuple(tree_map(self.framework.array, x) for x in self.xs)

    def _arrays(self, tensors: Sequence[Any]) -> list[Any]:
        return [self.framework.array(x) for x in tensors]

    def _tensors(self, arrays: Sequence[Any], like: Sequence[Any]) -> list[Any]:
        """Arrays as tensors with the dtypes of others, in their own memory where they have them already."""
        dtypes = [np.asarray(self.framework.array(y)).dtype for y in like]
        cast = [np.asarray(x).astype(dtype, copy=False) for x, dtype in zip(arrays, dtypes, strict=True)]
        return [self.framework.tensor(x, y) for x, y in zip(cast, like, strict=True)]

    @property
    def holds_parameters(self) -> bool:
        return bool(self.arguments) and self.arguments[-1] == PARAMETERS

    def gradients(self, found: Sequence[Any]) -> Any:
        """Gradients of all tensors as those of the chosen arguments: bare for one of them, else a tuple."""
        by_slot = dict(zip(self.slots, found, strict=True))
        trees = []
        for i in self.chosen:
            tree, leaves = flatten(self.xs[i])
            trees.append(unflatten(tree, [by_slot.get((i, k)) for k in range(len(leaves))]))
        return trees[0] if len(trees) == 1 else tuple(trees)

    def still(self) -> Any:
        """A context in which random numbers and buffers are as they were for the example."""
        return self.framework.restored(self.op, self._state)

    @cached_property
    def _state(self) -> Any:
        return self.framework.state(self.op)

    def _boxed(self, call: Called, arrays: list[Any]) -> Any:
        return unflatten(call.container[0], arrays)

    def _pulled(self, outputs: Sequence[Any], pull: Pull) -> Pull:
        """The pull over arrays."""

        def over_arrays(gs: Sequence[Any]) -> list[Any]:
            given = self._tensors(gs, outputs)
            with self.still():
                return self._arrays(pull(given))

        return over_arrays

    # --- exact numbers

    def _exact_forward(self, xs: Sequence[Any]) -> tuple[Any, Residuals]:
        moving = self._moving(xs)
        call, forward = self._translated(xs, "forward")
        outputs = forward.run(moving)

        def pull(gs: Sequence[Any]) -> list[Any]:
            return self._translated(xs, "backward")[1].run([*moving, *gs])

        return self._boxed(call, outputs), Residuals(pull)

    def _translated(self, xs: Sequence[Any], which: str) -> tuple[Called, Translation]:
        """The translation for arrays of these shapes, made once; Untranslatable with the same reason every time.

        Whole numbers and conditions are part of a translation: those of xs.
        """
        shapes = tuple(map(np.shape, self._moving(xs)))
        fixed = tuple(x.tobytes() if isinstance(x, np.ndarray) else repr(x) for x in self._still_leaves(xs))
        key = which, shapes, fixed
        if key not in self.translations:
            try:
                self.translations[key] = self._translate(self._sample(xs), which)
            except Untranslatable as reason:
                self.translations[key] = reason
        found = self.translations[key]
        if isinstance(found, Untranslatable):
            raise found
        made: tuple[Called, Translation] = found
        return made

    def _translate(self, call: Called, which: str) -> tuple[Called, Translation]:
        """The translation of the function, of its pull over tensors and cotangents, or of its push over both."""
        framework, n = self.framework, len(call.tensors)

        def pushed(*both: Any) -> Sequence[Any]:
            return framework.jvp(call.function, both[:n], both[n:])[1]

        with self.still():
            if which == "forward":
                return call, framework.translated(call.function, call.tensors)
            if which == "push":
                return call, framework.translated(pushed, (*call.tensors, *call.tensors))
            outputs, _ = framework.vjp(call.function, call.tensors)
            gs = [framework.tensor(np.ones_like(framework.array(y)), y) for y in outputs]

            def backward(*both: Any) -> Sequence[Any]:
                return framework.vjp(call.function, both[:n])[1](both[n:])

            return call, framework.translated(backward, (*call.tensors, *gs))

    def _still_leaves(self, xs: Sequence[Any]) -> list[Any]:
        """What stands elsewhere than at the tensors that can be differentiated."""
        leaves = ((i, k, leaf) for i, x in enumerate(xs) for k, leaf in enumerate(flatten(x)[1]))
        return [leaf for i, k, leaf in leaves if (i, k) not in self.slots]

    def _sample(self, xs: Sequence[Any]) -> Called:
        """A call with the example's numbers where the shapes are its own, else with ones; the rest is that of xs."""
        arrays = [flatten(x)[1] for x in xs]
        examples = [flatten(x)[1] for x in self._example]
        for i, k in self.slots:
            old = np.asarray(examples[i][k])
            arrays[i][k] = old if old.shape == np.shape(arrays[i][k]) else np.ones(np.shape(arrays[i][k]), old.dtype)
        return self.call([unflatten(flatten(x)[0], parts) for x, parts in zip(self.xs, arrays, strict=True)])


def plain(tree: Any) -> bool:
    """Whether all numbers in containers are ordinary ones, which a framework can take."""
    return all(
        not isinstance(x, np.ndarray) or x.dtype != object if isinstance(x, np.ndarray | np.generic) else not _exact(x)
        for part in tree
        for x in flatten(part)[1]
    )


def _exact(x: Any) -> bool:
    """Whether x stands for an array without being NumPy's own: recorded values, symbols, series."""
    return hasattr(type(x), "__array_ufunc__")
