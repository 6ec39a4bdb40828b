"""A claim made ready to be asked: the point as arrays, names for every entry, cotangents, and the subject.

Every derivative is asked for in the same form, rows of numbers: row r is the derivative of <g_r, f(x)>, its
entries are those of all differentiated inputs in order. A gradient has one row, a Jacobian one for each output.

Second derivatives need no other form: the Hessian of f times v is the gradient of x -> D_v f(x), so a question of
order 2 is the one about that function, with a row for each tangent v and cotangent g. A forward rule answers
D_v f(x), the derivative by the step length at 0 of f(x + step * v).
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ad.containers import flatten, paths, unflatten
from ad.variable import differentiable, floating
from verify.adapters.adapting import framework_of
from verify.arguments import argument_names, entries_of, judged_dtype, kind_of, mutated_by, positions_of
from verify.claim import Claim
from verify.claimreading import ClaimError
from verify.cotangents import cotangents_of
from verify.formats import FORMATS, Format, coarsest, format_of, widened
from verify.numbers.complexformulas import is_complex
from verify.parts import of_complex, over_parts
from verify.tangents import Run, Tangents, beside_unit, choose, derivatives, stepped, steps

FORM = "one array for each input"  # the clause that everything which cannot be read as rows of numbers breaks


class BrokenContract(Exception):
    """What the subject returned has the wrong shape, type or number; the text says where."""


@dataclass(frozen=True, eq=False)
class Question:
    """A claim with its point laid out.

    leaves      the differentiated arrays, in order, as the subject gets them
    reference   the same numbers as f itself gets them: no function is run in 16 bits, where NumPy's sums stop growing
    names       for each leaf its name: x, params['w']
    entries     for each entry of a row its name: x[1]
    chosen      positions of the arguments that hold them, in the order of wrt
    outputs     the arrays that f returns at the point, and the container they come in
    returned    the same in the format of the subject
    cotangents  for each row one array per output
    place       leaves -> the arguments of f; with arrays for ``still`` too, these among them
    still       of a framework's function: the floating arrays that are not differentiated. What its reference makes of
                them alone is rounded, and exact over exact numbers
    run         leaves -> the arrays whose derivatives are asked for: those that f returns, or derivatives of them
    tangents    the directions of a question about directional derivatives
    base        the question about f itself, where this is one about a function derived from it
    shared      what oracles have worked out and others may use
    """

    claim: Claim
    leaves: tuple[np.ndarray, ...]
    reference: tuple[np.ndarray, ...]
    names: tuple[str, ...]
    entries: tuple[str, ...]
    chosen: tuple[int, ...]
    outputs: tuple[np.ndarray, ...]
    returned: tuple[np.ndarray, ...]
    container: Any
    cotangents: tuple[tuple[np.ndarray, ...], ...]
    place: Callable[..., tuple[Any, ...]]
    run: Run
    still: tuple[np.ndarray, ...] = ()
    tangents: Tangents | None = None
    base: Question | None = None
    shared: dict[str, Any] = field(default_factory=dict)

    @property
    def origin(self) -> Question:
        """The question about f itself."""
        return self.base or self

    def result(self, leaves: Sequence[Any]) -> Any:
        """What f returns, in its container, when these stand in place of the leaves."""
        if leaves is self.leaves:
            return unflatten(self.container, [fresh(y) for y in self.returned])
        return self.claim.f(*self.place(leaves), **self.claim.kwargs)

    def weighted(self, outputs: Sequence[Any], row: int) -> Any:
        """<g, y> for one row, in whatever numbers the outputs are."""
        parts = [np.sum(y * g) for y, g in zip(outputs, self.cotangents[row], strict=True)]
        return functools.reduce(lambda a, b: a + b, parts)

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, entries) of every answer."""
        return len(self.cotangents), len(self.entries)

    @property
    def format(self) -> Format:
        """The coarsest format among the inputs."""
        return coarsest(self.leaves)

    @property
    def roundoff(self) -> float:
        """The unit roundoff of that format (or what the claim says)."""
        return self.claim.roundoff or self.format.roundoff

    @property
    def reference_roundoff(self) -> float:
        """The roundoff to expect of f itself: code that computes in float32 inside is still the same function."""
        of_arrays = coarsest((*self.reference, *self.outputs)).roundoff
        return max(FORMATS["float32"].roundoff, of_arrays, self.claim.roundoff or 0.0)

    @property
    def accumulation(self) -> float:
        """The roundoff of one addition inside a reduction, in units of ``roundoff``: at most 1."""
        return min(self.format.accumulator / self.roundoff, 1.0)

    @property
    def smallest(self) -> float:
        """The smallest subnormal of that format, or normal number where those become 0: no answer can be nearer."""
        formats = [format for x in self.leaves if (format := format_of(x)) is not None]
        foreign = self.claim.foreign
        flushes = foreign is not None and foreign.framework.flushes
        return max(format.flushed if flushes else format.smallest for format in formats)

    @property
    def largest(self) -> float:
        """The largest finite number: beyond it, an infinity is the truth correctly rounded."""
        return min(float(format_of(x).largest) for x in self.leaves)  # type: ignore[union-attr]

    @property
    def point(self) -> list[float]:
        """All entries of all leaves as exact doubles."""
        return [float(v) for x in self.leaves for v in x.reshape(-1)]

    def rows(self, leaves_of_rows: Sequence[Sequence[Any]]) -> np.ndarray:
        """Rows of gradients, each given as one array per leaf, as one float64 matrix."""
        return np.array(
            [np.concatenate([np.asarray(x, dtype=float).reshape(-1) for x in row]) for row in leaves_of_rows]
        ).reshape(self.shape)


def prepare(claim: Claim) -> Question:
    """Lay out a claim's point, evaluate f there once, and choose cotangents.

    Raises
        ClaimError when there is nothing to differentiate, a name is unknown, a dtype is not judged, or a gradient
        is claimed of a function with several outputs; and whatever f itself raises.
    """
    claim = over_parts(claim) if of_complex(claim) else claim
    arguments = argument_names(claim)
    chosen = positions_of(claim, arguments)
    mutated_by(claim, arguments)  # a name that is unknown is told before anything is asked
    trees = [flatten(x) for x in claim.xs]
    leaves, names, slots = [], [], []
    for position in chosen:
        parts = trees[position][1]
        if claim.wrt is not None and parts and not any(map(differentiable, parts)):
            name, leaf = paths(claim.xs[position], arguments[position])[0], parts[0]
            raise ClaimError(f"wrt names {arguments[position]!r}, but {name} is {kind_of(leaf)}: a constant")
        for k, (leaf, name) in enumerate(zip(parts, paths(claim.xs[position], arguments[position]), strict=True)):
            if not differentiable(leaf):
                continue
            if isinstance(leaf, np.ndarray) and type(leaf) is not np.ndarray:  # f would not see what it was given
                raise ClaimError(f"{name} is a {type(leaf).__name__}: give a plain array, np.asarray({name})")
            own = fresh(np.asarray(floating(leaf, name)))  # a rule that writes spoils a copy
            leaves.append(judged_dtype(own, name))
            names.append(name)
            slots.append((position, k))
    if not leaves:
        raise ClaimError("there is no floating input to differentiate: integer and boolean arrays are constants")

    beside = _still(claim, trees, slots)
    still = tuple(trees[position][1][k] for position, k in beside)

    def place(values: Sequence[Any], others: Sequence[Any] | None = None) -> tuple[Any, ...]:
        filled = [[fresh(part) for part in parts] for _, parts in trees]
        others = _as_data(still, values) if others is None else others
        for (position, k), value in zip((*slots, *beside), (*values, *others), strict=True):
            filled[position][k] = fresh(value)
        return tuple(unflatten(tree, parts) for (tree, _), parts in zip(trees, filled, strict=True))

    scalars = tuple(leaf[()] if leaf.ndim == 0 else leaf for leaf in leaves)
    reference = tuple(widened(x) for x in scalars)
    with np.errstate(all="ignore"):
        container, computed = flatten(claim.f(*place(reference), **claim.kwargs))
    if claim.judged == "engine" and (framework := framework_of(None, computed, None)) is not None:
        raise ClaimError(f'f returns arrays of {framework.name}: give engine="{framework.name}"')
    if any(map(is_complex, computed)):
        return prepare(over_parts(claim))
    outputs = tuple(judged_dtype(np.asarray(floating(y, "the output of f")), "the output of f") for y in computed)
    returned = _narrowed(outputs, leaves)
    question = Question(
        claim, scalars, reference, tuple(names), tuple(entries_of(names, leaves)), chosen, outputs, returned, container,
        cotangents_of(claim, returned), place, _of(claim, place), still,
    )  # fmt: skip
    if claim.order == 2:
        return _second(question)
    return _along(question) if claim.judged == "jvp" else question


def _still(claim: Claim, trees: Sequence[Any], slots: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Where the floating arrays stand that are not differentiated; of NumPy's functions none: they round as f does."""
    arrays = [(i, k) for i, (_, parts) in enumerate(trees) for k, x in enumerate(parts) if isinstance(x, np.ndarray)]
    floats = [(i, k) for i, k in arrays if format_of(trees[i][1][k]) is not None]
    return [slot for slot in floats if slot not in slots] if claim.against else []


def _as_data(arrays: Sequence[np.ndarray], values: Sequence[Any]) -> list[Any]:
    """Arrays beside the leaves in the numbers of these: exact ones where they are."""
    inner: Any = values[0]
    while (primal := getattr(inner, "primal", None)) is not None:  # of a Variable
        inner = primal
    lift = getattr(inner, "exact_data", None)
    return [fresh(x) if lift is None else lift(x) for x in arrays]


def _of(claim: Claim, place: Callable[[Sequence[Any]], tuple[Any, ...]]) -> Run:
    """The arrays that f returns, as a function of the leaves."""
    return lambda leaves: flatten(claim.f(*place(leaves), **claim.kwargs))[1]


def _second(question: Question) -> Question:
    """The question about x -> D_v f(x): its rows are the second derivatives along v, tangent after tangent."""
    claim, rows = question.claim, question.cotangents
    tangents = choose(claim.tangent, question.leaves, len(rows), claim.seed)
    if claim.judged == "hvp":
        tangents = beside_unit(tangents, question.leaves, claim.seed)
    run = derivatives(question.run, tangents)
    with np.errstate(all="ignore"):
        outputs = tuple(np.asarray(y) for y in run(question.reference))
    still = [tuple(np.zeros_like(g) for g in rows[0])] * len(tangents.parts) if rows else []
    blocks = ([*still[:s], row, *still[s + 1 :]] for s in range(len(tangents.parts)) for row in rows)
    return replace(
        question, outputs=outputs, cotangents=tuple(tuple(itertools.chain(*block)) for block in blocks), run=run,
        tangents=tangents, base=question, shared={},
    )  # fmt: skip


def _along(question: Question) -> Question:
    """The question by step lengths along tangents; along unit tangents it is the question about f itself."""
    claim = question.claim
    tangents = choose(claim.tangent, question.leaves, 1, claim.seed)
    if tangents.kind == "unit":
        return replace(question, tangents=tangents)
    lengths = steps(question.leaves, tangents)

    def place(values: Sequence[Any]) -> tuple[Any, ...]:
        return question.place(stepped(question.reference, tangents, values[0]))

    return replace(
        question, leaves=(lengths,), reference=(widened(lengths),), names=("step",),
        entries=tuple(entries_of(["step"], [lengths])), place=place, run=_of(claim, place), tangents=tangents,
        base=question, shared={},
    )  # fmt: skip


def _narrowed(outputs: tuple[np.ndarray, ...], leaves: list[np.ndarray]) -> tuple[np.ndarray, ...]:
    """The outputs as a forward pass in the format of the leaves would hand them on."""
    coarse = max(leaves, key=lambda x: coarsest([x]).roundoff)
    with np.errstate(over="ignore"):
        return tuple(y.astype(coarse.dtype) for y in outputs) if coarsest([coarse]).half else outputs


def fresh(x: Any) -> Any:
    """A copy of an array, so that code which writes into its inputs spoils nobody else's; laid out as it is."""
    if not isinstance(x, np.ndarray) or x.flags.c_contiguous:
        return x.copy() if isinstance(x, np.ndarray) else x
    return _laid_out(x)


def _laid_out(x: np.ndarray) -> np.ndarray:
    """A copy with the strides of an array: code may go wrong on one that is not contiguous."""
    steps = [(n - 1) * stride for n, stride in zip(x.shape, x.strides, strict=True)]
    before, after = (sum(abs(step) for step in steps if (step < 0) is negative) for negative in (True, False))
    memory = np.zeros(before + after + x.itemsize, np.uint8)
    found: np.ndarray = np.ndarray(x.shape, x.dtype, memory, before, x.strides)
    found[...] = x
    return found
