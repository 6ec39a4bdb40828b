"""JAX's own functions: its conventions at kinks are subgradients, its approximations are no wrong formulas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import ad.scipy.special
import verify
from verify.claim import changed
from verify.oracles import TRUTH
from verify.point import point_finding

jax = pytest.importorskip("jax")
jnp = pytest.importorskip("jax.numpy")
special = pytest.importorskip("jax.scipy.special")


def verdict(f: Callable[..., Any], *xs: float, reference: Any = None, dtype: str = "float64") -> str:
    """What is said of JAX's derivative of f at a point."""
    with jax.enable_x64(dtype == "float64"):
        arrays = [jnp.asarray(x, dtype) for x in xs]
        claim = verify.Claim(jax.jit(f), *arrays, reference=reference, cotangent=np.asarray(1, dtype))
        return point_finding(changed(claim, oracles=TRUTH)).verdict.name


# name, function, point, verdict
KINKS: list[tuple[str, Callable[..., Any], tuple[float, ...], str]] = [
    ("relu", jax.nn.relu, (0.0,), "SUBGRADIENT"),
    ("relu at -0", jax.nn.relu, (-0.0,), "SUBGRADIENT"),
    ("abs", jnp.abs, (0.0,), "SUBGRADIENT"),
    ("relu6 at 6", jax.nn.relu6, (6.0,), "SUBGRADIENT"),
    ("hard_tanh at 1", jax.nn.hard_tanh, (1.0,), "SUBGRADIENT"),
    ("leaky_relu", lambda x: jax.nn.leaky_relu(x, 0.2), (0.0,), "SUBGRADIENT"),
    ("elu of another alpha", lambda x: jax.nn.elu(x, 0.5), (0.0,), "SUBGRADIENT"),
    ("elu, which is smooth", jax.nn.elu, (0.0,), "CERTIFIED"),
    ("maximum at a tie", jnp.maximum, (1.0, 1.0), "SUBGRADIENT"),
    ("minimum at a tie", jnp.minimum, (1.0, 1.0), "SUBGRADIENT"),
    ("clip at its edge", lambda x: jnp.clip(x, -1, 1), (1.0,), "SUBGRADIENT"),
    ("hypot at 0", jnp.hypot, (0.0, 0.0), "SUBGRADIENT"),
    ("two relus that are the identity", lambda x: jax.nn.relu(x) - jax.nn.relu(-x), (0.0,), "WRONG"),
    ("gelu by erf", lambda x: jax.nn.gelu(x, approximate=False), (0.3,), "CERTIFIED"),
    ("root of -0", jnp.sqrt, (-0.0,), "UNDEFINED"),
]


@pytest.mark.parametrize(("name", "f", "xs", "expected"), KINKS, ids=[kink[0] for kink in KINKS])
def test_conventions_at_kinks_are_subgradients(name, f, xs, expected) -> None:
    assert verdict(f, *xs, dtype="float32") == expected


# name, function, its namesake, point, verdict in float64
APPROXIMATED = [
    ("dawsn, 1 - 2 x y", special.dawsn, ad.scipy.special.dawsn, 800.0, "INACCURATE"),
    ("spence, by polynomials", special.spence, ad.scipy.special.spence, 0.5, "INACCURATE"),
    ("spence, where no digit is lost", special.spence, ad.scipy.special.spence, 3.0, "CERTIFIED"),
    ("spence, a constant branch", special.spence, ad.scipy.special.spence, 1.0, "WRONG"),
    ("i0, two conventions for one kink", special.i0, ad.scipy.special.i0, 0.0, "WRONG"),
    ("i0, NumPy's", jnp.i0, np.i0, 0.0, "CERTIFIED"),
]


@pytest.mark.parametrize(("name", "f", "reference", "x", "expected"), APPROXIMATED, ids=[a[0] for a in APPROXIMATED])
def test_approximations_have_lost_digits_and_wrong_branches_are_wrong(name, f, reference, x, expected) -> None:
    assert verdict(f, x, reference=reference) == expected
