"""The power of checks: every mutant of every rule that they are about, and which of them kills it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from verify.catalogue import load
from verify.claim import Claim
from verify.claimreading import ClaimError
from verify.mutation.judging import Judge
from verify.mutation.mutants import MUTANTS
from verify.mutation.outcome import KILLED, NOT_APPLICABLE, SURVIVED, Outcome, Power, Vacuous, together
from verify.mutation.points import Generic, generic_points, no_mistake
from verify.mutation.rule import Mutant, Spoil, Spoilt, unspoilt
from verify.mutation.targets import Target, targets_of
from verify.mutation.vacuous import vacuous

Further = tuple[str, Callable[[Spoil], str]]  # a check that is no claim: its name, and what it sees of a mistake
Asked = Sequence[tuple[Target, Judge]]
FEW = 3  # claims of one rule whose points say whether a mutant is a mistake


def power(target: Any, *xs: Any, check: Callable[[Any], Any] | None = None, seed: int = 0, **claim: Any) -> Power:
    """Which mistakes would these checks notice? The rule under test is made wrong in every known way.

    Arguments
        target: a function or an expression, with xs and claim as for ``verify.check``; or one Claim, a list of them,
            or the path of a file that holds some. Claims of one rule at several points count together.
        check: a test of your own, ``check(subject)``, measured in place of ``verify.check``: it is given the judged
            derivative with a mistake, and notices it by raising, or by returning False.
        seed: of the generic points that tell whether a mutant is a mistake at all.
    Returns
        a Power: of every mutant whether it was killed and by which check, or why not; and the vacuous checks.
    Raises
        ClaimError when the arguments do not form a question.
    Example
        >>> import numpy as np
        >>> found = power(np.exp, 1.0, vjp=lambda g, y, x: g * y)
        >>> "zero in the tail" in [outcome.mutant for outcome in found.survived]
        True
    """
    claims, name = _claims(target, xs, claim)
    rules: dict[Any, list[Target]] = {}
    powers: list[Power] = []
    for one in claims:
        try:
            found = targets_of(one)
        except ClaimError:
            raise
        except Exception as problem:  # f of a user's, where the engine is to be followed through it
            powers.append(Power("", (), unasked=(f"{one.id} raised {type(problem).__name__}: {problem}",)))
            continue
        for rule in found:
            rules.setdefault((rule.name, _identity(rule.claim)), []).append(rule)
    judges: dict[int, Judge] = {}
    if check is not None:
        return together(name, powers + [_by_user(check, targets, seed) for targets in rules.values()], seed)
    return together(name, powers + [measured(targets, seed, judges) for targets in rules.values()], seed)


def _claims(target: Any, xs: tuple[Any, ...], claim: dict[str, Any]) -> tuple[list[Claim], str]:
    if isinstance(target, str) and target.partition("::")[0].endswith((".py", ".jsonl")):
        return [one for group in load(target) for one in group.claims], target
    if isinstance(target, Claim):
        return [target], target.id
    if isinstance(target, list | tuple):
        if not target or not all(isinstance(one, Claim) for one in target):
            raise ClaimError("power takes a function, an expression, a file, a Claim or a list of Claims")
        return list(target), ", ".join(dict.fromkeys(one.id for one in target))
    one = Claim(target, *xs, **claim)
    return [one], one.text


def _identity(claim: Claim) -> Any:
    """What claims about one rule have in common, besides its name."""
    judged = claim.engine if claim.judged == "engine" else claim.subject
    return tuple(map(id, judged)) if isinstance(judged, tuple) else id(judged)


def measured(targets: Sequence[Target], seed: int, judges: dict[int, Judge]) -> Power:
    """What becomes of every mutant of one rule, as each of its claims asks about it.

    judges: of claims, by their identity; those that are missing are added.
    """
    asked, unasked = [], []
    for target in targets:
        judge = judges[id(target.claim)] = judges.get(id(target.claim)) or Judge(target)
        if judge.refusal:
            unasked.append(f"{judge.asked.id} {judge.refusal}")
        else:
            asked.append((target, judge))
    return replace(of_mutants(asked, seed), unasked=tuple(unasked)) if asked else Power("", (), unasked=tuple(unasked))


def of_mutants(asked: Asked, seed: int = 0, more: Sequence[Further] = ()) -> Power:
    """What becomes of every mutant of one rule.

    Arguments
        asked: the rule as each of its claims asks about it, and the judge of that claim. seed: of the generic points.
        more: checks of the rule that are no claims; each is asked of what no claim has noticed.
    """
    targets = [target for target, _ in asked[:FEW]]
    points = [generic_points(target, seed) for target in targets]
    outcomes, rows, name = [], {}, targets[0].name
    for mutant in MUTANTS.values():
        reason = not_applicable(targets, points, mutant)
        if reason:
            outcomes.append(Outcome(name, mutant.name, NOT_APPLICABLE, reason=reason))
            continue
        rows[mutant.name] = _Row(mutant, asked, more)
        outcomes.append(rows[mutant.name].outcome(name))
    return Power("", tuple(outcomes), _vacuous(asked, rows))


class _Row:
    """One mutant before all checks of the rule: what each sees of it, and where it gives the same bits."""

    def __init__(self, mutant: Mutant, asked: Asked, more: Sequence[Further]) -> None:
        self.mutant, self.asked, self.more = mutant, asked, more

    @functools.cached_property
    def seen(self) -> dict[int, str]:
        """By the place of the check, what it sees; the whole check is asked where exact truth has shown nothing."""
        found = {k: seen for k, (t, j) in enumerate(self.asked) if (seen := j.sees(t.spoilt(Spoilt(self.mutant))))}
        for k, (target, judge) in enumerate(self.asked if not found else ()):
            if seen := judge.notices(target.spoilt(Spoilt(self.mutant))):
                return {k: seen}
        return found

    @functools.cached_property
    def blind(self) -> dict[int, str]:
        """By the place of the check, why the mutant gives the same bits as the right rule there."""
        found = {}
        for k, (target, judge) in enumerate(self.asked):
            spoilt = Spoilt(self.mutant)
            answer = judge.answer(target.spoilt(spoilt))
            if answer is not None and judge.right is not None and np.array_equal(answer, judge.right, equal_nan=True):
                made = spoilt.memory.get("made")
                found[k] = "the answer is the same, bit for bit" if made else str(spoilt.memory.get("same", ""))
        return found

    def outcome(self, rule: str) -> Outcome:
        if self.seen:
            k = min(self.seen)
            return Outcome(rule, self.mutant.name, KILLED, self.asked[k][1].asked.id, self.seen[k])
        for name, sees in self.more:
            if seen := sees(Spoilt(self.mutant)):
                return Outcome(rule, self.mutant.name, KILLED, name, seen)
        if len(self.blind) == len(self.asked):
            return Outcome(rule, self.mutant.name, SURVIVED, reason="; ".join(dict.fromkeys(self.blind.values())))
        return Outcome(rule, self.mutant.name, SURVIVED, reason="the answer differs by no more than rounding may")


def not_applicable(targets: Sequence[Target], points: Sequence[Sequence[Generic]], mutant: Mutant) -> str:
    """Why a mutant is no mistake of a rule, at the generic points of all its claims; "" where it is one."""
    reasons = [no_mistake(target, mutant, found) for target, found in zip(targets, points, strict=True)]
    return "" if not all(reasons) else max(reasons, key=reasons.count)


def _vacuous(asked: Asked, rows: dict[str, _Row]) -> tuple[Vacuous, ...]:
    found = []
    for k, (_, judge) in enumerate(asked):
        blind = [name for name, row in rows.items() if k in row.blind and k not in row.seen]  # a clause may see it
        seen = any(k in row.seen for row in rows.values())
        found.append(vacuous(judge.asked, judge.right, blind, seen))
    return tuple(one for one in found if one is not None)


# --- a test of the user's own


def _by_user(check: Callable[[Any], Any], targets: Sequence[Target], seed: int) -> Power:
    name = getattr(check, "__name__", "check")
    if why := _says(check, targets[0].spoilt(unspoilt)):
        return Power("", (), unasked=(f"{name} fails as it is: {why}",))
    points = [generic_points(target, seed) for target in targets[:FEW]]
    outcomes, rule = [], targets[0].name
    for mutant in MUTANTS.values():
        reason = not_applicable(targets[:FEW], points, mutant)
        if reason:
            outcomes.append(Outcome(rule, mutant.name, NOT_APPLICABLE, reason=reason))
            continue
        spoilt = Spoilt(mutant)
        seen = _says(check, targets[0].spoilt(spoilt))
        why = seen or ("it passes" if spoilt.memory.get("made") else str(spoilt.memory.get("same", "it passes")))
        outcomes.append(Outcome(rule, mutant.name, KILLED if seen else SURVIVED, name if seen else "", why))
    blind = tuple(outcome.mutant for outcome in outcomes if outcome.became == SURVIVED)
    none = not any(outcome.became == KILLED for outcome in outcomes)
    return Power("", tuple(outcomes), (Vacuous(name, "it kills none of the mutants", blind),) if none else ())


def _says(check: Callable[[Any], Any], claim: Claim) -> str:
    """What a user's test says against a derivative; "" where it passes."""
    try:
        passed = check(claim.subject)
    except Exception as problem:
        return f"{type(problem).__name__}: {problem}".partition("\n")[0].rstrip(": ")
    return "it returned False" if passed is not None and not passed else ""
