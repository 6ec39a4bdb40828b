"""Numbers as a reader knows them: 2, 1/n and what n is, ln 2, sqrt(2/pi)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from verify.residuals.case import Case
from verify.residuals.tape import tape_of

POWERS = (1.0, -1.0, 2.0, -2.0, 0.5, -0.5)  # of a quantity that mistakes have
READINGS = 2  # that a sentence gives for one factor
LARGEST_WHOLE = 12  # a factor up to it is a slip of the pen; larger ones are named as sizes, or as what they are
CONSTANTS = {
    "sqrt(2)": math.sqrt(2), "pi": math.pi, "2*pi": 2 * math.pi, "sqrt(pi)": math.sqrt(math.pi),
    "sqrt(2*pi)": math.sqrt(2 * math.pi), "2/sqrt(pi)": 2 / math.sqrt(math.pi), "e": math.e, "ln 2": math.log(2),
    "ln 10": math.log(10), "180/pi": 180 / math.pi,
}  # fmt: skip
HINTS = {
    "180/pi": "degrees or radians?",
    "ln 2": "which base of the logarithm?",
    "ln 10": "which base of the logarithm?",
}


def factor_name(case: Case, c: float) -> tuple[str, str]:
    """A factor as text, and in brackets what else it may be: the length of an axis, the base of a logarithm.

    Example of the text: "2", "1/6", "-1", "0.5", "ln 10", "1.0001".
    """
    sign, size = ("-" if c < 0 else ""), abs(c)

    def near(value: float) -> bool:
        return abs(size - value) <= case.relative * value

    read = _lengths(case, near)
    hint = f" ({', or '.join(read[:READINGS])})" if read else ""
    for text, value in _known(case):
        if near(value):
            return f"{sign}{text}", hint + (f" ({HINTS[text]})" if text in HINTS else "")
        if near(1 / value):
            over = f"1/({text})" if set(text) & set("* /") else f"1/{text}"
            return f"{sign}{over}", hint + (f" ({HINTS[text]})" if text in HINTS else "")
    return f"{c:.7g}", hint


def _known(case: Case) -> Iterator[tuple[str, float]]:
    """Numbers with a name, the likeliest first: whole ones, fractions, lengths, named ones, those in f itself."""
    for n in range(1, LARGEST_WHOLE + 1):
        yield str(n), float(n)
    yield from ((f"{n}/{m}", n / m) for m in (2, 3, 4) for n in range(m + 1, LARGEST_WHOLE + 1) if math.gcd(n, m) == 1)
    for _, n in _sizes(case):
        yield str(n), float(n)
    yield from ((f"sqrt({n})", math.sqrt(n)) for _, n in _sizes(case) if math.isqrt(n) ** 2 != n)
    yield from CONSTANTS.items()
    for name, value in constants(case):
        if value.size == 1 and value > 0:
            yield name, float(value)
            yield f"{name}**2", float(value) ** 2


def _lengths(case: Case, near: Callable[[float], bool]) -> list[str]:
    """What a factor is, in lengths of axes: "6 is the length of axis 0 of FEATURES"."""
    found = []
    for what, n in _sizes(case):
        if near(n) or near(1 / n):
            found.append(f"{n} is {what}: mean or sum?")
        elif near(math.sqrt(n)) or near(1 / math.sqrt(n)):
            found.append(f"sqrt({n}), {n} being {what}: a scale lost?")
    return found


def _sizes(case: Case) -> list[tuple[str, int]]:
    """(what it is, n) for every length of an axis or size of an array about, each number once; 1 says nothing."""
    question = case.question
    arrays = [(case.name, case.shape)]
    arrays += [(n, np.shape(x)) for n, x in zip(question.names, question.leaves, strict=True) if n != case.name]
    arrays += [(name, np.shape(value)) for name, value in constants(case)]
    arrays += [("the output", np.shape(y)) for y in question.outputs]
    found: dict[int, str] = {}
    for name, shape in arrays:
        for axis, n in enumerate(shape):
            found.setdefault(n, f"the length of axis {axis} of {name}" if len(shape) > 1 else f"the length of {name}")
    for name, shape in arrays:
        found.setdefault(math.prod(shape), f"the size of {name}")
    return [(what, n) for n, what in found.items() if n > 1]


def constants(case: Case) -> list[tuple[str, np.ndarray]]:
    """The arrays that f was recorded with besides its inputs."""
    tape = tape_of(case, case.samples[0])
    return [] if tape is None else tape.constants


def power_name(name: str, power: float) -> str:
    """A quantity to one of the powers that mistakes have."""
    simple = name.replace("_", "").replace(".", "").isalnum() or (name.endswith("]") and " " not in name)
    closed = name if simple or (name.endswith(")") and " " not in name) else f"({name})"
    return {
        1.0: name, -1.0: f"1/{closed}", 2.0: f"{closed}**2", -2.0: f"1/{closed}**2",
        0.5: f"sqrt({name})", -0.5: f"1/sqrt({name})",
    }[power]  # fmt: skip
