"""The engine's own op table as claims: every op at seeded points inside its domain, every function by example."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ad.core import Op
from ad.dispatch import entries_of, entry
from ad.table.shapes import scatter
from ad.variable import MEANINGS, TABLE
from verify.claim import Claim

POINTS = 4  # entries of each operand; with their basis cotangents at most 64 derivatives
TRIES = 10_000
MARGIN = 0.05  # distance kept from kinks and from the edges of domains


def claims() -> list[Claim]:
    """One claim for every entry of the table and every composite function."""
    found = [elementwise_claim(op) for op in TABLE.values() if op.family == "elementwise"]
    rest = [op.name for op in TABLE.values() if op.family != "elementwise"]
    rest += [function.__name__ for function in MEANINGS]
    return found + [_example(name) for name in rest]


def claims_of(function: Callable[..., Any]) -> tuple[Claim, ...] | None:
    """The claims of one function of the tables, or of ad.custom, the last one for a proof; None for any other."""
    op = entry(function)
    if op is not None and hasattr(function, "examples"):
        return claims_of_own(function, op)
    if op is None and function not in MEANINGS:
        return None
    if op is None or op.family != "elementwise":
        return (_example(function.__name__ if op is None else op.name),)
    if function in TABLE:
        return with_proof(elementwise_claim(op))
    return numbers_too(elementwise_claim(op, "special", "scipy.special"))


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
    table = TABLE if suite == "ops" else entries_of("scipy.special")
    names = {op.name: function for function, op in table.items()} | {f.__name__: f for f in MEANINGS}
    return names[name]


def with_proof(claim: Claim) -> tuple[Claim, ...]:
    """A claim of ``claims()`` and the one to prove: an elementwise op on numbers, which stand for every entry."""
    op = TABLE.get(function_of(claim))
    return numbers_too(claim) if op and op.family == "elementwise" else (claim,)


def numbers_too(claim: Claim) -> tuple[Claim, ...]:
    """A claim on arrays and the same on numbers, which stand for every entry and are proved."""
    return claim, claim.at(*[x[0] for x in claim.xs])


HELD = {"zeta": (3,)}  # leading operands that are no input of the claim: there is no derivative by them


def elementwise_claim(op: Op, suite: str = "ops", package: str = "np") -> Claim:
    """An elementwise op at seeded points inside its domain."""
    seed = sum(map(ord, op.name))  # the same in every process, unlike hash()
    held = HELD.get(op.name, ())
    names = operands(op)[len(held) :]
    columns = _inside(op, held, len(names), np.random.default_rng(seed))

    def f(*xs: Any) -> Any:
        return op.fun(*held, *xs)

    _known_as(f, f"{package}.{op.name}", names)
    wrt = (1, 2) if op.fun is np.where else None
    return Claim(f, *columns, id=f"{suite}/{op.name}", title=f"{package}.{op.name}", wrt=wrt, seed=seed)


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


_X = np.array([[0.5, -1.25, 2.0], [1.5, 0.75, -0.375]])
_V = np.array([0.5, -1.25, 2.0])
_S = np.array([[1.5, 0.25], [-0.75, 2.0]])
_GATHER = np.array([2, 0, 2])

# One example of every function that is not elementwise: the arrays that are differentiated, and the call.
EXAMPLES: dict[str, tuple[tuple[np.ndarray, ...], Callable[..., Any]]] = {
    "getitem": ((_V,), lambda x: x[_GATHER] * x[::-1]),
    "scatter": ((_V,), lambda x: scatter(x * x, _GATHER, (4,))),
    "cast": ((_V,), lambda x: (x * x).astype(float)),
    "reshape": ((_X,), lambda x: np.reshape(x * x, (3, 2))),
    "transpose": ((_X,), lambda x: np.transpose(x * x)),
    "broadcast_to": ((_V,), lambda x: np.broadcast_to(x * x, (2, 3))),
    "concatenate": ((_V, _X), lambda x, y: np.concatenate([x * x, y[0]])),
    "sum": ((_X,), lambda x: np.sum(x * x, axis=0)),
    "cumsum": ((_V,), lambda x: np.cumsum(x * x)),
    "prod": ((_X,), lambda x: np.prod(x, axis=1)),
    "max": ((_X,), lambda x: np.max(x * x, axis=0)),
    "min": ((_X,), lambda x: np.min(x * x, axis=1)),
    "matmul": ((_S, _X), lambda a, b: np.matmul(a, b)),
    "dot": ((_X, _V), lambda a, b: np.dot(a, b)),
    "einsum": ((_S, _X), lambda a, b: np.einsum("ij,jk->ki", a, b)),
    "expand_dims": ((_V,), lambda x: np.expand_dims(x * x, 0)),
    "squeeze": ((_V[None],), lambda x: np.squeeze(x * x)),
    "ravel": ((_X,), lambda x: np.ravel(x * x)),
    "moveaxis": ((_X,), lambda x: np.moveaxis(x * x, 0, 1)),
    "swapaxes": ((_X,), lambda x: np.swapaxes(x * x, 0, 1)),
    "stack": ((_V,), lambda x: np.stack([x, x * x])),
    "vstack": ((_V,), lambda x: np.vstack([x, x * x])),
    "hstack": ((_V,), lambda x: np.hstack([x, x * x])),
    "column_stack": ((_V,), lambda x: np.column_stack([x, x * x])),
    "atleast_1d": ((_V[:1],), lambda x: np.atleast_1d(np.sum(x * x))),
    "flip": ((_V,), lambda x: np.flip(x * x)),
    "roll": ((_V,), lambda x: np.roll(x * x, 1)),
    "take": ((_V,), lambda x: np.take(x * x, _GATHER)),
    "sort": ((_V,), lambda x: np.sort(x * x)),
    "tile": ((_V,), lambda x: np.tile(x * x, 2)),
    "repeat": ((_V,), lambda x: np.repeat(x * x, 2)),
    "diff": ((_V,), lambda x: np.diff(x * x)),
    "diagonal": ((_S,), lambda x: np.diagonal(x * x)),
    "split": ((_V[:2],), lambda x: np.split(x * x, 2)[1]),
    "trace": ((_S,), lambda x: np.trace(x * x)),
    "triu": ((_S,), lambda x: np.triu(x * x)),
    "tril": ((_S,), lambda x: np.tril(x * x)),
    "mean": ((_X,), lambda x: np.mean(x * x, axis=0)),
    "var": ((_X,), lambda x: np.var(x, axis=1)),
    "std": ((_X,), lambda x: np.std(x, axis=1)),
    "average": ((_V,), lambda x: np.average(x * x, weights=x**2)),
    "clip": ((_V,), lambda x: np.clip(x * x, 0.5, 3.0)),
    "ptp": ((_V,), lambda x: np.ptp(x * x)),
    "tensordot": ((_S, _X), lambda a, b: np.tensordot(a, b, 1)),
    "outer": ((_V, _V[:2]), lambda a, b: np.outer(a, b)),
    "inner": ((_V, _X), lambda a, b: np.inner(a, b)),
    "vdot": ((_V, _V + 1), lambda a, b: np.vdot(a, b)),
    "kron": ((_V[:2], _V), lambda a, b: np.kron(a, b)),
}


def _example(name: str) -> Claim:
    if name not in EXAMPLES:
        raise ValueError(f"{name} is in the op table but has no example in verify.suites.optable.EXAMPLES")
    xs, call = EXAMPLES[name]

    def f(*arrays: Any) -> Any:
        return call(*arrays)

    _known_as(f, f"np.{name}", tuple(inspect.signature(call).parameters))
    return Claim(f, *xs, id=f"ops/{name}", title=f"np.{name}")


def _known_as(f: Any, name: str, parameters: Sequence[str]) -> None:
    """The name of a function and of its arguments, which conditions, points and the report speak of."""
    f.__name__ = name
    f.__signature__ = inspect.Signature(
        [inspect.Parameter(parameter, inspect.Parameter.POSITIONAL_ONLY) for parameter in parameters]
    )
