"""Time of value and gradient together: the engine, code written by hand, and other engines, in one run.

    python benchmarks/engine.py                                    # all workloads, all engines that are installed
    python benchmarks/engine.py -w sigmoid -w chain -e "ad eager" -e torch --rounds 31
    python benchmarks/engine.py --write docs/benchmarks.md         # renews the tables of the page, not its prose

Each round times every engine once, in turn forwards and backwards, so that a slow spell of a busy machine meets all
of them alike; a ratio is the median of the ratios within rounds. Every engine's answer is checked against the
gradient written by hand before it is timed. One thread, one core where the system can pin a process to one.
"""

from __future__ import annotations

import argparse
import gc
import os
import shlex
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "NPROC"):
    os.environ.setdefault(_name, "1")  # before NumPy and the frameworks are imported
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")
os.environ.setdefault("JAX_PLATFORMS", "cpu")

from engine_growth import growth_table, import_table  # noqa: E402
from engine_peers import ENGINES, PACKAGES, Absent, agrees  # noqa: E402
from engine_workloads import Workload, workloads  # noqa: E402

BATCH = 0.02  # seconds of one timing: a thousand times the clock's resolution
BEGIN, END = "<!-- tables: python {} -->", "<!-- end of tables -->"


def built(w: Workload, engines: list[str]) -> tuple[dict[str, Callable[[], Any]], dict[str, str]]:
    """The calls to time, and why the other engines are left out."""
    calls, left_out = {}, {}
    for name in engines:
        try:
            call, plain = ENGINES[name](w)
            if agrees(w, plain(call())):
                calls[name] = call
            else:
                left_out[name] = "WRONG: another gradient than by hand"
        except ImportError as missing:
            left_out[name] = f"not installed ({missing.name})"
        except Absent as reason:
            left_out[name] = str(reason)
    return calls, left_out


def repeats(call: Callable[[], Any]) -> int:
    """Calls in one timing, so that it takes about ``BATCH`` seconds."""
    n = 1
    while True:
        took = timed(call, n) * n
        if took >= BATCH / 2:
            return max(1, round(n * BATCH / took))
        n *= 4


def timed(call: Callable[[], Any], n: int) -> float:
    """Seconds of processor time of a call, over n: the turns of other processes on a shared machine do not count."""
    start = time.process_time()
    for _ in range(n):
        call()
    return (time.process_time() - start) / n


def rounds_of(calls: dict[str, Callable[[], Any]], rounds: int) -> dict[str, list[float]]:
    """The seconds of each engine in each round."""
    counts = {name: repeats(call) for name, call in calls.items()}
    times: dict[str, list[float]] = {name: [] for name in calls}
    gc.collect()
    gc.freeze()  # the objects of all the packages loaded here would be walked through at every engine's expense
    for k in range(rounds):
        for name in calls if k % 2 == 0 else reversed(calls):
            times[name].append(timed(calls[name], counts[name]))
    gc.unfreeze()
    return times


def ratio(times: dict[str, list[float]], one: str, other: str) -> float:
    return statistics.median(a / b for a, b in zip(times[one], times[other], strict=True))


def shown(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


def row(w: Workload, engines: list[str], rounds: int) -> str:
    """One line of the table: the median time, and how many times that of "ad eager" it is."""
    calls, left_out = built(w, engines)
    times = rounds_of(calls, rounds)
    cells = []
    for name in engines:
        if name not in times:
            cells.append("WRONG" if left_out[name].startswith("WRONG") else "-")
            continue
        against = f" ({ratio(times, name, 'ad eager'):.2g}x)" if "ad eager" in times and name != "ad eager" else ""
        cells.append(shown(statistics.median(times[name])) + against)
    for name, reason in left_out.items():
        print(f"{w.title}: {name} left out: {reason}", file=sys.stderr)
    return f"| {w.title} | " + " | ".join(cells) + " |"


def versions() -> str:
    found = [f"Python {sys.version.split()[0]}"]
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"no {name}")
    return ", ".join(found)


def tables(options: argparse.Namespace) -> str:
    """All that is measured, as Markdown."""
    engines = options.engine or list(ENGINES)
    chosen = [w for w in workloads() if not options.workload or any(w.title.startswith(t) for t in options.workload)]
    lines = [f"Versions: {versions()}. Medians of {options.rounds} rounds; in brackets how many times `ad eager`.", ""]
    lines += ["| workload | " + " | ".join(engines) + " |", "|---" * (len(engines) + 1) + "|"]
    for w in chosen:
        lines.append(row(w, engines, options.rounds))
        print(lines[-1], file=sys.stderr, flush=True)
    if not options.workload:
        lines += ["", growth_table(), "", import_table(options.rounds)]
    return "\n".join(lines)


def put(page: Path, text: str, command: str) -> None:
    """Write the tables between the marks of a page, and leave its prose as it is."""
    old = page.read_text(encoding="utf-8") if page.exists() else ""
    head, _, rest = old.partition("<!-- tables:")
    tail = rest.partition(END)[2]
    page.write_text(f"{head}{BEGIN.format(command)}\n\n{text}\n\n{END}{tail or chr(10)}", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-w", "--workload", action="append", default=[], help="titles that begin so; repeatable")
    parser.add_argument("-e", "--engine", action="append", default=[], choices=list(ENGINES), help="repeatable")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the tables into this Markdown page")
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    warnings.filterwarnings("ignore")
    text = tables(options)
    if options.write:
        put(options.write, text, shlex.join(["benchmarks/engine.py", *sys.argv[1:]]))
    else:
        print(text)


if __name__ == "__main__":
    main()
