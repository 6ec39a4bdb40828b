"""A file of claims: the gradient of the pseudo-Huber loss, as two people wrote it.

    adverify run examples/claims.py
    adverify check examples/claims.py::forgets_a_path
"""

import numpy as np

import verify


def pseudo_huber(r, delta):
    return np.sum(delta * delta * (np.sqrt(1 + (r / delta) * (r / delta)) - 1))


def gradient(r, delta):
    root = np.sqrt(1 + (r / delta) * (r / delta))
    return r / root, np.sum(2 * delta * (root - 1) - r * r / (delta * root))


def gradient_of_the_factor_only(r, delta):
    root = np.sqrt(1 + (r / delta) * (r / delta))
    return r / root, np.sum(2 * delta * (root - 1))


R = np.array([0.5, -2.0, 3.0])

right = verify.Claim(pseudo_huber, R, 1.5, gradient=gradient)
forgets_a_path = verify.Claim(
    pseudo_huber,
    R,
    1.5,
    gradient=gradient_of_the_factor_only,
    expect="WRONG",
    reason="delta inside the root is taken as constant",
)
