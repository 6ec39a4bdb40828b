"""Products of matrices and attention, of aten, over NumPy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import ad
from verify.adapters.aten.elementwise import Entries, scaled
from verify.adapters.translation import Untranslatable


def plus(self: Any, product: Any, beta: Any, alpha: Any) -> Any:
    """beta self + alpha product; where beta is 0 not even a NaN of self comes through."""
    return scaled(product, alpha) if beta == 0 else scaled(self, beta) + scaled(product, alpha)


def addbmm(self: Any, batch1: Any, batch2: Any, beta: Any = 1, alpha: Any = 1) -> Any:
    return plus(self, np.sum(np.matmul(batch1, batch2), axis=0), beta, alpha)


def linear(input: Any, weight: Any, bias: Any = None) -> Any:
    found = np.matmul(input, np.swapaxes(weight, -1, -2) if np.ndim(weight) > 1 else weight)
    return found if bias is None else found + bias


def outer(self: Any, vec2: Any) -> Any:
    return np.reshape(self, (-1, 1)) * vec2


def trilinear(
    i1: Any, i2: Any, i3: Any, expand1: Any, expand2: Any, expand3: Any, sumdim: Any, unroll_dim: int = 1
) -> Any:
    """The product of three tensors with new axes, summed along some: what ``bilinear`` is made of."""
    whole: Any = 1
    for operand, new in ((i1, expand1), (i2, expand2), (i3, expand3)):
        whole = whole * np.expand_dims(operand, tuple(new))
    return np.sum(whole, axis=tuple(sumdim))


def cross(self: Any, other: Any, dim: Any = -1) -> Any:
    """By components: axis dim has three of them."""
    a, b = ([np.take(x, k, axis=dim) for k in range(3)] for x in np.broadcast_arrays(self, other))
    parts = [a[i] * b[j] - a[j] * b[i] for i, j in ((1, 2), (2, 0), (0, 1))]
    return np.stack(parts, axis=dim)


def cdist(x1: Any, x2: Any, p: Any, compute_mode: Any = None) -> Any:
    return np.linalg.norm(np.expand_dims(x1, -2) - np.expand_dims(x2, -3), p, axis=-1)


def pdist(self: Any, p: Any = 2.0) -> Any:
    first, second = np.triu_indices(np.shape(self)[0], 1)
    return np.linalg.norm(np.take(self, first, axis=0) - np.take(self, second, axis=0), p, axis=-1)


def attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
) -> tuple[Any, Any]:
    """softmax(q k' / sqrt(d) + mask) v, and the logsumexp of the scores."""
    if dropout_p:
        raise Untranslatable("scaled dot product attention with dropout is random")
    heads = np.shape(query)[-3] // np.shape(key)[-3] if np.ndim(query) > 2 else 1
    if heads > 1:  # grouped queries
        key, value = (np.repeat(x, heads, axis=-3) for x in (key, value))
    scale = 1 / math.sqrt(np.shape(query)[-1]) if scale is None else scale
    scores = np.matmul(query, np.swapaxes(key, -1, -2)) * scale
    if is_causal:
        attn_mask = np.tril(np.ones(np.shape(scores)[-2:], bool))
    seen, bias = mask_and_bias(attn_mask)
    scores = scores if bias is None else scores + bias
    return weighted(scores, seen if seen is None else np.broadcast_to(seen, np.shape(scores)), value)


def mask_and_bias(given: Any) -> tuple[Any, Any]:
    """Which scores are seen, and what is added to them; None for all of them, and for nothing. -inf hides a score."""
    if not isinstance(given, np.ndarray):
        return None, given
    if given.dtype == bool:
        return given, None
    seen = given > -np.inf
    return (None, given) if seen.all() else (seen, np.where(seen, given, 0.0))


def weighted(scores: Any, seen: Any, value: Any) -> tuple[Any, Any]:
    """The values weighted by the softmax of the scores that are seen, and the logsumexp of these; 0 where none is."""
    if seen is None:
        top = ad.stop_gradient(np.max(scores, axis=-1, keepdims=True))
        weights = np.exp(scores - top)
    else:
        top = ad.stop_gradient(np.max(np.where(seen, scores, -np.inf), axis=-1, keepdims=True))
        top = np.where(np.any(seen, axis=-1, keepdims=True), top, 0.0)
        weights = np.where(seen, np.exp(np.where(seen, scores - top, 0.0)), 0.0)
    whole = np.sum(weights, axis=-1, keepdims=True)
    sums = np.log(np.sum(weights, axis=-1)) + np.sum(top, axis=-1)
    return np.matmul(weights / np.where(np.equal(whole, 0), 1.0, whole), value), sums


def efficient_attention(
    query: Any,
    key: Any,
    value: Any,
    attn_bias: Any,
    compute_log_sumexp: bool,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: Any = None,
) -> tuple[Any, Any]:
    return attention(query, key, value, attn_bias, dropout_p, is_causal, scale)


def flash_attention(
    query: Any,
    key: Any,
    value: Any,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    return_debug_mask: bool = False,
    attn_mask: Any = None,
    scale: Any = None,
) -> tuple[Any, Any]:
    return attention(query, key, value, attn_mask, dropout_p, is_causal, scale)


ENTRIES: Entries = {
    "mm": np.matmul,
    "bmm": np.matmul,
    "mv": np.matmul,
    "dot": np.matmul,
    "vdot": lambda self, other: np.matmul(np.conjugate(self), other),
    "matmul": np.matmul,
    "linear": linear,
    "addmm": lambda self, mat1, mat2, beta=1, alpha=1: plus(self, np.matmul(mat1, mat2), beta, alpha),
    "addmv": lambda self, mat, vec, beta=1, alpha=1: plus(self, np.matmul(mat, vec), beta, alpha),
    "baddbmm": lambda self, batch1, batch2, beta=1, alpha=1: plus(self, np.matmul(batch1, batch2), beta, alpha),
    "addbmm": addbmm,
    "addr": lambda self, vec1, vec2, beta=1, alpha=1: plus(self, outer(vec1, vec2), beta, alpha),
    "outer": outer,
    "ger": outer,
    "_trilinear": trilinear,
    "linalg_cross": cross,
    "trace": lambda self: np.trace(self),
    "_cdist_forward": cdist,
    "_pdist_forward": pdist,
    "_scaled_dot_product_flash_attention_for_cpu": flash_attention,
    "_scaled_dot_product_flash_attention": flash_attention,
    "_scaled_dot_product_efficient_attention": efficient_attention,
}
