"""How many units right and wrong backward passes are off, in every floating-point format, and where the bar lies.

Run ``python benchmarks/units.py [FORMAT ...]`` (about ten minutes for all four); ``--write`` puts the table into
docs/units.md and the plot into docs/units.svg, for which matplotlib is needed. A unit is what ``verify`` judges by:
u*|truth| + eta + u*m, with the movement m worked out for every kernel, also where it would not be needed.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from kernels import FORMATS, Case, cases, everything

from verify import subject
from verify.claim import BAR, Claim, Estimate
from verify.judge import judge
from verify.movement import movement_of
from verify.oracles import enclosure, symbolic
from verify.question import Question, prepare

DOCS = Path(__file__).parent.parent / "docs"
MARKS = ("<!-- measured: begin -->", "<!-- measured: end -->")
SHOWN = 6  # kernels nearest to the bar, on either side


@dataclass(frozen=True)
class Measured:
    """One kernel in one format: the largest error of an entry in units (NaN counts as inf), and that entry."""

    case: Case
    units: float
    entry: str

    @property
    def name(self) -> str:
        style = "" if self.case.style == "native" else f" ({self.case.style})"
        return self.case.kernel.name + style


def measure(case: Case, budget: float = 120.0) -> Measured:
    """The error of a kernel's backward pass in units, by certified truth; raises ValueError where there is none."""
    with np.errstate(all="ignore"):
        question = prepare(Claim(case.kernel.f, *case.xs, vjp=case.backward, budget=budget))
        answer = subject.answer(question)
        truth = _truth(question)
        moved = movement_of(question)
        u, eta = question.roundoff, question.smallest
        result = judge(answer, truth, u, eta, 0.0, lambda: moved, question.largest)
    row, entry = result.worst_entry
    units = float(result.units[row, entry])
    return Measured(case, math.inf if math.isnan(units) else units, question.entries[entry])


def _truth(question: Question) -> Estimate:
    reasons = []
    for oracle in (enclosure, symbolic):
        found = oracle(question)
        if isinstance(found, Estimate):
            return found
        reasons.append(f"{oracle.name}: {found.reason}")
    raise ValueError(f"{question.claim.text}: {'; '.join(reasons)}")


def measured(formats: Iterable[str]) -> Iterator[Measured]:
    """All kernels in the formats, one after the other."""
    for name in formats:
        for kernel in everything():
            for case in cases(kernel, FORMATS[name]):
                yield measure(case)


@dataclass(frozen=True)
class Sides:
    """The right and the wrong kernels of one format, each from the fewest units to the most."""

    format: str
    right: list[Measured]
    wrong: list[Measured]


def sides(found: Iterable[Measured], format: str) -> Sides:
    mine = sorted((m for m in found if m.case.format.name == format), key=lambda m: m.units)
    return Sides(format, [m for m in mine if not m.case.kernel.mistake], [m for m in mine if m.case.kernel.mistake])


def table(all_sides: Iterable[Sides]) -> str:
    """Both distributions as Markdown tables."""
    lines = [
        "| format | right | median | most units | wrong | least units | between them |",
        "|---|---|---|---|---|---|---|",
    ]
    nearest = ["", "Nearest to the bar:", "", "| format | right | units | wrong | units |", "|---|---|---|---|---|"]
    for s in all_sides:
        top, least = s.right[-1].units, s.wrong[0].units
        middle = float(np.median([m.units for m in s.right]))
        lines.append(
            f"| {s.format} | {len(s.right)} | {middle:.2g} | {top:.3g} | {len(s.wrong)} | {least:.3g} | "
            f"a factor {least / top:.3g} |"
        )
        for r, w in zip(s.right[: -SHOWN - 1 : -1], s.wrong[:SHOWN], strict=True):
            nearest.append(f"| {s.format} | {r.name} | {r.units:.3g} | {w.name} | {w.units:.3g} |")
    return "\n".join(lines + nearest)


def plot(all_sides: list[Sides], file: Path) -> None:
    """Every kernel as a point, right ones below and wrong ones above, on a logarithmic axis with the bar."""
    import matplotlib

    matplotlib.use("svg")
    # The same names inside the file in every run, and text as text.
    matplotlib.rcParams.update({"svg.hashsalt": "units", "svg.fonttype": "none"})
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(9, 3.6), layout="constrained")
    for k, s in enumerate(all_sides):
        for found, color, lift in ((s.right, "tab:blue", -0.14), (s.wrong, "tab:red", 0.14)):
            x = np.clip([m.units for m in found], 1e-2, 1e17)
            axes.plot(x, np.full(len(x), k + lift), "|", color=color, markersize=14, alpha=0.6)
    axes.axvline(BAR, color="black", linewidth=1)
    axes.text(BAR * 1.2, len(all_sides) - 0.55, f"bar: {BAR:g} units", fontsize=9)
    axes.set(xscale="log", xlabel="largest error in units (right: blue, wrong: red)", ylim=(-0.6, len(all_sides) - 0.3))
    axes.set_yticks(range(len(all_sides)), [s.format for s in all_sides])
    figure.savefig(file, metadata={"Date": None})


def write(text: str, file: Path) -> None:
    before = file.read_text(encoding="utf-8")
    start, end = before.index(MARKS[0]) + len(MARKS[0]), before.index(MARKS[1])
    file.write_text(before[:start] + "\n\n" + text + "\n\n" + before[end:], encoding="utf-8")


def main(arguments: list[str]) -> int:
    formats = [a for a in arguments if not a.startswith("-")] or list(FORMATS)
    unknown = [f for f in formats if f not in FORMATS]
    if unknown:
        print(f"unknown format {unknown[0]!r}; there are {', '.join(FORMATS)}", file=sys.stderr)
        return 2
    found: list[Any] = []
    for m in measured(formats):
        found.append(m)
        side = "wrong" if m.case.kernel.mistake else "right"
        amiss = "  ON THE WRONG SIDE OF THE BAR" if (m.units <= BAR) != (side == "right") else ""
        print(f"{m.case.format.name:9s} {side}  {m.units:10.3g}  {m.name} at {m.entry}{amiss}", flush=True)
    all_sides = [sides(found, name) for name in formats]
    print(table(all_sides))
    if "--write" in arguments:
        write(table(all_sides), DOCS / "units.md")
        plot(all_sides, DOCS / "units.svg")
    return int(any(s.right[-1].units > BAR or s.wrong[0].units <= BAR for s in all_sides))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
