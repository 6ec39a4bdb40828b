"""What the whole gradient by an input looks like: a multiple of the truth, another value, what becomes of g."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from verify.residuals.case import Case, Guess, Sample
from verify.residuals.naming import factor_name, rounded_constant

NEARLY = 0.1  # from 1: a factor beyond it is no rounding of a constant
# What people write for the derivative of a function of y and x that they take for a known one.
WRITTEN: dict[str, Callable[[Any, Any], Any]] = {
    "y*(1 - y)": lambda y, x: y * (1 - y),
    "1 - y*y": lambda y, x: 1 - y * y,
    "x*(1 - x)": lambda y, x: x * (1 - x),
    "1 - x*x": lambda y, x: 1 - x * x,
    "1/(1 + exp(-y))": lambda y, x: 1 / (1 + np.exp(-y)),
    "1/(1 + exp(-x))": lambda y, x: 1 / (1 + np.exp(-x)),
    "exp(x)": lambda y, x: np.exp(x),
    "x > 0": lambda y, x: 1.0 * (x > 0),
    "x < 0": lambda y, x: 1.0 * (x < 0),
}


def zero(case: Case) -> Iterator[Guess]:
    """Nothing comes back."""
    if not any(case.yours(s)[case.wanted(s)].any() for s in case.samples):
        yield Guess("zero", "is 0: the path to it is cut, or the answer is never filled in", lambda s: 0.0)


def constant(case: Case) -> Iterator[Guess]:
    """The same numbers wherever it is asked."""
    if not unit_rows(case):
        return
    s = case.samples[0]
    n = weights_of(s).shape[1]
    if all(np.allclose(case.truth(t)[:n], case.truth(s)[:n]) for t in case.samples):
        return  # so is the truth: this is no mistake
    yield Guess("constant", "is the same at every point: it does not depend on the inputs",
                lambda t: np.tensordot(weights_of(t), case.yours(s)[:n], axes=(1, 0)))  # fmt: skip


def multiple(case: Case) -> Iterator[Guess]:
    """A constant factor, the same at every point; -1 is the sign, of an imaginary part the conjugate."""
    s = max(case.samples, key=lambda s: float(np.max(np.abs(case.truth(s)[case.wanted(s)]), initial=0.0)))
    wanted = case.wanted(s)
    truth, yours = case.truth(s)[wanted], case.yours(s)[wanted]
    size = float(np.sum(truth * truth))
    if not size > 0 or not np.isfinite(yours).all():
        return
    c = float(np.sum(yours * truth)) / size
    if c == 0 or abs(c - 1) <= case.relative:
        return
    if abs(c + 1) <= case.relative:
        if case.name.endswith(".imag") and _real_part_is_right(case):
            text = "has the other sign: the gradient is conjugated; of a gradient g, f changes by Re(sum(g * dz))"
            yield Guess("conjugate", text, lambda s: -case.truth(s))
        yield Guess("sign", "has the wrong sign: it is -1 x the truth", lambda s: -case.truth(s))
        return
    rounded = rounded_constant(case, c) if abs(c - 1) < NEARLY else ""
    if rounded:
        yield Guess("rounded constant", f"has {rounded}", lambda s: c * case.truth(s))
    name, hint = factor_name(case, c)
    yield Guess("factor", f"is {name} x the truth{hint}", lambda s: c * case.truth(s))


def _real_part_is_right(case: Case) -> bool:
    """Of an imaginary part, whether the real part, which stands before it, is right."""
    real = replace(case, input=case.input - 1, start=2 * case.start - case.stop, stop=case.start)
    return not any(real.wrong(s).any() for s in case.samples)


def multiple_along_an_axis(case: Case) -> Iterator[Guess]:
    """A factor for each place along one axis, the same at every point."""
    s = case.samples[0]
    with np.errstate(all="ignore"):
        ratio = case.yours(s) / case.truth(s)
    for axis, n in enumerate(case.shape):
        if n < 2 or case.yours(s).size == n:  # one entry a factor is no pattern
            continue
        places = np.moveaxis(ratio, axis + 1, 0).reshape(n, -1)
        factors = [float(np.median(row[np.isfinite(row)])) if np.isfinite(row).any() else np.nan for row in places]
        if not np.isfinite(factors).all() or _few(case, factors):
            continue
        c = np.reshape(factors, [n if k == axis else 1 for k in range(len(case.shape))])
        names = ", ".join("1" if abs(f - 1) <= case.relative else factor_name(case, f)[0] for f in factors[:6])
        more = ", ..." if n > 6 else ""
        yield Guess("factors", f"is off by one factor for each place along axis {axis}: {names}{more}",
                    lambda s, c=c: c * case.truth(s))  # type: ignore[misc]  # fmt: skip


def _few(case: Case, factors: list[float]) -> bool:
    """Whether there are two factors only, one of them 1, or of a row of entries any two: where they are tells more."""
    distinct = np.unique(np.round(factors, 9))
    return len(distinct) < 3 and (len(case.shape) == 1 or bool(np.isclose(distinct, 1).any()))


def returned_instead(case: Case) -> Iterator[Guess]:
    """Not a derivative: the value of f, the input, the cotangent."""
    rows = len(case.question.cotangents)
    outputs = case.question.outputs
    if len(outputs) != 1:
        return

    def value(s: Sample) -> np.ndarray:
        return np.asarray(s.question.outputs[0], dtype=float)

    def weights(s: Sample) -> np.ndarray:
        return np.array([g[0] for g in s.question.cotangents], dtype=float)

    if np.size(outputs[0]) == 1:
        yield Guess("value", "is the value of f", lambda s: float(value(s).reshape(())) * _column(weights(s), case))
        yield Guess("value", "is the value of f", lambda s: float(value(s).reshape(())))
    yield Guess("value", "is the input itself", case.point)
    if np.shape(outputs[0]) == case.shape and rows > 1:
        yield Guess("value", "is g times the value of f", lambda s: weights(s) * value(s))
        yield Guess("value", "is g times the input", lambda s: weights(s) * case.point(s))
        yield Guess("value", "is g, handed on as it came", weights)


def written_instead(case: Case) -> Iterator[Guess]:
    """What is the derivative of another function of y and x."""
    outputs = case.question.outputs
    if len(outputs) == 1 and np.shape(outputs[0]) == case.shape and len(case.question.cotangents) > 1:
        for name, written in WRITTEN.items():
            yield Guess("value", f"is g times {name}{', y being the value of f' if 'y' in name else ''}",
                        lambda s, w=written: _written(case, s, w))  # type: ignore[misc]  # fmt: skip


def _written(case: Case, s: Sample, written: Callable[[Any, Any], Any]) -> np.ndarray:
    weights = np.array([g[0] for g in s.question.cotangents], dtype=float)
    with np.errstate(all="ignore"):
        found: np.ndarray = weights * written(np.asarray(s.question.outputs[0], dtype=float), case.point(s))
    return found


# --- the cotangent


def cotangent(case: Case) -> Iterator[Guess]:
    """What becomes of g: never read, read without its sign, squared, its sum or mean alone."""
    n = sum(np.size(y) for y in case.question.outputs)
    if len(case.question.cotangents) < 2:
        return
    if not unit_rows(case):
        if all(_alike(case.yours(s)) and not _alike(case.truth(s)) for s in case.samples):
            yield Guess("cotangent", "ignores the cotangent g: it is the same for every one", None)
        return

    def with_weights(change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Sample], Any]:
        return lambda s: np.tensordot(change(weights_of(s)), case.truth(s)[:n], axes=(1, 0))

    ways: list[tuple[str, Callable[[np.ndarray], np.ndarray]]] = [
        ("ignores the cotangent g: it is right only where g is all ones", np.ones_like),
        ("ignores the sign of the cotangent g", np.abs),
        ("uses the square of the cotangent g", np.square),
        ("uses the sign of the cotangent g alone", np.sign),
    ]
    if n > 1:
        ways += [
            ("uses the sum of the cotangent g in place of its entries",
             lambda w: np.broadcast_to(w.sum(axis=1, keepdims=True), w.shape)),
            ("uses the mean of the cotangent g in place of its entries",
             lambda w: np.broadcast_to(w.mean(axis=1, keepdims=True), w.shape)),
            ("uses the first entry of the cotangent g for all of them",
             lambda w: np.broadcast_to(w[:, :1], w.shape)),
        ]  # fmt: skip
    for text, change in ways:
        yield Guess("cotangent", text, with_weights(change))


def _alike(rows: np.ndarray) -> bool:
    return bool((rows == rows[:1]).all())


def weights_of(s: Sample) -> np.ndarray:
    """The cotangents as one matrix (rows, entries of the outputs)."""
    return np.array([np.concatenate([np.ravel(g) for g in row]) for row in s.question.cotangents], dtype=float)


def unit_rows(case: Case) -> bool:
    """Whether the first rows are the unit cotangents, so that the truth for any other is known."""
    weights = weights_of(case.samples[0])
    n = weights.shape[1]
    return len(weights) >= n and n > 0 and bool((weights[:n] == np.eye(n)).all())


def _column(values: np.ndarray, case: Case) -> np.ndarray:
    return values.reshape(-1, *(1 for _ in case.shape))
