"""A number of a scalar class that is watched: every operation is done by the class and by the engine, side by side."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ad.containers import tree_map
from ad.core import Node
from ad.face import give_operators
from ad.variable import Variable
from verify.blame.lines import Run, run_with_lines
from verify.question import Question
from verify.scalar import ScalarEngine


@dataclass(frozen=True, eq=False)
class Step:
    """One operation as f calls it: a NumPy function, its operands (watched or constant) and its result."""

    function: np.ufunc
    operands: tuple[Any, ...]
    result: Watched


@dataclass(eq=False)
class Watch:
    """What happened in one run: the inputs in order, the steps in order, the result, and the lines of the steps."""

    engine: ScalarEngine
    inputs: list[Watched] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    result: Watched | None = None
    run: Run | None = None

    def line(self, step: Step) -> str:
        """The source line of a step, or ''."""
        node = step.result.node
        return "" if self.run is None or node is None else str(self.run.lines.get(node, ""))


class Watched:
    """A node of the class (``theirs``) beside the same number in the engine (``ours``)."""

    def __init__(self, watch: Watch, theirs: Any, ours: Any) -> None:
        self.watch = watch
        self.theirs = theirs
        self.ours = ours

    @property
    def node(self) -> Node | None:
        """The engine's node; None for a number that depends on no input."""
        return self.ours if type(self.ours) is Variable else None

    @property
    def value(self) -> float:
        """The number."""
        return float(self.ours.primal if type(self.ours) is Variable else self.ours)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *args: Any, **kwargs: Any) -> Any:
        if method != "__call__" or kwargs:
            return NotImplemented
        ours = ufunc(*[x.ours if isinstance(x, Watched) else x for x in args])
        if np.asarray(getattr(ours, "value", ours)).dtype == bool:  # a comparison: both would take the same branch
            return ours
        theirs = ufunc(*[x.theirs if isinstance(x, Watched) else x for x in args])
        result = Watched(self.watch, theirs, ours)
        self.watch.steps.append(Step(ufunc, args, result))
        return result

    def __bool__(self) -> bool:
        return bool(self.value)


give_operators(Watched)


def watched(question: Question) -> Watch:
    """Run f over watched numbers, and the backward pass of the class; raises what either raises."""
    claim = question.claim
    watch = Watch(claim.engine)

    def made(x: Any) -> Any:
        if type(x) is Variable:
            watch.inputs.append(Watched(watch, claim.engine.lift(float(x.primal)), x))
            return watch.inputs[-1]
        theirs = claim.engine.lift(x)
        return Watched(watch, theirs, x) if isinstance(theirs, claim.engine.kind) else x

    def run(values: Any) -> Any:
        y = claim.f(*[tree_map(made, x) for x in question.place(values)], **claim.kwargs)
        watch.result = y.item() if isinstance(y, np.ndarray) else y
        return watch.result.ours

    watch.run = run_with_lines(run, question.leaves)
    assert watch.result is not None
    watch.result.theirs.backward()
    return watch
