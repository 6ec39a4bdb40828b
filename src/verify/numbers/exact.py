"""Exact arrays over a program: the entries are its terms, and running NumPy code over them records its steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import flint
import numpy as np

from verify.numbers.balls import precision
from verify.numbers.kinds import Planes
from verify.numbers.planes import ExactArray, meaning_of
from verify.numbers.program import PRECISIONS, Program, Term

__all__ = ["ExactArray", "Terms", "inputs", "scalar", "terms"]


@dataclass(frozen=True)
class Terms:
    """The field of a program: applying a function appends steps."""

    program: Program
    order: int = 0
    records: bool = True

    def constant(self, value: Any) -> Term:
        return self.program.term(value)

    def constants(self, values: np.ndarray) -> np.ndarray:
        if values.dtype == object and all(isinstance(x, Term) for x in values.reshape(-1)):
            return values
        return terms(self.program, values)

    def given(self, values: np.ndarray) -> np.ndarray:
        data = np.empty(values.shape, dtype=object)
        data.reshape(-1)[:] = [self.program.given(float(x)) for x in values.reshape(-1)]
        return data

    def apply(self, function: Any, operands: Sequence[Planes]) -> Planes:
        meaning = meaning_of(function)
        broadcast = np.broadcast(*(planes[0] for planes in operands))
        result = np.empty(broadcast.shape, dtype=object)
        flat = result.reshape(-1)
        for n, entries in enumerate(broadcast):
            flat[n] = self.program.apply(meaning, *entries)
        return (result,)

    def matmul(self, a: np.ndarray, b: np.ndarray) -> Any:
        return np.matmul(a, b)  # over the terms' own + and *

    def decide(self, element: Term) -> bool:
        return bool(element)

    def moves(self, planes: Planes) -> bool:
        return any(self.program.moving[term.index] for term in planes[0].reshape(-1))

    def normwise(self) -> None:
        self.program.normwise = True

    def guess(self, data: np.ndarray) -> np.ndarray | None:
        with precision(PRECISIONS[0]):
            values = self.program.values(PRECISIONS[0])
        found = [values[term.index] for term in data.reshape(-1)]
        if not all(isinstance(x, flint.arb) and x.is_finite() for x in found):
            return None
        return np.array([float(x.mid()) for x in found]).reshape(data.shape)


def scalar(program: Program, n: int) -> ExactArray:
    """A step of a program as an exact array without axes."""
    return ExactArray(Terms(program), (terms(program, Term(program, n)),))


def terms(program: Program, x: Any) -> np.ndarray:
    """Anything array-like as an object array of terms; numbers become exact constants."""
    if isinstance(x, ExactArray):
        return x.data
    data = np.empty(np.shape(x), dtype=object)
    source = x if isinstance(x, np.ndarray) else None
    if data.ndim == 0:
        data[()] = program.term(x[()] if source is not None else x)
        return data
    source = np.asarray(x) if source is None else source
    flat = data.reshape(-1)
    for n, entry in enumerate(source.reshape(-1)):
        flat[n] = program.term(entry)
    return data


def _term_operator(function: Any, reflected: bool) -> Callable[[Term, Any], Any]:
    meaning = meaning_of(function)

    def operate(self: Term, other: Any) -> Any:
        if isinstance(other, ExactArray | np.ndarray):  # theirs: they take a term for each of their entries
            return NotImplemented
        a, b = (other, self) if reflected else (self, other)
        return self.program.apply(meaning, a, b)

    return operate


for _name, _function in {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "truediv": np.divide, "pow": np.power,
}.items():  # fmt: skip
    setattr(Term, f"__{_name}__", _term_operator(_function, reflected=False))
    setattr(Term, f"__r{_name}__", _term_operator(_function, reflected=True))
setattr(Term, "__neg__", lambda self: self.program.apply(meaning_of(np.negative), self))  # noqa: B010  beside the loop's
setattr(Term, "conjugate", lambda self: self)  # noqa: B010  np.vdot asks for it


def inputs(program: Program, shapes: list[tuple[int, ...]]) -> list[ExactArray]:
    """The inputs of a program as exact arrays of the given shapes, in order."""
    arrays, start = [], 0
    for shape in shapes:
        count = int(np.prod(shape, dtype=int))
        data = np.empty(count, dtype=object)
        data[:] = [Term(program, start + k) for k in range(count)]
        arrays.append(ExactArray(Terms(program), (data.reshape(shape),)))
        start += count
    return arrays
