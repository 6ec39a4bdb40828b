"""How an elementwise op of scipy.special is declared."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ad.core import Op
from ad.declare import elementwise_op
from ad.dispatch import dispatching

ENTRIES: dict[Any, Op] = {}
DEFINITIONS: dict[Any, Any] = {}  # ufuncs with several results, by a function of ours that computes each by an entry


def declare(fun: Any, **entry: Any) -> None:
    """One entry. Complex values are left alone: SciPy's are those of other code, or missing."""
    op = elementwise_op(fun, holomorphic="no", **entry)
    ENTRIES[fun] = replace(op, name=fun.__name__.lstrip("_"))  # special.zeta hands on to a ufunc called _zeta


def declare_results(
    fun: Any, *results: tuple[Callable[[Any], Any], Mapping[str, Any]]
) -> tuple[Callable[[Any], Any], ...]:
    """Entries for the results of a ufunc that has several: for each a function of ours that computes it alone."""
    functions = tuple(dispatching(function) for function, _ in results)
    for function, (_, entry) in zip(functions, results, strict=True):
        declare(function, **entry)
    DEFINITIONS[fun] = lambda x: tuple(function(x) for function in functions)
    return functions
