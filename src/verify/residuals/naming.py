"""Numbers as a reader knows them: 2, 1/n and what n is, ln 2, sqrt(2/pi)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator

import numpy as np

from ad.core import Node
from verify.residuals.case import Case
from verify.residuals.summands import is_number
from verify.residuals.tape import tape_of

POWERS = (1.0, -1.0, 2.0, -2.0, 0.5, -0.5)  # of a quantity that mistakes have
DIGITS = range(1, 9)  # to which a constant may have been rounded
SUMS = ("sum", "mean", "std", "var")
READINGS = 2  # that a sentence gives for one factor
LARGEST_WHOLE = 12  # a factor up to it is a slip of the pen; larger ones are named as sizes, or as what they are
CONSTANTS = {
    "sqrt(2)": math.sqrt(2), "pi": math.pi, "2*pi": 2 * math.pi, "sqrt(pi)": math.sqrt(math.pi),
    "sqrt(2*pi)": math.sqrt(2 * math.pi), "2/sqrt(pi)": 2 / math.sqrt(math.pi), "e": math.e, "ln 2": math.log(2),
    "ln 10": math.log(10), "(ln 2)**2": math.log(2) ** 2, "(ln 10)**2": math.log(10) ** 2, "180/pi": 180 / math.pi,
}  # fmt: skip
HINTS = {
    "180/pi": "degrees or radians?",
    **dict.fromkeys(("ln 2", "ln 10", "(ln 2)**2", "(ln 10)**2"), "which base of the logarithm?"),
}


def factor_name(case: Case, c: float) -> tuple[str, str]:
    """A factor as text, and in brackets what else it may be: the length of an axis, the base of a logarithm.

    Example of the text: "2", "1/6", "-1", "0.5", "ln 10", "1.0001".
    """
    sign, size = ("-" if c < 0 else ""), abs(c)

    def near(value: float) -> bool:
        return abs(size - value) <= case.relative * value

    read = _lengths(case, near)
    hint = f" ({' or '.join(read[:READINGS])})" if read else ""
    for text, value in _known(case):
        fraction = text.replace("/", "").isdigit() and "/" in text  # both of n/m and m/n are known
        if near(value) or (near(1 / value) and not fraction):
            over = text if near(value) else f"1/({text})" if set(text) & set("* /") else f"1/{text}"
            return f"{sign}{over}", hint or (f" ({HINTS[text]})" if text in HINTS else "")
    return _digits(c), hint


def _digits(c: float) -> str:
    """A factor in as many digits as tell it from 1, and two more: 1.00000005, but 1.0001."""
    telling = next((n for n in range(7, 16) if abs(float(f"{c:.{n}g}")) != 1), 15)
    return f"{c:.{telling if telling == 7 else telling + 2}g}"


def _known(case: Case) -> Iterator[tuple[str, float]]:
    """Numbers with a name, the likeliest first: whole ones, fractions, lengths, named ones, those in f itself."""
    for n in range(1, LARGEST_WHOLE + 1):
        yield str(n), float(n)
    own = [(name, float(value)) for name, value in constants(case) if value.size == 1 and value > 0]
    yield from ((name, value) for name, value in own if value != int(value))
    pairs = itertools.permutations(range(2, LARGEST_WHOLE + 1), 2)
    yield from ((f"{n}/{m}", n / m) for n, m in pairs if min(n, m) < 5 and math.gcd(n, m) == 1)
    for _, n in _sizes(case):
        yield str(n), float(n)
    yield from ((f"sqrt({n})", math.sqrt(n)) for _, n in _sizes(case) if math.isqrt(n) ** 2 != n)
    yield from CONSTANTS.items()
    for name, value in own:
        yield name, value
        yield f"{name}**2", value**2
        if value != 1:
            yield f"ln {name}", abs(math.log(value))


def _lengths(case: Case, near: Callable[[float], bool]) -> list[str]:
    """What a factor is, in lengths of axes: "6 is the length of axis 0 of FEATURES"."""
    found, sizes = [], _sizes(case) if _reduces(case) else []
    for what, n in sizes:
        root = math.sqrt(n)
        if near(n) or near(1 / n):
            found.append(f"{n} is {what}: mean or sum?")
        elif (near(root) or near(1 / root)) and (root != int(root) or _scales_in_f(case, root)):
            found.append(f"sqrt({n}), {n} being {what}: a scale lost?")
        elif (near(n / (n - 1)) or near((n - 1) / n)) and _sums_over(case, n):
            found.append(f"{n} is {what}: divided by n or by n - 1?")
    for n, m in itertools.combinations(sorted(set(case.shape)), 2) if sizes else ():
        if n > 1 and (near(n / m) or near(m / n)):
            found.insert(0, f"{n} and {m} are lengths of {case.name}: the mean over which axis?")
    return found


def _reduces(case: Case) -> bool:
    """Whether f adds up or repeats anything, so that a length can be a factor."""
    tape = tape_of(case, case.samples[0])
    if tape is None:
        return True
    steps = [n for n in tape.nodes if n.op is not None and n.op.name != "getitem"]
    shapes = [{np.shape(n.primal), *(np.shape(x) for x in n.operands if np.ndim(x))} for n in steps]
    return any(len(s) > 1 or n.op.family != "elementwise" for s, n in zip(shapes, steps, strict=True))  # type: ignore[union-attr]


def _sums_over(case: Case, n: int) -> bool:
    """Whether f adds up or averages so many numbers."""
    tape = tape_of(case, case.samples[0])
    if tape is None:
        return True
    sums = [node for node in tape.nodes if node.op is not None and node.op.name in SUMS]
    return any(np.size(node.operands[0]) == n * np.size(node.primal) for node in sums)


def _scales_in_f(case: Case, value: float) -> bool:
    """Whether f multiplies or divides by a number."""
    tape = tape_of(case, case.samples[0])
    nodes = () if tape is None else [n for n in tape.nodes if n.op is not None and n.op.name in ("multiply", "divide")]
    return any(np.ndim(x) == 0 and np.isclose(x, value) for n in nodes for x in n.operands)


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
            which = f"axis {axis} of " if len(set(shape)) > 1 else "each axis of " if len(shape) > 1 else ""
            found.setdefault(n, f"the length of {which}{name}")
    for name, shape in arrays:
        found.setdefault(math.prod(shape), f"the size of {name}")
    return [(what, n) for n, what in found.items() if n > 1]


def constants(case: Case) -> list[tuple[str, np.ndarray]]:
    """The arrays that f was recorded with besides its inputs."""
    tape = tape_of(case, case.samples[0])
    return [] if tape is None else tape.constants


def rounded_constant(case: Case, k: float) -> str:
    """A constant of f that a factor rounds: '0.7978 in place of 0.7978846'; '' where there is none."""
    for name, value in constants(case):
        if value.size == 1 and value != 0:
            x = float(value)
            for digits in DIGITS:
                for short in (float(f"{x:.{digits}g}"), float(np.trunc(x * 10.0**digits) / 10.0**digits)):
                    if short not in (0.0, x) and abs(k * x - short) <= 1e-12 * abs(x):
                        own = f"{x:.10g}"
                        return f"{short!r} in place of {own if is_number(name) else f'{name} = {own}'}"
    return ""


def other_number(node: Node | None, k: float) -> str:
    """What stands in place of the number that a node multiplies by, where it is short: '6 in place of 7'; ''."""
    if node is None or node.op is None or node.op.name != "multiply":
        return ""
    for x, parent in zip(node.operands, node.parents, strict=True):
        if parent is None and np.ndim(x) == 0:
            short = float(f"{k * float(x):.2g}")
            if abs(short - k * float(x)) <= 1e-12 * abs(short):
                return f"{short:.10g} in place of {float(x):.10g}"
    return ""


def closed(name: str) -> str:
    """A quantity as one operand: in brackets where it needs them."""
    simple = name.replace("_", "").replace(".", "").isalnum() or (name[-1:] in ")]" and " " not in name)
    return name if simple else f"({name})"


def power_name(name: str, power: float) -> str:
    """A quantity to one of the powers that mistakes have."""
    atom = closed(name)
    return {
        1.0: name, -1.0: f"1/{atom}", 2.0: f"{atom}**2", -2.0: f"1/{atom}**2",
        0.5: f"sqrt({name})", -0.5: f"1/sqrt({name})",
    }[power]  # fmt: skip
