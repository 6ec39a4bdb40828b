"""How many planted mistakes a default sweep finds, and whether it accuses a right gradient.

    python benchmarks/search.py [ID ...]

Every entry of ``verify.suites.planted`` is swept twice, the wrong gradient and the right one, from its example point
and nothing else. One line an entry: the verdict of the wrong one, the seconds it took, where it was found, and the
verdict of the right one.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass

import verify
from verify.render.figures import place
from verify.single import IS_WRONG
from verify.suites.planted import PLANTED, Planted

SHARE = 0.95  # of the mistakes that must be found


def swept(planted: Planted, subject: object) -> tuple[verify.Finding, float]:
    """The finding of a default sweep, and the seconds that it took."""
    begun = time.perf_counter()
    finding = verify.sweep(planted.f, *planted.xs, **{planted.judged: subject})
    return finding, time.perf_counter() - begun


@dataclass(frozen=True)
class Row:
    """What became of one entry: whether its mistake was found, whether its right gradient was accused, seconds."""

    shows: str
    found: bool
    accused: bool
    seconds: float


def asked(planted: Planted) -> Row:
    """Sweep both gradients and print a line."""
    wrong, seconds = swept(planted, planted.wrong)
    right, again = swept(planted, planted.right)
    found, accused = wrong.verdict in IS_WRONG, right.verdict in IS_WRONG
    where = place(wrong.worst_point.at) if found else "not found"
    said = right.verdict.name + (f" at {place(right.worst_point.at)}" if accused else "")
    print(
        f"{planted.id:22s}  {wrong.verdict.name:18s}  {seconds:4.1f} s  {again:4.1f} s  {where[:44]:44s}  {said}",
        flush=True,
    )
    return Row(planted.shows, found, accused, max(seconds, again))


def main(wanted: list[str]) -> int:
    """Print the lines and a summary; the status is 1 when a right one is accused or fewer than 95 % are found."""
    rows = [asked(planted) for planted in PLANTED if not wanted or planted.id in wanted]
    print("\n| where the mistake shows | planted | found | right ones accused | seconds, middle and longest |")
    print("|---|---|---|---|---|")
    for shows in (*dict.fromkeys(row.shows for row in rows), "all"):
        part = [row for row in rows if shows in (row.shows, "all")]
        times = sorted(row.seconds for row in part)
        found, accused = sum(row.found for row in part), sum(row.accused for row in part)
        print(f"| {shows} | {len(part)} | {found} | {accused} | {times[len(times) // 2]:.1f}, {times[-1]:.1f} |")
    return int(any(row.accused for row in rows) or sum(row.found for row in rows) < SHARE * len(rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
