"""What JAX says of a rule that returned something else than it must, in one sentence."""

from __future__ import annotations

import contextlib
import re
import traceback
from collections.abc import Iterator

from ad.userop import BrokenRule

# What is found in JAX's own words, and what is told instead.
WORDS = (
    (
        r"at output(\S*) the bwd rule produced an output of type (\S+) corresponding to an input of type ([^\s,]+)",
        r"the bwd rule returned \2 for primal\1, which is \3",
    ),
    (
        r"bwd output structure PyTreeDef\((.*?)\) for primal input structure PyTreeDef\((.*?)\)\.?\s*$",
        r"the bwd rule returned \1, where a tuple with one cotangent for each argument is asked for: \2",
    ),
    (
        r"Custom VJP fwd rule (\S+) for function (\S+) must produce a pair",
        r"the fwd rule of \2 must return a pair: the result and the residuals",
    ),
    (
        r"Custom JVP rule (\S+) for function (\S+) must produce a pair",
        r"the jvp rule of \2 must return a pair: the result and its tangent",
    ),
    (
        r"Custom JVP rule must produce primal and tangent outputs with corresponding shapes and dtypes.*?"
        r"Expected (\S+) \(.*?\) but got ([^\s]+?)\.?\s*$",
        r"the jvp rule returned a tangent of type \2 for a result of type \1",
    ),
    (r"(Custom (?:VJP|JVP) \w* ?rule .*?)[.,]\s", r"\1"),
)


@contextlib.contextmanager
def rules_explained() -> Iterator[None]:
    """A context in which what JAX raises about a custom rule is a ``BrokenRule`` of one sentence."""
    try:
        yield
    except (TypeError, ValueError) as problem:
        text = explained(str(problem))
        if not text:
            raise
        raise BrokenRule(text) from problem
    except (AssertionError, NotImplementedError) as problem:
        if not _not_transposed(problem):
            raise
        operation = re.search(r"differentiation\) for '(\w+)'", str(problem))
        what = f"{operation[1]} of them" if operation else "what it computes of them"
        raise BrokenRule(f"the jvp rule is not linear in its tangents: JAX cannot transpose {what}") from problem


def _not_transposed(problem: Exception) -> bool:
    """Whether JAX itself, and no rule of a user's, met an operation that has no transpose."""
    if isinstance(problem, NotImplementedError):
        return str(problem).startswith("Transpose rule (for reverse-mode")
    frames = [frame.f_globals.get("__name__", "") for frame, _ in traceback.walk_tb(problem.__traceback__)]
    return bool(frames) and str(frames[-1]).startswith("jax.")


def explained(text: str) -> str:
    """What is wrong with a custom rule; "" where an error is about something else."""
    if not re.search(r"Custom (VJP|JVP) (bwd |fwd )?rule", text):
        return ""
    flat = " ".join(text.split())
    for pattern, words in WORDS:
        if (found := re.search(pattern, flat)) is not None:
            return found.expand(words)
    return flat
