"""Ops of a user's own: ``ad.custom`` makes a function with a rule of its own, without an entry in the table.

Facts
    A vjp is linear in its cotangent and a jvp in its tangents, and each is the transpose of the other. Rules are NumPy
    code, so the one that is missing is made from the one that is there: it is traced at 0 and pulled back.
    The op goes with the function, as its attribute ``op``: nothing is entered anywhere, and nothing is left behind.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ad.containers import is_array_like
from ad.core import Op
from ad.declare import elementwise_op, in_dtype_of
from ad.dispatch import dispatching
from ad.variable import Variable, trace

Rule = Callable[..., Any]
Calls = tuple[tuple[Any, ...], dict[str, Any]]


class BrokenRule(ValueError):
    """A rule of a user's op returned another number of arrays, or another shape, than it must."""


def custom(
    *,
    vjp: Rule | None = None,
    jvp: Rule | None = None,
    slope: Rule | Sequence[Rule | None] | None = None,
    exact: Rule | None = None,
    meaning: Rule | None = None,
    domain: Rule | None = None,
    kinks: Rule | None = None,
    needs: str = "",
    stability: str = "entrywise",
    examples: Sequence[tuple[Any, ...]] = (),
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make a function an op with a derivative of its own: a decorator for its forward code.

    The parameters of the function without a default are its operands xs, which are differentiated; those with one are
    static: they reach every rule as keyword arguments. It returns one array.

    Arguments
        vjp: ``vjp(g, y, *xs, **static)``, the cotangents of the operands from that of the result y: one array in an
            operand's shape for each, as a tuple, or the bare array for one operand; None for an operand that is
            constant by nature.
        jvp: ``jvp(ts, y, *xs, **static)``, the tangent of y; ts one tangent for each operand, or bare for one.
            Of vjp and jvp one may be left out: it is made by transposing the other.
        slope: in place of both, for a function whose entry i depends on entry i of each operand alone:
            ``slope(y, *xs)``, dy/dx, a sequence of them for several operands; broadcasting is undone for it.
        exact: with ``slope``: ``exact(m, *xs)``, the mathematics of one entry in a module m of exact functions.
        meaning: NumPy code of the same signature that computes the same; the verifier runs it over exact numbers
            (default: the function's own code, where there is no ``exact``).
        domain: ``domain(*xs) > 0`` where the derivative exists. needs: the same as text.
        kinks: ``kinks(*xs) == 0`` where it does not, or is not unique.
        stability: "entrywise" for results accurate entry by entry, "normwise" for results, such as those of linear
            algebra, accurate to the size of their largest entry: the verifier allows for it.
        examples: argument tuples at which ``verify.prove(op)`` and ``verify.custom`` look at it.
    Returns
        a decorator; the op is called as the function was, in every mode and any nesting.
    Raises
        TypeError when there is no rule, or slope beside vjp or jvp, or a signature with no operand.
    Example
        >>> import numpy as np
        >>> import ad
        >>> @ad.custom(vjp=lambda g, y, x: g * (1 - np.exp(-y)))
        ... def softplus(x):
        ...     return np.logaddexp(0.0, x)
        >>> ad.grad(softplus)(0.0), ad.jvp(softplus, (0.0,), (2.0,))[1]
        (np.float64(0.5), np.float64(1.0))
    """

    def declare(forward: Callable[..., Any]) -> Callable[..., Any]:
        face = face_of(forward)
        _require_rules(face, vjp, jvp, slope, exact)
        compute = functools.update_wrapper(dispatching(face.computed(forward)), forward)
        if slope is None:
            op = _op(face, compute, vjp, jvp)
        else:
            op = _elementwise(face, compute, slope, exact)
        op = replace(
            op, bind=face.bind, needs=needs, stability=stability, meaning=None if exact else meaning or forward,
            domain=domain if slope is not None else _everywhere(domain), kinks=_of_operands(kinks),
        )  # fmt: skip

        @functools.wraps(forward)
        def function(*args: Any, **kwargs: Any) -> Any:
            operands, static = face.bind(args, kwargs)
            return compute(*operands, **static)

        for made in (compute, function):
            made.op = op  # type: ignore[attr-defined]
        function.examples = tuple(examples)  # type: ignore[attr-defined]
        return function

    return declare


def is_custom(op: Op) -> bool:
    """Whether an op was declared by ``custom``."""
    return getattr(op.fun, "op", None) is op


# --- how the function is called


@dataclass(frozen=True)
class Face:
    """A function as it is called: its name, its operands' names (``*xs`` among them), its static defaults."""

    name: str
    signature: inspect.Signature
    operands: tuple[str, ...]
    rest: str  # the name of *xs, or ""
    static: dict[str, Any]

    def bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Calls:
        """Split a call into operands and static arguments."""
        if not kwargs and (len(args) == len(self.operands) or (self.rest and len(args) > len(self.operands))):
            found, static = args, self.static
        else:
            bound = self.signature.bind(*args, **kwargs)
            bound.apply_defaults()
            given = bound.arguments
            found = (*(given[name] for name in self.operands), *given.get(self.rest, ()))
            static = {name: given[name] for name in self.static}
            for name, value in static.items():
                if type(value) is Variable:
                    raise TypeError(
                        f"{self.name}: its argument {name!r} is static, since it has a default, and was given a traced "
                        f"value, whose derivative would be lost; leave the default out of the signature"
                    )
        return tuple(np.asarray(x) if isinstance(x, list | tuple) else x for x in found), Static(static)

    def computed(self, forward: Callable[..., Any]) -> Callable[..., Any]:
        """The forward code, with a look at what it returns."""

        def compute(*xs: Any, **static: Any) -> Any:
            y = forward(*xs, **static)
            if isinstance(y, int | float | complex) or is_array_like(y):
                return y
            raise TypeError(
                f"{self.name} returned {y!r:.60}; a custom op returns one array: join several with np.stack or "
                f"np.concatenate, or make an op of each"
            )

        return compute

    def nth(self, i: int) -> str:
        """The name of operand i."""
        n = len(self.operands)
        return self.operands[i] if i < n else f"{self.rest}[{i - n}]"


class Static(dict[str, Any]):
    """The static arguments of one call.

    answered: a cotangent and what the vjp said of it. A vjp answers for all operands, a sweep asks for one at a time.
    """

    answered: tuple[Any, Any] = (None, None)


def face_of(forward: Callable[..., Any]) -> Face:
    """How a function is called; TypeError where its operands cannot be told from its static arguments."""
    signature = inspect.signature(forward)
    name = f"{forward.__module__}.{forward.__qualname__}"  # with its module: no entry of the table is called so
    operands, rest, static = [], "", {}
    for p in signature.parameters.values():
        if p.kind is p.VAR_KEYWORD or (p.kind is p.POSITIONAL_ONLY and p.default is not p.empty):
            raise TypeError(f"{name}: the parameter {p} is neither an operand nor a keyword: give it a name of its own")
        if p.kind is p.VAR_POSITIONAL:
            rest = p.name
        elif p.default is p.empty and p.kind is not p.KEYWORD_ONLY:
            operands.append(p.name)
        else:
            static[p.name] = p.default
    if not operands and not rest:
        raise TypeError(f"{name}{signature} has no operand: a parameter without a default is one")
    if rest and any(signature.parameters[s].kind is inspect.Parameter.POSITIONAL_OR_KEYWORD for s in static):
        raise TypeError(f"{name}: static arguments beside *{rest} come after it, as keywords")
    return Face(name, signature, tuple(operands), rest, static)


def _require_rules(face: Face, vjp: Any, jvp: Any, slope: Any, exact: Any) -> None:
    if slope is None and vjp is None and jvp is None:
        raise TypeError(f"ad.custom of {face.name} needs a rule: vjp=, jvp= or, entry by entry, slope=")
    if slope is not None and (vjp is not None or jvp is not None):
        raise TypeError(f"ad.custom of {face.name}: slope= says both vjp and jvp; give it alone, or leave it out")
    if slope is None and exact is not None:
        raise TypeError(f"ad.custom of {face.name}: exact= is the mathematics of one entry and goes with slope=; "
                        f"give meaning=, NumPy code that computes the same")  # fmt: skip
    slopes = len(slope) if isinstance(slope, Sequence) else 1
    if slope is not None and (face.rest or face.static or slopes != len(face.operands)):
        raise TypeError(
            f"ad.custom of {face.name}{face.signature}: slope= needs one slope for each operand and no other "
            f"parameters, got {slopes}; give vjp="
        )


# --- its rules


def _elementwise(face: Face, compute: Callable[..., Any], slope: Any, exact: Rule | None) -> Op:
    return replace(elementwise_op(compute, exact=exact, slope=slope, holomorphic="no"), name=face.name)


def _op(face: Face, compute: Callable[..., Any], vjp: Rule | None, jvp: Rule | None) -> Op:
    def cotangent(i: int, g: Any, y: Any, xs: tuple[Any, ...], static: dict[str, Any]) -> Any:
        assert vjp is not None
        asked, parts = getattr(static, "answered", Static.answered)
        if asked is not g:
            parts = vjp(g, y, *xs, **static)
        if isinstance(static, Static):  # forgotten with the last operand
            static.answered = (g, parts) if i < len(xs) - 1 else Static.answered
        parts = parts if isinstance(parts, tuple | list) else (parts,)
        if len(parts) != len(xs):
            raise BrokenRule(f"the vjp of {face.name} returned {len(parts)} cotangents for {len(xs)} operands")
        if parts[i] is None:
            raise TypeError(f"the vjp of {face.name} returned None for {face.nth(i)!r}: give it as a constant")
        _same_shape(f"the vjp of {face.name}", parts[i], face.nth(i), xs[i])
        return in_dtype_of(_apart(parts[i], (y, *xs)), xs[i])

    def tangent(i: int, t: Any, y: Any, xs: tuple[Any, ...], static: dict[str, Any]) -> Any:
        assert jvp is not None
        ts = tuple(t if j == i else np.zeros_like(x) for j, x in enumerate(xs))
        found = jvp(ts[0] if len(ts) == 1 else ts, y, *xs, **static)
        _same_shape(f"the jvp of {face.name}", found, "its result", y)
        return in_dtype_of(_apart(found, (y, *xs)), y)

    # the transpose of each, traced at 0
    def pulled(i: int, g: Any, y: Any, xs: tuple[Any, ...], static: dict[str, Any]) -> Any:
        return _transposed(face, "jvp", "vjp", lambda t: tangent(i, t, y, xs, static), xs[i], g)

    def pushed(i: int, t: Any, y: Any, xs: tuple[Any, ...], static: dict[str, Any]) -> Any:
        return _transposed(face, "vjp", "jvp", lambda g: cotangent(i, g, y, xs, static), y, t)

    pull, push = cotangent if vjp is not None else pulled, tangent if jvp is not None else pushed
    return Op(face.name, compute, face.bind, pull, push, "general", holomorphic="no")


def _transposed(face: Face, given: str, missing: str, rule: Callable[[Any], Any], like: Any, v: Any) -> Any:
    """The transpose of a linear rule whose argument is like an array, applied to v."""
    try:
        return trace(rule, np.zeros_like(like)).pull((v,))[0]
    except TypeError as problem:
        raise TypeError(
            f"{face.name} has no {missing}, and its {given} could not be transposed to give one: {problem}; "
            f"give {missing}= as well"
        ) from problem


def _same_shape(what: str, found: Any, name: str, wanted: Any) -> None:
    if np.shape(found) != np.shape(wanted):
        raise BrokenRule(f"{what} returned shape {np.shape(found)} for {name}, which has shape {np.shape(wanted)}")


def _apart(found: Any, values: tuple[Any, ...]) -> Any:
    """What a rule returned, in memory of its own: a user may write into a gradient, not into what the graph holds."""
    if type(found) is np.ndarray and any(type(x) is np.ndarray and np.may_share_memory(found, x) for x in values):
        return found.copy()
    return found


def _of_operands(margin: Rule | None) -> Rule | None:
    return None if margin is None else lambda *xs, **static: margin(*xs)


def _everywhere(domain: Rule | None) -> Rule | None:
    """The least margin of all entries: an op that mixes entries is outside its domain with any of them."""
    return None if domain is None else lambda *xs, **static: np.min(domain(*xs))
