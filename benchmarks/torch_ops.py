"""The checker over PyTorch's own operators: every entry of its OpInfo database that has a backward pass.

    python benchmarks/torch_ops.py                       all of them, two processes, under 40 minutes on two cores
    python benchmarks/torch_ops.py --only tanh cumsum    some, by name
    python benchmarks/torch_ops.py --write FILE          the table as Markdown; --details DIRECTORY: what was said of
                                                         whatever is not right

Facts
    A sample is a call that PyTorch tests the operator with. Those with the fewest entries are taken, spread over the
    list; what PyTorch's own tests wrap around an operator, such as making its input symmetric, is part of the call.
    The truth is the operator's forward pass, translated and enclosed; no reference is given.
    torch.autograd.gradcheck gets the same calls, in float64, with its default arguments.
    Needs torch and expecttest; OpInfo is a part of torch that it does not promise to keep.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import TimeoutError as Late
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pebble import ProcessExpired, ProcessPool

SMALL = 60  # entries of all tensors of a sample that are differentiated: every witness answers quickly
LARGEST = 1000  # of operators that have no small sample
# What an operator writes into besides its result, by its schema: running statistics.
MUTATED = dict.fromkeys(("_batch_norm_with_update", "native_batch_norm", "_native_batch_norm_legit"), (3, 4)) | {
    "nn.functional.batch_norm": (1, 2),
}
RIGHT = ("PROVED", "CERTIFIED", "AGREES", "SUBGRADIENT")
WRONG = ("WRONG", "NOT_A_SUBGRADIENT", "INACCURATE", "BROKEN_CONTRACT")


@dataclass(frozen=True)
class Row:
    """What became of one sample: verdict and reason of ours, gradcheck's answer, seconds of both."""

    op: str
    dtype: str
    sample: str
    verdict: str
    reason: str
    seconds: float
    gradcheck: str
    gradcheck_seconds: float
    details: str = ""


def differentiable() -> Iterator[Any]:
    """The operators that have a backward pass in float64."""
    import torch
    from torch.testing._internal.common_methods_invocations import op_db

    yield from (op for op in op_db if op.supports_autograd and torch.float64 in op.dtypes)


def named(op: Any) -> str:
    return f"{op.name}.{op.variant_test_name}" if op.variant_test_name else str(op.name)


def samples(op: Any, dtype: Any, most: int) -> list[Any]:
    """Up to ``most`` samples with few entries that ask for a gradient, spread over the operator's list."""
    every = [s for s in op.sample_inputs("cpu", dtype, requires_grad=True) if 0 < entries(s) <= LARGEST]
    found = [s for s in every if entries(s) <= SMALL] or sorted(every, key=entries)[:1]
    return [found[i] for i in sorted({round(k) for k in np.linspace(0, len(found) - 1, most)})] if found else []


def entries(sample: Any) -> int:
    import torch

    tensors = [x for x in leaves((sample.input, sample.args, sample.kwargs)) if isinstance(x, torch.Tensor)]
    dense = all(x.layout == torch.strided for x in tensors)
    return sum(x.numel() for x in tensors if x.requires_grad) if dense else 0


def leaves(tree: Any) -> Iterator[Any]:
    if isinstance(tree, dict):
        tree = tuple(tree.values())
    if isinstance(tree, tuple | list):
        for part in tree:
            yield from leaves(part)
    else:
        yield tree


def ask(name: str, dtype: str, most: int, budget: float) -> list[dict[str, Any]]:
    """Every sample of one operator in one dtype; runs in a process of its own."""
    import torch

    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    op = next(op for op in differentiable() if named(op) == name)
    torch.manual_seed(0)
    return [asdict(asked(op, sample, dtype, budget)) for sample in samples(op, getattr(torch, dtype), most)]


def asked(op: Any, sample: Any, dtype: str, budget: float) -> Row:
    import torch

    import verify

    def call(*xs: Any, **kwargs: Any) -> Any:
        return sample.output_process_fn_grad(op.gradcheck_wrapper(op.op, *xs, **kwargs))

    call.__name__ = named(op)
    xs, kwargs = (sample.input, *sample.args), sample.kwargs
    begun = time.perf_counter()
    try:
        finding = verify.check(call, *xs, kwargs=kwargs, budget=budget, mutates=mutated(op, xs))
        verdict, reason = finding.verdict.name, finding.worst_point.reason
        details = "" if finding.ok else finding.explain()
    except Exception as problem:
        verdict, reason, details = "ERROR", f"{type(problem).__name__}: {problem}", ""
    seconds = time.perf_counter() - begun
    begun = time.perf_counter()
    answer = "-"
    if dtype == "float64":
        try:
            torch.autograd.gradcheck(lambda *xs: call(*xs, **kwargs), xs)
            answer = "passes"
        except Exception as problem:
            answer = f"{type(problem).__name__}: {str(problem).splitlines()[0][:80]}"
    shapes = ", ".join(str(list(x.shape)) for x in leaves((xs, kwargs)) if isinstance(x, torch.Tensor))
    return Row(named(op), dtype, shapes, verdict, reason, seconds, answer, time.perf_counter() - begun, details)


def mutated(op: Any, xs: Sequence[Any]) -> list[int]:
    """The positions of what an operator writes into."""
    return [i for i in MUTATED.get(named(op), ()) if i < len(xs) and xs[i] is not None]


def unanswered(op: str, dtype: str, verdict: str, reason: str, seconds: float = 0.0) -> Row:
    """What became of an operator whose process was ended, or ended by itself."""
    return Row(op, dtype, "", verdict, reason, seconds, "-", 0.0)


def run(names: Sequence[str], arguments: argparse.Namespace) -> list[Row]:
    rows: list[Row] = []
    tasks = [(name, dtype) for name in names for dtype in arguments.dtypes]
    with ProcessPool(max_workers=arguments.jobs, max_tasks=40) as pool:
        futures = [
            pool.schedule(ask, args=(name, dtype, arguments.samples, arguments.budget), timeout=arguments.seconds)
            for name, dtype in tasks
        ]
        for (name, dtype), future in zip(tasks, futures, strict=True):
            try:
                rows += [Row(**row) for row in future.result()]
            except Late:
                rows.append(unanswered(name, dtype, "TIMEOUT", f"over {arguments.seconds:g} s", arguments.seconds))
            except (ProcessExpired, Exception) as problem:
                rows.append(unanswered(name, dtype, "ERROR", f"{type(problem).__name__}: {problem}"))
            said = [row.verdict for row in rows if (row.op, row.dtype) == (name, dtype)]
            print(f"{name} {dtype}: {' '.join(said)}", file=sys.stderr)
    return rows


def table(rows: Sequence[Row]) -> str:
    """Counts, what is not right with its reason, and refusals by reason."""
    lines = []
    for dtype in dict.fromkeys(row.dtype for row in rows):
        those = [row for row in rows if row.dtype == dtype]
        counts = Counter(row.verdict for row in those)
        ours, theirs = (sum(getattr(row, field) for row in those) for field in ("seconds", "gradcheck_seconds"))
        lines += [
            f"## {dtype}: {len({row.op for row in those})} operators, {len(those)} samples", "",
            "| agreed | accused | not answered |", "|---|---|---|",
            f"| {sum(counts[v] for v in RIGHT)} | {sum(counts[v] for v in WRONG)} | "
            f"{len(those) - sum(counts[v] for v in (*RIGHT, *WRONG))} |", "",
            ", ".join(f"{verdict} {n}" for verdict, n in counts.most_common()) + ".", "",
            f"{ours:.0f} s of ours, {theirs:.0f} s of gradcheck's, which passes "
            f"{sum(row.gradcheck == 'passes' for row in those)}.",
            "", "| operator | sample | verdict | reason | gradcheck |", "|---|---|---|---|---|",
        ]  # fmt: skip
        lines += [
            f"| `{r.op}` | {r.sample} | {r.verdict} | {plain(r.reason)} | {plain(r.gradcheck)} |"
            for r in those
            if r.verdict in WRONG
        ]
        lines += ["", "| not answered | because | samples | of |", "|---|---|---|---|"]
        reasons: dict[tuple[str, str], list[str]] = {}
        for r in those:
            if r.verdict not in (*RIGHT, *WRONG):
                reasons.setdefault((r.verdict, blurred(r.reason)), []).append(f"`{r.op}`")
        lines += [
            f"| {verdict} | {plain(reason)} | {len(ops)} | {', '.join(dict.fromkeys(ops))} |"
            for (verdict, reason), ops in sorted(reasons.items(), key=lambda item: -len(item[1]))
        ]
        lines.append("")
    return "\n".join(lines)


def page(rows: Sequence[Row], arguments: argparse.Namespace, seconds: float) -> str:
    """The page docs/torch_ops.md: what was asked, with which versions, what came of it, and how long it took."""
    import flint
    import torch

    versions = f"PyTorch {torch.__version__.split('+')[0]}, NumPy {np.__version__}, python-flint {flint.__version__}"
    return f"""# PyTorch's own operators

What `python benchmarks/torch_ops.py --samples {arguments.samples}` says of every operator in PyTorch's OpInfo database
that has a backward pass, with so many of the calls that PyTorch tests it with; {versions}. The
truth is the operator's forward pass, translated and enclosed. What is accused is explained in
[Findings](findings.md).

{table(rows)}
{seconds:.0f} s in all, {arguments.jobs} processes on {os.cpu_count()} cores.
"""


def plain(text: str) -> str:
    return " ".join(text.replace("|", "/").split())[:200]


def blurred(reason: str) -> str:
    """A reason without its numbers, so that equal ones are counted together."""
    return re.sub(r"-?\d+(\.\d+)?(e[-+]?\d+)?", "#", reason)[:160]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", default=[], help="operators by name")
    parser.add_argument("--dtypes", nargs="*", default=["float64", "float32"])
    parser.add_argument("--samples", type=int, default=5, help="samples of an operator and dtype")
    parser.add_argument("--budget", type=float, default=5.0, help="seconds of one witness")
    parser.add_argument("--seconds", type=float, default=60.0, help="seconds of one operator in one dtype")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--write", type=Path, help="a Markdown file")
    parser.add_argument("--details", type=Path, help="a directory for what was said of what is not right")
    arguments = parser.parse_args()
    names = [named(op) for op in differentiable() if not arguments.only or named(op) in arguments.only]
    begun = time.perf_counter()
    rows = run(names, arguments)
    text = page(rows, arguments, time.perf_counter() - begun)
    print(text)
    if arguments.write is not None:
        arguments.write.write_text(text, encoding="utf-8")
    if arguments.details is not None:
        arguments.details.mkdir(parents=True, exist_ok=True)
        (arguments.details / "rows.json").write_text(json.dumps([asdict(row) for row in rows], indent=1))
        for i, row in enumerate(row for row in rows if row.details):
            (arguments.details / f"{i:04d}-{row.op}-{row.dtype}.txt").write_text(f"{row.sample}\n{row.details}\n")


if __name__ == "__main__":
    main()
