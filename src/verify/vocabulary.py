"""What an expression may be written with: characters, names, and the limits on both.

`WORDS` maps every function name to a NumPy function or to a short composition of NumPy functions. They are
called as plain `np.*`, so arrays of other kinds of numbers take part through NumPy's protocols. `scan` walks
once over the characters and refuses everything that has no meaning here, before `ast` sees the text.
"""

from __future__ import annotations

import difflib
import importlib
import keyword
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

TEXT_LIMIT = 20_000  # characters; the longest expression of the corpora has 9,381
TOKEN_LIMIT = 10_000  # names, numbers and signs; keeps the parser's own work in milliseconds
BRACKET_LIMIT = 190  # CPython's tokenizer stops at 200, with a message that varies between versions
NUMBER_LIMIT = 1_000  # characters of one literal; a float64 written out in full has at most 767 digits
SHOWN_NAMES = 12  # names listed in a message before it is cut
SHOWN_CHARACTERS = 40  # of a long name quoted in a message

# An argument that is constant and beyond this makes computer algebra build numbers without end.
GAMMA_LIMIT = 1_000  # gamma(1000) has 2,568 digits
EXPONENT_LIMIT = 10_000  # 10**10000, exp(10000) and 2**10000 are still written down in microseconds


class ExpressionError(ValueError):
    """Text that is not an expression over the vocabulary.

    text: what was asked; column: where it stops making sense, from 1; reason: why, in one line.
    """

    def __init__(self, text: str, column: int, reason: str) -> None:
        super().__init__(text, column, reason)
        self.text = text
        self.column = column
        self.reason = reason

    def __str__(self) -> str:
        return f"column {self.column}: {self.reason}"


@dataclass(frozen=True)
class Word:
    """A function of the vocabulary.

    apply: the NumPy function. takes: one letter an argument, n for a number and c for a condition, a closing
    + for one or more of the same. gives: n or c. limit: how large a constant argument may be.
    """

    apply: Callable[..., Any]
    takes: str = "n"
    gives: str = "n"
    limit: float = float("inf")


def _nested(binary: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """A function of two arguments as one of any number, from the left."""

    def apply(first: Any, *others: Any) -> Any:
        for other in others:
            first = binary(first, other)
        return first

    return apply


def choose(condition: Any, a: Any, b: Any) -> Any:
    """`np.where` whose whole-number literals are floats: an integer array has no negative powers."""
    a, b = (float(x) if type(x) is int else x for x in (a, b))
    return np.where(condition, a, b)


def piecewise(*pairs: Any) -> Any:
    """The first value whose condition holds: v1, c1, v2, c2, ..., v_last, True."""
    out = pairs[-2]
    for value, condition in zip(pairs[-4::-2], pairs[-3::-2], strict=True):
        out = choose(condition, value, out)
    return out


def _special(name: str) -> Callable[[Any], Any]:
    """A function of scipy.special, imported when it is called first."""

    def apply(x: Any) -> Any:
        return getattr(importlib.import_module("scipy.special"), name)(x)

    return apply


def _unary(*functions: np.ufunc) -> dict[str, Word]:
    return {function.__name__: Word(function) for function in functions}


_PAIRS = (
    *(np.add, np.subtract, np.multiply, np.divide, np.power, np.arctan2, np.hypot, np.logaddexp),
    *(np.logaddexp2, np.maximum, np.minimum, np.fmax, np.fmin, np.fmod, np.remainder, np.copysign),
)
# Names that NumPy has, meaning what NumPy means by them: these may also be written np.name or numpy.name.
NUMPY_WORDS: dict[str, Word] = {
    **_unary(np.sqrt, np.cbrt, np.square, np.reciprocal, np.negative, np.positive),
    **_unary(np.log, np.log2, np.log10, np.log1p),
    **_unary(np.sin, np.cos, np.tan, np.arcsin, np.arccos, np.arctan, np.deg2rad, np.rad2deg),
    **_unary(np.tanh, np.arcsinh, np.arccosh, np.arctanh),
    **_unary(np.absolute, np.fabs, np.sign, np.floor, np.ceil, np.trunc, np.rint),
    **{f.__name__: Word(f, limit=EXPONENT_LIMIT) for f in (np.exp, np.exp2, np.expm1, np.sinh, np.cosh)},
    **{f.__name__: Word(f, "nn") for f in _PAIRS},
    **{
        f.__name__: Word(f, "nn", "c")
        for f in (np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal)
    },
    "abs": Word(np.absolute),
    "round": Word(np.rint),
    "sinc": Word(np.sinc),
    "mod": Word(np.remainder, "nn"),
    "pow": Word(np.power, "nn"),
    "where": Word(choose, "cnn"),
    "logical_and": Word(np.logical_and, "cc", "c"),
    "logical_or": Word(np.logical_or, "cc", "c"),
    "logical_not": Word(np.logical_not, "c", "c"),
    "asin": Word(np.arcsin),
    "acos": Word(np.arccos),
    "atan": Word(np.arctan),
    "asinh": Word(np.arcsinh),
    "acosh": Word(np.arccosh),
    "atanh": Word(np.arctanh),
    "atan2": Word(np.arctan2, "nn"),
}

WORDS: dict[str, Word] = {
    **NUMPY_WORDS,
    "Abs": Word(np.absolute),
    "ceiling": Word(np.ceil),
    "round_": Word(np.rint),
    "Max": Word(_nested(np.maximum), "n+"),
    "Min": Word(_nested(np.minimum), "n+"),
    "max": Word(_nested(np.maximum), "n+"),
    "min": Word(_nested(np.minimum), "n+"),
    "fma": Word(lambda a, b, c: np.add(np.multiply(a, b), c), "nnn"),
    "fdim": Word(lambda a, b: np.maximum(np.subtract(a, b), 0), "nn"),
    "Eq": Word(np.equal, "nn", "c"),
    "Ne": Word(np.not_equal, "nn", "c"),
    "And": Word(_nested(np.logical_and), "c+", "c"),
    "Or": Word(_nested(np.logical_or), "c+", "c"),
    "Not": Word(np.logical_not, "c", "c"),
    "erf": Word(_special("erf")),
    "erfc": Word(_special("erfc")),
    "gamma": Word(_special("gamma"), limit=GAMMA_LIMIT),
    "loggamma": Word(_special("gammaln"), limit=GAMMA_LIMIT),  # log|gamma|: real below zero too
}
SCIPY_NAMES = frozenset({"erf", "erfc", "gamma", "loggamma"})
CONSTANTS = {"pi": float(np.pi), "E": float(np.e)}
PREFIXES = frozenset({"np", "numpy"})
RESERVED = frozenset(WORDS) | frozenset(CONSTANTS) | PREFIXES | {"Piecewise"}

_TOKEN = re.compile(
    r"(?P<number>(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9][0-9_]*)?)"
    r"|(?P<name>[^\W\d]\w*)|(?P<space>[ \t]+)|(?P<operator>\*\*|//|<=|>=|==|!=|:=|<<|>>|.)",
    re.DOTALL,
)
_OPERATORS = frozenset("** + - * / ( ) , . < <= > >= == !=".split())
_HINTS = {
    "@": "write * for a product",
    "^": "write ** for a power",
    "//": "write floor(a / b)",
    "%": "write remainder(a, b)",
    "=": "write == to compare; arguments are given by position",
    ":=": "an expression assigns nothing",
    "&": "write 'and'",
    "|": "write 'or'",
    "~": "write 'not'",
    "!": "write 'not'",
    "[": "lists and subscripts have no meaning here",
    "{": "sets and dictionaries have no meaning here",
    "'": "strings have no meaning here",
    '"': "strings have no meaning here",
    "\n": "an expression is one line",
    "\r": "an expression is one line",
}


def quoted(name: str) -> str:
    """A name as it may stand in a one-line message: quoted, escaped, cut."""
    shown = name if len(name) <= SHOWN_CHARACTERS else name[:SHOWN_CHARACTERS] + "..."
    return ascii(shown) if "'" in shown or not shown.isprintable() else f"'{shown}'"


def listed(names: Iterable[str]) -> str:
    """Names for a message, cut after `SHOWN_NAMES`."""
    every = list(names)
    more = f", ... ({len(every)} in all)" if len(every) > SHOWN_NAMES else ""
    return (", ".join(quoted(name)[1:-1] for name in every[:SHOWN_NAMES]) or "none") + more


def suggestion(name: str, names: Iterable[str]) -> str:
    """The end of a message that proposes the closest known name, or nothing."""
    close = difflib.get_close_matches(name[:SHOWN_CHARACTERS], list(names), n=1)
    return f"; did you mean {quoted(close[0])}?" if close else ""


def name_fault(name: str) -> str | None:
    """Why a name cannot be a variable, or None; a name in use is checked apart.

    >>> name_fault("lambda")
    "'lambda' is a word of Python, not a name"
    >>> name_fault("x1") is None
    True
    """
    if keyword.iskeyword(name):
        return f"{quoted(name)} is a word of Python, not a name"
    if not name.isidentifier() or unicodedata.normalize("NFKC", name) != name:
        return f"{quoted(name)} is not a plain identifier"
    if name.startswith("__"):
        return f"{quoted(name)} begins with two underscores, which no variable does"
    return None


def scan(text: str) -> None:
    """Refuse what has no meaning in an expression, character by character.

    Arguments: text, any string. Raises `ExpressionError` at the first character, number, name or bracket that
    cannot be part of an expression, and when a limit is passed.

    >>> scan("2*x + sin(w)")
    >>> scan("x^2")
    Traceback (most recent call last):
    verify.vocabulary.ExpressionError: column 2: '^' has no meaning here: write ** for a power
    """
    if len(text) > TEXT_LIMIT:
        raise ExpressionError(text, TEXT_LIMIT + 1, f"{len(text)} characters; the limit is {TEXT_LIMIT}")
    if not text.strip():
        raise ExpressionError(text, 1, "the expression is empty")
    opened: list[int] = []
    for count, token in enumerate(_TOKEN.finditer(text)):
        column = token.start() + 1
        if count >= TOKEN_LIMIT:
            raise ExpressionError(text, column, f"more than {TOKEN_LIMIT} numbers, names and operators")
        if fault := _token_fault(token, text):
            raise ExpressionError(text, column, fault)
        if token.group() == "(":
            opened.append(column)
            if len(opened) > BRACKET_LIMIT:
                raise ExpressionError(text, column, f"brackets nest deeper than {BRACKET_LIMIT}")
        elif token.group() == ")":
            if not opened:
                raise ExpressionError(text, column, "')' closes nothing")
            opened.pop()
    if opened:
        raise ExpressionError(text, opened[-1], "'(' is never closed")


def _token_fault(token: re.Match[str], text: str) -> str | None:
    """Why a token has no meaning, or None."""
    found, after = token.group(), text[token.end() : token.end() + 1]
    if token.lastgroup == "number":
        if len(found) > NUMBER_LIMIT:
            return f"a number of {len(found)} characters; the limit is {NUMBER_LIMIT}"
        if after == "_" or after.isalnum():
            return f"{quoted(found + after)} is not a number; write {found}*{after} for a product"
        return None
    if token.lastgroup == "name":
        return None if found in {"and", "or", "not", "True", "False"} else name_fault(found)
    if token.lastgroup == "space" or found in _OPERATORS:
        return None
    hint = _HINTS.get(found, "only names, numbers, ( ) , + - * / ** and comparisons have")
    return f"{quoted(found)} has no meaning here: {hint}"
