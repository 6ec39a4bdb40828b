"""Special functions: those of SciPy with entries in the op table. SciPy is imported when one of them is met."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from verify.adapters.compositions import special
from verify.adapters.jaxprs.equations import Rule, calling, integers, result_shape


def _polygamma(equation: Any, n: Any, x: Any) -> Any:
    """The order is a whole number, which JAX has as a float."""
    orders = integers(n)
    polygamma = special("polygamma")
    if orders.size and (orders == orders.flat[0]).all():
        return polygamma(int(orders.flat[0]), np.broadcast_to(x, result_shape(equation)))
    return polygamma(orders, x)


def _igamma_by_a(equation: Any, a: Any, x: Any) -> Any:
    return importlib.import_module("ad.table.special.incomplete").gammainc_by_a(a, x)


SPECIAL: dict[str, Rule] = {
    "bessel_i0e": calling(special("i0e")),
    "bessel_i1e": calling(special("i1e")),
    "digamma": calling(special("psi")),
    "erf": calling(special("erf")),
    "erf_inv": calling(special("erfinv")),
    "erfc": calling(special("erfc")),
    "igamma": calling(special("gammainc")),
    "igamma_grad_a": _igamma_by_a,
    "igammac": calling(special("gammaincc")),
    "lgamma": calling(special("gammaln")),
    "logistic": calling(special("expit")),
    "polygamma": _polygamma,
    "regularized_incomplete_beta": calling(special("betainc")),
    "zeta": calling(special("zeta")),
}
