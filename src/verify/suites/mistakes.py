"""The hand-written gradients again, each with one mistake that people really make.

A twin shares forward, example point and form with its right case in ``handwritten``; its ``note`` says what
is wrong and where it shows. A checker is worth something if it accuses every one, at the named input.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.suites.case import Case
from verify.suites.handwritten import (
    CHOSEN,
    COUNTS,
    EPSILON,
    FEATURES,
    LANDMARKS,
    NOISY,
    OUTPUTS,
    PENALTY,
    POPULATION,
    RESPONSES,
    RIGHT,
    SAMPLES,
    SMOOTHING,
    TIMES,
    TOKENS,
    Array,
    attention_fwd,
    gelu_fwd,
)

__all__ = ["WRONG"]


def logistic_loss_half_penalty(w: Array, b: Array) -> Any:
    error = 1 / (1 + np.exp(-(FEATURES @ w + b))) - CHOSEN
    return FEATURES.T @ error / len(CHOSEN) + PENALTY * w, np.mean(error)


def logistic_loss_missing_mean(w: Array, b: Array) -> Any:
    error = 1 / (1 + np.exp(-(FEATURES @ w + b))) - CHOSEN
    return FEATURES.T @ error / len(CHOSEN) + 2 * PENALTY * w, np.sum(error)


def softmax_cross_entropy_label_off_by_one(scores: Array, labels: NDArray[np.int64]) -> Any:
    n, classes = scores.shape
    shifted = scores - np.max(scores, axis=1, keepdims=True)
    e = np.exp(shifted)
    total = np.sum(e, axis=1, keepdims=True)
    value = np.mean(np.log(total[:, 0]) - shifted[np.arange(n), labels])
    return value, (e / total - np.eye(classes)[labels - 1]) / n


def softmax_cross_entropy_missing_mean(scores: Array, labels: NDArray[np.int64]) -> Any:
    n, classes = scores.shape
    shifted = scores - np.max(scores, axis=1, keepdims=True)
    e = np.exp(shifted)
    total = np.sum(e, axis=1, keepdims=True)
    value = np.mean(np.log(total[:, 0]) - shifted[np.arange(n), labels])
    return value, e / total - np.eye(classes)[labels]


def layer_norm_constant_statistics(g: Array, y: Array, x: Array, gamma: Array, beta: Array) -> Any:
    sigma = np.sqrt(np.var(x, axis=1, keepdims=True) + EPSILON)
    xhat = (x - np.mean(x, axis=1, keepdims=True)) / sigma
    return g * gamma / sigma, np.sum(g * xhat, axis=0), np.sum(g, axis=0)


def layer_norm_constant_variance(g: Array, y: Array, x: Array, gamma: Array, beta: Array) -> Any:
    sigma = np.sqrt(np.var(x, axis=1, keepdims=True) + EPSILON)
    xhat = (x - np.mean(x, axis=1, keepdims=True)) / sigma
    h = g * gamma
    return (h - np.mean(h, axis=1, keepdims=True)) / sigma, np.sum(g * xhat, axis=0), np.sum(g, axis=0)


def layer_norm_wrong_axis(g: Array, y: Array, x: Array, gamma: Array, beta: Array) -> Any:
    sigma = np.sqrt(np.var(x, axis=1, keepdims=True) + EPSILON)
    xhat = (x - np.mean(x, axis=1, keepdims=True)) / sigma
    h = g * gamma
    mean_h = np.mean(h, axis=1, keepdims=True)
    dx = (h - mean_h - xhat * np.mean(h * xhat, axis=1, keepdims=True)) / sigma
    return dx, np.sum(g * xhat, axis=0), np.sum(g, axis=1)


def rosenbrock_missing_cross_term(x: Array) -> Any:
    bend = x[1:] - x[:-1] ** 2
    return np.concatenate([-400 * x[:-1] * bend - 2 * (1 - x[:-1]), 200 * bend[-1:]])


def lennard_jones_power_seven(positions: Array) -> Any:
    d = positions[:, None, :] - positions[None, :, :]
    r = np.sqrt(np.sum(d**2, axis=2) + np.eye(positions.shape[0]))
    return np.sum((-24 * (2 * r**-14 - r**-7))[:, :, None] * d, axis=1)


def ridge_residual_sign(w: Array) -> Any:
    residual = RESPONSES - FEATURES @ w
    value = np.mean(residual**2) + PENALTY * np.dot(w, w)
    return value, 2 * FEATURES.T @ residual / len(RESPONSES) + 2 * PENALTY * w


def tanh_network_slope_not_squared(params: dict[str, Array]) -> Any:
    h = np.tanh(FEATURES @ params["w1"] + params["b1"])
    delta = 2 * (h @ params["w2"] + params["b2"] - OUTPUTS) / OUTPUTS.size
    back = delta @ params["w2"].T * (1 - h)
    dw1, db1 = FEATURES.T @ back, np.sum(back, axis=0)
    return {"w1": dw1, "b1": db1, "w2": h.T @ delta, "b2": np.sum(delta, axis=0)}


def tanh_network_bias_mean(params: dict[str, Array]) -> Any:
    h = np.tanh(FEATURES @ params["w1"] + params["b1"])
    delta = 2 * (h @ params["w2"] + params["b2"] - OUTPUTS) / OUTPUTS.size
    back = delta @ params["w2"].T * (1 - h**2)
    dw1, db1 = FEATURES.T @ back, np.mean(back, axis=0)
    return {"w1": dw1, "b1": db1, "w2": h.T @ delta, "b2": np.sum(delta, axis=0)}


def gaussian_nll_sigma_not_log_sigma(mean: Array, log_sigma: Array) -> Any:
    sigma = np.exp(log_sigma)
    z = (SAMPLES - mean) / sigma
    return -np.sum(z, axis=0) / sigma, np.sum(1 - z**2, axis=0) / sigma


def huber_unscaled_tail(prediction: Array, delta: float) -> Any:
    r = prediction - RESPONSES
    return np.where(np.abs(r) <= delta, r, np.sign(r))


def rbf_kernel_sign_of_z(g: Array, y: Array, x: Array, z: Array, length: Array) -> Any:
    d = x[:, None, :] - z[None, :, :]
    c = g * y / length**2
    dx, dz = -np.einsum("ij,ijk->ik", c, d), -np.einsum("ij,ijk->jk", c, d)
    return dx, dz, np.sum(c[:, :, None] * d**2) / length


def rbf_kernel_length_power(g: Array, y: Array, x: Array, z: Array, length: Array) -> Any:
    d = x[:, None, :] - z[None, :, :]
    c = g * y / length**2
    dx, dz = -np.einsum("ij,ijk->ik", c, d), np.einsum("ij,ijk->jk", c, d)
    return dx, dz, np.sum(c[:, :, None] * d**2)


def logistic_growth_y_for_one_minus_y(theta: Array) -> Any:
    capacity, rate, midpoint = theta[0], theta[1], theta[2]
    s = 1 / (1 + np.exp(-rate * (TIMES - midpoint)))
    along_rate = capacity * s * s * (TIMES - midpoint)
    return np.stack([s, along_rate, -capacity * s * (1 - s) * rate], axis=1)


def logistic_growth_subtracted_data(theta: Array) -> Any:
    capacity, rate, midpoint = theta[0], theta[1], theta[2]
    s = 1 / (1 + np.exp(-rate * (TIMES - midpoint)))
    slope = capacity * s * (1 - s)
    return np.stack([s - POPULATION, slope * (TIMES - midpoint), -slope * rate], axis=1)


def cauchy_loss_lost_scale(w: Array) -> Any:
    r = FEATURES @ w - RESPONSES
    return FEATURES.T @ (r / (1 + r**2))


def attention_diagonal_softmax(residuals: Any, g: Array) -> Any:
    q, k, v, p = residuals
    ds = p * (1 - p) * (g @ v.T) / np.sqrt(q.shape[1])
    return ds @ k, ds.T @ q, p.T @ g


def attention_unscaled_keys(residuals: Any, g: Array) -> Any:
    q, k, v, p = residuals
    dp = g @ v.T
    ds = p * (dp - np.sum(p * dp, axis=1, keepdims=True))
    return ds @ k / np.sqrt(q.shape[1]), ds.T @ q, p.T @ g


def weighted_harmonic_mean_constant_total(x: Array, w: Array) -> Any:
    total = np.sum(w / x)
    mean = np.sum(w) / total
    return mean * w / x**2 / total, -mean / x / total


def bilinear_form_swapped(x: Array, a: Array, y: Array) -> Any:
    return a.T @ x, np.outer(x, y), a @ y


def bilinear_form_transposed(x: Array, a: Array, y: Array) -> Any:
    return a @ y, np.outer(y, x), a.T @ x


def cosine_similarity_norm_not_squared(a: Array, b: Array) -> Any:
    aa, bb = np.dot(a, a), np.dot(b, b)
    norms = np.sqrt(aa * bb)
    cosine = np.dot(a, b) / norms
    return b / norms - cosine * a / aa, a / norms - cosine * b / np.sqrt(bb)


def poisson_nll_identity_link(w: Array, b: Array) -> Any:
    eta = FEATURES @ w + b
    error = eta - COUNTS
    return np.mean(np.exp(eta) - COUNTS * eta), (FEATURES.T @ error / len(COUNTS), np.mean(error))


def gelu_rounded_constant(residuals: Any, g: Array) -> Any:
    x, t = residuals
    return g * (0.5 * (1 + t) + 0.5 * x * (1 - t**2) * 0.7978 * (1 + 3 * 0.044715 * x**2))


def gelu_ignores_cotangent(residuals: Any, g: Array) -> Any:
    x, t = residuals
    return 0.5 * (1 + t) + 0.5 * x * (1 - t**2) * np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * x**2)


def range_bearing_range_not_squared(position: Array) -> Any:
    d = LANDMARKS - position
    r = np.hypot(d[:, 0], d[:, 1])[:, None]
    return np.concatenate([-d / r, np.stack([d[:, 1], -d[:, 0]], axis=1) / r])


def total_variation_missing_last_step(x: Array) -> Any:
    step = x[1:] - x[:-1]
    s = PENALTY * step / np.sqrt(step**2 + SMOOTHING)
    return x - NOISY + np.concatenate([-s[:1], s[:-1] - s[1:], np.zeros(1)])


def affine_transposed_weight(g: Array, y: Array, x: Array, w: Array, b: Array) -> Any:
    return g @ w.T, g.T @ x, np.sum(g, axis=0)


def affine_untransposed_weight(g: Array, y: Array, x: Array, w: Array, b: Array) -> Any:
    return g @ w, x.T @ g, np.sum(g, axis=0)


def affine_bias_over_features(g: Array, y: Array, x: Array, w: Array, b: Array) -> Any:
    return g @ w.T, x.T @ g, np.sum(g, axis=1)


def embedding_overwrites(g: Array, y: Array, table: Array) -> Any:
    last_use = [int(np.flatnonzero(row == TOKENS)[-1]) for row in range(table.shape[0])]
    return g[last_use]  # what dtable[TOKENS] = g leaves behind


_RIGHT_BY_ID = {case.id: case for case in RIGHT}


def _twin(
    right: str,
    mistake: str,
    subject: Callable[..., Any],
    wrong_input: str,
    note: str,
    *,
    entries: tuple[tuple[int, ...], ...] | None = None,
    also: tuple[str, ...] = (),
    least_gap: float = 1e-3,
    fwd: Callable[..., Any] | None = None,
) -> Case:
    """The right case with the wrong subject; ``fwd`` makes it the backward half of a pair."""
    return replace(
        _RIGHT_BY_ID[right],
        id=f"{right}/{mistake}",
        subject=subject if fwd is None else (fwd, subject),
        wrong_input=wrong_input,
        wrong_entries=entries,
        also_wrong=also,
        least_gap=least_gap,
        note=note,
    )


WRONG: tuple[Case, ...] = (
    _twin(
        "logistic_loss",
        "half_penalty",
        logistic_loss_half_penalty,
        "w",
        "the penalty's factor 2 is missing: w is off by PENALTY * w",
    ),
    _twin("logistic_loss", "missing_mean", logistic_loss_missing_mean, "b", "1/n is missing: b is n times too large"),
    _twin(
        "softmax_cross_entropy",
        "label_off_by_one",
        softmax_cross_entropy_label_off_by_one,
        "scores",
        "labels counted from 1: the -1 sits in the wrong class, two entries a row",
        entries=((0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1), (3, 1), (3, 2)),
    ),
    _twin(
        "softmax_cross_entropy",
        "missing_mean",
        softmax_cross_entropy_missing_mean,
        "scores",
        "1/n is missing: every entry is n times too large",
    ),
    _twin(
        "layer_norm",
        "constant_statistics",
        layer_norm_constant_statistics,
        "x",
        "mean and variance are treated as constants: all of x",
    ),
    _twin(
        "layer_norm",
        "constant_variance",
        layer_norm_constant_variance,
        "x",
        "the path through the variance is missing: all of x",
    ),
    _twin(
        "layer_norm",
        "wrong_axis",
        layer_norm_wrong_axis,
        "beta",
        "summed over features where the batch was meant: beta, and its shape is right only as both are 4",
    ),
    _twin(
        "rosenbrock",
        "missing_cross_term",
        rosenbrock_missing_cross_term,
        "x",
        "the term 200 (x[i] - x[i-1]**2) is missing inside: first and last entry are right",
        entries=((1,), (2,), (3,)),
    ),
    _twin(
        "lennard_jones",
        "power_seven",
        lennard_jones_power_seven,
        "positions",
        "r**-7 where the unnormalised direction needs r**-8: the attraction of every particle",
    ),
    _twin(
        "ridge",
        "residual_sign",
        ridge_residual_sign,
        "w",
        "residual taken as y - Xw without the minus it brings: the data term of w",
    ),
    _twin(
        "tanh_network",
        "slope_not_squared",
        tanh_network_slope_not_squared,
        "params['w1']",
        "tanh' taken as 1 - y: everything below the hidden layer",
        also=("params['b1']",),
    ),
    _twin(
        "tanh_network",
        "bias_mean",
        tanh_network_bias_mean,
        "params['b1']",
        "mean over the batch where the loss already divides: b1 is n times too small",
    ),
    _twin(
        "gaussian_nll",
        "sigma_not_log_sigma",
        gaussian_nll_sigma_not_log_sigma,
        "log_sigma",
        "derivative by sigma, the factor sigma of the logarithm forgotten: log_sigma",
    ),
    _twin(
        "huber",
        "unscaled_tail",
        huber_unscaled_tail,
        "prediction",
        "delta is missing in the linear branch: the three entries beyond delta",
        entries=((1,), (3,), (5,)),
    ),
    _twin("rbf_kernel", "sign_of_z", rbf_kernel_sign_of_z, "z", "sign copied from x: z points the other way"),
    _twin(
        "rbf_kernel",
        "length_power",
        rbf_kernel_length_power,
        "length",
        "length**2 where length**3 belongs: length is off by the factor length",
    ),
    _twin(
        "logistic_growth",
        "y_for_one_minus_y",
        logistic_growth_y_for_one_minus_y,
        "theta",
        "s * s where s * (1 - s) belongs: the column of the rate",
        entries=((1,),),
    ),
    _twin(
        "logistic_growth",
        "subtracted_data",
        logistic_growth_subtracted_data,
        "theta",
        "the data is subtracted from the derivative as well: the column of the capacity",
        entries=((0,),),
    ),
    _twin("cauchy_loss", "lost_scale", cauchy_loss_lost_scale, "w", "SCALE is lost in the denominator: all of w"),
    _twin(
        "attention",
        "diagonal_softmax",
        attention_diagonal_softmax,
        "q",
        "only the diagonal of softmax's Jacobian: q and k",
        also=("k",),
        fwd=attention_fwd,
    ),
    _twin(
        "attention",
        "unscaled_keys",
        attention_unscaled_keys,
        "k",
        "1/sqrt(d) is missing for the keys: k is sqrt(d) times too large",
        fwd=attention_fwd,
    ),
    _twin(
        "weighted_harmonic_mean",
        "constant_total",
        weighted_harmonic_mean_constant_total,
        "w",
        "the weights' sum in the numerator is taken as constant: all of w",
    ),
    _twin(
        "bilinear_form",
        "swapped",
        bilinear_form_swapped,
        "x",
        "the gradients of x and y are returned in each other's place",
        also=("y",),
    ),
    _twin(
        "bilinear_form",
        "transposed",
        bilinear_form_transposed,
        "a",
        "outer(y, x) for outer(x, y): all of a but its diagonal",
        entries=((0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)),
    ),
    _twin(
        "cosine_similarity",
        "norm_not_squared",
        cosine_similarity_norm_not_squared,
        "b",
        "|b| where |b|**2 belongs: all of b",
    ),
    _twin(
        "poisson_nll",
        "identity_link",
        poisson_nll_identity_link,
        "w",
        "eta where exp(eta) belongs: w and b",
        also=("b",),
    ),
    _twin(
        "gelu",
        "rounded_constant",
        gelu_rounded_constant,
        "x",
        "sqrt(2/pi) rounded to 0.7978 in the backward only: off by about one part in 100,000",
        least_gap=1e-6,
        fwd=gelu_fwd,
    ),
    _twin(
        "gelu",
        "ignores_cotangent",
        gelu_ignores_cotangent,
        "x",
        "g is never used: right for a cotangent of ones, wrong for every other",
        fwd=gelu_fwd,
    ),
    _twin(
        "range_bearing",
        "range_not_squared",
        range_bearing_range_not_squared,
        "position",
        "r where r**2 belongs in the bearings: the lower half of the Jacobian",
    ),
    _twin(
        "total_variation",
        "missing_last_step",
        total_variation_missing_last_step,
        "x",
        "the last step does not reach its right end: one entry, the last",
        entries=((6,),),
    ),
    _twin(
        "affine",
        "transposed_weight",
        affine_transposed_weight,
        "w",
        "g'x for x'g: w is transposed, and its shape is right only as it is square",
        entries=((0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)),
    ),
    _twin(
        "affine",
        "untransposed_weight",
        affine_untransposed_weight,
        "x",
        "g w for g w': all of x, and its shape is right only as w is square",
    ),
    _twin(
        "affine",
        "bias_over_features",
        affine_bias_over_features,
        "b",
        "summed over features where the batch was meant: b, and its shape is right only as both are 3",
    ),
    _twin(
        "embedding",
        "overwrites",
        embedding_overwrites,
        "table",
        "assigned where repeats must be added: the rows of tokens 0 and 2",
        entries=tuple((row, column) for row in (0, 2) for column in range(4)),
    ),
)
