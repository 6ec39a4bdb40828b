"""A rule in the one form in which it is made wrong, whatever it is called by: leaves and weights in, arrays out.

Pulled, the weights are cotangents of the outputs and one array comes out for each leaf; pushed, they are tangents of
the leaves and one array comes out for each output; a gradient, the pull of one number, has no weights.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np


class SameAnswer(Exception):
    """The mistake cannot be made at this call; the text says why."""


@dataclass(frozen=True, eq=False)
class Call:
    """What a rule is given: its inputs, and cotangents, tangents or None. operand: of one operation's push, which."""

    inputs: tuple[Any, ...]
    weights: tuple[Any, ...] | None
    operand: int | None = None


@dataclass(frozen=True, eq=False)
class Rule:
    """A derivative in the one form.

    f        inputs -> list of the outputs whose derivative it is
    answer   a call -> list of arrays
    pushes   whether the weights are tangents
    """

    f: Callable[..., list[Any]]
    answer: Callable[[Call], list[Any]]
    pushes: bool = False


Change = Callable[[Rule, Call, dict[str, Any]], list[Any]]


@dataclass(frozen=True, eq=False)
class Mutant:
    """One way to be wrong. change: a rule, a call and what this mutant remembers of earlier calls -> its answer."""

    name: str
    says: str
    change: Change


@dataclass(frozen=True, eq=False)
class Spoilt:
    """A mistake at work: asked in a rule's place, it answers as the rule does where the mistake cannot be made.

    memory: what it remembers, and of itself "made" (whether the mistake was made) and "same" (else why not).
    """

    mutant: Mutant
    memory: dict[str, Any] = field(default_factory=dict)

    def __call__(self, rule: Rule, call: Call) -> list[Any]:
        try:
            found = self.mutant.change(rule, call, self.memory)
        except SameAnswer as same:
            self.memory.setdefault("same", str(same))
            return rule.answer(call)
        self.memory["made"] = True
        return found


Spoil = Callable[[Rule, Call], list[Any]]


def unspoilt(rule: Rule, call: Call) -> list[Any]:
    """The rule as it is."""
    return rule.answer(call)


def equal(a: Sequence[Any], b: Sequence[Any]) -> bool:
    """Whether two lists of arrays hold the same numbers; NaN equals NaN."""
    return len(a) == len(b) and all(np.array_equal(x, y, equal_nan=True) for x, y in zip(a, b, strict=True))


def plain(x: Any) -> bool:
    """Whether an array holds floating-point numbers, not exact or recorded ones."""
    return isinstance(x, np.ndarray | np.generic | float | int | complex)


def nothing(part: Any) -> Any:
    """An array of zeros in the place of another, in its kind of numbers."""
    return np.zeros_like(part) if plain(part) else 0.0 * part
