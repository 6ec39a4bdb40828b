"""Times of certified truth: the oracle ``enclosure`` (and its Hessian-vector products) beside ``symbolic``.

Run ``python benchmarks/enclosure.py``. Every line is the median of REPEATS runs, each on a freshly prepared claim, so
that nothing worked out before is used again. A refusal is printed as such, with its reason.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from verify.claim import Claim, Estimate, Refusal
from verify.numbers.program import Refused
from verify.oracles.certified import symbolic
from verify.oracles.directions import enclosure, series
from verify.oracles.second import hessian_vector
from verify.question import prepare

REPEATS = 3
BUDGET = 30.0  # seconds for each witness; the default of a claim is 10


def softmax_loss(x: Any) -> Any:
    shifted = x - np.max(x)
    return np.log(np.sum(np.exp(shifted))) - shifted[0]


def layer_norm(x: Any, gamma: Any, beta: Any) -> Any:
    centred = x - np.mean(x, axis=1, keepdims=True)
    return np.sum(np.sin(gamma * centred / np.sqrt(np.var(x, axis=1, keepdims=True) + 1e-5) + beta))


def attention(q: Any, k: Any, v: Any) -> Any:
    scores = q @ k.T / 8.0
    e = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    return np.sum((e / np.sum(e, axis=1, keepdims=True) @ v) ** 2)


def cases() -> dict[str, tuple[Callable[..., Any], tuple[Any, ...]]]:
    rng = np.random.default_rng(0)
    normal = rng.standard_normal
    return {
        "sum of a 64x64 matrix product": (lambda a, b: np.sum(a @ b), (normal((64, 64)), normal((64, 64)))),
        "sum of 10^4 tanh": (lambda x: np.sum(np.tanh(x)), (normal(10_000),)),
        "log-softmax of 1,000": (softmax_loss, (normal(1000),)),
        "layer norm (32, 64)": (layer_norm, (normal((32, 64)), normal(64), normal(64))),
        "attention, 64 queries of 32": (attention, tuple(normal((64, 32)) for _ in range(3))),
        "dot of 10^5": (lambda x, y: np.dot(x, y), (normal(100_000), normal(100_000))),
        "dot of 10^6": (lambda x, y: np.dot(x, y), (normal(1_000_000), normal(1_000_000))),
    }  # fmt: skip


def timed(ask: Callable[[Any], Any], f: Callable[..., Any], xs: tuple[Any, ...]) -> str:
    """The median time in seconds, or the refusal."""
    times = []
    for _ in range(REPEATS):
        question = prepare(Claim(f, *xs, budget=BUDGET))
        begun = time.perf_counter()
        try:
            answer = ask(question)
        except Refused as refused:
            answer = Refusal(str(refused))
        times.append(time.perf_counter() - begun)
        if not isinstance(answer, Estimate):
            return f"refused after {times[-1]:.2g} s: {answer.reason[:60]}"
    return f"{statistics.median(times):.3g} s"


def second_order(question: Any) -> Estimate:
    entries = len(question.entries)
    return hessian_vector(question, np.random.default_rng(1).standard_normal(entries))


def main() -> None:
    witnesses: dict[str, Callable[[Any], Any]] = {
        "enclosure": enclosure, "symbolic": symbolic, "series": series, "H v": second_order,
    }  # fmt: skip
    for name, (f, xs) in cases().items():
        print(f"{name}: {sum(x.size for x in xs)} entries")
        for title, ask in witnesses.items():
            print(f"    {title:10} {timed(ask, f, xs)}", flush=True)


if __name__ == "__main__":
    main()
