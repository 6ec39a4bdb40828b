"""The engine's own op table as claims: every op at seeded points inside its domain, every function by example."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ad.containers import flatten, tree_map, unflatten
from ad.core import Op
from ad.dispatch import MEANINGS, TABLE, entries_of, entry, shown_name
from verify.claim import Claim, changed
from verify.suites.calls import EXAMPLES
from verify.tangents import seeded, split

POINTS = 4  # entries of each operand; with their basis cotangents at most 64 derivatives
TRIES = 10_000
SIGNED = np.pi / 3  # times a seeded cotangent of 8 bits: a number that fills a double, and so do its multiples
FAR = (-8.0, 8.0)  # times an example's inputs: exact, and beyond 3 for most of them
# Functions that are asked elsewhere, since their far side lies on a jump or is constant: times an example's inputs.
NEAR = {"modf": (1.0,), "divmod": (1.0,), "clip": (-0.5,)}
MARGIN = 0.05  # distance kept from kinks and from the edges of domains


def claims() -> list[Claim]:
    """One claim for every entry of the table and every composite function."""
    found = [elementwise_claim(op) for op in TABLE.values() if op.family == "elementwise"]
    rest = [function for function, op in TABLE.items() if op.family != "elementwise"]
    return found + [_example(function) for function in (*rest, *MEANINGS)]


def claims_of(function: Callable[..., Any]) -> tuple[Claim, ...] | None:
    """The claims of one function of the tables, or of ad.custom, the last one for a proof; None for any other."""
    op = entry(function)
    if op is not None and hasattr(function, "examples"):
        return claims_of_own(function, op)
    if op is None and function not in MEANINGS:
        return None
    if op is None or op.family != "elementwise":
        return beside_signed(_example(function))
    if function in TABLE:
        return with_proof(elementwise_claim(op))
    return numbers_too(elementwise_claim(op, "special"))


def claims_of_own(function: Any, op: Op) -> tuple[Claim, ...] | None:
    """The claims of an op of ad.custom: at its examples, else inside its domain; None where it has neither."""
    name = function.__name__
    if function.examples:
        return tuple(Claim(function, *xs, id=name, title=op.name) for xs in function.examples)
    if op.exact is None:
        return None
    columns = _inside(op, (), len(operands(op)), np.random.default_rng(sum(map(ord, name))))
    return numbers_too(Claim(function, *columns, id=name, title=op.name))


def function_of(claim: Claim) -> Callable[..., Any]:
    """The function of a table that a claim of its suite is about."""
    suite, _, name = claim.id.partition("/")
    names: dict[str, Callable[..., Any]]
    if suite == "ops":
        names = {shown_name(function): function for function in (*TABLE, *MEANINGS)}
    else:
        names = {op.name: function for function, op in entries_of("scipy.special").items()}
    return names[name]


def with_proof(claim: Claim) -> tuple[Claim, ...]:
    """A claim of ``claims()`` and the one to prove: an elementwise op on numbers, which stand for every entry."""
    op = TABLE.get(function_of(claim))
    return numbers_too(claim) if op and op.family == "elementwise" else beside_signed(claim)


def numbers_too(claim: Claim) -> tuple[Claim, ...]:
    """A claim on arrays, along a signed cotangent too, and on numbers, which stand for every entry and are proved."""
    return claim, along_signed(claim), claim.at(*[x[0] for x in claim.xs])


def beside_signed(claim: Claim) -> tuple[Claim, Claim]:
    """A claim, which comes last, and the one along a signed cotangent, far on the other side where f is defined there.

    There its inputs have the other sign and are eight times as large, so that both together ask at both signs of every
    input and in the tail.
    """
    for side in NEAR.get(claim.title.removeprefix("np."), FAR):
        far = claim.at(*[tree_map(functools.partial(_times, side), x) for x in claim.xs])
        if _is_defined(far):
            return along_signed(far), claim
    return along_signed(claim), claim


def _times(factor: float, x: Any) -> Any:
    floating = getattr(x, "dtype", np.dtype(float)).kind in "fc" and not isinstance(x, int | str)
    return factor * x if floating else x


def _is_defined(claim: Claim) -> bool:
    try:
        with np.errstate(all="ignore"):
            outputs = flatten(claim.f(*claim.xs, **claim.kwargs))[1]
    except Exception:  # f has no value there: a matrix is not positive definite any more
        return False
    return all(bool(np.isfinite(y).all()) for y in outputs)


def along_signed(claim: Claim) -> Claim:
    """The claim along one signed cotangent.

    Unit cotangents, which name every entry, do not show a rule that takes the size or the square of its cotangent, nor
    one that computes in float32: the signed one has all bits of a double.
    """
    with np.errstate(all="ignore"):
        tree, outputs = flatten(claim.f(*claim.xs, **claim.kwargs))
    return changed(claim, cotangent=unflatten(tree, of_both_signs(claim.seed, outputs)))


def unweighted(claim: Claim) -> Claim:
    """The claim along every unit cotangent."""
    return changed(claim, cotangent=None)


def of_both_signs(seed: int, like: Sequence[Any]) -> list[Any]:
    """Seeded arrays in the shapes of others, their entries of both signs in turn and each with all bits of a double."""
    total = sum(map(np.size, like))
    signs = np.where(np.arange(total) % 2 == 0, -1.0, 1.0)  # a single entry is negative: the unit ones are positive
    real, imag = (split(SIGNED * signs * np.abs(row), like) for row in seeded(seed, total)[::-1])
    return [a + 1j * b if np.iscomplexobj(x) else a for a, b, x in zip(real, imag, like, strict=True)]


# Leading operands that are no input of the claim: there is no derivative by them.
HELD: dict[str, tuple[float, ...]] = {
    "zeta": (3,), "jv": (2,), "yv": (1.5,), "iv": (1.5,), "kv": (1.5,), "ive": (1.5,), "kve": (1.5,), "yn": (2,),
    "kn": (2,), "expn": (2,), "gammainc_by_a": (2.5,), "betainc_by_a": (2.5, 1.25), "betainc_by_b": (2.5, 1.25),
    "hyp0f1": (1.5,), "hyp1f1": (0.75, 1.5), "hyp2f1": (0.5, 1.75, 2.5),
}  # fmt: skip


def elementwise_claim(op: Op, suite: str = "ops") -> Claim:
    """An elementwise op at seeded points inside its domain."""
    seed = sum(map(ord, op.name))  # the same in every process, unlike hash()
    held = HELD.get(op.name, ())
    names = operands(op)[len(held) :]
    columns = _inside(op, held, len(names), np.random.default_rng(seed))

    def f(*xs: Any) -> Any:
        return op.fun(*held, *xs)

    title = f"np.{op.name}" if suite == "ops" else shown_name(op.fun)
    known_as(f, title, names)
    wrt = (1, 2) if op.fun is np.where else None
    return Claim(f, *columns, id=f"{suite}/{op.name}", title=title, wrt=wrt, seed=seed)


def operands(op: Op) -> tuple[str, ...]:
    """The names of an elementwise entry's operands: those of its mathematics."""
    assert op.exact is not None  # every elementwise entry has one
    return tuple(inspect.signature(op.exact).parameters)[1:]  # less the module of exact functions


def _inside(op: Op, held: tuple[float, ...], arity: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Seeded operands of both signs and several magnitudes, a margin away from edges and kinks."""
    kept: list[np.ndarray] = []
    for _ in range(TRIES):
        xs = [rng.choice([-1.0, 1.0]) * 10 ** rng.uniform(-1.5, 0.8) for _ in range(arity)]
        if op.fun is np.where:
            xs[0] = xs[0] > 0
        margin = MARGIN + 1 if op.domain is None else float(op.domain(*held, *xs))
        distance = MARGIN + 1 if op.kinks is None else abs(float(op.kinks(*held, *xs)))
        if min(margin, distance) > MARGIN:
            kept.append(np.array(xs, dtype=object))
        if len(kept) == POINTS:
            columns = zip(*kept, strict=True)
            return [np.array(list(c), dtype=bool if isinstance(c[0], np.bool_) else float) for c in columns]
    raise ValueError(f"{op.name}: no point inside its domain was found in {TRIES} tries")


def _example(function: Callable[..., Any]) -> Claim:
    name = shown_name(function)
    if function not in EXAMPLES:
        raise ValueError(f"{name} is in the op table but has no example in verify.suites.calls")
    xs, call = EXAMPLES[function]

    def f(*arrays: Any) -> Any:
        return call(*arrays)

    known_as(f, f"np.{name}", tuple(inspect.signature(call).parameters))
    return Claim(f, *xs, id=f"ops/{name}", title=f"np.{name}")


def known_as(f: Any, name: str, parameters: Sequence[str]) -> None:
    """The name of a function and of its arguments, which conditions, points and the report speak of."""
    f.__name__ = name
    f.__signature__ = inspect.Signature(
        [inspect.Parameter(parameter, inspect.Parameter.POSITIONAL_ONLY) for parameter in parameters]
    )
