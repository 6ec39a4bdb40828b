"""How time and memory grow with the number of operations, and what importing the engine costs."""

from __future__ import annotations

import gc
import os
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from typing import Any

import numpy as np
from engine_workloads import chain_of

import ad

LENGTHS = (10**3, 10**4, 10**5, 10**6)


def growth_table() -> str:
    """Microseconds and bytes an operation of the chain: linear growth is a column of equal numbers."""
    lines = ["| operations | time an operation, ad eager | ad Variables | memory an operation |", "|---|---|---|---|"]
    for n in LENGTHS:
        repeats = max(1, min(20, 10**5 // n))
        eager, by_hand = (min(seconds(call, n) for _ in range(repeats)) / n * 1e6 for call in (gradient, backward))
        lines.append(f"| {n:,} | {eager:.2f} us | {by_hand:.2f} us | {peak(n) / n:.0f} bytes |")
    return "\n".join(lines)


def gradient(n: int) -> Any:
    w = chain_of(n)
    return ad.value_and_grad(lambda *xs: w.f(np, *xs, *w.constants), (0, 1))(*w.xs)


def backward(n: int) -> Any:
    w = chain_of(n)
    xs = [ad.Variable(x) for x in w.xs]
    w.f(np, *xs, *w.constants).backward()
    return [x.grad for x in xs]


def seconds(call: Any, n: int) -> float:
    gc.collect()
    gc.freeze()  # what the other engines hold is no part of this
    start = time.process_time()
    call(n)
    took = time.process_time() - start
    gc.unfreeze()
    return took


def peak(n: int) -> int:
    """Bytes in use at the most, beyond those before."""
    gc.collect()
    tracemalloc.start()
    gradient(n)
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found


def import_table(rounds: int) -> str:
    """The median time of an import in a fresh interpreter, from bytecode, less the interpreter's own start."""
    codes = {"nothing": "pass", "numpy": "import numpy", "ad": "import ad"}
    times: dict[str, list[float]] = {name: [] for name in codes}
    with tempfile.TemporaryDirectory() as cache:
        settings = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        settings["PYTHONPYCACHEPREFIX"] = cache
        subprocess.run([sys.executable, "-c", "import ad"], check=True, env=settings)  # writes the bytecode
        for _ in range(rounds):
            for name, code in codes.items():
                start = time.perf_counter()
                subprocess.run([sys.executable, "-c", code], check=True, env=settings)
                times[name].append(time.perf_counter() - start)
    bare = statistics.median(times["nothing"])
    numpy, ours = (statistics.median(times[name]) - bare for name in ("numpy", "ad"))
    ratio = statistics.median(
        (b - s) / (a - s) for s, a, b in zip(times["nothing"], times["numpy"], times["ad"], strict=True)
    )
    return (
        "| import, less the interpreter's start | time |\n|---|---|\n"
        f"| `import numpy` | {numpy * 1e3:.0f} ms |\n"
        f"| `import ad` (with numpy) | {ours * 1e3:.0f} ms ({ratio:.2f}x) |"
    )
