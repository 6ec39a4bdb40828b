"""Gradients that NumPy users write by hand, all of them right.

Every forward is ordinary array code that knows nothing of differentiation, and is followed by its gradient
as one would write it on paper. Data that is not differentiated is a constant of this module or a keyword.
The wrong twins are in ``mistakes``. Example: ``{case.id: case for case in RIGHT}["rosenbrock"].subject``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.suites.case import Case

Array = NDArray[np.float64]


def _draw(seed: int, *shape: int, low: float = -1.5, high: float = 1.5) -> Array:
    """Numbers with three decimals, so that a report shows the whole input."""
    return np.round(np.random.default_rng(seed).uniform(low, high, shape), 3)


FEATURES = _draw(1, 6, 3)
RESPONSES = _draw(2, 6)
CHOSEN = np.array([1.0, 0.0, 1.0, 1.0, 0.0, 0.0])
COUNTS = np.array([0.0, 3.0, 1.0, 2.0, 0.0, 5.0])
OUTPUTS = _draw(3, 6, 2)
SAMPLES = _draw(4, 5, 3)
NOISY = _draw(5, 7)
TIMES = np.array([0.5, 1.0, 2.0, 3.5, 5.0, 7.0])
POPULATION = np.array([0.61, 0.83, 1.37, 2.29, 2.71, 2.94])
LANDMARKS = np.array([[2.1, 0.7], [-1.3, 1.9], [0.4, -2.6]])
TOKENS = np.array([2, 0, 1, 2, 0])
LABELS = np.array([2, 0, 1, 2])
PENALTY = 0.3
SCALE = 1.7
SMOOTHING = 0.05
EPSILON = 1e-5
ROOT_TWO_OVER_PI = np.sqrt(2 / np.pi)


def logistic_loss(w: Array, b: Array) -> Any:
    """Mean log loss of a linear classifier, plus PENALTY times the squared norm of w."""
    z = FEATURES @ w + b
    return np.mean(np.logaddexp(0.0, z) - CHOSEN * z) + PENALTY * np.sum(w**2)


def logistic_loss_gradient(w: Array, b: Array) -> Any:
    error = 1 / (1 + np.exp(-(FEATURES @ w + b))) - CHOSEN
    return FEATURES.T @ error / len(CHOSEN) + 2 * PENALTY * w, np.mean(error)


def softmax_cross_entropy(scores: Array, labels: NDArray[np.int64]) -> Any:
    """Mean of log(sum(exp(row))) minus the score of the row's label."""
    shifted = scores - np.max(scores, axis=1, keepdims=True)
    log_total = np.log(np.sum(np.exp(shifted), axis=1))
    return np.mean(log_total - shifted[np.arange(len(labels)), labels])


def softmax_cross_entropy_and_gradient(scores: Array, labels: NDArray[np.int64]) -> Any:
    n, classes = scores.shape
    shifted = scores - np.max(scores, axis=1, keepdims=True)
    e = np.exp(shifted)
    total = np.sum(e, axis=1, keepdims=True)
    value = np.mean(np.log(total[:, 0]) - shifted[np.arange(n), labels])
    return value, (e / total - np.eye(classes)[labels]) / n


def layer_norm(x: Array, gamma: Array, beta: Array) -> Any:
    """Each row to mean 0 and variance 1, then scaled by gamma and moved by beta."""
    centred = x - np.mean(x, axis=1, keepdims=True)
    return gamma * centred / np.sqrt(np.var(x, axis=1, keepdims=True) + EPSILON) + beta


def layer_norm_backward(g: Array, y: Array, x: Array, gamma: Array, beta: Array) -> Any:
    sigma = np.sqrt(np.var(x, axis=1, keepdims=True) + EPSILON)
    xhat = (x - np.mean(x, axis=1, keepdims=True)) / sigma
    h = g * gamma
    mean_h = np.mean(h, axis=1, keepdims=True)
    dx = (h - mean_h - xhat * np.mean(h * xhat, axis=1, keepdims=True)) / sigma
    return dx, np.sum(g * xhat, axis=0), np.sum(g, axis=0)


def rosenbrock(x: Array) -> Any:
    """The banana valley in n dimensions."""
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def rosenbrock_gradient(x: Array) -> Any:
    bend = x[1:] - x[:-1] ** 2
    along = -400 * x[:-1] * bend - 2 * (1 - x[:-1])
    return np.concatenate([along, np.zeros(1)]) + np.concatenate([np.zeros(1), 200 * bend])


def lennard_jones(positions: Array) -> Any:
    """Sum of 4 (r**-12 - r**-6) over all pairs of particles."""
    first, second = np.triu_indices(positions.shape[0], 1)
    r2 = np.sum((positions[first] - positions[second]) ** 2, axis=1)
    return 4 * np.sum(r2**-6 - r2**-3)


def lennard_jones_gradient(positions: Array) -> Any:
    d = positions[:, None, :] - positions[None, :, :]
    r = np.sqrt(np.sum(d**2, axis=2) + np.eye(positions.shape[0]))  # 1, not 0, for a particle and itself
    return np.sum((-24 * (2 * r**-14 - r**-8))[:, :, None] * d, axis=1)


def ridge(w: Array) -> Any:
    """Mean squared error of a linear model, plus PENALTY times the squared norm of w."""
    return np.mean((FEATURES @ w - RESPONSES) ** 2) + PENALTY * np.dot(w, w)


def ridge_and_gradient(w: Array) -> Any:
    residual = FEATURES @ w - RESPONSES
    value = np.mean(residual**2) + PENALTY * np.dot(w, w)
    return value, 2 * FEATURES.T @ residual / len(RESPONSES) + 2 * PENALTY * w


def tanh_network(params: dict[str, Array]) -> Any:
    """Mean squared error of a network with one hidden layer of tanh."""
    h = np.tanh(FEATURES @ params["w1"] + params["b1"])
    return np.mean((h @ params["w2"] + params["b2"] - OUTPUTS) ** 2)


def tanh_network_gradient(params: dict[str, Array]) -> Any:
    h = np.tanh(FEATURES @ params["w1"] + params["b1"])
    delta = 2 * (h @ params["w2"] + params["b2"] - OUTPUTS) / OUTPUTS.size
    back = delta @ params["w2"].T * (1 - h**2)
    dw1, db1 = FEATURES.T @ back, np.sum(back, axis=0)
    return {"w1": dw1, "b1": db1, "w2": h.T @ delta, "b2": np.sum(delta, axis=0)}


def gaussian_nll(mean: Array, log_sigma: Array) -> Any:
    """Negative log-likelihood of SAMPLES under independent normal distributions."""
    z = (SAMPLES - mean) / np.exp(log_sigma)
    return np.sum(0.5 * z**2 + log_sigma + 0.5 * np.log(2 * np.pi))


def gaussian_nll_gradient(mean: Array, log_sigma: Array) -> Any:
    z = (SAMPLES - mean) / np.exp(log_sigma)
    return -np.sum(z, axis=0) / np.exp(log_sigma), np.sum(1 - z**2, axis=0)


def huber(prediction: Array, delta: float) -> Any:
    """Quadratic within delta of RESPONSES, linear beyond."""
    r = np.abs(prediction - RESPONSES)
    return np.sum(np.where(r <= delta, 0.5 * r**2, delta * (r - 0.5 * delta)))


def huber_gradient(prediction: Array, delta: float) -> Any:
    r = prediction - RESPONSES
    return np.where(np.abs(r) <= delta, r, delta * np.sign(r))


def rbf_kernel(x: Array, z: Array, length: Array) -> Any:
    """exp(-|x_i - z_j|**2 / (2 length**2)) for all pairs."""
    d = x[:, None, :] - z[None, :, :]
    return np.exp(-np.einsum("ijk,ijk->ij", d, d) / (2 * length**2))


def rbf_kernel_backward(g: Array, y: Array, x: Array, z: Array, length: Array) -> Any:
    d = x[:, None, :] - z[None, :, :]
    c = g * y / length**2
    dx, dz = -np.einsum("ij,ijk->ik", c, d), np.einsum("ij,ijk->jk", c, d)
    return dx, dz, np.sum(c[:, :, None] * d**2) / length


def logistic_growth(theta: Array) -> Any:
    """Residuals of capacity / (1 + exp(-rate (t - midpoint))) against POPULATION."""
    capacity, rate, midpoint = theta[0], theta[1], theta[2]
    return capacity / (1 + np.exp(-rate * (TIMES - midpoint))) - POPULATION


def logistic_growth_jacobian(theta: Array) -> Any:
    capacity, rate, midpoint = theta[0], theta[1], theta[2]
    s = 1 / (1 + np.exp(-rate * (TIMES - midpoint)))
    slope = capacity * s * (1 - s)
    return np.stack([s, slope * (TIMES - midpoint), -slope * rate], axis=1)


def cauchy_loss(w: Array) -> Any:
    """Robust regression: SCALE**2 / 2 times the sum of log(1 + (residual / SCALE)**2)."""
    return SCALE**2 / 2 * np.sum(np.log1p(((FEATURES @ w - RESPONSES) / SCALE) ** 2))


def cauchy_loss_gradient(w: Array) -> Any:
    r = FEATURES @ w - RESPONSES
    return FEATURES.T @ (r / (1 + (r / SCALE) ** 2))


def attention(q: Array, k: Array, v: Array) -> Any:
    """softmax(q k' / sqrt(d)) v, row by row."""
    scores = q @ k.T / np.sqrt(q.shape[1])
    e = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    return e / np.sum(e, axis=1, keepdims=True) @ v


def attention_fwd(q: Array, k: Array, v: Array) -> Any:
    scores = q @ k.T / np.sqrt(q.shape[1])
    e = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    p = e / np.sum(e, axis=1, keepdims=True)
    return p @ v, (q, k, v, p)


def attention_bwd(residuals: Any, g: Array) -> Any:
    q, k, v, p = residuals
    dp = g @ v.T
    ds = p * (dp - np.sum(p * dp, axis=1, keepdims=True)) / np.sqrt(q.shape[1])
    return ds @ k, ds.T @ q, p.T @ g


def weighted_harmonic_mean(x: Array, w: Array) -> Any:
    """sum(w) / sum(w / x)."""
    return np.sum(w) / np.sum(w / x)


def weighted_harmonic_mean_gradient(x: Array, w: Array) -> Any:
    total = np.sum(w / x)
    mean = np.sum(w) / total
    return mean * w / x**2 / total, (1 - mean / x) / total


def bilinear_form(x: Array, a: Array, y: Array) -> Any:
    """x' a y."""
    return x @ a @ y


def bilinear_form_gradient(x: Array, a: Array, y: Array) -> Any:
    return a @ y, np.outer(x, y), a.T @ x


def cosine_similarity(a: Array, b: Array) -> Any:
    """a'b / (|a| |b|)."""
    return np.dot(a, b) / (np.sqrt(np.sum(a**2)) * np.sqrt(np.sum(b**2)))


def cosine_similarity_gradient(a: Array, b: Array) -> Any:
    aa, bb = np.dot(a, a), np.dot(b, b)
    norms = np.sqrt(aa * bb)
    cosine = np.dot(a, b) / norms
    return b / norms - cosine * a / aa, a / norms - cosine * b / bb


def poisson_nll(w: Array, b: Array) -> Any:
    """Mean negative log-likelihood of COUNTS with a log link, without the constant log(count!)."""
    eta = FEATURES @ w + b
    return np.mean(np.exp(eta) - COUNTS * eta)


def poisson_nll_and_gradient(w: Array, b: Array) -> Any:
    eta = FEATURES @ w + b
    error = np.exp(eta) - COUNTS
    return np.mean(np.exp(eta) - COUNTS * eta), (FEATURES.T @ error / len(COUNTS), np.mean(error))


def gelu(x: Array) -> Any:
    """The tanh approximation of x times the normal distribution function."""
    return 0.5 * x * (1 + np.tanh(ROOT_TWO_OVER_PI * (x + 0.044715 * x**3)))


def gelu_fwd(x: Array) -> Any:
    t = np.tanh(ROOT_TWO_OVER_PI * (x + 0.044715 * x**3))
    return 0.5 * x * (1 + t), (x, t)


def gelu_bwd(residuals: Any, g: Array) -> Any:
    x, t = residuals
    return g * (0.5 * (1 + t) + 0.5 * x * (1 - t**2) * ROOT_TWO_OVER_PI * (1 + 3 * 0.044715 * x**2))


def range_bearing(position: Array) -> Any:
    """Distances to LANDMARKS, then the angles under which they are seen."""
    d = LANDMARKS - position
    return np.concatenate([np.hypot(d[:, 0], d[:, 1]), np.arctan2(d[:, 1], d[:, 0])])


def range_bearing_jacobian(position: Array) -> Any:
    d = LANDMARKS - position
    r2 = np.sum(d**2, axis=1, keepdims=True)
    return np.concatenate([-d / np.sqrt(r2), np.stack([d[:, 1], -d[:, 0]], axis=1) / r2])


def total_variation(x: Array) -> Any:
    """Squared distance to NOISY, plus PENALTY times the smoothed sum of the steps of x."""
    return 0.5 * np.sum((x - NOISY) ** 2) + PENALTY * np.sum(np.sqrt((x[1:] - x[:-1]) ** 2 + SMOOTHING))


def total_variation_gradient(x: Array) -> Any:
    step = x[1:] - x[:-1]
    s = PENALTY * step / np.sqrt(step**2 + SMOOTHING)
    return x - NOISY + np.concatenate([-s[:1], s[:-1] - s[1:], s[-1:]])


def affine(x: Array, w: Array, b: Array) -> Any:
    """x w + b for a batch of rows."""
    return x @ w + b


def affine_backward(g: Array, y: Array, x: Array, w: Array, b: Array) -> Any:
    return g @ w.T, x.T @ g, np.sum(g, axis=0)


def embedding(table: Array) -> Any:
    """One row of the table for each of TOKENS, some of which repeat."""
    return table[TOKENS]


def embedding_backward(g: Array, y: Array, table: Array) -> Any:
    return np.eye(table.shape[0])[TOKENS].T @ g


_PARAMS = {"w1": _draw(20, 3, 4), "b1": _draw(21, 4), "w2": _draw(22, 4, 2), "b2": _draw(23, 2)}
_PARTICLES = np.array([[0.0, 0.1, -0.2], [1.15, 0.05, 0.12], [0.48, 1.07, -0.09], [0.55, 0.36, 1.02], [1.3, 1.2, 0.9]])
_PREDICTION = RESPONSES + np.array([0.31, -1.24, 0.52, 1.63, -0.17, -0.93])  # three inside 0.7, three outside
_BATCH = (_draw(40, 4, 4), _draw(41, 4), _draw(42, 4))

RIGHT: tuple[Case, ...] = (
    Case(
        "logistic_loss",
        "logistic loss with an L2 penalty",
        logistic_loss,
        (_draw(10, 3), np.array(0.37)),
        "gradient",
        logistic_loss_gradient,
    ),
    Case(
        "softmax_cross_entropy",
        "softmax cross-entropy with integer labels",
        softmax_cross_entropy,
        (_draw(11, 4, 3),),
        "value_and_gradient",
        softmax_cross_entropy_and_gradient,
        {"labels": LABELS},
    ),
    Case("layer_norm", "layer norm", layer_norm, _BATCH, "vjp", layer_norm_backward),
    Case(
        "rosenbrock",
        "Rosenbrock function in 5 dimensions",
        rosenbrock,
        (_draw(12, 5),),
        "gradient",
        rosenbrock_gradient,
    ),
    Case(
        "lennard_jones",
        "Lennard-Jones energy of 5 particles",
        lennard_jones,
        (_PARTICLES,),
        "gradient",
        lennard_jones_gradient,
    ),
    Case("ridge", "ridge regression", ridge, (_draw(13, 3),), "value_and_gradient", ridge_and_gradient),
    Case("tanh_network", "two-layer tanh network", tanh_network, (_PARAMS,), "gradient", tanh_network_gradient),
    Case(
        "gaussian_nll",
        "Gaussian likelihood with log-sigma",
        gaussian_nll,
        (_draw(14, 3), _draw(15, 3)),
        "gradient",
        gaussian_nll_gradient,
    ),
    Case("huber", "Huber loss", huber, (_PREDICTION,), "gradient", huber_gradient, {"delta": 0.7}),
    Case(
        "rbf_kernel",
        "Gaussian kernel matrix",
        rbf_kernel,
        (_draw(16, 4, 2), _draw(17, 3, 2), np.array(1.3)),
        "vjp",
        rbf_kernel_backward,
    ),
    Case(
        "logistic_growth",
        "residuals of logistic growth",
        logistic_growth,
        (np.array([3.1, 0.9, 2.2]),),
        "jacobian",
        logistic_growth_jacobian,
    ),
    Case(
        "cauchy_loss", "Cauchy loss of a linear model", cauchy_loss, (_draw(18, 3),), "gradient", cauchy_loss_gradient
    ),
    Case(
        "attention",
        "softmax attention",
        attention,
        (_draw(24, 3, 4), _draw(25, 5, 4), _draw(26, 5, 2)),
        "vjp",
        (attention_fwd, attention_bwd),
    ),
    Case(
        "weighted_harmonic_mean",
        "weighted harmonic mean",
        weighted_harmonic_mean,
        (_draw(27, 4, low=0.5, high=3), _draw(28, 4, low=0.2, high=2)),
        "gradient",
        weighted_harmonic_mean_gradient,
    ),
    Case(
        "bilinear_form",
        "bilinear form",
        bilinear_form,
        (_draw(29, 3), _draw(30, 3, 3), _draw(31, 3)),
        "gradient",
        bilinear_form_gradient,
    ),
    Case(
        "cosine_similarity",
        "cosine similarity",
        cosine_similarity,
        (_draw(32, 4), _draw(33, 4)),
        "gradient",
        cosine_similarity_gradient,
    ),
    Case(
        "poisson_nll",
        "Poisson regression",
        poisson_nll,
        (_draw(34, 3), np.array(-0.21)),
        "value_and_gradient",
        poisson_nll_and_gradient,
    ),
    Case("gelu", "GELU, tanh form", gelu, (_draw(35, 2, 4),), "vjp", (gelu_fwd, gelu_bwd)),
    Case(
        "range_bearing",
        "range and bearing to landmarks",
        range_bearing,
        (np.array([0.3, -0.45]),),
        "jacobian",
        range_bearing_jacobian,
    ),
    Case(
        "total_variation",
        "total variation denoising",
        total_variation,
        (_draw(36, 7),),
        "gradient",
        total_variation_gradient,
    ),
    Case(
        "affine",
        "affine layer with a square batch",
        affine,
        (_draw(37, 3, 3), _draw(38, 3, 3), _draw(39, 3)),
        "vjp",
        affine_backward,
    ),
    Case("embedding", "lookup of rows in a table", embedding, (_draw(43, 3, 4),), "vjp", embedding_backward),
)
