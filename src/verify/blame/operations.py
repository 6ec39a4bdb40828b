"""The first wrong operation: the one whose rule leaves the truth although all that it was given is right.

Each operation is judged by itself: the rule, at the very operands and the very cotangent that it met in the sweep,
against the exact derivative of what the op means there, in units. So an error that came from elsewhere accuses nobody,
and of two mistakes neither hides the other.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from verify.blame.alone import EXACT, JVP, SECOND, VJP, Mistake, Tangents, claim_of, mistakes_of
from verify.blame.entries import OPERATION, number
from verify.blame.lines import Run
from verify.blame.uses import Use, short_name, sweep
from verify.claim import Claim, changed
from verify.finding import Explanation, PointFinding
from verify.judge import Verdict
from verify.numbers.complexformulas import is_complex
from verify.numbers.deciding import Deadline
from verify.oracles import TRUTH, complex_step, difference
from verify.single import FORMULA_IS_WRONG, IS_WRONG

Ask = Callable[[Claim], PointFinding]

SHARE = 4  # an operation may take this part of the time that is left: an expensive one must not eat up all
INDEPENDENT = (*TRUTH, difference, complex_step)  # witnesses of an operation without exact derivative
NAMED = 8  # rows of the table
SHOWN = 100  # characters of a point


@dataclass(frozen=True, eq=False)
class Wrong:
    """An operation that is wrong by itself: what it got wrong, the worst first, and its op's finding."""

    use: Use
    what: str
    mistakes: tuple[Mistake, ...]
    alone: PointFinding


def first_wrong(run: Run, cotangents: Sequence[Any], point: PointFinding, asking: Asking) -> tuple[Explanation, ...]:
    """The explanation that names the first wrong operation of a sweep, and those of its own rule; or none.

    Arguments
        run: the graph with its lines. cotangents: of its outputs. point: the finding that is to be explained.
    """
    found: list[Wrong] = []  # in the order of the sweep
    unknown: list[int] = []  # how many before it in the sweep are not known to be right
    open_ = 0
    for use in sweep(run.graph, cotangents):
        outcome = asking.of(use)
        if isinstance(outcome, Wrong):
            found.append(outcome)
            unknown.append(open_)
        open_ += outcome is None
    if point.verdict in FORMULA_IS_WRONG and any(w.alone.verdict in FORMULA_IS_WRONG for w in found):
        unknown = [n for n, w in zip(unknown, found, strict=True) if w.alone.verdict in FORMULA_IS_WRONG]
        found = [w for w in found if w.alone.verdict in FORMULA_IS_WRONG]  # lost digits do not explain a wrong formula
    return (_explanation(run, found, unknown[0]), *found[0].alone.explanations) if found else ()


class Asking:
    """Asks one operation after the other; each op's full finding once.

    ask: the finding of a claim at its point. tangents: of every node, where second derivatives are asked for: then the
    derivative of each rule, and what the op pushes forward, is judged as well.
    """

    def __init__(self, ask: Ask, deadline: Deadline, seed: int, tangents: Tangents | None) -> None:
        self.ask = ask
        self.deadline = deadline
        self.seed = seed
        self.tangents = tangents
        self.wrong: dict[tuple[Any, str], PointFinding] = {}  # of ops known to be wrong, and in what

    def of(self, use: Use) -> Wrong | bool | None:
        """The operation's mistakes; True when it is right, None when that is not known."""
        outcome: Wrong | bool | None = True
        for what in (VJP,) if self.tangents is None else (VJP, JVP, SECOND):
            try:
                outcome = self._judged(use, what)
            except Exception:  # rules and functions of users fail in any way: then nothing is known of them
                outcome = None
            if outcome is not True:
                break
        return outcome

    def _judged(self, use: Use, what: str) -> Wrong | bool | None:
        left = self.deadline.end - time.monotonic()
        if left <= 0 or not np.all(np.isfinite(use.g)):
            return None
        if not np.any(use.g) and not any(np.any(part) for part in use.parts.values()):  # nan counts as something
            return True
        g, mistakes = use.g, None
        lost = not all(np.all(np.isfinite(part)) for part in use.parts.values())
        if lost:  # 0 times an infinite slope is no mistake of the rule: would it be not finite for another cotangent?
            g = np.where(use.g == 0, np.ones_like(use.g), use.g)
        key = (use.op, what)
        budget = {"seed": self.seed, "budget": left / SHARE}
        claim = claim_of(use, what, g, self.tangents or {}, **budget)
        if not lost and not any(map(is_complex, (use.g, *use.node.operands))):
            mistakes = mistakes_of(use, what, claim, key in self.wrong)
        if mistakes == ():
            return True
        if mistakes and key in self.wrong:
            return Wrong(use, what, mistakes, self.wrong[key])
        alone = self.ask(changed(claim, oracles=EXACT if mistakes else INDEPENDENT))
        if alone.verdict in IS_WRONG:
            self.wrong[key] = alone
            found = tuple(m for m in mistakes or () if m.input in alone.failing_inputs)
            return Wrong(use, what, found or _worst(alone), alone)
        return True if alone.ok else None


def _worst(alone: PointFinding) -> tuple[Mistake, ...]:
    """The mistake that a finding shows."""
    if alone.yours is None or not alone.truth:
        return ()
    try:
        return (Mistake("", alone.entry if alone.entry != "step" else "", np.nan, float(alone.truth), alone.yours),)
    except ValueError:  # a truth in words
        return ()


# --- words


def _explanation(run: Run, found: list[Wrong], before: int) -> Explanation:
    first = found[0]
    node, alone = first.use.node, first.alone
    kind = "inaccurate" if alone.verdict is Verdict.INACCURATE else "wrong"
    text = f"the first {kind} step is the {first.what} of {short_name(node)}{run.at(node)}"
    if first.mistakes:
        mistake = first.mistakes[0]
        got, right = _told_apart(mistake.got, mistake.expected)
        text += f" by its argument {mistake.argument}" if mistake.argument else ""
        text += f": it passes on {got} where {right} is right"
    at = ", ".join(f"{name} = {value}" for name, value in alone.at.items())
    at = at if len(at) <= SHOWN else at[:SHOWN] + "..."
    text += f"; the rule of {first.use.op.name} by itself is {alone.verdict.name} at {at}: {alone.reason}"
    if len(found) > 1:
        names = ", ".join(dict.fromkeys(short_name(wrong.use.node) for wrong in found[1:]))
        more = "1 more step is wrong by itself" if len(found) == 2 else f"{len(found) - 1} more are wrong by themselves"
        text += f"; {more}: {names:.120}"
    if before:
        text += f"; of {before} before it in the backward sweep it is not known whether they are right"
    rows = [_row(run, wrong, mistake) for wrong in found for mistake in wrong.mistakes]
    return Explanation("operation", text, OPERATION if rows else (), tuple(rows[:NAMED]))


def _row(run: Run, wrong: Wrong, mistake: Mistake) -> tuple[str, ...]:
    node = wrong.use.node
    value = "" if np.isnan(mistake.value) else number(mistake.value)
    return (
        short_name(node), mistake.argument, str(run.lines.get(node, "")), value, number(mistake.expected),
        number(mistake.got),
    )  # fmt: skip


def _told_apart(a: float, b: float) -> tuple[str, str]:
    """Two numbers with as many digits as tell them apart."""
    for digits in (6, 9, 12):
        if f"{a:.{digits - 2}g}" != f"{b:.{digits - 2}g}":
            return f"{a + 0.0:.{digits}g}", f"{b + 0.0:.{digits}g}"  # -0.0 reads 0
    return repr(a), repr(b)
