"""The Huber loss with a tail of slope 1 where it is delta."""

import numpy as np

import verify

R = np.array([0.3, -2.0, 1.4, -0.4, 0.1, 3.0, -0.6, 0.9])
DELTA = 0.7


def huber(r):
    size = np.abs(r)
    return np.sum(np.where(size <= DELTA, 0.5 * r * r, DELTA * (size - 0.5 * DELTA)))


def gradient(r):
    return np.where(np.abs(r) <= DELTA, r, np.sign(r))


tail_of_slope_one = verify.Claim(
    huber, R, gradient=gradient, expect="WRONG", reason="beyond delta the slope is delta * sign(r)",
)  # fmt: skip
