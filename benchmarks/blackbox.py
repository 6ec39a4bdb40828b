"""How often each test alone, and the rule, miscalls black boxes: right formulas that lose digits, and wrong formulas.

Run ``python benchmarks/blackbox.py [SEED ...]``. The cases are those of ``tests/blackbox_cases.py``. A right formula is
miscalled when it is not called rounding, a wrong one when it is. The first three lines use one test each at the point
itself; the last is the whole: the rule, and another place where no digit survives at the point.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from blackbox_cases import ALONE, UNSTABLE, UNSTABLE_32, WRONG, WRONG_32, Case, missed

from verify.checker import check_claim
from verify.spans import Sign

TABLES = {
    "right, float64": UNSTABLE, "right, float32": UNSTABLE_32, "wrong, float64": WRONG, "wrong, float32": WRONG_32,
}  # fmt: skip


def by_verdict(case: Case, seed: int) -> Sign:
    verdict = check_claim(case.claim(seed)).verdict.name
    return {"INACCURATE": Sign.ROUNDING, "WRONG": Sign.FORMULA}.get(verdict, Sign.SILENT)


def line(name: str, counts: list[int]) -> str:
    return f"{name:28}" + "".join(f"{n:>11} of {len(c):>3}" for n, c in zip(counts, TABLES.values(), strict=True))


def main() -> None:
    warnings.simplefilter("ignore")  # overflow at points far away is expected
    for seed in map(int, sys.argv[1:] or ["0"]):
        print(f"seed {seed}: miscalled by" + "".join(f"{title:>18}" for title in TABLES))
        found = {title: [case.evidence(seed) for case in cases] for title, cases in TABLES.items()}
        for name, test in ALONE.items():
            counts = [len(missed(TABLES[title], [test(e) for e in found[title]])) for title in TABLES]
            print(line(name, counts))
        whole = {title: missed(cases, [by_verdict(c, seed) for c in cases]) for title, cases in TABLES.items()}
        print(line("all of it", [len(names) for names in whole.values()]))
        for title, names in whole.items():
            print(*(f"    {title}: {name}" for name in names), sep="\n", end="\n" if names else "")


if __name__ == "__main__":
    main()
