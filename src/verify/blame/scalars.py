"""What is wrong in a scalar class: a local derivative, or how its backward pass adds up and in which order it goes.

Each operation is asked of the class by itself, at the numbers that it meets in f. When all of them are right, the sweep
is not: then the first value is named whose derivative is wrong although those of all results that it went into are
right, and what it holds tells how that came about.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ad.dispatch import called
from verify import subject as subjects
from verify.blame.entries import OPERATION, number
from verify.blame.watched import Step, Watch, Watched, watched
from verify.claim import Claim, Estimate
from verify.finding import Explanation
from verify.judge import judge
from verify.movement import movement_of
from verify.numbers.deciding import Deadline
from verify.numbers.program import Refused
from verify.oracles import symbolic
from verify.question import Question, prepare

NEAR = 1e-12  # relative: both numbers are sums of a few products
FEW = 5  # uses of one value whose partial sums, in every order, are tried
SWEEP = ("operation", "line", "its derivative", "it has to pass on")


@dataclass(frozen=True, eq=False)
class Slopes:
    """The exact slope of a step by each watched operand, and what the class says; right: within the bar."""

    step: Step
    operands: tuple[Watched, ...]
    exact: tuple[float, ...]
    theirs: tuple[float, ...]
    right: tuple[bool, ...]


def wrong_class(question: Question, deadline: Deadline) -> tuple[Explanation, ...]:
    """The explanation of a wrong gradient of a scalar class; none where it is not known."""
    watch = watched(question)
    slopes = []
    for step in watch.steps:
        deadline.check()
        slopes.append(slopes_of(step, question.claim))
    wrong = [s for s in reversed(slopes) if not all(s.right)]
    if wrong and not any(any(s.theirs) for s in slopes):
        return (Explanation("not reached", f"backward() of {watch.engine.kind.__name__} passes nothing on"),)
    return (_wrong_slope(watch, wrong),) if wrong else _wrong_sweep(watch, slopes, question.entries)


def slopes_of(step: Step, claim: Claim) -> Slopes:
    """A step asked of the class by itself, each operand a value of its own; raises Refused where no truth is known."""
    places = [i for i, x in enumerate(step.operands) if isinstance(x, Watched)]
    operands = tuple(step.operands[i] for i in places)

    def operation(*xs: Any) -> Any:
        placed = list(step.operands)
        for i, x in zip(places, xs, strict=True):
            placed[i] = x
        return step.function(*placed)

    alone = prepare(Claim(operation, *[x.value for x in operands], engine=claim.engine, budget=claim.budget))
    answer, truth = subjects.answer(alone), symbolic(alone)
    if not isinstance(truth, Estimate):
        raise Refused(truth.reason)
    u, eta, bar = alone.roundoff, alone.smallest, claim.units
    result = judge(answer, truth, u, eta, bar, lambda: movement_of(alone), alone.largest)
    return Slopes(step, operands, tuple(truth.value[0].tolist()), tuple(answer[0].tolist()), tuple(result.inside[0]))


def _wrong_slope(watch: Watch, wrong: Sequence[Slopes]) -> Explanation:
    rows = [row for slopes in wrong for row in _rows(watch, slopes)]
    name, argument, line, _, expected, got = rows[0]
    at = f" ({line})" if line else ""
    values = ", ".join(number(x.value if isinstance(x, Watched) else x) for x in wrong[0].step.operands)
    text = f"the first wrong step is the local derivative of {name}{at} by its {argument} argument at {values}: "
    text += f"{watch.engine.kind.__name__} has {got} where {expected} is right"
    if len(wrong) > 1:
        more = ", ".join(dict.fromkeys(called(s.step.function) for s in wrong[1:]))
        text += f"; {len(wrong) - 1} more with a wrong local derivative: {more}"
    return Explanation("operation", text, OPERATION, tuple(rows))


def _rows(watch: Watch, slopes: Slopes) -> Iterator[tuple[str, ...]]:
    names = ("only",) if len(slopes.operands) == 1 else ("first", "second", "third")
    for k, right in enumerate(slopes.right):
        if not right:
            numbers = (slopes.operands[k].value, slopes.exact[k], slopes.theirs[k])
            yield (called(slopes.step.function), names[k], watch.line(slopes.step), *map(number, numbers))


# --- the sweep


@dataclass(frozen=True, eq=False)
class Way:
    """One use of a value: the step, its slope by it, and what it has to pass on."""

    step: Step
    slope: float
    part: float


def _wrong_sweep(watch: Watch, slopes: Sequence[Slopes], names: Sequence[str]) -> tuple[Explanation, ...]:
    """The first value whose derivative is wrong although those of all results that it went into are right."""
    assert watch.result is not None
    ways: dict[Watched, list[Way]] = {}
    right, sizes = {watch.result: 1.0}, {watch.result: 1.0}  # the derivative by each value, the size of its parts
    of_step = {s.step.result: s for s in slopes}
    for value in reversed([*watch.inputs, *(s.step.result for s in slopes)]):
        if value not in right:
            continue
        found = _found(watch, value)
        if found is not None and not _near(found, right[value], sizes[value]):
            case = Case(watch, names, value, found, right[value], sizes[value], ways)
            return (_sweep_explained(case),) if case.uses else ()
        own = of_step.get(value)
        if own is not None:
            for operand, slope in zip(own.operands, own.exact, strict=True):
                ways.setdefault(operand, []).append(Way(own.step, slope, right[value] * slope))
                right[operand] = right.get(operand, 0.0) + right[value] * slope
                sizes[operand] = sizes.get(operand, 0.0) + sizes[value] * abs(slope)
    return ()


def _found(watch: Watch, value: Watched) -> float | None:
    """What the class found by a value; None for a result where it keeps nothing."""
    kept = getattr(value.theirs, watch.engine.gradient_name, None)
    given = any(x is value for x in watch.inputs)  # == would compare numbers
    return watch.engine.derivative(value.theirs) if given else None if kept is None else float(kept)


@dataclass(frozen=True, eq=False)
class Case:
    """A value whose derivative is wrong: what the class found, what is right, and all uses of all values."""

    watch: Watch
    names: Sequence[str]
    value: Watched
    found: float
    right: float
    size: float
    ways: dict[Watched, list[Way]]

    @property
    def uses(self) -> list[Way]:
        return self.ways.get(self.value, [])

    def is_(self, number: float) -> bool:
        """Whether the class found this number."""
        return _near(self.found, number, self.size)

    def name(self, value: Watched) -> str:
        """How a value is called: an input by its name, a result by its operation."""
        for name, x in zip(self.names, self.watch.inputs, strict=True):
            if x is value:
                return name
        step = next(s for s in self.watch.steps if s.result is value)
        return f"the result of {called(step.function)} ({self.watch.line(step) or number(value.value)})"


def _sweep_explained(case: Case) -> Explanation:
    uses, watch = case.uses, case.watch
    kind, text = "sweep", "what the uses of a value pass on is not added up"
    seen = all(_found(watch, use.step.result) is not None for use in uses)
    causes = dict(cause for find in CAUSES for cause in find(case)) if seen else {}
    if len(causes) == 1:  # two ways to the same number: neither is known
        ((kind, text),) = causes.items()
    listed = " + ".join(f"{use.part:.6g}" for use in uses) + (f" = {case.right:.6g}" if len(uses) > 1 else "")
    text = (
        f"every local derivative is right, the backward pass is not: by {case.name(case.value)} it finds "
        f"{case.found:.6g} where {listed} is right{', although by every result made of it it is right' * seen}; {text}"
    )
    rows = []
    for use in uses:
        g = use.part / use.slope if use.slope else 0.0
        rows.append((called(use.step.function), watch.line(use.step), number(g), number(use.part)))
    return Explanation(kind, text, SWEEP, tuple(rows))


Causes = Iterator[tuple[str, str]]


def _overwritten(case: Case) -> Causes:
    if len(case.uses) > 1 and any(case.is_(use.part) for use in case.uses):
        yield "overwritten", "it holds what one use passed on: backward() overwrites where it must accumulate"


def _not_reached(case: Case) -> Causes:
    if case.found == 0:
        yield "not reached", "nothing has arrived there"


def _out_of_order(case: Case) -> Causes:
    """Whether a result handed on before all of its own uses had arrived, or handed on some of them again."""
    for use in case.uses:
        parts = [way.part for way in case.ways.get(use.step.result, [])]
        if not 1 < len(parts) <= FEW:
            continue
        some = [sum(c) for n in range(1, len(parts)) for c in itertools.combinations(parts, n)]
        again = [sum(sum(order[:n]) for n in range(1, len(parts))) for order in itertools.permutations(parts)]
        name = f"{case.name(use.step.result)} is used {len(parts)} times and handed on"
        if any(case.is_(case.right - use.slope * part) for part in some):
            yield "order of the sweep", f"{name} before all of them had arrived: a value's turn is after all its uses"
        if any(case.is_(case.right + use.slope * part) for part in (*again, sum(parts))):
            yield "handed on again", f"{name} again what it had handed on before"


CAUSES: tuple[Callable[[Case], Causes], ...] = (_overwritten, _not_reached, _out_of_order)


def _near(a: float, b: float, size: float) -> bool:
    return bool(abs(a - b) <= NEAR * size)
