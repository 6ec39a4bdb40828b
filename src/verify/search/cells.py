"""The cells into which conditions cut the space: what f and the judged code decide by, at many points at once.

Facts
    The recorded program of f, and that of the judged code where exact numbers can enter it, are straight lines of
    steps. They are run in float64 here, a column for each step and a row for each point, to find where the sign of a
    difference changes; every point found is judged exactly later, so an error here costs a point, never a verdict.
    A program holds on the path that Python took: it says nothing of points where an ``if`` goes the other way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ad.core import Op
from verify.numbers.program import COMPARISONS, CONDITIONS, CONNECTIVES, CONSTANT, INPUT, STOP, Program, Refused
from verify.numbers.recorded import recorded, run_exactly
from verify.numbers.ties import pairs, written
from verify.question import Question
from verify.subject import formula_rows

LONGEST = 4_000  # steps of a program that is looked at: a column of a thousand points costs about 5 us
UFUNCS: dict[str, Any] = {meaning.name: ufunc for ufunc, meaning in {**CONNECTIVES, **COMPARISONS}.items()}
UFUNCS |= {"and": np.logical_and, "or": np.logical_or, "not": np.logical_not, STOP: np.positive}
BRANCHES = 64  # conditions of a program that are looked at: a large array has one for each entry
ZEROS = 48  # steps whose zeros are looked for: beyond them cancels much, and little is new

Columns = dict[int, Any]


@dataclass(frozen=True)
class Margin:
    """A quantity whose sign matters: what decides a branch, is needed by a domain, or may cancel.

    text: as ``x > 2`` has the text ``x - 2``, without its sign. kind: "branch", "domain" or "zero".
    read: the quantity from the columns of all steps. step: the one that it belongs to.
    """

    text: str
    kind: str
    step: int
    read: Callable[[Columns], np.ndarray]


@dataclass(frozen=True, eq=False)
class Path:
    """A program on the path that Python took, and its margins."""

    program: Program
    margins: tuple[Margin, ...]

    def columns(self, points: np.ndarray) -> Columns:
        """The values of all steps at points, shape (points, entries); a step that does not run over floats is NaN."""
        found: Columns = {}
        with np.errstate(all="ignore"):
            for n, (meaning, operands) in enumerate(self.program.steps):
                found[n] = _column(meaning, operands, found, points)
        return found

    def signs(self, points: np.ndarray) -> np.ndarray:
        """The sign of every branch margin at every point, shape (points, margins); NaN where it is not known.

        It is not known where Python would not come by, and where its quantity is not a number.
        """
        columns = self.columns(points)
        branches = [m for m in self.margins if m.kind == "branch"]
        found = np.full((len(points), len(branches)), np.nan)
        for k, margin in enumerate(branches):
            on_path = np.ones(len(points), dtype=bool)
            for n, outcome in self.program.decisions.items():
                if n < margin.step:
                    on_path &= np.asarray(columns[n] == outcome)
            with np.errstate(all="ignore"):
                values = np.sign(np.broadcast_to(margin.read(columns), len(points)))
            found[:, k] = np.where(on_path, values, np.nan)
        return found


def paths_at(question: Question) -> list[Path]:
    """The paths that f and the judged code take at a point; those that cannot be recorded are left out."""
    found = []
    names = list(question.entries)
    for record in (_of_function, _of_subject):
        try:
            program = record(question)
        except Exception:  # code of users over numbers that it was not written for
            continue
        if len(program.steps) <= LONGEST:
            found.append(Path(program, tuple(_margins(program, names))))
    return found


def _of_function(question: Question) -> Program:
    return recorded(question)[0]


def _of_subject(question: Question) -> Program:
    if question.claim.judged == "engine":
        raise Refused("what the engine computes decides by nothing of its own")
    program = Program(question.point, question.claim.budget)
    run_exactly(program, question, lambda arrays: formula_rows(question, arrays))
    return program


def _column(meaning: Any, operands: Sequence[Any], found: Columns, points: np.ndarray) -> Any:
    if meaning is INPUT:
        return points[:, operands[0]]
    if meaning is CONSTANT:
        return operands[0] if isinstance(operands[0], bool) else float(operands[0])
    function = meaning.fun if isinstance(meaning, Op) else UFUNCS.get(meaning.name)
    try:
        if function is None:
            return np.nan
        value = np.asarray(function(*(found[i] for i in operands)))
    except Exception:  # an op of a user's own, that takes no columns
        return np.nan
    return value if value.shape in ((), (len(points),)) and value.dtype.kind in "fiub" else np.nan


def _margins(program: Program, names: Sequence[str]) -> Iterator[Margin]:
    """The margins of a program, each quantity once: branches first, then domains, then what may cancel."""
    seen: set[Any] = set()
    moving = [n for n in range(len(program.steps)) if program.moving[n]]
    for n in moving:
        for a, b in pairs(program, n):
            if (a, b) not in seen and len(seen) < BRANCHES:
                seen.add((a, b))
                yield Margin(_difference(program, a, b, names), "branch", n, _reader(a, b))
    for n in moving:
        meaning, operands = program.steps[n]
        if isinstance(meaning, Op) and meaning.domain is not None and (meaning.name, operands) not in seen:
            seen.add((meaning.name, operands))
            yield Margin(f"{meaning.name} needs {meaning.needs}", "domain", n, _margin(meaning, operands))
    zeros = [n for n in moving if _may_cancel(program, n) and (n, None) not in seen]
    for n in zeros[:ZEROS]:
        yield Margin("", "zero", n, _reader(n, None))


def _may_cancel(program: Program, n: int) -> bool:
    meaning = program.steps[n][0]
    return meaning is not CONSTANT and meaning.name not in CONDITIONS


def _difference(program: Program, a: int, b: int | None, names: Sequence[str]) -> str:
    """The two sides as text, "" where one is too long: ``x : 2``."""
    left = written(program, a, names)
    right = "0" if b is None else written(program, b, names)
    return f"{left} : {right}" if left and right else ""


def _reader(a: int, b: int | None) -> Callable[[Columns], np.ndarray]:
    """The difference of two steps, without an overflow of its own."""
    if b is None:
        return lambda columns: np.asarray(columns[a], dtype=float)
    return lambda columns: np.asarray(columns[a], dtype=float) * 0.5 - np.asarray(columns[b], dtype=float) * 0.5


def _margin(op: Op, operands: tuple[int, ...]) -> Callable[[Columns], np.ndarray]:
    assert op.domain is not None
    domain = op.domain

    def read(columns: Columns) -> np.ndarray:
        try:
            return np.asarray(domain(*(columns[i] for i in operands)), dtype=float)
        except Exception:  # an op of a user's own
            return np.array(np.nan)

    return read


# --- edges


@dataclass(frozen=True, eq=False)
class Edge:
    """Two neighbouring points of a line between which the sign of a margin changes; ``entry`` is what moves."""

    margin: Margin
    entry: int
    below: np.ndarray
    above: np.ndarray


def edges_along(path: Path, base: np.ndarray, entry: int, values: np.ndarray) -> list[Edge]:
    """The edges of all margins along one entry, the others staying at a base point; the nearest to it first.

    values: where the entry is looked at, ascending float64.
    """
    points = np.repeat(base[None, :], len(values), axis=0)
    points[:, entry] = values
    columns = path.columns(points)
    brackets = []
    with np.errstate(all="ignore"):
        for margin in path.margins:
            signs = _sign(np.broadcast_to(margin.read(columns), len(values)))
            brackets += [(margin, i) for i in np.flatnonzero(signs[1:] != signs[:-1])]
    near = int(np.searchsorted(values, base[entry]))
    brackets.sort(key=lambda bracket: (bracket[0].kind == "zero", abs(int(bracket[1]) - near)))
    brackets = brackets[:EDGES]
    if not brackets:
        return []
    low, high = (np.array([values[i + k] for _, i in brackets]) for k in (0, 1))
    low, high = _bisected(path, base, entry, [margin for margin, _ in brackets], low, high)
    found = []
    for (margin, _), a, b in zip(brackets, low, high, strict=True):
        below, above = base.copy(), base.copy()
        below[entry], above[entry] = a, b
        found.append(Edge(margin, entry, below, above))
    return found


EDGES = 32  # on one line
HALVINGS = 64  # of an interval of ordered floats


def _sign(x: np.ndarray) -> np.ndarray:
    """-1, 0 or 1, and 2 for NaN: the edge of where a quantity is defined is an edge too."""
    return np.where(np.isnan(x), 2.0, np.sign(x))


def _bisected(
    path: Path, base: np.ndarray, entry: int, margins: Sequence[Margin], low: np.ndarray, high: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Neighbouring floats between which each margin changes its sign, from intervals in which it does."""

    def signs(values: np.ndarray) -> np.ndarray:
        points = np.repeat(base[None, :], len(values), axis=0)
        points[:, entry] = values
        columns = path.columns(points)
        with np.errstate(all="ignore"):
            read = [np.broadcast_to(margin.read(columns), len(values))[k] for k, margin in enumerate(margins)]
        return _sign(np.array(read))

    at_low, a, b = signs(low), ordered(low), ordered(high)
    for _ in range(HALVINGS):
        middle = (a >> 1) + (b >> 1) + (a & b & 1)  # their sum may overflow
        if ((middle == a) | (middle == b)).all():
            break
        same = signs(from_ordered(middle)) == at_low
        a, b = np.where(same, middle, a), np.where(same, b, middle)
    return from_ordered(a), from_ordered(b)


def ordered(x: Any) -> np.ndarray:
    """Doubles as whole numbers in the same order, neighbours one apart; -0 and 0 are both 0.

    Example
        >>> ordered([0.0, 5e-324, -5e-324]).tolist()
        [0, 1, -1]
    """
    bits = np.asarray(x, dtype=float).view(np.int64)
    return np.where(bits >= 0, bits, np.int64(-(2**63)) - bits)


def from_ordered(n: np.ndarray) -> np.ndarray:
    """The doubles of ``ordered``.

    Example
        >>> from_ordered(ordered([1.5, -2.0, 0.0])).tolist()
        [1.5, -2.0, 0.0]
    """
    n = np.asarray(n, dtype=np.int64)
    return np.where(n >= 0, n, np.int64(-(2**63)) - n).astype(np.int64).view(np.float64)
