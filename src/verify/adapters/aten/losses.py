"""Losses of aten over NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from verify.adapters.aten.elementwise import Entries

# By torch's number: each loss as it is, their mean, their sum.
REDUCED: tuple[Callable[[Any], Any], ...] = (np.positive, np.mean, np.sum)


def mse(self: Any, target: Any, reduction: int = 1) -> Any:
    return REDUCED[reduction](np.square(self - target))


def huber(self: Any, target: Any, reduction: int = 1, delta: float = 1.0) -> Any:
    z = np.absolute(self - target)
    return REDUCED[reduction](np.where(np.less(z, delta), 0.5 * z * z, delta * (z - 0.5 * delta)))


def smooth_l1(self: Any, target: Any, reduction: int = 1, beta: float = 1.0) -> Any:
    z = np.absolute(self - target)
    if beta == 0:
        return REDUCED[reduction](z)
    return REDUCED[reduction](np.where(np.less(z, beta), 0.5 * z * z / beta, z - 0.5 * beta))


def soft_margin(self: Any, target: Any, reduction: int = 1) -> Any:
    return REDUCED[reduction](np.logaddexp(0.0, -target * self))


def binary_cross_entropy(self: Any, target: Any, weight: Any = None, reduction: int = 1) -> Any:
    """Torch bounds the logarithms from below by -100."""
    found = -(target * np.maximum(np.log(self), -100.0) + (1 - target) * np.maximum(np.log1p(-self), -100.0))
    return REDUCED[reduction](found if weight is None else found * weight)


def binary_cross_entropy_with_logits(
    self: Any, target: Any, weight: Any = None, pos_weight: Any = None, reduction: int = 1
) -> Any:
    less = np.logaddexp(0.0, -self)  # -log(sigmoid(x))
    share = 1 if pos_weight is None else (pos_weight - 1) * target + 1
    found = (1 - target) * self + share * less
    return REDUCED[reduction](found if weight is None else found * weight)


def negative_log_likelihood(self: Any, target: Any, weight: Any, reduction: int, ignore_index: int) -> tuple[Any, Any]:
    """The entries at the targets, along axis 1 (or the only one), weighted by class; ignored targets count nothing."""
    axis = 1 if np.ndim(self) > 1 else 0
    kept = np.not_equal(target, ignore_index)
    at = np.where(kept, target, 0)
    chosen = np.squeeze(np.take_along_axis(self, np.expand_dims(at, axis), axis=axis), axis)
    weights = np.where(kept, 1.0, 0.0) if weight is None else np.where(kept, np.take(weight, at), 0.0)
    found = np.where(kept, -chosen, 0.0) * weights
    whole = np.sum(weights)
    reduced = (lambda: found, lambda: np.sum(found) / whole, lambda: np.sum(found))[reduction]()
    return reduced, whole if reduction else 0.0 * whole


def multi_margin(
    self: Any, target: Any, p: Any = 1, margin: Any = 1, weight: Any = None, reduction: int = 1
) -> Any:
    rows = np.atleast_2d(self)
    at = np.reshape(target, (-1, 1))
    z = np.maximum(margin - np.take_along_axis(rows, at, axis=1) + rows, 0.0)
    z = (z if p == 1 else z * z) * (1 if weight is None else np.reshape(np.take(weight, at), (-1, 1)))
    others = np.not_equal(np.arange(np.shape(rows)[1]), at)
    found = np.sum(np.where(others, z, 0.0), axis=1) / np.shape(rows)[1]
    return REDUCED[reduction](found if np.ndim(self) > 1 else found[0])


ENTRIES: Entries = {
    "mse_loss": mse,
    "huber_loss": huber,
    "smooth_l1_loss": smooth_l1,
    "soft_margin_loss": soft_margin,
    "binary_cross_entropy": binary_cross_entropy,
    "binary_cross_entropy_with_logits": binary_cross_entropy_with_logits,
    "nll_loss_forward": negative_log_likelihood,
    "nll_loss2d_forward": negative_log_likelihood,
    "multi_margin_loss": multi_margin,
}
