"""Elementwise primitives: one function of NumPy each. Of integers JAX computes them itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ad.table.elementwise import stop_gradient
from verify.adapters.jaxprs.equations import Rule, calling, integers, is_plain, kind, truths, untranslatable


def _rounded(equation: Any, x: Any) -> Any:
    """Halves go to the even neighbour, or away from 0."""
    if "EVEN" in equation.params["rounding_method"].name:
        return np.rint(x)
    return np.multiply(np.sign(x), np.floor(np.absolute(x) + 0.5))


def _whole_power(equation: Any, x: Any) -> Any:
    return np.power(x, equation.params["y"])


def _converted(equation: Any, x: Any) -> Any:
    """Another dtype: nothing between floats, since numbers are exact; what becomes an integer is a constant."""
    change = CONVERSIONS.get((kind(equation.invars[0]), kind(equation.outvars[0])))
    return x if change is None else change(x)


def _to_integer(x: Any) -> Any:
    """Towards 0, by deciding between which whole numbers x lies."""
    negative = truths(np.less(x, 0))
    return np.where(negative, -integers(np.negative(x)), integers(x))


def _either(a: Any, b: Any) -> Any:
    """One condition but not both."""
    return np.logical_or(np.logical_and(a, np.logical_not(b)), np.logical_and(b, np.logical_not(a)))


CONVERSIONS: dict[tuple[str, str], Callable[[Any], Any]] = {
    ("f", "c"): lambda x: x + 0j,
    ("c", "f"): np.real,
    ("b", "f"): lambda x: np.where(x, 1.0, 0.0),
    ("b", "i"): lambda x: truths(x).astype(int),
    ("b", "u"): lambda x: truths(x).astype(int),
    ("f", "i"): _to_integer,
    ("f", "u"): _to_integer,
    ("f", "b"): lambda x: np.not_equal(x, 0),
    ("c", "b"): lambda x: np.not_equal(x, 0),
}


def _selected(equation: Any, which: Any, *cases: Any) -> Any:
    """Case number ``which`` entry by entry; a scalar ``which`` chooses a whole array."""
    if len(cases) == 1:
        return cases[0]
    if kind(equation.invars[0]) != "b":
        return _chosen(which, cases)
    if kind(equation.outvars[0]) == "b" and not all(map(is_plain, (which, *cases))):
        return np.logical_or(np.logical_and(which, cases[1]), np.logical_and(np.logical_not(which), cases[0]))
    if kind(equation.outvars[0]) in "iu":
        return np.where(truths(which), cases[1], cases[0])
    return _decided(which, cases) if is_plain(which) else np.where(which, cases[1], cases[0])


def _decided(which: Any, cases: tuple[Any, ...]) -> Any:
    """The same where the choice depends on no input: constants that are not chosen, NaN among them, take no part."""
    if np.all(which) or not np.any(which):
        return cases[int(np.all(which))]
    off, on = (np.where(there, x, 0) if is_plain(x) else x for x, there in zip(cases, (~which, which), strict=True))
    return np.where(which, on, off)


def _chosen(which: np.ndarray, cases: tuple[Any, ...]) -> Any:
    """The same for an integer ``which``, which is always plain."""
    y = cases[0]
    for n, case in enumerate(cases[1:], 1):
        y = np.where(np.equal(which, n), case, y)
    return y


def _copies(equation: Any, *xs: Any) -> Any:
    return list(xs) if equation.primitive.multiple_results else xs[0]


def _nothing(equation: Any, *xs: Any) -> Any:
    """What speaks to the user alone has no results."""
    return []


def _bits(equation: Any, x: Any) -> Any:
    raise untranslatable(equation, "it reads the bits of a float, which an exact number has not")


ELEMENTWISE: dict[str, Rule] = {
    "abs": calling(np.absolute),
    "acos": calling(np.arccos),
    "acosh": calling(np.arccosh),
    "add": calling(np.add),
    "add_any": calling(np.add),
    "asin": calling(np.arcsin),
    "asinh": calling(np.arcsinh),
    "atan": calling(np.arctan),
    "atan2": calling(np.arctan2),
    "atanh": calling(np.arctanh),
    "cbrt": calling(np.cbrt),
    "ceil": calling(np.ceil),
    "clamp": calling(lambda low, x, high: np.minimum(np.maximum(x, low), high)),
    "complex": calling(lambda a, b: a + 1j * b),
    "conj": calling(np.conjugate),
    "cos": calling(np.cos),
    "cosh": calling(np.cosh),
    "div": calling(np.divide),
    "exp": calling(np.exp),
    "exp2": calling(np.exp2),
    "expm1": calling(np.expm1),
    "floor": calling(np.floor),
    "imag": calling(np.imag),
    "integer_pow": _whole_power,
    "log": calling(np.log),
    "log1p": calling(np.log1p),
    "max": calling(np.maximum),
    "min": calling(np.minimum),
    "mul": calling(np.multiply),
    "neg": calling(np.negative),
    "nextafter": calling(np.nextafter),
    "pow": calling(np.power),
    "real": calling(np.real),
    "rem": calling(np.fmod),
    "round": _rounded,
    "rsqrt": calling(lambda x: 1 / np.sqrt(x)),
    "sign": calling(np.sign),
    "sin": calling(np.sin),
    "sinh": calling(np.sinh),
    "sqrt": calling(np.sqrt),
    "square": calling(np.square),
    "sub": calling(np.subtract),
    "tan": calling(np.tan),
    "tanh": calling(np.tanh),
    # choices and conditions
    "and": calling(np.logical_and),
    "eq": calling(np.equal),
    "eq_to": calling(np.equal),
    "ge": calling(np.greater_equal),
    "gt": calling(np.greater),
    "is_finite": calling(np.isfinite),
    "le": calling(np.less_equal),
    "le_to": calling(np.less_equal),
    "lt": calling(np.less),
    "lt_to": calling(np.less),
    "ne": calling(np.not_equal),
    "not": calling(np.logical_not),
    "or": calling(np.logical_or),
    "select_n": _selected,
    "xor": calling(_either),
    # what leaves numbers as they are
    "convert_element_type": _converted,
    "copy": _copies,
    "debug_callback": _nothing,
    "debug_print": _nothing,
    "dce_sink": _nothing,
    "device_put": _copies,
    "layout_constraint": _copies,
    "name": _copies,
    "optimization_barrier": _copies,
    "pvary": _copies,
    "reshard": _copies,
    "reduce_precision": _copies,  # as its derivative has it
    "sharding_constraint": _copies,
    "stop_gradient": calling(stop_gradient),
    "tie": lambda equation, *xs: xs[-1],
    "with_memory_space_constraint": _copies,
    "zeros_like": calling(np.zeros_like),
    # what an exact number has not
    "bitcast_convert_type": _bits,
}
