"""Small differentiable programs: random NumPy calls over the op table, inside their domains at a point.

Facts
    Every drawn number picks the first call from there on that fits: that has a finite derivative at the point, away
    from kinks and edges. So no draw is thrown away, and a failing program becomes short and made of simple calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from hypothesis import strategies as st

from ad.core import Op
from ad.dispatch import TABLE
from ad.table.shapes import getitem
from verify.straightline import Line, Ref, StraightLine
from verify.suites.optable import operands

MARGIN = 0.05  # kept from kinks and from the edges of domains
LARGEST, SMALLEST = 1e3, 1e-3  # of a value and of a slope: what grows or vanishes hides the other calls
CONSTANTS = (2.0, 0.5, -1.0, 3.0)
INPUTS: tuple[tuple[int, ...], ...] = ((), (2,), (2, 3))  # any two of them but the last two broadcast

# Calls of one array that are no entry-by-entry ones: the function, and its static arguments.
SHAPED: tuple[tuple[Callable[..., Any], dict[str, Any]], ...] = (
    (np.sum, {}), (np.sum, {"axis": 0}), (np.mean, {"axis": -1}), (np.cumsum, {"axis": 0}), (np.transpose, {}),
    (np.flip, {}), (np.ravel, {}), (getitem, {"index": 0}), (getitem, {"index": slice(1, None)}),
    (np.var, {}), (np.linalg.norm, {}),
)  # fmt: skip


@st.composite
def programs(
    draw: st.DrawFn, max_inputs: int = 2, max_steps: int = 5, dtype: Any = float
) -> tuple[StraightLine, tuple[Any, ...]]:
    """NumPy functions with a point that is inside the domain of all their calls.

    Arguments
        max_inputs: of inputs, which are numbers and arrays. max_steps: of calls. dtype: of the point.
    Returns
        pairs ``(f, xs)``: f can be called, and its repr is Python.
    Example
        >>> from hypothesis import find
        >>> find(programs(), lambda drawn: np.exp in drawn[0].functions)[0]
        lambda x: np.exp(x)
    """
    shapes = draw(st.lists(st.sampled_from(INPUTS), min_size=1, max_size=max_inputs))
    xs = tuple(draw(_inputs(shape, dtype)) for shape in shapes)
    values: list[Any] = list(xs)
    lines: list[Line] = []
    for _ in range(draw(st.integers(1, max_steps))):
        first = draw(st.integers(0, CHOICES - 1))
        line = next(_fitting(values, first, draw(st.integers(0, 7)), draw(st.booleans())), None)
        if line is not None:
            lines.append(line)
            values.append(_result(line, values))
    names = ("x", "y", "z", "u", "v", "w")[: len(xs)]
    program = StraightLine(names, tuple(lines), len(values) - 1).pruned()
    unused = program.unused
    return program.without_inputs(unused), tuple(x for n, x in enumerate(xs) if n not in unused)


def _inputs(shape: tuple[int, ...], dtype: Any) -> st.SearchStrategy[Any]:
    size = int(np.prod(shape, dtype=int))
    eighths = st.lists(st.integers(-16, 16), min_size=size, max_size=size)
    return eighths.map(lambda found: (1 + np.array(found) / 8).astype(dtype).reshape(shape)[()])


# Entry-by-entry calls of one or two arrays, in the order of the table, which begins with the simplest; those with kinks
# and branches last.
ELEMENTWISE: tuple[Op, ...] = tuple(
    sorted(
        (op for op in TABLE.values() if op.family == "elementwise" and len(operands(op)) <= 2),
        key=lambda op: op.holomorphic == "no",
    )
)
CHOICES = len(ELEMENTWISE) + len(SHAPED)


def _fitting(values: list[Any], first: int, other: int, swapped: bool) -> Iterator[Line]:
    """The calls on the last value that fit, from the chosen one on, and round."""
    last = Ref(len(values) - 1)
    partners: list[Any] = [*CONSTANTS, *map(Ref, range(len(values)))]
    for n in range(CHOICES):
        chosen = (first + n) % CHOICES
        if chosen >= len(ELEMENTWISE):
            function, static = SHAPED[chosen - len(ELEMENTWISE)]
            line = Line(function, (last,), static)
            if np.ndim(values[-1]) and _is_moderate(_result(line, values)):
                yield line
            continue
        op, partner = ELEMENTWISE[chosen], partners[other % len(partners)]
        pair = (partner, last) if swapped else (last, partner)
        line = Line(op.fun, (last,) if len(operands(op)) == 1 else pair)
        if _fits(op, line, values):
            yield line


def _result(line: Line, values: list[Any]) -> Any:
    given = [values[x.number] if isinstance(x, Ref) else x for x in line.operands]
    with np.errstate(all="ignore"):
        return line.function(*given, **line.static)


def _fits(op: Op, line: Line, values: list[Any]) -> bool:
    """Whether an entry-by-entry call is well inside its domain here, and changes with what it is called with."""
    given = [values[x.number] if isinstance(x, Ref) else x for x in line.operands]
    try:
        np.broadcast_shapes(*map(np.shape, given))
    except ValueError:
        return False
    with np.errstate(all="ignore"):
        y = op.fun(*given)
        margin = np.inf if op.domain is None else np.min(op.domain(*given))
        distance = np.inf if op.kinks is None else np.min(np.abs(op.kinks(*given)))
        slopes = [
            np.abs(op.vjp(i, np.ones_like(y), y, tuple(given), {}))
            for i, x in enumerate(line.operands)
            if isinstance(x, Ref)
        ]
    moves = all(_is_moderate(s) and np.min(s) >= SMALLEST for s in slopes)
    return bool(moves and _is_moderate(y) and margin > MARGIN and distance > MARGIN)


def _is_moderate(y: Any) -> bool:
    return bool(np.size(y) and np.isfinite(y).all() and np.max(np.abs(y)) <= LARGEST)
