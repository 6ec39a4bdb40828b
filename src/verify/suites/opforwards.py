"""What the planted ops stand for: a forward in plain NumPy, and a point, for each; those of both frameworks share them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import ad
from verify.suites.opcase import OpCase, Slip

EPS = 1e-3  # of the norms: large enough to count at the points below
SMOOTHING = 0.1  # of labels
PINCH = 2.0  # the exponent of the focal loss
FALL = 0.5  # where Huber's parabola ends
SHARP = 2.0  # beta of softplus
TRUNCATED = 5.0  # the slope of the truncated exponential stops growing here
REVERSAL = 0.5  # the factor of the reversed gradient
LEVELS = 3.0  # quantised values lie between -3 and 3 steps
KEPT = 0.75  # of the entries survive dropout
ROOT_TWO_OVER_PI = np.sqrt(2 / np.pi)
CUBIC = 0.044715  # of GELU's approximation by tanh


@dataclass(frozen=True, eq=False)
class Forward:
    """A function of arrays, the example point, and the positions of what is differentiated (None: all that floats)."""

    function: Callable[..., Any]
    xs: tuple[Any, ...]
    wrt: tuple[int, ...] | None = None


def _draw(seed: int, *shape: int, low: float = -2.0, high: float = 2.0) -> Any:
    """Multiples of 1/64: below 4 in size every dtype holds them, so that all see one point."""
    return np.round(np.random.default_rng(seed).uniform(low, high, shape) * 64) / 64


def _stop(x: Any) -> Any:
    return ad.stop_gradient(x)


def sigmoid(x: Any) -> Any:
    return np.exp(-np.logaddexp(0.0, -x))


def softmax(x: Any) -> Any:
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def logsumexp(x: Any) -> Any:
    m = np.max(x, axis=-1, keepdims=True)
    return (m + np.log(np.sum(np.exp(x - m), axis=-1, keepdims=True)))[..., 0]


def log_softmax(x: Any) -> Any:
    return x - logsumexp(x)[..., None]


def normalised(x: Any, axis: Any) -> Any:
    """To mean 0 and variance 1 along axes."""
    centred = x - np.mean(x, axis=axis, keepdims=True)
    return centred / np.sqrt(np.mean(centred * centred, axis=axis, keepdims=True) + EPS)


def group_norm(x: Any) -> Any:
    """Channels in two groups."""
    return np.reshape(normalised(np.reshape(x, (x.shape[0], 2, -1)), 2), x.shape)


def label_smoothing(scores: Any, labels: Any) -> Any:
    n, classes = scores.shape
    wanted = (1 - SMOOTHING) * np.eye(classes)[labels] + SMOOTHING / classes
    return -np.sum(wanted * log_softmax(scores)) / n


def focal(scores: Any, labels: Any) -> Any:
    n = scores.shape[0]
    log_p = log_softmax(scores)[np.arange(n), labels]
    return -np.sum((1 - np.exp(log_p)) ** PINCH * log_p) / n


def binary_cross_entropy(z: Any, target: Any, weight: Any) -> Any:
    """With a weight on the positive class."""
    return np.mean(weight * target * np.logaddexp(0.0, -z) + (1 - target) * np.logaddexp(0.0, z))


def gelu_tanh(x: Any) -> Any:
    return 0.5 * x * (1 + np.tanh(ROOT_TWO_OVER_PI * (x + CUBIC * x**3)))


def gelu(x: Any) -> Any:
    return 0.5 * x * (1 + ad.scipy.special.erf(x / np.sqrt(2.0)))


def huber(x: Any) -> Any:
    return np.where(np.abs(x) <= FALL, 0.5 * x * x, FALL * (np.abs(x) - 0.5 * FALL))


def truncated_exp(x: Any) -> Any:
    """exp, whose slope is declared not to grow beyond TRUNCATED."""
    here = _stop(x)
    return np.exp(here) + np.exp(np.minimum(here, TRUNCATED)) * (x - here)


def straight_through(x: Any) -> Any:
    """Rounded, with the slope of the identity."""
    return x + _stop(np.round(x) - x)


def reversal(x: Any) -> Any:
    """The identity, with the slope -REVERSAL."""
    return _stop(x) - REVERSAL * (x - _stop(x))


def quantised(x: Any, step: Any) -> Any:
    """Whole steps from -LEVELS to LEVELS: rounding is straight through, the step is learnt."""
    v = np.clip(x / step, -LEVELS, LEVELS)
    return (v + _stop(np.round(v) - v)) * step


def cosine(a: Any, b: Any) -> Any:
    return np.sum(a * b, axis=-1) / np.sqrt(np.sum(a * a, axis=-1) * np.sum(b * b, axis=-1))


def attention(q: Any, k: Any, v: Any) -> Any:
    return softmax(q @ k.T / np.sqrt(q.shape[-1])) @ v


def rotary(x: Any, angle: Any) -> Any:
    """Pairs of features turned by an angle for each position."""
    c, s = np.cos(angle), np.sin(angle)
    a, b = x[:, ::2], x[:, 1::2]
    return np.concatenate([a * c - b * s, a * s + b * c], axis=1)


def convolution(x: Any, w: Any) -> Any:
    """(channels, length) by (outputs, channels, 3), padded so that the length stays."""
    padded = np.concatenate([0 * x[:, :1], x, 0 * x[:, :1]], axis=1)
    n = x.shape[1]
    windows = np.stack([padded[:, k : k + n] for k in range(3)])
    return np.einsum("ock,kcn->on", w, windows)


def swiglu(x: Any, w: Any, v: Any) -> Any:
    a = x @ w
    return a * sigmoid(a) * (x @ v)


def squared_distances(a: Any, b: Any) -> Any:
    return np.sum((a[:, None, :] - b[None, :, :]) ** 2, axis=2)


def middle(x: Any) -> Any:
    """The quantile 0.3 of each row of 6: between the second and the third smallest."""
    ranked = np.sort(x, axis=-1)
    return 0.5 * ranked[:, 1] + 0.5 * ranked[:, 2]


def power(x: Any) -> Any:
    return x * np.sqrt(x)


TABLE = _draw(31, 5, 3)
SQUARE = _draw(32, 4, 4) + 4 * np.eye(4)
LABELS = np.array([2, 0, 1, 2])
REPEATED = np.array([1, 0, 1, 3, 1])
TAIL = np.array([-7.0, -2.0, -0.5, 0.25, 1.5, 7.0])
WIDE = np.array([-20.0, -1.5, -0.25, 0.5, 2.0, 20.0])
LONG = _draw(33, 300)
LONGER = _draw(34, 600)
ROWS = _draw(35, 4, 4)
SIX = _draw(36, 3, 6)
GATHERED = np.array([[0, 0, 3], [2, 5, 2], [4, 1, 4]])
MASK = np.array([[1, 0, 1, 1], [1, 1, 1, 0], [0, 1, 1, 1]], dtype=bool)

FORWARDS: dict[str, Forward] = {
    "tanh": Forward(np.tanh, (TAIL,)),
    "sigmoid": Forward(sigmoid, (_draw(1, 5),)),
    "softplus": Forward(lambda x: np.logaddexp(0.0, SHARP * x) / SHARP, (_draw(2, 5),)),
    "gelu by tanh": Forward(gelu_tanh, (_draw(3, 5),)),
    "gelu": Forward(gelu, (_draw(4, 5),)),
    "silu": Forward(lambda x: x * sigmoid(x), (_draw(5, 5),)),
    "mish": Forward(lambda x: x * np.tanh(np.logaddexp(0.0, x)), (_draw(6, 5),)),
    "elu": Forward(lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0.0))), (_draw(7, 6),)),
    "huber": Forward(huber, (np.array([-2.0, -0.25, 0.125, 1.5]),)),
    "sine scaled down": Forward(lambda x: 1e-6 * np.sin(x), (_draw(8, 4),)),
    "exp": Forward(np.exp, (_draw(9, 4),)),
    "sine of 300": Forward(np.sin, (LONG,)),
    "sine of 600": Forward(np.sin, (LONGER,)),
    "log near 0": Forward(np.log, (np.array([1e-5, 0.5, 2.0]),)),
    "square far out": Forward(lambda x: x * x, (np.array([1e9, -3e8, 0.5]),)),
    "relu": Forward(lambda x: np.maximum(x, 0.0), (np.array([-1.5, 0.0, 0.75]),)),
    "clamp": Forward(lambda x: np.clip(x, -1.0, 1.0), (np.array([-1.75, -0.5, 0.25, 1.5]),)),
    "power 3/2 at 0": Forward(power, (np.array([0.0, 0.5, 2.0]),)),
    "bounded square": Forward(lambda x: x * x / (1 + x * x), (np.array([-0.5, 0.75, 30.0]),)),
    "sinh": Forward(np.sinh, (_draw(63, 4),)),
    "cube": Forward(lambda x: x * x * x, (_draw(10, 4),)),
    "product": Forward(lambda x, y: x * y, (_draw(11, 4), _draw(12, 4))),
    "sum": Forward(lambda x, y: x + y, (_draw(13, 4), _draw(14, 4))),
    "sine and cosine": Forward(lambda x: (np.sin(x), np.cos(x)), (_draw(15, 4),)),
    "truncated exp": Forward(truncated_exp, (np.array([-1.5, 0.5, 8.0]),)),
    "straight-through rounding": Forward(straight_through, (np.array([-1.75, 0.25, 1.125]),)),
    "gradient reversal": Forward(reversal, (_draw(16, 4),)),
    "learnt quantisation": Forward(quantised, (np.array([-2.5, -0.625, 0.375, 1.125, 3.0]), np.array(0.5))),
    "dropout": Forward(lambda x, mask: x * mask / KEPT, (_draw(17, 3, 4), MASK)),
    "softmax": Forward(softmax, (ROWS,)),
    "log softmax": Forward(log_softmax, (ROWS,)),
    "logsumexp": Forward(logsumexp, (ROWS,)),
    "label smoothing": Forward(label_smoothing, (_draw(18, 4, 3), LABELS)),
    "focal loss": Forward(focal, (_draw(19, 4, 3), LABELS)),
    "binary cross-entropy": Forward(
        binary_cross_entropy, (_draw(20, 5), np.array([1.0, 0.0, 1.0, 0.0, 1.0]), np.array(3.0)), wrt=(0,)
    ),
    "cosine similarity": Forward(cosine, (_draw(21, 3, 4), _draw(22, 3, 4))),
    "unit length": Forward(lambda x: x / np.sqrt(np.sum(x * x, axis=-1, keepdims=True) + EPS), (_draw(23, 2, 3) / 64,)),
    "length at 0": Forward(lambda x: np.sqrt(np.sum(x * x)), (np.zeros(3),)),
    "layer norm": Forward(lambda x, w, b: normalised(x, -1) * w + b, (_draw(24, 4, 4), _draw(25, 4), _draw(26, 4))),
    "rms norm": Forward(
        lambda x, w: x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + EPS) * w, (_draw(27, 3, 4), _draw(28, 4))
    ),
    "group norm": Forward(group_norm, (_draw(29, 2, 4, 3),)),
    "batch norm": Forward(lambda x: normalised(x, 0), (_draw(30, 5, 3),)),
    "linear": Forward(lambda x, w, b: x @ w.T + b, (_draw(41, 4, 3), _draw(42, 3, 3), _draw(43, 3))),
    "matrix product": Forward(lambda a, b: a @ b, (_draw(44, 3, 3), _draw(45, 3, 3))),
    "bias over channels": Forward(lambda x, b: x + b[:, None], (_draw(46, 2, 3, 3), _draw(47, 3))),
    "attention": Forward(attention, (_draw(48, 3, 4), _draw(49, 3, 4), _draw(50, 3, 4))),
    "convolution": Forward(convolution, (_draw(51, 2, 5), _draw(52, 2, 2, 3))),
    "swiglu": Forward(swiglu, (_draw(53, 3, 3), _draw(54, 3, 3), _draw(55, 3, 3))),
    "inverse": Forward(lambda a: np.linalg.inv(a), (SQUARE,)),
    "solve": Forward(lambda a, b: np.linalg.solve(a, b), (SQUARE, _draw(56, 4, 2))),
    "log determinant": Forward(lambda a: np.linalg.slogdet(a)[1], (SQUARE,)),
    "squared distances": Forward(squared_distances, (_draw(57, 3, 2), _draw(58, 3, 2))),
    "cumulative sum": Forward(lambda x: np.cumsum(x), (_draw(59, 6),)),
    "embedding": Forward(lambda table, ids: table[ids], (TABLE, REPEATED)),
    "gather": Forward(lambda x, at: np.take_along_axis(x, at, axis=1), (SIX, GATHERED)),
    "sort": Forward(lambda x: np.sort(x), (_draw(60, 6),)),
    "quantile": Forward(middle, (SIX,)),
    "largest": Forward(lambda x: np.max(x, axis=-1), (SIX,)),
    "rotary embedding": Forward(rotary, (_draw(61, 3, 4), _draw(62, 3, 2)), wrt=(0,)),
}


def case(id: str, right: Callable[..., Any], *wrong: Slip) -> OpCase:
    """The op that stands for the forward of that name, right and wrong."""
    forward = FORWARDS[id]
    return OpCase(id, forward.function, forward.xs, right, wrong, forward.wrt)
