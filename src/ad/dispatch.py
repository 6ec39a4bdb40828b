"""How NumPy's calls reach the table: one route for every type of ours that records what is computed."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ad.core import Op

TABLE: dict[Callable[..., Any], Op] = {}  # function -> its entry, filled by ad.declare
MEANINGS: dict[Callable[..., Any], Callable[..., Any]] = {}  # function -> the same in simpler functions
CONSTANTS: set[Callable[..., Any]] = set()  # functions without a derivative by nature: shapes, comparisons
# Packages whose ufuncs have entries too, and the module of ours that holds them: it imports the package, so it is
# imported when such a ufunc is asked for, not before.
ELSEWHERE: Mapping[str, str] = {"scipy.special": "ad.table.special"}

PLAIN = (np.ndarray, np.generic, int, float, complex)  # numbers and arrays that are no type of ours

# What ufunc methods compute under a name of their own; their default axis is 0, not all of them.
REDUCTIONS: Mapping[tuple[np.ufunc, str], Callable[..., Any]] = {
    (np.add, "reduce"): np.sum,
    (np.multiply, "reduce"): np.prod,
    (np.maximum, "reduce"): np.max,
    (np.minimum, "reduce"): np.min,
    (np.add, "accumulate"): np.cumsum,
}
# Functions that change their first array and return nothing.
WRITING = frozenset((np.put_along_axis, np.put, np.place, np.putmask, np.copyto, np.fill_diagonal))
# Methods of binary ufuncs in functions of the table, and reductions with more keywords than their entry takes.
METHODS: dict[str, Callable[..., Any]] = {}
KEYWORDS: dict[Callable[..., Any], Callable[..., Any]] = {}
MORE = frozenset(("where", "initial", "dtype", "out"))


def entry(function: Any) -> Op | None:
    """The entry of a function, in the table or in that of a package which is loaded; None when it has none.

    Example
        >>> entry(np.ones_like) is None
        True
    """
    op = TABLE.get(function) or getattr(function, "op", None)  # an op of ad.custom goes with its function
    if op is None and function not in CONSTANTS:
        for package, module in ELSEWHERE.items():
            if package in sys.modules and _may_be_of(function, module):
                op = op or entries_of(package).get(function)
    return op


def _may_be_of(function: Any, module: str) -> bool:
    """Whether to ask a module of ``ELSEWHERE`` for a function: a ufunc, or one that is written there."""
    return isinstance(function, np.ufunc) or str(getattr(function, "__module__", "")).startswith(module)


def entries_of(package: str) -> dict[Any, Op]:
    """The entries of a package of ``ELSEWHERE``, by function; ImportError when it is not installed."""
    found: dict[Any, Op] = importlib.import_module(ELSEWHERE[package]).ENTRIES
    return found


def definitions_of(package: str) -> dict[Any, Callable[..., Any]]:
    """The definitions of a package of ``ELSEWHERE``, by function; ImportError when it is not installed."""
    found: dict[Any, Callable[..., Any]] = importlib.import_module(ELSEWHERE[package]).DEFINITIONS
    return found


def definition(function: Any) -> Callable[..., Any] | None:
    """The same as a function in simpler ones, in the table or in that of a loaded package; None when there is none."""
    meaning = MEANINGS.get(function)
    if meaning is None and isinstance(function, np.ufunc) and function not in CONSTANTS:
        for package in ELSEWHERE:
            if package in sys.modules:
                meaning = meaning or definitions_of(package).get(function)
    return meaning


def home(function: Any) -> str:
    """The package that a function is called from; ufuncs do not know theirs."""
    if not isinstance(function, np.ufunc):
        return getattr(function, "__module__", None) or "numpy"
    name = function.__name__
    loaded = [p for p in ELSEWHERE if p in sys.modules and hasattr(sys.modules[p], name.lstrip("_"))]
    return "numpy" if getattr(np, name, None) is function or not loaded else loaded[0]


def called(function: Any) -> str:
    """How a function is written in code: np.exp, scipy.special.erf."""
    package, name = home(function), getattr(function, "__name__", str(function))
    short = "np" + package.removeprefix("numpy") if package.partition(".")[0] == "numpy" else package
    return f"{short}.{name.lstrip('_')}"  # special.zeta hands on to a ufunc called _zeta


def shown(op: Op) -> str:
    """How an op is named to a reader: np.exp, scipy.special.erf; a user's own op has its module in its name."""
    if hasattr(op.fun, "op"):
        return op.name
    return called(op.fun) if home(op.fun).startswith("scipy") else f"np.{op.name}"


def shown_name(function: Any) -> str:
    """The name of a function of the tables in lists and reports: NumPy's without ``np.``, the table's own bare.

    Example
        >>> shown_name(np.exp), shown_name(np.linalg.norm)
        ('exp', 'linalg.norm')
    """
    name = called(function)
    ours = name.startswith(("ad.table.", "ad.declare."))
    return name.rpartition(".")[2] if ours else name.removeprefix("np.")


def route(
    function: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    apply: Callable[[Op, tuple[Any, ...], dict[str, Any]], Any],
    plain: Callable[[Any], Any],
) -> Any:
    """Compute a call that NumPy handed over.

    Arguments
        function: the NumPy function that met a recording type, with its args and kwargs.
        apply: ``apply(op, args, kwargs)`` computes an entry of the table and records it.
        plain: the same nested arguments with plain values in place of recorded ones.
    Raises
        TypeError for a function that is neither in the table nor constant by nature.
    """
    if kwargs and function in KEYWORDS and not MORE.isdisjoint(kwargs):
        return KEYWORDS[function](*args, **kwargs)
    op = TABLE.get(function)
    if op is not None:
        return apply(op, args, kwargs)
    meaning = MEANINGS.get(function)
    if meaning is not None:
        return meaning(*args, **kwargs)
    if function in CONSTANTS:
        return function(*plain(args), **plain(kwargs))
    op = entry(function)
    if op is not None:
        return apply(op, args, kwargs)
    meaning = definition(function)
    if meaning is not None:
        return meaning(*args, **kwargs)
    raise _unknown(function)


def in_one_kind(values: list[Any]) -> list[Any]:
    """The operands with constants as the kind of number that exact arrays among them hold.

    A rule may compute 1/b with a constant b: over exact arrays b is exact too.
    """
    special = [v for v in values if not isinstance(v, PLAIN)]
    exact = next((v for v in special if hasattr(v, "exact_constant")), None)
    for v in special:
        if hasattr(type(v), "__array_ufunc__") and not hasattr(v, "exact_constant"):
            raise TypeError(f"a {type(v).__name__} does not mix with ad.Variable; use one of the two throughout")
    if exact is None:
        return values
    return [exact.exact_constant(v) if isinstance(v, PLAIN) else v for v in values]


def reduction(ufunc: np.ufunc, method: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Compute a ufunc's method, such as np.add.reduce, by functions that have a name of their own."""
    function = REDUCTIONS.get((ufunc, method))
    if function is not None:
        return function(args[0], **{"axis": args[1] if len(args) > 1 else 0, **kwargs})
    if method not in METHODS or ufunc.nin != 2 or ufunc.nout != 1:
        raise TypeError(
            f"np.{ufunc.__name__}.{method} writes into its first array, which no graph can follow; compute what goes "
            f"to each place, as in np.stack([np.sum(x[index == k]) for k in range(n)])"
        )
    if kwargs.pop("out", None) is not None:
        raise TypeError(f"np.{ufunc.__name__}.{method} on traced arrays: leave out out= and use the result")
    return METHODS[method](ufunc, *args, **kwargs)


def dispatching(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function of ours take part in NumPy's array-function protocol.

    Variables and exact arrays then meet ``function`` in ``__array_function__`` just as they meet
    ``np.sum``; with plain arrays it runs as written.
    """

    def dispatcher(*args: Any, **kwargs: Any) -> Any:
        for argument in args:
            kind = type(argument)
            if kind is not np.ndarray and hasattr(kind, "__array_function__"):
                handled = argument.__array_function__(dispatcher, (kind,), args, kwargs)
                if handled is not NotImplemented:
                    return handled
        return function(*args, **kwargs)

    dispatcher.__name__ = dispatcher.__qualname__ = function.__name__
    dispatcher.__doc__ = function.__doc__
    dispatcher.__module__ = function.__module__
    return dispatcher


def _unknown(function: Callable[..., Any]) -> TypeError:
    if function in WRITING:
        return TypeError(
            f"{called(function)} writes into its first array, which no graph can follow; compute what stands at each "
            f"place, as in np.where(mask, values, a), or np.add of a and what is added"
        )
    name = f"{home(function)}.{getattr(function, '__name__', function)}"
    return TypeError(
        f"{name} has no entry in ad's table, so it cannot be differentiated; "
        f"write it with functions that are there (`adverify ops` lists them)"
    )
