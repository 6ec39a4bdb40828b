"""What the answer makes of one path of f: left out, with another factor, or off by what f computes."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from ad.core import Node
from verify.residuals.case import Case, Guess, Sample
from verify.residuals.naming import POWERS, closed, factor_name, other_number, power_name, rounded_constant
from verify.residuals.summands import is_number
from verify.residuals.tape import Edge, Tape, tape_of

REDUCTIONS = {"sum", "mean", "max", "min", "amax", "amin", "prod", "dot", "var", "std"}
PAIRS = 8  # reductions whose pairs are tried: with more there is no time
SIFTED = 1e-6  # relative: how near a first look must be
ROUNDED = 1e-9  # a factor below it is a 0 that steps in double have moved; in a coarser dtype by what its bar allows
SAME = 1e-11  # relative: two edges that add the same are one path
NEGLIGIBLE = 1e-10  # of the largest entry: a path that adds less is rounding, or cancels
PLAINEST = ("missing term", "rounded constant", "sign", "other constant", "factor")
CONSTANTS = "both are taken as constants"
COEFFICIENTS = {1.0: "", 2.0: "2*", 0.5: "0.5*", -1.0: "-", -2.0: "-2*", -0.5: "-0.5*"}  # of a factor
Part = Callable[[Sample], Any]


def left_out(case: Case) -> Iterator[Guess]:
    """A path is missing, then has the wrong sign, then another constant factor: of one gap the plainest account."""
    found = [guess for edge, part in _parts(case) for guess in _scaled(case, edge, part)]
    yield from sorted(found, key=lambda guess: PLAINEST.index(guess.kind))


def reductions_left_out(case: Case) -> Iterator[Guess]:
    """Two reductions are both taken for constants, as mean and variance are."""
    tape = tape_of(case, case.samples[0])
    if tape is None:
        return
    least = NEGLIGIBLE * float(np.max(np.abs(case.truth(case.samples[0])), initial=0.0))
    own = []
    for edge in tape.edges(case.input):
        if tape.nodes[edge[0]].op.name in REDUCTIONS:  # type: ignore[union-attr]
            found = through(case, edge, case.samples[0])
            if found is not None and np.max(np.abs(found), initial=0.0) > least:
                own.append(edge)
    for a, b in itertools.combinations(own[:PAIRS], 2):
        yield Guess(
            "missing term",
            f"lacks what comes through {_reduction(tape, a)} and through {_reduction(tape, b)}: {CONSTANTS}",
            lambda s, a=a, b=b: _less(case.truth(s), _sum(through(case, a, s), through(case, b, s))),  # type: ignore[misc]
        )


def _reduction(tape: Tape, edge: Edge) -> str:
    """A reduction as code: the mean, where a sum is divided at once."""
    node = tape.nodes[edge[0]]
    users = tape.users(node)
    divided = (
        len(users) == 1 and users[0].op is not None and users[0].op.name == "divide" and users[0].parents[1] is None
    )
    return tape.text(users[0] if divided else node)


def off_by_a_quantity(case: Case) -> Iterator[Guess]:
    """The answer is off by a factor that f itself computes: a chain rule cut short."""
    yield from _off_by(case, "", case.truth, (1.0,))


def path_off_by_a_quantity(case: Case) -> Iterator[Guess]:
    """What one path adds is off by such a factor."""
    tape = tape_of(case, case.samples[0])
    for edge, part in _parts(case):
        assert tape is not None
        yield from _off_by(case, f" in what comes through {said(tape, edge)}", part, (1.0,))


def off_by_a_multiple(case: Case) -> Iterator[Guess]:
    """The answer is off by twice, half or minus such a factor."""
    yield from _off_by(case, "", case.truth, [k for k in COEFFICIENTS if k != 1])


def _off_by(case: Case, text: str, part: Part, coefficients: Iterable[float]) -> Iterator[Guess]:
    s = case.samples[0]
    found, c = quantities(case, s), part(s)
    if c is None:
        return
    with np.errstate(all="ignore"):
        ratio = (case.yours(s) - (case.truth(s) - c)) / c
    usable = np.isfinite(ratio) & (c != 0) & case.wanted(s)
    if not usable.any():
        return
    for name, power, k in itertools.product(found, POWERS, coefficients):
        if not text and np.isin(found[name], (0, 1)).all():  # a mask: rather a path that is not there
            continue
        with np.errstate(all="ignore"):
            value = k * np.broadcast_to(found[name], ratio.shape) ** power
            near = np.abs(value - ratio)[usable] <= SIFTED * np.abs(ratio)[usable]  # confirmed elsewhere
        if near.all():
            yield Guess("chain rule", _off(text, name, power, k), _times(case, part, name, power, k))


def _off(text: str, name: str, power: float, k: float) -> str:
    times = COEFFICIENTS[k if power > 0 else 1 / k]
    quantity = f"{times}{closed(power_name(name, abs(power))) if times else power_name(name, abs(power))}"
    return f"has the factor {quantity} too much{text}" if power > 0 else f"lacks the factor {quantity}{text}"


def _times(case: Case, part: Part, name: str, power: float, k: float) -> Part:
    def predict(s: Sample) -> Any:
        c, value = part(s), quantities(case, s).get(name)
        if c is None or value is None:
            return None
        return (case.truth(s) - c) + np.where(c == 0, 0.0, k * c * value**power)

    return predict


def extra(case: Case) -> Iterator[Guess]:
    """The answer holds a term too much: a quantity of f, or a multiple of one."""
    s = case.samples[0]
    rest = case.yours(s) - case.truth(s)
    wanted = case.wanted(s)
    guesses = []
    for name, value in {"": np.ones(()), **quantities(case, s)}.items():
        if is_number(name):
            continue
        q = np.broadcast_to(value, rest.shape)
        size = float(np.sum((q * q)[wanted]))
        if not size > 0 or not np.isfinite(size):
            continue
        c = float(np.sum((rest * q)[wanted])) / size
        if not abs(c) > 0 or not (np.abs(rest - c * q) <= SIFTED * np.max(np.abs(rest)))[wanted].all():
            continue
        text, _ = factor_name(case, abs(c))
        times = " * ".join([*([text] if text != "1" or not name else []), *([name] if name else [])])
        sign = "+" if c > 0 else "-"
        guesses.append(Guess("extra term", f"holds a term too much: {sign} {times}", _plus(case, name, c)))
    yield from sorted(guesses, key=lambda guess: ("." in guess.text, len(guess.text)))


def _plus(case: Case, name: str, c: float) -> Part:
    def predict(s: Sample) -> Any:
        value = quantities(case, s).get(name) if name else 1.0
        return None if value is None else case.truth(s) + c * value

    return predict


# --- paths


def _parts(case: Case) -> list[tuple[Edge, Part]]:
    """The edges that add something to the gradient by this input, but not all of it; of one path the last edge."""
    s = case.samples[0]
    key = ("parts", case.input)
    if key not in s.shared:
        s.shared[key] = _edges(case, s)
    edges: list[Edge] = s.shared[key]
    return [(edge, functools.partial(through, case, edge)) for edge in edges]


def _edges(case: Case, s: Sample) -> list[Edge]:
    tape = tape_of(case, s)
    if tape is None:
        return []
    truth = case.truth(s)
    least = NEGLIGIBLE * float(np.max(np.abs(truth), initial=0.0))
    known: list[tuple[Edge, np.ndarray]] = []
    for edge in tape.edges(case.input):
        found = through(case, edge, s)
        if found is None or not np.isfinite(found).all() or not np.max(np.abs(found), initial=0.0) > least:
            continue
        if _same(found, truth, least):
            continue
        operand = tape.nodes[edge[0]].parents[edge[1]]
        if _is_square(tape.nodes[edge[0]]):  # what comes through both of its operands is one path
            continue
        ends = [k for k, (e, other) in enumerate(known) if tape.nodes[e[0]] is operand and _same(other, found, least)]
        if ends:
            known[ends[0]] = (edge, found)
        else:
            known.append((edge, found))
    return [edge for edge, _ in known]


def _is_square(node: Node) -> bool:
    return node.op is not None and node.op.name == "multiply" and node.parents[0] is node.parents[1]


def _same(a: np.ndarray, b: np.ndarray, least: float) -> bool:
    return bool(np.allclose(a, b, rtol=SAME, atol=least))


def through(case: Case, edge: Edge, s: Sample) -> Any:
    """What an edge adds to the gradient at a sample; None where that is not known."""
    key = ("through", edge, case.input)
    if key not in s.shared:
        tape = tape_of(case, s)
        s.shared[key] = None if tape is None else tape.through(edge, case.input)
    return s.shared[key]


def _scaled(case: Case, edge: Edge, part: Part) -> Iterator[Guess]:
    """A path with a constant factor: 0 where it is missing, -1 with the wrong sign."""
    s = case.samples[0]
    c, wanted, tape = part(s), case.wanted(s), tape_of(case, s)
    assert tape is not None
    rest = case.yours(s) - (case.truth(s) - c)
    size = float(np.sum((c * c)[wanted]))
    if not size > 0 or not np.isfinite(rest[wanted]).all():
        return
    k = float(np.sum((rest * c)[wanted])) / size
    if not (np.abs(rest - k * c) <= SIFTED * np.max(np.abs(c)[wanted]))[wanted].all():
        return
    k = 0.0 if abs(k) <= max(ROUNDED, case.relative) else k
    kind, text = _factor_said(case, tape, edge, k)
    yield Guess(kind, text, lambda s: _plus_times(case.truth(s), part(s), k - 1))


def _factor_said(case: Case, tape: Tape, edge: Edge, k: float) -> tuple[str, str]:
    where = said(tape, edge)
    if k == 0:
        return "missing term", f"lacks what comes through {where}: it is taken as a constant"
    if abs(k + 1) <= case.relative:
        return "sign", f"has the wrong sign in what comes through {where}"
    rounded = rounded_constant(case, k)
    if rounded:
        return "rounded constant", f"has {rounded}"
    name, hint = factor_name(case, k)
    other = other_number(tape.nodes[edge[0]].parents[edge[1]], k) if "." in name else ""
    if other:
        return "other constant", f"is right for {other} in {where}"
    return "factor", f"holds {name} x what comes through {where}{hint}"


def said(tape: Tape, edge: Edge) -> str:
    """An edge in words: its operand, and the operation where the operand has other uses; or the operation alone."""
    j, i = edge
    node = tape.nodes[j]
    if sum(p is not None for p in node.parents) == 1:
        return tape.text(node)
    operand = node.parents[i]
    assert operand is not None
    several = len(tape.users(operand)) > 1
    return f"{tape.text(operand)} in {tape.text(node)}" if several else tape.text(operand)


# --- quantities


def quantities(case: Case, s: Sample) -> dict[str, np.ndarray]:
    """What f computes on its way, and its constants, as arrays that broadcast to (rows, *shape): by name."""
    key = ("quantities", case.input)
    if key not in s.shared:
        s.shared[key] = _quantities(case, s)
    found: dict[str, np.ndarray] = s.shared[key]
    return found


def _quantities(case: Case, s: Sample) -> dict[str, np.ndarray]:
    found = {case.name: case.point(s)}
    found |= {n: np.asarray(x, dtype=float) for n, x in zip(s.question.names, s.question.leaves, strict=True)}
    tape = tape_of(case, s)
    if tape is not None:
        found |= dict(tape.constants)
        found |= {tape.text(n): np.asarray(n.primal, dtype=float) for n in tape.nodes if np.isrealobj(n.primal)}
    rows, shape = case.yours(s).shape[0], case.shape
    fitted = {name: _fitted(value, rows, shape) for name, value in found.items()}
    return {name: value for name, value in fitted.items() if value is not None and np.isfinite(value).all()}


def _fitted(value: np.ndarray, rows: int, shape: tuple[int, ...]) -> np.ndarray | None:
    """A quantity as one factor an entry; where it has one for each row, as one factor a row."""
    if value.ndim <= len(shape):
        try:
            np.broadcast_to(value, shape)
        except ValueError:
            pass
        else:
            return value
    if value.size == rows and value.ndim == 1:
        return value.reshape(-1, *(1 for _ in shape))
    return None


def _less(a: Any, b: Any) -> Any:
    return None if b is None else a - b


def _sum(a: Any, b: Any) -> Any:
    return None if a is None or b is None else a + b


def _plus_times(a: Any, b: Any, k: float) -> Any:
    return None if b is None else a + k * b
