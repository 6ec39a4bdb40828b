"""The few ways to declare an op: an entry says what it is, and both modes follow from it.

elementwise   one slope for each operand; broadcasting is undone here, once, for all of them
linear        a transpose only: the tangent of a linear op is the op itself
multilinear   a transpose for each operand; tangents put t in the operand's place
general       a vjp and a jvp
composite     a function of simpler ones: it needs no rule, and its definition is its meaning
constant      a result that has no derivative by nature (a shape, a comparison)

The names of operands and static arguments are read from the signature of the entry's own rule.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ad.core import Op
from ad.dispatch import called
from ad.numbers import Slope, step
from ad.variable import CONSTANTS, MEANINGS, TABLE, dispatching

Rule = Callable[..., Any]


@dispatching
def cast(x: Any, dtype: Any) -> Any:
    """The array with another floating dtype; its transpose casts back."""
    return np.asarray(x).astype(dtype)[()]  # a number stays a number


def like(g: Any, x: Any) -> Any:
    """Undo broadcasting: sum the cotangent g over the axes along which x was repeated, in x's dtype.

    This is the transpose of ``np.broadcast_to(x, np.shape(g))``.
    """
    if type(g) is np.ndarray and type(x) is np.ndarray and g.shape == x.shape and g.dtype is x.dtype:
        return g
    shape = np.shape(x)
    if np.shape(g) != shape:
        lead = np.ndim(g) - len(shape)
        repeated = tuple(range(lead)) + tuple(
            lead + i for i, n in enumerate(shape) if n == 1 and np.shape(g)[lead + i] != 1
        )
        g = np.reshape(np.sum(g, axis=repeated), shape)
    return in_dtype_of(g, x)


def in_dtype_of(g: Any, x: Any) -> Any:
    """The array g in the dtype of x: float32 inputs get float32 gradients, real inputs real ones.

    A cotangent g says that y changes by Re(sum(g * dy)); to a real x its imaginary part says nothing.
    """
    wanted, found = getattr(x, "dtype", None), getattr(g, "dtype", None)
    if wanted is None or found is None or wanted == found:
        return g
    if found.kind == "c" and wanted.kind != "c":
        g = np.real(g)
        found = g.dtype
    if wanted == found or "O" in (wanted.kind, found.kind):
        return g
    return cast(g, wanted)


def broadcast_like(t: Any, y: Any) -> Any:
    """A tangent in the shape and dtype of the result it belongs to."""
    if np.shape(t) != np.shape(y):
        t = np.broadcast_to(t, np.shape(y))
    return in_dtype_of(t, y)


def elementwise_op(
    fun: Callable[..., Any],
    *,
    exact: Rule | None,
    slope: Slope | Sequence[Slope | None],
    domain: Rule | None = None,
    kinks: Rule | None = None,
    selects: Rule | None = None,
    needs: str = "",
    holomorphic: str = "yes",
    note: str = "",
) -> Op:
    """An op whose entry i of the result depends on entry i of each operand alone.

    Arguments
        fun: the NumPy ufunc (or a function that broadcasts like one).
        exact: ``exact(m, *xs)``, the mathematics of one entry in a module m of exact functions.
        slope: ``slope(y, *xs)``, dy/dx in NumPy, or the integer that it is everywhere; a sequence with one for each
            operand, None for an operand that is a constant by nature, or by which there is no rule.
        domain: ``domain(*xs) > 0`` where the derivative exists. needs: the same as text.
        kinks: ``kinks(*xs) == 0`` where left and right derivative differ, or y jumps.
        selects: for each operand, the entries that reach the result (``np.where`` selects).
    """
    slopes = tuple(slope) if isinstance(slope, Sequence) else (slope,)
    arity = len(slopes)

    def bind(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        if len(args) != arity or kwargs:
            raise _unsupported(fun, args, kwargs, f"{arity} arrays")
        for x in args:
            if isinstance(x, list | tuple):
                return tuple(np.asarray(x) if isinstance(x, list | tuple) else x for x in args), kwargs
        return args, kwargs

    def slope_of(i: int, y: Any, xs: tuple[Any, ...]) -> Any:
        rule = slopes[i]
        if rule is None:
            raise TypeError(f"{called(fun)} has no derivative by its argument {i + 1}: give it as a constant")
        return rule if isinstance(rule, int) else rule(y, *xs)

    def reaching(i: int, part: Any, xs: tuple[Any, ...]) -> Any:
        """0 for what is not selected, also where its own derivative is infinite and 0 times it would be nan."""
        return part if selects is None else np.where(selects(*xs)[i], part, 0.0)

    def vjp(i: int, g: Any, y: Any, xs: tuple[Any, ...], static: dict[str, Any]) -> Any:
        slope = slope_of(i, y, xs)
        if type(slope) is int and slope in (0, 1):  # 0: not even an infinite g comes through
            return like(g, xs[i]) if slope else np.zeros_like(xs[i])
        return like(reaching(i, g * slope, xs), xs[i])

    def jvp(i: int, t: Any, y: Any, xs: tuple[Any, ...], static: dict[str, Any]) -> Any:
        slope = slope_of(i, y, xs)
        if type(slope) is int and slope in (0, 1):
            return broadcast_like(t, y) if slope else np.zeros_like(y)
        return broadcast_like(reaching(i, t * slope, xs), y)

    setattr(vjp, "step", step(slopes))  # noqa: B010  see Op
    return Op(
        fun.__name__, fun, bind, vjp, jvp, "elementwise",
        exact=exact, domain=domain, kinks=kinks, selects=selects, needs=needs,
        holomorphic=holomorphic, note=note,
    )  # fmt: skip


def elementwise(fun: Callable[..., Any], **entry: Any) -> Op:
    """Declare an op whose entry i of the result depends on entry i of each operand alone: ``elementwise_op``."""
    return _enter(elementwise_op(fun, **entry))


def linear(
    fun: Callable[..., Any],
    *,
    transpose: Rule,
    exact: Rule | None = None,
    meaning: Rule | None = None,
    holomorphic: str = "yes",
    stability: str = "entrywise",
    note: str = "",
) -> Op:
    """Declare an op that is linear in its one array: ``transpose(g, x, **static)`` is its vjp.

    exact: what it does to one real entry, if it acts entry by entry. meaning: NumPy code in simpler functions that
    computes the same; exact arrays run it.
    """
    bind = _binder(fun, transpose, skip=1, operands=1)

    def vjp(i: int, g: Any, y: Any, xs: tuple[Any, ...], static: dict[str, Any]) -> Any:
        return in_dtype_of(transpose(g, *xs, **static), xs[0])

    def jvp(i: int, t: Any, y: Any, xs: tuple[Any, ...], static: dict[str, Any]) -> Any:
        return in_dtype_of(fun(t, **static), y)

    return _enter(
        Op(
            fun.__name__, fun, bind, vjp, jvp, "linear",
            exact=exact, meaning=meaning, holomorphic=holomorphic, stability=stability, note=note,
        )
    )  # fmt: skip


def linear_in_sequence(fun: Callable[..., Any], *, transpose: Rule, note: str = "") -> Op:
    """Declare an op that joins a sequence of arrays: ``transpose(i, g, xs, **static)`` is array i's vjp."""
    split = _binder(fun, transpose, skip=2, operands=1)

    def bind(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        (sequence,), static = split(args, kwargs)
        return tuple(sequence), static

    def joined(*xs: Any, **static: Any) -> Any:
        return fun(xs, **static)

    def vjp(i: int, g: Any, y: Any, xs: tuple[Any, ...], static: dict[str, Any]) -> Any:
        return in_dtype_of(transpose(i, g, xs, **static), xs[i])

    def jvp(i: int, t: Any, y: Any, xs: tuple[Any, ...], static: dict[str, Any]) -> Any:
        parts = [t if j == i else np.zeros_like(x) for j, x in enumerate(xs)]
        return in_dtype_of(fun(parts, **static), y)

    op = Op(fun.__name__, joined, bind, vjp, jvp, "linear", note=note)
    TABLE[fun] = op
    return op


def multilinear(
    fun: Callable[..., Any],
    *,
    transposes: Sequence[Rule],
    note: str = "",
) -> Op:
    """Declare an op that is linear in each of its arrays: ``transposes[i](g, *xs, **static)`` is vjp i."""
    bind = _binder(fun, transposes[0], skip=1, operands=len(transposes))
    return _multilinear(fun, fun, bind, lambda i, g, *xs, **static: transposes[i](g, *xs, **static), note)


def multilinear_in_sequence(
    key: Callable[..., Any], call: Callable[..., Any], *, bind: Rule, transpose: Rule, note: str = ""
) -> Op:
    """Declare an op of any number of arrays, linear in each: ``transpose(i, g, *xs, **static)`` is vjp i.

    key: the NumPy function; bind: splits its call's (args, kwargs) into (operands, static);
    call: ``call(*operands, **static)`` computes it.
    """
    return _multilinear(key, call, bind, transpose, note)


def _multilinear(key: Callable[..., Any], call: Rule, bind: Rule, transpose: Rule, note: str) -> Op:
    def vjp(i: int, g: Any, y: Any, xs: tuple[Any, ...], static: dict[str, Any]) -> Any:
        return like(transpose(i, g, *xs, **static), xs[i])

    def jvp(i: int, t: Any, y: Any, xs: tuple[Any, ...], static: dict[str, Any]) -> Any:
        return in_dtype_of(call(*xs[:i], t, *xs[i + 1 :], **static), y)

    op = Op(key.__name__, call, bind, vjp, jvp, "multilinear", note=note)
    TABLE[key] = op
    return op


def general(
    fun: Callable[..., Any],
    *,
    vjp: Rule | Sequence[Rule],
    jvp: Rule | Sequence[Rule],
    meaning: Rule | None = None,
    kinks: Rule | None = None,
    domain: Rule | None = None,
    holomorphic: str = "yes",
    needs: str = "",
    note: str = "",
) -> Op:
    """Declare an op of any rules: ``vjp(g, y, *xs, **static)`` and ``jvp(t, y, *xs, **static)``.

    vjp, jvp: one rule for an op of one array, a sequence with one rule for each of several.
    meaning: NumPy code in simpler functions that computes the same; exact arrays run it.
    """
    vjps = tuple(vjp) if isinstance(vjp, Sequence) else (vjp,)
    jvps = tuple(jvp) if isinstance(jvp, Sequence) else (jvp,)
    bind = _binder(fun, vjps[0], skip=2, operands=len(vjps))

    def pull(i: int, g: Any, y: Any, xs: tuple[Any, ...], static: dict[str, Any]) -> Any:
        return in_dtype_of(vjps[i](g, y, *xs, **static), xs[i])

    def push(i: int, t: Any, y: Any, xs: tuple[Any, ...], static: dict[str, Any]) -> Any:
        return in_dtype_of(jvps[i](t, y, *xs, **static), y)

    return _enter(
        Op(
            fun.__name__, fun, bind, pull, push, "general",
            domain=domain, kinks=kinks, needs=needs, meaning=meaning, holomorphic=holomorphic, note=note,
        )
    )  # fmt: skip


def composite(fun: Callable[..., Any], definition: Callable[..., Any]) -> None:
    """Declare a function by a definition in simpler NumPy functions, with the same signature."""
    MEANINGS[fun] = definition


def constant(*functions: Callable[..., Any]) -> None:
    """Declare functions whose results have no derivative by nature: they are computed on the values."""
    CONSTANTS.update(functions)


def _enter(op: Op) -> Op:
    TABLE[op.fun] = op
    return op


def _binder(fun: Callable[..., Any], rule: Rule, skip: int, operands: int) -> Callable[..., Any]:
    """Split a call into operands and static arguments by the names in the rule's own signature."""
    parameters = list(inspect.signature(rule).parameters.values())[skip:]
    names = [p.name for p in parameters]
    known = set(names)
    defaults = {p.name: p.default for p in parameters[operands:]}

    def bind(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        if not kwargs and len(args) == operands:  # what most calls are
            return args, dict(defaults)
        unknown = kwargs.keys() - known
        if unknown or len(args) > len(names):
            raise _unsupported(fun, args, kwargs, ", ".join(names))
        given = dict(zip(names, args, strict=False))
        given.update(kwargs)
        missing = [name for name in names[:operands] if name not in given]
        if missing:
            raise TypeError(f"{called(fun)} is missing its argument {missing[0]!r}")
        static = {name: given.get(name, default) for name, default in defaults.items()}
        return tuple(given[name] for name in names[:operands]), static

    return bind


def _unsupported(fun: Callable[..., Any], args: Any, kwargs: dict[str, Any], takes: str) -> TypeError:
    if kwargs.get("out") is not None:
        return TypeError(
            f"{called(fun)} with out= would write a traced result into an array: leave out out= and use the result "
            f"of {called(fun)}; for a += x write a = a + x, and for where= use np.where"
        )
    extra = ", ".join(sorted(kwargs)) or f"{len(args)} positional arguments"
    return TypeError(
        f"{called(fun)} on traced arrays takes {takes}; got {extra}. Leave out out=, where= and dtype=: "
        f"np.where and .astype say the same"
    )
