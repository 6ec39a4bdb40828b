"""Normalisations of aten over NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from verify.adapters.aten.elementwise import Entries


def standardized(x: Any, axes: tuple[int, ...], eps: float) -> tuple[Any, Any, Any]:
    """x less its mean over its deviation along the axes; the mean, and 1 / the deviation."""
    mean = np.mean(x, axis=axes, keepdims=True)
    apart = x - mean
    rstd = 1 / np.sqrt(np.mean(apart * apart, axis=axes, keepdims=True) + eps)
    return apart * rstd, mean, rstd


def affine(x: Any, weight: Any, bias: Any) -> Any:
    x = x if weight is None else x * weight
    return x if bias is None else x + bias


def layer_norm(input: Any, normalized_shape: Sequence[int], weight: Any, bias: Any, eps: float) -> tuple[Any, ...]:
    last = tuple(range(-len(normalized_shape), 0))
    found, mean, rstd = standardized(input, last, eps)
    return affine(found, weight, bias), mean, rstd


def group_norm(
    input: Any, weight: Any, bias: Any, N: int, C: int, HxW: int, group: int, eps: float
) -> tuple[Any, ...]:
    found, mean, rstd = standardized(np.reshape(input, (N, group, C // group * HxW)), (-1,), eps)
    per_channel = (1, C, *(1,) * (np.ndim(input) - 2))
    weight, bias = (None if x is None else np.reshape(x, per_channel) for x in (weight, bias))
    found = np.reshape(found, np.shape(input))
    return affine(found, weight, bias), np.reshape(mean, (N, group)), np.reshape(rstd, (N, group))


def batch_norm(
    input: Any,
    weight: Any,
    bias: Any,
    running_mean: Any,
    running_var: Any,
    training: bool,
    momentum: float,
    eps: float,
) -> tuple[Any, ...]:
    """By the statistics of the batch while training, else by the running ones."""
    channels = (1, -1, *(1,) * (np.ndim(input) - 2))
    weight, bias = (None if x is None else np.reshape(x, channels) for x in (weight, bias))
    if training:
        found, mean, rstd = standardized(input, (0, *range(2, np.ndim(input))), eps)
        return affine(found, weight, bias), np.reshape(mean, (-1,)), np.reshape(rstd, (-1,))
    rstd = 1 / np.sqrt(np.reshape(running_var, channels) + eps)
    found = (input - np.reshape(running_mean, channels)) * rstd
    return affine(found, weight, bias), np.zeros(0), np.zeros(0)


def batch_norm_alone(
    input: Any, weight: Any, bias: Any, training: bool, momentum: float, eps: float
) -> tuple[Any, ...]:
    return batch_norm(input, weight, bias, None, None, True, momentum, eps)


def batch_norm_of_inference(
    input: Any, weight: Any, bias: Any, running_mean: Any, running_var: Any, momentum: float, eps: float
) -> tuple[Any, ...]:
    return batch_norm(input, weight, bias, running_mean, running_var, False, momentum, eps)


def batch_norm_of_training(
    input: Any, weight: Any, bias: Any, running_mean: Any, running_var: Any, momentum: float, eps: float
) -> tuple[Any, ...]:
    return (*batch_norm(input, weight, bias, running_mean, running_var, True, momentum, eps), np.zeros(0))


def weight_norm(v: Any, g: Any, dim: int = 0) -> tuple[Any, Any]:
    others = tuple(d for d in range(np.ndim(v)) if d != dim % np.ndim(v))
    size = np.sqrt(np.sum(v * v, axis=others, keepdims=True))
    return v * (g / size), size


ENTRIES: Entries = {
    "native_layer_norm": layer_norm,
    "native_group_norm": group_norm,
    "native_batch_norm": batch_norm,
    "cudnn_batch_norm": lambda *args: (*batch_norm(*args), np.zeros(0)),
    "_native_batch_norm_legit": batch_norm,
    "_native_batch_norm_legit.no_stats": batch_norm_alone,
    "_native_batch_norm_legit_no_training": batch_norm_of_inference,
    "_batch_norm_with_update": batch_norm_of_training,
    "_weight_norm_interface": weight_norm,
}
