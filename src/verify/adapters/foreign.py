"""A function of a framework's beside an example of its arguments: run in its own precision, or over exact numbers.

Facts
    ``forward`` and ``backward`` are the pair that a claim judges. Handed floats, they are the framework's own; handed
    exact numbers, they run the translation of what the framework would run.
    Arrays that stand where the example has tensors go to the function as tensors of their own dtype on its device;
    everything else goes as it is in the example. Which tensors are differentiated is the claim's to say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from ad.containers import flatten, paths, tree_map, unflatten
from verify.adapters.calls import PARAMETERS, Called, Constant, Residuals, plain, told_apart_by
from verify.adapters.flatpasses import PASSES
from verify.adapters.framework import Framework, Pull
from verify.adapters.translation import Translation, Untranslatable


@dataclass(frozen=True, eq=False)
class Foreign:
    """A function of a framework's, with an example of its arguments.

    op      as the user calls it. xs, kwargs: the example, in the framework's own tensors
    chosen  the positions of the arguments that are differentiated
    name    what a reader calls it; arguments: what its arguments are called
    reference  what it was given to be held against
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
        call = self.call(xs, kwargs)
        with self.still():
            outputs, pull = self.framework.vjp(*call.over(call.tensors))
            after = self.framework.state(self.op)
        saved = tree_map(self.framework.array, self.framework.saved(pull))
        return self.boxed(call, self._arrays(outputs)), Residuals(self.pulled(outputs, pull, after), saved)

    def backward(self, residuals: Residuals, g: Any) -> Any:
        """The gradients of the chosen arguments, each in its container."""
        return self.gradients(residuals.pull(flatten(g)[1]))

    def value(self, *xs: Any, **kwargs: Any) -> Any:
        """The result alone: translated for exact numbers, the function's own in the precision of floats."""
        if not plain(xs):
            return self.translated_value(*xs)
        call = self.call(xs, kwargs)
        with self.still():
            outputs = call.function(*call.tensors)
        return self.boxed(call, self._arrays(outputs))

    def translated_value(self, *xs: Any, **kwargs: Any) -> Any:
        """The translation of the function over any numbers, floats too."""
        return self.boxed(*self._exactly("forward", xs, []))

    def push(self, ts: Any, *xs: Any, **kwargs: Any) -> Any:
        """The tangent of the result by the framework's forward mode.

        Arguments
            ts: tangents of the chosen arguments, bare for one of them, else a tuple. xs: the arguments.
        """
        given = self.tangents(ts)
        if not plain((*xs, given)):
            return self.boxed(*self._exactly("push", xs, given))
        call = self.call(xs, kwargs)
        function, tensors = call.over(call.tensors)
        tangents = self._tensors(given, tensors)
        with self.still():
            _, found = self.framework.jvp(function, tensors, tangents)
        return self.boxed(call, self._arrays(found))

    def second(self, xs: Sequence[Any], g: Any, ts: Any) -> Any:
        """The derivative of x -> J(x)'g along tangents of the chosen arguments, as gradients of these."""
        if not plain((*xs, g, ts)):
            return self.gradients(self._exactly("second", xs, [*flatten(g)[1], *self.tangents(ts)])[1])
        call, framework = self.call(xs), self.framework
        function, tensors = call.over(call.tensors)
        given = self._tensors(self.tangents(ts), tensors)
        with self.still():
            outputs = framework.vjp(function, tensors)[0]
        gs = self._tensors(flatten(g)[1], outputs)
        with self.still():
            found = framework.second(function, tensors, gs, given)
        return self.gradients(self._arrays(found))

    def translation(self) -> Translation:
        """The translation of the function at the shapes of its example.

        Raises Untranslatable, naming what has none.
        """
        return self.translation_at(self.example, "forward")[1]

    # --- laying out

    @cached_property
    def slots(self) -> tuple[tuple[int, int], ...]:
        """(position of the argument, number of the leaf) of every tensor that can be differentiated."""
        moves, owns = self.framework.moves, self.framework.owns
        return tuple(
            (i, k) for i, x in enumerate(self.xs) for k, leaf in enumerate(flatten(x)[1]) if owns(leaf) and moves(leaf)
        )

    @cached_property
    def moving(self) -> tuple[int, ...]:
        """Which of the slots are differentiated, in the order of the chosen arguments."""
        return tuple(n for i in self.chosen for n, (j, _) in enumerate(self.slots) if i == j)

    @cached_property
    def kept(self) -> tuple[int, ...] | None:
        """Which results are differentiated; None for all of them: a framework has others, integers and None."""
        call = self._sample(self.example, lambda result: result)
        try:
            with self.still():
                total, found = self.framework.differentiable(*call.over(call.tensors))
        except ValueError:
            raise
        except Exception:  # whatever the function raises is told when it is judged
            return None
        return None if len(found) in (0, total) else tuple(found)

    def of_result(self, result: Any) -> Any:
        """A result with what is differentiated alone: as it is, bare for one part of it, else a tuple."""
        parts = flatten(result)[1] if self.kept is not None else []
        if self.kept is None or len(parts) <= max(self.kept):
            return result
        found = tuple(parts[k] for k in self.kept)
        return found[0] if len(found) == 1 else found

    def call(
        self, xs: Sequence[Any], kwargs: Mapping[str, Any] | None = None, chosen: Callable[[Any], Any] | None = None
    ) -> Called:
        """A call with these arrays at the places of the example's tensors.

        chosen: what of a result is taken; default: what is differentiated.
        """
        _ = chosen or self.kept  # found out by calling the function, which nobody else is watching now
        taken = chosen or self.of_result
        trees = [flatten(x) for x in self.xs]
        given = [self._filled(new, old) for new, (_, old) in zip(xs, trees, strict=True)]
        keywords = self.keywords(kwargs or {})
        container: list[Any] = []

        def function(*moving: Any) -> Sequence[Any]:
            places = [list(parts) for parts in given]
            for (i, k), value in zip(self.slots, moving, strict=True):
                places[i][k] = value
            arguments = [unflatten(tree, parts) for (tree, _), parts in zip(trees, places, strict=True)]
            parameters = arguments.pop() if self.holds_parameters else {}
            tree, outputs = flatten(taken(self.framework.called(self.op, arguments, parameters, keywords)))
            container[:] = [tree]
            return outputs

        return Called(function, tuple(given[i][k] for i, k in self.slots), self.moving, container)

    def _filled(self, tree: Any, leaves: Sequence[Any]) -> list[Any]:
        """The leaves of a container of arrays as tensors where the example has tensors; the others as they are."""
        owns, tensor = self.framework.owns, self.framework.tensor
        pairs = zip(flatten(tree)[1], leaves, strict=True)
        return [tensor(new, old) if owns(old) else old if isinstance(new, Constant) else new for new, old in pairs]

    def filled(self, xs: Sequence[Any]) -> list[Any]:
        """Arguments with tensors for arrays where the example has tensors."""
        pairs = zip(xs, map(flatten, self.xs), strict=True)
        return [unflatten(tree, self._filled(new, leaves)) for new, (tree, leaves) in pairs]

    def keywords(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Keyword arguments with tensors for their arrays, those that are given or copies of the example's."""
        found = {}
        for key, example in self.kwargs.items():
            tree, leaves = flatten(example)
            arrays = given[key] if key in given else tree_map(self._own, example)
            found[key] = unflatten(tree, self._filled(arrays, leaves))
        return found

    def _own(self, x: Any) -> Any:
        """A tensor as an array in memory of its own; anything else as it is."""
        return np.array(self.framework.array(x), order="K") if self.framework.owns(x) else x

    @property
    def first_tensor(self) -> Any:
        """The first tensor that is differentiated: others are made on its device."""
        i, k = self.slots[self.moving[0]]
        return flatten(self.xs[i])[1][k]

    @property
    def names(self) -> tuple[str, ...]:
        """What a reader calls the tensors that are differentiated: x, p['w'], ..."""
        every = [paths(x, name) for x, name in zip(self.xs, self.arguments, strict=True)]
        return tuple(every[i][k] for i, k in (self.slots[n] for n in self.moving))

    def tangents(self, ts: Any) -> list[Any]:
        """Tangents of the tensors that are differentiated, of those of the chosen arguments."""
        trees = dict(zip(self.chosen, (ts,) if len(self.chosen) == 1 else ts, strict=True))
        leaves = {i: flatten(tree)[1] for i, tree in trees.items()}
        return [leaves[i][k] for i, k in (self.slots[n] for n in self.moving)]

    def _at_slots(self, xs: Sequence[Any]) -> list[Any]:
        """The arrays at the places of the tensors that can be differentiated."""
        leaves = [flatten(x)[1] for x in xs]
        return [leaves[i][k] for i, k in self.slots]

    @cached_property
    def example(self) -> tuple[Any, ...]:
        """The example as arrays, in memory of their own."""
        return tuple(tree_map(self._own, x) for x in self.xs)

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
        by_slot = {self.slots[n]: d for n, d in zip(self.moving, found, strict=True)}
        trees = [flatten(self.xs[i]) for i in self.chosen]
        if sum(len(leaves) for _, leaves in trees) > len(by_slot):  # there are constants in the containers
            return tuple(found)
        gradients = [
            unflatten(tree, [by_slot[i, k] for k in range(len(leaves))])
            for i, (tree, leaves) in zip(self.chosen, trees, strict=True)
        ]
        return gradients[0] if len(gradients) == 1 else tuple(gradients)

    def still(self) -> Any:
        """A context in which random numbers and buffers are as they were for the example."""
        return self.framework.restored(self.op, self._state)

    @cached_property
    def _state(self) -> Any:
        return self.framework.state(self.op)

    def boxed(self, call: Called, arrays: list[Any]) -> Any:
        """Arrays in the container that a call returned."""
        return unflatten(call.container[0], arrays)

    def pulled(self, outputs: Sequence[Any], pull: Pull, after: Any) -> Pull:
        """The pull over arrays, each time in the state that the forward pass left: a mask drawn anew is another one."""

        def over_arrays(gs: Sequence[Any]) -> list[Any]:
            given = self._tensors(gs, outputs)
            with self.framework.restored(self.op, after):
                return self._arrays(pull(given))

        return over_arrays

    # --- exact numbers

    def _exact_forward(self, xs: Sequence[Any]) -> tuple[Any, Residuals]:
        y = self.translated_value(*xs)
        return y, Residuals(lambda gs: self._exactly("backward", xs, gs)[1], {})

    def _exactly(self, which: str, xs: Sequence[Any], vectors: Sequence[Any]) -> tuple[Called, list[Any]]:
        """What a translated pass computes at arguments, of cotangents and tangents."""
        arrays = self._at_slots(xs)
        call, translation = self.translation_at(xs, which)
        return call, translation.run([*arrays, *vectors])

    def translation_at(self, xs: Sequence[Any], which: str) -> tuple[Called, Translation]:
        """The translation for arrays of these shapes, made once; Untranslatable with the same reason every time.

        Whole numbers, conditions and constants are part of a translation: those of xs.
        """
        key = which, told_apart_by(xs, self.slots)
        if key not in self.translations:
            try:
                call = self._sample(xs)
                with self.still():
                    self.translations[key] = call, self.framework.translated(*PASSES[which](self.framework, call))
            except Untranslatable as reason:
                self.translations[key] = reason
        found = self.translations[key]
        if isinstance(found, Untranslatable):
            raise found
        made: tuple[Called, Translation] = found
        return made

    def _sample(self, xs: Sequence[Any], chosen: Callable[[Any], Any] | None = None) -> Called:
        """A call with the example's numbers where the shapes are its own, else with ones; the rest is that of xs."""
        arrays, examples = ([flatten(x)[1] for x in tree] for tree in (xs, self.example))
        for i, k in self.slots:
            old, shape = examples[i][k], np.shape(arrays[i][k])
            like = np.asarray(old).dtype
            arrays[i][k] = np.array(old, order="K") if np.shape(old) == shape else np.ones(shape, like)
        filled = [unflatten(flatten(x)[0], parts) for x, parts in zip(self.xs, arrays, strict=True)]
        return self.call(filled, None, chosen)
