"""Derivatives of shape ops, reductions and contractions, exact over integers, for the family of shapes of each.

Facts
    Away from its kinks such a function is a polynomial of degree 2 at most in each single entry of its input: linear
    (sum), a product of others (prod, matmul), a square (var), or a choice (max). So a central difference has no
    error, and NumPy's own function at integers gives the derivative without any rule and without rounding:
    f(x + s e) - f(x - s e) = 2 s f'(x) e for every basis vector e.
    The entries of x are distinct and 6 s apart, the step is s: no tie, and no choice changes on the way.
    s is 1; where a function divides by a count (mean, var) it is 840, which every whole number up to 8 divides.
    Every number met is an integer below 2**53, so float64 holds it exactly, and ``==`` decides.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import ad
from ad.containers import flatten, unflatten
from ad.dispatch import called
from verify.finding import Finding, PointFinding
from verify.judge import Verdict
from verify.parts import in_parts
from verify.suites.calls import CALLS, NOT_POLYNOMIAL, Call, Complexes, Floats, opened

STEPS = (1, 840)
APART = 6  # steps between neighbouring entries; they lie halfway, so that the bounds of a clip are 2 steps away
EXACT = 2.0**53  # integers up to here are doubles

Arrays = Sequence[np.ndarray]


@dataclass(frozen=True)
class Fault:
    """One number of a derivative that is not the exact one: which mode, by which entry, of which output."""

    mode: str
    entry: str
    output: int
    found: float
    exact: float
    at: tuple[np.ndarray, ...]
    said: str = ""  # what was found in place of numbers: an exception, another shape


@dataclass(frozen=True)
class Case:
    """One call at integers: the inputs, one step, and the function of the inputs alone with flat outputs."""

    f: Callable[..., Any]
    xs: tuple[np.ndarray, ...]
    step: int

    def outputs(self, xs: Arrays) -> list[np.ndarray]:
        """What NumPy's own function returns."""
        return [np.asarray(y) for y in flatten(self.f(*xs))[1]]

    def values(self, xs: Arrays) -> np.ndarray:
        """The same, all in one row."""
        return _row(self.outputs(xs))


def exact_over_integers(function: Callable[..., Any], finding: Finding) -> Finding:
    """Add to a finding what integers say of a function over its family of shapes.

    Arguments
        function: a function of the op table or one defined by these; with no family the finding is returned as it is.
        finding: of a claim about that function.
    Returns
        the finding, with the calls for which both modes are exact in ``exact``; WRONG with the first fault otherwise;
        with a note where integers cannot show it.
    Raises
        ValueError for a call whose values are no integers: a fault of the family, not of the function.
    Example
        >>> from verify.proof import prove
        >>> prove(np.trace).exact[:4]
        ('f[3,3]', 'f[2,4], 1', 'f[4,2], offset=-1', 'f[2,3,4], 0, 1, 2')
    """
    if function in NOT_POLYNOMIAL:
        note = f"not shown over integers: {NOT_POLYNOMIAL[function]}"
        return replace(finding, points=tuple(replace(p, notes=(*p.notes, note)) for p in finding.points))
    calls = CALLS.get(function, [])
    for call in calls:
        fault = first_fault(function, call)
        if fault is not None:
            return replace(finding, points=(*finding.points, _wrong(function, call, fault)))
    return replace(finding, exact=tuple(map(call_text, calls)))


def first_fault(function: Callable[..., Any], call: Call) -> Fault | None:
    """The first number of either mode that is not the exact derivative, over all basis vectors and cotangents."""
    case, rows = _exactly(function, call)
    try:
        return _reverse_fault(case, rows) or _forward_fault(case, rows)
    except Exception as problem:
        return _said("", case, f"it raises {type(problem).__name__}: {problem}")


# --- the exact derivative


def _exactly(function: Callable[..., Any], call: Call) -> tuple[Case, np.ndarray]:
    """The call at integers and its derivative times 2 s: one row per entry of the inputs, one column per output."""
    shapes, rebuild = opened(call)

    def f(*xs: Any) -> Any:
        args, kwargs = rebuild(xs)
        return in_parts(function(*args, **kwargs))

    for step in STEPS:
        case = Case(f, _integers(shapes, step), step)
        values = [case.values(case.xs), *(case.values(_moved(case.xs, n, s * step)) for n, s in _moves(case.xs))]
        if all(np.all((v == np.rint(v)) & (np.abs(v) < EXACT)) for v in values):
            up, down = values[1::2], values[2::2]
            rows = [above - below for above, below in zip(up, down, strict=True)]
            return case, np.array(rows).reshape(len(rows), values[0].size)
    raise ValueError(
        f"{called(function)}({call_text(call)}) has values that are no integers below 2**53: "
        "change the call in verify.suites.calls, or give the reason in NOT_POLYNOMIAL"
    )


def _integers(shapes: Sequence[tuple[int, ...]], step: int) -> tuple[np.ndarray, ...]:
    """Distinct odd multiples of 3 s, of both signs, in an order without a pattern."""
    sizes = [math.prod(shape) for shape in shapes]
    total = sum(sizes)
    entries = np.random.default_rng(total).permutation(np.arange(total) - total // 2) * APART + APART // 2
    parts = np.split(entries * float(step), np.cumsum(sizes)[:-1]) if sizes else []
    return tuple(part.reshape(shape) for part, shape in zip(parts, shapes, strict=True))


def _moves(xs: Arrays) -> list[tuple[int, int]]:
    return [(n, side) for n in range(sum(x.size for x in xs)) for side in (1, -1)]


def _moved(xs: Arrays, n: int, by: float) -> list[np.ndarray]:
    """The inputs with entry n, counted through all of them, moved."""
    steps = _split(xs, by * _basis(sum(x.size for x in xs), n))
    return [x + step for x, step in zip(xs, steps, strict=True)]


def _basis(size: int, n: int) -> np.ndarray:
    return np.where(np.arange(size) == n, 1.0, 0.0)


def _split(like: Arrays, row: np.ndarray) -> list[np.ndarray]:
    ends = np.cumsum([x.size for x in like])[:-1]
    return [part.reshape(x.shape) for part, x in zip(np.split(row, ends), like, strict=True)]


def _row(parts: Sequence[Any]) -> np.ndarray:
    return np.concatenate([np.zeros(0), *(np.ravel(np.asarray(part, float)) for part in parts)])


# --- the engine's


def _reverse_fault(case: Case, rows: np.ndarray) -> Fault | None:
    """Pull every basis cotangent back; and one dense one, in which they all add up."""
    y, pullback = ad.vjp(case.f, *case.xs)
    tree, leaves = flatten(y)
    outputs, wanted = list(map(np.asarray, leaves)), case.outputs(case.xs)
    if not all(map(np.array_equal, outputs, wanted)):
        return _said("value", case, "its value differs from that of the function itself")
    for j, g in enumerate([*np.eye(rows.shape[1]), np.arange(rows.shape[1]) - 1.0]):
        back = pullback(unflatten(tree, _split(outputs, 2.0 * case.step * g)))
        fault = _differing("vjp", back, case.xs, rows @ g, case, j)
        if fault is not None:
            return fault
    return None


def _forward_fault(case: Case, rows: np.ndarray) -> Fault | None:
    """Push every basis vector forward; and one dense one."""
    outputs = case.outputs(case.xs)
    for n, t in enumerate([*np.eye(len(rows)), np.arange(len(rows)) - 1.0]):
        tangents = _split(case.xs, 2.0 * case.step * t)
        _, ahead = ad.jvp(case.f, case.xs, tuple(tangents))
        fault = _differing("jvp", flatten(ahead)[1], outputs, t @ rows, case, n)
        if fault is not None:
            return fault
    return None


def _differing(
    mode: str, parts: Sequence[Any], like: Arrays, exact: np.ndarray, case: Case, other: int
) -> Fault | None:
    """The first number of a cotangent or tangent that is not the exact one, or a shape that is not the array's."""
    for part, array in zip(parts, like, strict=True):
        if np.shape(part) != array.shape:
            return _said(mode, case, f"the {mode} has shape {np.shape(part)} for an array of shape {array.shape}")
    found = _row(parts)
    wrong = np.flatnonzero(~(found == exact))  # NaN equals nothing
    if not wrong.size:
        return None
    k = int(wrong[0])
    n, output = (k, other) if mode == "vjp" else (other, k)
    scale = 2.0 * case.step
    return Fault(mode, _entry(case.xs, n), output, float(found[k]) / scale, float(exact[k]) / scale, case.xs)


def _entry(xs: Arrays, n: int) -> str:
    """The name of entry n, counted through all inputs, such as x0[1, 2]; past the last stands the dense vector."""
    for i, x in enumerate(xs):
        if n < x.size:
            index = ", ".join(str(int(k)) for k in np.unravel_index(n, x.shape))
            return f"x{i}[{index}]" if index else f"x{i}"
        n -= x.size
    return "every entry at once"


# --- what is reported


def _said(mode: str, case: Case, said: str) -> Fault:
    return Fault(mode, "", 0, math.nan, math.nan, case.xs, said)


def _wrong(function: Callable[..., Any], call: Call, fault: Fault) -> PointFinding:
    where = f"{called(function)}({call_text(call)})"
    numbers = f"the {fault.mode} of output {fault.output} by {fault.entry} is {fault.found!r}, exactly {fault.exact!r}"
    known = not math.isnan(fault.exact)
    return PointFinding(
        at={f"x{i}": x.tolist() for i, x in enumerate(fault.at)},
        verdict=Verdict.WRONG,
        reason=f"not exact over integers: {where}: {fault.said or numbers}",
        entry=fault.entry,
        yours=fault.found if known else None,
        truth=repr(fault.exact) if known else "",
        gap=abs(fault.found - fault.exact) if known else None,
        judged_by="integers",
        failing=(fault.entry,) if fault.entry else (),
        failures=1,
    )


def call_text(call: Call) -> str:
    """The arguments of a call in short: ``f[2,3], axis=0``, where f[2,3] is an array of that shape (complex: c)."""
    named = [f"{name}={_text(x)}" for name, x in call.kwargs.items()]
    return ", ".join([*map(_text, call.args), *named])


def _text(x: Any) -> str:
    if isinstance(x, Complexes):
        return f"c[{','.join(map(str, x.shape))}]"
    if isinstance(x, Floats):
        return f"f[{','.join(map(str, x.shape))}]"
    if isinstance(x, tuple):
        return f"({', '.join(map(_text, x))}{',' if len(x) == 1 else ''})"
    if isinstance(x, list):
        return f"[{', '.join(map(_text, x))}]"
    if isinstance(x, slice):
        ends = ["" if end is None else str(end) for end in (x.start, x.stop, x.step)]
        return ":".join(ends[: 2 if x.step is None else 3])
    if isinstance(x, np.ndarray):
        return _text(x.tolist())
    if isinstance(x, float):
        return f"{x:g}"
    if x is Ellipsis:
        return "..."
    return x.__name__ if callable(x) else str(x) if isinstance(x, np.generic) else repr(x)
