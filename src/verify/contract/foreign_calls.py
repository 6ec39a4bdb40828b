"""A framework's function as the clauses about its transformations call it: flat, at the point, beside the seed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ad.containers import flatten
from verify.adapters.foreign import Foreign
from verify.adapters.framework import Flat
from verify.arguments import entry_name
from verify.contract.agreement import UNKNOWN
from verify.contract.asking import Asking, NotAsked, number
from verify.numbers.nudged import value_enclosure
from verify.numbers.recorded import recorded
from verify.parts import duals_in_parts, duals_whole, in_parts, whole
from verify.subject import boxed


@dataclass(frozen=True, eq=False)
class FlatCall:
    """A function over the tensors that are differentiated, and these tensors.

    seed: one array for each result, in the engine's convention.
    """

    foreign: Foreign
    function: Flat
    tensors: tuple[Any, ...]
    seed: tuple[np.ndarray, ...]

    def value(self) -> Sequence[Any]:
        """The results."""
        return self.function(*self.tensors)

    def cotangents(self, outputs: Sequence[Any]) -> tuple[Any, ...]:
        """The seed as tensors of the results' dtypes, on their devices."""
        cast = [np.array(g).astype(self.array(y).dtype) for g, y in zip(self.seed, outputs, strict=True)]
        return tuple(self.foreign.framework.tensor(g, y) for g, y in zip(cast, outputs, strict=True))

    def array(self, x: Any) -> np.ndarray:
        return np.asarray(self.foreign.framework.array(x))

    def gradient_arrays(self, found: Sequence[Any]) -> list[np.ndarray]:
        """Gradients as the arrays of an answer."""
        gradients = self.foreign.gradients([self.array(x) for x in found])
        return [np.asarray(x) for x in flatten(duals_in_parts(gradients))[1] if x is not None]

    def value_arrays(self, found: Sequence[Any]) -> list[np.ndarray]:
        """Results as the arrays that f returns."""
        return [np.asarray(y) for y in flatten(in_parts([self.array(y) for y in found]))[1]]


def foreign_of(asking: Asking, *names: str) -> Foreign | None:
    """The function of one of these frameworks that is judged; None where the claim is about something else."""
    foreign = asking.claim.foreign
    own = foreign is not None and asking.form == "pair" and foreign.framework.name in names
    return foreign if own else None


def flat_call(asking: Asking, foreign: Foreign, leaves: Sequence[Any] | None = None) -> FlatCall:
    """The call of a function at leaves of the question (default: its point)."""
    question = asking.question
    call = foreign.call(whole(question.place(question.leaves if leaves is None else leaves)), asking.claim.kwargs)
    seed = flatten(duals_whole(boxed(question, asking.fresh_seed())))[1]
    return FlatCall(foreign, *call.over(call.tensors), tuple(map(np.asarray, seed)))


def value_differs(asking: Asking, found: Sequence[np.ndarray], wanted: Sequence[np.ndarray]) -> str:
    """Where two values of f differ by more than rounding: "output 0[1] is 2, not 3"; "" where they do not."""
    shapes = [np.shape(y) for y in found], [np.shape(y) for y in wanted]
    if shapes[0] != shapes[1]:
        return f"the shapes of the result are {shapes[0]}, not {shapes[1]}"
    pairs = [(np.asarray(a, float), np.asarray(b, float)) for a, b in zip(found, wanted, strict=True)]
    gaps = [np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0.0, np.abs(a - b)) for a, b in pairs]
    if not any(gap.any() for gap in gaps):
        return ""
    question = asking.question
    moved = _movement_of_value(asking)
    for r, g in enumerate(question.cotangents):
        weights = [np.abs(np.asarray(part, float)) for part in g]
        gap = sum(float(np.sum(w * d)) for w, d in zip(weights, gaps, strict=True))
        size = sum(float(np.sum(w * np.abs(b))) for w, (_, b) in zip(weights, pairs, strict=True))
        allowed = 2 * question.claim.units * (question.roundoff * (size + moved(r, size)) + question.smallest)
        if not gap <= allowed:
            i = max(range(len(gaps)), key=lambda n: float(np.max(gaps[n], initial=0.0)))
            at = np.unravel_index(int(np.argmax(gaps[i])), gaps[i].shape)
            name = entry_name(f"output {i}" if len(gaps) > 1 else "the result", at)
            return f"{name} is {number(pairs[i][0][at])}, not {number(pairs[i][1][at])}"
    return ""


def _movement_of_value(asking: Asking) -> Callable[[int, float], float]:
    """How far rounding may move the value in every row, per unit."""
    if "movement of the value" not in asking.shared:
        try:
            program, rows = recorded(asking.question)
            asking.shared["movement of the value"] = value_enclosure(program, rows, asking.claim.seed)[1]
        except Exception:  # f may not be one that exact numbers can enter
            asking.shared["movement of the value"] = None
    moved = asking.shared["movement of the value"]
    return (lambda r, size: UNKNOWN * size) if moved is None else (lambda r, size: float(np.abs(moved[r])))


def asked_safely(transformed: Callable[[], Any], what: str) -> Any:
    """What a transformed function returns.

    Raises NotAsked where it raises: then it is no function that can be transformed so.
    """
    found, problem = raised(transformed)
    if problem:
        raise NotAsked(f"{what} raises {problem}")
    return found


def raised(attempt: Callable[[], Any]) -> tuple[Any, str]:
    """What an attempt returns, and "" or what it raised, in one line."""
    try:
        return attempt(), ""
    except NotAsked:
        raise
    except Exception as problem:  # code of users, asked as its framework would
        return None, said(problem)


def said(problem: Exception) -> str:
    """An exception in one line."""
    return f"{type(problem).__name__}: {str(problem).strip().partition(chr(10))[0]}"
