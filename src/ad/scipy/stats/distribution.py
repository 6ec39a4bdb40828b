"""What a distribution is: the formulas of its standard form, to which location and scale are added here, once for all.

A method has the signature and the values of SciPy's: ``gamma.logpdf(x, a, loc=0, scale=1)``. It is NumPy code in
functions of the op table, so that it can be differentiated by everything: x, shapes, location and scale.

Facts
    Outside its support a density is 0 and its logarithm -inf, whatever x is there; formulas see a point inside the
    support in place of such an x, so that no infinite slope is multiplied by 0.
    Where a shape or the scale is not allowed, every answer is nan, as SciPy's is; so is that at an x that is nan, and
    the quantile of a number that is no probability.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Formula = Callable[..., Any]


@dataclass(frozen=True)
class Continuous:
    """A continuous distribution.

    shapes    names of the shape parameters
    formulas  of the standard form, by method: ``formulas["logpdf"](z, *shapes)``; of ppf and isf the argument is a
              probability. Methods that are not given follow from those that are
    support   ``support(*shapes)``: the ends of the standard form's support
    inside    ``inside(*shapes)``: a point within it
    allowed   ``allowed(*shapes)``: where the shapes are

    Example
        >>> from ad.scipy import stats
        >>> round(float(stats.norm.logpdf(1.0, 0.5, 2.0)), 12)
        -1.643335713765
    """

    name: str
    formulas: Mapping[str, Formula]
    shapes: tuple[str, ...] = ()
    support: Formula = field(default=lambda *shapes: (-np.inf, np.inf))
    inside: Formula = field(default=lambda *shapes: 0.0)
    allowed: Formula = field(default=lambda *shapes: True)

    def pdf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """The density at x."""
        z, shapes, _, scale = self._standard(x, args, kwargs)
        return self._answer(np.divide(self._within(self._method("pdf"), z, shapes, 0.0), scale), shapes, scale)

    def logpdf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """The logarithm of the density at x."""
        z, shapes, _, scale = self._standard(x, args, kwargs)
        return self._answer(self._within(self._method("logpdf"), z, shapes, -np.inf) - np.log(scale), shapes, scale)

    def cdf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """The probability of a value up to x."""
        return self._probability("cdf", x, args, kwargs, 0.0, 1.0)

    def logcdf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """The logarithm of the probability of a value up to x."""
        return self._probability("logcdf", x, args, kwargs, -np.inf, 0.0)

    def sf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """The probability of a value above x."""
        return self._probability("sf", x, args, kwargs, 1.0, 0.0)

    def logsf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """The logarithm of the probability of a value above x."""
        return self._probability("logsf", x, args, kwargs, 0.0, -np.inf)

    def ppf(self, q: Any, *args: Any, **kwargs: Any) -> Any:
        """The value up to which the probability is q."""
        return self._quantile("ppf", q, args, kwargs)

    def isf(self, q: Any, *args: Any, **kwargs: Any) -> Any:
        """The value above which the probability is q."""
        return self._quantile("isf", q, args, kwargs)

    def _standard(self, x: Any, args: Any, kwargs: Any) -> tuple[Any, tuple[Any, ...], Any, Any]:
        shapes, loc, scale = bound(self.name, (*self.shapes, "loc", "scale"), {"loc": 0.0, "scale": 1.0}, args, kwargs)
        return np.divide(array(x) - loc, scale), shapes, loc, scale  # by a Python 0 too

    def _within(self, formula: Formula, z: Any, shapes: tuple[Any, ...], outside: float) -> Any:
        """The formula inside the support, and what it is outside."""
        low, high = self.support(*shapes)
        within = np.logical_and(np.greater_equal(z, low), np.less_equal(z, high))
        if np.all(within):
            return formula(z, *shapes)
        found = formula(np.where(within, z, self.inside(*shapes)), *shapes)
        return np.where(within, found, beyond(z, outside))

    def _probability(self, method: str, x: Any, args: Any, kwargs: Any, before: float, after: float) -> Any:
        z, shapes, _, scale = self._standard(x, args, kwargs)
        found = self._within(self._method(method), z, shapes, before)
        above = np.greater(z, self.support(*shapes)[1])
        return self._answer(np.where(above, after, found) if np.any(above) else found, shapes, scale)

    def _quantile(self, method: str, q: Any, args: Any, kwargs: Any) -> Any:
        _, shapes, loc, scale = self._standard(q, args, kwargs)
        q, formula = array(q), self._method(method)
        within = np.logical_and(np.greater_equal(q, 0), np.less_equal(q, 1))
        if np.all(within):
            return self._answer(formula(q, *shapes) * scale + loc, shapes, scale)
        found = formula(np.where(within, q, 0.5), *shapes) * scale + loc
        return self._answer(np.where(within, found, np.nan), shapes, scale)

    def _answer(self, y: Any, shapes: tuple[Any, ...], scale: Any) -> Any:
        allowed = np.logical_and(self.allowed(*shapes), np.greater(scale, 0))
        return y if np.all(allowed) else np.where(allowed, y, np.nan)

    def _method(self, name: str) -> Formula:
        """The formula of a method, or what it is by other ones."""
        if name in self.formulas:
            return self.formulas[name]
        for others, derived in DERIVED[name]:
            if all(other in self.formulas for other in others):
                given = [self.formulas[other] for other in others]
                return lambda z, *shapes: derived(*(formula(z, *shapes) for formula in given))
        has = ", ".join(method for method in DERIVED if self.has(method))
        raise AttributeError(f"ad.scipy.stats.{self.name} has no {name}; it has {has}")

    def has(self, method: str) -> bool:
        """Whether a method has a formula, its own or by others."""
        by_others = any(all(other in self.formulas for other in others) for others, _ in DERIVED[method])
        return method in self.formulas or by_others


def beyond(x: Any, outside: Any) -> Any:
    """What a distribution answers outside its support; nan where x is."""
    missing = np.isnan(x)
    return np.where(missing, np.nan, outside) if np.any(missing) else outside


def log_of(p: Any, rest: Any) -> Any:
    """log(p), for p near 1 by what is missing there."""
    near = np.greater(p, 0.5)
    return np.where(near, np.log1p(-np.where(near, rest, 0.5)), np.log(np.where(near, 0.5, p)))


# What a method is by others, the best ones first.
DERIVED: Mapping[str, tuple[tuple[tuple[str, ...], Formula], ...]] = {
    "pdf": ((("logpdf",), np.exp),),
    "logpdf": ((("pdf",), np.log),),
    "cdf": ((("logcdf",), np.exp), (("sf",), lambda p: 1 - p)),
    "sf": ((("logsf",), np.exp), (("cdf",), lambda p: 1 - p)),
    "logcdf": ((("cdf", "sf"), log_of), (("cdf",), np.log)),
    "logsf": ((("sf", "cdf"), log_of), (("sf",), np.log)),
    "ppf": (),
    "isf": (),
}


@dataclass(frozen=True)
class Discrete:
    """A distribution over whole numbers.

    logpmf    ``logpmf(k, *shapes)`` at the whole numbers of the support
    support   ``support(*shapes)``: the first and the last of them
    allowed   ``allowed(*shapes)``: where the shapes are
    cdf       ``cdf(k, *shapes)`` at a whole number k of the support, or None
    entropy   ``entropy(*shapes)``, or None
    """

    name: str
    shapes: tuple[str, ...]
    logpmf_formula: Formula
    support: Formula
    allowed: Formula
    pmf_formula: Formula | None = None
    cdf_formula: Formula | None = None
    entropy_formula: Formula | None = None

    def logpmf(self, k: Any, *args: Any, **kwargs: Any) -> Any:
        """The logarithm of the probability of k."""
        return self._at(self.logpmf_formula, -np.inf, k, args, kwargs)

    def pmf(self, k: Any, *args: Any, **kwargs: Any) -> Any:
        """The probability of k."""
        formula = self.pmf_formula or (lambda k, *shapes: np.exp(self.logpmf_formula(k, *shapes)))
        return self._at(formula, 0.0, k, args, kwargs)

    def cdf(self, k: Any, *args: Any, **kwargs: Any) -> Any:
        """The probability of a value up to k."""
        if self.cdf_formula is None:
            raise AttributeError(f"ad.scipy.stats.{self.name} has no cdf; sum its pmf")
        shapes, loc = bound(self.name, (*self.shapes, "loc"), {"loc": 0}, args, kwargs)
        k = np.floor(array(k) - loc)
        first, last = self.support(*shapes)
        below, above = np.less(k, first), np.greater_equal(k, last)
        usual = np.logical_and(np.greater_equal(k, first), np.less(k, last))
        found = self.cdf_formula(np.where(usual, k, first), *shapes)
        return self._answer(beyond(k, np.where(below, 0.0, np.where(above, 1.0, found))), shapes)

    def entropy(self, *args: Any, **kwargs: Any) -> Any:
        """The mean of -logpmf."""
        if self.entropy_formula is None:
            raise AttributeError(f"ad.scipy.stats.{self.name} has no entropy; sum -pmf*logpmf")
        shapes, _ = bound(self.name, (*self.shapes, "loc"), {"loc": 0}, args, kwargs)
        return self._answer(self.entropy_formula(*map(array, shapes)), shapes)

    def _at(self, formula: Formula, outside: float, k: Any, args: Any, kwargs: Any) -> Any:
        shapes, loc = bound(self.name, (*self.shapes, "loc"), {"loc": 0}, args, kwargs)
        k = array(k) - loc
        first, last = self.support(*shapes)
        within = np.logical_and(np.greater_equal(k, first), np.less_equal(k, last))
        within = np.logical_and(within, np.equal(k, np.floor(k)))
        found = formula(np.where(within, k, first), *shapes)
        return self._answer(found if np.all(within) else np.where(within, found, beyond(k, outside)), shapes)

    def _answer(self, y: Any, shapes: tuple[Any, ...]) -> Any:
        allowed = self.allowed(*shapes)
        return y if np.all(allowed) else np.where(allowed, y, np.nan)


def array(x: Any) -> Any:
    """Lists and tuples as arrays; everything else as it is."""
    return np.asarray(x) if isinstance(x, list | tuple) else x


def bound(
    name: str, names: tuple[str, ...], defaults: Mapping[str, Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """The parameters of a call: the shapes as a tuple, then what has a default.

    Raises
        TypeError for a shape that is missing and for an argument that is not known, naming it.
    """
    if len(args) > len(names):
        raise TypeError(f"{name} takes {', '.join(names)} after its first argument; got {len(args)} of them")
    given = dict(zip(names, args, strict=False))
    for key, value in kwargs.items():
        if key not in names or key in given:
            fault = "is given twice" if key in given else "is not one of them"
            raise TypeError(f"{name} takes {', '.join(names)}; {key}={value!r} {fault}")
        given[key] = value
    missing = [key for key in names if key not in given and key not in defaults]
    if missing:
        raise TypeError(f"{name} is missing its shape {missing[0]!r}")
    values = {key: array(given.get(key, defaults.get(key))) for key in names}
    return tuple(values[key] for key in names if key not in defaults), *(values[key] for key in defaults)
