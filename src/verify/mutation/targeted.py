"""The power of the checks that a command line names."""

from __future__ import annotations

from dataclasses import replace

from verify.entry import entry_finding
from verify.mutation.entries import entry_power
from verify.mutation.outcome import Power
from verify.mutation.table import power
from verify.suites.optable import function_of
from verify.target import Target, TargetError, asked


def power_of(target: Target) -> Power:
    """Which mutants the checks that a target names kill.

    Arguments
        target: as for ``verify.target.asked``, or a file of claims. A built-in entry of the op table stands for all
            checks that it has.
    Raises
        TargetError, SuiteError, ClaimError or ExpressionError: one line saying what to write instead.
    Example
        >>> power_of(Target("x*w", at="x=[1.5,-4],w=[2,5]")).applicable > 20
        True
    """
    if target.text.endswith((".py", ".jsonl")):
        beside = next((name for name, value in target.options.items() if value is not None and name != "seed"), None)
        if beside is not None:
            raise TargetError(f"{target.text} holds claims that state their own points: leave out --{beside}")
        return power(target.text, seed=target.seed)
    group = asked(target)
    if group.ask is entry_finding:
        return replace(entry_power(function_of(group.claims[0]), target.seed), target=group.id)
    return replace(power(list(group.claims), seed=target.seed), target=group.id)
