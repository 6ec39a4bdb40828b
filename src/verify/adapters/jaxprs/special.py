"""Special functions: those of SciPy with entries in the op table. SciPy is imported when one of them is met."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from verify.adapters.jaxprs.equations import Rule, integers, result_shape


def _of_scipy(name: str) -> Rule:
    """A function of ``ad.scipy.special``, whose ufuncs are SciPy's own."""
    return lambda equation, *xs: getattr(importlib.import_module("ad.scipy.special"), name)(*xs)


def _polygamma(equation: Any, n: Any, x: Any) -> Any:
    """The order is a whole number, which JAX has as a float."""
    orders = integers(n)
    polygamma = importlib.import_module("ad.scipy.special").polygamma
    if orders.size and (orders == orders.flat[0]).all():
        return polygamma(int(orders.flat[0]), np.broadcast_to(x, result_shape(equation)))
    return polygamma(orders, x)


def _igamma_by_a(equation: Any, a: Any, x: Any) -> Any:
    return importlib.import_module("ad.table.special.incomplete").gammainc_by_a(a, x)


SPECIAL: dict[str, Rule] = {
    "bessel_i0e": _of_scipy("i0e"),
    "bessel_i1e": _of_scipy("i1e"),
    "digamma": _of_scipy("psi"),
    "erf": _of_scipy("erf"),
    "erf_inv": _of_scipy("erfinv"),
    "erfc": _of_scipy("erfc"),
    "igamma": _of_scipy("gammainc"),
    "igamma_grad_a": _igamma_by_a,
    "igammac": _of_scipy("gammaincc"),
    "lgamma": _of_scipy("gammaln"),
    "logistic": _of_scipy("expit"),
    "polygamma": _polygamma,
    "regularized_incomplete_beta": _of_scipy("betainc"),
    "zeta": _of_scipy("zeta"),
}
