"""How an elementwise op of scipy.special is declared."""

from dataclasses import replace
from typing import Any

from ad.core import Op
from ad.declare import elementwise_op

ENTRIES: dict[Any, Op] = {}
DEFINITIONS: dict[Any, Any] = {}  # ufuncs with several results, by a function of ours that computes each by an entry


def declare(fun: Any, **entry: Any) -> None:
    """One entry. Complex values are left alone: SciPy's are those of other code, or missing."""
    op = elementwise_op(fun, holomorphic="no", **entry)
    ENTRIES[fun] = replace(op, name=fun.__name__.lstrip("_"))  # special.zeta hands on to a ufunc called _zeta
