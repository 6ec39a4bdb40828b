"""How many planted mistakes a default sweep finds, and whether it accuses a right gradient.

    python benchmarks/search.py [ID ...]

Every entry of ``verify.suites.planted`` is swept twice, the wrong gradient and the right one, from its example point
and nothing else. One line an entry: the verdict of the wrong one, the seconds it took, where it was found, and the
verdict of the right one.
"""

from __future__ import annotations

import sys
import time

import verify
from verify.judge import Verdict
from verify.render.figures import place
from verify.single import IS_WRONG
from verify.suites.planted import PLANTED, Planted


def swept(planted: Planted, subject: object) -> tuple[verify.Finding, float]:
    """The finding of a default sweep, and the seconds that it took."""
    begun = time.perf_counter()
    finding = verify.sweep(planted.f, *planted.xs, **{planted.judged: subject})
    return finding, time.perf_counter() - begun


def main(wanted: list[str]) -> int:
    """Print the table; the status is 1 when a right gradient was accused or fewer than 95 % were found."""
    entries = [planted for planted in PLANTED if not wanted or planted.id in wanted]
    found, accused, times = 0, 0, []
    for planted in entries:
        wrong, seconds = swept(planted, planted.wrong)
        right, again = swept(planted, planted.right)
        times += [seconds, again]
        found += wrong.verdict in IS_WRONG
        accused += right.verdict in IS_WRONG
        where = place(wrong.worst_point.at) if wrong.verdict in IS_WRONG else "not found"
        said = right.verdict.name + (f" at {place(right.worst_point.at)}" if right.verdict in IS_WRONG else "")
        open_ = f" ({right.worst_point.reason[:60]})" if right.verdict is Verdict.INCONCLUSIVE else ""
        print(
            f"{planted.shows:34s}  {planted.id:22s}  {wrong.verdict.name:18s}  {seconds:4.1f} s  {again:4.1f} s  "
            f"{where[:44]:44s}  {said}{open_}", flush=True,
        )  # fmt: skip
    share = 100 * found / len(entries)
    print(f"{found} of {len(entries)} found ({share:.1f} %), {accused} right ones accused", end="; ")
    print(f"{max(times):.1f} s at most, {sorted(times)[len(times) // 2]:.1f} s in the middle")
    return int(accused > 0 or share < 95)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
