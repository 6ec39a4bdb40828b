"""The judged derivative, called once more: what it was handed, what that held before, and what came back.

A clause of the contract compares such calls with one another. What goes in beside the point is called the seed: the
cotangent of a backward pass, the tangent of a forward rule or of a Hessian-vector product; a gradient has none.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from ad.containers import flatten, paths, tree_map
from verify import subject as subjects
from verify.adapters.calls import Residuals
from verify.arguments import argument_names, entry_name, mutated_by
from verify.claim import Claim, Estimate
from verify.finding import PointFinding
from verify.matrices import dense
from verify.parts import Parts
from verify.question import Question, fresh
from verify.returned import blocks_of, leaves_of, pair_of, tangents_returned
from verify.tangents import Parts as Arrays
from verify.tangents import seeded, split

MOVED = 1 + 2.0**-5  # to a point beside: far enough to be told apart, near enough to stay inside a domain
DOUBLE = 17  # digits that tell any two doubles apart
SEEDS = {"vjp": "cotangent", "jvp": "tangent", "hvp": "tangent"}


# Whether a clause holds, and where not, or what is worth a note; None: it does not go with the form of the claim.
Outcome = tuple[bool, str] | None
HOLDS: Outcome = (True, "")


class NotAsked(Exception):
    """Why a clause cannot be asked here, as a few words."""


@dataclass(frozen=True, eq=False)
class Lent:
    """An array that code of a user's was handed, or that it keeps for later, and what it held then."""

    role: str  # "input", "saved" or "seed"
    name: str
    array: np.ndarray
    before: np.ndarray

    def change(self) -> str:
        """What is another one now: "x[1] was 0.5 and is 1"; "" where nothing is, to the last bit."""
        now, old = self.array, self.before
        if now.shape != old.shape or now.dtype != old.dtype:
            return f"{self.name} was {old.dtype}{list(old.shape)} and is {now.dtype}{list(now.shape)}"
        if old.dtype == object or now.tobytes() == old.tobytes():
            return ""
        at = np.unravel_index(int(np.argmax((now != old) & ~((now != now) & (old != old)))), old.shape)
        return f"{entry_name(self.name, at)} was {number(old[at])} and is {number(now[at])}"


def number(x: Any) -> str:
    """One entry of an array of any dtype, to six digits."""
    return f"{float(x):.6g}" if np.asarray(x).dtype.kind in "fiuV" else str(x)


def told_apart(one: float, other: float) -> tuple[str, str]:
    """Two numbers to as many digits as tell them apart, six at least.

    Example
        >>> told_apart(1.0, 1.00000001), told_apart(2 / 3, 1.0)
        (('1', '1.00000001'), ('0.666667', '1'))
    """
    texts = ((f"{one:.{digits}g}", f"{other:.{digits}g}") for digits in range(6, DOUBLE))
    return next((pair for pair in texts if pair[0] != pair[1]), (f"{one:.{DOUBLE}g}", f"{other:.{DOUBLE}g}"))


def lent(role: str, name: str, tree: Any) -> list[Lent]:
    """The arrays of a container of any kind; of an object, those among its attributes."""
    tree = vars(tree) if hasattr(tree, "__dict__") and not isinstance(tree, np.ndarray) else tree
    found = zip(paths(tree, name), flatten(tree)[1], strict=True)
    return [Lent(role, path, x, x.copy()) for path, x in found if isinstance(x, np.ndarray)]


def _kept(residuals: Any) -> list[Lent]:
    """The arrays that a forward pass leaves to the backward pass, by the names that a framework has for them."""
    if not isinstance(residuals, Residuals):
        return lent("saved", "residuals", residuals)
    return [part for name, x in residuals.saved.items() for part in lent("saved", name, x)]


@dataclass(frozen=True, eq=False)
class Call:
    """One call: the arrays that took part, what was written into them, and the answer: as returned, and as copies."""

    lent: tuple[Lent, ...]
    wrote: tuple[tuple[str, str], ...]  # role, or "forward", and what changed
    returned: tuple[Any, ...]
    answers: tuple[np.ndarray, ...]


@dataclass(frozen=True, eq=False)
class Asking:
    """Everything that the clauses look at.

    judged   the question that was judged, of any order; question: the one about f itself, whose derivative is called
    answer   what the subject said, rows of it; truth: the certified one, where there is one
    found    what was found of its value; rough: why f may have no unique derivative here, or ""
    judge    the finding of a claim at its point, without its contract
    rule     whether f is an op of a user's own, whose rule is called
    """

    judged: Question
    judge: Callable[[Claim], PointFinding]
    answer: np.ndarray | None = None
    truth: Estimate | None = None
    found: PointFinding | None = None
    rough: str = ""
    rule: bool = False
    begun: float = field(default_factory=time.monotonic)
    shared: dict[str, Any] = field(default_factory=dict)

    @property
    def question(self) -> Question:
        return self.judged.origin

    @property
    def claim(self) -> Claim:
        return self.question.claim

    @property
    def form(self) -> str:
        """What is called: "gradient", "value_and_gradient", "jacobian", "vjp", "pair", "jvp", "hvp" or "class"."""
        if self.claim.engine != "ad":
            return "class"
        return "pair" if isinstance(self.claim.subject, tuple) else self.claim.judged

    @property
    def noun(self) -> str:
        """What the seed is called; "" for a derivative that takes none."""
        return SEEDS.get(self.claim.judged, "")

    @property
    def right(self) -> bool:
        """Whether the value was found right."""
        return self.found is not None and self.found.ok

    @property
    def in_parts(self) -> bool:
        """Whether complex arrays are handed over as copies, made of their parts."""
        trees = (*self.claim.xs, self.question.container)
        return any(isinstance(part, Parts) for tree in trees for part in _inner(tree))

    @cached_property
    def seed(self) -> Arrays:
        """A seed with every entry another one; empty for a derivative that takes none."""
        if self.noun == "cotangent":
            return self.question.cotangents[-1]
        if self.noun == "tangent":
            return self.tangents(1)
        return ()

    def tangents(self, k: int) -> Arrays:
        """Seeded signed tangents of the leaves: number 0 or 1."""
        leaves = self.question.leaves
        total = sum(np.size(x) for x in leaves)
        return split(seeded([self.claim.seed, total], total)[k], leaves)

    @cached_property
    def moved(self) -> tuple[np.ndarray, ...]:
        """The leaves at a point beside, where f is finite.

        Raises NotAsked where it is not.
        """
        factors = ((x, np.asarray(x).dtype.type) for x in self.question.leaves)
        leaves = tuple(np.where(x == 0, t(MOVED - 1), x * t(MOVED)).astype(t)[()] for x, t in factors)
        values = flatten(self.question.result(leaves))[1]
        if not all(np.isfinite(np.asarray(y, dtype=float)).all() for y in values):
            raise NotAsked("f is not finite at a point beside")
        return leaves

    # --- the calls that several clauses look at

    @cached_property
    def first(self) -> Call:
        return self.call()

    @cached_property
    def again(self) -> Call:
        return self.call()

    @cached_property
    def elsewhere(self) -> Call:
        return self.call(self.moved)

    def call(self, leaves: Sequence[Any] | None = None, seed: Sequence[Any] | None = None) -> Call:
        """Call the derivative with fresh arrays.

        Arguments
            leaves: the point (default: the one of the question). seed: arrays that are handed over as they
            are, numbers where 0-dimensional (default: copies of ``self.seed``).
        Raises
            BrokenContract when the answer has not one array for each input in its shape; NotAsked when the budget is
            used up; and whatever the subject raises.
        """
        self.in_time()
        question, claim = self.question, self.claim
        leaves = question.leaves if leaves is None else leaves
        seed = tuple(g[()] if np.ndim(g) == 0 else g for g in (self.fresh_seed() if seed is None else seed))
        xs = question.place(leaves)
        held = self.inputs_of(xs)
        held += [part for g in seed for part in lent("seed", self.noun, g)]
        wrote: list[tuple[str, str]] = []
        if self.form == "pair":
            forward, backward = claim.subject
            _, kept = pair_of(forward(*xs, **claim.kwargs))
            wrote = [("forward", text) for text in self.undeclared(held)]
            held = [Lent(h.role, h.name, h.array, h.array.copy()) for h in held] + _kept(kept)
            returned = backward(kept, subjects.boxed(question, seed))
        elif self.form == "vjp":
            y = tree_map(fresh, question.result(leaves))
            held += lent("saved", "y", y)
            returned = claim.subject(subjects.boxed(question, seed), y, *xs, **claim.kwargs)
        else:
            first = (self.in_place(seed),) if seed else ()
            returned = claim.subject(*first, *xs, **claim.kwargs)
        wrote += [(h.role, text) for h in held if (text := h.change())]
        found = self.parts_of(returned)
        return Call(tuple(held), tuple(wrote), tuple(found), tuple(np.array(x) for x in found))

    def inputs_of(self, xs: Sequence[Any]) -> list[Lent]:
        """The arrays of all arguments, by position and by keyword."""
        named = [*zip(argument_names(self.claim), xs, strict=True), *self.claim.kwargs.items()]
        return [part for name, x in named for part in lent("input", name, x)]

    def fresh_seed(self) -> Arrays:
        """A copy of the seed: arrays, and numbers where it is 0-dimensional."""
        return tuple(np.array(g)[()] for g in self.seed)

    @property
    def size(self) -> float:
        """The largest entry of the seed, at least 1."""
        return max([1.0, *(float(np.max(np.abs(g), initial=0.0)) for g in self.seed)])

    def in_time(self) -> None:
        if time.monotonic() - self.begun > self.claim.budget:
            raise NotAsked(f"the budget of {self.claim.budget:g} s was used up")

    def undeclared(self, held: Sequence[Lent]) -> list[str]:
        """What was written into inputs that ``mutates`` does not declare."""
        declared = mutated_by(self.claim, argument_names(self.claim))
        names = [h for h in held if not any(h.name == d or h.name.startswith((d + "[", d + ".")) for d in declared)]
        return [text for h in names if (text := h.change())]

    def in_place(self, seed: Sequence[Any]) -> Any:
        """Tangents as the subject gets them, in the memory that they are in."""
        slots = subjects.tangents_as_given(self.question, [_Slot(part) for part in seed])
        return tree_map(lambda leaf: leaf.array if isinstance(leaf, _Slot) else leaf, slots)

    def parts_of(self, returned: Any) -> list[Any]:
        """The arrays of what was returned, looked at for number and shape."""
        if self.form == "jacobian":
            return [dense(block) for block in blocks_of(self.question, returned)]
        if self.form == "jvp":
            return tangents_returned(self.question, returned)
        gradient = pair_of(returned)[1] if self.form == "value_and_gradient" else returned
        return subjects.checked(self.question, leaves_of(self.question, gradient))

    @property
    def names(self) -> tuple[str, ...]:
        """What the arrays of an answer are called."""
        if self.form == "jacobian":
            blocks = len(self.first.answers)
            return ("the Jacobian",) if blocks == 1 else tuple(f"the Jacobian of {n}" for n in self.question.names)
        if self.form == "jvp":
            return tuple(f"output {i}" for i in range(len(self.first.answers)))
        return self.question.names


@dataclass(frozen=True, eq=False)
class _Slot:
    """Stands where a tangent goes: an array would be copied."""

    array: Any


def _inner(tree: Any) -> list[Any]:
    """A container, and every container in it."""
    found, pending = [], [tree]
    while pending:
        item = pending.pop()
        found.append(item)
        if isinstance(item, Mapping):
            pending += item.values()
        elif isinstance(item, tuple | list):
            pending += item
    return found
