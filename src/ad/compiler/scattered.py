"""Slices put into one array of zeros: what is left of the cotangents of x[1:] and x[:-1].

Eagerly each makes an array of zeros with its slice in it, and they are added. ``zeros; y[1:] += a; y[:-1] += b`` has
the same bits: an entry of the first sum is never -0, so adding +0 or -0 to it changes nothing.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np

from ad.compiler.program import Check, Program, Step, Value, values_in
from ad.compiler.recording import index_of, is_basic
from ad.table.shapes import scatter


def scattered(shape: tuple[int, ...], dtype: Any, *parts: tuple[Any, Any]) -> Any:
    """Zeros with each part (g, index) added at its index, one after the other."""
    y = np.zeros(shape, dtype)
    for g, index in parts:
        y[index] += g
    return y


def with_joined_scatters(program: Program) -> Program:
    """The program with sums of scattered slices as single steps."""
    uses = Counter(v for item in program.body for v in item.operands())
    uses.update(values_in(program.result))
    body: dict[Any, Step | Check] = {}
    for item in program.body:
        if type(item) is Step and item.function is scatter and is_basic(index_of(item.args, item.kwargs)):
            part = (item.args[0], index_of(item.args, item.kwargs))
            item = Step(scattered, (item.result.shape, item.result.dtype, part), {}, item.result)
        elif type(item) is Step and item.function is np.add:
            item = _joined(item, body, uses) or item
        body[item.result if type(item) is Step else item] = item
    return replace(program, body=tuple(body.values()))


def _joined(step: Step, body: dict[Any, Step | Check], uses: Counter[Value]) -> Step | None:
    """A sum of two scattered arrays, one of them of a single part, as one step; they are taken out of the body."""
    found = [body.get(v) for v in step.args if type(v) is Value and uses[v] == 1 and v.dtype == step.result.dtype]
    made = [s for s in found if type(s) is Step and s.function is scattered and s.result.shape == step.result.shape]
    if len(made) < 2 or min(len(s.args) for s in made) > 3:
        return None
    long, short = sorted(made, key=lambda s: -len(s.args))
    for s in made:
        del body[s.result]
    return Step(scattered, (*long.args, *short.args[2:]), {}, step.result)
