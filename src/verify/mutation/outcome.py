"""What became of every mutant: plain data, ready for JSON; nothing here formats for a reader."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

KILLED, SURVIVED, NOT_APPLICABLE = "killed", "survived", "not applicable"


@dataclass(frozen=True)
class Outcome:
    """One mutant of one rule.

    rule     the rule that was made wrong: the name of a judged function, or an operation and its mode
    mutant   a name of ``verify.mutation.mutants.MUTANTS``
    became   "killed", "survived" or "not applicable"
    by       the check that killed it
    reason   of a killed one what was seen; of a survivor why nothing was; else why it is no mistake of this rule
    """

    rule: str
    mutant: str
    became: str
    by: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Vacuous:
    """A check that cannot fail, or cannot by some mistakes: why, and for which mutants it answers the same bits."""

    check: str
    reason: str
    blind: tuple[str, ...]


@dataclass(frozen=True)
class Power:
    """Which mutants the checks of a target kill.

    outcomes   one for each rule and mutant, in order
    vacuous    checks that could not have failed, and why
    unasked    checks that measure nothing, each with the reason: they fail already, or expect something else than ok
    """

    target: str
    outcomes: tuple[Outcome, ...]
    vacuous: tuple[Vacuous, ...] = ()
    unasked: tuple[str, ...] = ()
    seed: int = 0

    def which(self, became: str) -> tuple[Outcome, ...]:
        """The outcomes of one kind."""
        return tuple(outcome for outcome in self.outcomes if outcome.became == became)

    @property
    def killed(self) -> tuple[Outcome, ...]:
        """The mutants that some check noticed."""
        return self.which(KILLED)

    @property
    def survived(self) -> tuple[Outcome, ...]:
        """The mutants that no check noticed."""
        return self.which(SURVIVED)

    @property
    def applicable(self) -> int:
        """How many mutants are counted: those that are no mistake of the rule are not."""
        return len(self.killed) + len(self.survived)

    @property
    def ok(self) -> bool:
        """Whether there was something to measure and every mutant that applies was killed."""
        return self.applicable > 0 and not self.survived

    def __bool__(self) -> bool:
        raise TypeError("a Power has no truth value: use power.ok")

    def explain(self) -> str:
        """The table as text."""
        from verify.render.power import power_text  # formatting is the renderer's; imported when asked for

        return power_text(self)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data."""
        from verify.render.power import power_json

        return power_json(self)


def together(target: str, parts: Iterable[Power], seed: int = 0) -> Power:
    """Several measurements as one."""
    listed, found = list(parts), dict[tuple[str, str], dict[str, None]]()
    for vacuous in (vacuous for part in listed for vacuous in part.vacuous):
        found.setdefault((vacuous.check, vacuous.reason), {}).update(dict.fromkeys(vacuous.blind))
    return Power(
        target,
        tuple(outcome for part in listed for outcome in part.outcomes),
        tuple(Vacuous(check, reason, tuple(blind)) for (check, reason), blind in found.items()),
        tuple(dict.fromkeys(text for part in listed for text in part.unasked)),
        seed,
    )
