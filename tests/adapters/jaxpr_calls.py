"""An example call for every primitive of JAX that has a translation: a function, and the arrays it is called with.

Facts
    Inputs are away from kinks, ties and edges of domains; integers among them are constants.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.ad_checkpoint import checkpoint_name

Call = tuple[Callable[..., Any], tuple[np.ndarray, ...]]

A = np.array([0.3, -0.7, 1.2])  # of any sign, below pi/2
B = np.array([1.5, 0.4, 2.25])  # positive
C = np.array([0.3, -0.7, 0.2])  # inside (-1, 1)
P = np.array([0.15, 0.6, 0.85])  # inside (0, 1)
M = np.array([[2.0, 0.5, -0.25], [0.25, 1.5, 0.75], [-0.5, 0.125, 3.0]])
R = np.arange(12.0).reshape(3, 4) ** 1.5 / 7 - 1
T = np.linspace(-1.0, 2.0, 24).reshape(2, 3, 4) ** 3
I = np.array([2, 0, 1], np.int32)  # noqa: E741
K = np.array([[[[0.5, -1.0], [0.25, 2.0]]], [[[1.5, 0.75], [-0.5, 1.0]]]])  # two kernels of one feature


def linear(m: Any, b: Any) -> Any:
    return lax.custom_linear_solve(
        lambda x: m @ x, b, lambda _, v: jnp.linalg.solve(m, v), lambda _, v: jnp.linalg.solve(m.T, v)
    )


@jax.custom_vjp
def by_hand(x: Any) -> Any:
    return jnp.sin(x) * 2


by_hand.defvjp(lambda x: (jnp.sin(x) * 2, x), lambda x, g: (2 * g * jnp.cos(x),))


@jax.custom_jvp
def forward_by_hand(x: Any) -> Any:
    return jnp.sin(x) * 2


forward_by_hand.defjvp(lambda xs, ts: (jnp.sin(xs[0]) * 2, 2 * ts[0] * jnp.cos(xs[0])))


def looped(x: Any) -> Any:
    return lax.while_loop(lambda s: s[0] < 2.0, lambda s: (s[0] * 1.5, s[1] * s[0]), (jnp.abs(x[0]), x))[1]


def scanned(x: Any) -> Any:
    carry, rows = lax.scan(lambda c, row: (c * 0.5 + jnp.sin(row), c * row), x[0], x, reverse=True)
    return carry + jnp.sum(rows, 0)


def branched(x: Any) -> Any:
    return lax.cond(x[0] > 0, lambda v: v * v, lambda v: -v, x)


def switched(x: Any, n: Any) -> Any:
    return lax.switch(n[0], [jnp.sin, jnp.cos, jnp.exp], x)


def circled(a: Any, b: Any) -> Any:
    """A sum of its own kind: associative, with 0 as its zero."""
    return a + b + a * b


def windowed(reducer: Any, start: float, **options: Any) -> Callable[..., Any]:
    return lambda x: lax.reduce_window(x, start, reducer, (2, 2), (1, 2), ((0, 1), (1, 0)), **options)


def convolved(**options: Any) -> Callable[..., Any]:
    return lambda x, k: lax.conv_general_dilated(x, k, (1, 2), ((1, 0), (0, 1)), **options)


def pulled(f: Callable[..., Any]) -> Callable[..., Any]:
    """The adjoint of a function at x, of the cotangent y * y."""
    return lambda x: jax.vjp(f, x)[1](jax.vjp(f, x)[0] ** 2)[0]


def pushed(f: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x: jax.jvp(f, (x,), (x * x + 1,))[1]


DROPS = lax.GatherScatterMode.FILL_OR_DROP
ROWS = lax.ScatterDimensionNumbers(
    update_window_dims=(1,), inserted_window_dims=(0,), scatter_dims_to_operand_dims=(0,)
)
TAKEN = lax.GatherDimensionNumbers(offset_dims=(1,), collapsed_slice_dims=(0,), start_index_map=(0,))
TWICE = np.array([[2], [0], [2]], np.int32)  # a place named twice
BEYOND = np.array([[2], [0], [7]], np.int32)  # and one that is not there


def scattering(function: Callable[..., Any], places: np.ndarray) -> Call:
    return (lambda x, u: function(x, places, u, ROWS, mode=DROPS)), (R, R[::-1] * 1.25 - 0.3)


def symmetric(x: Any) -> Any:
    return x @ x.T + jnp.eye(3)


CALLS: dict[str, list[Call]] = {
    "abs": [(lax.abs, (A,))],
    "acos": [(lax.acos, (C,))],
    "acosh": [(lax.acosh, (B + 1,))],
    "add": [(lax.add, (A, B))],
    "add_any": [(pulled(lambda x: jnp.sin(x) * x), (A,))],
    "and": [(lambda x: jnp.where((x > 0) & (x < 1), x * x, x), (A,))],
    "argmax": [
        (lambda x: x[jnp.argmax(x)] * x, (A,)),
        (lambda x: jnp.take_along_axis(x, jnp.argmax(x, 1)[:, None], 1), (M,)),
    ],
    "argmin": [(lambda x: x[jnp.argmin(x)] * x, (A,))],
    "asin": [(lax.asin, (C,))],
    "asinh": [(lax.asinh, (A,))],
    "atan": [(lax.atan, (A,))],
    "atan2": [(lax.atan2, (A, B))],
    "atanh": [(lax.atanh, (C,))],
    "bessel_i0e": [(lax.bessel_i0e, (A,))],
    "bessel_i1e": [(lax.bessel_i1e, (A,))],
    "broadcast_in_dim": [(lambda x: lax.broadcast_in_dim(x, (2, 3, 4), (1,)), (A,))],
    "cbrt": [(lax.cbrt, (A,))],
    "ceil": [(lambda x: lax.ceil(x) * x, (A,))],
    "cholesky": [(lambda x: lax.linalg.cholesky(symmetric(x)), (M,))],
    "clamp": [(lambda x, y: lax.clamp(-0.5 * y, x, y * 0.25), (A, B))],
    "complex": [(lambda a, b: jnp.abs(lax.complex(a, b)), (A, B))],
    "composite": [(lambda x: lax.composite(jnp.sin, name="my.sin")(x), (A,))],
    "concatenate": [(lambda a, b: lax.concatenate([a, b, a], 1), (M, R))],
    "cond": [(branched, (A,)), (branched, (-A,)), (switched, (A, I))],
    "conj": [(lambda a, b: jnp.real(jnp.conj(lax.complex(a, b)) * lax.complex(b, a)), (A, B))],
    "conv_general_dilated": [
        (convolved(), (T[:, None], K)),
        (convolved(lhs_dilation=(2, 1), rhs_dilation=(1, 2)), (T[:, None], K)),
        (convolved(feature_group_count=2), (np.stack([T, T**2], 1), K)),
        (convolved(batch_group_count=2), (T[:, None], K)),
        (convolved(dimension_numbers=("NHWC", "HWIO", "NWHC")), (T[..., None], np.transpose(K, (2, 3, 1, 0)))),
    ],
    "convert_element_type": [
        (lambda x: (x > 0).astype(x.dtype) * x, (A,)),
        (lambda x: x.astype(int).astype(float) * x, (A * 3,)),
        (lambda x: jnp.sum(x > 0) * x, (A,)),
    ],
    "copy": [(lambda x: lax.copy_p.bind(x) * x, (A,))],
    "cos": [(lax.cos, (A,))],
    "cosh": [(lax.cosh, (A,))],
    "cumlogsumexp": [(lambda x: lax.cumlogsumexp(x, 1), (R,)), (lambda x: lax.cumlogsumexp(x, 0, reverse=True), (R,))],
    "cummax": [(lambda x: lax.cummax(x, 1), (T[0],)), (lambda x: lax.cummax(x, 0, reverse=True), (M,))],
    "cummin": [(lambda x: lax.cummin(x, 0), (M,))],
    "cumprod": [(lambda x: lax.cumprod(x, 1, reverse=True), (M,))],
    "cumsum": [(lambda x: lax.cumsum(x, 1), (M,)), (lambda x: lax.cumsum(x, 0, reverse=True), (M,))],
    "custom_jvp_call": [(forward_by_hand, (A,)), (jax.nn.relu, (A,))],
    "custom_linear_solve": [(linear, (M, A))],
    "custom_vjp_call": [(by_hand, (A,))],
    "digamma": [(lax.digamma, (B,))],
    "div": [(lax.div, (A, B))],
    "dot_general": [
        (lax.dot, (M, R)),
        (lambda a, b: lax.dot_general(a, b, (((2, 0), (1, 2)), ((1,), (0,)))), (T, np.transpose(T, (1, 2, 0)) + 0.5)),
        (lambda a, b: lax.dot_general(a, b, (((), ()), ((), ()))), (A, B)),
    ],
    "dynamic_slice": [(lambda x, n: lax.dynamic_slice(x, (n[0], n[1]), (2, 3)), (R, I))],
    "dynamic_update_slice": [(lambda x, u, n: lax.dynamic_update_slice(x, u, (n[0], n[1])), (R, M[:2, :2], I))],
    "eigh": [
        (lambda x: lax.linalg.eigh(symmetric(x))[1], (M,)),
        (lambda x: lax.linalg.eigh(symmetric(x))[0] ** 2, (M,)),
    ],
    "eq": [(lambda x: jnp.where(x == 0.25, x * x, x), (A,))],
    "erf": [(lax.erf, (A,))],
    "erf_inv": [(lax.erf_inv, (C,))],
    "erfc": [(lax.erfc, (A,))],
    "exp": [(lax.exp, (A,))],
    "exp2": [(lax.exp2, (A,))],
    "expm1": [(lax.expm1, (A,))],
    "fft": [
        (lambda x: jnp.abs(jnp.fft.fft(x)), (A,)),
        (lambda x: jnp.real(jnp.fft.ifft(jnp.fft.rfft(x) ** 2)), (B,)),
        (lambda x: jnp.fft.irfft(jnp.fft.rfft(x), 4), (B,)),
        (lambda x: jnp.imag(jnp.fft.fft2(x)), (M,)),
    ],
    "floor": [(lambda x: lax.floor(x) * x, (A,))],
    "gather": [
        (lambda x: lax.gather(x, BEYOND, TAKEN, (1, 4), mode=DROPS, fill_value=0.0), (R,)),
        (lambda x: lax.gather(x, BEYOND, TAKEN, (1, 4), mode="clip"), (R,)),
        (lambda x, n: x[n, n], (M, I)),
    ],
    "ge": [(lambda x: jnp.where(x >= 0, x * x, x), (A,))],
    "gt": [(lambda x: jnp.where(x > 0, x * x, x), (A,))],
    "householder_product": [(lambda a, t: lax.linalg.householder_product(a, t), (M, B))],
    "igamma": [(lax.igamma, (B, P))],
    "igamma_grad_a": [(lambda x: lax.igamma_grad_a(1.5, x), (P,))],
    "igammac": [(lax.igammac, (B, P))],
    "imag": [(lambda a, b: jnp.imag(lax.complex(a, b) ** 2), (A, B))],
    "integer_pow": [(lambda x: lax.integer_pow(x, 3), (A,)), (lambda x: lax.integer_pow(x, -2), (A,))],
    "iota": [
        (lambda x: lax.iota(x.dtype, 3) * x, (A,)),
        (lambda x: x[lax.rev(lax.iota(jnp.int32, 3), (0,))] ** 2, (A,)),
    ],
    "is_finite": [(lambda x: jnp.where(jnp.isfinite(x), x * x, x), (A,))],
    "jit": [(jax.jit(lambda x: jnp.sin(x) * x), (A,))],
    "le": [(lambda x: jnp.where(x <= 0, x * x, x), (A,))],
    "lgamma": [(lax.lgamma, (A,))],
    "log": [(lax.log, (B,))],
    "log1p": [(lax.log1p, (A,))],
    "logistic": [(lax.logistic, (A,))],
    "lt": [(lambda x: jnp.where(x < 0, x * x, x), (A,))],
    "lu": [
        (lambda x: lax.linalg.lu(x)[0], (M[::-1],)),
        (lambda x: lax.linalg.lu(x)[0], (R,)),
        (lambda x: lax.linalg.lu(x)[0], (R.T,)),
        (jnp.linalg.inv, (np.stack([M, M[::-1]]),)),
        (jnp.linalg.det, (np.arange(16.0).reshape(4, 4) ** 0.5,)),
    ],
    "max": [(lax.max, (A, C + 0.1))],
    "min": [(lax.min, (A, C + 0.1))],
    "mul": [(lax.mul, (A, B))],
    "name": [(lambda x: checkpoint_name(x, "here") * x, (A,))],
    "ne": [(lambda x: jnp.where(x != 0.25, x * x, x), (A,))],
    "neg": [(lax.neg, (A,))],
    "nextafter": [(lambda x: lax.stop_gradient(lax.nextafter(x, 2 * x)) * x, (A,))],
    "not": [(lambda x: jnp.where(~(x > 0), x * x, x), (A,))],
    "optimization_barrier": [(lambda x: lax.optimization_barrier(x) * x, (A,))],
    "or": [(lambda x: jnp.where((x < 0) | (x > 1), x * x, x), (A,))],
    "pad": [
        (lambda x: lax.pad(x, 0.0, ((1, 2, 0), (0, 1, 1))), (M,)),
        (lambda x: lax.pad(x, 0.5, ((-1, 0, 0), (0, -1, 0))), (M,)),
        (lambda x, v: lax.pad(x, v[0], ((1, 0, 0), (0, 1, 0))), (M, A)),
    ],
    "polygamma": [
        (lambda x: lax.polygamma(jnp.full_like(x, 2.0), x), (B,)),
        (lambda x: lax.polygamma(jnp.arange(3.0), x), (B,)),
    ],
    "pow": [(lax.pow, (B, A)), (lambda x: x**0.5, (B,)), (lambda x, n: lax.pow(x, n), (A, I))],
    "qr": [(lambda x: lax.linalg.qr(x, full_matrices=False)[1], (M,)), (lambda x: lax.linalg.qr(x)[0], (M,))],
    "real": [(lambda a, b: jnp.real(lax.complex(a, b) ** 2), (A, B))],
    "reduce": [(lambda x: lax.reduce(x, 0.0, circled, (1,)), (M,))],
    "reduce_and": [(lambda x: jnp.where(jnp.all(x > -2), x * x, x), (A,))],
    "reduce_max": [(lambda x: jnp.max(x, 1), (M,)), (jnp.max, (M,))],
    "reduce_min": [(lambda x: jnp.min(x, 0), (M,))],
    "reduce_or": [(lambda x: jnp.where(jnp.any(x > 2), x * x, x), (A,))],
    "reduce_precision": [(lambda x: lax.reduce_precision(x, 11, 52) * x, (A,))],
    "reduce_prod": [(lambda x: jnp.prod(x, 1), (M,)), (jnp.prod, (M,))],
    "reduce_sum": [(lambda x: jnp.sum(x, (0, 2)), (T,))],
    "reduce_window": [(windowed(circled, 0.0), (M,))],
    "reduce_window_max": [
        (windowed(lax.max, -np.inf), (M,)),
        (lambda x: lax.reduce_window(x, -np.inf, lax.max, (2,), (1,), "VALID", window_dilation=(2,)), (np.cos(R[1]),)),
    ],
    "reduce_window_min": [(windowed(lax.min, np.inf), (M,))],
    "reduce_window_sum": [
        (windowed(lax.add, 0.0), (M,)),
        (windowed(lax.add, 0.0, base_dilation=(2, 1), window_dilation=(1, 2)), (M,)),
    ],
    "regularized_incomplete_beta": [(lambda x: lax.betainc(1.5, 2.5, x), (P,))],
    "rem": [(lax.rem, (A * 3, B)), (jnp.remainder, (A * 3, B))],
    "remat2": [
        (jax.checkpoint(lambda x: jnp.sin(x) * x), (A,)),
        (pulled(jax.checkpoint(lambda x: jnp.sin(x) * x)), (A,)),
    ],
    "reshape": [(lambda x: lax.reshape(x, (4, 3)), (R,)), (lambda x: lax.reshape(x, (4, 3), (1, 0)), (R,))],
    "rev": [(lambda x: lax.rev(x, (1,)), (R,))],
    "round": [
        (lambda x: lax.round(x, lax.RoundingMethod.TO_NEAREST_EVEN) * x, (A,)),
        (lambda x: lax.round(x) * x, (2 * A,)),
    ],
    "rsqrt": [(lax.rsqrt, (B,))],
    "scan": [(scanned, (R,))],
    "scatter": [scattering(lax.scatter, BEYOND), scattering(lax.scatter, TWICE)],
    "scatter-add": [
        scattering(lax.scatter_add, TWICE),
        scattering(lax.scatter_add, BEYOND),
        (pulled(lambda x: x[TWICE]), (A,)),
    ],
    "scatter-max": [scattering(lax.scatter_max, TWICE)],
    "scatter-min": [scattering(lax.scatter_min, BEYOND)],
    "scatter-mul": [scattering(lax.scatter_mul, I[:, None]), scattering(lax.scatter_mul, BEYOND)],
    "scatter-sub": [scattering(lax.scatter_sub, TWICE)],
    "select_and_gather_add": [(pushed(windowed(lax.max, -np.inf)), (M,))],
    "select_and_scatter_add": [(pulled(windowed(lax.max, -np.inf)), (M,))],
    "select_n": [
        (lambda x: lax.select(x > 0, x * x, x), (A,)),
        (lambda x, n: lax.select_n(n, x, x * x, 3 * x), (A, I)),
    ],
    "sign": [(lambda x: lax.sign(x) * x, (A,))],
    "sin": [(lax.sin, (A,))],
    "sinh": [(lax.sinh, (A,))],
    "slice": [(lambda x: lax.slice(x, (0, 1), (3, 4), (2, 1)), (R,))],
    "sort": [
        (lambda x: lax.sort(x, dimension=0), (M,)),
        (lambda x, y: lax.sort((x, y), dimension=0, num_keys=1)[1], (A, B)),
        (lambda n, x, y: lax.sort((n, x, y), num_keys=2)[2], (np.array([1, 0, 1]), A, B)),
    ],
    "split": [(lambda x: lax.split(x, (1, 3), 1)[1], (R,))],
    "sqrt": [(lax.sqrt, (B,))],
    "square": [(lax.square, (A,))],
    "squeeze": [(lambda x: lax.squeeze(x[None], (0,)), (A,))],
    "stop_gradient": [(lambda x: lax.stop_gradient(jnp.sin(x)) * x, (A,))],
    "sub": [(lax.sub, (A, B))],
    "svd": [(lambda x: lax.linalg.svd(x, compute_uv=False), (M,)), (lambda x: lax.linalg.svd(x)[1], (M,))],
    "tan": [(lax.tan, (A,))],
    "tanh": [(lax.tanh, (A,))],
    "tile": [(lambda x: lax.tile(x, (2, 3)), (M,))],
    "top_k": [(lambda x: lax.top_k(x, 2)[0], (M,))],
    "transpose": [(lambda x: lax.transpose(x, (2, 0, 1)), (T,))],
    "triangular_solve": [
        (lambda a, b: lax.linalg.triangular_solve(a, b, left_side=True, lower=True), (M, R)),
        (lambda a, b: lax.linalg.triangular_solve(a, b, transpose_a=True, unit_diagonal=True), (M, R.T)),
    ],
    "tridiagonal_solve": [
        (lax.linalg.tridiagonal_solve, (np.array([0.0, 0.2, -0.3]), B, np.array([0.5, 0.1, 0.0]), R))
    ],
    "while": [(looped, (A,))],
    "xor": [(lambda x: jnp.where((x > 0) ^ (x > 1), x * x, x), (A,))],
    "zeta": [(lambda x: lax.zeta(2.5, x), (B,))],
}
