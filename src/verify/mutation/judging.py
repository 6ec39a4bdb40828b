"""Whether a check notices a mistake: the exact truth is worked out once for a claim and judges every mutant of it.

What that finds outside the truth is not right, and the whole check says so too; what it finds inside, and what has no
certified truth, is put to the whole check.
"""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np

from ad.userop import BrokenRule
from verify import subject as subjects
from verify.checker import check_claim
from verify.claim import Claim, Estimate
from verify.judge import Judgement, judge
from verify.movement import movement_of
from verify.mutation.rule import unspoilt
from verify.mutation.targets import Target
from verify.numbers.program import Refused
from verify.oracles import TRUTH
from verify.parts import over_parts
from verify.question import BrokenContract, Question, prepare
from verify.rounding import on_branch


class Judge:
    """One claim as a check: what it says of the rule as it is, and of the rule with a mistake.

    asked    the claim as it stands: its point, its cotangents
    claim    about the same rule in the form in which it is made wrong
    """

    def __init__(self, target: Target) -> None:
        self.asked, self.claim = target.claim, target.spoilt(unspoilt)
        self.question: Question | None = None
        self.truth: Estimate | None = None
        self.right: np.ndarray | None = None
        with np.errstate(all="ignore"):
            self._prepare()

    def _prepare(self) -> None:
        try:  # a claim about the engine states no cotangents of a vjp= claim: its own are asked along
            question = prepare(self.claim if self.claim.judged == "jvp" else self.asked)
            self.right = subjects.answer(_asking(question, self.claim))
        except Exception:  # of user code, or a claim that cannot be asked: the whole check says what is wrong
            return
        found = next((t for oracle in TRUTH if isinstance(t := oracle(question), Estimate)), None)
        if found is not None and np.isfinite(self.right).all():
            self.question, self.truth = question, found

    @functools.cached_property
    def refusal(self) -> str:
        """Why the check does not accept the rule as it is; "" where it does."""
        if self.asked.expect != {"ok"}:
            return f"expects {', '.join(sorted(self.asked.expect))}: it is no check that a rule is right"
        finding = check_claim(self.asked)
        return "" if finding.ok else f"fails as it is: {finding.verdict.name}: {finding.worst_point.reason}"

    def answer(self, spoilt: Claim) -> np.ndarray | None:
        """The rows of a spoilt rule at the claim's point; None where it answers with no such rows."""
        if self.question is None:
            return None
        try:
            with np.errstate(all="ignore"):
                return subjects.answer(_asking(self.question, spoilt))
        except Exception:
            return None

    def notices(self, spoilt: Claim) -> str:
        """What is seen of a mistake; "" where nothing is."""
        seen = self.sees(spoilt)
        if seen or (self.truth is not None and self.asked.judged == "engine"):
            return seen
        finding = check_claim(spoilt)
        return "" if finding.ok else f"{finding.verdict.name}: {finding.worst_point.reason}"

    def sees(self, spoilt: Claim) -> str:
        """The same by the exact truth alone: "" also where there is none, or it cannot tell."""
        if self.question is None or self.truth is None:
            return ""
        question = _asking(self.question, spoilt)
        with np.errstate(all="ignore"):
            try:
                answer = subjects.answer(question)
            except (BrokenContract, BrokenRule) as broken:
                return f"BROKEN_CONTRACT: {broken}"
            except Exception as problem:
                return f"raised {type(problem).__name__}: {problem}"
            result = self._judged(question, answer)
            if result is None or result.inside.all() or on_branch(question, answer, self.truth, result) is not None:
                return ""
        row, entry = result.worst_entry
        return f"{result.units[row, entry]:.3g} units off at {question.entries[entry]}"

    def _judged(self, question: Question, answer: np.ndarray) -> Judgement | None:
        assert self.truth is not None
        u, eta, bar = question.roundoff, question.smallest, question.claim.units
        try:
            return judge(answer, self.truth, u, eta, bar, lambda: movement_of(question), question.largest)
        except Refused:
            return None


def _asking(question: Question, claim: Claim) -> Question:
    """The question about another derivative of the same function; what was worked out for it is shared."""
    asked = over_parts(claim) if question.origin.claim.f is not claim.f else claim
    base = None if question.base is None else replace(question.base, claim=asked)
    return replace(question, claim=asked, base=base)
