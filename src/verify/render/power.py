"""What became of mutants: as text, as JSON, and as a document of the op table's."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from verify.mutation.outcome import KILLED, NOT_APPLICABLE, SURVIVED, Outcome, Power
from verify.render.figures import plural, visible
from verify.render.markdown import cell

POWER_VERSION = 1
WIDTH = 110  # as of the findings' text
DETAIL = 200  # characters of a reason


def power_text(power: Power) -> str:
    """The table of mutants as several lines of text, the survivors and the vacuous checks last.

    Example
        >>> print(power_text(Power("f", (Outcome("df", "sign", "killed", "claim", "2 units off at x"),))))
        power of f: 1 of 1 mutant killed
            rule df
              sign  killed    by claim: 2 units off at x
    """
    lines = [f"power of {visible(power.target)}: {headline(power)}"]
    wide = max((len(outcome.mutant) for outcome in power.outcomes), default=0)
    for rule in dict.fromkeys(outcome.rule for outcome in power.outcomes):
        lines.append(f"    rule {visible(rule)}")
        lines += [_line(outcome, wide) for outcome in power.outcomes if outcome.rule == rule]
    for vacuous in power.vacuous:
        lines += _prose("vacuous", f"{vacuous.check}: {vacuous.reason}")
        if vacuous.blind:
            lines += _prose("", f"cannot see: {', '.join(vacuous.blind)}")
    for text in power.unasked:
        lines += _prose("not asked", text)
    return "\n".join(lines)


def headline(power: Power) -> str:
    """How many mutants were killed, of how many, and how many are no mistakes."""
    if not power.applicable:
        return "nothing was measured"
    aside = len(power.which(NOT_APPLICABLE))
    more = f"; {aside} not applicable" if aside else ""
    return f"{len(power.killed)} of {plural(power.applicable, 'mutant')} killed{more}"


def _line(outcome: Outcome, wide: int) -> str:
    by = f"by {visible(outcome.by)}: " if outcome.by else ""
    word = {NOT_APPLICABLE: "none here", SURVIVED: "SURVIVED"}.get(outcome.became, outcome.became)
    return f"      {outcome.mutant:{wide}}  {word:8}  {by}{visible(outcome.reason, DETAIL)}".rstrip()


def _prose(label: str, text: str) -> list[str]:
    return textwrap.wrap(
        visible(text, 10 * DETAIL), WIDTH, initial_indent=f"    {label:11}", subsequent_indent=" " * 15
    )


def power_json(power: Power) -> dict[str, Any]:
    """Plain JSON data.

    Example
        >>> power_json(Power("f", ()))["counts"]
        {'killed': 0, 'survived': 0, 'not applicable': 0}
    """
    return {
        "schema_version": POWER_VERSION,
        "target": power.target,
        "seed": power.seed,
        "counts": {name: len(power.which(name)) for name in (KILLED, SURVIVED, NOT_APPLICABLE)},
        "ok": power.ok,
        "outcomes": [asdict(outcome) for outcome in power.outcomes],
        "vacuous": [{**asdict(one), "blind": list(one.blind)} for one in power.vacuous],
        "unasked": list(power.unasked),
    }


def power_markdown(powers: Sequence[Power], says: Mapping[str, str], explained: Mapping[tuple[str, str], str]) -> str:
    """The power of the op table's own checks: counts by mutant and by entry, and the survivors with their reasons.

    Arguments
        powers: of every entry. says: what each mutant is, by name. explained: of survivors, by rule and mutant.
    """
    outcomes = [outcome for power in powers for outcome in power.outcomes]
    counts = Counter(outcome.became for outcome in outcomes)
    applicable = counts[KILLED] + counts[SURVIVED]
    lines = [
        "# Power of the checks of the op table",
        "",
        "Every rule of the table is made wrong in every known way, in both modes, and put before the checks that its",
        "entry has: its claims, the family of shapes over integers, the float range, arrays with gaps in memory. What",
        "is no mistake of a rule, such as transposing a vector, is not counted. This file is generated.",
        "",
        f"{applicable} mutants of {len(powers)} functions: {counts[KILLED]} killed, {counts[SURVIVED]} survived "
        f"({100 * counts[KILLED] / max(applicable, 1):.2f} % killed); {counts[NOT_APPLICABLE]} more are no mistakes.",
        "",
        "| mutant | what is wrong | killed | survived | no mistake |",
        "|---|---|---:|---:|---:|",
    ]
    for name, text in says.items():
        of = Counter(outcome.became for outcome in outcomes if outcome.mutant == name)
        lines.append(f"| {cell(name)} | {cell(text)} | {of[KILLED]} | {of[SURVIVED]} | {of[NOT_APPLICABLE]} |")
    lines += ["", "| killed by | mutants |", "|---|---:|"]
    by = Counter("a claim" if "/" in outcome.by else outcome.by for outcome in outcomes if outcome.became == KILLED)
    lines += [f"| {cell(name)} | {n} |" for name, n in by.most_common()]
    lines += ["", "## Survivors", ""]
    lines += _survivors([outcome for outcome in outcomes if outcome.became == SURVIVED], explained)
    lines += ["", "## By function", "", "| function | killed | survived | no mistake |", "|---|---:|---:|---:|"]
    for power in powers:
        of = Counter(outcome.became for outcome in power.outcomes)
        lines.append(f"| {cell(power.target)} | {of[KILLED]} | {of[SURVIVED]} | {of[NOT_APPLICABLE]} |")
    return "\n".join(lines) + "\n"


def _survivors(survivors: Sequence[Outcome], explained: Mapping[tuple[str, str], str]) -> list[str]:
    if not survivors:
        return ["None."]
    rows = ["| rule | mutant | seen | why it is no gap |", "|---|---|---|---|"]
    for one in survivors:
        why = explained.get((one.rule, one.mutant), "NOT EXPLAINED")
        rows.append(f"| {cell(one.rule)} | {cell(one.mutant)} | {cell(one.reason)} | {cell(why)} |")
    return rows
