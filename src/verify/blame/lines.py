"""Where in a user's code an operation was called: the source line of every node of a tape.

Lines are noted in a run that is made for them alone; nobody else pays for the look at the stack.
"""

from __future__ import annotations

import linecache
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import ad
from ad.core import Graph, Node, Tape
from ad.variable import trace_on
from verify.adapters.translation import RUNNING

SHOWN = 80  # characters of a line


# Code of ours and of NumPy's, which stands between an operation and the line that called it. The functions of the
# built-in suites are written as a user's are.
VERIFY = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
OURS = (VERIFY, *(os.path.dirname(os.path.abspath(str(package.__file__))) + os.sep for package in (ad, np)))
SUITES = VERIFY + "suites" + os.sep


@dataclass(frozen=True)
class Line:
    """A line of a user's code: the file's name without its folders, the number, the text."""

    file: str
    number: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.number}" + (f": `{self.text}`" if self.text else "")


@dataclass(frozen=True, eq=False)
class Run:
    """A graph, and the lines that its nodes were computed on; a node without one was called by no code of a user's."""

    graph: Graph
    lines: Mapping[Node, Line]

    def at(self, node: Node) -> str:
        """The line of a node in parentheses, with a space before them; '' where there is none."""
        return f" ({self.lines[node]})" if node in self.lines else ""


class NotingTape(Tape):
    """A tape that notes besides on which line each of its nodes was computed."""

    __slots__ = ("lines",)

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[Node, Line] = {}

    def append(self, node: Node) -> None:
        line = calling_line()
        if line is not None:
            self.lines[node] = line
        super().append(node)


def run_with_lines(run: Callable[[Sequence[Any]], Any], leaves: Sequence[Any]) -> Run:
    """The graph of ``run(leaves)``, with lines; raises what it raises."""
    tape = NotingTape()
    graph = trace_on(tape, lambda *values: run(values), tuple(leaves))
    return Run(graph, tape.lines)


def running(run: Callable[[Sequence[Any]], Any], values: Sequence[Any]) -> Any:
    """``run(values)``: the lines of what happens inside are looked for up to here."""
    return run(values)


def _line(text: str) -> Line | None:
    """A line given as "op.py:14"."""
    file, _, number = text.rpartition(":")
    if not file:
        return None
    return Line(os.path.basename(file), int(number), linecache.getline(file, int(number)).strip()[:SHOWN])


def calling_line() -> Line | None:
    """The innermost line outside of our code and NumPy's, up to the run that notes; None where there is none.

    Of what a framework ran, whose program is run again, it is the line of the operation there.
    """
    told = RUNNING.get()
    if told is not None:
        return _line(told())
    frame = sys._getframe(2)
    while frame is not None and frame.f_code.co_filename != __file__:
        name = frame.f_code.co_filename
        if name.startswith(SUITES) or not name.startswith(OURS):
            text = linecache.getline(name, frame.f_lineno, frame.f_globals).strip()
            return Line(os.path.basename(name), frame.f_lineno, text[:SHOWN])
        frame = frame.f_back  # type: ignore[assignment]
    return None
